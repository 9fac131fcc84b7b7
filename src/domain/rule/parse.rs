//! Reads a rule's sentence. What is wrong is told with the word, its column and what to write.

use std::ops::Range;

use ipnet::IpNet;

use super::{Ports, Protocol, RuleAction, RuleSpec, services};
use crate::domain::input::{self, Verdict, shown};

const MOST_BYTES: usize = 1024;
const FORM: &str = "A rule is: allow|deny|reject PORT[:PORT]|SERVICE[/tcp|/udp] [from CIDR|any] \
                    [to CIDR|any] [# NAME].";

/// A sentence that was read, told so that an editor can point at the word in question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// What it is, or what is wrong with it.
    pub verdict: Verdict<RuleSpec>,
    /// The bytes of the first word that the verdict is about.
    pub span: Option<Range<usize>>,
}

/// Reads a rule's sentence.
pub fn parse(line: &str) -> Verdict<RuleSpec> {
    parse_detailed(line).verdict
}

/// Reads a rule's sentence and says which word the verdict is about.
pub fn parse_detailed(line: &str) -> Parsed {
    let mut reader =
        Reader { line, words: Vec::new(), next: 0, notes: Verdict::Ok(()), span: None };
    match reader.rule() {
        Ok(spec) => Parsed { verdict: reader.notes.map(|()| spec), span: reader.span },
        Err((why, span)) => Parsed { verdict: Verdict::No(why), span },
    }
}

#[derive(Clone)]
struct Word<'a> {
    text: &'a str,
    span: Range<usize>,
}

type Refused = (String, Option<Range<usize>>);

struct Reader<'a> {
    line: &'a str,
    words: Vec<Word<'a>>,
    next: usize,
    notes: Verdict<()>,
    span: Option<Range<usize>>,
}

impl<'a> Reader<'a> {
    fn rule(&mut self) -> Result<RuleSpec, Refused> {
        self.plain()?;
        let (sentence, name) = match self.line.split_once('#') {
            Some((sentence, name)) => (sentence, Some(name)),
            None => (self.line, None),
        };
        self.words = words(sentence);
        let action = self.action()?;
        let (ports, protocol) = self.ports()?;
        let (from, to) = self.addresses()?;
        let name = match name {
            Some(name) => Some(self.name(name, sentence.len() + 1)?),
            None => None,
        };
        let everything = ports == (Ports { first: 1, last: u16::MAX });
        let spec = RuleSpec { action, ports, protocol, from, to, name };
        if action != RuleAction::Allow
            && everything
            && protocol != Protocol::Udp
            && from.is_none()
            && to.is_none()
        {
            return Err((
                "This would turn every connection away, SSH included. Name the ports to close; what \
                 no rule allows is denied anyway."
                    .into(),
                None,
            ));
        }
        Ok(spec)
    }

    /// The rules for every field, on the whole line.
    fn plain(&self) -> Result<(), Refused> {
        let bad = self.line.char_indices().find_map(|(at, c)| {
            let why = input::text::forbidden(c)?;
            Some((why, Some(at..at + c.len_utf8())))
        });
        match bad {
            Some(refused) => Err(refused),
            None if self.line.len() > MOST_BYTES => {
                Err((format!("A rule has at most {MOST_BYTES} bytes. Type a shorter one."), None))
            }
            None => Ok(()),
        }
    }

    fn action(&mut self) -> Result<RuleAction, Refused> {
        let Some(word) = self.take() else {
            return Err((format!("Nothing was typed. {FORM}"), None));
        };
        let action = match word.text.to_ascii_lowercase().as_str() {
            "allow" => RuleAction::Allow,
            "deny" => RuleAction::Deny,
            "reject" => RuleAction::Reject,
            other => {
                let hint = match other {
                    "accept" | "permit" | "open" => "Write “allow”.",
                    "drop" | "block" | "close" => "Write “deny”.",
                    "limit" => "Limits are not built yet; write “allow”.",
                    "ufw" => "Write the rule alone, without “ufw”.",
                    _ => "A rule begins with allow, deny or reject.",
                };
                return Err(self.at(&word, hint));
            }
        };
        self.lower(&word, &action.to_string());
        Ok(action)
    }

    fn ports(&mut self) -> Result<(Ports, Protocol), Refused> {
        let Some(word) = self.take() else {
            return Err((
                "A port or service is missing. Write one such as 443/tcp or https.".into(),
                self.end(),
            ));
        };
        let (head, tail) = match word.text.split_once('/') {
            Some((head, tail)) => (head, Some(tail)),
            None => (word.text, None),
        };
        let given = match tail.map(str::to_ascii_lowercase).as_deref() {
            None => None,
            Some("tcp") => Some(Protocol::Tcp),
            Some("udp") => Some(Protocol::Udp),
            Some("any") => Some(Protocol::Any),
            Some(_) => {
                return Err(self.at(&word, "After the port comes /tcp, /udp, or nothing for both."));
            }
        };
        let (ports, protocol) = match services::find(head) {
            Some(service) => {
                let protocol = given.unwrap_or(service.protocol);
                let ports = Ports::one(service.port);
                let normal = port_text(ports, protocol);
                self.note(&word, Verdict::Fix((), format!("{head} is {normal}.")));
                (ports, protocol)
            }
            None => {
                let ports = self.numbers(&word, head)?;
                let protocol = given.unwrap_or(Protocol::Any);
                if given == Some(Protocol::Any) && ports.first == ports.last {
                    let why = format!("Both protocols is written {ports} alone.");
                    self.note(&word, Verdict::Fix((), why));
                } else if let Some(tail) = tail {
                    self.lower_part(&word, tail, &protocol.to_string());
                }
                (ports, protocol)
            }
        };
        if ports.first != ports.last && protocol == Protocol::Any {
            let hint = format!("A range needs a protocol: write {ports}/tcp or {ports}/udp.");
            return Err(self.at(&word, &hint));
        }
        Ok((ports, protocol))
    }

    fn numbers(&mut self, word: &Word<'a>, head: &str) -> Result<Ports, Refused> {
        if head.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let hint = match head.to_ascii_lowercase().as_str() {
                "in" => "Rules are for what comes in; leave “in” out.",
                "out" => "Rules for what goes out are not built yet.",
                "proto" | "port" | "on" | "tcp" | "udp" | "from" | "to" | "any" => {
                    "Here comes the port or service, with its protocol: allow 443/tcp."
                }
                "esp" | "ah" | "gre" | "igmp" | "vrrp" | "ipv6" | "icmp" => {
                    "Rules are for ports of tcp and udp; protocols without ports are not built yet."
                }
                _ => "No service of that name is known; write its port, such as 8443/tcp.",
            };
            return Err(self.at(word, hint));
        }
        match input::ports(head) {
            Verdict::Ok(ports) => Ok(ports),
            Verdict::Fix(ports, why) => {
                self.note(word, Verdict::Fix((), why));
                Ok(ports)
            }
            Verdict::Warn(ports, why) => {
                self.note(word, Verdict::Warn((), why));
                Ok(ports)
            }
            Verdict::No(why) => Err(self.told(word, &why)),
        }
    }

    fn addresses(&mut self) -> Result<(Option<IpNet>, Option<IpNet>), Refused> {
        let mut from: Option<Option<IpNet>> = None;
        let mut to: Option<Option<IpNet>> = None;
        while let Some(word) = self.take() {
            let keyword = word.text.to_ascii_lowercase();
            let is_from = match keyword.as_str() {
                "from" => true,
                "to" => false,
                _ => return Err(self.at(&word, after_ports(&keyword))),
            };
            if (if is_from { from } else { to }).is_some() {
                return Err(self.at(&word, "It stands here twice; write it once."));
            }
            self.lower(&word, &keyword);
            let net = self.net(&word, &keyword)?;
            if is_from {
                if to.is_some() {
                    self.note(&word, Verdict::Fix((), "“from” is written before “to”.".into()));
                }
                from = Some(net.0);
            } else {
                to = Some(net.0);
            }
            if let (Some(Some(from)), Some(Some(to))) = (from, to)
                && from.max_prefix_len() != to.max_prefix_len()
            {
                return Err(self.at(
                    &net.1,
                    "“from” and “to” are of different families (IPv4 and IPv6); no packet has both. \
                     Write two rules.",
                ));
            }
        }
        Ok((from.flatten(), to.flatten()))
    }

    fn net(
        &mut self,
        keyword: &Word<'a>,
        name: &str,
    ) -> Result<(Option<IpNet>, Word<'a>), Refused> {
        let Some(word) = self.take() else {
            return Err((
                format!(
                    "After “{name}” an address is missing. Write one such as 10.0.0.0/8, or “any”."
                ),
                Some(keyword.span.clone()),
            ));
        };
        let net = match input::cidr(word.text) {
            Verdict::Ok(net) => net,
            Verdict::Fix(net, why) => {
                self.note(&word, Verdict::Fix((), why));
                net
            }
            Verdict::Warn(net, why) => {
                self.note(&word, Verdict::Warn((), why));
                net
            }
            Verdict::No(why) => return Err(self.told(&word, &why)),
        };
        Ok((net, word))
    }

    fn name(&mut self, text: &'a str, start: usize) -> Result<String, Refused> {
        let trimmed = text.trim_matches(' ');
        let lead = text.len() - text.trim_start_matches(' ').len();
        let begin = start + lead;
        let word = Word { text: trimmed, span: begin..begin + trimmed.len() };
        match input::name(trimmed, &[]) {
            Verdict::Ok(name) => Ok(name),
            Verdict::Fix(name, why) => {
                self.note(&word, Verdict::Fix((), why));
                Ok(name)
            }
            Verdict::Warn(name, why) => {
                self.note(&word, Verdict::Warn((), why));
                Ok(name)
            }
            Verdict::No(_) if trimmed.is_empty() => Err((
                "After “#” the name is missing. Write one, or leave the “#” out.".into(),
                Some(start.saturating_sub(1)..start),
            )),
            Verdict::No(why) => Err(self.told(&word, &why)),
        }
    }

    fn take(&mut self) -> Option<Word<'a>> {
        let word = self.words.get(self.next).cloned();
        self.next += usize::from(word.is_some());
        word
    }

    fn end(&self) -> Option<Range<usize>> {
        self.words.last().map(|word| word.span.clone())
    }

    fn note(&mut self, word: &Word<'_>, verdict: Verdict<()>) {
        let weightier = matches!((&self.notes, &verdict), (Verdict::Fix(..), Verdict::Warn(..)));
        if self.span.is_none() || weightier {
            self.span = Some(word.span.clone());
        }
        let before = std::mem::replace(&mut self.notes, Verdict::Ok(()));
        self.notes = before.and_then(|()| verdict);
    }

    fn lower(&mut self, word: &Word<'_>, normal: &str) {
        self.lower_part(word, word.text, normal);
    }

    fn lower_part(&mut self, word: &Word<'_>, typed: &str, normal: &str) {
        if typed != normal {
            let why = format!("{} is written “{normal}”.", shown(typed));
            self.note(word, Verdict::Fix((), why));
        }
    }

    /// A refusal that names the word and where it stands.
    fn at(&self, word: &Word<'_>, hint: &str) -> Refused {
        let text = shown(word.text);
        let why = format!("{text} at column {} does not fit. {hint}", self.column(word));
        (why, Some(word.span.clone()))
    }

    /// A refusal whose reason names the word already.
    fn told(&self, word: &Word<'_>, why: &str) -> Refused {
        (format!("At column {}: {why}", self.column(word)), Some(word.span.clone()))
    }

    fn column(&self, word: &Word<'_>) -> usize {
        self.line.char_indices().take_while(|(at, _)| *at < word.span.start).count() + 1
    }
}

fn port_text(ports: Ports, protocol: Protocol) -> String {
    match protocol {
        Protocol::Any => format!("{ports} (tcp and udp)"),
        one => format!("{ports}/{one}"),
    }
}

fn after_ports(word: &str) -> &'static str {
    match word {
        "tcp" | "udp" | "proto" => "The protocol is written with the port: allow 443/tcp.",
        "port" => "The port stands after allow, deny or reject: allow 443/tcp from 10.0.0.0/8.",
        "comment" | "name" => "A name is written after “#”: allow 443/tcp # web.",
        "on" | "in" | "out" => "Interfaces and directions are not built yet; leave it out.",
        _ => "Here may come from, to, or # and a name.",
    }
}

fn words(sentence: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut at = 0;
    for text in sentence.split(' ') {
        if !text.is_empty() {
            words.push(Word { text, span: at..at + text.len() });
        }
        at += text.len() + 1;
    }
    words
}
