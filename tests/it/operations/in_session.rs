//! Runs in a session of their own, of a user without root and of root's commands: the same promises.

use std::fs;
use std::io::Read;
use std::process::{Child, Command};

use brokeforge::domain::*;
use brokeforge::operations::Stream;
use brokeforge::operations::protocol::{
    self, Content, Frames, Mark, News, Phase, RunKey, Verdict, Who,
};
use brokeforge::packages::{self, *};
use brokeforge::store::{Batch, Expected};

use super::whole::World;
use super::{Host, Job, SOON, end, marks, said};
use crate::lab;

/// Those that have a session instead of a unit.
const BOTH: [Who; 2] = [Who::User, Who::Login];

fn job(host: &Host, scripts: &[&str]) -> Job {
    Job { who: Who::User, ..Job::new(host, scripts) }
}

#[test]
fn a_command_has_the_lock_and_what_it_leaves_running_goes_on() {
    let host = Host::new();
    let gate = host.path().join("gate");
    let lock = host.path().join("run/brokeforge/lock");
    let script = format!(
        "cat {}; echo $HOME; setsid -f sh -c 'until [ -e {} ]; do sleep 0.05; done; echo on >>TRACE' \
         >/dev/null 2>&1",
        lock.display(),
        gate.display()
    );
    let job = Job { who: Who::Login, ..Job::new(&host, &[&script]) };
    let news = host.start(&job);
    assert_eq!(marks(&news)[..2], [end(0, Phase::Apply, 0), Mark::Over(Verdict::Done)]);
    assert_eq!(said(&news, Stream::Out), "me o-1 1700000000\n/root\n");
    assert!(!lock.exists());
    let units = fs::read_dir(host.path().join("units")).unwrap().count();
    assert_eq!((units, host.trace().as_str()), (0, ""));
    fs::write(&gate, "").unwrap();
    lab::until("what was left running", SOON, || host.trace() == "on\n");
}

#[test]
fn a_command_has_a_unit_where_a_session_would_end_with_its_connection() {
    for (group, units) in [
        ("0::/user.slice/user-0.slice/session-3.scope\n", 0),
        ("12:pids:/x\n1:name=systemd:/lxc/a/system.slice/sshd.service\n0::/\n", 0),
        // logind may be told to end those of others
        ("0::/user.slice/user-1000.slice/session-3.scope\n", 1),
        // one service for each connection, which ends all of its processes
        ("0::/system.slice/system-ssh.slice/ssh@1-10.0.0.1:22-10.0.0.2:5000.service\n", 1),
        ("1:cpu:/system.slice/ssh.service\n0::/\n", 1),
    ] {
        let host = Host::new();
        fs::write(host.path().join("proc/self/cgroup"), group).unwrap();
        let count = "ls UNITS | grep -c '^brokeforge-o-1-0$' || :";
        let count = count.replace("UNITS", host.path().join("units").to_str().unwrap());
        let news = host.start(&Job { who: Who::Login, ..Job::new(&host, &[&count]) });
        assert_eq!(said(&news, Stream::Out), format!("{units}\n"), "{group} {news:?}");
    }
}

#[test]
fn a_command_at_work_keeps_its_lock() {
    keeps_its_lock("o-9", Who::Login);
}

#[test]
fn it_is_begun_once_and_followed_by_whoever_comes() {
    BOTH.into_iter().for_each(is_begun_once);
}

fn is_begun_once(who: Who) {
    let host = Host::new();
    let job = Job { who, ..job(&host, &["echo once >>TRACE; sleep 0.2; echo late"]) };
    let send = |session: &str| host.send(&job.text(&host, session, (0, 0), true));
    let children: Vec<Child> = (0..4).map(|n| send(&format!("5e5{n}"))).collect();
    for (n, child) in children.into_iter().enumerate() {
        let mut frames = Frames::new("4e0c");
        frames.resume(&format!("5e5{n}"));
        let news = host.news(child, &mut frames);
        assert!(marks(&news).contains(&Mark::Over(Verdict::Done)), "{news:?}");
        assert_eq!(said(&news, Stream::Out), "late\n");
    }
    assert_eq!(host.trace(), "once\n");
    let absent = Job { operation: "o-2", who, ..self::job(&host, &["echo no >>TRACE"]) };
    let mut frames = Frames::new("4e0c");
    frames.resume("5e55");
    let news = host.news(host.send(&absent.text(&host, "5e55", (0, 0), false)), &mut frames);
    assert_eq!(news.last(), Some(&News::Absent));
}

#[test]
fn what_the_app_user_does_inside_an_operation_keeps_its_lock() {
    keeps_its_lock("o-9-o-10", Who::User);
}

fn keeps_its_lock(operation: &'static str, who: Who) {
    let host = Host::new();
    fs::create_dir_all(host.path().join("run/brokeforge")).unwrap();
    let lock = host.path().join("run/brokeforge/lock");
    let stale = || {
        fs::write(&lock, "other o-9 1700000000\n").unwrap();
        Command::new("touch").args(["-d", "2 minutes ago"]).arg(&lock).status().unwrap();
    };
    // it has no unit
    let gate = host.path().join("gate");
    let wait = format!("echo child >>TRACE; until [ -e {} ]; do sleep 0.05; done", gate.display());
    let child = Job { operation, controller: "other", who, ..job(&host, &[&wait]) };
    let child = host.send(&child.text(&host, "5e55", (0, 0), true));
    lab::until("the child", SOON, || host.trace() == "child\n");
    stale();
    let other = Job { operation: "o-2", ..Job::new(&host, &["echo other >>TRACE"]) };
    let mut waits = host.send(&other.text(&host, "5e56", (0, 0), true));
    let mut out = waits.stdout.take().unwrap();
    let mut text = Vec::new();
    while !String::from_utf8_lossy(&text).contains("held other o-9 1700000000") {
        let mut some = [0; 256];
        let n = out.read(&mut some).unwrap();
        assert!(n > 0, "{}", String::from_utf8_lossy(&text));
        text.extend_from_slice(&some[..n]);
    }
    assert_eq!(host.trace(), "child\n");
    // with its end the lock is one that was left behind
    fs::write(&gate, "").unwrap();
    child.wait_with_output().unwrap();
    out.read_to_end(&mut text).unwrap();
    waits.wait().unwrap();
    assert_eq!(host.trace(), "child\nother\n");
}

#[test]
fn a_killed_run_is_told_and_takes_its_secrets_with_it() {
    let host = Host::new();
    let mut job = job(&host, &["true", "kill -9 $(sed -n 2p STARTED)"]);
    let started = host.folder(&job).join("started");
    let script = job.steps[1].1.apply.as_mut().unwrap();
    *script = script.replace("STARTED", started.to_str().unwrap());
    job.steps[0].2 = vec![Content { name: "a".into(), bytes: b"x".to_vec(), secret: true }];
    let news = host.start(&job);
    assert_eq!(marks(&news), [end(0, Phase::Apply, 0)], "{news:?}");
    assert!(news.contains(&News::Mark(Mark::Begin { step: 1, phase: Phase::Apply })));
    assert!(matches!(news.last(), Some(News::Gone { .. })));
    assert!(!host.secrets(&job).exists());
}

#[test]
fn a_cancel_ends_the_whole_session() {
    BOTH.into_iter().for_each(cancel_ends);
}

fn cancel_ends(who: Who) {
    let host = Host::new();
    // of the session, many that come and go; and one that has left it and has no parent any more
    let number = host.path().join("number");
    let begun = format!(
        "for n in 1 2 3 4 5 6 7 8; do while :; do sleep 0.1; done & done; setsid -f sh -c \
         'echo $$ >{}; echo begun >>TRACE; while :; do sleep 0.1; done'; sleep 300",
        number.display()
    );
    let scripts = [begun.as_str(), "echo no >>TRACE"];
    let job = Job { who, ..job(&host, &scripts) };
    let secrets = host.secrets(&job);
    let child = host.send(&job.text(&host, "5e55", (0, 0), true));
    lab::until("the step", SOON, || host.trace() == "begun\n");
    let lock = host.path().join("run/brokeforge/lock");
    let release = protocol::release("o-1", Some("o-1"), "me", who, host.root());
    if who == Who::Login {
        // what goes on keeps the lock
        let answer = host.send(&protocol::direct(&release, "a114")).wait_with_output().unwrap();
        assert!(String::from_utf8(answer.stdout).unwrap().ends_with("\na114 end 0\n"));
        assert!(lock.exists());
    }
    let script = protocol::cancel("o-1", RunKey::Steps(0), who, host.root());
    let answer = host.send(&protocol::direct(&script, "a115")).wait_with_output().unwrap();
    let text = String::from_utf8(answer.stdout).unwrap();
    assert!(text.ends_with("\na115 end 0\n"), "{text}");
    let mut frames = Frames::new("4e0c");
    frames.resume("5e55");
    let ended = marks(&host.news(child, &mut frames));
    assert!(matches!(ended[0], Mark::End { step: 0, exit: 124 | 143, .. }), "{ended:?}");
    assert_eq!(ended[1], Mark::Over(Verdict::Failed));
    assert_eq!(host.trace(), "begun\n");
    let number = fs::read_to_string(number).unwrap();
    let group = format!("/proc/{}", number.trim());
    assert!(!std::path::Path::new(&group).exists(), "what has left the session is ended too");
    let later = Job { key: RunKey::Steps(5), who, ..self::job(&host, &["echo no >>TRACE"]) };
    assert_eq!(host.start(&later).last(), Some(&News::NotStarted));

    // Nothing is left to end: that is no failure. Secrets that were left behind go.
    fs::create_dir_all(&secrets).unwrap();
    for script in [script, release] {
        let answer = host.send(&protocol::direct(&script, "a115")).wait_with_output().unwrap();
        assert!(String::from_utf8(answer.stdout).unwrap().ends_with("\na115 end 0\n"));
    }
    assert!(!secrets.exists() && !lock.exists());
}

#[test]
fn what_a_killed_run_was_at_is_ended_before_that_is_told() {
    for who in BOTH {
        let host = Host::new();
        let (folder, number) = (host.path().join("started"), host.path().join("number"));
        let script = format!(
            "echo $$ >{}; kill -9 $(sed -n 2p {}); sleep 300",
            number.display(),
            folder.display()
        );
        let mut job = Job { who, ..job(&host, &[&script]) };
        let started = host.folder(&job).join("started");
        let script = job.steps[0].1.apply.as_mut().unwrap();
        *script = script.replace(folder.to_str().unwrap(), started.to_str().unwrap());
        let news = host.start(&job);
        assert!(matches!(news.last(), Some(News::Gone { .. })), "{who:?} {news:?}");
        let number = fs::read_to_string(number).unwrap();
        let process = format!("/proc/{}", number.trim());
        assert!(!std::path::Path::new(&process).exists(), "{who:?}: its step goes on");
    }
}

/// A package of the app user.
struct Page;

static PACKAGES: &[&dyn Package] = &[&Page];

impl Package for Page {
    fn kind(&self) -> &'static str {
        "tried"
    }
    fn title(&self) -> &'static str {
        "page"
    }
    fn user(&self) -> &'static str {
        APP_USER
    }
    fn fields(&self) -> &'static [Field] {
        &[]
    }
    fn plan(&self, _: &Params<'_>, _: &Facts) -> Result<Answer, Failure> {
        Err(Failure::internal("the tests bring their plans"))
    }
}

/// A world whose server lets our own key for the app user in.
async fn world(cut: Option<&str>) -> World {
    let world = World::new(|mut b| {
        b.cut_on = cut.map(str::to_owned);
        b
    })
    .await;
    let make = LocalStep::StoreKey { name: "make".into(), user: APP_USER.into() };
    let steps = vec![packages::plan::milestone("complete", "Complete", vec![Step::Local(make)])];
    let plan = Plan { milestones: steps, undo: None, notes: Vec::new() };
    let operation = world.record(plan, Action::Install, true).await;
    world.operations().start(&operation);
    world.until(operation.id, |o| o.outcome.is_end()).await;
    let mut stored = world.store.scan::<Credential>(b"").unwrap().remove(0).record;
    stored.proved = true;
    let mut batch = Batch::new();
    batch.put(&stored, Expected::Anything);
    world.store.commit(batch).await.unwrap();
    world.sshd.set(|b| b.authorized.push(stored.public_key.clone()));
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_link_is_taken_up_again() {
    let world = world(Some("half")).await;
    world.takes_a_lost_link_up(&world.operations_with(PACKAGES)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_killed_is_interrupted_and_a_cancel_ends_one() {
    let world = world(None).await;
    let operations = world.operations_with(PACKAGES);
    let kill = "kill -9 $(sed -n 2p ROOT/home/.local/state/brokeforge/op/*/0/started)";
    let operation = world.recorded(&["true", kill]).await;
    operations.start(&operation);
    let ended = world.until(operation.id, |o| o.outcome.is_end()).await;
    assert_eq!(ended.outcome, Outcome::Interrupted, "{:?}", ended.error);
    let message = ended.error.unwrap().message;
    assert!(message.contains("was killed. Done: step 0"), "{message}");

    let operation = world.recorded(&["sleep 30", "echo no >>ROOT/trace"]).await;
    operations.start(&operation);
    let running = |o: &Operation| o.steps.iter().any(|s| s.outcome == StepOutcome::Running);
    world.until(operation.id, running).await;
    operations.cancel(operation.id).await.unwrap();
    let ended = world.until(operation.id, |o| o.outcome.is_end()).await;
    assert_eq!(ended.outcome, Outcome::Cancelled);
    assert_eq!(world.host.trace(), "");
}
