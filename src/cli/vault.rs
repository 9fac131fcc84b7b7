//! `brokeforge vault`.

use super::{Context, Halt, json::VaultView};
use crate::domain::{Failure, FailureKind};
use crate::fleet::VaultState;

/// What to do with the vault.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Make the vault
    Init {
        /// Without a passphrase: its key lies in a file (0600) beside the store
        #[arg(long)]
        key_file: bool,
    },
    /// Tell whether there is a vault, and how it opens
    Status,
}

pub(super) async fn run(command: Command, context: &mut Context) -> Result<u8, Halt> {
    if let Command::Init { key_file } = command {
        if context.fleet.vault_state() != VaultState::Absent {
            return Err(Failure::new(FailureKind::Conflict, "There is a vault already.")
                .remedy("`brokeforge vault status` tells how it opens.")
                .into());
        }
        let passphrase = match key_file {
            true => None,
            false => Some(context.new_passphrase()?.ok_or_else(no_passphrase)?),
        };
        if key_file {
            context.face.note(
                "warning: whoever can read the key file can open the vault, and so log in to your \
                 servers.",
            );
        }
        context.fleet.vault_init(passphrase).await?;
    }
    let state = context.fleet.vault_state();
    let opens_by = match (state, context.fleet.vault_wants_passphrase()) {
        (VaultState::Absent, _) => None,
        (_, true) => Some("passphrase"),
        (_, false) => Some("key-file"),
    };
    if context.face.json {
        context.face.object(&VaultView { state, opens_by })?;
        return Ok(0);
    }
    context.face.line(match (state, opens_by) {
        (VaultState::Absent, _) => "There is no vault yet. `brokeforge vault init` makes it.",
        (VaultState::Locked, Some("key-file")) => "The vault opens by its key file.",
        (VaultState::Locked, _) => "The vault is locked. It opens by its passphrase.",
        (VaultState::Open, Some("key-file")) => "The vault is there. It opens by its key file.",
        (VaultState::Open, _) => "The vault is there. It opens by its passphrase.",
    })?;
    Ok(0)
}

fn no_passphrase() -> Failure {
    Failure::new(FailureKind::VaultLocked, "A passphrase is needed to make the vault.").remedy(
        "Give one on a terminal, in the file named by BROKEFORGE_PASSPHRASE_FILE, or by \
         --passphrase-fd; or make a vault without one: brokeforge vault init --key-file",
    )
}
