//! Lists, the same for every pane: filter, marks, order and selection over rows of columns.
//!
//! A pane declares its columns once and keeps a [`List`] beside its rows; what is shown is worked
//! out when rows, filter or order change, never while drawing. `view/list.rs` draws it.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::fmt::Debug;
use std::hash::Hash;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::command::Motion;
use super::line::Line;
use super::pane::cursor::Cursor;
use super::shared::Shared;
use super::views::View;
use crate::domain::Filter;

mod arrange;
mod column;
mod each;
mod words;

pub use column::{Column, Key, Width};
pub use each::{Each, listed, names};

/// Something that is listed.
pub trait Item: Debug + Send + 'static {
    /// What it is known by.
    type Id: Copy + Eq + Hash + Debug + Send;

    /// Its id.
    fn id(&self) -> Self::Id;
}

/// What can be done with any list.
#[derive(Debug, Clone, Copy)]
pub enum Deed<'a> {
    /// Begin to type its filter.
    Filter,
    /// A key of the filter's line.
    Key(KeyEvent),
    /// A text pasted into it.
    Paste(&'a str),
    /// Mark the selected row, or take its mark away.
    Mark,
    /// Mark all rows shown; when they are, take their marks away.
    MarkAll,
    /// Order by the column so many to the right.
    Sort(isize),
    /// Turn the order round.
    Reverse,
    /// Order as it was the last time.
    View(&'a View),
    /// Clear the filter, else the marks.
    Back,
}

/// What is known of any list, whatever it lists.
pub trait Listing {
    /// Whether its filter is being typed.
    fn typing(&self) -> bool;

    /// Its order, unless it is the usual one.
    fn view(&self) -> Option<View>;

    /// Whether a row is marked or selected.
    fn has_targets(&self) -> bool;
}

/// By which column rows are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    /// The column's number.
    pub column: usize,
    /// From the last to the first.
    pub descending: bool,
}

/// A filter being typed.
#[derive(Debug)]
pub struct Typing {
    /// The line.
    pub line: Line,
    /// Why it is no filter; the last one that was holds on.
    pub fault: Option<String>,
}

/// What was worked out about a row.
#[derive(Debug)]
struct Known {
    kept: bool,
    key: Option<Key>,
}

/// A list's state; the rows themselves lie with the pane.
#[derive(Debug)]
pub struct List<T: Item> {
    what: &'static str,
    columns: &'static [Column<T>],
    stored: Sort,
    sort: Sort,
    cursor: Cursor<T::Id>,
    marks: HashSet<T::Id>,
    hidden: usize,
    filter: Filter,
    words: String,
    typing: Option<Typing>,
    known: HashMap<T::Id, Known>,
    order: Vec<usize>,
    ids: Vec<T::Id>,
    present: Vec<bool>,
    rows: usize,
    top: Cell<usize>,
    /// Which rows are shown only where a filter finds them.
    inside: Option<Inside<T>>,
}

type Inside<T> = fn(&T, &Shared) -> bool;

impl<T: Item> List<T> {
    /// Of so called rows, which are stored in the order of a column.
    pub fn new(what: &'static str, columns: &'static [Column<T>], stored: Sort) -> Self {
        Self {
            what,
            columns,
            stored,
            sort: stored,
            cursor: Cursor::default(),
            marks: HashSet::new(),
            hidden: 0,
            filter: Filter::default(),
            words: String::new(),
            typing: None,
            known: HashMap::new(),
            order: Vec::new(),
            ids: Vec::new(),
            present: columns.iter().map(|column| column.only_if.is_none()).collect(),
            rows: 0,
            top: Cell::new(0),
            inside: None,
        }
    }

    /// Shows these rows only where a filter finds them: they belong to others.
    #[must_use]
    pub fn folding(mut self, inside: Inside<T>) -> Self {
        self.inside = Some(inside);
        self
    }

    /// Begins anew with other rows: no filter, no marks, the first row; in the same order.
    pub fn restart(&mut self) {
        self.cursor = Cursor::default();
        self.marks.clear();
        self.clear();
    }

    /// The id of the selected row.
    pub fn id(&self) -> Option<T::Id> {
        self.cursor.id()
    }

    /// The selected row, unless none is shown.
    pub fn selected<'a>(&self, rows: &'a [T]) -> Option<&'a T> {
        let row = rows.get(*self.order.get(self.cursor.row())?)?;
        (Some(row.id()) == self.cursor.id()).then_some(row)
    }

    /// Selects a row that is shown.
    pub fn select(&mut self, id: T::Id) {
        if self.shows(id) {
            self.cursor.select(id, &self.ids);
        }
    }

    /// Selects the row that a command was given by name: no mark and no filter stands in its way.
    /// Answers whether there is such a row.
    pub fn aim(&mut self, id: T::Id, rows: &[T], shared: &Shared) -> bool {
        self.marks.clear();
        if !self.shows(id) {
            self.clear();
            self.arrange(rows, shared);
        }
        self.select(id);
        self.shows(id)
    }

    /// Whether a row is shown.
    pub fn shows(&self, id: T::Id) -> bool {
        self.ids.contains(&id)
    }

    /// Moves the selection over the rows shown.
    pub fn motion(&mut self, motion: Motion, page: usize) {
        self.cursor.motion(motion, &self.ids, page);
    }

    /// How many rows are marked.
    pub fn marked(&self) -> usize {
        self.marks.len()
    }

    /// Whether a row is marked.
    pub fn marks(&self, id: T::Id) -> bool {
        self.marks.contains(&id)
    }

    /// How many rows there are, shown or not.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The first row to draw: as before where the selected one is in sight, else as little moved
    /// as brings it there.
    pub fn first(&self, height: usize) -> usize {
        let (at, count) = (self.cursor.row(), self.ids.len());
        // A row on each side shows that there is more.
        let edge = usize::from(height > 2);
        let least = (at + 1 + edge).saturating_sub(height);
        let most = at.saturating_sub(edge);
        let top = self.top.get().max(least).min(most).min(count.saturating_sub(height));
        self.top.set(top);
        top
    }

    /// Does something with the list; answers whether there was anything to do.
    pub fn take(&mut self, deed: Deed<'_>, rows: &[T], shared: &Shared) -> bool {
        match deed {
            Deed::Filter => {
                self.typing = Some(Typing { line: Line::new(&self.words), fault: None });
                return true;
            }
            Deed::Key(key) => return self.key(key, rows, shared),
            Deed::Paste(text) => {
                if self.typing.as_mut().is_some_and(|typing| typing.line.paste(text)) {
                    self.typed();
                }
            }
            Deed::Mark => {
                let Some(id) = self.cursor.id() else { return false };
                if !self.marks.remove(&id) {
                    self.marks.insert(id);
                }
                self.motion(Motion::Down, 1);
            }
            Deed::MarkAll => {
                if self.ids.iter().all(|id| self.marks.contains(id)) {
                    self.ids.iter().for_each(|id| {
                        self.marks.remove(id);
                    });
                } else {
                    self.marks.extend(&self.ids);
                }
            }
            Deed::Sort(way) => self.sort_by(way),
            Deed::Reverse => self.sort.descending = !self.sort.descending,
            Deed::View(view) => self.restore(view),
            Deed::Back if !self.words.is_empty() => self.refilter(Filter::default(), ""),
            Deed::Back if !self.marks.is_empty() => self.marks.clear(),
            Deed::Back => return false,
        }
        self.arrange(rows, shared);
        true
    }

    fn key(&mut self, key: KeyEvent, rows: &[T], shared: &Shared) -> bool {
        let Some(typing) = &mut self.typing else { return false };
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let page = shared.page();
        match key.code {
            KeyCode::Esc => self.clear(),
            KeyCode::Char('c') if control => self.clear(),
            KeyCode::Enter => {
                if typing.fault.is_none() {
                    self.typing = None;
                }
                return true;
            }
            KeyCode::Up => self.motion(Motion::Up, page),
            KeyCode::Down => self.motion(Motion::Down, page),
            KeyCode::PageUp => self.motion(Motion::PageUp, page),
            KeyCode::PageDown => self.motion(Motion::PageDown, page),
            _ => {
                if typing.line.key(key) {
                    self.typed();
                }
            }
        }
        self.arrange(rows, shared);
        true
    }

    fn clear(&mut self) {
        self.typing = None;
        self.refilter(Filter::default(), "");
    }

    /// What is typed holds at once; what is none yet leaves the last one.
    fn typed(&mut self) {
        let Some(typing) = &mut self.typing else { return };
        let names: Vec<&[&str]> = self.columns.iter().map(|column| column.fields).collect();
        match Filter::parse(typing.line.text(), &names) {
            Ok(filter) => {
                typing.fault = None;
                let words = typing.line.text().trim().to_owned();
                self.refilter(filter, &words);
            }
            Err(why) => typing.fault = Some(why),
        }
    }

    fn refilter(&mut self, filter: Filter, words: &str) {
        self.filter = filter;
        words.clone_into(&mut self.words);
        self.stale();
    }
}

impl<T: Item> Listing for List<T> {
    fn typing(&self) -> bool {
        self.typing.is_some()
    }

    fn view(&self) -> Option<View> {
        let by = self.columns.get(self.sort.column)?.fields.first()?;
        let view = View { by: (*by).to_owned(), descending: self.sort.descending };
        (self.sort != self.stored).then_some(view)
    }

    fn has_targets(&self) -> bool {
        !self.marks.is_empty() || self.cursor.id().is_some_and(|id| self.shows(id))
    }
}
