//! The firewall: what holds in a few lines, then our rules, then foreign ones.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::paper::{self, Piece, plain};
use super::{Draw, Look, aside, columns, failure, list, rule};
use crate::fleet::FirewallView;
use crate::tui::list::{Column, Key};
use crate::tui::pane::firewall::{Firewall, Listed, no_server, turns_on};
use crate::tui::style::{self, Tone};

/// What is shown of a rule, and filtered by.
pub const COLUMNS: &[Column<Listed>] = &[
    Column::new(&["place"], "#", (3, 0, 0), |row: &Listed, _| match row {
        Listed::Ours(rule) => (Tone::Plain, rule.position.to_string()),
        Listed::Foreign(_, rule) => (Tone::Dim, rule.position.to_string()),
    }),
    Column::new(&["rule"], "rule", (26, 1, 0), |row: &Listed, _| match row {
        Listed::Ours(rule) => (Tone::Plain, rule.line.clone()),
        Listed::Foreign(_, rule) => (Tone::Dim, rule.line.clone()),
    }),
    Column::new(&["wanted", "status"], "wanted", (12, 0, 0), |row: &Listed, _| match row {
        Listed::Ours(rule) => {
            let (sign, word, tone) = style::status(rule.status);
            (tone, format!("{sign} {word}"))
        }
        Listed::Foreign(..) => (Tone::Dim, "not ours".to_owned()),
    })
    .by(|row| match row {
        Listed::Ours(rule) => Key::text(rule.status.as_str()),
        Listed::Foreign(..) => Key::text("not ours"),
    }),
    Column::new(&["host"], "on the host", (11, 0, 1), |row: &Listed, _| match row {
        Listed::Ours(rule) => {
            let (sign, word, tone) = style::actual(rule.actual);
            (tone, format!("{sign} {word}"))
        }
        Listed::Foreign(_, rule) => (Tone::Dim, format!("● {}", rule.family)),
    }),
    // Sentences need the room while there is nothing to say.
    Column::new(&["note"], "note", (8, 0, 2), |row: &Listed, _| match row {
        Listed::Ours(rule) if rule.shadowed_by.is_some() => (Tone::Warn, "shadowed".to_owned()),
        _ => (Tone::Plain, String::new()),
    })
    .only_if(|row| matches!(row, Listed::Ours(rule) if rule.shadowed_by.is_some())),
];

impl Draw for Firewall {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
        let Some(view) = self.view(look.shared) else {
            let inside = paper::frame(frame, area, "firewall", "", look);
            let text = match look.shared.selected {
                None => no_server(look.shared),
                Some(_) => "Reading …".to_owned(),
            };
            paper::lines(frame, inside, &[plain(Tone::Dim, text)], 0, look);
            return;
        };
        let [left, right, beside] = columns(area, self.open, look);
        if let Some(area) = left {
            draw_list(self, view, frame, area, look);
        }
        if let Some(area) = right {
            let look = Look { focused: look.focused && self.open, ..*look };
            rule::draw(self.rule(view), &self.scroll, frame, area, &look);
        }
        if let Some(area) = beside {
            aside::draw(Some(view.server), frame, area, look);
        }
    }
}

fn draw_list(
    pane: &Firewall,
    view: &FirewallView,
    frame: &mut Frame<'_>,
    area: Rect,
    look: &Look<'_>,
) {
    let look = &Look { focused: look.focused && !pane.open, ..*look };
    let name = look.shared.server_name(view.server);
    let note = match (pane.checking(), view.taken_at) {
        (true, _) => "asking the host …".to_owned(),
        (false, Some(at)) => format!("as of {}", look.shared.clock(at)),
        (false, None) => {
            format!("the host was not asked yet: {}", look.shared.key("firewall-check"))
        }
    };
    let title = pane.list.title(&format!("firewall of {name}"));
    let inside = paper::frame(frame, area, &title, &note, look);
    let mut head = header(view, inside.width, look);
    // The rules come first where there is little room.
    head.truncate(usize::from(inside.height / 2));
    let tall = u16::try_from(head.len()).unwrap_or(0);
    paper::lines(frame, Rect { height: tall, ..inside }, &head, 0, look);
    let rest = Rect { y: inside.y + tall, height: inside.height - tall, ..inside };
    list::draw(&pane.list, pane.rows(), frame, rest, look);
}

/// What holds, in a few lines.
fn header(view: &FirewallView, width: u16, look: &Look<'_>) -> Vec<Vec<Piece>> {
    let mut first = match (view.status, view.enabled) {
        (Some(status), enabled) => {
            let (sign, word, tone) = style::status(status);
            let mut line = vec![(tone, format!("{sign} {word}"))];
            if let Some(on) = enabled {
                line.push((
                    Tone::Plain,
                    if on { ", in force" } else { ", not in force" }.to_owned(),
                ));
            }
            line
        }
        (None, Some(true)) => plain(Tone::Warn, "○ on, but not by brokeforge"),
        (None, Some(false)) => plain(Tone::Warn, "○ off: every port is open"),
        (None, None) => plain(Tone::Warn, "○ not turned on yet"),
    };
    if let Some(default) = &view.default_in {
        first.push((Tone::Plain, format!("; what no rule names: {default}")));
    }
    if let Some(version) = &view.version {
        first.push((Tone::Dim, format!("  (ufw {version})")));
    }
    let mut lines = vec![first];
    if turns_on(view) {
        lines.push(vec![
            (Tone::Accent, look.shared.key("firewall-toggle")),
            (Tone::Plain, " turns it on, with a rule that keeps you in.".to_owned()),
        ]);
    }
    match &view.admits {
        Some((true, by)) => {
            let text = format!("You would still get in: {by}");
            lines.extend(paper::wrapped(Tone::Good, "✓ ", &text, width));
        }
        Some((false, by)) => {
            let text = format!("A new login like this one would NOT get in: {by}");
            lines.extend(paper::wrapped(Tone::Bad, "✗ ", &text, width));
        }
        None => lines.push(plain(Tone::Dim, "? Whether you would still get in is not known yet.")),
    }
    if let Some(error) = &view.error {
        lines.extend(failure::lines(error, width));
    }
    for note in &view.notes {
        lines.extend(paper::wrapped(Tone::Warn, "! ", note, width));
    }
    lines.push(Vec::new());
    lines
}
