//! Layers: what lies over the panes, as a stack. The top one has the keys.

use std::fmt::Debug;

use crossterm::event::KeyEvent;

use super::command::Motion;
use super::effect::{Answer, Ticket};
use super::shared::Context;
use super::sight::Sight;
use super::view::Draw;
use crate::fleet::{Review, RuleReview};

pub mod ask;
pub mod confirm;
pub mod fields;
pub mod form;
pub mod help;
pub mod history;
pub mod host_key;
pub mod log;
pub mod palette;
pub mod preview;
pub mod provision;
pub mod reader;
pub mod remove;
pub mod resource_form;
pub mod reveal;
pub mod rule_editor;
pub mod save;
pub mod server_form;
pub mod tags;
pub mod vault;

/// What a layer does after an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It stays.
    Stay,
    /// It closes.
    Close,
    /// It closes, and tells the layer below a yes or a no.
    Answer(bool),
}

/// A layer.
pub trait Layer: Debug + Draw {
    /// Takes a key.
    fn key(&mut self, key: KeyEvent, cx: &mut Context<'_>) -> Turn;

    /// Moves what it shows.
    fn motion(&mut self, motion: Motion, cx: &mut Context<'_>) {
        let (_, _) = (motion, cx);
    }

    /// Its row, field or answer of this number was clicked.
    fn row(&mut self, number: usize, cx: &mut Context<'_>) -> Turn {
        let (_, _) = (number, cx);
        Turn::Stay
    }

    /// Takes a pasted text.
    fn paste(&mut self, text: &str, cx: &mut Context<'_>) {
        let (_, _) = (text, cx);
    }

    /// Takes a text back from the person's editor.
    fn edited(&mut self, text: &str, cx: &mut Context<'_>) {
        let (_, _) = (text, cx);
    }

    /// Takes an answer when it waits for this one.
    fn answer(&mut self, ticket: Ticket, answer: &Answer, cx: &mut Context<'_>) -> Option<Turn> {
        let (_, _, _) = (ticket, answer, cx);
        None
    }

    /// The layer above has closed with a yes or a no.
    fn told(&mut self, yes: bool, cx: &mut Context<'_>) -> Turn {
        let (_, _) = (yes, cx);
        Turn::Stay
    }

    /// Takes the review of its server draft.
    fn server_review(&mut self, review: &Review) {
        let _ = review;
    }

    /// Takes the review of its rule line.
    fn rule_review(&mut self, review: &RuleReview) {
        let _ = review;
    }

    /// Sees what there is on the screen now: once it is open, and after each event while it is on
    /// top.
    fn see(&mut self, sight: &Sight<'_>) {
        let _ = sight;
    }

    /// The vault was opened, here or elsewhere.
    fn unlocked(&mut self, cx: &mut Context<'_>) -> Turn {
        let _ = cx;
        Turn::Stay
    }

    /// Whether it opens the vault.
    fn is_vault(&self) -> bool {
        false
    }

    /// Whether a person reads output in it, so that no other may take its place.
    fn reads_output(&self) -> bool {
        false
    }

    /// Whether what is said is to be read in it, so that it need not lie over it as well.
    fn shows_messages(&self) -> bool {
        false
    }

    /// Whether it ignores keys typed just after it opened: they were meant for what was there
    /// before.
    fn guarded(&self) -> bool {
        false
    }
}
