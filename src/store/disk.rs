//! The open file: its handle, what is read from it, and what is left when the disk fails.
//!
//! A failed write ends redb's handle, for reading too. Then a second handle takes over the
//! reading, on a copy of the file in memory, so that the file stays as it is. The first handle
//! stays open, for it holds the lock.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use redb::backends::{FileBackend, InMemoryBackend};
use redb::{
    Builder, Database, DatabaseError, ReadTransaction, ReadableDatabase, StorageBackend,
    StorageError,
};

use super::{StoreError, private::Note, schema};

/// Enough for a fleet of thousands; redb would take a gibibyte.
const CACHE: usize = 12 << 20;

/// The open file.
#[derive(Debug)]
pub(super) struct Disk {
    database: Database,
    path: PathBuf,
    failed: OnceLock<Failed>,
}

#[derive(Debug)]
struct Failed {
    why: String,
    rest: Option<Database>,
}

impl Disk {
    /// Opens what lies behind a backend.
    pub fn open(backend: impl StorageBackend, path: &Path) -> Result<Arc<Self>, StoreError> {
        let database =
            Builder::new().set_cache_size(CACHE).create_with_backend(backend).map_err(|error| {
                match error {
                    DatabaseError::DatabaseAlreadyOpen => Note::read(path),
                    DatabaseError::Storage(redb::StorageError::Io(e))
                        if e.kind() == io::ErrorKind::InvalidData =>
                    {
                        StoreError::Format(format!(
                            "The file {} is not a store of brokeforge ({e}).",
                            path.display()
                        ))
                    }
                    error => StoreError::redb(error),
                }
            })?;
        Ok(Arc::new(Self { database, path: path.to_owned(), failed: OnceLock::new() }))
    }

    /// The handle that writes.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// A view of what was committed last.
    pub fn read(&self) -> Result<ReadTransaction, StoreError> {
        let database = self.failed.get().and_then(|f| f.rest.as_ref()).unwrap_or(&self.database);
        database.begin_read().map_err(StoreError::redb)
    }

    /// Ends the writing for good.
    pub fn fail(&self, why: &StoreError) {
        self.failed.get_or_init(|| {
            let why = match why {
                StoreError::Io(why) => why.clone(),
                other => other.to_string(),
            };
            tracing::error!(%why, "the store failed and takes no more changes");
            let rest = in_memory(&self.path)
                .inspect_err(|error| tracing::error!(%error, "the store cannot be read either"));
            Failed { why, rest: rest.ok() }
        });
    }

    /// Why nothing is written any more, when that is so.
    pub fn failed(&self) -> Option<StoreError> {
        self.failed.get().map(|failed| StoreError::ReadOnly(failed.why.clone()))
    }
}

/// Looks into a file without changing it; it may still be refused when it is opened.
pub(super) fn look(file: File, path: &Path) -> Result<(), StoreError> {
    if file.metadata().map_err(|e| StoreError::at(path, e))?.len() == 0 {
        return Ok(());
    }
    let backend = FileBackend::new(file).map_err(StoreError::redb)?;
    match Builder::new().set_cache_size(CACHE).open_read_only_with_backend(backend) {
        Ok(database) => schema::look(&database, path),
        // closed by a crash: only opening it for writing can tell more
        Err(DatabaseError::RepairAborted) => Ok(()),
        Err(error) => Err(refusal(error, path)),
    }
}

fn refusal(error: DatabaseError, path: &Path) -> StoreError {
    match error {
        DatabaseError::DatabaseAlreadyOpen => Note::read(path),
        DatabaseError::Storage(StorageError::Io(e)) if e.kind() == io::ErrorKind::InvalidData => {
            let shown = path.display();
            StoreError::Format(format!("The file {shown} is not a store of brokeforge ({e})."))
        }
        error => StoreError::redb(error),
    }
}

/// What the file holds, without the file.
fn in_memory(path: &Path) -> Result<Database, StoreError> {
    let at = |e| StoreError::at(path, e);
    let (content, memory) = (fs::read(path).map_err(at)?, InMemoryBackend::new());
    memory.set_len(content.len() as u64).map_err(at)?;
    memory.write(0, &content).map_err(at)?;
    Builder::new().set_cache_size(CACHE).create_with_backend(memory).map_err(StoreError::redb)
}
