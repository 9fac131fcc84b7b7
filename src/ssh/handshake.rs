//! From an open socket to an encrypted connection with a host that we know: greeting, key
//! exchange, host key, each in its time. It never logs in.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use russh::client::{self, Handle};
use russh::{AlgorithmKind, Preferred, SshId, cipher, compression};
use rustix::net::{Shutdown, shutdown};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::greeting::{Greeting, Sort, watched};
use super::guard::{Demand, Guard, Halt, Objection, Seen};
use super::{Limits, Phase, SshError, dial, in_words};
use crate::domain::clean::clean_line;
use crate::domain::{FailureKind, HostKey, reason, server};

/// Cuts the socket when it is dropped. russh's task holds the socket too and would wait for ever
/// on a server that stalls in the key exchange or stops reading.
#[derive(Debug)]
pub(super) struct Cord(OwnedFd);

impl Cord {
    /// Ends the connection at once, whatever it is doing.
    pub(super) fn cut(&self) {
        // a socket that is closed already needs no cutting
        let _ = shutdown(&self.0, Shutdown::Both);
    }
}

impl Drop for Cord {
    fn drop(&mut self) {
        self.cut();
    }
}

/// An encrypted connection, not logged in.
pub(super) struct Shaken {
    pub(super) handle: Handle<Guard>,
    pub(super) cord: Cord,
    pub(super) seen: Arc<Seen>,
    pub(super) remote: SocketAddr,
}

/// Why there is none.
#[derive(Debug)]
pub(super) struct Stop {
    pub(super) error: SshError,
    /// Whether another try may do better.
    pub(super) again: bool,
    /// The host offers no key of a pinned type, so its key was not seen.
    pub(super) unpinned_type: bool,
}

impl Stop {
    pub(super) fn lasting(error: SshError) -> Self {
        Self { error, again: false, unpinned_type: false }
    }

    fn passing(error: SshError) -> Self {
        Self { error, again: true, unpinned_type: false }
    }
}

/// One try at one address.
pub(super) async fn shake(
    address: SocketAddr,
    place: &str,
    demand: &Demand,
    limits: &Limits,
) -> Result<Shaken, Stop> {
    let tcp = dial::tcp(address, limits).await.map_err(|unanswered| Stop {
        error: SshError::unreachable(Phase::Connect, place, unanswered.message)
            .remedy(unanswered.remedy),
        again: unanswered.again,
        unpinned_type: false,
    })?;
    let cord = cord(&tcp).map_err(|error| {
        let error = clean_line(reason(&error), 160);
        let message = format!("The connection to {address} cannot be used: {error}.");
        Stop::lasting(SshError::new(Phase::Connect, FailureKind::Internal, place, message))
    })?;

    let seen = Arc::new(Seen::default());
    let (stream, mut greeting) = watched(tcp);
    let guard = Guard::new(demand.clone(), Arc::clone(&seen));
    let mut connecting = Box::pin(client::connect_stream(config(demand), stream, guard));
    let told = Told { address, place, limits, seen: &seen };

    let mut ended = None;
    let timed_out = tokio::select! {
        biased;
        // the sender goes only together with the connection, whose own end tells more
        Ok(_) = greeting.wait_for(|greeting| greeting.sort() != Sort::Waiting) => false,
        // on a busy machine the rest may be over before the greeting was looked at
        result = &mut connecting => { ended = Some(result); false }
        () = tokio::time::sleep(limits.banner) => true,
    };
    if greeting.borrow().sort() != Sort::Ssh2 {
        return Err(told.no_greeting(&greeting.borrow(), timed_out));
    }
    let exchanged = match ended {
        Some(result) => Ok(result),
        None => timeout(limits.key_exchange, connecting).await,
    };
    match exchanged {
        Ok(Ok(handle)) => {
            told.check_signature(&handle)?;
            Ok(Shaken { handle, cord, seen, remote: address })
        }
        Ok(Err(halt)) => Err(told.halted(demand, &halt)),
        Err(_) => {
            let limit = in_words(limits.key_exchange);
            let message = format!("The key exchange with {address} was not done in {limit}.");
            Err(Stop::lasting(SshError::unreachable(Phase::KeyExchange, place, message).remedy(
                "Check the network for a limit on packet size (MTU), and the host's load.",
            )))
        }
    }
}

fn cord(tcp: &TcpStream) -> std::io::Result<Cord> {
    use std::os::fd::AsFd;
    tcp.as_fd().try_clone_to_owned().map(Cord)
}

fn config(demand: &Demand) -> Arc<client::Config> {
    let client_id = concat!("SSH-2.0-brokeforge_", env!("CARGO_PKG_VERSION"));
    Arc::new(client::Config {
        client_id: SshId::Standard(Cow::Borrowed(client_id)),
        nodelay: true,
        window_size: 16 << 20,
        keepalive_interval: Some(KEEPALIVE),
        // russh gives up one interval after the last one that may go unanswered
        keepalive_max: 2,
        inactivity_timeout: None,
        preferred: Preferred {
            key: Cow::Owned(demand.algorithms()),
            cipher: Cow::Borrowed(&[
                cipher::AES_256_GCM,
                cipher::CHACHA20_POLY1305,
                cipher::AES_256_CTR,
            ]),
            compression: Cow::Borrowed(&[compression::NONE]),
            ..Preferred::DEFAULT
        },
        ..client::Config::default()
    })
}

/// Three of them make the time after which a silent host counts as gone.
const KEEPALIVE: Duration = Duration::from_secs(15);

/// Words for what went wrong.
struct Told<'a> {
    address: SocketAddr,
    place: &'a str,
    limits: &'a Limits,
    seen: &'a Seen,
}

impl Told<'_> {
    fn no_greeting(&self, greeting: &Greeting, timed_out: bool) -> Stop {
        let address = self.address;
        let error = |message: String| SshError::unreachable(Phase::Banner, self.place, message);
        if greeting.says("MaxStartups") {
            return Stop::passing(
                error(format!("sshd at {address} has too many logins under way (MaxStartups)."))
                    .remedy("Try again in a while; on the host, raise MaxStartups in sshd_config."),
            );
        }
        if greeting.says("Not allowed at this time") {
            return Stop::lasting(
                error(format!("sshd at {address} has banned this machine for a while."))
                    .remedy("Wait some minutes; see PerSourcePenalties in the host's sshd_config."),
            );
        }
        let limit = in_words(self.limits.banner);
        match (greeting.is_empty(), timed_out) {
            (true, true) => Stop::lasting(
                error(format!("Connected to {address}, but no SSH greeting came in {limit}."))
                    .remedy("Check the port; if it is right, the host may be overloaded."),
            ),
            (true, false) => Stop::passing(
                error(format!("{address} closed the connection without an SSH greeting.")).remedy(
                    "A ban list (fail2ban), a full sshd or one that just restarts do this.",
                ),
            ),
            (false, true) if greeting.sort() != Sort::Foreign => Stop::lasting(
                error(format!(
                    "Connected to {address}, but no whole SSH greeting came in {limit}, only: “{}”.",
                    greeting.shown()
                ))
                .remedy("Check the port; if it is right, the host may be overloaded."),
            ),
            (false, _) => Stop::lasting(
                error(format!(
                    "{address} is not an SSH-2 server; it says: “{}”.",
                    greeting.shown()
                ))
                .remedy("Check the port."),
            ),
        }
    }

    fn halted(&self, demand: &Demand, halt: &Halt) -> Stop {
        let address = self.address;
        let kex = |message: String| SshError::unreachable(Phase::KeyExchange, self.place, message);
        let error = match halt {
            Halt::HostKey(objection) => self.objection(demand, objection),
            Halt::NotStrict => kex(format!(
                "{address} offers no cipher that is safe with it: it lacks strict key exchange."
            ))
            .remedy("Update OpenSSH on the host."),
            Halt::Protocol(russh::Error::NoCommonAlgo {
                kind: AlgorithmKind::Key, theirs, ..
            }) => {
                let unpinned_type = matches!(demand, Demand::Pinned(_));
                let theirs = listed(theirs);
                let message = if unpinned_type {
                    format!("{} offers no host key of a pinned type, only {theirs}.", self.place)
                } else {
                    format!("{address} has no host key of a kind that is accepted, only {theirs}.")
                };
                let error =
                    SshError::new(Phase::HostKey, FailureKind::HostKey, self.place, message);
                return Stop { error, again: false, unpinned_type };
            }
            Halt::Protocol(russh::Error::NoCommonAlgo { kind, ours, theirs }) => {
                let what = match kind {
                    AlgorithmKind::Kex => "key exchange",
                    AlgorithmKind::Key => "host key",
                    AlgorithmKind::Cipher => "cipher",
                    AlgorithmKind::Compression => "compression",
                    AlgorithmKind::Mac => "message authentication",
                };
                kex(format!(
                    "No {what} algorithm is known to both ends. {address} has {}; brokeforge has {}.",
                    listed(theirs),
                    listed(ours)
                ))
                .remedy("Allow one of brokeforge's in the host's sshd_config, or update OpenSSH.")
            }
            Halt::Protocol(russh::Error::WrongServerSig) => SshError::new(
                Phase::HostKey,
                FailureKind::HostKey,
                self.place,
                format!("{address} could not prove that it holds the host key it shows."),
            ),
            Halt::Protocol(russh::Error::Disconnect | russh::Error::HUP | russh::Error::IO(_)) => {
                let why = self.seen.ended().map(|why| format!(": {why}")).unwrap_or_default();
                return Stop::passing(
                    kex(format!("{address} closed the connection in the key exchange{why}."))
                        .remedy("Look into sshd's log on the host (journalctl -u ssh)."),
                );
            }
            Halt::Protocol(error) => {
                let error = clean_line(reason(&error), 160);
                kex(format!("The key exchange with {address} failed: {error}."))
            }
        };
        Stop::lasting(error)
    }

    /// russh takes any signature that fits the key, also an RSA one over SHA-1, which nobody
    /// negotiated.
    fn check_signature(&self, handle: &Handle<Guard>) -> Result<(), Stop> {
        let signature = handle.agent_session_binding().map(|binding| binding.signature());
        let sha1 = b"\0\0\0\x07ssh-rsa";
        if signature.is_some_and(|signature| !signature.starts_with(sha1)) {
            return Ok(());
        }
        let message =
            format!("{} signed the key exchange in a way that was not agreed on.", self.address);
        Err(Stop::lasting(SshError::new(Phase::HostKey, FailureKind::HostKey, self.place, message)))
    }

    fn objection(&self, demand: &Demand, objection: &Objection) -> SshError {
        let error = |message: String| {
            SshError::new(Phase::HostKey, FailureKind::HostKey, self.place, message)
        };
        match (objection, demand, self.seen.host_key()) {
            (Objection::Weak(bits), ..) => error(format!(
                "The host key of {} is an RSA key of {bits} bits, which is too weak.",
                self.place
            ))
            .remedy("Make a better one on the host: ssh-keygen -A"),
            (Objection::Certificate, ..) | (_, _, None) => {
                error(format!("{} shows a host certificate, which is not supported.", self.place))
            }
            (_, Demand::Look { .. }, Some(_)) => {
                error(format!("{} shows a bad host key.", self.place))
            }
            (_, Demand::Pinned(pins), Some(shown)) => mismatch(self.place, pins, shown),
        }
    }
}

/// The refusal of a host key that is not the pinned one, with both fingerprints and the way out.
pub(super) fn mismatch(place: &str, pins: &[HostKey], shown: &HostKey) -> SshError {
    if pins.iter().any(|pin| pin.revoked && pin.fingerprint == shown.fingerprint) {
        let message = format!("{place} shows the host key {}, which was revoked.", named(shown));
        return SshError::new(Phase::HostKey, FailureKind::HostKey, place, message).remedy(
            "Whoever answers there holds a key that must no longer be trusted. \
             Look at the host by its console, and make new host keys there.",
        );
    }
    let good: Vec<&HostKey> = pins.iter().filter(|pin| !pin.revoked).collect();
    let same: Vec<&HostKey> =
        good.iter().copied().filter(|pin| pin.algorithm == shown.algorithm).collect();
    let what = if same.is_empty() { "is of a type that is not pinned" } else { "has changed" };
    let pinned: Vec<String> =
        if same.is_empty() { good } else { same }.into_iter().take(4).map(named).collect();
    let message = format!(
        "The host key of {place} {what}. Pinned: {}. Shown: {}. \
         Somebody may sit in between, or the host was installed anew; nothing was sent.",
        pinned.join(", "),
        named(shown)
    );
    let name = server::argument(place.rsplit_once(" (").map_or(place, |(name, _)| name));
    SshError::new(Phase::HostKey, FailureKind::HostKey, place, message).remedy(format!(
        "Compare with the host's console (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub). \
         If it is right: brokeforge server trust {name} --host-key {}",
        shown.fingerprint
    ))
}

fn named(key: &HostKey) -> String {
    format!("{} {}", clean_line(&key.algorithm, 40), key.fingerprint)
}

fn listed(names: &[String]) -> String {
    let mut shown: Vec<String> = names.iter().take(20).map(|name| clean_line(name, 48)).collect();
    if names.len() > shown.len() {
        shown.push("…".into());
    }
    if shown.is_empty() { "none".into() } else { shown.join(", ") }
}
