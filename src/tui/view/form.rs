//! Forms: fields, what is said about them, and where the cursor stands.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use unicode_segmentation::UnicodeSegmentation;

use super::paper::{self, Piece, plain, wrapped};
use super::{Draw, Look, failure};
use crate::tui::layer::fields::{Field, Value};
use crate::tui::layer::form::Form;
use crate::tui::line::{Line, Lines};
use crate::tui::pane::cursor;
use crate::tui::spots::Target;
use crate::tui::style::Tone;
use crate::tui::text;

const LABEL: u16 = 18;

/// Rows of a field of several lines.
const TALL: usize = 5;

/// A row of a form.
enum Row {
    /// A row of the field of this number, from 0.
    Field(usize, usize),
    /// What is said about the field above.
    Said(Vec<Piece>),
}

impl Draw for Form {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
        let width = paper::dialog_width(area);
        let focus = self.fields.all.get(self.fields.focus);
        let mut below: Vec<Vec<Piece>> = Vec::new();
        if let Some(waits) = self.waits() {
            below.push(plain(Tone::Busy, waits));
        } else if let Some(error) = &self.failure {
            below.extend(failure::lines(error, width));
        } else if let Some(field) = focus {
            below.extend(wrapped(Tone::Dim, "", &field.help, width));
        }
        let rows = rows(self, width);
        let tall = rows.len() + 1 + below.len().max(2);
        let area = paper::dialog(frame, area, width + 4, u16::try_from(tall + 2).unwrap_or(0));
        let several = focus.is_some_and(|field| matches!(field.value, Value::Lines(_)));
        let note = match (several, self.previews()) {
            (true, _) => "tab next · ctrl-s send · ctrl-o editor · esc leave",
            (false, true) => "enter next · ctrl-s send · ctrl-p what would be done · esc leave",
            (false, false) => {
                "enter next, at the end: send · ctrl-s send · ctrl-o editor · esc leave"
            }
        };
        let inside = paper::frame(frame, area, self.title(), note, look);
        let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };

        // Where there is no room for all, the field with the focus and its help are in sight.
        let height = usize::from(inside.height);
        let kept = below.len().min(height / 3);
        let room = if tall > height { height - kept } else { rows.len() };
        let at =
            rows.iter().position(|row| matches!(row, Row::Field(n, _) if *n == self.fields.focus));
        let first = cursor::window(at.unwrap_or(0), rows.len(), room);
        let mut places = paper::rows(inside);
        for (row, place) in rows.iter().skip(first).take(room).zip(places.by_ref()) {
            match row {
                Row::Said(pieces) => paper::line(frame, place, pieces, look),
                Row::Field(number, line) => {
                    look.shared.spots.put(place, Target::Row(*number));
                    if let Some(field) = self.fields.all.get(*number) {
                        let focus = *number == self.fields.focus;
                        draw_field_row(field, *line, focus, frame, place, look);
                    }
                }
            }
        }
        if tall <= height {
            places.next();
        }
        for (row, line) in places.zip(&below) {
            paper::line(frame, row, line, look);
        }
    }
}

fn rows(form: &Form, width: u16) -> Vec<Row> {
    let mut rows = Vec::new();
    for (number, field) in form.fields.all.iter().enumerate().filter(|(_, field)| field.shown) {
        let tall = if matches!(field.value, Value::Lines(_)) { TALL } else { 1 };
        rows.extend((0..tall).map(|line| Row::Field(number, line)));
        rows.extend(said(form, field, width).into_iter().map(Row::Said));
    }
    rows
}

/// What is said about a field, under it.
fn said(form: &Form, field: &Field, width: u16) -> Vec<Vec<Piece>> {
    if !field.shown || !field.touched {
        return Vec::new();
    }
    let Some((sentence, forbids)) = form.verdict(field) else { return Vec::new() };
    let (tone, sign) = if forbids { (Tone::Bad, "✗ ") } else { (Tone::Warn, "! ") };
    let margin = format!("{sign:>width$}", width = usize::from(LABEL));
    wrapped(tone, &margin, &sentence, width).into_iter().take(4).collect()
}

/// Draws a field; the one with the focus gets the cursor.
pub fn draw_field(field: &Field, focus: bool, frame: &mut Frame<'_>, row: Rect, look: &Look<'_>) {
    draw_field_row(field, 0, focus, frame, row, look);
}

/// Draws a row of a field; but for several lines there is one.
fn draw_field_row(
    field: &Field,
    line: usize,
    focus: bool,
    frame: &mut Frame<'_>,
    row: Rect,
    look: &Look<'_>,
) {
    let (sign, tone) = if focus { ("▸ ", Tone::Strong) } else { ("  ", Tone::Plain) };
    let title = if line == 0 { format!("{sign}{}", field.title) } else { String::new() };
    paper::line(frame, row, &[(tone, text::fit(&title, usize::from(LABEL)))], look);
    let label = LABEL.min(row.width);
    let place = Rect { x: row.x + label, width: row.width - label, ..row };
    match &field.value {
        Value::Text(line) => {
            draw_line(line, focus && look.focused, frame, place, look);
            if let Some(rest) = field.rest(look.shared).filter(|_| focus) {
                draw_rest(&rest, text::width(line.text()), frame, place, look);
            }
        }
        Value::Lines(lines) => {
            draw_lines_row(lines, line, focus && look.focused, frame, place, look)
        }
        Value::Secret(secret) => {
            draw_masked(secret.len(), focus && look.focused, frame, place, look);
        }
        Value::Choice(words, at) => {
            let mut pieces = Vec::new();
            for (number, word) in words.iter().enumerate() {
                let (open, close, tone) = if number == *at {
                    ("(•) ", "   ", Tone::Strong)
                } else {
                    ("( ) ", "   ", Tone::Plain)
                };
                pieces.push((tone, format!("{open}{word}{close}")));
            }
            paper::line(frame, place, &pieces, look);
        }
    }
}

/// Draws a line being edited, moved so that the cursor is in sight; answers how many cells are
/// hidden before it.
pub fn draw_line(
    line: &Line,
    focus: bool,
    frame: &mut Frame<'_>,
    place: Rect,
    look: &Look<'_>,
) -> usize {
    let room = usize::from(place.width.saturating_sub(1));
    let before = text::width(line.head());
    let mut skip = before.saturating_sub(room);
    let mut hidden = 0;
    let shown: String = line
        .text()
        .graphemes(true)
        .skip_while(|grapheme| {
            let hide = skip > 0;
            skip = skip.saturating_sub(text::grapheme_width(grapheme));
            hidden += if hide { text::grapheme_width(grapheme) } else { 0 };
            hide
        })
        .collect();
    let shown = text::take(&shown, usize::from(place.width)).to_owned();
    paper::line(frame, place, &[(Tone::Plain, shown)], look);
    if focus {
        cursor_at(frame, place, before.saturating_sub(hidden));
    }
    underline(frame, place, look);
    hidden
}

/// Draws how the text could go on, behind it.
fn draw_rest(rest: &str, from: usize, frame: &mut Frame<'_>, place: Rect, look: &Look<'_>) {
    // The cursor stands on the first cell of it.
    let from = u16::try_from(from).unwrap_or(u16::MAX).min(place.width);
    let place = Rect { x: place.x + from, width: place.width - from, ..place };
    let pieces = [(Tone::Dim, rest.to_owned()), (Tone::Accent, "  right takes it".to_owned())];
    paper::line(frame, place, &pieces, look);
    underline(frame, place, look);
}

/// Draws a row of a text of several lines, moved so that the cursor is in sight.
fn draw_lines_row(
    lines: &Lines,
    number: usize,
    focus: bool,
    frame: &mut Frame<'_>,
    place: Rect,
    look: &Look<'_>,
) {
    let at = cursor::window(lines.row(), lines.lines().len(), TALL) + number;
    let here = at == lines.row();
    let before = if here { text::width(lines.head()) } else { 0 };
    let hidden = before.saturating_sub(usize::from(place.width.saturating_sub(1)));
    if let Some(line) = lines.lines().get(at) {
        let skip = text::take(line, hidden).len();
        let shown = line.split_at_checked(skip).map_or("", |(_, rest)| rest);
        let shown = text::take(shown, usize::from(place.width)).to_owned();
        paper::line(frame, place, &[(Tone::Plain, shown)], look);
    }
    if focus && here {
        cursor_at(frame, place, before - hidden);
    }
    underline(frame, place, look);
}

/// Draws a secret being typed: how much, not what.
pub fn draw_masked(len: usize, focus: bool, frame: &mut Frame<'_>, place: Rect, look: &Look<'_>) {
    let shown = len.min(usize::from(place.width.saturating_sub(1)));
    paper::line(frame, place, &[(Tone::Plain, "•".repeat(shown))], look);
    if focus {
        cursor_at(frame, place, shown);
    }
    underline(frame, place, look);
}

fn underline(frame: &mut Frame<'_>, place: Rect, look: &Look<'_>) {
    frame.buffer_mut().set_style(place, look.theme.selected(false));
}

fn cursor_at(frame: &mut Frame<'_>, place: Rect, cells: usize) {
    let x = place.x.saturating_add(u16::try_from(cells).unwrap_or(u16::MAX));
    if place.height > 0 && place.width > 0 {
        frame.set_cursor_position(Position::new(x.min(place.right() - 1), place.y));
    }
}
