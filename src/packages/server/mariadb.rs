//! The package `mariadb`: the distribution's MariaDB.

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
pub const KIND: &str = "mariadb";

/// What the host answers about it.
pub const PROBE: &str = script!("engine-tell.sh", "mariadb-probe.sh");

/// The engine.
pub const ENGINE: Engine = Engine {
    kind: KIND,
    title: "MariaDB",
    package: "mariadb-server",
    server: &["mariadb-server"],
    company: &["mariadb-client", "galera-"],
    rivals: &["mysql-server", "mysql-community-server", "mysql-cluster-", "percona-server-server"],
    processes: &["mariadbd", "mysqld"],
    configured: script!("mariadb-lib.sh", "sql-configured.sh", "engine-configured.sh"),
    configure: script!("mariadb-lib.sh", "mariadb-configure.sh", "engine-configure.sh"),
    generation: ("^mariadb-server", 2),
    upgraded: script!("mariadb-lib.sh", "mariadb-dump.sh", "engine-upgraded.sh"),
    removal: Removal {
        dumped: script!(
            "mariadb-lib.sh",
            "mariadb-dump.sh",
            "mariadb-aside.sh",
            "engine-dumped.sh"
        ),
        dump: script!("mariadb-lib.sh", "dump-lib.sh", "mariadb-dump.sh", "engine-dump.sh"),
        aside: script!("mariadb-aside.sh", "engine-gone-aside.sh"),
        move_aside: script!("mariadb-lib.sh", "dump-lib.sh", "mariadb-aside.sh", "engine-aside.sh"),
        given_back: script!("mariadb-lib.sh", "engine-given-back.sh"),
        give_back: script!("mariadb-lib.sh", "mariadb-back.sh", "engine-give-back.sh"),
        rest: &[
            ("file", "/etc/mysql/mariadb.conf.d/zz-brokeforge.cnf"),
            ("file", "/etc/mysql/debian.cnf"),
            ("folder", "/etc/mysql/mariadb.conf.d"),
            ("logs", "/var/log/mysql"),
            ("logs", "/run/mysqld"),
            ("user", "mysql"),
            ("file", "/var/backups/brokeforge/.mariadb"),
            ("file", "/var/backups/brokeforge/.mariadb-upgrade"),
        ],
    },
};

/// The package.
#[derive(Debug)]
pub struct Mariadb;

const FIELDS: &[Field] = &[
    port_field("3306"),
    memory_field("The memory that it keeps tables in (innodb_buffer_pool_size).", "128"),
    connections_field("151"),
    expose_field(),
];

#[derive(Debug, Deserialize)]
struct Settings {
    connections: u32,
    #[serde(flatten)]
    common: Common,
}

impl Package for Mariadb {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn title(&self) -> &'static str {
        "MariaDB"
    }

    fn word(&self) -> Option<&'static str> {
        Some(KIND)
    }

    fn about(&self) -> &'static str {
        "The database engine MariaDB, for this host alone unless it is opened"
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
            let bind = if common.expose.is_empty() { "127.0.0.1" } else { "*" };
            let content = params.templates.render(
                "mariadb.cnf",
                json!({
                    "port": common.port,
                    "bind": bind,
                    "connections": settings.connections,
                    "memory": common.memory,
                }),
            )?;
            let step = ENGINE.configure().with("content", content);
            Ok(vec![Step::Remote(step.with("effective.sql", effective(&settings, bind)))])
        })
    }
}

/// Asks for what is not in force.
fn effective(settings: &Settings, bind: &str) -> String {
    let bytes = u64::from(settings.common.memory) * 1024 * 1024;
    let is = |name: &str, wanted: &str| {
        format!(
            "SELECT CONCAT('{name} is ', @@{name}, ', not ', {wanted}) FROM DUAL WHERE @@{name} <> \
             {wanted}"
        )
    };
    let all = [
        is("port", &settings.common.port.to_string()),
        is("bind_address", &Dialect::Mariadb.literal(bind)),
        is("max_connections", &settings.connections.to_string()),
        // it is rounded up to whole chunks
        format!(
            "SELECT CONCAT('innodb_buffer_pool_size is ', @@innodb_buffer_pool_size, ', not ', \
             {bytes}) FROM DUAL WHERE @@innodb_buffer_pool_size NOT BETWEEN {bytes} AND {}",
            bytes / 16 * 17 + 134_217_728
        ),
    ];
    format!("{};\n", all.join("\nUNION ALL\n"))
}
