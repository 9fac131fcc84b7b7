//! The package `firewall-rule`: one rule of a server's firewall. An edit writes ufw's files and
//! fills the kernel's chain in one transaction a family; where ufw is off, it writes the files
//! alone.

use serde_json::Value;

use super::firewall::{
    KIND as FIREWALL, RANK_STEP, RULE, admit, files, notes, ours, probed, refusal, state::State,
    tuple::Family, wanted,
};
use crate::domain::{
    Action, Facts, Failure, Fields, Resource, ResourceId,
    input::{self, Verdict},
    rule::{RuleFields, RuleSpec},
};
use crate::packages::{
    Answer, Field, LocalStep, Need, Package, Params, Plan, Step,
    plan::{milestone, record},
};

/// The package.
#[derive(Debug)]
pub struct FirewallRule;

const FIELDS: &[Field] = &[
    Field::choice(
        "action",
        "action",
        "What the rule does with what it matches: allow, deny or reject.",
        &["allow", "deny", "reject"],
    )
    .or("allow"),
    Field::new("ports", "ports", "One port, or a range as 8000:8010.", |text| {
        input::ports(text).and_then(|ports| match serde_json::to_value(ports) {
            Ok(value) => Verdict::Ok(value),
            Err(e) => Verdict::No(e.to_string()),
        })
    }),
    Field::choice("protocol", "protocol", "tcp, udp, or any for both.", &["tcp", "udp", "any"])
        .or("any"),
    Field::new("from", "from", "A network from which it counts, or any.", network).or("any"),
    Field::new("to", "to", "An address of the host to which it counts, or any.", network).or("any"),
    Field::new("name", "name", "What the rule is called.", |text| match text {
        "" => Verdict::Ok(Value::Null),
        text => input::name(text, &[]).map(Value::String),
    })
    .or(""),
];

fn network(text: &str) -> Verdict<Value> {
    input::cidr(text).map(|net| net.map_or(Value::Null, |net| Value::String(net.to_string())))
}

impl Package for FirewallRule {
    fn kind(&self) -> &'static str {
        RULE
    }

    fn title(&self) -> &'static str {
        "rule"
    }

    fn named_by(&self) -> Option<&'static str> {
        Some("name")
    }

    fn name(&self, fields: &Fields) -> String {
        let spec = serde_json::from_value::<RuleSpec>(fields.clone().into());
        spec.map_or_else(|_| self.kind().to_owned(), |spec| spec.to_string())
    }

    fn needs(&self, _: &Fields) -> Vec<Need> {
        vec![Need { kind: FIREWALL, name: None }]
    }

    fn joining(&self, mut fields: Fields, others: &[Resource]) -> Option<Fields> {
        let spec = serde_json::from_value::<RuleSpec>(fields.clone().into()).ok()?;
        let rules = others.iter().filter(|other| other.kind == RULE);
        let rules: Vec<RuleFields> = rules.filter_map(|other| other.read().ok()).collect();
        let same = rules.iter().find(|rule| rule.spec == spec);
        // one that was there before opens it already, whatever it is called
        let covers = |rule: &&RuleFields| {
            rule.spec.action == spec.action
                && rule.spec.ports.covers(spec.ports)
                && rule.spec.protocol.covers(spec.protocol)
                && (rule.spec.from, rule.spec.to) == (spec.from, spec.to)
        };
        if same.is_none() && rules.iter().any(|rule| covers(&rule)) {
            return None;
        }
        let last = rules.iter().map(|rule| rule.rank).max();
        let rank = same.map(|rule| rule.rank).or(last.and_then(|r| r.checked_add(RANK_STEP)));
        fields.insert("rank".into(), rank.unwrap_or(RANK_STEP).into());
        let owner = same.map_or_else(|| "provision".to_owned(), |rule| rule.owner.clone());
        fields.insert("owner".into(), owner.into());
        Some(fields)
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn probes(&self) -> &'static [(&'static str, &'static str)] {
        super::firewall::Firewall.probes()
    }

    fn plan(&self, params: &Params<'_>, facts: &Facts) -> Result<Answer, Failure> {
        let state = probed(params, facts)?;
        let rule = params
            .resource
            .ok_or_else(|| Failure::internal("An operation on a rule names no rule."))?;
        let mut others = ours(params.siblings)?;
        others.retain(|(id, _, _)| *id != rule.id);
        let own = rule.read::<RuleFields>()?;
        let removes = params.action == Action::Remove;
        if let Some(refusal) = impossible(params, &state, &own.spec, removes) {
            return Ok(Answer::Refusal(refusal));
        }
        let complete = complete(params, rule.id, &own.spec);
        if state.version.is_none() {
            let notes = vec!["ufw is not installed there; nothing is changed on the host.".into()];
            return Ok(Answer::Plan(Plan { milestones: vec![complete], undo: None, notes }));
        }
        // only this rule's own blocks are written; the others are named for the order
        let mut order: Vec<(i64, ResourceId, Option<RuleSpec>)> =
            others.iter().map(|(id, _, fields)| (fields.rank, *id, None)).collect();
        if !removes {
            order.push((own.rank, rule.id, Some(own.spec.clone())));
        }
        order.sort_by_key(|(rank, id, _)| (*rank, *id));
        let order: Vec<_> = order.into_iter().map(|(_, id, spec)| (id, spec)).collect();
        let edited = files(params, &state, |file, family| {
            if removes {
                file.remove(rule.id);
            } else {
                file.place(family, &order);
            }
        });
        let files = match edited {
            Ok(files) => files,
            Err(refusal) => return Ok(Answer::Refusal(refusal)),
        };
        let mut notes = notes(&state);
        let on = state.enabled || state.in_force() == Some(true);
        let wanted = wanted(&state, &files, on, false);
        if !on {
            notes.push("The firewall is off there; the rule counts once it is enabled.".into());
            let step = Step::Remote(wanted.apply("write ufw's rules files", params.operation));
            let apply = milestone("apply", "Apply", vec![step]);
            return Ok(Answer::Plan(Plan { milestones: vec![apply, complete], undo: None, notes }));
        }
        match admit(params, facts, &state, &files, &state.default_in) {
            Ok(note) => notes.extend(note),
            Err(refusal) => return Ok(Answer::Refusal(refusal)),
        }
        let settled = state.is_settled(&files, false);
        let mut milestones = match settled {
            true => wanted.settled(params.operation),
            false => {
                wanted.confirmed(params, "write ufw's files and fill the kernel's chain", false)
            }
        };
        milestones.push(complete);
        let undo = (!settled).then(|| wanted.undo(params.operation));
        Ok(Answer::Plan(Plan { milestones, undo, notes }))
    }
}

/// Why this rule cannot be on this host at all.
fn impossible(
    params: &Params<'_>,
    state: &State,
    spec: &RuleSpec,
    removes: bool,
) -> Option<Failure> {
    if removes {
        return None;
    }
    if state.version.is_none() {
        let message = "There is no firewall on the host that could hold this rule.";
        let remedy = format!(
            "Enable it first: brokeforge firewall enable {}",
            crate::domain::server::argument(&params.server.name)
        );
        return Some(refusal(params, message).remedy(remedy));
    }
    if !Family::V4.holds(spec) && !Family::V6.holds(spec) {
        let message = "The rule goes from one address family to the other; no connection does.";
        return Some(refusal(params, message).remedy("Use addresses of one family."));
    }
    if !state.ipv6 && !Family::V4.holds(spec) {
        let message = "The rule is for IPv6, but ufw on the host does not look after it (IPV6=no).";
        let remedy =
            "Set IPV6=yes in /etc/default/ufw, disable and enable the firewall, try again.";
        return Some(refusal(params, message).remedy(remedy));
    }
    None
}

fn complete(params: &Params<'_>, id: ResourceId, spec: &RuleSpec) -> crate::packages::Milestone {
    let step = if params.action == Action::Remove {
        Step::Local(LocalStep::DeletePackage {
            name: "delete the rule's record".into(),
            kind: RULE.into(),
            package: id.to_string(),
        })
    } else {
        let mut configuration = crate::domain::Fields::new();
        configuration.insert("line".into(), spec.to_string().into());
        record(params, RULE, &id.to_string(), None, configuration)
    };
    milestone("complete", "Complete", vec![step])
}
