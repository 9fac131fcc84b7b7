//! The rows of a pane of resources: ours, and behind them what the host has besides.

use crate::domain::{ResourceId, Status};
use crate::fleet::{ResourceView, Unrecorded};
use crate::tui::list::Item;

/// What a row is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RowId {
    /// A resource of ours.
    Ours(ResourceId),
    /// What was found, by its number.
    Found(usize),
}

/// A row.
#[derive(Debug)]
pub enum Row {
    /// A resource of ours.
    Ours(Box<ResourceView>),
    /// What no record of ours is about, and its number.
    Found(usize, Unrecorded),
}

impl Item for Row {
    type Id = RowId;

    fn id(&self) -> RowId {
        match self {
            Self::Ours(view) => RowId::Ours(view.resource.id),
            Self::Found(number, _) => RowId::Found(*number),
        }
    }
}

impl Row {
    /// Its resource, when it is ours.
    pub fn ours(&self) -> Option<&ResourceView> {
        match self {
            Self::Ours(view) => Some(view),
            Self::Found(..) => None,
        }
    }

    /// Its kind.
    pub fn kind(&self) -> &str {
        match self {
            Self::Ours(view) => &view.resource.kind,
            Self::Found(_, found) => &found.kind,
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Ours(view) => &view.name,
            Self::Found(_, found) => &found.name,
        }
    }

    /// One of its values as a text.
    pub fn text(&self, field: &str) -> &str {
        let texts = match self {
            Self::Ours(view) => &view.texts,
            Self::Found(_, found) => &found.texts,
        };
        texts.get(field).map(String::as_str).unwrap_or_default()
    }

    /// Where it is in its life; none when it is not ours.
    pub fn status(&self) -> Option<Status> {
        self.ours().map(|view| view.resource.status)
    }
}
