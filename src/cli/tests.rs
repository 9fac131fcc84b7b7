//! The command line: its grammar and help, the keys of its objects, its exit codes.

use clap::{CommandFactory, Parser};
use serde_json::Value;

use super::{Args, json, watch};
use crate::domain::{
    Action, Effect, Event, Facts, Failure, FailureKind, Fields, HostTrust, InstalledPackage, Login,
    Operation, OperationId, Outcome, Progress, ResourceId, Server, ServerId, Status, Time,
    rule::Actual,
};
use crate::fleet::RuleView;

fn now() -> Time {
    "2026-02-03T04:05:06.789Z".parse().unwrap()
}

#[expect(clippy::string_slice, reason = "our own JSON, cut at ASCII")]
fn keys(value: &impl serde::Serialize) -> String {
    // read from the text itself: a parsed object has lost the order
    let text = json::text(value);
    let mut keys = Vec::new();
    let (mut depth, mut rest) = (0, text.as_str());
    while let Some(i) = rest.find(['{', '}', '"', '[', ']']) {
        let (c, after) = (rest.as_bytes()[i], &rest[i + 1..]);
        match c {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {
                let end = after.find('"').unwrap();
                if depth == 1 && after[end + 1..].starts_with(':') {
                    keys.push(&after[..end]);
                }
                rest = &after[end + 1..];
                continue;
            }
        }
        rest = after;
    }
    keys.join(" ")
}

fn failure() -> Failure {
    Failure::new(FailureKind::Step, "It failed.").at_host("web-1 (h:22)").effect(Effect::Partial)
}

pub(super) fn operation(outcome: Outcome, error: Option<Failure>) -> Operation {
    Operation {
        id: OperationId::new(now(), 1),
        action: Action::Install,
        kind: "server".into(),
        server: ServerId::new(now(), 1),
        resource: None,
        subject: None,
        site: None,
        outcome,
        progress: Progress { milestone: Some("facts".into()), reached: 1, of: 3 },
        retry_of: None,
        parent: None,
        waits_for: None,
        choices: Fields::new(),
        before: None,
        fields_before: None,
        steps: Vec::new(),
        error,
        cancel: false,
        created_at: now(),
        started_at: Some(now()),
        finished_at: None,
    }
}

fn all_help(command: &mut clap::Command, path: &str, to: &mut String) {
    let name = format!("{path} {}", command.get_name()).trim().to_owned();
    to.push_str(&format!("$ {name} --help\n{}\n\n", command.render_help()));
    for sub in command.get_subcommands_mut().filter(|sub| sub.get_name() != "help") {
        all_help(sub, &name, to);
    }
}

#[test]
fn the_help_of_every_command() {
    let mut text = String::new();
    let mut grammar = Args::command().term_width(100);
    grammar.build();
    all_help(&mut grammar, "", &mut text);
    insta::assert_snapshot!(text);
}

#[test]
fn every_line_of_the_contract_is_understood() {
    for line in [
        "--home /h --json --yes server add web --host h --port 22 --user root --identity k --host-key SHA256:x",
        "server add web --host h --agent --accept-new-host-key",
        "server list --json",
        "server list --filter tag:web",
        "server tag web",
        "server tag web --add a --add b --remove c",
        "server show web",
        "server facts web",
        "server edit web --name x --host h --port 1",
        "server trust web --host-key SHA256:x",
        "server remove web --clean-up",
        "firewall enable web --dry-run",
        "firewall disable web --dry-run",
        "firewall show web",
        "firewall check web",
        "rule add web LINE --at 2 --dry-run",
        "rule list web",
        "rule edit web r LINE",
        "rule remove web r",
        "rule retry web r",
        "ssh web",
        "ssh web -- sh -c ls",
        "package list",
        "package list web --name ufw",
        "vault init --key-file",
        "vault status",
        "operation explain o",
        "operation explain o --step 2",
        "operation list",
        "operation show o",
        "operation events o",
        "operation log o",
        "operation cancel o",
        "operation retry o",
        "exec a b -- ls --json -la",
        "",
    ] {
        let words = std::iter::once("brokeforge").chain(line.split_whitespace());
        assert!(Args::try_parse_from(words).is_ok(), "{line}");
    }
    for line in [
        "server add web --host h --agent --identity k --accept-new-host-key",
        "server add web --host h --agent",
        "server add web --host h --agent --accept-new-host-key --host-key SHA256:x",
        "server edit web",
        "exec web",
        "exec -- ls",
        "rule add web LINE --at x",
        "nothing",
    ] {
        let words = std::iter::once("brokeforge").chain(line.split_whitespace());
        assert!(Args::try_parse_from(words).is_err(), "{line}");
    }
}

#[test]
fn records_have_the_keys_of_the_contract_in_its_order() {
    let server = Server {
        id: ServerId::new(now(), 1),
        name: "web-1".into(),
        host: "192.0.2.1".into(),
        port: 22,
        user: "root".into(),
        login: Login::Agent,
        trust: HostTrust::AcceptNew,
        host_keys: Vec::new(),
        status: Status::Failed,
        error: Some(failure()),
        tags: std::collections::BTreeSet::new(),
        replaced: None,
        created_at: now(),
        updated_at: now(),
    };
    assert_eq!(
        keys(&json::ServerView::from(&server)),
        "id name host port user status error created_at updated_at tags"
    );
    let rule = RuleView {
        id: ResourceId::new(now(), 1),
        server: server.id,
        name: "office".into(),
        line: "allow 22/tcp # office".into(),
        position: 1,
        action: "allow".into(),
        ports: "22".into(),
        protocol: "tcp".into(),
        from: "any".into(),
        to: "any".into(),
        status: Status::Active,
        actual: Actual::Active,
        owner: "user".into(),
        error: None,
        created_at: now(),
        updated_at: now(),
        shadowed_by: Some("x".into()),
    };
    assert_eq!(
        keys(&json::RuleObject::from(&rule)),
        "id server name line position action ports protocol from to status actual owner error \
         created_at updated_at"
    );
    let operation = operation(Outcome::RolledBack, Some(failure()));
    let view = json::OperationView::from(&operation);
    assert_eq!(
        keys(&view),
        "id action kind resource server outcome milestone progress retry_of error started_at \
         finished_at parent waits_for"
    );
    let value: Value = serde_json::from_str(&json::text(&view)).unwrap();
    assert_eq!(value["outcome"], "rolled-back");
    assert_eq!(value["progress"], 33);
    assert_eq!(value["started_at"], "2026-02-03T04:05:06.789Z");
    assert_eq!(value["retry_of"], Value::Null);
    let event = Event {
        operation: operation.id,
        number: 1,
        server: server.id,
        site: None,
        package: "server".into(),
        action: Action::Install,
        milestone: "complete".into(),
        step: 3,
        of: 3,
        progress: 100,
        at: now(),
        details: None,
        error: None,
    };
    assert_eq!(
        keys(&json::EventView::from(&event)),
        "operation server site package action milestone step of progress at details error"
    );
    let package = InstalledPackage {
        server: server.id,
        site: None,
        kind: "firewall".into(),
        name: "ufw".into(),
        version: None,
        configuration: Fields::new(),
        status: Status::Active,
        installed_at: now(),
    };
    assert_eq!(
        keys(&json::PackageView::from(&package)),
        "server site type name version configuration status"
    );
    assert_eq!(
        keys(&json::ErrorView::from(&failure().lines(vec!["x".into()]))),
        "kind message host step effect remedy"
    );
    let facts = Facts { sections: [("a".into(), "b".into())].into(), ..Facts::default() };
    assert!(!keys(&json::facts(&facts)).contains("sections"));
}

#[test]
fn an_operation_that_did_not_succeed_has_the_code_of_its_reason() {
    let kind = |kind| Some(Failure::new(kind, "x"));
    for (outcome, error, code) in [
        (Outcome::Done, None, 0),
        (Outcome::Failed, kind(FailureKind::Step), 1),
        (Outcome::Failed, kind(FailureKind::Unreachable), 3),
        (Outcome::Interrupted, kind(FailureKind::Unreachable), 3),
        (Outcome::Failed, kind(FailureKind::NotLoggedIn), 3),
        (Outcome::Failed, kind(FailureKind::HostKey), 4),
        (Outcome::Failed, kind(FailureKind::Input), 1),
        (Outcome::Failed, kind(FailureKind::Internal), 1),
        (Outcome::Cancelled, kind(FailureKind::Cancelled), 1),
        (Outcome::RolledBack, None, 1),
    ] {
        assert_eq!(watch::code(&operation(outcome, error.clone())), code, "{outcome} {error:?}");
    }
}
