//! What the loop does with the terminal besides drawing: listening, the mouse, lending it to others.
//!
//! A trait, so that tests run the very loop of the product without a terminal.

use std::io;
use std::task::{Context, Poll};

use crossterm::event::Event as Input;

/// The terminal beneath the screen.
pub trait Console {
    /// The next key, paste, press of the mouse or size; none at the end. Nothing comes while the
    /// terminal is given back.
    fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Input>>>;

    /// Whether it asks for the background each time it takes the terminal.
    fn asks(&self) -> bool;

    /// Takes the mouse, or releases it.
    ///
    /// # Errors
    /// When the terminal cannot be written to.
    fn mouse(&mut self, on: bool) -> io::Result<()>;

    /// Gives the terminal back as it was found, and listens no more.
    fn give_back(&mut self);

    /// Takes it over again, whatever became of it meanwhile.
    ///
    /// # Errors
    /// When the terminal does not do as told.
    fn take_again(&mut self, mouse: bool) -> io::Result<()>;

    /// Stops this process, until somebody lets it go on.
    fn stop(&mut self);
}
