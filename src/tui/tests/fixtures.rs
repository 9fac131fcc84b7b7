//! Records as a small fleet would have them.

use crate::domain::rule::Actual;
use crate::domain::{
    Action, Effect, Event as Milestone, Facts, Failure, FailureKind, HostKey, HostTrust, Listener,
    Login, Operation, OperationId, Outcome, Progress, ResourceId, Server, ServerId, Status,
    StepOutcome, StepRecord, Time,
};
use crate::fleet::{FirewallView, ForeignRule, OurKey, RuleView, ServerRow};

pub fn now() -> Time {
    "2026-03-04T15:00:00Z".parse().unwrap()
}

pub fn at(clock: &str) -> Time {
    format!("2026-03-04T{clock}Z").parse().unwrap()
}

pub fn server_id(n: u32) -> ServerId {
    ServerId::new(at("08:00:00"), n)
}

pub fn rule_id(n: u32) -> ResourceId {
    ResourceId::new(at("09:00:00"), n)
}

pub fn operation_id(n: u32) -> OperationId {
    OperationId::new(at("10:00:00"), n)
}

pub fn host_key() -> HostKey {
    HostKey {
        algorithm: "ssh-ed25519".into(),
        key: "AAAAC3NzaC1lZDI1NTE5AAAAIA".into(),
        fingerprint: "SHA256:kq3TjSRbMvSsIRYHkm9vF0BXYqN7wnNJo0aW8uyQGf4".into(),
        revoked: false,
    }
}

pub fn server(n: u32, name: &str, status: Status) -> ServerRow {
    let server = Server {
        id: server_id(n),
        name: name.into(),
        host: format!("192.0.2.{n}"),
        port: 22,
        user: "root".into(),
        login: Login::Agent,
        trust: HostTrust::AcceptNew,
        host_keys: vec![host_key()],
        status,
        error: (status == Status::Failed).then(failure),
        tags: std::collections::BTreeSet::new(),
        replaced: None,
        created_at: at("08:00:00"),
        updated_at: at("08:01:00"),
    };
    ServerRow {
        server,
        facts: (status == Status::Active).then(facts),
        keys: vec![OurKey {
            user: "root".into(),
            fingerprint: "SHA256:kTr2fUZ1tQmuL5IaYqkzC3oYgXw1m0dVh9tqSPpZ7uE".into(),
            proved: true,
            proved_at: Some(at("08:00:00")),
            created_at: at("08:00:00"),
        }],
        packages: Vec::new(),
    }
}

pub fn facts() -> Facts {
    Facts {
        taken_at: Some(at("14:02:00")),
        os: "debian".into(),
        os_version: "12".into(),
        os_name: "Debian GNU/Linux 12 (bookworm)".into(),
        arch: "x86_64".into(),
        kernel: "6.1.0-18-amd64".into(),
        hostname: "web".into(),
        cpus: 2,
        memory: 4 << 30,
        disk: 40 << 30,
        disk_free: 31 << 30,
        init: "systemd".into(),
        firewall: "ufw active".into(),
        peer: Some("198.51.100.7".parse().unwrap()),
        listeners: vec![Listener {
            protocol: "tcp".into(),
            address: "0.0.0.0".into(),
            port: 22,
            process: Some("sshd".into()),
        }],
        ..Facts::default()
    }
}

pub fn failure() -> Failure {
    Failure::new(FailureKind::Unreachable, "192.0.2.3 did not answer on port 22 within 10 s.")
        .at_host("db-1 (192.0.2.3:22)")
        .at_step("connect")
        .effect(Effect::None)
        .remedy("Check that the address is right and the host is up, then retry.")
        .lines(vec!["ssh: connect: \u{1b}[31mtimed out\u{1b}[0m".into()])
}

pub fn rule(n: u32, line: &str, status: Status, actual: Actual) -> RuleView {
    RuleView {
        id: rule_id(n),
        server: server_id(1),
        name: line.split_once("# ").map(|(_, name)| name.to_owned()).unwrap_or_default(),
        line: line.into(),
        position: n as usize,
        action: "allow".into(),
        ports: "22".into(),
        protocol: "tcp".into(),
        from: "any".into(),
        to: "any".into(),
        status,
        actual,
        owner: if n == 1 { "firewall" } else { "user" }.into(),
        error: (status == Status::Failed).then(failure),
        created_at: at("09:00:00"),
        updated_at: at("09:01:00"),
        shadowed_by: (n == 3).then(|| "rule 2, deny 8080/tcp".into()),
    }
}

pub fn firewall() -> FirewallView {
    FirewallView {
        server: server_id(1),
        status: Some(Status::Active),
        error: None,
        enabled: Some(true),
        default_in: Some("deny".into()),
        version: Some("0.36.2".into()),
        rules: vec![
            rule(1, "allow 22/tcp # SSH", Status::Active, Actual::Active),
            rule(2, "deny 8080/tcp from 203.0.113.0/24", Status::Installing, Actual::Missing),
            rule(3, "allow 8080/tcp # 管理画面のための長い名前", Status::Failed, Actual::Differs),
        ],
        foreign: vec![ForeignRule {
            family: "v4".into(),
            line: "-A INPUT -s 10.0.0.0/8 -j ACCEPT \u{1b}[2Jgone".into(),
            position: 1,
        }],
        peer: Some(("198.51.100.7".parse().unwrap(), 22)),
        admits: Some((true, "rule 1, allow 22/tcp # SSH".into())),
        taken_at: Some(at("14:02:00")),
        notes: vec!["docker publishes ports past ufw.".into()],
    }
}

pub fn step(name: &str, outcome: StepOutcome) -> StepRecord {
    let over = matches!(outcome, StepOutcome::Done | StepOutcome::Failed | StepOutcome::Already);
    StepRecord {
        name: name.into(),
        milestone: "install-ufw".into(),
        label: "Install ufw".into(),
        text: "#!/bin/sh\nset -eu\napt-get install -y ufw\n".into(),
        remote: true,
        outcome,
        exit: over.then_some(i32::from(outcome == StepOutcome::Failed)),
        started_at: None,
        millis: over.then_some(12_345),
        past: Vec::new(),
        had: false,
        output: 0,
        dropped: 0,
        digest: None,
        inside: None,
        child: None,
    }
}

pub fn operation(n: u32, server: u32, outcome: Outcome) -> Operation {
    let failed = outcome == Outcome::Failed;
    Operation {
        id: operation_id(n),
        action: Action::Install,
        kind: "firewall".into(),
        server: server_id(server),
        resource: None,
        subject: None,
        site: None,
        outcome,
        progress: Progress { milestone: Some("install-ufw".into()), reached: 2, of: 4 },
        retry_of: None,
        parent: None,
        waits_for: (outcome == Outcome::Waiting).then(|| "“install firewall” on web-1".into()),
        choices: serde_json::Map::new(),
        before: None,
        fields_before: None,
        steps: vec![
            step("install ufw", StepOutcome::Already),
            step("save the old state", StepOutcome::Done),
            step("apply", if failed { StepOutcome::Failed } else { StepOutcome::Running }),
            step("prove a fresh login", StepOutcome::Waiting),
        ],
        error: failed.then(failure),
        cancel: false,
        created_at: at("14:00:00"),
        started_at: (outcome != Outcome::Waiting).then(|| at("14:00:01")),
        finished_at: outcome.is_end().then(|| at("14:03:06")),
    }
}

pub fn milestone(n: u32, key: &str) -> Milestone {
    Milestone {
        operation: operation_id(2),
        number: n,
        server: server_id(1),
        site: None,
        package: "firewall".into(),
        action: Action::Install,
        milestone: key.into(),
        step: 1,
        of: 4,
        progress: 25,
        at: at("14:00:05"),
        details: None,
        error: None,
    }
}

pub fn fleet() -> Vec<ServerRow> {
    vec![
        server(3, "db-1", Status::Failed),
        server(1, "web-1", Status::Active),
        server(2, "web-2-mit-einem-überaus-langen-namen-日本語", Status::Installing),
    ]
}

pub fn operations() -> Vec<Operation> {
    vec![
        operation(3, 1, Outcome::Waiting),
        operation(2, 1, Outcome::Running),
        operation(1, 3, Outcome::Failed),
    ]
}
