//! Passing one session's bytes between its ends and the process's own streams.
//!
//! Output and input run side by side: a pipe that nobody reads does not hold the input back, and a
//! host that takes no input does not keep the way out from being seen.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt, Stdin};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use super::escape::Escape;
use super::{NO_STATUS, size};
use crate::cli::Halt;
use crate::domain::Failure;
use crate::fleet::{Session, SessionInput, SessionOutput, Size};

/// Input that may wait for the host before no more is read.
const WAITING: usize = 1 << 20;

const PIECE: usize = 32 * 1024;

/// How passing came to its end.
pub(super) enum Over {
    /// The shell or command ended with this exit code.
    Ended(u8),
    /// The link was lost.
    Lost(Failure),
    /// The person, or a signal, left.
    Left(Left),
}

/// Why a session was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    /// By `~.`.
    Escape,
    /// The terminal is gone.
    HangUp,
    /// By this signal's number.
    Signal(u8),
}

impl Left {
    /// The exit code for it.
    pub(super) fn code(self) -> u8 {
        match self {
            Self::Escape => NO_STATUS,
            Self::HangUp => 129,
            Self::Signal(number) => 128 + number,
        }
    }
}

/// The signals that end the program.
pub(super) struct Signals {
    all: [(u8, Signal); 4],
}

impl Signals {
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self {
            all: [
                (1, signal(SignalKind::hangup())?),
                (2, signal(SignalKind::interrupt())?),
                (3, signal(SignalKind::quit())?),
                (15, signal(SignalKind::terminate())?),
            ],
        })
    }

    /// The next one. Cancel-safe.
    pub(super) async fn next(&mut self) -> Left {
        let [(a, one), (b, two), (c, three), (d, four)] = &mut self.all;
        let number = tokio::select! {
            _ = one.recv() => a,
            _ = two.recv() => b,
            _ = three.recv() => c,
            _ = four.recv() => d,
        };
        Left::Signal(*number)
    }
}

/// Passes everything until the session is over. With a terminal its size is followed, and the
/// escape is heard.
pub(super) async fn pass(
    session: Session,
    typed: &mut Stdin,
    terminal: Option<Size>,
    signals: &mut Signals,
) -> Result<Over, Halt> {
    let Session { input, output } = session;
    tokio::select! {
        over = show(output) => over,
        over = feed(input, typed, terminal) => over,
        left = signals.next() => Ok(Over::Left(left)),
    }
}

async fn show(mut output: mpsc::Receiver<SessionOutput>) -> Result<Over, Halt> {
    let (mut out, mut err) = (tokio::io::stdout(), tokio::io::stderr());
    while let Some(piece) = output.recv().await {
        match piece {
            SessionOutput::Out(bytes) => write(&mut out, &bytes).await?,
            SessionOutput::Err(bytes) => write(&mut err, &bytes).await?,
            SessionOutput::Lost(failure) => return Ok(Over::Lost(failure)),
            SessionOutput::End { status, signal } => {
                let code = match (status, signal) {
                    (Some(status), _) => u8::try_from(status).unwrap_or(NO_STATUS),
                    (None, Some(signal)) => signal_code(&signal),
                    (None, None) => NO_STATUS,
                };
                return Ok(Over::Ended(code));
            }
        }
    }
    Err(Failure::internal("The session ended without an end.").into())
}

async fn write(to: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
    to.write_all(bytes).await?;
    to.flush().await
}

/// Reads on while the host takes nothing, so that the way out works on a link that hangs.
async fn feed(
    input: mpsc::Sender<SessionInput>,
    typed: &mut Stdin,
    terminal: Option<Size>,
) -> Result<Over, Halt> {
    let mut resized = signal(SignalKind::window_change())?;
    let mut escape = terminal.map(|_| Escape::new());
    // a change that came between the session's opening and the first ear for it
    let mut new_size = terminal.map(|_| size());
    let mut waiting: Vec<u8> = Vec::new();
    let mut ended = false;
    let mut piece = vec![0; PIECE];
    loop {
        let to_send = new_size.is_some() || !waiting.is_empty() || ended;
        tokio::select! {
            room = input.reserve(), if to_send => {
                // the session is over; its output says how
                let Ok(room) = room else { return std::future::pending().await };
                if let Some(size) = new_size.take() {
                    room.send(SessionInput::Resize(size));
                } else if !waiting.is_empty() {
                    room.send(SessionInput::Data(std::mem::take(&mut waiting)));
                } else {
                    room.send(SessionInput::Eof);
                    // all is said from here; the output tells the end
                    return std::future::pending().await;
                }
            }
            count = typed.read(&mut piece), if !ended && waiting.len() < WAITING => {
                let bytes = match count {
                    Ok(count) => piece.get(..count).unwrap_or_default(),
                    // what a terminal says that hung up
                    Err(_) if terminal.is_some() => &[],
                    Err(error) => {
                        let why = crate::domain::reason(&error);
                        return Err(Failure::input(format!("The input cannot be read: {why}.")).into());
                    }
                };
                match (&mut escape, bytes.is_empty()) {
                    (Some(_), true) => return Ok(Over::Left(Left::HangUp)),
                    (None, true) => ended = true,
                    (None, false) => waiting.extend_from_slice(bytes),
                    (Some(escape), false) => match escape.pass(bytes) {
                        Some(passed) => waiting.extend(passed),
                        None => return Ok(Over::Left(Left::Escape)),
                    },
                }
            }
            _ = resized.recv(), if terminal.is_some() => new_size = Some(size()),
        }
    }
}

/// 128 and the signal's number, as shells have it.
fn signal_code(name: &str) -> u8 {
    let number = match name {
        "HUP" => 1,
        "INT" => 2,
        "QUIT" => 3,
        "ILL" => 4,
        "TRAP" => 5,
        "ABRT" => 6,
        "BUS" => 7,
        "FPE" => 8,
        "KILL" => 9,
        "USR1" => 10,
        "SEGV" => 11,
        "USR2" => 12,
        "PIPE" => 13,
        "ALRM" => 14,
        "TERM" => 15,
        _ => return NO_STATUS,
    };
    128 + number
}
