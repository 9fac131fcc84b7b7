//! Commands of the real binary that go on running beside others.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::Child;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use super::binary::Home;

/// For whatever needs no host.
pub const SOON: Duration = Duration::from_secs(20);

/// A command that goes on running, and the lines that it prints.
pub struct Running {
    pub child: Child,
    pub out: Receiver<String>,
    pub err: Receiver<String>,
}

impl Running {
    pub fn start(home: &Home, words: &[&str]) -> Self {
        Self::of(home.spawn(&mut home.command(words)))
    }

    pub fn of(mut child: Child) -> Self {
        let out = lines(child.stdout.take().unwrap());
        let err = lines(child.stderr.take().unwrap());
        Self { child, out, err }
    }

    /// A `watch` that has the store open.
    pub fn holder(home: &Home) -> Self {
        let running = Self::start(home, &["watch", "--json"]);
        until("its socket", || socket(home).is_some());
        running
    }

    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let done = std::process::Command::new("kill").args(["-s", name, &pid]).status().unwrap();
        assert!(done.success());
    }

    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    #[track_caller]
    pub fn ends(&mut self, code: i32) {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                let rest: Vec<String> = self.out.try_iter().chain(self.err.try_iter()).collect();
                assert_eq!(status.code(), Some(code), "{rest:#?}");
                return;
            }
            assert!(begun.elapsed() < SOON, "it does not end");
            std::thread::yield_now();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines(from: impl Read + Send + 'static) -> Receiver<String> {
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                return;
            }
        }
    });
    receive
}

/// The first line that is as wanted.
#[track_caller]
pub fn line(from: &Receiver<String>, wanted: impl Fn(&str) -> bool) -> String {
    let begun = Instant::now();
    let mut seen = Vec::new();
    while let Some(left) = SOON.checked_sub(begun.elapsed()) {
        match from.recv_timeout(left) {
            Ok(line) if wanted(&line) => return line,
            Ok(line) => seen.push(line),
            Err(_) => break,
        }
    }
    panic!("it did not come; only {seen:#?}");
}

#[track_caller]
pub fn until(what: &str, so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < SOON, "{what} did not come");
        std::thread::yield_now();
    }
}

pub fn run_folder(home: &Home) -> PathBuf {
    home.path().join("fleet/state/run")
}

pub fn socket(home: &Home) -> Option<PathBuf> {
    let mut all = std::fs::read_dir(run_folder(home)).ok()?;
    all.find_map(|entry| Some(entry.ok()?.path()))
}
