//! Text on boxes: frames with titles, toned lines that are cleaned and cut, centred dialogs.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Block, Clear};

use super::Look;
use crate::tui::scroll::Scroll;
use crate::tui::style::Tone;
use crate::tui::text;

/// A piece of a line.
pub type Piece = (Tone, String);

/// Draws a frame with a title and answers its inside.
pub fn frame(frame: &mut Frame<'_>, area: Rect, title: &str, note: &str, look: &Look<'_>) -> Rect {
    let style = look.theme.border(look.focused);
    let room = usize::from(area.width.saturating_sub(4));
    let note = text::cut(note, room);
    let title = text::cut(title, room);
    let mut block = Block::bordered().border_style(style);
    if !title.is_empty() {
        block = block.title_top(format!(" {title} "));
    }
    if !note.is_empty() {
        block = block.title_bottom(format!(" {note} "));
    }
    let inside = block.inner(area);
    frame.render_widget(block, area);
    inside
}

/// Draws one line of pieces into a row, cut at its end.
pub fn line(frame: &mut Frame<'_>, row: Rect, pieces: &[Piece], look: &Look<'_>) {
    let styled = pieces.iter().map(|(tone, text)| (look.theme.tone(*tone), text.as_str()));
    styled_line(frame, row, styled);
}

/// Draws one line of styled texts.
pub fn styled_line<'a>(
    frame: &mut Frame<'_>,
    row: Rect,
    pieces: impl Iterator<Item = (Style, &'a str)>,
) {
    if row.height == 0 {
        return;
    }
    let mut x = row.x;
    for (style, piece) in pieces {
        let room = usize::from(row.right().saturating_sub(x));
        if room == 0 {
            break;
        }
        let piece = text::cut(piece, room);
        frame.buffer_mut().set_string(x, row.y, &piece, style);
        x += u16::try_from(text::width(&piece)).unwrap_or(0);
    }
}

/// Draws lines from the top, scrolled so far but never past the last; answers how many there are.
pub fn lines(
    frame: &mut Frame<'_>,
    area: Rect,
    all: &[Vec<Piece>],
    scroll: usize,
    look: &Look<'_>,
) {
    let height = usize::from(area.height);
    let first = scroll.min(all.len().saturating_sub(height));
    for (row, pieces) in rows(area).zip(all.iter().skip(first)) {
        line(frame, row, pieces, look);
    }
}

/// Draws lines as far as they are scrolled.
pub fn scrolled(
    frame: &mut Frame<'_>,
    area: Rect,
    all: &[Vec<Piece>],
    scroll: &Scroll,
    look: &Look<'_>,
) {
    let first = scroll.first(all.len(), usize::from(area.height));
    lines(frame, area, all, first, look);
}

/// The rows of an area.
pub fn rows(area: Rect) -> impl Iterator<Item = Rect> {
    (area.top()..area.bottom()).map(move |y| Rect { y, height: 1, ..area })
}

/// Wraps a text into lines of one tone behind a margin, which is blank from the second on.
pub fn wrapped(tone: Tone, margin: &str, text: &str, width: u16) -> Vec<Vec<Piece>> {
    let cells = text::width(margin);
    let blank = " ".repeat(cells);
    text::wrap(text, usize::from(width).saturating_sub(cells))
        .into_iter()
        .enumerate()
        .map(|(number, line)| {
            let margin = if number == 0 { margin } else { &blank };
            vec![(tone, margin.to_owned()), (tone, line)]
        })
        .collect()
}

/// A line of one tone.
pub fn plain(tone: Tone, text: impl Into<String>) -> Vec<Piece> {
    vec![(tone, text.into())]
}

/// A label and what stands behind it, on as many lines as that needs.
pub fn facts(label: &str, value: &str, width: u16) -> Vec<Vec<Piece>> {
    let lines = text::wrap(value, usize::from(width.saturating_sub(12)));
    let labels = std::iter::once(label).chain(std::iter::repeat(""));
    lines.into_iter().zip(labels).map(|(line, label)| fact(label, line)).collect()
}

/// A label and what stands behind it.
pub fn fact(label: &str, value: impl Into<String>) -> Vec<Piece> {
    // a long one does not touch what stands behind it
    vec![(Tone::Dim, text::fit(&text::cut(label, 11), 12)), (Tone::Plain, value.into())]
}

/// Clears the middle of an area for a dialog of this size and answers it.
pub fn dialog(frame: &mut Frame<'_>, area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    let area = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    frame.render_widget(Clear, area);
    area
}

/// The inner width of a dialog in an area.
pub fn dialog_width(area: Rect) -> u16 {
    area.width.saturating_sub(6).clamp(1, 76)
}
