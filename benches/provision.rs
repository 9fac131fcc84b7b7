//! What provisioning costs: `cargo bench --bench provision` boots hosts of the lab and prints, side by
//! side, what a bare host takes to become `app` by brokeforge and by a plain script over `ssh`
//! (`support/app.sh`; ours may take 1.15 times as long), the same for ten hosts at once, and what a
//! second, unchanged run takes (at most 2 s a host). A host for nothing comes first, so that both
//! find the packages in the lab's cache.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a program for people"
)]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

#[allow(dead_code, reason = "shared with the other benches")]
#[path = "support/figures.rs"]
mod figures;
#[path = "../tests/lab/lab.rs"]
mod lab;

use figures::percentile;
use lab::Host;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/support/app.sh");
/// Pairs of single hosts, one after the other.
const PAIRS: usize = 3;
/// Hosts at once.
const MANY: usize = 10;

fn main() {
    let Some(first) = lab::hosts("warm", 1) else { return };
    plain(&first);
    drop(first);

    let (mut mine, mut theirs, mut again) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..PAIRS {
        let host = lab::hosts("plain", 1).unwrap();
        theirs.push(plain(&host));
        drop(host);
        let fleet = Fleet::of(lab::hosts("ours", 1).unwrap());
        mine.push(fleet.provision());
        again.push(fleet.provision());
    }
    told("bare host → app", &mut mine, &mut theirs);
    let again = percentile(&mut again, 50).as_secs_f64();
    println!("  unchanged: {again:.2} s (asked: 2 s)");

    let hosts = lab::hosts("plain", MANY).unwrap();
    let theirs = plain(&hosts);
    drop(hosts);
    let fleet = Fleet::of(lab::hosts("ours", MANY).unwrap());
    let mine = fleet.provision();
    told(&format!("{MANY} hosts at once"), &mut [mine], &mut [theirs]);
    let again = fleet.provision().as_secs_f64();
    println!("  unchanged: {again:.2} s in all, {:.2} s a host", again / MANY as f64);
}

/// The script on all of these at once.
fn plain(hosts: &[Host]) -> Duration {
    let begun = Instant::now();
    let all: Vec<Child> = hosts.iter().map(script).collect();
    for mut child in all {
        assert!(child.wait().unwrap().success(), "the plain script failed");
    }
    begun.elapsed()
}

fn script(host: &Host) -> Child {
    Command::new("ssh")
        .args(["-i", host.key.to_str().unwrap(), "-o", "StrictHostKeyChecking=no"])
        .args(["-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"])
        .args([&format!("root@{}", host.v4), "sh", "-s"])
        .stdin(std::fs::File::open(SCRIPT).unwrap())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Hosts that a brokeforge with a home of its own has logged in to.
struct Fleet {
    hosts: Vec<Host>,
    home: TempDir,
}

impl Fleet {
    fn of(hosts: Vec<Host>) -> Self {
        let home = TempDir::new().unwrap();
        run(home.path(), &["vault", "init", "--key-file"]);
        for host in &hosts {
            let (address, key) = (host.v4.to_string(), host.key.to_str().unwrap());
            let add = ["server", "add", &host.name, "--host", &address, "--identity", key];
            run(home.path(), &[&add[..], &["--accept-new-host-key"]].concat());
        }
        Self { hosts, home }
    }

    fn provision(&self) -> Duration {
        let mut words = vec!["provision"];
        words.extend(self.hosts.iter().map(|host| host.name.as_str()));
        words.extend(["--profile", "app"]);
        let begun = Instant::now();
        run(self.home.path(), &words);
        begun.elapsed()
    }
}

fn run(home: &Path, words: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_brokeforge"));
    let done = command.arg("--home").arg(home).args(words).output().unwrap();
    assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
}

fn told(what: &str, mine: &mut [Duration], theirs: &mut [Duration]) {
    let [ours, plain] = [mine, theirs].map(|times| percentile(times, 50).as_secs_f64());
    println!(
        "{what}: ours {ours:.1} s, plain script {plain:.1} s, {:.2} times (asked: 1.15)",
        ours / plain
    );
}
