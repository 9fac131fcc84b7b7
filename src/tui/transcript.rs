//! The output of the operation that is looked at: cleaned lines, bounded, losses counted.

use std::collections::VecDeque;

use super::text::Cleaner;
use crate::domain::OperationId;
use crate::fleet::{Output, Stream};

const MOST_LINES: usize = 10_000;
const MOST_BYTES: usize = 2 << 20;

/// A line of output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The step's number, from 0.
    pub step: usize,
    /// Whether it came on standard error.
    pub error: bool,
    /// Safe to draw.
    pub text: String,
}

/// The lines of one operation.
#[derive(Debug, Default)]
pub struct Transcript {
    /// Whose output it is.
    pub operation: Option<OperationId>,
    /// Whether all of it is read.
    pub ended: bool,
    /// Lines let go from the beginning because there were too many.
    pub let_go: usize,
    /// Bytes that came too fast and are only in the file.
    pub lost: u64,
    lines: VecDeque<Line>,
    bytes: usize,
    step: usize,
    out: Cleaner,
    err: Cleaner,
}

impl Transcript {
    /// Empty, for an operation.
    pub fn of(operation: OperationId) -> Self {
        Self { operation: Some(operation), ..Self::default() }
    }

    /// Takes a piece.
    pub fn take(&mut self, output: Output) {
        match output {
            Output::Lost(bytes) => self.lost += bytes,
            Output::Piece { step, stream, bytes } => {
                if step != self.step {
                    self.flush();
                    self.step = step;
                }
                let error = stream == Stream::Err;
                let cleaner = if error { &mut self.err } else { &mut self.out };
                for text in cleaner.feed(&bytes) {
                    self.push(error, text);
                }
            }
        }
    }

    /// No more will come.
    pub fn end(&mut self) {
        self.flush();
        self.ended = true;
    }

    fn flush(&mut self) {
        if let Some(text) = self.out.finish() {
            self.push(false, text);
        }
        if let Some(text) = self.err.finish() {
            self.push(true, text);
        }
    }

    fn push(&mut self, error: bool, text: String) {
        self.bytes += text.len();
        self.lines.push_back(Line { step: self.step, error, text });
        while self.lines.len() > MOST_LINES || self.bytes > MOST_BYTES {
            let Some(line) = self.lines.pop_front() else { break };
            self.bytes -= line.text.len();
            self.let_go += 1;
        }
    }

    /// How many lines there are, those that have not ended counted too.
    pub fn len(&self) -> usize {
        self.lines.len() + self.open_lines().count()
    }

    /// How many have ended and are kept.
    pub fn whole(&self) -> usize {
        self.lines.len()
    }

    /// How many ever came.
    pub fn total(&self) -> usize {
        self.let_go + self.len()
    }

    /// Whether nothing has come.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The lines from one on.
    pub fn from(&self, first: usize) -> impl Iterator<Item = Line> {
        let open = self.open_lines().skip(first.saturating_sub(self.lines.len()));
        self.lines.iter().skip(first).cloned().chain(open)
    }

    fn open_lines(&self) -> impl Iterator<Item = Line> {
        [(false, &self.out), (true, &self.err)]
            .into_iter()
            .filter(|(_, cleaner)| !cleaner.partial().is_empty())
            .map(|(error, c)| Line { step: self.step, error, text: c.partial().to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(step: usize, stream: Stream, text: &str) -> Output {
        Output::Piece { step, stream, bytes: text.as_bytes().to_vec() }
    }

    #[test]
    fn steps_and_streams_stay_apart() {
        let mut transcript = Transcript::default();
        transcript.take(piece(0, Stream::Out, "one\ntw"));
        transcript.take(piece(0, Stream::Err, "oh\n"));
        assert_eq!(transcript.len(), 3);
        transcript.take(piece(1, Stream::Out, "next"));
        transcript.end();
        let lines: Vec<_> = transcript.from(0).map(|l| (l.step, l.error, l.text)).collect();
        let line = |step, error, text: &str| (step, error, text.to_owned());
        assert_eq!(
            lines,
            [
                line(0, false, "one"),
                line(0, true, "oh"),
                line(0, false, "tw"),
                line(1, false, "next")
            ]
        );
    }

    #[test]
    fn it_is_bounded_and_counts_what_it_let_go() {
        let mut transcript = Transcript::default();
        for _ in 0..30 {
            transcript.take(piece(0, Stream::Out, &"x\n".repeat(1000)));
        }
        transcript.take(Output::Lost(7));
        assert_eq!((transcript.len(), transcript.let_go, transcript.lost), (10_000, 20_000, 7));
    }
}
