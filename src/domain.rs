//! What exists: records, ids, states, validation.
//!
//! Pure: no IO, no clock, no tokio, nothing of another room. Times and random bits come in as
//! arguments.

pub mod bytes;
pub mod caution;
pub mod change;
pub mod clean;
pub mod document;
pub mod eta;
pub mod failure;
pub mod filter;
pub mod id;
pub mod input;
pub mod operation;
pub mod package;
pub mod question;
pub mod resource;
pub mod rule;
pub mod secret;
pub mod server;
pub mod session;
pub mod status;
pub mod tree;

pub use caution::{Deed, Level};
pub use change::{Change, ChangeKind};
pub use document::Document;
pub use eta::{Estimate, Pace};
pub use failure::{Effect, Failure, FailureKind, reason};
pub use filter::Filter;
pub use id::{OperationId, ResourceId, ServerId, SiteId};
pub use operation::{Event, Operation, Progress, StepOutcome, StepRecord};
pub use package::InstalledPackage;
pub use question::Question;
pub use resource::{Fields, Resource, ResourceKey};
pub use secret::Secret;
pub use server::{
    Credential, Facts, HostKey, HostTrust, Listener, Login, LoginKey, Server, ServerFacts, Which,
};
pub use status::{Action, Outcome, Status};

/// A moment in UTC; printed as RFC 3339.
pub type Time = jiff::Timestamp;
