//! Whole operations: the real store, vault, connection and shell; only the far end is made up.

use std::path::PathBuf;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use brokeforge::clock::SystemClock;
use brokeforge::domain::*;
use brokeforge::operations::{Operations, Output, Passwords, Rooms, Stream};
use brokeforge::packages::{self, *};
use brokeforge::ssh::{Connections, Limits};
use brokeforge::store::{Batch, Expected, Notice, Scope, Store};
use brokeforge::vault::Vault;

use super::Host;
use crate::support::sshd::{self, Sshd};

pub(super) struct Tried;

impl Package for Tried {
    fn kind(&self) -> &'static str {
        "tried"
    }
    fn title(&self) -> &'static str {
        "tried"
    }
    fn fields(&self) -> &'static [Field] {
        &[]
    }
    fn plan(&self, _: &Params<'_>, _: &Facts) -> Result<Answer, Failure> {
        Err(Failure::internal("the tests bring their plans"))
    }
}

pub(super) struct World {
    pub host: Host,
    pub sshd: Sshd,
    pub store: Store,
    pub vault: Vault,
    pub passwords: Passwords,
    pub server: ServerId,
    pub home: tempfile::TempDir,
}

fn now() -> Time {
    Time::now()
}

/// Limits that nothing here reaches, also on a machine that is slow and busy.
fn limits() -> Limits {
    let long = Duration::from_secs(120);
    Limits {
        tcp: long,
        banner: long,
        key_exchange: long,
        auth: long,
        channel: long,
        first_mark: long,
        slow_reader: long,
        ..Limits::default()
    }
}

impl World {
    pub async fn new(change: impl FnOnce(sshd::Behaviour) -> sshd::Behaviour) -> Self {
        let (sshd, key) = sshd::with_key(change);
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("key");
        std::fs::write(&path, key.private.reveal()).unwrap();
        let store = Store::open(&home.path().join("data/store"), Arc::new(SystemClock)).unwrap();
        let mut server = Server {
            id: ServerId::new(now(), 7),
            name: "web1".into(),
            host: sshd.addr().ip().to_string(),
            port: sshd.addr().port(),
            user: "root".into(),
            login: Login::Identity { path: path.to_str().unwrap().into() },
            trust: HostTrust::AcceptNew,
            host_keys: Vec::new(),
            status: Status::Pending,
            error: None,
            tags: std::collections::BTreeSet::new(),
            replaced: None,
            created_at: now(),
            updated_at: now(),
        };
        let mut batch = Batch::new();
        for status in [Status::Pending, Status::Installing, Status::Active] {
            server.status = status;
            batch.put(&server, Expected::Anything);
        }
        store.commit(batch).await.unwrap();
        let (vault, _, _) = Vault::create_with_key_file().unwrap();
        Self {
            host: Host::new(),
            sshd,
            store,
            vault,
            passwords: Passwords::default(),
            server: server.id,
            home,
        }
    }

    pub fn operations(&self) -> Operations {
        self.operations_with(&[&Tried])
    }

    pub fn operations_with(&self, packages: &'static [&'static dyn Package]) -> Operations {
        let rooms = Rooms {
            store: self.store.clone(),
            connections: Connections::new(limits()),
            clock: Arc::new(SystemClock),
            output: self.output(),
            templates: Arc::default(),
            packages,
            vault: Arc::new(RwLock::new(Some(self.vault.clone()))),
            passwords: self.passwords.clone(),
        };
        Operations::new(rooms).rooted(self.host.root())
    }

    pub fn output(&self) -> PathBuf {
        self.home.path().join("output")
    }

    /// A recorded operation whose plan is made: one run of these steps, then a package.
    pub async fn recorded(&self, scripts: &[&str]) -> Operation {
        let mut steps: Vec<Step> = scripts
            .iter()
            .enumerate()
            .map(|(n, script)| {
                let mut step = RemoteStep::new(format!("step {n}"));
                step.apply = Some(script.replace("ROOT", self.host.root()));
                Step::Remote(step)
            })
            .collect();
        let package = InstalledPackage {
            server: self.server,
            site: None,
            kind: "tried".into(),
            name: "it".into(),
            version: None,
            configuration: Fields::new(),
            status: Status::Active,
            installed_at: now(),
        };
        let last = steps.split_off(1);
        let mut complete = last;
        complete.push(Step::Local(LocalStep::WritePackage { name: "note it".into(), package }));
        let milestone =
            |key: &str, steps| packages::Milestone { key: key.into(), label: key.into(), steps };
        let plan = Plan {
            milestones: vec![milestone("first", steps), milestone("complete", complete)],
            undo: None,
            notes: Vec::new(),
        };
        self.record(plan, Action::Install, true).await
    }

    /// A recorded operation with this plan, for a resource of its own or for the server.
    pub async fn record(&self, plan: Plan, action: Action, on_resource: bool) -> Operation {
        let resource = Resource {
            id: ResourceId::new(now(), rand::random()),
            kind: "tried".into(),
            server: self.server,
            site: None,
            fields: Fields::new(),
            status: Status::Pending,
            error: None,
            created_at: now(),
            updated_at: now(),
        };
        let operation = Operation {
            id: OperationId::new(now(), rand::random()),
            action,
            kind: "tried".into(),
            server: self.server,
            resource: on_resource.then_some(resource.id),
            subject: None,
            site: None,
            outcome: Outcome::Waiting,
            progress: Progress::default(),
            retry_of: None,
            parent: None,
            waits_for: None,
            choices: Fields::new(),
            before: None,
            fields_before: None,
            steps: Vec::new(),
            error: None,
            cancel: false,
            created_at: now(),
            started_at: None,
            finished_at: None,
        };
        let mut batch = Batch::new();
        if on_resource {
            batch.put(&resource, Expected::Absent);
        }
        batch.put(&operation, Expected::Absent);
        let body = serde_json::json!({ "plan": plan, "nonce": "0123456789abcdef" });
        batch.put(&Document { key: format!("plan/{}", operation.id), body }, Expected::Absent);
        self.store.commit(batch).await.unwrap();
        operation
    }

    /// The link is lost when a step has said `half`: it is followed on, and nothing is done twice.
    pub async fn takes_a_lost_link_up(&self, operations: &Operations) {
        let way = "echo once >>ROOT/trace; echo half; sleep 1; echo way";
        let operation = self.recorded(&[way, "echo end"]).await;
        operations.start(&operation);
        let ended = self.until(operation.id, |o| o.outcome.is_end()).await;
        assert_eq!((ended.outcome, &ended.error), (Outcome::Done, &None));
        assert_eq!(self.host.trace(), "once\n");
        let kept = operations.output(operation.id, 0).unwrap().into_iter();
        assert_eq!(kept.flat_map(|piece| piece.1).collect::<Vec<u8>>(), b"half\nway\n");
    }

    pub async fn until(&self, id: OperationId, so: impl Fn(&Operation) -> bool) -> Operation {
        let mut changes = self.store.subscribe(Scope::All);
        let waiting = async {
            loop {
                let operation = self.store.get::<Operation>(&id).unwrap().unwrap().record;
                if so(&operation) {
                    return operation;
                }
                assert!(matches!(changes.next().await, Some(Notice::Change(_) | Notice::Lost(_))));
            }
        };
        match tokio::time::timeout(Duration::from_secs(240), waiting).await {
            Ok(operation) => operation,
            Err(_) => panic!("waited in vain; it is {:#?}", self.store.get::<Operation>(&id)),
        }
    }

    pub fn resource(&self, operation: &Operation) -> Resource {
        let key = ResourceKey { server: self.server, id: operation.resource.unwrap() };
        self.store.get::<Resource>(&key).unwrap().unwrap().record
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_runs_to_its_end() {
    let world = World::new(|b| b).await;
    let operations = world.operations();
    let operation = world.recorded(&["echo hello; echo oh >&2", "echo again >>ROOT/trace"]).await;
    operations.start(&operation);
    let mut follow = operations.follow(operation.id).unwrap();
    let ended = world.until(operation.id, |o| o.outcome.is_end()).await;
    assert_eq!((ended.outcome, &ended.error), (Outcome::Done, &None));
    assert_eq!(ended.progress.percent(), 100);
    assert!(ended.steps.iter().all(|s| s.outcome == StepOutcome::Done), "{:#?}", ended.steps);
    assert_eq!(ended.steps[0].output, 9);
    let events = world.store.events(operation.id).unwrap();
    let told: Vec<(u32, &str)> = events.iter().map(|e| (e.number, e.milestone.as_str())).collect();
    assert_eq!(told, [(1, "first"), (2, "complete")]);
    assert_eq!(world.resource(&operation).status, Status::Active);
    assert_eq!(world.store.scan::<InstalledPackage>(b"").unwrap().len(), 1);
    let kept = operations.output(operation.id, 0).unwrap();
    let of = |wanted| -> Vec<u8> {
        kept.iter().filter(|(stream, _)| *stream == wanted).flat_map(|p| p.1.clone()).collect()
    };
    assert_eq!((of(Stream::Out), of(Stream::Err)), (b"hello\n".to_vec(), b"oh\n".to_vec()));
    let mut followed = 0;
    while let Some(Output::Piece { bytes, .. }) = follow.next().await {
        followed += bytes.len();
    }
    assert_eq!(followed, 9);
    let took: Vec<_> = ended.steps.iter().map(|step| step.millis.unwrap()).collect();
    let again = world.recorded(&["true", "true"]).await;
    operations.start(&again);
    let again = world.until(again.id, |o| o.outcome.is_end()).await;
    let past: Vec<_> = again.steps.iter().map(|step| step.past.clone()).collect();
    assert_eq!(past, took.into_iter().map(|took| vec![took]).collect::<Vec<_>>());
    let pinned = world.store.get::<Server>(&world.server).unwrap().unwrap().record.host_keys;
    assert_eq!(pinned.len(), 1);
    assert!(!world.host.path().join("run/brokeforge/lock").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_fails_is_told_with_its_place_and_last_lines() {
    let world = World::new(|b| b).await;
    let operations = world.operations();
    let operation = world.recorded(&["true", "echo 'E: no \u{1b}[31mroom' >&2; exit 7"]).await;
    operations.start(&operation);
    let ended = world.until(operation.id, |o| o.outcome.is_end()).await;
    let failure = ended.error.unwrap();
    assert_eq!(ended.outcome, Outcome::Failed);
    assert_eq!(failure.step.as_deref(), Some("step 1"));
    assert_eq!(failure.lines, ["E: no room"]);
    assert!(failure.host.unwrap().starts_with("web1 (127.0.0.1:"));
    assert_eq!(failure.effect, Some(Effect::Partial));
    assert_eq!(world.resource(&operation).status, Status::Failed);
    assert_eq!(world.store.events(operation.id).unwrap().len(), 2);
    assert!(world.store.scan::<Document>(b"plan/").unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_link_is_taken_up_again() {
    let world = World::new(|mut b| {
        b.cut_on = Some("half".into());
        b
    })
    .await;
    world.takes_a_lost_link_up(&world.operations()).await;
}

#[test]
fn whoever_comes_next_takes_up_what_a_dead_process_left() {
    let b = "while [ ! -e ROOT/go ]; do sleep 0.1; done; echo b";
    let first = tokio::runtime::Runtime::new().unwrap();
    let (world, operation) = first.block_on(async {
        let world = World::new(|b| b).await;
        let operation = world.recorded(&["echo once >>ROOT/trace; echo a", b, "echo c"]).await;
        world.operations().start(&operation);
        world.until(operation.id, |o| o.progress.reached == 1).await;
        (world, operation)
    });
    first.shutdown_background();
    let second = tokio::runtime::Runtime::new().unwrap();
    second.block_on(async {
        let operations = world.operations();
        assert_eq!(operations.unfinished().unwrap().len(), 1);
        assert_eq!(operations.recover().await.unwrap(), 1);
        std::fs::write(world.host.path().join("go"), "").unwrap();
        let ended = world.until(operation.id, |o| o.outcome.is_end()).await;
        assert_eq!((ended.outcome, &ended.error), (Outcome::Done, &None));
        assert_eq!(world.host.trace(), "once\n");
        assert_eq!(operations.output(operation.id, 0).unwrap(), [(Stream::Out, b"a\n".to_vec())]);
        assert_eq!(operations.output(operation.id, 1).unwrap(), [(Stream::Out, b"b\n".to_vec())]);
        assert_eq!(operations.recover().await.unwrap(), 0);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_ends_what_runs_and_says_what_is_done() {
    let world = World::new(|b| b).await;
    let operations = world.operations();
    let operation = world.recorded(&["true", "sleep 300", "echo no >>ROOT/trace"]).await;
    operations.start(&operation);
    world.until(operation.id, |o| o.steps.get(1).is_some_and(|s| s.started_at.is_some())).await;
    operations.cancel(operation.id).await.unwrap();
    let ended = world.until(operation.id, |o| o.outcome.is_end()).await;
    assert_eq!(ended.outcome, Outcome::Cancelled);
    let failure = ended.error.unwrap();
    assert!(failure.message.contains("Done: step 0."), "{}", failure.message);
    assert!(failure.message.contains("Not begun: step 2"), "{}", failure.message);
    assert_eq!(world.host.trace(), "");
    assert!(operations.cancel(operation.id).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_one_says_for_whom_and_can_be_cancelled() {
    let world = World::new(|b| b).await;
    let operations = world.operations();
    let first = world.recorded(&["while [ ! -e ROOT/go ]; do sleep 0.1; done"]).await;
    operations.start(&first);
    world.until(first.id, |o| o.outcome == Outcome::Running).await;
    let second = world.recorded(&["echo no >>ROOT/trace"]).await;
    operations.start(&second);
    let waiting = world.until(second.id, |o| o.waits_for.is_some()).await;
    assert_eq!(waiting.waits_for, Some(format!("“add tried” (operation {})", first.id)));
    operations.cancel(second.id).await.unwrap();
    let ended = world.until(second.id, |o| o.outcome.is_end()).await;
    assert_eq!(ended.outcome, Outcome::Cancelled);
    assert_eq!(world.resource(&second).status, Status::Failed);
    std::fs::write(world.host.path().join("go"), "").unwrap();
    assert_eq!(world.until(first.id, |o| o.outcome.is_end()).await.outcome, Outcome::Done);
    assert_eq!(world.host.trace(), "");
}
