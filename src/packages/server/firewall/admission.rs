//! Would a new connection like the present one get in? Walks the kernel's rules as the kernel
//! does. Where a condition cannot be told from here, both ways are walked: only when they end
//! alike is that an answer.

use std::net::IpAddr;

use super::kernel::{Line, Match, Ruleset, What};

/// What becomes of a new connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// It gets in, by this.
    Admitted(String),
    /// It does not, because of this.
    Refused(String),
    /// That depends on something that cannot be told from here.
    Unsure(String),
}

/// A new TCP connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet {
    /// From.
    pub from: IpAddr,
    /// To which of the host's addresses.
    pub to: IpAddr,
    /// To which port.
    pub port: u16,
}

/// More steps than any real firewall takes; a loop or a maze ends here.
const STEPS: u32 = 20_000;

/// More conditions that cannot be told are not followed at a time.
const FORKS: u32 = 200;

/// Walks a new connection through the rules, from the chain INPUT on.
pub fn ruling(rules: &Ruleset, packet: &Packet) -> Ruling {
    let mut steps = 0;
    walk(rules, packet, &mut vec![("INPUT", 0)], &mut steps, 0)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Truth {
    Yes,
    No,
    Unknown,
}

fn walk<'a>(
    rules: &'a Ruleset,
    packet: &Packet,
    stack: &mut Vec<(&'a str, usize)>,
    steps: &mut u32,
    forks: u32,
) -> Ruling {
    loop {
        *steps += 1;
        if *steps > STEPS || stack.len() > 64 || forks > FORKS {
            return Ruling::Unsure("there are too many rules to follow".into());
        }
        let Some((chain, at)) = stack.pop() else {
            return Ruling::Unsure("the chain INPUT is not there".into());
        };
        let Some(found) = rules.chains.get(chain) else {
            return Ruling::Unsure(format!("there is no chain {chain}"));
        };
        let Some(line) = found.rules.get(at) else {
            match found.policy.as_deref() {
                Some("ACCEPT") => {
                    return Ruling::Admitted(format!("the default policy of {chain}"));
                }
                Some(_) => return Ruling::Refused(format!("the default policy of {chain}")),
                // the end of a chain of one's own: back to where it was called from
                None => continue,
            }
        };
        stack.push((chain, at + 1));
        match holds(line, packet) {
            Truth::No => {}
            Truth::Yes => {
                if let Some(end) = follow(rules, line, stack) {
                    return end;
                }
            }
            Truth::Unknown => {
                let mut other = stack.clone();
                let taken = match follow(rules, line, &mut other) {
                    Some(end) => end,
                    None if other == *stack => continue,
                    None => walk(rules, packet, &mut other, steps, forks + 1),
                };
                let not_taken = walk(rules, packet, stack, steps, forks + 1);
                return if std::mem::discriminant(&taken) == std::mem::discriminant(&not_taken) {
                    not_taken
                } else {
                    Ruling::Unsure(line.text.clone())
                };
            }
        }
    }
}

/// Goes where the rule sends; an answer when that is the end.
fn follow<'a>(
    rules: &'a Ruleset,
    line: &'a Line,
    stack: &mut Vec<(&'a str, usize)>,
) -> Option<Ruling> {
    let target = line.target.as_deref()?;
    match target {
        "ACCEPT" => Some(Ruling::Admitted(line.text.clone())),
        "DROP" | "REJECT" | "TARPIT" => Some(Ruling::Refused(line.text.clone())),
        "RETURN" => {
            // a built-in chain returns to its policy
            match stack.pop() {
                Some((chain, _)) if stack.is_empty() => stack.push((chain, usize::MAX)),
                _ => {}
            }
            None
        }
        "LOG" | "NFLOG" | "ULOG" | "MARK" | "CONNMARK" | "SECMARK" | "CONNSECMARK" | "SET"
        | "CT" | "TCPMSS" | "AUDIT" | "TRACE" | "CLASSIFY" | "TOS" | "DSCP" => None,
        chain if rules.chains.contains_key(chain) => {
            if line.goto && stack.len() > 1 {
                stack.pop();
            }
            stack.push((chain, 0));
            None
        }
        _ => Some(Ruling::Unsure(line.text.clone())),
    }
}

fn holds(line: &Line, packet: &Packet) -> Truth {
    let mut all = Truth::Yes;
    for Match { not, what } in &line.matches {
        match (condition(what, packet), not) {
            (Truth::No, false) | (Truth::Yes, true) => return Truth::No,
            (Truth::Unknown, _) => all = Truth::Unknown,
            _ => {}
        }
    }
    all
}

fn condition(what: &What, packet: &Packet) -> Truth {
    let told = |yes| if yes { Truth::Yes } else { Truth::No };
    match what {
        What::From(net) => told(net.contains(&packet.from)),
        What::To(net) => told(net.contains(&packet.to)),
        What::Protocol(name) => told(matches!(name.as_str(), "tcp" | "6")),
        What::Ports(ports) => told(ports.iter().any(|(a, b)| (*a..=*b).contains(&packet.port))),
        What::States(states) => told(states.iter().any(|state| state == "NEW")),
        What::ToKind(kinds) => told(kinds.iter().any(|kind| kind == "LOCAL" || kind == "UNICAST")),
        What::Syn => Truth::Yes,
        What::Odd => Truth::No,
        What::Interface(name) => {
            let local = packet.from.is_loopback() || packet.from == packet.to;
            match (name.as_str(), local) {
                ("lo", _) => told(local),
                ("+", _) => Truth::Yes,
                (_, true) => Truth::No,
                (_, false) => Truth::Unknown,
            }
        }
        What::Other(_) => Truth::Unknown,
    }
}
