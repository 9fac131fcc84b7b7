//! First logins of other sorts: a password that is used once, and a user who becomes root by sudo.

use std::os::unix::fs::PermissionsExt;

use brokeforge::domain::*;
use brokeforge::packages::{self, *};
use brokeforge::store::{Batch, Expected};

use super::whole::World;

fn plan(steps: Vec<Step>) -> Plan {
    let milestones = vec![
        packages::plan::milestone("first", "First", steps),
        packages::plan::milestone("complete", "Complete", Vec::new()),
    ];
    Plan { milestones, undo: None, notes: Vec::new() }
}

fn local(step: LocalStep) -> Step {
    Step::Local(step)
}

async fn change(world: &World, change: impl FnOnce(&mut Server)) {
    let mut server = world.store.get::<Server>(&world.server).unwrap().unwrap().record;
    change(&mut server);
    let mut batch = Batch::new();
    batch.put(&server, Expected::Anything);
    world.store.commit(batch).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_used_until_our_key_is_proved_and_never_again() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_owned();
    let world = World::new(|mut b| {
        b.authorized.clear();
        b.authorized_file = Some(path.clone());
        b.password = Some("hunter2!".into());
        b
    })
    .await;
    change(&world, |server| server.login = Login::Password).await;
    let user = || "root".to_owned();
    let bring = || {
        let apply = format!("cat \"$BF_IN/key\" >>{}", path.to_str().unwrap());
        let mut append = RemoteStep { apply: Some(apply), ..RemoteStep::new("append") };
        let source = InputSource::PublicKey { user: user(), which: Which::Current };
        append.inputs = vec![Input { name: "key".into(), source }];
        plan(vec![
            local(LocalStep::StoreKey { name: "make".into(), user: user() }),
            Step::Remote(append),
            local(LocalStep::ProveLogin {
                name: "prove".into(),
                user: user(),
                baseline: false,
                adopt: true,
                which: Which::Current,
            }),
        ])
    };
    let operations = world.operations();

    // Nobody knows it, as after a restart.
    let operation = world.record(bring(), Action::Install, true).await;
    operations.start(&operation);
    let ended = world.until(operation.id, |o| o.outcome.is_end()).await;
    let failure = ended.error.unwrap();
    assert_eq!(failure.kind, FailureKind::NotLoggedIn, "{failure}");
    assert!(failure.message.contains("is not known any more"), "{failure}");
    assert!(failure.remedy.unwrap().contains("--password"));

    world.passwords.keep(world.server, Secret::from_text("hunter2!".into()));
    let operation = world.record(bring(), Action::Install, true).await;
    operations.start(&operation);
    let ended = world.until(operation.id, |o| o.outcome.is_end()).await;
    assert_eq!((ended.outcome, &ended.error), (Outcome::Done, &None));
    assert!(world.passwords.get(world.server).is_none());
    let tried = world.sshd.counts().passwords;
    assert!(tried >= 1);

    let look = || {
        let step = RemoteStep { apply: Some("true".into()), ..RemoteStep::new("look") };
        plan(vec![Step::Remote(step)])
    };
    let operation = world.record(look(), Action::Install, true).await;
    world.operations().start(&operation);
    let ended = world.until(operation.id, |o| o.outcome.is_end()).await;
    assert_eq!((ended.outcome, &ended.error), (Outcome::Done, &None));
    assert_eq!(world.sshd.counts().passwords, tried);

    // Whatever the end of an operation is, the password does not outlive it.
    world.passwords.keep(world.server, Secret::from_text("hunter2!".into()));
    let step = RemoteStep { apply: Some("exit 3".into()), ..RemoteStep::new("fail") };
    let failing = plan(vec![Step::Remote(step)]);
    let operation = world.record(failing, Action::Install, true).await;
    world.operations().start(&operation);
    let ended = world.until(operation.id, |o| o.outcome.is_end()).await;
    assert_eq!(ended.outcome, Outcome::Failed);
    assert!(world.passwords.get(world.server).is_none());
}

/// Stands in for sudo: it gives nothing of the login's environment on.
const SUDO: &str = r#"#!/bin/sh
[ "$1" = -n ] || exit 9
shift
if [ -e ROOT/says ]; then cat ROOT/says >&2; exit 1; fi
echo "$*" >>ROOT/sudo
exec env -i PATH=/usr/bin:/bin "$@"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn another_user_becomes_root_by_sudo_or_is_refused_with_what_mends_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let text = SUDO.replace("ROOT", folder.path().to_str().unwrap());
    std::fs::write(path("sudo.sh"), text).unwrap();
    std::fs::set_permissions(path("sudo.sh"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let bin = path("bin");
    std::fs::create_dir(&bin).unwrap();
    std::os::unix::fs::symlink(path("sudo.sh"), bin.join("sudo")).unwrap();
    let world =
        World::new(|b| b.env("PATH", format!("{}:/usr/bin:/bin", bin.to_str().unwrap()))).await;
    change(&world, |server| server.user = "admin".into()).await;
    let operations = world.operations();
    let facts = operations.probe(world.server, &[]).await.unwrap();
    assert!(facts.peer.is_some(), "what is hidden by sudo is told all the same");
    let operation = world.recorded(&["echo $HOME >>ROOT/trace", "true"]).await;
    operations.start(&operation);
    let ended = world.until(operation.id, |o| o.outcome.is_end()).await;
    assert_eq!((ended.outcome, &ended.error), (Outcome::Done, &None));
    assert_eq!(world.host.trace(), "/root\n");
    let ran = std::fs::read_to_string(path("sudo")).unwrap();
    assert!(ran.lines().all(|line| line.starts_with("/bin/sh -s -- 127.0.0.1 ")), "{ran}");

    for (says, message, remedy) in [
        ("sudo: a password is required\n", "asks admin for a password", "NOPASSWD"),
        ("sudo: sorry, you must have a tty to run sudo\n", "on a terminal alone", "!requiretty"),
        ("admin is not in the sudoers file.\nsudo: no\n", "does not make admin root", "NOPASSWD"),
    ] {
        std::fs::write(path("says"), says).unwrap();
        let failure = operations.probe(world.server, &[]).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::NotLoggedIn, "{failure}");
        assert!(failure.message.contains(message), "{failure}");
        assert!(failure.remedy.unwrap().contains(remedy));
    }
    std::fs::remove_file(bin.join("sudo")).unwrap();
    if !std::path::Path::new("/usr/bin/sudo").exists() {
        let failure = operations.probe(world.server, &[]).await.unwrap_err();
        assert!(failure.message.contains("There is no sudo"), "{failure} {:?}", failure.lines);
    }
}
