//! What was said to the person: toasts that fade, errors that stay, and all of it to read again.

use std::collections::VecDeque;
use std::time::Duration;

use super::moment::Moment;
use crate::domain::{Failure, OperationId, Time};

const FADES_AFTER: Duration = Duration::from_secs(4);
const KEPT: usize = 200;
/// More than this are not on screen at a time; errors stay all the same.
const SHOWN: usize = 4;

/// How a message is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// It went well.
    Good,
    /// It was not done, and why.
    Warn,
    /// It failed.
    Bad,
}

/// Something that was said.
#[derive(Debug, Clone)]
pub struct Message {
    /// Counts from 1.
    pub number: u64,
    /// How it is meant.
    pub level: Level,
    /// The sentence.
    pub text: String,
    /// What to try.
    pub remedy: Option<String>,
    /// The operation that it is about.
    pub operation: Option<OperationId>,
    /// When it was said.
    pub at: Time,
    /// When it fades; errors stay until they are put away.
    until: Option<Duration>,
}

/// Everything that was said.
#[derive(Debug, Default)]
pub struct Messages {
    toasts: Vec<Message>,
    history: VecDeque<Message>,
    said: u64,
}

impl Messages {
    /// Something went well.
    pub fn say(&mut self, text: String, now: Moment) {
        self.push(Level::Good, text, None, now);
    }

    /// Something was not done.
    pub fn warn(&mut self, text: String, now: Moment) {
        self.push(Level::Warn, text, None, now);
    }

    /// Something failed.
    pub fn fail(&mut self, failure: &Failure, now: Moment) {
        let place = failure.host.as_deref().filter(|host| !failure.message.contains(*host));
        let text = match place {
            Some(host) => format!("{host}: {}", failure.message),
            None => failure.message.clone(),
        };
        self.push(Level::Bad, text, failure.remedy.clone(), now);
    }

    fn push(&mut self, level: Level, text: String, remedy: Option<String>, now: Moment) {
        let until = (level != Level::Bad).then(|| now.since + FADES_AFTER);
        self.said += 1;
        let (number, operation, at) = (self.said, None, now.time);
        let message = Message { number, level, text, remedy, operation, at, until };
        // The same said again replaces itself: a held key must not fill the screen.
        self.toasts.retain(|toast| toast.text != message.text);
        self.toasts.push(message.clone());
        // What fades goes first: an error is only put away by the person.
        while self.toasts.len() > SHOWN {
            let fades = self.toasts.iter().position(|toast| toast.level != Level::Bad);
            match fades {
                Some(at) => drop(self.toasts.remove(at)),
                None if self.toasts.len() > KEPT => drop(self.toasts.remove(0)),
                None => break,
            }
        }
        self.history.push_front(message);
        self.history.truncate(KEPT);
    }

    /// What was said last is about an operation; what was said of it before makes room, but for
    /// errors.
    pub fn is_of(&mut self, operation: OperationId) {
        let last = self.history.front_mut().into_iter().chain(self.toasts.last_mut());
        last.for_each(|message| message.operation = Some(operation));
        let (last, about) = (self.said, Some(operation));
        self.toasts.retain(|toast| {
            toast.operation != about || toast.number == last || toast.level == Level::Bad
        });
    }

    /// How many old ones are not kept.
    pub fn dropped(&self) -> u64 {
        self.said - self.history.len() as u64
    }

    /// What is on screen, oldest first.
    pub fn toasts(&self) -> &[Message] {
        &self.toasts
    }

    /// Everything, newest first.
    pub fn history(&self) -> impl Iterator<Item = &Message> {
        self.history.iter()
    }

    /// Puts the errors away; answers whether there were any.
    pub fn put_away(&mut self) -> bool {
        let before = self.toasts.len();
        self.toasts.retain(|toast| toast.level != Level::Bad);
        before != self.toasts.len()
    }

    /// Lets go what has faded; answers whether anything did.
    pub fn fade(&mut self, now: Moment) -> bool {
        let before = self.toasts.len();
        self.toasts.retain(|toast| toast.until.is_none_or(|until| until > now.since));
        before != self.toasts.len()
    }

    /// When the next one fades.
    pub fn deadline(&self) -> Option<Duration> {
        self.toasts.iter().filter_map(|toast| toast.until).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_an_operation_replaces_what_was_said_before_but_for_errors() {
        let time: Time = "2026-03-04T15:00:00Z".parse().unwrap();
        let now = Moment { since: Duration::ZERO, time };
        let (one, two) = (OperationId::new(time, 1), OperationId::new(time, 2));
        let mut messages = Messages::default();
        messages.say("web-1 is being added.".into(), now);
        messages.is_of(one);
        messages.say("db-1 is being added.".into(), now);
        messages.is_of(two);
        messages.say("Done: add server web-1.".into(), now);
        messages.is_of(one);
        messages.fail(&Failure::internal("It failed."), now);
        messages.is_of(two);
        messages.say("Done after all.".into(), now);
        messages.is_of(two);
        let texts: Vec<_> = messages.toasts().iter().map(|toast| toast.text.as_str()).collect();
        assert_eq!(texts, ["Done: add server web-1.", "It failed.", "Done after all."]);
        assert_eq!(messages.history().count(), 5, "all of it is kept");
    }
}
