//! Panes: the screens behind the numbers. Each is one file of state here, one of view under
//! `view/`, its rows in the command table, and a line in [`all`].
//!
//! A pane changes by events alone and performs nothing.

use std::fmt::Debug;
use std::time::Duration;

use crossterm::event::{KeyEvent, MouseEvent};

use super::command::{Id, Kind, Motion};
use super::effect::{Answer, Data, Load, SessionKey, Ticket};
use super::event::SessionNews;
use super::list::{Deed, Listing};
use super::scroll::Scroll;
use super::shared::{Context, SessionDeed, Shared};
use super::sight::{Choice, Value};
use super::view::Draw;
use crate::domain::{Change, OperationId, ServerId};

pub mod cursor;
pub mod firewall;
pub mod operations;
pub mod resources;
pub mod servers;
pub mod sessions;

/// Whether a command applies now; if not, why, as a sentence.
pub type When = Result<(), String>;

/// A pane.
pub trait Pane: Debug + Draw {
    /// Its name in the command table.
    fn name(&self) -> &'static str;

    /// What the bar calls it.
    fn title(&self) -> &'static str;

    /// Everything it shows beyond what is shared: read when it opens and after a loss.
    fn loads(&self, shared: &Shared) -> Vec<Load> {
        let _ = shared;
        Vec::new()
    }

    /// What to read again because of a change.
    fn changed(&self, change: &Change, shared: &Shared) -> Vec<Load> {
        let (_, _) = (change, shared);
        Vec::new()
    }

    /// Takes what was read, after the shared part did.
    fn loaded(&mut self, data: &Data, cx: &mut Context<'_>) {
        let (_, _) = (data, cx);
    }

    /// Takes an answer when it waits for this one.
    fn answer(&mut self, ticket: Ticket, answer: &Answer, cx: &mut Context<'_>) -> bool {
        let (_, _, _) = (ticket, answer, cx);
        false
    }

    /// Moves the selection, or scrolls what is open.
    fn motion(&mut self, motion: Motion, cx: &mut Context<'_>);

    /// Whether one of its commands applies now.
    fn when(&self, id: Id, shared: &Shared) -> When;

    /// Runs one of its commands that applies.
    fn run(&mut self, id: Id, cx: &mut Context<'_>);

    /// What of its own there is to be given to a command.
    fn choices(&self, kind: Kind, shared: &Shared) -> Vec<Choice> {
        let (_, _) = (kind, shared);
        Vec::new()
    }

    /// Selects what a command was given, so that the command is about that.
    ///
    /// # Errors
    /// A sentence, when it is gone.
    fn aim(&mut self, values: &[Value], cx: &mut Context<'_>) -> When {
        let (_, _) = (values, cx);
        Ok(())
    }

    /// Runs one of its commands that applies, with what it was given and is selected already.
    fn run_with(&mut self, id: Id, values: &[Value], cx: &mut Context<'_>) {
        let _ = values;
        self.run(id, cx);
    }

    /// The text of its detail, to be scrolled without having the keys.
    fn text(&mut self) -> Option<&mut Scroll> {
        None
    }

    /// Steps back; answers false when it is at its root.
    fn back(&mut self, cx: &mut Context<'_>) -> bool;

    /// Whether one of its rows is open, so that its list is not what the keys are for.
    fn is_open(&self) -> bool {
        false
    }

    /// Its list, when it is one.
    fn listing(&self) -> Option<&dyn Listing> {
        None
    }

    /// Does something with its list; answers whether there was anything to do.
    fn list(&mut self, deed: Deed<'_>, cx: &mut Context<'_>) -> bool {
        let (_, _) = (deed, cx);
        false
    }

    /// Copies its marked rows, or the selected one.
    fn copy(&mut self, cx: &mut Context<'_>) {
        let _ = cx;
    }

    /// Goes to an operation; answers whether it is the pane for that.
    fn show(&mut self, operation: OperationId, cx: &mut Context<'_>) -> bool {
        let (_, _) = (operation, cx);
        false
    }

    /// Whether every key, paste and press of the mouse is its own.
    fn captures(&self) -> bool {
        false
    }

    /// Takes a key while it captures.
    fn key(&mut self, key: KeyEvent, cx: &mut Context<'_>) {
        let (_, _) = (key, cx);
    }

    /// Takes a pasted text while it captures.
    fn paste(&mut self, text: &str, cx: &mut Context<'_>) {
        let (_, _) = (text, cx);
    }

    /// Takes an event of the mouse while it captures.
    fn mouse(&mut self, event: MouseEvent, cx: &mut Context<'_>) {
        let (_, _) = (event, cx);
    }

    /// Whether it takes the whole screen.
    fn full_screen(&self) -> bool {
        false
    }

    /// Takes news of a session.
    fn session(&mut self, key: SessionKey, news: &SessionNews, cx: &mut Context<'_>) {
        let (_, _, _) = (key, news, cx);
    }

    /// Opens a shell on a server; answers whether it is the pane for that.
    fn shell(&mut self, server: ServerId, full: bool, cx: &mut Context<'_>) -> bool {
        let (_, _, _) = (server, full, cx);
        false
    }

    /// Does what a person said yes to in the sessions.
    fn deed(&mut self, deed: &SessionDeed, cx: &mut Context<'_>) {
        let (_, _) = (deed, cx);
    }

    /// How many sessions live in it.
    fn live(&self) -> usize {
        0
    }

    /// After every event: whether it is on screen, and whether the terminal has the focus.
    fn arrange(&mut self, active: bool, focused: bool, cx: &mut Context<'_>) {
        let (_, _, _) = (active, focused, cx);
    }

    /// It comes on screen.
    fn entered(&mut self, shared: &Shared) {
        let _ = shared;
    }

    /// When it wants to be drawn again without an event.
    fn deadline(&self, shared: &Shared) -> Option<Duration> {
        let _ = shared;
        None
    }
}

/// All panes, in the order of their numbers.
pub fn all() -> Vec<Box<dyn Pane>> {
    vec![
        Box::new(servers::Servers::default()),
        Box::new(firewall::Firewall::default()),
        Box::new(operations::Operations::default()),
        Box::new(sessions::Sessions::default()),
        Box::new(resources::Resources::sites()),
        Box::new(resources::Resources::services()),
    ]
}
