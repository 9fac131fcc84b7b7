//! The question before a change, as its level wants it. Scripts answer beforehand: `--yes` for what
//! a yes is enough for, `--confirm NAME` for servers tagged `production`.

use super::{Context, Halt};
use crate::domain::{
    Deed, Failure, Level, Server,
    caution::{PRODUCTION, Stake, level, word},
    server::argument,
};

/// What is about to be done.
pub(super) struct Question<'a> {
    /// What it does.
    pub deed: Deed,
    /// The servers that it is for.
    pub servers: &'a [&'a Server],
    /// What hangs on it.
    pub hanging: &'a [String],
    /// The question.
    pub text: String,
}

impl Context {
    /// Asks before a change. Without a terminal nobody is asked, and only `production` stands in
    /// the way.
    pub(super) fn ask_before(&mut self, question: &Question<'_>) -> Result<(), Halt> {
        self.fleet.may_change()?;
        let Question { deed, servers, hanging, text } = question;
        let named = |server: &&&Server| self.face.confirmed.contains(&server.name);
        let held: Vec<&str> = servers
            .iter()
            .filter(|server| server.is_production() && !named(server))
            .map(|server| server.name.as_str())
            .collect();
        // what is named on the command line is asked for as if it were alone
        let stake =
            Stake { deed: *deed, things: 1, hanging: hanging.len(), production: !held.is_empty() };
        let level = level(stake);
        let answered = held.is_empty() && (self.face.yes || servers.iter().any(|s| named(&s)));
        if level == Level::None || answered || (held.is_empty() && !self.face.can_ask) {
            return Ok(());
        }
        if !self.face.can_ask {
            let words: Vec<String> =
                held.iter().map(|name| format!("--confirm {}", argument(name))).collect();
            return Err(Failure::input(format!(
                "{} tagged “{PRODUCTION}”: every change there needs the name.",
                are(&held)
            ))
            .remedy(format!("If that is meant, give {}.", words.join(" ")))
            .into());
        }
        for one in *hanging {
            self.face.note(&format!("goes with it: {one}"));
        }
        self.face.note(deed.way_back());
        let yes = match level {
            Level::Typed => {
                let asked: Vec<&str> = match held.is_empty() {
                    true => servers.iter().map(|server| server.name.as_str()).collect(),
                    false => held.clone(),
                };
                if !held.is_empty() {
                    self.face.note(&format!("{} tagged “{PRODUCTION}”.", are(&held)));
                }
                let word = word(asked.into_iter());
                self.face.ask_typed(&format!("{text} Type {word} to go on: "))? == word
            }
            _ => self.face.ask(text)?,
        };
        match yes {
            true => Ok(()),
            false if level == Level::Typed => {
                Err(Failure::input("Not done: what was typed is not what was asked for.").into())
            }
            false => Err(Failure::input("Not done: the answer was no.").into()),
        }
    }
}

fn are(names: &[&str]) -> String {
    let listed: Vec<String> = names.iter().map(|name| format!("“{name}”")).collect();
    format!("{} {}", listed.join(", "), if names.len() == 1 { "is" } else { "are" })
}
