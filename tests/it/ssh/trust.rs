//! Host keys: what is let pass, what is refused and in which words.

use brokeforge::domain::{FailureKind, HostKey};
use brokeforge::ssh::{Connection, Phase, SshError, Target, offered_host_key};
use russh::keys::key::safe_rng;
use russh::keys::ssh_key::private::{KeypairData, RsaKeypair};
use russh::keys::{Algorithm, PrivateKey};

use super::{limits, message};
use crate::support::sshd::{ecdsa, ed25519, fingerprint, pin, with_key};

async fn refused(target: &Target) -> SshError {
    let error = Connection::open(target, &limits()).await.unwrap_err();
    assert_eq!(error.failure.kind, FailureKind::HostKey, "{error}");
    assert_eq!(error.phase, Phase::HostKey);
    error
}

#[tokio::test]
async fn a_changed_key_is_refused_with_both_fingerprints_and_the_way_out() {
    let (sshd, key) = with_key(|it| it);
    let target = sshd.target(&key);
    let (old, new) = (sshd.host_key(), ed25519());
    sshd.set(|it| it.host_keys = vec![new.clone()]);
    let error = refused(&target).await;
    assert!(message(&error).contains("has changed"), "{error}");
    assert!(message(&error).contains(&old.fingerprint), "{error}");
    assert!(message(&error).contains(&fingerprint(&new)), "{error}");
    let way_out = format!("brokeforge server trust web1 --host-key {}", fingerprint(&new));
    assert!(error.failure.remedy.unwrap().contains(&way_out));
    assert_eq!(sshd.counts().offers, 0, "nothing of ours was offered to a stranger");
}

#[tokio::test]
async fn another_type_is_refused_with_both_fingerprints() {
    let (sshd, key) = with_key(|it| it);
    let target = sshd.target(&key);
    let (old, new) = (sshd.host_key(), ecdsa());
    sshd.set(|it| it.host_keys = vec![new.clone()]);
    let error = refused(&target).await;
    assert!(message(&error).contains("of a type that is not pinned"), "{error}");
    assert!(message(&error).contains(&old.fingerprint), "{error}");
    assert!(message(&error).contains(&fingerprint(&new)), "{error}");
    assert_eq!(sshd.counts().offers, 0);
}

#[tokio::test]
async fn a_host_of_several_keys_is_asked_for_the_pinned_one() {
    let (sshd, key) = with_key(|it| it);
    let known = ecdsa();
    sshd.set(|it| it.host_keys.push(known.clone()));
    let target = Target { host_keys: vec![pin(&known)], ..sshd.target(&key) };
    let connection = Connection::open(&target, &limits()).await.unwrap();
    assert_eq!(connection.host_key(), pin(&known));
}

#[tokio::test]
async fn a_revoked_key_is_refused_also_beside_a_good_one() {
    let (sshd, key) = with_key(|it| it);
    let revoked = HostKey { revoked: true, ..sshd.host_key() };
    let (same_type, other_type) = (pin(&ed25519()), pin(&ecdsa()));
    for host_keys in [
        vec![revoked.clone(), sshd.host_key()],
        vec![same_type, revoked.clone()],
        vec![other_type, revoked.clone()],
    ] {
        let error = refused(&Target { host_keys, ..sshd.target(&key) }).await;
        assert!(message(&error).contains("was revoked"), "{error}");
        assert!(message(&error).contains(&revoked.fingerprint), "{error}");
    }
    // with no good pin at all nobody is even called
    let before = sshd.counts().connections;
    for host_keys in [vec![revoked], vec![]] {
        let error = refused(&Target { host_keys, ..sshd.target(&key) }).await;
        assert!(message(&error).contains("No host key"), "{error}");
    }
    assert_eq!(sshd.counts().connections, before);
}

#[tokio::test]
async fn short_rsa_host_keys_are_refused_and_long_ones_work() {
    let rsa = |bits| {
        let pair = RsaKeypair::random(&mut safe_rng(), bits).unwrap();
        PrivateKey::new(KeypairData::Rsa(pair), "").unwrap()
    };
    let short = rsa(2048);
    let (sshd, key) = with_key(|it| it);
    sshd.set(|it| it.host_keys = vec![short.clone()]);
    let target = Target { host_keys: vec![pin(&short)], ..sshd.target(&key) };
    let error = refused(&target).await;
    assert!(message(&error).contains("2048 bits"), "{error}");
    let (host, port) = (sshd.addr().ip().to_string(), sshd.addr().port());
    let error = offered_host_key(&host, port, &limits()).await.unwrap_err();
    assert!(message(&error).contains("2048 bits"), "{error}");

    let long = PrivateKey::from_openssh(RSA_3072).unwrap();
    sshd.set(|it| it.host_keys = vec![long.clone()]);
    let target = Target { host_keys: vec![pin(&long)], ..sshd.target(&key) };
    Connection::open(&target, &limits()).await.unwrap();

    // a server that has SHA-1 signatures alone finds nobody who takes them
    sshd.set(|it| it.preferred.key = vec![Algorithm::Rsa { hash: None }].into());
    refused(&target).await;
}

/// Making one takes seconds without optimisation.
const RSA_3072: &str = include_str!("rsa3072");
