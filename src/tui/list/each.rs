//! Commands over the marked rows: one act each, so that each succeeds or fails alone.

use super::{Item, List};
use crate::tui::effect::Act;
use crate::tui::shared::Shared;

/// What a command does, row by row.
#[derive(Debug, Clone, Default)]
pub struct Each {
    /// The rows that it is for, by name.
    pub acts: Vec<(String, Act)>,
    /// Those that it cannot be for, by name, and why.
    pub refused: Vec<(String, String)>,
}

impl<T: Item> List<T> {
    /// The rows that a command is about: the marked ones, hidden or not, else the selected one.
    pub fn targets<'a>(&self, rows: &'a [T]) -> Vec<&'a T> {
        if self.marks.is_empty() {
            return self.selected(rows).into_iter().collect();
        }
        rows.iter().filter(|row| self.marks.contains(&row.id())).collect()
    }

    /// What a command does with each of them.
    pub fn each(
        &self,
        rows: &[T],
        name: impl Fn(&T) -> String,
        act: impl Fn(&T) -> Result<Act, String>,
    ) -> Each {
        let mut each = Each::default();
        for row in self.targets(rows) {
            match act(row) {
                Ok(act) => each.acts.push((name(row), act)),
                Err(why) => each.refused.push((name(row), why)),
            }
        }
        each
    }

    /// Refuses what makes sense for one row alone while several are marked.
    ///
    /// # Errors
    /// The sentence to say.
    pub fn alone(&self, shared: &Shared) -> Result<(), String> {
        match self.marks.len() {
            0 => Ok(()),
            count => Err(format!(
                "This is for one alone, and {count} {} marked. {} takes the marks away.",
                if count == 1 { "is" } else { "are" },
                shared.key("back")
            )),
        }
    }
}

/// Names that a question shows; of more than that the others are counted.
const NAMED: usize = 40;

/// Names in a row.
pub fn names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    listed(names, ", ", NAMED)
}

/// Names or sentences with something between them; beyond so many the others are counted.
pub fn listed<'a>(mut all: impl Iterator<Item = &'a str>, between: &str, most: usize) -> String {
    let mut text = all.by_ref().take(most).collect::<Vec<_>>().join(between);
    let more = all.count();
    if more > 0 {
        text.push_str(&format!("{between}and {more} more"));
    }
    text
}
