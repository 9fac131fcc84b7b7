//! Toasts: what was just said, in the corner above the hints.

use ratatui::Frame;
use ratatui::layout::{Margin, Rect};
use ratatui::widgets::Clear;

use super::{Look, paper};
use crate::tui::messages::{Level, Message};
use crate::tui::style::Tone;

const MOST_LINES: usize = 3;

/// Draws them over the lower right of an area, the newest at the bottom: within the pane's border,
/// and over it where a layer lies, which needs the rows more: only the newest then, and the newest
/// error, which esc would put away. Over a shell they go to the upper right: below is where one
/// types.
pub fn draw(look: &Look<'_>, shell: bool, frame: &mut Frame<'_>, area: Rect) {
    let inner = area.inner(Margin::new(1, 1));
    let area = if look.focused { inner } else { Rect { height: inner.height + 1, ..inner } };
    let width = area.width.min(64);
    let said = look.shared.messages.toasts();
    let error = said.iter().rposition(|toast| toast.level == Level::Bad);
    let shown = |at: usize| look.focused || at + 1 == said.len() || error == Some(at);
    let toasts: Vec<&Message> =
        said.iter().enumerate().filter(|(at, _)| shown(*at)).map(|(_, toast)| toast).collect();
    let area = match shell {
        true => raised(area, toasts.iter().map(|toast| rows(&lines(toast, width))).sum()),
        false => area,
    };
    let mut bottom = area.bottom();
    for (number, message) in toasts.iter().rev().enumerate() {
        let lines = lines(message, width);
        let height = rows(&lines);
        let Some(top) = bottom.checked_sub(height).filter(|top| *top >= area.top()) else {
            // One that is larger than what is left shows its beginning.
            if bottom == area.bottom() {
                toast(look, frame, area, &lines, message.level);
            } else if let Some(y) = bottom.checked_sub(1).filter(|y| *y >= area.top()) {
                let row = Rect { x: area.right() - width, y, width, height: 1 };
                let text = format!(" {} more: {} ", toasts.len() - number, all(look));
                frame.render_widget(Clear, row);
                paper::line(frame, row, &[(Tone::Bad, text)], look);
            }
            break;
        };
        let place = Rect { x: area.right() - width, y: top, width, height };
        toast(look, frame, place, &lines, message.level);
        bottom = top;
    }
}

/// The upper part of an area, below the frame's title, of as many rows as there is need for.
fn raised(area: Rect, need: u16) -> Rect {
    Rect { y: area.y + 1, height: area.height.saturating_sub(1).min(need), ..area }
}

fn rows(lines: &[Vec<paper::Piece>]) -> u16 {
    u16::try_from(lines.len() + 2).unwrap_or(u16::MAX)
}

/// What a toast says.
fn lines(message: &Message, width: u16) -> Vec<Vec<paper::Piece>> {
    let (sign, tone) = match message.level {
        Level::Good => ("✓", Tone::Good),
        Level::Warn => ("!", Tone::Warn),
        Level::Bad => ("✗", Tone::Bad),
    };
    let mut lines = short(tone, &format!("{sign} "), &message.text, width - 4);
    if let Some(remedy) = &message.remedy {
        lines.extend(short(Tone::Plain, "  ", remedy, width - 4));
    }
    lines
}

fn all(look: &Look<'_>) -> String {
    look.shared.key("messages")
}

/// The first lines of a text; all of it is among the messages.
fn short(tone: Tone, margin: &str, text: &str, width: u16) -> Vec<Vec<paper::Piece>> {
    let mut lines = paper::wrapped(tone, margin, text, width);
    if lines.len() > MOST_LINES {
        lines.truncate(MOST_LINES);
        if let Some((_, last)) = lines.last_mut().and_then(|line| line.last_mut()) {
            last.push_str(" …");
        }
    }
    lines
}

fn toast(
    look: &Look<'_>,
    frame: &mut Frame<'_>,
    area: Rect,
    lines: &[Vec<paper::Piece>],
    level: Level,
) {
    frame.render_widget(Clear, area);
    let note = match level {
        Level::Bad => format!("esc puts it away · {} all messages", all(look)),
        _ => String::new(),
    };
    let inside = paper::frame(frame, area, "", &note, &Look { focused: false, ..*look });
    let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    paper::lines(frame, inside, lines, 0, look);
}
