//! Search in a few hundred lines: which of them a query fits, how well, and by which letters.

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// How letters must stand to fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// In their order, with others between them.
    Loose,
    /// Each word as it is.
    Words,
}

/// The lines that fit, the best first; equal ones keep their order. With each: its number and the
/// graphemes that were matched. An empty query fits all.
pub fn search<'a>(
    query: &str,
    fit: Fit,
    lines: impl Iterator<Item = &'a str>,
) -> Vec<(usize, Vec<usize>)> {
    let kind = match fit {
        Fit::Loose => AtomKind::Fuzzy,
        Fit::Words => AtomKind::Substring,
    };
    let pattern = Pattern::new(query, CaseMatching::Ignore, Normalization::Smart, kind);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut buffer = Vec::new();
    let mut found: Vec<(u32, usize, Vec<usize>)> = Vec::new();
    for (number, line) in lines.enumerate() {
        let mut hits = Vec::new();
        let line = Utf32Str::new(line, &mut buffer);
        if let Some(score) = pattern.indices(line, &mut matcher, &mut hits) {
            let mut hits: Vec<usize> = hits.into_iter().map(|hit| hit as usize).collect();
            hits.sort_unstable();
            hits.dedup();
            found.push((score, number, hits));
        }
    }
    found.sort_by_key(|(score, number, _)| (std::cmp::Reverse(*score), *number));
    found.into_iter().map(|(_, number, hits)| (number, hits)).collect()
}

#[cfg(test)]
mod tests {
    use super::{Fit, search};

    #[test]
    fn the_best_comes_first_and_says_its_letters() {
        let lines = ["remove the rule", "add a rule", "日本 rule"];
        let found = |query| search(query, Fit::Loose, lines.iter().copied());
        assert_eq!(found("").iter().map(|(n, _)| *n).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(found("add"), [(1, vec![0, 1, 2])]);
        assert_eq!(found("RR").first().map(|(n, _)| *n), Some(0));
        assert_eq!(found("本rule"), [(2, vec![1, 3, 4, 5, 6])]);
        assert_eq!(found("xyz"), []);
        let words = |query| search(query, Fit::Words, lines.iter().copied()).len();
        assert_eq!((words("ad rul"), words("adrul")), (1, 0));
    }
}
