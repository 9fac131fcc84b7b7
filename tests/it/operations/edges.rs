//! Operations at their edges: local steps, the way back, a task that breaks down, removal.

use std::sync::atomic::{AtomicUsize, Ordering};

use brokeforge::domain::*;
use brokeforge::operations::Operations;
use brokeforge::packages::{self, *};
use brokeforge::store::{Batch, Expected};

use super::whole::World;

fn milestone(key: &str, steps: Vec<Step>) -> packages::Milestone {
    packages::Milestone { key: key.into(), label: key.into(), steps }
}

fn remote(world: &World, name: &str, script: &str) -> RemoteStep {
    let script = script.replace("ROOT", world.host.root());
    RemoteStep { apply: Some(script), ..RemoteStep::new(name) }
}

fn plan(steps: Vec<Step>) -> Plan {
    let milestones = vec![milestone("first", steps), milestone("complete", Vec::new())];
    Plan { milestones, undo: None, notes: Vec::new() }
}

fn with_undo(world: &World, plan: Plan) -> Plan {
    let step = remote(world, "go back", "echo back >>ROOT/trace");
    Plan { undo: Some(Undo { step, deadline: 60 }), ..plan }
}

async fn runs(world: &World, operations: &Operations, operation: &Operation) -> Operation {
    operations.start(operation);
    world.until(operation.id, |o| o.outcome.is_end()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn our_key_is_made_proved_adopted_and_deleted() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_owned();
    let world = World::new(|mut b| {
        b.authorized_file = Some(path.clone());
        b
    })
    .await;
    let operations = world.operations();
    let user = || "root".to_owned();
    let mut append =
        remote(&world, "append", &format!("cat \"$BF_IN/key\" >>{}", path.to_str().unwrap()));
    let source = InputSource::PublicKey { user: user(), which: Which::Current };
    append.inputs = vec![Input { name: "key".into(), source }];
    let id = ResourceId::new(Time::now(), 9);
    let write = || {
        let mut fields = Fields::new();
        fields.insert("line".into(), "it".into());
        Step::Local(LocalStep::WriteResource { name: "w".into(), kind: "tried".into(), id, fields })
    };
    let prove = |baseline, adopt| {
        let (name, which) = ("prove".into(), Which::Current);
        Step::Local(LocalStep::ProveLogin { name, user: user(), baseline, adopt, which })
    };
    let steps = vec![
        Step::Local(LocalStep::StoreKey { name: "make".into(), user: user() }),
        Step::Remote(append),
        prove(false, true),
        prove(true, false),
        prove(false, false),
        write(),
    ];
    let operation = world.record(plan(steps), Action::Install, true).await;
    let ended = runs(&world, &operations, &operation).await;
    assert_eq!((ended.outcome, &ended.error), (Outcome::Done, &None));
    let credential =
        || world.store.get::<Credential>(&(world.server, user())).unwrap().map(|s| s.record);
    let ours = credential().unwrap();
    assert!(ours.proved);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), ours.public_key.trim_end());
    let written = || {
        let key = ResourceKey { server: world.server, id };
        world.store.get::<Resource>(&key).unwrap().unwrap().record
    };
    assert_eq!(written().status, Status::Active);

    // It logs in by our key alone from now on, and a second write is none.
    std::fs::remove_file(world.home.path().join("key")).unwrap();
    let delete = LocalStep::DeleteKey { name: "delete".into(), user: user() };
    let steps = vec![
        Step::Remote(remote(&world, "look", "echo in >>ROOT/trace")),
        write(),
        Step::Local(delete),
    ];
    let operation = world.record(plan(steps), Action::Install, true).await;
    let ended = runs(&world, &world.operations(), &operation).await;
    assert_eq!((ended.outcome, &ended.error), (Outcome::Done, &None));
    assert_eq!(world.host.trace(), "in\n");
    assert!(credential().is_none());
    assert_eq!(written().status, Status::Active);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_armed_is_undone_when_a_step_fails() {
    let world = World::new(|b| b).await;
    let arm = RemoteStep { arms: true, ..remote(&world, "arm", "echo armed >>ROOT/trace") };
    let confirm = RemoteStep { disarms: true, ..remote(&world, "confirm", "true") };
    let steps = vec![
        Step::Remote(arm),
        Step::Remote(remote(&world, "apply", "exit 3")),
        Step::Remote(confirm),
    ];
    let plan = with_undo(&world, plan(steps));
    let operation = world.record(plan, Action::Install, true).await;
    let ended = runs(&world, &world.operations(), &operation).await;
    assert_eq!(ended.outcome, Outcome::RolledBack);
    let failure = ended.error.unwrap();
    assert_eq!((failure.kind, failure.effect), (FailureKind::RolledBack, Some(Effect::Restored)));
    assert_eq!(failure.step.as_deref(), Some("apply"));
    assert_eq!(world.host.trace(), "armed\nback\n");
    assert_eq!(world.resource(&operation).status, Status::Failed);
    assert_eq!(ended.steps.last().map(|s| s.outcome), Some(StepOutcome::Done));
    assert!(!world.host.path().join("run/brokeforge/lock").exists());
}

/// A package with a defect: it breaks down when its second run is ordered.
struct Broken(AtomicUsize);

static BROKEN: Broken = Broken(AtomicUsize::new(0));
static PACKAGES: &[&dyn Package] = &[&BROKEN];

impl Package for Broken {
    fn kind(&self) -> &'static str {
        "tried"
    }
    fn title(&self) -> &'static str {
        "broken"
    }
    fn fields(&self) -> &'static [Field] {
        &[]
    }
    fn user(&self) -> &'static str {
        assert!(self.0.fetch_add(1, Ordering::Relaxed) != 2, "a defect");
        "root"
    }
    fn plan(&self, _: &Params<'_>, _: &Facts) -> Result<Answer, Failure> {
        Err(Failure::internal("the tests bring their plans"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_breaks_down_leaves_its_host_in_order() {
    let world = World::new(|b| b).await;
    let operations = world.operations_with(PACKAGES);
    let arm = RemoteStep { arms: true, ..remote(&world, "arm", "echo armed >>ROOT/trace") };
    let steps = vec![
        Step::Remote(arm),
        Step::Local(LocalStep::DeleteKey { name: "between".into(), user: "nobody".into() }),
        Step::Remote(remote(&world, "more", "echo more >>ROOT/trace")),
    ];
    let plan = with_undo(&world, plan(steps));
    let operation = world.record(plan, Action::Install, true).await;
    let ended = runs(&world, &operations, &operation).await;
    assert_eq!(ended.outcome, Outcome::RolledBack, "{:?}", ended.error);
    let failure = ended.error.unwrap();
    assert!(failure.message.contains("internal error"), "{}", failure.message);
    assert_eq!(failure.effect, Some(Effect::Restored));
    assert_eq!(world.host.trace(), "armed\nback\n");
    assert!(!world.host.path().join("run/brokeforge/lock").exists());
    assert!(operations.unfinished().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_folder_for_the_output_it_fails() {
    let world = World::new(|b| b).await;
    std::fs::write(world.output(), "in the way").unwrap();
    let operation = world.recorded(&["echo no >>ROOT/trace", "true"]).await;
    let ended = runs(&world, &world.operations(), &operation).await;
    assert_eq!(ended.outcome, Outcome::Failed);
    let message = ended.error.unwrap().message;
    assert!(message.contains("no folder for the operation's output"), "{message}");
    assert_eq!(world.host.trace(), "");
    assert_eq!(world.resource(&operation).status, Status::Failed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_that_a_dead_process_took_begins_nothing() {
    let world = World::new(|b| b).await;
    let mut operation = world.recorded(&["echo no >>ROOT/trace", "true"]).await;
    operation.outcome = Outcome::Running;
    operation.cancel = true;
    let mut batch = Batch::new();
    batch.put(&operation, Expected::Anything);
    world.store.commit(batch).await.unwrap();
    assert_eq!(world.operations().recover().await.unwrap(), 1);
    let ended = world.until(operation.id, |o| o.outcome.is_end()).await;
    assert_eq!(ended.outcome, Outcome::Cancelled);
    assert_eq!(ended.error.unwrap().effect, Some(Effect::None));
    let told = world.host.path().join(format!("var/lib/brokeforge/op/{}/cancel", operation.id));
    assert!(told.exists(), "what the dead process sent must not begin any more");
    assert_eq!(world.host.trace(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_server_goes_all_that_hangs_on_it() {
    let world = World::new(|b| b).await;
    let operations = world.operations();
    let secret = Secret::from_text("hunter2".into());
    operations.keep_passphrase(world.server, &secret).await.unwrap();
    let user = || "root".to_owned();
    let make = LocalStep::StoreKey { name: "make".into(), user: user() };
    let operation = world.record(plan(vec![Step::Local(make)]), Action::Install, true).await;
    assert_eq!(runs(&world, &operations, &operation).await.outcome, Outcome::Done);

    let mut server = world.store.get::<Server>(&world.server).unwrap().unwrap().record;
    server.status = Status::Removing;
    let mut batch = Batch::new();
    batch.put(&server, Expected::Anything);
    world.store.commit(batch).await.unwrap();
    let steps = vec![
        Step::Remote(remote(&world, "last", "echo bye >>ROOT/trace")),
        Step::Local(LocalStep::DeleteKey { name: "delete".into(), user: user() }),
    ];
    let removal = world.record(plan(steps), Action::Remove, false).await;
    let ended = runs(&world, &operations, &removal).await;
    assert_eq!((ended.outcome, &ended.error), (Outcome::Done, &None));
    assert_eq!(world.host.trace(), "bye\n");
    assert!(world.store.get::<Server>(&world.server).unwrap().is_none());
    assert!(world.store.scan::<Resource>(b"").unwrap().is_empty());
    assert!(world.store.scan::<Credential>(b"").unwrap().is_empty());
    assert!(world.store.scan::<Document>(b"").unwrap().is_empty(), "secrets and plans");
    assert_eq!(world.store.scan::<Operation>(b"").unwrap().len(), 2, "history stays");
}
