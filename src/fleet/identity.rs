//! The key file of a first login: looked at before any record is made.

use serde::{Deserialize, Serialize};

use crate::domain::{Failure, Secret, reason};
use crate::operations::key_file;
use crate::ssh::key::{self, KeyError};

use super::{Local, Result};

/// Whether a key file can be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum IdentityState {
    /// It can; the sentences are warnings about the file.
    Ready(Vec<String>),
    /// It can, once its passphrase is given.
    NeedsPassphrase,
}

impl Local {
    pub(super) fn check_identity(
        &self,
        path: &str,
        passphrase: Option<&Secret>,
    ) -> Result<IdentityState> {
        let (pem, warnings) = key_file::read(&self.absolute(path)?)?;
        match key::inspect(&pem, passphrase) {
            Ok(_) => Ok(IdentityState::Ready(warnings)),
            Err(KeyError::Encrypted) => Ok(IdentityState::NeedsPassphrase),
            Err(KeyError::WrongPassphrase) => {
                Err(Failure::input(format!("The passphrase does not open the key file {path}.")))
            }
            Err(KeyError::NotAKey(why)) => {
                Err(Failure::input(format!("The key file {path} cannot be used: {why}."))
                    .remedy("Give the private half of an OpenSSH key, or use --agent."))
            }
        }
    }

    /// The absolute path of a key file as it is kept; `~/` is the home folder.
    pub(super) fn absolute(&self, path: &str) -> Result<String> {
        let path = path.trim();
        if path.is_empty() {
            return Err(Failure::input("The key file has no name."));
        }
        let expanded = match (path.strip_prefix("~/"), &self.origin.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => self.origin.folder.join(path),
        };
        let whole = std::path::absolute(&expanded).map_err(|e| {
            Failure::input(format!("The key file {path} cannot be used: {}.", reason(&e)))
        })?;
        whole
            .into_os_string()
            .into_string()
            .map_err(|_| Failure::input("The key file's path is not text."))
    }
}
