//! A large fleet in a store, written through the store's own door: what a person has after years,
//! without the hosts.

use std::path::Path;
use std::sync::Arc;

use brokeforge::clock::SystemClock;
use brokeforge::domain::{
    Facts, Operation, OperationId, Resource, ResourceId, Secret, Server, ServerFacts, ServerId,
    Status, Time,
    input::Verdict,
    rule::{RuleFields, RuleSpec, parse},
};
use brokeforge::fleet::{Fleet, Paths};
use brokeforge::ssh::Limits;
use brokeforge::store::{Batch, Expected, Store};
use brokeforge::vault::Cost;
use serde_json::{Value, json};

/// Servers of the large fleet.
pub const SERVERS: u32 = 1_000;
/// Rules on each of them.
pub const RULES: u32 = 10;
/// Operations in its history.
pub const OPERATIONS: u32 = 2_000;

fn began() -> Time {
    "2026-03-04T08:00:00Z".parse().unwrap()
}

/// A server's id by its number, from 1.
pub fn server(number: u32) -> ServerId {
    ServerId::new(began(), number)
}

/// A server's name by its number, from 1.
pub fn name(number: u32) -> String {
    format!("web-{number:04}")
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

/// Writes it with a vault that wants a passphrase.
pub fn large(home: &Path) {
    let paths = Paths::under(home);
    paths.prepare().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let clock = Arc::new(SystemClock);
        let fleet =
            Fleet::open_with(paths.clone(), clock.clone(), Cost::CHEAP, Limits::default()).unwrap();
        fleet.vault_init(Some(Secret::from_text("a passphrase".into()))).await.unwrap();
        drop(fleet);
        let store = Store::open(&paths.store(), clock).unwrap();
        for first in (1..=SERVERS).step_by(100) {
            let mut batch = Batch::new();
            for number in first..first + 100 {
                add_server(&mut batch, number);
            }
            store.commit(batch).await.unwrap();
        }
        for first in (1..=OPERATIONS).step_by(100) {
            let mut batch = Batch::new();
            for number in first..first + 100 {
                add_operation(&mut batch, number);
            }
            store.commit(batch).await.unwrap();
        }
    });
}

/// The states that a record goes through until it is there.
const WAY: [Status; 3] = [Status::Pending, Status::Installing, Status::Active];

fn add_server(batch: &mut Batch, number: u32) {
    let id = server(number);
    for status in WAY {
        let server: Server = read(json!({
            "id": id, "name": name(number), "port": 22, "user": "root",
            "host": format!("10.{}.{}.{}", number >> 16, number >> 8 & 255, number & 255),
            "login": {"by": "agent"}, "trust": {"host_key": "accept-new"},
            "host_keys": [{
                "algorithm": "ssh-ed25519", "key": "AAAAC3NzaC1lZDI1NTE5AAAAIA",
                "fingerprint": "SHA256:kq3TjSRbMvSsIRYHkm9vF0BXYqN7wnNJo0aW8uyQGf4",
                "revoked": false,
            }],
            "status": status, "error": null, "created_at": began(), "updated_at": began(),
        }));
        batch.put(&server, Expected::Anything);
    }
    let facts = Facts {
        taken_at: Some(began()),
        os: "debian".into(),
        os_version: "12".into(),
        os_name: "Debian GNU/Linux 12 (bookworm)".into(),
        arch: "x86_64".into(),
        hostname: name(number),
        cpus: 4,
        memory: 8 << 30,
        disk: 80 << 30,
        disk_free: 40 << 30,
        init: "systemd".into(),
        firewall: "ufw active".into(),
        ..Facts::default()
    };
    batch.put(&ServerFacts { server: id, facts }, Expected::Anything);
    for rule in 1..=RULES {
        add_rule(batch, id, number, rule);
    }
}

fn add_rule(batch: &mut Batch, server: ServerId, number: u32, rule: u32) {
    let port = 8_000 + rule;
    for status in WAY {
        let record = Resource {
            id: ResourceId::new(began(), number * 100 + rule),
            kind: "firewall-rule".into(),
            server,
            site: None,
            fields: Resource::written(&RuleFields {
                spec: spec(&format!("allow {port}/tcp from 10.0.0.0/8 # rule {rule}")),
                rank: i64::from(rule) * 1_000,
                owner: "user".into(),
            })
            .unwrap(),
            status,
            error: None,
            created_at: began(),
            updated_at: began(),
        };
        batch.put(&record, Expected::Anything);
    }
}

fn spec(line: &str) -> RuleSpec {
    match parse(line) {
        Verdict::Ok(spec) => spec,
        other => panic!("{line}: {other:?}"),
    }
}

fn add_operation(batch: &mut Batch, number: u32) {
    for outcome in ["waiting", "running", "done"] {
        let record: Operation = read(json!({
            "id": OperationId::new(began(), number), "action": "install", "kind": "firewall-rule",
            "server": server(number % SERVERS + 1), "resource": null, "subject": "allow 80/tcp",
            "site": null, "outcome": outcome,
            "progress": {"milestone": "complete", "reached": 4, "of": 4},
            "retry_of": null, "waits_for": null, "choices": {}, "before": null,
            "fields_before": null,
            "steps": [{
                "name": "apply", "milestone": "apply", "label": "Apply the rules",
                "text": "#!/bin/sh\nset -eu\n".repeat(40), "remote": true,
                "outcome": "done", "exit": 0, "started_at": began(), "millis": 812,
                "output": 100, "dropped": 0, "digest": null,
            }],
            "error": null, "cancel": false, "created_at": began(), "started_at": began(),
            "finished_at": began(),
        }));
        batch.put(&record, Expected::Anything);
    }
}
