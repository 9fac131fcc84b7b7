//! What the screen costs with a large fleet: `cargo bench --bench screen` makes a store of 1,000
//! servers, 10,000 rules and 2,000 operations, opens the program on it in a terminal of 160×50,
//! and prints the time from the start of the process to the first useful frame with the vault
//! locked (≤ 25 ms), from a key to its frame (p99 ≤ 5 ms) and the memory (≤ 40 MiB); then, while
//! another process changes 200 records a second through the socket, from a key to its frame again,
//! and from a change that was committed to the frame that shows it (p99 ≤ 25 ms).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a program for people"
)]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use brokeforge::clock::SystemClock;
use brokeforge::fleet::{Fleet, Paths};
use tempfile::TempDir;

#[path = "support/figures.rs"]
mod figures;
#[allow(dead_code, reason = "shared with the tests, which use all of it")]
#[path = "../tests/it/support/pty.rs"]
mod pty;
#[path = "support/seed.rs"]
mod seed;

/// Starts that are timed.
const STARTS: usize = 20;
/// Keys that are timed.
const KEYS: usize = 1_000;
/// Changes that are timed.
const CHANGES: usize = 300;
/// The time between two changes by somebody else.
const CHANGE: Duration = Duration::from_millis(5);

fn main() {
    let home = TempDir::new().unwrap();
    seed::large(home.path());
    let mut starts: Vec<Duration> = (0..STARTS).map(|_| start(home.path())).collect();
    println!("{}", figures::line("first useful frame", &mut starts));

    let mut screen = pty::Pty::start_sized(home.path(), &[], (50, 160));
    screen.sees("look around");
    screen.insists("\u{1b}", "the dialog to close", |s| !s.contents().contains("look around"));
    println!("memory: {} KiB resident", figures::status(screen.id(), "VmRSS"));
    let mut keys = press(&mut screen);
    println!("{}", figures::line("key to frame", &mut keys));
    println!("memory: {} KiB resident", figures::status(screen.id(), "VmRSS"));
    busy(home.path(), &mut screen);
    screen.types("Q");
    screen.ends();
}

/// Goes down the list key by key, and times each until its frame is there.
fn press(screen: &mut pty::Pty) -> Vec<Duration> {
    let mut keys = Vec::with_capacity(KEYS);
    screen.types("g");
    screen.until("the first", |s| selected(s, &seed::name(1)));
    for number in 0..KEYS {
        let wanted = seed::name(u32::try_from(number % 30 + 2).unwrap());
        // the title beside the list names the selected server
        let pressed = Instant::now();
        screen.types("j");
        screen.until(&wanted, |s| selected(s, &wanted));
        keys.push(pressed.elapsed());
        if number % 30 == 29 {
            screen.types("g");
            screen.until("the first", |s| selected(s, &seed::name(1)));
        }
    }
    keys
}

/// The same under 200 changes a second, and how long the changes take.
fn busy(home: &Path, screen: &mut pty::Pty) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _inside = runtime.enter();
    let fleet = Fleet::open(Paths::under(home), Arc::new(SystemClock)).unwrap();
    let (over, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let began = Instant::now();
    let changing = runtime.spawn({
        let (fleet, over, done) = (fleet.clone(), over.clone(), done.clone());
        async move {
            let mut beat = tokio::time::interval(CHANGE);
            while !over.load(Ordering::Relaxed) {
                beat.tick().await;
                let number = done.fetch_add(1, Ordering::Relaxed);
                let id = seed::server(number % (seed::SERVERS - 40) + 41);
                let (fleet, tag) = (fleet.clone(), format!("t{}", number % 7));
                tokio::spawn(async move { fleet.tag_server(id, &[tag], &[]).await.unwrap() });
            }
        }
    });
    let mut keys = press(screen);
    let mut frames = Vec::with_capacity(CHANGES);
    // the first server is selected, and its tags stand beside the list
    screen.types("g");
    for number in 0..CHANGES {
        let (id, tag) = (seed::server(1), format!("n{number:04}"));
        let before = format!("n{:04}", number.wrapping_sub(1) % 10_000);
        runtime.block_on(fleet.tag_server(id, std::slice::from_ref(&tag), &[before])).unwrap();
        let committed = Instant::now();
        screen.until(&tag, |s| s.contents().contains(&tag));
        frames.push(committed.elapsed());
    }
    over.store(true, Ordering::Relaxed);
    runtime.block_on(changing).unwrap();
    let rate = f64::from(done.load(Ordering::Relaxed)) / began.elapsed().as_secs_f64();
    println!("{}", figures::line(&format!("key to frame at {rate:.0} changes/s"), &mut keys));
    println!("{}", figures::line(&format!("change to frame at {rate:.0} changes/s"), &mut frames));
    println!("memory: {} KiB resident", figures::status(screen.id(), "VmRSS"));
}

/// Whether the detail beside the list is that of this server.
fn selected(screen: &vt100::Screen, name: &str) -> bool {
    let mut rows = screen.rows(80, 80);
    rows.any(|row| row.contains(name))
}

fn start(home: &Path) -> Duration {
    let began = Instant::now();
    let mut screen = pty::Pty::start_sized(home, &[], (50, 160));
    screen.sees(&seed::name(1));
    let took = began.elapsed();
    screen.types("Q");
    screen.signal("-TERM");
    screen.wait();
    took
}
