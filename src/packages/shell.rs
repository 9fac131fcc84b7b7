//! Quoting and composing of script text: the only place that does.
//!
//! Data becomes script text only as quoted words; whole files travel beside a script, not in it.

/// A word that no argument vector can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a word holds a NUL byte, which no argument can")]
pub struct NulByte;

/// Plain words that a shell would read as grammar where a command begins.
const RESERVED: &[&str] = &[
    "if", "then", "else", "elif", "fi", "do", "done", "case", "esac", "while", "until", "for",
    "in", "function", "select", "time", "coproc",
];

/// Quotes one word so that a POSIX shell reads back exactly these bytes. The word holds no NUL:
/// input checks refuse it, and [`words`] does for what people pass through.
pub fn quote(word: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_./:@+,-".contains(&b);
    if !word.is_empty() && word.bytes().all(plain) && !RESERVED.contains(&word) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Quotes an argument vector as one command.
///
/// # Errors
/// When a word holds a NUL byte.
pub fn words<S: AsRef<str>>(argv: &[S]) -> Result<String, NulByte> {
    if argv.iter().any(|word| word.as_ref().contains('\0')) {
        return Err(NulByte);
    }
    let quoted: Vec<String> = argv.iter().map(|word| quote(word.as_ref())).collect();
    Ok(quoted.join(" "))
}

#[cfg(test)]
mod tests;
