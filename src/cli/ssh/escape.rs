//! The way out of a session whose link hangs: `~.` at the start of a line, as in OpenSSH.

/// What was typed so far, as far as it matters.
#[derive(Debug)]
pub(super) struct Escape {
    line_starts: bool,
    /// A `~` that is not sent yet.
    held: bool,
}

impl Escape {
    /// At the start of a line.
    pub(super) fn new() -> Self {
        Self { line_starts: true, held: false }
    }

    /// What of the typed bytes goes to the host; `None` when they say to leave.
    pub(super) fn pass(&mut self, typed: &[u8]) -> Option<Vec<u8>> {
        let mut passed = Vec::with_capacity(typed.len() + 1);
        for &byte in typed {
            if std::mem::take(&mut self.held) {
                match byte {
                    b'.' => return None,
                    // doubled, it is sent once
                    b'~' => {}
                    _ => passed.push(b'~'),
                }
            } else if self.line_starts && byte == b'~' {
                self.held = true;
                self.line_starts = false;
                continue;
            }
            passed.push(byte);
            self.line_starts = matches!(byte, b'\r' | b'\n');
        }
        Some(passed)
    }
}

#[cfg(test)]
mod tests {
    use super::Escape;

    fn sent(pieces: &[&str]) -> Option<String> {
        let mut escape = Escape::new();
        let mut all = Vec::new();
        for piece in pieces {
            all.extend(escape.pass(piece.as_bytes())?);
        }
        Some(String::from_utf8(all).unwrap())
    }

    #[test]
    fn only_a_tilde_at_the_start_of_a_line_leaves() {
        for leaves in [&["~."][..], &["ls\r~."], &["ls\n", "~", "."], &["~~\r~."]] {
            assert_eq!(sent(leaves), None, "{leaves:?}");
        }
        for (typed, there) in [
            (&["a~."][..], "a~."),
            (&["cd ~\r"], "cd ~\r"),
            (&["~~."], "~."),
            (&["~", "/bin\r"], "~/bin\r"),
            (&["~\r.\r"], "~\r.\r"),
            (&["~"], ""),
            (&["~a~."], "~a~."),
        ] {
            assert_eq!(sent(typed).as_deref(), Some(there), "{typed:?}");
        }
    }
}
