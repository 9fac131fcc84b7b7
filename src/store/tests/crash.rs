//! kill -9 while commits go on: what was confirmed is there.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use super::*;
use crate::domain::Document;

const STORE: &str = "BROKEFORGE_TEST_CRASH_STORE";

fn document(number: u64) -> Document {
    Document { key: format!("{number:08}"), body: number.into() }
}

/// The child: commits numbers, each with its shadow in the same batch, and tells each one that was
/// confirmed. Does nothing in an ordinary run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let Some(path) = std::env::var_os(STORE) else { return };
    let store = Store::open(path.as_ref(), clock()).unwrap();
    let first = store.scan::<Document>(b"0").unwrap().len() as u64;
    for number in first.. {
        let mut batch = put(&document(number), Expected::Absent);
        let shadow = Document { key: format!("shadow/{number:08}"), body: number.into() };
        batch.put(&shadow, Expected::Absent);
        batch.put(&resource(1, u32::try_from(number).unwrap()), Expected::Absent);
        store.commit(batch).await.unwrap();
        println!("confirmed {number}");
    }
}

#[test]
fn nothing_that_was_confirmed_is_lost_by_a_kill() {
    let place = Place::new();
    let mut confirmed = 0;
    for round in 0..6 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["store::tests::crash::child", "--exact", "--nocapture"])
            .env(STORE, place.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut left = 5 + round * 7;
        for line in lines {
            // libtest's own words stand on the first line
            if let Some((_, number)) = line.unwrap().rsplit_once("confirmed ") {
                confirmed = number.parse::<u64>().unwrap() + 1;
                left -= 1;
            }
            if left == 0 {
                // what the pipe still holds was confirmed as well
                child.kill().unwrap();
                left = -1;
            }
        }
        child.wait().unwrap();
        let store = place.open();
        let count = store.scan::<Document>(b"0").unwrap().len() as u64;
        assert!(count >= confirmed, "{count} of {confirmed} in round {round}");
        assert_eq!(store.scan::<Document>(b"shadow/").unwrap().len() as u64, count);
        assert_eq!(store.scan::<Resource>(b"").unwrap().len() as u64, count);
        assert!(confirmed > 0, "the child did not run");
    }
}
