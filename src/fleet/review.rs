//! What is said about a server's description before anything is done, field by field.

use crate::domain::{
    Failure, FailureKind, HostTrust, Login, Server, ServerId,
    input::{self, Verdict},
    server::address,
};

use super::{Consent, Local, Result, ServerDraft};

pub use super::Review;
pub(super) use super::identity::IdentityState;

/// A description in its normal form, with what was said about it.
#[derive(Debug)]
pub(super) struct Taken {
    pub review: Review,
    pub name: String,
    pub host: String,
    pub port: u16,
    pub user: String,
    pub login: Login,
    pub trust: HostTrust,
}

impl Review {
    pub(super) fn take<T>(&mut self, field: &str, verdict: Verdict<T>) -> Option<T> {
        let mut note = |list: fn(&mut Self) -> &mut Vec<(String, String)>, why: String| {
            list(self).push((field.to_owned(), why));
        };
        match verdict {
            Verdict::Ok(value) => Some(value),
            Verdict::Fix(value, why) => {
                note(|r| &mut r.fixes, why);
                Some(value)
            }
            Verdict::Warn(value, why) => {
                note(|r| &mut r.warnings, why);
                Some(value)
            }
            Verdict::No(why) => {
                note(|r| &mut r.refusals, why);
                None
            }
        }
    }

    /// The refusals as one failure; `None` without any.
    pub fn refusal(&self) -> Option<Failure> {
        let all: Vec<&str> = self.refusals.iter().map(|(_, why)| why.as_str()).collect();
        (!all.is_empty()).then(|| Failure::input(all.join(" ")))
    }
}

/// Refuses what was refused, and what was warned of without a yes.
pub(super) fn allow(review: &Review, consent: Consent) -> Result<()> {
    if let Some(failure) = review.refusal() {
        return Err(failure);
    }
    let doubts: Vec<&str> = review.warnings.iter().map(|(_, why)| why.as_str()).collect();
    if consent == Consent::None && !doubts.is_empty() {
        return Err(Failure::new(FailureKind::Input, doubts.join(" "))
            .remedy("If that is meant, say so: --yes on the command line, yes on the screen."));
    }
    Ok(())
}

impl Local {
    pub(super) fn review_server(&self, draft: &ServerDraft) -> Review {
        let mut review = self.look(draft, None, true).1;
        review.needs_passphrase = match &draft.login {
            Login::Identity { path } => self
                .absolute(path)
                .and_then(|path| self.check_identity(&path, draft.passphrase.as_ref()))
                .is_ok_and(|state| state == IdentityState::NeedsPassphrase),
            Login::Password => draft.passphrase.is_none(),
            Login::Agent => false,
        };
        review
    }

    fn check_key_file(
        &self,
        path: &str,
        passphrase: Option<&crate::domain::Secret>,
    ) -> Verdict<String> {
        let looked = self
            .absolute(path)
            .and_then(|path| Ok((self.check_identity(&path, passphrase)?, path)));
        match looked {
            Ok((IdentityState::Ready(warnings), path)) if !warnings.is_empty() => {
                Verdict::Warn(path, warnings.join(" "))
            }
            Ok((_, whole)) if whole != path => {
                let why = format!("The key file is {whole}.");
                Verdict::Fix(whole, why)
            }
            Ok((_, whole)) => Verdict::Ok(whole),
            Err(failure) => Verdict::No(failure.message),
        }
    }

    /// The draft as it would be taken.
    pub(super) fn take_server(
        &self,
        draft: &ServerDraft,
        editing: Option<ServerId>,
        login: bool,
    ) -> Result<Taken> {
        let (taken, review) = self.look(draft, editing, login);
        if login && draft.login == Login::Password && draft.passphrase.is_none() {
            return Err(Failure::input("There is no password to log in with."));
        }
        let taken = taken.ok_or_else(|| {
            review.refusal().unwrap_or_else(|| Failure::input("The server cannot be taken so."))
        })?;
        if login
            && let Login::Identity { path } = &taken.login
            && self.check_identity(path, draft.passphrase.as_ref())?
                == IdentityState::NeedsPassphrase
        {
            return Err(Failure::input(format!("The key file {path} asks for a passphrase."))
                .remedy("Give it on a terminal, or load the key into ssh-agent and use --agent."));
        }
        Ok(taken)
    }

    pub(super) fn look(
        &self,
        draft: &ServerDraft,
        editing: Option<ServerId>,
        login: bool,
    ) -> (Option<Taken>, Review) {
        let mut review = Review::default();
        let servers = match self.servers() {
            Ok(servers) => servers,
            Err(failure) => {
                review.refusals.push(("name".into(), failure.message));
                return (None, review);
            }
        };
        let name = review.take("name", name(&draft.name, &servers, editing));
        let host = review.take("host", input::address(&draft.host));
        let port = review.take("port", port(&draft.port, host.as_ref().and_then(|a| a.port)));
        let user =
            review.take("user", user(&draft.user, host.as_ref().and_then(|a| a.user.as_deref())));
        let login = match &draft.login {
            Login::Identity { path } if login => review
                .take("identity", self.check_key_file(path, draft.passphrase.as_ref()))
                .map(|path| Login::Identity { path }),
            other => Some(other.clone()),
        };
        let trust = match &draft.trust {
            HostTrust::Expect { fingerprint } => review
                .take("fingerprint", input::fingerprint(fingerprint))
                .map(|fingerprint| HostTrust::Expect { fingerprint }),
            HostTrust::AcceptNew => Some(HostTrust::AcceptNew),
        };
        let (Some(name), Some(host), Some(port), Some(user), Some(login), Some(trust)) =
            (name, host, port, user, login, trust)
        else {
            return (None, review);
        };
        let here = |s: &&Server| s.host == host.host && s.port == port;
        // who edits something else was asked about the address before
        let moved = !servers.iter().filter(here).any(|s| Some(s.id) == editing);
        if let Some(twin) = servers.iter().find(here).filter(|_| moved) {
            review.warnings.push((
                "host".into(),
                format!(
                    "{} is the address of server “{}” already.",
                    address(&host.host, port),
                    twin.name
                ),
            ));
        }
        let host = host.host;
        (Some(Taken { review: review.clone(), name, host, port, user, login, trust }), review)
    }
}

fn name(text: &str, servers: &[Server], editing: Option<ServerId>) -> Verdict<String> {
    let others: Vec<&str> =
        servers.iter().filter(|s| Some(s.id) != editing).map(|s| s.name.as_str()).collect();
    input::name(text, &others)
}

/// The port of its own field, or the one that was typed with the address; two different ones are
/// refused.
fn port(text: &str, with_host: Option<u16>) -> Verdict<u16> {
    match with_host {
        Some(port) if text.trim().is_empty() => Verdict::Ok(port),
        Some(with_host) => input::port(text).and_then(|port| match port == with_host {
            true => Verdict::Ok(port),
            false => Verdict::No(format!(
                "The port is {port}, but {with_host} was typed with the address. Give one of them."
            )),
        }),
        None if text.is_empty() => Verdict::Ok(22),
        None => input::port(text),
    }
}

fn user(text: &str, with_host: Option<&str>) -> Verdict<String> {
    match with_host {
        Some(user) if text.trim().is_empty() => Verdict::Ok(user.to_owned()),
        Some(with_host) => input::login_user(text).and_then(|user| match user == with_host {
            true => Verdict::Ok(user),
            false => Verdict::No(format!(
                "The user is {user}, but {with_host} was typed with the address. Give one of them."
            )),
        }),
        None if text.is_empty() => Verdict::Ok("root".into()),
        None => input::login_user(text),
    }
}
