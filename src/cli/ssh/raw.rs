//! The terminal in raw mode, given back on every path.

use std::io;
use std::sync::{Mutex, PoisonError};

use rustix::termios::{OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcsetattr};

use crate::domain::{Failure, reason};

/// The modes to go back to, while they are changed.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// Raw mode; ends when this goes.
#[derive(Debug)]
pub(super) struct Raw;

impl Raw {
    /// Every key goes to the host from here on.
    pub(super) fn enter() -> Result<Self, Failure> {
        let failed = |e: rustix::io::Errno| {
            Failure::internal(format!("The terminal cannot be made ready: {}.", reason(&e)))
        };
        let before = tcgetattr(io::stdin()).map_err(failed)?;
        let mut raw = before.clone();
        raw.make_raw();
        *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
        let guard = Self;
        tcsetattr(io::stdin(), OptionalActions::Now, &raw).map_err(failed)?;
        Ok(guard)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back, once; without raw mode it does nothing.
pub fn restore() {
    // a panic while the lock is held must not wait for itself
    let Ok(mut before) = BEFORE.try_lock() else { return };
    if let Some(before) = before.take()
        && let Err(error) = tcsetattr(io::stdin(), OptionalActions::Now, &before)
    {
        tracing::warn!(%error, "the terminal was not given back");
    }
}

/// Drops what was typed and not read yet.
pub(super) fn forget_typed() {
    // where the terminal is gone nothing is typed
    let _ = tcflush(io::stdin(), QueueSelector::IFlush);
}
