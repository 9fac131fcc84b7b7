//! A server's firewall: on, off, and what is seen of it.

use crate::domain::{
    Action, Facts, Failure, FailureKind, Fields, Resource, ResourceId, ServerId, Status,
    rule::{Actual, RuleSpec},
};
use crate::packages::server::firewall::{tuple::Family, view};
use crate::store::{Batch, Stored};

use super::{
    FirewallView, Fleet, ForeignRule, Local, Result, RuleView, Started,
    request::{On, Request},
    rules::Rule,
};

impl Local {
    pub(super) fn firewall(&self, server: ServerId) -> Result<FirewallView> {
        self.server(server)?;
        let facts = self.facts(server)?;
        let rules = self.rules(server)?;
        let record = self.firewall_record(server)?.map(|stored| stored.record);
        let records: Vec<Resource> = rules.iter().map(|rule| rule.stored.record.clone()).collect();
        let seen = view::view(&records, facts.as_ref())?;
        Ok(FirewallView {
            server,
            status: record.as_ref().map(|r| r.status),
            error: record.and_then(|r| r.error),
            rules: views(&rules, &seen),
            enabled: seen.enabled,
            default_in: seen.default_in,
            version: seen.version,
            foreign: seen
                .foreign
                .into_iter()
                .map(|rule| ForeignRule {
                    family: match rule.family {
                        Family::V4 => "v4".to_owned(),
                        Family::V6 => "v6".to_owned(),
                    },
                    line: rule.line,
                    position: rule.position,
                })
                .collect(),
            peer: facts.as_ref().and_then(|f| Some((f.peer?, f.local_port?))),
            admits: seen.admits,
            taken_at: facts.and_then(|f| f.taken_at),
            notes: seen.notes,
        })
    }

    pub(super) async fn check_firewall(&self, server: ServerId) -> Result<FirewallView> {
        self.probe(server).await?;
        self.firewall(server)
    }

    pub(super) async fn enable_firewall(&self, server: ServerId) -> Result<Started> {
        self.switch(server, Action::Install).await
    }

    pub(super) async fn disable_firewall(&self, server: ServerId) -> Result<Started> {
        self.switch(server, Action::Remove).await
    }

    async fn switch(&self, server: ServerId, action: Action) -> Result<Started> {
        self.refuse_leaving(&self.server(server)?)?;
        let (request, fresh) = self.switching(server, action)?;
        let on = match self.firewall_record(server)? {
            Some(stored) => On::Resource(stored, None),
            None => On::New(fresh),
        };
        self.request(request, on, Batch::new()).await
    }

    /// What turning it on or off asks for, and the record it is asked for.
    pub(super) fn switching(
        &self,
        server: ServerId,
        action: Action,
    ) -> Result<(Request, Resource)> {
        let record = self.firewall_record(server)?.map(|stored| stored.record);
        let action = match (action, record.as_ref().map(|r| r.status)) {
            (Action::Remove, None) => {
                return Err(Failure::new(
                    FailureKind::Conflict,
                    "The firewall was never enabled by brokeforge, so it is not turned off.",
                ));
            }
            // a second run: looks that all is as it should be
            (Action::Install, Some(Status::Active)) => Action::Update,
            (action, _) => action,
        };
        let mut request = Request::new(Fleet::FIREWALL, action);
        if action != Action::Remove {
            let id = ResourceId::new(self.now(), rand::random());
            request = request.choice("ssh_rule", id.to_string());
        }
        let record = record.unwrap_or_else(|| self.fresh(server, Fleet::FIREWALL, Fields::new()));
        Ok((request, record))
    }

    fn firewall_record(&self, server: ServerId) -> Result<Option<Stored<Resource>>> {
        Ok(self.resources(server, Fleet::FIREWALL)?.into_iter().next())
    }

    pub(super) fn known_facts(&self, server: ServerId) -> Option<Facts> {
        self.facts(server).ok().flatten()
    }
}

fn views(rules: &[Rule], seen: &view::View) -> Vec<RuleView> {
    rules
        .iter()
        .enumerate()
        .map(|(i, rule)| {
            let spec: &RuleSpec = &rule.fields.spec;
            let record = &rule.stored.record;
            let standing = seen.rules.iter().find(|standing| standing.id == record.id);
            let net = |net| crate::domain::input::net_text(net);
            RuleView {
                id: record.id,
                server: record.server,
                name: spec.name.clone().unwrap_or_default(),
                line: spec.to_string(),
                position: i + 1,
                action: spec.action.to_string(),
                ports: spec.ports.to_string(),
                protocol: spec.protocol.to_string(),
                from: net(spec.from),
                to: net(spec.to),
                status: record.status,
                actual: standing.map_or(Actual::Unknown, |s| s.actual),
                owner: rule.fields.owner.clone(),
                error: record.error.clone(),
                created_at: record.created_at,
                updated_at: record.updated_at,
                shadowed_by: standing.and_then(|s| s.shadowed_by.clone()),
            }
        })
        .collect()
}
