//! Real Debian hosts for tests, by the script `lab` beside this file.
//!
//! ```ignore
//! let Some(host) = lab::host("upgrade") else { return };
//! let (code, said) = host.exec("apt-get update");
//! ```
//!
//! `BROKEFORGE_LAB=require` installs what is missing and fails a test that gets no
//! host, `off` leaves all such tests out; without it they run where they can.
//!
//! One supervisor process serves a test process. Its standard input is the thread they
//! hang by: when the test process is gone, in whatever way, so are all hosts and
//! everything made for them. Here, and where a pseudo terminal's process is waited for, is waited by
//! sleeping; nowhere else in the tests.
#![allow(
    dead_code,
    clippy::panic,
    reason = "what one test needs another may not; a test without the host it asked for has failed"
)]

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/lab");
/// Longer than any boot takes in a queue of many.
const ANSWER: Duration = Duration::from_secs(600);
/// For what a host does by itself: a boot, a reboot; also on a machine that is slow and busy.
const PATIENCE: Duration = Duration::from_secs(300);
const INSIDE_PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Whether hosts can run here, and if not, why. Looked up once per process.
///
/// # Panics
/// With `BROKEFORGE_LAB=require`, when they cannot.
pub fn available() -> Result<(), String> {
    static KNOWN: OnceLock<Result<(), String>> = OnceLock::new();
    let wish = std::env::var("BROKEFORGE_LAB").unwrap_or_default();
    let known = KNOWN.get_or_init(|| match wish.as_str() {
        "off" => Err("BROKEFORGE_LAB=off".to_owned()),
        "require" => script("install"),
        "" => script("check"),
        other => Err(format!("BROKEFORGE_LAB is '{other}', not 'require' or 'off'")),
    });
    match known {
        Err(reason) if !matches!(wish.as_str(), "" | "off") => panic!("no lab: {reason}"),
        known => known.clone(),
    }
}

/// A host that has just been booted, or `None` where hosts cannot run; the test is then
/// said to be left out. `hint` becomes part of the host's name.
///
/// # Panics
/// When the lab is there but the host does not come up.
pub fn host(hint: &str) -> Option<Host> {
    hosts(hint, 1)?.pop()
}

/// `count` hosts, booted at the same time; see [`host`].
///
/// # Panics
/// As [`host`] does.
pub fn hosts(hint: &str, count: usize) -> Option<Vec<Host>> {
    if let Err(reason) = available() {
        let thread = thread::current();
        let test = thread.name().unwrap_or(hint);
        // the harness keeps back what is printed by macros, not what is written
        let _ = writeln!(std::io::stderr(), "left out: {test}: {reason}");
        return None;
    }
    let lab = supervisor();
    let asked: Vec<_> = (0..count)
        .map(|_| {
            let name = fresh_name(hint);
            let answer = lab.ask(&format!("boot {name}"));
            (name, answer)
        })
        .collect();
    // hosts exist from here on, even those whose answer is not read because an
    // earlier one failed; they end with the process
    let hosts = asked.into_iter().map(|(name, answer)| {
        let said = lab.hear(&answer).unwrap_or_else(|error| panic!("{error}"));
        let mut words = said.split(' ').skip(1);
        let (v4, v6) = (words.next().map(str::parse), words.next().map(str::parse));
        let (Some(Ok(v4)), Some(Ok(v6))) = (v4, v6) else {
            panic!("the lab answered a boot with '{said}'");
        };
        Host { name, v4, v6, key: lab.key.clone() }
    });
    Some(hosts.collect())
}

/// Asks again and again until `condition` holds.
///
/// # Panics
/// When it does not within `limit`; `what` says then what was waited for.
#[track_caller]
pub fn until(what: &str, limit: Duration, mut condition: impl FnMut() -> bool) {
    until_seen(what, limit, || if condition() { Ok(()) } else { Err(String::new()) });
}

/// Asks again and again until what is awaited is there; an error is what was seen in its place.
///
/// # Panics
/// When it does not come within `limit`; what was seen last is told.
#[track_caller]
pub fn until_seen<T>(
    what: &str,
    limit: Duration,
    mut look: impl FnMut() -> Result<T, String>,
) -> T {
    let end = Instant::now() + limit;
    let mut pause = Duration::from_millis(2);
    loop {
        match look() {
            Ok(found) => return found,
            Err(seen) if Instant::now() >= end => {
                let seen = if seen.is_empty() { seen } else { format!("; seen last:\n{seen}") };
                panic!("waited {limit:?} in vain: {what}{seen}");
            }
            Err(_) => thread::sleep(pause),
        }
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// A Debian host with systemd and sshd; root gets in with `key`. Ends when dropped.
#[derive(Debug)]
pub struct Host {
    /// Its host name, one of a kind in this process.
    pub name: String,
    /// Its address.
    pub v4: Ipv4Addr,
    /// Its other address.
    pub v6: Ipv6Addr,
    /// The private key of root in OpenSSH's format, without a passphrase; the public
    /// one is beside it, with `.pub` at the end of the name.
    pub key: PathBuf,
}

impl Host {
    /// Runs a script as root over ssh. Returns its exit status (ssh's own 255 when
    /// there is no way in) and all it wrote to both outputs.
    pub fn exec(&self, script: &str) -> (i32, String) {
        run(Command::new("ssh")
            .args(["-F", "none", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes"])
            .args(["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"])
            .args(["-o", "LogLevel=ERROR", "-o", "ConnectTimeout=60"])
            .args(["-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=24"])
            .arg("-i")
            .arg(&self.key)
            .arg(format!("root@{}", self.v4))
            .arg(format!("exec 2>&1\n{script}")))
    }

    /// Runs a script as root without the network, for a host that lets nobody in any
    /// more. Returns -1 and the reason when the host is not running.
    pub fn exec_inside(&self, script: &str) -> (i32, String) {
        let pid = match self.tell("pid") {
            Ok(pid) => pid,
            Err(reason) => return (-1, reason),
        };
        run(Command::new("nsenter")
            .args(["-t", &pid, "-m", "-u", "-i", "-n", "-p", "-C", "--"])
            .args(["env", "-i", INSIDE_PATH, "HOME=/root", "USER=root", "LC_ALL=C.UTF-8"])
            .args(["bash", "-c", &format!("exec 2>&1\n{script}")]))
    }

    /// Takes its power away. Its connections are not closed, they fall silent.
    ///
    /// # Panics
    /// When it does not end.
    pub fn stop(&self) {
        self.must("stop");
    }

    /// Gives its power back; returns when sshd answers.
    ///
    /// # Panics
    /// When it does not come up, or has been on.
    pub fn start(&self) {
        self.must("start");
    }

    /// [`Host::stop`] and [`Host::start`].
    ///
    /// # Panics
    /// As they do.
    pub fn restart(&self) {
        self.must("restart");
    }

    /// Pulls its cable, or plugs it in again.
    ///
    /// # Panics
    /// When the host is off: it has no cable then.
    pub fn link(&self, up: bool) {
        let way = if up { "up" } else { "down" };
        if let Err(error) = self.ask(&format!("link {} {way}", self.name)) {
            panic!("{error}");
        }
    }

    /// Waits until sshd answers.
    ///
    /// # Panics
    /// When it does not for five minutes.
    #[track_caller]
    pub fn wait_ssh(&self) {
        until_seen(&format!("sshd of {}", self.name), PATIENCE, || {
            if self.has_banner() { Ok(()) } else { Err(self.console_end()) }
        });
    }

    /// Names the present run of the host: another after each boot, `None` in between.
    pub fn boot_id(&self) -> Option<String> {
        let (code, said) = self.exec_inside("cat /proc/sys/kernel/random/boot_id");
        (code == 0).then(|| said.trim().to_owned())
    }

    /// Waits until the host has come up again after a reboot that it began by itself.
    /// `before` is what [`Host::boot_id`] said before that.
    ///
    /// # Panics
    /// When it does not for five minutes.
    #[track_caller]
    pub fn wait_reboot(&self, before: Option<&str>) {
        until_seen(&format!("the reboot of {}", self.name), PATIENCE, || match self.boot_id() {
            Some(now) if Some(now.as_str()) != before => Ok(()),
            seen => Err(format!("boot id {seen:?}\n{}", self.console_end())),
        });
        self.wait_ssh();
    }

    /// Whether it has power: not after [`Host::stop`], nor after `poweroff` inside.
    pub fn is_on(&self) -> bool {
        self.tell("state").is_ok_and(|state| state == "on")
    }

    /// Waits until the host has switched itself off.
    ///
    /// # Panics
    /// When it does not for five minutes.
    #[track_caller]
    pub fn wait_off(&self) {
        until_seen(&format!("the end of {}", self.name), PATIENCE, || {
            if self.is_on() { Err(self.console_end()) } else { Ok(()) }
        });
    }

    /// Runs a script inside again and again until it ends with 0; answers with what it wrote.
    ///
    /// # Panics
    /// When it does not within `limit`; what it wrote last is told.
    #[track_caller]
    pub fn until_inside(&self, what: &str, limit: Duration, script: &str) -> String {
        until_seen(&format!("{what} on {}", self.name), limit, || match self.exec_inside(script) {
            (0, said) => Ok(said),
            (code, said) => Err(format!("{script}\nended with {code} and wrote:\n{said}")),
        })
    }

    /// What the host wrote to its console so far, over all of its boots.
    pub fn console(&self) -> String {
        let path = self.tell("console").unwrap_or_default();
        let bytes = std::fs::read(path).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn console_end(&self) -> String {
        let console = self.console();
        let skipped = console.lines().count().saturating_sub(20);
        let lines: Vec<&str> = console.lines().skip(skipped).collect();
        format!("the console's end:\n{}", lines.join("\n"))
    }

    fn has_banner(&self) -> bool {
        let limit = Duration::from_secs(5);
        let address = SocketAddr::from((self.v4, 22));
        let Ok(mut stream) = TcpStream::connect_timeout(&address, limit) else {
            return false;
        };
        let mut start = [0; 4];
        stream.set_read_timeout(Some(limit)).is_ok()
            && stream.read_exact(&mut start).is_ok()
            && &start == b"SSH-"
    }

    fn ask(&self, request: &str) -> Result<String, String> {
        let lab = supervisor();
        lab.hear(&lab.ask(request))
    }

    fn tell(&self, command: &str) -> Result<String, String> {
        self.ask(&format!("{command} {}", self.name))
    }

    fn must(&self, command: &str) {
        if let Err(error) = self.tell(command) {
            panic!("{error}");
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // not waited for: the supervisor sees to it, and the process may go on
        drop(supervisor().ask(&format!("remove {}", self.name)));
    }
}

/// The other end of `lab serve`.
struct Supervisor {
    key: PathBuf,
    // Never closed on purpose: the kernel does it when this process ends.
    requests: Mutex<ChildStdin>,
    waiting: Mutex<HashMap<u64, Sender<String>>>,
    next: AtomicU64,
}

fn supervisor() -> &'static Supervisor {
    static ONE: OnceLock<Supervisor> = OnceLock::new();
    let mut answers = None;
    let one = ONE.get_or_init(|| {
        let (supervisor, reader) = serve().unwrap_or_else(|error| panic!("no lab: {error}"));
        answers = Some(reader);
        supervisor
    });
    if let Some(reader) = answers {
        thread::spawn(move || one.dispatch(reader));
    }
    one
}

type Answers = BufReader<std::process::ChildStdout>;

fn serve() -> Result<(Supervisor, Answers), String> {
    let mut child = Command::new(SCRIPT)
        .arg("serve")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // a Ctrl-C is for the tests; their end is what the supervisor acts upon
        .process_group(0)
        .spawn()
        .map_err(|error| format!("{SCRIPT}: {error}"))?;
    let (Some(requests), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
        return Err("the supervisor has no pipes".to_owned());
    };
    let mut answers = BufReader::new(answers);
    let mut line = String::new();
    answers.read_line(&mut line).map_err(|error| error.to_string())?;
    let key = match line.trim_end().split_once(' ') {
        Some(("ready", words)) => words.splitn(4, ' ').nth(3).map(PathBuf::from),
        _ => None,
    };
    let key = key.ok_or_else(|| format!("the supervisor said '{}'", line.trim_end()))?;
    let supervisor = Supervisor {
        key,
        requests: Mutex::new(requests),
        waiting: Mutex::default(),
        next: AtomicU64::new(1),
    };
    Ok((supervisor, answers))
}

impl Supervisor {
    fn ask(&self, request: &str) -> Receiver<String> {
        let (sender, receiver) = channel();
        let tag = self.next.fetch_add(1, Ordering::Relaxed);
        lock(&self.waiting).insert(tag, sender);
        let line = format!("{tag} {request}\n");
        if lock(&self.requests).write_all(line.as_bytes()).is_err() {
            // the answer will be that there is none
            lock(&self.waiting).remove(&tag);
        }
        receiver
    }

    fn hear(&self, answer: &Receiver<String>) -> Result<String, String> {
        let said = answer
            .recv_timeout(ANSWER)
            .map_err(|error| format!("no answer from the supervisor of the lab: {error}"))?;
        match said.split_once(' ') {
            Some(("ok", rest)) => Ok(rest.to_owned()),
            Some(("error", text)) => Err(text.to_owned()),
            _ => Err(said),
        }
    }

    fn dispatch(&self, answers: Answers) {
        for line in answers.lines().map_while(Result::ok) {
            let Some((tag, said)) = line.split_once(' ') else { continue };
            let sender = tag.parse().ok().and_then(|tag| lock(&self.waiting).remove(&tag));
            if let Some(sender) = sender {
                // whoever asked may have stopped listening
                let _ = sender.send(said.to_owned());
            }
        }
        // it has ended: all who wait see their channel close
        lock(&self.waiting).clear();
    }
}

/// A test that fails while it holds a lock is no reason for all others to.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn fresh_name(hint: &str) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let plain: String = hint.chars().filter(char::is_ascii_alphanumeric).take(30).collect();
    match plain.to_ascii_lowercase().as_str() {
        "" => format!("host-{count}"),
        plain => format!("{plain}-{count}"),
    }
}

fn script(command: &str) -> Result<(), String> {
    if !Path::new(SCRIPT).exists() {
        return Err(format!("{SCRIPT} is not there"));
    }
    match run(Command::new(SCRIPT).arg(command)) {
        (0, _) => Ok(()),
        (_, said) => Err(said.trim().replace('\n', "; ")),
    }
}

fn run(command: &mut Command) -> (i32, String) {
    match command.stdin(Stdio::null()).output() {
        Ok(output) => {
            let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
            said.push_str(&String::from_utf8_lossy(&output.stderr));
            (output.status.code().unwrap_or(-1), said)
        }
        Err(error) => (-1, format!("{}: {error}", command.get_program().display())),
    }
}
