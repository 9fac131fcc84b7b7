//! Servers with what is known of them, for lists: few reads for many servers. What was probed for
//! packages alone is left out, as it is large and no list shows it.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{Local, OurKey, Result};
use crate::domain::{Credential, Facts, InstalledPackage, Server, ServerFacts, ServerId};

/// A server and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerRow {
    /// Its record.
    pub server: Server,
    /// What it last answered about itself, without the packages' own sections.
    pub facts: Option<Facts>,
    /// What is installed on it.
    pub packages: Vec<InstalledPackage>,
    /// Our keys for it.
    pub keys: Vec<OurKey>,
}

impl From<Server> for ServerRow {
    fn from(server: Server) -> Self {
        Self { server, facts: None, packages: Vec::new(), keys: Vec::new() }
    }
}

impl Local {
    pub(super) fn overview(&self) -> Result<Vec<ServerRow>> {
        let mut rows: Vec<ServerRow> = self.servers()?.into_iter().map(ServerRow::from).collect();
        let at: HashMap<ServerId, usize> =
            rows.iter().enumerate().map(|(number, row)| (row.server.id, number)).collect();
        for known in self.store().scan::<ServerFacts>(&[])? {
            if let Some(row) = of(&mut rows, &at, known.record.server) {
                row.facts = Some(without_sections(known.record.facts));
            }
        }
        for package in self.packages(None)? {
            if let Some(row) = of(&mut rows, &at, package.server) {
                row.packages.push(package);
            }
        }
        for key in self.store().scan::<Credential>(&[])? {
            if let Some(row) = of(&mut rows, &at, key.record.server) {
                row.keys.push(OurKey::from(key.record));
            }
        }
        Ok(rows)
    }

    pub(super) fn overview_of(&self, id: ServerId) -> Result<ServerRow> {
        Ok(ServerRow {
            facts: self.facts(id)?.map(without_sections),
            packages: self.packages(Some(id))?,
            keys: self.our_keys(id)?,
            ..ServerRow::from(self.server(id)?)
        })
    }
}

fn of<'a>(
    rows: &'a mut [ServerRow],
    at: &HashMap<ServerId, usize>,
    id: ServerId,
) -> Option<&'a mut ServerRow> {
    rows.get_mut(*at.get(&id)?)
}

fn without_sections(mut facts: Facts) -> Facts {
    facts.sections.clear();
    facts
}
