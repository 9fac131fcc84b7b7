//! Lists: the filter's line, a heading, and only the rows in sight. Columns are dropped by
//! priority when there is no room.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::paper::{self, Piece, rows, wrapped};
use super::{Look, form};
use crate::tui::list::{Item, List, Width};
use crate::tui::spots::Target;
use crate::tui::style::Tone;
use crate::tui::text;

/// Cells left of the columns, for the mark.
const MARGIN: u16 = 1;

/// The widths of columns in so many cells; 0 for one that was dropped.
fn widths(columns: &[Width], cells: usize) -> Vec<usize> {
    let mut kept: Vec<bool> = columns.iter().map(|_| true).collect();
    let need = |kept: &[bool]| {
        let used = columns.iter().zip(kept).filter(|(_, kept)| **kept);
        used.map(|(column, _)| column.least + 2).sum::<usize>()
    };
    while need(&kept) > cells {
        let worst = columns.iter().zip(&kept).filter(|(c, kept)| **kept && c.rank > 0);
        let Some(rank) = worst.map(|(c, _)| c.rank).max() else { break };
        let last = columns.iter().zip(&mut kept).rfind(|(c, kept)| **kept && c.rank == rank);
        if let Some((_, kept)) = last {
            *kept = false;
        }
    }
    let free = cells.saturating_sub(need(&kept));
    let shares: usize =
        columns.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(c, _)| c.share).sum();
    columns
        .iter()
        .zip(&kept)
        .map(|(c, kept)| if *kept { c.least + free * c.share / shares.max(1) } else { 0 })
        .collect()
}

/// Draws a list of these rows.
pub fn draw<T: Item>(
    list: &List<T>,
    all: &[T],
    frame: &mut Frame<'_>,
    area: Rect,
    look: &Look<'_>,
) {
    let area = filter_line(list, frame, area, look);
    let columns: Vec<_> = list.columns().collect();
    let room: Vec<Width> = columns.iter().filter_map(|(_, column)| column.width).collect();
    let widths = widths(&room, usize::from(area.width.saturating_sub(MARGIN)));
    let mut places = rows(area);
    let Some(heading) = places.next() else { return };
    let dim = look.theme.tone(Tone::Dim);
    let mut pieces = vec![(dim, " ".to_owned())];
    for ((number, column), width) in columns.iter().zip(&widths).filter(|(_, width)| **width > 0) {
        let sorted = *number == list.sort().column;
        let sign = if sorted { format!(" {}", list.sign()) } else { String::new() };
        pieces.push((dim, format!("{}  ", text::fit(&format!("{}{sign}", column.title), *width))));
    }
    paper::styled_line(frame, heading, pieces.iter().map(|(style, text)| (*style, text.as_str())));

    if let Some(nothing) = list.nothing(look.shared) {
        for (row, line) in places.zip(&wrapped(Tone::Warn, " ", &nothing, area.width)) {
            paper::line(frame, row, line, look);
        }
        return;
    }
    let first = list.first(usize::from(area.height.saturating_sub(1)));
    for (place, number) in places.zip(first..list.shown()) {
        let Some((row, marked)) = list.row(all, number) else { continue };
        look.shared.spots.put(place, Target::Row(number));
        let sign = if marked { "+" } else { " " };
        let mut pieces = vec![(look.theme.tone(Tone::Accent), sign.to_owned())];
        for ((number, column), width) in columns.iter().zip(&widths).filter(|(_, w)| **w > 0) {
            cell(list, *number, &(column.text)(row, look.shared), *width, look, &mut pieces);
        }
        paper::styled_line(frame, place, pieces.iter().map(|(style, t)| (*style, t.as_str())));
        if list.place() == Some(number) {
            frame.buffer_mut().set_style(place, look.theme.selected(look.focused));
        }
    }
}

/// The line in which the filter is typed, and what is wrong with it; answers what is left.
fn filter_line<T: Item>(
    list: &List<T>,
    frame: &mut Frame<'_>,
    area: Rect,
    look: &Look<'_>,
) -> Rect {
    let Some(typing) = list.line() else { return area };
    let mut used = 0;
    let fault = typing.fault.iter().flat_map(|why| wrapped(Tone::Bad, " ✗ ", why, area.width));
    let mut places = rows(area);
    if let Some(row) = places.next() {
        paper::line(frame, row, &[(Tone::Accent, " /".to_owned())], look);
        let place = Rect { x: row.x + 2, width: row.width.saturating_sub(3), ..row };
        form::draw_line(&typing.line, look.focused, frame, place, look);
        used += 1;
    }
    for (row, line) in places.zip(fault.take(3)) {
        paper::line(frame, row, &line, look);
        used += 1;
    }
    Rect { y: area.y + used, height: area.height - used, ..area }
}

/// A cell's pieces: what the filter matched stands out.
fn cell<T: Item>(
    list: &List<T>,
    column: usize,
    (tone, raw): &Piece,
    width: usize,
    look: &Look<'_>,
    pieces: &mut Vec<(Style, String)>,
) {
    let clean = text::clean(raw);
    let shown = text::fit(&clean, width);
    let style = look.theme.tone(*tone);
    // What was cut off cannot stand out.
    let same = clean.bytes().zip(shown.bytes()).take_while(|(a, b)| a == b).count();
    let mut at = 0;
    for (from, to) in list.spans(column, &clean) {
        let to = to.min(same);
        let (Some(before), Some(found)) = (shown.get(at..from), shown.get(from..to)) else { break };
        pieces.push((style, before.to_owned()));
        pieces.push((look.theme.found(style), found.to_owned()));
        at = to;
    }
    pieces.push((style, format!("{}  ", shown.get(at..).unwrap_or_default())));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_dropped_by_rank_and_share_what_is_free() {
        let width = |least, share, rank| Width { least, share, rank };
        let columns = [width(10, 1, 0), width(10, 0, 2), width(10, 1, 1)];
        assert_eq!(widths(&columns, 36), [10, 10, 10]);
        assert_eq!(widths(&columns, 40), [12, 10, 12]);
        assert_eq!(widths(&columns, 30), [13, 0, 13]);
        assert_eq!(widths(&columns, 20), [18, 0, 0]);
        assert_eq!(widths(&columns, 3), [10, 0, 0]);
    }
}
