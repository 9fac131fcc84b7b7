//! Sealed values of a resource in the clear, for as long as they are looked at.

use crossterm::event::{KeyCode, KeyEvent};

use super::{Layer, Turn};
use crate::domain::{Failure, ResourceId, Secret, ServerId};
use crate::tui::effect::{Act, Answer, Done, Ticket};
use crate::tui::shared::Context;

/// A value.
#[derive(Debug)]
pub struct Value {
    /// Its name.
    pub name: String,
    /// It, or why it is not to be seen, once that is known.
    pub told: Option<Result<Secret, Failure>>,
    waiting: Ticket,
}

/// The values.
#[derive(Debug)]
pub struct Reveal {
    /// Whose they are.
    pub title: String,
    /// All of them.
    pub values: Vec<Value>,
    /// The number of the one that is copied.
    pub at: usize,
}

impl Reveal {
    /// Asks for values by their names.
    pub fn new(
        title: String,
        server: ServerId,
        id: ResourceId,
        names: Vec<String>,
        cx: &mut Context<'_>,
    ) -> Self {
        let value = |name: String| {
            let waiting = cx.act(Act::Reveal(server, id, name.clone()));
            Value { name, told: None, waiting }
        };
        Self { title, values: names.into_iter().map(value).collect(), at: 0 }
    }
}

impl Layer for Reveal {
    fn key(&mut self, key: KeyEvent, cx: &mut Context<'_>) -> Turn {
        let last = self.values.len().saturating_sub(1);
        match key.code {
            KeyCode::Esc | KeyCode::Enter => return Turn::Close,
            KeyCode::Char('y') => {
                let told = self.values.get(self.at).and_then(|value| value.told.as_ref());
                if let Some(text) = told.and_then(|t| t.as_ref().ok()?.reveal_text()) {
                    cx.copy(text, "");
                }
            }
            KeyCode::Down | KeyCode::Tab | KeyCode::Char('j') => self.at = (self.at + 1).min(last),
            KeyCode::Up | KeyCode::BackTab | KeyCode::Char('k') => {
                self.at = self.at.saturating_sub(1);
            }
            _ if cx.shared.start.keymap.is(&key, "back-or-quit") => return Turn::Close,
            _ => {}
        }
        Turn::Stay
    }

    fn row(&mut self, number: usize, _: &mut Context<'_>) -> Turn {
        self.at = number.min(self.values.len().saturating_sub(1));
        Turn::Stay
    }

    fn answer(&mut self, ticket: Ticket, answer: &Answer, _: &mut Context<'_>) -> Option<Turn> {
        let value = self.values.iter_mut().find(|value| value.waiting == ticket)?;
        value.told = Some(match answer {
            Ok(Done::Secret(secret)) => Ok(secret.clone()),
            Ok(_) => Err(Failure::internal("Something else was answered.")),
            Err(failure) => Err(failure.clone()),
        });
        Some(Turn::Stay)
    }
}
