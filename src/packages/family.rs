//! What a plan brings besides, by children: each looked at before anything is done, as if those
//! before it were there already.

use super::{Answer, LocalStep, Need, Package, Params, Plan, Sort, Step, find};
use crate::domain::{
    Action, Facts, Failure, Fields, Resource, ResourceId, Status, Time, input::same_name,
};

/// What is asked of a child.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// The type.
    pub kind: &'a str,
    /// The values that it always has.
    pub fields: &'a Fields,
    /// The values that it has when it is new.
    pub first: Option<&'a Fields>,
}

/// Something that a child is to bring.
pub struct Member {
    /// Its package.
    pub package: &'static dyn Package,
    /// Its record as it will be.
    pub resource: Resource,
    /// What its operation will do.
    pub action: Action,
    /// The values that are given to it; what is there keeps its others.
    pub given: Fields,
    /// Whether all that it needs is on the host now.
    pub ready: bool,
}

/// What children of these types with these values will be, in their order.
///
/// # Errors
/// When there is no package of a type.
pub fn members<'a>(
    params: &Params<'_>,
    wanted: impl Iterator<Item = Wish<'a>>,
) -> Result<Vec<Member>, Failure> {
    let mut all = params.siblings.to_vec();
    let mut members = Vec::new();
    for (number, Wish { kind, fields, first }) in wanted.enumerate() {
        let package = find(kind)
            .ok_or_else(|| Failure::internal(format!("There is no package “{kind}”.")))?;
        let mut whole = first.cloned().unwrap_or_default();
        whole.extend(fields.clone());
        let whole = completed(package, &whole);
        let Some(mut given) = package.joining(whole.clone(), &all) else { continue };
        let name = package.name(&given);
        let there = all.iter().position(|r| r.kind == kind && package.name(&r.fields) == name);
        let now = there.and_then(|at| all.get(at)).cloned();
        if now.is_some() {
            given.retain(|name, _| fields.contains_key(name) || !whole.contains_key(name));
        }
        let active = now.as_ref().is_some_and(|r| r.status == Status::Active);
        let mut resource = match now {
            Some(mut resource) => {
                resource.fields.extend(given.clone());
                resource
            }
            None => Resource {
                // never stored: the operation that brings it gives it one of its own
                id: ResourceId::new(Time::UNIX_EPOCH, u32::try_from(number).unwrap_or(u32::MAX)),
                kind: kind.to_owned(),
                server: params.server.id,
                site: None,
                fields: given.clone(),
                status: Status::Installing,
                error: None,
                created_at: Time::UNIX_EPOCH,
                updated_at: Time::UNIX_EPOCH,
            },
        };
        let action = if active { Action::Update } else { Action::Install };
        let ready = package.needs(&resource.fields).iter().all(|need| {
            let named = |r: &&Resource| {
                let package = find(need.kind);
                need.name.as_ref().is_none_or(|name| {
                    package.is_some_and(|package| package.name(&r.fields) == *name)
                })
            };
            params.active(need.kind).any(|r| named(&r))
        });
        let mut later = resource.clone();
        later.status = Status::Active;
        match there.and_then(|at| all.get_mut(at)) {
            Some(known) => *known = later,
            None => all.push(later),
        }
        resource.status = action.running_status();
        members.push(Member { package, resource, action, given, ready });
    }
    Ok(members)
}

/// What the package of each answers to its plan now, as if those before it were there.
pub fn answers(
    params: &Params<'_>,
    facts: &Facts,
    members: &[Member],
) -> Vec<Result<Answer, Failure>> {
    let mut siblings = params.siblings.to_vec();
    let mut answers = Vec::new();
    for member in members {
        let id = member.resource.id;
        match siblings.iter_mut().find(|sibling| sibling.id == id) {
            Some(known) => member.resource.clone_into(known),
            None => siblings.push(member.resource.clone()),
        }
        let own = Params {
            action: member.action,
            resource: Some(&member.resource),
            siblings: &siblings,
            ..*params
        };
        answers.push(member.package.plan(&own, facts));
        if let Some(known) = siblings.iter_mut().find(|sibling| sibling.id == id) {
            known.status = Status::Active;
        }
    }
    answers
}

/// What the children of a plan would do, by the number of their step: a plan, or why there is none
/// yet.
pub type Inside = Vec<(usize, Result<Plan, Failure>)>;

/// What the children of a plan would do: for each step that is one, its plan, or why it can be made
/// only later. One level deep.
///
/// # Errors
/// When there is no package of a type.
pub fn inside(params: &Params<'_>, facts: &Facts, plan: &Plan) -> Result<Inside, Failure> {
    let children = || {
        plan.steps().enumerate().filter_map(|(number, (_, step))| match step {
            Step::Local(LocalStep::Child { kind, fields, .. }) => {
                Some((number, Wish { kind, fields, first: None }))
            }
            Step::Local(_) | Step::Remote(_) => None,
        })
    };
    let members = members(params, children().map(|(_, child)| child))?;
    let answers = answers(params, facts, &members);
    let told = |answer| match answer {
        Ok(Answer::Plan(plan)) => Ok(plan),
        Ok(Answer::Refusal(failure)) | Err(failure) => Err(failure),
        Ok(Answer::Questions(questions)) => Err(Failure::questions(questions)),
    };
    Ok(children().map(|(number, _)| number).zip(answers.into_iter().map(told)).collect())
}

/// The resources that people add by themselves, in the order in which they can be taken away: each
/// after all that need it, and otherwise the other way round from how they are brought.
pub fn leaving(resources: &[Resource]) -> Vec<&Resource> {
    let place = |resource: &Resource| {
        let mut all = super::all().iter();
        all.position(|package| package.kind() == resource.kind && package.word().is_some())
    };
    let mut rest: Vec<(usize, &Resource)> =
        resources.iter().filter_map(|resource| Some((place(resource)?, resource))).collect();
    rest.sort_by_key(|(place, resource)| (std::cmp::Reverse(*place), resource.id));
    let mut order = Vec::new();
    while !rest.is_empty() {
        let needed = |one: &Resource| {
            rest.iter().any(|(_, other)| {
                let package = find(&other.kind).filter(|_| other.id != one.id);
                package.is_some_and(|package| {
                    package.needs(&other.fields).iter().any(|need| is_met_by(need, one))
                })
            })
        };
        // where they need one another in a ring, the first goes all the same
        let next = rest.iter().position(|(_, one)| !needed(one)).unwrap_or(0);
        order.push(rest.remove(next).1);
    }
    order
}

fn is_met_by(need: &Need, resource: &Resource) -> bool {
    let named = |name: &String| {
        let package = find(need.kind);
        package.is_some_and(|package| same_name(&package.name(&resource.fields), name))
    };
    need.kind == resource.kind && need.name.as_ref().is_none_or(named)
}

/// The values with what is taken where none is given.
pub fn completed(package: &dyn Package, fields: &Fields) -> Fields {
    let mut all = fields.clone();
    for field in package.fields().iter().filter(|field| field.sort != Sort::Secret) {
        if let Some(value) = field.default.and_then(|text| field.judge(text).value())
            && !value.is_null()
        {
            all.entry(field.name).or_insert(value);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_goes_after_what_needs_it() {
        let mut number = 0;
        let mut resource = |kind: &str, fields: serde_json::Value| {
            number += 1;
            let serde_json::Value::Object(fields) = fields else { panic!("{fields}") };
            Resource {
                id: ResourceId::new(Time::UNIX_EPOCH, number),
                kind: kind.to_owned(),
                server: crate::domain::ServerId::new(Time::UNIX_EPOCH, 1),
                site: None,
                fields,
                status: Status::Active,
                error: None,
                created_at: Time::UNIX_EPOCH,
                updated_at: Time::UNIX_EPOCH,
            }
        };
        let none = || serde_json::json!({});
        let all = [
            resource("firewall", none()),
            resource("provision", none()),
            resource("app-user", none()),
            resource("sudo", none()),
            resource("mariadb", none()),
            resource("schema", serde_json::json!({ "name": "shop", "engine": "mariadb" })),
            resource(
                "db-user",
                serde_json::json!({ "name": "shop", "engine": "mariadb", "schemas": ["shop"] }),
            ),
            resource("php", serde_json::json!({ "version": "8.2" })),
            resource("nginx", none()),
            resource(
                "site",
                serde_json::json!({ "domain": "a.example", "kind": "php", "php": "8.2" }),
            ),
        ];
        let order: Vec<&str> = leaving(&all).iter().map(|r| r.kind.as_str()).collect();
        let place = |kind: &str| order.iter().position(|other| *other == kind).unwrap();
        assert_eq!(order.len(), 8, "those without commands of their own stay: {order:?}");
        for (first, then) in [
            ("site", "nginx"),
            ("site", "php"),
            ("site", "app-user"),
            ("db-user", "schema"),
            ("schema", "mariadb"),
            ("sudo", "app-user"),
        ] {
            assert!(place(first) < place(then), "{first} before {then}: {order:?}");
        }
    }
}
