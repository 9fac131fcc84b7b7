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
        let there = self.provisioned(server)?;
        let (request, fields) =
            self.provisioning(server, there.as_ref(), profile, &sets, &answers)?;
        let on = match there {
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
        let there = self.provisioned(server)?;
        let (request, fields) =
            self.provisioning(server, there.as_ref(), profile, &sets, &answers)?;
        let resource = match there {
            Some(stored) => Resource { fields, ..stored.record },
            None => self.fresh(server, KIND, fields),
        };
        self.look_at(&record, request, Some(resource)).await
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
        there: Option<&Stored<Resource>>,
        profile: &str,
        sets: &BTreeMap<String, String>,
        answers: &BTreeMap<String, String>,
    ) -> Result<(Request, Fields)> {
        let facts = self.facts(server)?;
        let last = there.map(|stored| stored.record.read::<Wanted>()).transpose()?;
        let wanted = self.wanted(profile, sets, last, facts.as_ref())?;
        let action = match there.map(|stored| stored.record.status) {
            Some(Status::Active) => Action::Update,
            _ => Action::Install,
        };
        // the rule by which we come in, where the firewall is turned on for the first time
        let id = ResourceId::new(self.now(), rand::random());
        let request = Request::new(KIND, action)
            .choice("ssh_rule", Value::String(id.to_string()))
            .with(choices(answers)?);
        Ok((request, Resource::written(&wanted)?))
    }
}
