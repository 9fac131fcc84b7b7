//! Talks with one host for an operation: direct questions, and runs that outlive the connection.
//!
//! A run is started or attached to by its key; when the link is lost it is followed on from the
//! known offsets. What the run means for the operation is not decided here.

use std::time::Duration;

use rand::RngExt;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use super::protocol::{self, COMMAND, Content, Frames, News, Run, RunKey, SUDO_COMMAND, Who};
use super::{Rooms, Stream, credentials};
use crate::domain::{Failure, FailureKind, Server};
use crate::packages::RemoteStep;
use crate::ssh::{Chunk, Phase, Running, SshError, Target};
use crate::store::killpoint;

/// A direct question's answer is not longer.
const LONGEST_ANSWER: usize = 4 * 1024 * 1024;
/// A host that does not come back within this is given up.
pub const PATIENCE: Duration = Duration::from_secs(600);
/// So much is kept of what a host says before it greets.
const MOST_SAID: usize = 8 * 1024;
const SLOWEST_RETRY: Duration = Duration::from_secs(30);

/// Random text that a host cannot guess beforehand.
pub fn nonce() -> String {
    format!("{:032x}", rand::rng().random::<u128>())
}

/// What a direct script answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its exit status.
    pub exit: i32,
    /// Its standard output.
    pub out: Vec<u8>,
}

/// Asks a host by a constant script on the connection itself.
///
/// # Errors
/// When the host cannot be reached, the script does not begin or end, or says too much.
pub async fn ask(
    rooms: &Rooms,
    target: &Target,
    script: &str,
    limit: Duration,
) -> Result<Answer, Failure> {
    let lease = rooms.connections.lease(target).await?;
    let nonce = nonce();
    let mut running = lease.run(command(target), protocol::direct(script, &nonce)).await?;
    let (hello, end) = (format!("\n{nonce} hello\n"), format!("\n{nonce} end "));
    // What login files and tools write to the standard error matters only where we did not begin.
    let (mut out, mut err, mut read) = (Vec::new(), Vec::new(), 0);
    let mut greeted = false;
    let started = Instant::now();
    loop {
        let until = started + if greeted { limit } else { rooms.connections.limits().first_mark };
        let chunk = match timeout_at(until, running.next()).await {
            Ok(chunk) => chunk,
            Err(_) if greeted => {
                let text = format!("The host did not answer within {} s.", limit.as_secs());
                return Err(Failure::new(FailureKind::TimedOut, text).at_host(&target.place));
            }
            Err(_) => return Err(not_begun(target, &out, &err)),
        };
        match chunk {
            Some(Chunk::Out(bytes)) => {
                read += bytes.len();
                out.extend_from_slice(&bytes);
            }
            Some(Chunk::Err(bytes)) => {
                read += bytes.len();
                err.extend_from_slice(&bytes);
            }
            Some(Chunk::Lost(error)) => return Err(error.failure),
            Some(Chunk::End { .. }) | None => break,
        }
        if read > LONGEST_ANSWER {
            let text = "The host's answer was far too long, and was not read to its end.";
            return Err(Failure::new(FailureKind::Step, text).at_host(&target.place));
        }
        greeted = greeted || find(&out, hello.as_bytes()).is_some();
    }
    let from =
        find(&out, hello.as_bytes()).ok_or_else(|| not_begun(target, &out, &err))? + hello.len();
    let body = out.get(from..).unwrap_or_default();
    let cut = || {
        let text = "The host's answer ended in the middle.";
        Failure::new(FailureKind::Unreachable, text).at_host(&target.place)
    };
    let to = find(body, end.as_bytes()).ok_or_else(cut)?;
    let exit = body.get(to + end.len()..).and_then(|t| std::str::from_utf8(t).ok());
    let exit = exit.and_then(|t| t.trim().parse().ok()).ok_or_else(cut)?;
    Ok(Answer { exit, out: body.get(..to).unwrap_or_default().to_vec() })
}

fn command(target: &Target) -> &'static str {
    if target.sudo { SUDO_COMMAND } else { COMMAND }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|w| w == what)
}

/// Our command did not start: something else answered, or nothing did. What it said tells which.
fn not_begun(target: &Target, out: &[u8], err: &[u8]) -> Failure {
    let said = [err, b"\n", out].concat();
    let text = String::from_utf8_lossy(&said);
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let (user, place) = (&target.user, &target.place);
    let (message, remedy) = if target.sudo && says(&["sudo"]) {
        no_sudo(user, place, &says)
    } else if says(&["password has expired", "password change", "expired"]) {
        (
            format!(
                "The password of {user} on {place} has expired; nothing runs until it is changed."
            ),
            format!("On the host's console: passwd {user}"),
        )
    } else if says(&["not available", "nologin"]) {
        (
            format!("The login shell of {user} on {place} lets nobody in."),
            format!("On the host's console: usermod -s /bin/bash {user}"),
        )
    } else {
        (
            format!(
                "Our command did not start on {place}: the login files of {user} end the session \
                 or wait, or a forced command answered instead."
            ),
            "Look at ~/.bashrc and ~/.profile for `exit`, `exec` or questions, at command= in \
             ~/.ssh/authorized_keys, and at ForceCommand in sshd_config."
                .to_owned(),
        )
    };
    let lines: Vec<String> = text
        .lines()
        .map(|line| crate::domain::clean::clean_line(line, 200))
        .filter(|line| !line.is_empty())
        .collect();
    let last = lines.len().saturating_sub(5);
    Failure::new(FailureKind::NotLoggedIn, message)
        .at_host(place)
        .remedy(remedy)
        .lines(lines.into_iter().skip(last).collect())
}

/// Why sudo does not make that user root, and what mends it.
fn no_sudo(user: &str, place: &str, says: &impl Fn(&[&str]) -> bool) -> (String, String) {
    let allow = format!(
        "On the host, as root: echo '{user} ALL=(ALL:ALL) NOPASSWD: ALL' \
         >/etc/sudoers.d/90-{user} && chmod 0440 /etc/sudoers.d/90-{user}. Or log in as root."
    );
    if says(&["not found", "No such file"]) {
        let remedy = "Install it there (apt-get install sudo), or log in as root.".to_owned();
        (format!("There is no sudo on {place}, and {user} is not root."), remedy)
    } else if says(&["must have a tty"]) {
        let remedy = format!(
            "Take requiretty away for that user in /etc/sudoers (visudo): \
             Defaults:{user} !requiretty"
        );
        (format!("sudo on {place} works for {user} on a terminal alone."), remedy)
    } else if says(&["password is required", "terminal is required"]) {
        (format!("sudo on {place} asks {user} for a password."), allow)
    } else {
        (format!("sudo on {place} does not make {user} root."), allow)
    }
}

/// Why a host does not run it, in words; nothing was begun.
pub fn refused(reason: &str, place: &str) -> Failure {
    let (word, rest) = reason.split_once(' ').unwrap_or((reason, ""));
    let rest = crate::domain::clean::clean_line(rest, 300);
    let failure = |text: String, remedy: &str| {
        Failure::new(FailureKind::Refused, text).at_host(place).remedy(remedy)
    };
    match word {
        "not-root" => failure(
            format!("The login on {place} is not root, and this work needs root."),
            "Log in as root.",
        ),
        "no-systemd" => failure(
            format!(
                "{place} does not run systemd, which keeps our work alive when the link is lost."
            ),
            "Use a Debian or Ubuntu host with systemd.",
        ),
        "no-tool" => failure(
            format!("{place} has no {rest}, which every step needs."),
            "Install coreutils, findutils and systemd there.",
        ),
        "no-space" => failure(
            format!("{place} cannot store the steps: its disk is full or read-only."),
            "Make room there (/var/lib, /run, the user's home), then retry.",
        ),
        _ => failure(
            format!("{place} does not start the run: {rest}"),
            "Look into that on the host, and at `systemctl status`, then retry.",
        ),
    }
}

/// A run that is followed.
pub struct HostRun {
    rooms: Rooms,
    server: Server,
    user: &'static str,
    who: Who,
    operation: String,
    lock: String,
    nonce: String,
    key: RunKey,
    steps: Vec<(usize, RemoteStep, Vec<Content>)>,
    last: bool,
    may_start: bool,
    root: String,
    frames: Frames,
    /// What came before the greeting, out and err: it tells why there is none.
    said: [Vec<u8>; 2],
    running: Option<(Running, crate::ssh::Lease)>,
    greet_by: Instant,
    /// It may be on the host already; an earlier process may have sent it.
    sent: bool,
    sent_before: bool,
    lost_at: Option<Instant>,
    retry_at: Instant,
    tries: u32,
    patience: Duration,
}

/// What following a run tells.
#[derive(Debug)]
pub enum Told {
    /// The host said something.
    News(News),
    /// It is given up; whether the run may have begun.
    GivenUp(Failure, bool),
}

/// What a run is made of.
pub struct Order {
    /// The server.
    pub server: Server,
    /// The user whose credential it works with.
    pub user: &'static str,
    /// As whom it works.
    pub who: Who,
    /// The operation's name on the host.
    pub operation: String,
    /// The operation that the host's lock names.
    pub lock: String,
    /// Its marks begin with this.
    pub nonce: String,
    /// Which run.
    pub key: RunKey,
    /// Its steps.
    pub steps: Vec<(usize, RemoteStep, Vec<Content>)>,
    /// Whether no later run needs the lock.
    pub last: bool,
    /// Whether the host may begin it.
    pub may_start: bool,
    /// Whether an earlier process may have sent it.
    pub may_be_sent: bool,
    /// Where the host's folders begin.
    pub root: String,
    /// A host that does not come back within this is given up.
    pub patience: Duration,
}

impl HostRun {
    /// Nothing happens before [`HostRun::next`].
    pub fn new(rooms: &Rooms, order: Order) -> Self {
        let now = Instant::now();
        Self {
            rooms: rooms.clone(),
            frames: Frames::new(&order.nonce),
            said: [Vec::new(), Vec::new()],
            server: order.server,
            user: order.user,
            who: order.who,
            operation: order.operation,
            lock: order.lock,
            nonce: order.nonce,
            key: order.key,
            steps: order.steps,
            last: order.last,
            may_start: order.may_start,
            root: order.root,
            running: None,
            greet_by: now,
            sent: order.may_be_sent,
            sent_before: order.may_be_sent,
            lost_at: None,
            retry_at: now,
            tries: 0,
            patience: order.patience,
        }
    }

    /// From now on it is not waited long for a host that is away.
    pub fn hurry(&mut self) {
        self.patience = self.patience.min(Duration::from_secs(15));
        self.retry_at = Instant::now();
    }

    /// Whether something that was told waits to be taken.
    pub fn has_news(&self) -> bool {
        !self.frames.is_empty()
    }

    /// What comes next. Cancel-safe.
    pub async fn next(&mut self) -> Told {
        loop {
            if let Some(news) = self.frames.pop() {
                if matches!(news, News::Mark(_) | News::Following) {
                    self.lost_at = None;
                    self.tries = 0;
                }
                // Seen once, it must not be begun again.
                self.may_start &= !matches!(news, News::Mark(_));
                return Told::News(news);
            }
            let Some((running, _)) = &mut self.running else {
                sleep_until(self.retry_at).await;
                if let Err(error) = self.connect().await
                    && let Some(told) = self.lost(error)
                {
                    return told;
                }
                continue;
            };
            let chunk = if self.frames.greeted() {
                running.next().await
            } else {
                match timeout_at(self.greet_by, running.next()).await {
                    Ok(chunk) => chunk,
                    Err(_) => return self.no_greeting(),
                }
            };
            killpoint::passing("receive");
            match chunk {
                Some(Chunk::Out(bytes)) => self.heard(Stream::Out, &bytes),
                Some(Chunk::Err(bytes)) => self.heard(Stream::Err, &bytes),
                Some(Chunk::Lost(error)) => {
                    self.running = None;
                    if let Some(told) = self.lost(error) {
                        return told;
                    }
                }
                Some(Chunk::End { .. }) | None if !self.frames.greeted() => {
                    return self.no_greeting();
                }
                Some(Chunk::End { .. }) | None => {
                    self.running = None;
                    let text = format!("The session on {} ended too early.", self.server.place());
                    let failure = Failure::new(FailureKind::Unreachable, text)
                        .at_host(self.server.place())
                        .remedy("Check the network and sshd on the host.");
                    if let Some(told) =
                        self.lost(SshError { phase: Phase::Lost, failure, refused: false })
                    {
                        return told;
                    }
                }
            }
        }
    }

    fn heard(&mut self, stream: Stream, bytes: &[u8]) {
        if !self.frames.greeted() {
            let [out, err] = &mut self.said;
            let said = if stream == Stream::Out { out } else { err };
            let room = MOST_SAID.saturating_sub(said.len()).min(bytes.len());
            said.extend_from_slice(bytes.get(..room).unwrap_or_default());
        }
        self.frames.push(stream, bytes);
    }

    fn no_greeting(&mut self) -> Told {
        self.running = None;
        let target = credentials::target(&self.rooms, &self.server, self.user, false);
        let [out, err] = &self.said;
        // The greeting is the script's first act; without a reader for it the script ends.
        let failure = target.map_or_else(|failure| failure, |target| not_begun(&target, out, err));
        Told::GivenUp(failure, self.sent_before || !self.may_start)
    }

    async fn connect(&mut self) -> Result<(), SshError> {
        let target = credentials::target(&self.rooms, &self.server, self.user, false)
            .map_err(|failure| SshError { phase: Phase::Auth, failure, refused: false })?;
        let lease = self.rooms.connections.lease(&target).await?;
        let session = nonce();
        let run = Run {
            operation: &self.operation,
            lock: &self.lock,
            key: self.key,
            nonce: &self.nonce,
            controller: self.rooms.store.controller(),
            steps: &self.steps,
            last: self.last,
            who: self.who,
            root: &self.root,
            now: self.rooms.clock.now().as_second(),
        };
        let script = protocol::start(&run, &session, self.frames.offsets(), self.may_start);
        self.frames.resume(&session);
        killpoint::passing("before-send");
        self.sent = true;
        self.said = [Vec::new(), Vec::new()];
        let running = lease.run(command(&target), script).await?;
        killpoint::passing("after-send");
        self.greet_by = Instant::now() + self.rooms.connections.limits().first_mark;
        self.running = Some((running, lease));
        Ok(())
    }

    /// The link is lost: tries again later, unless that is hopeless.
    fn lost(&mut self, error: SshError) -> Option<Told> {
        let now = Instant::now();
        let since = *self.lost_at.get_or_insert(now);
        let begun = self.sent || !self.may_start;
        if is_final(&error.failure) || !begun || now.duration_since(since) >= self.patience {
            return Some(Told::GivenUp(error.failure, begun));
        }
        let wait = Duration::from_millis(500) * 2u32.saturating_pow(self.tries.min(8));
        let jitter = rand::rng().random_range(0.5..1.5);
        self.retry_at = now + wait.min(SLOWEST_RETRY).mul_f64(jitter);
        self.tries += 1;
        tracing::info!(host = %self.server.place(), error = %error, "the link is lost");
        None
    }
}

/// Whether another try would fail in the same way.
fn is_final(failure: &Failure) -> bool {
    matches!(
        failure.kind,
        FailureKind::HostKey | FailureKind::VaultLocked | FailureKind::NotLoggedIn
    )
}

/// Ends a run on its host, and keeps it from beginning; tries again while the link is away.
///
/// # Errors
/// When the host could not be told, or did not obey.
pub async fn stop(
    rooms: &Rooms,
    target: &Target,
    operation: &str,
    key: RunKey,
    who: Who,
    root: &str,
) -> Result<(), Failure> {
    let script = protocol::cancel(operation, key, who, root);
    let mut waits = [1, 2, 4, 8].into_iter();
    loop {
        let failure = match ask(rooms, target, &script, Duration::from_secs(40)).await {
            Ok(answer) if answer.exit == 0 => return Ok(()),
            Ok(answer) => Failure::new(
                FailureKind::Step,
                format!("The script that ends a run ended with exit status {}.", answer.exit),
            )
            .at_host(&target.place),
            Err(failure) => failure,
        };
        tracing::warn!(%failure, "the run could not be ended");
        let Some(wait) = waits.next().filter(|_| !is_final(&failure)) else { return Err(failure) };
        tokio::time::sleep(Duration::from_secs(wait)).await;
    }
}

/// Leaves the host in order and gives its lock back, as far as the host can be reached.
pub async fn release(
    rooms: &Rooms,
    target: &Target,
    operation: &str,
    lock: Option<&str>,
    who: Who,
    root: &str,
) {
    let script = protocol::release(operation, lock, rooms.store.controller(), who, root);
    let asked = ask(rooms, target, &script, Duration::from_secs(10));
    match timeout(Duration::from_secs(20), asked).await {
        Ok(Ok(_)) => {}
        Ok(Err(failure)) => tracing::warn!(%failure, "the host's lock was not given back"),
        Err(_) => tracing::warn!("the host's lock was not given back in time"),
    }
}
