//! A disk that fails once, at each call in turn: read-only from then on, nothing confirmed lost.

use std::io;
use std::sync::atomic::{AtomicI64, Ordering};

use redb::BackendError;

use super::*;

/// A file whose n-th change (write, length or sync) fails.
#[derive(Debug)]
struct Failing {
    file: FileBackend,
    left: Arc<AtomicI64>,
}

impl Failing {
    fn change(&self) -> io::Result<()> {
        match self.left.fetch_sub(1, Ordering::SeqCst) {
            1 => Err(io::Error::from(io::ErrorKind::StorageFull)),
            _ => Ok(()),
        }
    }
}

impl StorageBackend for Failing {
    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.try_lock_range(start, end)
    }
    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.unlock_range(start, end)
    }
    fn close(&self) -> io::Result<()> {
        self.file.close()
    }
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read(offset, out)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.change()?;
        self.file.set_len(len)
    }
    fn sync_data(&self) -> io::Result<()> {
        // a true sync would only cost time: no power is cut here
        self.change()
    }
    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.change()?;
        self.file.write(offset, data)
    }
}

#[tokio::test]
async fn after_a_failure_of_the_disk_it_reads_but_writes_no_more() {
    for nth in 1.. {
        let place = Place::new();
        let left = Arc::new(AtomicI64::new(i64::MAX));
        let file = FileBackend::new(private::file(&place.path()).unwrap()).unwrap();
        let backend = Failing { file, left: left.clone() };
        let store = Store::start(backend, &place.path(), clock(), BEHIND).unwrap();
        let mut changes = store.subscribe(Scope::All);
        left.store(nth, Ordering::SeqCst);
        let mut confirmed = Vec::new();
        let mut failed = None;
        for number in 1..4 {
            // large enough that the file has to grow
            let record = Server { name: "x".repeat(30_000), ..server(number) };
            match store.commit(put(&record, Expected::Absent)).await {
                Ok(_) => confirmed.push(number),
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        let told = std::iter::from_fn(|| changes.try_next()).count();
        assert_eq!(told, confirmed.len(), "what was not confirmed was told");
        let Some(error) = failed else {
            assert!(nth > 20, "it failed at {nth} calls only");
            return;
        };
        assert!(matches!(error, StoreError::Io(_)), "{error}");
        // no more writes, but all that was confirmed can be read
        assert!(matches!(store.failed(), Some(StoreError::ReadOnly(_))));
        for _ in 0..2 {
            let refused = store.commit(put(&server(9), Expected::Absent)).await;
            assert!(matches!(refused, Err(StoreError::ReadOnly(_))), "{refused:?}");
        }
        for number in &confirmed {
            assert!(store.get::<Server>(&server_id(*number)).unwrap().is_some(), "call {nth}");
        }
        let second = place.try_open().err();
        assert!(matches!(second, Some(StoreError::InUse { .. })), "call {nth}: {second:?}");
        drop(store);
        let store = place.open();
        let found = store.scan::<Server>(b"").unwrap().len();
        assert!(found == confirmed.len() || found == confirmed.len() + 1, "call {nth}: {found}");
        store.commit(put(&server(9), Expected::Absent)).await.unwrap();
    }
}
