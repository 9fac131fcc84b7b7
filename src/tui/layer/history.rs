//! Everything that was said, newest first: searched by words, and with the way to the operation that
//! a message is about.

use crossterm::event::{KeyCode, KeyEvent};

use super::{Layer, Turn};
use crate::tui::command::Motion;
use crate::tui::line::Line;
use crate::tui::messages::{Message, Messages};
use crate::tui::pane::cursor;
use crate::tui::shared::Context;

/// The messages.
#[derive(Debug)]
pub struct History {
    /// The number of the selected message; none is the newest.
    pub at: Option<u64>,
    /// What is searched for.
    pub words: Line,
    /// Whether that is being typed.
    pub typing: bool,
}

impl Default for History {
    fn default() -> Self {
        Self { at: None, words: Line::new(""), typing: false }
    }
}

impl History {
    /// The messages that have all the words, newest first.
    pub fn shown<'a>(&self, messages: &'a Messages) -> Vec<&'a Message> {
        let words = self.words.text().to_lowercase();
        let has = |message: &&Message| {
            let remedy = message.remedy.as_deref().unwrap_or_default();
            let text = format!("{} {remedy}", message.text).to_lowercase();
            words.split_whitespace().all(|word| text.contains(word))
        };
        messages.history().filter(has).collect()
    }

    /// The place of the selected one among those shown.
    pub fn selected(&self, shown: &[&Message]) -> usize {
        shown.iter().position(|message| Some(message.number) == self.at).unwrap_or(0)
    }
}

impl Layer for History {
    fn key(&mut self, key: KeyEvent, cx: &mut Context<'_>) -> Turn {
        if self.typing {
            match key.code {
                KeyCode::Enter => self.typing = false,
                KeyCode::Esc => {
                    self.words = Line::new("");
                    self.typing = false;
                }
                _ => {
                    self.words.key(key);
                }
            }
            return Turn::Stay;
        }
        let shown = self.shown(&cx.shared.messages);
        let of = shown.get(self.selected(&shown)).and_then(|message| message.operation);
        let keymap = &cx.shared.start.keymap;
        if key.code == KeyCode::Esc && !self.words.text().is_empty() {
            self.words = Line::new("");
        } else if key.code == KeyCode::Esc || keymap.is(&key, "back-or-quit") {
            return Turn::Close;
        } else if keymap.is(&key, "filter") {
            self.typing = true;
        } else if key.code == KeyCode::Enter {
            match of {
                Some(operation) => {
                    cx.out.show = Some(operation);
                    return Turn::Close;
                }
                None => cx.refuse("This message is about no operation."),
            }
        } else if let Some(motion) = cx.motion(&key) {
            self.motion(motion, cx);
        }
        Turn::Stay
    }

    fn motion(&mut self, motion: Motion, cx: &mut Context<'_>) {
        let shown = self.shown(&cx.shared.messages);
        let to = cursor::moved(self.selected(&shown), shown.len(), motion, cx.shared.page());
        let at = shown.get(to).map(|message| message.number);
        self.at = at;
    }

    fn shows_messages(&self) -> bool {
        true
    }

    fn paste(&mut self, text: &str, _: &mut Context<'_>) {
        if self.typing {
            self.words.paste(text);
        }
    }
}
