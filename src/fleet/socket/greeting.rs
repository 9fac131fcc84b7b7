//! The first frame of either end: who speaks, and in which version.

use serde::{Deserialize, Serialize};

use crate::domain::{Failure, FailureKind};
use crate::fleet::local::Origin;

/// Counts the changes of what crosses the socket that a version's number does not tell.
const PROTOCOL: u32 = 1;

/// The first frame. Its own form never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Hello {
    /// The protocol's number.
    pub brokeforge: u32,
    /// The program's version.
    pub version: String,
    /// The process.
    pub pid: u32,
    /// Where the relative paths of whoever asks begin.
    #[serde(default)]
    pub origin: Origin,
}

impl Hello {
    /// Ours.
    pub fn ours() -> Self {
        Self {
            brokeforge: PROTOCOL,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            origin: Origin::here(),
        }
    }

    /// Whether the two understand each other.
    pub fn fits(&self, other: &Self) -> bool {
        (self.brokeforge, &self.version) == (other.brokeforge, &other.version)
    }

    /// Why one with this greeting cannot be asked.
    pub fn refusal(&self) -> Failure {
        let (theirs, pid) = (crate::domain::clean::clean_line(&self.version, 40), self.pid);
        let ours = env!("CARGO_PKG_VERSION");
        Failure::new(
            FailureKind::StoreInUse,
            format!(
                "The store is in use by brokeforge {theirs} (pid {pid}); this is brokeforge {ours}, \
                 and the two cannot talk to each other."
            ),
        )
        .remedy(format!("End that process, or use brokeforge {theirs} for both."))
    }
}
