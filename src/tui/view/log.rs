//! Output: the log layer, and the last lines below an operation's steps.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::widgets::Clear;

use super::paper::{self, Piece, plain};
use super::{Draw, Look, form};
use crate::tui::layer::log::{Log, Sight};
use crate::tui::style::Tone;
use crate::tui::text;
use crate::tui::transcript::{Line, Transcript};

/// Before each line: the sign of its stream, and that of the match at hand.
const GUTTER: usize = 2;

type Row = Vec<(Style, String)>;

impl Draw for Log {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
        frame.render_widget(Clear, area);
        let transcript = &look.shared.transcript;
        let found = self.search.as_ref().map(|search| search.lines(transcript));
        let title = title(self, found.as_deref(), look);
        let inside = paper::frame(frame, area, &title, &note(self, look), look);
        let (inside, typed) = match &self.typing {
            Some(_) => {
                let height = inside.height.saturating_sub(1);
                let row = Rect { y: inside.y + height, height: inside.height.min(1), ..inside };
                (Rect { height, ..inside }, Some(row))
            }
            None => (inside, None),
        };
        if let (Some(row), Some(line)) = (typed, &self.typing) {
            paper::line(frame, row, &[(Tone::Strong, "/".to_owned())], look);
            let place = Rect { x: row.x + 1, width: row.width.saturating_sub(1), ..row };
            form::draw_line(line, look.focused, frame, place, look);
        }
        if transcript.is_empty() {
            let text = if transcript.ended { "There was no output." } else { "No output yet." };
            paper::lines(frame, inside, &[plain(Tone::Dim, text)], 0, look);
            return;
        }
        let rows = self.rows(inside, look);
        for (place, row) in paper::rows(inside).zip(&rows) {
            paper::styled_line(
                frame,
                place,
                row.iter().map(|(style, text)| (*style, text.as_str())),
            );
        }
    }
}

impl Log {
    /// The rows in sight; leaves behind which lines they are.
    fn rows(&self, inside: Rect, look: &Look<'_>) -> Vec<Row> {
        let transcript = &look.shared.transcript;
        let room = usize::from(inside.height);
        let cells = usize::from(inside.width).saturating_sub(GUTTER).max(1);
        let least = transcript.let_go;
        let most = least + self.first_at_end(transcript, room, cells);
        let first = self.top.map_or(most, |top| top.clamp(least, most));
        let (mut step, mut last, mut rows) = (None, first, Vec::new());
        for (line, number) in transcript.from(first - least).zip(first..) {
            if rows.len() >= room && self.top.is_some() {
                break;
            }
            if step != Some(line.step) {
                step = Some(line.step);
                let operation = transcript.operation.and_then(|id| look.shared.operation(id));
                let name = operation.and_then(|operation| operation.steps.get(line.step));
                let name = name.map_or("", |step| step.name.as_str());
                let heading = format!("{}. {name}", line.step + 1);
                rows.push(vec![(look.theme.tone(Tone::Accent), heading)]);
            }
            rows.extend(self.line_rows(&line, number, cells, look));
            last = number;
        }
        self.sight.set(Some(Sight { first, last, most }));
        // What follows shows the end, however long the last line is.
        let hidden = if self.top.is_none() { rows.len().saturating_sub(room) } else { 0 };
        rows.drain(..hidden);
        rows
    }

    /// The first line with which the end is in sight, counted from the first that is kept.
    fn first_at_end(&self, transcript: &Transcript, room: usize, cells: usize) -> usize {
        let count = transcript.len();
        let from = count.saturating_sub(room);
        let lines: Vec<Line> = transcript.from(from).collect();
        let (mut used, mut step, mut first) = (0, None, count.saturating_sub(1));
        for (number, line) in lines.iter().enumerate().rev() {
            // Each step's lines have a heading.
            used += usize::from(step != Some(line.step));
            used += if self.wrap { chunks(&line.text, cells).len() } else { 1 };
            if used > room {
                break;
            }
            (step, first) = (Some(line.step), from + number);
        }
        first
    }

    fn line_rows(&self, line: &Line, number: usize, cells: usize, look: &Look<'_>) -> Vec<Row> {
        let at_hand = self.at == Some(number);
        let signs = [
            (look.theme.tone(Tone::Warn), if line.error { "!" } else { " " }),
            (look.theme.tone(Tone::Accent), if at_hand { "▸" } else { " " }),
        ];
        let text = line.text.as_str();
        let parts = match self.wrap {
            true => chunks(text, cells),
            false => vec![(text::take(text, self.aside).len(), text.len())],
        };
        let places = self.search.as_ref().map(|s| s.places(text)).unwrap_or_default();
        let plain = look.theme.tone(Tone::Plain);
        let marked = plain.add_modifier(Modifier::REVERSED);
        let rows = parts.into_iter().map(|(from, to)| {
            let mut row: Row = signs.iter().map(|(style, s)| (*style, (*s).to_owned())).collect();
            let mut at = from;
            for place in &places {
                let (start, end) = (place.start.clamp(at, to), place.end.clamp(at, to));
                for (style, range) in [(plain, at..start), (marked, start..end)] {
                    row.extend(
                        text.get(range).filter(|t| !t.is_empty()).map(|t| (style, t.into())),
                    );
                }
                at = end;
            }
            row.extend(text.get(at..to).map(|t| (plain, t.into())));
            row
        });
        rows.collect()
    }
}

/// The borders, in bytes, of pieces that each fill a row.
fn chunks(line: &str, cells: usize) -> Vec<(usize, usize)> {
    let (mut from, mut rest, mut parts) = (0, line, Vec::new());
    loop {
        let head = text::take(rest, cells);
        // A sign wider than the row goes with what follows it, and is cut when it is drawn.
        let length = if head.is_empty() { rest.len() } else { head.len() };
        parts.push((from, from + length));
        from += length;
        rest = line.get(from..).unwrap_or_default();
        if rest.is_empty() {
            return parts;
        }
    }
}

fn title(log: &Log, found: Option<&[usize]>, look: &Look<'_>) -> String {
    let transcript = &look.shared.transcript;
    let mut title = format!("output · {}", lines_of(transcript.total()));
    if let (Some(search), Some(found)) = (&log.search, found) {
        let count = match log.at.and_then(|at| found.binary_search(&at).ok()) {
            Some(at) => format!("{} of {}", at + 1, found.len()),
            None => format!("in {}", lines_of(found.len())),
        };
        title = format!("{title} · “{}” {count}", search.text);
    }
    if transcript.let_go > 0 {
        title = format!("{title} · the first {} are only in the file", transcript.let_go);
    }
    if transcript.lost > 0 {
        title = format!("{title} · {} bytes came too fast, they are in the file", transcript.lost);
    }
    let operation = transcript.operation.and_then(|id| look.shared.operation(id));
    let steps = operation.map(|operation| operation.steps.as_slice());
    let dropped: u64 = steps.unwrap_or_default().iter().map(|step| step.dropped).sum();
    if dropped > 0 {
        title = format!("{title} · {dropped} bytes were too many and not kept");
    }
    title
}

fn note(log: &Log, look: &Look<'_>) -> String {
    let transcript = &look.shared.transcript;
    if log.typing.is_some() {
        return "enter looks for it · esc leaves it".to_owned();
    }
    let key = |command| look.shared.key(command);
    let new = transcript.total().saturating_sub(log.known);
    let state = match (log.top, transcript.ended) {
        (None, true) => "the end".to_owned(),
        (None, false) => "follows".to_owned(),
        (Some(_), _) if new == 0 => format!("{} follows", key("last")),
        (Some(_), _) => {
            let lines = if new == 1 { "line" } else { "lines" };
            format!("{new} new {lines} · {} follows", key("last"))
        }
    };
    let search = match log.search {
        Some(_) => format!("{} {} next, before", key("log-next"), key("log-previous")),
        None => format!("{} search", key("log-search")),
    };
    let wrap = format!("{} {}", key("log-wrap"), if log.wrap { "long lines" } else { "wrap" });
    // It gives way to what is said of the search and of new lines.
    let copy = match (log.top, &log.search) {
        (None, None) => format!("{} copy · ", key("log-copy")),
        _ => String::new(),
    };
    let (save, back) = (key("log-save"), key("back"));
    format!("{state} · {search} · {wrap} · {copy}{save} save · {back} back · ! stderr")
}

fn lines_of(count: usize) -> String {
    if count == 1 { "1 line".to_owned() } else { format!("{count} lines") }
}

fn pieces(line: Line) -> Vec<Piece> {
    if line.error {
        vec![(Tone::Warn, "! ".to_owned()), (Tone::Plain, line.text)]
    } else {
        vec![(Tone::Plain, format!("  {}", line.text))]
    }
}

/// The rows that the last lines want, of at most so many.
pub fn tail_rows(look: &Look<'_>, most: usize) -> usize {
    match look.shared.transcript.len() {
        0 => 0,
        lines => (lines + 1).min(most),
    }
}

/// Draws the last lines under a rule with the count.
pub fn draw_tail(frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
    let transcript = &look.shared.transcript;
    let count = transcript.len();
    if area.height < 2 || count == 0 {
        return;
    }
    let title = format!("── output · {} ", lines_of(transcript.total()));
    let rest = usize::from(area.width).saturating_sub(text::width(&title));
    let heading = plain(Tone::Dim, format!("{title}{}", "─".repeat(rest)));
    let room = usize::from(area.height) - 1;
    let tail = transcript.from(count.saturating_sub(room)).map(pieces);
    let lines: Vec<_> = std::iter::once(heading).chain(tail).collect();
    paper::lines(frame, area, &lines, 0, look);
}
