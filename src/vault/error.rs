//! Why the vault did not do it, and how that reaches people.

use crate::domain::{Failure, FailureKind};

/// Why the vault did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The passphrase is not the one.
    #[error("The passphrase does not open the vault.")]
    WrongPassphrase,
    /// The key file is whole, but of another vault.
    #[error("The key file is not the one of this vault.")]
    WrongKeyFile,
    /// The vault opens in another way than the one tried.
    #[error("The vault opens by {0}.")]
    OtherWay(&'static str),
    /// The header, the key file or the sealed secret is damaged, swapped, or of a newer version.
    #[error("{0}")]
    Damaged(String),
    /// The passphrase cannot be taken (empty, NUL, too long).
    #[error("{0}")]
    BadPassphrase(String),
    /// The cost is out of bounds, or more than the machine has.
    #[error("{0}")]
    Cost(String),
    /// The machine has no randomness.
    #[error("The system gave no random bytes: {0}.")]
    NoRandomness(String),
}

impl From<VaultError> for Failure {
    fn from(error: VaultError) -> Self {
        let message = error.to_string();
        match error {
            VaultError::WrongPassphrase => Self::new(FailureKind::VaultLocked, message)
                .remedy("Try again; mind the keyboard's layout and the caps lock."),
            VaultError::WrongKeyFile => Self::new(FailureKind::VaultLocked, message)
                .remedy("Put the key file back that was made together with this vault."),
            VaultError::OtherWay(_) => Self::new(FailureKind::VaultLocked, message),
            VaultError::BadPassphrase(_) => Self::input(message),
            VaultError::Damaged(_) => Self::internal(message)
                .remedy("Put the file back from a back-up; nothing was changed."),
            VaultError::Cost(_) | VaultError::NoRandomness(_) => Self::internal(message),
        }
    }
}
