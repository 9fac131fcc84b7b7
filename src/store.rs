//! The store: typed records in redb, and the changes that its commits publish.
//!
//! The seam: read a record, scan a prefix in order, commit a batch with expected revisions,
//! subscribe. [`Store::commit`] is the only function that writes, and publishing is its effect:
//! there is no other way to publish a change. It refuses arrows that [`crate::domain::Status`]
//! and [`crate::domain::Outcome`] do not have. It knows nothing of hosts, secrets or screens. The
//! file's format is written down in `docs/store.md`.

mod batch;
mod changes;
mod disk;
mod error;
pub mod killpoint;
pub mod private;
mod record;
mod records;
mod schema;
#[cfg(test)]
mod tests;
mod under_way;
mod writer;

use std::fmt;
use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use redb::backends::FileBackend;
use redb::{ReadableTable, StorageBackend, TableDefinition, TableError};
use tokio::sync::{broadcast, mpsc, oneshot};

use crate::clock::SharedClock;
use crate::domain::{Change, Event, OperationId};

pub use batch::{Batch, Expected};
pub use changes::{Changes, Notice, Scope};
pub use error::StoreError;
pub use record::{Record, Stored};

use disk::Disk;
use private::Note;
use record::Held;
use under_way::UnderWay;
use writer::{Job, Writer};

/// Changes that a slow receiver may be behind before it loses some.
const BEHIND: usize = 1024;

/// The store of a fleet. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    disk: Arc<Disk>,
    controller: String,
    under_way: Arc<UnderWay>,
    changes: broadcast::Sender<Change>,
    /// `None` only while it closes.
    jobs: Option<mpsc::Sender<Job>>,
    writer: Option<JoinHandle<()>>,
    /// Goes before the file does.
    note: Option<Note>,
}

impl Store {
    /// Opens the file, making it (0600) and its folder (0700) when they are not there. Closed when
    /// the last clone is dropped.
    ///
    /// # Errors
    /// When another process has it open, others could read it, it is of a newer version, or the
    /// disk fails.
    pub fn open(path: &Path, clock: SharedClock) -> Result<Self, StoreError> {
        private::folder(private::parent(path))?;
        let file = private::file(path)?;
        disk::look(file.try_clone().map_err(|e| StoreError::at(path, e))?, path)?;
        let backend = FileBackend::new(file).map_err(StoreError::redb)?;
        Self::start(backend, path, clock, BEHIND)
    }

    fn start(
        backend: impl StorageBackend,
        path: &Path,
        clock: SharedClock,
        behind: usize,
    ) -> Result<Self, StoreError> {
        let disk = Disk::open(backend, path)?;
        let note = Note::leave(path, clock.now());
        let meta = schema::prepare(disk.database(), path)?;
        let controller = meta.controller.clone();
        let (changes, _) = broadcast::channel(behind);
        let (jobs, line) = mpsc::channel(writer::QUEUE);
        let under_way = Arc::<UnderWay>::default();
        let writer = Writer {
            disk: disk.clone(),
            clock,
            changes: changes.clone(),
            meta,
            under_way: under_way.clone(),
        };
        let writer = thread::Builder::new()
            .name("store".into())
            .spawn(move || writer.run(line))
            .map_err(|e| StoreError::at(path, e))?;
        let (jobs, writer, note) = (Some(jobs), Some(writer), Some(note));
        let inner = Inner { disk, controller, under_way, changes, jobs, writer, note };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Reads a record.
    ///
    /// # Errors
    /// When the file or the record cannot be read.
    pub fn get<R: Record>(&self, key: &R::Key) -> Result<Option<Stored<R>>, StoreError> {
        let key = R::encode(key);
        self.table::<R, _>(|table| {
            let value = table.get(key.as_slice()).map_err(StoreError::redb)?;
            value.map(|value| Held::from_value(R::TABLE, value.value())?.read()).transpose()
        })
    }

    /// Reads all records whose encoded key begins with `prefix`, in key order.
    ///
    /// # Errors
    /// When the file or a record cannot be read.
    pub fn scan<R: Record>(&self, prefix: &[u8]) -> Result<Vec<Stored<R>>, StoreError> {
        self.table::<R, _>(|table| {
            let range = table.range::<&[u8]>(range(prefix, &after(prefix)));
            range.map_err(StoreError::redb)?.map(read_row).collect()
        })
    }

    /// Reads the last records whose encoded key begins with `prefix`, from the last backwards (of
    /// ids: newest first), at most `limit`.
    ///
    /// # Errors
    /// As [`Store::scan`].
    pub fn scan_back<R: Record>(
        &self,
        prefix: &[u8],
        limit: usize,
    ) -> Result<Vec<Stored<R>>, StoreError> {
        self.table::<R, _>(|table| {
            let range = table.range::<&[u8]>(range(prefix, &after(prefix)));
            range.map_err(StoreError::redb)?.rev().take(limit).map(read_row).collect()
        })
    }

    /// Reads backwards, from the last record, until one is as wanted; what is before it is not read.
    ///
    /// # Errors
    /// As [`Store::scan`].
    pub fn find_back<R: Record>(
        &self,
        wanted: impl Fn(&R) -> bool,
    ) -> Result<Option<Stored<R>>, StoreError> {
        self.table::<R, _>(|table| {
            let mut rows = table.iter().map_err(StoreError::redb)?.rev().map(read_row::<R>);
            rows.find(|row| row.as_ref().map_or(true, |stored| wanted(&stored.record))).transpose()
        })
    }

    /// Writes a batch durably, then publishes its changes. Answers with the commit's number. When
    /// the future is dropped half-way, the batch may be written all the same.
    ///
    /// # Errors
    /// When something was not as expected, an arrow does not exist, or the disk fails. Nothing of
    /// the batch is written then; only after a failure of the disk that is not known for sure.
    pub async fn commit(&self, batch: Batch) -> Result<u64, StoreError> {
        killpoint::passing("before-commit");
        let (answer, answered) = oneshot::channel();
        if let Some(jobs) = &self.inner.jobs
            && jobs.send(Job { batch, answer }).await.is_ok()
            && let Ok(result) = answered.await
        {
            killpoint::passing("after-commit");
            return result;
        }
        // the thread ends before its senders only by a defect
        let ended = StoreError::Io("its writer has ended".into());
        self.inner.disk.fail(&ended);
        Err(ended)
    }

    /// Reads, changes and writes one record, again when somebody else wrote in between. `change`
    /// answers false to leave it as it is. Answers with the record as it is now.
    ///
    /// # Errors
    /// As [`Store::commit`]; `Missing` when there is no such record.
    pub async fn change<R: Record>(
        &self,
        key: &R::Key,
        mut change: impl FnMut(&mut R) -> bool + Send,
    ) -> Result<R, StoreError> {
        loop {
            let Stored { mut record, revision } = self
                .get::<R>(key)?
                .ok_or_else(|| StoreError::Missing(record::label(&R::encode(key))))?;
            if !change(&mut record) {
                return Ok(record);
            }
            let mut batch = Batch::new();
            batch.put(&record, Expected::Revision(revision));
            match self.commit(batch).await {
                Ok(_) => return Ok(record),
                Err(StoreError::Conflict(_)) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Follows changes from now on.
    pub fn subscribe(&self, scope: Scope) -> Changes {
        Changes::new(self.inner.changes.subscribe(), scope)
    }

    /// The events of an operation, oldest first.
    ///
    /// # Errors
    /// As [`Store::scan`].
    pub fn events(&self, operation: OperationId) -> Result<Vec<Event>, StoreError> {
        let found = self.scan::<Event>(operation.to_string().as_bytes())?;
        Ok(found.into_iter().map(|stored| stored.record).collect())
    }

    /// A random text that names this store (and so this controller) to hosts.
    pub fn controller(&self) -> &str {
        &self.inner.controller
    }

    /// Why nothing is written any more, when the disk has failed; reading goes on.
    pub fn failed(&self) -> Option<StoreError> {
        self.inner.disk.failed()
    }

    fn table<R: Record, T: Default>(
        &self,
        read: impl FnOnce(&redb::ReadOnlyTable<&'static [u8], &'static [u8]>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let definition: schema::Table = TableDefinition::new(R::TABLE);
        match self.inner.disk.read()?.open_table(definition) {
            Ok(table) => read(&table),
            Err(TableError::TableDoesNotExist(_)) => Ok(T::default()),
            Err(error) => Err(StoreError::redb(error)),
        }
    }
}

type Row<'a> = (redb::AccessGuard<'a, &'static [u8]>, redb::AccessGuard<'a, &'static [u8]>);

fn read_row<R: Record>(row: Result<Row<'_>, redb::StorageError>) -> Result<Stored<R>, StoreError> {
    let (_, value) = row.map_err(StoreError::redb)?;
    Held::from_value(R::TABLE, value.value())?.read()
}

/// The first key after all that begin with the prefix; empty when there is none.
fn after(prefix: &[u8]) -> Vec<u8> {
    let mut key = prefix.to_vec();
    while let Some(last) = key.pop() {
        if let Some(next) = last.checked_add(1) {
            key.push(next);
            break;
        }
    }
    key
}

fn range<'a>(prefix: &'a [u8], after: &'a [u8]) -> (Bound<&'a [u8]>, Bound<&'a [u8]>) {
    let end = if after.is_empty() { Bound::Unbounded } else { Bound::Excluded(after) };
    (Bound::Included(prefix), end)
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(writer) = self.writer.take()
            && writer.join().is_err()
        {
            tracing::error!("the store's writer has panicked");
        }
        self.note = None;
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("controller", &self.inner.controller).finish_non_exhaustive()
    }
}
