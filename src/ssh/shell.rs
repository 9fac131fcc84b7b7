//! Interactive sessions: a shell or a command on a channel, with or without a terminal. A task per
//! session always drains its channel, and closes it on every path.
//!
//! A session with a terminal shares the connection of its credential with the commands of
//! operations, up to a budget; beyond it a further connection is made, so that the next session
//! works like the first. On a shared connection a reader that takes nothing for
//! [`Limits::slow_reader`](super::Limits) loses its session, since its flood would stop the
//! others. A session without a terminal carries bulk, and one that asks to be apart may be read by
//! a pager: such a reader may stand still for as long as it likes, so each gets a connection of
//! its own, which alone waits for it.

use std::sync::Arc;

use russh::client::Msg;
use russh::{Channel, ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Pty};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::time::timeout;

use super::channel::{self, signal_text};
use super::connection::Line;
use super::{Connection, Connections, Lease, Phase, SshError, Target, in_words};
use crate::domain::session::{SessionInput, SessionOutput, Terminal};
use crate::domain::{Effect, Failure, FailureKind};

/// Pieces of output that wait for their reader: 1 MiB of full packets. More would only keep an
/// interrupt's effect from being seen.
const OUTPUT: usize = 32;

/// Pieces of input that wait for the host.
const INPUT: usize = 64;

/// Parts in which a slow reader's time passes. After a stop of the whole process all its time has
/// passed at once, and its reader is not to blame.
const PARTS: u32 = 5;

/// Our answers to "which modes has your terminal": what a terminal has when nobody changed it.
const MODES: &[(Pty, u32)] = &[
    (Pty::VINTR, 3),
    (Pty::VQUIT, 28),
    (Pty::VERASE, 127),
    (Pty::VKILL, 21),
    (Pty::VEOF, 4),
    (Pty::VSTART, 17),
    (Pty::VSTOP, 19),
    (Pty::VSUSP, 26),
    (Pty::VREPRINT, 18),
    (Pty::VWERASE, 23),
    (Pty::VLNEXT, 22),
    (Pty::ICRNL, 1),
    (Pty::IXON, 1),
    (Pty::IMAXBEL, 1),
    (Pty::IUTF8, 1),
    (Pty::ISIG, 1),
    (Pty::ICANON, 1),
    (Pty::IEXTEN, 1),
    (Pty::ECHO, 1),
    (Pty::ECHOE, 1),
    (Pty::ECHOK, 1),
    (Pty::ECHOCTL, 1),
    (Pty::ECHOKE, 1),
    (Pty::OPOST, 1),
    (Pty::ONLCR, 1),
    (Pty::CS8, 1),
    (Pty::TTY_OP_ISPEED, 38_400),
    (Pty::TTY_OP_OSPEED, 38_400),
];

/// What a session runs, and how.
#[derive(Debug, Clone)]
pub struct SessionRun {
    /// One line for the login shell; `None` is the login shell itself.
    pub command: Option<String>,
    /// The terminal to ask for.
    pub terminal: Option<Terminal>,
    /// On a connection of its own.
    pub apart: bool,
}

/// A running session. Dropping its output closes the channel.
#[derive(Debug)]
pub struct Session {
    /// What goes to the host, in order; waits while the host takes nothing.
    pub input: mpsc::Sender<SessionInput>,
    /// What comes from it; bounded. Closes after `End` or `Lost`.
    pub output: mpsc::Receiver<SessionOutput>,
}

impl Connections {
    /// Starts a session; returns when the server said that it runs.
    ///
    /// # Errors
    /// As [`Connection::open`], and when the server refuses the channel, the terminal or the
    /// shell.
    pub async fn open_session(
        &self,
        target: &Target,
        run: SessionRun,
    ) -> Result<Session, SshError> {
        let (input, typed) = mpsc::channel(INPUT);
        let (output, shown) = mpsc::channel(OUTPUT);
        let (started, starting) = oneshot::channel();
        // a task from the first step on: who gives up waiting leaves no channel open
        tokio::spawn(serve(self.clone(), target.clone(), run, typed, output, started));
        match starting.await {
            Ok(Ok(())) => Ok(Session { input, output: shown }),
            Ok(Err(error)) => Err(error),
            Err(_) => {
                let message = "The session's task ended before its start.";
                Err(SshError::new(Phase::Channel, FailureKind::Internal, &target.place, message))
            }
        }
    }

    /// A connection that has room, and a channel on it.
    async fn session_channel(
        &self,
        target: &Target,
        run: &SessionRun,
    ) -> Result<(Held, Channel<Msg>), SshError> {
        if run.terminal.is_some() && !run.apart {
            let held = self.shared(target).await?;
            match open_channel(held.connection().line()).await {
                Ok(channel) => return Ok((held, channel)),
                // a host with less room than most (MaxSessions), or a link that died unnoticed:
                // nothing has begun there, and a connection of its own may do
                Err(error) => tracing::debug!(%error, "a session gets a connection of its own"),
            }
        }
        let connection = Connection::open(target, self.limits()).await?;
        match open_channel(connection.line()).await {
            Ok(channel) => Ok((Held::Own(connection), channel)),
            Err(error) => {
                connection.close().await;
                Err(error)
            }
        }
    }

    /// The credential's first kept connection with room for one more session.
    async fn shared(&self, target: &Target) -> Result<Held, SshError> {
        let mut target = target.clone();
        let label = target.label.clone();
        let mut number = 1u32;
        loop {
            let lease = self.lease(&target).await?;
            if let Ok(room) = Arc::clone(&lease.line().sessions).try_acquire_owned() {
                return Ok(Held::Shared(lease, room));
            }
            number += 1;
            target.label = format!("{label}/{number}");
        }
    }
}

/// What keeps a session's connection open.
enum Held {
    Shared(Lease, #[expect(dead_code, reason = "held, not read")] OwnedSemaphorePermit),
    Own(Connection),
}

impl Held {
    fn connection(&self) -> &Connection {
        match self {
            Self::Shared(lease, _) => lease,
            Self::Own(connection) => connection,
        }
    }

    async fn let_go(self) {
        if let Self::Own(connection) = self {
            connection.close().await;
        }
    }
}

async fn open_channel(line: &Arc<Line>) -> Result<Channel<Msg>, SshError> {
    let (opened, opening) = oneshot::channel();
    let there = Arc::clone(line);
    // one that opens after its time is closed again
    tokio::spawn(async move {
        if let Err(Ok(late)) = opened.send(channel::open(&there).await) {
            let _: Result<(), russh::Error> = late.close().await;
        }
    });
    match timeout(line.limits.channel, opening).await {
        Ok(Ok(opened)) => opened,
        Ok(Err(_)) => Err(line.lost()),
        Err(_) => {
            let limit = in_words(line.limits.channel);
            let message = format!("{} did not open a channel in {limit}.", line.place);
            Err(SshError::unreachable(Phase::Channel, &line.place, message))
        }
    }
}

async fn serve(
    connections: Connections,
    target: Target,
    run: SessionRun,
    typed: mpsc::Receiver<SessionInput>,
    output: mpsc::Sender<SessionOutput>,
    mut started: oneshot::Sender<Result<(), SshError>>,
) {
    let (held, channel) = match connections.session_channel(&target, &run).await {
        Ok(opened) => opened,
        Err(error) => {
            let _ = started.send(Err(error));
            return;
        }
    };
    let (read, write) = channel.split();
    let line = Arc::clone(held.connection().line());
    let patient = matches!(held, Held::Own(_));
    let mut channel = Open { line: &line, read, output, patient };
    let begun = tokio::select! {
        begun = timeout(line.limits.channel, channel.begin(&write, &run)) => {
            begun.unwrap_or_else(|_| Err(slow_start(&line)))
        }
        () = started.closed() => Err(line.lost()),
    };
    let end = match begun {
        Ok(first) => {
            if started.send(Ok(())).is_ok() {
                let output = channel.output.clone();
                tokio::select! {
                    end = channel.drain(first) => end,
                    never = feed(&write, typed) => match never {},
                    () = output.closed() => None,
                }
            } else {
                None
            }
        }
        Err(error) => {
            let _ = started.send(Err(error));
            None
        }
    };
    let Open { output, read, .. } = channel;
    // what is unread would stop the connection
    drop(read);
    // fails only when the connection is gone, and the channel with it
    let _ = write.close().await;
    held.let_go().await;
    if let Some(end) = end {
        // nobody waits for the end of what was dropped
        let _ = output.send(end).await;
    }
}

/// Passes on what is typed; never ends by itself, since the reading side tells every end.
async fn feed(
    write: &ChannelWriteHalf<Msg>,
    mut typed: mpsc::Receiver<SessionInput>,
) -> std::convert::Infallible {
    while let Some(input) = typed.recv().await {
        let sent = match input {
            SessionInput::Data(bytes) if bytes.is_empty() => continue,
            SessionInput::Data(bytes) => write.data_bytes(bytes).await,
            SessionInput::Resize(size) => {
                write.window_change(size.columns.into(), size.rows.into(), 0, 0).await
            }
            SessionInput::Eof => {
                let _ = write.eof().await;
                break;
            }
        };
        if sent.is_err() {
            break;
        }
    }
    // a terminal's size still changes after its end of input, but nothing waits for that
    while typed.recv().await.is_some() {}
    std::future::pending().await
}

/// An open channel and where its output goes.
struct Open<'a> {
    line: &'a Line,
    read: ChannelReadHalf,
    output: mpsc::Sender<SessionOutput>,
    /// Whether it waits for its reader as long as that likes.
    patient: bool,
}

impl Open<'_> {
    /// Asks for the terminal, then for the shell or command: without the terminal that was asked
    /// for, nothing is to run. Returns what came before the answer, if anything did.
    async fn begin(
        &mut self,
        write: &ChannelWriteHalf<Msg>,
        run: &SessionRun,
    ) -> Result<Option<ChannelMsg>, SshError> {
        if let Some(Terminal { name, size }) = &run.terminal {
            let (columns, rows) = (size.columns.into(), size.rows.into());
            let asked = write.request_pty(true, name, columns, rows, 0, 0, MODES).await;
            asked.map_err(|_| self.line.lost())?;
            loop {
                match self.read.wait().await {
                    Some(ChannelMsg::Success) => break,
                    Some(ChannelMsg::Failure | ChannelMsg::Close) => {
                        return Err(self.refused("gives no terminal").remedy(
                            "PermitTTY in the host's sshd_config, `restrict` in authorized_keys, \
                             or no pseudo terminals left there?",
                        ));
                    }
                    Some(_) => {}
                    None => return Err(self.line.lost()),
                }
            }
        }
        let asked = match &run.command {
            Some(command) => write.exec(true, command.as_str()).await,
            None => write.request_shell(true).await,
        };
        asked.map_err(|_| self.line.lost())?;
        loop {
            match self.read.wait().await {
                Some(ChannelMsg::Success) => return Ok(None),
                Some(ChannelMsg::Failure | ChannelMsg::Close) => {
                    let what = if run.command.is_some() { "the command" } else { "a shell" };
                    return Err(self.refused(&format!("did not start {what}")).remedy(
                        "A forced command, a shell that allows no login, or an expired password \
                         there?",
                    ));
                }
                Some(
                    first @ (ChannelMsg::Data { .. }
                    | ChannelMsg::ExtendedData { .. }
                    | ChannelMsg::ExitStatus { .. }
                    | ChannelMsg::ExitSignal { .. }
                    | ChannelMsg::Eof),
                ) => return Ok(Some(first)),
                Some(_) => {}
                None => return Err(self.line.lost()),
            }
        }
    }

    fn refused(&self, what: &str) -> SshError {
        let place = &self.line.place;
        let message = format!("{place} {what}.");
        SshError::new(Phase::Channel, FailureKind::NotLoggedIn, place, message)
    }

    /// Reads until the channel closes; the end of it, unless nobody reads any more.
    async fn drain(&mut self, first: Option<ChannelMsg>) -> Option<SessionOutput> {
        let (mut status, mut signal, mut all_said) = (None, None, false);
        let mut next = first;
        loop {
            let message = match next.take() {
                Some(first) => first,
                None => match self.read.wait().await {
                    Some(message) => message,
                    // everything was said, and only the close is missing
                    None if all_said && (status.is_some() || signal.is_some()) => break,
                    None => return Some(SessionOutput::Lost(self.lost())),
                },
            };
            let piece = match message {
                ChannelMsg::Data { data } => SessionOutput::Out(data.into()),
                ChannelMsg::ExtendedData { data, ext: 1 } => SessionOutput::Err(data.into()),
                ChannelMsg::ExitStatus { exit_status } => {
                    status = Some(i32::try_from(exit_status).unwrap_or(i32::MAX));
                    continue;
                }
                ChannelMsg::ExitSignal { signal_name, .. } => {
                    signal = Some(signal_text(signal_name));
                    continue;
                }
                ChannelMsg::Eof => {
                    all_said = true;
                    continue;
                }
                ChannelMsg::Close => break,
                _ => continue,
            };
            match self.pass(piece).await {
                Passed::Taken => {}
                Passed::Gone => return None,
                Passed::TooSlow => return Some(SessionOutput::Lost(self.too_slow())),
            }
        }
        Some(SessionOutput::End { status, signal })
    }

    async fn pass(&self, piece: SessionOutput) -> Passed {
        let mut parts = 0;
        let room = loop {
            if self.patient {
                break self.output.reserve().await;
            }
            match timeout(self.line.limits.slow_reader / PARTS, self.output.reserve()).await {
                Ok(room) => break room,
                Err(_) if parts + 1 < PARTS => parts += 1,
                Err(_) => return Passed::TooSlow,
            }
        };
        match room {
            Ok(room) => {
                room.send(piece);
                Passed::Taken
            }
            Err(_) => Passed::Gone,
        }
    }

    fn lost(&self) -> Failure {
        let lost = self.line.lost().failure;
        Failure { remedy: None, ..lost }
            .effect(Effect::Unknown)
            .remedy("A shell there has ended, or will; what runs in tmux or screen goes on.")
    }

    fn too_slow(&self) -> Failure {
        let message = format!("The output from {} was not read in time.", self.line.place);
        Failure::new(FailureKind::Unreachable, message).at_host(&self.line.place)
    }
}

enum Passed {
    Taken,
    Gone,
    TooSlow,
}

fn slow_start(line: &Line) -> SshError {
    let limit = in_words(line.limits.channel);
    let message = format!("{} did not start the session in {limit}.", line.place);
    let mut error = SshError::unreachable(Phase::Channel, &line.place, message);
    error.failure = error.failure.effect(Effect::Unknown);
    error
}
