//! What is sent to a host and what comes back: script text out, frames in. Pure.
//!
//! One constant command reads one compound `{ …; exit; }` from its standard input: a transfer that
//! is cut off is a syntax error and runs nothing. Everything variable travels as quoted words.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::packages::{Package, RemoteStep, Step, shell::quote};

pub mod frames;

pub use frames::{Frames, News};

/// The command, whatever the login shell is.
pub const COMMAND: &str = "/bin/sh -s";

/// The command where root's work is done by another user: sudo must ask nothing. It hides the
/// connection's ends, which packages must know.
pub const SUDO_COMMAND: &str = "env LC_ALL=C sudo -n /bin/sh -s -- \"$SSH_CONNECTION\"";

const BOOTSTRAP: &str = include_str!("../../assets/remote/bootstrap.sh");
const RUN: &str = include_str!("../../assets/remote/run.sh");
const CANCEL: &str = include_str!("../../assets/remote/cancel.sh");
const RELEASE: &str = include_str!("../../assets/remote/release.sh");
const AS_ROOT: &str = include_str!("../../assets/remote/as-root.sh");
const AS_USER: &str = include_str!("../../assets/remote/as-user.sh");
const PROCESSES: &str = include_str!("../../assets/remote/processes.sh");
const IN_UNIT: &str = include_str!("../../assets/remote/in-unit.sh");
const IN_SESSION: &str = include_str!("../../assets/remote/in-session.sh");

/// As whom a run works, which decides where it lies on its host and how it is kept alive there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Root: in a systemd unit of its own, and what the run leaves running ends with it.
    Root,
    /// Root, for what a person would do by a login: in a session of its own, or in a unit where a
    /// session would end with its connection; what it leaves running goes on.
    Login,
    /// A user without root: in a session of its own.
    User,
}

impl Who {
    /// As whom the steps of this package work.
    pub fn of(package: &dyn Package) -> Self {
        match (package.user(), package.leaves_running()) {
            ("root", false) => Self::Root,
            ("root", true) => Self::Login,
            _ => Self::User,
        }
    }

    /// What defines the place of its runs on the host, and what keeps them alive there; a later one
    /// goes before an earlier one.
    fn definitions(self) -> impl Iterator<Item = &'static str> {
        let these: &[&str] = match self {
            Self::Root => &[PROCESSES, AS_ROOT, IN_UNIT],
            Self::Login => &[PROCESSES, AS_ROOT, IN_UNIT, IN_SESSION],
            Self::User => &[PROCESSES, AS_USER, IN_SESSION],
        };
        these.iter().copied()
    }
}

/// A stage of a remote step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Is it so already?
    Check,
    /// Makes it so.
    Apply,
    /// Is it so now?
    Verify,
}

impl Phase {
    /// The word in file names and marks.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Apply => "apply",
            Self::Verify => "verify",
        }
    }

    /// The scripts of a step, in their order.
    pub fn of(step: &RemoteStep) -> impl Iterator<Item = (Self, &str)> {
        [(Self::Check, &step.check), (Self::Apply, &step.apply), (Self::Verify, &step.verify)]
            .into_iter()
            .filter_map(|(phase, text)| Some((phase, text.as_deref()?)))
    }
}

/// How a run says that it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Every step is done.
    Done,
    /// A phase failed; the steps after it were not begun.
    Failed,
    /// It was told to stop before a step.
    Cancelled,
}

/// A framed line of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A phase begins.
    Begin {
        /// The step's number in the plan.
        step: usize,
        /// The phase.
        phase: Phase,
    },
    /// A phase ended.
    End {
        /// The step's number in the plan.
        step: usize,
        /// The phase.
        phase: Phase,
        /// Its exit status.
        exit: i32,
        /// How long it took by the host's clock.
        millis: u64,
    },
    /// The run ended by itself.
    Over(Verdict),
}

/// Which run of an operation: its name on the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RunKey {
    /// The run that begins with this step.
    Steps(usize),
    /// The way back.
    Undo,
}

impl std::fmt::Display for RunKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Steps(first) => write!(f, "{first}"),
            Self::Undo => f.write_str("undo"),
        }
    }
}

/// An input of a step with its content.
#[derive(Debug, Clone)]
pub struct Content {
    /// The file's name.
    pub name: String,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Whether it may only lie under `/run`.
    pub secret: bool,
}

/// What a run consists of.
#[derive(Debug, Clone)]
pub struct Run<'a> {
    /// The operation's name on the host.
    pub operation: &'a str,
    /// The operation that the host's lock names: this one, or the one in whose turn it runs.
    pub lock: &'a str,
    /// The run's name.
    pub key: RunKey,
    /// Marks of this operation begin with it.
    pub nonce: &'a str,
    /// Who we are, for the lock.
    pub controller: &'a str,
    /// The steps with their numbers and the content of their inputs.
    pub steps: &'a [(usize, RemoteStep, Vec<Content>)],
    /// It gives the lock back when all is done.
    pub last: bool,
    /// As whom it works.
    pub who: Who,
    /// Where the host's folders begin; empty except in tests.
    pub root: &'a str,
    /// Now, in seconds since 1970 by our clock: since when the lock is held.
    pub now: i64,
}

fn prelude(lines: &mut String, values: &[(&str, &str)]) {
    for (name, value) in values {
        lines.push_str(&format!("{name}={}\n", quote(value)));
    }
}

fn compound(inner: &str) -> Vec<u8> {
    format!("{{\n{inner}\nexit\n}}\n").into_bytes()
}

/// The files of a run as script text. The shell writes plain text by itself; what is not plain goes
/// through `base64`, which costs two processes a file. What is the same in several files, as the
/// scripts of steps that put files are, is sent once.
#[derive(Default)]
struct Files<'a> {
    text: String,
    sent: BTreeMap<&'a [u8], usize>,
}

impl<'a> Files<'a> {
    fn put(&mut self, name: &str, bytes: &'a [u8]) {
        let plain = |b: &u8| matches!(b, b'\n' | b'\t' | b' '..=b'~');
        let (command, word): (_, fn(&[u8]) -> String) = if bytes.iter().all(plain) {
            ("put", |bytes| quote(&String::from_utf8_lossy(bytes)))
        } else {
            ("put_bytes", |bytes| STANDARD.encode(bytes))
        };
        let known = self.sent.len();
        let number = *self.sent.entry(bytes).or_insert_with(|| {
            self.text.push_str(&format!("T{known}={}\n", word(bytes)));
            known
        });
        self.text.push_str(&format!("{command} {} \"$T{number}\"\n", quote(name)));
    }

    /// Makes a folder and such ones in it, and what is put from now on lies below it.
    fn below(&mut self, parent: &str, names: &[String]) {
        self.text.push_str(&format!("into={parent}\n"));
        let (first, rest) = names.split_at(names.len().min(MOST_WORDS));
        for some in std::iter::once(first).chain(rest.chunks(MOST_WORDS)) {
            self.text.push_str(&format!("folders {}\n", some.join(" ")));
        }
    }
}

/// No command has more arguments.
const MOST_WORDS: usize = 500;

/// The text that starts a run, or attaches to it when the host knows it. `may_start` is false once
/// we have seen it run: it must not begin a second time even when the host forgot it.
pub fn start(run: &Run<'_>, session: &str, offsets: (u64, u64), may_start: bool) -> Vec<u8> {
    let mut text = String::new();
    let (out, err) = offsets;
    let key = run.key.to_string();
    prelude(
        &mut text,
        &[
            ("N", session),
            ("OP", run.operation),
            ("LOCK", run.lock),
            ("RUN", &key),
            ("OWNER", run.controller),
            ("NOW", &run.now.to_string()),
            ("MAY_START", if may_start { "1" } else { "0" }),
            ("OUT_AT", &out.saturating_add(1).to_string()),
            ("ERR_AT", &err.saturating_add(1).to_string()),
            ("ROOT", run.root),
        ],
    );
    text.push_str("payload() {\n:\n");
    if may_start {
        payload(&mut text, run);
    }
    text.push_str("}\n");
    text.extend(run.who.definitions());
    text.push_str(BOOTSTRAP);
    compound(&text)
}

fn payload(text: &mut String, run: &Run<'_>) {
    let is_secret = |inputs: &[Content]| inputs.iter().any(|i| i.secret);
    let mut list = String::new();
    for (number, step, inputs) in run.steps {
        let place = if is_secret(inputs) { "secret" } else { "plain" };
        list.push_str(&format!("{number} {} {place}\n", step.limit.max(1)));
    }
    let nonce = format!("{}\n", run.nonce);
    let mut files = Files::default();
    let with_inputs = |secret: bool| {
        run.steps
            .iter()
            .filter(move |(_, _, inputs)| !inputs.is_empty() && is_secret(inputs) == secret)
    };
    let plain: Vec<String> = with_inputs(false).map(|(n, ..)| format!("in/{n}")).collect();
    files.below("$new", &plain);
    for (number, step, inputs) in run.steps {
        for (phase, script) in Phase::of(step) {
            files.put(&format!("{number}.{}", phase.as_str()), script.as_bytes());
        }
        for input in inputs.iter().filter(|_| !is_secret(inputs)) {
            files.put(&format!("in/{number}/{}", input.name), &input.bytes);
        }
    }
    files.put("steps", list.as_bytes());
    files.put("nonce", nonce.as_bytes());
    files.put("run.sh", RUN.as_bytes());
    files.put("out", b"");
    files.put("err", b"");
    if run.last {
        files.put("last", b"");
    }
    let secret: Vec<String> = with_inputs(true).map(|(n, ..)| n.to_string()).collect();
    if !secret.is_empty() {
        files.below("$secrets", &secret);
        for (number, _, inputs) in with_inputs(true) {
            for input in inputs {
                files.put(&format!("{number}/{}", input.name), &input.bytes);
            }
        }
    }
    text.push_str(&files.text);
}

/// A script that runs on the connection itself: its output stands between two marks. The script
/// must be constant; it is seen in the host's process list.
pub fn direct(script: &str, session: &str) -> Vec<u8> {
    let mut text = String::new();
    prelude(&mut text, &[("N", session), ("SCRIPT", script)]);
    text.push_str(
        "cd /\numask 077\nif [ \"$(id -u)\" = 0 ]; then HOME=/root; fi\n\
         printf '\\n%s hello\\n' \"$N\"\n\
         env -i LC_ALL=C.UTF-8 HOME=\"$HOME\" SSH_CONNECTION=\"${SSH_CONNECTION:-${1-}}\" \
         PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
         /bin/sh -c \"$SCRIPT\" </dev/null\n\
         printf '\\n%s end %s\\n' \"$N\" \"$?\"\n",
    );
    compound(&text)
}

/// The script that ends a run.
pub fn cancel(operation: &str, key: RunKey, who: Who, root: &str) -> String {
    let mut text = String::new();
    prelude(&mut text, &[("OP", operation), ("RUN", &key.to_string()), ("ROOT", root)]);
    text.extend(who.definitions());
    text.push_str(CANCEL);
    text
}

/// The script that leaves the host in order after an operation, and gives its lock back, unless
/// that is its parent's.
pub fn release(
    operation: &str,
    lock: Option<&str>,
    controller: &str,
    who: Who,
    root: &str,
) -> String {
    let mut text = String::new();
    let lock = lock.unwrap_or_default();
    prelude(&mut text, &[("OP", operation), ("LOCK", lock), ("OWNER", controller), ("ROOT", root)]);
    text.extend(who.definitions());
    text.push_str(RELEASE);
    text
}

/// A step as people read it: its scripts as they are sent, and its inputs with secrets masked.
pub fn step_text(step: &Step) -> String {
    use crate::domain::Which;
    use crate::packages::InputSource;

    let Step::Remote(step) = step else { return step.name().to_owned() };
    let mut text = String::new();
    for input in &step.inputs {
        let content = match &input.source {
            InputSource::Text(text) => text.clone(),
            InputSource::PublicKey { user, which } => match which {
                Which::Current => format!("(our public key for {user})"),
                Which::Next => format!("(our new public key for {user})"),
                Which::Old => format!("(our old public key for {user})"),
            },
            InputSource::PublicKeys { user } => format!("(our public keys for {user})"),
            InputSource::Secret(_) => "••••••".to_owned(),
        };
        text.push_str(&format!("# file $BF_IN/{}\n", input.name));
        for line in content.lines() {
            text.push_str(&format!("#   {line}\n"));
        }
    }
    for (phase, script) in Phase::of(step) {
        text.push_str(&format!(
            "# {} (at most {} s)\n{}\n",
            phase.as_str(),
            step.limit,
            script.trim_end()
        ));
    }
    text
}

/// Whether a step's text, as people read it, has an apply.
pub fn applies(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("# apply (at most "))
}

#[cfg(test)]
mod tests;
