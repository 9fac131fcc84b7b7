//! The rows of the operation that is open: its steps, or the tree of what is inside it; which of them
//! is selected, and what is folded.

use std::collections::HashMap;

use crate::domain::tree::{self, Branch, Place};
use crate::domain::{Operation, OperationId, StepOutcome};
use crate::tui::command::Motion;
use crate::tui::pane::cursor::Cursor;
use crate::tui::shared::Shared;

/// What is selected and folded.
#[derive(Debug, Default)]
pub struct Tree {
    cursor: Cursor<Place>,
    /// What a person folded or opened; the rest is open while it is at work or has failed.
    folds: HashMap<Place, bool>,
    /// Whether the selection goes along with what is at work.
    along: bool,
}

impl Tree {
    /// Of an operation that was just opened.
    pub fn new() -> Self {
        Self { along: true, ..Self::default() }
    }

    /// The rows.
    pub fn rows<'a>(&self, operation: &'a Operation, shared: &'a Shared) -> Vec<Branch<'a>> {
        if !operation.has_others_inside() {
            return tree::steps(operation);
        }
        let find = |id| shared.operation(id);
        let open = |place, outcome| {
            self.folds.get(&place).copied().unwrap_or_else(|| tree::opens(outcome))
        };
        tree::tree(operation, &find, &open)
    }

    /// The number of the selected row.
    pub fn row(&self) -> usize {
        self.cursor.row()
    }

    /// Finds the selected row among those there are now, or what is at work among them.
    pub fn settle(&mut self, rows: &[Branch<'_>]) {
        let places = places(rows);
        match at_work(rows).filter(|_| self.along) {
            Some(at) => self.cursor.select(at, &places),
            None => self.cursor.settle(&places),
        }
    }

    /// Moves over the rows. Whoever moves to what is at work goes along with it again.
    pub fn motion(&mut self, motion: Motion, rows: &[Branch<'_>], page: usize) {
        self.cursor.motion(motion, &places(rows), page);
        self.along = at_work(rows).is_some_and(|at| self.cursor.id() == Some(at));
    }

    /// Opens a row that is folded, and folds one that is open.
    pub fn toggle(&mut self, row: &Branch<'_>) {
        self.folds.insert(row.place, !row.open);
        self.along = false;
    }
}

fn places(rows: &[Branch<'_>]) -> Vec<Place> {
    rows.iter().map(|row| row.place).collect()
}

/// The row that is at work, or that did not go well: the deepest.
fn at_work(rows: &[Branch<'_>]) -> Option<Place> {
    rows.iter().rfind(|row| tree::opens(row.outcome)).map(|row| row.place)
}

/// What a row is about: an operation, and a step of it unless it is about the whole.
pub fn about(row: &Branch<'_>) -> (OperationId, Option<usize>) {
    if let Some(child) = row.child {
        return (child.id, None);
    }
    let first = row.place.step();
    let telling = row.steps.iter().position(|step| {
        use StepOutcome::{Failed, Running, Unknown};
        matches!(step.outcome, Failed | Running | Unknown)
    });
    (row.operation.id, Some(first + telling.unwrap_or(0)))
}
