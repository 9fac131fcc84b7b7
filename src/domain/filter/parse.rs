//! Reading a filter. What is not finished yet (`!`, `status:`, `/`) asks for nothing, so that
//! every key of a typed filter leaves a filter that holds.

use regex::{Regex, RegexBuilder};

use super::{Filter, Term};
use crate::domain::input::shown;

/// What a pattern may take when it is made; a person's needs far less.
const LARGEST: usize = 1 << 20;

pub(super) fn parse(line: &str, columns: &[&[&str]]) -> Result<Filter, String> {
    let mut terms = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let (term, tail) = term(rest, columns)?;
        terms.extend(term);
        rest = tail.trim_start();
    }
    Ok(Filter { terms })
}

fn term<'a>(text: &'a str, columns: &[&[&str]]) -> Result<(Option<Term>, &'a str), String> {
    let (inverse, text) = match text.strip_prefix('!') {
        Some(text) => (true, text),
        None => (false, text),
    };
    let (column, text) = field(text, columns)?;
    let (pattern, groups, tail) = if let Some(text) = text.strip_prefix('/') {
        let (pattern, tail) = between(text, '/');
        // `\S` is no letter in upper case.
        let letters = pattern.split('\\').enumerate().map(|(number, part)| {
            let mut chars = part.chars();
            if number > 0 {
                chars.next();
            }
            chars.as_str()
        });
        let sensitive = letters.collect::<Vec<_>>().concat().chars().any(char::is_uppercase);
        (compiled(pattern, sensitive)?, false, tail)
    } else if let Some(text) = text.strip_prefix('~') {
        let (value, tail) = word(text);
        let letters: Vec<String> =
            value.chars().map(|c| format!("({})", regex::escape(&c.to_string()))).collect();
        (compiled(&letters.join("(?s:.*?)"), upper(value))?, true, tail)
    } else if let (Some(text), Some(_)) = (text.strip_prefix('='), column) {
        let (value, tail) = word(text);
        let whole = match value {
            "" => String::new(),
            value => format!(r"(?:^|[\s,])({})(?:[\s,]|$)", regex::escape(value)),
        };
        (compiled(&whole, upper(value))?, true, tail)
    } else {
        let (value, tail) = word(text);
        (compiled(&regex::escape(value), upper(value))?, false, tail)
    };
    Ok((pattern.map(|pattern| Term { inverse, column, pattern, groups }), tail))
}

/// A column's name before a colon. Only letters make a name: addresses and ports have colons too.
fn field<'a>(text: &'a str, columns: &[&[&str]]) -> Result<(Option<usize>, &'a str), String> {
    let Some((name, rest)) = text.split_once(':') else { return Ok((None, text)) };
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphabetic()) {
        return Ok((None, text));
    }
    let lower = name.to_ascii_lowercase();
    match columns.iter().position(|names| names.contains(&lower.as_str())) {
        Some(column) => Ok((Some(column), rest)),
        None => {
            let known: Vec<&str> =
                columns.iter().filter_map(|names| names.first().copied()).collect();
            Err(format!(
                "There is no column {}. There are {}; in quotation marks it is looked for as text.",
                shown(name),
                known.join(", ")
            ))
        }
    }
}

/// A word up to a space, or what stands between quotation marks.
fn word(text: &str) -> (&str, &str) {
    if let Some(quoted) = text.strip_prefix('"') {
        return quoted.split_once('"').unwrap_or((quoted, ""));
    }
    text.find(char::is_whitespace).and_then(|at| text.split_at_checked(at)).unwrap_or((text, ""))
}

/// What stands before a mark that no backslash goes before; all of it when there is none yet.
fn between(text: &str, mark: char) -> (&str, &str) {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if c == mark && !escaped {
            let (inside, rest) = text.split_at_checked(at).unwrap_or((text, ""));
            return (inside, rest.strip_prefix(mark).unwrap_or(rest));
        }
        escaped = c == '\\' && !escaped;
    }
    (text, "")
}

fn upper(value: &str) -> bool {
    value.chars().any(char::is_uppercase)
}

fn compiled(pattern: &str, sensitive: bool) -> Result<Option<Regex>, String> {
    if pattern.is_empty() {
        return Ok(None);
    }
    let made = RegexBuilder::new(pattern)
        .case_insensitive(!sensitive)
        .size_limit(LARGEST)
        .dfa_size_limit(LARGEST)
        .build();
    made.map(Some).map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => {
            "The pattern is too large. Repeat less in it, or filter by words.".to_owned()
        }
        error => {
            let text = error.to_string();
            let last = text.lines().last().unwrap_or_default();
            let why = last.trim_start_matches("error: ").trim_end_matches('.');
            format!(
                "The pattern cannot be read: {why}. Without the slashes it is looked for as text."
            )
        }
    })
}
