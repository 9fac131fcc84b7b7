//! The store's own table, and the version of the file's layout.
//!
//! `meta` holds texts: `schema`, `controller`, `commits`, `changes`. A newer schema is refused, an
//! older one is taken up step by step in one transaction, after a copy of the file.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use redb::{
    Database, Durability, ReadOnlyDatabase, ReadTransaction, ReadableDatabase, TableDefinition,
    TableError, WriteTransaction,
};

use super::{StoreError, private};

/// A table; keys and values are bytes of our own making.
pub(super) type Table = TableDefinition<'static, &'static [u8], &'static [u8]>;

const META: Table = TableDefinition::new("meta");

/// Leads from one version to the next.
type Step = fn(&WriteTransaction) -> Result<(), StoreError>;

/// The first leads from version 1 to 2, and so on. A step is added here, with a fixture of the
/// version that it makes, when the layout of tables or records changes beyond what serde's
/// defaults can read.
const STEPS: &[Step] = &[];

/// What the store counts, and its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Meta {
    pub controller: String,
    pub commits: u64,
    pub changes: u64,
}

impl Meta {
    /// Writes the counters.
    pub fn write_counters(&self, transaction: &WriteTransaction) -> Result<(), StoreError> {
        put(transaction, "commits", &self.commits.to_string())?;
        put(transaction, "changes", &self.changes.to_string())
    }
}

/// A write transaction that survives what can be survived.
pub(super) fn begin(database: &Database) -> Result<WriteTransaction, StoreError> {
    let mut transaction = database.begin_write().map_err(StoreError::redb)?;
    transaction.set_durability(Durability::Immediate).map_err(StoreError::redb)?;
    transaction.set_two_phase_commit(true);
    transaction.set_quick_repair(true);
    Ok(transaction)
}

/// Refuses a newer layout before the file is opened for writing, which alone changes its bytes.
pub(super) fn look(database: &ReadOnlyDatabase, path: &Path) -> Result<(), StoreError> {
    let found = get(&database.begin_read().map_err(StoreError::redb)?, "schema")?;
    match found.as_deref().map(str::parse::<usize>) {
        Some(Ok(found)) if found > STEPS.len() + 1 => Err(newer(path, found, STEPS.len() + 1)),
        _ => Ok(()),
    }
}

/// Reads the meta table, making it in a new file and taking up an older one.
pub(super) fn prepare(database: &Database, path: &Path) -> Result<Meta, StoreError> {
    prepare_with(database, path, STEPS)
}

fn prepare_with(database: &Database, path: &Path, steps: &[Step]) -> Result<Meta, StoreError> {
    let current = steps.len() + 1;
    let transaction = database.begin_read().map_err(StoreError::redb)?;
    let found = get(&transaction, "schema")?;
    let tables = transaction.list_tables().map_err(StoreError::redb)?.count();
    drop(transaction);
    let Some(found) = found else {
        return if tables == 0 { make(database, current) } else { Err(not_a_store(path)) };
    };
    let found: usize = found.parse().map_err(|_| not_a_store(path))?;
    if found > current {
        return Err(newer(path, found, current));
    }
    if found < current {
        let done = found.checked_sub(1).ok_or_else(|| not_a_store(path))?;
        keep_copy(path, found).map_err(|e| StoreError::at(path, e))?;
        let transaction = begin(database)?;
        for step in steps.iter().skip(done) {
            step(&transaction)?;
        }
        put(&transaction, "schema", &current.to_string())?;
        transaction.commit().map_err(StoreError::redb)?;
    }
    let transaction = database.begin_read().map_err(StoreError::redb)?;
    let text = |key| get(&transaction, key)?.ok_or_else(|| not_a_store(path));
    let number = |key| text(key)?.parse().map_err(|_| not_a_store(path));
    Ok(Meta {
        controller: text("controller")?,
        commits: number("commits")?,
        changes: number("changes")?,
    })
}

fn make(database: &Database, version: usize) -> Result<Meta, StoreError> {
    let controller = format!("{:016x}", rand::random::<u64>());
    let meta = Meta { controller, commits: 0, changes: 0 };
    let transaction = begin(database)?;
    put(&transaction, "schema", &version.to_string())?;
    put(&transaction, "controller", &meta.controller)?;
    meta.write_counters(&transaction)?;
    transaction.commit().map_err(StoreError::redb)?;
    Ok(meta)
}

/// The file as it was before a newer version took it up.
fn keep_copy(path: &Path, version: usize) -> io::Result<PathBuf> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".layout-{version}"));
    let (copy, part) = (
        PathBuf::from(&name),
        PathBuf::from({
            name.push(".part");
            name
        }),
    );
    fs::copy(path, &part)?;
    File::open(&part)?.sync_all()?;
    fs::rename(&part, &copy)?;
    File::open(private::parent(path))?.sync_all()?;
    Ok(copy)
}

fn newer(path: &Path, found: usize, current: usize) -> StoreError {
    StoreError::Format(format!(
        "The store {} was written by a newer brokeforge (its layout is {found}, this one reads up \
         to {current}); it was left as it is. Use the newer program.",
        path.display()
    ))
}

fn not_a_store(path: &Path) -> StoreError {
    StoreError::Format(format!("The file {} is not a store of brokeforge.", path.display()))
}

fn get(transaction: &ReadTransaction, key: &str) -> Result<Option<String>, StoreError> {
    let table = match transaction.open_table(META) {
        Ok(table) => table,
        Err(TableError::TableDoesNotExist(_)) => return Ok(None),
        Err(error) => return Err(StoreError::redb(error)),
    };
    let value = table.get(key.as_bytes()).map_err(StoreError::redb)?;
    Ok(value.map(|value| String::from_utf8_lossy(value.value()).into_owned()))
}

fn put(transaction: &WriteTransaction, key: &str, text: &str) -> Result<(), StoreError> {
    let mut table = transaction.open_table(META).map_err(StoreError::redb)?;
    table.insert(key.as_bytes(), text.as_bytes()).map_err(StoreError::redb)?;
    Ok(())
}

#[cfg(test)]
mod tests;
