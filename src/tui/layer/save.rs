//! Asks where an operation's output is to be saved; what is there is not replaced without a yes.

use crossterm::event::{KeyCode, KeyEvent};

use super::{Layer, Turn, confirm::Confirm};
use crate::domain::{Failure, FailureKind, OperationId};
use crate::tui::effect::{Act, Answer, Done, Ticket};
use crate::tui::line::Line;
use crate::tui::shared::Context;

/// The question.
#[derive(Debug)]
pub struct Save {
    /// The path.
    pub path: Line,
    /// Why it was not saved.
    pub failure: Option<Failure>,
    operation: OperationId,
    ticket: Option<Ticket>,
}

impl Save {
    /// Asks where to save an operation's output.
    pub fn new(operation: OperationId) -> Self {
        let path = Line::new(&format!("~/brokeforge-{operation}.log"));
        Self { path, failure: None, operation, ticket: None }
    }

    /// Whether it is being written.
    pub fn waits(&self) -> bool {
        self.ticket.is_some()
    }

    fn send(&mut self, replace: bool, cx: &mut Context<'_>) {
        let typed = self.path.text().trim();
        let path = match (typed.strip_prefix("~/"), &cx.shared.start.home) {
            (Some(rest), Some(home)) => format!("{home}/{rest}"),
            _ => typed.to_owned(),
        };
        self.failure = None;
        let operation = self.operation;
        self.ticket = Some(cx.act(Act::SaveLog { operation, path, replace }));
    }
}

impl Layer for Save {
    fn key(&mut self, key: KeyEvent, cx: &mut Context<'_>) -> Turn {
        match key.code {
            KeyCode::Esc => return Turn::Close,
            _ if self.waits() => {}
            KeyCode::Enter => self.send(false, cx),
            _ => {
                if self.path.key(key) {
                    self.failure = None;
                }
            }
        }
        Turn::Stay
    }

    fn paste(&mut self, text: &str, _: &mut Context<'_>) {
        if !self.waits() {
            self.path.paste(text);
        }
    }

    fn answer(&mut self, ticket: Ticket, answer: &Answer, cx: &mut Context<'_>) -> Option<Turn> {
        if self.ticket != Some(ticket) {
            return None;
        }
        self.ticket = None;
        Some(match answer {
            Ok(Done::Saved(path, bytes)) => {
                cx.say(format!("Saved {bytes} bytes to {path}; only you can read it."));
                Turn::Close
            }
            Ok(_) => Turn::Close,
            Err(failure) if failure.kind == FailureKind::Conflict => {
                cx.open(Confirm::warnings(vec![format!("{} A yes replaces it.", failure.message)]));
                Turn::Stay
            }
            Err(failure) => {
                self.failure = Some(failure.clone());
                Turn::Stay
            }
        })
    }

    fn told(&mut self, yes: bool, cx: &mut Context<'_>) -> Turn {
        if yes {
            self.send(true, cx);
        }
        Turn::Stay
    }
}
