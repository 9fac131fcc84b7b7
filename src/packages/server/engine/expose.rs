//! Opening an engine to networks: a firewall rule for each, owned by the engine and gone with it.

use ipnet::IpNet;
use serde_json::Value;

use super::{Common, Engine};
use crate::domain::{
    Facts, Failure, Resource,
    input::{self, Verdict},
    rule::{Ports, Protocol, RuleAction, RuleFields, RuleSpec},
    server::argument,
};
use crate::packages::{LocalStep, Params, Step, server::firewall::RULE};

/// Checks networks with commas between; “none” and nothing are none.
pub fn networks(text: &str) -> Verdict<Value> {
    let mut taken = Verdict::Ok(Vec::<Value>::new());
    for part in text.split(',').map(str::trim).filter(|p| !p.is_empty() && *p != "none") {
        taken = taken.and_then(|mut list| {
            let verdict = input::cidr(part).map(input::net_text);
            let verdict = match verdict {
                Verdict::Ok(any) | Verdict::Fix(any, _) if any == "any" => Verdict::Warn(
                    any,
                    "“any” lets every address that reaches the server reach the database.".into(),
                ),
                other => other,
            };
            verdict.map(|net| {
                if !list.iter().any(|known| *known == net) {
                    list.push(net.into());
                }
                list
            })
        });
    }
    taken.map(Value::Array)
}

/// The steps that open and close.
#[derive(Debug)]
pub struct Rules {
    /// Take the rules away that are not wanted any more.
    pub closed: Vec<Step>,
    /// Bring those that are.
    pub opened: Vec<Step>,
    /// What people should know.
    pub notes: Vec<String>,
}

/// What is to be done about the rules of an engine.
///
/// # Errors
/// When a record cannot be read.
pub fn rules(engine: &Engine, params: &Params<'_>, common: &Common) -> Result<Rules, Failure> {
    let there = owned(engine, params.siblings)?;
    let wanted = common.expose.iter().map(|net| spec(engine, common.port, net));
    let wanted = wanted.collect::<Result<Vec<_>, _>>()?;
    let mut rank = top(params.siblings)?;
    let closed = there.iter().filter(|(_, fields)| !wanted.contains(&fields.spec));
    let closed = closed.map(|(resource, fields)| close(resource, fields)).collect();
    let mut opened = Vec::new();
    for spec in wanted {
        let known = there.iter().find(|(_, fields)| fields.spec == spec);
        let fields = match known {
            Some((_, fields)) => fields.clone(),
            None => {
                rank += 1024;
                RuleFields { spec, rank, owner: engine.kind.to_owned() }
            }
        };
        opened.push(Step::Local(LocalStep::Child {
            name: format!("bring the rule “{}”", fields.spec),
            kind: RULE.to_owned(),
            fields: Resource::written(&fields)?,
            choices: crate::domain::Fields::new(),
        }));
    }
    let notes = vec![
        "What goes to it over the network is only as private as its clients make it: let them \
         require TLS, or use a private network."
            .to_owned(),
    ];
    Ok(Rules { closed, opened, notes })
}

/// The steps that take away all rules of an engine.
///
/// # Errors
/// When a record cannot be read.
pub fn closed(engine: &Engine, params: &Params<'_>) -> Result<Vec<Step>, Failure> {
    let there = owned(engine, params.siblings)?;
    Ok(there.iter().map(|(resource, fields)| close(resource, fields)).collect())
}

/// Why it cannot be opened there: nothing would keep all others out.
pub fn impossible(
    engine: &Engine,
    params: &Params<'_>,
    facts: &Facts,
    common: &Common,
) -> Option<Failure> {
    if common.expose.is_empty() || facts.firewall == "ufw active" {
        return None;
    }
    let message = format!(
        "{} is to be open to {}, but there is no firewall in force on the host that would keep all \
         others out.",
        engine.title,
        common.expose.join(", ")
    );
    let name = argument(&params.server.name);
    Some(
        engine
            .refusal(params, message)
            .remedy(format!("Enable it first: brokeforge firewall enable {name}")),
    )
}

fn close(resource: &Resource, fields: &RuleFields) -> Step {
    Step::Local(LocalStep::RemoveChild {
        name: format!("remove the rule “{}”", fields.spec),
        kind: RULE.to_owned(),
        id: resource.id,
    })
}

fn spec(engine: &Engine, port: u16, net: &str) -> Result<RuleSpec, Failure> {
    let from: Option<IpNet> = match input::cidr(net).value() {
        Some(from) => from,
        None => return Err(Failure::internal(format!("“{net}” in the record is no network."))),
    };
    Ok(RuleSpec {
        action: RuleAction::Allow,
        ports: Ports::one(port),
        protocol: Protocol::Tcp,
        from,
        to: None,
        name: Some(format!("{} from {net}", engine.title)),
    })
}

/// The rules that an engine has brought.
fn owned<'a>(
    engine: &Engine,
    siblings: &'a [Resource],
) -> Result<Vec<(&'a Resource, RuleFields)>, Failure> {
    let mut owned = Vec::new();
    for resource in siblings.iter().filter(|resource| resource.kind == RULE) {
        let fields: RuleFields = resource.read()?;
        if fields.owner == engine.kind {
            owned.push((resource, fields));
        }
    }
    Ok(owned)
}

/// The rank of the last rule.
fn top(siblings: &[Resource]) -> Result<i64, Failure> {
    let rules = siblings.iter().filter(|resource| resource.kind == RULE);
    let ranks = rules.map(|resource| Ok(resource.read::<RuleFields>()?.rank));
    Ok(ranks.collect::<Result<Vec<i64>, Failure>>()?.into_iter().max().unwrap_or_default())
}
