//! What the probe found of sites on the host.

use std::collections::BTreeSet;

use crate::domain::{Facts, Failure};

/// The section of the facts.
pub const SECTION: &str = "site";
/// The script that fills it.
pub const PROBE: &str = include_str!("../../../../assets/remote/site-probe.sh");

/// What was found, by the names of sites.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// With a folder.
    pub folders: BTreeSet<String>,
    /// With logs.
    pub logs: BTreeSet<String>,
    /// With settings of a person's own.
    pub custom: BTreeSet<String>,
    /// With a pool: name and version of PHP.
    pub pools: BTreeSet<(String, String)>,
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
            .ok_or_else(|| Failure::internal("The host was not asked about its sites."))?;
        let mut state = Self::default();
        for line in text.lines() {
            let line: String = line.chars().filter(|c| !c.is_control()).take(500).collect();
            match line.split(' ').collect::<Vec<_>>().as_slice() {
                ["folder", name] => state.folders.insert((*name).to_owned()),
                ["logs", name] => state.logs.insert((*name).to_owned()),
                ["custom", name] => state.custom.insert((*name).to_owned()),
                ["pool", name, version] => {
                    state.pools.insert(((*name).to_owned(), (*version).to_owned()))
                }
                _ => false,
            };
        }
        Ok(state)
    }

    /// The versions of PHP in which a site has a pool.
    pub fn pools_of(&self, domain: &str) -> Vec<String> {
        self.pools.iter().filter(|(name, _)| name == domain).map(|(_, v)| v.clone()).collect()
    }
}
