//! Reads the two framed streams of a session: bytes in, news out.
//!
//! What comes from a host is hostile: whatever is kept here is bounded, lines that are not exactly
//! a mark are output. Survives the loss of its connection: [`Frames::offsets`] say where to go on.

use std::collections::VecDeque;

use super::{Mark, Phase, Verdict};
use crate::operations::Stream;

/// A mark's line is shorter than this; what is longer is output.
const LONGEST_LINE: usize = 600;
/// More marks than this cannot wait for their twin on the other stream.
const MOST_WAITING: usize = 4096;

/// What a session tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// The script began; before it all was noise of login files.
    Hello {
        /// The host's boot id.
        boot: String,
    },
    /// Another controller (or operation) holds the host's lock.
    Held {
        /// Its owner.
        owner: String,
        /// Its operation.
        operation: String,
        /// Since when, seconds since 1970 by its owner's clock.
        since: String,
    },
    /// The host cannot or will not run it: `not-root`, `no-systemd`, `no-tool NAME`, `no-space`,
    /// `start TEXT`. Nothing was begun.
    Refused(String),
    /// We saw it run, and the host does not know it any more.
    Absent,
    /// It was cancelled before it was started.
    NotStarted,
    /// The run is there: output follows.
    Following,
    /// A phase began or ended, or the run did. May come again from the host's journal.
    Mark(Mark),
    /// Output.
    Piece {
        /// The step that said it, and in which phase, unless it came before the first. The mark of
        /// an earlier phase's end may count only after this: see [`Frames::push`].
        at: Option<(usize, Phase)>,
        /// On which stream.
        stream: Stream,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// The run is over, or nothing of it is at work any more, and everything is read.
    Gone {
        /// The host's boot id now, the one at the run's start, and how it ended: `ended` where it said
        /// so itself, else what systemd says of root's, and nothing of others.
        result: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Data(Vec<u8>),
    /// A framed line: whether it is the session's (else the run's), its text, its length in all.
    Line(bool, String, usize),
}

/// Splits a byte stream into data and framed lines; a frame is a line end, a nonce, a space, the
/// text and a line end.
#[derive(Debug, Default)]
struct Splitter {
    held: Vec<u8>,
}

enum Found {
    Line(bool, String, usize),
    NotYet,
    No,
}

impl Splitter {
    fn push(&mut self, bytes: &[u8], session: &str, run: &str) -> Vec<Token> {
        self.held.extend_from_slice(bytes);
        let buffer = std::mem::take(&mut self.held);
        let mut tokens = Vec::new();
        let mut data: Vec<u8> = Vec::new();
        let mut rest: &[u8] = &buffer;
        loop {
            let Some(at) = rest.iter().position(|b| *b == b'\n') else {
                data.extend_from_slice(rest);
                break;
            };
            let (before, after) = rest.split_at(at);
            data.extend_from_slice(before);
            match frame(after, session, run) {
                Found::Line(ours, text, length) => {
                    if !data.is_empty() {
                        tokens.push(Token::Data(std::mem::take(&mut data)));
                    }
                    tokens.push(Token::Line(ours, text, length));
                    rest = after.get(length..).unwrap_or_default();
                }
                Found::NotYet => {
                    self.held = after.to_vec();
                    break;
                }
                Found::No => {
                    data.push(b'\n');
                    rest = after.get(1..).unwrap_or_default();
                }
            }
        }
        if !data.is_empty() {
            tokens.push(Token::Data(data));
        }
        tokens
    }
}

/// Looks for a frame at the beginning of `bytes`, which begin with a line end.
fn frame(bytes: &[u8], session: &str, run: &str) -> Found {
    let rest = bytes.get(1..).unwrap_or_default();
    let mut found = Found::No;
    for (ours, nonce) in [(true, session), (false, run)] {
        let head = format!("{nonce} ").into_bytes();
        if rest.len() < head.len() {
            if head.starts_with(rest) {
                found = Found::NotYet;
            }
        } else if let Some(text) = rest.strip_prefix(head.as_slice()) {
            return match text.iter().take(LONGEST_LINE).position(|b| *b == b'\n') {
                Some(end) => {
                    let line = String::from_utf8_lossy(text.get(..end).unwrap_or_default());
                    Found::Line(ours, line.into_owned(), 1 + head.len() + end + 1)
                }
                None if text.len() < LONGEST_LINE => Found::NotYet,
                None => Found::No,
            };
        }
    }
    found
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Twin {
    Mark(Mark),
    Report,
}

#[derive(Debug, Default)]
struct Side {
    splitter: Splitter,
    following: bool,
    consumed: u64,
    at: Option<(usize, Phase)>,
    waiting: VecDeque<Twin>,
}

/// The two streams of a run, over all the sessions that follow it.
#[derive(Debug)]
pub struct Frames {
    session: String,
    run: String,
    out: Side,
    err: Side,
    hello: bool,
    /// Lines of the host's journal wait until both streams are read to their ends.
    journal: Vec<News>,
    reported: bool,
    news: VecDeque<News>,
}

impl Frames {
    /// For a run whose marks begin with `run`; call [`Frames::resume`] for each session.
    pub fn new(run: &str) -> Self {
        Self {
            session: String::new(),
            run: run.to_owned(),
            out: Side::default(),
            err: Side::default(),
            hello: false,
            journal: Vec::new(),
            reported: false,
            news: VecDeque::new(),
        }
    }

    /// A new session begins; what the last one left half-read is read again.
    pub fn resume(&mut self, session: &str) {
        session.clone_into(&mut self.session);
        self.hello = false;
        self.reported = false;
        self.journal.clear();
        for side in [&mut self.out, &mut self.err] {
            side.splitter = Splitter::default();
            side.following = false;
            side.waiting.retain(|t| *t != Twin::Report);
        }
    }

    /// How much of the run's two files has been taken in.
    pub fn offsets(&self) -> (u64, u64) {
        (self.out.consumed, self.err.consumed)
    }

    /// Whether this session's script has begun.
    pub fn greeted(&self) -> bool {
        self.hello
    }

    /// Takes in what came on a stream. A piece is told as it comes; a mark once both streams have it.
    pub fn push(&mut self, stream: Stream, bytes: &[u8]) {
        let side = match stream {
            Stream::Out => &mut self.out,
            Stream::Err => &mut self.err,
        };
        for token in side.splitter.push(bytes, &self.session, &self.run) {
            match token {
                Token::Data(bytes) => self.data(stream, bytes),
                Token::Line(true, text, _) => self.session_line(stream, &text),
                Token::Line(false, text, length) => self.run_line(stream, &text, length),
            }
        }
    }

    /// Whether there are no news.
    pub fn is_empty(&self) -> bool {
        self.news.is_empty()
    }

    /// The next news.
    pub fn pop(&mut self) -> Option<News> {
        self.news.pop_front()
    }

    fn side(&mut self, stream: Stream) -> &mut Side {
        match stream {
            Stream::Out => &mut self.out,
            Stream::Err => &mut self.err,
        }
    }

    fn data(&mut self, stream: Stream, bytes: Vec<u8>) {
        let side = self.side(stream);
        if !side.following {
            return;
        }
        side.consumed += bytes.len() as u64;
        let at = side.at;
        self.news.push_back(News::Piece { at, stream, bytes });
    }

    fn run_line(&mut self, stream: Stream, text: &str, length: usize) {
        let side = self.side(stream);
        if !side.following {
            return;
        }
        side.consumed += length as u64;
        let Some(mark) = parse_mark(text) else { return };
        if let Mark::Begin { step, phase } = mark {
            side.at = Some((step, phase));
        }
        if side.waiting.len() < MOST_WAITING {
            side.waiting.push_back(Twin::Mark(mark));
        }
        self.pair();
    }

    /// A mark counts once both streams have come to it: then all output before it is here.
    fn pair(&mut self) {
        while let (Some(out), Some(err)) = (self.out.waiting.front(), self.err.waiting.front()) {
            let (out, err) = (*out, *err);
            // After the host went down a file may end early; its journal has what is missing.
            if out == err || err != Twin::Report {
                self.err.waiting.pop_front();
            }
            if out == err || (out != Twin::Report && err == Twin::Report) {
                self.out.waiting.pop_front();
            }
            match out {
                Twin::Mark(mark) if out == err => self.news.push_back(News::Mark(mark)),
                Twin::Report if out == err => {
                    self.reported = true;
                    self.news.extend(self.journal.drain(..));
                }
                Twin::Mark(_) | Twin::Report => {}
            }
        }
    }

    fn session_line(&mut self, stream: Stream, text: &str) {
        let mut words = text.splitn(2, ' ');
        let (word, rest) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        if word == "follow" {
            self.side(stream).following = true;
            if stream == Stream::Out {
                self.news.push_back(News::Following);
            }
            return;
        }
        if word == "report" {
            let side = self.side(stream);
            side.following = false;
            side.waiting.push_back(Twin::Report);
            self.pair();
            return;
        }
        if stream == Stream::Err {
            return;
        }
        let news = match word {
            "hello" => {
                self.hello = true;
                News::Hello { boot: rest.to_owned() }
            }
            "held" => {
                let mut parts = rest.splitn(3, ' ').map(str::to_owned);
                let mut part = || parts.next().unwrap_or_default();
                News::Held { owner: part(), operation: part(), since: part() }
            }
            "refused" => News::Refused(rest.to_owned()),
            "absent" => News::Absent,
            "cancelled" => News::NotStarted,
            "result" => match journal_mark(rest) {
                Some(mark) => News::Mark(mark),
                None => return,
            },
            "gone" => News::Gone { result: rest.to_owned() },
            _ => return,
        };
        let last = matches!(word, "result" | "gone");
        if last && !self.reported {
            if self.journal.len() < MOST_WAITING {
                self.journal.push(news);
            }
        } else {
            self.news.push_back(news);
        }
    }
}

/// A line of the host's journal is a mark and the boot id; without that it was cut off.
fn journal_mark(line: &str) -> Option<Mark> {
    let (mark, boot) = line.rsplit_once(' ')?;
    (boot.len() == 36 || boot == "unknown").then(|| parse_mark(mark))?
}

fn parse_mark(text: &str) -> Option<Mark> {
    let words: Vec<&str> = text.split(' ').collect();
    let phase = |word: &str| match word {
        "check" => Some(Phase::Check),
        "apply" => Some(Phase::Apply),
        "verify" => Some(Phase::Verify),
        _ => None,
    };
    match words.as_slice() {
        ["begin", step, p] => Some(Mark::Begin { step: step.parse().ok()?, phase: phase(p)? }),
        ["end", step, p, exit, millis] => Some(Mark::End {
            step: step.parse().ok()?,
            phase: phase(p)?,
            exit: exit.parse().ok()?,
            millis: millis.parse().ok()?,
        }),
        ["over", "done"] => Some(Mark::Over(Verdict::Done)),
        ["over", "failed"] => Some(Mark::Over(Verdict::Failed)),
        ["over", "cancelled"] => Some(Mark::Over(Verdict::Cancelled)),
        _ => None,
    }
}
