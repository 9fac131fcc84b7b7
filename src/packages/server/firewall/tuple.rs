//! One rule of ours as ufw itself writes it into its rules file: the tuple line that ufw reads back,
//! and below it the lines for the kernel. Byte for byte ufw 0.36.2's, so that `ufw status` and later
//! ufw commands take them as their own.

use ipnet::IpNet;

use crate::domain::{
    ResourceId,
    rule::{Ports, Protocol, RuleAction, RuleSpec},
};

/// An address family; each has its own rules file, chains and commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// The prefix of ufw's chains.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::V4 => "ufw",
            Self::V6 => "ufw6",
        }
    }

    /// The chain in which rules of people stand.
    pub fn user_chain(self) -> String {
        format!("{}-user-input", self.prefix())
    }

    /// The word on screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::V4 => "v4",
            Self::V6 => "v6",
        }
    }

    fn anywhere(self) -> &'static str {
        match self {
            Self::V4 => "0.0.0.0/0",
            Self::V6 => "::/0",
        }
    }

    /// The family of a network.
    pub fn of(net: &IpNet) -> Self {
        match net {
            IpNet::V4(_) => Self::V4,
            IpNet::V6(_) => Self::V6,
        }
    }

    /// Whether the rule is (also) for this family.
    pub fn holds(self, spec: &RuleSpec) -> bool {
        spec.from.iter().chain(&spec.to).all(|net| Self::of(net) == self)
    }
}

/// The start of the comment that makes a rule ours.
const MARK: &str = "bf:";

/// How much of the comment goes to the host.
const COMMENT: usize = 80;

/// The comment of a rule: our id, and what ufw can hold of its name; it takes no single quote.
pub fn comment(id: ResourceId, name: Option<&str>) -> String {
    let name = name.unwrap_or_default().chars();
    let name: String =
        name.filter(|c| !c.is_control()).map(|c| if c == '\'' { '’' } else { c }).collect();
    let text = format!("{MARK}{id} {}", name.trim());
    text.trim_end().chars().take(COMMENT).collect::<String>().trim_end().to_owned()
}

/// The rule whose comment this is, when it is one of ours.
pub fn owner(comment: &str) -> Option<ResourceId> {
    comment.strip_prefix(MARK)?.split(' ').next()?.parse().ok()
}

/// The rule's blocks in the file of this family; none when it is not for it.
pub fn blocks(id: ResourceId, spec: &RuleSpec, family: Family) -> Vec<String> {
    if !family.holds(spec) {
        return Vec::new();
    }
    let range = spec.ports.first != spec.ports.last;
    let protocols: &[&str] = match spec.protocol {
        Protocol::Tcp => &["tcp"],
        Protocol::Udp => &["udp"],
        // of a range for both ufw would make a rule for every port
        Protocol::Any if range => &["tcp", "udp"],
        Protocol::Any => &["any"],
    };
    protocols.iter().map(|protocol| block(id, spec, family, protocol)).collect()
}

fn block(id: ResourceId, spec: &RuleSpec, family: Family, protocol: &str) -> String {
    let action = match spec.action {
        RuleAction::Allow => "allow",
        RuleAction::Deny => "deny",
        RuleAction::Reject => "reject",
    };
    let port = spec.ports.to_string();
    let to = place(spec.to, family);
    let from = place(spec.from, family);
    let mark: String =
        comment(id, spec.name.as_deref()).bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut text =
        format!("\n### tuple ### {action} {protocol} {port} {to} any {from} in comment={mark}\n");
    let kernel: &[&str] = if protocol == "any" { &["tcp", "udp"] } else { &[protocol] };
    for protocol in kernel {
        text.push_str(&line(spec, family, protocol, &to, &from));
    }
    text
}

fn line(spec: &RuleSpec, family: Family, protocol: &str, to: &str, from: &str) -> String {
    let Ports { first, last } = spec.ports;
    let mut line = format!("-A {} -p {protocol}", family.user_chain());
    if first != last {
        line.push_str(&format!(" -m multiport --dports {first}:{last}"));
    }
    if to != family.anywhere() {
        line.push_str(&format!(" -d {to}"));
    }
    if first == last {
        line.push_str(&format!(" --dport {first}"));
    }
    if from != family.anywhere() {
        line.push_str(&format!(" -s {from}"));
    }
    line.push_str(match (spec.action, protocol) {
        (RuleAction::Allow, _) => " -j ACCEPT\n",
        (RuleAction::Deny, _) => " -j DROP\n",
        (RuleAction::Reject, "tcp") => " -j REJECT --reject-with tcp-reset\n",
        (RuleAction::Reject, _) => " -j REJECT\n",
    });
    line
}

/// A network as ufw writes it: without host bits, a single address without its length.
fn place(net: Option<IpNet>, family: Family) -> String {
    match net.map(|net| net.trunc()) {
        None => family.anywhere().to_owned(),
        Some(net) if net.prefix_len() == net.max_prefix_len() => net.addr().to_string(),
        Some(net) => net.to_string(),
    }
}
