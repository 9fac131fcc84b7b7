//! The end of the socket that asks.

use std::io::{self, ErrorKind, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::frame::{self, Frame, Frames};
use super::greeting::Hello;
use super::{Ask, PATIENCE, connect, is_ours, place};
use crate::domain::{Failure, FailureKind};
use crate::fleet::Paths;

/// Connections for quick reads that are kept open.
const KEPT: usize = 4;
/// Once it did not answer in time, each further word gets no longer than this until one comes.
const IMPATIENCE: Duration = Duration::from_millis(100);

/// Why there is no answer.
#[derive(Debug)]
pub(in crate::fleet) enum Cut {
    /// Nobody is there, and nothing was asked.
    Gone,
    /// It ended after it was asked.
    Unknown,
    /// It does not answer.
    Silent,
    /// It cannot be asked at all.
    Refused(Failure),
}

/// The process that has the store open, seen from another.
#[derive(Debug)]
pub(in crate::fleet) struct Holder {
    place: PathBuf,
    pid: u32,
    kept: Mutex<Vec<UnixStream>>,
    silent: AtomicBool,
}

impl Holder {
    /// Reaches whoever listens.
    pub fn reach(paths: &Paths, patience: Duration) -> Result<Arc<Self>, Cut> {
        let place = place(paths).map_err(|_| Cut::Gone)?;
        let (stream, hello) = greeted(&place, patience)?;
        let kept = Mutex::new(vec![stream]);
        Ok(Arc::new(Self { place, pid: hello.pid, kept, silent: AtomicBool::new(false) }))
    }

    /// Asks what is answered at once.
    pub fn read(&self, ask: &Ask) -> Result<Frame, Cut> {
        let ask = frame::frame(ask).map_err(|e| refused(&e))?;
        let patience = self.patience();
        let mut stream = match self.taken() {
            Some(kept) => kept,
            None => self.connect(patience)?,
        };
        let answer = self.said(asked(&mut stream, &ask, patience))?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < KEPT {
            kept.push(stream);
        }
        Ok(answer)
    }

    /// Asks what takes its time, or what tells more and more; answers its first word.
    pub async fn open(self: &Arc<Self>, ask: Ask) -> Result<(Line, Frame), Cut> {
        let holder = self.clone();
        let opened = tokio::task::spawn_blocking(move || holder.open_now(&ask)).await;
        opened.unwrap_or(Err(Cut::Unknown))
    }

    /// The same, waiting where it stands. Must be called within a tokio runtime.
    pub fn open_now(&self, ask: &Ask) -> Result<(Line, Frame), Cut> {
        let ask = frame::frame(ask).map_err(|e| refused(&e))?;
        let patience = self.patience();
        let mut stream = self.connect(patience)?;
        let first = self.said(asked(&mut stream, &ask, patience))?;
        let apart = || {
            stream.set_nonblocking(true)?;
            tokio::net::UnixStream::from_std(stream)
        };
        let (from, to) = apart().map_err(|e| refused(&e))?.into_split();
        Ok((Line { from: Frames::new(from, frame::LARGEST_ANSWER), to }, first))
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Why nothing more comes from it.
    pub fn silence(&self) -> Failure {
        Failure::new(
            FailureKind::StoreInUse,
            format!("The store is in use by pid {}, which does not answer.", self.pid),
        )
        .remedy("Look what it does; it may be stopped (fg, or kill -CONT). Or end it.")
    }

    fn connect(&self, patience: Duration) -> Result<UnixStream, Cut> {
        let connected = greeted(&self.place, patience);
        if matches!(connected, Err(Cut::Silent)) {
            self.silent.store(true, Ordering::Relaxed);
        }
        Ok(connected?.0)
    }

    fn patience(&self) -> Duration {
        if self.silent.load(Ordering::Relaxed) { IMPATIENCE } else { PATIENCE }
    }

    fn taken(&self) -> Option<UnixStream> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn said(&self, answer: io::Result<Frame>) -> Result<Frame, Cut> {
        self.silent.store(answer.as_ref().is_err_and(is_late), Ordering::Relaxed);
        answer.map_err(|e| if is_late(&e) { Cut::Silent } else { Cut::Unknown })
    }
}

/// A connection of its own for one answer, or for a stream.
#[derive(Debug)]
pub(in crate::fleet) struct Line {
    pub from: Frames<tokio::net::unix::OwnedReadHalf>,
    pub to: tokio::net::unix::OwnedWriteHalf,
}

impl Line {
    /// The next frame; `None` when the holder ended.
    pub async fn next(&mut self) -> Option<Frame> {
        self.from.next().await.ok().flatten()
    }
}

fn asked(stream: &mut UnixStream, ask: &[u8], patience: Duration) -> io::Result<Frame> {
    stream.set_read_timeout(Some(patience))?;
    stream.write_all(ask)?;
    frame::take(stream, frame::LARGEST_ANSWER)
}

fn is_late(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

fn refused(error: &impl std::fmt::Display) -> Cut {
    Cut::Refused(Failure::internal(format!("It cannot be asked for: {error}.")))
}

/// A connection on which both said who they are.
fn greeted(place: &Path, patience: Duration) -> Result<(UnixStream, Hello), Cut> {
    let mut stream = connect(place, Instant::now() + patience)
        .map_err(|e| if is_late(&e) { Cut::Silent } else { Cut::Gone })?;
    if !is_ours(&stream) {
        return Err(Cut::Refused(Failure::new(
            FailureKind::StoreInUse,
            format!("The socket {} is another user's.", place.display()),
        )));
    }
    let ours = Hello::ours();
    let hello = frame::frame(&ours).map_err(|e| refused(&e))?;
    let limited = stream.set_write_timeout(Some(PATIENCE));
    let heard = limited.and_then(|()| asked(&mut stream, &hello, patience));
    let heard = heard.map_err(|e| if is_late(&e) { Cut::Silent } else { Cut::Gone })?;
    let theirs: Hello = frame::read(&heard).map_err(|e| refused(&e))?;
    if ours.fits(&theirs) { Ok((stream, theirs)) } else { Err(Cut::Refused(theirs.refusal())) }
}
