//! Provisioning: the choice of a profile.

use std::collections::BTreeSet;

use ratatui::Frame;
use ratatui::layout::Rect;

use super::paper::{self, Piece, facts, plain, wrapped};
use super::{Draw, Look};
use crate::domain::ServerId;
use crate::fleet::ProfileView;
use crate::tui::layer::provision::Provision;
use crate::tui::list::names;
use crate::tui::pane::cursor;
use crate::tui::spots::Target;
use crate::tui::style::Tone;
use crate::tui::text;

mod plan;

/// Rows that are listed at once, at most.
const LISTED: usize = 10;

impl Draw for Provision {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
        let width = paper::dialog_width(area);
        let title = match self.servers.as_slice() {
            [(_, name)] => format!("Provision {name}"),
            several => format!("Provision {} servers", several.len()),
        };
        let mut above = Vec::new();
        if self.servers.len() > 1 {
            let all = names(self.servers.iter().map(|(_, name)| name.as_str()));
            above.extend(wrapped(Tone::Plain, "", &all, width).into_iter().take(3));
            above.push(Vec::new());
        }
        let Some(all) = &look.shared.profiles else {
            let lines = [plain(Tone::Dim, "Reading the profiles …")];
            draw_list(frame, area, &title, "esc leave", &above, &[], None, &lines, look);
            return;
        };
        let widest =
            all.iter().map(|profile| text::width(&profile.name)).max().unwrap_or(0).min(24);
        let row = |profile: &ProfileView| {
            let from = if profile.own { "yours" } else { "built in" };
            let (tone, about) = match &profile.fault {
                Some(fault) => (Tone::Bad, format!("✗ {fault}")),
                None => (Tone::Plain, profile.about.clone()),
            };
            let now = if self.before.as_ref() == Some(&profile.name) { "●" } else { " " };
            vec![
                (Tone::Good, format!("{now} ")),
                (Tone::Strong, format!("{}  ", text::fit(&profile.name, widest))),
                (Tone::Dim, text::fit(from, 10)),
                (tone, about),
            ]
        };
        let rows: Vec<Vec<Piece>> = all.iter().map(row).collect();
        let mut below =
            self.selected(look.shared).map(|p| about(p, &self.servers, width)).unwrap_or_default();
        if let Some(fault) = &self.fault {
            below = wrapped(Tone::Bad, "✗ ", fault, width);
        }
        let note = "enter go on · esc leave";
        draw_list(frame, area, &title, note, &above, &rows, self.at, &below, look);
    }
}

/// What is said about the selected profile, for these servers.
fn about(profile: &ProfileView, servers: &[(ServerId, String)], width: u16) -> Vec<Vec<Piece>> {
    if let Some(fault) = &profile.fault {
        return wrapped(Tone::Bad, "✗ ", fault, width);
    }
    let mut lines = wrapped(Tone::Plain, "", &profile.about, width);
    lines.extend(facts("brings", &profile.items.join(", "), width));
    for (number, set) in profile.sets.iter().enumerate() {
        let on = set.on.iter().map(|(os, value)| format!("; {value} on {os}")).collect::<String>();
        let before = |(id, _): &(ServerId, String)| profile.before.get(id)?.get(&set.name);
        let before: BTreeSet<&str> =
            servers.iter().filter_map(before).map(String::as_str).collect();
        let mut text = format!("{} = {}{on}", set.name, set.default);
        if !before.is_empty() {
            let before: Vec<&str> = before.into_iter().collect();
            text.push_str(&format!("; the last time {}", before.join(", ")));
        }
        let label = if number == 0 { "settings" } else { "" };
        lines.extend(facts(label, &text, width));
    }
    lines
}

/// Draws a dialog with a list in it: what stands above, the rows, and what is said below.
#[expect(clippy::too_many_arguments, reason = "the parts of one dialog, each drawn once")]
fn draw_list(
    frame: &mut Frame<'_>,
    area: Rect,
    title: &str,
    note: &str,
    above: &[Vec<Piece>],
    rows: &[Vec<Piece>],
    at: Option<usize>,
    below: &[Vec<Piece>],
    look: &Look<'_>,
) {
    let width = paper::dialog_width(area);
    let gap = usize::from(!rows.is_empty() && !below.is_empty());
    let fixed = above.len() + gap + below.len() + 2;
    let room = usize::from(area.height).saturating_sub(fixed).clamp(1, LISTED);
    let shown = rows.len().min(room);
    let tall = u16::try_from(fixed + shown).unwrap_or(u16::MAX);
    let place = paper::dialog(frame, area, width + 4, tall);
    let inside = paper::frame(frame, place, title, note, look);
    let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let mut places = paper::rows(inside);
    for (line, row) in above.iter().zip(places.by_ref()) {
        paper::line(frame, row, line, look);
    }
    let first = cursor::window(at.unwrap_or(0), rows.len(), shown);
    let numbered = rows.iter().enumerate().skip(first).take(shown);
    for ((number, line), row) in numbered.zip(places.by_ref()) {
        look.shared.spots.put(row, Target::Row(number));
        paper::line(frame, row, line, look);
        if Some(number) == at {
            frame.buffer_mut().set_style(row, look.theme.selected(look.focused));
        }
    }
    for (line, row) in below.iter().zip(places.skip(gap)) {
        paper::line(frame, row, line, look);
    }
}
