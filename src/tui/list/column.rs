//! Columns: what a pane declares of its rows, once, for drawing, filtering and ordering alike.

use crate::tui::shared::Shared;
use crate::tui::view::Piece;

/// How much room a column takes.
#[derive(Debug, Clone, Copy)]
pub struct Width {
    /// The cells it needs at least.
    pub least: usize,
    /// How much of the free room it takes.
    pub share: usize,
    /// The higher, the earlier it is dropped; 0 never is.
    pub rank: u8,
}

/// What a column is ordered by where its text would not do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// A number, an address or a time.
    Number(u128),
    /// A text, in lower case.
    Text(String),
}

impl Key {
    /// By a text, whatever its case.
    pub fn text(text: &str) -> Self {
        Self::Text(text.to_lowercase())
    }

    /// By a time; none goes first.
    pub fn time(time: Option<crate::domain::Time>) -> Self {
        Self::Number(time.map_or(0, |at| u128::try_from(at.as_millisecond()).unwrap_or(0)))
    }
}

/// A column.
#[derive(Debug)]
pub struct Column<T: 'static> {
    /// What a filter and the remembered order call it.
    pub fields: &'static [&'static str],
    /// Its heading.
    pub title: &'static str,
    /// Its room; a column without is only filtered by.
    pub width: Option<Width>,
    /// Its text in a row.
    pub text: fn(&T, &Shared) -> Piece,
    /// What it is ordered by; without, its text.
    pub key: Option<fn(&T) -> Key>,
    /// It is left out while this holds for no row.
    pub only_if: Option<fn(&T) -> bool>,
}

impl<T> Column<T> {
    /// A column that filters know by its heading.
    pub const fn new(
        fields: &'static [&'static str],
        title: &'static str,
        width: (usize, usize, u8),
        text: fn(&T, &Shared) -> Piece,
    ) -> Self {
        let width = Some(Width { least: width.0, share: width.1, rank: width.2 });
        Self { fields, title, width, text, key: None, only_if: None }
    }

    /// One that filters know and nobody sees.
    pub const fn unseen(fields: &'static [&'static str], text: fn(&T, &Shared) -> Piece) -> Self {
        Self { fields, title: "", width: None, text, key: None, only_if: None }
    }

    /// The same, ordered by something else than its text.
    #[must_use]
    pub const fn by(self, key: fn(&T) -> Key) -> Self {
        Self { key: Some(key), ..self }
    }

    /// The same, left out while a thing holds for no row.
    #[must_use]
    pub const fn only_if(self, some: fn(&T) -> bool) -> Self {
        Self { only_if: Some(some), ..self }
    }
}
