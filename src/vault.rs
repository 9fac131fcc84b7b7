//! The vault: seals and opens secrets under a random vault key; stores nothing itself.
//!
//! The key is wrapped by a passphrase through Argon2id, or lies in a 0600 key file. The header
//! that holds the wrapped key, and the form of a sealed secret, are written down in
//! `docs/vault.md`. It knows neither store nor hosts.

mod cost;
mod crypt;
mod error;
mod header;
mod passphrase;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::domain::Secret;

pub use cost::Cost;
pub use error::VaultError;

use crypt::Key;
use header::{Header, Kdf};

/// What a secret is bound to; opening it for anything else fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound<'a> {
    /// The record's id.
    pub record: &'a str,
    /// The field's name.
    pub field: &'a str,
}

/// The version of a sealed secret's form, also in its mark.
const VERSION: u8 = 1;
/// What a sealed secret begins with.
const MARK: &str = "bf1:";

/// An open vault: the vault key in memory, wiped on drop. Cheap to clone.
#[derive(Clone)]
pub struct Vault {
    key: Arc<Key>,
}

impl Vault {
    /// Makes a new vault key, wrapped by the passphrase. Answers the open vault and its header,
    /// a text to keep. Takes about a second of one thread, as [`Vault::open`].
    ///
    /// # Errors
    /// When the passphrase or the cost cannot be taken, or the machine has no randomness.
    pub fn create(passphrase: &Secret, cost: Cost) -> Result<(Self, String), VaultError> {
        let passphrase = passphrase::normal(passphrase)?;
        let kdf = Kdf { cost: cost.checked()?, salt: crypt::random()? };
        let (vault, wrapping) = (Self::new_key()?, passphrase::stretch(&passphrase, &kdf)?);
        let wrapped = wrapping.seal(vault.key.bytes(), &kdf.bound())?;
        Ok((vault, Header::Passphrase { kdf, wrapped }.to_text()?))
    }

    /// Makes a new vault key that lies in a file: answers the open vault, its header, and the
    /// file's content.
    ///
    /// # Errors
    /// When the machine has no randomness.
    pub fn create_with_key_file() -> Result<(Self, String, Secret), VaultError> {
        let vault = Self::new_key()?;
        let check = vault.key.seal(b"", header::CHECK)?;
        let content = vault.key.to_file();
        Ok((vault, Header::KeyFile { check }.to_text()?, content))
    }

    /// Opens a vault by its passphrase. Takes about a second of one thread: call it off the
    /// runtime's threads.
    ///
    /// # Errors
    /// When the passphrase is wrong or the header is damaged.
    pub fn open(header: &str, passphrase: &Secret) -> Result<Self, VaultError> {
        let Header::Passphrase { kdf, wrapped } = Header::from_text(header)? else {
            return Err(VaultError::OtherWay("a key file, not a passphrase"));
        };
        let passphrase = passphrase::normal(passphrase)?;
        let wrapping = passphrase::stretch(&passphrase, &kdf)?;
        let key = wrapping.unseal(&wrapped, &kdf.bound()).ok_or(VaultError::WrongPassphrase)?;
        let key = Key::from_bytes(&key).ok_or_else(|| header::damaged("its key is cut short"))?;
        Ok(Self { key: Arc::new(key) })
    }

    /// Opens a vault by its key file's content.
    ///
    /// # Errors
    /// When the content is damaged or not this vault's key.
    pub fn open_with_key_file(header: &str, content: &Secret) -> Result<Self, VaultError> {
        let Header::KeyFile { check } = Header::from_text(header)? else {
            return Err(VaultError::OtherWay("a passphrase, not a key file"));
        };
        let key = Key::from_file(content)?;
        key.unseal(&check, header::CHECK).ok_or(VaultError::WrongKeyFile)?;
        Ok(Self { key: Arc::new(key) })
    }

    /// Whether the header asks for a passphrase (else for a key file).
    ///
    /// # Errors
    /// When the header is damaged.
    pub fn wants_passphrase(header: &str) -> Result<bool, VaultError> {
        Ok(matches!(Header::from_text(header)?, Header::Passphrase { .. }))
    }

    /// Seals a secret to what it is bound to; answers printable text.
    ///
    /// # Errors
    /// When the machine has no randomness.
    pub fn seal(&self, secret: &Secret, bound: Bound<'_>) -> Result<String, VaultError> {
        let sealed = self.key.seal(secret.reveal(), &bound.bytes())?;
        Ok(format!("{MARK}{}", STANDARD.encode(sealed)))
    }

    /// Opens a sealed secret.
    ///
    /// # Errors
    /// When it is damaged or bound to something else.
    pub fn unseal(&self, sealed: &str, bound: Bound<'_>) -> Result<Secret, VaultError> {
        let damaged = |why| {
            let Bound { record, field } = bound;
            VaultError::Damaged(format!("The sealed {field} of {record} does not open: {why}."))
        };
        let text = sealed
            .strip_prefix(MARK)
            .ok_or_else(|| damaged("it is not sealed in a form that this version knows"))?;
        let bytes = STANDARD.decode(text).map_err(|_| damaged("its text is damaged"))?;
        self.key
            .unseal(&bytes, &bound.bytes())
            .map(|secret| Secret::new(secret.to_vec()))
            .ok_or_else(|| damaged("it is damaged, of another record, or of another vault"))
    }

    fn new_key() -> Result<Self, VaultError> {
        Ok(Self { key: Arc::new(Key::random()?) })
    }
}

impl Bound<'_> {
    /// What is authenticated along with the secret; every part says how long it is, so that no two
    /// bounds have the same bytes.
    fn bytes(self) -> Vec<u8> {
        let parts = [self.record.as_bytes(), self.field.as_bytes()];
        let mut bytes = b"brokeforge secret\0".to_vec();
        bytes.push(VERSION);
        for part in parts {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part);
        }
        bytes
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(…)")
    }
}
