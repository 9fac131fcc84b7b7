//! The palette: the line, what fits it, and what is said about it.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::widgets::Clear;
use unicode_segmentation::UnicodeSegmentation;

use super::{Draw, Look, form, paper};
use crate::tui::layer::palette::{Palette, Row};
use crate::tui::pane::cursor::window;
use crate::tui::spots::Target;
use crate::tui::style::Tone;
use crate::tui::text;

/// Rows of an empty palette that are worth their room.
const MOST: u16 = 16;

impl Draw for Palette {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
        let width = area.width.saturating_sub(4).clamp(1, 96);
        let height = (MOST + 4).min(area.height);
        let x = area.x + (area.width - width) / 2;
        let place = Rect { x, y: area.y, width, height };
        frame.render_widget(Clear, place);
        let note = match self.arg() {
            None => "enter runs it · tab gives it more · esc back",
            Some(_) => "enter goes on · tab completes · esc back",
        };
        let title = self.command.map_or("Commands", |command| command.title);
        let inside = paper::frame(frame, place, title, note, look);
        let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };

        let mut lead = String::from(": ");
        if let Some(command) = self.command {
            lead.push_str(command.name);
            self.given.iter().for_each(|(word, _)| lead.extend([" ", word]));
            lead.push(' ');
        }
        let lead = text::cut(&lead, usize::from(inside.width) / 2);
        let cells = u16::try_from(text::width(&lead)).unwrap_or(0);
        let row = Rect { height: 1.min(inside.height), ..inside };
        paper::line(frame, row, &[(Tone::Strong, lead)], look);
        let field = Rect { x: row.x + cells, width: row.width.saturating_sub(cells), ..row };
        form::draw_line(&self.line, look.focused, frame, field, look);

        let last = Rect { y: inside.bottom().saturating_sub(1), height: 1, ..inside };
        let list = Rect { y: inside.y + 1, height: inside.height.saturating_sub(2), ..inside };
        paper::line(frame, last, &self.below(), look);
        if self.rows.is_empty() {
            let lines = paper::wrapped(Tone::Dim, "", &self.nothing(), list.width);
            paper::lines(frame, list, &lines, 0, look);
        }
        let first = window(self.at, self.rows.len(), usize::from(list.height));
        for (place, (number, row)) in
            paper::rows(list).zip(self.rows.iter().enumerate().skip(first))
        {
            look.shared.spots.put(place, Target::Row(number));
            draw_row(row, frame, place, look);
            if number == self.at {
                frame.buffer_mut().set_style(place, look.theme.selected(look.focused));
            }
        }
    }
}

impl Palette {
    fn below(&self) -> Vec<paper::Piece> {
        if let Some(why) = self.verdict() {
            return vec![(Tone::Bad, format!("✗ {why}"))];
        }
        if self.total == 0 {
            return Vec::new();
        }
        match self.arg().filter(|arg| arg.kind.is_free()) {
            Some(arg) => vec![(Tone::Dim, arg.help.to_owned())],
            None => vec![(Tone::Dim, format!("{} of {}", self.rows.len(), self.total))],
        }
    }

    fn nothing(&self) -> String {
        let typed = self.line.text().trim();
        match self.arg() {
            Some(arg) if arg.help.is_empty() && self.total == 0 => {
                format!("There is no {} yet.", arg.name)
            }
            Some(arg) if self.total > 0 && !arg.kind.is_free() => {
                format!("No {} fits “{typed}”.", arg.name)
            }
            Some(arg) => match self.completions() {
                [] => arg.help.to_owned(),
                words => format!("{} tab: {}", arg.help, words.join("  ")),
            },
            // It fits one that does not apply; that is said below.
            None if self.said.is_some() => String::new(),
            None => format!("No command fits “{typed}”."),
        }
    }
}

/// Draws what can be chosen: its name, what it is, and its keys at the right; the letters that fit
/// stand out.
pub fn draw_row(row: &Row, frame: &mut Frame<'_>, place: Rect, look: &Look<'_>) {
    let keys = row.keys.join(" ");
    let room = usize::from(place.width);
    let kept = if keys.is_empty() { 0 } else { text::width(&keys) + 2 };
    let free = room.saturating_sub(kept);
    let tone = if row.reason.is_some() { Tone::Dim } else { Tone::Plain };
    let label = row.label.graphemes(true).count();
    let (hits, behind): (Vec<usize>, Vec<usize>) = row.hits.iter().partition(|hit| **hit < label);
    let behind: Vec<usize> = behind.into_iter().map(|hit| hit.saturating_sub(label + 1)).collect();
    let mut pieces = marked(&row.label, &hits, tone, look);
    match &row.reason {
        Some(reason) => pieces.push((look.theme.tone(Tone::Dim), format!("  {reason}"))),
        None => {
            pieces.push((look.theme.tone(Tone::Dim), "  ".to_owned()));
            pieces.extend(marked(&row.about, &behind, Tone::Dim, look));
        }
    }
    let left = Rect { width: u16::try_from(free).unwrap_or(place.width), ..place };
    paper::styled_line(frame, left, pieces.iter().map(|(style, text)| (*style, text.as_str())));
    let right = Rect {
        x: place.x + left.width.saturating_add(2).min(place.width),
        width: place.width.saturating_sub(left.width.saturating_add(2)),
        ..place
    };
    paper::line(frame, right, &[(Tone::Accent, keys)], look);
}

fn marked(
    text: &str,
    hits: &[usize],
    tone: Tone,
    look: &Look<'_>,
) -> Vec<(ratatui::style::Style, String)> {
    let plain = look.theme.tone(tone);
    let hit = look.theme.tone(Tone::Accent).add_modifier(Modifier::BOLD | Modifier::UNDERLINED);
    let mut pieces: Vec<(ratatui::style::Style, String)> = Vec::new();
    for (number, grapheme) in text.graphemes(true).enumerate() {
        let style = if hits.contains(&number) { hit } else { plain };
        match pieces.last_mut() {
            Some((last, piece)) if *last == style => piece.push_str(grapheme),
            _ => pieces.push((style, grapheme.to_owned())),
        }
    }
    pieces
}
