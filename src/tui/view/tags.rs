//! The line of tags.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::paper::{self, Piece, plain, wrapped};
use super::{Draw, Look, form};
use crate::tui::layer::tags::TagLine;
use crate::tui::list::names;
use crate::tui::style::Tone;

impl Draw for TagLine {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
        let width = paper::dialog_width(area);
        let title = match self.servers.as_slice() {
            [(_, name, _)] => format!("Tags of {name}"),
            several => format!("Tags of {} servers", several.len()),
        };
        let mut above = Vec::new();
        match self.servers.as_slice() {
            [(_, _, tags)] if tags.is_empty() => above.push(plain(Tone::Plain, "It has none yet.")),
            [(_, _, tags)] => {
                let text = format!("It has {}.", names(tags.iter().map(String::as_str)));
                above.extend(wrapped(Tone::Plain, "", &text, width));
            }
            several => {
                let text = names(several.iter().map(|(_, name, _)| name.as_str()));
                above.extend(short(wrapped(Tone::Plain, "", &text, width)));
            }
        }
        above.push(Vec::new());
        let mut below = vec![Vec::new()];
        if let Some(fault) = &self.fault {
            below.extend(wrapped(Tone::Bad, "✗ ", fault, width));
        } else {
            let text = "A word adds a tag, -word takes it away.";
            below.extend(wrapped(Tone::Dim, "", text, width));
            if !self.in_use.is_empty() {
                let text = format!("In use: {}.", names(self.in_use.iter().map(String::as_str)));
                below.extend(short(wrapped(Tone::Dim, "", &text, width)));
            }
        }
        let rows = u16::try_from(above.len() + below.len() + 3).unwrap_or(u16::MAX);
        let area = paper::dialog(frame, area, width + 4, rows);
        let inside = paper::frame(frame, area, &title, "enter send · esc leave", look);
        let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
        let mut places = paper::rows(inside);
        for line in &above {
            let Some(row) = places.next() else { return };
            paper::line(frame, row, line, look);
        }
        let Some(row) = places.next() else { return };
        form::draw_line(&self.line, look.focused, frame, row, look);
        for (row, line) in places.zip(&below) {
            paper::line(frame, row, line, look);
        }
    }
}

/// The first lines of many.
fn short(mut lines: Vec<Vec<Piece>>) -> Vec<Vec<Piece>> {
    if lines.len() > 4 {
        lines.truncate(4);
        lines.push(plain(Tone::Plain, "…"));
    }
    lines
}
