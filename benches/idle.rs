//! What an open screen costs while nothing happens, and a second one that goes through it:
//! `cargo bench --bench idle` prints the context switches of all their threads over ten seconds, and
//! their memory. Both switches have to be 0.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a program for people"
)]

use std::time::Duration;

use tempfile::TempDir;

#[allow(dead_code, reason = "shared with the tests, which use all of it")]
#[path = "../tests/it/support/pty.rs"]
mod pty;

/// Helpers of the runtime go to sleep for good ten seconds after their last work.
const SETTLING: Duration = Duration::from_secs(11);
const WATCHED: Duration = Duration::from_secs(10);

/// The sum of a line of `/proc/PID/task/*/status` over all threads, and how many there are.
fn sum(pid: u32, name: &str) -> (u64, usize) {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).expect("this needs /proc");
    let values: Vec<u64> = tasks
        .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("status")).ok())
        .filter_map(|status| field(&status, name))
        .collect();
    (values.iter().sum(), values.len())
}

fn field(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.split_whitespace().next()?.parse().ok()
}

#[derive(Clone, Copy)]
struct Count {
    voluntary: u64,
    pushed: u64,
    threads: usize,
}

fn count(pid: u32) -> Count {
    let (voluntary, threads) = sum(pid, "voluntary_ctxt_switches");
    Count { voluntary, pushed: sum(pid, "nonvoluntary_ctxt_switches").0, threads }
}

fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    field(&status, "VmRSS").unwrap_or(0)
}

fn main() {
    let home = TempDir::new().unwrap();
    let mut screen = pty::Pty::start(home.path(), &[]);
    screen.sees("first a vault");
    screen.types("\r");
    screen.sees("No passphrase?");
    screen.types("y");
    screen.sees("The vault is made and open.");
    screen.until("the toast to fade", |s| !s.contents().contains("The vault is made"));
    let mut further = pty::Pty::start(home.path(), &[]);
    further.sees("Press a to add your first server.");
    std::thread::sleep(SETTLING);
    let both = [("the screen", screen.id()), ("a further one", further.id())];
    let before = both.map(|(_, pid)| count(pid));
    std::thread::sleep(WATCHED);
    let after = both.map(|(_, pid)| count(pid));
    let memory = both.map(|(_, pid)| resident(pid));
    further.types("Q");
    further.ends();
    screen.types("Q");
    screen.ends();
    for (i, (name, _)) in both.iter().enumerate() {
        let (from, to) = (before[i], after[i]);
        println!(
            "{name}, idle for {} s, {} threads: {} voluntary and {} involuntary context switches, \
             {}.{} MiB resident",
            WATCHED.as_secs(),
            to.threads,
            to.voluntary - from.voluntary,
            to.pushed - from.pushed,
            memory[i] / 1024,
            memory[i] % 1024 * 10 / 1024,
        );
    }
}
