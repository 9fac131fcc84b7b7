//! One resource in full.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::paper::{Piece, fact, facts, wrapped};
use super::{Look, failure, paper};
use crate::fleet::{FieldSort, ResourceView, Unrecorded};
use crate::tui::pane::resources::Row;
use crate::tui::scroll::Scroll;
use crate::tui::style::{self, Tone};

/// Draws it.
pub fn draw(
    row: Option<&Row>,
    scroll: &Scroll,
    frame: &mut Frame<'_>,
    area: Rect,
    look: &Look<'_>,
) {
    let Some(row) = row else {
        paper::frame(frame, area, "", "", look);
        return;
    };
    let title = match row {
        Row::Ours(view) => format!("{} on {}", view.called, view.server),
        Row::Found(_, found) => {
            format!("{} on {}", found.called, found.server_name)
        }
    };
    let inside = paper::frame(frame, area, &title, "", look);
    let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(1), ..inside };
    let lines = match row {
        Row::Ours(view) => lines(view, inside.width, look),
        Row::Found(_, found) => besides(found, inside.width, look),
    };
    paper::scrolled(frame, inside, &lines, scroll, look);
}

/// What no record of ours is about.
fn besides(found: &Unrecorded, width: u16, look: &Look<'_>) -> Vec<Vec<Piece>> {
    let text = "It is on the host but not ours; brokeforge leaves it as it is.";
    let mut lines = wrapped(Tone::Plain, "", text, width);
    lines.push(vec![
        (Tone::Accent, look.shared.key("service-adopt")),
        (Tone::Plain, " puts it on record".to_owned()),
    ]);
    lines.push(Vec::new());
    let kind = look.shared.kind(&found.kind);
    for field in kind.iter().flat_map(|kind| &kind.fields) {
        if let Some(text) = found.texts.get(&field.name) {
            lines.extend(facts(&field.title, text, width));
        }
    }
    lines
}

fn lines(row: &ResourceView, width: u16, look: &Look<'_>) -> Vec<Vec<Piece>> {
    let resource = &row.resource;
    let mut lines = vec![failure::status("status", resource.status, resource.updated_at, look)];
    if let Some(error) = &resource.error {
        let retry = if resource.kind == "site" { "site-retry" } else { "service-retry" };
        lines.extend(failure::of_record(resource.status, Some(error), retry, width, look));
        lines.push(Vec::new());
    }
    let kind = look.shared.kind(&resource.kind);
    for field in kind.iter().flat_map(|kind| &kind.fields) {
        let text = row.texts.get(&field.name).map(String::as_str).unwrap_or_default();
        let text = match field.sort {
            FieldSort::Secret if row.sealed.contains(&field.name) => {
                format!("sealed; {} shows it", look.shared.key("service-reveal"))
            }
            FieldSort::Secret => continue,
            FieldSort::List => text.replace(',', ", "),
            _ => text.to_owned(),
        };
        let text = if text.is_empty() { "–" } else { &text };
        lines.extend(facts(&field.title, text, width));
    }
    for (title, text) in &row.details {
        lines.extend(facts(title, text, width));
    }
    for (title, names) in [("needs", &row.needs), ("needed by", &row.dependants)] {
        if !names.is_empty() {
            lines.extend(facts(title, &names.join(", "), width));
        }
    }
    lines.push(Vec::new());
    let last = look.shared.operations.iter().flatten().find(|o| o.resource == Some(resource.id));
    if let Some(last) = last {
        let (sign, word, tone) = style::outcome(last.outcome);
        let mut line = fact("last", format!("{}  ", last.what()));
        line.push((tone, format!("{sign} {word}")));
        lines.push(line);
    }
    lines.push(fact("added", look.shared.clock(resource.created_at)));
    lines.push(fact("id", resource.id.to_string()));
    lines
}
