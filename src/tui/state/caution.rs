//! Acts that want more of a question than was asked are held back until the answer; and undo, which
//! is looked at before it is done.

use super::State;
use crate::domain::{Failure, FailureKind, Level};
use crate::tui::caution::{self, detail};
use crate::tui::effect::{Act, Answer, Done, Effect, Plan, Ticket};
use crate::tui::layer::confirm::Confirm;
use crate::tui::list::names;
use crate::tui::shared::{Context, Out};

impl State {
    /// Holds back acts about which too little was asked, and asks. Whoever issued them asks nothing
    /// by himself and waits for the answer as ever.
    pub(super) fn hold(&mut self, out: &mut Out) {
        let declined = std::mem::take(&mut out.declined);
        self.decline(&declined, out);
        let acts = out.effects.iter().filter_map(|effect| match effect {
            Effect::Act(_, act) => Some(act),
            _ => None,
        });
        let Some(asked) =
            caution::asked(acts, 0, &self.shared).filter(|asked| asked.level > out.sure)
        else {
            return;
        };
        let mut held: Vec<(Ticket, Act)> = Vec::new();
        let mut rest = Vec::new();
        for effect in std::mem::take(&mut out.effects) {
            match effect {
                Effect::Act(ticket, act)
                    if caution::asked([&act].into_iter(), 0, &self.shared).is_some() =>
                {
                    held.push((ticket, act));
                }
                other => rest.push(other),
            }
        }
        out.effects = rest;
        let mut lines: Vec<String> = held.iter().filter_map(|(_, act)| detail(act)).collect();
        lines.dedup();
        lines.truncate(6);
        let who = match asked.servers.as_slice() {
            [] => "the fleet".to_owned(),
            [name] => name.clone(),
            several => {
                lines.push(names(several.iter().map(String::as_str)));
                format!("{} servers", several.len())
            }
        };
        let title = format!("{} {who}?", asked.deed.asks());
        out.open.push(Box::new(Confirm::held(title, lines, held)));
    }

    /// Tells those who wait for acts that were held back that these are not done.
    fn decline(&mut self, tickets: &[Ticket], out: &mut Out) {
        let why = Failure::new(FailureKind::Cancelled, "Not done: it was not confirmed.");
        for ticket in tickets {
            self.deliver(*ticket, &Err(why.clone()), out);
        }
    }

    /// Takes the answer to the question what would take a change back.
    pub(super) fn undo_answer(&mut self, ticket: Ticket, answer: &Answer, out: &mut Out) -> bool {
        if self.shared.undoing.take_if(|waiting| *waiting == ticket).is_none() {
            return false;
        }
        let mut cx = Context { shared: &mut self.shared, out };
        match answer {
            Ok(Done::Undo(undo)) => {
                let at = cx.shared.clock(undo.at);
                let lines = vec![format!("{} ({at})", undo.was), undo.will.clone()];
                let mut confirm =
                    Confirm::new("Undo this?".to_owned(), lines, Act::Undo(undo.clone()));
                if let Some(preview) = Plan::of(undo) {
                    confirm = confirm.with_preview(preview);
                }
                let will = undo.will.clone();
                let at_once = confirm.level(cx.shared) == Level::None;
                cx.ask(confirm);
                if at_once {
                    cx.say(format!("Undoing “{}”: {will}", undo.was));
                }
            }
            Ok(_) => {}
            Err(failure) => cx.refuse(failure.message.clone()),
        }
        true
    }
}
