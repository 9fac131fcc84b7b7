//! A login key that is replaced: whatever goes wrong, and wherever, there is a key that lets us in.

use std::path::{Path, PathBuf};

use brokeforge::domain::*;
use brokeforge::operations::Operations;
use brokeforge::packages::{self, *};

use super::whole::World;

/// A server whose login key of ours is in a file of its own, with a foreign line before it.
struct Fleet {
    world: World,
    file: PathBuf,
    _file: tempfile::NamedTempFile,
}

const FOREIGN: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGYrjQWnJEjVbzkGLzPYmKAFxjhd0MoFwjCRQ8yyCI0L x\n";

fn user() -> String {
    "root".to_owned()
}

fn plan(steps: Vec<Step>) -> Plan {
    let milestones = vec![
        packages::plan::milestone("first", "First", steps),
        packages::plan::milestone("complete", "Complete", Vec::new()),
    ];
    Plan { milestones, undo: None, notes: Vec::new() }
}

fn about(name: &str, script: String, which: Which) -> Step {
    let source = InputSource::PublicKey { user: user(), which };
    let input = Input { name: "key".into(), source };
    Step::Remote(RemoteStep { apply: Some(script), inputs: vec![input], ..RemoteStep::new(name) })
}

fn append(file: &Path, which: Which) -> Step {
    let file = file.to_str().unwrap();
    let script = format!(
        "grep -qxF -f \"$BF_IN/key\" {file} || {{ cat \"$BF_IN/key\"; echo; }} >>{file}; \
         echo appended"
    );
    about("append", script, which)
}

fn remove(file: &Path) -> Step {
    let file = file.to_str().unwrap();
    let script = format!("grep -vxF -f \"$BF_IN/key\" {file} >{file}.new; cat {file}.new >{file}");
    about("remove", script, Which::Old)
}

fn prove(which: Which) -> Step {
    let (name, user) = ("prove".into(), user());
    Step::Local(LocalStep::ProveLogin { name, user, baseline: false, adopt: true, which })
}

fn next() -> Step {
    Step::Local(LocalStep::NextKey { name: "next".into(), user: user() })
}

fn refused() -> Step {
    Step::Local(LocalStep::ProveRefused { name: "refused".into(), user: user() })
}

fn forget() -> Step {
    Step::Local(LocalStep::ForgetOldKey { name: "forget".into(), user: user() })
}

impl Fleet {
    async fn new() -> Self {
        let kept = tempfile::NamedTempFile::new().unwrap();
        let file = kept.path().to_owned();
        std::fs::write(&file, FOREIGN).unwrap();
        let path = file.clone();
        let world = World::new(|mut b| {
            b.authorized_file = Some(path);
            b
        })
        .await;
        let fleet = Self { world, file, _file: kept };
        let make = Step::Local(LocalStep::StoreKey { name: "make".into(), user: user() });
        let steps = vec![make, append(&fleet.file, Which::Current), prove(Which::Current)];
        assert_eq!(fleet.runs(steps).await.outcome, Outcome::Done);
        // from here on our key is the only way in
        std::fs::remove_file(fleet.world.home.path().join("key")).unwrap();
        fleet
    }

    fn rotation(&self) -> Vec<Step> {
        let new = append(&self.file, Which::Next);
        vec![next(), new, prove(Which::Next), remove(&self.file), refused(), forget()]
    }

    async fn begun(&self, operations: &Operations, steps: Vec<Step>) -> Operation {
        let operation = self.world.record(plan(steps), Action::Install, true).await;
        operations.start(&operation);
        operation
    }

    async fn runs(&self, steps: Vec<Step>) -> Operation {
        let operation = self.begun(&self.world.operations(), steps).await;
        self.world.until(operation.id, |o| o.outcome.is_end()).await
    }

    fn credential(&self) -> Credential {
        let key = (self.world.server, user());
        self.world.store.get::<Credential>(&key).unwrap().unwrap().record
    }

    /// Whether what is stored lets us in.
    async fn is_let_in(&self) {
        let look = RemoteStep { apply: Some("true".into()), ..RemoteStep::new("look") };
        let ended = self.runs(vec![Step::Remote(look)]).await;
        assert_eq!((ended.outcome, &ended.error), (Outcome::Done, &None));
    }

    /// One key of ours, on both sides, and what was there before.
    fn is_rotated(&self, before: &Credential) {
        let now = self.credential();
        assert!(now.proved && now.next.is_none() && now.old.is_none(), "{now:?}");
        assert_ne!(now.fingerprint, before.fingerprint);
        let file = std::fs::read_to_string(&self.file).unwrap();
        assert_eq!(file, format!("{FOREIGN}{}\n", now.public_key));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_new_key_is_used_and_the_old_one_refused_and_forgotten() {
    let fleet = Fleet::new().await;
    let before = fleet.credential();
    let ended = fleet.runs(fleet.rotation()).await;
    assert_eq!((ended.outcome, &ended.error), (Outcome::Done, &None));
    fleet.is_rotated(&before);
    fleet.is_let_in().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_that_is_refused_leaves_the_old_one_in_use_and_a_retry_goes_on_with_it() {
    let fleet = Fleet::new().await;
    let before = fleet.credential();
    let mut steps = fleet.rotation();
    steps[1] = about("append", "true".into(), Which::Next);
    let ended = fleet.runs(steps).await;
    let failure = ended.error.unwrap();
    assert_eq!(failure.step.as_deref(), Some("prove"), "{failure}");
    assert_eq!(ended.steps[3].outcome, StepOutcome::Waiting, "the old key's line stays");
    let kept = fleet.credential();
    assert_eq!(kept.fingerprint, before.fingerprint);
    let next = kept.next.unwrap();
    assert!(kept.old.is_none());
    fleet.is_let_in().await;

    let ended = fleet.runs(fleet.rotation()).await;
    assert_eq!((ended.outcome, &ended.error), (Outcome::Done, &None));
    assert_eq!(fleet.credential().fingerprint, next.fingerprint, "no second key was made");
    fleet.is_rotated(&before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_key_that_still_lets_in_is_told_and_stays_known() {
    let fleet = Fleet::new().await;
    let before = fleet.credential();
    let mut steps = fleet.rotation();
    steps[3] = about("remove", "true".into(), Which::Old);
    let ended = fleet.runs(steps).await;
    let failure = ended.error.unwrap();
    assert!(failure.message.contains("The old key still logs in as root"), "{failure}");
    let kept = fleet.credential();
    assert_eq!(kept.old.unwrap().fingerprint, before.fingerprint);
    fleet.is_let_in().await;

    let ended = fleet.runs(fleet.rotation()).await;
    assert_eq!((ended.outcome, &ended.error), (Outcome::Done, &None));
    assert_eq!(fleet.credential().fingerprint, kept.fingerprint, "it went on from there");
    fleet.is_rotated(&before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_does_not_answer_is_not_one_that_refuses() {
    let fleet = Fleet::new().await;
    let before = fleet.credential();
    let mut steps = fleet.rotation();
    steps.truncate(4);
    assert_eq!(fleet.runs(steps).await.outcome, Outcome::Done);
    fleet.world.sshd.set(|b| b.login = crate::support::sshd::Login::HangUp);
    let ended = fleet.runs(vec![refused(), forget()]).await;
    assert_eq!(ended.outcome, Outcome::Failed);
    assert_eq!(fleet.credential().old.unwrap().fingerprint, before.fingerprint);
    fleet.world.sshd.set(|b| b.login = crate::support::sshd::Login::Authorized);
    let ended = fleet.runs(vec![refused(), forget()]).await;
    assert_eq!((ended.outcome, &ended.error), (Outcome::Done, &None));
    fleet.is_rotated(&before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_lost_after_the_append_changes_nothing() {
    let fleet = Fleet::new().await;
    let before = fleet.credential();
    fleet.world.sshd.set(|b| b.cut_on = Some("appended".into()));
    let ended = fleet.runs(fleet.rotation()).await;
    assert_eq!((ended.outcome, &ended.error), (Outcome::Done, &None));
    fleet.is_rotated(&before);
    fleet.is_let_in().await;
}

/// The process dies while the host is at the step of this number.
fn dies_at(step: usize) {
    let first = tokio::runtime::Runtime::new().unwrap();
    let (fleet, before, operation) = first.block_on(async {
        let fleet = Fleet::new().await;
        let before = fleet.credential();
        let mut steps = fleet.rotation();
        let gate = "while [ ! -e ROOT/go ]; do sleep 0.1; done";
        let gate = gate.replace("ROOT", fleet.world.host.root());
        let wait = RemoteStep { apply: Some(gate), ..RemoteStep::new("wait") };
        steps.insert(step, Step::Remote(wait));
        let operation = fleet.begun(&fleet.world.operations(), steps).await;
        let at = |o: &Operation| o.steps.get(step).is_some_and(|s| s.started_at.is_some());
        fleet.world.until(operation.id, at).await;
        (fleet, before, operation)
    });
    first.shutdown_background();
    let second = tokio::runtime::Runtime::new().unwrap();
    second.block_on(async {
        fleet.is_known();
        std::fs::write(fleet.world.host.path().join("go"), "").unwrap();
        assert_eq!(fleet.world.operations().recover().await.unwrap(), 1);
        let ended = fleet.world.until(operation.id, |o| o.outcome.is_end()).await;
        assert_eq!((ended.outcome, &ended.error), (Outcome::Done, &None), "at {step}");
        fleet.is_rotated(&before);
        fleet.is_let_in().await;
    });
}

impl Fleet {
    /// What is stored as our login has its line on the host.
    fn is_known(&self) {
        let file = std::fs::read_to_string(&self.file).unwrap();
        assert!(file.contains(&self.credential().public_key), "{file}");
    }
}

#[test]
fn whoever_comes_next_goes_on_wherever_the_last_one_died() {
    for step in 1..=6 {
        dies_at(step);
    }
}
