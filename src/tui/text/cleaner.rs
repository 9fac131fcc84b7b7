//! Turns bytes as a host sent them into lines that may be drawn.
//!
//! Escape sequences vanish, other control characters become visible signs, a carriage return
//! begins the line anew. It never looks back further than the line at hand.

const LONGEST_LINE: usize = 4096;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Mode {
    #[default]
    Ground,
    Escape,
    Sequence,
    String,
    StringEscape,
}

/// Takes bytes piece by piece and gives finished lines.
#[derive(Debug, Clone, Default)]
pub struct Cleaner {
    mode: Mode,
    pending: Vec<u8>,
    line: String,
    returned: bool,
}

impl Cleaner {
    /// Takes a piece; gives the lines that it ended.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        self.pending.extend_from_slice(bytes);
        let pending = std::mem::take(&mut self.pending);
        let mut rest: &[u8] = &pending;
        loop {
            match std::str::from_utf8(rest) {
                Ok(text) => {
                    text.chars().for_each(|c| self.char(c, &mut lines));
                    break;
                }
                Err(error) => {
                    let (valid, tail) =
                        rest.split_at_checked(error.valid_up_to()).unwrap_or_default();
                    String::from_utf8_lossy(valid).chars().for_each(|c| self.char(c, &mut lines));
                    let Some(bad) = error.error_len() else {
                        self.pending = tail.to_vec();
                        break;
                    };
                    self.char('\u{fffd}', &mut lines);
                    rest = tail.get(bad..).unwrap_or_default();
                }
            }
        }
        lines
    }

    /// The line that has not ended yet.
    pub fn partial(&self) -> &str {
        &self.line
    }

    /// Ends the line at hand.
    pub fn finish(&mut self) -> Option<String> {
        if !self.pending.is_empty() {
            self.pending.clear();
            self.line.push('\u{fffd}');
        }
        self.mode = Mode::Ground;
        self.returned = false;
        (!self.line.is_empty()).then(|| std::mem::take(&mut self.line))
    }

    fn char(&mut self, c: char, lines: &mut Vec<String>) {
        // A line end closes every sequence: an unfinished one must not swallow what follows.
        if c == '\n' {
            self.mode = Mode::Ground;
            self.returned = false;
            lines.push(std::mem::take(&mut self.line));
            return;
        }
        self.mode = match (self.mode, c) {
            (Mode::String, '\x1b') => Mode::StringEscape,
            (Mode::StringEscape, '\\') | (Mode::String, '\x07' | '\u{9c}') => Mode::Ground,
            (Mode::String, _) => Mode::String,
            (Mode::Escape | Mode::StringEscape, '[') | (Mode::Ground, '\u{9b}') => Mode::Sequence,
            (Mode::Escape | Mode::StringEscape, ']' | 'P' | 'X' | '^' | '_')
            | (Mode::Ground, '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}') => Mode::String,
            (_, '\x1b') => Mode::Escape,
            (Mode::Escape, ' '..='/') => Mode::Escape,
            (Mode::Escape | Mode::StringEscape, _) | (Mode::Sequence, '@'..='~') => Mode::Ground,
            (Mode::Sequence, _) => Mode::Sequence,
            (Mode::Ground, _) => {
                self.ground(c);
                if self.line.len() >= LONGEST_LINE {
                    lines.push(std::mem::take(&mut self.line));
                }
                Mode::Ground
            }
        };
    }

    fn ground(&mut self, c: char) {
        if c == '\r' {
            self.returned = true;
            return;
        }
        if std::mem::take(&mut self.returned) {
            self.line.clear();
        }
        match c {
            '\t' => {
                let used = super::width(&self.line);
                self.line.extend(std::iter::repeat_n(' ', 8 - used % 8));
            }
            '\x08' => {
                self.line.pop();
            }
            '\0'..='\x1f' => {
                self.line.push(char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'));
            }
            '\x7f' => self.line.push('␡'),
            '\u{80}'..='\u{9f}' => self.line.push('\u{fffd}'),
            // Marks without width that turn or join what stands beside them.
            '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{61c}'
            | '\u{ad}'
            | '\u{feff}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{e0000}'..='\u{e0fff}' => {}
            c => self.line.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_may_be_cut_anywhere() {
        let bytes = "grün \x1b[1mfett\x1b[0m\r\nzwei\x1b]8;;x\x1b\\ drei".as_bytes();
        for at in 0..bytes.len() {
            let mut cleaner = Cleaner::default();
            let mut lines = cleaner.feed(&bytes[..at]);
            lines.extend(cleaner.feed(&bytes[at..]));
            assert_eq!(lines, ["grün fett"]);
            assert_eq!(cleaner.partial(), "zwei drei");
        }
    }

    #[test]
    fn broken_text_and_endless_lines_are_bounded() {
        let mut cleaner = Cleaner::default();
        assert_eq!(cleaner.feed(b"a\xff\xfeb\n"), ["a\u{fffd}\u{fffd}b"]);
        let lines = cleaner.feed(&vec![b'x'; 3 * LONGEST_LINE]);
        assert_eq!(lines.len(), 3);
        assert!(cleaner.feed(b"\xe6\x97").is_empty());
        assert_eq!(cleaner.finish().as_deref(), Some("\u{fffd}"));
    }
}
