//! Everything that can happen to the screen: one closed enum.

use crossterm::event::{KeyEvent, MouseEvent};

use super::effect::{Data, Done, SessionKey, Ticket};
use crate::domain::{Failure, OperationId};
use crate::fleet::{Notice, Output, Review, RuleReview};

/// Something that happened.
#[derive(Debug)]
pub enum Event {
    /// A key was pressed (never its release).
    Key(KeyEvent),
    /// The mouse was pressed, dragged with a button held, let go, or its wheel was turned.
    Mouse(MouseEvent),
    /// A text was pasted.
    Paste(String),
    /// The terminal has another size.
    Resize(u16, u16),
    /// A record changed, or changes were lost.
    Change(Notice),
    /// A load was answered.
    Loaded(Result<Data, Failure>),
    /// An act was answered.
    Answer(Ticket, Result<Done, Failure>),
    /// A server's draft was reviewed.
    ServerReview(Review),
    /// A rule's line was reviewed.
    RuleReview(RuleReview),
    /// A piece of the followed operation's output.
    Output(OperationId, Output),
    /// The followed operation's output is at its end.
    OutputEnd(OperationId),
    /// The terminal got the focus, or lost it.
    Focus(bool),
    /// News of a session.
    Session(SessionKey, SessionNews),
    /// The editor has ended, with this text.
    Edited(Result<String, Failure>),
    /// The nearest deadline of the state has come.
    Deadline,
    /// The input ended, or a signal asks us to go.
    End,
}

/// What happened to a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionNews {
    /// Its shell runs.
    Opened,
    /// There is something new in its terminal.
    Fed,
    /// Its title is another one.
    Title(Option<String>),
    /// The host takes nothing at the moment; what was just typed is lost.
    Full,
    /// Its shell ended: a sentence about how.
    Ended(String),
    /// It could not be opened, or was lost.
    Lost(Failure),
}
