//! How much a person is asked before a change: one rule for the screen and the command line.
//!
//! The level grows with what the change does, how many things it is for, what hangs on them, and
//! the servers' tags.

use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

/// The tag of servers on which every change needs the name typed.
pub const PRODUCTION: &str = "production";
/// With more things than this a question wants the word typed.
const MANY: usize = 10;

/// What is asked before a change.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Nothing; it can be undone.
    #[default]
    None,
    /// A yes or a no.
    YesNo,
    /// The name is to be typed; of several servers, how many they are.
    Typed,
}

/// What a change does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deed {
    /// Adds a server.
    AddServer,
    /// Changes a server's record or its tags.
    EditServer,
    /// Trusts a new host key.
    Trust,
    /// Forgets a server, cleaned up or not.
    RemoveServer,
    /// Adds a rule.
    AddRule,
    /// Changes a rule.
    EditRule,
    /// Removes a rule.
    RemoveRule,
    /// Turns a firewall on.
    EnableFirewall,
    /// Turns a firewall off.
    DisableFirewall,
    /// Adds a resource.
    AddResource,
    /// Changes a resource.
    EditResource,
    /// Brings a resource to a newer version.
    Upgrade,
    /// Removes a resource.
    RemoveResource,
    /// Removes a resource that keeps data.
    RemoveData,
    /// Brings a profile onto a server.
    Provision,
    /// Replaces our login keys.
    RotateKey,
    /// Runs a command.
    Run,
    /// Repeats what failed.
    Retry,
    /// Cancels an operation.
    Cancel,
}

impl Deed {
    /// What is asked when it is for one thing and nothing hangs on it.
    fn least(self) -> Level {
        match self {
            Self::AddServer | Self::EditServer | Self::Run | Self::Retry => Level::None,
            Self::AddRule | Self::EditRule | Self::RemoveRule => Level::None,
            Self::AddResource | Self::EditResource | Self::Provision => Level::None,
            Self::RotateKey => Level::None,
            Self::RemoveResource | Self::Upgrade => Level::YesNo,
            Self::RemoveData => Level::Typed,
            Self::EnableFirewall | Self::DisableFirewall => Level::YesNo,
            Self::Trust | Self::Cancel => Level::YesNo,
            Self::RemoveServer => Level::Typed,
        }
    }

    /// Whether several at a time are asked about, though one is not.
    fn takes_away(self) -> bool {
        matches!(self, Self::RemoveRule | Self::Run | Self::Provision | Self::RotateKey)
    }

    /// The question, before the names of the servers.
    pub fn asks(self) -> &'static str {
        match self {
            Self::AddServer => "Add",
            Self::EditServer => "Change the record of",
            Self::Trust => "Trust the new host key of",
            Self::RemoveServer => "Remove",
            Self::AddRule => "Add a rule to",
            Self::EditRule => "Change a rule of",
            Self::RemoveRule => "Remove a rule from",
            Self::EnableFirewall => "Turn on the firewall of",
            Self::DisableFirewall => "Turn off the firewall of",
            Self::AddResource => "Add to",
            Self::EditResource => "Change on",
            Self::Upgrade => "Upgrade on",
            Self::RemoveResource | Self::RemoveData => "Remove from",
            Self::Provision => "Provision",
            Self::RotateKey => "Replace our login keys of",
            Self::Run => "Run a command on",
            Self::Retry => "Repeat what failed on",
            Self::Cancel => "Cancel an operation on",
        }
    }

    /// Whether an inverse of it exists.
    pub fn can_be_undone(self) -> bool {
        match self {
            Self::EditServer | Self::AddRule | Self::EditRule | Self::RemoveRule => true,
            Self::EnableFirewall | Self::DisableFirewall => true,
            Self::AddResource | Self::EditResource | Self::RemoveResource => true,
            Self::AddServer | Self::Trust | Self::RemoveServer => false,
            Self::RemoveData | Self::Provision | Self::Upgrade => false,
            Self::RotateKey | Self::Run | Self::Retry | Self::Cancel => false,
        }
    }

    /// What is said beforehand about taking it back.
    pub fn way_back(self) -> &'static str {
        match self {
            Self::AddServer => "It cannot be undone; removing the server is the way back.",
            Self::Trust => "It cannot be undone: the older keys are refused from then on.",
            Self::RemoveData => "It cannot be undone: nothing of ours brings the data back.",
            Self::Upgrade => "It cannot be undone; a service may be away while it restarts.",
            Self::Provision => "It cannot be undone as a whole; what it brings can be removed.",
            Self::RotateKey => "It cannot be undone: the old key is refused; rotate again instead.",
            Self::Run => "It cannot be undone: nobody knows what the command does.",
            _ if self.can_be_undone() => "It can be undone.",
            _ => "It cannot be undone.",
        }
    }
}

/// A change, as far as the question before it depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stake {
    /// What it does.
    pub deed: Deed,
    /// How many things it does that to.
    pub things: usize,
    /// What hangs on them: rules of a firewall, what came with another resource, live operations.
    pub hanging: usize,
    /// Whether a server that it is for is tagged `production`.
    pub production: bool,
}

/// What is asked before it.
pub fn level(stake: Stake) -> Level {
    let Stake { deed, things, hanging, production } = stake;
    let least = deed.least();
    if production {
        return Level::Typed;
    }
    let asks = least >= Level::YesNo || (things > 1 && deed.takes_away());
    match (things > MANY || hanging > MANY, asks || hanging > 0) {
        // what asks at all asks harder for many
        (true, true) => Level::Typed,
        (true, false) | (false, true) => least.max(Level::YesNo),
        (false, false) => least,
    }
}

/// What is to be typed: the server's name; of several, how many they are.
pub fn word<'a>(mut servers: impl Iterator<Item = &'a str>) -> String {
    match (servers.next(), servers.count()) {
        (Some(name), 0) => name.to_owned(),
        (None, _) => String::new(),
        (Some(_), more) => (more + 1).to_string(),
    }
}
