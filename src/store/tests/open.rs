//! Opening: again after closing, twice, by strangers, and what is not ours to read.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use redb::{Database, TableDefinition};

use super::*;
use crate::domain::{Failure, FailureKind};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn what_was_committed_is_there_after_closing() {
    let place = Place::new();
    let store = place.open();
    let controller = store.controller().to_owned();
    let revision = store.commit(put(&server(1), Expected::Absent)).await.unwrap();
    drop(store);

    let store = place.open();
    assert_eq!(store.controller(), controller);
    let mut changes = store.subscribe(Scope::All);
    assert_eq!(store.get(&server_id(1)).unwrap(), Some(Stored { record: server(1), revision }));
    let next = store.commit(put(&server(2), Expected::Absent)).await.unwrap();
    assert_eq!(next, revision + 1);
    assert!(matches!(changes.try_next(), Some(Notice::Change(Change { seq: 2, .. }))));
}

#[test]
fn a_second_one_is_told_who_has_it() {
    let place = Place::new();
    let store = place.open();
    let refused = place.try_open().unwrap_err();
    let me = std::process::id().to_string();
    assert!(matches!(&refused, StoreError::InUse { pid, .. } if *pid == me), "{refused}");
    let failure = Failure::from(refused);
    assert_eq!(failure.kind, FailureKind::StoreInUse);
    assert!(failure.message.contains(&format!("in use by pid {me} since 2")), "{failure}");

    // a note of somebody who is gone names nobody
    let note = place.folder.path().join("store.redb.lock");
    assert_eq!(mode(&note), 0o600);
    fs::write(&note, r#"{"pid":2147483647,"since":"2026-01-01T00:00:00Z"}"#).unwrap();
    let refused = place.try_open().unwrap_err();
    assert!(matches!(&refused, StoreError::InUse { pid, .. } if pid == "(unknown)"), "{refused}");
    drop(store);
    assert!(!note.exists());
    place.open();
}

#[test]
fn what_it_makes_is_ours_alone() {
    let place = Place::new();
    let path = place.folder.path().join("a/b/store.redb");
    drop(Store::open(&path, clock()).unwrap());
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    assert_eq!(mode(&place.folder.path().join("a")), 0o700);
}

#[test]
fn what_others_could_read_or_swap_is_refused_with_a_way_out() {
    let exposed = |place: &Place, part: &str, remedy: &str| {
        let failure = Failure::from(place.try_open().unwrap_err());
        assert!(failure.message.contains(part), "{failure:?}");
        assert!(failure.remedy.as_deref().unwrap_or_default().contains(remedy), "{failure:?}");
    };
    let open_to = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    let place = Place::new();
    drop(place.open());
    open_to(&place.path(), 0o640);
    exposed(&place, "is open to other users (mode 0640)", "chmod 600");
    open_to(&place.path(), 0o600);
    open_to(place.folder.path(), 0o711);
    exposed(&place, "The folder", "chmod 700");
    open_to(place.folder.path(), 0o700);

    fs::rename(place.path(), place.folder.path().join("elsewhere")).unwrap();
    symlink("elsewhere", place.path()).unwrap();
    exposed(&place, "is a symlink", "itself");
    let real = Place::new();
    let through = place.folder.path().join("link");
    symlink(real.folder.path(), &through).unwrap();
    let refused = Store::open(&through.join("store.redb"), clock()).unwrap_err();
    assert!(matches!(refused, StoreError::Exposed { .. }), "{refused}");
    assert!(!real.path().exists());
}

#[test]
fn what_is_not_a_store_is_left_alone() {
    let place = Place::new();
    let text = "not a store, and longer than nothing".repeat(200);
    private::file(&place.path()).unwrap();
    fs::write(place.path(), &text).unwrap();
    let refused = place.try_open().unwrap_err();
    assert!(
        matches!(&refused, StoreError::Format(text) if text.contains("is not a store")),
        "{refused}"
    );
    assert_eq!(fs::read_to_string(place.path()).unwrap(), text);

    let other = Place::new();
    let database = Database::create(other.path()).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(TableDefinition::<u64, u64>::new("stranger")).unwrap();
    transaction.commit().unwrap();
    drop(database);
    fs::set_permissions(other.path(), fs::Permissions::from_mode(0o600)).unwrap();
    assert!(matches!(other.once_free(), Err(StoreError::Format(_))));
}

#[tokio::test]
async fn a_value_of_an_unknown_form_is_told_and_not_overwritten() {
    let place = Place::new();
    let store = place.open();
    store.commit(put(&server(1), Expected::Absent)).await.unwrap();
    drop(store);
    let database = place.database();
    let transaction = database.begin_write().unwrap();
    {
        let table: schema::Table = TableDefinition::new("server");
        let mut table = transaction.open_table(table).unwrap();
        let key = Server::encode(&server_id(1));
        table.insert(key.as_slice(), [9u8, 1, 2].as_slice()).unwrap();
    }
    transaction.commit().unwrap();
    drop(database);
    let store = place.open();
    assert!(matches!(store.get::<Server>(&server_id(1)), Err(StoreError::Format(_))));
    let refused = store.commit(put(&server(1), Expected::Anything)).await;
    assert!(matches!(refused, Err(StoreError::Format(_))));
    assert_eq!(store.failed(), None);
    store.commit(put(&server(2), Expected::Absent)).await.unwrap();
}
