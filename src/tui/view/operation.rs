//! One operation in full: how far it is, its steps, why it failed, its latest output.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::paper::{Piece, fact, plain, wrapped};
use super::{Look, failure, log, paper, tree};
use crate::domain::{Estimate, Event, Operation, Outcome, Progress};
use crate::tui::moment;
use crate::tui::pane::operations::{Operations, title};
use crate::tui::style::{self, Tone};
use crate::tui::text;

fn note(operation: &Operation, look: &Look<'_>) -> String {
    let [open, explain, log, back] =
        ["operation-open", "operation-explain", "operation-log", "back"]
            .map(|c| look.shared.key(c));
    let open = match operation.has_others_inside() {
        true => format!("{open} unfold, text of a step"),
        false => format!("{open} text of the step"),
    };
    format!("{open} · {explain} explain · {log} output · {back} back")
}

/// Draws the operation that the pane is about.
pub fn draw(pane: &Operations, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
    let Some(operation) = pane.current(look.shared) else {
        paper::frame(frame, area, "", "", look);
        return;
    };
    let note = if pane.open.is_some() { note(operation, look) } else { String::new() };
    let inside = paper::frame(frame, area, &title(operation, look.shared), &note, look);
    let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(1), ..inside };
    let head = head(pane, operation, inside.width, look);
    let rows = pane.rows(look.shared);
    let whole = operation.has_others_inside();
    // within a tree a failure stands where it happened
    let lines = match whole {
        true => tree::lines(&rows, inside.width),
        false => (0..rows.len()).map(tree::Line::Row).collect(),
    };
    let told = whole && tree::failed(&rows).is_some();
    let error = operation.error.as_ref().filter(|_| !told);
    let error = error.map(|e| failure::lines(e, inside.width)).unwrap_or_default();

    // The head stays, then the failure; the steps and the output share what is left.
    let total = usize::from(inside.height);
    let head_rows = head.len().min(total);
    let left = total - head_rows;
    let error_rows = error.len().min(left * 3 / 5);
    let left = left - error_rows;
    let most = if whole { left / 3 } else { left / 2 };
    let output = if pane.open.is_some() { log::tail_rows(look, most) } else { 0 };
    let steps = lines.len().min(left - output);
    let places = [head_rows, steps, error_rows, total - head_rows - steps - error_rows];
    let [head_area, steps_area, error_area, log_area] = stack(inside, places);
    paper::lines(frame, head_area, &head, 0, look);
    tree::draw(pane, &rows, &lines, frame, steps_area, look);
    paper::lines(frame, error_area, &error, 0, look);
    if pane.open.is_some() {
        log::draw_tail(frame, log_area, look);
    }
}

fn stack<const N: usize>(area: Rect, heights: [usize; N]) -> [Rect; N] {
    let mut y = area.y;
    heights.map(|height| {
        let height = u16::try_from(height).unwrap_or(0).min(area.bottom() - y);
        let place = Rect { y, height, ..area };
        y += height;
        place
    })
}

fn head(pane: &Operations, operation: &Operation, width: u16, look: &Look<'_>) -> Vec<Vec<Piece>> {
    let (sign, word, tone) = style::outcome(operation.outcome);
    let mut first = vec![(tone, format!("{sign} {word}"))];
    if operation.cancel && !operation.outcome.is_end() {
        first.push((Tone::Warn, ", is being cancelled".to_owned()));
    }
    if let Some(whom) =
        operation.waits_for.as_ref().filter(|_| operation.outcome == Outcome::Waiting)
    {
        first.push((Tone::Busy, format!(" for {whom}")));
    }
    let times = (Tone::Dim, times(operation, look));
    let cells: usize = first.iter().chain([&times]).map(|(_, piece)| text::width(piece)).sum();
    let mut lines = if cells > usize::from(width) {
        vec![first, vec![times]]
    } else {
        first.push(times);
        vec![first]
    };
    let find = |id| look.shared.operation(id);
    let whole = operation.whole(&find);
    if whole.of > 0 {
        lines.push(bar(operation, &whole, width));
        let reached = reached(pane, operation);
        if !reached.is_empty() {
            lines.extend(wrapped(Tone::Dim, "✓ ", &reached.join(" · "), width).into_iter().take(4));
        }
        let way = operation.way(&find);
        if operation.outcome == Outcome::Running && !way.is_empty() {
            let way = (Tone::Plain, way.join(" · "));
            lines.push(vec![(Tone::Busy, "▸ ".to_owned()), way]);
        }
    }
    if let Some(waits) = operation.awaits(&find).filter(|_| operation.outcome == Outcome::Running) {
        lines.push(plain(Tone::Busy, format!("· waits for {waits}")));
    }
    if let Some(parent) = operation.parent {
        let what = look.shared.operation(parent).map(|parent| title(parent, look.shared));
        lines.push(fact("inside", what.unwrap_or_else(|| "one that is no longer listed".into())));
    }
    if let Some(first_try) = operation.retry_of {
        let what = match look.shared.operation(first_try) {
            Some(before) => format!(
                "what was asked for at {} ({})",
                look.shared.clock(before.created_at),
                before.outcome
            ),
            None => "an operation that is no longer listed".to_owned(),
        };
        lines.push(fact("repeats", what));
    }
    if operation.steps.is_empty() && !operation.outcome.is_end() {
        lines.push(plain(Tone::Dim, "Its steps are known once the host has been asked."));
    }
    lines.push(Vec::new());
    lines
}

/// The milestones that were reached, each with how long it took from the one before.
fn reached(pane: &Operations, operation: &Operation) -> Vec<String> {
    // a tree shows them with all that belongs to them
    if operation.has_others_inside() {
        return Vec::new();
    }
    let ours = |event: &&Event| Some(event.operation) == pane.open && event.error.is_none();
    let mut from = operation.started_at;
    let words = pane.milestones.iter().filter(ours).map(|event| {
        let step = operation.steps.iter().find(|step| step.milestone == event.milestone);
        let label = step.map(|step| step.label.clone()).filter(|label| !label.is_empty());
        let label = label.unwrap_or_else(|| event.milestone.replace('-', " "));
        let took = from.replace(event.at).map(|from| moment::between(from, event.at));
        took.map_or_else(|| label.clone(), |took| format!("{label} {}", moment::length(took)))
    });
    words.collect()
}

fn times(operation: &Operation, look: &Look<'_>) -> String {
    let clock = |time| look.shared.clock(time);
    match (operation.started_at, operation.finished_at) {
        (Some(from), Some(to)) => {
            format!(
                "  {} to {}, {}",
                clock(from),
                clock(to),
                moment::length(moment::between(from, to))
            )
        }
        (Some(from), None) => {
            let so_far = moment::between(from, look.shared.now.time) / 1000 * 1000;
            let estimate = operation.estimate(look.shared.now.time);
            let left = if matches!(estimate, Estimate::Left(_)) { " left" } else { "" };
            let rest = estimate.words().map(|words| format!(", {words}{left}"));
            let rest = rest.unwrap_or_default();
            format!("  since {}, {}{rest}", clock(from), moment::length(so_far))
        }
        (None, Some(to)) => format!("  {}", clock(to)),
        (None, None) => format!("  asked for at {}", clock(operation.created_at)),
    }
}

fn bar(operation: &Operation, progress: &Progress, width: u16) -> Vec<Piece> {
    let cells = usize::from(width.saturating_sub(30).clamp(4, 40));
    let full = cells * usize::from(progress.percent()) / 100;
    let (_, _, tone) = style::outcome(operation.outcome);
    vec![
        (tone, "█".repeat(full)),
        (Tone::Dim, "░".repeat(cells - full)),
        (
            Tone::Plain,
            format!(
                " {} %  {} of {} milestones",
                progress.percent(),
                progress.reached,
                progress.of
            ),
        ),
    ]
}

/// Draws the selected step as it was sent, where there is room beside the operation.
pub fn draw_step_text(pane: &Operations, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
    let rows = pane.rows(look.shared);
    let row = rows.get(pane.tree.row());
    let title = row.map(|row| format!("as sent: {}", row.label)).unwrap_or_default();
    let inside = paper::frame(frame, area, &title, "", look);
    let texts = row.into_iter().flat_map(|row| row.steps).flat_map(|step| step.text.lines());
    let lines: Vec<_> = texts.map(|line| plain(Tone::Plain, line)).collect();
    paper::lines(frame, inside, &lines, 0, look);
}
