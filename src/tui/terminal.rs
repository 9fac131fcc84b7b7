//! The terminal: entered whole or not at all, and given back whatever happens.
//!
//! The only place that changes the terminal's modes.

use std::io::{BufWriter, IsTerminal, Stdout, Write, stdin, stdout};
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crossterm::cursor::{SetCursorStyle, Show};
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange, Event,
};
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, style::Print};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

use super::background::QUESTION;
use super::console::Console;
use super::emulator::Shape;
use crate::domain::Failure;
use input::Input;

mod input;

static ENTERED: AtomicBool = AtomicBool::new(false);

/// Presses, drags with a button held and the wheel, as SGR. Not every motion, as crossterm's own
/// command asks for: a pointer that only moves must not wake us.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1002h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1003l\x1b[?1002l\x1b[?1000l";
/// What a program that was killed may have left behind: styles, the keypad's and the cursor
/// keys' other modes.
const PLAIN: &str = "\x1b[0m\x1b[?1l\x1b>";

/// The real terminal. One frame is one write: unbuffered it would be thousands.
pub type Screen = Terminal<CrosstermBackend<BufWriter<Stdout>>>;

/// Gives the terminal back when it goes.
#[derive(Debug)]
pub struct Guard;

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

/// Takes the terminal over, with the mouse or without, and perhaps asks for its background. What
/// fails half-way is undone.
///
/// # Errors
/// When there is no terminal, or it does not do as told.
pub fn enter(mouse: bool, asks: bool) -> Result<(Guard, Screen), Failure> {
    if !stdin().is_terminal() || !stdout().is_terminal() {
        return Err(Failure::input("The screen needs a terminal on its input and output.")
            .remedy("In scripts use the commands: brokeforge --help lists them."));
    }
    // Before the first change, so that a failure in the middle is undone as well.
    ENTERED.store(true, Ordering::SeqCst);
    let guard = Guard;
    let screen = take_over(mouse, asks)
        .map_err(|e| Failure::internal(format!("The terminal cannot be made ready: {e}.")))?;
    give_back_on_panic();
    Ok((guard, screen))
}

fn take_over(mouse: bool, asks: bool) -> std::io::Result<Screen> {
    // The theme decides about colours. Left to itself, crossterm takes NO_COLOR as an order to
    // write resets, which would take weight and reverse away too.
    crossterm::style::force_color_output(true);
    enter_modes(mouse, asks)?;
    Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(1 << 16, stdout())))
}

fn enter_modes(mouse: bool, asks: bool) -> std::io::Result<()> {
    enable_raw_mode()?;
    let mouse = if mouse { MOUSE_ON } else { MOUSE_OFF };
    let question = if asks { QUESTION } else { "" };
    let mut out = stdout();
    execute!(out, Print(PLAIN), EnterAlternateScreen, EnableBracketedPaste, Print(mouse))?;
    execute!(out, EnableFocusChange, Print(question))
}

/// Gives the terminal back, once; further calls do nothing.
pub fn restore() {
    if !ENTERED.swap(false, Ordering::SeqCst) {
        return;
    }
    // Where the terminal is gone there is nothing left to restore, and nobody to tell.
    let mut out = stdout();
    let shape = SetCursorStyle::DefaultUserShape;
    let written = execute!(out, Print(MOUSE_OFF), DisableFocusChange, DisableBracketedPaste)
        .and_then(|()| execute!(out, shape, LeaveAlternateScreen, Show));
    let cooked = disable_raw_mode();
    if let Err(error) = written.and(cooked).and(out.flush()) {
        tracing::warn!(%error, "the terminal was not given back cleanly");
    }
}

/// Whether the terminal is gone.
pub fn is_gone() -> bool {
    tcgetattr(stdin()).is_err()
}

/// The terminal of this process.
pub struct Tty {
    input: Option<Input>,
    asks: bool,
    found: Option<Termios>,
}

impl Tty {
    /// Listens from the first poll on; asks for the background each time it takes the terminal.
    pub fn new(asks: bool) -> Self {
        Self { input: Some(Input::default()), asks, found: None }
    }
}

impl std::fmt::Debug for Tty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tty").field("asks", &self.asks).finish_non_exhaustive()
    }
}

impl Console for Tty {
    fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<Option<std::io::Result<Event>>> {
        match &mut self.input {
            Some(input) => input.poll(cx),
            None => Poll::Pending,
        }
    }

    fn asks(&self) -> bool {
        self.asks
    }

    fn mouse(&mut self, on: bool) -> std::io::Result<()> {
        execute!(stdout(), Print(if on { MOUSE_ON } else { MOUSE_OFF }))
    }

    fn give_back(&mut self) {
        if self.input.take().is_some_and(|input| !input.let_go()) {
            tracing::warn!("the terminal's input may be read twice");
        }
        restore();
        self.found = tcgetattr(stdin()).ok();
    }

    fn take_again(&mut self, mouse: bool) -> std::io::Result<()> {
        ENTERED.store(true, Ordering::SeqCst);
        match self.found.take() {
            // A program that was killed may leave the line as it needed it itself.
            Some(found) => tcsetattr(stdin(), OptionalActions::Drain, &found)?,
            // Who stopped us may have changed the line's mode behind crossterm's back, and it
            // would take the mode for raw still.
            None => disable_raw_mode()?,
        }
        enter_modes(mouse, self.asks)?;
        self.input.get_or_insert_default();
        Ok(())
    }

    fn stop(&mut self) {
        // The whole group, as the terminal does it: a wrapper that started us stops as well.
        let stopped = rustix::process::kill_current_process_group(rustix::process::Signal::TSTP);
        if let Err(error) = stopped {
            tracing::warn!(%error, "could not stop");
        }
    }
}

/// Gives the cursor a shape, blinking or not; none is the terminal's own.
pub fn cursor(shape: Option<(Shape, bool)>) {
    let style = match shape {
        None => SetCursorStyle::DefaultUserShape,
        Some((Shape::Block, true)) => SetCursorStyle::BlinkingBlock,
        Some((Shape::Block, false)) => SetCursorStyle::SteadyBlock,
        Some((Shape::Underline, true)) => SetCursorStyle::BlinkingUnderScore,
        Some((Shape::Underline, false)) => SetCursorStyle::SteadyUnderScore,
        Some((Shape::Bar, true)) => SetCursorStyle::BlinkingBar,
        Some((Shape::Bar, false)) => SetCursorStyle::SteadyBar,
    };
    tell(execute!(stdout(), style));
}

/// Puts a text onto the terminal's clipboard, by the sequence that also works over SSH.
pub fn copy(text: &str) {
    let text = STANDARD.encode(text);
    tell(execute!(stdout(), Print(format!("\x1b]52;c;{text}\x07"))));
}

fn tell(written: std::io::Result<()>) {
    // Where the terminal is gone, the next frame ends the screen.
    if let Err(error) = written {
        tracing::warn!(%error, "the terminal does not do as told");
    }
}

/// A panic of the screen gives the terminal back before it is told; one of a worker is only
/// logged, as the screen goes on.
fn give_back_on_panic() {
    let screen = std::thread::current().id();
    let earlier = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let worker = std::thread::current().id() != screen;
        if (worker || super::emulator::is_guarded()) && ENTERED.load(Ordering::SeqCst) {
            tracing::error!(%info, "a worker panicked");
            return;
        }
        restore();
        earlier(info);
    }));
}
