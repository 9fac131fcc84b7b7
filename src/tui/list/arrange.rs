//! What is shown, and in which order. What was worked out about a row is kept until the row, the
//! filter or the order changes, so that a change of one row costs little among ten thousand.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::{Column, Item, Key, Known, List, Sort};
use crate::tui::shared::Shared;
use crate::tui::views::View;

impl<T: Item> List<T> {
    /// All rows may have changed.
    pub fn stale(&mut self) {
        self.known.clear();
    }

    /// One row may have changed.
    pub fn stale_row(&mut self, id: T::Id) {
        self.known.remove(&id);
    }

    /// Works out what is shown of these rows. The selection stays with its row, or falls on what
    /// took its place; marks of rows that are gone go too.
    pub fn arrange(&mut self, rows: &[T], shared: &Shared) {
        let by =
            self.columns.get(self.sort.column).filter(|_| self.sort.column != self.stored.column);
        if self.filter.is_empty() && by.is_none() {
            self.known.clear();
            self.order = (0..rows.len()).collect();
        } else {
            self.work_out(rows, by, shared);
            self.put_in_order(rows, by.is_some());
        }
        let before = self.order.len();
        if let Some(inside) = self.inside.filter(|_| self.filter.is_empty()) {
            self.order.retain(|at| rows.get(*at).is_some_and(|row| !inside(row, shared)));
        }
        let folded = before - self.order.len();
        if by.is_none() && self.sort.descending != self.stored.descending {
            self.order.reverse();
        }
        self.ids = self.order.iter().filter_map(|at| rows.get(*at)).map(Item::id).collect();
        self.rows = rows.len() - folded;
        let present = |column: &Column<T>| column.only_if.is_none_or(|some| rows.iter().any(some));
        self.present = self.columns.iter().map(present).collect();
        self.keep_marks(rows);
        self.cursor.settle(&self.ids);
    }

    fn work_out(&mut self, rows: &[T], by: Option<&Column<T>>, shared: &Shared) {
        for row in rows {
            let (filter, columns) = (&self.filter, self.columns);
            self.known.entry(row.id()).or_insert_with(|| {
                let cell = |column: usize| {
                    columns.get(column).map(|c| (c.text)(row, shared).1).unwrap_or_default()
                };
                let kept = filter.keeps(columns.len(), cell);
                let key = by.filter(|_| kept).map(|column| match column.key {
                    Some(key) => key(row),
                    None => Key::text(&(column.text)(row, shared).1),
                });
                Known { kept, key }
            });
        }
        if self.known.len() > rows.len() {
            let ids: HashSet<T::Id> = rows.iter().map(Item::id).collect();
            self.known.retain(|id, _| ids.contains(id));
        }
    }

    fn put_in_order(&mut self, rows: &[T], sorted: bool) {
        let kept = rows.iter().enumerate().filter_map(|(at, row)| {
            let known = self.known.get(&row.id()).filter(|known| known.kept)?;
            Some((known.key.as_ref(), at))
        });
        let mut kept: Vec<(Option<&Key>, usize)> = kept.collect();
        if sorted {
            // Rows that are the same in this keep their stored order, both ways round.
            let descending = self.sort.descending;
            kept.sort_by(|(a, _), (b, _)| {
                let order = a.cmp(b);
                if descending { order.reverse() } else { order }
            });
        }
        self.order = kept.into_iter().map(|(_, at)| at).collect();
    }

    fn keep_marks(&mut self, rows: &[T]) {
        if self.marks.is_empty() {
            self.hidden = 0;
            return;
        }
        let marks = &self.marks;
        let there: HashSet<T::Id> =
            rows.iter().map(Item::id).filter(|id| marks.contains(id)).collect();
        self.marks = there;
        let shown = self.ids.iter().filter(|id| self.marks.contains(id)).count();
        self.hidden = self.marks.len() - shown;
    }

    /// Orders by the next column that way; the last one stays.
    pub(super) fn sort_by(&mut self, way: isize) {
        let visible = |at: &usize| {
            let seen = self.columns.get(*at).is_some_and(|column| column.width.is_some());
            seen && self.present.get(*at) == Some(&true)
        };
        let mut columns = (0..self.columns.len()).filter(visible);
        let to = match way.cmp(&0) {
            Ordering::Less => columns.rfind(|at| *at < self.sort.column),
            _ => columns.find(|at| *at > self.sort.column),
        };
        if let Some(column) = to {
            let stored = column == self.stored.column && self.stored.descending;
            self.sort = Sort { column, descending: stored };
            self.stale();
        }
    }

    /// Orders as it was the last time, when there still is such a column.
    pub(super) fn restore(&mut self, view: &View) {
        let named = |column: &Column<T>| {
            column.width.is_some() && column.fields.contains(&view.by.as_str())
        };
        if let Some(column) = self.columns.iter().position(named) {
            self.sort = Sort { column, descending: view.descending };
            self.stale();
        }
    }
}
