//! Firewall rules of a server: find, add, change, remove. What a line means is `domain::rule`'s,
//! where it goes among the others `place`'s.

use crate::domain::{
    Action, Failure, FailureKind, Resource, ResourceId, ServerId,
    id::looks_like_id,
    input::same_name,
    rule::{RuleFields, RuleSpec, place_new_deny},
    server::argument,
};
use crate::store::{Batch, Expected, Stored};

use super::{
    Consent, Fleet, Local, Result, RuleReview, RuleView, Started, place,
    records::not_found,
    request::{On, Request},
    review::Review,
};

/// A rule record and its values.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub stored: Stored<Resource>,
    pub fields: RuleFields,
}

impl Rule {
    pub(super) fn id(&self) -> ResourceId {
        self.stored.record.id
    }

    /// What people call it: its name, else its sentence.
    pub(super) fn label(&self) -> String {
        self.fields.spec.name.clone().unwrap_or_else(|| self.fields.spec.to_string())
    }
}

impl Local {
    /// A server's rules in their order.
    pub(super) fn rules(&self, server: ServerId) -> Result<Vec<Rule>> {
        let mut rules = self
            .resources(server, Fleet::RULE)?
            .into_iter()
            .map(|stored| Ok(Rule { fields: stored.record.read()?, stored }))
            .collect::<Result<Vec<Rule>>>()?;
        rules.sort_by_key(|rule| (rule.fields.rank, rule.id()));
        Ok(rules)
    }

    pub(super) fn find_rule(&self, server: ServerId, rule: &str) -> Result<RuleView> {
        let wanted = rule.trim();
        let id = looks_like_id(wanted).then(|| wanted.to_ascii_lowercase());
        self.firewall(server)?
            .rules
            .into_iter()
            .find(|view| match &id {
                Some(id) => view.id.to_string() == *id,
                None => !view.name.is_empty() && same_name(&view.name, wanted),
            })
            .ok_or_else(|| {
                not_found("rule", wanted, "`brokeforge rule list SERVER` shows those there are.")
            })
    }

    pub(super) async fn add_rule(
        &self,
        server: ServerId,
        line: &str,
        at: Option<usize>,
        consent: Consent,
    ) -> Result<Started> {
        self.add_rule_of(server, line, at, "user", consent).await
    }

    /// The same for a rule that is not a person's own.
    pub(super) async fn add_rule_of(
        &self,
        server: ServerId,
        line: &str,
        at: Option<usize>,
        owner: &str,
        consent: Consent,
    ) -> Result<Started> {
        self.refuse_leaving(&self.server(server)?)?;
        let spec = accept(self.review_rule(server, line, None, at), consent)?;
        self.need_firewall(server)?;
        let rules = self.rules(server)?;
        let mut batch = Batch::new();
        let mut record = self.new_rule(server, spec, &rules, at, Some(&mut batch))?;
        record.fields.insert("owner".to_owned(), owner.into());
        self.request(Request::new(Fleet::RULE, Action::Install), On::New(record), batch).await
    }

    /// A rule's record at its place; what must move for it goes into the batch.
    pub(super) fn new_rule(
        &self,
        server: ServerId,
        spec: RuleSpec,
        rules: &[Rule],
        at: Option<usize>,
        batch: Option<&mut Batch>,
    ) -> Result<Resource> {
        let ranks: Vec<(ResourceId, i64)> = rules.iter().map(|r| (r.id(), r.fields.rank)).collect();
        let placed = place::rank(&ranks, place_of(&spec, rules, at));
        if let Some(batch) = batch {
            for (id, rank) in placed.moved {
                if let Some(rule) = rules.iter().find(|rule| rule.id() == id) {
                    let mut moved = rule.stored.record.clone();
                    moved.fields = Resource::written(&RuleFields { rank, ..rule.fields.clone() })?;
                    batch.put(&moved, Expected::Revision(rule.stored.revision));
                }
            }
        }
        let fields = RuleFields { spec, rank: placed.rank, owner: "user".to_owned() };
        Ok(self.fresh(server, Fleet::RULE, Resource::written(&fields)?))
    }

    pub(super) async fn edit_rule(
        &self,
        server: ServerId,
        rule: ResourceId,
        line: &str,
        consent: Consent,
    ) -> Result<Started> {
        self.refuse_leaving(&self.server(server)?)?;
        let spec = accept(self.review_rule(server, line, Some(rule), None), consent)?;
        let stored = self.stored_resource(server, rule)?;
        let before: RuleFields = stored.record.read()?;
        let fields = Resource::written(&RuleFields { spec, ..before })?;
        self.request(
            Request::new(Fleet::RULE, Action::Update),
            On::Resource(stored, Some(fields)),
            Batch::new(),
        )
        .await
    }

    pub(super) async fn remove_rule(&self, server: ServerId, rule: ResourceId) -> Result<Started> {
        self.refuse_leaving(&self.server(server)?)?;
        let stored = self.stored_resource(server, rule)?;
        let request = Request::new(Fleet::RULE, Action::Remove);
        self.request(request, On::Resource(stored, None), Batch::new()).await
    }

    fn need_firewall(&self, server: ServerId) -> Result<()> {
        if self.resources(server, Fleet::FIREWALL)?.is_empty() {
            let name = self.server(server)?.name;
            return Err(Failure::new(
                FailureKind::Conflict,
                format!(
                    "The firewall of “{name}” is not enabled, so there is nothing to add a rule to."
                ),
            )
            .remedy(format!("Turn it on first: brokeforge firewall enable {}", argument(&name))));
        }
        Ok(())
    }
}

/// Where a rule goes, from 0: its wanted place from 1, or the one that its kind asks for.
pub(super) fn place_of(spec: &RuleSpec, rules: &[Rule], at: Option<usize>) -> usize {
    match at {
        Some(at) => at.saturating_sub(1).min(rules.len()),
        None => {
            let others: Vec<RuleSpec> = rules.iter().map(|r| r.fields.spec.clone()).collect();
            place_new_deny(spec, &others)
        }
    }
}

/// The rule that a line says, when nothing stands against it.
fn accept(said: RuleReview, consent: Consent) -> Result<RuleSpec> {
    if let Some(why) = said.lock_out {
        return Err(Failure::input(why));
    }
    let mut review = Review::default();
    let spec = review.take("line", said.verdict);
    super::review::allow(&review, consent)?;
    spec.ok_or_else(|| Failure::input("The line is no rule."))
}
