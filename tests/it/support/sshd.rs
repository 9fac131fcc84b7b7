//! An SSH server in this process that misbehaves on command.
//!
//! It runs on a runtime of its own, so that it also serves tests that have none or stop its
//! clock, and runs what it is asked to run for real (`/bin/sh`) or by a script of acts. It ends,
//! with every process it started, when it is dropped.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    dead_code,
    reason = "support of tests: a failure here is a failed test, and not every test uses all"
)]

mod exec;
mod session;
mod wire;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use brokeforge::domain::{HostKey, Secret};
use brokeforge::ssh::{Auth, Target, key};
use russh::keys::key::safe_rng;
use russh::keys::{Algorithm, EcdsaCurve, HashAlg, PrivateKey};
use russh::{Preferred, cipher, kex};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use exec::{Act, Exec};

/// What the server does; each connection keeps what held when it came.
#[derive(Clone)]
pub struct Behaviour {
    pub greeting: Greeting,
    pub host_keys: Vec<PrivateKey>,
    /// The algorithms it offers.
    pub preferred: Preferred,
    pub wire: Wire,
    pub login: Login,
    /// Lines of `authorized_keys`.
    pub authorized: Vec<String>,
    /// A real file with more of them, read at each login.
    pub authorized_file: Option<PathBuf>,
    /// The password that it takes.
    pub password: Option<String>,
    /// Said before the login.
    pub notice: Option<String>,
    /// Of each channel; with 0 the client can send no input.
    pub window: u32,
    /// So many channels are refused for want of room, then counted down.
    pub refuse_opens: usize,
    /// Channels of a connection beyond this are refused for want of room.
    pub max_sessions: usize,
    /// Opens every kind of channel towards the client after the login.
    pub open_channels: bool,
    pub exec: Exec,
    /// Gives no terminals.
    pub no_terminals: bool,
    /// Over what a login has: PATH, HOME, USER, SSH_CONNECTION.
    pub env: Vec<(String, String)>,
    /// Cuts the connection once the output of a command holds this (which may or may not arrive
    /// any more); then forgotten.
    pub cut_on: Option<String>,
}

/// What it says first.
#[derive(Clone)]
pub enum Greeting {
    Ssh,
    /// Nothing, ever.
    Silent,
    /// One byte at a time.
    Drip(Duration),
    /// This, and then silence.
    Other(Vec<u8>),
    /// This, and then the end.
    Parting(Vec<u8>),
}

/// What happens to the bytes of a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    Whole,
    /// The server sends its key exchange's beginning and hears nothing more.
    DeafAfterGreeting,
    /// Cut after so many bytes were sent to the client.
    CutAfter(usize),
}

/// How it treats logins.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Login {
    Authorized,
    /// Refuses every key and takes the password.
    PasswordOnly,
    /// Refuses every key and asks for the password so many times in questions.
    Questions(usize),
    /// Never answers.
    Stall,
    /// Hangs up instead of answering.
    HangUp,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            greeting: Greeting::Ssh,
            host_keys: vec![ed25519()],
            preferred: Preferred::DEFAULT,
            wire: Wire::Whole,
            login: Login::Authorized,
            authorized: Vec::new(),
            authorized_file: None,
            password: None,
            notice: None,
            window: 2 << 20,
            refuse_opens: 0,
            max_sessions: 10,
            open_channels: false,
            exec: Exec::Shell,
            no_terminals: false,
            env: Vec::new(),
            cut_on: None,
        }
    }
}

impl Behaviour {
    /// Lets the holder of this public key line in.
    pub fn authorize(mut self, public: &str) -> Self {
        self.authorized.push(public.into());
        self
    }

    /// Offers one cipher alone.
    pub fn only_cipher(mut self, name: cipher::Name) -> Self {
        self.preferred.cipher = vec![name].into();
        self
    }

    /// Lacks strict key exchange, as before the Terrapin attack was known.
    pub fn not_strict(mut self) -> Self {
        self.preferred.kex = vec![kex::CURVE25519].into();
        self
    }

    /// Sets one variable of the environment of commands.
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }
}

pub fn ed25519() -> PrivateKey {
    PrivateKey::random(&mut safe_rng(), Algorithm::Ed25519).unwrap()
}

pub fn ecdsa() -> PrivateKey {
    let curve = EcdsaCurve::NistP256;
    PrivateKey::random(&mut safe_rng(), Algorithm::Ecdsa { curve }).unwrap()
}

/// What has happened so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// TCP connections accepted, and those that still stand.
    pub connections: usize,
    pub standing: usize,
    /// Keys offered, and logins that succeeded.
    pub offers: usize,
    pub logins: usize,
    /// Passwords that were tried.
    pub passwords: usize,
    /// Channels that are open, and the most at a time.
    pub channels: usize,
    pub most_channels: usize,
    /// Terminals asked for (TERM, columns, rows), and their new sizes.
    pub terminals: Vec<(String, u32, u32)>,
    pub resizes: Vec<(u32, u32)>,
    /// Commands asked for; the login shell is an empty one.
    pub commands: Vec<String>,
    /// Channels that were opened towards the client, and whether it took them.
    pub replies: Vec<(&'static str, bool)>,
}

struct Shared {
    behaviour: Mutex<Behaviour>,
    counts: watch::Sender<Counts>,
    /// Cancelled and replaced to cut what stands.
    cut: Mutex<CancellationToken>,
    /// While set, no byte passes.
    frozen: watch::Sender<bool>,
    children: exec::Children,
    address: SocketAddr,
}

impl Shared {
    fn behaviour(&self) -> Behaviour {
        self.behaviour.lock().unwrap().clone()
    }

    fn count(&self, change: impl FnOnce(&mut Counts)) {
        self.counts.send_modify(change);
    }
}

/// The server.
pub struct Sshd {
    shared: Arc<Shared>,
    runtime: Option<Runtime>,
}

impl Sshd {
    /// Listens on a free port of 127.0.0.1.
    pub fn start(behaviour: Behaviour) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("sshd")
            .enable_all()
            .build()
            .unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let shared = Arc::new(Shared {
            behaviour: Mutex::new(behaviour),
            counts: watch::channel(Counts::default()).0,
            cut: Mutex::default(),
            frozen: watch::channel(false).0,
            children: exec::Children::default(),
            address: listener.local_addr().unwrap(),
        });
        runtime.spawn({
            let shared = Arc::clone(&shared);
            async move {
                let listener = TcpListener::from_std(listener).unwrap();
                while let Ok((tcp, peer)) = listener.accept().await {
                    tokio::spawn(session::serve(Arc::clone(&shared), tcp, peer));
                }
            }
        });
        Self { shared, runtime: Some(runtime) }
    }

    pub fn addr(&self) -> SocketAddr {
        self.shared.address
    }

    /// Changes what it does from the next connection (channel, command) on.
    pub fn set(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.shared.behaviour.lock().unwrap());
    }

    pub fn counts(&self) -> Counts {
        self.shared.counts.borrow().clone()
    }

    /// Waits until the counts are so.
    pub async fn until(&self, so: impl FnMut(&Counts) -> bool) {
        let mut counts = self.shared.counts.subscribe();
        let waited = tokio::time::timeout(Duration::from_secs(120), counts.wait_for(so)).await;
        assert!(waited.is_ok(), "waited in vain for other counts than {:#?}", self.counts());
    }

    /// Cuts all connections that stand.
    pub fn cut(&self) {
        std::mem::take(&mut *self.shared.cut.lock().unwrap()).cancel();
    }

    /// Lets no byte pass in either direction (a black hole) until thawed.
    pub fn freeze(&self, frozen: bool) {
        self.shared.frozen.send_replace(frozen);
    }

    /// Its first host key, as a pin.
    pub fn host_key(&self) -> HostKey {
        pin(self.shared.behaviour().host_keys.first().unwrap())
    }

    /// Root there by this key, with its first host key pinned.
    pub fn target(&self, key: &key::KeyPair) -> Target {
        let address = self.addr();
        Target {
            label: format!("{address}/root"),
            place: format!("web1 ({address})"),
            host: address.ip().to_string(),
            port: address.port(),
            user: "root".into(),
            host_keys: vec![self.host_key()],
            auth: Auth::Key { pem: Secret::new(key.private.reveal().to_vec()), passphrase: None },
            sudo: false,
        }
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.cut();
        self.shared.children.kill();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A host key as it is pinned.
pub fn pin(key: &PrivateKey) -> HostKey {
    key::host_key(&key.public_key().to_openssh().unwrap()).unwrap()
}

/// A server that lets the returned key in.
pub fn with_key(change: impl FnOnce(Behaviour) -> Behaviour) -> (Sshd, key::KeyPair) {
    let key = key::generate("test").unwrap();
    let behaviour = change(Behaviour::default().authorize(&key.public));
    (Sshd::start(behaviour), key)
}

/// `SHA256:…` of a private key's public half.
pub fn fingerprint(key: &PrivateKey) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}
