//! Operations inside operations: one turn, one lock, one end; taken up again with their parent.

use brokeforge::domain::*;
use brokeforge::packages::{self, *};
use brokeforge::store::{Batch, Expected};

use super::whole::{Tried, World};

/// A package whose resources bring their own scripts.
struct Part;

static PACKAGES: &[&dyn Package] = &[&Tried, &Part];

impl Package for Part {
    fn kind(&self) -> &'static str {
        "part"
    }
    fn title(&self) -> &'static str {
        "part"
    }
    fn named_by(&self) -> Option<&'static str> {
        Some("name")
    }
    fn fields(&self) -> &'static [Field] {
        const FIELDS: &[Field] = &[Field::flag("polished", "polished", "")];
        FIELDS
    }
    fn probes(&self) -> &'static [(&'static str, &'static str)] {
        &[("part", "echo probed")]
    }
    fn version(&self, _: &str, facts: &Facts) -> Option<String> {
        facts.sections.get("part").cloned()
    }
    fn plan(&self, params: &Params<'_>, facts: &Facts) -> Result<Answer, Failure> {
        assert_eq!(facts.sections.get("part").map(|s| s.trim()), Some("probed"));
        let resource = params.resource.unwrap();
        let text = |name: &str| resource.fields.get(name).and_then(|v| v.as_str()).unwrap();
        if resource.fields.get("asks").is_some() && params.answer("way").is_none() {
            let question =
                Question::new("way", "Something is in the way.").or("leave", "It stays.");
            return Ok(Answer::Questions(vec![question]));
        }
        let step =
            RemoteStep::checked(format!("do {}", text("name")), text("check"), text("apply"));
        let package = InstalledPackage {
            server: params.server.id,
            site: None,
            kind: "part".into(),
            name: text("name").into(),
            version: None,
            configuration: Fields::new(),
            status: Status::Active,
            installed_at: Time::now(),
        };
        let note = LocalStep::WritePackage { name: "note it".into(), package };
        let milestones = vec![
            packages::plan::milestone("do", "Do", vec![Step::Remote(step)]),
            packages::plan::milestone("complete", "Complete", vec![Step::Local(note)]),
        ];
        Ok(Answer::Plan(Plan { milestones, undo: None, notes: Vec::new() }))
    }
}

fn fields(world: &World, name: &str, apply: &str) -> Fields {
    let root = world.host.root();
    let mut fields = Fields::new();
    fields.insert("name".into(), name.into());
    fields.insert("check".into(), format!("grep -qx {name} {root}/trace || exit 1").into());
    fields.insert("apply".into(), apply.replace("ROOT", root).into());
    fields
}

fn child(fields: Fields) -> Step {
    let name = format!("bring {}", fields["name"].as_str().unwrap());
    let (kind, choices) = ("part".to_owned(), Fields::new());
    Step::Local(LocalStep::Child { name, kind, fields, choices })
}

fn remote(world: &World, name: &str, apply: &str) -> Step {
    let apply = apply.replace("ROOT", world.host.root());
    Step::Remote(RemoteStep { apply: Some(apply), ..RemoteStep::new(name) })
}

fn plan(steps: Vec<Step>) -> Plan {
    let milestones: Vec<packages::Milestone> = steps
        .into_iter()
        .enumerate()
        .map(|(n, step)| packages::plan::milestone(&format!("m{n}"), format!("M {n}"), vec![step]))
        .chain([packages::plan::milestone("complete", "Complete", Vec::new())])
        .collect();
    Plan { milestones, undo: None, notes: Vec::new() }
}

fn children(world: &World, of: OperationId) -> Vec<Operation> {
    let all = world.store.scan::<Operation>(b"").unwrap();
    all.into_iter().map(|s| s.record).filter(|o| o.parent == Some(of)).collect()
}

fn parts(world: &World) -> Vec<Resource> {
    let all = world.store.scan::<Resource>(b"").unwrap();
    let mut all: Vec<Resource> = all.into_iter().map(|s| s.record).collect();
    all.retain(|resource| resource.kind == "part");
    all.sort_by_key(|r| r.fields["name"].as_str().unwrap().to_owned());
    all
}

async fn ends(world: &World, id: OperationId) -> Operation {
    world.until(id, |o| o.outcome.is_end()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn children_run_in_their_parents_turn_and_a_second_time_change_nothing() {
    let world = World::new(|b| b).await;
    let operations = world.operations_with(PACKAGES);
    let steps = |world: &World| {
        vec![
            remote(
                world,
                "first",
                "cat ROOT/run/brokeforge/lock >ROOT/lock; echo first >>ROOT/log",
            ),
            child(fields(
                world,
                "a",
                "cat ROOT/run/brokeforge/lock >>ROOT/lock; echo a >>ROOT/trace",
            )),
            child(fields(world, "b", "echo b >>ROOT/trace")),
        ]
    };
    let operation = world.record(plan(steps(&world)), Action::Install, true).await;
    operations.start(&operation);
    let ended = ends(&world, operation.id).await;
    assert_eq!((ended.outcome, &ended.error), (Outcome::Done, &None));
    assert!(ended.steps.iter().all(|s| s.outcome == StepOutcome::Done), "{:#?}", ended.steps);
    assert_eq!(world.host.trace(), "a\nb\n");
    let begun = children(&world, operation.id);
    let ids: Vec<_> = ended.steps.iter().filter_map(|s| s.child).collect();
    assert_eq!(
        begun.iter().map(|o| o.id).collect::<std::collections::BTreeSet<_>>(),
        ids.iter().copied().collect()
    );
    for one in &begun {
        assert_eq!((one.outcome, one.action), (Outcome::Done, Action::Install));
        assert_eq!(world.resource(one).status, Status::Active);
        assert_eq!(
            world.resource(one).fields["polished"],
            false,
            "what is not said is as declared"
        );
        assert_eq!(world.store.events(one.id).unwrap().len(), 2);
        let name = format!("{}-{}", operation.id, one.id);
        assert!(world.host.path().join("var/lib/brokeforge/op").join(name).exists());
    }
    let lock = std::fs::read_to_string(world.host.path().join("lock")).unwrap();
    let holders: Vec<&str> = lock.lines().filter_map(|line| line.split(' ').nth(1)).collect();
    assert_eq!(holders, [operation.id.to_string(), operation.id.to_string()]);
    assert!(!world.host.path().join("run/brokeforge/lock").exists());
    let noted = world.store.scan::<InstalledPackage>(b"").unwrap();
    assert!(noted.iter().all(|p| p.record.version.is_some()), "{noted:#?}");

    // Nothing to do: one question to the host for all of them, and a run each.
    let commands = world.sshd.counts().commands.len();
    let steps = (0..2).flat_map(|_| steps(&world).split_off(1)).collect();
    let again = world.record(plan(steps), Action::Install, true).await;
    operations.start(&again);
    let ended = ends(&world, again.id).await;
    assert_eq!((ended.outcome, &ended.error), (Outcome::Done, &None));
    assert!(ended.steps.iter().all(|s| s.outcome == StepOutcome::Already), "{:#?}", ended.steps);
    assert!(children(&world, again.id).iter().all(|o| o.action == Action::Update));
    assert_eq!(world.host.trace(), "a\nb\n");
    assert_eq!(parts(&world).len(), 2);
    // one question and four runs, of which the last gives the lock back
    assert_eq!(world.sshd.counts().commands.len() - commands, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_childs_failure_is_its_parents_and_a_retry_goes_on_there() {
    let world = World::new(|b| b).await;
    let operations = world.operations_with(PACKAGES);
    let steps = |world: &World| {
        vec![
            child(fields(world, "a", "echo a >>ROOT/trace")),
            child(fields(world, "b", "echo 'no room' >&2; test -e ROOT/room; echo b >>ROOT/trace")),
            remote(world, "last", "echo last >>ROOT/trace"),
        ]
    };
    let operation = world.record(plan(steps(&world)), Action::Install, true).await;
    operations.start(&operation);
    let ended = ends(&world, operation.id).await;
    assert_eq!(ended.outcome, Outcome::Failed);
    let failure = ended.error.unwrap();
    assert_eq!(failure.step.as_deref(), Some("do b"));
    assert_eq!(failure.lines, ["no room"]);
    assert_eq!(failure.effect, Some(Effect::Partial));
    assert!(failure.host.unwrap().starts_with("web1 ("));
    let failed = ended.steps[1].child.unwrap().to_string();
    assert!(failure.message.contains("add part “b”"), "{}", failure.message);
    assert!(failure.remedy.unwrap().contains(&failed));
    assert_eq!(
        parts(&world).iter().map(|r| r.status).collect::<Vec<_>>(),
        [Status::Active, Status::Failed]
    );
    assert_eq!(world.resource(&operation).status, Status::Failed);
    assert!(!world.host.path().join("run/brokeforge/lock").exists());

    std::fs::write(world.host.path().join("room"), "").unwrap();
    let again = world.record(plan(steps(&world)), Action::Install, true).await;
    operations.start(&again);
    let ended = ends(&world, again.id).await;
    assert_eq!((ended.outcome, &ended.error), (Outcome::Done, &None));
    use StepOutcome::{Already, Done};
    assert_eq!(ended.steps.iter().map(|s| s.outcome).collect::<Vec<_>>(), [Already, Done, Done]);
    assert_eq!(world.host.trace(), "a\nb\nlast\n");
    assert_eq!(parts(&world).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_of_either_ends_both() {
    let world = World::new(|b| b).await;
    let operations = world.operations_with(PACKAGES);
    for the_child in [false, true] {
        let name = if the_child { "b" } else { "a" };
        let steps = vec![
            child(fields(&world, name, "sleep 30; echo no >>ROOT/trace")),
            child(fields(&world, "never", "echo never >>ROOT/trace")),
        ];
        let operation = world.record(plan(steps), Action::Install, true).await;
        operations.start(&operation);
        let begun = world.until(operation.id, |o| o.steps.iter().any(|s| s.child.is_some())).await;
        let inner = begun.steps[0].child.unwrap();
        world.until(inner, |o| o.steps.iter().any(|s| s.outcome == StepOutcome::Running)).await;
        operations.cancel(if the_child { inner } else { operation.id }).await.unwrap();
        let (ended, inner) = (ends(&world, operation.id).await, ends(&world, inner).await);
        assert_eq!(inner.outcome, Outcome::Cancelled);
        let wanted = if the_child { Outcome::Failed } else { Outcome::Cancelled };
        assert_eq!(ended.outcome, wanted, "{:?}", ended.error);
        assert_eq!(children(&world, operation.id).len(), 1);
    }
    assert_eq!(world.host.trace(), "");
    assert!(!world.host.path().join("run/brokeforge/lock").exists());
}

#[test]
fn whoever_takes_up_the_parent_goes_on_with_its_child() {
    for cancelled in [false, true] {
        let first = tokio::runtime::Runtime::new().unwrap();
        let (world, operation, inner) = first.block_on(async {
            let world = World::new(|b| b).await;
            let apply = "echo a >>ROOT/log; while [ ! -e ROOT/go ]; do sleep 0.1; done; echo a >>ROOT/trace";
            let steps = vec![
                child(fields(&world, "a", apply)),
                child(fields(&world, "b", "echo b >>ROOT/trace")),
            ];
            let operation = world.record(plan(steps), Action::Install, true).await;
            let operations = world.operations_with(PACKAGES);
            operations.start(&operation);
            let begun = world.until(operation.id, |o| o.steps.iter().any(|s| s.child.is_some())).await;
            let inner = begun.steps[0].child.unwrap();
            world.until(inner, |o| o.steps.iter().any(|s| s.outcome == StepOutcome::Running)).await;
            (world, operation, inner)
        });
        first.shutdown_background();
        let second = tokio::runtime::Runtime::new().unwrap();
        second.block_on(async {
            let operations = world.operations_with(PACKAGES);
            let unfinished = operations.unfinished().unwrap();
            assert_eq!(unfinished.iter().map(|o| o.id).collect::<Vec<_>>(), [operation.id]);
            if cancelled {
                // It is told to the parent, which is taken up by that.
                operations.cancel(inner).await.unwrap();
            } else {
                std::fs::write(world.host.path().join("go"), "").unwrap();
                assert_eq!(operations.recover().await.unwrap(), 1);
            }
            let ended = ends(&world, operation.id).await;
            let wanted = if cancelled { Outcome::Failed } else { Outcome::Done };
            assert_eq!(ended.outcome, wanted, "{:?}", ended.error);
            let all = children(&world, operation.id);
            assert_eq!(all.len(), if cancelled { 1 } else { 2 });
            assert!(all.iter().all(|o| o.outcome.is_end()));
            assert_eq!(world.host.trace(), if cancelled { "" } else { "a\nb\n" });
            let log = std::fs::read_to_string(world.host.path().join("log")).unwrap();
            assert_eq!(log, "a\n", "it was begun once");
            assert!(!world.host.path().join("run/brokeforge/lock").exists());
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_that_ended_before_its_parent_knew_is_not_begun_again() {
    let world = World::new(|b| b).await;
    let steps = vec![child(fields(&world, "a", "echo a >>ROOT/trace"))];
    let operation = world.record(plan(steps), Action::Install, true).await;
    world.operations_with(PACKAGES).start(&operation);
    let mut ended = ends(&world, operation.id).await;
    let (id, steps) = (ended.id, ended.steps.clone());

    // As if the process had died between the two ends.
    let steps_of = vec![child(fields(&world, "a", "echo a >>ROOT/trace"))];
    let again = world.record(plan(steps_of), Action::Install, true).await;
    ended.id = again.id;
    ended.resource = again.resource;
    ended.outcome = Outcome::Running;
    ended.finished_at = None;
    ended.progress = Progress::default();
    ended.steps[0].outcome = StepOutcome::Running;
    let mut batch = Batch::new();
    batch.put(&ended, Expected::Anything);
    world.store.commit(batch).await.unwrap();
    assert_eq!(world.operations_with(PACKAGES).recover().await.unwrap(), 1);
    let over = ends(&world, again.id).await;
    assert_eq!((over.outcome, over.steps[0].child), (Outcome::Done, steps[0].child));
    assert_eq!(children(&world, id).len(), 1);
    assert_eq!(children(&world, again.id).len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_takes_a_resource_away_once() {
    let world = World::new(|b| b).await;
    let operations = world.operations_with(PACKAGES);
    let steps = vec![child(fields(&world, "a", "echo a >>ROOT/trace"))];
    let operation = world.record(plan(steps), Action::Install, true).await;
    operations.start(&operation);
    assert_eq!(ends(&world, operation.id).await.outcome, Outcome::Done);
    let id = parts(&world)[0].id;
    for wanted in [Action::Remove, Action::Install] {
        let (name, kind) = ("take a away".to_owned(), "part".to_owned());
        let step = Step::Local(LocalStep::RemoveChild { name, kind, id });
        let operation = world.record(plan(vec![step]), Action::Install, true).await;
        operations.start(&operation);
        let ended = ends(&world, operation.id).await;
        assert_eq!((ended.outcome, &ended.error), (Outcome::Done, &None));
        assert!(parts(&world).is_empty());
        let begun = children(&world, operation.id);
        let there = wanted == Action::Remove;
        assert_eq!(begun.len(), usize::from(there));
        assert!(begun.iter().all(|o| o.action == wanted && o.subject.as_deref() == Some("a")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_child_asks_its_parent_answers() {
    let world = World::new(|b| b).await;
    let operations = world.operations_with(PACKAGES);
    let asks = || {
        let mut fields = fields(&world, "a", "echo a >>ROOT/trace");
        fields.insert("asks".into(), true.into());
        plan(vec![child(fields)])
    };
    let operation = world.record(asks(), Action::Install, true).await;
    operations.start(&operation);
    let ended = ends(&world, operation.id).await;
    let failure = ended.error.unwrap();
    assert_eq!((failure.kind, failure.effect), (FailureKind::Refused, Some(Effect::None)));
    assert_eq!(failure.questions.len(), 1);
    assert!(failure.remedy.unwrap().contains("--answer way=stop|leave"));

    let mut again = world.record(asks(), Action::Install, true).await;
    again.choices.insert("way".into(), "leave".into());
    let mut batch = Batch::new();
    batch.put(&again, Expected::Anything);
    world.store.commit(batch).await.unwrap();
    operations.start(&again);
    assert_eq!(ends(&world, again.id).await.outcome, Outcome::Done);
    assert_eq!(world.host.trace(), "a\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_operation_waits_for_is_not_taken_from_it() {
    let world = World::new(|b| b).await;
    let operations = world.operations_with(PACKAGES);
    let waiting = Resource {
        id: ResourceId::new(Time::now(), 5),
        kind: "part".into(),
        server: world.server,
        site: None,
        fields: fields(&world, "a", "true"),
        status: Status::Pending,
        error: None,
        created_at: Time::now(),
        updated_at: Time::now(),
    };
    let mut batch = Batch::new();
    batch.put(&waiting, Expected::Absent);
    world.store.commit(batch).await.unwrap();
    let steps = vec![child(fields(&world, "a", "echo a >>ROOT/trace"))];
    let operation = world.record(plan(steps), Action::Install, true).await;
    operations.start(&operation);
    let failure = ends(&world, operation.id).await.error.unwrap();
    assert_eq!((failure.kind, failure.effect), (FailureKind::Conflict, Some(Effect::None)));
    assert!(failure.message.contains("part “a” is pending"), "{}", failure.message);
    assert_eq!(children(&world, operation.id).len(), 0);
}
