//! How to log in: our own proved key, else the way of the first contact; and sealed secrets.

use rand::RngExt;
use rand::distr::Alphanumeric;
use serde_json::json;

use super::{Rooms, key_file};
use crate::domain::{
    Credential, Document, Failure, FailureKind, Login, LoginKey, Secret, Server, ServerId, Which,
    server::argument,
};
use crate::ssh::{Auth, Target};
use crate::store::{Batch, Expected, Stored};
use crate::vault::{Bound, Vault};

/// The name under which the passphrase of a server's key file is kept.
pub const IDENTITY_PASSPHRASE: &str = "identity-passphrase";
const LOGIN_KEY: &str = "login-key";

/// The document in which a secret of a server is kept.
pub fn secret_key(server: ServerId, name: &str) -> String {
    format!("secret/{server}/{name}")
}

/// The document in which is kept when the keys that may log in to a server were first seen.
pub fn seen_keys(server: ServerId) -> String {
    format!("keys/seen/{server}")
}

/// Documents of a server begin with this.
pub fn secrets_of(server: ServerId) -> String {
    secret_key(server, "")
}

/// The open vault.
///
/// # Errors
/// When it is locked.
pub fn vault(rooms: &Rooms) -> Result<Vault, Failure> {
    let vault = rooms.vault.read().unwrap_or_else(std::sync::PoisonError::into_inner);
    vault.clone().ok_or_else(|| {
        Failure::new(FailureKind::VaultLocked, "The vault is locked, and a key in it is needed.")
            .remedy("Unlock the vault, then try again.")
    })
}

/// The user that does this user's work on the server: root's is done by the login user, who becomes
/// root by sudo where it is another one.
pub fn login_of<'a>(server: &'a Server, user: &'a str) -> &'a str {
    if user == "root" { &server.user } else { user }
}

/// Whom to connect to and how: our proved key (or, with `unproved`, any of ours), else the first
/// login.
///
/// # Errors
/// When the vault is locked or the key file cannot be read.
pub fn target(
    rooms: &Rooms,
    server: &Server,
    user: &str,
    unproved: bool,
) -> Result<Target, Failure> {
    let login = login_of(server, user);
    let ours = ours(rooms, server.id, login)?;
    let (auth, how) = match ours.filter(|c| c.proved || unproved) {
        // a connection by another key than this one is another connection
        Some(credential) => {
            let key = credential.current();
            (own_key(rooms, &credential, &key)?, format!("own/{}", key.fingerprint))
        }
        None if login == server.user => (first_login(rooms, server)?, "first".to_owned()),
        None => {
            return Err(Failure::new(
                FailureKind::NotLoggedIn,
                format!("There is no login key of ours for {login} on {}.", server.name),
            )
            .at_host(server.place())
            .remedy("Retry the operation that adds the server; it makes the key."));
        }
    };
    Ok(to(server, user, &how, auth))
}

/// Whom to connect to by one of our keys, proved or not; without one of ours by the first login.
///
/// # Errors
/// As [`target`].
pub fn target_with(
    rooms: &Rooms,
    server: &Server,
    user: &str,
    which: Which,
) -> Result<Target, Failure> {
    let credential = ours(rooms, server.id, login_of(server, user))?;
    match credential.as_ref().and_then(|c| Some((c, c.key(which)?))) {
        Some((credential, key)) => {
            let how = format!("own/{}", key.fingerprint);
            Ok(to(server, user, &how, own_key(rooms, credential, &key)?))
        }
        None => target(rooms, server, user, true),
    }
}

/// Whom to connect to by the key that was followed, if one was.
///
/// # Errors
/// When the vault is locked.
pub fn old_target(rooms: &Rooms, server: &Server, user: &str) -> Result<Option<Target>, Failure> {
    let old = ours(rooms, server.id, login_of(server, user))?.is_some_and(|c| c.old.is_some());
    old.then(|| target_with(rooms, server, user, Which::Old)).transpose()
}

fn ours(rooms: &Rooms, server: ServerId, login: &str) -> Result<Option<Credential>, Failure> {
    Ok(rooms.store.get::<Credential>(&(server, login.to_owned()))?.map(|s| s.record))
}

fn to(server: &Server, user: &str, how: &str, auth: Auth) -> Target {
    let login = login_of(server, user);
    Target {
        label: format!("{}/{login}/{how}", server.id),
        place: server.place(),
        host: server.host.clone(),
        port: server.port,
        user: login.to_owned(),
        host_keys: server.host_keys.clone(),
        auth,
        sudo: user == "root" && login != "root",
    }
}

fn own_key(rooms: &Rooms, credential: &Credential, key: &LoginKey) -> Result<Auth, Failure> {
    let record = format!("{}/{}", credential.server, credential.user);
    let bound = Bound { record: &record, field: LOGIN_KEY };
    let pem = vault(rooms)?.unseal(&key.sealed, bound)?;
    Ok(Auth::Key { pem, passphrase: None })
}

fn first_login(rooms: &Rooms, server: &Server) -> Result<Auth, Failure> {
    let path = match &server.login {
        Login::Agent => return Ok(Auth::Agent),
        Login::Password => {
            let password = rooms.passwords.get(server.id).ok_or_else(|| no_password(server))?;
            return Ok(Auth::Password(password));
        }
        Login::Identity { path } => path,
    };
    let (pem, _) = key_file::read(path).map_err(|failure| {
        Failure::new(FailureKind::NotLoggedIn, failure.message).at_host(server.place()).remedy(format!(
            "Give another: brokeforge server edit {} --identity FILE (or --agent), then retry the \
             operation.",
            argument(&server.name)
        ))
    })?;
    let passphrase = secret(rooms, server.id, IDENTITY_PASSPHRASE)?;
    Ok(Auth::Key { pem, passphrase })
}

fn no_password(server: &Server) -> Failure {
    Failure::new(
        FailureKind::NotLoggedIn,
        format!("The password of {} on {} is not known any more.", server.user, server.name),
    )
    .at_host(server.place())
    .remedy(
        "It is used once and never stored. Give it again: brokeforge operation retry ID \
         --password; or log in with a key: brokeforge server edit NAME --identity FILE.",
    )
}

/// A sealed secret of a server, if there is one.
///
/// # Errors
/// When there is one and the vault is locked.
pub fn secret(rooms: &Rooms, server: ServerId, name: &str) -> Result<Option<Secret>, Failure> {
    let key = secret_key(server, name);
    let Some(stored) = rooms.store.get::<Document>(&key)? else { return Ok(None) };
    let sealed = stored.record.body.get("sealed").and_then(|s| s.as_str()).unwrap_or_default();
    let bound = Bound { record: &server.to_string(), field: name };
    Ok(Some(vault(rooms)?.unseal(sealed, bound)?))
}

/// Seals a secret under a name of that server.
///
/// # Errors
/// When the vault is locked.
pub async fn keep(
    rooms: &Rooms,
    server: ServerId,
    name: &str,
    secret: &Secret,
) -> Result<(), Failure> {
    let mut batch = Batch::new();
    batch.put(&sealed(rooms, server, name, secret)?, Expected::Anything);
    rooms.store.commit(batch).await?;
    Ok(())
}

/// A secret of a server, sealed under a name, to be put into a batch.
///
/// # Errors
/// When the vault is locked.
pub fn sealed(
    rooms: &Rooms,
    server: ServerId,
    name: &str,
    secret: &Secret,
) -> Result<Document, Failure> {
    let bound = Bound { record: &server.to_string(), field: name };
    let sealed = vault(rooms)?.seal(secret, bound)?;
    Ok(Document { key: secret_key(server, name), body: json!({ "sealed": sealed }) })
}

/// Makes a password of letters and digits and seals it, unless there is one.
///
/// # Errors
/// When the vault is locked.
pub async fn make_secret(
    rooms: &Rooms,
    server: ServerId,
    name: &str,
    length: u8,
) -> Result<(), Failure> {
    if rooms.store.get::<Document>(&secret_key(server, name))?.is_some() {
        return Ok(());
    }
    let text = rand::rng().sample_iter(Alphanumeric).take(length.into()).collect();
    keep(rooms, server, name, &Secret::new(text)).await
}

/// Deletes a sealed secret, if there is one.
///
/// # Errors
/// When the store cannot be written.
pub async fn delete_secret(rooms: &Rooms, server: ServerId, name: &str) -> Result<(), Failure> {
    let key = secret_key(server, name);
    if rooms.store.get::<Document>(&key)?.is_some() {
        let mut batch = Batch::new();
        batch.delete::<Document>(&key, Expected::Anything);
        rooms.store.commit(batch).await?;
    }
    Ok(())
}

/// Makes our login key for the user, unless there is one.
///
/// # Errors
/// When the vault is locked or the machine has no randomness.
pub async fn make_key(rooms: &Rooms, server: ServerId, user: &str) -> Result<(), Failure> {
    let key = (server, user.to_owned());
    if rooms.store.get::<Credential>(&key)?.is_some() {
        return Ok(());
    }
    let LoginKey { public_key, fingerprint, sealed, created_at } = fresh(rooms, server, user)?;
    let credential = Credential {
        server,
        user: user.to_owned(),
        public_key,
        fingerprint,
        sealed,
        proved: false,
        proved_at: None,
        created_at,
        next: None,
        old: None,
    };
    let mut batch = Batch::new();
    batch.put(&credential, Expected::Absent);
    rooms.store.commit(batch).await?;
    Ok(())
}

fn fresh(rooms: &Rooms, server: ServerId, user: &str) -> Result<LoginKey, Failure> {
    let vault = vault(rooms)?;
    let pair = crate::ssh::key::generate(&format!("brokeforge {server} {user}"))
        .map_err(|e| Failure::internal(format!("A login key cannot be made: {e}.")))?;
    let record = format!("{server}/{user}");
    Ok(LoginKey {
        public_key: pair.public,
        fingerprint: pair.fingerprint,
        sealed: vault.seal(&pair.private, Bound { record: &record, field: LOGIN_KEY })?,
        created_at: rooms.clock.now(),
    })
}

/// Makes the key that is to follow our login key, unless there is one, or the one before is still
/// to be taken away.
///
/// # Errors
/// When there is no login key to follow, or as [`make_key`].
pub async fn make_next_key(rooms: &Rooms, server: ServerId, user: &str) -> Result<(), Failure> {
    let mut stored = stored(rooms, server, user)?;
    if stored.record.next.is_some() || stored.record.old.is_some() {
        return Ok(());
    }
    stored.record.next = Some(Box::new(fresh(rooms, server, user)?));
    let mut batch = Batch::new();
    batch.put(&stored.record, Expected::Revision(stored.revision));
    rooms.store.commit(batch).await?;
    Ok(())
}

/// Forgets the key that was followed.
///
/// # Errors
/// When the store cannot be written.
pub async fn forget_old(rooms: &Rooms, server: ServerId, user: &str) -> Result<(), Failure> {
    let mut stored = stored(rooms, server, user)?;
    if stored.record.old.take().is_some() {
        let mut batch = Batch::new();
        batch.put(&stored.record, Expected::Revision(stored.revision));
        rooms.store.commit(batch).await?;
    }
    Ok(())
}

fn stored(rooms: &Rooms, server: ServerId, user: &str) -> Result<Stored<Credential>, Failure> {
    let stored = rooms.store.get::<Credential>(&(server, user.to_owned()))?;
    stored.ok_or_else(|| Failure::internal(format!("There is no key of ours for {user}.")))
}

/// From now on our key, or the one that follows it, is the login; what the first login needed goes.
///
/// # Errors
/// When the store cannot be written.
pub async fn adopt(
    rooms: &Rooms,
    server: ServerId,
    user: &str,
    which: Which,
) -> Result<(), Failure> {
    let now = rooms.clock.now();
    let mut stored = stored(rooms, server, user)?;
    match which {
        Which::Next => stored.record.follow(now),
        Which::Current | Which::Old => {
            stored.record.proved = true;
            stored.record.proved_at.get_or_insert(now);
        }
    }
    let mut batch = Batch::new();
    batch.put(&stored.record, Expected::Revision(stored.revision));
    let passphrase = secret_key(server, IDENTITY_PASSPHRASE);
    if rooms.store.get::<Document>(&passphrase)?.is_some() {
        batch.delete::<Document>(&passphrase, Expected::Anything);
    }
    rooms.store.commit(batch).await?;
    rooms.passwords.forget(server);
    rooms.connections.forget(&format!("{server}/{user}/first")).await;
    Ok(())
}
