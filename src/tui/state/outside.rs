//! What comes from outside: changes, loaded records, answers.

use super::State;
use crate::domain::{Failure, FailureKind, Operation, Outcome};
use crate::fleet::{Handed, Notice, VaultState};
use crate::tui::caution;
use crate::tui::effect::{Act, Answer, Data, Done, Effect, Load, Ticket};
use crate::tui::layer::{ask::Ask, vault::VaultLayer};
use crate::tui::pane::operations::title;
use crate::tui::shared::{Context, Out, Shared};

impl State {
    pub(super) fn notice(&mut self, notice: Notice, out: &mut Out) {
        let loads = match notice {
            Notice::Change(change) => {
                let mut loads = Shared::changed(&change);
                let panes = self.panes.iter();
                loads.extend(panes.flat_map(|pane| pane.changed(&change, &self.shared)));
                loads
            }
            Notice::Lost(count) => {
                self.shared.lost += count;
                self.everything()
            }
            Notice::Unlocked => {
                self.unlocked(out);
                Vec::new()
            }
            Notice::Handed(handed) => {
                self.handed(handed, out);
                self.everything()
            }
        };
        out.effects.extend(loads.into_iter().map(Effect::Load));
    }

    fn unlocked(&mut self, out: &mut Out) {
        self.shared.start.vault = VaultState::Open;
        for index in (0..self.layers.len()).rev() {
            let Some(opened) = self.layers.get_mut(index) else { continue };
            let turn = opened.layer.unlocked(&mut Context { shared: &mut self.shared, out });
            self.turn(index, turn, out);
        }
    }

    /// All that is shown.
    fn everything(&self) -> Vec<Load> {
        let panes = self.panes.iter().flat_map(|pane| pane.loads(&self.shared));
        [Load::Servers, Load::Operations].into_iter().chain(panes).collect()
    }

    /// Another process has the store now, perhaps this one: its vault may be locked, and what the
    /// one before had under way waits to be taken up.
    fn handed(&mut self, handed: Handed, out: &mut Out) {
        let Handed { vault, wants_passphrase, .. } = handed;
        self.shared.start.vault = vault;
        self.shared.start.wants_passphrase = wants_passphrase;
        let mut cx = Context { shared: &mut self.shared, out };
        cx.refuse(handed.sentence());
        self.begin(out);
    }

    pub(super) fn loaded(&mut self, result: Result<Data, Failure>, out: &mut Out) {
        match result {
            Ok(mut data) => {
                self.tell_end(&data);
                if let Data::Operation(_, Some(operation)) = &data {
                    self.ask_back(operation, out);
                }
                self.shared.loaded(&mut data);
                for pane in &mut self.panes {
                    pane.loaded(&data, &mut Context { shared: &mut self.shared, out });
                }
            }
            Err(failure) => self.shared.messages.fail(&failure, self.shared.now),
        }
    }

    /// An operation that was under way and is over says so, wherever one looks.
    fn tell_end(&mut self, data: &Data) {
        let Data::Operation(id, Some(operation)) = data else { return };
        let under_way = self.shared.operation(*id).is_some_and(|known| !known.outcome.is_end());
        // what is inside another one is told by that
        if !under_way || !operation.outcome.is_end() || operation.parent.is_some() {
            return;
        }
        let what = title(operation, &self.shared);
        let undo = match caution::can_be_undone(operation, &self.shared) {
            true => format!(" {} undoes it.", self.shared.key("rule-undo")),
            false => String::new(),
        };
        let (messages, now) = (&mut self.shared.messages, self.shared.now);
        match (&operation.error, operation.outcome) {
            (Some(_), Outcome::Cancelled) => messages.warn(format!("Cancelled: {what}."), now),
            (Some(failure), _) => messages.fail(failure, now),
            (None, Outcome::Done) => messages.say(format!("Done: {what}.{undo}"), now),
            (None, outcome) => messages.warn(format!("{what}: {outcome}."), now),
        }
        messages.is_of(*id);
    }

    /// What an operation that was begun here asks is asked here, unless something else is being
    /// asked; it can be answered later by repeating the operation.
    fn ask_back(&mut self, operation: &Operation, out: &mut Out) {
        if !self.shared.own.contains(&operation.id) || !operation.outcome.is_end() {
            return;
        }
        self.shared.own.retain(|own| *own != operation.id);
        if self.layers.is_empty() && out.open.is_empty() {
            out.open.extend(Ask::of(operation, &self.shared).map(|ask| Box::new(ask) as _));
        }
    }

    pub(super) fn answer(&mut self, ticket: Ticket, answer: &Answer, out: &mut Out) {
        self.vault_news(answer, out);
        if let Ok(Done::Started(started)) = answer {
            self.shared.own.push(started.operation);
        }
        if self.undo_answer(ticket, answer, out) {
            return;
        }
        if self.deliver(ticket, answer, out) {
            return;
        }
        let cx = &mut Context { shared: &mut self.shared, out };
        match answer {
            Ok(Done::Recovered(1)) => cx.say("Took up one unfinished operation."),
            Ok(Done::Recovered(count @ 2..)) => {
                cx.say(format!("Took up {count} unfinished operations."));
            }
            Ok(_) => {}
            Err(failure) => cx.shared.messages.fail(failure, cx.shared.now),
        }
    }

    /// Gives an answer to whoever waits for it; answers whether somebody did.
    pub(super) fn deliver(&mut self, ticket: Ticket, answer: &Answer, out: &mut Out) -> bool {
        for index in (0..self.layers.len()).rev() {
            let Some(opened) = self.layers.get_mut(index) else { continue };
            let mut cx = Context { shared: &mut self.shared, out };
            if let Some(turn) = opened.layer.answer(ticket, answer, &mut cx) {
                self.turn(index, turn, out);
                return true;
            }
        }
        let followed = self.follows.take_if(|waiting| *waiting == ticket).is_some();
        if let (true, Ok(Done::Started(started))) = (followed, answer) {
            out.show = Some(started.operation);
            return true;
        }
        let mut cx = Context { shared: &mut self.shared, out };
        self.panes.iter_mut().any(|pane| pane.answer(ticket, answer, &mut cx))
            || self.shared.batch_answer(ticket, answer)
    }

    /// An open vault lets unfinished operations go on; what needs it and finds it locked opens the
    /// way to unlock it.
    fn vault_news(&mut self, answer: &Answer, out: &mut Out) {
        if matches!(answer, Ok(Done::Unlocked)) {
            self.shared.start.vault = VaultState::Open;
            if !self.shared.start.read_only {
                Context { shared: &mut self.shared, out }.act(Act::Recover);
            }
        }
        let locked = matches!(answer, Err(failure) if failure.kind == FailureKind::VaultLocked);
        if !locked {
            return;
        }
        if self.shared.start.vault == VaultState::Open {
            self.shared.start.vault = VaultState::Locked;
        }
        if !self.layers.iter().any(|opened| opened.layer.is_vault()) {
            out.open.push(Box::new(VaultLayer::new(&self.shared)));
        }
    }
}
