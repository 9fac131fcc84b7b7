//! Before the login: greeting, key exchange, addresses.

use brokeforge::domain::FailureKind;
use brokeforge::ssh::{Connection, Limits, Phase, SshError, Target, offered_host_key};
use russh::cipher;

use super::{NOT_SO_SHORT, SHORT, limits, message};
use crate::support::sshd::{Behaviour, Greeting, Wire, with_key};

async fn refused(behaviour: Behaviour, limits: Limits) -> SshError {
    let (sshd, key) = with_key(|ours| Behaviour { authorized: ours.authorized, ..behaviour });
    let error = Connection::open(&sshd.target(&key), &limits).await.unwrap_err();
    sshd.until(|counts| counts.standing == 0).await;
    assert_eq!(error.failure.host, Some(sshd.target(&key).place));
    error
}

#[tokio::test]
async fn every_way_of_not_greeting_has_its_own_words() {
    let greeting = |greeting| Behaviour { greeting, ..Behaviour::default() };
    let parting = |text: &str| greeting(Greeting::Parting(text.into()));
    for (behaviour, said) in [
        (greeting(Greeting::Silent), "no SSH greeting came in 0.15 s"),
        (greeting(Greeting::Drip(SHORT / 3)), "no whole SSH greeting came in 3 s, only: “S"),
        (greeting(Greeting::Other(b"SSH-1.5-OpenSSH_1\n".into())), "not an SSH-2 server"),
        (parting("HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n"), "“HTTP/1.1 400 Bad"),
        (parting("\u{15}\u{3}\u{1}\0\u{2}\u{2}\u{46}"), "not an SSH-2 server"),
        (parting("\u{1b}]0;title\u{7}hello\r\n"), "it says: “]0;titlehello”"),
        (parting(""), "closed the connection without an SSH greeting"),
        (parting("Exceeded MaxStartups\r\n"), "(MaxStartups)"),
        (parting("Not allowed at this time\r\n"), "banned"),
    ] {
        let banner = match behaviour.greeting {
            Greeting::Silent => SHORT,
            // a first byte has to come
            Greeting::Drip(_) => NOT_SO_SHORT,
            _ => limits().banner,
        };
        let error = refused(behaviour, Limits { banner, ..limits() }).await;
        assert!(message(&error).contains(said), "{error}");
        assert_eq!(error.phase, Phase::Banner, "{error}");
        assert_eq!(error.failure.kind, FailureKind::Unreachable);
    }
}

#[tokio::test]
async fn a_key_exchange_that_stalls_ends_in_time() {
    let behaviour = Behaviour { wire: Wire::DeafAfterGreeting, ..Behaviour::default() };
    let error = refused(behaviour, Limits { key_exchange: SHORT, ..limits() }).await;
    assert!(message(&error).contains("was not done in 0.15 s"), "{error}");
    assert_eq!(error.phase, Phase::KeyExchange);
}

#[tokio::test]
async fn a_connection_that_breaks_anywhere_before_the_login_is_told_and_never_panics() {
    for bytes in [10, 40, 300, 1000, 1500, 2000] {
        let behaviour = Behaviour { wire: Wire::CutAfter(bytes), ..Behaviour::default() };
        let error = refused(behaviour, limits()).await;
        assert!(error.phase <= Phase::Auth, "{bytes}: {error:?}");
    }
}

#[tokio::test]
async fn garbage_after_the_greeting_is_an_error_and_nothing_more() {
    let mut random = 1u64;
    let mut byte = || {
        random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (random >> 56) as u8
    };
    for length in [0, 1, 8, 0xff, 0xffff, 0x3_ffff, 0x7fff_ffff, u32::MAX] {
        for kind in [0, 1, 20, 21, 31, 52, 94, 255] {
            let mut bytes = b"SSH-2.0-evil\r\n".to_vec();
            bytes.extend(length.to_be_bytes());
            bytes.extend([4, kind]);
            bytes.extend((0..2000).map(|_| byte()));
            let greeting = Greeting::Parting(bytes);
            let error = refused(Behaviour { greeting, ..Behaviour::default() }, limits()).await;
            assert_eq!(error.phase, Phase::KeyExchange, "{error}");
            assert!(!message(&error).contains("panic"), "{error}");
        }
    }
}

#[tokio::test]
async fn no_common_algorithm_names_both_lists() {
    let error = refused(Behaviour::default().only_cipher(cipher::AES_192_CTR), limits()).await;
    assert!(message(&error).contains("No cipher algorithm"), "{error}");
    assert!(message(&error).contains("aes192-ctr"), "{error}");
    assert!(message(&error).contains("aes256-gcm@openssh.com"), "{error}");
    assert!(error.failure.remedy.is_some());
}

#[tokio::test]
async fn without_strict_key_exchange_only_safe_ciphers_are_taken() {
    let weak = Behaviour::default().not_strict().only_cipher(cipher::CHACHA20_POLY1305);
    let error = refused(weak, limits()).await;
    assert!(message(&error).contains("strict key exchange"), "{error}");

    let (sshd, key) = with_key(|it| it.not_strict().only_cipher(cipher::AES_256_GCM));
    Connection::open(&sshd.target(&key), &limits()).await.unwrap();
}

#[tokio::test]
async fn a_closed_port_refuses_at_once() {
    let (sshd, key) = with_key(|it| it);
    let target = sshd.target(&key);
    drop(sshd);
    // bound, so that nobody else is given it, and not listened at
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let target = Target { port: socket.local_addr().unwrap().port(), ..target };
    let error = Connection::open(&target, &Limits { tries: 3, ..limits() }).await.unwrap_err();
    assert!(message(&error).contains("refused the connection."), "{error}");
    assert!(!message(&error).contains("Tried"), "a clear answer is not asked for again");
    assert_eq!(error.phase, Phase::Connect);
}

#[tokio::test]
async fn what_may_pass_is_tried_again() {
    let (sshd, key) = with_key(|it| Behaviour { greeting: Greeting::Parting(Vec::new()), ..it });
    let target = sshd.target(&key);
    let three = Limits { tries: 3, ..limits() };
    let error = Connection::open(&target, &three).await.unwrap_err();
    assert!(message(&error).ends_with("Tried 3 times."), "{error}");
    assert_eq!(sshd.counts().connections, 3);

    let opening = Connection::open(&target, &three);
    let mending = async {
        sshd.until(|counts| counts.connections == 4).await;
        sshd.set(|it| it.greeting = Greeting::Ssh);
    };
    let (opened, ()) = tokio::join!(opening, mending);
    opened.unwrap();
}

#[tokio::test]
async fn the_key_of_a_host_is_looked_at_without_a_login() {
    let (sshd, _) = with_key(|it| it);
    let (host, port) = (sshd.addr().ip().to_string(), sshd.addr().port());
    let offered = offered_host_key(&host, port, &limits()).await.unwrap();
    assert_eq!(offered, sshd.host_key());
    sshd.until(|counts| counts.standing == 0).await;
    assert_eq!((sshd.counts().offers, sshd.counts().logins), (0, 0));

    sshd.set(|it| it.greeting = Greeting::Silent);
    let short = Limits { banner: SHORT, ..limits() };
    let error = offered_host_key(&host, port, &short).await.unwrap_err();
    assert_eq!(error.failure.host.as_deref(), Some(&*sshd.addr().to_string()));
    assert_eq!(error.phase, Phase::Banner);
}

#[tokio::test]
async fn a_connection_knows_both_its_ends_and_ends_with_its_last_clone() {
    let (sshd, key) = with_key(|it| it);
    let connection = Connection::open_at(&sshd.target(&key), sshd.addr(), &limits()).await.unwrap();
    assert_eq!(connection.remote(), sshd.addr());
    assert_eq!(connection.host_key(), sshd.host_key());
    let clone = connection.clone();
    drop(connection);
    assert!(!clone.is_closed() && clone.answers().await);
    drop(clone);
    sshd.until(|counts| counts.standing == 0).await;

    let connection = Connection::open(&sshd.target(&key), &limits()).await.unwrap();
    connection.close().await;
    assert!(connection.is_closed() && !connection.answers().await);
    let error = connection.run("true", Vec::new()).await.unwrap_err();
    assert_eq!(error.phase, Phase::Lost);
}
