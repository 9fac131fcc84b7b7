//! What the faces show: plain values made from records, without any work left to do.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::domain::{
    Credential, Failure, ResourceId, ServerId, Status, Time,
    input::Verdict,
    rule::{Actual, RuleSpec},
};

/// A rule of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleView {
    /// Its id.
    pub id: ResourceId,
    /// Its server.
    pub server: ServerId,
    /// Its name, empty without one.
    pub name: String,
    /// Its sentence in normal form, the name included.
    pub line: String,
    /// Its place among ours, from 1.
    pub position: usize,
    /// `allow`, `deny` or `reject`.
    pub action: String,
    /// `22` or `8000:8010`.
    pub ports: String,
    /// `tcp`, `udp` or `any`.
    pub protocol: String,
    /// A CIDR or `any`.
    pub from: String,
    /// A CIDR or `any`.
    pub to: String,
    /// Where it is in its life.
    pub status: Status,
    /// What the kernel has, as last read.
    pub actual: Actual,
    /// `user` or `firewall`.
    pub owner: String,
    /// Why its last operation did not succeed.
    pub error: Option<Failure>,
    /// When it was asked for.
    pub created_at: Time,
    /// When it last changed.
    pub updated_at: Time,
    /// What keeps it from ever matching: a rule of ours or a foreign one, in words.
    pub shadowed_by: Option<String>,
}

/// A rule that is on the host and not ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignRule {
    /// `v4` or `v6`.
    pub family: String,
    /// As a sentence where it is one, else as the host has it.
    pub line: String,
    /// Its place among all rules of the chain, from 1.
    pub position: usize,
}

/// A login key of ours for a server; never its private half.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OurKey {
    /// The user it logs in as.
    pub user: String,
    /// `SHA256:…` of the public half.
    pub fingerprint: String,
    /// Whether a login with it was proved.
    pub proved: bool,
    /// When that was; keys of older stores do not say.
    pub proved_at: Option<Time>,
    /// When it was made.
    pub created_at: Time,
}

impl From<Credential> for OurKey {
    fn from(key: Credential) -> Self {
        Self {
            user: key.user,
            fingerprint: key.fingerprint,
            proved: key.proved,
            proved_at: key.proved_at,
            created_at: key.created_at,
        }
    }
}

/// A server's firewall.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirewallView {
    /// The server.
    pub server: ServerId,
    /// The record's status; `None` when it was never enabled.
    pub status: Option<Status>,
    /// Why its last operation did not succeed.
    pub error: Option<Failure>,
    /// Whether the kernel has it in force, as last read.
    pub enabled: Option<bool>,
    /// `deny`, `allow` or `reject`, as last read.
    pub default_in: Option<String>,
    /// ufw's version, as last read.
    pub version: Option<String>,
    /// Ours, in order.
    pub rules: Vec<RuleView>,
    /// Not ours.
    pub foreign: Vec<ForeignRule>,
    /// Our address and sshd's port as the host sees them.
    pub peer: Option<(IpAddr, u16)>,
    /// Whether a new connection like the present one would get in, and by what; `None` when the
    /// host was not asked yet.
    pub admits: Option<(bool, String)>,
    /// When the host was last asked.
    pub taken_at: Option<Time>,
    /// Warnings: chains that pass ufw by, limits on ssh, a missing family.
    pub notes: Vec<String>,
}

/// What is said about a rule line while it is typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleReview {
    /// What the line is, or what is wrong with it.
    pub verdict: Verdict<RuleSpec>,
    /// Its normal form.
    pub line: Option<String>,
    /// Where it would go among ours, from 1.
    pub position: Option<usize>,
    /// What would keep it from ever matching.
    pub shadowed_by: Option<String>,
    /// Rules of ours that it would keep from ever matching.
    pub shadows: Vec<String>,
    /// Why it would lock us out; it cannot be sent then.
    pub lock_out: Option<String>,
    /// A sentence about a well-known service on that port.
    pub service: Option<String>,
    /// The bytes of the line that the verdict is about, when it is about a word of it.
    pub span: Option<std::ops::Range<usize>>,
    /// What could stand where the line ends, best first.
    pub completions: Vec<String>,
}

/// One step of a preview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewStep {
    /// The milestone's label.
    pub milestone: String,
    /// What the step does.
    pub name: String,
    /// The exact text as it would be sent, secrets masked.
    pub text: String,
    /// Whether it runs on the host.
    pub remote: bool,
    /// How many operations it is within: 0 for the operation's own steps, 1 for a child's.
    #[serde(default)]
    pub depth: u8,
}

/// What an operation would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// The server's name.
    pub server: String,
    /// Its steps, in order.
    pub steps: Vec<PreviewStep>,
    /// Sentences that go with the plan.
    pub notes: Vec<String>,
}
