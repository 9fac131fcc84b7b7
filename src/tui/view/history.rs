//! Everything that was said: sign, time, sentence, what to try.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::widgets::Clear;

use super::paper::{self, Piece, plain, wrapped};
use super::{Draw, Look, form};
use crate::tui::layer::history::History;
use crate::tui::messages::{Level, Message};
use crate::tui::style::Tone;

impl Draw for History {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
        frame.render_widget(Clear, area);
        let messages = &look.shared.messages;
        let shown = self.shown(messages);
        let count = messages.history().count();
        let title = match self.words.text().is_empty() {
            true => format!("Messages {count}"),
            false => format!("Messages /{} {}/{count}", self.words.text(), shown.len()),
        };
        let note = match self.typing {
            true => "enter keeps the words · esc leaves them".to_owned(),
            false => {
                format!("enter its operation · {} search · esc back", look.shared.key("filter"))
            }
        };
        let inside = paper::frame(frame, area, &title, &note, look);
        let mut inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(1), ..inside };
        if self.typing {
            let row = Rect { height: 1.min(inside.height), ..inside };
            paper::line(frame, row, &[(Tone::Accent, "/".to_owned())], look);
            let place = Rect { x: row.x + 1, width: row.width.saturating_sub(1), ..row };
            form::draw_line(&self.words, look.focused, frame, place, look);
            inside =
                Rect { y: inside.y + row.height, height: inside.height - row.height, ..inside };
        }
        let mut lines: Vec<Vec<Piece>> = Vec::new();
        let (mut first, mut end) = (0, 0);
        let at = self.selected(&shown);
        for (number, message) in shown.iter().enumerate() {
            if number == at {
                first = lines.len();
            }
            lines.extend(entry(message, number == at, inside.width, look));
            if number == at {
                end = lines.len();
            }
        }
        match (shown.is_empty(), count) {
            (true, 0) => lines.push(plain(Tone::Dim, "Nothing was said yet.")),
            (true, _) => lines.push(plain(Tone::Dim, "No message has these words.")),
            _ => {}
        }
        if messages.dropped() > 0 && self.words.text().is_empty() {
            let text = format!("{} older messages are not kept.", messages.dropped());
            lines.push(plain(Tone::Dim, text));
        }
        // The selected one is in sight, its first line before its last.
        let scroll = end.saturating_sub(usize::from(inside.height)).min(first);
        paper::lines(frame, inside, &lines, scroll, look);
    }
}

fn entry(message: &Message, selected: bool, width: u16, look: &Look<'_>) -> Vec<Vec<Piece>> {
    let (sign, tone) = match message.level {
        Level::Good => ("✓", Tone::Good),
        Level::Warn => ("!", Tone::Warn),
        Level::Bad => ("✗", Tone::Bad),
    };
    let mark = if selected { "▸" } else { " " };
    let head = format!("{mark}{sign} {}  ", look.shared.clock(message.at));
    let blank = " ".repeat(crate::tui::text::width(&head));
    let body = if selected { Tone::Strong } else { Tone::Plain };
    let mut lines = wrapped(body, &head, &message.text, width);
    if let Some((margin_tone, _)) = lines.first_mut().and_then(|line| line.first_mut()) {
        *margin_tone = tone;
    }
    if let Some(remedy) = &message.remedy {
        lines.extend(wrapped(Tone::Dim, &blank, remedy, width));
    }
    if let Some(operation) = message.operation.filter(|_| selected) {
        let what = look.shared.operation(operation).map(|operation| operation.what());
        let what = what.unwrap_or_else(|| operation.to_string());
        lines.extend(wrapped(Tone::Accent, &blank, &format!("enter: {what}"), width));
    }
    lines
}
