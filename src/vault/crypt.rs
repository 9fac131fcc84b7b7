//! A key of 256 bits and what is sealed under it: XChaCha20-Poly1305 with a random nonce.

use base64::{Engine, engine::general_purpose::STANDARD};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use rand::{TryRng, rngs::SysRng};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::VaultError;
use crate::domain::Secret;

/// Bytes of a nonce, which stands before what it sealed.
const NONCE: usize = 24;
/// What a key file begins with.
const FILE_MARK: &str = "brokeforge-vault-key-1:";
/// Bytes of the sum at the end of a key file.
const SUM: usize = 4;

/// A key; wiped on drop.
pub(super) struct Key(Zeroizing<[u8; 32]>);

impl Key {
    /// A new one.
    pub fn random() -> Result<Self, VaultError> {
        let mut key = Self(Zeroizing::default());
        fill(key.0.as_mut_slice())?;
        Ok(key)
    }

    /// From a place that a key derivation fills.
    pub fn filled<E>(fill: impl FnOnce(&mut [u8]) -> Result<(), E>) -> Result<Self, E> {
        let mut key = Self(Zeroizing::default());
        fill(key.0.as_mut_slice())?;
        Ok(key)
    }

    /// From its bytes, when there are as many as a key has.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        (bytes.len() == 32).then(|| {
            let mut key = Self(Zeroizing::default());
            key.0.copy_from_slice(bytes);
            key
        })
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// The content of a key file.
    pub fn to_file(&self) -> Secret {
        let mut bytes = Zeroizing::new(self.bytes().to_vec());
        bytes.extend_from_slice(&sum(self.bytes()));
        let text = Zeroizing::new(STANDARD.encode(&*bytes));
        Secret::from_text(format!("{FILE_MARK}{}\n", *text))
    }

    /// From the content of a key file.
    pub fn from_file(content: &Secret) -> Result<Self, VaultError> {
        let damaged = || VaultError::Damaged("The vault's key file is damaged.".into());
        let text = content.reveal_text().ok_or_else(damaged)?.trim_ascii();
        let text = text.strip_prefix(FILE_MARK).ok_or_else(|| {
            VaultError::Damaged(
                "The vault's key file is damaged, or of a newer version of brokeforge.".into(),
            )
        })?;
        let bytes = Zeroizing::new(STANDARD.decode(text).map_err(|_| damaged())?);
        let (key, found) = bytes.split_last_chunk::<SUM>().ok_or_else(damaged)?;
        if *found != sum(key) {
            return Err(damaged());
        }
        Self::from_bytes(key).ok_or_else(damaged)
    }

    /// Seals: the nonce, then what came out.
    pub fn seal(&self, secret: &[u8], bound: &[u8]) -> Result<Vec<u8>, VaultError> {
        let nonce: [u8; NONCE] = random()?;
        let payload = Payload { msg: secret, aad: bound };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload).map_err(|_| {
            VaultError::Damaged("A secret of this size cannot be sealed.".to_owned())
        })?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what [`Key::seal`] made; `None` when it is not exactly that.
    pub fn unseal(&self, sealed: &[u8], bound: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
        let payload = Payload { msg: sealed, aad: bound };
        self.cipher().decrypt(&XNonce::from(*nonce), payload).ok().map(Zeroizing::new)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.0).into())
    }
}

/// Random bytes of the system.
pub(super) fn random<const N: usize>() -> Result<[u8; N], VaultError> {
    let mut bytes = [0; N];
    fill(&mut bytes)?;
    Ok(bytes)
}

fn fill(bytes: &mut [u8]) -> Result<(), VaultError> {
    SysRng.try_fill_bytes(bytes).map_err(|error| VaultError::NoRandomness(error.to_string()))
}

/// Tells damage from another key; it says nothing about the key that the key does not.
fn sum(key: &[u8]) -> [u8; SUM] {
    let digest = Sha256::new().chain_update(b"brokeforge key file\0").chain_update(key).finalize();
    let mut sum = [0; SUM];
    for (to, from) in sum.iter_mut().zip(digest) {
        *to = from;
    }
    sum
}
