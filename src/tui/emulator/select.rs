//! Selecting by keys (in the copy mode, which has a cursor of its own) and by the mouse.

use alacritty_terminal::grid::{Dimensions, Scroll};
use alacritty_terminal::index::{Boundary, Column, Line, Point, Side};
use alacritty_terminal::selection::{Selection, SelectionType};
use alacritty_terminal::term::cell::Flags;
use alacritty_terminal::term::{TermMode, viewport_to_point};
use alacritty_terminal::vi_mode::ViMotion;

use super::Emulator;

/// What is selected around where one began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// From cell to cell.
    Cells,
    /// Whole words.
    Words,
    /// Whole lines.
    Lines,
}

/// A movement of the copy mode's cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A line up.
    Up,
    /// A line down.
    Down,
    /// A cell to the left.
    Left,
    /// A cell to the right.
    Right,
    /// To the next word.
    Word,
    /// To the word before.
    WordBack,
    /// To the end of the word.
    WordEnd,
    /// To the first cell of the line.
    LineStart,
    /// To its first character.
    TextStart,
    /// To its end.
    LineEnd,
    /// To the first line in sight.
    Top,
    /// To the one in the middle.
    Middle,
    /// To the last line in sight.
    Bottom,
    /// To the oldest line.
    First,
    /// To the latest line.
    Last,
    /// Half a screen up.
    HalfUp,
    /// Half a screen down.
    HalfDown,
    /// A screen up.
    PageUp,
    /// A screen down.
    PageDown,
}

impl Emulator {
    /// Whether the copy mode is on.
    pub fn copies(&self) -> bool {
        self.term.mode().contains(TermMode::VI)
    }

    /// Turns the copy mode on: its cursor begins where the session's stands.
    pub fn enter_copy(&mut self) {
        self.guard(|it| {
            if !it.term.mode().contains(TermMode::VI) {
                it.term.toggle_vi_mode();
            }
        });
    }

    /// Leaves it: nothing is selected, and the latest is in sight.
    pub fn leave_copy(&mut self) {
        self.guard(|it| {
            if it.term.mode().contains(TermMode::VI) {
                it.term.toggle_vi_mode();
            }
            it.term.selection = None;
            it.marks = super::marks::Marks::default();
            it.term.scroll_display(Scroll::Bottom);
        });
    }

    /// Moves the copy mode's cursor.
    pub fn step(&mut self, step: Step) {
        self.guard(|it| {
            let motion = match step {
                Step::Up => ViMotion::Up,
                Step::Down => ViMotion::Down,
                Step::Left => ViMotion::Left,
                Step::Right => ViMotion::Right,
                Step::Word => ViMotion::WordRight,
                Step::WordBack => ViMotion::WordLeft,
                Step::WordEnd => ViMotion::WordRightEnd,
                Step::LineStart => ViMotion::First,
                Step::TextStart => ViMotion::FirstOccupied,
                Step::LineEnd => ViMotion::Last,
                Step::Top => return it.go_in_sight(0),
                Step::Middle => return it.go_in_sight((it.term.screen_lines() - 1) / 2),
                Step::Bottom => return it.go_in_sight(it.term.screen_lines() - 1),
                Step::First => return it.go(it.term.topmost_line(), Column(0)),
                Step::Last => return it.go(it.term.bottommost_line(), Column(0)),
                Step::HalfUp => return it.page(1, 2),
                Step::HalfDown => return it.page(-1, 2),
                Step::PageUp => return it.page(1, 1),
                Step::PageDown => return it.page(-1, 1),
            };
            it.term.vi_motion(motion);
        });
    }

    /// Keeps the view and the copy mode's cursor on what is there. The scroll-back that they stand
    /// in may go, as when the host turns to its other screen; and a scroll of a part of the screen
    /// moves the view although it adds no line to scroll back to.
    pub(super) fn settle_view(&mut self) {
        if self.term.grid().display_offset() > self.term.history_size() {
            self.term.scroll_display(Scroll::Delta(0));
        }
        let point = self.term.vi_mode_cursor.point;
        self.term.vi_mode_cursor.point = point.grid_clamp(&self.term, Boundary::Grid);
    }

    fn go(&mut self, line: Line, column: Column) {
        self.term.vi_goto_point(Point::new(line, column));
    }

    fn go_in_sight(&mut self, row: usize) {
        let offset = self.term.grid().display_offset();
        let at = viewport_to_point(offset, Point::new(row, Column(0)));
        self.go(at.line, at.column);
    }

    /// Moves cursor and view by a screen, or by a part of one.
    fn page(&mut self, direction: i32, part: i32) {
        let rows = i32::try_from(self.term.screen_lines()).unwrap_or(1);
        let lines = (rows / part).max(1) * direction;
        let at = self.term.vi_mode_cursor.scroll(&self.term, lines);
        self.term.scroll_display(Scroll::Delta(lines));
        self.term.vi_goto_point(at.point);
    }

    /// Begins to select at the copy mode's cursor; the same kind again ends it.
    pub fn select(&mut self, kind: Kind) {
        self.guard(|it| {
            let ty = selection_type(kind);
            match &mut it.term.selection {
                Some(selection) if selection.ty == ty && !selection.is_empty() => {
                    it.term.selection = None;
                }
                Some(selection) if !selection.is_empty() => {
                    selection.ty = ty;
                    selection.include_all();
                }
                _ => {
                    let at = it.term.vi_mode_cursor.point;
                    let mut selection = Selection::new(ty, at, Side::Left);
                    selection.include_all();
                    it.term.selection = Some(selection);
                }
            }
        });
    }

    /// Begins to select at a cell in sight.
    pub fn select_from(&mut self, kind: Kind, column: u16, row: u16) {
        let at = self.cell(column, row);
        self.guard(|it| {
            let mut selection = Selection::new(selection_type(kind), at, Side::Left);
            if kind != Kind::Cells {
                selection.include_all();
            }
            it.term.selection = Some(selection);
        });
    }

    /// Selects up to a cell in sight.
    pub fn select_to(&mut self, column: u16, row: u16) {
        let at = self.cell(column, row);
        self.guard(|it| {
            if let Some(selection) = &mut it.term.selection {
                selection.update(at, Side::Left);
                selection.include_all();
            }
        });
    }

    /// Selects nothing.
    pub fn unselect(&mut self) {
        self.term.selection = None;
    }

    /// Whether anything is selected.
    pub fn selects(&self) -> bool {
        self.term.selection.as_ref().is_some_and(|selection| !selection.is_empty())
    }

    /// The selected text.
    pub fn selected(&mut self) -> Option<String> {
        self.guard(|it| {
            let selection = it.term.selection.as_ref()?;
            let lines = selection.ty == SelectionType::Lines;
            let range = selection.to_range(&it.term)?;
            let mut text = it.text_between(range.start, range.end);
            if lines {
                text.push('\n');
            }
            (!text.is_empty()).then_some(text)
        })
        .flatten()
    }

    /// The text from one cell to another: a line that was wrapped is one, and what was never
    /// written at the end of a line is left out.
    fn text_between(&self, start: Point, end: Point) -> String {
        let last = self.term.last_column();
        let mut text = String::new();
        for line in start.line.0..=end.line.0 {
            let row = &self.term.grid()[Line(line)];
            let from = if line == start.line.0 { start.column } else { Column(0) };
            let to = if line == end.line.0 { end.column } else { last };
            let spacer = Flags::WIDE_CHAR_SPACER | Flags::LEADING_WIDE_CHAR_SPACER;
            let begun = text.len();
            for column in (from.0..=to.0).map(Column) {
                let cell = &row[column];
                if !cell.flags.intersects(spacer) {
                    text.push(if cell.c == '\t' { ' ' } else { cell.c });
                    text.extend(cell.zerowidth().into_iter().flatten());
                }
            }
            if row[last].flags.contains(Flags::WRAPLINE) {
                continue;
            }
            if to == last {
                let written = text.trim_end_matches(' ').len();
                text.truncate(written.max(begun));
            }
            if line < end.line.0 {
                text.push('\n');
            }
        }
        text
    }

    fn cell(&self, column: u16, row: u16) -> Point {
        let (columns, rows) = self.size();
        let column = Column(usize::from(column.min(columns.saturating_sub(1))));
        let line = usize::from(row.min(rows.saturating_sub(1)));
        viewport_to_point(self.term.grid().display_offset(), Point::new(line, column))
    }
}

fn selection_type(kind: Kind) -> SelectionType {
    match kind {
        Kind::Cells => SelectionType::Simple,
        Kind::Words => SelectionType::Semantic,
        Kind::Lines => SelectionType::Lines,
    }
}
