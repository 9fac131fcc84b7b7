//! From a passphrase to a key.

use argon2::{Algorithm, Argon2, Block, Version};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::{VaultError, crypt::Key, header::Kdf};
use crate::domain::Secret;

/// The longest passphrase, in bytes.
const LONGEST: usize = 1 << 20;

/// The passphrase in Unicode's form NFC: the same key for the same letters, however they were
/// typed.
pub(super) fn normal(passphrase: &Secret) -> Result<Zeroizing<String>, VaultError> {
    let bad = |why: &str| Err(VaultError::BadPassphrase(format!("The passphrase {why}.")));
    let Some(text) = passphrase.reveal_text() else { return bad("is not UTF-8 text") };
    if text.is_empty() {
        return bad("is empty");
    }
    if text.len() > LONGEST {
        return bad("is longer than 1 MiB");
    }
    if text.contains('\0') {
        return bad("has a NUL byte in it");
    }
    // growing would leave copies behind; no letter's NFC is longer than three times itself
    let mut normal = Zeroizing::new(String::with_capacity(text.len() * 3));
    normal.extend(text.nfc());
    Ok(normal)
}

/// The key that the passphrase gives.
pub(super) fn stretch(passphrase: &str, kdf: &Kdf) -> Result<Key, VaultError> {
    let params = kdf.cost.params()?;
    // asked for here because a failing allocation elsewhere would end the process; not wiped, the
    // system takes a piece of this size back at once
    let mut memory = Vec::new();
    memory.try_reserve_exact(params.block_count()).map_err(|_| {
        let mib = kdf.cost.memory_kib / 1024;
        VaultError::Cost(format!("There are no {mib} MiB of memory to open the vault with."))
    })?;
    memory.resize(params.block_count(), Block::new());
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    Key::filled(|key| {
        argon.hash_password_into_with_memory(passphrase.as_bytes(), &kdf.salt, key, &mut memory)
    })
    .map_err(|error| VaultError::Cost(format!("The vault's cost cannot be used: {error}.")))
}
