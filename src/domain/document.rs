//! A document: what a room keeps under a key of its own choosing, without a record type.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A value under a key; no screen shows it and no change tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Where it is found: the room's word, a slash, and what it is for, e.g. `plan/o-…`.
    pub key: String,
    /// What is kept.
    pub body: Value,
}
