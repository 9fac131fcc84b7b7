//! The rules for every field: outer spaces go, what cannot be seen is refused, length is bounded.

use unicode_width::UnicodeWidthChar;

use super::Verdict;

/// Trims outer spaces and refuses what no field may hold: controls, what reorders or hides text,
/// more than `most` bytes.
pub fn clean(text: &str, most: usize) -> Verdict<&str> {
    if text.len() > most {
        return Verdict::No(format!(
            "This is {} bytes long; at most {most} are taken. Type a shorter one.",
            text.len()
        ));
    }
    if let Some(bad) = text.chars().find_map(forbidden) {
        return Verdict::No(bad);
    }
    let trimmed = text.trim_matches(' ');
    if trimmed.len() == text.len() || trimmed.is_empty() {
        Verdict::Ok(trimmed)
    } else {
        Verdict::Fix(trimmed, "Outer spaces were taken off.".into())
    }
}

/// Why a character may stand in no field.
pub(crate) fn forbidden(c: char) -> Option<String> {
    let code = u32::from(c);
    let what = match c {
        '\0' => "a NUL byte",
        '\n' | '\r' | '\u{2028}' | '\u{2029}' | '\u{85}' => "a line break",
        '\t' => "a tab",
        '\u{1b}' => "an escape character",
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}' => {
            "a character that reorders text"
        }
        _ if c.is_control() => "a control character",
        _ if is_invisible(c) => "a character that cannot be seen",
        _ => return None,
    };
    Some(format!("It holds {what} (U+{code:04X}). Type it again by hand, without that."))
}

fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{feff}' | '\u{ad}' | '\u{34f}'
        | '\u{180b}'..='\u{180f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{3164}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{2800}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// A text as it can stand in a sentence: in quotation marks, what cannot be seen escaped, cut to
/// 40 characters.
pub fn shown(text: &str) -> String {
    let mut out = String::from("“");
    for (i, c) in text.chars().enumerate() {
        if i == 40 {
            out.push('…');
            break;
        }
        if forbidden(c).is_some() || (!c.is_ascii() && c.width().unwrap_or(0) == 0) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out.push('”');
    out
}
