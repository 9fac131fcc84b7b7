//! Makes text of strangers fit to be shown: nothing that steers a terminal, and one line that is
//! bounded unless many are asked for.
//!
//! Hosts' greetings, error texts, algorithm names and output pass through here before they reach
//! a failure, a record or the screen. What is dropped is dropped silently; meaning is not kept.

/// One line of at most `max` characters without control and format characters; bytes that are no
/// UTF-8 show as `�`, line breaks and tabs as a space, and an ellipsis marks what was cut off.
pub fn clean_line(text: impl AsRef<[u8]>, max: usize) -> String {
    // no character is longer than four bytes, so this is enough even when most are dropped; it
    // bounds the work on a line of a gigabyte
    let bytes = text.as_ref();
    let bytes = bytes.get(..max.saturating_mul(16).saturating_add(1024)).unwrap_or(bytes);
    let text = String::from_utf8_lossy(bytes);
    let mut line = String::new();
    let mut count = 0;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let c = match c {
            '\u{1b}' => {
                if rest.as_str().starts_with('[') {
                    rest.next();
                    skip_control_sequence(&mut rest);
                }
                continue;
            }
            '\u{9b}' => {
                skip_control_sequence(&mut rest);
                continue;
            }
            '\n' | '\r' | '\t' | '\u{85}' | '\u{2028}' | '\u{2029}' => ' ',
            c if is_unseen(c) => continue,
            c => c,
        };
        if c == ' ' && (line.is_empty() || line.ends_with(' ')) {
            continue;
        }
        if count == max {
            if line.pop().is_some() {
                line.push('…');
            }
            break;
        }
        line.push(c);
        count += 1;
    }
    line.truncate(line.trim_end().len());
    line
}

/// Skips the parameters and the final character of a control sequence (colours and the like), so
/// that no `31m` stays behind. Anything else ends it.
fn skip_control_sequence(rest: &mut std::str::Chars<'_>) {
    let mut ahead = rest.clone();
    while let Some(c) = ahead.next() {
        match c {
            '\u{20}'..='\u{3f}' => {}
            '\u{40}'..='\u{7e}' => {
                *rest = ahead;
                return;
            }
            _ => return,
        }
    }
}

/// Whether a character steers instead of being seen: Unicode's control characters (C0, C1, DEL)
/// and format characters (direction overrides, tags, invisible operators) except the two joiners
/// that scripts and emoji need.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}'
            | '\u{600}'..='\u{605}'
            | '\u{61c}'
            | '\u{6dd}'
            | '\u{70f}'
            | '\u{890}'..='\u{891}'
            | '\u{8e2}'
            | '\u{180e}'
            | '\u{200b}'
            | '\u{200e}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{110bd}'
            | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0001}'
            | '\u{e0020}'..='\u{e007f}')
}

/// Many lines of text without anything that steers the terminal: control characters
/// other than line ends and tabs go, with the sequences that an escape begins.
pub fn clean_lines(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut clean = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\n' | '\t' => clean.push(c),
            '\u{1b}' => match rest.peek() {
                Some('[') => {
                    rest.next();
                    skip_while(&mut rest, |c| ('\u{20}'..='\u{3f}').contains(&c));
                    rest.next();
                }
                Some(']' | 'P' | 'X' | '^' | '_') => {
                    // a string for the terminal; one line of it at most, so that an open one does
                    // not swallow what follows
                    skip_while(&mut rest, |c| !matches!(c, '\u{7}' | '\u{1b}' | '\n'));
                }
                _ => {}
            },
            c if is_unseen(c) => {}
            c => clean.push(c),
        }
    }
    clean
}

fn skip_while(
    rest: &mut std::iter::Peekable<std::str::Chars<'_>>,
    unwanted: impl Fn(char) -> bool,
) {
    while rest.next_if(|c| unwanted(*c)).is_some() {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_is_left() {
        for (given, left) in [
            ("plain", "plain"),
            ("  two  words \t\r\n next ", "two words next"),
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("\u{9b}31mred", "red"),
            ("\u{1b}]52;c;aGk=\u{7}x", "]52;c;aGk=x"),
            ("\u{1b}Pq\u{1b}\\", "Pq\\"),
            ("a\u{1b}[", "a"),
            ("a\u{1b}[12\u{1b}[1mb", "a12b"),
            ("a\u{0}b\u{7f}c\u{90}d", "abcd"),
            ("\u{202e}evil\u{202c}", "evil"),
            ("👩\u{200d}🚀 क\u{200d}ष", "👩\u{200d}🚀 क\u{200d}ष"),
            ("tag\u{e0041}\u{feff}\u{2066}", "tag"),
            ("", ""),
        ] {
            assert_eq!(clean_line(given, 60), left, "{given:?}");
        }
        assert_eq!(clean_line(b"caf\xe9", 60), "caf\u{fffd}");
    }

    #[test]
    fn length_is_bounded_in_characters() {
        assert_eq!(clean_line("äöüß", 4), "äöüß");
        assert_eq!(clean_line("äöüß!", 4), "äöü…");
        assert_eq!(clean_line("x".repeat(1 << 20), 10), "xxxxxxxxx…");
        assert_eq!(clean_line("\u{1}".repeat(1 << 20), 10), "");
        assert_eq!(clean_line("abc", 0), "");
    }

    #[test]
    fn many_lines_keep_their_ends_and_tabs() {
        for (sent, shown) in [
            ("a\tb\nc\n", "a\tb\nc\n"),
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("\u{1b}]52;c;aGk=\u{7}x", "x"),
            ("\u{1b}]0;open\nnext", "\nnext"),
            ("\u{9b}31mx", "31mx"),
            ("a\rb\u{8}", "ab"),
            ("\u{202e}evil", "evil"),
            ("漢 é 😀", "漢 é 😀"),
        ] {
            assert_eq!(clean_lines(sent.as_bytes()), shown, "{sent:?}");
        }
        assert_eq!(clean_lines(b"\xff!"), "\u{fffd}!");
    }
}
