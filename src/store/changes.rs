//! Receivers of changes: each follows all, one server or one site, and is told what it lost.

use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::{self, error::RecvError, error::TryRecvError};

use crate::domain::{Change, ServerId, SiteId};

/// Which changes a receiver follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scope {
    /// Every change.
    All,
    /// Those of one server.
    Server(ServerId),
    /// Those of one site.
    Site(SiteId),
}

impl Scope {
    fn covers(self, change: &Change) -> bool {
        match self {
            Self::All => true,
            Self::Server(server) => change.server == Some(server),
            Self::Site(site) => change.site == Some(site),
        }
    }
}

/// What a receiver of changes gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A record changed.
    Change(Change),
    /// This many changes were lost, of whatever scope; reload what is shown.
    Lost(u64),
}

/// A receiver of changes.
#[derive(Debug)]
pub struct Changes {
    receiver: broadcast::Receiver<Change>,
    scope: Scope,
}

impl Changes {
    pub(super) fn new(receiver: broadcast::Receiver<Change>, scope: Scope) -> Self {
        Self { receiver, scope }
    }

    /// The next notice; `None` when the store is gone. Safe to drop half-way (cancel-safe).
    pub async fn next(&mut self) -> Option<Notice> {
        loop {
            match self.receiver.recv().await {
                Ok(change) if self.scope.covers(&change) => return Some(Notice::Change(change)),
                Ok(_) => {}
                Err(RecvError::Lagged(count)) => return Some(Notice::Lost(count)),
                Err(RecvError::Closed) => return None,
            }
        }
    }

    /// A notice that is there already.
    pub fn try_next(&mut self) -> Option<Notice> {
        loop {
            match self.receiver.try_recv() {
                Ok(change) if self.scope.covers(&change) => return Some(Notice::Change(change)),
                Ok(_) => {}
                Err(TryRecvError::Lagged(count)) => return Some(Notice::Lost(count)),
                Err(TryRecvError::Empty | TryRecvError::Closed) => return None,
            }
        }
    }
}
