//! Tags of one server or of several: words to add, and with a dash before them to take away.

use std::collections::BTreeSet;

use crossterm::event::{KeyCode, KeyEvent};

use super::{Layer, Turn};
use crate::domain::{ServerId, input};
use crate::fleet::ServerRow;
use crate::tui::effect::Act;
use crate::tui::line::Line;
use crate::tui::list::Each;
use crate::tui::shared::Context;

/// The line.
#[derive(Debug)]
pub struct TagLine {
    /// What is typed.
    pub line: Line,
    /// Whose tags, by name and with those they have.
    pub servers: Vec<(ServerId, String, BTreeSet<String>)>,
    /// Why it is not taken.
    pub fault: Option<String>,
    /// Tags that servers of the fleet have.
    pub in_use: BTreeSet<String>,
}

impl TagLine {
    /// For these servers.
    pub fn new(rows: &[&ServerRow], all: &[ServerRow]) -> Self {
        let of =
            |row: &&ServerRow| (row.server.id, row.server.name.clone(), row.server.tags.clone());
        Self {
            line: Line::new(""),
            servers: rows.iter().map(of).collect(),
            fault: None,
            in_use: all.iter().flat_map(|row| row.server.tags.iter().cloned()).collect(),
        }
    }

    /// Words to add and words to take away.
    fn words(&self) -> (Vec<String>, Vec<String>) {
        let words = self.line.text().split([' ', ',']).filter(|word| !word.is_empty());
        let (remove, add): (Vec<&str>, Vec<&str>) = words.partition(|word| word.starts_with('-'));
        let bare = |word: &str| word.trim_start_matches(['+', '-']).to_owned();
        (add.into_iter().map(bare).collect(), remove.into_iter().map(bare).collect())
    }

    /// Sends what was typed elsewhere; what is no list of tags stays here, with the reason.
    pub fn given(mut self, text: &str, cx: &mut Context<'_>) {
        self.line.set(text);
        self.check();
        if matches!(self.send(cx), Turn::Stay) {
            cx.open(self);
        }
    }

    fn check(&mut self) {
        let (add, remove) = self.words();
        // A dash alone is not finished yet.
        let done = |words: Vec<String>| -> Vec<String> {
            words.into_iter().filter(|word| !word.is_empty()).collect()
        };
        let (add, remove) = (done(add), done(remove));
        let faults = self.servers.iter().map(|(_, _, tags)| input::tags(tags, &add, &remove));
        self.fault = faults.filter_map(Result::err).next();
    }

    fn send(&mut self, cx: &mut Context<'_>) -> Turn {
        let (add, remove) = self.words();
        if self.fault.is_some() || add.is_empty() && remove.is_empty() {
            return Turn::Stay;
        }
        let act = |(id, name, _): &(ServerId, String, BTreeSet<String>)| {
            (name.clone(), Act::Tag(*id, add.clone(), remove.clone()))
        };
        let acts = self.servers.iter().map(act).collect();
        cx.each("tagged", Each { acts, refused: Vec::new() });
        Turn::Close
    }
}

impl Layer for TagLine {
    fn key(&mut self, key: KeyEvent, cx: &mut Context<'_>) -> Turn {
        match key.code {
            KeyCode::Esc => return Turn::Close,
            KeyCode::Enter => return self.send(cx),
            _ => {}
        }
        if self.line.key(key) {
            self.check();
        }
        Turn::Stay
    }

    fn paste(&mut self, text: &str, _: &mut Context<'_>) {
        self.line.paste(text);
        self.check();
    }
}
