//! A batch: writes that happen together or not at all, encoded and ready to be judged.

use std::fmt;

use super::{Record, StoreError, record};
use crate::domain::{ChangeKind, ServerId, SiteId};

/// What a write expects to find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// No record under this key.
    Absent,
    /// The record of this revision, as it was before the batch.
    Revision(u64),
    /// Whatever is there.
    Anything,
}

/// A change that has no number yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Draft {
    pub kind: ChangeKind,
    pub id: String,
    pub server: Option<ServerId>,
    pub site: Option<SiteId>,
    /// Whether an operation is under way by it.
    pub under_way: bool,
}

/// Whether a write may be, given the JSON of what is there and of what is to be, and the change it
/// publishes.
type Judge = fn(Option<&[u8]>, Option<&[u8]>) -> Result<Option<Draft>, StoreError>;

/// One write: `json` is what is to be, `None` deletes.
pub(super) struct Write {
    pub table: &'static str,
    pub key: Vec<u8>,
    pub json: Option<Vec<u8>>,
    pub expected: Expected,
    pub judge: Judge,
}

/// Both sides are read back from their JSON: what could not be read again is never written.
fn judge<R: Record>(old: Option<&[u8]>, new: Option<&[u8]>) -> Result<Option<Draft>, StoreError> {
    let old: Option<R> = old.map(record::parse).transpose()?;
    let new: Option<R> = new.map(record::parse).transpose()?;
    let Some(told) = new.as_ref().or(old.as_ref()) else { return Ok(None) };
    if !R::has_arrow(old.as_ref(), new.as_ref()) {
        return Err(StoreError::Arrow {
            id: told.change_id(),
            from: old.as_ref().map_or("nothing", R::standing).to_owned(),
            to: new.as_ref().map_or("nothing", R::standing).to_owned(),
        });
    }
    Ok(R::CHANGE.map(|kind| Draft {
        kind,
        id: told.change_id(),
        server: told.server(),
        site: told.site(),
        under_way: new.as_ref().is_some_and(R::is_under_way),
    }))
}

/// Writes that happen together or not at all.
///
/// They are judged in their order, each against what those before it left: one batch may write a
/// record twice (`removing`, then gone), and publishes one change for it.
#[derive(Default)]
pub struct Batch {
    pub(super) writes: Vec<Write>,
    /// A record that has no JSON; the batch is refused with it.
    pub(super) unwritable: Option<StoreError>,
}

impl Batch {
    /// An empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether nothing would be written.
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// Adds or replaces a record.
    pub fn put<R: Record>(&mut self, record: &R, expected: Expected) {
        let key = R::encode(&record.key());
        match serde_json::to_vec(record) {
            Ok(json) => self.write::<R>(key, Some(json), expected),
            Err(error) => {
                let id = record::label(&key);
                self.unwritable = Some(StoreError::Format(format!(
                    "The record {id} cannot be written: {error}."
                )));
            }
        }
    }

    /// Deletes a record.
    pub fn delete<R: Record>(&mut self, key: &R::Key, expected: Expected) {
        self.write::<R>(R::encode(key), None, expected);
    }

    fn write<R: Record>(&mut self, key: Vec<u8>, json: Option<Vec<u8>>, expected: Expected) {
        self.writes.push(Write { table: R::TABLE, key, json, expected, judge: judge::<R> });
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.writes.iter().map(|w| (w.table, record::label(&w.key)));
        f.debug_map().entries(keys).finish()
    }
}
