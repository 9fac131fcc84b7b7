//! The package `schema`: a database inside an engine. One that is there already is taken as it is;
//! dropping one is preceded by a dump that has been looked at.

use serde::Deserialize;
use serde_json::{Value, json};

use super::engine::{self, or_nothing, resource, state::State};
use super::sql::Dialect;
use super::{mariadb, postgresql};
use crate::domain::{Action, Effect, Facts, Failure, FailureKind, Fields, Resource, input};
use crate::packages::{
    Answer, Field, Need, Package, Params, Plan, RemoteStep, Step, claimed,
    plan::{milestone, record, unrecord},
    unclaimed,
};
use crate::script;

/// The type.
pub const KIND: &str = "schema";

/// A dump and a drop take no longer, in seconds.
const LIMIT: u32 = 14_400;

/// The package.
#[derive(Debug)]
pub struct Schema;

/// The field for the engine; schemas and users have it.
pub const ENGINE_FIELD: Field = Field::choice(
    "engine",
    "engine",
    "The database engine: mariadb or postgresql.",
    &[mariadb::KIND, postgresql::KIND],
)
.fixed()
.column();

const FIELDS: &[Field] = &[
    ENGINE_FIELD,
    Field::new("name", "name", "Its name in the engine: a-z, 0-9 and _.", |text| {
        input::schema_name(text).map(Value::String)
    })
    .fixed()
    .column(),
    Field::new(
        "charset",
        "charset",
        "Its character set; left empty, utf8mb4 in MariaDB and UTF8 in PostgreSQL.",
        |text| or_nothing(text, input::database_word),
    )
    .or(""),
    Field::new(
        "collation",
        "collation",
        "How texts are ordered; left empty, utf8mb4_unicode_ci in MariaDB, the cluster's in \
         PostgreSQL.",
        |text| or_nothing(text, input::database_word),
    )
    .or(""),
    Field::new(
        "owner",
        "owner",
        "The role that owns it, in PostgreSQL; left empty, postgres.",
        |text| match text.trim() {
            "" | "postgres" => crate::domain::input::Verdict::Ok(Value::String(String::new())),
            text => input::database_user(text).map(Value::String),
        },
    )
    .or(""),
];

/// The record's values.
#[derive(Debug, Clone, Deserialize)]
pub struct Values {
    /// The engine.
    pub engine: String,
    /// The name.
    pub name: String,
    #[serde(default)]
    charset: String,
    #[serde(default)]
    collation: String,
    #[serde(default)]
    owner: String,
}

/// The scripts of an engine for what is inside it.
#[derive(Debug)]
pub struct Scripts {
    /// Does a query answer nothing?
    pub check: &'static str,
    /// Runs statements.
    pub apply: &'static str,
    dumped: &'static str,
    dump: &'static str,
}

const MARIADB: Scripts = Scripts {
    check: script!("mariadb-lib.sh", "sql-check.sh"),
    apply: script!("mariadb-lib.sh", "sql-apply.sh"),
    dumped: script!("mariadb-lib.sh", "schema-dumped.sh"),
    dump: script!("mariadb-lib.sh", "dump-lib.sh", "mariadb-dump.sh", "schema-dump.sh"),
};
const POSTGRESQL: Scripts = Scripts {
    check: script!("postgresql-lib.sh", "sql-check.sh"),
    apply: script!("postgresql-lib.sh", "sql-apply.sh"),
    dumped: script!("postgresql-lib.sh", "schema-dumped.sh"),
    dump: script!("postgresql-lib.sh", "dump-lib.sh", "postgresql-dump.sh", "schema-dump.sh"),
};

/// The scripts and the dialect of an engine.
pub fn of(engine: &str) -> (&'static Scripts, Dialect) {
    match engine {
        mariadb::KIND => (&MARIADB, Dialect::Mariadb),
        _ => (&POSTGRESQL, Dialect::Postgresql),
    }
}

/// What the host has of an engine, when that engine answers; else the refusal.
///
/// # Errors
/// When the host was not asked.
pub fn answering(
    params: &Params<'_>,
    facts: &Facts,
    engine: &str,
) -> Result<Result<State, Failure>, Failure> {
    let engine = if engine == mariadb::KIND { &mariadb::ENGINE } else { &postgresql::ENGINE };
    let state = engine.state(facts)?;
    if state.catalogue.is_some() {
        return Ok(Ok(state));
    }
    let said = state.silent.as_deref().unwrap_or("it does not run");
    let message = format!("{} on the host does not answer: {said}.", engine.title);
    let remedy = format!(
        "Bring it first: brokeforge {} add {}",
        engine.kind,
        crate::domain::server::argument(&params.server.name)
    );
    Ok(Err(engine.refusal(params, message).remedy(remedy)))
}

/// Both engines' probes.
pub const PROBES: &[(&str, &str)] =
    &[(mariadb::KIND, mariadb::PROBE), (postgresql::KIND, postgresql::PROBE)];

impl Package for Schema {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn title(&self) -> &'static str {
        "schema"
    }

    fn word(&self) -> Option<&'static str> {
        Some(KIND)
    }

    fn about(&self) -> &'static str {
        "A database inside MariaDB or PostgreSQL"
    }

    fn named_by(&self) -> Option<&'static str> {
        Some("name")
    }

    fn name(&self, fields: &Fields) -> String {
        name(fields)
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn needs(&self, fields: &Fields) -> Vec<Need> {
        needs_engine(fields).into_iter().collect()
    }

    fn mismatch(&self, fields: &Fields, _: &[Resource]) -> Option<(&'static str, String)> {
        let text = |field: &str| fields.get(field).and_then(Value::as_str).unwrap_or_default();
        let owned = text("engine") == mariadb::KIND && !text("owner").is_empty();
        owned.then(|| ("owner", "Schemas of MariaDB have no owner.".to_owned()))
    }

    fn keeps_data(&self) -> bool {
        true
    }

    fn details(&self, resource: &Resource, facts: &Facts) -> Vec<(&'static str, String)> {
        let Ok(values) = resource.read::<Values>() else { return Vec::new() };
        let Ok(Some(state)) = State::read(facts, &values.engine) else { return Vec::new() };
        let Some(found) = state.schema(&values.name) else {
            return match state.catalogue {
                Some(_) => vec![("on the host", "it is not there".to_owned())],
                None => Vec::new(),
            };
        };
        let mut details = vec![("size", engine::size(found.bytes))];
        details.extend(found.tables.map(|tables| ("tables", tables.to_string())));
        details.push(("charset", format!("{}, {}", found.charset, found.collation)));
        details.extend(found.owner.clone().map(|owner| ("owner", owner)));
        details
    }

    fn unrecorded(&self, siblings: &[Resource], facts: &Facts) -> Vec<Fields> {
        let known: Vec<String> =
            siblings.iter().filter(|r| r.kind == KIND).map(|r| name(&r.fields)).collect();
        let mut found = Vec::new();
        for (engine, _) in PROBES {
            let Ok(Some(state)) = State::read(facts, engine) else { continue };
            for schema in state.catalogue.iter().flat_map(|c| &c.schemas) {
                let fields = json!({ "engine": engine, "name": schema.name });
                let Value::Object(fields) = fields else { continue };
                if !known.contains(&name(&fields)) {
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
        let record = resource(params)?;
        let values: Values = record.read()?;
        let state = match answering(params, facts, &values.engine)? {
            Ok(state) => state,
            Err(refusal) => return Ok(Answer::Refusal(refusal)),
        };
        if params.action == Action::Remove {
            return Ok(Answer::Plan(dropped(params, record, &values)));
        }
        let claim = claim_name(&values.engine, record);
        let ours = state.claims.contains_key(&claim);
        let found = state.schema(&values.name);
        if let Some(why) = misfit(&values, &state) {
            let message = format!("The schema {} cannot be so: {why}.", values.name);
            return Ok(Answer::Refusal(
                Failure::new(FailureKind::Refused, message)
                    .at_host(params.server.place())
                    .effect(Effect::None)
                    .remedy("Leave the value empty, or take another schema."),
            ));
        }
        let mut notes = Vec::new();
        let taken_over = found.is_some() && !ours && params.action == Action::Install;
        if taken_over {
            notes.push(format!("{} is there already; it stays as it is.", values.name));
        }
        let (scripts, dialect) = of(&values.engine);
        let statements = statements(&values, dialect, taken_over);
        let mut steps = Vec::new();
        if !taken_over {
            steps.push(claimed(&claim, "installed"));
        }
        let create = RemoteStep::checked(
            format!("create the schema {}", values.name),
            scripts.check,
            scripts.apply,
        );
        steps.push(Step::Remote(
            create.with("check.sql", statements.0).with("apply.sql", statements.1).within(LIMIT),
        ));
        let milestones = vec![
            milestone("create", format!("Create {}", values.name), steps),
            milestone("complete", "Complete", vec![record_step(params, &record.fields)]),
        ];
        Ok(Answer::Plan(Plan { milestones, undo: None, notes }))
    }
}

fn record_step(params: &Params<'_>, fields: &Fields) -> Step {
    record(params, KIND, &name(fields), None, fields.clone())
}

/// `engine/name`.
pub fn name(fields: &Fields) -> String {
    let text = |field: &str| fields.get(field).and_then(Value::as_str).unwrap_or_default();
    format!("{}/{}", text("engine"), text("name"))
}

/// The engine that a schema or a user is in.
pub fn needs_engine(fields: &Fields) -> Option<Need> {
    let engine = fields.get("engine").and_then(Value::as_str)?;
    let kinds = [mariadb::KIND, postgresql::KIND];
    let kind = kinds.into_iter().find(|kind| *kind == engine)?;
    Some(Need { kind, name: None })
}

fn claim_name(engine: &str, record: &Resource) -> String {
    format!("{KIND}.{engine}.{}", record.id)
}

/// What of a record does not go with its engine, or with what is there.
fn misfit(values: &Values, state: &State) -> Option<String> {
    if values.engine == mariadb::KIND {
        return (!values.owner.is_empty()).then(|| "schemas of MariaDB have no owner".into());
    }
    let known = values.owner.is_empty() || state.user(&values.owner, "").is_some();
    if !known {
        return Some(format!("there is no role {} that could own it", values.owner));
    }
    let found = state.schema(&values.name)?;
    let given = |wanted: &str, is: &str| !wanted.is_empty() && !wanted.eq_ignore_ascii_case(is);
    if given(&values.charset, &found.charset) {
        return Some(format!("it is there with the character set {}, which stays", found.charset));
    }
    if given(&values.collation, &found.collation) {
        return Some(format!("it is there with the collation {}, which stays", found.collation));
    }
    None
}

/// The query that answers with what is not so, and the statements that make it so.
fn statements(values: &Values, dialect: Dialect, taken_over: bool) -> (String, String) {
    let (name, literal) = (dialect.identifier(&values.name), dialect.literal(&values.name));
    let or = |given: &str, default: &str| match given {
        "" => default.to_owned(),
        given => given.to_owned(),
    };
    if dialect == Dialect::Mariadb {
        let missing = format!(
            "SELECT 'It is not there.' FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM \
             information_schema.SCHEMATA\n  WHERE SCHEMA_NAME = {literal})"
        );
        if taken_over {
            return (format!("{missing};\n"), "DO 0;\n".into());
        }
        let charset = or(&values.charset, "utf8mb4");
        let default = if charset == "utf8mb4" { "utf8mb4_unicode_ci" } else { "" };
        let collation = or(&values.collation, default);
        let mut set = format!(" CHARACTER SET {}", dialect.literal(&charset));
        let mut differs = format!("DEFAULT_CHARACTER_SET_NAME <> {}", dialect.literal(&charset));
        if !collation.is_empty() {
            set.push_str(&format!(" COLLATE {}", dialect.literal(&collation)));
            differs.push_str(&format!(
                " OR DEFAULT_COLLATION_NAME <> {}",
                dialect.literal(&collation)
            ));
        }
        let check = format!(
            "{missing}\nUNION ALL\nSELECT CONCAT('It has ', DEFAULT_CHARACTER_SET_NAME, ', ', \
             DEFAULT_COLLATION_NAME)\n  FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = \
             {literal} AND ({differs});\n"
        );
        let apply =
            format!("CREATE DATABASE IF NOT EXISTS {name}{set};\nALTER DATABASE {name}{set};\n");
        return (check, apply);
    }
    let owner = or(&values.owner, "postgres");
    let there = format!("EXISTS (SELECT FROM pg_database WHERE datname = {literal})");
    if taken_over {
        return (format!("SELECT 'It is not there.' WHERE NOT {there};\n"), "SELECT;\n".into());
    }
    let mut create = format!(
        "CREATE DATABASE {name} OWNER {} TEMPLATE template0 ENCODING {}",
        dialect.identifier(&owner),
        dialect.literal(&or(&values.charset, "UTF8"))
    );
    if !values.collation.is_empty() {
        let collation = dialect.literal(&values.collation);
        create.push_str(&format!(" LC_COLLATE {collation} LC_CTYPE {collation}"));
    }
    let (owner_name, owner_literal) = (dialect.identifier(&owner), dialect.literal(&owner));
    // everybody may connect to a new database; only who was granted it is to
    let check = format!(
        "SELECT {there} AS there \\gset\n\\if :there\n\\connect {name}\n\
         SELECT 'It is owned by ' || pg_get_userbyid(datdba) FROM pg_database\n  \
         WHERE datname = {literal} AND pg_get_userbyid(datdba) <> {owner_literal};\n\
         SELECT 'Everybody may connect to it.' FROM pg_database d,\n  \
         aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a\n  \
         WHERE d.datname = {literal} AND a.grantee = 0 LIMIT 1;\n\
         SELECT 'Everybody may use its schema public.' FROM pg_namespace n,\n  \
         aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a\n  \
         WHERE n.nspname = 'public' AND a.grantee = 0 LIMIT 1;\n\
         \\else\nSELECT 'It is not there.';\n\\endif\n"
    );
    let apply = format!(
        "SELECT {} WHERE NOT {there} \\gexec\nALTER DATABASE {name} OWNER TO {owner_name};\n\
         REVOKE ALL ON DATABASE {name} FROM PUBLIC;\n\\connect {name}\n\
         REVOKE ALL ON SCHEMA public FROM PUBLIC;\n",
        dialect.literal(&create)
    );
    (check, apply)
}

/// Dumps it, ends the sessions in it, drops it.
fn dropped(params: &Params<'_>, record: &Resource, values: &Values) -> Plan {
    let (scripts, dialect) = of(&values.engine);
    let literal = dialect.literal(&values.name);
    let there = match dialect {
        Dialect::Mariadb => format!(
            "SELECT 'It is there.' FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = {literal};\n"
        ),
        Dialect::Postgresql => {
            format!("SELECT 'It is there.' FROM pg_database WHERE datname = {literal};\n")
        }
    };
    let name = dialect.identifier(&values.name);
    let apply = match dialect {
        Dialect::Mariadb => format!("DROP DATABASE IF EXISTS {name};\n"),
        Dialect::Postgresql => format!("DROP DATABASE IF EXISTS {name} WITH (FORCE);\n"),
    };
    let mut milestones = Vec::new();
    let mut notes = Vec::new();
    if params.answer("dump") == Some("no") {
        notes.push("There is no dump: what is in it is gone for good.".to_owned());
    } else {
        let dump = RemoteStep {
            check: Some(scripts.dumped.into()),
            apply: Some(scripts.dump.into()),
            ..RemoteStep::new(format!("dump {}, and look at the dump", values.name))
        };
        let dump = dump.with("name", format!("{}\n{}\n", values.engine, values.name));
        let dump = dump.with("there.sql", there.clone()).within(LIMIT);
        milestones.push(milestone("dump", "Dump it", vec![Step::Remote(dump)]));
        notes.push(format!(
            "Its dump lies in /var/backups/brokeforge/{}-{}-TIME.sql on the host afterwards.",
            values.engine, values.name
        ));
    }
    let apply_script = match dialect {
        Dialect::Mariadb => script!("mariadb-lib.sh", "mariadb-drop.sh", "sql-apply.sh"),
        Dialect::Postgresql => scripts.apply,
    };
    let drop = RemoteStep::checked(
        format!("end the sessions in {} and drop it", values.name),
        scripts.check,
        apply_script,
    );
    let mut drop = drop.with("check.sql", there).with("apply.sql", apply).within(LIMIT);
    if dialect == Dialect::Mariadb {
        let sessions = format!(
            "SELECT CONCAT('KILL ', ID, ';') FROM information_schema.PROCESSLIST WHERE DB = \
             {literal};\n"
        );
        drop = drop.with("sessions.sql", sessions);
    }
    let steps = vec![Step::Remote(drop), unclaimed(&claim_name(&values.engine, record))];
    milestones.push(milestone("drop", "Drop it", steps));
    let done = vec![unrecord(KIND, &name_of(record))];
    milestones.push(milestone("complete", "Complete", done));
    Plan { milestones, undo: None, notes }
}

fn name_of(record: &Resource) -> String {
    name(&record.fields)
}
