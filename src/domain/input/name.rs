//! Names of servers and rules. A name is kept byte for byte, or refused; two that look alike are
//! the same, because people confirm by typing them.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use unicode_width::UnicodeWidthStr;

use super::{Verdict, clean, shown};
use crate::domain::id::looks_like_id;

const MOST_BYTES: usize = 255;
const MOST_COLUMNS: usize = 64;
const MOST_MARKS: usize = 4;

/// Checks a name against the names there are of its kind.
pub fn name(text: &str, existing: &[&str]) -> Verdict<String> {
    clean(text, MOST_BYTES).and_then(few_marks).and_then(|name| judge(name, existing))
}

fn judge(name: String, existing: &[&str]) -> Verdict<String> {
    if name.chars().all(char::is_whitespace) {
        return Verdict::No("A name is missing. Type one, such as web-1.".into());
    }
    if name.starts_with('-') {
        return Verdict::No(format!(
            "{} begins with a dash and would be read as an option. Begin it with a letter.",
            shown(&name)
        ));
    }
    if looks_like_id(&name) {
        return Verdict::No(format!(
            "{} looks like an id of brokeforge. Type a name that cannot be taken for one.",
            shown(&name)
        ));
    }
    if name.chars().any(is_right_to_left) {
        return Verdict::No(format!(
            "{} is written from right to left, which terminals draw in another order than it is \
             typed. Write it in Latin letters.",
            shown(&name)
        ));
    }
    let columns = name.width();
    if columns > MOST_COLUMNS {
        return Verdict::No(format!(
            "The name is {columns} columns wide; at most {MOST_COLUMNS} are taken. Type a shorter \
             one."
        ));
    }
    if let Some(other) = existing.iter().find(|other| same_name(other, &name)) {
        return Verdict::No(format!(
            "The name {} is taken by {}. Type another one; case and accents' encoding do not tell \
             names apart.",
            shown(&name),
            shown(other)
        ));
    }
    Verdict::Ok(name)
}

fn few_marks(text: &str) -> Verdict<String> {
    let mut run = 0;
    let mut kept = String::with_capacity(text.len());
    for c in text.chars() {
        run = if is_combining_mark(c) { run + 1 } else { 0 };
        if run <= MOST_MARKS {
            kept.push(c);
        }
    }
    if kept.len() == text.len() {
        Verdict::Ok(kept)
    } else {
        Verdict::Fix(
            kept,
            format!("More than {MOST_MARKS} combining marks on one letter were taken off."),
        )
    }
}

/// Whether two names are taken for the same: equal but for case, Unicode composition, the width
/// of a space and emoji variants.
pub fn same_name(a: &str, b: &str) -> bool {
    folded(a).eq(folded(b))
}

fn folded(name: &str) -> impl Iterator<Item = char> {
    // upper case first: “ß” meets “SS”, both sigmas meet
    name.nfd()
        .filter(|c| !matches!(c, '\u{fe00}'..='\u{fe0f}'))
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .collect::<String>()
        .nfc()
        .collect::<Vec<_>>()
        .into_iter()
}

fn is_right_to_left(c: char) -> bool {
    matches!(c,
        '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}'
        | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}
