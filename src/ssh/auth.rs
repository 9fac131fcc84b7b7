//! Logging in: with one key, with those of the agent, or with a password. Offers only what it was told to, each
//! key once, and says in full sentences why a host does not let us in.

use std::sync::Arc;

use russh::client::{AuthResult, Handle};
use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::AgentClient;
use russh::keys::{Algorithm, HashAlg, PrivateKey, PrivateKeyWithHashAlg, PublicKey};
use russh::{AgentAuthError, MethodKind, MethodSet};
use tokio::net::UnixStream;

use super::guard::Guard;
use super::handshake::Shaken;
use super::key::{self, KeyError};
use super::{Auth, Phase, SshError, Target};
use crate::domain::clean::clean_line;
use crate::domain::{FailureKind, Secret, reason};

/// sshd allows six tries; more keys than this would end the connection before the right one.
const MOST_KEYS: usize = 5;

/// What to log in with, found good before the host is bothered.
pub(super) enum Means {
    Key(Arc<PrivateKey>),
    Agent(AgentClient<UnixStream>),
    Password(Secret),
}

pub(super) fn not_logged_in(place: &str, message: impl Into<String>) -> SshError {
    SshError::new(Phase::Auth, FailureKind::NotLoggedIn, place, message)
}

/// Reads the key, or finds the agent.
pub(super) async fn means(target: &Target) -> Result<Means, SshError> {
    let place = target.place.as_str();
    match &target.auth {
        Auth::Key { pem, passphrase } => {
            let (pem, passphrase) = (pem.clone(), passphrase.clone());
            // opening a protected key computes for a tenth of a second
            let opened =
                tokio::task::spawn_blocking(move || key::open(&pem, passphrase.as_ref())).await;
            match opened {
                Ok(Ok(key)) => Ok(Means::Key(Arc::new(key))),
                Ok(Err(error)) => Err(unusable(place, &error)),
                Err(_) => Err(not_logged_in(place, "The login key could not be read.")),
            }
        }
        Auth::Password(password) => Ok(Means::Password(password.clone())),
        Auth::Agent => {
            let remedy = "Start an agent and add a key (ssh-add), or log in with a key file \
                          (--identity FILE).";
            let Some(path) = std::env::var_os("SSH_AUTH_SOCK").filter(|path| !path.is_empty())
            else {
                let message = "There is no ssh-agent: SSH_AUTH_SOCK is not set.";
                return Err(not_logged_in(place, message).remedy(remedy));
            };
            match AgentClient::connect_uds(&path).await {
                Ok(agent) => Ok(Means::Agent(agent)),
                Err(error) => {
                    let path = clean_line(path.to_string_lossy().as_ref(), 120);
                    let error = clean_line(reason(&error), 120);
                    let message = format!(
                        "The ssh-agent that SSH_AUTH_SOCK names ({path}) does not answer: {error}."
                    );
                    Err(not_logged_in(place, message).remedy(remedy))
                }
            }
        }
    }
}

fn unusable(place: &str, error: &KeyError) -> SshError {
    let message = format!("The login key for {place} cannot be used: {error}.");
    match error {
        KeyError::Encrypted => not_logged_in(place, message).remedy("Give its passphrase."),
        KeyError::WrongPassphrase => {
            not_logged_in(place, message).remedy("Give the right passphrase.")
        }
        KeyError::NotAKey(_) => not_logged_in(place, message),
    }
}

/// Logs in.
pub(super) async fn log_in(
    shaken: &mut Shaken,
    means: Means,
    target: &Target,
) -> Result<(), SshError> {
    let login = Login { place: &target.place, user: &target.user };
    match means {
        Means::Key(key) => login.by_key(shaken, key).await,
        Means::Agent(agent) => login.by_agent(shaken, agent).await,
        Means::Password(password) => login.by_password(shaken, &password).await,
    }
}

pub(super) struct Login<'a> {
    pub(super) place: &'a str,
    pub(super) user: &'a str,
}

impl Login<'_> {
    async fn by_key(&self, shaken: &mut Shaken, key: Arc<PrivateKey>) -> Result<(), SshError> {
        let public = key.public_key().clone();
        let Some(hash) = self.rsa_hash(&shaken.handle, &public).await? else {
            let message =
                format!("{} takes RSA keys only with SHA-1, which is unsafe.", self.place);
            return Err(not_logged_in(self.place, message).remedy("Use an ed25519 key."));
        };
        let signing = PrivateKeyWithHashAlg::new(key, hash);
        let answer = shaken.handle.authenticate_publickey(self.user, signing).await;
        match answer {
            Ok(AuthResult::Success) => Ok(()),
            Ok(AuthResult::Failure { remaining_methods, partial_success }) => {
                Err(self.refused(shaken, &[public], &remaining_methods, partial_success, ""))
            }
            Err(_) => Err(self.cut_off(shaken)),
        }
    }

    async fn by_agent(
        &self,
        shaken: &mut Shaken,
        mut agent: AgentClient<UnixStream>,
    ) -> Result<(), SshError> {
        if let Some(binding) = shaken.handle.agent_session_binding() {
            // only keys that are bound to hosts need it, and not every agent knows it
            let _ = agent.bind_session(binding, false).await;
        }
        let identities = agent.request_identities().await.map_err(|error| {
            let error = clean_line(reason(&error), 120);
            not_logged_in(self.place, format!("The ssh-agent does not list its keys: {error}."))
        })?;
        if identities.is_empty() {
            return Err(not_logged_in(self.place, "The ssh-agent holds no key.")
                .remedy("Add one with ssh-add, or log in with a key file (--identity FILE)."));
        }
        let left_out = match identities.len().saturating_sub(MOST_KEYS) {
            0 => String::new(),
            more => format!(
                " The agent holds {more} more, which were not offered since the host would \
                 hang up; give the right one as a key file."
            ),
        };
        let mut offered = Vec::new();
        let mut unsigned = 0;
        let mut last = (MethodSet::empty(), false);
        for identity in identities.into_iter().take(MOST_KEYS) {
            let public = identity.public_key().into_owned();
            let Some(hash) = self.rsa_hash(&shaken.handle, &public).await? else { continue };
            offered.push(public.clone());
            let handle = &mut shaken.handle;
            let answer = match identity {
                AgentIdentity::PublicKey { key, .. } => {
                    handle.authenticate_publickey_with(self.user, key, hash, &mut agent).await
                }
                AgentIdentity::Certificate { certificate, .. } => {
                    handle
                        .authenticate_certificate_with(self.user, certificate, hash, &mut agent)
                        .await
                }
            };
            match answer {
                Ok(AuthResult::Success) => return Ok(()),
                Ok(AuthResult::Failure { remaining_methods, partial_success }) => {
                    let open = remaining_methods.contains(&MethodKind::PublicKey);
                    last = (remaining_methods, partial_success);
                    if partial_success || !open {
                        break;
                    }
                }
                // the next key may still do: this one was declined by the person or its token
                Err(AgentAuthError::Key(_)) => unsigned += 1,
                Err(AgentAuthError::Send(_)) => return Err(self.cut_off(shaken)),
            }
        }
        if unsigned > 0 && unsigned == offered.len() {
            let message = "The ssh-agent did not sign with any of its keys.";
            return Err(not_logged_in(self.place, message)
                .remedy("Confirm the use of the key, or unlock the agent (ssh-add -X)."));
        }
        Err(self.refused(shaken, &offered, &last.0, last.1, &left_out))
    }

    /// The best hash for an RSA key that the server takes; `None` when it takes SHA-1 alone.
    async fn rsa_hash(
        &self,
        handle: &Handle<Guard>,
        key: &PublicKey,
    ) -> Result<Option<Option<HashAlg>>, SshError> {
        if !matches!(key.algorithm(), Algorithm::Rsa { .. }) {
            return Ok(Some(None));
        }
        match handle.best_supported_rsa_hash().await {
            Ok(Some(None)) => Ok(None),
            Ok(Some(best)) => Ok(Some(best)),
            Ok(None) => Ok(Some(Some(HashAlg::Sha512))),
            Err(_) => {
                let message = format!("{} closed the connection during the login.", self.place);
                Err(not_logged_in(self.place, message))
            }
        }
    }

    pub(super) fn cut_off(&self, shaken: &Shaken) -> SshError {
        let why = shaken.seen.ended().map(|why| format!(" ({why})")).unwrap_or_default();
        let message = format!("{} closed the connection during the login{why}.", self.place);
        let mut error = not_logged_in(self.place, message)
            .remedy("Look into sshd's log on the host (journalctl -u ssh).");
        // with MaxAuthTries 1 this is how it says no
        error.refused = why.contains("Too many authentication failures");
        error.failure.lines = shaken.seen.notice();
        error
    }

    fn refused(
        &self,
        shaken: &Shaken,
        offered: &[PublicKey],
        left: &MethodSet,
        partly: bool,
        besides: &str,
    ) -> SshError {
        if left.is_empty() && shaken.seen.ended().is_some() {
            return self.cut_off(shaken);
        }
        let (place, user) = (self.place, self.user);
        let methods: Vec<&str> = left.iter().map(|method| method.into()).collect();
        let methods = if methods.is_empty() { "nothing else".into() } else { methods.join(", ") };
        let message = if partly {
            format!(
                "{place} took the key of {user} but asks for a second proof ({methods}), \
                 which is not supported."
            )
        } else {
            let keys: Vec<String> = offered.iter().map(fingerprint).collect();
            format!(
                "{place} does not let {user} in with {}. It would take: {methods}.{besides}",
                if keys.is_empty() { "any key".into() } else { keys.join(", ") }
            )
        };
        let remedy = match offered {
            _ if partly => "Allow a login by key alone for this machine in the host's sshd_config \
                            (AuthenticationMethods)."
                .into(),
            _ if !left.is_empty() && !left.contains(&MethodKind::PublicKey) => format!(
                "Allow logins by key in the host's sshd_config (PubkeyAuthentication, and \
                 PermitRootLogin prohibit-password if {user} is root)."
            ),
            [one] => format!(
                "Check the user's name. To let the key in, paste on the host's console: \
                 mkdir -p -m 700 ~{user}/.ssh && echo '{}' >> ~{user}/.ssh/authorized_keys",
                line(one)
            ),
            _ => format!(
                "Check the user's name. Put the public half of one of the keys into \
                 ~{user}/.ssh/authorized_keys by the host's console."
            ),
        };
        let mut error = not_logged_in(place, message).remedy(remedy);
        error.refused = !partly;
        error.failure.lines = shaken.seen.notice();
        error
    }
}

fn fingerprint(key: &PublicKey) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}

fn line(key: &PublicKey) -> String {
    key::described(key).map(|key| format!("{} {}", key.algorithm, key.key)).unwrap_or_default()
}
