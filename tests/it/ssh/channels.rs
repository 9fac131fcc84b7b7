//! Commands: their input, output and end, in every order and through every fault.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use brokeforge::ssh::{Chunk, Connection, Limits, Phase};
use russh::Sig;
use tokio::sync::Notify;

use super::{SHORT, Said, ended, limits, message, run, said};
use crate::support::sshd::{Act, Behaviour, Exec, Sshd, with_key};

async fn open(behaviour: impl FnOnce(Behaviour) -> Behaviour) -> (Sshd, Connection) {
    open_with(limits(), behaviour).await
}

async fn open_with(
    limits: Limits,
    behaviour: impl FnOnce(Behaviour) -> Behaviour,
) -> (Sshd, Connection) {
    let (sshd, key) = with_key(behaviour);
    let connection = Connection::open(&sshd.target(&key), &limits).await.unwrap();
    (sshd, connection)
}

fn acts(acts: Vec<Act>) -> impl FnOnce(Behaviour) -> Behaviour {
    move |it| Behaviour { exec: Exec::Acts(acts), ..it }
}

#[tokio::test]
async fn a_command_runs_for_real_with_its_input_and_both_outputs() {
    let (sshd, connection) = open(|it| it.env("BF_ROOT", "/there")).await;
    let it = run(&connection, "cat; echo \"$BF_ROOT\" >&2; exit 3", "hello\n").await;
    assert_eq!(it, Said { out: "hello\n".into(), err: "/there\n".into(), end: ended(3) });
    let it = run(&connection, "kill -KILL $$", "").await;
    assert_eq!(it.end, Some(Chunk::End { status: None, signal: Some("KILL".into()) }));
    sshd.until(|counts| counts.channels == 0).await;
}

#[tokio::test]
async fn much_input_and_much_output_at_once_do_not_block_each_other() {
    let (_sshd, connection) = open(|it| Behaviour { window: 64 << 10, ..it }).await;
    let input = "0123456789abcdef".repeat(512 << 10);
    let mut running = connection.run("cat", input.clone().into_bytes()).await.unwrap();
    let mut echoed = Vec::with_capacity(input.len());
    let mut end = None;
    while let Some(chunk) = running.next().await {
        match chunk {
            Chunk::Out(bytes) => echoed.extend(bytes),
            other => end = Some(other),
        }
    }
    assert!(echoed == input.as_bytes(), "{} of {} bytes", echoed.len(), input.len());
    assert_eq!(end, ended(0));
    // a command that does not want its input ends all the same
    let it = run(&connection, "exit 7", &input).await;
    assert_eq!(it.end, ended(7));
}

#[tokio::test]
async fn status_and_output_survive_every_order() {
    let (out, err) = (|| Act::Out(b"o".into()), || Act::Err(b"e".into()));
    let (eof, close) = (Act::Eof, Act::Close);
    let all = |end| Said { out: "o".into(), err: "e".into(), end };
    let unknown = Some(Chunk::End { status: None, signal: None });
    let killed = Some(Chunk::End { status: None, signal: Some("SEGV".into()) });
    let custom = Some(Chunk::End { status: None, signal: Some("EVIL@x".into()) });
    for (script, expected) in [
        (vec![out(), err(), Act::Status(4), eof.clone(), close.clone()], all(ended(4))),
        (vec![out(), err(), eof.clone(), Act::Status(4), close.clone()], all(ended(4))),
        (vec![Act::Status(4), out(), err(), eof.clone(), close.clone()], all(ended(4))),
        (vec![out(), eof.clone(), err(), Act::Status(4), close.clone()], all(ended(4))),
        (vec![out(), err(), Act::Status(4), close.clone()], all(ended(4))),
        (vec![out(), err(), eof.clone(), close.clone()], all(unknown.clone())),
        (vec![out(), err(), close.clone()], all(unknown.clone())),
        (vec![err(), Act::Signal(Sig::SEGV), out(), close.clone()], all(killed)),
        (
            vec![out(), err(), Act::Signal(Sig::Custom("\u{1b}EVIL@x".into())), close.clone()],
            all(custom),
        ),
        // a lie: done without having run
        (vec![Act::Status(0), eof, close], Said { end: ended(0), ..Said::default() }),
    ] {
        let (_sshd, connection) = open(acts(script)).await;
        assert_eq!(run(&connection, "x", "").await, expected);
    }
}

#[tokio::test]
async fn a_command_that_is_not_started_says_so() {
    let (sshd, connection) = open(acts(vec![Act::Refuse])).await;
    let error = connection.run("x", Vec::new()).await.unwrap_err();
    assert_eq!(error.phase, Phase::Channel);
    assert!(message(&error).contains("did not start the command"), "{error}");
    sshd.until(|counts| counts.channels == 0).await;

    let short = Limits { channel: SHORT, ..limits() };
    let (sshd, connection) = open_with(short, acts(vec![Act::Ignore])).await;
    let error = connection.run("x", Vec::new()).await.unwrap_err();
    assert!(message(&error).contains("did not start the command in 0.15 s"), "{error}");
    sshd.until(|counts| counts.channels == 0).await;
}

#[tokio::test]
async fn a_lost_connection_is_no_end_of_the_command() {
    for (act, why) in [(Act::Cut, ""), (Act::HangUp("go\u{7} away"), "the server said: go away")] {
        let go_on = Arc::new(Notify::new());
        let wait = Act::Wait(Arc::clone(&go_on));
        let script = vec![Act::Out(b"o".into()), Act::Status(0), wait, act];
        let (_sshd, connection) = open(acts(script)).await;
        let mut running = connection.run("x", Vec::new()).await.unwrap();
        assert_eq!(running.next().await, Some(Chunk::Out(b"o".into())));
        go_on.notify_one();
        let Some(Chunk::Lost(error)) = running.next().await else { panic!("it is not lost") };
        assert_eq!(running.next().await, None);
        assert_eq!(error.phase, Phase::Lost);
        assert!(message(&error).contains(why), "{error}");
        assert!(connection.is_closed());
        let error = connection.run("x", Vec::new()).await.unwrap_err();
        assert_eq!(error.phase, Phase::Lost);
    }
}

#[tokio::test]
async fn a_host_that_falls_silent_counts_as_lost_after_45_seconds() {
    let (sshd, connection) = open(|it| it).await;
    let mut running = connection.run("cat", Vec::new()).await.unwrap();
    while !matches!(running.next().await, Some(Chunk::End { .. })) {}
    let mut running = connection.run("exec sleep 600", Vec::new()).await.unwrap();
    sshd.freeze(true);
    // nothing arrives any more, so the clock may run as fast as it can
    tokio::time::pause();
    let began = tokio::time::Instant::now();
    let Some(Chunk::Lost(error)) = running.next().await else { panic!("it is not lost") };
    assert!(message(&error).contains("no longer answers"), "{error}");
    assert!(began.elapsed() <= Duration::from_secs(46), "{:?}", began.elapsed());
    assert!(connection.is_closed());
}

#[tokio::test]
async fn the_cut_comes_where_it_was_asked_for() {
    let (sshd, connection) = open(|it| Behaviour { cut_on: Some("two".into()), ..it }).await;
    let running = connection.run("echo one; echo two; read x; echo three", Vec::new()).await;
    // even the word that it started may get lost
    match running {
        Err(error) => assert_eq!(error.phase, Phase::Lost),
        Ok(running) => {
            let it = said(running).await;
            assert!("one\ntwo\n".starts_with(&it.out), "{it:?}");
            assert!(matches!(it.end, Some(Chunk::Lost(_))), "{it:?}");
        }
    }
    sshd.until(|counts| counts.standing == 0).await;
}

#[tokio::test]
async fn dropping_a_command_closes_its_channel() {
    let (sshd, connection) = open(acts(vec![Act::Out(b"o".into())])).await;
    let mut running = connection.run("x", Vec::new()).await.unwrap();
    assert_eq!(running.next().await, Some(Chunk::Out(b"o".into())));
    assert_eq!(sshd.counts().channels, 1);
    drop(running);
    sshd.until(|counts| counts.channels == 0).await;
    assert!(!connection.is_closed());

    // also while it is flooding, and while its input waits for room
    for exec in [vec![Act::Flood(u64::MAX)], vec![Act::Wait(Arc::new(Notify::new()))]] {
        sshd.set(|it| (it.exec, it.window) = (Exec::Acts(exec), 1024));
        let running = connection.run("x", vec![0; 1 << 20]).await.unwrap();
        drop(running);
        sshd.until(|counts| counts.channels == 0).await;
    }
    sshd.set(|it| it.exec = Exec::Shell);
    assert_eq!(run(&connection, "true", "").await.end, ended(0));
}

#[tokio::test]
async fn a_command_keeps_its_connection() {
    let go_on = Arc::new(Notify::new());
    let script = vec![Act::Wait(Arc::clone(&go_on)), Act::Status(0), Act::Close];
    let (sshd, connection) = open(acts(script)).await;
    let running = connection.run("x", Vec::new()).await.unwrap();
    drop(connection);
    go_on.notify_one();
    assert_eq!(said(running).await.end, ended(0));
    sshd.until(|counts| counts.standing == 0).await;
}

#[tokio::test]
async fn input_that_the_server_never_takes_does_not_hang_the_command() {
    let go_on = Arc::new(Notify::new());
    let script = vec![Act::Wait(Arc::clone(&go_on)), Act::Status(5), Act::Close];
    let (_sshd, connection) = open(|it| Behaviour { window: 0, ..acts(script)(it) }).await;
    let running = connection.run("x", vec![0; 1 << 20]).await.unwrap();
    go_on.notify_one();
    assert_eq!(said(running).await.end, ended(5));
}

#[tokio::test]
async fn five_channels_at_a_time_and_no_more() {
    let (sshd, connection) = open(|it| Behaviour { max_sessions: 10, ..it }).await;
    let many = (0..40).map(|_| run(&connection, "true", ""));
    for it in futures::future::join_all(many).await {
        assert_eq!(it.end, ended(0));
    }
    assert!(sshd.counts().most_channels <= 6, "{}", sshd.counts().most_channels);
    assert_eq!(sshd.counts().connections, 1);
}

#[tokio::test]
async fn a_channel_refused_for_want_of_room_is_asked_for_again() {
    let (sshd, connection) = open(|it| Behaviour { refuse_opens: 4, ..it }).await;
    assert_eq!(run(&connection, "true", "").await.end, ended(0));
    sshd.set(|it| it.max_sessions = 0);
    let error = connection.run("true", Vec::new()).await.unwrap_err();
    assert!(message(&error).contains("refused to open a channel"), "{error}");
    assert_eq!(error.phase, Phase::Channel);
    sshd.set(|it| it.max_sessions = 1);
    assert_eq!(run(&connection, "true", "").await.end, ended(0));
}

#[tokio::test]
async fn a_reader_that_takes_nothing_loses_its_channel_and_hinders_nobody() {
    let limits = Limits { slow_reader: SHORT, ..limits() };
    let (sshd, connection) = open_with(limits, acts(vec![Act::Flood(u64::MAX)])).await;
    let mut unread = connection.run("flood", Vec::new()).await.unwrap();
    sshd.set(|it| it.exec = Exec::Shell);
    assert_eq!(run(&connection, "echo hi", "").await.out, "hi\n");
    let mut read = 0;
    let lost = loop {
        match unread.next().await.unwrap() {
            Chunk::Out(bytes) => read += bytes.len(),
            other => break other,
        }
    };
    assert!(read > 1 << 20 && read < 64 << 20, "{read} bytes were kept");
    assert!(matches!(lost, Chunk::Lost(error) if message(&error).contains("not read in time")));
    assert_eq!(unread.next().await, None);
    sshd.until(|counts| counts.channels == 0).await;
}

/// The memory is its process's, so no other test may be in it: this test binary again, with the
/// test below alone.
#[test]
fn a_flood_arrives_whole_in_bounded_memory() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["ssh::channels::a_flood_in_a_process_of_its_own", "--exact"])
        .args(["--ignored", "--nocapture"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let failed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("ARRIVED"), "{said}{failed}");
}

#[tokio::test]
#[ignore = "run by the test above, in a process of its own"]
async fn a_flood_in_a_process_of_its_own() {
    let size: u64 = 1 << 30;
    let script = vec![Act::Flood(size), Act::Status(0), Act::Close];
    let (_sshd, connection) = open(acts(script)).await;
    let before = resident();
    let mut running = connection.run("flood", Vec::new()).await.unwrap();
    let (mut read, mut most, mut end) = (0, 0, None);
    while let Some(chunk) = running.next().await {
        match chunk {
            Chunk::Out(bytes) => {
                read += bytes.len() as u64;
                if read % (8 << 20) < 40_000 {
                    most = most.max(resident());
                }
            }
            other => end = Some(other),
        }
    }
    assert_eq!((read, end), (size, ended(0)));
    // both ends live in this process
    let grown = most.saturating_sub(before);
    assert!(grown < 128 << 20, "{} MiB", grown >> 20);
    println!("ARRIVED");
}

fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4096
}

#[tokio::test]
async fn channels_that_the_server_opens_are_refused() {
    let (sshd, connection) = open(|it| Behaviour { open_channels: true, ..it }).await;
    sshd.until(|counts| counts.replies.len() == 7).await;
    assert!(sshd.counts().replies.iter().all(|(_, taken)| !taken), "{:?}", sshd.counts().replies);
    assert_eq!(run(&connection, "true", "").await.end, ended(0));
}

#[tokio::test]
async fn next_can_be_given_up_and_taken_up_again() {
    let go_on = Arc::new(Notify::new());
    let script =
        vec![Act::Wait(Arc::clone(&go_on)), Act::Out(b"o".into()), Act::Status(0), Act::Close];
    let (_sshd, connection) = open(acts(script)).await;
    let mut running = connection.run("x", Vec::new()).await.unwrap();
    let soon = tokio::time::timeout(Duration::from_millis(1), running.next()).await;
    assert!(soon.is_err());
    go_on.notify_one();
    assert_eq!(running.next().await, Some(Chunk::Out(b"o".into())));
    assert_eq!(running.next().await, ended(0));
    assert_eq!(running.next().await, None);
}
