//! What lies where on the screen, for the mouse. Drawing leaves it behind here, as only drawing
//! knows; a click is meant for what was seen.

use std::cell::RefCell;

use ratatui::layout::{Position, Rect};

use super::command::Command;
use crate::domain::OperationId;

/// A part of a pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Its list.
    List,
    /// What is selected, in full.
    Detail,
    /// What goes on there; it never has the keys.
    Aside,
}

/// What a click is for.
#[derive(Debug, Clone, Copy)]
pub enum Target {
    /// A part of the pane.
    Part(Part),
    /// The row, field or answer of this number, of the part or layer it lies in.
    Row(usize),
    /// The name of the pane of this number.
    Pane(usize),
    /// A command's hint.
    Command(&'static Command),
    /// An operation, to go to.
    Operation(OperationId),
}

/// What lies where, what lies on top last.
#[derive(Debug, Default)]
pub struct Spots(RefCell<Vec<(Rect, Target)>>);

impl Spots {
    /// Forgets everything: what follows covers it.
    pub fn clear(&self) {
        self.0.borrow_mut().clear();
    }

    /// Something lies there.
    pub fn put(&self, area: Rect, target: Target) {
        self.0.borrow_mut().push((area, target));
    }

    /// What lies at a cell, from the bottom to the top.
    pub fn at(&self, column: u16, row: u16) -> Vec<Target> {
        let place = Position::new(column, row);
        let all = self.0.borrow();
        all.iter().filter(|(area, _)| area.contains(place)).map(|(_, target)| *target).collect()
    }
}
