//! The effective keys as `brokeforge keys` prints them.

use serde::Serialize;

use super::Keymap;

/// The headings of the table.
pub const HEADS: &[&str] = &["PLACE", "KEYS", "COMMAND", "WHAT IT DOES", "CHANGED"];

/// A command with its keys.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Where its keys are heard.
    pub place: &'static str,
    /// Its keys and chords.
    pub keys: Vec<String>,
    /// Its name.
    pub command: &'static str,
    /// What it does.
    pub title: String,
    /// Whether `keymap.toml` says so.
    pub changed: bool,
    /// Default keys that it lost to a command of the same place: the key, and whose it is now.
    pub lost: Vec<(String, &'static str)>,
}

impl Row {
    /// The row as columns of a table.
    pub fn cells(&self) -> Vec<String> {
        let keys = if self.keys.is_empty() { "–".to_owned() } else { self.keys.join(", ") };
        let lost = self.lost.iter().map(|(key, whose)| format!("{key} is {whose}'s now"));
        let changed = self.changed.then(|| "yes".to_owned()).into_iter().chain(lost);
        vec![
            self.place.to_owned(),
            keys,
            self.command.to_owned(),
            self.title.clone(),
            changed.collect::<Vec<_>>().join("; "),
        ]
    }
}

/// All commands with their keys.
pub fn rows(map: &Keymap) -> Vec<Row> {
    let row = |binding: &super::Binding| Row {
        place: binding.command.place.name(),
        keys: binding.keys.clone(),
        command: binding.command.name,
        title: format!("{}{}", binding.command.title, binding.command.danger.words()),
        changed: binding.changed,
        lost: binding.lost.clone(),
    };
    map.bindings().iter().map(row).collect()
}
