//! What is told of an operation that failed, out of a real store and real files.

use std::sync::Arc;

use super::*;
use crate::clock::SystemClock;
use crate::domain::{
    Action, Failure, FailureKind, Fields, HostTrust, Login, Progress, Server, ServerId, Status,
};
use crate::fleet::Paths;
use crate::fleet::local::Opening;
use crate::ssh::Limits;
use crate::store::{Batch, Expected};
use crate::vault::Cost;

fn at(seconds: i64) -> Time {
    Time::from_second(1_780_000_000 + seconds).unwrap()
}

fn step(name: &str, outcome: StepOutcome, exit: Option<i32>) -> StepRecord {
    StepRecord {
        name: name.into(),
        milestone: "install".into(),
        label: String::new(),
        text: format!("# apply (at most 60 s)\nexec {name}\n"),
        remote: true,
        outcome,
        exit,
        started_at: Some(at(0)),
        millis: Some(1_500),
        past: vec![900, 1_000, 5_000],
        had: false,
        output: 0,
        dropped: 0,
        digest: None,
        inside: None,
        child: None,
    }
}

fn operation(n: i64, outcome: Outcome, exit: i32) -> Operation {
    let failed = outcome != Outcome::Done;
    let went = if failed { StepOutcome::Failed } else { StepOutcome::Done };
    let failure = Failure::new(FailureKind::Step, "The step failed.").at_step("install “a”");
    Operation {
        id: OperationId::new(at(n), 1),
        action: Action::Install,
        kind: "firewall".into(),
        server: ServerId::new(at(0), 1),
        resource: None,
        subject: None,
        site: None,
        outcome,
        progress: Progress::default(),
        retry_of: None,
        parent: None,
        waits_for: None,
        choices: Fields::new(),
        before: None,
        fields_before: None,
        steps: vec![
            step("probe", StepOutcome::Done, Some(0)),
            step(&format!("install “{n}”"), went, Some(exit)),
        ],
        error: failed.then_some(failure),
        cancel: false,
        created_at: at(n),
        started_at: Some(at(n)),
        finished_at: Some(at(n + 60)),
    }
}

async fn fleet(home: &tempfile::TempDir, operations: &[Operation]) -> Local {
    let paths = Paths::under(home.path());
    paths.prepare().unwrap();
    let (cost, limits) = (Cost::STRONG, Limits::default());
    let packages = crate::packages::all();
    let opening = Opening { paths, clock: Arc::new(SystemClock), cost, limits, packages };
    let fleet = Local::open(&opening).unwrap();
    let mut server = Server {
        id: ServerId::new(at(0), 1),
        name: "web-1".into(),
        host: "192.0.2.1".into(),
        port: 2222,
        user: "ada".into(),
        login: Login::Agent,
        trust: HostTrust::AcceptNew,
        host_keys: Vec::new(),
        tags: Default::default(),
        replaced: None,
        status: Status::Pending,
        error: None,
        created_at: at(0),
        updated_at: at(0),
    };
    let mut batch = Batch::new();
    for status in [Status::Pending, Status::Installing, Status::Active] {
        server.status = status;
        batch.put(&server, Expected::Anything);
    }
    for operation in operations {
        for outcome in [Outcome::Waiting, Outcome::Running, operation.outcome] {
            batch.put(&Operation { outcome, ..operation.clone() }, Expected::Anything);
        }
    }
    fleet.store().commit(batch).await.unwrap();
    fleet
}

#[tokio::test]
async fn the_failed_step_is_told_with_what_it_said_and_what_came_before() {
    let home = tempfile::tempdir().unwrap();
    let retry = Operation {
        retry_of: Some(OperationId::new(at(1_000), 1)),
        parent: None,
        ..operation(1_200, Outcome::Done, 0)
    };
    let all = [
        operation(500, Outcome::Failed, 2),
        operation(1_000, Outcome::Failed, 100),
        retry,
        operation(2_000, Outcome::Failed, 100),
        operation(3_000, Outcome::Failed, 100),
    ];
    let fleet = fleet(&home, &all).await;
    let id = OperationId::new(at(2_000), 1);
    let folder = fleet.paths().output().join(id.to_string());
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("1"), "o 4\none\ne 15\n\u{1b}[31mE: no lock").unwrap();

    let told = fleet.explain(id, None).unwrap();
    assert_eq!((told.number, told.went), (Some(2), Some(StepOutcome::Failed)));
    assert_eq!(told.user.as_deref(), Some("root"));
    assert_eq!(told.lines, ["one", "E: no lock"]);
    let lines: Vec<String> = told
        .lines(|time| time.strftime("%H:%M").to_string())
        .into_iter()
        .map(|(label, text)| format!("{label:<10}{text}").trim_end().to_owned())
        .collect();
    insta::assert_snapshot!(lines.join("\n"));

    let other = fleet.explain(id, Some(0)).unwrap();
    assert_eq!((other.number, other.message, other.earlier), (Some(1), None, Vec::new()));
    let missing = fleet.explain(id, Some(9)).unwrap_err();
    assert_eq!(missing.kind, FailureKind::NotFound);
    assert!(missing.message.contains("10"), "{}", missing.message);
}

#[tokio::test]
async fn a_log_is_saved_once_and_replaced_only_when_that_is_wanted() {
    let home = tempfile::tempdir().unwrap();
    let fleet = fleet(&home, &[operation(1, Outcome::Failed, 1)]).await;
    let id = OperationId::new(at(1), 1);
    let folder = fleet.paths().output().join(id.to_string());
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("0"), "o 6\nhello\n").unwrap();
    let path = home.path().join("my.log");
    fleet.save_log(id, &path, false).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "== 1. probe\n  hello\n");
    std::fs::write(&path, "mine").unwrap();
    let refused = fleet.save_log(id, &path, false).unwrap_err();
    assert_eq!(refused.kind, FailureKind::Conflict);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    fleet.save_log(id, &path, true).unwrap();
    assert_ne!(std::fs::read_to_string(&path).unwrap(), "mine");
    assert_eq!(fleet.save_log(id, home.path(), true).unwrap_err().kind, FailureKind::Input);
    assert_eq!(fleet.save_log(id, "a".as_ref(), true).unwrap_err().kind, FailureKind::Input);
    let nowhere = home.path().join("no/folder/x.log");
    assert_eq!(fleet.save_log(id, &nowhere, false).unwrap_err().kind, FailureKind::Input);
    assert!(!home.path().join("my.log.part").exists());
}
