//! Text for people: tables, pairs, failures. Whatever came from a host is cleaned here.

use unicode_width::UnicodeWidthStr;

use super::output::cleaned;
use crate::domain::Failure;

/// A text of strangers on one line.
pub(super) fn one_line(text: &str) -> String {
    cleaned(text.as_bytes()).replace(['\n', '\t'], " ")
}

/// Rows under headings, columns two spaces apart.
pub(super) fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
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
    let mut text = String::new();
    for row in &all {
        let mut line = String::new();
        for (width, cell) in widths.iter().zip(row) {
            line.push_str(cell);
            line.push_str(&" ".repeat(width.saturating_sub(cell.width()) + 2));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
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
}
