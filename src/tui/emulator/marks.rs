//! Searching in what can be scrolled back to: the text as it is typed, upper case only where typed.

use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::{Boundary, Direction, Line, Point, Side};
use alacritty_terminal::term::search::{Match, RegexIter, RegexSearch};
use regex::escape;

use super::{Emulator, Term, paint};

/// Lines above the screen in which a match that reaches into it may begin.
const BEFORE: i32 = 20;

/// What is searched for.
#[derive(Debug, Default)]
pub(super) struct Marks {
    search: Option<RegexSearch>,
}

impl Marks {
    /// What was found and is in sight.
    pub(super) fn in_sight(&mut self, term: &Term) -> Vec<Match> {
        let Some(search) = &mut self.search else { return Vec::new() };
        let offset = i32::try_from(term.grid().display_offset()).unwrap_or(0);
        let rows = i32::try_from(term.screen_lines()).unwrap_or(0);
        let top = Line(-offset - BEFORE).grid_clamp(term, Boundary::Grid);
        let bottom = Line(rows - 1 - offset);
        let start = Point::new(top, alacritty_terminal::index::Column(0));
        let end = Point::new(bottom, term.last_column());
        RegexIter::new(start, end, Direction::Right, term, search)
            .skip_while(|found| found.end().line < Line(-offset))
            .take_while(|found| {
                paint::in_sight(term, found.start().line) || found.start().line < bottom
            })
            .collect()
    }
}

impl Emulator {
    /// Searches for a text, or for nothing.
    pub fn search(&mut self, text: &str) {
        // A text too long to be searched for is not found, as any other that is not there.
        self.marks.search =
            (!text.is_empty()).then(|| RegexSearch::new(&escape(text)).ok()).flatten();
    }

    /// Goes to the next place where the text stands, towards older lines or newer ones, and round
    /// at the end; answers whether there is one.
    pub fn find(&mut self, older: bool) -> bool {
        self.guard(|it| it.find_guarded(older)).unwrap_or(false)
    }

    fn find_guarded(&mut self, older: bool) -> bool {
        let Some(search) = &mut self.marks.search else { return false };
        let (direction, side) =
            if older { (Direction::Left, Side::Left) } else { (Direction::Right, Side::Left) };
        let at = self.term.vi_mode_cursor.point;
        let origin = match direction {
            Direction::Left => at.sub(&self.term, Boundary::None, 1),
            Direction::Right => at.add(&self.term, Boundary::None, 1),
        };
        let found = self.term.search_next(search, origin, direction, side, None);
        let Some(found) = found else { return false };
        self.term.vi_goto_point(*found.start());
        true
    }
}
