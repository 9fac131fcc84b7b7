//! A rule's sentence in normal form; reading it gives the same rule again.

use std::fmt;

use super::{Ports, Protocol, RuleAction, RuleSpec};
use crate::domain::input::net_text;

impl fmt::Display for RuleAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Reject => "reject",
        })
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Any => "any",
        })
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            f.pad(&self.first.to_string())
        } else {
            f.pad(&format!("{}:{}", self.first, self.last))
        }
    }
}

impl fmt::Display for RuleSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.action, self.ports)?;
        if self.protocol != Protocol::Any {
            write!(f, "/{}", self.protocol)?;
        }
        if self.from.is_some() {
            write!(f, " from {}", net_text(self.from))?;
        }
        if self.to.is_some() {
            write!(f, " to {}", net_text(self.to))?;
        }
        match &self.name {
            Some(name) => write!(f, " # {name}"),
            None => Ok(()),
        }
    }
}
