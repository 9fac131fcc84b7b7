//! The rule editor: the line, and what is said about it.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::paper::{self, Piece, plain, wrapped};
use super::{Draw, Look, failure, form};
use crate::domain::input::Verdict;
use crate::fleet::RuleReview;
use crate::tui::layer::rule_editor::RuleEditor;
use crate::tui::style::Tone;

impl Draw for RuleEditor {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
        let width = paper::dialog_width(area);
        let area = paper::dialog(frame, area, width + 4, 14);
        let title = match self.replacing {
            Some(_) => format!("Edit a rule of {}", self.name),
            None => match self.at {
                Some(at) => format!("New rule for {}, at place {at}", self.name),
                None => format!("New rule for {}", self.name),
            },
        };
        let note = "enter send · tab complete · ctrl-p what would be done · esc leave";
        let inside = paper::frame(frame, area, &title, note, look);
        let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
        let mut places = paper::rows(inside).skip(1);
        let Some(row) = places.next() else { return };
        let hidden = form::draw_line(&self.line, look.focused && !self.sends(), frame, row, look);
        if let Some(row) = places.next() {
            draw_mark(self, hidden, frame, row, look);
        }
        for (row, line) in places.zip(said(self, inside.width)) {
            paper::line(frame, row, &line, look);
        }
    }
}

/// Marks the word that is spoken of, under the line.
fn draw_mark(
    editor: &RuleEditor,
    hidden: usize,
    frame: &mut Frame<'_>,
    row: Rect,
    look: &Look<'_>,
) {
    let Some((from, cells)) = editor.mark().filter(|_| editor.failure.is_none()) else { return };
    let cells = (from + cells).saturating_sub(from.max(hidden));
    if cells == 0 {
        return;
    }
    let blank = " ".repeat(from.saturating_sub(hidden));
    let line = [(Tone::Plain, blank), (refusal(editor), "^".repeat(cells))];
    paper::line(frame, row, &line, look);
}

/// A word that is only not finished yet is no fault.
fn refusal(editor: &RuleEditor) -> Tone {
    match editor.review.as_ref().map(|review| &review.verdict) {
        Some(Verdict::No(_)) if editor.is_unfinished() => Tone::Dim,
        Some(Verdict::No(_)) => Tone::Bad,
        Some(Verdict::Warn(..)) => Tone::Warn,
        _ => Tone::Dim,
    }
}

fn said(editor: &RuleEditor, width: u16) -> Vec<Vec<Piece>> {
    if editor.sends() {
        return vec![plain(Tone::Busy, "Writing it down …")];
    }
    if let Some(error) = &editor.failure {
        return failure::lines(error, width);
    }
    let mut lines = Vec::new();
    let completions = editor.review.as_ref().map(|r| r.completions.as_slice()).unwrap_or_default();
    if editor.is_blank() {
        lines.push(plain(Tone::Dim, "For example:"));
        lines.push(plain(Tone::Plain, "  allow 443/tcp # web"));
        lines.push(plain(Tone::Plain, "  allow 5432/tcp from 10.0.0.0/8 # office"));
        lines.push(plain(Tone::Plain, "  deny 8000:8100/tcp from 203.0.113.0/24"));
        lines.push(Vec::new());
    } else if let Some(review) = &editor.review {
        lines.extend(reviewed(editor, review, width));
    }
    if !completions.is_empty() {
        lines.push(vec![(Tone::Accent, "tab ".to_owned()), (Tone::Dim, completions.join("  "))]);
    }
    lines
}

fn reviewed(editor: &RuleEditor, review: &RuleReview, width: u16) -> Vec<Vec<Piece>> {
    let mut lines = Vec::new();
    if let Some(why) = &review.lock_out {
        lines.extend(wrapped(Tone::Bad, "✗ ", why, width));
    }
    match &review.verdict {
        Verdict::Ok(_) => {}
        Verdict::Fix(_, why) => lines.extend(wrapped(Tone::Plain, "✓ ", why, width)),
        Verdict::Warn(_, why) => lines.extend(wrapped(Tone::Warn, "! ", why, width)),
        Verdict::No(why) if editor.is_unfinished() => {
            lines.extend(wrapped(Tone::Dim, "… ", why, width));
        }
        Verdict::No(why) => lines.extend(wrapped(Tone::Bad, "✗ ", why, width)),
    }
    if let Some(line) = &review.line {
        let place = review.position.map(|at| format!("  (place {at})")).unwrap_or_default();
        lines.push(vec![
            (Tone::Good, "= ".to_owned()),
            (Tone::Strong, line.clone()),
            (Tone::Dim, place),
        ]);
    }
    if let Some(service) = &review.service {
        lines.extend(wrapped(Tone::Plain, "  ", service, width));
    }
    if let Some(by) = &review.shadowed_by {
        lines.extend(wrapped(Tone::Warn, "! ", &format!("It would never match: {by}"), width));
    }
    if !review.shadows.is_empty() {
        let text = format!("These would never match any more: {}", review.shadows.join(", "));
        lines.extend(wrapped(Tone::Warn, "! ", &text, width));
    }
    lines
}
