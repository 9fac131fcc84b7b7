//! A selection that follows its item, not its row.

use crate::tui::command::Motion;

/// The selected item of a list, by its id.
#[derive(Debug, Clone, Copy)]
pub struct Cursor<I> {
    id: Option<I>,
    row: usize,
}

impl<I> Default for Cursor<I> {
    fn default() -> Self {
        Self { id: None, row: 0 }
    }
}

impl<I: Copy + PartialEq> Cursor<I> {
    /// The selected item.
    pub fn id(&self) -> Option<I> {
        self.id
    }

    /// The row on which it was last seen.
    pub fn row(&self) -> usize {
        self.row
    }

    /// Selects an item.
    pub fn select(&mut self, id: I, ids: &[I]) {
        self.id = Some(id);
        self.settle(ids);
    }

    /// Finds the item among the items there are now; whatever took its row when it is gone.
    pub fn settle(&mut self, ids: &[I]) {
        match ids.iter().position(|id| Some(*id) == self.id) {
            Some(row) => self.row = row,
            None => {
                self.row = self.row.min(ids.len().saturating_sub(1));
                self.id = ids.get(self.row).copied();
            }
        }
    }

    /// Moves over the items there are now.
    pub fn motion(&mut self, motion: Motion, ids: &[I], page: usize) {
        self.settle(ids);
        self.row = moved(self.row, ids.len(), motion, page);
        self.id = ids.get(self.row).copied();
    }
}

/// The row, of so many, that a movement leads to.
pub fn moved(row: usize, rows: usize, motion: Motion, page: usize) -> usize {
    let half = (page / 2).max(1);
    let to = match motion {
        Motion::Up => row.saturating_sub(1),
        Motion::Down => row.saturating_add(1),
        Motion::First => 0,
        Motion::Last => usize::MAX,
        Motion::HalfUp => row.saturating_sub(half),
        Motion::HalfDown => row.saturating_add(half),
        Motion::PageUp => row.saturating_sub(page),
        Motion::PageDown => row.saturating_add(page),
        Motion::Row(row) => row,
    };
    to.min(rows.saturating_sub(1))
}

/// The first of the rows to draw so that the selected one is in sight, in the middle where
/// there is more on both sides.
pub fn window(selected: usize, rows: usize, height: usize) -> usize {
    selected.saturating_sub(height / 2).min(rows.saturating_sub(height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_follows_the_item_and_falls_on_the_row_when_it_is_gone() {
        let mut cursor = Cursor::default();
        cursor.settle(&[10, 20, 30]);
        cursor.motion(Motion::Down, &[10, 20, 30], 10);
        assert_eq!(cursor.id(), Some(20));
        cursor.settle(&[5, 10, 15, 20, 30]);
        assert_eq!((cursor.id(), cursor.row()), (Some(20), 3));
        cursor.settle(&[5, 10, 15, 30]);
        assert_eq!(cursor.id(), Some(30));
        cursor.settle(&[]);
        assert_eq!(cursor.id(), None);
        cursor.motion(Motion::Last, &[], 10);
        assert_eq!(cursor.id(), None);
    }

    #[test]
    fn the_window_holds_the_selected_row() {
        for rows in 0..40 {
            for height in 0..20 {
                for selected in 0..rows {
                    let first = window(selected, rows, height);
                    assert!(height == 0 || (first..first + height).contains(&selected));
                    assert!(first + height <= rows || first == 0);
                }
            }
        }
    }
}
