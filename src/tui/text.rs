//! Text that is safe to draw: cleaned of control sequences, cut and wrapped by width.
//!
//! Whatever came from a host, a file or a person goes through here before it meets a cell.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

mod cleaner;

pub use cleaner::Cleaner;

/// One line without control characters, escape sequences and invisible direction marks; line ends
/// become spaces.
pub fn clean(text: &str) -> String {
    let mut cleaner = Cleaner::default();
    let mut lines = cleaner.feed(text.as_bytes());
    lines.extend(cleaner.finish());
    lines.join(" ")
}

/// The cells a text takes.
pub fn width(text: &str) -> usize {
    text.graphemes(true).map(grapheme_width).sum()
}

/// The cells one grapheme takes.
pub fn grapheme_width(grapheme: &str) -> usize {
    UnicodeWidthStr::width(grapheme).min(2)
}

/// The text cleaned and cut to `cells`, on a grapheme's border, with an ellipsis when it was longer.
pub fn cut(text: &str, cells: usize) -> String {
    let text = clean(text);
    if width(&text) <= cells {
        return text;
    }
    let Some(room) = cells.checked_sub(1) else { return String::new() };
    let mut cut = take(&text, room).to_owned();
    cut.push('…');
    cut
}

/// The text cut as [`cut`] does and filled with spaces to exactly `cells`.
pub fn fit(text: &str, cells: usize) -> String {
    let mut text = cut(text, cells);
    let missing = cells.saturating_sub(width(&text));
    text.extend(std::iter::repeat_n(' ', missing));
    text
}

/// As much of the beginning as fits into `cells`.
pub fn take(text: &str, cells: usize) -> &str {
    let mut used = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        used += grapheme_width(grapheme);
        if used > cells {
            return text.split_at_checked(at).map_or("", |(head, _)| head);
        }
    }
    text
}

/// The text broken into lines of at most `cells`, between words where that is possible. Its own
/// line ends are kept.
pub fn wrap(text: &str, cells: usize) -> Vec<String> {
    let cells = cells.max(1);
    text.lines().flat_map(|line| wrap_line(&clean(line), cells)).collect()
}

fn wrap_line(line: &str, cells: usize) -> Vec<String> {
    if width(line) <= cells {
        return vec![line.to_owned()];
    }
    let mut lines = Vec::new();
    let mut current = String::new();
    for word in line.split(' ') {
        if !current.is_empty() && width(&current) + 1 + width(word) > cells {
            lines.push(std::mem::take(&mut current));
        }
        if !current.is_empty() {
            current.push(' ');
        }
        current.push_str(word);
        while width(&current) > cells {
            let head = match take(&current, cells) {
                // A grapheme wider than the line: it goes alone, and is cut when it is drawn.
                "" => current.graphemes(true).next().unwrap_or_default().len(),
                head => head.len(),
            };
            let rest = current.split_off(head);
            lines.push(std::mem::replace(&mut current, rest));
        }
    }
    if !current.is_empty() {
        lines.push(current);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_on_grapheme_borders_by_width() {
        assert_eq!(cut("web-1", 5), "web-1");
        assert_eq!(cut("web-10", 5), "web-…");
        assert_eq!(cut("日本語", 5), "日本…");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(fit("日本語", 4), "日… ");
        assert_eq!(cut("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
        assert_eq!(cut("anything", 0), "");
    }

    #[test]
    fn wraps_between_words_and_breaks_what_is_too_long() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("a\nb", 9), ["a", "b"]);
        assert_eq!(wrap("日本", 1), ["日", "本"]);
    }

    #[test]
    fn cleans_what_a_host_may_send() {
        assert_eq!(clean("\x1b[31mred\x1b[0m"), "red");
        assert_eq!(clean("\x1b]0;title\x07text"), "text");
        assert_eq!(clean("a\u{202e}b\u{200d}c"), "abc");
        assert_eq!(clean("ring\x07"), "ring␇");
        assert_eq!(clean("10%\r20%\r\nend"), "20% end");
        assert_eq!(clean("a\tb"), "a       b");
        assert_eq!(clean("\x1bP lost\nseen"), " seen");
        assert_eq!(clean("\u{9b}31mred"), "red");
    }
}
