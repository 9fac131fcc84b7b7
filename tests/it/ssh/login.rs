//! Logging in by key and by agent.

use std::process::Command;

use brokeforge::domain::{FailureKind, Secret};
use brokeforge::ssh::{Auth, Connection, Limits, Phase, SshError, Target, key};
use russh::keys::PrivateKey;
use russh::keys::agent::client::AgentClient;
use russh::keys::agent::server::{Agent, serve};
use russh::keys::key::safe_rng;
use russh::keys::ssh_key::LineEnding;

use super::{SHORT, ended, limits, message, run};
use crate::support::sshd::{Behaviour, Login, ed25519, fingerprint, with_key};

async fn refused(target: &Target, limits: &Limits) -> SshError {
    let error = Connection::open(target, limits).await.unwrap_err();
    assert_eq!(error.failure.kind, FailureKind::NotLoggedIn, "{error}");
    assert_eq!(error.phase, Phase::Auth);
    error
}

fn with_pem(target: Target, pem: &str, passphrase: Option<&str>) -> Target {
    let passphrase = passphrase.map(|words| Secret::from_text(words.into()));
    Target { auth: Auth::Key { pem: Secret::from_text(pem.into()), passphrase }, ..target }
}

#[tokio::test]
async fn a_key_that_is_not_let_in_is_offered_once_and_the_way_out_is_said() {
    let (sshd, _) = with_key(|it| Behaviour { notice: Some("No\u{1b}[2J entry\n".into()), ..it });
    let stranger = key::generate("stranger").unwrap();
    let error = refused(&sshd.target(&stranger), &limits()).await;
    assert!(message(&error).contains("does not let root in"), "{error}");
    assert!(message(&error).contains(&stranger.fingerprint), "{error}");
    assert!(message(&error).contains("publickey"), "{error}");
    let public = stranger.public.trim_end_matches(" stranger");
    assert!(error.failure.remedy.unwrap().contains(public));
    assert_eq!(error.failure.lines, ["No entry"]);
    assert_eq!(sshd.counts().offers, 1);

    sshd.set(|it| it.login = Login::PasswordOnly);
    let error = refused(&sshd.target(&stranger), &limits()).await;
    assert!(message(&error).contains("It would take: password"), "{error}");
    assert!(error.failure.remedy.unwrap().contains("PubkeyAuthentication"));
}

#[tokio::test]
async fn a_password_is_given_as_the_host_asks_for_it() {
    let (sshd, key) = with_key(|it| Behaviour { password: Some("hunter2".into()), ..it });
    let by = |password: &str| Target {
        auth: Auth::Password(Secret::from_text(password.into())),
        ..sshd.target(&key)
    };
    for login in [Login::PasswordOnly, Login::Questions(1), Login::Authorized] {
        sshd.set(|it| it.login = login);
        Connection::open(&by("hunter2"), &limits()).await.unwrap().close().await;
        let before = sshd.counts().passwords;
        let error = refused(&by("hunter3"), &limits()).await;
        assert!(message(&error).contains("does not let root in with this password"), "{error}");
        assert!(error.failure.remedy.unwrap().contains("PermitRootLogin"));
        assert_eq!(sshd.counts().passwords - before, 1, "it is tried once");
    }
    sshd.set(|it| it.login = Login::Questions(2));
    let error = refused(&by("hunter2"), &limits()).await;
    assert!(message(&error).contains("asks root for more than this password"), "{error}");
    sshd.set(|it| {
        it.login = Login::Authorized;
        it.password = None;
    });
    let error = refused(&by("hunter2"), &limits()).await;
    assert!(message(&error).contains("lets root in by no password"), "{error}");
    assert!(message(&error).contains("publickey"), "{error}");
}

#[tokio::test]
async fn a_login_that_stalls_or_breaks_is_told() {
    let (sshd, key) = with_key(|it| Behaviour { login: Login::Stall, ..it });
    let error = refused(&sshd.target(&key), &Limits { auth: SHORT, ..limits() }).await;
    assert!(message(&error).contains("not done in 0.15 s"), "{error}");

    sshd.set(|it| it.login = Login::HangUp);
    let error = refused(&sshd.target(&key), &limits()).await;
    assert!(message(&error).contains("closed the connection during the login"), "{error}");
}

#[tokio::test]
async fn a_bad_key_is_found_before_the_host_is_called() {
    let (sshd, _) = with_key(|it| it);
    let private = ed25519();
    let locked = private.encrypt(&mut safe_rng(), "right").unwrap();
    let locked = locked.to_openssh(LineEnding::LF).unwrap().to_string();
    let public = private.public_key().to_openssh().unwrap();
    for (pem, passphrase, said) in [
        (locked.as_str(), None, "protected by a passphrase"),
        (&locked, Some("wrong"), "does not open the key"),
        (&public, None, "public half"),
    ] {
        let target = with_pem(sshd.target(&key::generate("").unwrap()), pem, passphrase);
        let error = refused(&target, &limits()).await;
        assert!(message(&error).contains(said), "{error}");
    }
    assert_eq!(sshd.counts().connections, 0);

    sshd.set(|it| it.authorized = vec![public.clone()]);
    let target = with_pem(sshd.target(&key::generate("").unwrap()), &locked, Some("right"));
    Connection::open(&target, &limits()).await.unwrap();
}

#[tokio::test]
async fn rsa_keys_log_in_with_a_good_hash() {
    let pem = include_str!("rsa3072");
    let public = PrivateKey::from_openssh(pem).unwrap().public_key().to_openssh().unwrap();
    let (sshd, key) = with_key(|it| it.authorize(&public));
    let connection =
        Connection::open(&with_pem(sshd.target(&key), pem, None), &limits()).await.unwrap();
    assert_eq!(run(&connection, "true", "").await.end, ended(0));
}

#[derive(Clone)]
struct Willing;

impl Agent for Willing {}

/// The agent is named by the environment, so each case runs in a process of its own: this test
/// binary again, with the test below alone.
#[tokio::test]
async fn the_agents_keys_are_offered_one_after_another() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("agent");
    let listener = tokio::net::UnixListener::bind(&socket).unwrap();
    let accepted = futures::stream::unfold(listener, |listener| async move {
        Some((listener.accept().await.map(|(stream, _)| stream), listener))
    });
    tokio::spawn(serve(Box::pin(accepted), Willing));

    let asked = |socket: String, port: u16, pin: String| async move {
        let output = tokio::task::spawn_blocking(move || {
            Command::new(std::env::current_exe().unwrap())
                .args(["ssh::login::logs_in_by_the_agent_of_the_environment", "--exact"])
                .args(["--ignored", "--nocapture"])
                .env("SSH_AUTH_SOCK", socket)
                .env("TEST_PORT", port.to_string())
                .env("TEST_PIN", pin)
                .output()
        });
        String::from_utf8_lossy(&output.await.unwrap().unwrap().stdout).into_owned()
    };
    let (sshd, _) = with_key(|it| it);
    let pin = format!("{} {}", sshd.host_key().algorithm, sshd.host_key().key);
    let port = sshd.addr().port();
    let path = socket.to_string_lossy().into_owned();

    let said = asked(String::new(), port, pin.clone()).await;
    assert!(said.contains("SSH_AUTH_SOCK is not set"), "{said}");
    let said = asked("/nowhere".into(), port, pin.clone()).await;
    assert!(said.contains("(/nowhere) does not answer"), "{said}");
    let said = asked(path.clone(), port, pin.clone()).await;
    assert!(said.contains("holds no key"), "{said}");

    let mut agent = AgentClient::connect_uds(&socket).await.unwrap();
    let keys: Vec<PrivateKey> = (0..3).map(|_| ed25519()).collect();
    for key in &keys {
        agent.add_identity(key, &[]).await.unwrap();
    }
    let said = asked(path.clone(), port, pin.clone()).await;
    assert!(said.contains("does not let root in with"), "{said}");
    assert!(keys.iter().all(|key| said.contains(&fingerprint(key))), "{said}");
    assert_eq!(sshd.counts().offers, 3);

    let right = keys[1].public_key().to_openssh().unwrap();
    sshd.set(|it| it.authorized = vec![right]);
    let said = asked(path.clone(), port, pin.clone()).await;
    assert!(said.contains("LOGGED IN"), "{said}");

    sshd.set(|it| it.authorized.clear());
    for _ in 0..4 {
        agent.add_identity(&ed25519(), &[]).await.unwrap();
    }
    let before = sshd.counts().offers;
    let said = asked(path, port, pin).await;
    assert!(said.contains("holds 2 more"), "{said}");
    assert_eq!(sshd.counts().offers - before, 5);
}

#[tokio::test]
#[ignore = "run by the test above, with an agent in the environment"]
async fn logs_in_by_the_agent_of_the_environment() {
    let (Ok(port), Ok(pin)) = (std::env::var("TEST_PORT"), std::env::var("TEST_PIN")) else {
        return;
    };
    let target = Target {
        label: String::new(),
        place: "web1".into(),
        host: "127.0.0.1".into(),
        port: port.parse().unwrap(),
        user: "root".into(),
        host_keys: vec![key::host_key(&pin).unwrap()],
        auth: Auth::Agent,
        sudo: false,
    };
    match Connection::open(&target, &limits()).await {
        Ok(_) => println!("LOGGED IN"),
        Err(error) => println!("{error} {:?}", error.failure),
    }
}
