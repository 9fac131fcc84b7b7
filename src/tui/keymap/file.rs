//! The person's `keymap.toml`: a section for each place, in it commands and their keys.
//!
//! Answers what can be used, and says of each thing that cannot where it stands and what to do.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::{Keymap, begins, key};
use crate::domain::Failure;
use crate::tui::command::{Command, Place};
use crate::tui::text;

/// A command and the keys it is given.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The command.
    pub command: &'static Command,
    /// Its keys; none unbind it.
    pub keys: Vec<String>,
    /// The line it stands on.
    pub line: usize,
}

/// Something that cannot be used.
#[derive(Debug, Clone)]
pub struct Fault {
    line: usize,
    text: String,
    remedy: String,
}

impl Fault {
    /// The fault with the file's name.
    pub fn told(&self, name: &str) -> Failure {
        Failure::input(format!("{name}:{}: {}", self.line, self.text)).remedy(&self.remedy)
    }
}

/// Whether two keys of one place cannot both be heard: the same, or one begins the other.
pub fn clash(one: &str, other: &str) -> bool {
    one == other || begins(one, other) || begins(other, one)
}

struct Reading<'a> {
    text: &'a str,
    map: &'a Keymap,
    entries: Vec<Entry>,
    faults: Vec<Fault>,
}

/// The entries of a file that can be used, and its faults, both in the file's order.
pub fn entries(text: &str, map: &Keymap) -> (Vec<Entry>, Vec<Fault>) {
    let mut reading = Reading { text, map, entries: Vec::new(), faults: Vec::new() };
    match DeTable::parse(text) {
        Ok(table) => reading.sections(table.get_ref()),
        Err(error) => {
            let message = text::clean(error.message());
            let said = format!("This is not TOML: {}.", message.trim_end_matches('.'));
            let remedy = "Mend that line; until then all keys are as they come.";
            reading.fault(&error.span().unwrap_or(0..0), said, remedy);
        }
    }
    reading.part();
    reading.faults.sort_by_key(|fault| fault.line);
    (reading.entries, reading.faults)
}

impl Reading<'_> {
    fn line(&self, span: &Range<usize>) -> usize {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        before.matches('\n').count() + 1
    }

    fn fault(&mut self, span: &Range<usize>, text: String, remedy: impl Into<String>) {
        let line = self.line(span);
        self.faults.push(Fault { line, text, remedy: remedy.into() });
    }

    fn sections(&mut self, table: &DeTable<'_>) {
        for (name, value) in table {
            let shown = text::clean(name.get_ref());
            let DeValue::Table(section) = value.get_ref() else {
                let place = self.places_of(&shown).into_iter().next();
                let place = place.map_or("the name of its place", Place::name);
                let text = format!("“{shown}” stands in no section.");
                self.fault(&name.span(), text, format!("Put it under a line [{place}]."));
                continue;
            };
            let bindings = self.map.bindings().iter();
            let mut places: Vec<Place> = bindings.map(|binding| binding.command.place).collect();
            places.dedup();
            match places.iter().find(|place| place.name() == name.get_ref()) {
                Some(place) => self.section(*place, section),
                None => {
                    let mut all: Vec<&str> = places.iter().map(|place| place.name()).collect();
                    all.sort_unstable();
                    all.dedup();
                    let text = format!("There is no place “{shown}”.");
                    self.fault(&name.span(), text, format!("Places are {}.", all.join(", ")));
                }
            }
        }
    }

    fn places_of(&self, name: &str) -> Vec<Place> {
        let named = self.map.bindings().iter().filter(|binding| binding.command.name == name);
        named.map(|binding| binding.command.place).collect()
    }

    fn section(&mut self, place: Place, section: &DeTable<'_>) {
        for (name, value) in section {
            let found = self.map.of(place).find(|b| b.command.name == name.get_ref());
            match found.map(|binding| binding.command) {
                Some(command) => self.entry(command, &name.span(), value),
                None => self.unknown(place, name),
            }
        }
    }

    fn unknown(&mut self, place: Place, name: &Spanned<std::borrow::Cow<'_, str>>) {
        let shown = text::clean(name.get_ref());
        let remedy = match self.places_of(&shown).first() {
            Some(other) => format!("It belongs under [{}].", other.name()),
            None => match self.nearest(place, &shown) {
                Some(near) => format!("Did you mean {near}? `brokeforge keys` lists them all."),
                None => "`brokeforge keys` lists them all.".to_owned(),
            },
        };
        let text = format!("There is no command “{shown}” in [{}].", place.name());
        self.fault(&name.span(), text, remedy);
    }

    fn nearest(&self, place: Place, name: &str) -> Option<&'static str> {
        let names = self.map.of(place).map(|binding| binding.command.name);
        let near = names.map(|known| (distance(known, name), known)).min()?;
        (near.0 <= 3).then_some(near.1)
    }

    fn entry(
        &mut self,
        command: &'static Command,
        name: &Range<usize>,
        value: &Spanned<DeValue<'_>>,
    ) {
        let keys = match value.get_ref() {
            DeValue::Array(array) => self.keys(array),
            _ => {
                let text = format!("The keys of {} are not a list.", command.name);
                let remedy =
                    format!("Write it as {} = [\"x\"]; [] takes all keys off.", command.name);
                self.fault(&value.span(), text, remedy);
                return;
            }
        };
        if let Some(keys) = keys {
            let line = self.line(name);
            self.entries.push(Entry { command, keys, line });
        }
    }

    fn keys(&mut self, array: &DeArray<'_>) -> Option<Vec<String>> {
        let mut keys: Vec<String> = Vec::new();
        let mut whole = true;
        for value in array {
            let read = match value.get_ref() {
                DeValue::String(written) => key::chord(written),
                _ => Err("A key is not in quotes.".to_owned()),
            };
            match read {
                Ok(key) => {
                    if let Some(other) = keys.iter().find(|other| clash(other, &key)) {
                        let text = format!("{} cannot both be heard.", both(other, &key));
                        self.fault(&value.span(), text, "Take one of them out.");
                        whole = false;
                    }
                    keys.push(key);
                }
                Err(text) => {
                    let remedy = "Keys are written like a, G, ctrl-d, alt-x, shift-tab, space, \
                                  enter, f5, pgdn; a chord like “g d”.";
                    self.fault(&value.span(), text, remedy);
                    whole = false;
                }
            }
        }
        whole.then_some(keys)
    }

    /// Of two entries of one place that claim the same key, the first in the file has it.
    fn part(&mut self) {
        self.entries.sort_by_key(|entry| entry.line);
        let mut kept: Vec<Entry> = Vec::new();
        for entry in std::mem::take(&mut self.entries) {
            let rivals = kept.iter().filter(|k| k.command.place == entry.command.place);
            let clashes = rivals.flat_map(|k| k.keys.iter().map(move |key| (k, key)));
            let found = clashes
                .flat_map(|(k, theirs)| entry.keys.iter().map(move |ours| (k, theirs, ours)))
                .find(|(_, theirs, ours)| clash(theirs, ours));
            if let Some((rival, theirs, ours)) = found {
                let text = match theirs == ours {
                    true => format!(
                        "“{ours}” is given to {} and, on line {}, to {}.",
                        entry.command.name, rival.line, rival.command.name
                    ),
                    false => format!(
                        "{} cannot both be heard: the first is {}'s, the second, on line {}, {}'s.",
                        both(ours, theirs),
                        entry.command.name,
                        rival.line,
                        rival.command.name
                    ),
                };
                let remedy = format!(
                    "Give one of them another key; until then {} keeps its default.",
                    entry.command.name
                );
                self.faults.push(Fault { line: entry.line, text, remedy });
            } else {
                kept.push(entry);
            }
        }
        self.entries = kept;
    }
}

fn both(one: &str, other: &str) -> String {
    if one == other {
        format!("“{one}” and “{one}”")
    } else {
        format!("“{one}” and “{other}”")
    }
}

/// How many letters must be added, taken away or changed.
fn distance(one: &str, other: &str) -> usize {
    // What somebody pasted by mistake may be long.
    let other: Vec<char> = other.chars().take(40).collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut next = vec![i + 1];
        for ((b, corner), above) in other.iter().zip(&row).zip(row.iter().skip(1)) {
            let left = next.last().copied().unwrap_or(0);
            next.push((left + 1).min(above + 1).min(corner + usize::from(a != *b)));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}
