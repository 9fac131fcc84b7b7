//! What hosts send, made fit for a terminal.

pub(super) use crate::domain::clean::clean_lines as cleaned;

/// A line after its server's name, with an end.
pub(super) fn lined(name: &str, line: &[u8]) -> Vec<u8> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    [name.as_bytes(), line, b"\n"].concat()
}
