//! What every command needs: the fleet, the streams, the open vault, the answers to warnings.

use super::{Face, Halt, passphrase, watch};
use crate::domain::{Failure, FailureKind, OperationId, Secret, ServerId};
use crate::fleet::{Consent, Fleet, Handed, Review, VaultState};

/// Why a command that has just taken over gives up.
const WAITS: &str = "The vault is locked here, so the operation cannot be taken up.";

/// What every command needs.
pub struct Context {
    /// The fleet.
    pub fleet: Fleet,
    /// Where to print.
    pub face: Face,
    passphrase_fd: Option<u32>,
    /// What opened the vault: it may have to be opened again, at another process.
    passphrase: Option<Secret>,
    /// Operations of an earlier process that were taken up and are not awaited yet.
    taken_up: Vec<OperationId>,
}

impl Context {
    /// With a locked vault and nothing taken up.
    pub fn new(fleet: Fleet, face: Face, passphrase_fd: Option<u32>) -> Self {
        Self { fleet, face, passphrase_fd, passphrase: None, taken_up: Vec::new() }
    }

    /// Opens the vault, making it where there is none and a passphrase is to be had.
    pub async fn unlock(&mut self) -> Result<(), Halt> {
        match self.fleet.vault_state() {
            VaultState::Open => return Ok(()),
            VaultState::Locked if !self.fleet.vault_wants_passphrase() => {
                return Ok(self.fleet.unlock(None).await?);
            }
            VaultState::Locked => {
                let known = match self.passphrase.clone() {
                    Some(known) => Some(known),
                    None => passphrase::given(self.passphrase_fd)?,
                };
                let passphrase = match known {
                    None if self.face.can_ask => {
                        Some(passphrase::ask("Passphrase of the vault: ")?)
                    }
                    known => known,
                };
                self.fleet.unlock(passphrase.clone()).await?;
                self.passphrase = passphrase;
            }
            VaultState::Absent => match self.new_passphrase()? {
                Some(passphrase) => {
                    self.fleet.vault_init(Some(passphrase.clone())).await?;
                    self.passphrase = Some(passphrase);
                    self.face.note("A vault was made with this passphrase.");
                }
                None => return Err(no_vault().into()),
            },
        }
        Ok(())
    }

    /// A passphrase for a new vault, from wherever one can be had.
    pub fn new_passphrase(&mut self) -> Result<Option<Secret>, Halt> {
        match passphrase::given(self.passphrase_fd)? {
            Some(given) => Ok(Some(given)),
            None if self.face.can_ask => {
                self.face.note(
                    "The vault keeps the keys to your servers. There is no way back from a \
                     forgotten passphrase.",
                );
                Ok(passphrase::ask_new()?)
            }
            None => Ok(None),
        }
    }

    /// Before a command that works on hosts: opens the vault, takes up what an earlier process
    /// left, and waits for what of that is on these servers.
    pub async fn ready(&mut self, servers: &[ServerId]) -> Result<(), Halt> {
        // before a passphrase is asked for
        self.fleet.may_change()?;
        for fault in self.fleet.faults() {
            let remedy = fault.remedy.map(|remedy| format!(" {remedy}")).unwrap_or_default();
            self.face.note(&format!("note: {}{remedy}", fault.message));
        }
        self.unlock().await?;
        self.take_up().await?;
        let on_these: Vec<OperationId> = self
            .taken_up
            .iter()
            .copied()
            .filter(|id| self.fleet.operation(*id).is_ok_and(|op| servers.contains(&op.server)))
            .collect();
        for id in on_these {
            watch::to_end(self, id).await?;
            self.taken_up.retain(|other| *other != id);
        }
        Ok(())
    }

    /// Before a command that changes records alone: the vault is needed only where something is
    /// unfinished.
    pub async fn ready_for_records(&mut self, server: ServerId) -> Result<(), Halt> {
        self.fleet.may_change()?;
        match self.fleet.unfinished()? {
            0 => Ok(()),
            _ => self.ready(&[server]).await,
        }
    }

    /// Takes up what an earlier process left, without waiting for it.
    pub async fn take_up(&mut self) -> Result<(), Halt> {
        let left = self.fleet.unfinished_operations()?;
        if left.is_empty() {
            return Ok(());
        }
        let count = self.fleet.recover().await?;
        self.face.note(&format!("Taking up {count} unfinished operation(s) of an earlier run."));
        self.taken_up = left.into_iter().map(|op| op.id).collect();
        Ok(())
    }

    /// While a command waits for operations and the store changed hands: says so, and takes up what
    /// the other process had under way.
    pub async fn handed(&mut self, handed: Handed) -> Result<(), Halt> {
        self.face.note(handed.sentence());
        match self.unlock().await {
            Ok(()) => {
                self.fleet.recover().await?;
                Ok(())
            }
            Err(Halt::Failure(failure)) if failure.kind == FailureKind::VaultLocked => {
                if handed.here {
                    return Err(Failure { message: WAITS.to_owned(), ..failure }
                        .remedy(
                            "What has begun on the host goes on there; the screen, or the next \
                             command that is given the passphrase, takes it up.",
                        )
                        .into());
                }
                // whoever has it may still be given the passphrase by somebody else
                self.face.note("Its vault is locked; the operation goes on once it is open.");
                Ok(())
            }
            Err(halt) => Err(halt),
        }
    }

    /// After a command that works on hosts: nothing that was taken up is left again.
    pub async fn finish(&mut self) -> Result<(), Halt> {
        for id in std::mem::take(&mut self.taken_up) {
            watch::to_end(self, id).await?;
        }
        Ok(())
    }

    /// For commands that change nothing: says how much is unfinished.
    pub fn mention_unfinished(&mut self) -> Result<(), Halt> {
        let count = self.fleet.unfinished()?;
        if count > 0 && self.fleet.is_read_only() {
            self.face.note(&format!(
                "{count} unfinished; a brokeforge that is not read-only takes them up."
            ));
        } else if count > 0 {
            self.face.note(&format!(
                "{count} unfinished; the screen or the next command that changes something takes \
                 them up."
            ));
        }
        Ok(())
    }

    /// Tells what was made of an input, and gets a yes where one is needed.
    pub fn consent(&mut self, review: &Review) -> Result<Consent, Halt> {
        if let Some(failure) = review.refusal() {
            return Err(failure.into());
        }
        for (_, fix) in &review.fixes {
            self.face.note(&format!("fixed: {fix}"));
        }
        let warnings: Vec<&str> = review.warnings.iter().map(|(_, why)| why.as_str()).collect();
        self.accept(&warnings)
    }

    /// Gets a yes to warnings.
    pub fn accept(&mut self, warnings: &[&str]) -> Result<Consent, Halt> {
        if warnings.is_empty() {
            return Ok(Consent::None);
        }
        if self.face.yes {
            for why in warnings {
                self.face.note(&format!("warning: {why}"));
            }
            return Ok(Consent::Yes);
        }
        if !self.face.can_ask {
            return Err(Failure::input(warnings.join(" "))
                .remedy("If that is meant, give --yes.")
                .into());
        }
        for why in warnings {
            self.face.note(&format!("warning: {why}"));
        }
        match self.face.ask("Go on all the same?")? {
            true => Ok(Consent::Yes),
            false => Err(Failure::input("Not done: the answer was no.").into()),
        }
    }
}

fn no_vault() -> Failure {
    Failure::new(FailureKind::VaultLocked, "There is no vault yet, and this needs one.").remedy(
        "Make one: `brokeforge vault init`, or `brokeforge vault init --key-file` to open it \
         without a passphrase.",
    )
}
