//! A store of layout 1 that is kept for ever: what it holds can always be read.
//!
//! It was made by `BROKEFORGE_MAKE_FIXTURE=1 cargo test --lib store::tests::fixture`, which is for
//! new layouts only: the file of an older one is never made again.

use std::fs;

use serde_json::json;

use super::*;
use crate::domain::{
    Credential, Document, Effect, Facts, Failure, FailureKind, HostKey, InstalledPackage, Listener,
    ServerFacts, SiteId, StepOutcome, StepRecord,
};

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/store-v1.redb")
}

fn fields(value: serde_json::Value) -> Fields {
    value.as_object().unwrap().clone()
}

fn failure() -> Failure {
    Failure::new(FailureKind::Step, "The step failed with exit status 3.")
        .at_host("web-1 (192.0.2.1:22)")
        .at_step("Install ufw")
        .effect(Effect::Partial)
        .remedy("Look at the last lines.")
        .lines(vec!["E: no such package".into()])
}

fn full_server() -> Server {
    Server {
        login: Login::Identity { path: "/home/ann/.ssh/id_ed25519".into() },
        trust: HostTrust::Expect { fingerprint: "SHA256:abc".into() },
        host_keys: vec![HostKey {
            algorithm: "ssh-ed25519".into(),
            key: "AAAAC3NzaC1lZDI1NTE5AAAAIE".into(),
            fingerprint: "SHA256:abc".into(),
            revoked: true,
        }],
        error: Some(failure()),
        ..server(1)
    }
}

fn facts() -> ServerFacts {
    let listener = Listener {
        protocol: "tcp".into(),
        address: "0.0.0.0".into(),
        port: 22,
        process: Some("sshd".into()),
    };
    let facts = Facts {
        taken_at: Some(time()),
        os: "debian".into(),
        os_version: "12".into(),
        listeners: vec![listener],
        clock_offset_ms: -12,
        peer: Some("2001:db8::7".parse().unwrap()),
        local: Some("192.0.2.1".parse().unwrap()),
        local_port: Some(22),
        sections: [("ufw".to_owned(), "Status: active\n".to_owned())].into(),
        ..Facts::default()
    };
    ServerFacts { server: server_id(1), facts }
}

fn rule() -> Resource {
    Resource {
        site: Some(SiteId::new(time(), 4)),
        fields: fields(
            json!({"action": "allow", "ports": {"first": 22, "last": 22}, "rank": 1024}),
        ),
        error: Some(failure()),
        ..resource(1, 1)
    }
}

fn full_operation() -> crate::domain::Operation {
    let step = StepRecord {
        name: "Install ufw".into(),
        milestone: "install".into(),
        label: String::new(),
        text: "apt-get install -y ufw\n".into(),
        remote: true,
        outcome: StepOutcome::Already,
        exit: Some(0),
        started_at: Some(time()),
        millis: Some(1250),
        past: Vec::new(),
        had: false,
        output: 4096,
        dropped: 1,
        digest: Some("00ff".into()),
        inside: None,
        child: None,
    };
    crate::domain::Operation {
        resource: Some(rule().id),
        progress: Progress { milestone: Some("install".into()), reached: 1, of: 3 },
        retry_of: Some(operation(7).id),
        parent: None,
        waits_for: Some("o-… on web-1".into()),
        choices: fields(json!({"clean_up": true})),
        before: Some(Status::Active),
        fields_before: Some(fields(json!({"rank": 1}))),
        steps: vec![step],
        started_at: Some(time()),
        finished_at: Some(time()),
        ..operation(1)
    }
}

fn package() -> InstalledPackage {
    InstalledPackage {
        server: server_id(1),
        site: None,
        kind: "firewall".into(),
        name: "ufw".into(),
        version: Some("0.36.2-1".into()),
        configuration: fields(json!({"default_in": "deny"})),
        status: Status::Active,
        installed_at: time(),
    }
}

fn credential() -> Credential {
    Credential {
        next: None,
        old: None,
        server: server_id(1),
        user: "root".into(),
        public_key: "ssh-ed25519 AAAA brokeforge".into(),
        fingerprint: "SHA256:def".into(),
        sealed: "bf1:AAAA".into(),
        proved: true,
        proved_at: None,
        created_at: time(),
    }
}

fn document() -> Document {
    Document { key: "plan/o-1".into(), body: json!({"steps": [1, 2.5, null, "x"]}) }
}

#[tokio::test]
async fn a_store_of_layout_1_is_read_for_ever() {
    if std::env::var_os("BROKEFORGE_MAKE_FIXTURE").is_some() {
        let place = Place::new();
        let store = place.open();
        let mut batch = put(&full_server(), Expected::Absent);
        batch.put(&facts(), Expected::Absent);
        batch.put(&rule(), Expected::Absent);
        batch.put(&full_operation(), Expected::Absent);
        batch.put(&event(1, 1), Expected::Absent);
        batch.put(&package(), Expected::Absent);
        batch.put(&credential(), Expected::Absent);
        batch.put(&document(), Expected::Absent);
        store.commit(batch).await.unwrap();
        drop(store);
        fs::copy(place.path(), path()).unwrap();
    }
    let place = Place::new();
    fs::copy(path(), place.path()).unwrap();
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o600)).unwrap();
    let store = place.open();
    fn only<R: Record + PartialEq + std::fmt::Debug>(store: &Store, record: R) {
        let stored = Stored { record, revision: 1 };
        assert_eq!(store.get::<R>(&stored.record.key()).unwrap().as_ref(), Some(&stored));
        assert_eq!(store.scan::<R>(b"").unwrap(), vec![stored]);
    }
    only(&store, full_server());
    only(&store, facts());
    only(&store, rule());
    only(&store, full_operation());
    only(&store, event(1, 1));
    only(&store, package());
    only(&store, credential());
    only(&store, document());
    assert_eq!(store.controller().len(), 16);
    let mut changes = store.subscribe(Scope::All);
    assert_eq!(store.commit(put(&server(2), Expected::Absent)).await, Ok(2));
    assert!(matches!(changes.try_next(), Some(Notice::Change(Change { seq: 8, .. }))));
}
