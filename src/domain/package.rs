//! A record of what is on a host.

use serde::{Deserialize, Serialize};

use super::{Fields, ServerId, SiteId, Status, Time};

/// Written by a plan's last step after verify, deleted by the remove plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstalledPackage {
    /// The server it is on.
    pub server: ServerId,
    /// The site it belongs to, when it does.
    pub site: Option<SiteId>,
    /// The package type, e.g. `firewall`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Which one of that type, e.g. `ufw`; a rule's is its id.
    pub name: String,
    /// Its version on the host, when it has one.
    pub version: Option<String>,
    /// How it is set up.
    pub configuration: Fields,
    /// `active`, or what its resource is in.
    pub status: Status,
    /// When it was written.
    pub installed_at: Time,
}
