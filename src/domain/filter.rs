//! The language of filters: what a row's texts must hold, and what they must not.
//!
//! Words are and-ed. `word` is looked for in every column, `field:word` in one; `~word` takes its
//! letters in order with anything between, `/pattern/` is a regular expression, `field:=word` wants
//! the whole word, `!` turns any of them round, quotation marks keep spaces. Case counts where
//! something is in upper case. Pure: columns are named by their numbers.

mod parse;
#[cfg(test)]
mod tests;

use regex::Regex;

/// A filter; the empty one keeps everything.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    terms: Vec<Term>,
}

#[derive(Debug, Clone)]
struct Term {
    inverse: bool,
    column: Option<usize>,
    pattern: Regex,
    /// What of a match is marked: its groups, or all of it.
    groups: bool,
}

impl Filter {
    /// Reads a filter; `columns` are the names that each column goes by.
    ///
    /// # Errors
    /// A sentence: a column that there is not, or a pattern that is none.
    pub fn parse(line: &str, columns: &[&[&str]]) -> Result<Self, String> {
        parse::parse(line, columns)
    }

    /// Whether it keeps everything.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether it keeps a row of so many columns, of which `cell` makes the text.
    pub fn keeps(&self, columns: usize, cell: impl Fn(usize) -> String) -> bool {
        self.terms.iter().all(|term| {
            let found = match term.column {
                Some(column) => term.pattern.is_match(&cell(column)),
                None => (0..columns).any(|column| term.pattern.is_match(&cell(column))),
            };
            found != term.inverse
        })
    }

    /// Where a column's text matches, as ranges of bytes from left to right that do not overlap.
    pub fn spans(&self, column: usize, text: &str) -> Vec<(usize, usize)> {
        let mut spans = Vec::new();
        let here = |term: &&Term| !term.inverse && term.column.is_none_or(|at| at == column);
        for term in self.terms.iter().filter(here) {
            if term.groups {
                let groups = term.pattern.captures(text);
                let groups = groups.iter().flat_map(|groups| groups.iter().skip(1).flatten());
                spans.extend(groups.map(|found| (found.start(), found.end())));
            } else {
                spans.extend(term.pattern.find_iter(text).map(|m| (m.start(), m.end())));
            }
        }
        spans.sort_unstable();
        let mut joined: Vec<(usize, usize)> = Vec::new();
        for (from, to) in spans.into_iter().filter(|(from, to)| from < to) {
            match joined.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                _ => joined.push((from, to)),
            }
        }
        joined
    }
}
