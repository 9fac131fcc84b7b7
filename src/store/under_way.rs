//! The operations that are not over, by id: kept in memory, so that asking for them does not read
//! all that ever were.
//!
//! Made from the file when it is first asked for; from then on the writer tells of every commit
//! before it answers.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use redb::ReadableTable;
use serde::Deserialize;

use super::record::{self, Held};
use super::{Record, Store, StoreError, Stored};
use crate::domain::{Operation, OperationId, Outcome};

/// Their ids, once they were asked for.
#[derive(Debug, Default)]
pub(super) struct UnderWay(Mutex<Option<BTreeSet<OperationId>>>);

/// As much of an operation as tells whether it is over.
#[derive(Deserialize)]
struct Standing {
    id: OperationId,
    outcome: Outcome,
}

impl UnderWay {
    /// Takes in what was committed: which operation, and whether it is under way now.
    pub fn take(&self, committed: &[(String, bool)]) {
        let mut ids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(ids) = ids.as_mut() else { return };
        for (id, is_under_way) in committed {
            let Ok(id) = id.parse() else { continue };
            match is_under_way {
                true => ids.insert(id),
                false => ids.remove(&id),
            };
        }
    }
}

impl Store {
    /// The operations that are not over, oldest first.
    ///
    /// # Errors
    /// As [`Store::scan`].
    pub fn under_way(&self) -> Result<Vec<Operation>, StoreError> {
        let ids: Vec<OperationId> = {
            // The writer waits for it: what it commits meanwhile is taken in afterwards.
            let lock = &self.inner.under_way.0;
            let mut known = lock.lock().unwrap_or_else(PoisonError::into_inner);
            let ids = match known.take() {
                Some(ids) => ids,
                None => self.read_under_way()?,
            };
            known.insert(ids).iter().copied().collect()
        };
        self.table::<Operation, _>(|table| {
            let mut found = Vec::with_capacity(ids.len());
            for id in &ids {
                let key = Operation::encode(id);
                let value = table.get(key.as_slice()).map_err(StoreError::redb)?;
                let Some(value) = value else { continue };
                let Stored { record, .. }: Stored<Operation> =
                    Held::from_value(Operation::TABLE, value.value())?.read()?;
                if !record.outcome.is_end() {
                    found.push(record);
                }
            }
            Ok(found)
        })
    }

    fn read_under_way(&self) -> Result<BTreeSet<OperationId>, StoreError> {
        self.table::<Operation, _>(|table| {
            let mut ids = BTreeSet::new();
            for row in table.iter().map_err(StoreError::redb)? {
                let (_, value) = row.map_err(StoreError::redb)?;
                let held = Held::from_value(Operation::TABLE, value.value())?;
                let standing: Standing = record::parse_part::<Operation, _>(&held.json)?;
                if !standing.outcome.is_end() {
                    ids.insert(standing.id);
                }
            }
            Ok(ids)
        })
    }
}
