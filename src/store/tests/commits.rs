//! What a commit takes and refuses.

use super::*;

#[tokio::test]
async fn records_come_back_in_key_order_with_their_revision() {
    let place = Place::new();
    let store = place.open();
    assert_eq!(store.get::<Server>(&server_id(1)).unwrap(), None);
    assert_eq!(store.scan::<Resource>(b"").unwrap(), vec![]);

    for (server, number) in [(2, 1), (1, 7), (1, 3)] {
        store.commit(put(&resource(server, number), Expected::Absent)).await.unwrap();
    }
    let numbers = |found: Vec<Stored<Resource>>| -> Vec<_> {
        found.into_iter().map(|s| (s.record, s.revision)).collect()
    };
    let of_one = server_id(1).to_string();
    assert_eq!(
        numbers(store.scan(of_one.as_bytes()).unwrap()),
        vec![(resource(1, 3), 3), (resource(1, 7), 2)]
    );
    assert_eq!(
        numbers(store.scan_back(b"", 2).unwrap()),
        vec![(resource(2, 1), 1), (resource(1, 7), 2)]
    );
    assert_eq!(numbers(store.scan_back(of_one.as_bytes(), 1).unwrap()), vec![(resource(1, 7), 2)]);
    assert_eq!(store.scan::<Resource>(&[0xff, 0xff]).unwrap(), vec![]);
}

#[tokio::test]
async fn a_write_that_expects_something_else_is_a_conflict_and_writes_nothing() {
    let place = Place::new();
    let store = place.open();
    let first = store.commit(put(&server(1), Expected::Absent)).await.unwrap();

    for expected in [Expected::Absent, Expected::Revision(first + 1)] {
        let mut batch = put(&server(2), Expected::Absent);
        batch.put(&server(1), expected);
        let refused = store.commit(batch).await.unwrap_err();
        assert!(matches!(refused, StoreError::Conflict(id) if id == server_id(1).to_string()));
    }
    let mut gone = put(&server(3), Expected::Absent);
    gone.delete::<Server>(&server_id(9), Expected::Revision(1));
    assert!(matches!(store.commit(gone).await, Err(StoreError::Conflict(_))));
    assert_eq!(store.scan::<Server>(b"").unwrap().len(), 1);

    let mut renamed = server(1);
    renamed.name = "db-1".into();
    let second = store.commit(put(&renamed, Expected::Revision(first))).await.unwrap();
    assert_eq!(
        store.get::<Server>(&server_id(1)).unwrap(),
        Some(Stored { record: renamed, revision: second })
    );
}

#[tokio::test]
async fn only_the_arrows_of_the_life_cycle_exist() {
    let place = Place::new();
    let store = place.open();
    let at = |status| Server { status, ..server(1) };
    for from in Status::ALL {
        let begun = store.commit(put(&at(from), Expected::Absent)).await;
        assert_eq!(begun.is_ok(), from.may_begin(), "nothing → {from}");
    }
    // by arrows alone, from where the record is to every state and back to where it may be
    let mut now = Status::Pending;
    for _ in 0..40 {
        for to in Status::ALL {
            let moved = store.commit(put(&at(to), Expected::Anything)).await;
            assert_eq!(moved.is_ok(), now.may_become(to), "{now} → {to}");
            if moved.is_ok() {
                now = to;
            }
            if !now.may_end() {
                let ended = store.commit(delete(&server(1), Expected::Anything)).await;
                assert_eq!(
                    ended,
                    Err(StoreError::Arrow {
                        id: server_id(1).to_string(),
                        from: now.to_string(),
                        to: "nothing".into(),
                    })
                );
            }
        }
    }
}

#[tokio::test]
async fn a_record_is_forgotten_by_way_of_removing() {
    let place = Place::new();
    let store = place.open();
    let mut batch = put(&server(1), Expected::Absent);
    batch.put(&Server { status: Status::Installing, ..server(1) }, Expected::Anything);
    batch.put(&Server { status: Status::Failed, ..server(1) }, Expected::Anything);
    let revision = store.commit(batch).await.unwrap();

    // what it expects is what was there before the batch
    let mut forget = Batch::new();
    let going = Server { status: Status::Removing, ..server(1) };
    forget.put(&going, Expected::Revision(revision));
    forget.delete::<Server>(&server_id(1), Expected::Revision(revision));
    store.commit(forget).await.unwrap();
    assert_eq!(store.get::<Server>(&server_id(1)).unwrap(), None);
}

#[tokio::test]
async fn operations_and_events_have_their_own_arrows() {
    let place = Place::new();
    let store = place.open();
    let at = |outcome| crate::domain::Operation { outcome, ..operation(1) };
    let go = async |outcome| store.commit(put(&at(outcome), Expected::Anything)).await;
    assert!(go(Outcome::Running).await.is_err());
    go(Outcome::Waiting).await.unwrap();
    assert!(go(Outcome::Done).await.is_err());
    assert!(store.commit(delete(&operation(1), Expected::Anything)).await.is_err());
    go(Outcome::Running).await.unwrap();
    go(Outcome::RolledBack).await.unwrap();
    let refused = go(Outcome::Done).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        format!("The record {} may not go from rolled back to done.", operation(1).id)
    );

    store.commit(put(&event(1, 1), Expected::Absent)).await.unwrap();
    store.commit(put(&event(1, 2), Expected::Absent)).await.unwrap();
    store.commit(put(&event(2, 1), Expected::Absent)).await.unwrap();
    assert!(store.commit(put(&event(1, 2), Expected::Anything)).await.is_err());
    assert_eq!(store.events(operation(1).id).unwrap(), vec![event(1, 1), event(1, 2)]);
    store.commit(delete(&operation(1), Expected::Anything)).await.unwrap();
}

#[tokio::test]
async fn a_batch_is_judged_in_its_order_and_publishes_one_change_a_record() {
    let place = Place::new();
    let store = place.open();
    let mut all = store.subscribe(Scope::All);
    let mut batch = put(&server(1), Expected::Absent);
    batch.put(&Server { status: Status::Installing, ..server(1) }, Expected::Anything);
    batch.put(&operation(1), Expected::Absent);
    batch.put(&Server { status: Status::Failed, ..server(1) }, Expected::Anything);
    let number = store.commit(batch).await.unwrap();
    let held = store.get::<Server>(&server_id(1)).unwrap().unwrap();
    assert_eq!((held.record.status, held.revision), (Status::Failed, number));
    let told: Vec<_> = std::iter::from_fn(|| all.try_next())
        .map(|notice| match notice {
            Notice::Change(change) => (change.seq, change.id),
            Notice::Lost(count) => panic!("lost {count}"),
        })
        .collect();
    assert_eq!(told, vec![(1, operation(1).id.to_string()), (2, server_id(1).to_string())]);

    // a second write of a new record cannot pass for the first
    let mut twice = put(&server(2), Expected::Absent);
    twice.put(&server(2), Expected::Absent);
    assert!(matches!(store.commit(twice).await, Err(StoreError::Conflict(_))));
    // nothing to write: no commit, no change
    assert_eq!(store.commit(Batch::new()).await.unwrap(), number);
    assert_eq!(store.commit(delete(&server(5), Expected::Anything)).await.unwrap(), number);
    assert_eq!(all.try_next(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn committers_at_once_share_transactions_but_not_refusals() {
    let place = Place::new();
    let store = place.open();
    store.commit(put(&server(0), Expected::Absent)).await.unwrap();
    let tasks: Vec<_> = (1..=120)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut batch = put(&server(number), Expected::Absent);
                batch.put(&resource(number, 1), Expected::Absent);
                if number % 3 == 0 {
                    // refused for its last write
                    batch.put(&server(0), Expected::Absent);
                }
                store.commit(batch).await
            })
        })
        .collect();
    let mut numbers = Vec::new();
    for (index, task) in tasks.into_iter().enumerate() {
        let (number, result) = (index as u32 + 1, task.await.unwrap());
        let whole = number % 3 != 0;
        assert_eq!(result.is_ok(), whole);
        assert_eq!(store.get::<Server>(&server_id(number)).unwrap().is_some(), whole);
        let resources = store.scan::<Resource>(server_id(number).to_string().as_bytes()).unwrap();
        assert_eq!(resources.len(), usize::from(whole));
        numbers.extend(result.ok());
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (2..=81).collect::<Vec<u64>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_of_one_record_at_once_are_all_kept() {
    let place = Place::new();
    let store = place.open();
    store.commit(put(&server(1), Expected::Absent)).await.unwrap();
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                let add_one = |s: &mut Server| {
                    s.port += 1;
                    true
                };
                store.change(&server_id(1), add_one).await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let same = store.change::<Server>(&server_id(1), |_| false).await.unwrap();
    assert_eq!(same.port, 42);
    let missing = store.change::<Server>(&server_id(7), |_| true).await.unwrap_err();
    assert_eq!(missing, StoreError::Missing(server_id(7).to_string()));
}

#[tokio::test]
async fn operations_under_way_are_known_without_reading_the_others() {
    let place = Place::new();
    let store = place.open();
    let ids = |store: &Store| -> Vec<_> {
        store.under_way().unwrap().into_iter().map(|operation| operation.id).collect()
    };
    for number in [1, 2, 3] {
        store.commit(put(&operation(number), Expected::Absent)).await.unwrap();
    }
    let id = |number| OperationId::new(time(), number);
    // asked for the first time now: made from the file
    assert_eq!(ids(&store), vec![id(1), id(2), id(3)]);

    // from now on the commits tell, by the time they are answered
    let mut over = operation(2);
    for outcome in [Outcome::Running, Outcome::Done] {
        over.outcome = outcome;
        store.commit(put(&over, Expected::Anything)).await.unwrap();
    }
    assert_eq!(ids(&store), vec![id(1), id(3)]);
    store.commit(put(&operation(4), Expected::Absent)).await.unwrap();
    assert_eq!(ids(&store), vec![id(1), id(3), id(4)]);
    let mut running = operation(1);
    running.outcome = Outcome::Running;
    store.commit(put(&running, Expected::Anything)).await.unwrap();
    store.commit(delete(&over, Expected::Anything)).await.unwrap();
    // a refused batch tells nothing
    let mut refused = put(&operation(5), Expected::Absent);
    refused.put(&operation(4), Expected::Absent);
    store.commit(refused).await.unwrap_err();
    assert_eq!(ids(&store), vec![id(1), id(3), id(4)]);
    assert_eq!(store.under_way().unwrap()[0], running, "as it is now");

    drop(store);
    assert_eq!(ids(&place.open()), vec![id(1), id(3), id(4)]);
}

#[tokio::test]
async fn looking_back_stops_at_the_first_that_is_wanted() {
    let place = Place::new();
    let store = place.open();
    assert_eq!(store.find_back::<Resource>(|_| true).unwrap(), None);
    for number in 1..=5 {
        store.commit(put(&resource(1, number), Expected::Absent)).await.unwrap();
    }
    let asked = std::cell::Cell::new(0);
    let found = store.find_back::<Resource>(|found| {
        asked.set(asked.get() + 1);
        found.id != ResourceId::new(time(), 5)
    });
    assert_eq!(found.unwrap().unwrap().record, resource(1, 4));
    assert_eq!(asked.get(), 2);
    assert_eq!(store.find_back::<Resource>(|_| false).unwrap(), None);
}
