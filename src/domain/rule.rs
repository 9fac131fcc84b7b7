//! A firewall rule: its sentence, its parts, and how rules meet (overlap, shadow).
//!
//! `parse` reads the sentence, `print` writes its normal form, `order` compares rules, `services`
//! knows names of ports, `complete` helps while typing. What a firewall program makes of a rule is
//! not known here.

mod complete;
mod order;
mod parse;
mod print;
pub mod services;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use complete::{Context, complete};
pub use order::{covers, overlaps, place_new_deny};
pub use parse::{Parsed, parse, parse_detailed};
pub use services::describe;

/// What a rule does with what it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleAction {
    /// Let it in.
    Allow,
    /// Drop it without a word.
    Deny,
    /// Turn it away with an answer.
    Reject,
}

/// Which transport a rule is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// TCP alone.
    Tcp,
    /// UDP alone.
    Udp,
    /// Both.
    Any,
}

impl Protocol {
    /// Whether everything of `other` is of this one.
    pub fn covers(self, other: Self) -> bool {
        self == Self::Any || self == other
    }
}

/// An inclusive range of ports; one port when both ends are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ports {
    /// The lowest.
    pub first: u16,
    /// The highest.
    pub last: u16,
}

impl Ports {
    /// One port.
    pub fn one(port: u16) -> Self {
        Self { first: port, last: port }
    }

    /// Whether every port of `other` is in it.
    pub fn covers(self, other: Self) -> bool {
        self.first <= other.first && other.last <= self.last
    }
}

/// A rule as its sentence says it:
/// `allow|deny|reject PORT[:PORT]|SERVICE[/tcp|/udp] [from CIDR|any] [to CIDR|any] [# NAME]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleSpec {
    /// What it does.
    pub action: RuleAction,
    /// For which ports.
    pub ports: Ports,
    /// For which transport.
    pub protocol: Protocol,
    /// From where; `None` is anywhere, in both families.
    pub from: Option<ipnet::IpNet>,
    /// To which of the host's addresses; `None` is any.
    pub to: Option<ipnet::IpNet>,
    /// Its name.
    pub name: Option<String>,
}

/// A rule record's fields: the sentence's parts, its place, and who brought it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleFields {
    /// The rule itself.
    #[serde(flatten)]
    pub spec: RuleSpec,
    /// Sorts the rules of a server; gaps are kept so that one can go between two.
    pub rank: i64,
    /// `user`, or the resource that brought it (`firewall`).
    pub owner: String,
}

/// Where a rule stands on the host, as the kernel tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Actual {
    /// In force as wanted.
    Active,
    /// Not there.
    Missing,
    /// There, but not as wanted (other parts, other place, one family only).
    Differs,
    /// The firewall is off.
    Off,
    /// The host was not asked yet.
    Unknown,
}
