//! What a host has of a database engine, as the probe told it.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;

use crate::domain::{Facts, Failure};

/// An engine on a host.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Distribution packages of it, of its tools and of its rivals.
    pub packages: Vec<Found>,
    /// The version that the package manager would install.
    pub candidate: Option<String>,
    /// Whether the package manager has lists at all.
    pub lists: bool,
    /// What brokeforge has set up there: its name and `installed` or `adopted`.
    pub claims: BTreeMap<String, String>,
    /// What lies where its data belongs, besides its own.
    pub data: Vec<String>,
    /// All its clusters, where it has such: version, name, port.
    pub clusters: Vec<[String; 3]>,
    /// The cluster that is ours, or would be.
    pub cluster: Option<[String; 3]>,
    /// What it said of itself, when it answered.
    pub catalogue: Option<Catalogue>,
    /// What it said instead.
    pub silent: Option<String>,
}

/// A distribution package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its name.
    pub name: String,
    /// `installed`, or what else dpkg calls it.
    pub status: String,
    /// Its version.
    pub version: String,
    /// Whether somebody asked for it, rather than another package.
    pub by_hand: bool,
}

/// What an engine says of itself.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Catalogue {
    /// Its version.
    pub version: String,
    /// Its port.
    pub port: u16,
    /// What it listens on.
    pub bind: String,
    /// The schemas of others than the engine.
    #[serde(default, deserialize_with = "none_is_empty")]
    pub schemas: Vec<SchemaFound>,
    /// The users besides the engine's own.
    #[serde(default, deserialize_with = "none_is_empty")]
    pub users: Vec<UserFound>,
}

/// A schema in the catalogue.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct SchemaFound {
    /// Its name.
    pub name: String,
    /// Its owner, where schemas have one.
    #[serde(default)]
    pub owner: Option<String>,
    /// Its character set.
    pub charset: String,
    /// Its collation.
    pub collation: String,
    /// Its size.
    #[serde(default)]
    pub bytes: u64,
    /// How many tables it has, where that is known.
    #[serde(default)]
    pub tables: Option<u64>,
}

/// A user in the catalogue.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct UserFound {
    /// The name.
    pub name: String,
    /// From where it may come, where that is part of a user.
    #[serde(default)]
    pub host: Option<String>,
    /// Whether it may do everything.
    #[serde(default, rename = "super")]
    pub is_super: bool,
    /// How many things there are its own.
    #[serde(default)]
    pub owns: u64,
}

fn none_is_empty<'de, D, T>(from: D) -> Result<Vec<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Option::<Vec<T>>::deserialize(from)?.unwrap_or_default())
}

impl State {
    /// Reads the section of an engine's probe; `None` when the host was not asked.
    ///
    /// # Errors
    /// When it cannot be understood.
    pub fn read(facts: &Facts, section: &str) -> Result<Option<Self>, Failure> {
        let Some(text) = facts.sections.get(section) else { return Ok(None) };
        let mut state = Self::default();
        for line in text.lines() {
            let Some((name, value)) = line.split_once(' ') else { continue };
            let value = STANDARD.decode(value.trim()).map_err(|_| {
                Failure::internal(format!("What the host told of {section} cannot be read."))
            })?;
            let value = String::from_utf8_lossy(&value).into_owned();
            state.take(section, name, &value);
        }
        Ok(Some(state))
    }

    fn take(&mut self, section: &str, name: &str, value: &str) {
        let lines = || value.lines().filter(|line| !line.trim().is_empty());
        match name {
            "lists" => self.lists = true,
            "candidate" => {
                self.candidate = lines().next().map(|line| line.trim().to_owned());
            }
            "packages" => self.packages = lines().filter_map(package).collect(),
            "claims" => {
                let pair = |line: &str| {
                    let (name, how) = line.split_once('\t')?;
                    Some((name.to_owned(), how.trim().to_owned()))
                };
                self.claims = lines().filter_map(pair).collect();
            }
            "data" => self.data = lines().map(str::to_owned).collect(),
            "clusters" => self.clusters = lines().filter_map(cluster).collect(),
            "cluster" => self.cluster = lines().find_map(cluster),
            "catalogue" if section == "redis" => self.take_info(value),
            "catalogue" => match lines().next_back().map(serde_json::from_str::<Catalogue>) {
                Some(Ok(catalogue)) => self.catalogue = Some(catalogue),
                _ => self.silent = Some(lines().next_back().unwrap_or("nothing").to_owned()),
            },
            _ => {}
        }
    }

    /// Redis tells lines `name:value`; its databases of keys are called db0, db1 ….
    fn take_info(&mut self, value: &str) {
        let info = |name: &str| value.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(':'));
        let Some(version) = info("redis_version") else {
            self.silent = Some(value.lines().next_back().unwrap_or("nothing").to_owned());
            return;
        };
        let keys = value.lines().filter(|line| line.starts_with("db") && line.contains(":keys="));
        let schemas = keys.filter_map(|line| {
            let (name, _) = line.split_once(':')?;
            Some(SchemaFound { name: name.to_owned(), ..SchemaFound::default() })
        });
        self.catalogue = Some(Catalogue {
            version: version.to_owned(),
            port: info("tcp_port").and_then(|port| port.parse().ok()).unwrap_or_default(),
            schemas: schemas.collect(),
            ..Catalogue::default()
        });
    }

    /// Whether a package is installed, by the start of its name.
    pub fn installed<'a>(&'a self, prefixes: &'a [&str]) -> impl Iterator<Item = &'a Found> {
        self.packages.iter().filter(move |found| {
            found.status != "config-files" && prefixes.iter().any(|p| found.name.starts_with(p))
        })
    }

    /// A schema in the catalogue.
    pub fn schema(&self, name: &str) -> Option<&SchemaFound> {
        self.catalogue.as_ref()?.schemas.iter().find(|schema| schema.name == name)
    }

    /// A user in the catalogue; the host counts where users have one.
    pub fn user(&self, name: &str, host: &str) -> Option<&UserFound> {
        let mut users = self.catalogue.as_ref()?.users.iter();
        users.find(|u| u.name == name && u.host.as_deref().is_none_or(|h| h == host))
    }

    /// What of others is there, in words; nothing when it is empty. What cannot be looked into
    /// counts as full.
    pub fn filled(&self) -> Option<String> {
        match (&self.catalogue, &self.silent) {
            (Some(catalogue), _) => {
                let schemas = catalogue.schemas.iter().map(|s| s.name.as_str()).collect::<Vec<_>>();
                let users = catalogue.users.iter().map(|u| u.name.as_str()).collect::<Vec<_>>();
                match (few(&schemas), few(&users)) {
                    (None, None) => None,
                    (Some(schemas), None) => Some(format!("data of others ({schemas})")),
                    (None, Some(users)) => Some(format!("users of others ({users})")),
                    (Some(schemas), Some(users)) => {
                        Some(format!("data ({schemas}) and users ({users}) of others"))
                    }
                }
            }
            (None, Some(said)) => Some(format!("data that cannot be looked into ({said})")),
            (None, None) => {
                let names: Vec<&str> = self.data.iter().map(String::as_str).collect();
                few(&names).map(|names| format!("data of others ({names})"))
            }
        }
    }
}

/// The first few of some names.
fn few(names: &[&str]) -> Option<String> {
    let first: Vec<&str> = names.iter().copied().take(5).collect();
    let more = names.len().saturating_sub(first.len());
    match (first.is_empty(), more) {
        (true, _) => None,
        (false, 0) => Some(first.join(", ")),
        (false, more) => Some(format!("{} and {more} more", first.join(", "))),
    }
}

fn package(line: &str) -> Option<Found> {
    let mut words = line.split('\t');
    let (name, status, version, by) = (words.next()?, words.next()?, words.next()?, words.next()?);
    Some(Found {
        name: name.to_owned(),
        status: status.to_owned(),
        version: version.to_owned(),
        by_hand: by == "hand",
    })
}

fn cluster(line: &str) -> Option<[String; 3]> {
    let mut words = line.split_whitespace().map(str::to_owned);
    Some([words.next()?, words.next()?, words.next()?])
}
