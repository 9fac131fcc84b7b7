//! The package `redis`: the distribution's Redis, always with a password.

use serde::Deserialize;
use serde_json::{Value, json};

use super::engine::{
    self, CONNECTION, Common, Engine, connection_field, expose_field, memory_field, port_field,
    remove::Removal, resource,
};
use crate::domain::{Action, Facts, Failure, Fields, Resource, Secret, input};
use crate::packages::{Answer, Field, LocalStep, Need, Package, Params, Step, Verb, secret_name};
use crate::script;

/// The type.
pub const KIND: &str = "redis";

const PROBE: &str = script!("engine-tell.sh", "redis-probe.sh");

/// The engine.
const ENGINE: Engine = Engine {
    kind: KIND,
    title: "Redis",
    package: "redis-server",
    server: &["redis-server"],
    company: &["redis-tools"],
    rivals: &["valkey-server", "keydb-server"],
    processes: &["redis-server"],
    configured: script!(
        "redis-lib.sh",
        "redis-write.sh",
        "redis-configured.sh",
        "engine-configured.sh"
    ),
    configure: script!(
        "redis-lib.sh",
        "redis-write.sh",
        "redis-configure.sh",
        "engine-configure.sh"
    ),
    generation: ("^redis-server$", 1),
    upgraded: script!("redis-lib.sh", "redis-dump.sh", "engine-upgraded.sh"),
    removal: Removal {
        dumped: script!("redis-lib.sh", "redis-dump.sh", "redis-aside.sh", "engine-dumped.sh"),
        dump: script!("redis-lib.sh", "dump-lib.sh", "redis-dump.sh", "engine-dump.sh"),
        aside: script!("redis-aside.sh", "engine-gone-aside.sh"),
        move_aside: script!("redis-lib.sh", "dump-lib.sh", "redis-aside.sh", "engine-aside.sh"),
        given_back: script!("redis-lib.sh", "engine-given-back.sh"),
        give_back: script!("redis-lib.sh", "redis-back.sh", "engine-give-back.sh"),
        rest: &[
            ("file", "/etc/redis/brokeforge.conf"),
            ("folder", "/etc/redis"),
            ("logs", "/var/log/redis"),
            ("logs", "/run/redis"),
            ("user", "redis"),
            ("file", "/var/backups/brokeforge/.redis"),
            ("file", "/var/backups/brokeforge/.redis-upgrade"),
        ],
    },
};

/// The package.
#[derive(Debug)]
pub struct Redis;

const FIELDS: &[Field] = &[
    port_field("6379"),
    memory_field("The most memory that its data may take (maxmemory).", "256"),
    Field::choice(
        "eviction",
        "when full",
        "What becomes of keys when the memory is used up: refuse to write, or drop some.",
        &[
            "noeviction",
            "allkeys-lru",
            "allkeys-lfu",
            "allkeys-random",
            "volatile-lru",
            "volatile-lfu",
            "volatile-random",
            "volatile-ttl",
        ],
    )
    .or("noeviction"),
    Field::choice("persist", "persist", "Whether its data outlives a restart.", &["yes", "no"])
        .or("yes"),
    expose_field(),
    Field::secret("password", "password", "What clients log in with.", |text| {
        input::database_password(text).map(Value::from)
    }),
    connection_field(),
];

#[derive(Debug, Deserialize)]
struct Settings {
    eviction: String,
    persist: String,
    #[serde(flatten)]
    common: Common,
}

impl Package for Redis {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn title(&self) -> &'static str {
        "Redis"
    }

    fn word(&self) -> Option<&'static str> {
        Some(KIND)
    }

    fn about(&self) -> &'static str {
        "The key-value store Redis, for this host alone unless it is opened"
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

    fn details(&self, _: &Resource, facts: &Facts) -> Vec<(&'static str, String)> {
        // without its password it tells nothing of itself
        ENGINE.version(facts).map(|version| ("version", version)).into_iter().collect()
    }

    fn put_together(&self, field: &str) -> Option<&'static str> {
        (field == CONNECTION).then_some("password")
    }

    fn revealed(&self, resource: &Resource, _: &[Resource], secret: &str) -> Option<Secret> {
        let port = resource.fields.get("port").and_then(Value::as_u64).unwrap_or(6379);
        let url = format!("redis://default:{}@127.0.0.1:{port}/0", engine::percent(secret));
        Some(Secret::from_text(url))
    }

    fn keeps_data(&self) -> bool {
        true
    }

    fn probes(&self) -> &'static [(&'static str, &'static str)] {
        &[(KIND, PROBE)]
    }

    fn version(&self, _: &str, facts: &Facts) -> Option<String> {
        ENGINE.version(facts)
    }

    fn plan(&self, params: &Params<'_>, facts: &Facts) -> Result<Answer, Failure> {
        let record = resource(params)?;
        let secret = secret_name(record.id, "password");
        if params.action == Action::Remove {
            return ENGINE.remove(params, facts, Some(&secret));
        }
        let settings: Settings = record.read()?;
        let common = &settings.common;
        if let Some(refusal) = engine::memory(&ENGINE, params, facts, common.memory) {
            return Ok(Answer::Refusal(refusal));
        }
        ENGINE.install(params, facts, record, Some(&secret), || {
            let bind = if common.expose.is_empty() { "127.0.0.1 -::1" } else { "* -::*" };
            let content = params.templates.render(
                "redis.conf",
                json!({
                    "port": common.port,
                    "bind": bind,
                    "memory": common.memory,
                    "eviction": settings.eviction,
                    "persist": settings.persist == "yes",
                }),
            )?;
            let effective = format!(
                "bind {bind}\nport {}\nmaxmemory {}\nmaxmemory-policy {}\n",
                common.port,
                u64::from(common.memory) * 1024 * 1024,
                settings.eviction
            );
            let step = ENGINE.configure().with("content", content).with("effective", effective);
            Ok(vec![
                Step::Local(LocalStep::MakeSecret {
                    name: "make a password and seal it".into(),
                    secret: secret.clone(),
                    length: 32,
                }),
                Step::Remote(step.with_secret("password", &secret)),
            ])
        })
    }
}
