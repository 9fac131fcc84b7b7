//! Keys: to the top layer, else through the command table to the pane or to the screen.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent};

use super::{Opened, State};
use crate::fleet::VaultState;
use crate::tui::command::Id;
use crate::tui::effect::Effect;
use crate::tui::keymap::Heard;
use crate::tui::layer::{
    Turn, confirm::Confirm, help::Help, history::History, palette::Palette, vault::VaultLayer,
};
use crate::tui::list::Deed;
use crate::tui::moment::Moment;
use crate::tui::shared::{Context, Out};

/// Keys typed so soon after a question opened were meant for what was there before.
const GUARD: Duration = Duration::from_millis(300);

/// Whether a layer opened so short ago that what comes now was not meant for it.
pub(super) fn too_soon(top: &Opened, now: Moment) -> bool {
    top.layer.guarded() && now.since.saturating_sub(top.since) < GUARD
}

impl State {
    pub(super) fn key(&mut self, key: KeyEvent, out: &mut Out) {
        if key.code == KeyCode::Esc && self.shared.chord.take().is_some() {
            return;
        }
        let Some(top) = self.layers.last_mut() else { return self.pane_key(key, out) };
        if too_soon(top, self.shared.now) {
            return;
        }
        if self.shared.start.keymap.is(&key, "suspend") {
            out.effects.push(Effect::Suspend);
            return;
        }
        // Where all messages are shown none lies over them: esc is the layer's own.
        let over = !top.layer.shows_messages();
        if over && key.code == KeyCode::Esc && self.shared.messages.put_away() {
            return;
        }
        let first = self.shared.chord.clone();
        let mut cx = Context { shared: &mut self.shared, out };
        let turn = top.layer.key(key, &mut cx);
        // A layer that had its own use for the second key has ended the chord.
        self.shared.chord = self.shared.chord.take().filter(|now| Some(now) != first.as_ref());
        let index = self.layers.len() - 1;
        self.turn(index, turn, out);
    }

    pub(super) fn paste(&mut self, text: &str, out: &mut Out) {
        if let Some(top) = self.layers.last_mut() {
            top.layer.paste(text, &mut Context { shared: &mut self.shared, out });
        } else if let Some(pane) = self.panes.get_mut(self.active).filter(|p| p.captures()) {
            pane.paste(text, &mut Context { shared: &mut self.shared, out });
        } else if self.typing() {
            self.list(Deed::Paste(text), out);
        }
    }

    /// Does what a layer answered.
    pub(super) fn turn(&mut self, index: usize, turn: Turn, out: &mut Out) {
        if turn == Turn::Stay {
            return;
        }
        self.layers.remove(index);
        let (Turn::Answer(yes), Some(below)) = (turn, index.checked_sub(1)) else { return };
        if let Some(opened) = self.layers.get_mut(below) {
            let mut cx = Context { shared: &mut self.shared, out };
            let turn = opened.layer.told(yes, &mut cx);
            self.turn(below, turn, out);
        }
    }

    fn pane_key(&mut self, key: KeyEvent, out: &mut Out) {
        if self.typing() {
            self.list(Deed::Key(key), out);
            return;
        }
        let Some(pane) = self.panes.get_mut(self.active) else { return };
        if pane.captures() {
            return pane.key(key, &mut Context { shared: &mut self.shared, out });
        }
        let Some(typed) = self.shared.typed(&key) else { return };
        match self.shared.start.keymap.find(pane.name(), &typed, |_| true) {
            Heard::Command(command) => self.run(command, &[], out),
            Heard::Begins => self.shared.chord = Some(typed),
            Heard::Nothing => {}
        }
    }

    pub(super) fn screen(&mut self, id: Id, out: &mut Out) {
        if self.list_command(id, out) {
            return;
        }
        let panes = self.panes.len();
        match id {
            Id::Pane(number) if number < panes => self.go(number, out),
            Id::NextPane => self.go((self.active + 1) % panes.max(1), out),
            Id::PreviousPane => self.go((self.active + panes - 1) % panes.max(1), out),
            Id::Operations => {
                let named = self.panes.iter().position(|pane| pane.name() == "operations");
                self.go(named.unwrap_or(self.active), out);
                // All of them are asked for, not the one that was open last.
                if let Some(pane) = self.panes.get_mut(self.active) {
                    pane.back(&mut Context { shared: &mut self.shared, out });
                }
            }
            Id::Back => {
                self.back(out);
            }
            Id::BackOrQuit if self.back(out) => {}
            Id::BackOrQuit => self.quit(out),
            Id::Shell | Id::ShellFull => {
                let server = self.shared.selected_server().map(|row| row.server.id);
                out.shell = server.map(|server| (server, id == Id::ShellFull));
            }
            Id::CopyOut => {
                if let Some(pane) = self.panes.get_mut(self.active) {
                    pane.copy(&mut Context { shared: &mut self.shared, out });
                }
            }
            Id::Quit if self.live() > 0 => self.quit(out),
            Id::Quit => out.effects.push(Effect::Quit),
            Id::Help => {
                self.load_panes(out);
                out.open.push(Box::new(Help::default()));
            }
            Id::Palette => {
                self.load_panes(out);
                out.open.push(Box::new(Palette::new()));
            }
            Id::Messages => out.open.push(Box::new(History::default())),
            Id::Mouse => self.release_mouse(out),
            Id::Suspend => out.effects.push(Effect::Suspend),
            Id::Redraw => out.effects.push(Effect::Redraw),
            Id::Unlock if self.shared.start.vault == VaultState::Open => {
                Context { shared: &mut self.shared, out }.say("The vault is open.");
            }
            Id::Unlock => {
                let layer = VaultLayer::new(&self.shared);
                out.open.push(Box::new(layer));
            }
            _ => {}
        }
    }

    pub(super) fn go(&mut self, number: usize, out: &mut Out) {
        if number != self.active {
            self.enter(number);
            if let Some(pane) = self.panes.get_mut(number) {
                pane.entered(&self.shared);
            }
            out.effects.extend(self.active_loads());
        }
    }

    fn back(&mut self, out: &mut Out) -> bool {
        if self.shared.messages.put_away() {
            return true;
        }
        let Some(pane) = self.panes.get_mut(self.active) else { return false };
        pane.back(&mut Context { shared: &mut self.shared, out }) || self.list(Deed::Back, out)
    }

    fn live(&self) -> usize {
        self.panes.iter().map(|pane| pane.live()).sum()
    }

    fn quit(&mut self, out: &mut Out) {
        let (running, waiting) = self.shared.busy();
        let live = self.live();
        if running + waiting + live == 0 {
            out.effects.push(Effect::Quit);
            return;
        }
        out.open.push(Box::new(Confirm::quit(running, waiting, live)));
    }

    /// What is wrong with the person's keys stays on screen until it is put away.
    pub(super) fn tell_faults(&mut self) {
        let Some((first, more)) = self.shared.start.keymap.faults().split_first() else { return };
        let mut told = first.clone();
        if !more.is_empty() {
            let count = more.len();
            told.message.push_str(&format!(" And {count} more."));
            let remedy = told.remedy.get_or_insert_default();
            if !remedy.contains("`brokeforge keys`") {
                remedy.push_str(" `brokeforge keys` lists them all.");
            }
        }
        self.shared.messages.fail(&told, self.shared.now);
    }
}
