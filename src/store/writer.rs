//! The one writer: a thread that takes all batches that wait and commits them together.
//!
//! Each batch is judged on its own before any of its writes; a refused one does not hurt the
//! others. Answers and changes go out after the commit is durable, in the order of the commits,
//! and from nowhere else.

use std::collections::BTreeMap;
use std::sync::Arc;

use redb::{ReadTransaction, TableDefinition, TableError};
use tokio::sync::{broadcast, mpsc, oneshot};

use super::StoreError;
use super::batch::{Batch, Draft, Expected, Write};
use super::disk::Disk;
use super::record::{self, Held};
use super::schema::{self, Meta};
use super::under_way::UnderWay;
use crate::clock::SharedClock;
use crate::domain::{Change, ChangeKind};

/// Batches that wait in line before a committer has to wait with sending.
pub(super) const QUEUE: usize = 256;
/// Batches that share a transaction at most.
const GROUP: usize = 200;

/// A batch, and where the answer goes.
pub(super) struct Job {
    pub batch: Batch,
    pub answer: oneshot::Sender<Result<u64, StoreError>>,
}

/// Where a record lies: table and key.
type Place = (&'static str, Vec<u8>);
/// Records as they are to be; `None` is gone.
type Staged = BTreeMap<Place, Option<Held>>;

/// What the thread works with.
pub(super) struct Writer {
    pub disk: Arc<Disk>,
    pub clock: SharedClock,
    pub changes: broadcast::Sender<Change>,
    pub meta: Meta,
    pub under_way: Arc<UnderWay>,
}

impl Writer {
    /// Serves until every sender is gone.
    pub fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        while let Some(first) = jobs.blocking_recv() {
            let mut group = vec![first];
            while group.len() < GROUP
                && let Ok(job) = jobs.try_recv()
            {
                group.push(job);
            }
            self.serve(group);
        }
    }

    fn serve(&mut self, group: Vec<Job>) {
        let (batches, answers): (Vec<_>, Vec<_>) =
            group.into_iter().map(|job| (job.batch, job.answer)).unzip();
        let results = match self.disk.failed() {
            Some(error) => vec![Err(error); answers.len()],
            None => self.commit(batches).unwrap_or_else(|error| {
                self.disk.fail(&error);
                vec![Err(error); answers.len()]
            }),
        };
        for (answer, result) in answers.into_iter().zip(results) {
            // whoever does not wait any more does not want to know
            let _ = answer.send(result);
        }
    }

    /// Commits what can be; an error is the disk's and means that nothing is confirmed.
    fn commit(&mut self, batches: Vec<Batch>) -> Result<Vec<Result<u64, StoreError>>, StoreError> {
        let now = self.clock.now();
        let mut meta = self.meta.clone();
        let mut staged = Staged::new();
        let (mut changes, mut operations) = (Vec::new(), Vec::new());
        let view = self.disk.read()?;
        let mut results = Vec::with_capacity(batches.len());
        for batch in batches {
            let number = meta.commits + 1;
            match stage(batch, number, &staged, &view) {
                Ok((own, drafts)) => {
                    if !own.is_empty() {
                        meta.commits = number;
                    }
                    staged.extend(own);
                    changes.extend(drafts.into_iter().map(|draft| {
                        let Draft { kind, id, server, site, under_way } = draft;
                        if kind == ChangeKind::Operation {
                            operations.push((id.clone(), under_way));
                        }
                        meta.changes += 1;
                        Change { seq: meta.changes, time: now, kind, id, server, site }
                    }));
                    results.push(Ok(meta.commits));
                }
                Err(error @ StoreError::Io(_)) => return Err(error),
                Err(refusal) => results.push(Err(refusal)),
            }
        }
        drop(view);
        if !staged.is_empty() {
            self.write(&staged, &meta)?;
            self.meta = meta;
            self.under_way.take(&operations);
        }
        for change in changes {
            // an error only says that nobody listens
            let _ = self.changes.send(change);
        }
        Ok(results)
    }

    fn write(&self, staged: &Staged, meta: &Meta) -> Result<(), StoreError> {
        let transaction = schema::begin(self.disk.database())?;
        for ((name, key), held) in staged {
            let definition: schema::Table = TableDefinition::new(name);
            let mut table = transaction.open_table(definition).map_err(StoreError::redb)?;
            match held {
                Some(held) => table.insert(key.as_slice(), held.to_value().as_slice()),
                None => table.remove(key.as_slice()),
            }
            .map_err(StoreError::redb)?;
        }
        meta.write_counters(&transaction)?;
        transaction.commit().map_err(StoreError::redb)
    }
}

/// Judges a batch against what is there: the file, then what earlier batches of the group leave,
/// then what its own earlier writes leave.
fn stage(
    batch: Batch,
    number: u64,
    group: &Staged,
    view: &ReadTransaction,
) -> Result<(Staged, Vec<Draft>), StoreError> {
    if let Some(error) = batch.unwritable {
        return Err(error);
    }
    let mut own = Staged::new();
    let mut drafts: BTreeMap<Place, (usize, Draft)> = BTreeMap::new();
    for (order, write) in batch.writes.into_iter().enumerate() {
        let Write { table, key, json, expected, judge } = write;
        let place = (table, key);
        let before = match group.get(&place) {
            Some(held) => held.clone(),
            None => find(view, &place)?,
        };
        let now = own.get(&place).unwrap_or(&before);
        let met = match expected {
            Expected::Anything => true,
            Expected::Absent => now.is_none(),
            Expected::Revision(wanted) => before.as_ref().is_some_and(|b| b.revision == wanted),
        };
        if !met {
            return Err(StoreError::Conflict(record::label(&place.1)));
        }
        let draft = judge(now.as_ref().map(|held| held.json.as_slice()), json.as_deref())?;
        if now.is_none() && json.is_none() {
            continue;
        }
        if let Some(draft) = draft {
            drafts.insert(place.clone(), (order, draft));
        }
        own.insert(place, json.map(|json| Held { revision: number, json }));
    }
    let mut drafts: Vec<_> = drafts.into_values().collect();
    drafts.sort_by_key(|(order, _)| *order);
    Ok((own, drafts.into_iter().map(|(_, draft)| draft).collect()))
}

fn find(view: &ReadTransaction, (name, key): &Place) -> Result<Option<Held>, StoreError> {
    let definition: schema::Table = TableDefinition::new(name);
    let table = match view.open_table(definition) {
        Ok(table) => table,
        Err(TableError::TableDoesNotExist(_)) => return Ok(None),
        Err(error) => return Err(StoreError::redb(error)),
    };
    let value = table.get(key.as_slice()).map_err(StoreError::redb)?;
    value.map(|value| Held::from_value(name, value.value())).transpose()
}
