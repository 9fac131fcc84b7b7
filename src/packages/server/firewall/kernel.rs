//! The kernel's rules as `iptables -S` tells them, and the same for lines of ufw's files: parsed
//! into what a new TCP connection can be held against. What is not understood is kept as such and
//! never guessed.

use std::collections::BTreeMap;

use ipnet::IpNet;

/// The filter table of one family.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ruleset {
    /// The chains by name.
    pub chains: BTreeMap<String, Chain>,
}

/// A chain.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Chain {
    /// What becomes of what no rule decides; only built-in chains have one.
    pub policy: Option<String>,
    /// The rules, in order.
    pub rules: Vec<Line>,
}

/// A rule of the kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// As it was told, for people.
    pub text: String,
    /// What it is for; all must hold.
    pub matches: Vec<Match>,
    /// Where it sends what it is for; without one it only counts.
    pub target: Option<String>,
    /// It does not come back from there.
    pub goto: bool,
}

/// One condition of a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Match {
    /// It is turned round by `!`.
    pub not: bool,
    /// The condition.
    pub what: What,
}

/// A condition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// The sender's network.
    From(IpNet),
    /// The receiver's network.
    To(IpNet),
    /// The transport's name or number.
    Protocol(String),
    /// The interface it comes in by.
    Interface(String),
    /// The receiver's ports.
    Ports(Vec<(u16, u16)>),
    /// States of its connection.
    States(Vec<String>),
    /// Kinds of the receiver's address.
    ToKind(Vec<String>),
    /// The first packet of a TCP connection.
    Syn,
    /// What no plain connection sends: a later fragment, a routing header.
    Odd,
    /// Something that we cannot tell.
    Other(String),
}

impl Ruleset {
    /// Reads what `iptables -S` told.
    pub fn parse(text: &str) -> Self {
        let mut set = Self::default();
        for line in text.lines() {
            if let Some((name, policy)) = line.strip_prefix("-P ").and_then(|l| l.split_once(' ')) {
                set.chain(name).policy = Some(policy.trim().to_owned());
            } else if let Some(name) = line.strip_prefix("-N ") {
                set.chain(name.trim());
            } else {
                set.append(line);
            }
        }
        set
    }

    /// The chain; made when it is not there.
    pub fn chain(&mut self, name: &str) -> &mut Chain {
        self.chains.entry(name.to_owned()).or_default()
    }

    /// Takes a line `-A CHAIN …` at the end of its chain; any other line is none of its.
    pub fn append(&mut self, line: &str) {
        let rest = line.strip_prefix("-A ").and_then(|rest| rest.split_once(' '));
        if let Some((chain, rule)) = rest {
            let rule = Line::parse(line, rule);
            self.chain(chain).rules.push(rule);
        }
    }

    /// Whether a chain sends everything on to another.
    pub fn jumps(&self, from: &str, to: &str) -> bool {
        self.chains.get(from).is_some_and(|chain| {
            let mut rules = chain.rules.iter();
            rules.any(|rule| rule.matches.is_empty() && rule.target.as_deref() == Some(to))
        })
    }
}

impl Line {
    /// Reads one line `-A CHAIN …`.
    pub fn read(line: &str) -> Option<Self> {
        let (_, rule) = line.strip_prefix("-A ")?.split_once(' ')?;
        Some(Self::parse(line, rule))
    }

    fn parse(text: &str, rule: &str) -> Self {
        let mut line =
            Self { text: text.to_owned(), matches: Vec::new(), target: None, goto: false };
        let words = words(rule);
        let mut words = words.iter().map(String::as_str).peekable();
        let mut not = false;
        while let Some(word) = words.next() {
            let mut value = || words.next().unwrap_or_default().to_owned();
            let what = match word {
                "!" => {
                    not = true;
                    continue;
                }
                "-j" | "--jump" | "-g" | "--goto" => {
                    line.target = Some(value());
                    line.goto = word.starts_with("-g") || word == "--goto";
                    // what follows belongs to the target
                    break;
                }
                // only names what its conditions belong to
                "-m" | "--match" => match value().as_str() {
                    "tcp" | "udp" | "multiport" | "conntrack" | "state" | "addrtype"
                    | "comment" => continue,
                    "rt" => What::Odd,
                    other => What::Other(other.to_owned()),
                },
                "--comment" => {
                    value();
                    continue;
                }
                "-s" | "--source" => net(&value()).map_or_else(What::Other, What::From),
                "-d" | "--destination" => net(&value()).map_or_else(What::Other, What::To),
                "-p" | "--protocol" => match value() {
                    any if any == "all" => continue,
                    name => What::Protocol(name),
                },
                "-i" | "--in-interface" => What::Interface(value()),
                "-f" | "--fragment" => What::Odd,
                "--dport" | "--destination-port" | "--dports" | "--destination-ports" => {
                    let text = value();
                    ports(&text).map_or(What::Other(text), What::Ports)
                }
                "--ctstate" | "--state" => What::States(list(&value())),
                "--dst-type" => What::ToKind(list(&value())),
                "--syn" => What::Syn,
                "--tcp-flags" => match (value().as_str(), value().as_str()) {
                    ("FIN,SYN,RST,ACK", "SYN") => What::Syn,
                    (mask, flags) => What::Other(format!("--tcp-flags {mask} {flags}")),
                },
                other => What::Other(other.to_owned()),
            };
            line.matches.push(Match { not, what });
            not = false;
        }
        line.matches.sort();
        line
    }

    /// Whether two rules are for the same and send it to the same place, however they are told.
    pub fn same(&self, other: &Self) -> bool {
        (&self.matches, &self.target, self.goto) == (&other.matches, &other.target, other.goto)
    }
}

fn list(text: &str) -> Vec<String> {
    let mut list: Vec<String> = text.split(',').map(str::to_owned).collect();
    list.sort();
    list
}

fn net(text: &str) -> Result<IpNet, String> {
    let address = || text.parse::<std::net::IpAddr>().map(IpNet::from);
    text.parse::<IpNet>().or_else(|_| address()).map(|net| net.trunc()).map_err(|_| text.to_owned())
}

fn ports(text: &str) -> Option<Vec<(u16, u16)>> {
    let mut all = Vec::new();
    for part in text.split(',') {
        all.push(match part.split_once(':') {
            Some((first, last)) => (first.parse().ok()?, last.parse().ok()?),
            None => (part.parse().ok()?, part.parse().ok()?),
        });
    }
    Some(all)
}

/// Words as iptables writes them: separated by spaces, quoted where they hold some.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\\', Some('"')) => word.get_or_insert_default().extend(chars.next()),
            (c, Some(open)) if c == open => quote = None,
            (c, Some(_)) => word.get_or_insert_default().push(c),
            ('"' | '\'', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (c, None) if c.is_whitespace() => words.extend(word.take()),
            (c, None) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}
