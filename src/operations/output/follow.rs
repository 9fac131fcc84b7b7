//! Following an operation's output: what is kept, and then what comes.

use std::collections::{HashMap, VecDeque};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use tokio::sync::broadcast;

use super::{LONGEST_CHUNK, Sent};
use crate::operations::{Output, Stream};

#[derive(Debug)]
struct Past {
    step: usize,
    path: PathBuf,
    until: Option<u64>,
}

fn history(folder: &Path) -> io::Result<VecDeque<Past>> {
    let mut past = Vec::new();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(VecDeque::new()),
        Err(e) => return Err(e),
    };
    for entry in entries {
        let path = entry?.path();
        let step = path.file_name().and_then(|n| n.to_str()).and_then(|n| n.parse().ok());
        past.extend(step.map(|step| Past { step, path, until: None }));
    }
    past.sort_by_key(|p| p.step);
    Ok(past.into())
}

/// Follows an operation's output: first what is kept, then what comes, until the operation ends.
#[derive(Debug)]
pub struct Follow {
    history: VecDeque<Past>,
    reading: Option<(Past, io::Take<BufReader<File>>)>,
    live: Option<broadcast::Receiver<Sent>>,
    seen: u64,
    /// Bytes that were read of what an earlier process kept, by step and whether of the second
    /// stream: the host may tell them again.
    earlier: HashMap<(usize, bool), u64>,
    /// The piece that came after what was lost, which is told first.
    after_gap: Option<Output>,
}

impl Follow {
    /// What is kept of an operation that does not run here.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn kept(folder: &Path) -> io::Result<Self> {
        let (history, earlier) = (history(folder)?, HashMap::new());
        Ok(Self { history, reading: None, live: None, seen: 0, earlier, after_gap: None })
    }

    /// What is kept up to these sizes of the steps' files, and then what comes after so many bytes.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub(super) fn live(
        folder: &Path,
        sizes: impl Fn(usize) -> Option<u64>,
        live: broadcast::Receiver<Sent>,
        seen: u64,
    ) -> io::Result<Self> {
        let mut follow = Self::kept(folder)?;
        for past in &mut follow.history {
            past.until = sizes(past.step);
        }
        Ok(Self { live: Some(live), seen, ..follow })
    }

    /// Leaves out all but one step of what is kept.
    pub(in crate::operations) fn only(&mut self, step: usize) {
        self.history.retain(|past| past.step == step);
    }

    /// The next piece; `None` when the operation is over and all is read. Cancel-safe.
    pub async fn next(&mut self) -> Option<Output> {
        if let Some(output) = self.next_kept() {
            return Some(output);
        }
        if let Some(piece) = self.after_gap.take() {
            return Some(piece);
        }
        let live = self.live.as_mut()?;
        loop {
            match live.recv().await {
                Ok(Sent { total, piece }) => {
                    let (step, stream, mut bytes) = (*piece).clone();
                    let lost = total.saturating_sub(bytes.len() as u64).saturating_sub(self.seen);
                    self.seen = total;
                    if let Some(earlier) = self.earlier.get_mut(&(step, stream == Stream::Err)) {
                        let known = usize::try_from(*earlier).unwrap_or(usize::MAX);
                        let known = known.min(bytes.len());
                        *earlier -= known as u64;
                        bytes.drain(..known);
                    }
                    let piece =
                        (!bytes.is_empty()).then_some(Output::Piece { step, stream, bytes });
                    if lost > 0 {
                        self.after_gap = piece;
                        return Some(Output::Lost(lost));
                    }
                    if piece.is_some() {
                        return piece;
                    }
                }
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }

    /// The next piece that is kept already.
    pub fn next_kept(&mut self) -> Option<Output> {
        loop {
            if self.reading.is_none() {
                let past = self.history.pop_front()?;
                let Ok(file) = File::open(&past.path) else { continue };
                let until = past.until.unwrap_or(u64::MAX);
                self.reading = Some((past, BufReader::new(file).take(until)));
            }
            let (past, reader) = self.reading.as_mut()?;
            let step = past.step;
            match read_chunk(reader) {
                Some((stream, bytes)) => {
                    if past.until.is_none() {
                        let place = (step, stream == Stream::Err);
                        *self.earlier.entry(place).or_default() += bytes.len() as u64;
                    }
                    return Some(Output::Piece { step, stream, bytes });
                }
                None => self.reading = None,
            }
        }
    }
}

/// The next whole chunk; a torn one at the end is none.
fn read_chunk(reader: &mut impl BufRead) -> Option<(Stream, Vec<u8>)> {
    let mut head = Vec::new();
    reader.by_ref().take(32).read_until(b'\n', &mut head).ok()?;
    let head = std::str::from_utf8(&head).ok()?.strip_suffix('\n')?;
    let (letter, length) = head.split_once(' ')?;
    let stream = match letter {
        "o" => Stream::Out,
        "e" => Stream::Err,
        _ => return None,
    };
    let length: u64 = length.parse().ok().filter(|l| *l <= LONGEST_CHUNK)?;
    let mut bytes = vec![0; usize::try_from(length).ok()?];
    reader.read_exact(&mut bytes).ok()?;
    Some((stream, bytes))
}
