//! The header: how a vault opens, as a line of JSON and a line with the sum of the first.
//!
//! The sum tells damage from a wrong passphrase; it keeps nobody from editing the header. What an
//! editor would change is authenticated by the wrapped key or by the check value.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Cost, VaultError};

/// The version that is written.
const VERSION: u32 = 1;
/// The only way from a passphrase to a key: Argon2id of version 0x13.
const KDF: &str = "argon2id-19";
/// What the check value of a key file is bound to.
pub(super) const CHECK: &[u8] = b"brokeforge vault check\0\x01";

/// How a vault opens.
pub(super) enum Header {
    /// By a passphrase that unwraps the vault key.
    Passphrase { kdf: Kdf, wrapped: Vec<u8> },
    /// By a file that holds the vault key.
    KeyFile { check: Vec<u8> },
}

/// How a key is made from the passphrase.
pub(super) struct Kdf {
    pub cost: Cost,
    pub salt: [u8; 16],
}

impl Kdf {
    /// What is authenticated along with the wrapped key.
    pub fn bound(&self) -> Vec<u8> {
        let Cost { memory_kib, passes, lanes } = self.cost;
        let mut bytes = b"brokeforge vault key\0\x01".to_vec();
        for number in [memory_kib, passes, lanes] {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        bytes.extend_from_slice(&self.salt);
        bytes
    }
}

/// The first line.
#[derive(Serialize, Deserialize)]
#[serde(tag = "opens_by", rename_all = "kebab-case", deny_unknown_fields)]
enum Line {
    Passphrase {
        vault: u32,
        kdf: String,
        memory_kib: u32,
        passes: u32,
        lanes: u32,
        salt: String,
        wrapped: String,
    },
    KeyFile {
        vault: u32,
        check: String,
    },
}

/// The one field that every version has.
#[derive(Deserialize)]
struct Version {
    vault: u32,
}

impl Header {
    /// As text.
    pub fn to_text(&self) -> Result<String, VaultError> {
        let vault = VERSION;
        let line = match self {
            Self::Passphrase { kdf, wrapped } => Line::Passphrase {
                vault,
                kdf: KDF.into(),
                memory_kib: kdf.cost.memory_kib,
                passes: kdf.cost.passes,
                lanes: kdf.cost.lanes,
                salt: STANDARD.encode(kdf.salt),
                wrapped: STANDARD.encode(wrapped),
            },
            Self::KeyFile { check } => Line::KeyFile { vault, check: STANDARD.encode(check) },
        };
        let line = serde_json::to_string(&line).map_err(|e| damaged(e.to_string()))?;
        Ok(format!("{line}\n{}\n", sum(&line)))
    }

    /// From text.
    pub fn from_text(text: &str) -> Result<Self, VaultError> {
        let (line, found) = text
            .trim_ascii_end()
            .split_once('\n')
            .ok_or_else(|| damaged("it has no second line"))?;
        if found != sum(line) {
            return Err(damaged("its sum is not right"));
        }
        let parsed = |e: serde_json::Error| damaged(e.to_string());
        let Version { vault } = serde_json::from_str(line).map_err(parsed)?;
        if vault != VERSION {
            return Err(VaultError::Damaged(format!(
                "The vault has version {vault}; this brokeforge reads version {VERSION}. Use the \
                 newer program."
            )));
        }
        let decoded = |text: String| STANDARD.decode(text).map_err(|e| damaged(e.to_string()));
        match serde_json::from_str(line).map_err(parsed)? {
            Line::Passphrase { kdf, memory_kib, passes, lanes, salt, wrapped, .. } => {
                if kdf != KDF {
                    return Err(damaged("it asks for an unknown way to stretch the passphrase"));
                }
                let salt =
                    decoded(salt)?.try_into().map_err(|_| damaged("its salt is cut short"))?;
                let cost = Cost { memory_kib, passes, lanes }.checked()?;
                Ok(Self::Passphrase { kdf: Kdf { cost, salt }, wrapped: decoded(wrapped)? })
            }
            Line::KeyFile { check, .. } => Ok(Self::KeyFile { check: decoded(check)? }),
        }
    }
}

/// The second line.
fn sum(line: &str) -> String {
    format!("sha256:{}", STANDARD.encode(Sha256::digest(line)))
}

/// The error for a header that is not what was written.
pub(super) fn damaged(why: impl std::fmt::Display) -> VaultError {
    VaultError::Damaged(format!("The vault's header is damaged: {why}."))
}
