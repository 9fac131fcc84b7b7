//! The package `postgresql`: the distribution's PostgreSQL, its cluster `main`.

use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::json;

use super::engine::{
    self, Common, Engine, connections_field, expose_field, memory_field, port_field,
    remove::Removal, resource,
};
use super::sql::Dialect;
use crate::domain::{Action, Facts, Failure, Fields, Resource};
use crate::packages::{Answer, Field, Need, Package, Params, Step, Verb};
use crate::script;

/// The type.
pub const KIND: &str = "postgresql";

/// What the host answers about it.
pub const PROBE: &str = script!("engine-tell.sh", "postgresql-probe.sh");

/// The engine.
pub const ENGINE: Engine = Engine {
    kind: KIND,
    title: "PostgreSQL",
    package: "postgresql",
    server: &["postgresql"],
    company: &[],
    rivals: &[],
    processes: &["postgres"],
    configured: script!(
        "postgresql-lib.sh",
        "sql-configured.sh",
        "postgresql-configured.sh",
        "postgresql-configured-check.sh"
    ),
    configure: script!(
        "postgresql-lib.sh",
        "postgresql-configure.sh",
        "engine-configure.sh",
        "postgresql-configure-end.sh"
    ),
    generation: ("^postgresql(-[0-9]+)?$", 1),
    upgraded: script!("postgresql-lib.sh", "postgresql-dump.sh", "engine-upgraded.sh"),
    removal: Removal {
        dumped: script!(
            "postgresql-lib.sh",
            "postgresql-dump.sh",
            "postgresql-aside.sh",
            "engine-dumped.sh"
        ),
        dump: script!("postgresql-lib.sh", "dump-lib.sh", "postgresql-dump.sh", "engine-dump.sh"),
        aside: script!("postgresql-lib.sh", "postgresql-aside.sh", "engine-gone-aside.sh"),
        move_aside: script!(
            "postgresql-lib.sh",
            "dump-lib.sh",
            "postgresql-aside.sh",
            "engine-aside.sh"
        ),
        given_back: script!("postgresql-lib.sh", "engine-given-back.sh"),
        give_back: script!("postgresql-lib.sh", "postgresql-back.sh", "engine-give-back.sh"),
        rest: &[
            ("folder", "/var/lib/postgresql"),
            ("folder", "/etc/postgresql"),
            ("logs", "/var/log/postgresql"),
            ("user", "postgres"),
            ("file", "/var/backups/brokeforge/.postgresql"),
            ("file", "/var/backups/brokeforge/.postgresql-upgrade"),
        ],
    },
};

/// The package.
#[derive(Debug)]
pub struct Postgresql;

const FIELDS: &[Field] = &[
    port_field("5432"),
    memory_field("The memory that it keeps tables in (shared_buffers).", "128"),
    connections_field("100"),
    expose_field(),
];

#[derive(Debug, Deserialize)]
struct Settings {
    connections: u32,
    #[serde(flatten)]
    common: Common,
}

impl Package for Postgresql {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn title(&self) -> &'static str {
        "PostgreSQL"
    }

    fn word(&self) -> Option<&'static str> {
        Some(KIND)
    }

    fn about(&self) -> &'static str {
        "The database engine PostgreSQL, for this host alone unless it is opened"
    }

    fn verbs(&self) -> &'static [Verb] {
        &[Verb::UPGRADE]
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn needs(&self, fields: &Fields) -> Vec<Need> {
        engine::needs(fields)
    }

    fn brings(&self, fields: &Fields) -> Vec<String> {
        engine::brings(fields)
    }

    fn apt(&self, fields: &Fields, _: &Facts) -> Vec<String> {
        engine::apt_of(&ENGINE, fields)
    }

    fn keeps_data(&self) -> bool {
        true
    }

    fn details(&self, _: &Resource, facts: &Facts) -> Vec<(&'static str, String)> {
        engine::details(&ENGINE, facts)
    }

    fn probes(&self) -> &'static [(&'static str, &'static str)] {
        &[(KIND, PROBE)]
    }

    fn version(&self, _: &str, facts: &Facts) -> Option<String> {
        ENGINE.version(facts)
    }

    fn plan(&self, params: &Params<'_>, facts: &Facts) -> Result<Answer, Failure> {
        let record = resource(params)?;
        if params.action == Action::Remove {
            return ENGINE.remove(params, facts, None);
        }
        let settings: Settings = record.read()?;
        let common = &settings.common;
        if let Some(refusal) = engine::memory(&ENGINE, params, facts, common.memory) {
            return Ok(Answer::Refusal(refusal));
        }
        ENGINE.install(params, facts, record, None, || {
            let bind = if common.expose.is_empty() { "localhost" } else { "*" };
            let content = params.templates.render(
                "postgresql.conf",
                json!({
                    "port": common.port,
                    "bind": bind,
                    "connections": settings.connections,
                    "memory": common.memory,
                }),
            )?;
            let step = ENGINE.configure().with("content", content);
            let step = step.with("effective.sql", effective(&settings, bind));
            Ok(vec![Step::Remote(step.with("hba", admitted(&common.expose)))])
        })
    }
}

/// Asks for what is not in force, and where else it is set.
fn effective(settings: &Settings, bind: &str) -> String {
    let mut wanted = vec![
        ("listen_addresses", bind.to_owned()),
        ("port", settings.common.port.to_string()),
        ("max_connections", settings.connections.to_string()),
        ("shared_buffers", format!("{}MB", settings.common.memory)),
    ];
    if !settings.common.expose.is_empty() {
        wanted.push(("ssl", "on".to_owned()));
    }
    let literal = |text: &str| Dialect::Postgresql.literal(text);
    let rows: Vec<String> = wanted
        .iter()
        .map(|(name, value)| format!("({}, {})", literal(name), literal(value)))
        .collect();
    // sizes compare as bytes, in whatever unit they are told
    format!(
        "SELECT format('%s is %s, not %s (%s line %s)', s.name, current_setting(s.name), w.value,\n    \
         coalesce(s.sourcefile, s.source), coalesce(s.sourceline::text, '-'))\n  \
         FROM pg_settings s JOIN (VALUES {}) w(name, value) USING (name)\n  \
         WHERE CASE s.name WHEN 'shared_buffers'\n    \
         THEN pg_size_bytes(current_setting(s.name)) <> pg_size_bytes(w.value)\n    \
         ELSE current_setting(s.name) <> w.value END;\n",
        rows.join(", ")
    )
}

/// Our block in pg_hba.conf: who may come from where, with a password and over TLS alone.
fn admitted(networks: &[String]) -> String {
    if networks.is_empty() {
        return String::new();
    }
    let mut block = String::from("# brokeforge begin\n");
    for network in networks {
        let address = match network.as_str() {
            "any" => "all".to_owned(),
            net if net.contains('/') => net.to_owned(),
            v6 if v6.contains(':') => format!("{v6}/128"),
            v4 => format!("{v4}/32"),
        };
        let _ = writeln!(block, "hostssl all all {address} scram-sha-256");
    }
    block.push_str("# brokeforge end\n");
    block
}
