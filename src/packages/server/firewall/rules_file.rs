//! ufw's file of rules, taken apart and put together again. What is not ours keeps its bytes and
//! its order; a file that ufw did not write is refused, never guessed at.

use crate::domain::{
    ResourceId,
    rule::{Ports, Protocol, RuleAction, RuleSpec},
};

use super::tuple::{Family, blocks, owner};

const BEGIN: &str = "### RULES ###\n";
const END: &str = "\n### END RULES ###\n";
const TUPLE: &str = "\n### tuple ###";
const FRAME: &str = include_str!("../../../../assets/firewall/user.rules");

/// A rules file: its blocks, and what stands around them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulesFile {
    head: String,
    /// The rules, in order.
    pub blocks: Vec<Block>,
    foot: String,
}

/// A rule in the file: its tuple and its lines for the kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Its bytes, from the empty line before the tuple on.
    pub text: String,
    /// The rule of ours that it belongs to.
    pub owner: Option<ResourceId>,
}

/// A file that was not written by ufw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("ufw's rules file is not as ufw writes it")]
pub struct NotUfws;

impl RulesFile {
    /// The file as ufw writes it when there is no rule yet.
    pub fn fresh(family: Family) -> Self {
        let frame = match family {
            Family::V4 => FRAME.to_owned(),
            Family::V6 => FRAME.replace("ufw-", "ufw6-"),
        };
        let (head, foot) = frame.split_once(BEGIN).unwrap_or((&frame, ""));
        Self { head: format!("{head}{BEGIN}"), blocks: Vec::new(), foot: foot.to_owned() }
    }

    /// Reads a file. One that came with ufw's package and was never written is a fresh one.
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(text: &str, family: Family) -> Result<Self, NotUfws> {
        let (head, rest) = text.split_once(BEGIN).ok_or(NotUfws)?;
        let chain = format!("-A {} ", family.user_chain());
        let Some((body, foot)) = rest.split_once(END) else {
            let untouched = !rest.contains("### tuple ###") && !text.contains(&chain);
            return if untouched { Ok(Self::fresh(family)) } else { Err(NotUfws) };
        };
        if head.contains(&chain) || foot.contains(&chain) {
            return Err(NotUfws);
        }
        let mut parts = body.split(TUPLE);
        let before = parts.next().unwrap_or_default();
        let loose =
            Some(before).filter(|text| !text.is_empty()).map(|text| Block::new(text.into()));
        // all parts but the last end where the next one's empty line begins
        let blocks = loose.into_iter().chain(parts.map(|p| Block::new(format!("{TUPLE}{p}"))));
        Ok(Self {
            head: format!("{head}{BEGIN}"),
            blocks: blocks.collect(),
            foot: format!("{END}{foot}"),
        })
    }

    /// The file's bytes.
    pub fn text(&self) -> String {
        let blocks = self.blocks.iter().map(|block| block.text.as_str());
        [self.head.as_str()].into_iter().chain(blocks).chain([self.foot.as_str()]).collect()
    }

    /// The lines that fill the kernel's user chain, each with the block that it comes from.
    pub fn lines(&self, family: Family) -> Vec<(usize, &str)> {
        let chain = format!("-A {} ", family.user_chain());
        let numbered = self.blocks.iter().enumerate();
        numbered
            .flat_map(|(i, block)| block.text.lines().map(move |line| (i, line)))
            .filter(|(_, line)| line.starts_with(&chain))
            .collect()
    }

    /// Takes a rule of ours out.
    pub fn remove(&mut self, id: ResourceId) {
        self.blocks.retain(|block| block.owner != Some(id));
    }

    /// Brings these rules of ours into this order. One with a sentence gets the blocks that it
    /// makes; one without keeps what it has. What stands in order already stays where it is, what
    /// is new goes behind its predecessor. All others stay as they are.
    pub fn place(&mut self, family: Family, rules: &[(ResourceId, Option<RuleSpec>)]) {
        for (i, (id, spec)) in rules.iter().enumerate() {
            let placed = |block: &Block| {
                let before = rules.iter().take(i);
                block.owner.is_some_and(|owner| before.clone().any(|(id, _)| *id == owner))
            };
            let previous = self.blocks.iter().rposition(placed);
            let first = self.blocks.iter().position(|block| block.owner == Some(*id));
            let own = self.blocks.iter().filter(|block| block.owner == Some(*id));
            let own = match spec {
                Some(spec) => blocks(*id, spec, family).into_iter().map(Block::new).collect(),
                None => own.cloned().collect::<Vec<_>>(),
            };
            self.remove(*id);
            let at = match first.filter(|at| previous.is_none_or(|previous| *at > previous)) {
                Some(at) => at,
                None => match self.blocks.iter().rposition(placed) {
                    Some(previous) => previous + 1,
                    None => {
                        let ours = self.blocks.iter().position(|block| block.owner.is_some());
                        ours.unwrap_or(self.blocks.len())
                    }
                },
            };
            self.blocks.splice(at..at, own);
        }
    }
}

impl Block {
    fn new(text: String) -> Self {
        let owner = comment_of(&text).as_deref().and_then(owner);
        Self { text, owner }
    }

    /// The tuple without its comment.
    pub fn words(&self) -> Vec<&str> {
        let line = self.text.lines().find_map(|line| line.strip_prefix("### tuple ### "));
        let words = line.unwrap_or_default().split(' ');
        words.filter(|word| !word.is_empty() && !word.starts_with("comment=")).collect()
    }

    /// The rule as a sentence of ours, where it is one.
    pub fn spec(&self) -> Option<RuleSpec> {
        let words = self.words();
        let [action, protocol, port, to, "any", from, "in"] = words.as_slice() else {
            return None;
        };
        let action = match *action {
            "allow" => RuleAction::Allow,
            "deny" => RuleAction::Deny,
            "reject" => RuleAction::Reject,
            _ => return None,
        };
        let protocol = match *protocol {
            "tcp" => Protocol::Tcp,
            "udp" => Protocol::Udp,
            "any" => Protocol::Any,
            _ => return None,
        };
        let (first, last) = match port.split_once(':') {
            Some((first, last)) => (first.parse().ok()?, last.parse().ok()?),
            None if *port == "any" => (1, u16::MAX),
            None => (port.parse().ok()?, port.parse().ok()?),
        };
        let net = |text: &str| -> Option<Option<ipnet::IpNet>> {
            let net: ipnet::IpNet = match text.parse() {
                Ok(net) => net,
                Err(_) => text.parse::<std::net::IpAddr>().ok()?.into(),
            };
            // in its file this is all there is
            Some(Some(net).filter(|net| net.prefix_len() > 0))
        };
        let name = comment_of(&self.text).filter(|text| owner(text).is_none());
        let ports = Ports { first, last };
        Some(RuleSpec { action, ports, protocol, from: net(from)?, to: net(to)?, name })
    }

    /// The rule in words: as a sentence where it is one, else its tuple.
    pub fn sentence(&self) -> String {
        match self.spec() {
            Some(spec) if spec.ports.first != spec.ports.last || spec.ports.first != 1 => {
                spec.to_string()
            }
            _ => {
                let words = self.words();
                if words.is_empty() {
                    return self.text.trim().to_owned();
                }
                words.join(" ")
            }
        }
    }
}

fn comment_of(text: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with("### tuple ### "))?;
    let hex = line.rsplit_once(" comment=")?.1.trim();
    let digits = hex.as_bytes().chunks(2);
    let bytes: Option<Vec<u8>> =
        digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect();
    String::from_utf8(bytes?).ok()
}
