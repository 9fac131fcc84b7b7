//! Kept connections: shared, replaced, forgotten, closed when idle.

use std::time::Duration;

use brokeforge::domain::FailureKind;
use brokeforge::ssh::{Connections, Target};

use super::{ended, limits, run};
use crate::support::sshd::{Behaviour, Greeting, ed25519, pin, with_key};

#[tokio::test]
async fn all_who_ask_share_one_connection() {
    let (sshd, key) = with_key(|it| it);
    let (connections, target) = (Connections::new(limits()), sshd.target(&key));
    let leases = futures::future::join_all((0..10).map(|_| connections.lease(&target))).await;
    for lease in leases {
        assert_eq!(run(&lease.unwrap(), "true", "").await.end, ended(0));
    }
    let other = Target { label: "other".into(), ..target.clone() };
    connections.lease(&other).await.unwrap();
    connections.lease(&target).await.unwrap();
    assert_eq!(sshd.counts().connections, 2);
}

#[tokio::test]
async fn a_lost_connection_is_opened_again() {
    let (sshd, key) = with_key(|it| it);
    let (connections, target) = (Connections::new(limits()), sshd.target(&key));
    let lease = connections.lease(&target).await.unwrap();
    sshd.cut();
    sshd.until(|counts| counts.standing == 0).await;
    while !lease.is_closed() {
        tokio::task::yield_now().await;
    }
    let again = connections.lease(&target).await.unwrap();
    assert_eq!(run(&again, "true", "").await.end, ended(0));
}

#[tokio::test]
async fn one_that_lay_idle_is_asked_before_it_is_used() {
    let (sshd, key) = with_key(|it| it);
    let (connections, target) = (Connections::new(limits()), sshd.target(&key));
    drop(connections.lease(&target).await.unwrap());
    // dead, but nobody noticed; nothing arrives any more, so the clock may run as fast as it can
    sshd.freeze(true);
    tokio::time::pause();
    assert!(connections.lease(&target).await.is_err(), "the new one freezes as well");
    tokio::time::resume();
    sshd.freeze(false);
    let lease = connections.lease(&target).await.unwrap();
    assert_eq!(run(&lease, "true", "").await.end, ended(0));
}

#[tokio::test]
async fn a_target_that_changed_gets_a_connection_of_its_own() {
    let (sshd, key) = with_key(|it| it);
    let (connections, target) = (Connections::new(limits()), sshd.target(&key));
    let _lease = connections.lease(&target).await.unwrap();
    // its pin was replaced meanwhile: the old connection must not serve
    let repinned = Target { host_keys: vec![pin(&ed25519())], ..target };
    let error = connections.lease(&repinned).await.unwrap_err();
    assert_eq!(error.failure.kind, FailureKind::HostKey);
}

#[tokio::test]
async fn a_host_that_fails_is_asked_once_for_all_who_wait() {
    let (sshd, key) = with_key(|it| Behaviour { greeting: Greeting::Parting(Vec::new()), ..it });
    let (connections, target) = (Connections::new(limits()), sshd.target(&key));
    let leases = futures::future::join_all((0..10).map(|_| connections.lease(&target))).await;
    assert!(leases.iter().all(Result::is_err));
    assert_eq!(sshd.counts().connections, 1);

    // the next one waits a moment and then succeeds
    sshd.set(|it| it.greeting = Greeting::Ssh);
    connections.lease(&target).await.unwrap();
    assert_eq!(sshd.counts().connections, 2);
}

#[tokio::test]
async fn one_on_which_many_commands_were_given_up_is_replaced() {
    let (sshd, key) = with_key(|it| it);
    let (connections, target) = (Connections::new(limits()), sshd.target(&key));
    let first = connections.lease(&target).await.unwrap();
    for _ in 0..14 {
        let lease = connections.lease(&target).await.unwrap();
        drop(lease.run("exec sleep 600", Vec::new()).await.unwrap());
    }
    let lease = connections.lease(&target).await.unwrap();
    assert_eq!(run(&lease, "true", "").await.end, ended(0));
    assert!(!first.is_closed(), "who has the old one keeps it");
    assert!(sshd.counts().connections > 1);
}

#[tokio::test]
async fn forgotten_connections_are_closed() {
    let (sshd, key) = with_key(|it| it);
    let (connections, target) = (Connections::new(limits()), sshd.target(&key));
    let labelled = |label: &str| Target { label: label.into(), ..target.clone() };
    let one = connections.lease(&labelled("a/root")).await.unwrap();
    let two = connections.lease(&labelled("b/root")).await.unwrap();
    connections.forget("a/").await;
    assert!(one.is_closed() && !two.is_closed());
    drop(one);
    let one = connections.lease(&labelled("a/root")).await.unwrap();
    assert_eq!(run(&one, "true", "").await.end, ended(0));
}

#[tokio::test]
async fn an_unused_connection_closes_after_a_minute_and_not_before() {
    let (sshd, key) = with_key(|it| it);
    let (connections, target) = (Connections::new(limits()), sshd.target(&key));
    let lease = connections.lease(&target).await.unwrap();
    let clone = (*lease).clone();
    // nothing is on the way now, so the clock may be moved by hand
    tokio::time::pause();
    let pass = async |seconds| {
        tokio::task::yield_now().await;
        tokio::time::advance(Duration::from_secs(seconds)).await;
        tokio::task::yield_now().await;
    };
    pass(300).await;
    assert!(!clone.is_closed(), "it is leased");
    drop(lease);
    pass(50).await;
    tokio::time::resume();
    drop(connections.lease(&target).await.unwrap());
    tokio::time::pause();
    // a few seconds may really have passed in between
    pass(50).await;
    assert_eq!(sshd.counts().connections, 1, "it was still kept");
    pass(11).await;
    assert!(!clone.is_closed(), "somebody has it, if without a lease");
    drop(clone);
    tokio::time::resume();
    sshd.until(|counts| counts.standing == 0).await;
}
