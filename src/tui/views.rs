//! What is remembered of the panes from one start to the next: by which column each is ordered.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How a pane is ordered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// The column, by its name in filters.
    pub by: String,
    /// From the last to the first.
    #[serde(default)]
    pub descending: bool,
}

/// The panes that are not ordered as usual, by their names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Views {
    /// The orders.
    #[serde(default)]
    pub panes: BTreeMap<String, View>,
}

impl Views {
    /// Reads what was written.
    ///
    /// # Errors
    /// When it is damaged.
    pub fn read(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// As it is written.
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}
