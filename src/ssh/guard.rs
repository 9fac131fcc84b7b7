//! Our end's ears during a connection: judges the host key, refuses every channel that the server
//! opens, and remembers why the connection ended. It decides nothing about logging in.

use std::io::ErrorKind;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use russh::client::{self, ChannelOpenHandle, DisconnectReason, Msg, Session};
use russh::keys::ssh_key::public::KeyData;
use russh::keys::{Algorithm, EcdsaCurve, HashAlg, PublicKey, PublicKeyOrCertificate};
use russh::{Channel, ChannelOpenFailure, Names, cipher};
use tokio_util::sync::CancellationToken;

use super::key;
use crate::domain::clean::clean_line;
use crate::domain::{HostKey, reason};

/// RSA host keys below this many bits are refused; hosts that have one have a better key as well.
const LEAST_RSA: u32 = 3072;

/// What is demanded of the host key.
#[derive(Debug, Clone)]
pub(super) enum Demand {
    /// It must be one of these, and not one that is marked as revoked.
    Pinned(Vec<HostKey>),
    /// Any but of these types; it is only looked at.
    Look {
        /// The types that are not asked for.
        except: Vec<String>,
    },
}

impl Demand {
    /// The algorithms to ask the host for: those of the pins alone, so that a host that has
    /// several keys shows the one we know. SHA-1 signatures are never among them.
    pub(super) fn algorithms(&self) -> Vec<Algorithm> {
        let all = [
            Algorithm::Ed25519,
            Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 },
            Algorithm::Ecdsa { curve: EcdsaCurve::NistP384 },
            Algorithm::Ecdsa { curve: EcdsaCurve::NistP521 },
            Algorithm::Rsa { hash: Some(HashAlg::Sha512) },
            Algorithm::Rsa { hash: Some(HashAlg::Sha256) },
        ];
        match self {
            Self::Look { except } => all
                .into_iter()
                .filter(|algorithm| !except.contains(&key::type_name(algorithm)))
                .collect(),
            Self::Pinned(pins) => all
                .into_iter()
                .filter(|algorithm| {
                    pins.iter()
                        .any(|pin| !pin.revoked && pin.algorithm == key::type_name(algorithm))
                })
                .collect(),
        }
    }
}

/// Why a host key is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Objection {
    /// A good pin of its type exists, and this is not it.
    Changed,
    /// No good pin of its type exists.
    OtherType,
    /// It is marked as revoked.
    Revoked,
    /// Too short for what it has to guard.
    Weak(u32),
    /// A certificate, which nobody asked for.
    Certificate,
}

/// Why our end breaks a connection off.
#[derive(Debug)]
pub(super) enum Halt {
    /// The protocol failed.
    Protocol(russh::Error),
    /// The host key is not good.
    HostKey(Objection),
    /// A cipher that an attacker on the way can tamper with, since the server lacks strict key
    /// exchange (the Terrapin attack).
    NotStrict,
}

impl From<russh::Error> for Halt {
    fn from(error: russh::Error) -> Self {
        Self::Protocol(error)
    }
}

/// What became known during a connection.
#[derive(Debug, Default)]
pub(super) struct Seen {
    host_key: OnceLock<HostKey>,
    notice: Mutex<Vec<String>>,
    ended: OnceLock<String>,
    /// Cancelled when the connection is over.
    pub(super) over: CancellationToken,
}

impl Seen {
    /// The key that the host showed.
    pub(super) fn host_key(&self) -> Option<&HostKey> {
        self.host_key.get()
    }

    /// What the server said before the login; cleaned, at most five lines.
    pub(super) fn notice(&self) -> Vec<String> {
        self.notice.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Why the connection ended, as half a sentence.
    pub(super) fn ended(&self) -> Option<&str> {
        self.ended.get().map(String::as_str)
    }
}

/// The ears.
pub(super) struct Guard {
    demand: Demand,
    seen: Arc<Seen>,
}

impl Guard {
    pub(super) fn new(demand: Demand, seen: Arc<Seen>) -> Self {
        Self { demand, seen }
    }
}

fn judge(demand: &Demand, shown: &HostKey, data: &KeyData) -> Result<(), Objection> {
    if let KeyData::Rsa(rsa) = data
        && rsa.key_size() < LEAST_RSA
    {
        return Err(Objection::Weak(rsa.key_size()));
    }
    let Demand::Pinned(pins) = demand else { return Ok(()) };
    let same = |pin: &HostKey| pin.algorithm == shown.algorithm && pin.key == shown.key;
    if pins.iter().any(|pin| pin.revoked && same(pin)) {
        Err(Objection::Revoked)
    } else if pins.iter().any(|pin| !pin.revoked && same(pin)) {
        Ok(())
    } else if pins.iter().any(|pin| !pin.revoked && pin.algorithm == shown.algorithm) {
        Err(Objection::Changed)
    } else {
        Err(Objection::OtherType)
    }
}

async fn refuse(what: &str, reply: ChannelOpenHandle) -> Result<(), Halt> {
    tracing::warn!(what, "refused a channel that the server opened");
    reply.reject(ChannelOpenFailure::AdministrativelyProhibited).await;
    Ok(())
}

impl client::Handler for Guard {
    type Error = Halt;

    async fn check_server_key(&mut self, shown: &PublicKeyOrCertificate) -> Result<bool, Halt> {
        if shown.certificate().is_some() {
            return Err(Halt::HostKey(Objection::Certificate));
        }
        let shown: PublicKey = shown.public_key();
        let host_key = key::described(&shown).map_err(russh::Error::from)?;
        let verdict = judge(&self.demand, &host_key, shown.key_data());
        // the first one counts: a key exchange within the connection cannot show another
        let _ = self.seen.host_key.set(host_key);
        verdict.map(|()| true).map_err(Halt::HostKey)
    }

    async fn kex_done(
        &mut self,
        _secret: Option<&[u8]>,
        names: &Names,
        _session: &mut Session,
    ) -> Result<(), Halt> {
        if !names.strict_kex() {
            tracing::warn!(cipher = names.cipher.as_ref(), "the server lacks strict key exchange");
            if names.cipher == cipher::CHACHA20_POLY1305 {
                return Err(Halt::NotStrict);
            }
        }
        Ok(())
    }

    async fn auth_banner(&mut self, banner: &str, _session: &mut Session) -> Result<(), Halt> {
        let mut notice = self.seen.notice.lock().unwrap_or_else(PoisonError::into_inner);
        for line in banner.lines() {
            let line = clean_line(line, 200);
            if !line.is_empty() && notice.len() < 5 {
                notice.push(line);
            }
        }
        Ok(())
    }

    async fn disconnected(&mut self, end: DisconnectReason<Halt>) -> Result<(), Halt> {
        let why = match &end {
            DisconnectReason::ReceivedDisconnect(info) => {
                format!("the server said: {}", clean_line(&info.message, 200))
            }
            DisconnectReason::Error(Halt::Protocol(error)) => match error {
                russh::Error::KeepaliveTimeout => "the host no longer answers".into(),
                russh::Error::Disconnect | russh::Error::HUP => "the host closed it".into(),
                russh::Error::IO(error) => match error.kind() {
                    ErrorKind::UnexpectedEof => "the host closed it".into(),
                    ErrorKind::ConnectionReset => "it was reset".into(),
                    ErrorKind::TimedOut => "the host no longer answers".into(),
                    _ => clean_line(reason(error), 200),
                },
                error => clean_line(reason(error), 200),
            },
            DisconnectReason::Error(_) => "it was broken off here".into(),
        };
        // only the first reason is the reason
        let _ = self.seen.ended.set(why);
        self.seen.over.cancel();
        Ok(())
    }

    async fn server_channel_open_forwarded_tcpip(
        &mut self,
        _channel: Channel<Msg>,
        _connected_address: &str,
        _connected_port: u32,
        _originator_address: &str,
        _originator_port: u32,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Halt> {
        refuse("forwarded-tcpip", reply).await
    }

    async fn server_channel_open_forwarded_streamlocal(
        &mut self,
        _channel: Channel<Msg>,
        _socket_path: &str,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Halt> {
        refuse("forwarded-streamlocal", reply).await
    }

    async fn server_channel_open_agent_forward(
        &mut self,
        _channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Halt> {
        refuse("auth-agent", reply).await
    }

    async fn server_channel_open_session(
        &mut self,
        _channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Halt> {
        refuse("session", reply).await
    }

    async fn server_channel_open_direct_tcpip(
        &mut self,
        _channel: Channel<Msg>,
        _host_to_connect: &str,
        _port_to_connect: u32,
        _originator_address: &str,
        _originator_port: u32,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Halt> {
        refuse("direct-tcpip", reply).await
    }

    async fn server_channel_open_direct_streamlocal(
        &mut self,
        _channel: Channel<Msg>,
        _socket_path: &str,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Halt> {
        refuse("direct-streamlocal", reply).await
    }

    async fn server_channel_open_x11(
        &mut self,
        _channel: Channel<Msg>,
        _originator_address: &str,
        _originator_port: u32,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Halt> {
        refuse("x11", reply).await
    }
}

#[cfg(test)]
mod tests {
    use russh::keys::PrivateKey;
    use russh::keys::key::safe_rng;

    use super::*;

    fn made(algorithm: Algorithm) -> (HostKey, KeyData) {
        let public = PrivateKey::random(&mut safe_rng(), algorithm).unwrap().public_key().clone();
        (key::described(&public).unwrap(), public.key_data().clone())
    }

    #[test]
    fn only_the_pinned_key_of_the_pinned_type_passes() {
        let ed = Algorithm::Ed25519;
        let ec = Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 };
        let (pin, pin_data) = made(ed.clone());
        let (other, other_data) = made(ed);
        let (other_type, other_type_data) = made(ec);
        let revoked = HostKey { revoked: true, ..other.clone() };
        let pinned = |keys: &[&HostKey]| Demand::Pinned(keys.iter().copied().cloned().collect());

        for (demand, shown, data, expected) in [
            (pinned(&[&pin]), &pin, &pin_data, Ok(())),
            (pinned(&[&pin]), &other, &other_data, Err(Objection::Changed)),
            (pinned(&[&pin]), &other_type, &other_type_data, Err(Objection::OtherType)),
            (pinned(&[&pin, &revoked]), &other, &other_data, Err(Objection::Revoked)),
            (pinned(&[&revoked, &other]), &other, &other_data, Err(Objection::Revoked)),
            (pinned(&[&pin, &other_type]), &other_type, &other_type_data, Ok(())),
            (pinned(&[]), &pin, &pin_data, Err(Objection::OtherType)),
            (Demand::Look { except: Vec::new() }, &other, &other_data, Ok(())),
        ] {
            assert_eq!(judge(&demand, shown, data), expected, "{demand:?}");
        }
    }

    #[test]
    fn only_pinned_types_are_asked_for_and_never_sha1() {
        let (ed, _) = made(Algorithm::Ed25519);
        let revoked =
            HostKey { algorithm: "ecdsa-sha2-nistp256".into(), revoked: true, ..ed.clone() };
        let asked = Demand::Pinned(vec![ed.clone(), revoked]).algorithms();
        assert_eq!(asked, [Algorithm::Ed25519]);

        let rsa = HostKey { algorithm: "ssh-rsa".into(), ..ed };
        let asked: Vec<String> =
            Demand::Pinned(vec![rsa]).algorithms().iter().map(ToString::to_string).collect();
        assert_eq!(asked, ["rsa-sha2-512", "rsa-sha2-256"]);

        let looked = |except: &[&str]| -> Vec<String> {
            let except = except.iter().map(|name| (*name).to_owned()).collect();
            Demand::Look { except }.algorithms().iter().map(ToString::to_string).collect()
        };
        let all = looked(&[]);
        assert!(all.contains(&"ssh-ed25519".into()) && !all.contains(&"ssh-rsa".into()));
        assert_eq!(looked(&["ssh-ed25519", "ssh-rsa"]).len(), 3, "the curves of ecdsa");
    }
}
