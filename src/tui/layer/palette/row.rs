//! A line of the palette or of the help: a command, or something to be given to one.

use crate::tui::command::Command;
use crate::tui::fuzzy::{self, Fit};
use crate::tui::keymap::Binding;
use crate::tui::sight::{Choice, Sight, Value};

/// What a line stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A command.
    Command(&'static Command),
    /// Something to be given.
    Choice(Value),
}

/// A line.
#[derive(Debug, Clone)]
pub struct Row {
    /// What it stands for.
    pub what: What,
    /// What it is called.
    pub label: String,
    /// Its name, or what it is.
    pub about: String,
    /// Its keys.
    pub keys: Vec<String>,
    /// Why it does not apply now.
    pub reason: Option<String>,
    /// The graphemes of the label and, behind it and a space, of `about` that fit what was sought.
    pub hits: Vec<usize>,
}

impl Row {
    /// A command as it is now.
    pub fn command(binding: &Binding, sight: &Sight<'_>) -> Self {
        let command = binding.command;
        Self {
            what: What::Command(command),
            label: format!("{}{}", command.title, command.danger.words()),
            about: command.name.to_owned(),
            keys: binding.keys.clone(),
            reason: sight.when(command).err(),
            hits: Vec::new(),
        }
    }

    /// Something to be given.
    pub fn choice(choice: Choice) -> Self {
        Self {
            what: What::Choice(choice.value),
            label: choice.word,
            about: choice.about,
            keys: Vec::new(),
            reason: None,
            hits: Vec::new(),
        }
    }
}

/// The rows that fit a query, the best first; what is called just so goes before all.
pub fn fitting(rows: Vec<Row>, query: &str, fit: Fit) -> Vec<Row> {
    let lines: Vec<String> =
        rows.iter().map(|row| format!("{} {}", row.label, row.about)).collect();
    let mut rows: Vec<Option<Row>> = rows.into_iter().map(Some).collect();
    let found = fuzzy::search(query, fit, lines.iter().map(String::as_str)).into_iter();
    let mut found: Vec<Row> = found
        .filter_map(|(number, hits)| {
            let row = rows.get_mut(number)?.take()?;
            Some(Row { hits, ..row })
        })
        .collect();
    found.sort_by_key(|row| row.label != query);
    found
}
