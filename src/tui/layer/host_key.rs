//! The host key ceremony: the fingerprint is shown, and only a deliberate yes accepts it.

use crossterm::event::{KeyCode, KeyEvent};

use super::{Layer, Turn};
use crate::domain::{Failure, HostKey, Level, Server, ServerId, server::address};
use crate::tui::effect::{Act, Answer, Done, Ticket};
use crate::tui::shared::Context;

/// What the ceremony is at.
#[derive(Debug)]
pub enum Stage {
    /// The host is asked for its key.
    Reaching(Ticket),
    /// The person looks at it.
    Shown(HostKey),
    /// It is being trusted.
    Trusting(HostKey, Ticket),
    /// It did not come about.
    Failed(Failure),
}

/// The ceremony.
#[derive(Debug)]
pub struct HostKeyLayer {
    /// Whose key.
    pub place: String,
    /// The keys it was known by until now; empty for a new server.
    pub known: Vec<HostKey>,
    /// What it is at.
    pub stage: Stage,
    /// Whether the focus is on accepting.
    pub accept: bool,
    server: Option<ServerId>,
}

impl HostKeyLayer {
    /// Judges the key of a host that is being added; the layer below is told.
    pub fn judge(key: HostKey, place: String) -> Self {
        Self { place, known: Vec::new(), stage: Stage::Shown(key), accept: false, server: None }
    }

    /// Asks a known server for its present key, to trust it from now on.
    pub fn trust(server: &Server, cx: &mut Context<'_>) -> Self {
        let ask = Act::OfferedHostKey { host: server.host.clone(), port: server.port.to_string() };
        Self {
            place: format!("{} ({})", server.name, address(&server.host, server.port)),
            known: server.host_keys.iter().filter(|key| !key.revoked).cloned().collect(),
            stage: Stage::Reaching(cx.act(ask)),
            accept: false,
            server: Some(server.id),
        }
    }

    /// Whether the shown key is one it is known by.
    pub fn is_known(&self, key: &HostKey) -> bool {
        self.known.iter().any(|known| known.fingerprint == key.fingerprint)
    }

    fn decide(&mut self, yes: bool, cx: &mut Context<'_>) -> Turn {
        let Stage::Shown(key) = &self.stage else {
            return if yes { Turn::Stay } else { Turn::Close };
        };
        match (self.server, yes) {
            (None, _) => Turn::Answer(yes),
            (Some(_), false) => Turn::Close,
            (Some(_), true) if self.is_known(key) => Turn::Close,
            (Some(server), true) => {
                cx.sure(Level::YesNo);
                let ticket = cx.act(Act::Trust(server, key.fingerprint.clone()));
                self.stage = Stage::Trusting(key.clone(), ticket);
                Turn::Stay
            }
        }
    }
}

impl Layer for HostKeyLayer {
    fn key(&mut self, key: KeyEvent, cx: &mut Context<'_>) -> Turn {
        match key.code {
            KeyCode::Char('y' | 'Y') => self.decide(true, cx),
            KeyCode::Char('n' | 'N' | 'q') | KeyCode::Esc => self.decide(false, cx),
            KeyCode::Enter => self.decide(self.accept, cx),
            KeyCode::Left | KeyCode::Right | KeyCode::Tab | KeyCode::BackTab => {
                self.accept = !self.accept;
                Turn::Stay
            }
            _ => Turn::Stay,
        }
    }

    fn row(&mut self, number: usize, cx: &mut Context<'_>) -> Turn {
        self.decide(number == 1, cx)
    }

    fn answer(&mut self, ticket: Ticket, answer: &Answer, cx: &mut Context<'_>) -> Option<Turn> {
        let (Stage::Reaching(waiting) | Stage::Trusting(_, waiting)) = self.stage else {
            return None;
        };
        if waiting != ticket {
            return None;
        }
        match answer {
            Ok(Done::HostKey(key)) => self.stage = Stage::Shown(key.clone()),
            Ok(_) => {
                cx.say("The new host key is trusted; older ones are refused from now on.");
                return Some(Turn::Close);
            }
            Err(failure) => self.stage = Stage::Failed(failure.clone()),
        }
        Some(Turn::Stay)
    }

    fn guarded(&self) -> bool {
        true
    }
}
