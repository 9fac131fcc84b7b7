//! Interactive sessions: terminals, ends, floods, and room on connections.

use std::sync::Arc;
use std::time::Duration;

use brokeforge::domain::FailureKind;
use brokeforge::domain::session::{SessionInput, SessionOutput, Size, Terminal};
use brokeforge::ssh::key::KeyPair;
use brokeforge::ssh::{Connections, Limits, Phase, Session, SessionRun, SshError};
use russh::Sig;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::{NOT_SO_SHORT, SHORT, limits, message, run};
use crate::support::sshd::{Act, Behaviour, Exec, Sshd, with_key};

const SIZE: Size = Size { columns: 101, rows: 33 };

struct There {
    sshd: Sshd,
    key: KeyPair,
    connections: Connections,
}

impl There {
    fn new(behaviour: impl FnOnce(Behaviour) -> Behaviour) -> Self {
        Self::limited(limits(), behaviour)
    }

    fn limited(limits: Limits, behaviour: impl FnOnce(Behaviour) -> Behaviour) -> Self {
        let (sshd, key) = with_key(behaviour);
        Self { sshd, key, connections: Connections::new(limits) }
    }

    async fn open(&self, run: SessionRun) -> Result<Session, SshError> {
        self.connections.open_session(&self.sshd.target(&self.key), run).await
    }

    async fn shell(&self) -> Session {
        self.open(in_terminal(None)).await.unwrap()
    }

    /// A command on the connection that the credential's operations use.
    async fn operation_works(&self) {
        let lease = self.connections.lease(&self.sshd.target(&self.key)).await.unwrap();
        self.sshd.set(|it| it.exec = Exec::Shell);
        let said = timeout(Duration::from_secs(120), run(&lease, "echo fine", "")).await.unwrap();
        assert_eq!(said.out, "fine\n");
    }
}

fn in_terminal(command: Option<&str>) -> SessionRun {
    let terminal = Some(Terminal { name: "xterm-256color".into(), size: SIZE });
    SessionRun { command: command.map(Into::into), terminal, apart: false }
}

fn plain(command: &str) -> SessionRun {
    SessionRun { command: Some(command.into()), terminal: None, apart: false }
}

fn acts(acts: Vec<Act>) -> impl FnOnce(Behaviour) -> Behaviour {
    move |it| Behaviour { exec: Exec::Acts(acts), ..it }
}

/// Output, errors, and the end.
async fn all(mut session: Session) -> (Vec<u8>, Vec<u8>, SessionOutput) {
    let (mut out, mut err, mut end) = (Vec::new(), Vec::new(), None);
    while let Some(piece) = session.output.recv().await {
        assert!(end.is_none(), "{piece:?} came after the end");
        match piece {
            SessionOutput::Out(bytes) => out.extend(bytes),
            SessionOutput::Err(bytes) => err.extend(bytes),
            over => end = Some(over),
        }
    }
    (out, err, end.unwrap())
}

fn ended(status: i32) -> SessionOutput {
    SessionOutput::End { status: Some(status), signal: None }
}

#[tokio::test]
async fn a_shell_gets_its_terminal_its_sizes_and_its_status() {
    let go = Arc::new(Notify::new());
    let there = There::new(acts(vec![
        Act::Out(b"$ ".into()),
        Act::Wait(go.clone()),
        Act::Status(7),
        Act::Close,
    ]));
    let session = there.shell().await;
    let resize = SessionInput::Resize(Size { columns: 200, rows: 60 });
    session.input.send(resize).await.unwrap();
    there.sshd.until(|counts| counts.resizes == [(200, 60)]).await;
    let counts = there.sshd.counts();
    assert_eq!(counts.terminals, [("xterm-256color".into(), 101, 33)]);
    assert_eq!(counts.commands, [""], "the login shell");
    go.notify_one();
    assert_eq!(all(session).await, (b"$ ".to_vec(), Vec::new(), ended(7)));
    there.sshd.until(|counts| counts.channels == 0).await;
}

#[tokio::test]
async fn every_end_is_told_as_what_it_is() {
    let killed = SessionOutput::End { status: None, signal: Some("KILL".into()) };
    let unknown = SessionOutput::End { status: None, signal: None };
    for (script, expected) in
        [(vec![Act::Signal(Sig::KILL), Act::Close], killed), (vec![Act::Close], unknown)]
    {
        let there = There::new(acts([vec![Act::Out(b"x".into())], script].concat()));
        assert_eq!(all(there.shell().await).await.2, expected);
    }
    for (script, says) in [
        (vec![Act::Cut], "is lost"),
        (vec![Act::Status(0), Act::Cut], "is lost"),
        (vec![Act::HangUp("I am going down")], "the server said: I am going down"),
    ] {
        let go = Arc::new(Notify::new());
        let begin = vec![Act::Out(b"x".into()), Act::Wait(go.clone())];
        let there = There::new(acts([begin, script].concat()));
        let session = there.shell().await;
        go.notify_one();
        let SessionOutput::Lost(failure) = all(session).await.2 else {
            panic!("it was not lost");
        };
        assert_eq!(failure.kind, FailureKind::Unreachable);
        assert!(failure.message.contains(says), "{failure}");
        // the next one gets a connection that stands
        there.sshd.set(|it| it.exec = Exec::Acts(vec![Act::Status(0), Act::Close]));
        assert_eq!(all(there.shell().await).await.2, ended(0));
    }
}

#[tokio::test]
async fn what_a_server_refuses_is_named_and_leaves_nothing_open() {
    let there = There::new(|it| Behaviour { no_terminals: true, ..it });
    let error = there.open(in_terminal(Some("rm -rf /"))).await.unwrap_err();
    assert!(message(&error).contains("gives no terminal"), "{error}");
    assert_eq!(error.phase, Phase::Channel);
    assert!(there.sshd.counts().commands.is_empty(), "it ran without its terminal");
    there.sshd.until(|counts| counts.channels == 0).await;

    let there = There::new(acts(vec![Act::Refuse]));
    let error = there.open(in_terminal(None)).await.unwrap_err();
    assert!(message(&error).contains("did not start a shell"), "{error}");
    let error = there.open(plain("true")).await.unwrap_err();
    assert!(message(&error).contains("did not start the command"), "{error}");
    there.sshd.until(|counts| counts.channels == 0).await;

    // the channel has to be opened in that time
    let short = Limits { channel: NOT_SO_SHORT, ..limits() };
    let there = There::limited(short, acts(vec![Act::Ignore]));
    let error = there.open(in_terminal(None)).await.unwrap_err();
    assert!(message(&error).contains("did not start the session in 3 s"), "{error}");
    there.sshd.until(|counts| counts.channels == 0).await;
}

#[tokio::test]
async fn input_and_output_pass_as_they_are_and_the_input_ends() {
    let there = There::new(|it| Behaviour { window: 64 << 10, ..it });
    let Session { input, mut output } = there.open(plain("cat; echo end >&2")).await.unwrap();
    let sent: Vec<u8> = (0..4u32 << 20).map(|n| (n * 7 / 3) as u8).collect();
    let pieces: Vec<Vec<u8>> = sent.chunks(30_000).map(<[u8]>::to_vec).collect();
    tokio::spawn(async move {
        for piece in pieces {
            input.send(SessionInput::Data(piece)).await.unwrap();
        }
        input.send(SessionInput::Eof).await.unwrap();
        input.send(SessionInput::Data(b"too late".into())).await.unwrap();
    });
    let (mut out, mut err, mut end) = (Vec::new(), Vec::new(), None);
    while let Some(piece) = output.recv().await {
        match piece {
            SessionOutput::Out(bytes) => out.extend(bytes),
            SessionOutput::Err(bytes) => err.extend(bytes),
            over => end = Some(over),
        }
    }
    assert!(out == sent, "{} of {} bytes", out.len(), sent.len());
    assert_eq!((err, end), (b"end\n".to_vec(), Some(ended(0))));
    // its connection was its own, and went with it
    there.sshd.until(|counts| counts.standing == 0).await;
}

#[tokio::test]
async fn dropping_a_session_closes_its_channel_and_keeps_the_connection() {
    let there = There::new(acts(vec![Act::Out(b"x".into())]));
    let session = there.shell().await;
    assert_eq!(there.sshd.counts().channels, 1);
    drop(session);
    there.sshd.until(|counts| counts.channels == 0).await;
    there.operation_works().await;
    assert_eq!(there.sshd.counts().connections, 1);
    // nor does one stay that is given up while it starts
    there.sshd.set(|it| it.exec = Exec::Acts(vec![Act::Ignore]));
    assert!(timeout(SHORT, there.open(in_terminal(None))).await.is_err());
    there.sshd.until(|counts| counts.channels == 0).await;
}

#[tokio::test]
async fn the_tenth_session_works_like_the_first() {
    let echo = acts(vec![Act::Out(b"$ ".into())]);
    let there = There::new(echo);
    let mut sessions = Vec::new();
    for _ in 0..10 {
        let mut session = there.shell().await;
        assert_eq!(session.output.recv().await, Some(SessionOutput::Out(b"$ ".into())));
        sessions.push(session);
    }
    let counts = there.sshd.counts();
    assert_eq!((counts.channels, counts.connections), (10, 4), "three on each connection");
    there.operation_works().await;
    assert_eq!(there.sshd.counts().connections, 4);
    // what was closed makes room
    sessions.truncate(1);
    there.sshd.until(|counts| counts.channels == 1).await;
    there.sshd.set(|it| it.exec = Exec::Acts(vec![Act::Out(b"$ ".into())]));
    sessions.push(there.shell().await);
    assert_eq!(there.sshd.counts().connections, 4);
}

#[tokio::test]
async fn a_host_with_little_room_gets_more_connections() {
    let there = There::new(|it| acts(vec![])(Behaviour { max_sessions: 1, ..it }));
    let sessions = [there.shell().await, there.shell().await, there.shell().await];
    assert_eq!(there.sshd.counts().connections, 3);
    drop(sessions);
    there.sshd.until(|counts| counts.standing == 1).await;
}

#[tokio::test]
async fn a_flood_that_nobody_reads_is_bounded_and_stops_nothing_for_ever() {
    let flood = vec![Act::Flood(1 << 30), Act::Close];
    let impatient = Limits { slow_reader: SHORT, ..limits() };
    let there = There::limited(impatient, acts(flood.clone()));
    let mut session = there.shell().await;
    there.operation_works().await;
    there.sshd.until(|counts| counts.channels == 0).await;
    assert!(session.output.len() <= 32, "{} pieces wait", session.output.len());
    let mut last = None;
    while let Some(piece) = session.output.recv().await {
        last = Some(piece);
    }
    let Some(SessionOutput::Lost(failure)) = last else { panic!("{last:?}") };
    assert!(failure.message.contains("not read in time"), "{failure}");
}

#[tokio::test]
async fn a_reader_apart_may_stand_still_and_loses_nothing() {
    const SIZE: u64 = 64 << 20;
    let impatient = Limits { slow_reader: SHORT, ..limits() };
    let there = There::limited(impatient, acts(vec![Act::Flood(SIZE), Act::Status(0), Act::Close]));
    let session = there.open(plain("flood")).await.unwrap();
    let in_pager = there.open(SessionRun { apart: true, ..in_terminal(None) }).await.unwrap();
    there.operation_works().await;
    tokio::time::timeout(4 * SHORT, std::future::pending::<()>()).await.unwrap_err();
    for session in [session, in_pager] {
        assert!(session.output.len() <= 32, "{} pieces wait", session.output.len());
        let (out, _, end) = all(session).await;
        assert_eq!((out.len() as u64, end), (SIZE, ended(0)));
    }
    assert_eq!(there.sshd.counts().connections, 3);
}
