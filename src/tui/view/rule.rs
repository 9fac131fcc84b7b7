//! One rule in full.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::paper::{Piece, fact, wrapped};
use super::{Look, failure, paper};
use crate::fleet::RuleView;
use crate::tui::scroll::Scroll;
use crate::tui::style::{self, Tone};

/// Draws it.
pub fn draw(
    rule: Option<&RuleView>,
    scroll: &Scroll,
    frame: &mut Frame<'_>,
    area: Rect,
    look: &Look<'_>,
) {
    let Some(rule) = rule else {
        paper::frame(frame, area, "", "", look);
        return;
    };
    let title = if rule.name.is_empty() { "rule" } else { &rule.name };
    let inside = paper::frame(frame, area, title, "", look);
    let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(1), ..inside };
    paper::scrolled(frame, inside, &lines(rule, inside.width, look), scroll, look);
}

fn lines(rule: &RuleView, width: u16, look: &Look<'_>) -> Vec<Vec<Piece>> {
    let (there, actual, actual_tone) = style::actual(rule.actual);
    let mut lines = wrapped(Tone::Strong, "", &rule.line, width);
    lines.push(Vec::new());
    lines.push(failure::status("wanted", rule.status, rule.updated_at, look));
    let mut has = fact("on the host", "");
    has.push((actual_tone, format!("{there} {actual}")));
    lines.push(has);
    if let Some(by) = &rule.shadowed_by {
        lines.extend(wrapped(Tone::Warn, "! ", &format!("It never matches: {by}"), width));
    }
    let error = rule.error.as_ref();
    lines.extend(failure::of_record(rule.status, error, "rule-retry", width, look));
    lines.push(Vec::new());
    lines.push(fact("place", format!("{} among ours; the first that matches wins", rule.position)));
    lines.push(fact("action", rule.action.clone()));
    lines.push(fact("ports", format!("{}/{}", rule.ports, rule.protocol)));
    lines.push(fact("from", rule.from.clone()));
    lines.push(fact("to", rule.to.clone()));
    if rule.owner != "user" {
        lines.push(fact("brought by", rule.owner.clone()));
    }
    lines.push(fact("added", look.shared.clock(rule.created_at)));
    lines.push(fact("id", rule.id.to_string()));
    lines
}
