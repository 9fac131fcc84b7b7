//! Draws a terminal's cells into the screen's.

use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::{Line, Point};
use alacritty_terminal::term::cell::{Cell, Flags};
use alacritty_terminal::term::point_to_viewport;
use alacritty_terminal::vte::ansi::CursorShape;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Modifier, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::color::{self, Depth};
use super::{Emulator, Term};

/// The cursor's shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A block.
    Block,
    /// A line below.
    Underline,
    /// A bar before.
    Bar,
}

/// Where the cursor is to be put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The cell of the screen.
    pub at: Position,
    /// Its shape.
    pub shape: Shape,
    /// Whether it blinks.
    pub blinks: bool,
}

impl Emulator {
    /// Draws what is in sight into an area; answers where the cursor is, when it is in sight.
    pub fn paint(&mut self, buffer: &mut Buffer, area: Rect, depth: Depth) -> Option<Cursor> {
        self.guard(|it| it.paint_guarded(buffer, area, depth)).flatten()
    }

    fn paint_guarded(&mut self, buffer: &mut Buffer, area: Rect, depth: Depth) -> Option<Cursor> {
        let area = area.intersection(buffer.area);
        let found = self.marks.in_sight(&self.term);
        let content = self.term.renderable_content();
        let offset = content.display_offset;
        let place = |point: Point| {
            let point = point_to_viewport(offset, point)?;
            let x = u16::try_from(point.column.0).ok().filter(|x| *x < area.width)?;
            let y = u16::try_from(point.line).ok().filter(|y| *y < area.height)?;
            Some(Position { x: area.x + x, y: area.y + y })
        };
        for indexed in content.display_iter {
            let Some(at) = place(indexed.point) else { continue };
            let Some(drawn) = buffer.cell_mut(at) else { continue };
            drawn.reset();
            let room = area.right() - at.x;
            symbol(indexed.cell, room, drawn);
            let mut style = style(&self.term, indexed.cell, depth);
            if found.iter().any(|found| found.contains(&indexed.point)) {
                style = style.add_modifier(Modifier::UNDERLINED | Modifier::BOLD);
                if depth != Depth::Mono {
                    style = style.fg(Color::Black).bg(Color::Yellow);
                }
            }
            if content.selection.is_some_and(|range| range.contains(indexed.point)) {
                style = match style.add_modifier.contains(Modifier::REVERSED) {
                    true => style.remove_modifier(Modifier::REVERSED),
                    false => style.add_modifier(Modifier::REVERSED),
                };
            }
            drawn.set_style(style);
        }
        let style = self.term.cursor_style();
        let shape = match content.cursor.shape {
            CursorShape::Hidden => return None,
            CursorShape::Underline => Shape::Underline,
            CursorShape::Beam => Shape::Bar,
            CursorShape::Block | CursorShape::HollowBlock => Shape::Block,
        };
        place(content.cursor.point).map(|at| Cursor { at, shape, blinks: style.blinking })
    }

    /// The text of the lines in sight, for a look at them without a screen.
    #[cfg(test)]
    pub(crate) fn text(&self) -> String {
        let (columns, rows) = self.size();
        let area = Rect::new(0, 0, columns, rows);
        let mut lines = String::new();
        for line in area.rows() {
            let row = &self.term.grid()[Line(i32::from(line.y))];
            let text: String = row[..].iter().map(|cell| cell.c).collect();
            lines.push_str(text.trim_end());
            lines.push('\n');
        }
        lines.trim_end().to_owned()
    }
}

fn symbol(cell: &Cell, room: u16, drawn: &mut ratatui::buffer::Cell) {
    let wide = cell.flags.contains(Flags::WIDE_CHAR);
    let spacer = Flags::WIDE_CHAR_SPACER | Flags::LEADING_WIDE_CHAR_SPACER;
    if cell.flags.intersects(spacer | Flags::HIDDEN) || cell.c == '\t' || (wide && room < 2) {
        return;
    }
    match cell.zerowidth() {
        None | Some([]) => {
            drawn.set_char(cell.c);
        }
        Some(marks) => {
            // Marks that join or turn what stands beside them would move other cells.
            let marks = marks.iter().filter(|mark| !joins(**mark));
            let text: String = std::iter::once(cell.c).chain(marks.copied()).collect();
            // Where the whole is wider than the cells it has, as an emoji by variation is, it
            // would cover its neighbour.
            if text.width() > if wide { 2 } else { 1 } {
                drawn.set_char(cell.c);
            } else {
                drawn.set_symbol(&text);
            }
        }
    }
    if drawn.symbol().chars().all(|c| c.width().unwrap_or(0) == 0) {
        drawn.set_char(' ');
    }
}

fn joins(mark: char) -> bool {
    matches!(mark, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(mark, '\u{61c}' | '\u{ad}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}

fn style(term: &Term, cell: &Cell, depth: Depth) -> Style {
    let has = |flags: Flags| cell.flags.intersects(flags);
    let mut modifier = Modifier::empty();
    for (flags, drawn) in [
        (Flags::BOLD, Modifier::BOLD),
        (Flags::DIM, Modifier::DIM),
        (Flags::ITALIC, Modifier::ITALIC),
        (Flags::ALL_UNDERLINES, Modifier::UNDERLINED),
        (Flags::STRIKEOUT, Modifier::CROSSED_OUT),
    ] {
        if has(flags) {
            modifier |= drawn;
        }
    }
    let mut reversed = has(Flags::INVERSE);
    if depth == Depth::Mono {
        // Programs mark a selected line by its background alone: dark on light is reversed.
        let light = color::brightness(term, cell.bg) > color::brightness(term, cell.fg);
        reversed ^= light;
    }
    if reversed {
        modifier |= Modifier::REVERSED;
    }
    Style::new()
        .fg(color::drawn(term, cell.fg, depth))
        .bg(color::drawn(term, cell.bg, depth))
        .add_modifier(modifier)
}

/// Whether a line is in sight.
pub(super) fn in_sight(term: &Term, line: Line) -> bool {
    let offset = i32::try_from(term.grid().display_offset()).unwrap_or(0);
    let rows = i32::try_from(term.screen_lines()).unwrap_or(0);
    (-offset..rows - offset).contains(&line.0)
}
