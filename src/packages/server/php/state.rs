//! What the probe found: which PHP there is, which there could be, and what belongs to others.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{Facts, Failure};

/// The section of the facts.
pub const SECTION: &str = "php";
/// The script that fills it.
pub const PROBE: &str = include_str!("../../../../assets/remote/php-probe.sh");

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// Installed packages and their versions.
    pub packages: BTreeMap<String, String>,
    /// What the package sources offer.
    pub candidates: BTreeMap<String, String>,
    /// Whether the package sources were ever asked.
    pub lists: bool,
    /// Whether our own package source is set up.
    pub repository: bool,
    /// Our pools: version and name.
    pub pools: BTreeSet<(String, String)>,
    /// Pools of others: version and file.
    pub foreign: Vec<(String, String)>,
    /// Versions that brokeforge set up before.
    pub ours: BTreeSet<String>,
    /// What `php` is on the command line.
    pub cli: Option<String>,
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
            .ok_or_else(|| Failure::internal("The host was not asked about PHP."))?;
        let mut state = Self::default();
        for line in text.lines() {
            let line: String = line.chars().filter(|c| !c.is_control()).take(500).collect();
            let words: Vec<&str> = line.split(' ').collect();
            let owned = |text: &str| text.to_owned();
            match words.as_slice() {
                ["package", name, version] => {
                    state.packages.insert(owned(name), owned(version));
                }
                ["candidate", name, version] => {
                    state.candidates.insert(owned(name), owned(version));
                }
                ["lists"] => state.lists = true,
                ["repository"] => state.repository = true,
                ["pool", version, name] => {
                    state.pools.insert((owned(version), owned(name)));
                }
                ["foreign", version, file] => state.foreign.push((owned(version), owned(file))),
                ["ours", version] => {
                    state.ours.insert(owned(version));
                }
                ["cli", path] => state.cli = Some(owned(path)),
                _ => {}
            }
        }
        Ok(state)
    }

    /// Whether a version is installed.
    pub fn has(&self, version: &str) -> bool {
        self.packages.contains_key(&format!("php{version}-fpm"))
    }

    /// The full version number that is or would be installed.
    pub fn number(&self, version: &str) -> Option<String> {
        let name = format!("php{version}-fpm");
        self.packages.get(&name).or_else(|| self.candidates.get(&name)).cloned()
    }

    /// The versions that can be installed.
    pub fn offered(&self) -> Vec<String> {
        let version = |name: &String| {
            let version = name.strip_prefix("php")?.strip_suffix("-fpm")?;
            version.split_once('.').map(|_| version.to_owned())
        };
        self.candidates.keys().filter_map(version).collect()
    }

    /// The installed packages of a version.
    pub fn installed(&self, version: &str) -> Vec<String> {
        let prefix = format!("php{version}-");
        self.packages.keys().filter(|name| name.starts_with(&prefix)).cloned().collect()
    }

    /// The pools of others in a version.
    pub fn foreign_in(&self, version: &str) -> Vec<String> {
        let these = self.foreign.iter().filter(|(v, _)| v == version);
        these.map(|(_, file)| file.clone()).collect()
    }
}
