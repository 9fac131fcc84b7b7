//! The vault: made at the first start, opened at later ones.

use crossterm::event::{KeyCode, KeyEvent};

use super::{Layer, Turn};
use crate::fleet::VaultState;
use crate::tui::effect::{Act, Answer, Ticket};
use crate::tui::line::Masked;
use crate::tui::shared::{Context, Shared};

/// What the layer is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// There is no vault: a passphrase is chosen.
    Choose,
    /// It is typed a second time.
    Again,
    /// None was typed: does the person want to go on without?
    Without,
    /// The vault's passphrase is asked for.
    Unlock,
    /// The vault is being made or opened; and what it was at.
    Working(Ticket, Back),
}

/// Where a failed attempt leads back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Back {
    /// To choosing.
    Choose,
    /// To unlocking.
    Unlock,
}

/// The layer.
#[derive(Debug)]
pub struct VaultLayer {
    /// What it is at.
    pub stage: Stage,
    /// What is typed.
    pub typed: Masked,
    /// What was wrong with it.
    pub complaint: Option<String>,
    first: Masked,
}

impl VaultLayer {
    /// Makes the vault when there is none, else opens it.
    pub fn new(shared: &Shared) -> Self {
        let stage = match shared.start.vault {
            VaultState::Absent => Stage::Choose,
            VaultState::Locked | VaultState::Open => Stage::Unlock,
        };
        Self { stage, typed: Masked::default(), complaint: None, first: Masked::default() }
    }

    fn enter(&mut self, cx: &mut Context<'_>) {
        self.complaint = None;
        match self.stage {
            Stage::Choose if self.typed.is_empty() => self.stage = Stage::Without,
            Stage::Choose => {
                self.first = std::mem::take(&mut self.typed);
                self.stage = Stage::Again;
            }
            Stage::Again if self.typed.same(&self.first) => {
                let ticket = cx.act(Act::VaultInit(self.typed.secret()));
                self.stage = Stage::Working(ticket, Back::Choose);
            }
            Stage::Again => {
                self.complaint = Some("The two are not the same. Once more, please.".to_owned());
                self.restart();
            }
            Stage::Unlock if !self.typed.is_empty() => {
                let ticket = cx.act(Act::Unlock(self.typed.secret()));
                self.stage = Stage::Working(ticket, Back::Unlock);
            }
            Stage::Unlock | Stage::Without | Stage::Working(..) => {}
        }
    }

    fn restart(&mut self) {
        self.typed.clear();
        self.first.clear();
        self.stage = Stage::Choose;
    }
}

impl Layer for VaultLayer {
    fn key(&mut self, key: KeyEvent, cx: &mut Context<'_>) -> Turn {
        match (self.stage, key.code) {
            (Stage::Working(..), _) => {}
            (Stage::Without, KeyCode::Char('y' | 'Y')) => {
                let ticket = cx.act(Act::VaultInit(None));
                self.stage = Stage::Working(ticket, Back::Choose);
            }
            (Stage::Without, KeyCode::Char('n' | 'N' | 'q') | KeyCode::Esc | KeyCode::Enter) => {
                self.restart();
            }
            (Stage::Without, _) => {}
            (Stage::Again, KeyCode::Esc) => self.restart(),
            (_, KeyCode::Esc) => {
                let key = cx.shared.key("unlock");
                cx.refuse(format!("Without the vault nothing can be changed; {key} opens it."));
                return Turn::Close;
            }
            (_, KeyCode::Enter) => self.enter(cx),
            _ => {
                self.typed.key(key);
            }
        }
        Turn::Stay
    }

    fn paste(&mut self, text: &str, _: &mut Context<'_>) {
        if matches!(self.stage, Stage::Choose | Stage::Again | Stage::Unlock) {
            self.typed.paste(text);
        }
    }

    fn answer(&mut self, ticket: Ticket, answer: &Answer, cx: &mut Context<'_>) -> Option<Turn> {
        let Stage::Working(waiting, back) = self.stage else { return None };
        if waiting != ticket {
            return None;
        }
        match answer {
            Ok(_) => {
                cx.say(match back {
                    Back::Choose => "The vault is made and open.",
                    Back::Unlock => "The vault is open.",
                });
                Some(Turn::Close)
            }
            Err(failure) => {
                self.complaint = Some(failure.message.clone());
                self.restart();
                if back == Back::Unlock {
                    self.stage = Stage::Unlock;
                }
                Some(Turn::Stay)
            }
        }
    }

    fn unlocked(&mut self, cx: &mut Context<'_>) -> Turn {
        // The answer to what was typed here is on its way.
        if matches!(self.stage, Stage::Working(..)) {
            return Turn::Stay;
        }
        cx.say("The vault was opened by another brokeforge.");
        Turn::Close
    }

    fn is_vault(&self) -> bool {
        true
    }
}
