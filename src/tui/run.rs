//! The loop: one biased `select!` over input, signals, changes, results and the nearest deadline.
//!
//! Takes all that waits, then draws once, and only if something changed. No tick: without a
//! deadline in the state it sleeps until something happens.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::task::Poll;
use std::time::Duration;

use crossterm::event::{Event as Input, KeyEvent, KeyEventKind, MouseEventKind};
use futures::{Stream, StreamExt};
use ratatui::Terminal;
use ratatui::backend::Backend;
use ratatui::layout::{Rect, Size};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::background::{Background, Heard};
use super::console::Console;
use super::effect::{Effect, Load};
use super::emulator::Shape;
use super::event::Event;
use super::moment::Moment;
use super::state::State;
use super::style::{Hues, Theme};
use super::view;
use crate::domain::{Failure, Time};
use crate::fleet::Notice;

/// The least time between frames that only changes ask for.
const FRAME: Duration = Duration::from_millis(16);
/// Events taken before a draw; more than that would keep the screen from being drawn at all.
const MOST_AT_ONCE: usize = 1024;

/// What came of an effect.
#[derive(Debug)]
pub struct Report {
    /// The load that is over, when it was one.
    pub load: Option<Load>,
    /// What to tell the state.
    pub event: Event,
}

/// Performs effects.
pub trait Outside {
    /// Performs one; answers at once what can be answered at once.
    fn perform(&mut self, effect: Effect) -> Option<Event>;
    /// A load is over.
    fn over(&mut self, load: Load);
}

/// What a signal means to the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Go.
    End,
    /// Go, unless a program that has the terminal was meant.
    Interrupt,
    /// We were stopped, and go on.
    Continue,
}

/// Where events come from, besides the console.
#[derive(Debug)]
pub struct Wires<S, C> {
    /// Signals.
    pub signals: S,
    /// The store's changes.
    pub changes: C,
    /// What comes of effects.
    pub results: mpsc::Receiver<Report>,
}

/// The screen at work.
#[derive(Debug)]
pub struct Loop<'a, B: Backend, K, O> {
    /// What is drawn on.
    pub terminal: &'a mut Terminal<B>,
    /// What is listened to.
    pub console: K,
    /// How it looks.
    pub theme: Theme,
    /// The state.
    pub state: State,
    /// Who performs effects.
    pub outside: O,
    /// Says what time it is.
    pub clock: fn() -> Time,
    /// When the loop began.
    pub began: Instant,
    /// The shape that the cursor has; none is the terminal's own.
    pub shape: Option<(Shape, bool)>,
    /// What the terminal says about its background.
    pub background: Background,
    /// Whether another program has the terminal.
    pub lent: bool,
}

#[expect(clippy::large_enum_variant, reason = "there is one at a time")]
enum Happened {
    Input(Option<io::Result<Input>>),
    Signal(Signal),
    Change(Option<Notice>),
    Result(Report),
    Deadline,
}

impl<B: Backend, K: Console, O: Outside> Loop<'_, B, K, O> {
    /// Runs until it is told to quit or its input ends; `first` is what the state wants first.
    ///
    /// # Errors
    /// When the terminal cannot be drawn on.
    pub async fn run<S, C>(
        &mut self,
        mut wires: Wires<S, C>,
        first: Vec<Effect>,
    ) -> Result<(), Failure>
    where
        S: Stream<Item = Signal> + Unpin,
        C: Stream<Item = Notice> + Unpin,
    {
        self.background_asked();
        let mut over = self.perform(first)?;
        let mut urgent = true;
        let mut frame_due = self.began;
        let mut waiting = false;
        while !over {
            waiting |= self.state.take_changed();
            if waiting && !self.lent && (urgent || Instant::now() >= frame_due) {
                let (state, theme) = (&self.state, self.theme);
                self.terminal
                    .draw(|frame| view::draw(state, theme, frame))
                    .map_err(|e| screen_failed(&e))?;
                frame_due = Instant::now() + FRAME;
                (urgent, waiting) = (false, false);
                let shape = self.state.shared.cursor.take();
                if shape != self.shape {
                    self.shape = shape;
                    self.outside.perform(Effect::Cursor(shape));
                }
            }
            let deadline = self.state.deadline().map(|since| self.began + since);
            let wake = [deadline, (waiting && !self.lent).then_some(frame_due)]
                .into_iter()
                .flatten()
                .min();
            let happened = tokio::select! {
                biased;
                input = poll_fn(|cx| self.console.poll_input(cx)) => Happened::Input(input),
                Some(signal) = wires.signals.next() => Happened::Signal(signal),
                notice = wires.changes.next() => Happened::Change(notice),
                Some(report) = wires.results.recv() => Happened::Result(report),
                () = sleep_until(wake.unwrap_or(self.began)), if wake.is_some() => Happened::Deadline,
            };
            over = self.take(happened, &mut urgent)?;
            for _ in 0..MOST_AT_ONCE {
                if over {
                    break;
                }
                let Some(next) = ready(&mut self.console, &mut wires).await else { break };
                over = self.take(next, &mut urgent)?;
            }
        }
        Ok(())
    }

    fn take(&mut self, happened: Happened, urgent: &mut bool) -> Result<bool, Failure> {
        let event = match happened {
            Happened::Input(input) => {
                *urgent = true;
                match input {
                    Some(Ok(Input::Key(key))) if key.kind != KeyEventKind::Release => {
                        return self.key(key);
                    }
                    // A pointer that only moves says nothing to us.
                    Some(Ok(Input::Mouse(mouse))) if mouse.kind != MouseEventKind::Moved => {
                        Event::Mouse(mouse)
                    }
                    Some(Ok(Input::Paste(text))) => Event::Paste(text),
                    Some(Ok(Input::Resize(columns, rows))) => Event::Resize(columns, rows),
                    Some(Ok(Input::FocusGained)) => Event::Focus(true),
                    Some(Ok(Input::FocusLost)) => Event::Focus(false),
                    Some(Ok(_)) => return Ok(false),
                    // Without input nobody can quit any more, and asking again would spin.
                    Some(Err(_)) | None => Event::End,
                }
            }
            // Without the store there is nothing to show.
            // What was meant for the program that has the terminal.
            Happened::Signal(Signal::Interrupt | Signal::Continue) if self.lent => {
                return Ok(false);
            }
            Happened::Signal(Signal::End | Signal::Interrupt) | Happened::Change(None) => {
                Event::End
            }
            Happened::Signal(Signal::Continue) => {
                *urgent = true;
                return self.take_again().map(|()| false);
            }
            Happened::Change(Some(notice)) => Event::Change(notice),
            Happened::Result(report) => {
                if let Some(load) = report.load {
                    self.outside.over(load);
                }
                if self.lent && matches!(report.event, Event::Edited(_)) {
                    *urgent = true;
                    self.take_again()?;
                }
                report.event
            }
            Happened::Deadline => {
                let due = self.state.deadline().is_some_and(|since| since <= self.began.elapsed());
                if !due {
                    return Ok(false);
                }
                Event::Deadline
            }
        };
        let effects = self.state.update(event, self.now());
        self.perform(effects)
    }

    fn perform(&mut self, effects: Vec<Effect>) -> Result<bool, Failure> {
        let mut over = false;
        let mut effects = VecDeque::from(effects);
        while let Some(effect) = effects.pop_front() {
            match effect {
                Effect::Quit => over = true,
                Effect::Mouse(on) => self.console.mouse(on).map_err(|e| screen_failed(&e))?,
                Effect::Suspend => {
                    self.console.give_back();
                    self.console.stop();
                    self.take_again()?;
                }
                Effect::Redraw => {
                    self.clear()?;
                }
                effect => {
                    if matches!(effect, Effect::Edit(_)) {
                        self.console.give_back();
                        self.lent = true;
                    }
                    if let Some(event) = self.outside.perform(effect) {
                        if self.lent && matches!(event, Event::Edited(_)) {
                            self.take_again()?;
                        }
                        effects.extend(self.state.update(event, self.now()));
                    }
                }
            }
        }
        Ok(over)
    }

    fn key(&mut self, key: KeyEvent) -> Result<bool, Failure> {
        let keys = match self.background.key(key, std::time::Instant::now()) {
            Heard::Held | Heard::Answer(None) => return Ok(false),
            Heard::Answer(Some(dark)) => {
                self.theme.hues = if dark { Hues::Dark } else { Hues::Light };
                self.state.restyled();
                return Ok(false);
            }
            Heard::Keys(keys) => keys,
        };
        for key in keys {
            let effects = self.state.update(Event::Key(key), self.now());
            if self.perform(effects)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn background_asked(&mut self) {
        if self.console.asks() {
            self.background.asked(std::time::Instant::now());
        }
    }

    /// After somebody else had the terminal: all modes, the size, every cell.
    fn take_again(&mut self) -> Result<(), Failure> {
        // Who had it may have left any cursor.
        (self.lent, self.shape) = (false, None);
        self.console.take_again(self.state.shared.mouse).map_err(|e| screen_failed(&e))?;
        self.background_asked();
        let size = self.clear()?;
        let effects = self.state.update(Event::Resize(size.width, size.height), self.now());
        self.perform(effects).map(|_| ())
    }

    /// Forgets what is on the screen, so that every cell is drawn; answers its size. Terminal's
    /// own `clear` asks for the cursor's place first, and takes keys for the answer.
    fn clear(&mut self) -> Result<Size, Failure> {
        let size = self.terminal.size().map_err(|e| screen_failed(&e))?;
        let area = Rect::new(0, 0, size.width, size.height);
        self.terminal.resize(area).map_err(|e| screen_failed(&e))?;
        Ok(size)
    }

    fn now(&self) -> Moment {
        Moment { since: self.began.elapsed(), time: (self.clock)() }
    }
}

/// What happened already and only waits to be taken.
///
/// Asks with the loop's own waker: crossterm's stream keeps the waker of the first poll that finds
/// nothing, and with any other one the loop would never be woken again.
async fn ready<K, S, C>(console: &mut K, wires: &mut Wires<S, C>) -> Option<Happened>
where
    K: Console,
    S: Stream<Item = Signal> + Unpin,
    C: Stream<Item = Notice> + Unpin,
{
    poll_fn(|cx| {
        if let Poll::Ready(input) = console.poll_input(cx) {
            return Poll::Ready(Some(Happened::Input(input)));
        }
        if let Poll::Ready(Some(signal)) = wires.signals.poll_next_unpin(cx) {
            return Poll::Ready(Some(Happened::Signal(signal)));
        }
        if let Poll::Ready(notice) = wires.changes.poll_next_unpin(cx) {
            return Poll::Ready(Some(Happened::Change(notice)));
        }
        Poll::Ready(wires.results.try_recv().ok().map(Happened::Result))
    })
    .await
}

fn screen_failed(error: &impl std::error::Error) -> Failure {
    Failure::internal(format!("The terminal cannot be drawn on: {error}."))
}
