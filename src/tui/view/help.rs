//! The help: commands under the names of their places.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::widgets::Clear;

use super::palette::draw_row;
use super::{Draw, Look, form, paper};
use crate::tui::command::Place;
use crate::tui::layer::help::Help;
use crate::tui::layer::palette::What;
use crate::tui::pane::cursor::window;
use crate::tui::spots::Target;
use crate::tui::style::Tone;

/// The widest a row is, so that the eye finds from a title to its key.
const WIDEST: u16 = 110;

enum Line {
    Place(String),
    Row(usize),
}

impl Draw for Help {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
        frame.render_widget(Clear, area);
        let note = match self.typing {
            true => "type what you look for · enter ends it · esc shows all",
            false => "/ search · enter runs it · esc back",
        };
        let inside = paper::frame(frame, area, "Commands and their keys", note, look);
        let width = inside.width.saturating_sub(2).min(WIDEST);
        let mut inside = Rect { x: inside.x + 1, width, ..inside };
        if let Some(query) = &self.query {
            let row = Rect { height: 1.min(inside.height), ..inside };
            paper::line(frame, row, &[(Tone::Strong, "/ ".to_owned())], look);
            let field = Rect { x: row.x + 2, width: row.width.saturating_sub(2), ..row };
            form::draw_line(query, self.typing && look.focused, frame, field, look);
            inside.y += 1;
            inside.height = inside.height.saturating_sub(1);
        }
        let lines = self.lines();
        if lines.is_empty() {
            let text = self.query.as_ref().map_or("", |query| query.text().trim());
            let said = paper::plain(Tone::Dim, format!("No command fits “{text}”."));
            paper::lines(frame, inside, &[said], 0, look);
        }
        let at = lines.iter().position(|line| matches!(line, Line::Row(n) if *n == self.at));
        // The heading of the first row stays in sight with it.
        let at = if self.at == 0 { 0 } else { at.unwrap_or(0) };
        let first = window(at, lines.len(), usize::from(inside.height));
        for (place, line) in paper::rows(inside).zip(lines.iter().skip(first)) {
            match line {
                Line::Place(name) => {
                    paper::line(frame, place, &[(Tone::Strong, name.clone())], look);
                }
                Line::Row(number) => {
                    look.shared.spots.put(place, Target::Row(*number));
                    if let Some(row) = self.rows.get(*number) {
                        let inner =
                            Rect { x: place.x + 2, width: place.width.saturating_sub(2), ..place };
                        draw_row(row, frame, inner, look);
                    }
                    if *number == self.at {
                        frame.buffer_mut().set_style(place, look.theme.selected(look.focused));
                    }
                }
            }
        }
    }
}

impl Help {
    fn lines(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut place = None;
        for (number, row) in self.rows.iter().enumerate() {
            let What::Command(command) = row.what else { continue };
            if place != Some(command.place) {
                place = Some(command.place);
                lines.push(Line::Place(match command.place {
                    Place::Everywhere => "everywhere".to_owned(),
                    Place::Pane(name) => format!("in the {name} pane"),
                    Place::Inside(name) => format!("in the {name}"),
                }));
            }
            lines.push(Line::Row(number));
        }
        lines
    }
}
