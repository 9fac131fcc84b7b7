//! The state of the screen, and `update`: the pure function from an event to effects.
//!
//! Calls neither fleet nor clock; the moment comes with each event.

use std::time::Duration;

use super::command::Id;
use super::effect::{Act, Effect, Load, Ticket};
use super::event::Event;
use super::layer::{Layer, vault::VaultLayer};
use super::moment::Moment;
use super::pane::{self, Pane};
use super::shared::{Context, Out, Shared, Start};
use crate::fleet::VaultState;

mod caution;
mod keys;
pub(in crate::tui) mod lists;
mod mouse;
mod outside;
mod running;

/// A layer and since when it lies there.
#[derive(Debug)]
pub struct Opened {
    /// The layer.
    pub layer: Box<dyn Layer>,
    /// Since when.
    pub since: Duration,
}

/// The state of the screen.
#[derive(Debug)]
pub struct State {
    /// What panes and layers know in common.
    pub shared: Shared,
    /// The panes.
    pub panes: Vec<Box<dyn Pane>>,
    /// The number of the one on screen.
    pub active: usize,
    /// The number of the one that was left for it.
    before: usize,
    /// Whether the terminal has the focus.
    focused: bool,
    /// The layers over it, the last on top.
    pub layers: Vec<Opened>,
    /// The act whose operation is gone to once it is started.
    follows: Option<Ticket>,
    changed: bool,
}

impl State {
    /// The screen as it opens, and what it wants first.
    pub fn new(start: Start, now: Moment) -> (Self, Vec<Effect>) {
        let mut state = Self {
            shared: Shared::new(start, now),
            panes: pane::all(),
            active: 0,
            before: 0,
            focused: true,
            layers: Vec::new(),
            follows: None,
            changed: true,
        };
        let mut out = Out::default();
        state.tell_faults();
        let mut cx = Context { shared: &mut state.shared, out: &mut out };
        cx.load(Load::ServerNames);
        cx.load(Load::Servers);
        cx.load(Load::Operations);
        state.begin(&mut out);
        state.restore(&mut out);
        let effects = state.settle(out);
        (state, effects)
    }

    /// What a fleet that was just reached needs: an open vault, and its unfinished operations taken
    /// up.
    fn begin(&mut self, out: &mut Out) {
        let mut cx = Context { shared: &mut self.shared, out };
        match (cx.shared.start.vault, cx.shared.start.wants_passphrase) {
            // Nothing is taken up, and nothing else needs it.
            (VaultState::Open, _) if cx.shared.start.read_only => {}
            (VaultState::Locked, true) | (VaultState::Absent, _) if cx.shared.start.read_only => {}
            (VaultState::Open, _) => {
                cx.act(Act::Recover);
            }
            (VaultState::Locked, false) => {
                cx.act(Act::Unlock(None));
            }
            (VaultState::Locked, true) | (VaultState::Absent, _) => {
                if !self.layers.iter().any(|opened| opened.layer.is_vault()) {
                    let layer = VaultLayer::new(cx.shared);
                    cx.open(layer);
                }
            }
        }
    }

    /// Takes an event, and answers what is to be done because of it.
    pub fn update(&mut self, event: Event, now: Moment) -> Vec<Effect> {
        self.shared.now = now;
        let selected = self.shared.selected;
        let mut out = Out::default();
        match event {
            Event::Key(key) => self.key(key, &mut out),
            Event::Mouse(event) => self.mouse(event, &mut out),
            Event::Paste(text) => self.paste(&text, &mut out),
            Event::Resize(columns, rows) => self.shared.start.size = (columns, rows),
            Event::Change(notice) => self.notice(notice, &mut out),
            Event::Loaded(result) => self.loaded(result, &mut out),
            Event::Answer(ticket, answer) => self.answer(ticket, &answer, &mut out),
            Event::ServerReview(review) => {
                self.layers.iter_mut().for_each(|o| o.layer.server_review(&review));
            }
            Event::RuleReview(review) => {
                self.layers.iter_mut().for_each(|o| o.layer.rule_review(&review));
            }
            Event::Output(id, output) if self.shared.transcript.operation == Some(id) => {
                self.shared.transcript.take(output);
            }
            Event::OutputEnd(id) if self.shared.transcript.operation == Some(id) => {
                self.shared.transcript.end();
            }
            Event::Output(..) | Event::OutputEnd(_) => return Vec::new(),
            Event::Focus(focused) => {
                self.focused = focused;
                out.quiet = true;
            }
            Event::Session(key, news) => {
                for pane in &mut self.panes {
                    let mut cx = Context { shared: &mut self.shared, out: &mut out };
                    pane.session(key, &news, &mut cx);
                }
            }
            Event::Edited(Ok(text)) => {
                if let Some(top) = self.layers.last_mut() {
                    let mut cx = Context { shared: &mut self.shared, out: &mut out };
                    top.layer.edited(&text, &mut cx);
                }
            }
            Event::Edited(Err(failure)) => self.shared.messages.fail(&failure, now),
            Event::Deadline => {}
            Event::End => out.effects.push(Effect::Quit),
        }
        let faded = self.shared.messages.fade(now);
        self.changed |= faded || !out.quiet;
        let mut effects = self.settle(out);
        self.show_sight();
        if selected != self.shared.selected {
            effects.extend(self.active_loads());
        }
        effects
    }

    /// Carries out what handling an event brought about within the screen.
    fn settle(&mut self, mut out: Out) -> Vec<Effect> {
        if let Some(run) = out.run.take() {
            self.carry(&run, &mut out);
        }
        self.hold(&mut out);
        if let Some(operation) = out.show.take() {
            for number in 0..self.panes.len() {
                let Some(pane) = self.panes.get_mut(number) else { break };
                let mut cx = Context { shared: &mut self.shared, out: &mut out };
                if pane.show(operation, &mut cx) {
                    self.enter(number);
                    break;
                }
            }
        }
        if std::mem::take(&mut out.operations) {
            self.screen(Id::Operations, &mut out);
        }
        self.settle_sessions(&mut out);
        let since = self.shared.now.since;
        self.layers.extend(out.open.into_iter().map(|layer| Opened { layer, since }));
        out.effects
    }

    /// What concerns the sessions: opening, closing, leaving, and their sizes.
    fn settle_sessions(&mut self, out: &mut Out) {
        if let Some((server, full)) = out.shell.take() {
            for number in 0..self.panes.len() {
                let Some(pane) = self.panes.get_mut(number) else { break };
                let mut cx = Context { shared: &mut self.shared, out };
                if pane.shell(server, full, &mut cx) {
                    self.enter(number);
                    break;
                }
            }
        }
        if let Some(deed) = out.deed.take() {
            for pane in &mut self.panes {
                pane.deed(&deed, &mut Context { shared: &mut self.shared, out });
            }
        }
        if std::mem::take(&mut out.leave) {
            self.enter(self.before);
            out.effects.extend(self.active_loads());
        }
        self.shared.reading = self.layers.iter().any(|opened| opened.layer.reads_output());
        for (number, pane) in self.panes.iter_mut().enumerate() {
            let mut cx = Context { shared: &mut self.shared, out };
            pane.arrange(number == self.active, self.focused, &mut cx);
        }
    }

    /// Puts a pane on screen.
    fn enter(&mut self, number: usize) {
        if number != self.active {
            (self.before, self.active) = (self.active, number);
        }
    }

    fn active_loads(&self) -> Vec<Effect> {
        let pane = self.panes.get(self.active);
        pane.map(|p| p.loads(&self.shared)).into_iter().flatten().map(Effect::Load).collect()
    }

    /// It looks different from now on.
    pub fn restyled(&mut self) {
        self.changed = true;
    }

    /// Whether anything changed since this was last asked.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// When the state wants a [`Event::Deadline`]; none when there is nothing to wait for.
    pub fn deadline(&self) -> Option<Duration> {
        let pane = self.panes.get(self.active).and_then(|pane| pane.deadline(&self.shared));
        [self.shared.messages.deadline(), pane].into_iter().flatten().min()
    }
}
