//! Changes as a face follows them, here or over the socket, also past the end of a holder.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::door::Side;
use super::socket::{Ask, Holder, Line, frame};
use super::{Fleet, Local, VaultState};
use crate::domain::Change;
use crate::store::{self, Scope};

/// What a receiver of changes gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Notice {
    /// A record changed.
    Change(Change),
    /// This many changes were lost, of whatever scope; reload what is shown.
    Lost(u64),
    /// The vault was opened, by whichever process.
    Unlocked,
    /// The process that had the store open ended and another has it now. Reload what is shown: what
    /// changed in between was not told.
    Handed(Handed),
}

/// Who has the store now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handed {
    /// Whether it is this process.
    pub here: bool,
    /// The vault, there.
    pub vault: VaultState,
    /// Whether it opens by a passphrase.
    pub wants_passphrase: bool,
}

impl Handed {
    /// It for people.
    pub fn sentence(&self) -> &'static str {
        match self.here {
            true => "The brokeforge that had the store open ended; this one took over.",
            false => "The brokeforge that had the store open ended; another one took over.",
        }
    }
}

/// What is told where the store is open: its changes, and that the vault was opened.
#[derive(Debug)]
pub(super) struct Told {
    changes: store::Changes,
    opened: watch::Receiver<bool>,
}

impl Told {
    /// The next notice; `None` when the store is gone. Safe to drop half-way (cancel-safe).
    pub async fn next(&mut self) -> Option<Notice> {
        tokio::select! {
            biased;
            notice = self.changes.next() => notice.map(Notice::from),
            Ok(()) = self.opened.changed() => Some(Notice::Unlocked),
        }
    }
}

impl Local {
    pub(super) fn told(&self, scope: Scope) -> Told {
        Told { changes: self.store().subscribe(scope), opened: self.inner.opened.subscribe() }
    }
}

impl From<store::Notice> for Notice {
    fn from(notice: store::Notice) -> Self {
        match notice {
            store::Notice::Change(change) => Self::Change(change),
            store::Notice::Lost(count) => Self::Lost(count),
        }
    }
}

/// A receiver of changes.
#[derive(Debug)]
pub struct Changes {
    scope: Scope,
    source: Source,
}

#[derive(Debug)]
enum Source {
    Here(Told),
    There(Fleet, Arc<Holder>, Line),
    /// Nothing more comes from this one.
    Ended(Fleet, Arc<Holder>),
}

impl Changes {
    pub(super) fn new(fleet: &Fleet, scope: Scope) -> Self {
        Self { scope, source: source(fleet, scope) }
    }

    /// The next notice; `None` when the store is gone, or its holder does not answer
    /// ([`Fleet::ended`] says why). Safe to drop half-way (cancel-safe).
    pub async fn next(&mut self) -> Option<Notice> {
        loop {
            match &mut self.source {
                Source::Here(told) => return told.next().await,
                Source::There(fleet, holder, line) => match line.next().await {
                    Some(frame) => {
                        if let Ok(notice) = frame::read(&frame) {
                            return Some(notice);
                        }
                    }
                    None => self.source = Source::Ended(fleet.clone(), holder.clone()),
                },
                Source::Ended(fleet, holder) => {
                    let fleet = fleet.clone();
                    let here = matches!(fleet.change_over(holder).await.ok()?, Side::Here(_));
                    self.source = source(&fleet, self.scope);
                    if !matches!(self.source, Source::Ended(..)) {
                        return Some(Notice::Handed(Handed {
                            here,
                            vault: fleet.vault_state(),
                            wants_passphrase: fleet.vault_wants_passphrase(),
                        }));
                    }
                }
            }
        }
    }
}

fn source(fleet: &Fleet, scope: Scope) -> Source {
    match fleet.side() {
        Side::Here(local) => Source::Here(local.told(scope)),
        Side::There(holder) => match fleet.open_line(&holder, &Ask::Subscribe(scope)) {
            Ok((line, _)) => Source::There(fleet.clone(), holder, line),
            Err(_) => Source::Ended(fleet.clone(), holder),
        },
    }
}
