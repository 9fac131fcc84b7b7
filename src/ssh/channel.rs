//! Running a command on a channel. A task per channel always drains it, since an unread channel
//! stops its whole connection, and closes it on every path.
//!
//! Between the task and its reader lies a bounded queue. While that is full the connection waits,
//! so that a flood is slowed down to what its reader takes; a reader that takes nothing for
//! [`Limits::slow_reader`](super::Limits) loses its channel (`Lost`), so that the others go on.
//! Nothing is ever left out of the middle.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use russh::client::Msg;
use russh::{Channel, ChannelMsg, ChannelOpenFailure, ChannelReadHalf, ChannelWriteHalf, Sig};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};

use super::connection::Line;
use super::{Phase, SshError, back_off, in_words};
use crate::domain::clean::clean_line;
use crate::domain::{Effect, FailureKind, reason};

/// Chunks that may wait for their reader: 4 MiB of full packets.
const QUEUE: usize = 128;

/// Tries of opening a channel that the server refuses for want of room; sshd does so for a moment
/// after another one was closed.
const OPENINGS: u32 = 8;

/// What a running command sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chunk {
    /// Standard output.
    Out(Vec<u8>),
    /// Standard error.
    Err(Vec<u8>),
    /// The command ended and the channel closed. Without a status the outcome is unknown.
    End {
        /// The exit status; `None` when the server sent none.
        status: Option<i32>,
        /// The signal that ended it.
        signal: Option<String>,
    },
    /// The connection was lost before the channel closed, or the channel was taken from a reader
    /// that was too slow.
    Lost(SshError),
}

/// A running command on a host. A task of its own drains the channel into a bounded queue and
/// closes it, also when this is dropped. It keeps the connection open.
#[derive(Debug)]
pub struct Running {
    chunks: mpsc::Receiver<Chunk>,
    end: Option<oneshot::Receiver<Chunk>>,
}

impl Running {
    /// The next chunk; `None` after `End` or `Lost`. Cancel-safe.
    pub async fn next(&mut self) -> Option<Chunk> {
        if let Some(chunk) = self.chunks.recv().await {
            return Some(chunk);
        }
        let end = self.end.as_mut()?.await;
        self.end = None;
        end.ok()
    }
}

/// Starts a command; returns when the server said that it runs.
pub(super) async fn run(
    line: Arc<Line>,
    command: &str,
    stdin: Vec<u8>,
) -> Result<Running, SshError> {
    let Ok(room) = Arc::clone(&line.channels).acquire_owned().await else {
        return Err(line.lost());
    };
    let (chunks, received) = mpsc::channel(QUEUE);
    let (ended, end) = oneshot::channel();
    let (started, starting) = oneshot::channel();
    let task = Task { line: Arc::clone(&line), chunks };
    let command = command.to_owned();
    tokio::spawn(async move {
        if let Some(end) = task.serve(command, stdin, started).await {
            // nobody waits for the end of what was dropped
            let _ = ended.send(end);
        }
        drop(room);
    });
    match timeout(line.limits.channel, starting).await {
        Ok(Ok(Ok(()))) => Ok(Running { chunks: received, end: Some(end) }),
        Ok(Ok(Err(error))) => Err(error),
        Ok(Err(_)) => Err(line.lost()),
        Err(_) => {
            let limit = in_words(line.limits.channel);
            let message = format!("{} did not start the command in {limit}.", line.place);
            let mut error = SshError::unreachable(Phase::Channel, &line.place, message);
            error.failure = error.failure.effect(Effect::Unknown);
            Err(error)
        }
    }
}

/// Opens a session channel; a refusal for want of room is tried again for a moment.
pub(super) async fn open(line: &Line) -> Result<Channel<Msg>, SshError> {
    let place = &line.place;
    let refused = |why: String| {
        SshError::new(
            Phase::Channel,
            FailureKind::Unreachable,
            place,
            format!("{place} refused to open a channel: {why}."),
        )
        .remedy("Check MaxSessions in the host's sshd_config.")
    };
    let mut tries = 0;
    loop {
        tries += 1;
        match line.handle.channel_open_session().await {
            Ok(channel) => return Ok(channel),
            Err(russh::Error::ChannelOpenFailure(
                ChannelOpenFailure::ConnectFailed | ChannelOpenFailure::ResourceShortage,
            )) if tries < OPENINGS => {
                let (least, most) = (Duration::from_millis(20), Duration::from_millis(200));
                sleep(back_off(tries, least, most)).await;
            }
            Err(russh::Error::ChannelOpenFailure(failure)) => {
                return Err(refused(clean_line(failure.description(), 120)));
            }
            Err(_) => return Err(line.lost()),
        }
    }
}

/// What serves one channel, from its opening to its close. When the reader goes, `chunks` closes.
struct Task {
    line: Arc<Line>,
    chunks: mpsc::Sender<Chunk>,
}

type Started = oneshot::Sender<Result<(), SshError>>;

impl Task {
    async fn serve(self, command: String, stdin: Vec<u8>, started: Started) -> Option<Chunk> {
        let channel = match open(&self.line).await {
            Ok(channel) => channel,
            Err(error) => {
                let _ = started.send(Err(error));
                return None;
            }
        };
        let (read, write) = channel.split();
        if self.chunks.is_closed() || write.exec(true, command).await.is_err() {
            let _ = started.send(Err(self.line.lost()));
            let _ = write.close().await;
            return None;
        }
        let fed = Box::pin(self.feed(&write, stdin));
        let end = tokio::select! {
            end = self.drain(read, started) => end,
            end = fed => match end {
                Ok(never) => match never {},
                Err(error) => Done::Close(Some(Chunk::Lost(error))),
            },
            () = self.chunks.closed() => Done::Close(None),
        };
        match end {
            Done::Closed(end) => end,
            Done::Close(end) => {
                self.line.given_up.fetch_add(1, Ordering::Relaxed);
                // fails only when the connection is gone, and the channel with it
                let _ = write.close().await;
                end
            }
        }
    }

    /// Sends standard input as far as the server's window lets it; never ends by itself.
    async fn feed(
        &self,
        write: &ChannelWriteHalf<Msg>,
        stdin: Vec<u8>,
    ) -> Result<Infallible, SshError> {
        let sent = async {
            write.data_bytes(stdin).await?;
            write.eof().await
        };
        match sent.await {
            // the reading side tells the end of a connection, and what came before it
            Ok(()) | Err(russh::Error::SendError) => std::future::pending().await,
            Err(error) => {
                let error = clean_line(reason(&error), 120);
                let message = format!("{} does not take the input: {error}.", self.line.place);
                Err(SshError::unreachable(Phase::Channel, &self.line.place, message))
            }
        }
    }

    /// Reads until the channel closes: neither an end of output nor an exit status is the end,
    /// they come in any order.
    async fn drain(&self, mut read: ChannelReadHalf, started: Started) -> Done {
        let mut started = Some(started);
        let mut start = |result| {
            if let Some(started) = started.take() {
                let _ = started.send(result);
                return true;
            }
            false
        };
        let (mut status, mut signal) = (None, None);
        while let Some(message) = read.wait().await {
            let chunk = match message {
                ChannelMsg::Success => {
                    start(Ok(()));
                    continue;
                }
                ChannelMsg::Failure => {
                    if start(Err(self.not_started())) {
                        return Done::Close(None);
                    }
                    continue;
                }
                ChannelMsg::Close => {
                    // one that closed without a word did not start anything either
                    if status.is_none() && signal.is_none() {
                        start(Err(self.not_started()));
                    } else {
                        start(Ok(()));
                    }
                    return Done::Closed(Some(Chunk::End { status, signal }));
                }
                ChannelMsg::ExitStatus { exit_status } => {
                    status = Some(i32::try_from(exit_status).unwrap_or(i32::MAX));
                    continue;
                }
                ChannelMsg::ExitSignal { signal_name, .. } => {
                    signal = Some(signal_text(signal_name));
                    continue;
                }
                ChannelMsg::Data { data } => Chunk::Out(data.into()),
                ChannelMsg::ExtendedData { data, ext: 1 } => Chunk::Err(data.into()),
                _ => continue,
            };
            start(Ok(()));
            match timeout(self.line.limits.slow_reader, self.chunks.send(chunk)).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return Done::Close(None),
                Err(_) => return Done::Close(Some(Chunk::Lost(self.too_slow()))),
            }
        }
        start(Err(self.line.lost()));
        Done::Closed(Some(Chunk::Lost(self.line.lost())))
    }

    fn not_started(&self) -> SshError {
        let place = &self.line.place;
        let message = format!("{place} did not start the command.");
        SshError::new(Phase::Channel, FailureKind::NotLoggedIn, place, message)
            .remedy("A forced command, a shell that allows no login, or an expired password there?")
    }

    fn too_slow(&self) -> SshError {
        let message = format!("The output from {} was not read in time.", self.line.place);
        SshError::unreachable(Phase::Lost, &self.line.place, message)
            .remedy("What runs on the host goes on there; it can be followed again.")
    }
}

/// How a channel came to its end.
enum Done {
    /// The server closed it, or the connection is gone.
    Closed(Option<Chunk>),
    /// It is on us to close it.
    Close(Option<Chunk>),
}

pub(super) fn signal_text(signal: Sig) -> String {
    match signal {
        Sig::Custom(name) => clean_line(name, 20),
        known => format!("{known:?}"),
    }
}
