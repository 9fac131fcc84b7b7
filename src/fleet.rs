//! The fleet: the use cases that both faces call: validate → record → operation.
//!
//! The only door inwards. What goes in and out are plain values that can be serialised, and
//! streams by id: `calls` lists them all. The process that has the store open performs them
//! (`local`, and by subject `vault`, `servers`, `edit`, `firewall`, `rules`, `review`, `operations`,
//! `undo`, `preview`) for itself and for others over a socket (`socket`); `door` is what a face holds.

mod calls;
mod changes;
mod crossing;
mod door;
mod edit;
mod explain;
mod firewall;
mod follow;
mod identity;
mod keys;
mod kinds;
mod lines;
mod local;
mod log;
mod operations;
mod overview;
pub mod paths;
mod place;
mod preview;
mod profiles;
mod provision;
mod recipes;
mod records;
mod request;
mod resources;
mod review;
mod rules;
mod servers;
pub mod sessions;
mod sight;
mod socket;
mod templates;
mod trust;
mod undo;
mod vault;
pub mod views;

use serde::{Deserialize, Serialize};

use crate::domain::{Failure, HostTrust, Login, OperationId, ResourceId, Secret, ServerId};
use local::Local;

pub use crate::operations::{Output, Stream};
pub use crate::packages::server::recipe::{Parameter, Recipe};
pub use crate::store::Scope;
pub use changes::{Changes, Handed, Notice};
pub use crossing::Crossing;
pub use door::Fleet;
pub use explain::{ByHand, Earlier, Explanation};
pub use follow::Follow;
pub use identity::IdentityState;
pub use keys::{KeyState, KeyView, KnownKey};
pub use kinds::{FieldSort, Kind, KindField, KindVerb, kinds};
pub use overview::ServerRow;
pub use paths::Paths;
pub use profiles::{ProfileSet, ProfileView};
pub use resources::{LastOperation, ResourceDraft, ResourceView, Unrecorded};
pub use sessions::{Session, SessionInput, SessionOutput, SessionRequest, Size, Terminal};
pub use undo::{Inverse, Target, Undo};
pub use views::{FirewallView, ForeignRule, OurKey, Preview, PreviewStep, RuleReview, RuleView};

/// Whether the vault can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VaultState {
    /// There is none yet.
    Absent,
    /// It waits for its passphrase.
    Locked,
    /// It is open.
    Open,
}

/// A person's yes to the warnings they were shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Consent {
    /// Not asked, or not given: a warning refuses the call.
    None,
    /// Given.
    Yes,
}

/// A server as a person describes it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ServerDraft {
    /// Its name.
    pub name: String,
    /// Address, as typed.
    pub host: String,
    /// Port, as typed; empty is 22.
    pub port: String,
    /// Login user, as typed; empty is root.
    pub user: String,
    /// Agent or key file.
    pub login: Login,
    /// The key file's passphrase.
    #[serde(with = "crossing::secret")]
    pub passphrase: Option<Secret>,
    /// What is said about the host key.
    pub trust: HostTrust,
}

/// A draft as it would be taken: the normal form, what was changed, and what needs a yes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// What was changed to the normal form: (field, sentence).
    pub fixes: Vec<(String, String)>,
    /// What needs a yes: (field, sentence).
    pub warnings: Vec<(String, String)>,
    /// What is refused: (field, sentence).
    pub refusals: Vec<(String, String)>,
    /// The key file asks for a passphrase, and none was given.
    pub needs_passphrase: bool,
}

/// Changes to a server's own record; `None` leaves as it is.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ServerEdit {
    /// A new name.
    pub name: Option<String>,
    /// A new address.
    pub host: Option<String>,
    /// A new port.
    pub port: Option<String>,
    /// A new first login.
    pub login: Option<Login>,
    /// The new key file's passphrase.
    #[serde(with = "crossing::secret")]
    pub passphrase: Option<Secret>,
}

/// An operation that was recorded and started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// The operation.
    pub operation: OperationId,
    /// The server it works on.
    pub server: ServerId,
    /// The resource it is for.
    pub resource: Option<ResourceId>,
}

/// Why nothing is changed.
pub const READ_ONLY: &str = "This brokeforge is read-only: it changes neither records nor hosts.";

type Result<T> = std::result::Result<T, Failure>;
