//! What a record type tells the store about itself, and how its values lie in the file.
//!
//! A value is one byte for the form, eight for the revision (big-endian), then the record as JSON.

use serde::{Serialize, de::DeserializeOwned};

use super::StoreError;
use crate::domain::{ChangeKind, ServerId, SiteId, Status};

/// The form of a value: revision and JSON.
const FORM: u8 = 1;

/// A record type of the store.
pub trait Record: Serialize + DeserializeOwned + Clone + Send + 'static {
    /// What it is found by.
    type Key: Clone + Send + Sync;
    /// Its table's name; part of the file format.
    const TABLE: &'static str;
    /// The sort of change its writes publish; `None` for what no screen shows.
    const CHANGE: Option<ChangeKind>;
    /// The record's key.
    fn key(&self) -> Self::Key;
    /// The key as sorted bytes; a prefix of these is what [`super::Store::scan`] takes.
    fn encode(key: &Self::Key) -> Vec<u8>;
    /// The id that a change carries.
    fn change_id(&self) -> String;
    /// The server it belongs to.
    fn server(&self) -> Option<ServerId>;
    /// The site it belongs to.
    fn site(&self) -> Option<SiteId> {
        None
    }
    /// Its place in the life cycle, when it has one.
    fn status(&self) -> Option<Status> {
        None
    }
    /// Whether it is an operation that is not over.
    fn is_under_way(&self) -> bool {
        false
    }
    /// The word for where it stands, in a refusal.
    fn standing(&self) -> &'static str {
        self.status().map_or("there", Status::as_str)
    }
    /// Whether there is an arrow between the two; `None` is the state of not being there. Asked
    /// before every write and every deletion; by default the life cycle of [`Status`] answers.
    fn has_arrow(from: Option<&Self>, to: Option<&Self>) -> bool {
        match (from.and_then(Self::status), to.and_then(Self::status)) {
            (None, Some(to)) => to.may_begin(),
            (Some(from), Some(to)) => from.may_become(to),
            (Some(from), None) => from.may_end(),
            (None, None) => true,
        }
    }
}

/// A record and its revision (the number of the commit that wrote it).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored<R> {
    /// The record.
    pub record: R,
    /// The commit that wrote it.
    pub revision: u64,
}

/// A record's JSON and its revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    pub revision: u64,
    pub json: Vec<u8>,
}

impl Held {
    /// As it lies in the file.
    pub fn to_value(&self) -> Vec<u8> {
        let mut value = Vec::with_capacity(9 + self.json.len());
        value.push(FORM);
        value.extend_from_slice(&self.revision.to_be_bytes());
        value.extend_from_slice(&self.json);
        value
    }

    /// From what lies in the file.
    pub fn from_value(table: &str, value: &[u8]) -> Result<Self, StoreError> {
        match value.split_first() {
            Some((&FORM, rest)) => match rest.split_first_chunk::<8>() {
                Some((revision, json)) => {
                    Ok(Self { revision: u64::from_be_bytes(*revision), json: json.to_vec() })
                }
                None => Err(unreadable(table, "it is cut short")),
            },
            Some((form, _)) => Err(unreadable(table, format!("it has the unknown form {form}"))),
            None => Err(unreadable(table, "it is empty")),
        }
    }

    /// With its record.
    pub fn read<R: Record>(&self) -> Result<Stored<R>, StoreError> {
        Ok(Stored { record: parse(&self.json)?, revision: self.revision })
    }
}

/// A record from its JSON.
pub(super) fn parse<R: Record>(json: &[u8]) -> Result<R, StoreError> {
    parse_part::<R, R>(json)
}

/// Some fields of a record from its JSON.
pub(super) fn parse_part<R: Record, P: DeserializeOwned>(json: &[u8]) -> Result<P, StoreError> {
    serde_json::from_slice(json).map_err(|error| unreadable(R::TABLE, error))
}

fn unreadable(table: &str, why: impl std::fmt::Display) -> StoreError {
    StoreError::Format(format!("A record of the store ({table}) cannot be read: {why}."))
}

/// A key as people read it: its text, with a slash for what separates its parts.
pub(super) fn label(key: &[u8]) -> String {
    String::from_utf8_lossy(key).replace(|c: char| c.is_control(), "/")
}
