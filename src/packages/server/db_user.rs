//! The package `db-user`: who may log in to an engine, and with what rights in which schemas. The
//! rights are exactly those: what the catalogue has besides is revoked. A password is set, proved
//! by a login over TCP, and then kept.

mod steps;

use serde::Deserialize;
use serde_json::{Value, json};

use super::engine::{self, CONNECTION, connection_field, resource, state::State};
use super::schema::{self, ENGINE_FIELD, PROBES, answering, needs_engine};
use super::{mariadb, postgresql};
use crate::domain::{
    Action, Effect, Facts, Failure, FailureKind, Fields, Question, Resource, Secret, Status,
    input::{self, Verdict},
};
use crate::packages::{
    Answer, Field, LocalStep, Need, Package, Params, Plan, Step, claimed,
    plan::{milestone, record, unrecord},
    secret_name, unclaimed,
};

/// The type.
pub const KIND: &str = "db-user";

/// The package.
#[derive(Debug)]
pub struct DbUser;

const FIELDS: &[Field] = &[
    ENGINE_FIELD,
    Field::new("name", "name", "What it logs in as: a-z, 0-9 and _.", |text| {
        input::database_user(text).map(Value::String)
    })
    .fixed()
    .column(),
    Field::new(
        "host",
        "from",
        "From where it may come, in MariaDB: a host or a pattern.",
        |text| input::database_host(text).map(Value::String),
    )
    .or("localhost")
    .fixed(),
    Field::new("schemas", "schemas", "The schemas that it has rights in.", schemas)
        .or("")
        .list()
        .column(),
    Field::choice(
        "privileges",
        "rights",
        "What it may do in them: everything, read and write rows, or read rows.",
        &["all", "read-write", "read-only"],
    )
    .or("all")
    .column(),
    Field::secret("password", "password", "What it logs in with.", |text| {
        input::database_password(text).map(Value::String)
    }),
    connection_field(),
];

/// The record's values.
#[derive(Debug, Clone, Deserialize)]
pub struct Values {
    /// The engine.
    pub engine: String,
    /// The name.
    pub name: String,
    /// From where it may come.
    #[serde(default = "localhost")]
    pub host: String,
    /// The schemas it has rights in.
    #[serde(default)]
    pub schemas: Vec<String>,
    /// `all`, `read-write` or `read-only`.
    pub privileges: String,
}

fn localhost() -> String {
    "localhost".to_owned()
}

fn schemas(text: &str) -> Verdict<Value> {
    let mut taken = Verdict::Ok(Vec::<Value>::new());
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        taken = taken.and_then(|mut list| {
            input::schema_name(part).map(|name| {
                if !list.iter().any(|known| *known == name) {
                    list.push(name.into());
                }
                list
            })
        });
    }
    taken.map(Value::Array)
}

impl Package for DbUser {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn title(&self) -> &'static str {
        "database user"
    }

    fn word(&self) -> Option<&'static str> {
        Some(KIND)
    }

    fn about(&self) -> &'static str {
        "A user of MariaDB or PostgreSQL, with exact rights in schemas"
    }

    fn named_by(&self) -> Option<&'static str> {
        Some("name")
    }

    fn name(&self, fields: &Fields) -> String {
        schema::name(fields)
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn needs(&self, fields: &Fields) -> Vec<Need> {
        let engine = needs_engine(fields);
        let of = engine.as_ref().map(|need| need.kind).unwrap_or_default();
        let names = fields.get("schemas").and_then(Value::as_array).into_iter().flatten();
        let schemas = names
            .filter_map(Value::as_str)
            .map(|name| Need { kind: schema::KIND, name: Some(format!("{of}/{name}")) });
        engine.clone().into_iter().chain(schemas).collect()
    }

    fn details(&self, resource: &Resource, facts: &Facts) -> Vec<(&'static str, String)> {
        let Ok(values) = resource.read::<Values>() else { return Vec::new() };
        let Ok(Some(state)) = State::read(facts, &values.engine) else { return Vec::new() };
        let Some(catalogue) = &state.catalogue else { return Vec::new() };
        let mut details = Vec::new();
        match state.user(&values.name, &values.host) {
            Some(found) if found.owns > 0 => details.push(("has", things(found.owns))),
            Some(_) => {}
            None => details.push(("on the host", "it is not there".to_owned())),
        }
        for url in urls(&values, catalogue.port, None) {
            details.push(("connection", url));
        }
        details
    }

    fn put_together(&self, field: &str) -> Option<&'static str> {
        (field == CONNECTION).then_some("password")
    }

    fn revealed(&self, resource: &Resource, siblings: &[Resource], secret: &str) -> Option<Secret> {
        let values = resource.read::<Values>().ok()?;
        let engine = siblings.iter().find(|r| r.kind == values.engine);
        let port = engine.and_then(|r| r.fields.get("port")).and_then(Value::as_u64);
        let usual = if values.engine == mariadb::KIND { 3306 } else { 5432 };
        let port = port.and_then(|port| u16::try_from(port).ok()).unwrap_or(usual);
        Some(Secret::from_text(urls(&values, port, Some(secret)).join("\n")))
    }

    fn unrecorded(&self, siblings: &[Resource], facts: &Facts) -> Vec<Fields> {
        let known: Vec<String> =
            siblings.iter().filter(|r| r.kind == KIND).map(|r| self.name(&r.fields)).collect();
        let mut found = Vec::new();
        for (engine, _) in PROBES {
            let Ok(Some(state)) = State::read(facts, engine) else { continue };
            for user in state.catalogue.iter().flat_map(|c| &c.users) {
                let mut fields = Fields::new();
                fields.insert("engine".into(), json!(engine));
                fields.insert("name".into(), json!(user.name));
                if let Some(host) = &user.host {
                    fields.insert("host".into(), json!(host));
                }
                if !known.contains(&self.name(&fields)) {
                    found.push(fields);
                }
            }
        }
        found
    }

    fn probes(&self) -> &'static [(&'static str, &'static str)] {
        PROBES
    }

    fn plan(&self, params: &Params<'_>, facts: &Facts) -> Result<Answer, Failure> {
        let own = resource(params)?;
        let values: Values = own.read()?;
        let state = match answering(params, facts, &values.engine)? {
            Ok(state) => state,
            Err(refusal) => return Ok(Answer::Refusal(refusal)),
        };
        if params.action == Action::Remove {
            return Ok(dropped(params, own, &values, &state));
        }
        if let Some(answer) = in_the_way(params, own, &values, &state) {
            return Ok(answer);
        }
        let port = state.catalogue.as_ref().map_or(0, |catalogue| catalogue.port);
        let secret = secret_name(own.id, "password");
        let make = Step::Local(LocalStep::MakeSecret {
            name: "make a password and seal it, unless one was given".into(),
            secret: secret.clone(),
            length: 32,
        });
        let user = vec![
            claimed(&claim_name(&values.engine, own), "installed"),
            make,
            Step::Remote(steps::password(&values, port, &secret)),
        ];
        let mut grants = vec![Step::Remote(steps::grants(&values, &makers(params, own, &values)?))];
        let mut notes = Vec::new();
        for other in beside(params, own, &values)? {
            let makers = makers(params, own, &other)?;
            grants.push(Step::Remote(steps::grants(&other, &makers)));
        }
        if values.engine == mariadb::KIND && !steps::by_loopback(&values.host) {
            notes.push(format!(
                "{} may not come from the host itself, so its password is proved by the catalogue \
                 and not by a login.",
                values.name
            ));
        }
        let proof = vec![Step::Remote(steps::login(&values, port, &secret))];
        let done = vec![record(params, KIND, &self.name(&own.fields), None, own.fields.clone())];
        let milestones = vec![
            milestone("user", format!("Create {} or set its password", values.name), user),
            milestone("rights", "Grant exactly what it is to have", grants),
            milestone("login", "Log in as it", proof),
            milestone("complete", "Complete", done),
        ];
        Ok(Answer::Plan(Plan { milestones, undo: None, notes }))
    }
}

fn claim_name(engine: &str, record: &Resource) -> String {
    format!("{KIND}.{engine}.{}", record.id)
}

/// Why it cannot be, or what has to be decided first.
fn in_the_way(
    params: &Params<'_>,
    own: &Resource,
    values: &Values,
    state: &State,
) -> Option<Answer> {
    let refuse = |message: String, remedy: &str| {
        let failure = Failure::new(FailureKind::Refused, message).at_host(params.server.place());
        Some(Answer::Refusal(failure.effect(Effect::None).remedy(remedy)))
    };
    if let Some(missing) = values.schemas.iter().find(|name| state.schema(name).is_none()) {
        let message = format!("There is no schema {missing} in {} on the host.", values.engine);
        return refuse(message, "Add it first, or leave it out.");
    }
    let found = state.user(&values.name, &values.host)?;
    let ours = state.claims.contains_key(&claim_name(&values.engine, own));
    if ours || params.action == Action::Update {
        return None;
    }
    if found.is_super {
        let message = format!("{} is there already and may do everything.", values.name);
        return refuse(message, "Nothing of its rights is taken away. Take another name.");
    }
    match params.answer("user") {
        Some("adopt") => None,
        Some("stop") => refuse(
            format!("{} is there already; nothing was changed.", values.name),
            "Take another name, or answer “adopt”.",
        ),
        _ => Some(Answer::Questions(vec![
            Question::new(
                "user",
                format!(
                    "The user {} is in {} on the host already. What is to become of it?",
                    values.name, values.engine
                ),
            )
            .or("adopt", "It gets the new password and exactly the rights that were asked for."),
        ])),
    }
}

/// The other users' records of an engine that are on the host.
fn others<'a>(
    params: &'a Params<'_>,
    own: &'a Resource,
    engine: &'a str,
) -> impl Iterator<Item = Result<Values, Failure>> + 'a {
    let there = |status| matches!(status, Status::Active | Status::Updating);
    let of = move |r: &&Resource| r.kind == KIND && r.id != own.id && there(r.status);
    let all = params.siblings.iter().filter(of).map(Resource::read::<Values>);
    all.filter(move |values| !values.as_ref().is_ok_and(|v| v.engine != engine))
}

/// Those whose later objects a user's rights are to count for as well: who may create some in the
/// same schemas. MariaDB's rights are on schemas anyhow.
fn makers(params: &Params<'_>, own: &Resource, user: &Values) -> Result<Vec<String>, Failure> {
    if user.engine == mariadb::KIND {
        return Ok(Vec::new());
    }
    let this: Values = own.read()?;
    let mut makers = Vec::new();
    for other in others(params, own, &user.engine).chain([Ok(this)]) {
        let other = other?;
        let shares = other.schemas.iter().any(|schema| user.schemas.contains(schema));
        if other.privileges == "all" && shares && other.name != user.name {
            makers.push(other.name);
        }
    }
    makers.sort();
    Ok(makers)
}

/// Those whose rights have to count for what this one will create.
fn beside(params: &Params<'_>, own: &Resource, values: &Values) -> Result<Vec<Values>, Failure> {
    if values.engine != postgresql::KIND || values.privileges != "all" {
        return Ok(Vec::new());
    }
    let all: Vec<Values> = others(params, own, &values.engine).collect::<Result<_, _>>()?;
    let shares = |other: &Values| other.schemas.iter().any(|s| values.schemas.contains(s));
    Ok(all.into_iter().filter(shares).collect())
}

fn things(n: u64) -> String {
    if n == 1 { "1 thing of its own".to_owned() } else { format!("{n} things of its own") }
}

/// How it is connected to, one a schema.
fn urls(values: &Values, port: u16, password: Option<&str>) -> Vec<String> {
    let scheme = if values.engine == mariadb::KIND { "mysql" } else { "postgresql" };
    let password = password.map(|p| format!(":{}", engine::percent(p))).unwrap_or_default();
    let url = |name: &str| format!("{scheme}://{}{password}@127.0.0.1:{port}/{name}", values.name);
    match values.schemas.is_empty() {
        true => vec![url("")],
        false => values.schemas.iter().map(|name| url(name)).collect(),
    }
}

/// Ends its sessions, takes its rights away, drops it; what is its own is asked about.
fn dropped(params: &Params<'_>, own: &Resource, values: &Values, state: &State) -> Answer {
    let owns = state.user(&values.name, &values.host).map_or(0, |found| found.owns);
    let answer = params.answer("owned");
    let mariadb = values.engine == mariadb::KIND;
    let decided = if mariadb { "drop" } else { "reassign" };
    if owns > 0 && answer != Some(decided) {
        if answer == Some("stop") {
            let message = format!("{} has {}; it was not dropped.", values.name, things(owns));
            let failure = Failure::new(FailureKind::Refused, message);
            return Answer::Refusal(failure.at_host(params.server.place()).effect(Effect::None));
        }
        let question = if mariadb {
            Question::new(
                "owned",
                format!(
                    "{} (views, routines, triggers, events) with the rights of {} would fail \
                     without it.",
                    things(owns),
                    values.name
                ),
            )
            .or("drop", "It is dropped all the same.")
        } else {
            Question::new("owned", format!("{} has {} in PostgreSQL.", values.name, things(owns)))
                .or("reassign", "They go to the owner of their database, then it is dropped.")
        };
        return Answer::Questions(vec![question]);
    }
    let drop = steps::drop(values, owns > 0);
    let steps = vec![Step::Remote(drop), unclaimed(&claim_name(&values.engine, own))];
    let done = vec![
        Step::Local(LocalStep::DeleteSecret {
            name: "delete its password".into(),
            secret: secret_name(own.id, "password"),
        }),
        unrecord(KIND, &schema::name(&own.fields)),
    ];
    let milestones = vec![
        milestone("drop", format!("Drop {}", values.name), steps),
        milestone("complete", "Complete", done),
    ];
    Answer::Plan(Plan { milestones, undo: None, notes: Vec::new() })
}
