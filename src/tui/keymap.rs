//! The effective keys: the command table's defaults with the person's `keymap.toml` laid over them.
//!
//! Whatever hears a key or names one asks here; nothing else knows which key is whose. A chord is
//! two keys with a space between them.

use std::path::Path;

use crossterm::event::KeyEvent;

use super::command::{Command, Id, Motion, Place, TABLE};
use crate::domain::{Failure, reason};

pub mod file;
pub mod key;
pub mod listed;

#[cfg(test)]
mod tests;

/// The file in the folder of the configuration.
pub const FILE: &str = "keymap.toml";

/// A command and its keys.
#[derive(Debug, Clone)]
pub struct Binding {
    /// The command.
    pub command: &'static Command,
    /// Its keys and chords, the one to be shown first.
    pub keys: Vec<String>,
    /// Whether the person's file says so.
    pub changed: bool,
    /// Default keys that the person gave to another command of the same place: the key, and whose
    /// it is now.
    pub lost: Vec<(String, &'static str)>,
}

/// What keys that were typed stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// This command.
    Command(&'static Command),
    /// The first key of chords.
    Begins,
    /// Nothing.
    Nothing,
}

/// The effective keys.
#[derive(Debug, Clone)]
pub struct Keymap {
    bindings: Vec<Binding>,
    faults: Vec<Failure>,
}

impl Default for Keymap {
    fn default() -> Self {
        let bindings = TABLE.iter().map(|command| Binding {
            command,
            keys: command.keys.iter().map(|key| (*key).to_owned()).collect(),
            changed: false,
            lost: Vec::new(),
        });
        Self { bindings: bindings.collect(), faults: Vec::new() }
    }
}

impl Keymap {
    /// Reads the person's file, when there is one. What is wrong with it is kept as
    /// [faults](Self::faults), and leaves the defaults in force.
    pub fn read(folder: &Path) -> Self {
        let path = folder.join(FILE);
        match std::fs::read_to_string(&path) {
            Ok(text) => Self::from_text(&text, &path.display().to_string()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::default(),
            Err(error) => {
                let why = match error.kind() {
                    std::io::ErrorKind::InvalidData => "it is not text".to_owned(),
                    _ => reason(&error),
                };
                let text = format!("{} cannot be read: {why}.", path.display());
                let remedy = "All keys are as they come until the file can be read.";
                Self { faults: vec![Failure::input(text).remedy(remedy)], ..Self::default() }
            }
        }
    }

    /// The defaults with a file's text laid over them; the name is how faults call the file.
    pub fn from_text(text: &str, name: &str) -> Self {
        let mut map = Self::default();
        let (entries, faults) = file::entries(text, &map);
        map.faults = faults.iter().map(|fault| fault.told(name)).collect();
        map.lay_over(&entries);
        map.keep_a_way_out(name, &entries);
        map
    }

    /// What is wrong with the person's file.
    pub fn faults(&self) -> &[Failure] {
        &self.faults
    }

    fn lay_over(&mut self, entries: &[file::Entry]) {
        for binding in &mut self.bindings {
            if let Some(entry) = entries.iter().find(|e| e.command == binding.command) {
                binding.keys.clone_from(&entry.keys);
                binding.changed = true;
                continue;
            }
            let others = entries.iter().filter(|e| e.command.place == binding.command.place);
            let given: Vec<_> =
                others.flat_map(|e| e.keys.iter().map(|key| (key, e.command.name))).collect();
            binding.keys.retain(|key| {
                let taken = given.iter().find(|(other, _)| file::clash(key, other));
                binding.lost.extend(taken.map(|(_, whose)| (key.clone(), *whose)));
                taken.is_none()
            });
        }
    }

    /// Whoever takes the keys off the palette and off every way to leave would be shut in.
    fn keep_a_way_out(&mut self, name: &str, entries: &[file::Entry]) {
        let out = |binding: &&mut Binding| is_out(binding.command);
        if self.bindings.iter_mut().filter(out).any(|binding| !binding.keys.is_empty()) {
            return;
        }
        for binding in self.bindings.iter_mut().filter(out) {
            binding.keys = binding.command.keys.iter().map(|key| (*key).to_owned()).collect();
            (binding.changed, binding.lost) = (false, Vec::new());
        }
        let last = entries.iter().filter(|entry| is_out(entry.command)).map(|entry| entry.line);
        let line = last.max().unwrap_or(1);
        let text =
            format!("{name}:{line}: With this no key is left to quit, nor one for the palette.");
        let remedy = "Give one to back-or-quit, quit or palette; until then all three keep theirs.";
        self.faults.push(Failure::input(text).remedy(remedy));
    }

    /// All commands with their keys, in the order of the table.
    pub fn bindings(&self) -> &[Binding] {
        &self.bindings
    }

    /// The commands of a place.
    pub fn of(&self, place: Place) -> impl Iterator<Item = &Binding> {
        self.bindings.iter().filter(move |binding| binding.command.place == place)
    }

    /// What typed keys stand for at a place: its own first, then what is heard everywhere. Only
    /// commands that `among` lets through are heard.
    pub fn find(&self, place: &str, typed: &str, among: impl Fn(&Command) -> bool) -> Heard {
        let rings = [true, false].map(|own| {
            self.bindings.iter().filter(move |binding| match binding.command.place {
                Place::Everywhere => !own,
                other => own && other.name() == place,
            })
        });
        for ring in rings {
            for binding in ring.filter(|binding| among(binding.command)) {
                if binding.keys.iter().any(|key| key == typed) {
                    return Heard::Command(binding.command);
                }
                if binding.keys.iter().any(|key| begins(typed, key)) {
                    return Heard::Begins;
                }
            }
        }
        Heard::Nothing
    }

    /// What can follow the first key of chords at a place: the key and the command.
    pub fn next(&self, place: &str, first: &str) -> Vec<(&str, &'static Command)> {
        let heard = self.bindings.iter().filter(|binding| match binding.command.place {
            Place::Everywhere => true,
            other => other.name() == place,
        });
        let mut next: Vec<(&str, &'static Command)> = Vec::new();
        for binding in heard {
            for key in &binding.keys {
                let Some((_, second)) = key.split_once(' ').filter(|(one, _)| *one == first) else {
                    continue;
                };
                if !next.iter().any(|(known, _)| *known == second) {
                    next.push((second, binding.command));
                }
            }
        }
        next
    }

    /// All keys of a command, by its name.
    pub fn keys(&self, name: &str) -> &[String] {
        let binding = self.bindings.iter().find(|binding| binding.command.name == name);
        debug_assert!(binding.is_some(), "{name} is in the command table");
        binding.map(|binding| binding.keys.as_slice()).unwrap_or_default()
    }

    /// How a text names the way to a command: its first key, or what to type into the palette.
    pub fn key(&self, name: &str) -> String {
        self.keys(name).first().cloned().unwrap_or_else(|| format!(":{name}"))
    }

    /// Whether a key is one of a command's.
    pub fn is(&self, key: &KeyEvent, name: &str) -> bool {
        key::name(key).is_some_and(|key| self.keys(name).contains(&key))
    }

    /// The movement of typed keys, for layers that scroll.
    pub fn motion(&self, typed: &str) -> (Option<Motion>, Heard) {
        let heard = self.find("", typed, |command| matches!(command.id, Id::Move(_)));
        match heard {
            Heard::Command(Command { id: Id::Move(motion), .. }) => (Some(*motion), heard),
            _ => (None, heard),
        }
    }
}

/// Whether a command is a way to leave, or to every other command.
fn is_out(command: &Command) -> bool {
    matches!(command.id, Id::Palette | Id::BackOrQuit | Id::Quit)
}

/// Whether a key is the first of a chord.
fn begins(first: &str, chord: &str) -> bool {
    chord.split_once(' ').is_some_and(|(one, _)| one == first)
}
