//! One operation in full: how far it is, its steps, why it failed, its latest output.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::paper::{Piece, fact, plain, wrapped};
use super::{Look, failure, log, paper};
use crate::domain::{Estimate, Event, Operation, Outcome, StepOutcome, StepRecord, Time};
use crate::tui::moment;
use crate::tui::pane::cursor;
use crate::tui::pane::operations::{Operations, title};
use crate::tui::spots::Target;
use crate::tui::style::{self, Tone};
use crate::tui::text;

fn note(look: &Look<'_>) -> String {
    let [open, explain, log, back] =
        ["operation-open", "operation-explain", "operation-log", "back"]
            .map(|c| look.shared.key(c));
    format!("{open} text of the step · {explain} explain · {log} output · {back} back")
}

/// Draws the operation that the pane is about.
pub fn draw(pane: &Operations, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
    let Some(operation) = pane.current(look.shared) else {
        paper::frame(frame, area, "", "", look);
        return;
    };
    let note = if pane.open.is_some() { note(look) } else { String::new() };
    let inside = paper::frame(frame, area, &title(operation, look.shared), &note, look);
    let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(1), ..inside };
    let head = head(pane, operation, inside.width, look);
    let error = operation.error.as_ref().map(|e| failure::lines(e, inside.width));
    let error = error.unwrap_or_default();

    // The head stays, then the failure; the steps and the output share what is left.
    let total = usize::from(inside.height);
    let head_rows = head.len().min(total);
    let left = total - head_rows;
    let error_rows = error.len().min(left * 3 / 5);
    let left = left - error_rows;
    let output = if pane.open.is_some() { log::tail_rows(look, left / 2) } else { 0 };
    let steps = operation.steps.len().min(left - output);
    let places = [head_rows, steps, error_rows, total - head_rows - steps - error_rows];
    let [head_area, steps_area, error_area, log_area] = stack(inside, places);
    paper::lines(frame, head_area, &head, 0, look);
    draw_steps(pane, operation, frame, steps_area, look);
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
    let progress = &operation.progress;
    if progress.of > 0 {
        lines.push(bar(operation, width));
        let reached = reached(pane, operation);
        if !reached.is_empty() {
            lines.extend(wrapped(Tone::Dim, "✓ ", &reached.join(" · "), width).into_iter().take(4));
        }
        if let Some(label) = operation.towards().filter(|_| operation.outcome == Outcome::Running) {
            lines.push(vec![(Tone::Busy, "▸ ".to_owned()), (Tone::Plain, label.to_owned())]);
        }
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

fn bar(operation: &Operation, width: u16) -> Vec<Piece> {
    let progress = &operation.progress;
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
    let step = pane.current(look.shared).and_then(|operation| operation.steps.get(pane.step));
    let title = step.map(|step| format!("as sent: {}", step.name)).unwrap_or_default();
    let inside = paper::frame(frame, area, &title, "", look);
    let text = step.map(|step| step.text.as_str()).unwrap_or_default();
    let lines: Vec<_> = text.lines().map(|line| plain(Tone::Plain, line)).collect();
    paper::lines(frame, inside, &lines, 0, look);
}

fn draw_steps(
    pane: &Operations,
    operation: &Operation,
    frame: &mut Frame<'_>,
    area: Rect,
    look: &Look<'_>,
) {
    let height = usize::from(area.height);
    let first = cursor::window(pane.step, operation.steps.len(), height);
    for (place, (number, step)) in
        paper::rows(area).zip(operation.steps.iter().enumerate().skip(first))
    {
        look.shared.spots.put(place, Target::Row(number));
        paper::line(frame, place, &step_line(step, area.width, look.shared.now.time), look);
        if pane.open.is_some() && number == pane.step {
            frame.buffer_mut().set_style(place, look.theme.selected(look.focused));
        }
    }
}

fn step_line(step: &StepRecord, width: u16, now: Time) -> Vec<Piece> {
    let (sign, word, tone) = style::step(step.outcome);
    // A step here has no exit status.
    let exit = match step.exit {
        // What is known so far is its check's.
        Some(_) | None if step.outcome == StepOutcome::Running && step.remote => String::new(),
        Some(exit) if step.remote => format!("exit {exit}"),
        _ if step.remote => String::new(),
        _ => "here".to_owned(),
    };
    let took = match step.outcome {
        // Whole seconds: the clock is drawn once in each.
        StepOutcome::Running => Some(step.elapsed(now) / 1000 * 1000).filter(|took| *took > 0),
        _ => step.millis,
    };
    let took = took.map(moment::length).unwrap_or_default();
    if width < 60 {
        return vec![(tone, format!("{sign} ")), (Tone::Plain, step.name.clone())];
    }
    let name = usize::from(width).saturating_sub(13 + 11 + 8).max(8);
    let exit_tone = if step.exit.unwrap_or(0) == 0 { Tone::Dim } else { Tone::Bad };
    vec![
        (tone, text::fit(&format!("{sign} {word}"), 13)),
        (Tone::Plain, text::fit(&step.name, name)),
        (exit_tone, format!("  {exit:<9}")),
        (Tone::Dim, took),
    ]
}
