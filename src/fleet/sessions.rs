//! Interactive sessions on servers. They are no operations: they take no turn and no lock, and
//! nothing of them is recorded.

use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::door::Side;
use super::operations::check_command;
use super::socket::{Ask, Cut, Line, frame};
use super::vault::wants_passphrase;
use super::{Fleet, Local, OurKey, Result, VaultState};
use crate::domain::{Failure, FailureKind, Server, ServerId};
use crate::packages::shell;
use crate::ssh::SessionRun;

pub use crate::domain::session::{SessionInput, SessionOutput, Size, Terminal};
pub use crate::ssh::Session;

/// Pieces that wait on either side of a session that another process carries.
const WAITING: usize = 64;

/// What a session is to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRequest {
    /// Where; as the server's login user.
    pub server: ServerId,
    /// An argument vector, quoted by us; `None` is the login shell.
    pub command: Option<Vec<String>>,
    /// The terminal it is shown in; `None` asks for none.
    pub terminal: Option<Terminal>,
    /// Whether its output may stand unread for long: it then gets a connection of its own, and
    /// nothing else waits for its reader.
    pub apart: bool,
}

impl Fleet {
    /// Opens a session over the connection of the login user's credential; a further connection
    /// is made where that one has no room. Dropping the session closes it.
    ///
    /// # Errors
    /// When the host cannot be reached, shows another key, does not let us in, or refuses the
    /// terminal or the shell; when the vault is locked and our key is needed.
    pub async fn open_session(&self, request: SessionRequest) -> Result<Session> {
        self.may_change()?;
        loop {
            let holder = match self.side() {
                Side::Here(local) => return local.open_session(request).await,
                Side::There(holder) => holder,
            };
            let cut = match holder.open(Ask::Session(request.clone())).await {
                Ok((mut line, _)) => match line.next().await {
                    Some(frame) => {
                        frame::read::<Result<()>>(&frame).unwrap_or(Ok(()))?;
                        return Ok(carried(line));
                    }
                    None => Cut::Unknown,
                },
                Err(cut) => cut,
            };
            // a command that may have begun is not begun twice
            self.mend(&holder, cut, true).await?;
        }
    }
}

/// A session whose connection another process has.
fn carried(line: Line) -> Session {
    let (input, mut typed) = mpsc::channel::<SessionInput>(WAITING);
    let (said, output) = mpsc::channel(WAITING);
    let Line { mut from, mut to } = line;
    let over = CancellationToken::new();
    let ended = over.clone().drop_guard();
    tokio::spawn(over.clone().run_until_cancelled_owned(async move {
        while let Some(input) = typed.recv().await {
            let Ok(frame) = frame::frame(&input) else { continue };
            if to.write_all(&frame).await.is_err() {
                break;
            }
        }
        // the end of this half would end the session there
        over.cancelled().await;
    }));
    tokio::spawn(async move {
        let _ended = ended;
        loop {
            let frame = tokio::select! {
                frame = from.next() => frame,
                () = said.closed() => return,
            };
            let output = match frame {
                Ok(Some(frame)) => frame::read::<SessionOutput>(&frame).ok(),
                _ => None,
            };
            let output = output.unwrap_or_else(|| {
                SessionOutput::Lost(
                    Failure::new(
                        FailureKind::Interrupted,
                        "The brokeforge that had the session's connection ended.",
                    )
                    .remedy("A shell there has ended; what runs in tmux or screen goes on."),
                )
            });
            let last = matches!(output, SessionOutput::End { .. } | SessionOutput::Lost(_));
            if said.send(output).await.is_err() || last {
                return;
            }
        }
    });
    Session { input, output }
}

impl Local {
    pub(super) async fn open_session(&self, request: SessionRequest) -> Result<Session> {
        let SessionRequest { server, command, terminal, apart } = request;
        let server = self.server(server)?;
        let command = match command {
            Some(argv) => {
                check_command(&argv)?;
                Some(shell::words(&argv).map_err(|e| Failure::input(format!("Refused: {e}.")))?)
            }
            None => None,
        };
        // A process that has just taken the store over may still be about to do so.
        if self.vault_state() == VaultState::Locked && !wants_passphrase(self.paths()) {
            self.unlock(None).await?;
        }
        let run = SessionRun { command, terminal, apart };
        match self.open_by(&server, run.clone(), false).await {
            // a server whose adding failed half-way may know our key, and not the first login
            Err(failure)
                if failure.kind == FailureKind::NotLoggedIn
                    && self.has_unproved_key(&server)? =>
            {
                self.open_by(&server, run, true).await.map_err(|ours| match ours.kind {
                    FailureKind::VaultLocked => ours,
                    _ => failure,
                })
            }
            opened => opened,
        }
    }

    async fn open_by(&self, server: &Server, run: SessionRun, unproved: bool) -> Result<Session> {
        let target = self.inner.operations.target(server, &server.user, unproved)?;
        Ok(self.rooms().connections.open_session(&target, run).await?)
    }

    fn has_unproved_key(&self, server: &Server) -> Result<bool> {
        let unproved = |key: &OurKey| key.user == server.user && !key.proved;
        Ok(self.our_keys(server.id)?.iter().any(unproved))
    }
}
