//! A server, how we log in to it, how we know it, and what it answered about itself.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{Failure, ServerId, Status, Time};

/// A host that we manage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// Its id.
    pub id: ServerId,
    /// Its unique name, as people call it.
    pub name: String,
    /// A host name or an address.
    pub host: String,
    /// sshd's port.
    pub port: u16,
    /// The login user of the first contact.
    pub user: String,
    /// How to log in until our own key is proved there.
    pub login: Login,
    /// What was said about its host key when it was added.
    pub trust: HostTrust,
    /// The host keys it is known by; a revoked one is refused for ever.
    pub host_keys: Vec<HostKey>,
    /// Where it is in its life.
    pub status: Status,
    /// Why the last operation did not succeed.
    pub error: Option<Failure>,
    /// Words it goes by in filters.
    #[serde(default)]
    pub tags: BTreeSet<String>,
    /// What the last change of this record replaced; none when that has no inverse.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced: Option<Box<Replaced>>,
    /// When it was added.
    pub created_at: Time,
    /// When it last changed.
    pub updated_at: Time,
}

impl Server {
    /// Whether every change of it needs its name typed.
    pub fn is_production(&self) -> bool {
        self.tags.contains(super::caution::PRODUCTION)
    }

    /// What a change of the record replaces, when it can be taken back.
    pub fn kept(&self, at: Time) -> Box<Replaced> {
        Box::new(Replaced {
            name: self.name.clone(),
            host: self.host.clone(),
            port: self.port,
            tags: self.tags.clone(),
            at,
        })
    }

    /// `name (address:port)`, for errors.
    pub fn place(&self) -> String {
        format!("{} ({})", self.name, address(&self.host, self.port))
    }
}

/// What a change of a server's own record replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replaced {
    /// Its name.
    pub name: String,
    /// Its address.
    pub host: String,
    /// sshd's port.
    pub port: u16,
    /// Its tags.
    pub tags: BTreeSet<String>,
    /// When it was changed.
    pub at: Time,
}

/// `host:port`, with an IPv6 address in brackets.
pub fn address(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// How to log in on first contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "by")]
pub enum Login {
    /// With the keys of the running ssh-agent.
    Agent,
    /// With a private key in a file; its passphrase, if any, is sealed in the vault until our own
    /// key is proved.
    Identity {
        /// The file's absolute path.
        path: String,
    },
    /// With a password, which is never kept: it is given anew to each operation that needs it.
    Password,
}

/// What the person said about the host key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "host_key")]
pub enum HostTrust {
    /// It must have this fingerprint (`SHA256:…`).
    Expect {
        /// The fingerprint, in OpenSSH's form.
        fingerprint: String,
    },
    /// Take the one the host shows at first contact.
    AcceptNew,
}

/// A host key a server is known by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostKey {
    /// The algorithm, e.g. `ssh-ed25519`.
    pub algorithm: String,
    /// The public key as OpenSSH writes it, base 64, without algorithm and comment.
    pub key: String,
    /// `SHA256:…` as OpenSSH prints it.
    pub fingerprint: String,
    /// Refused even when the host shows it.
    #[serde(default)]
    pub revoked: bool,
}

/// Our own login key for one user on one server; the private half is sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// The server it is for.
    pub server: ServerId,
    /// The user it logs in as.
    pub user: String,
    /// The public half, one line as in `authorized_keys`, with its marking comment.
    pub public_key: String,
    /// `SHA256:…` of the public half.
    pub fingerprint: String,
    /// The private half in OpenSSH's form, sealed by the vault.
    pub sealed: String,
    /// Whether a login with it was proved; until then it is not used for anything else.
    pub proved: bool,
    /// When that was.
    #[serde(default)]
    pub proved_at: Option<Time>,
    /// When it was made.
    pub created_at: Time,
    /// The key that is to follow it: made, and not yet proved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Box<LoginKey>>,
    /// The key that it has followed, until the host is known to refuse that one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<Box<LoginKey>>,
}

/// A key pair of ours besides the one that we log in with; the private half is sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginKey {
    /// The public half, one line as in `authorized_keys`, with its marking comment.
    pub public_key: String,
    /// `SHA256:…` of the public half.
    pub fingerprint: String,
    /// The private half in OpenSSH's form, sealed by the vault.
    pub sealed: String,
    /// When it was made.
    pub created_at: Time,
}

/// Which of our keys for a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Which {
    /// The one that we log in with.
    #[default]
    Current,
    /// The one that is to follow it; where it has done so already, the one that we log in with.
    Next,
    /// The one that it has followed, if it is still known.
    Old,
}

impl Credential {
    /// The key that we log in with.
    pub fn current(&self) -> LoginKey {
        LoginKey {
            public_key: self.public_key.clone(),
            fingerprint: self.fingerprint.clone(),
            sealed: self.sealed.clone(),
            created_at: self.created_at,
        }
    }

    /// One of its keys.
    pub fn key(&self, which: Which) -> Option<LoginKey> {
        match which {
            Which::Current => Some(self.current()),
            Which::Next => Some(self.next.as_deref().map_or_else(|| self.current(), Clone::clone)),
            Which::Old => self.old.as_deref().cloned(),
        }
    }

    /// All of them, the one that we log in with first.
    pub fn keys(&self) -> Vec<LoginKey> {
        let others = self.next.iter().chain(&self.old).map(|key| LoginKey::clone(key));
        std::iter::once(self.current()).chain(others).collect()
    }

    /// The next key takes the place of the present one, which is remembered until it is refused.
    /// Without a next one nothing changes.
    pub fn follow(&mut self, now: Time) {
        let Some(next) = self.next.take() else { return };
        self.old = Some(Box::new(self.current()));
        let LoginKey { public_key, fingerprint, sealed, created_at } = *next;
        self.public_key = public_key;
        self.fingerprint = fingerprint;
        self.sealed = sealed;
        self.created_at = created_at;
        self.proved = true;
        self.proved_at = Some(now);
    }
}

/// A port something listens on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listener {
    /// `tcp` or `udp`.
    pub protocol: String,
    /// The local address.
    pub address: String,
    /// The port.
    pub port: u16,
    /// The process's name, where the host told it.
    pub process: Option<String>,
}

/// What a host answered about itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Facts {
    /// When it answered.
    pub taken_at: Option<Time>,
    /// `ID` of os-release, e.g. `debian`.
    pub os: String,
    /// `VERSION_ID` of os-release, e.g. `12`.
    pub os_version: String,
    /// `PRETTY_NAME` of os-release.
    pub os_name: String,
    /// `uname -m`.
    pub arch: String,
    /// `uname -r`.
    pub kernel: String,
    /// The host's own name.
    pub hostname: String,
    /// Number of processors.
    pub cpus: u32,
    /// Memory in bytes.
    pub memory: u64,
    /// Size of the root file system in bytes.
    pub disk: u64,
    /// Free bytes on it.
    pub disk_free: u64,
    /// `systemd`, or what else runs as process 1.
    pub init: String,
    /// The user id the commands run with.
    pub uid: u32,
    /// What listens.
    pub listeners: Vec<Listener>,
    /// `ufw`, `firewalld`, `nftables`, `iptables` or `none`, with its state.
    pub firewall: String,
    /// Changes at every boot.
    pub boot_id: String,
    /// Host clock minus ours in milliseconds, the round trip halved.
    pub clock_offset_ms: i64,
    /// Our address and port as the host sees them.
    pub peer: Option<IpAddr>,
    /// The host's own address of this connection.
    pub local: Option<IpAddr>,
    /// The host's port of this connection.
    pub local_port: Option<u16>,
    /// The host's other addresses that are valid beyond its own link.
    #[serde(default)]
    pub addresses: Vec<IpAddr>,
    /// What packages asked to be probed besides, by section; raw and bounded.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sections: BTreeMap<String, String>,
}

/// A name as a person would type it as one argument of a command.
pub fn argument(name: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    match !name.is_empty() && name.chars().all(plain) {
        true => name.to_owned(),
        false => format!("'{}'", name.replace('\'', "'\\''")),
    }
}

/// The facts of one server, as the store keeps them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerFacts {
    /// Whose they are.
    pub server: ServerId,
    /// What it answered.
    pub facts: Facts,
}
