//! What is said about a rule's line while it is typed, and before it is taken.

use crate::domain::{
    Facts, Failure, Resource, ResourceId, ServerId,
    input::{Verdict, same_name},
    rule::{self, RuleFields, RuleSpec, complete, covers, parse_detailed, services},
};

use super::{
    Local, Result, RuleReview,
    rules::{Rule, place_of},
    sight,
};

impl Local {
    pub(super) fn review_rule(
        &self,
        server: ServerId,
        line: &str,
        replacing: Option<ResourceId>,
        at: Option<usize>,
    ) -> RuleReview {
        let facts = self.known_facts(server);
        let rules = match self.rules(server) {
            Ok(rules) => rules,
            Err(failure) => return said(Verdict::No(failure.message)),
        };
        let completions = complete(line, line.len(), &context(facts.as_ref(), &rules));
        let others: Vec<Rule> =
            rules.iter().filter(|rule| Some(rule.id()) != replacing).cloned().collect();
        let parsed = parse_detailed(line);
        let verdict = parsed.verdict.and_then(|spec| unique(spec, &others));
        let Some(spec) = verdict.clone().value() else {
            return RuleReview { completions, span: parsed.span, ..said(verdict) };
        };
        let place = match replacing.and_then(|id| rules.iter().position(|r| r.id() == id)) {
            Some(i) => i,
            None => place_of(&spec, &others, at),
        };
        let (above, below) = others.split_at(place.min(others.len()));
        let shadows = below
            .iter()
            .filter(|other| covers(&spec, &other.fields.spec))
            .map(Rule::label)
            .collect();
        // a rule that is not there yet stands under an id of its own while it is looked at
        let id = replacing.unwrap_or_else(|| ResourceId::new(self.now(), rand::random()));
        let mut order: Vec<(ResourceId, Option<RuleSpec>)> =
            others.iter().map(|rule| (rule.id(), None)).collect();
        order.insert(place.min(order.len()), (id, Some(spec.clone())));
        let seen = sight::look(facts.as_ref(), (id, &spec), &order);
        let ours = above.iter().find(|other| covers(&other.fields.spec, &spec));
        let shadowed_by = ours.map(|other| format!("“{}”", other.label())).or(seen.shadowed_by);
        let lock_out = seen.lock_out.filter(|_| !self.skip_admission);
        RuleReview {
            line: Some(spec.to_string()),
            position: Some(place + 1),
            service: services::describe(spec.ports, spec.protocol),
            shadowed_by,
            shadows,
            lock_out,
            span: parsed.span,
            completions,
            verdict,
        }
    }

    /// A rule's record as a line would make or change it; nothing is written.
    pub(super) fn drafted_rule(
        &self,
        server: ServerId,
        line: &str,
        before: Option<Resource>,
        at: Option<usize>,
    ) -> Result<Resource> {
        let review = self.review_rule(server, line, before.as_ref().map(|r| r.id), at);
        if let Some(why) = review.lock_out {
            return Err(Failure::input(why));
        }
        let spec = match review.verdict {
            Verdict::No(why) => return Err(Failure::input(why)),
            other => other.value().ok_or_else(|| Failure::input("The line is no rule."))?,
        };
        match before {
            Some(mut record) => {
                let fields: RuleFields = record.read()?;
                record.fields = Resource::written(&RuleFields { spec, ..fields })?;
                Ok(record)
            }
            None => self.new_rule(server, spec, &self.rules(server)?, at, None),
        }
    }
}

/// What is said when there is a verdict alone.
pub(super) fn said(verdict: Verdict<RuleSpec>) -> RuleReview {
    RuleReview {
        verdict,
        line: None,
        position: None,
        shadowed_by: None,
        shadows: Vec::new(),
        lock_out: None,
        service: None,
        span: None,
        completions: Vec::new(),
    }
}

/// A rule's name is its own, and the rule is not there twice.
fn unique(spec: RuleSpec, others: &[Rule]) -> Verdict<RuleSpec> {
    let twin = spec.name.as_deref().and_then(|name| {
        others.iter().find(|r| r.fields.spec.name.as_deref().is_some_and(|n| same_name(n, name)))
    });
    if let Some(twin) = twin {
        return Verdict::No(format!(
            "The name “{}” is taken by the rule “{}”. Type another one.",
            spec.name.as_deref().unwrap_or_default(),
            twin.fields.spec
        ));
    }
    let same = others.iter().find(|r| {
        RuleSpec { name: None, ..r.fields.spec.clone() } == RuleSpec { name: None, ..spec.clone() }
    });
    match same {
        Some(same) => Verdict::No(format!(
            "The same rule is there already, at place {}: “{}”.",
            others.iter().position(|r| r.id() == same.id()).map_or(0, |at| at + 1),
            same.fields.spec
        )),
        None => Verdict::Ok(spec),
    }
}

fn context(facts: Option<&Facts>, rules: &[Rule]) -> rule::Context {
    let Some(facts) = facts else { return rule::Context::default() };
    rule::Context {
        peer: facts.peer,
        addresses: facts.local.iter().chain(&facts.addresses).copied().collect(),
        networks: rules
            .iter()
            .flat_map(|r| [r.fields.spec.from, r.fields.spec.to])
            .flatten()
            .collect(),
        listening: facts.listeners.iter().map(|l| (l.port, l.protocol.clone())).collect(),
    }
}
