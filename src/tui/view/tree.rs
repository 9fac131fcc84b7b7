//! The rows of an operation: its steps, or the tree of its milestones with those of what is inside it,
//! and below what failed there, why.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::paper::{self, Piece};
use super::{Look, failure};
use crate::domain::tree::{Branch, Part};
use crate::domain::{Failure, Outcome, StepOutcome, Time};
use crate::tui::moment;
use crate::tui::pane::cursor;
use crate::tui::pane::operations::Operations;
use crate::tui::spots::Target;
use crate::tui::style::{self, Tone};
use crate::tui::text;

/// So much of a label stays where it is told what is waited for.
const LEAST_LABEL: usize = 16;

/// What is drawn into one line.
pub enum Line {
    /// The row of this number.
    Row(usize),
    /// What is said about the row above.
    Said(Vec<Piece>),
}

/// The failure that is told within the tree, and the number of the row under which it is.
pub fn failed<'a>(rows: &[Branch<'a>]) -> Option<(usize, &'a Failure)> {
    let bad = |row: &Branch<'_>| matches!(row.outcome, StepOutcome::Failed | StepOutcome::Unknown);
    let at = rows.iter().rposition(bad)?;
    let row = rows.get(at)?;
    let error = row.child.and_then(|child| child.error.as_ref()).or(row.operation.error.as_ref());
    error.map(|error| (at, error))
}

/// The lines of a tree, so wide.
pub fn lines(rows: &[Branch<'_>], width: u16) -> Vec<Line> {
    let failed = failed(rows);
    let mut lines = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        lines.push(Line::Row(number));
        let Some((_, error)) = failed.filter(|(at, _)| *at == number) else { continue };
        let room = " ".repeat(2 * row.depth + 2);
        let cells = width.saturating_sub(u16::try_from(room.len()).unwrap_or(0));
        for mut said in failure::short(error, cells) {
            said.insert(0, (Tone::Plain, room.clone()));
            lines.push(Line::Said(said));
        }
    }
    lines
}

/// Draws as much of it as there is room for; the selected row is in sight.
pub fn draw(
    pane: &Operations,
    rows: &[Branch<'_>],
    lines: &[Line],
    frame: &mut Frame<'_>,
    area: Rect,
    look: &Look<'_>,
) {
    let height = usize::from(area.height);
    let selected = pane.open.map(|_| pane.tree.row());
    let is_selected = |line: &Line| matches!(line, Line::Row(n) if Some(*n) == selected);
    let at = lines.iter().position(is_selected).unwrap_or(0);
    // what is said about the selected row is in sight with it, as far as there is room
    let said = lines.iter().skip(at + 1).take_while(|line| matches!(line, Line::Said(_))).count();
    let first = cursor::window(at, lines.len(), height);
    let last = (at + said + 1).min(lines.len());
    let first = first.max(last.saturating_sub(height)).min(at);
    for (place, line) in paper::rows(area).zip(lines.iter().skip(first)) {
        match line {
            Line::Said(pieces) => paper::line(frame, place, pieces, look),
            Line::Row(number) => {
                let Some(row) = rows.get(*number) else { continue };
                look.shared.spots.put(place, Target::Row(*number));
                let pieces = match row.place.part {
                    Part::Step(_) if row.depth == 0 => step(row, area.width, look),
                    _ => branch(row, area.width, look),
                };
                paper::line(frame, place, &pieces, look);
                if Some(*number) == selected {
                    frame.buffer_mut().set_style(place, look.theme.selected(look.focused));
                }
            }
        }
    }
}

/// How long a row took; of what is at work so far, in whole seconds: the clock is drawn once in each.
fn took(row: &Branch<'_>, now: Time) -> String {
    let millis = match row.outcome {
        StepOutcome::Running => {
            let from = row.steps.iter().find_map(|step| step.started_at);
            let so_far = from.map(|from| moment::between(from, now) / 1000 * 1000);
            so_far.filter(|took| *took > 0)
        }
        _ => row.millis(),
    };
    millis.map(moment::length).unwrap_or_default()
}

/// A row of a tree: how it went, what it is, how far what is inside it is, and how long it took.
fn branch(row: &Branch<'_>, width: u16, look: &Look<'_>) -> Vec<Piece> {
    let (sign, _, tone) = style::step(row.outcome);
    let room = "  ".repeat(row.depth);
    let find = |id| look.shared.operation(id);
    let inside = row.inside(&find).filter(|_| row.outcome != StepOutcome::Waiting);
    let more = if inside.is_some() && !row.open { " …" } else { "" };
    let inside = inside.map(|inside| format!("{}/{}", inside.reached, inside.of));
    let label = format!("{}{more}", row.label);
    let waits = waits(row, look);
    let width = usize::from(width).saturating_sub(room.len() + 2);
    // a narrow one has no room for numbers
    if width < 44 && waits.is_none() {
        return vec![(Tone::Plain, room), (tone, format!("{sign} ")), (label_tone(row), label)];
    }
    if let Some(waits) = waits {
        let tone = Tone::Busy;
        let label = waiting(&label, waits, width);
        return vec![(Tone::Plain, room), (tone, format!("{sign} ")), (tone, label)];
    }
    let took = took(row, look.shared.now.time);
    let label = text::fit(&label, width.saturating_sub(8 + 10));
    vec![
        (Tone::Plain, room),
        (tone, format!("{sign} ")),
        (label_tone(row), label),
        (Tone::Dim, format!("{:>8}", inside.unwrap_or_default())),
        (Tone::Dim, format!("{took:>10}")),
    ]
}

/// What something is and what it waits for, of which the latter is in sight first.
fn waiting(label: &str, waits: &str, room: usize) -> String {
    let waits = format!(" · waits for {waits}");
    let label = text::cut(label, room.saturating_sub(text::width(&waits)).max(LEAST_LABEL));
    format!("{label}{waits}")
}

fn label_tone(row: &Branch<'_>) -> Tone {
    match row.outcome {
        StepOutcome::Waiting => Tone::Dim,
        StepOutcome::Running => Tone::Strong,
        _ => Tone::Plain,
    }
}

/// What a row at work waits for: told at the deepest one that is shown.
fn waits<'a>(row: &Branch<'a>, look: &'a Look<'_>) -> Option<&'a str> {
    if row.outcome != StepOutcome::Running || row.open {
        return None;
    }
    match row.child {
        Some(child) => child.awaits(&|id| look.shared.operation(id)),
        None => row.operation.waits_for.as_deref().filter(|_| !row.operation.outcome.is_end()),
    }
}

/// A step of an operation that has nothing inside it.
fn step(row: &Branch<'_>, width: u16, look: &Look<'_>) -> Vec<Piece> {
    let [step] = row.steps else { return Vec::new() };
    let (sign, word, tone) = style::step(step.outcome);
    // A step here has no exit status.
    let exit = match step.exit {
        // What is known so far is its check's.
        Some(_) | None if step.outcome == StepOutcome::Running && step.remote => String::new(),
        Some(exit) if step.remote => format!("exit {exit}"),
        _ if step.remote => String::new(),
        _ => "here".to_owned(),
    };
    let room = match width {
        ..60 => usize::from(width).saturating_sub(2),
        _ => usize::from(width).saturating_sub(13 + 11 + 8).max(8),
    };
    let waits = waits(row, look).filter(|_| row.operation.outcome == Outcome::Running);
    let name = waits.map_or_else(|| step.name.clone(), |waits| waiting(&step.name, waits, room));
    if width < 60 {
        return vec![(tone, format!("{sign} ")), (Tone::Plain, name)];
    }
    let exit_tone = if step.exit.unwrap_or(0) == 0 { Tone::Dim } else { Tone::Bad };
    vec![
        (tone, text::fit(&format!("{sign} {word}"), 13)),
        (Tone::Plain, text::fit(&name, room)),
        (exit_tone, format!("  {exit:<9}")),
        (Tone::Dim, took(row, look.shared.now.time)),
    ]
}
