//! A connection: tries the addresses of a host, checks its key, logs in, and stands until the last
//! one who holds it lets go.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use russh::Disconnect;
use russh::client::Handle;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::channel::{self, Running};
use super::guard::{Demand, Guard, Seen};
use super::handshake::{self, Cord, Shaken, Stop};
use super::{Limits, Phase, SshError, Target, addresses, auth, back_off, in_words};
use crate::domain::{FailureKind, HostKey, server};

/// sshd allows ten; this leaves room for shells and transfers, and for channels whose close the
/// server has not noticed yet.
const CHANNELS: usize = 5;

/// Sessions on a connection; with the commands it leaves two of sshd's ten.
const SESSIONS: usize = 3;

/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(1);

/// An open connection as one user. Cheap to clone; closed when the last clone and the last
/// [`Running`] of it go.
#[derive(Debug, Clone)]
pub struct Connection {
    line: Arc<Line>,
}

/// What clones of a connection and its channels share.
pub(super) struct Line {
    pub(super) handle: Handle<Guard>,
    pub(super) seen: Arc<Seen>,
    pub(super) place: String,
    pub(super) limits: Limits,
    pub(super) channels: Arc<Semaphore>,
    pub(super) sessions: Arc<Semaphore>,
    /// Commands that were given up while they ran.
    pub(super) given_up: AtomicUsize,
    remote: SocketAddr,
    host_key: HostKey,
    cord: Cord,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Line {
    /// That the connection is gone, and what is known about why.
    pub(super) fn lost(&self) -> SshError {
        let why = self.seen.ended().map(|why| format!(": {why}")).unwrap_or_default();
        let message = format!("The connection to {} is lost{why}.", self.place);
        SshError::unreachable(Phase::Lost, &self.place, message)
            .remedy("What runs on the host goes on there; connect again and look.")
    }
}

impl Connection {
    /// Connects, checks the host key against the pins, logs in.
    ///
    /// # Errors
    /// Names the phase, and what to try.
    pub async fn open(target: &Target, limits: &Limits) -> Result<Self, SshError> {
        let means = auth::means(target).await?;
        let addresses =
            addresses(&target.host, target.port, limits).await.map_err(|mut error| {
                error.failure.host = Some(target.place.clone());
                error
            })?;
        Self::established(target, &addresses, means, limits).await
    }

    /// The same over one given address of the host.
    ///
    /// # Errors
    /// As [`Connection::open`].
    pub async fn open_at(
        target: &Target,
        address: SocketAddr,
        limits: &Limits,
    ) -> Result<Self, SshError> {
        let means = auth::means(target).await?;
        Self::established(target, &[address], means, limits).await
    }

    async fn established(
        target: &Target,
        addresses: &[SocketAddr],
        means: auth::Means,
        limits: &Limits,
    ) -> Result<Self, SshError> {
        let place = target.place.as_str();
        let demand = Demand::Pinned(target.host_keys.clone());
        if demand.algorithms().is_empty() {
            let name = server::argument(place.rsplit_once(" (").map_or(place, |(name, _)| name));
            let message =
                format!("No host key of {place} is known, so it cannot be told from another host.");
            return Err(SshError::new(Phase::HostKey, FailureKind::HostKey, place, message)
                .remedy(format!("brokeforge server trust {name} --host-key SHA256:…")));
        }
        let mut shaken = match reach(addresses, place, &demand, limits).await {
            Ok(shaken) => shaken,
            Err((stop, address)) => return Err(unmasked(stop, address, target, limits).await),
        };
        match timeout(limits.auth, auth::log_in(&mut shaken, means, target)).await {
            Ok(logged_in) => logged_in?,
            Err(_) => {
                let limit = in_words(limits.auth);
                let message = format!("The login at {place} was not done in {limit}.");
                return Err(SshError::new(Phase::Auth, FailureKind::NotLoggedIn, place, message)
                    .remedy(
                        "A slow name service there (UseDNS), or an agent that waits for you?",
                    ));
            }
        }
        let Shaken { handle, cord, seen, remote } = shaken;
        let host_key = shown(&seen, place)?;
        let place = place.to_owned();
        let channels = Arc::new(Semaphore::new(CHANNELS));
        let sessions = Arc::new(Semaphore::new(SESSIONS));
        let limits = *limits;
        let given_up = AtomicUsize::new(0);
        let line = Line {
            handle,
            seen,
            place,
            limits,
            channels,
            sessions,
            given_up,
            remote,
            host_key,
            cord,
        };
        Ok(Self { line: Arc::new(line) })
    }

    /// Runs a command with these bytes on its standard input, which is then closed. At most five
    /// channels at a time; waits for a free one.
    ///
    /// # Errors
    /// When the channel cannot be opened or the command not started.
    pub async fn run(&self, command: &str, stdin: Vec<u8>) -> Result<Running, SshError> {
        channel::run(Arc::clone(&self.line), command, stdin).await
    }

    pub(super) fn line(&self) -> &Arc<Line> {
        &self.line
    }

    /// The host's address at the other end.
    pub fn remote(&self) -> SocketAddr {
        self.line.remote
    }

    /// The key the host showed.
    pub fn host_key(&self) -> HostKey {
        self.line.host_key.clone()
    }

    /// Whether it is over.
    pub fn is_closed(&self) -> bool {
        self.line.handle.is_closed()
    }

    /// Whether the host still answers; asks it, and waits as long as for a channel.
    pub async fn answers(&self) -> bool {
        let ping = timeout(self.line.limits.channel, self.line.handle.send_ping()).await;
        matches!(ping, Ok(Ok(()))) && !self.is_closed()
    }

    /// Whether too many commands were given up on it: sshd keeps a session for each of them until
    /// its process ends, and has ten.
    pub(super) fn is_worn(&self) -> bool {
        self.line.given_up.load(Ordering::Relaxed) >= CHANNELS
    }

    /// Says goodbye unless somebody else still holds it.
    pub(super) async fn let_go(self) {
        if Arc::strong_count(&self.line) == 1 {
            self.close().await;
        }
    }

    /// Says goodbye.
    pub async fn close(&self) {
        goodbye(&self.line.handle, &self.line.seen).await;
        self.line.cord.cut();
    }
}

/// Asks a host for its key without logging in: connects, exchanges keys, hangs up.
///
/// # Errors
/// Names the phase, and what to try.
pub async fn offered_host_key(host: &str, port: u16, limits: &Limits) -> Result<HostKey, SshError> {
    look(host, port, Vec::new(), limits).await
}

/// The same, but when that key has another fingerprint, the host is asked for its keys of the
/// other types too: whoever compared one of them at its console may have any. Answers with the key
/// of that fingerprint, else with the first.
///
/// # Errors
/// As [`offered_host_key`].
pub async fn expected_host_key(
    host: &str,
    port: u16,
    fingerprint: &str,
    limits: &Limits,
) -> Result<HostKey, SshError> {
    let first = offered_host_key(host, port, limits).await?;
    let mut seen = vec![first.algorithm.clone()];
    let mut shown = first.clone();
    while shown.fingerprint != fingerprint {
        match look(host, port, seen.clone(), limits).await {
            Ok(next) if !seen.contains(&next.algorithm) => {
                seen.push(next.algorithm.clone());
                shown = next;
            }
            // it has no other
            _ => return Ok(first),
        }
    }
    Ok(shown)
}

async fn look(
    host: &str,
    port: u16,
    except: Vec<String>,
    limits: &Limits,
) -> Result<HostKey, SshError> {
    let place = server::address(host, port);
    let addresses = addresses(host, port, limits).await?;
    let shaken = reach(&addresses, &place, &Demand::Look { except }, limits)
        .await
        .map_err(|(stop, _)| stop.error)?;
    hang_up(&shaken, &place).await
}

async fn hang_up(shaken: &Shaken, place: &str) -> Result<HostKey, SshError> {
    goodbye(&shaken.handle, &shaken.seen).await;
    shown(&shaken.seen, place)
}

/// Says goodbye and waits until it is said. Only polite: cutting the cord ends a connection too.
async fn goodbye(handle: &Handle<Guard>, seen: &Seen) {
    let said = async {
        if handle.disconnect(Disconnect::ByApplication, "", "").await.is_ok() {
            seen.over.cancelled().await;
        }
    };
    if timeout(GOODBYE, said).await.is_err() {
        tracing::debug!("a connection did not end in time and is cut");
    }
}

fn shown(seen: &Seen, place: &str) -> Result<HostKey, SshError> {
    seen.host_key().cloned().ok_or_else(|| {
        let message = format!("{place} showed no host key.");
        SshError::new(Phase::HostKey, FailureKind::HostKey, place, message)
    })
}

/// Tries the addresses in turn, and all of them again with a pause as long as that may help.
async fn reach(
    addresses: &[SocketAddr],
    place: &str,
    demand: &Demand,
    limits: &Limits,
) -> Result<Shaken, (Stop, Option<SocketAddr>)> {
    let mut done = 0;
    loop {
        done += 1;
        let mut failed: Vec<Stop> = Vec::new();
        for &address in addresses {
            match handshake::shake(address, place, demand, limits).await {
                Ok(shaken) => return Ok(shaken),
                Err(stop) if !stop.again && stop.error.phase > Phase::Connect => {
                    return Err((stop, Some(address)));
                }
                Err(stop) => failed.push(stop),
            }
        }
        let again = failed.iter().any(|stop| stop.again);
        if !again || done >= limits.tries {
            return Err((summed_up(failed, place, done), None));
        }
        sleep(back_off(done, PAUSE, 4 * PAUSE)).await;
    }
}

/// Before the second try; doubled before the third.
const PAUSE: Duration = Duration::from_millis(500);

/// One error for what several addresses answered: the one that came furthest, with the words of all.
fn summed_up(mut failed: Vec<Stop>, place: &str, tries: u32) -> Stop {
    let words: Vec<String> = failed.iter().map(|stop| stop.error.failure.message.clone()).collect();
    failed.sort_by_key(|stop| stop.error.phase);
    let mut stop = failed.pop().unwrap_or_else(|| Stop {
        error: SshError::unreachable(Phase::Connect, place, "There is no address to connect to."),
        again: false,
        unpinned_type: false,
    });
    let mut message = words.join(" ");
    if words.len() > 1 {
        message = format!("None of the {} addresses of {place} answers. {message}", words.len());
    }
    if tries > 1 {
        message = format!("{message} Tried {tries} times.");
    }
    if !words.is_empty() {
        stop.error.failure.message = message;
    }
    stop
}

/// A host that offers no key of a pinned type did not show any, so it is asked for the one it has:
/// the refusal then names both fingerprints.
async fn unmasked(
    stop: Stop,
    address: Option<SocketAddr>,
    target: &Target,
    limits: &Limits,
) -> SshError {
    let (true, Some(address)) = (stop.unpinned_type, address) else { return stop.error };
    let place = &target.place;
    let Ok(shaken) =
        handshake::shake(address, place, &Demand::Look { except: Vec::new() }, limits).await
    else {
        return stop.error;
    };
    match hang_up(&shaken, place).await {
        Ok(shown) => handshake::mismatch(place, &target.host_keys, &shown),
        Err(_) => stop.error,
    }
}
