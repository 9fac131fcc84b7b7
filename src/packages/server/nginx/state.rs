//! What the probe found: which nginx is there, and whose its configuration is.

use std::collections::BTreeMap;

use crate::domain::{Facts, Failure};

/// The section of the facts.
pub const SECTION: &str = "nginx";
/// The script that fills it.
pub const PROBE: &str = include_str!("../../../../assets/remote/nginx-probe.sh");

/// One of our vhosts on the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vhost {
    /// Its content is not what its header says.
    pub edited: bool,
    /// It answers to names that no site has.
    pub default: bool,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// The version, when there is one.
    pub version: Option<String>,
    /// Whether it runs.
    pub active: bool,
    /// How many connections a worker may have.
    pub connections: Option<u32>,
    /// Whether somebody else sets the size of the table of names.
    pub bucket: bool,
    /// Whether it was set up by brokeforge before.
    pub ours: bool,
    /// Whether a change was cut off in the middle; the next one begins by putting back.
    pub unfinished: bool,
    /// Whether the distribution's own default page is switched on.
    pub stock: bool,
    /// Configuration of others: files.
    pub foreign: Vec<String>,
    /// The file of others that answers to names that no site has.
    pub default: Option<String>,
    /// Names and the file of others that answers to them.
    pub names: BTreeMap<String, String>,
    /// Our vhosts, by the names of their files.
    pub vhosts: BTreeMap<String, Vhost>,
    /// What nginx's checker says against the configuration as it is.
    pub broken: Vec<String>,
    /// Who listens on ports 80 and 443, where the facts do not tell.
    holders: BTreeMap<u16, String>,
}

impl State {
    /// Reads the section.
    ///
    /// # Errors
    /// When the host was not asked.
    pub fn read(facts: &Facts) -> Result<Self, Failure> {
        let text = facts
            .sections
            .get(SECTION)
            .ok_or_else(|| Failure::internal("The host was not asked about nginx."))?;
        let mut state = Self::default();
        let mut others: Vec<(String, String)> = Vec::new();
        let mut defaults = Vec::new();
        for line in text.lines() {
            let line: String = line.chars().filter(|c| !c.is_control()).take(500).collect();
            let (word, rest) = line.split_once(' ').unwrap_or((&line, ""));
            match word {
                "version" => state.version = Some(rest.to_owned()),
                "active" => state.active = true,
                "connections" => state.connections = rest.parse().ok(),
                "bucket" => state.bucket = true,
                "unfinished" => state.unfinished = true,
                "ours" => state.ours = true,
                "stock" => state.stock = true,
                "foreign" => state.foreign.push(rest.to_owned()),
                "default" => defaults.push(rest.to_owned()),
                "name" => {
                    if let Some((name, file)) = rest.split_once(' ') {
                        others.push((name.to_lowercase(), file.to_owned()));
                    }
                }
                "vhost" => {
                    let mut words = rest.split(' ');
                    let name = words.next().unwrap_or_default().to_owned();
                    let said: Vec<&str> = words.collect();
                    let vhost = Vhost {
                        edited: said.contains(&"edited"),
                        default: said.contains(&"default"),
                    };
                    state.vhosts.insert(name, vhost);
                }
                "broken" => state.broken.push(rest.to_owned()),
                "port" => {
                    if let Some((port, name)) = rest.split_once(' ')
                        && let Ok(port) = port.parse()
                    {
                        state.holders.entry(port).or_insert_with(|| name.to_owned());
                    }
                }
                _ => {}
            }
        }
        let theirs = |file: &str| {
            let name = file.rsplit('/').next().unwrap_or_default();
            let ours = name.strip_suffix(".conf").is_some_and(|n| state.vhosts.contains_key(n));
            !ours && file != super::STOCK
        };
        state.default = defaults.into_iter().find(|file| theirs(file));
        others.retain(|(_, file)| theirs(file));
        state.names = others.into_iter().collect();
        Ok(state)
    }

    /// Who listens on a port that is to be nginx's; none when it is free or nginx's already.
    pub fn holder(&self, facts: &Facts, port: u16) -> Option<String> {
        let listener = facts.listeners.iter().find(|l| l.protocol == "tcp" && l.port == port)?;
        let known = listener.process.as_ref().or_else(|| self.holders.get(&port));
        match known.map(String::as_str) {
            Some("nginx") => None,
            Some(name) => Some(name.to_owned()),
            None => Some("a process that the host does not name".to_owned()),
        }
    }
}
