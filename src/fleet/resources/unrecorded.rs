//! What hosts have of a kind that no record is about, as they last answered.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Local, Result, called};
use crate::domain::{Fields, Resource, Server, ServerId};
use crate::packages::{Package, Sort};

/// Something on a host that no record is about. Adding a resource with these values takes it over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unrecorded {
    /// Of which kind it is.
    pub kind: String,
    /// On which server.
    pub server: ServerId,
    /// That server's name.
    pub server_name: String,
    /// What people call it.
    pub name: String,
    /// What it is called in a sentence: `schema “mariadb/shop”`.
    pub called: String,
    /// What is known of its values.
    pub fields: Fields,
    /// The same as texts: a draft with them adds it.
    pub texts: BTreeMap<String, String>,
}

impl Local {
    /// Of one kind or of every kind that has a word, on one server or on all.
    pub(in crate::fleet) fn unrecorded(
        &self,
        kind: Option<&str>,
        server: Option<ServerId>,
    ) -> Result<Vec<Unrecorded>> {
        let servers: Vec<Server> = match server {
            Some(id) => vec![self.server(id)?],
            None => self.servers()?,
        };
        let mut all = Vec::new();
        for server in servers {
            let Some(facts) = self.facts(server.id)? else { continue };
            let siblings: Vec<Resource> = self.all_on(server.id)?;
            for package in self.rooms().packages {
                if package.word().is_none() || kind.is_some_and(|kind| package.kind() != kind) {
                    continue;
                }
                let found = package.unrecorded(&siblings, &facts).into_iter();
                let mut these: Vec<_> = found.map(|f| unrecorded(*package, &server, f)).collect();
                these.sort_by_cached_key(|one| one.name.to_lowercase());
                all.extend(these);
            }
        }
        Ok(all)
    }
}

fn unrecorded(package: &dyn Package, server: &Server, fields: Fields) -> Unrecorded {
    let name = package.name(&fields);
    let known = package.fields().iter().filter(|field| field.sort != Sort::Secret);
    let texts = known
        .filter_map(|field| Some((field.name.to_owned(), field.text(fields.get(field.name)?))));
    Unrecorded {
        kind: package.kind().to_owned(),
        server: server.id,
        server_name: server.name.clone(),
        called: called(package.title(), package.named_by().is_some(), &name),
        name,
        texts: texts.collect(),
        fields,
    }
}
