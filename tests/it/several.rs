//! Several brokeforges at once on one fleet: the real binary, on its socket.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

use brokeforge::clock::SystemClock;
use brokeforge::domain::{HostTrust, Login, ServerId};
use brokeforge::fleet::{Consent, Fleet, Notice, Paths, Scope, ServerDraft, ServerEdit};
use brokeforge::store::Store;
use serde_json::Value;

use crate::support::binary::{Done, Home};
use crate::support::pty::Pty;
use crate::support::running::{Running, SOON, line, run_folder, socket, until};

/// Takes connections and says nothing on them.
struct SilentHost {
    listener: TcpListener,
}

impl SilentHost {
    fn new() -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").unwrap() }
    }

    fn port(&self) -> String {
        self.listener.local_addr().unwrap().port().to_string()
    }
}

fn add<'a>(name: &'a str, port: &'a str) -> [&'a str; 9] {
    let host = "127.0.0.1";
    ["server", "add", name, "--host", host, "--port", port, "--agent", "--accept-new-host-key"]
}

#[test]
fn a_script_works_while_a_watch_is_open_and_the_watch_shows_what_it_does() {
    let home = Home::fresh();
    let mut watch = Running::holder(&home);
    let socket = socket(&home).unwrap();
    let found = std::fs::metadata(&socket).unwrap();
    assert!(found.file_type().is_socket());
    assert_eq!(found.mode() & 0o777, 0o600);
    assert_eq!(std::fs::metadata(run_folder(&home)).unwrap().mode() & 0o777, 0o700);

    home.run(&["vault", "init", "--key-file"]).expect(0);
    assert_eq!(home.json(&["vault", "status"])[0]["state"], "open");
    let done = home.run(&add("web", "1")).expect(3);
    assert!(done.err.contains("refused"), "{}", done.err);
    let told: Value = serde_json::from_str(&line(&watch.out, |line| {
        line.contains("\"kind\":\"operation\"") && line.contains("\"status\":\"failed\"")
    }))
    .unwrap();
    assert_eq!((&told["server_name"], &told["what"]), (&"web".into(), &"add server web".into()));
    assert!(told["seq"].as_u64().is_some() && told["error"].as_str().is_some(), "{told}");
    home.run(&["server", "remove", "web", "--yes"]).expect(0);
    home.run(&["server", "show", "web"]).expect(2);
    line(&watch.out, |line| {
        line.contains("\"kind\":\"server\"") && line.contains("null,\"error\"")
    });
    watch.signal("INT");
    watch.ends(0);
    assert!(!socket.exists(), "the socket goes with its holder");
}

#[test]
fn whoever_waits_takes_over_from_a_killed_holder_and_ends_as_it_should_have() {
    let home = Home::new();
    let host = SilentHost::new();
    let mut watch = Running::holder(&home);
    let port = host.port();
    let mut words = vec!["--json"];
    let add = add("web", &port);
    words.extend_from_slice(&add);
    let mut script = Running::start(&home, &words);
    line(&watch.out, |line| line.contains("\"status\":\"running\""));
    watch.kill();
    line(&script.err, |line| line.contains("this one took over"));
    // the host is gone now, so the operation that was taken up ends
    until("the script at the store", || home.run(&["server", "list"]).code == 0);
    drop(host);
    script.ends(3);
    let operations = home.json(&["operation", "list"]);
    assert_eq!(operations.len(), 1, "{operations:#?}");
    assert_eq!(operations[0]["outcome"], "failed");
}

#[test]
fn who_lets_go_of_an_operation_is_told_who_goes_on_with_it() {
    let home = Home::new();
    let host = SilentHost::new();
    let watch = Running::holder(&home);
    let port = host.port();
    let mut script = Running::start(&home, &add("web", &port));
    line(&watch.out, |line| line.contains("\"status\":\"running\""));
    script.interrupt();
    let pid = watch.child.id();
    let told = line(&script.err, |line| line.contains("Detached."));
    let goes_on = format!("it goes on in the brokeforge that has the store open (pid {pid}).");
    assert!(told.contains(&goes_on), "{told}");
    script.ends(0);
    // it does
    drop(host);
    line(&watch.out, |line| {
        line.contains("\"kind\":\"operation\"") && line.contains("\"status\":\"failed\"")
    });
}

/// Renames the server by keys.
fn rename_on(screen: &mut Pty, name: &str) {
    screen.types("e");
    screen.sees("Change the server");
    screen.types(&format!("\x15{name}\x13"));
    screen.until(name, |s| !s.contents().contains("Change the server"));
    screen.sees(name);
}

#[test]
fn two_screens_show_each_others_changes_and_the_second_goes_on_alone() {
    for signal in [None, Some("-KILL")] {
        let home = Home::new();
        home.run(&add("web", "1")).expect(3);
        let fleet = home.path().join("fleet");
        let mut first = Pty::start(&fleet, &[]);
        first.sees("web");
        until("its socket", || socket(&home).is_some());
        let mut second = Pty::start(&fleet, &[]);
        second.sees("web");
        rename_on(&mut first, "one");
        second.sees("one");
        rename_on(&mut second, "two");
        first.sees("two");
        match signal {
            None => {
                first.types("Q");
                assert_eq!(first.ends(), 0);
            }
            Some(signal) => {
                first.signal(signal);
                first.wait();
            }
        }
        second.sees("ended; this one");
        rename_on(&mut second, "three");
        home.run(&["server", "edit", "three", "--name", "www"]).expect(0);
        second.sees("www");
        let pid = second.id();
        second.types("Q");
        assert_eq!(second.ends(), 0);
        assert_eq!(socket(&home), None);
        assert!(!std::fs::exists(format!("/proc/{pid}")).unwrap());
    }
}

#[test]
fn of_several_that_wait_one_takes_over_and_the_others_go_to_it() {
    let home = Home::new();
    let mut first = Running::holder(&home);
    let mut others: Vec<Running> =
        (0..3).map(|_| Running::start(&home, &["watch", "--json"])).collect();
    home.run(&add("web", "1")).expect(3);
    // each is known to follow once it tells a change; one that begins late missed those before
    let mut name = "web".to_owned();
    let begun = Instant::now();
    for other in &others {
        while other.out.try_recv().is_err() {
            let said: Vec<String> = other.err.try_iter().collect();
            assert!(begun.elapsed() < SOON, "it does not follow: {said:?}");
            let next = if name == "web" { "web-2" } else { "web" };
            home.run(&["server", "edit", &name, "--name", next]).expect(0);
            next.clone_into(&mut name);
        }
    }
    first.kill();
    let told: Vec<String> =
        others.iter().map(|other| line(&other.out, |line| line.contains("handed"))).collect();
    assert_eq!(told.iter().filter(|line| line.contains("\"here\"")).count(), 1, "{told:?}");
    home.run(&["server", "edit", &name, "--name", "www"]).expect(0);
    for other in &mut others {
        line(&other.out, |line| line.contains("\"server_name\":\"www\""));
    }
    for other in &mut others {
        other.signal("TERM");
    }
    for other in &mut others {
        other.ends(0);
    }
    home.run(&["server", "show", "www"]).expect(0);
}

#[test]
fn a_socket_that_was_left_behind_is_replaced() {
    let home = Home::new();
    let mut watch = Running::holder(&home);
    watch.kill();
    assert!(socket(&home).is_some(), "a killed process leaves it");
    home.run(&["server", "list"]).expect(0);
    assert_eq!(socket(&home), None);
}

#[test]
fn a_holder_that_is_stopped_is_not_waited_for() {
    let home = Home::new();
    let mut watch = Running::holder(&home);
    watch.signal("STOP");
    // nobody continues it meanwhile: that this comes to an end at all is the answer
    let done = home.run(&["server", "list"]).expect(6);
    assert!(done.err.contains(&watch.child.id().to_string()), "{}", done.err);
    assert!(done.err.contains("does not answer"), "{}", done.err);
    watch.signal("CONT");
    home.run(&["server", "list"]).expect(0);
    watch.signal("INT");
    watch.ends(0);
}

#[test]
fn another_version_is_told_so() {
    let home = Home::new();
    let paths = Paths::under(&home.path().join("fleet"));
    let _store = Store::open(&paths.store(), Arc::new(SystemClock)).unwrap();
    let data = std::fs::metadata(&paths.data).unwrap();
    let name = format!("{:x}-{:x}.socket", data.dev(), data.ino());
    let listener = UnixListener::bind(run_folder(&home).join(name)).unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let hello = br#"{"brokeforge":7,"version":"9.9.9","pid":4711,"more":[]}"#;
        stream.write_all(&u32::try_from(hello.len()).unwrap().to_be_bytes()).unwrap();
        stream.write_all(hello).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let done = home.run(&["server", "list"]).expect(6);
    assert!(done.err.contains("9.9.9") && done.err.contains("4711"), "{}", done.err);
}

#[test]
fn a_passphrase_crosses_the_socket_and_is_in_no_log() {
    const PASSPHRASE: &str = "correct horse battery";
    // as base64 has it
    const CODED: &str = "Y29ycmVjdCBob3JzZSBiYXR0ZXJ5";
    let home = Home::fresh();
    let file = home.path().join("passphrase");
    std::fs::write(&file, PASSPHRASE).unwrap();
    let mut holder = home.command(&["watch"]);
    let mut holder = Running::of(home.spawn(holder.env("BROKEFORGE_LOG", "trace")));
    holder.holds(&home);
    let run = |words: &[&str]| -> Done {
        let mut command = home.command(words);
        command.env("BROKEFORGE_LOG", "trace").env("BROKEFORGE_PASSPHRASE_FILE", &file);
        command.output().unwrap().into()
    };
    run(&["vault", "init"]).expect(0);
    run(&add("web", "1")).expect(3);
    holder.kill();
    // opened again by who comes next
    run(&[
        "operation",
        "retry",
        run(&["--json", "operation", "list"]).json()[0]["id"].as_str().unwrap(),
    ])
    .expect(3);
    let mut logs = String::new();
    for entry in std::fs::read_dir(home.path().join("fleet/state/logs")).unwrap() {
        logs += &std::fs::read_to_string(entry.unwrap().path()).unwrap();
    }
    assert!(!logs.contains(PASSPHRASE) && !logs.contains(CODED));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_changes_a_second_come_through_in_order_and_none_is_lost() {
    const CHANGES: usize = 600;
    /// Fewer than a follower may be behind before it is told that it lost some.
    const AT_ONCE: usize = 200;
    let home = Home::new();
    let fleet =
        Fleet::open(Paths::under(&home.path().join("fleet")), Arc::new(SystemClock)).unwrap();
    fleet.unlock(None).await.unwrap();
    let draft = unreachable();
    let started = fleet.add_server(draft, Consent::Yes).await.unwrap();
    fleet.wait(started.operation).await.unwrap();
    let watch = Running::start(&home, &["watch", "--json"]);
    // it follows once it tells something
    let server: ServerId = started.server;
    let mut said = false;
    while !said {
        rename(&fleet, server, "web").await;
        said = watch.out.recv_timeout(Duration::from_millis(20)).is_ok();
    }
    let mut last: Option<u64> = None;
    let (mut made, mut counted) = (0, 0);
    while counted < CHANGES {
        if made == counted {
            let begun = Instant::now();
            for i in made..made + AT_ONCE {
                rename(&fleet, server, &format!("web{i}")).await;
            }
            made += AT_ONCE;
            eprintln!("{AT_ONCE} changes in {:?}", begun.elapsed());
        }
        let line = watch.out.recv_timeout(SOON).unwrap_or_else(|error| {
            panic!("{error} after {counted} of {CHANGES} changes, the last was {last:?}")
        });
        let told: Value = serde_json::from_str(&line).unwrap();
        let seq = told["seq"].as_u64().unwrap();
        assert!(last.is_none_or(|last| seq == last + 1), "{last:?} {line}");
        last = Some(seq);
        counted += usize::from(told["kind"] == "server");
    }
}

async fn rename(fleet: &Fleet, server: ServerId, name: &str) {
    let edit = ServerEdit { name: Some(name.to_owned()), ..ServerEdit::default() };
    fleet.edit_server(server, edit, Consent::Yes).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_asked_over_the_socket_answers_as_one_that_is_here() {
    let home = Home::new();
    let paths = Paths::under(&home.path().join("fleet"));
    let open = || Fleet::open(paths.clone(), Arc::new(SystemClock)).unwrap();
    let (here, there) = (open(), open());
    assert!(here.is_here() && !there.is_here());
    let mut changes = there.subscribe(Scope::All);
    there.unlock(None).await.unwrap();
    assert_eq!(here.vault_state(), there.vault_state());
    let draft = unreachable();
    assert_eq!(here.review_server(&draft), there.review_server(&draft));
    let started = there.add_server(draft.clone(), Consent::None).await.unwrap();
    let ended = there.wait(started.operation).await.unwrap();
    assert_eq!(here.operation(started.operation).unwrap(), ended);
    let first = loop {
        match changes.next().await {
            Some(Notice::Unlocked) => {}
            other => break other,
        }
    };
    assert!(matches!(first, Some(Notice::Change(_))));
    let twice = there.add_server(draft.clone(), Consent::None).await.unwrap_err();
    assert_eq!(twice, here.add_server(draft, Consent::None).await.unwrap_err());
    assert_eq!(here.events(started.operation), there.events(started.operation));
    assert_eq!(here.firewall(started.server), there.firewall(started.server));
    assert_eq!(
        here.review_rule(started.server, "allow 22/tcp", None, None),
        there.review_rule(started.server, "allow 22/tcp", None, None)
    );
    assert!(there.follow(started.operation).unwrap().next().await.is_none());
    // the key file's path begins where the caller is
    assert_eq!(here.check_identity("no-such-key", None), there.check_identity("no-such-key", None));
    drop(here);
    let handed = loop {
        match changes.next().await.unwrap() {
            Notice::Handed(handed) => break handed,
            Notice::Change(_) | Notice::Lost(_) | Notice::Unlocked => {}
        }
    };
    assert!(handed.here && there.is_here());
    assert_eq!(there.servers().unwrap().len(), 1);
}

/// A server at a port where nothing listens.
fn unreachable() -> ServerDraft {
    ServerDraft {
        name: "web".to_owned(),
        host: "127.0.0.1".to_owned(),
        port: "1".to_owned(),
        user: String::new(),
        login: Login::Agent,
        passphrase: None,
        trust: HostTrust::AcceptNew,
    }
}
