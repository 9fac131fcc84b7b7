//! A terminal in memory: bytes of a session in, cells and replies out.
//!
//! Stands around `alacritty_terminal` and knows nothing of the network. What it is fed with is
//! hostile: everything it keeps is bounded, and a panic in it ends this terminal alone.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Instant;

use alacritty_terminal::event::{Event, EventListener, WindowSize};
use alacritty_terminal::grid::{Dimensions, Scroll};
use alacritty_terminal::term::{Config, Osc52, TermMode};
use alacritty_terminal::vte::ansi::Processor;

use super::text;
use gate::Gate;

mod color;
mod gate;
mod handle;
pub mod keys;
mod marks;
pub mod mouse;
mod paint;
mod paste;
mod select;
mod soft;

pub use color::Depth;
pub use handle::Handle;
pub use paint::{Cursor, Shape};
pub use select::{Kind, Step};

#[cfg(test)]
mod tests;

/// Lines that can be scrolled back to.
pub const HISTORY: usize = 5_000;
/// The largest size; a host is never told more.
const LARGEST: u16 = 1_000;
/// Bytes without any effect after which a string that never ends is let go.
const LONGEST_STRING: usize = 1 << 20;
/// The cells' size in pixels that is told to who asks: nobody knows the real one here.
const CELL: (u16, u16) = (8, 16);

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic on this thread, now, only ends a terminal in memory.
pub fn is_guarded() -> bool {
    GUARDED.with(Cell::get)
}

type Term = alacritty_terminal::Term<Listener>;

/// Keeps what the terminal wants to tell until it was fed.
#[derive(Debug, Clone)]
struct Listener(Sender<Event>);

impl EventListener for Listener {
    fn send_event(&self, event: Event) {
        let wanted = matches!(
            event,
            Event::PtyWrite(_)
                | Event::Title(_)
                | Event::ResetTitle
                | Event::Bell
                | Event::ColorRequest(..)
                | Event::TextAreaSizeRequest(_)
        );
        if wanted {
            // The other end lives as long as the terminal.
            let _sent = self.0.send(event);
        }
    }
}

/// A size in cells, as the terminal wants it.
#[derive(Debug, Clone, Copy)]
struct Cells {
    columns: usize,
    rows: usize,
}

impl Cells {
    fn new(columns: u16, rows: u16) -> Self {
        // Wide characters need two columns.
        Self {
            columns: usize::from(columns.clamp(2, LARGEST)),
            rows: usize::from(rows.clamp(1, LARGEST)),
        }
    }
}

impl Dimensions for Cells {
    fn total_lines(&self) -> usize {
        self.rows
    }
    fn screen_lines(&self) -> usize {
        self.rows
    }
    fn columns(&self) -> usize {
        self.columns
    }
}

/// What came of feeding it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Fed {
    /// What the host asked for and is to be sent back to it, and to nobody else.
    pub replies: Vec<u8>,
    /// Whether the title is another one.
    pub title: bool,
    /// Whether the bell rang.
    pub bell: bool,
}

/// A terminal in memory.
pub struct Emulator {
    term: Term,
    processor: Processor,
    events: Receiver<Event>,
    listener: Listener,
    soft: soft::Watch,
    title: Option<String>,
    /// Bytes since the last one that had an effect.
    swallowed: usize,
    broken: bool,
    marks: marks::Marks,
}

impl std::fmt::Debug for Emulator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Emulator").field("title", &self.title).finish_non_exhaustive()
    }
}

impl Emulator {
    /// An empty one.
    pub fn new(columns: u16, rows: u16) -> Self {
        let (sender, events) = mpsc::channel();
        let config = Config {
            scrolling_history: HISTORY,
            // Half a protocol is worse than none: without the outer terminal's help the keys that
            // it is for do not arrive here.
            kitty_keyboard: false,
            // A host never reads nor writes the person's clipboard.
            osc52: Osc52::Disabled,
            ..Config::default()
        };
        let listener = Listener(sender);
        Self {
            term: Term::new(config, &Cells::new(columns, rows), listener.clone()),
            processor: Processor::new(),
            events,
            listener,
            soft: soft::Watch::default(),
            title: None,
            swallowed: 0,
            broken: false,
            marks: marks::Marks::default(),
        }
    }

    /// Takes bytes of the session. Feed it in pieces of some kilobytes: what it answers to one
    /// piece is kept in memory.
    pub fn feed(&mut self, bytes: &[u8]) -> Fed {
        let acted = self.guard(|it| {
            let mut gate = Gate::new(&mut it.term, &it.listener);
            let mut rest = bytes;
            while let Some((asked, after)) =
                it.soft.find(rest).and_then(|at| rest.split_at_checked(at))
            {
                it.processor.advance(&mut gate, asked);
                it.processor.advance(&mut gate, soft::MEANT);
                rest = after;
            }
            it.processor.advance(&mut gate, rest);
            let acted = gate.acted();
            it.settle_view();
            acted
        });
        if acted.unwrap_or(true) || self.deadline().is_some() {
            self.swallowed = 0;
        } else {
            self.swallowed += bytes.len();
            if self.swallowed > LONGEST_STRING {
                // What was collected is let go; the rest is ignored up to the next escape.
                self.swallowed = 0;
                self.processor = Processor::new();
                self.guard(|it| {
                    it.processor.advance(&mut Gate::new(&mut it.term, &it.listener), b"\x1bX");
                });
            }
        }
        self.told()
    }

    /// When an update that the host began and never ended is to be shown all the same.
    pub fn deadline(&self) -> Option<Instant> {
        self.processor.sync_timeout().sync_timeout()
    }

    /// Shows what an unfinished update has brought so far.
    pub fn stop_sync(&mut self) -> Fed {
        self.guard(|it| {
            it.processor.stop_sync(&mut Gate::new(&mut it.term, &it.listener));
            it.settle_view();
        });
        self.told()
    }

    /// Gives it another size; answers whether it has one now.
    pub fn resize(&mut self, columns: u16, rows: u16) -> bool {
        let cells = Cells::new(columns, rows);
        if (cells.columns, cells.rows) == (self.term.columns(), self.term.screen_lines()) {
            return false;
        }
        self.guard(|it| {
            it.term.resize(cells);
            it.settle_view();
        });
        true
    }

    /// Its size: columns and rows.
    pub fn size(&self) -> (u16, u16) {
        let cells = |count: usize| u16::try_from(count).unwrap_or(LARGEST);
        (cells(self.term.columns()), cells(self.term.screen_lines()))
    }

    /// The title that the host gave, safe to draw.
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// Whether a panic ended it. Then it draws nothing and takes nothing.
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// Begins anew below what is there: the modes of what ran before are gone, a line says why.
    pub fn divide(&mut self, line: &str) {
        self.stop_sync();
        self.processor = Processor::new();
        self.leave_copy();
        // Out of the alternate screen, no mouse, no paste marks, the whole screen scrolls, plain
        // keys, a visible cursor, the first character set, autowrap.
        let modes: &[u8] = b"\x1b[?1049l\x1b[?9;1000;1002;1003;1004;1005;1006;2004;1;6l\x1b[4;20l\
                     \x1b[r\x1b>\x1b[?25;7h\x0f\x1b(B\x1b[0 q\x1b[m";
        self.feed(modes);
        let line = text::clean(line);
        // Below the last line that has something on it.
        let below = self.last_used().saturating_add(1);
        self.feed(format!("\x1b[{below}H\r\n\x1b[J\x1b[2m{line}\x1b[m\r\n").as_bytes());
        self.title = None;
    }

    /// The number of the lowest line in use on the screen, from 0.
    fn last_used(&self) -> usize {
        use alacritty_terminal::term::cell::LineLength;
        let grid = self.term.grid();
        let cursor = usize::try_from(grid.cursor.point.line.0).unwrap_or(0);
        let used = (0..self.term.screen_lines()).rev().find(|line| {
            let line = i32::try_from(*line).unwrap_or(0);
            grid[alacritty_terminal::index::Line(line)].line_length().0 > 0
        });
        used.unwrap_or(0).max(cursor)
    }

    /// Moves what is shown by so many lines, up when positive.
    pub fn scroll(&mut self, lines: i32) {
        self.guard(|it| it.term.scroll_display(Scroll::Delta(lines)));
    }

    /// Shows the latest again.
    pub fn scroll_to_end(&mut self) {
        self.guard(|it| it.term.scroll_display(Scroll::Bottom));
    }

    /// How many lines it is scrolled back, and how many there are.
    pub fn scrolled(&self) -> (usize, usize) {
        (self.term.grid().display_offset(), self.term.history_size())
    }

    /// The modes that decide what keys and the mouse send.
    pub fn modes(&self) -> Modes {
        Modes(*self.term.mode())
    }

    fn told(&mut self) -> Fed {
        let mut fed = Fed::default();
        while let Ok(event) = self.events.try_recv() {
            match event {
                Event::PtyWrite(reply) => fed.replies.extend_from_slice(reply.as_bytes()),
                Event::ColorRequest(index, reply) => {
                    if let Some(color) = color::known(&self.term, index) {
                        fed.replies.extend_from_slice(reply(color).as_bytes());
                    }
                }
                Event::TextAreaSizeRequest(reply) => {
                    let (num_cols, num_lines) = self.size();
                    let (cell_width, cell_height) = CELL;
                    let size = WindowSize { num_lines, num_cols, cell_width, cell_height };
                    fed.replies.extend_from_slice(reply(size).as_bytes());
                }
                Event::Title(title) => {
                    let title = text::clean(&title);
                    self.title = Some(title).filter(|title| !title.trim().is_empty());
                    fed.title = true;
                }
                Event::ResetTitle => (self.title, fed.title) = (None, true),
                Event::Bell => fed.bell = true,
                _ => {}
            }
        }
        fed
    }

    /// Does something with the terminal; a panic in it breaks this terminal and nothing else.
    fn guard<R>(&mut self, deed: impl FnOnce(&mut Self) -> R) -> Option<R> {
        if self.broken {
            return None;
        }
        let before = GUARDED.with(|guarded| guarded.replace(true));
        let result = catch_unwind(AssertUnwindSafe(|| deed(self)));
        GUARDED.with(|guarded| guarded.set(before));
        self.broken = result.is_err();
        result.ok()
    }
}

/// The modes that decide what keys and the mouse send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Modes(TermMode);

impl Modes {
    fn has(self, mode: TermMode) -> bool {
        self.0.contains(mode)
    }

    /// Whether the host wants to be told of the mouse.
    pub fn mouse(self) -> bool {
        self.0.intersects(TermMode::MOUSE_MODE)
    }

    /// Whether the program on the other side uses the whole screen, without scroll-back.
    pub fn alternate(self) -> bool {
        self.has(TermMode::ALT_SCREEN)
    }

    /// What tells the host that the terminal got or lost the focus, when it wants to know.
    pub fn focus(self, focused: bool) -> Option<&'static [u8]> {
        let told: &[u8] = if focused { b"\x1b[I" } else { b"\x1b[O" };
        self.has(TermMode::FOCUS_IN_OUT).then_some(told)
    }

    /// A pasted text as the host wants it.
    pub fn paste(self, text: &str) -> Vec<u8> {
        paste::encode(text, self.has(TermMode::BRACKETED_PASTE))
    }
}
