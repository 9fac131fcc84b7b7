//! Removing servers: forget them or clean up first, and the name typed; of several, how many.

use std::collections::HashMap;

use crossterm::event::{KeyCode, KeyEvent};

use super::fields::{Field, Fields, Reaction, Value};
use super::{Layer, Turn};
use crate::domain::{Failure, Level, Server, caution};
use crate::tui::effect::{Act, Answer, Done, Ticket};
use crate::tui::list::Each;
use crate::tui::shared::Context;

const WAYS: &[&str] = &["clean up first", "forget only"];

/// The question.
#[derive(Debug)]
pub struct Remove {
    /// The servers.
    pub servers: Vec<Server>,
    /// How, and the word typed.
    pub fields: Fields,
    /// What goes with them, once all is known.
    pub dependants: Option<Vec<String>>,
    /// Why it was not done.
    pub failure: Option<Failure>,
    waiting: HashMap<Ticket, String>,
    found: Vec<String>,
    sending: Option<Ticket>,
}

impl Remove {
    /// Asks about servers.
    pub fn new(servers: Vec<Server>, cx: &mut Context<'_>) -> Self {
        let (title, help) = match servers.len() {
            1 => ("its name", "Type the server's name to go on; up and space change how."),
            _ => ("how many", "Type how many servers these are to go on; up and space change how."),
        };
        let all = vec![
            Field::new(
                "way",
                "how",
                "Clean up removes what goes with it from the host, data behind a dump, then our key; \
                 its firewall stays. Forget leaves all of it there.",
                Value::choice(WAYS.iter().copied(), 0),
            ),
            Field::text("name", title, help, ""),
        ];
        let ask = |server: &Server| (cx.act(Act::Dependants(server.id)), server.name.clone());
        let waiting = servers.iter().map(ask).collect();
        Self {
            servers,
            fields: Fields { all, focus: 1 },
            dependants: None,
            failure: None,
            waiting,
            found: Vec::new(),
            sending: None,
        }
    }

    /// What is to be typed.
    pub fn word(&self) -> String {
        caution::word(self.servers.iter().map(|server| server.name.as_str()))
    }

    /// Whether it is typed.
    pub fn is_typed(&self) -> bool {
        self.fields.text("name").trim() == self.word()
    }

    fn send(&mut self, cx: &mut Context<'_>) -> Turn {
        cx.sure(Level::Typed);
        let clean_up = self.fields.choice("way") == 0;
        let act = |server: &Server| Act::RemoveServer { server: server.id, clean_up };
        if let [server] = self.servers.as_slice() {
            self.sending = Some(cx.act(act(server)));
            return Turn::Stay;
        }
        let acts = self.servers.iter().map(|server| (server.name.clone(), act(server))).collect();
        let verb = if clean_up { "being cleaned up, then forgotten" } else { "forgotten" };
        cx.each(verb, Each { acts, refused: Vec::new() });
        Turn::Close
    }

    fn sent(&mut self, answer: &Answer, cx: &mut Context<'_>) -> Turn {
        let name = self.word();
        match answer {
            Ok(Done::Started(_)) => {
                cx.say(format!("{name} is being cleaned up, then forgotten."));
                Turn::Close
            }
            Ok(_) => {
                cx.say(format!("{name} is forgotten; its host is as it was."));
                Turn::Close
            }
            Err(failure) => {
                self.failure = Some(failure.clone());
                Turn::Stay
            }
        }
    }
}

impl Layer for Remove {
    fn key(&mut self, key: KeyEvent, cx: &mut Context<'_>) -> Turn {
        if key.code == KeyCode::Esc {
            return Turn::Close;
        }
        let submit = self.fields.key(key) == Reaction::Submit;
        if submit && self.is_typed() && self.sending.is_none() {
            return self.send(cx);
        } else if submit {
            self.fields.focus_on("name");
        }
        Turn::Stay
    }

    fn row(&mut self, number: usize, _: &mut Context<'_>) -> Turn {
        self.fields.click(number);
        Turn::Stay
    }

    fn paste(&mut self, _: &str, _: &mut Context<'_>) {
        // A name that is typed to confirm is not pasted.
    }

    fn answer(&mut self, ticket: Ticket, answer: &Answer, cx: &mut Context<'_>) -> Option<Turn> {
        if self.sending.take_if(|sending| *sending == ticket).is_some() {
            return Some(self.sent(answer, cx));
        }
        let name = self.waiting.remove(&ticket)?;
        match answer {
            Ok(Done::Names(names)) if self.servers.len() == 1 => self.found.clone_from(names),
            Ok(Done::Names(names)) => {
                self.found.extend(names.iter().map(|what| format!("{name}: {what}")));
            }
            Ok(_) => {}
            Err(failure) => self.failure = Some(failure.clone()),
        }
        if self.waiting.is_empty() && self.failure.is_none() {
            self.found.sort();
            self.dependants = Some(std::mem::take(&mut self.found));
        }
        Some(Turn::Stay)
    }

    fn guarded(&self) -> bool {
        true
    }
}
