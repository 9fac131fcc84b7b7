//! One session as the screen knows it.

use crate::domain::{Failure, ServerId, Time};
use crate::tui::effect::SessionKey;
use crate::tui::emulator::Handle;
use crate::tui::list::Item;
use crate::tui::shared::Shared;
use crate::tui::style::Tone;

/// Where a session stands.
#[derive(Debug, Clone)]
pub enum Life {
    /// It is being opened.
    Opening,
    /// Its shell runs.
    Live,
    /// Its shell ended.
    Ended {
        /// How, as a sentence.
        how: String,
        /// When.
        at: Time,
    },
    /// It could not be opened, or its link was lost.
    Lost {
        /// Why.
        failure: Failure,
        /// When.
        at: Time,
    },
}

impl Life {
    /// Its sign, word and tone.
    pub fn shown(&self) -> (&'static str, &'static str, Tone) {
        match self {
            Self::Opening => ("▸", "opening", Tone::Busy),
            Self::Live => ("●", "live", Tone::Good),
            Self::Ended { .. } => ("○", "ended", Tone::Dim),
            Self::Lost { .. } => ("✗", "lost", Tone::Bad),
        }
    }
}

/// A session.
#[derive(Debug)]
pub struct Session {
    /// Names it.
    pub key: SessionKey,
    /// The server.
    pub server: ServerId,
    /// The server's name.
    pub host: String,
    /// Who is logged in.
    pub user: String,
    /// When it was opened.
    pub since: Time,
    /// Where it stands.
    pub life: Life,
    /// The title that the host gave it.
    pub title: Option<String>,
    /// Whether something came while nobody looked.
    pub unseen: bool,
    /// The number of its tab, from 1.
    pub number: usize,
    /// Its terminal.
    pub terminal: Handle,
}

impl Item for Session {
    type Id = SessionKey;

    fn id(&self) -> SessionKey {
        self.key
    }
}

impl Session {
    /// One that is being opened.
    pub fn new(key: SessionKey, server: ServerId, terminal: Handle, shared: &Shared) -> Self {
        let user = shared.server(server).map(|row| row.server.user.clone());
        Self {
            key,
            server,
            host: shared.server_name(server),
            user: user.unwrap_or_default(),
            since: shared.now.time,
            life: Life::Opening,
            title: None,
            unseen: false,
            number: 0,
            terminal,
        }
    }

    /// When the host last sent something.
    pub fn heard(&self) -> Option<Time> {
        self.terminal.heard()
    }
}
