//! Text for people: tables, pairs, failures. Whatever came from a host is cleaned here.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::output::cleaned;
use crate::domain::Failure;

/// A text of strangers on one line.
pub(super) fn one_line(text: &str) -> String {
    cleaned(text.as_bytes()).replace(['\n', '\t'], " ")
}

/// Rows under headings, columns two spaces apart.
pub(super) fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    fitted(heads, rows, usize::MAX)
}

/// The same in so many cells, if that can be: the widest columns are broken between words.
pub(super) fn fitted(heads: &[&str], rows: &[Vec<String>], room: usize) -> String {
    let head: Vec<String> = heads.iter().map(|h| h.to_uppercase()).collect();
    let all: Vec<Vec<String>> = std::iter::once(&head)
        .chain(rows)
        .map(|row| row.iter().map(|cell| one_line(cell)).collect())
        .collect();
    let mut widths = vec![0; heads.len()];
    for row in &all {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.width().max(*width);
        }
    }
    narrow(&mut widths, room);
    let mut text = String::new();
    for row in &all {
        let cells: Vec<Vec<String>> =
            widths.iter().zip(row).map(|(width, cell)| broken(cell, *width)).collect();
        for number in 0..cells.iter().map(Vec::len).max().unwrap_or(0) {
            let mut line = String::new();
            for (width, cell) in widths.iter().zip(&cells) {
                let part = cell.get(number).map_or("", String::as_str);
                line.push_str(part);
                line.push_str(&" ".repeat(width.saturating_sub(part.width()) + 2));
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
    text
}

/// A column is not narrowed below this.
const NARROWEST: usize = 10;

fn narrow(widths: &mut [usize], room: usize) {
    let between = 2 * widths.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + between > room {
        let Some(widest) = widths.iter_mut().max().filter(|width| **width > NARROWEST) else {
            return;
        };
        *widest -= 1;
    }
}

/// A cell in lines of at most so many cells, broken between words where that can be.
fn broken(cell: &str, width: usize) -> Vec<String> {
    if cell.width() <= width {
        return vec![cell.to_owned()];
    }
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in cell.split(' ') {
        if used > 0 && used + 1 + word.width() > width {
            lines.push(String::new());
            used = 0;
        }
        let space = if used > 0 { " " } else { "" };
        for c in space.chars().chain(word.chars()) {
            let cells = c.width().unwrap_or(0);
            if used > 0 && used + cells > width {
                lines.push(String::new());
                used = 0;
            }
            if let Some(line) = lines.last_mut() {
                line.push(c);
            }
            used += cells;
        }
    }
    lines
}

/// Names and values, one a line.
pub(super) fn pairs(pairs: &[(&str, String)]) -> String {
    let widest = pairs.iter().map(|(name, _)| name.width()).max().unwrap_or(0);
    pairs
        .iter()
        .map(|(name, value)| {
            let room = " ".repeat(widest - name.width());
            format!("{name}{room}  {}", one_line(value)).trim_end().to_owned() + "\n"
        })
        .collect()
}

/// A failure with all that is known about it.
pub(super) fn failure(failure: &Failure) -> String {
    let mut text = format!("error: {}\n", one_line(&failure.message));
    let known = [
        ("host", failure.host.as_deref()),
        ("step", failure.step.as_deref()),
        ("effect", failure.effect.map(crate::domain::Effect::sentence)),
    ];
    for (name, value) in known {
        if let Some(value) = value {
            text.push_str(&format!("  {name}: {}\n", one_line(value)));
        }
    }
    if !failure.lines.is_empty() {
        text.push_str("  last lines:\n");
        for line in &failure.lines {
            text.push_str(&format!("    | {}\n", one_line(line)));
        }
    }
    if let Some(remedy) = &failure.remedy {
        text.push_str(&format!("  try: {}\n", one_line(remedy)));
    }
    text
}

/// A failure in one cell.
pub(super) fn error_cell(error: Option<&Failure>) -> String {
    error.map(|e| e.message.clone()).unwrap_or_default()
}

/// A moment, without the fraction of a second.
pub(super) fn time(at: crate::domain::Time) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_what_is_seen_and_nothing_steers() {
        let rows = vec![
            vec!["支店".into(), "active".into()],
            vec!["web-1".into(), "\u{1b}[2Jfailed\n".into()],
        ];
        assert_eq!(
            table(&["name", "status"], &rows),
            "NAME   STATUS\n支店   active\nweb-1  failed\n"
        );
    }

    #[test]
    fn what_is_too_wide_is_broken_between_words() {
        let rows = vec![
            vec!["web-1".into(), "all that was said about it".into(), "x".into()],
            vec!["db-1".into(), "支店支店支店支店支店".into(), "y".into()],
        ];
        let text = fitted(&["name", "what", "by"], &rows, 22);
        assert_eq!(
            text,
            "NAME   WHAT         BY\n\
             web-1  all that     x\n       was said\n       about it\n\
             db-1   支店支店支   y\n       店支店支店\n"
        );
        assert!(text.lines().all(|line| line.width() <= 22));
        // narrower than can be told: it is as wide as it must be
        assert!(fitted(&["name", "what", "by"], &rows, 3).contains("all that"));
    }
}
