//! SSH by russh: connect, host keys, channels. The only room that names russh.
//!
//! Knows no store and no plans. Every phase before a prompt has a time limit; host keys are
//! checked against the pins it is given; channels that a server opens are refused. Nothing that a
//! server says reaches a failure uncleaned or unbounded.

use std::time::Duration;

use crate::domain::{Failure, FailureKind, HostKey, Secret};

mod auth;
mod channel;
mod connection;
mod dial;
mod greeting;
mod guard;
mod handshake;
pub mod key;
mod password;
mod pool;
mod shell;

pub use channel::{Chunk, Running};
pub use connection::{Connection, expected_host_key, offered_host_key};
pub use dial::addresses;
pub use pool::{Connections, Lease};
pub use shell::{Session, SessionRun};

/// Time limits of the phases before the first mark.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Looking the name up.
    pub name: Duration,
    /// Each TCP connect.
    pub tcp: Duration,
    /// The whole of the server's greeting line.
    pub banner: Duration,
    /// The key exchange.
    pub key_exchange: Duration,
    /// All of authentication.
    pub auth: Duration,
    /// Opening a channel and starting the command.
    pub channel: Duration,
    /// From the command's start to its start mark.
    pub first_mark: Duration,
    /// Tries of a TCP connect that is not refused by a clear answer.
    pub tries: u32,
    /// How long a reader that takes nothing may hold up its connection before it loses its
    /// channel.
    pub slow_reader: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let ten = Duration::from_secs(10);
        Self {
            name: ten,
            tcp: ten,
            banner: ten,
            key_exchange: Duration::from_secs(15),
            auth: Duration::from_secs(20),
            channel: ten,
            first_mark: ten,
            tries: 3,
            slow_reader: Duration::from_secs(5),
        }
    }
}

/// How to log in.
#[derive(Debug, Clone)]
pub enum Auth {
    /// With the keys of the agent behind `SSH_AUTH_SOCK`.
    Agent,
    /// With this private key in OpenSSH's (or another PEM) form, and its passphrase.
    Key {
        /// The key file's text.
        pem: Secret,
        /// Its passphrase.
        passphrase: Option<Secret>,
    },
    /// With this password.
    Password(Secret),
}

/// Whom to connect to and how to know them.
#[derive(Debug, Clone)]
pub struct Target {
    /// What the connection is kept under: server id and user.
    pub label: String,
    /// `name (address:port)`, for errors.
    pub place: String,
    /// A host name or an address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The user.
    pub user: String,
    /// The pins; at least one that is not revoked.
    pub host_keys: Vec<HostKey>,
    /// How to log in.
    pub auth: Auth,
    /// Whether what works as root there does so by sudo.
    pub sudo: bool,
}

/// Why a connection or a channel did not come about, or ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", failure.message)]
pub struct SshError {
    /// The phase it happened in.
    pub phase: Phase,
    /// For people: kind, message, host, remedy.
    pub failure: Failure,
    /// Whether the host itself said that it does not take this login; whoever hangs up or does not
    /// answer has said nothing.
    pub refused: bool,
}

impl SshError {
    fn new(phase: Phase, kind: FailureKind, place: &str, message: impl Into<String>) -> Self {
        Self { phase, failure: Failure::new(kind, message).at_host(place), refused: false }
    }

    fn unreachable(phase: Phase, place: &str, message: impl Into<String>) -> Self {
        Self::new(phase, FailureKind::Unreachable, place, message)
    }

    fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.failure = self.failure.remedy(remedy);
        self
    }
}

/// The phases of a connection, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Looking the name up.
    Name,
    /// TCP.
    Connect,
    /// The greeting line.
    Banner,
    /// Key exchange.
    KeyExchange,
    /// The host key.
    HostKey,
    /// Authentication.
    Auth,
    /// Opening a channel, starting a command.
    Channel,
    /// The connection was there and is lost.
    Lost,
}

impl From<SshError> for Failure {
    fn from(error: SshError) -> Self {
        error.failure
    }
}

/// How long to wait after so many failures in a row: doubling from `base` up to `most`, each time
/// a random share off so that many who failed together do not come back together.
fn back_off(failures: u32, base: Duration, most: Duration) -> Duration {
    let factor = 1u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX);
    base.saturating_mul(factor).min(most).mul_f64(rand::random_range(0.5..=1.0))
}

/// `10 s`, `0.2 s`.
fn in_words(time: Duration) -> String {
    format!("{} s", time.as_millis() as f64 / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_off_doubles_up_to_its_bound() {
        let (base, most) = (Duration::from_secs(1), Duration::from_secs(15));
        for (failures, at_most) in [(1, 1), (2, 2), (3, 4), (4, 8), (5, 15), (99, 15)] {
            let at_most = Duration::from_secs(at_most);
            let waited = back_off(failures, base, most);
            assert!(waited <= at_most && waited >= at_most / 2, "{failures}: {waited:?}");
        }
    }

    #[test]
    fn times_read_well() {
        assert_eq!(in_words(Duration::from_secs(10)), "10 s");
        assert_eq!(in_words(Duration::from_millis(200)), "0.2 s");
    }
}
