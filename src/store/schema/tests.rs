//! The version of the layout: newer is refused untouched, older is taken up after a copy.

use std::sync::Arc;

use redb::backends::InMemoryBackend;

use super::*;
use crate::clock::SystemClock;

/// Once nobody has it: a child that another test starts at that moment has a copy of every
/// descriptor until it executes its program, and with it the lock of what was closed.
fn open(path: &Path) -> Database {
    loop {
        match Database::create(path) {
            Err(redb::DatabaseError::DatabaseAlreadyOpen) => std::thread::yield_now(),
            opened => return opened.unwrap(),
        }
    }
}

fn version(database: &Database) -> String {
    get(&database.begin_read().unwrap(), "schema").unwrap().unwrap()
}

fn a_step(transaction: &WriteTransaction) -> Result<(), StoreError> {
    put(transaction, "step", "taken")
}

fn a_failing_step(transaction: &WriteTransaction) -> Result<(), StoreError> {
    put(transaction, "step", "half")?;
    Err(StoreError::Io("the disk is full".into()))
}

#[test]
fn a_newer_layout_is_refused_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own/store.redb");
    private::folder(private::parent(&path)).unwrap();
    private::file(&path).unwrap();
    let database = open(&path);
    prepare_with(&database, &path, &[a_step]).unwrap();
    let refused = prepare(&database, &path).unwrap_err();
    drop(database);
    let before = fs::read(&path).unwrap();

    let again = loop {
        match crate::store::Store::open(&path, Arc::new(SystemClock)).unwrap_err() {
            StoreError::InUse { .. } => std::thread::yield_now(),
            again => break again,
        }
    };
    assert_eq!(again, refused);
    assert!(refused.to_string().contains("written by a newer brokeforge"), "{refused}");
    assert!(before == fs::read(&path).unwrap(), "the file was touched");
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn an_older_layout_is_taken_up_in_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let database = open(&path);
    let made = prepare(&database, &path).unwrap();

    prepare_with(&database, &path, &[a_step, a_failing_step]).unwrap_err();
    assert_eq!(version(&database), "1");
    assert_eq!(get(&database.begin_read().unwrap(), "step").unwrap(), None);

    assert_eq!(prepare_with(&database, &path, &[a_step]).unwrap(), made);
    assert_eq!(version(&database), "2");
    let copy = open(&folder.path().join("store.redb.layout-1"));
    assert_eq!(version(&copy), "1");
    assert_eq!(prepare(&copy, &path).unwrap(), made);
}

#[test]
fn a_layout_that_is_not_a_number_is_not_a_store() {
    let database = Database::builder().create_with_backend(InMemoryBackend::new()).unwrap();
    prepare(&database, Path::new("store")).unwrap();
    for odd in ["0", "-1", "one", ""] {
        let transaction = begin(&database).unwrap();
        put(&transaction, "schema", odd).unwrap();
        transaction.commit().unwrap();
        assert!(matches!(prepare(&database, Path::new("x")), Err(StoreError::Format(_))), "{odd}");
    }
}
