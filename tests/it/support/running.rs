//! Commands of the real binary that go on running beside others.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::Child;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::binary::Home;
use crate::lab;

/// For whatever needs no host: far longer than it takes, also on a machine that is slow and busy.
pub const SOON: Duration = Duration::from_secs(120);

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

    /// A `watch` that has the store open and tells every change from now on.
    #[track_caller]
    pub fn holder(home: &Home) -> Self {
        let running = Self::start(home, &["watch", "--json"]);
        running.holds(home);
        running
    }

    /// Waits until it, a `watch`, has the store open and tells every change from now on.
    #[track_caller]
    pub fn holds(&self, home: &Home) {
        let mut said: Vec<String> = Vec::new();
        lab::until_seen("a watch that has the store open", SOON, || {
            said.extend(self.err.try_iter());
            // it takes signals on itself right before it begins to listen
            let holds = socket(home).is_some() && heeds(self.child.id(), Signal::TERM);
            if holds { Ok(()) } else { Err(said.join("\n")) }
        });
    }

    /// Tells it to let go, once it listens to that.
    #[track_caller]
    pub fn interrupt(&self) {
        until("its ear for ctrl-C", || heeds(self.child.id(), Signal::INT));
        self.signal("INT");
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
        let mut rest: Vec<String> = Vec::new();
        let status = lab::until_seen("its end", SOON, || {
            rest.extend(self.out.try_iter().chain(self.err.try_iter()));
            self.child.try_wait().unwrap().ok_or_else(|| rest.join("\n"))
        });
        rest.extend(self.out.iter().chain(self.err.iter()));
        assert_eq!(status.code(), Some(code), "{rest:#?}");
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
    lab::until(what, SOON, so);
}

/// Whether a process has put this signal to a use of its own: before, it would just die of it.
pub fn heeds(pid: u32, signal: Signal) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let caught = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    caught.is_some_and(|mask| mask & (1 << (signal.as_raw() - 1)) != 0)
}

pub fn run_folder(home: &Home) -> PathBuf {
    home.path().join("fleet/state/run")
}

pub fn socket(home: &Home) -> Option<PathBuf> {
    let mut all = std::fs::read_dir(run_folder(home)).ok()?;
    all.find_map(|entry| Some(entry.ok()?.path()))
}
