//! Provisioning: a profile becomes the record of what is to be brought to a server, and one
//! operation whose children bring it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    Local, Preview, Result, Started,
    request::{On, Request},
    resources::choices,
};
use crate::domain::{Action, Fields, Resource, ResourceId, ServerId, Status};
use crate::packages::server::provision::{KIND, Wanted};
use crate::store::{Batch, Stored};

impl Local {
    pub(super) async fn provision(
        &self,
        server: ServerId,
        profile: &str,
        sets: BTreeMap<String, String>,
        answers: BTreeMap<String, String>,
    ) -> Result<Started> {
        self.refuse_leaving(&self.server(server)?)?;
        let (request, fields) = self.provisioning(server, profile, &sets, &answers)?;
        let on = match self.provisioned(server)? {
            Some(stored) => On::Resource(stored, Some(fields)),
            None => On::New(self.fresh(server, KIND, fields)),
        };
        self.request(request, on, Batch::new()).await
    }

    pub(super) async fn preview_provision(
        &self,
        server: ServerId,
        profile: &str,
        sets: BTreeMap<String, String>,
        answers: BTreeMap<String, String>,
    ) -> Result<Preview> {
        let record = self.server(server)?;
        self.need_vault()?;
        let (request, fields) = self.provisioning(server, profile, &sets, &answers)?;
        let resource = match self.provisioned(server)? {
            Some(stored) => Resource { fields, ..stored.record },
            None => self.fresh(server, KIND, fields),
        };
        self.look_at(&record, request, Some(resource)).await
    }

    /// What was set of a profile on servers where it was the last one that was to be brought, as far
    /// as it can be set still. It holds until it is set anew.
    pub(super) fn set_before(
        &self,
        profile: &str,
    ) -> Result<BTreeMap<ServerId, BTreeMap<String, String>>> {
        let known = self.sets_of(profile)?;
        let mut all = BTreeMap::new();
        for stored in self.store().scan::<Resource>(b"")? {
            let resource = stored.record;
            if resource.kind != KIND {
                continue;
            }
            let mut wanted: Wanted = resource.read()?;
            wanted.sets.retain(|name, _| known.contains_key(name));
            if wanted.profile == profile && !wanted.sets.is_empty() {
                all.insert(resource.server, wanted.sets);
            }
        }
        Ok(all)
    }

    fn provisioned(&self, server: ServerId) -> Result<Option<Stored<Resource>>> {
        Ok(self.resources(server, KIND)?.into_iter().next())
    }

    fn provisioning(
        &self,
        server: ServerId,
        profile: &str,
        sets: &BTreeMap<String, String>,
        answers: &BTreeMap<String, String>,
    ) -> Result<(Request, Fields)> {
        let facts = self.facts(server)?;
        let before = self.set_before(profile)?.remove(&server).unwrap_or_default();
        let all: BTreeMap<String, String> = before.into_iter().chain(sets.clone()).collect();
        let items = self.items_of(profile, &all, facts.as_ref()).map_err(|failure| {
            let old: Vec<String> = all
                .iter()
                .filter(|(name, _)| !sets.contains_key(*name))
                .map(|(name, value)| format!("{name} = {value}"))
                .collect();
            match old.is_empty() {
                true => failure,
                false => failure.remedy(format!(
                    "Set the last time, and holding until it is set anew: {}.",
                    old.join(", ")
                )),
            }
        })?;
        let there = self.provisioned(server)?.map(|stored| stored.record.status);
        let action = match there {
            Some(Status::Active) => Action::Update,
            _ => Action::Install,
        };
        // the rule by which we come in, where the firewall is turned on for the first time
        let id = ResourceId::new(self.now(), rand::random());
        let request = Request::new(KIND, action)
            .choice("ssh_rule", Value::String(id.to_string()))
            .with(choices(answers)?);
        let wanted = Wanted { profile: profile.to_owned(), sets: all, items };
        Ok((request, Resource::written(&wanted)?))
    }
}
