//! What a list says of itself, and what drawing asks of it.

use super::{Column, Item, List, Sort, Typing};
use crate::tui::shared::Shared;
use crate::tui::text;

impl<T: Item> List<T> {
    /// The title behind a head: how many, the filter, the marks, the order.
    pub fn title(&self, head: &str) -> String {
        let mut title = if self.words.is_empty() {
            format!("{head} · {}", self.rows)
        } else {
            format!("{head} · {}/{}", self.ids.len(), self.rows)
        };
        if !self.words.is_empty() && self.typing.is_none() {
            title.push_str(&format!(" · /{}", self.words));
        }
        match (self.marks.len(), self.hidden) {
            (0, _) => {}
            (marked, 0) => title.push_str(&format!(" · {marked} marked")),
            (marked, hidden) => title.push_str(&format!(" · {marked} marked, {hidden} hidden")),
        }
        if self.sort != self.stored
            && let Some(column) = self.columns.get(self.sort.column)
        {
            title.push_str(&format!(" · by {} {}", column.title, self.sign()));
        }
        title
    }

    /// The rows that a command is about, as text: a line each, two spaces between its columns.
    pub fn text(&self, rows: &[T], shared: &Shared) -> String {
        let line = |row: &T| {
            let cells =
                self.columns().map(|(_, column)| text::clean(&(column.text)(row, shared).1));
            cells.filter(|cell| !cell.is_empty()).collect::<Vec<_>>().join("  ")
        };
        self.targets(rows).into_iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// What stands where rows would, when there are some and the filter keeps none.
    pub fn nothing(&self, shared: &Shared) -> Option<String> {
        (self.ids.is_empty() && self.rows > 0).then(|| {
            format!(
                "None of {} {} is kept by /{}. {} clears the filter.",
                self.rows,
                self.what,
                self.words,
                shared.key("back")
            )
        })
    }

    /// Why there is no selected row.
    pub fn why_none(&self, empty: &str, shared: &Shared) -> String {
        match self.rows {
            0 => empty.to_owned(),
            _ => format!("The filter hides all {}. {} clears it.", self.what, shared.key("back")),
        }
    }

    /// Whether all rows are shown as they are stored.
    pub fn is_plain(&self) -> bool {
        self.words.is_empty() && self.sort == self.stored
    }

    /// The sign of the order.
    pub fn sign(&self) -> &'static str {
        if self.sort.descending { "▼" } else { "▲" }
    }

    /// By which column it is ordered.
    pub fn sort(&self) -> Sort {
        self.sort
    }

    /// The columns there are now, with their numbers.
    pub fn columns(&self) -> impl Iterator<Item = (usize, &'static Column<T>)> {
        let present = self.columns.iter().zip(&self.present).enumerate();
        present
            .filter(|(_, (column, there))| **there && column.width.is_some())
            .map(|(at, (column, _))| (at, column))
    }

    /// The filter being typed.
    pub fn line(&self) -> Option<&Typing> {
        self.typing.as_ref()
    }

    /// The row that is shown at a place, and whether it is marked.
    pub fn row<'a>(&self, rows: &'a [T], place: usize) -> Option<(&'a T, bool)> {
        let row = rows.get(*self.order.get(place)?)?;
        Some((row, self.marks.contains(&row.id())))
    }

    /// The place of the selected row among those shown.
    pub fn place(&self) -> Option<usize> {
        self.cursor.id().map(|_| self.cursor.row())
    }

    /// How many are shown.
    pub fn shown(&self) -> usize {
        self.ids.len()
    }

    /// Where the filter matches a column's text.
    pub fn spans(&self, column: usize, text: &str) -> Vec<(usize, usize)> {
        self.filter.spans(column, text)
    }
}
