//! The help: every command by place, the active pane's first, with the keys in force; searched by
//! typing, and run from here.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::palette::{Row, What, fitting};
use super::{Layer, Turn};
use crate::tui::command::{Motion, Place};
use crate::tui::fuzzy::Fit;
use crate::tui::line::Line;
use crate::tui::pane::cursor::moved;
use crate::tui::shared::Context;
use crate::tui::sight::{Run, Sight};

/// The help.
#[derive(Debug, Default)]
pub struct Help {
    /// The commands that fit, in the order of their places.
    pub rows: Vec<Row>,
    /// The number of the selected one.
    pub at: usize,
    /// What is sought, once something is.
    pub query: Option<Line>,
    /// Whether keys go into what is sought.
    pub typing: bool,
}

impl Help {
    fn search(&mut self, key: KeyEvent) -> Turn {
        match key.code {
            KeyCode::Esc => (self.query, self.typing) = (None, false),
            KeyCode::Enter => self.typing = false,
            _ => {
                if self.query.get_or_insert_with(|| Line::new("")).key(key) {
                    self.at = 0;
                }
            }
        }
        Turn::Stay
    }

    fn run(&self, cx: &mut Context<'_>) -> Turn {
        let Some(row) = self.rows.get(self.at) else { return Turn::Stay };
        let What::Command(command) = row.what else { return Turn::Stay };
        if let Some(reason) = &row.reason {
            cx.refuse(reason.clone());
            return Turn::Stay;
        }
        cx.out.run = Some(Run { command, values: Vec::new() });
        Turn::Close
    }
}

impl Layer for Help {
    fn key(&mut self, key: KeyEvent, cx: &mut Context<'_>) -> Turn {
        let arrow = match key.code {
            KeyCode::Up => Some(Motion::Up),
            KeyCode::Down => Some(Motion::Down),
            _ => None,
        };
        if self.typing && arrow.is_none() {
            return self.search(key);
        }
        let plain = key.modifiers.difference(KeyModifiers::SHIFT).is_empty();
        match key.code {
            KeyCode::Esc if self.query.take().is_some() => return Turn::Stay,
            KeyCode::Esc => return Turn::Close,
            KeyCode::Enter => return self.run(cx),
            KeyCode::Char('/') if plain => {
                self.query.get_or_insert_with(|| Line::new(""));
                self.typing = true;
                return Turn::Stay;
            }
            _ => {}
        }
        let keymap = &cx.shared.start.keymap;
        if keymap.is(&key, "back-or-quit") || keymap.is(&key, "help") {
            return Turn::Close;
        }
        if let Some(motion) = arrow.or_else(|| cx.motion(&key)) {
            self.motion(motion, cx);
        }
        Turn::Stay
    }

    fn motion(&mut self, motion: Motion, cx: &mut Context<'_>) {
        self.at = moved(self.at, self.rows.len(), motion, cx.shared.page());
    }

    fn row(&mut self, number: usize, cx: &mut Context<'_>) -> Turn {
        self.at = number;
        self.run(cx)
    }

    fn paste(&mut self, text: &str, _: &mut Context<'_>) {
        if let Some(query) = self.query.as_mut().filter(|_| self.typing) {
            query.paste(text);
        }
    }

    fn see(&mut self, sight: &Sight<'_>) {
        let rows = sight.bindings().into_iter().map(|binding| Row::command(binding, sight));
        let query = self.query.as_ref().map(Line::text).unwrap_or_default();
        let before = self.rows.get(self.at).map(|row| row.what.clone());
        self.rows = fitting(rows.collect(), query, Fit::Words);
        // By place, as without a query: one looks for where a thing is, too.
        let order: Vec<Place> = sight.bindings().iter().map(|b| b.command.place).collect();
        self.rows.sort_by_key(|row| match row.what {
            What::Command(command) => order.iter().position(|place| *place == command.place),
            What::Choice(_) => None,
        });
        let kept = self.rows.iter().position(|row| Some(&row.what) == before.as_ref());
        let last = self.rows.len().saturating_sub(1);
        self.at = kept.filter(|_| !self.typing).unwrap_or(self.at).min(last);
    }
}
