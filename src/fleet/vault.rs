//! The fleet's vault: where its header and key file lie, when it is made and opened.
//!
//! Sealing and opening is the vault room's; this only reads and writes its two files.

use std::fs;

use super::{Local, Paths, Result, VaultState};
use crate::domain::{Failure, FailureKind, Secret};
use crate::store::private;
use crate::vault::{Vault, VaultError};

impl Local {
    pub(super) fn vault_state(&self) -> VaultState {
        if self.held().is_some() {
            return VaultState::Open;
        }
        // what is there but cannot be read must not be overwritten: it counts as locked
        match fs::symlink_metadata(self.paths().vault_header()) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => VaultState::Absent,
            _ => VaultState::Locked,
        }
    }

    pub(super) async fn vault_init(&self, passphrase: Option<Secret>) -> Result<()> {
        if self.vault_state() != VaultState::Absent {
            return Err(Failure::new(FailureKind::Conflict, "There is a vault already.")
                .remedy("Nothing is to be done; `brokeforge vault status` tells how it opens."));
        }
        let cost = self.inner.cost;
        let (vault, header, key) = off_the_runtime(move || match passphrase {
            Some(passphrase) => {
                Vault::create(&passphrase, cost).map(|(vault, header)| (vault, header, None))
            }
            None => {
                Vault::create_with_key_file().map(|(vault, header, key)| (vault, header, Some(key)))
            }
        })
        .await??;
        if let Some(key) = key {
            // a key without a header is of an init that was cut off: nothing was sealed with it
            private::replace(&self.paths().vault_key(), key.reveal())?;
        }
        private::create(&self.paths().vault_header(), header.as_bytes())?;
        self.hold(vault);
        Ok(())
    }

    pub(super) async fn unlock(&self, passphrase: Option<Secret>) -> Result<()> {
        match self.vault_state() {
            VaultState::Open => return Ok(()),
            VaultState::Absent => return Err(absent()),
            VaultState::Locked => {}
        }
        let header = private::read(&self.paths().vault_header())?;
        let text = header.reveal_text().ok_or_else(|| {
            Failure::internal("The vault's header is not text; it is damaged.")
                .remedy("Put vault.json back from a back-up of the data folder.")
        })?;
        let vault = if Vault::wants_passphrase(text)? {
            let passphrase = passphrase.ok_or_else(locked)?;
            let text = text.to_owned();
            off_the_runtime(move || Vault::open(&text, &passphrase)).await??
        } else {
            Vault::open_with_key_file(text, &private::read(&self.paths().vault_key())?)?
        };
        self.hold(vault);
        Ok(())
    }

    pub(super) fn held(&self) -> Option<Vault> {
        let kept = self.rooms().vault.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        kept.clone()
    }

    fn hold(&self, vault: Vault) {
        let mut kept =
            self.rooms().vault.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        *kept = Some(vault);
        drop(kept);
        self.inner.opened.send_replace(true);
    }

    /// Refuses while the vault is not open.
    pub(super) fn need_vault(&self) -> Result<()> {
        match self.vault_state() {
            VaultState::Open => Ok(()),
            VaultState::Locked => Err(locked()),
            VaultState::Absent => Err(absent()),
        }
    }
}

/// Whether the vault of a fleet opens by a passphrase (else by a key file); true while there is
/// none.
pub(super) fn wants_passphrase(paths: &Paths) -> bool {
    private::read(&paths.vault_header())
        .ok()
        .and_then(|header| Vault::wants_passphrase(header.reveal_text()?).ok())
        .unwrap_or(true)
}

fn absent() -> Failure {
    Failure::new(FailureKind::VaultLocked, "There is no vault yet, and this needs one.")
        .remedy("Make one: `brokeforge vault init`, or `brokeforge vault init --key-file`.")
}

fn locked() -> Failure {
    Failure::new(FailureKind::VaultLocked, "The vault is locked.").remedy(
        "Give its passphrase on a terminal, in the file named by BROKEFORGE_PASSPHRASE_FILE, or by \
         --passphrase-fd.",
    )
}

async fn off_the_runtime<T: Send + 'static>(
    work: impl FnOnce() -> std::result::Result<T, VaultError> + Send + 'static,
) -> Result<std::result::Result<T, VaultError>> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Failure::internal("Opening the vault was cut off by a defect."))
}
