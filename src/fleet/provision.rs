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

    /// What holds of what was set the last time: that of the same profile, as far as it can be set
    /// still.
    fn set_before(&self, profile: &str, last: Wanted) -> Result<BTreeMap<String, String>> {
        if last.profile != profile {
            return Ok(BTreeMap::new());
        }
        let known = self.sets_of(profile)?;
        Ok(last.sets.into_iter().filter(|(name, _)| known.contains_key(name)).collect())
    }

    /// What was last to be brought to servers; a record that cannot be read is told where it is used.
    pub(super) fn last_wanted(&self) -> Result<Vec<(ServerId, Wanted)>> {
        let all = self.store().scan::<Resource>(b"")?.into_iter().map(|stored| stored.record);
        let wanted = all.filter(|resource| resource.kind == KIND);
        Ok(wanted.filter_map(|r| Some((r.server, r.read().ok()?))).collect())
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
        let before = match self.provisioned(server)? {
            Some(stored) => self.set_before(profile, stored.record.read()?)?,
            None => BTreeMap::new(),
        };
        let all: BTreeMap<String, String> = before.into_iter().chain(sets.clone()).collect();
        let items = match self.items_of(profile, &all, facts.as_ref()) {
            // what is typed now is at fault, or what was set once
            Err(failure) if all != *sets => {
                self.items_of(profile, sets, facts.as_ref())?;
                let old = all.iter().filter(|(name, _)| !sets.contains_key(*name));
                let old: Vec<String> = old.map(|(name, value)| format!("{name}={value}")).collect();
                return Err(failure.remedy(format!(
                    "Set the last time, and holding until it is set anew: {}.",
                    old.join(", ")
                )));
            }
            items => items?,
        };
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
