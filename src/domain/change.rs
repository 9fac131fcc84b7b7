//! A change: the small message that a committed write publishes. It carries no data.

use serde::{Deserialize, Serialize};

use super::{ServerId, SiteId, Time};

/// Which sort of record changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// A server's record.
    Server,
    /// What a host answered about itself.
    Facts,
    /// A resource's record.
    Resource,
    /// An operation's record.
    Operation,
    /// A milestone's record.
    Event,
    /// An installed package's record.
    Package,
}

/// Says that a record changed; the receiver reads it again from the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Counts every change since the store was made; without gaps, in the order of the commits.
    pub seq: u64,
    /// When it was committed.
    pub time: Time,
    /// Which sort of record.
    pub kind: ChangeKind,
    /// The record's id, as text.
    pub id: String,
    /// The server it belongs to.
    pub server: Option<ServerId>,
    /// The site it belongs to.
    pub site: Option<SiteId>,
}
