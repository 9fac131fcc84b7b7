//! SSH keys: make, read, describe.
//!
//! Reading tells what is wrong with a key in words for the person who pasted it. Nothing here
//! reads a file or keeps a key.

mod authorized;

use russh::keys::key::safe_rng;
use russh::keys::ssh_key::private::KeypairData;
use russh::keys::ssh_key::public::KeyData;
use russh::keys::ssh_key::{self, LineEnding};
use russh::keys::{Algorithm, HashAlg, PrivateKey, PublicKey, decode_secret_key};

use crate::domain::clean::clean_line;
use crate::domain::{HostKey, Secret, reason};

pub use authorized::{Authorized, authorized};

/// sshd takes no shorter RSA key for a login.
const LEAST_RSA: u32 = 2048;

/// More is no key.
const MOST_BYTES: usize = 64 * 1024;

/// A key pair of ours.
#[derive(Debug)]
pub struct KeyPair {
    /// The private half in OpenSSH's form, without a passphrase.
    pub private: Secret,
    /// `ssh-ed25519 AAAA… comment`.
    pub public: String,
    /// `SHA256:…`.
    pub fingerprint: String,
}

/// What is wrong with a key that a person gave.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It needs a passphrase.
    #[error("the key is protected by a passphrase")]
    Encrypted,
    /// The passphrase does not open it.
    #[error("the passphrase does not open the key")]
    WrongPassphrase,
    /// It is no private key that we can read; the text says what it is instead.
    #[error("{0}")]
    NotAKey(String),
}

fn no(why: impl Into<String>) -> KeyError {
    KeyError::NotAKey(why.into())
}

/// Makes an ed25519 key pair.
///
/// # Errors
/// When the machine has no randomness.
pub fn generate(comment: &str) -> Result<KeyPair, KeyError> {
    let mut key = PrivateKey::random(&mut safe_rng(), Algorithm::Ed25519).map_err(unreadable)?;
    key.set_comment(clean_line(comment, 100));
    pair(&key)
}

/// Checks that a private key can be read, and tells its public half. Opening a protected key
/// takes a tenth of a second of computing.
///
/// # Errors
/// Says what is wrong with it.
pub fn inspect(pem: &Secret, passphrase: Option<&Secret>) -> Result<KeyPair, KeyError> {
    let mut key = open(pem, passphrase)?;
    let comment = clean_line(key.comment().as_bytes(), 100);
    key.set_comment(comment);
    pair(&key)
}

/// Reads a host key from `algorithm base64 [comment]`, as a `.pub` file has it.
///
/// # Errors
/// When it is not a public key.
pub fn host_key(line: &str) -> Result<HostKey, KeyError> {
    let mut words = line.split_whitespace();
    let (Some(algorithm), Some(base64)) = (words.next(), words.next()) else {
        return Err(no("a public key is a line like `ssh-ed25519 AAAA…`"));
    };
    let key = PublicKey::from_openssh(&format!("{algorithm} {base64}"))
        .map_err(|error| no(format!("this is no public key: {error}")))?;
    described(&key).map_err(unreadable)
}

/// A public key as we keep host keys.
pub(super) fn described(key: &PublicKey) -> Result<HostKey, ssh_key::Error> {
    let line = PublicKey::new(key.key_data().clone(), "").to_openssh()?;
    let (algorithm, base64) = line.trim().split_once(' ').ok_or(ssh_key::Error::FormatEncoding)?;
    Ok(HostKey {
        algorithm: algorithm.into(),
        key: base64.into(),
        fingerprint: key.fingerprint(HashAlg::Sha256).to_string(),
        revoked: false,
    })
}

/// What a key of this signature algorithm is called where keys are written down.
pub(super) fn type_name(algorithm: &Algorithm) -> String {
    match algorithm {
        Algorithm::Rsa { .. } => Algorithm::Rsa { hash: None }.to_string(),
        other => other.to_string(),
    }
}

fn pair(key: &PrivateKey) -> Result<KeyPair, KeyError> {
    let private = key.to_openssh(LineEnding::LF).map_err(unreadable)?;
    Ok(KeyPair {
        private: Secret::new(private.as_bytes().to_vec()),
        public: key.public_key().to_openssh().map_err(unreadable)?.trim().into(),
        fingerprint: key.fingerprint(HashAlg::Sha256).to_string(),
    })
}

fn unreadable(error: impl std::fmt::Display) -> KeyError {
    no(format!("the key cannot be read: {}", clean_line(reason(&error), 120)))
}

/// Reads a private key, tolerating what pasting does to it (line ends, indentation).
pub(super) fn open(pem: &Secret, passphrase: Option<&Secret>) -> Result<PrivateKey, KeyError> {
    let text = pem.reveal_text().ok_or_else(|| no("this is no key: it is not even text"))?;
    if text.len() > MOST_BYTES {
        return Err(no("this is no key: it is far too long"));
    }
    let text = block(text)?;
    let text = text.reveal_text().unwrap_or_default();
    let protected = text.contains("ENCRYPTED");
    let passphrase = passphrase.filter(|passphrase| !passphrase.is_empty());
    if protected && passphrase.is_none() {
        return Err(KeyError::Encrypted);
    }
    let words = match passphrase.map(|passphrase| passphrase.reveal_text()) {
        Some(None) => return Err(KeyError::WrongPassphrase),
        Some(words) => words,
        None => None,
    };
    // a passphrase for a key that has none would make PKCS#8 fail
    let openssh = text.starts_with("-----BEGIN OPENSSH");
    let key =
        decode_secret_key(text, words.filter(|_| protected || openssh)).map_err(
            |error| match error {
                russh::keys::Error::KeyIsEncrypted => KeyError::Encrypted,
                russh::keys::Error::SshKey(ssh_key::Error::Crypto) if passphrase.is_some() => {
                    KeyError::WrongPassphrase
                }
                error @ russh::keys::Error::Decode(_) => unreadable(error),
                _ if protected => KeyError::WrongPassphrase,
                error => unreadable(format!("{error}; it may be cut off or damaged")),
            },
        )?;
    usable(&key).map(|()| key)
}

/// The one private key block of a text, without indentation, alien line ends and text around it.
fn block(text: &str) -> Result<Secret, KeyError> {
    let lines: Vec<&str> = text
        .trim_start_matches('\u{feff}')
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty())
        .collect();
    let first = lines.first().copied().unwrap_or_default();
    if lines.is_empty() {
        return Err(no("there is no key: the text is empty"));
    }
    if first.starts_with("PuTTY-User-Key-File") {
        return Err(no("this key is in PuTTY's format; \
                       `puttygen KEY.ppk -O private-openssh -o KEY` makes an OpenSSH key of it"));
    }
    if ["ssh-", "ecdsa-", "sk-"].iter().any(|start| first.starts_with(start))
        || first.contains("PUBLIC KEY")
    {
        return Err(no("this is the public half; the private half is needed, \
                       the file without .pub"));
    }
    let is_begin =
        |line: &&&str| line.starts_with("-----BEGIN ") && line.ends_with("PRIVATE KEY-----");
    match lines.iter().filter(is_begin).count() {
        0 => return Err(no("this is no private key: its BEGIN line is missing")),
        1 => {}
        _ => return Err(no("there are two or more keys in it; give one")),
    }
    let mut inner = lines.iter().skip_while(|line| !is_begin(line)).copied();
    let begin = inner.next().unwrap_or_default();
    let kind = begin.trim_start_matches("-----BEGIN ").trim_end_matches("-----");
    if ![
        "OPENSSH PRIVATE KEY",
        "RSA PRIVATE KEY",
        "EC PRIVATE KEY",
        "PRIVATE KEY",
        "ENCRYPTED PRIVATE KEY",
    ]
    .contains(&kind)
    {
        let kind = clean_line(kind, 40);
        return Err(no(format!("a key of the kind {kind} is not supported; use ed25519")));
    }
    let end = format!("-----END {kind}-----");
    let mut kept = String::with_capacity(text.len() + 1);
    for line in std::iter::once(begin).chain(inner) {
        if let Some(cipher) = line.strip_prefix("DEK-Info:")
            && !cipher.trim().starts_with("AES-128-CBC,")
        {
            return Err(no("the key is protected in an old way that is not supported; \
                           `ssh-keygen -p -f KEY` rewrites it"));
        }
        kept.push_str(line);
        kept.push('\n');
        if line == end {
            return Ok(Secret::from_text(kept));
        }
    }
    drop(Secret::from_text(kept));
    Err(no("the key is cut off: its END line is missing"))
}

fn usable(key: &PrivateKey) -> Result<(), KeyError> {
    match (key.key_data(), key.public_key().key_data()) {
        (KeypairData::SkEd25519(_) | KeypairData::SkEcdsaSha2NistP256(_), _) => {
            Err(no("this key needs its hardware token; add it to an ssh-agent and log in by that"))
        }
        (KeypairData::Ed25519(_) | KeypairData::Ecdsa(_), _) => Ok(()),
        (KeypairData::Rsa(_), KeyData::Rsa(public)) if public.key_size() < LEAST_RSA => {
            let bits = public.key_size();
            Err(no(format!("an RSA key of {bits} bits is too weak; use ed25519")))
        }
        (KeypairData::Rsa(_), _) => Ok(()),
        _ => Err(no("a key of this kind is not supported; use ed25519")),
    }
}

#[cfg(test)]
mod tests;
