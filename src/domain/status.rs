//! The states of records and operations, and the only arrows between them.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The state of a record that has a life cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Asked for; no work has begun.
    Pending,
    /// Its install operation runs.
    Installing,
    /// On the host, as verified.
    Active,
    /// Its update operation runs.
    Updating,
    /// Its removal was asked for or runs.
    Removing,
    /// Active, but switched off for now.
    Paused,
    /// The last operation on it did not succeed; the record's error says which and why.
    Failed,
}

impl Status {
    /// Every status, in the order of the life cycle.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Installing,
        Self::Active,
        Self::Updating,
        Self::Removing,
        Self::Paused,
        Self::Failed,
    ];

    /// Whether a record in this state may be written with `next`. A record that stays as it is
    /// may always be written. `Removing → Active` and `Updating → Active` are also the way back
    /// when an operation ended without having changed anything.
    pub fn may_become(self, next: Self) -> bool {
        use Status::{Active, Failed, Installing, Paused, Pending, Removing, Updating};
        self == next
            || matches!(
                (self, next),
                (Pending, Installing)
                    | (Installing, Active | Failed)
                    | (Active, Updating | Removing | Paused)
                    | (Updating, Active | Failed)
                    | (Failed, Pending | Removing)
                    | (Removing, Failed | Active)
                    | (Paused, Active)
            )
    }

    /// Whether a record may first be written in this state.
    pub fn may_begin(self) -> bool {
        self == Self::Pending
    }

    /// Whether a record in this state may be deleted.
    pub fn may_end(self) -> bool {
        self == Self::Removing
    }

    /// Whether the state belongs to a waiting or running operation.
    pub fn is_transitional(self) -> bool {
        matches!(self, Self::Pending | Self::Installing | Self::Updating | Self::Removing)
    }

    /// The word on screen and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Installing => "installing",
            Self::Active => "active",
            Self::Updating => "updating",
            Self::Removing => "removing",
            Self::Paused => "paused",
            Self::Failed => "failed",
        }
    }
}

/// What an operation does to its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Bring it onto the host.
    Install,
    /// Change what is there.
    Update,
    /// Take it away.
    Remove,
}

impl Action {
    /// The word on screen and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Install => "install",
            Self::Update => "update",
            Self::Remove => "remove",
        }
    }

    /// The record's status while the operation runs.
    pub fn running_status(self) -> Status {
        match self {
            Self::Install => Status::Installing,
            Self::Update => Status::Updating,
            Self::Remove => Status::Removing,
        }
    }
}

/// How far an operation is, or how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// In line for its server's turn.
    Waiting,
    /// Under way.
    Running,
    /// Ended as planned.
    Done,
    /// Ended by an error.
    Failed,
    /// Ended because it was told to.
    Cancelled,
    /// Its end is unknown or it lost its host; the error holds the evidence.
    Interrupted,
    /// Undone on the host after a failure: what was before is in force again.
    RolledBack,
}

impl Outcome {
    /// Whether an operation may go from this outcome to `next`.
    pub fn may_become(self, next: Self) -> bool {
        self == next
            || matches!((self, next), (Self::Waiting, Self::Running))
            || (self == Self::Running && next.is_end())
    }

    /// Whether it is over.
    pub fn is_end(self) -> bool {
        !matches!(self, Self::Waiting | Self::Running)
    }

    /// The words on screen; JSON has the same with a dash.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
            Self::RolledBack => "rolled back",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests;
