//! Verdicts on what people type, field by field. One file a field (or a family of fields).
//!
//! No safety rests on these checks: values travel as data. They are here so that a mistake is told
//! while it is typed, with the reason and what to type instead.

mod address;
mod cidr;
mod database;
mod domain;
mod key;
mod name;
mod port;
mod tag;
#[cfg(test)]
mod tests;
pub(crate) mod text;
mod user;

use serde::{Deserialize, Serialize};

pub use address::{Address, address};
pub use cidr::{cidr, net_text};
pub use database::{
    database_host, database_password, database_user, database_word, schema_name, whole_number,
};
pub use domain::{domain, domain_shown, domains};
pub use key::{FileKind, FileMeta, fingerprint, identity_file};
pub use name::{name, same_name};
pub use port::{port, ports};
pub use tag::{tag, tags};
pub use text::{clean, shown};
pub use user::login_user;

/// What is said about an input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict<T> {
    /// Good as it is.
    Ok(T),
    /// Taken in a normal form; the sentence says what was changed.
    Fix(T, String),
    /// Taken only after a yes; the sentence says why. (It may have been normalised as well.)
    Warn(T, String),
    /// Refused, and why.
    No(String),
}

impl<T> Verdict<T> {
    /// The value, unless it was refused.
    pub fn value(self) -> Option<T> {
        match self {
            Self::Ok(value) | Self::Fix(value, _) | Self::Warn(value, _) => Some(value),
            Self::No(_) => None,
        }
    }

    /// The same verdict on something made from the value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Verdict<U> {
        match self {
            Self::Ok(value) => Verdict::Ok(f(value)),
            Self::Fix(value, why) => Verdict::Fix(f(value), why),
            Self::Warn(value, why) => Verdict::Warn(f(value), why),
            Self::No(why) => Verdict::No(why),
        }
    }

    /// Judges the value further; what was said so far is kept, and a doubt stays a doubt.
    pub fn and_then<U>(self, f: impl FnOnce(T) -> Verdict<U>) -> Verdict<U> {
        match self {
            Self::Ok(value) => f(value),
            Self::Fix(value, why) => match f(value) {
                Verdict::Ok(value) => Verdict::Fix(value, why),
                Verdict::Fix(value, more) => Verdict::Fix(value, format!("{why} {more}")),
                Verdict::Warn(value, more) => Verdict::Warn(value, format!("{why} {more}")),
                Verdict::No(why) => Verdict::No(why),
            },
            Self::Warn(value, why) => match f(value) {
                Verdict::Ok(value) => Verdict::Warn(value, why),
                Verdict::Fix(value, more) | Verdict::Warn(value, more) => {
                    Verdict::Warn(value, format!("{why} {more}"))
                }
                Verdict::No(why) => Verdict::No(why),
            },
            Self::No(why) => Verdict::No(why),
        }
    }
}
