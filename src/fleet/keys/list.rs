//! Every key that may log in to a server, as the host has them, each ours, known or unknown.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::domain::{
    Credential, Document, Failure, FailureKind, ServerId, Time, clean::clean_line,
};
use crate::fleet::{Local, Result};
use crate::operations::Operations;
use crate::ssh::key::{self, Authorized};
use crate::store::{Batch, Expected};

const SCRIPT: &str = include_str!("../../../assets/remote/authorized-keys.sh");
const SECTION: &str = "authorized-keys";
/// The document of all keys that people have named.
const KNOWN: &str = "keys/known";
/// A name has no more characters.
const LONGEST: usize = 60;
/// More keys of one server are not looked at.
const MOST: usize = 5000;

/// What we know of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    /// Nobody has said whose it is.
    Unknown,
    /// A person has named it.
    Known,
    /// We made it, and log in with it.
    Ours,
}

impl KeyState {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Known => "known",
            Self::Ours => "ours",
        }
    }
}

/// A key that may log in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyView {
    /// Where.
    pub server: ServerId,
    /// As whom.
    pub user: String,
    /// The file on the host that says so.
    pub file: String,
    /// The kind of key, e.g. `ssh-ed25519`.
    pub algorithm: String,
    /// Its length, where that says something.
    pub bits: Option<u32>,
    /// `SHA256:…`.
    pub fingerprint: String,
    /// What stands behind it in the file.
    pub comment: String,
    /// What stands before it in the file.
    pub options: String,
    /// Whose it is.
    pub state: KeyState,
    /// What a person has named it.
    pub name: Option<String>,
    /// When it was first seen there, by us.
    pub first_seen: Time,
}

/// A key that a person has named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownKey {
    /// `SHA256:…`.
    pub fingerprint: String,
    /// Its name.
    pub name: String,
    /// When it was named.
    pub at: Time,
}

impl Local {
    pub(in crate::fleet) async fn authorized_keys(&self, server: ServerId) -> Result<Vec<KeyView>> {
        self.server(server)?;
        self.need_vault()?;
        let text = self.inner.operations.ask(server, SECTION, SCRIPT).await?;
        let found = read(&text);
        let seen = self.remember(server, &found).await?;
        let mut ours = BTreeMap::new();
        for stored in self.store().scan::<Credential>(b"")? {
            ours.extend(stored.record.keys().into_iter().map(|key| (key.fingerprint, ())));
        }
        let known = self.named()?;
        let mut keys: Vec<KeyView> = found
            .into_iter()
            .map(|Found { user, file, key }| {
                let name = known.get(&key.fingerprint).map(|(name, _)| name.clone());
                let state = match (&name, ours.contains_key(&key.fingerprint)) {
                    (_, true) => KeyState::Ours,
                    (Some(_), false) => KeyState::Known,
                    (None, false) => KeyState::Unknown,
                };
                let first_seen = seen.get(&mark(&user, &key.fingerprint)).copied();
                KeyView {
                    server,
                    user,
                    file,
                    algorithm: key.algorithm,
                    bits: key.bits,
                    fingerprint: key.fingerprint,
                    comment: key.comment,
                    options: key.options,
                    state,
                    name,
                    first_seen: first_seen.unwrap_or_else(|| self.now()),
                }
            })
            .collect();
        // what needs a look comes first
        keys.sort_by(|a, b| {
            (a.state, &a.user, &a.fingerprint).cmp(&(b.state, &b.user, &b.fingerprint))
        });
        Ok(keys)
    }

    /// Notes the time at which keys were seen first, and forgets those that are gone.
    async fn remember(&self, server: ServerId, found: &[Found]) -> Result<BTreeMap<String, Time>> {
        let key = Operations::seen_keys(server);
        let before: BTreeMap<String, Time> = self.document(&key)?;
        let now = self.now();
        let seen: BTreeMap<String, Time> = found
            .iter()
            .map(|one| mark(&one.user, &one.key.fingerprint))
            .map(|mark| (before.get(&mark).copied().unwrap_or(now), mark))
            .map(|(at, mark)| (mark, at))
            .collect();
        if seen != before {
            let mut batch = Batch::new();
            batch.put(&Document { key, body: json!(seen) }, Expected::Anything);
            self.store().commit(batch).await?;
        }
        Ok(seen)
    }

    fn named(&self) -> Result<BTreeMap<String, (String, Time)>> {
        self.document(KNOWN)
    }

    fn document<T: serde::de::DeserializeOwned + Default>(&self, key: &str) -> Result<T> {
        let stored = self.store().get::<Document>(&key.to_owned())?;
        let Some(stored) = stored else { return Ok(T::default()) };
        serde_json::from_value(stored.record.body)
            .map_err(|e| Failure::internal(format!("The document {key} cannot be read: {e}.")))
    }

    pub(in crate::fleet) fn known_keys(&self) -> Result<Vec<KnownKey>> {
        let named = self.named()?.into_iter();
        Ok(named.map(|(fingerprint, (name, at))| KnownKey { fingerprint, name, at }).collect())
    }

    pub(in crate::fleet) async fn know_key(&self, fingerprint: &str, name: &str) -> Result<()> {
        let fingerprint = fingerprint_of(fingerprint)?;
        let name = clean_line(name.trim(), LONGEST + 1);
        if name.is_empty() || name.chars().count() > LONGEST {
            return Err(Failure::input(format!(
                "A key's name has 1 to {LONGEST} characters, such as “anna, laptop”."
            )));
        }
        let now = self.now();
        self.name_keys(|named| {
            named.insert(fingerprint, (name, now));
            Ok(())
        })
        .await
    }

    pub(in crate::fleet) async fn forget_key(&self, fingerprint: &str) -> Result<()> {
        let fingerprint = fingerprint_of(fingerprint)?;
        self.name_keys(|named| match named.remove(&fingerprint) {
            Some(_) => Ok(()),
            None => Err(Failure::new(
                FailureKind::NotFound,
                format!("No key {fingerprint} has a name."),
            )
            .remedy("`brokeforge key known` shows those that have one.")),
        })
        .await
    }

    async fn name_keys(
        &self,
        change: impl FnOnce(&mut BTreeMap<String, (String, Time)>) -> Result<()>,
    ) -> Result<()> {
        let stored = self.store().get::<Document>(&KNOWN.to_owned())?;
        let expected = stored.map_or(Expected::Absent, |s| Expected::Revision(s.revision));
        let mut named = self.named()?;
        change(&mut named)?;
        let mut batch = Batch::new();
        batch.put(&Document { key: KNOWN.to_owned(), body: json!(named) }, expected);
        self.store().commit(batch).await?;
        Ok(())
    }
}

fn mark(user: &str, fingerprint: &str) -> String {
    format!("{user} {fingerprint}")
}

/// A fingerprint as OpenSSH prints it, or the public key itself.
fn fingerprint_of(text: &str) -> Result<String> {
    let text = text.trim();
    if let Some(key) = key::authorized(text) {
        return Ok(key.fingerprint);
    }
    let digits = text.strip_prefix("SHA256:").unwrap_or_default();
    let good = |b: u8| b.is_ascii_alphanumeric() || b"+/".contains(&b);
    if digits.len() != 43 || !digits.bytes().all(good) {
        return Err(Failure::input("This is neither a fingerprint nor a public key.").remedy(
            "Give it as `brokeforge key list` or `ssh-keygen -lf FILE` print it: SHA256:…",
        ));
    }
    Ok(text.to_owned())
}

struct Found {
    user: String,
    file: String,
    key: Authorized,
}

/// Reads what the host tells; what is no key is left out.
fn read(text: &str) -> Vec<Found> {
    let (mut user, mut file, mut found) = (String::new(), String::new(), Vec::new());
    for line in text.lines() {
        if let Some(line) = line.strip_prefix('\t') {
            let Some(key) = key::authorized(line) else { continue };
            if found.len() < MOST {
                found.push(Found { user: user.clone(), file: file.clone(), key });
            }
        } else if let Some(name) = line.strip_prefix("user ") {
            user = clean_line(name, 64);
        } else if let Some(path) = line.strip_prefix("file ") {
            file = clean_line(path, 200);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_host_tells_is_read_and_bounded() {
        const KEY: &str =
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGYrjQWnJEjVbzkGLzPYmKAFxjhd0MoFwjCRQ8yyCI0L";
        let text = format!(
            "user root\nfile /root/.ssh/authorized_keys\n\t{KEY} a\n\t# no\n\tuser x\n\t\
             no-pty {KEY}\nuser me\u{1b}\nfile /x\n\t{KEY} b\n\tcut of"
        );
        let found = read(&text);
        let all: Vec<(&str, &str)> =
            found.iter().map(|f| (f.user.as_str(), f.key.options.as_str())).collect();
        assert_eq!((all.len(), all[0], all[1]), (3, ("root", ""), ("root", "no-pty")));
        assert!(!all[2].0.contains('\u{1b}'), "{all:?}");
        assert!(read(&format!("\t{KEY}\n").repeat(MOST + 1)).len() == MOST);
        for no in ["", "SHA256:x", "MD5:aa", "ssh-ed25519"] {
            assert!(fingerprint_of(no).is_err(), "{no}");
        }
        assert_eq!(fingerprint_of(KEY).unwrap(), found[0].key.fingerprint);
        assert_eq!(fingerprint_of(&found[0].key.fingerprint).unwrap(), found[0].key.fingerprint);
    }
}
