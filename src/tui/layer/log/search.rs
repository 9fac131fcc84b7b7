//! What is looked for in a log: a text, in any case unless it has a capital. Lines that have not
//! changed are looked through once; what was found is kept.

use std::cell::RefCell;
use std::ops::Range;

use regex::{Regex, RegexBuilder};

use crate::tui::text;
use crate::tui::transcript::Transcript;

/// A text that is looked for.
#[derive(Debug)]
pub struct Search {
    /// As it was typed.
    pub text: String,
    pattern: Regex,
    found: RefCell<Found>,
}

#[derive(Debug, Default)]
struct Found {
    /// Lines before this one were looked through.
    until: usize,
    lines: Vec<usize>,
}

impl Search {
    /// Looks for a text; none for an empty one.
    pub fn new(text: &str) -> Option<Self> {
        let any_case = !text.chars().any(char::is_uppercase);
        let pattern = RegexBuilder::new(&regex::escape(text)).case_insensitive(any_case).build();
        let pattern = pattern.ok().filter(|_| !text.is_empty())?;
        Some(Self { text: text.to_owned(), pattern, found: RefCell::default() })
    }

    /// The lines that match, counted from the first that ever came.
    pub fn lines(&self, transcript: &Transcript) -> Vec<usize> {
        let mut found = self.found.borrow_mut();
        let (least, whole) = (transcript.let_go, transcript.let_go + transcript.whole());
        let gone = found.lines.partition_point(|line| *line < least);
        found.lines.drain(..gone);
        let from = found.until.max(least);
        let mut open = Vec::new();
        for (line, number) in transcript.from(from - least).zip(from..) {
            if self.pattern.is_match(&line.text) {
                if number < whole { found.lines.push(number) } else { open.push(number) }
            }
        }
        found.until = from.max(whole);
        found.lines.iter().copied().chain(open).collect()
    }

    /// Where in a line it is.
    pub fn places(&self, line: &str) -> Vec<Range<usize>> {
        self.pattern.find_iter(line).map(|found| found.range()).collect()
    }

    /// The column at which a line's first match begins.
    pub fn column(&self, transcript: &Transcript, line: usize) -> usize {
        let line = line.checked_sub(transcript.let_go).and_then(|l| transcript.from(l).next());
        let head = line.and_then(|line| {
            let start = self.pattern.find(&line.text)?.start();
            line.text.split_at_checked(start).map(|(head, _)| text::width(head))
        });
        head.unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::{Output, Stream};

    fn take(transcript: &mut Transcript, text: &str) {
        let bytes = text.as_bytes().to_vec();
        transcript.take(Output::Piece { step: 0, stream: Stream::Out, bytes });
    }

    #[test]
    fn case_counts_when_there_is_a_capital_and_signs_are_themselves() {
        for (text, line, places) in [
            ("err", "Error: ERR", vec![(0, 3), (7, 10)]),
            ("Err", "Error: ERR", vec![(0, 3)]),
            ("a.c", "abc a.c", vec![(4, 7)]),
            ("", "x", vec![]),
            ("ß", "groß", vec![(3, 5)]),
        ] {
            let found = Search::new(text).map(|s| s.places(line)).unwrap_or_default();
            let found: Vec<_> = found.into_iter().map(|place| (place.start, place.end)).collect();
            assert_eq!(found, places, "{text} in {line}");
        }
    }

    #[test]
    fn what_comes_later_is_found_and_what_is_let_go_is_forgotten() {
        let mut transcript = Transcript::default();
        let search = Search::new("x").unwrap();
        take(&mut transcript, "x\n-\nx");
        assert_eq!(search.lines(&transcript), [0, 2]);
        take(&mut transcript, "\rno\nx\n");
        assert_eq!(search.lines(&transcript), [0, 3], "an open line may still change");
        take(&mut transcript, &"-\n".repeat(9_999));
        assert_eq!(search.lines(&transcript), [3]);
        take(&mut transcript, &"x\n".repeat(10_002));
        assert_eq!(search.lines(&transcript).len(), 10_000);
    }
}
