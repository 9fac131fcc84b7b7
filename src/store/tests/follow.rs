//! Changes: whoever re-reads on each of them ends equal to the store.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// A pane: it shows what it last read, and reads again only because of a notice.
struct Pane {
    changes: Changes,
    server: Option<ServerId>,
    shown: BTreeMap<String, Resource>,
}

impl Pane {
    fn open(store: &Store, server: Option<ServerId>) -> Self {
        let scope = server.map_or(Scope::All, Scope::Server);
        let mut pane = Self { changes: store.subscribe(scope), server, shown: BTreeMap::new() };
        pane.reload(store);
        pane
    }

    fn truth(&self, store: &Store) -> BTreeMap<String, Resource> {
        let prefix = self.server.map(|s| s.to_string()).unwrap_or_default();
        let found = store.scan::<Resource>(prefix.as_bytes()).unwrap();
        found.into_iter().map(|s| (s.record.id.to_string(), s.record)).collect()
    }

    fn reload(&mut self, store: &Store) {
        self.shown = self.truth(store);
    }

    /// Takes what waits; answers how many changes it lost.
    fn catch_up(&mut self, store: &Store) -> u64 {
        let mut lost = 0;
        while let Some(notice) = self.changes.try_next() {
            match notice {
                Notice::Lost(count) => {
                    lost += count;
                    self.reload(store);
                }
                Notice::Change(change) => {
                    let key = crate::domain::ResourceKey {
                        server: change.server.unwrap(),
                        id: change.id.parse().unwrap(),
                    };
                    match store.get::<Resource>(&key).unwrap() {
                        Some(found) => self.shown.insert(change.id, found.record),
                        None => self.shown.remove(&change.id),
                    };
                }
            }
        }
        lost
    }
}

#[derive(Debug, Clone)]
enum Deed {
    /// Batches that wait together: (server, resource, status to go to or `None` to delete) each.
    Write(Vec<Vec<(u32, u32, Option<Status>)>>),
    CatchUp(usize),
    Drop(usize),
    Open(Option<u32>),
}

fn deed() -> impl Strategy<Value = Deed> {
    let status = prop::option::weighted(0.8, prop::sample::select(Status::ALL.to_vec()));
    let write = (0..2u32, 0..3u32, status);
    let batches = prop::collection::vec(prop::collection::vec(write, 1..4), 1..5);
    prop_oneof![
        5 => batches.prop_map(Deed::Write),
        2 => (0..8usize).prop_map(Deed::CatchUp),
        1 => (0..8usize).prop_map(Deed::Drop),
        1 => prop::option::of(0..2u32).prop_map(Deed::Open),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_pane_that_rereads_on_each_change_ends_equal_to_the_store(
        deeds in prop::collection::vec(deed(), 1..30)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let place = Place::new();
            // a short queue, so that panes do lag
            let file = private::file(&place.path()).unwrap();
            let backend = FileBackend::new(file).unwrap();
            let store = Store::start(backend, &place.path(), clock(), 4).unwrap();
            let mut witness = Pane::open(&store, None);
            let mut panes = vec![Pane::open(&store, None), Pane::open(&store, Some(server_id(0)))];
            let (mut seen, mut lost) = (0, 0);
            for deed in deeds {
                match deed {
                    Deed::Write(batches) => {
                        let commits = batches.into_iter().map(|writes| {
                            let mut batch = Batch::new();
                            for (server, number, status) in writes {
                                let mut record = resource(server, server * 10 + number);
                                match status {
                                    Some(status) => {
                                        record.status = status;
                                        batch.put(&record, Expected::Anything);
                                    }
                                    None => batch.delete::<Resource>(
                                        &record.key(), Expected::Anything
                                    ),
                                }
                            }
                            store.commit(batch)
                        });
                        // refusals (arrows that do not exist) are part of the game
                        for result in futures::future::join_all(commits).await {
                            let known = matches!(result, Ok(_) | Err(StoreError::Arrow { .. }));
 prop_assert!(known);
                        }
                        // numbers go up by one, lost ones counted
                        while let Some(notice) = witness.changes.try_next() {
                            match notice {
                                Notice::Lost(count) => lost += count,
                                Notice::Change(change) => {
                                    seen += 1;
                                    prop_assert_eq!(change.seq, seen + lost);
                                }
                            }
                        }
                    }
                    Deed::CatchUp(which) => {
                        if let Some(pane) = panes.get_mut(which) {
                            pane.catch_up(&store);
                        }
                    }
                    Deed::Drop(which) => {
                        if which < panes.len() {
                            panes.remove(which);
                        }
                    }
                    Deed::Open(server) => panes.push(Pane::open(&store, server.map(server_id))),
                }
            }
            for mut pane in panes {
                pane.catch_up(&store);
                let truth = pane.truth(&store);
                prop_assert_eq!(&pane.shown, &truth);
            }
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn a_receiver_follows_its_scope_and_counts_what_it_lost() {
    let place = Place::new();
    let store = place.open();
    let (mut all, mut one) =
        (store.subscribe(Scope::All), store.subscribe(Scope::Server(server_id(1))));
    store.commit(put(&server(2), Expected::Absent)).await.unwrap();
    store.commit(put(&resource(1, 1), Expected::Absent)).await.unwrap();
    let ids = |notice| match notice {
        Some(Notice::Change(Change { id, .. })) => id,
        other => panic!("{other:?}"),
    };
    assert_eq!(ids(all.next().await), server_id(2).to_string());
    assert_eq!(ids(all.next().await), resource(1, 1).id.to_string());
    assert_eq!(ids(one.next().await), resource(1, 1).id.to_string());
    assert_eq!(one.try_next(), None);

    let mut many = Batch::new();
    for number in 10..10 + BEHIND as u32 + 5 {
        many.put(&resource(1, number), Expected::Absent);
    }
    store.commit(many).await.unwrap();
    assert_eq!(one.next().await, Some(Notice::Lost(5)));
    drop(store);
    while one.next().await.is_some() {}
}
