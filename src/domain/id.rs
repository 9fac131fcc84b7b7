//! Ids: short, sortable by age, unique over the fleet, and never a valid name.
//!
//! An id is a letter for its kind, a dash and 12 characters of Crockford's base 32 in lower case:
//! 40 bits of milliseconds since 2025 (good until 2059), then 20 random bits.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Time;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const EPOCH_MS: i64 = 1_735_689_600_000; // 2025-01-01T00:00:00Z

fn compose(now: Time, random: u32) -> u64 {
    let ms = now.as_millisecond().saturating_sub(EPOCH_MS).max(0);
    let ms = u64::try_from(ms).unwrap_or(0) & 0xff_ffff_ffff;
    (ms << 20) | u64::from(random & 0xf_ffff)
}

fn digits(value: u64) -> String {
    (0..12)
        .rev()
        .filter_map(|i| ALPHABET.get(((value >> (i * 5)) & 31) as usize))
        .map(|b| char::from(*b))
        .collect()
}

fn value(digits: &str) -> Option<u64> {
    if digits.len() != 12 {
        return None;
    }
    digits.bytes().try_fold(0u64, |sum, byte| {
        let digit = ALPHABET.iter().position(|a| *a == byte)?;
        Some((sum << 5) | digit as u64)
    })
}

/// Whether a text has the shape of an id of any kind; no name may.
pub fn looks_like_id(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let Some((kind, rest)) = text.split_once('-') else { return false };
    matches!(kind, "s" | "r" | "o" | "w") && value(rest).is_some()
}

/// A text that is not an id of the kind asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not an id of this kind")]
pub struct NotAnId(pub String);

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u64);

        impl $name {
            /// Composes an id from a moment and random bits (the lowest 20 are used).
            pub fn new(now: Time, random: u32) -> Self {
                Self(compose(now, random))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&format!("{}-{}", $prefix, digits(self.0)))
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                text.strip_prefix(concat!($prefix, "-"))
                    .and_then(value)
                    .map(Self)
                    .ok_or_else(|| NotAnId(text.to_owned()))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = String::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

id!(
    /// Names a server.
    ServerId, "s"
);
id!(
    /// Names a resource on a server.
    ResourceId, "r"
);
id!(
    /// Names an operation; also the name of its runs on the host.
    OperationId, "o"
);
id!(
    /// Names a site.
    SiteId, "w"
);

#[cfg(test)]
mod tests;
