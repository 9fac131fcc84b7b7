//! How far a text is scrolled. Where it is wrapped is known only when it is drawn, so drawing
//! leaves the end behind here, and nothing else: a movement back starts from what was on screen.

use std::cell::Cell;

use super::command::Motion;
use super::pane::cursor;

/// The first line in sight, and the last that can be first.
#[derive(Debug, Clone, Default)]
pub struct Scroll {
    at: usize,
    most: Cell<usize>,
}

impl Scroll {
    /// Moves it.
    pub fn motion(&mut self, motion: Motion, page: usize) {
        let most = self.most.get();
        self.at = cursor::moved(self.at.min(most), most + 1, motion, page);
    }

    /// The first line to draw of so many in so many rows.
    pub fn first(&self, lines: usize, rows: usize) -> usize {
        self.most.set(lines.saturating_sub(rows));
        self.at.min(self.most.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_the_end_one_step_up_is_one_line() {
        let mut scroll = Scroll::default();
        assert_eq!(scroll.first(30, 10), 0);
        scroll.motion(Motion::Last, 10);
        assert_eq!(scroll.first(30, 10), 20);
        scroll.motion(Motion::Down, 10);
        scroll.motion(Motion::Up, 10);
        assert_eq!(scroll.first(30, 10), 19);
        assert_eq!(scroll.first(30, 40), 0, "a larger screen shows all of it");
    }
}
