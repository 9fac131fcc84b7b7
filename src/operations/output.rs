//! The kept output of operations: one file a step, followed live by whoever looks.
//!
//! A file is a row of chunks: `o LEN` or `e LEN`, a line end, and that many bytes. It is redacted
//! before it is written, capped at its head, and only ever appended to while its step runs.

mod follow;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque, hash_map::Entry};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};
use tokio::sync::broadcast;

use super::Stream;
use super::protocol::Phase;
use super::redact::Redactor;
use crate::domain::{OperationId, Secret, clean::clean_line};

pub use follow::Follow;

/// So much of a step's output is kept.
const MOST_KEPT: u64 = 16 * 1024 * 1024;
/// No hole that a host makes is smaller.
const LEAST_HOLE: u64 = 1024 * 1024;
/// So many pieces wait for a follower before it loses some.
const BEHIND: usize = 256;
/// No chunk of a file is longer.
const LONGEST_CHUNK: u64 = 1024 * 1024;
const LAST_LINES: usize = 20;
/// So begins a line that says what is waited for; it holds until the next line.
const WAITS: &[u8] = b"waits for ";
/// No such line is longer.
const LONGEST_WAIT: usize = 300;

/// What is known about a step's kept output at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Bytes kept.
    pub length: u64,
    /// Bytes not kept.
    pub dropped: u64,
    /// SHA-256 of the kept bytes in the order in which they came, hexadecimal.
    pub digest: String,
}

/// A piece on its way to followers; `total` is the sum of all pieces with this one.
#[derive(Debug, Clone)]
struct Sent {
    total: u64,
    piece: Arc<(usize, Stream, Vec<u8>)>,
}

#[derive(Debug)]
struct StepFile {
    file: File,
    size: u64,
    length: u64,
    dropped: u64,
    digest: Sha256,
    out: Redactor,
    err: Redactor,
    /// The end of its text, for a failure's last lines.
    tail: VecDeque<u8>,
    /// Zeros at the end of what came on each stream, of which is not known yet whether they are a hole.
    zeros: [u64; 2],
}

impl StepFile {
    /// How much more is kept.
    fn room(&self) -> usize {
        usize::try_from(MOST_KEPT.saturating_sub(self.length)).unwrap_or(0)
    }

    fn zeros_of(&mut self, stream: Stream) -> &mut u64 {
        let [out, err] = &mut self.zeros;
        if stream == Stream::Out { out } else { err }
    }

    /// Takes out of what is not kept what a host has freed of a flood: it reads as zeros, so many that
    /// nobody says them. Answers how many.
    fn leave_out_holes(&mut self, stream: Stream, bytes: &mut Vec<u8>) -> u64 {
        let from = self.room();
        let zeros = self.zeros_of(stream);
        let all_said = |rest: &[u8]| !rest.contains(&0);
        if bytes.len() <= from || (*zeros == 0 && bytes.get(from..).is_none_or(all_said)) {
            return 0;
        }
        let mut freed = 0;
        for run in bytes.split_off(from).chunk_by(|one, next| (*one == 0) == (*next == 0)) {
            if run.first() == Some(&0) {
                *zeros += run.len() as u64;
                continue;
            }
            freed += flushed(zeros, bytes);
            bytes.extend_from_slice(run);
        }
        freed
    }

    /// What its last line says is waited for.
    fn waits(&self) -> Option<String> {
        // its end is told with what comes next, as that could be a mark
        let end = usize::from(self.tail.back() == Some(&b'\n'));
        let back = self.tail.iter().rev().copied().skip(end);
        let line = back.take_while(|byte| *byte != b'\n').take(LONGEST_WAIT + 1);
        let mut line: Vec<u8> = line.collect();
        line.reverse();
        let what = line.strip_prefix(WAITS).filter(|_| line.len() <= LONGEST_WAIT)?;
        Some(clean_line(what, LONGEST_WAIT))
    }
}

/// Tells zeros that were said after all; answers how many were a hole.
fn flushed(zeros: &mut u64, bytes: &mut Vec<u8>) -> u64 {
    let count = std::mem::take(zeros);
    if count >= LEAST_HOLE {
        return count;
    }
    bytes.resize(bytes.len() + usize::try_from(count).unwrap_or_default(), 0);
    0
}

#[derive(Debug)]
struct State {
    steps: HashMap<usize, StepFile>,
    total: u64,
    /// What is waited for, as it was last told.
    waits: Option<((usize, Phase), String)>,
}

/// The output of an operation that runs here. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Log {
    folder: PathBuf,
    secrets: Arc<[Secret]>,
    state: Arc<Mutex<State>>,
    live: broadcast::Sender<Sent>,
}

/// Where an operation's output lies.
pub fn folder(root: &Path, operation: OperationId) -> PathBuf {
    root.join(operation.to_string())
}

impl Log {
    /// For an operation that begins, or is taken up again.
    pub fn new(root: &Path, operation: OperationId) -> Self {
        let state = State { steps: HashMap::new(), total: 0, waits: None };
        Self {
            folder: folder(root, operation),
            secrets: Arc::default(),
            state: Arc::new(Mutex::new(state)),
            live: broadcast::Sender::new(BEHIND),
        }
    }

    /// Makes its folder.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn prepare(&self) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)
    }

    /// The same, masking these values from now on.
    #[must_use]
    pub fn masking(mut self, secrets: &[Secret]) -> Self {
        self.secrets = secrets.into();
        self
    }

    /// Takes in a piece of a step's output. A step's first piece empties what an earlier process
    /// kept of it: the host tells all of it again.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn push(&self, step: usize, stream: Stream, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let file = match state.steps.entry(step) {
            Entry::Occupied(file) => file.into_mut(),
            Entry::Vacant(place) => place.insert(self.create(step)?),
        };
        let masked = match stream {
            Stream::Out => file.out.push(bytes),
            Stream::Err => file.err.push(bytes),
        };
        self.keep(&mut state, step, stream, masked)
    }

    fn create(&self, step: usize) -> io::Result<StepFile> {
        let mut options = OpenOptions::new();
        options.create_new(true).write(true).mode(0o600);
        let path = self.folder.join(step.to_string());
        // a file of its own: whoever still reads the earlier one reads it whole
        match fs::remove_file(&path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        Ok(StepFile {
            file: options.open(path)?,
            size: 0,
            length: 0,
            dropped: 0,
            digest: Sha256::new(),
            out: Redactor::new(&self.secrets),
            err: Redactor::new(&self.secrets),
            tail: VecDeque::new(),
            zeros: [0; 2],
        })
    }

    fn keep(
        &self,
        state: &mut State,
        step: usize,
        stream: Stream,
        mut bytes: Vec<u8>,
    ) -> io::Result<()> {
        let Some(file) = state.steps.get_mut(&step) else { return Ok(()) };
        let freed = file.leave_out_holes(stream, &mut bytes);
        self.tell(state, step, stream, bytes, freed)
    }

    /// Keeps what there is room for, and tells followers all of it, and how much before it is missing.
    fn tell(
        &self,
        state: &mut State,
        step: usize,
        stream: Stream,
        bytes: Vec<u8>,
        freed: u64,
    ) -> io::Result<()> {
        let Some(file) = state.steps.get_mut(&step) else { return Ok(()) };
        file.tail.extend(&bytes);
        let excess = file.tail.len().saturating_sub(16 * 1024);
        file.tail.drain(..excess);
        let kept = bytes.get(..file.room().min(bytes.len())).unwrap_or_default();
        file.dropped += freed + (bytes.len() - kept.len()) as u64;
        for chunk in kept.chunks(64 * 1024) {
            let letter = if stream == Stream::Out { 'o' } else { 'e' };
            let mut framed = format!("{letter} {}\n", chunk.len()).into_bytes();
            framed.extend_from_slice(chunk);
            file.file.write_all(&framed)?;
            file.size += framed.len() as u64;
            file.length += chunk.len() as u64;
            file.digest.update(chunk);
        }
        // followers see from the sum that something is missing
        state.total += freed + bytes.len() as u64;
        if bytes.is_empty() {
            return Ok(());
        }
        // Without followers there is nobody to tell.
        let _ = self.live.send(Sent { total: state.total, piece: Arc::new((step, stream, bytes)) });
        Ok(())
    }

    /// Closes a step's output.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(&self, step: usize) -> io::Result<Option<Kept>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(file) = state.steps.get_mut(&step) else { return Ok(None) };
        let (out, err) = (file.out.finish(), file.err.finish());
        for (stream, rest) in [(Stream::Out, out), (Stream::Err, err)] {
            self.keep(&mut state, step, stream, rest)?;
            // what comes last was never freed
            let zeros = state.steps.get_mut(&step).map(|file| file.zeros_of(stream));
            let mut said = Vec::new();
            let freed = zeros.map_or(0, |zeros| flushed(zeros, &mut said));
            self.tell(&mut state, step, stream, said, freed)?;
        }
        let Some(file) = state.steps.get_mut(&step) else { return Ok(None) };
        file.file.sync_data()?;
        let digest = file.digest.clone().finalize();
        let digest = digest.iter().map(|b| format!("{b:02x}")).collect();
        Ok(Some(Kept { length: file.length, dropped: file.dropped, digest }))
    }

    /// The last lines of a step, cleaned, at most twenty.
    pub fn last_lines(&self, step: usize) -> Vec<String> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(file) = state.steps.get(&step) else { return Vec::new() };
        let tail: Vec<u8> = file.tail.iter().copied().collect();
        let lines: Vec<String> = tail
            .split(|b| *b == b'\n')
            .map(|line| clean_line(line, 300))
            .filter(|line| !line.is_empty())
            .collect();
        lines.get(lines.len().saturating_sub(LAST_LINES)..).unwrap_or_default().to_vec()
    }

    /// What a step waits for now, in the phase that spoke last, when that is another thing than was last told: its last line says
    /// so, as scripts of ours write it before they wait.
    pub fn waits_anew(&self, (step, phase): (usize, Phase)) -> Option<Option<String>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = state.steps.get(&step).and_then(StepFile::waits);
        let now = now.map(|text| ((step, phase), text));
        if now == state.waits {
            return None;
        }
        state.waits.clone_from(&now);
        Some(now.map(|(_, text)| text))
    }

    /// What the step at work was last told to wait for.
    pub fn waiting(&self) -> Option<String> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.waits.as_ref().map(|(_, text)| text.clone())
    }

    /// That phase of a step is over; whether it, or one before it, was last told to wait. Where a
    /// later one waits already, that holds.
    pub fn waits_no_more(&self, step: usize, phase: Phase) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.waits.take_if(|(waiting, _)| *waiting <= (step, phase)).is_some()
    }

    /// Follows it from the beginning.
    ///
    /// # Errors
    /// When the files cannot be read.
    pub fn follow(&self) -> io::Result<Follow> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let sizes = |step: usize| state.steps.get(&step).map(|file| file.size);
        Follow::live(&self.folder, sizes, self.live.subscribe(), state.total)
    }
}
