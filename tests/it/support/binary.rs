//! The real binary with a home of its own that goes with the test.

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

/// No command takes that long, also on a machine that is slow and busy; one that never ended would
/// stop the whole run without a word.
const PATIENCE: Duration = Duration::from_secs(600);

/// A port where nobody listens. Not one that was free a moment ago: those are given to others.
pub const CLOSED_PORT: &str = "2";

/// A home folder with an open-able vault (a key file, so that no test pays for Argon2).
pub struct Home {
    folder: TempDir,
}

/// How a command ended.
pub struct Done {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Done {
    /// Passes when the exit code is this one; else shows everything.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// The output's lines as JSON.
    #[track_caller]
    pub fn json(&self) -> Vec<Value> {
        self.out
            .lines()
            .map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e} in {l:?}")))
            .collect()
    }
}

impl From<Output> for Done {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Home {
    /// Without a vault, as on a fresh machine.
    pub fn fresh() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    /// With a vault whose key lies in a file.
    pub fn new() -> Self {
        let home = Self::fresh();
        home.run(&["vault", "init", "--key-file"]).expect(0);
        home
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A command of the binary in this home, in a bare environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_brokeforge"));
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.folder.path())
            .env("LANG", "C.UTF-8")
            .arg("--home")
            .arg(self.folder.path().join("fleet"))
            .args(arguments)
            .stdin(Stdio::null());
        command
    }

    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Done {
        ended(self.spawn(&mut self.command(arguments)))
    }

    /// Starts a command and leaves it running.
    pub fn spawn(&self, command: &mut Command) -> Child {
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// One command with `--json`, which must end with 0; its lines.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> Vec<Value> {
        let mut all = vec!["--json"];
        all.extend_from_slice(arguments);
        self.run(&all).expect(0).json()
    }
}

/// Waits for the end of a child that [`Home::spawn`] started.
///
/// # Panics
/// When it does not come; it is killed then, and what it printed is told.
#[track_caller]
pub fn ended(child: Child) -> Done {
    let pid = rustix::process::Pid::from_child(&child);
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || send.send(child.wait_with_output()));
    if let Ok(output) = receive.recv_timeout(PATIENCE) {
        return output.unwrap().into();
    }
    // it has not been waited for, so the number is still its own
    let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    let done = Done::from(receive.recv().unwrap().unwrap());
    panic!("it does not end in {PATIENCE:?}; stdout:\n{}\nstderr:\n{}", done.out, done.err);
}
