//! What crosses the socket arrives as it was sent, and what is none of ours is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Instant;

use proptest::prelude::*;
use zeroize::Zeroizing;

use super::frame::{self, Frames, body};
use super::greeting::Hello;
use super::{Ask, is_ours};
use crate::domain::{
    Action, Effect, Failure, FailureKind, HostTrust, Login, OperationId, ResourceId, Secret,
    Server, ServerId, Status, Time,
};
use crate::fleet::calls::{Answer, Call};
use crate::fleet::crossing::Crossing;
use crate::fleet::local::Origin;
use crate::fleet::{Consent, Output, ServerDraft, ServerEdit, Stream};
use crate::fleet::{Inverse, Recipe, ResourceDraft, Target, Undo};

/// Every call there is, out of some text, bytes and a number.
fn every(text: &str, bytes: &[u8], number: u32) -> Vec<Call> {
    let now: Time = "2026-01-01T00:00:00Z".parse().unwrap();
    let (id, rule) = (ServerId::new(now, number), ResourceId::new(now, number));
    let operation = OperationId::new(now, number);
    let (text, at) = (|| text.to_owned(), number.is_multiple_of(2).then_some(number as usize));
    let secret = || at.map(|_| Secret::new(bytes.to_vec()));
    let crossing = || secret().map(Crossing);
    let consent = if at.is_some() { Consent::Yes } else { Consent::None };
    let login = || match at {
        Some(_) => Login::Agent,
        None => Login::Identity { path: text() },
    };
    let draft = || ServerDraft {
        name: text(),
        host: text(),
        port: text(),
        user: text(),
        login: login(),
        passphrase: secret(),
        trust: HostTrust::Expect { fingerprint: text() },
    };
    let edit = || ServerEdit {
        name: at.map(|_| text()),
        login: Some(login()),
        passphrase: secret(),
        ..ServerEdit::default()
    };
    let server = Server {
        id,
        name: text(),
        host: text(),
        port: 22,
        user: text(),
        login: login(),
        trust: HostTrust::AcceptNew,
        host_keys: Vec::new(),
        tags: [text()].into(),
        replaced: None,
        status: Status::Failed,
        error: Some(Failure::input(text())),
        created_at: now,
        updated_at: now,
    };
    let undo = || Undo {
        server: id,
        target: Target::Operation(operation),
        was: text(),
        at: crate::domain::Time::UNIX_EPOCH,
        will: text(),
        inverse: Inverse::AddRule { line: text(), at: 1, owner: text() },
    };
    let values = || ResourceDraft {
        texts: [(text(), text())].into(),
        secrets: crossing().map(|secret| (text(), secret.0)).into_iter().collect(),
        answers: [(text(), text())].into(),
    };
    let recipe = || Recipe {
        name: text(),
        about: text(),
        user: Default::default(),
        parameters: Default::default(),
        milestones: Vec::new(),
    };
    vec![
        Call::vault_state {},
        Call::vault_init { passphrase: crossing() },
        Call::unlock { passphrase: crossing() },
        Call::servers {},
        Call::server { id },
        Call::find_server { name: text() },
        Call::our_keys { server: id },
        Call::overview {},
        Call::overview_of { id },
        Call::packages { server: at.map(|_| id) },
        Call::resource { server: id, id: rule },
        Call::facts { id },
        Call::probe { id },
        Call::check_identity { path: text(), passphrase: crossing() },
        Call::review_server { draft: draft() },
        Call::add_server { draft: draft(), consent },
        Call::review_edit { id, edit: edit() },
        Call::edit_server { id, edit: edit(), consent },
        Call::tag_server { id, add: vec![text()], remove: vec![] },
        Call::offered_host_key { host: text(), port: text() },
        Call::same_host_key { server },
        Call::trust { id, fingerprint: text() },
        Call::dependants { id },
        Call::remove_server { id, clean_up: at.is_some(), answers: BTreeMap::new() },
        Call::firewall { server: id },
        Call::check_firewall { server: id },
        Call::enable_firewall { server: id },
        Call::disable_firewall { server: id },
        Call::find_rule { server: id, rule: text() },
        Call::review_rule { server: id, line: text(), replacing: at.map(|_| rule), at },
        Call::add_rule { server: id, line: text(), at, consent },
        Call::edit_rule { server: id, rule, line: text(), consent },
        Call::remove_rule { server: id, rule },
        Call::preview {
            server: id,
            kind: text(),
            action: Action::Update,
            rule: at.map(|_| rule),
            line: at.map(|_| text()),
            at,
        },
        Call::faults {},
        Call::resources_of { kind: at.map(|_| text()), server: at.map(|_| id) },
        Call::unrecorded { kind: at.map(|_| text()), server: at.map(|_| id) },
        Call::find_resource { server: id, kind: text(), name: text() },
        Call::review_resource { server: id, kind: text(), id: Some(rule), draft: values() },
        Call::add_resource { server: id, kind: text(), draft: values(), consent },
        Call::edit_resource { server: id, id: rule, draft: values(), consent },
        Call::remove_resource { server: id, id: rule, answers: values().answers },
        Call::preview_resource {
            server: id,
            kind: text(),
            action: Action::Install,
            id: at.map(|_| rule),
            draft: values(),
        },
        Call::reveal { server: id, id: rule, field: text() },
        Call::answer { id: operation, answers: values().answers },
        Call::profiles {},
        Call::filled_profile { profile: "web".into(), sets: Default::default() },
        Call::provision {
            server: id,
            profile: text(),
            sets: values().texts,
            answers: values().answers,
        },
        Call::preview_provision {
            server: id,
            profile: text(),
            sets: values().texts,
            answers: values().answers,
        },
        Call::preview_undo { undo: undo() },
        Call::operations { limit: usize::MAX },
        Call::operation { id: operation },
        Call::events { id: operation },
        Call::explain { id: operation, step: at },
        Call::save_log { id: operation, path: PathBuf::from(text()), replace: true },
        Call::unfinished {},
        Call::unfinished_operations {},
        Call::recover {},
        Call::cancel { id: operation },
        Call::retry { id: operation },
        Call::retry_last { server: id, resource: at.map(|_| rule) },
        Call::undo_of { target: Target::Firewall(id, at.map(|_| rule)) },
        Call::undo { undo: undo() },
        Call::rotate_keys { server: id, user: at.map(|_| text()) },
        Call::preview_rotation { server: id, user: at.map(|_| text()) },
        Call::authorized_keys { server: id },
        Call::known_keys {},
        Call::know_key { fingerprint: text(), name: text() },
        Call::forget_key { fingerprint: text() },
        Call::exec { server: id, argv: vec![text(), text()] },
        Call::run_recipe { server: id, recipe: recipe(), parameters: values().texts },
        Call::preview_recipe { server: id, recipe: recipe(), parameters: values().texts },
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_call_arrives_as_it_was_sent(
        text in any::<String>(),
        bytes in prop::collection::vec(any::<u8>(), 0..80),
        number in any::<u32>(),
    ) {
        for call in every(&text, &bytes, number) {
            let sent = frame::frame(&Ask::Call(call)).unwrap();
            let come: Ask = frame::read(body(&sent)).unwrap();
            prop_assert_eq!(&frame::frame(&come).unwrap(), &sent);
        }
    }

    #[test]
    fn a_secret_arrives_and_shows_nowhere(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let call = Call::unlock { passphrase: Some(Crossing(Secret::new(bytes.clone()))) };
        prop_assert_eq!(format!("{call:?}"), "unlock { passphrase: Some(Crossing(Secret(…))) }");
        let sent = frame::frame(&call).unwrap();
        match frame::read(body(&sent)).unwrap() {
            Call::unlock { passphrase: Some(Crossing(secret)) } => {
                prop_assert_eq!(secret.reveal(), &bytes);
            }
            other => prop_assert!(false, "{:?}", other),
        }
    }

    #[test]
    fn garbage_is_no_call(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(frame::read::<Ask>(&bytes).is_err());
        prop_assert!(frame::take(&mut bytes.as_slice(), 64).is_err() || bytes.len() >= 4);
    }
}

#[test]
fn the_list_above_has_every_call() {
    let made = every("x", b"x", 1);
    let made: BTreeSet<&str> = made.iter().map(Call::name).collect();
    assert_eq!(made, Call::NAMES.iter().copied().collect());
}

#[test]
fn failures_cross_with_all_that_is_known() {
    let failure = Failure::new(FailureKind::HostKey, "No.")
        .at_host("web (192.0.2.1:22)")
        .at_step("a step")
        .effect(Effect::Unknown)
        .remedy("Try.")
        .lines(vec!["a".into(), "\u{1b}".into()]);
    let sent = frame::answer(&Result::<(), Failure>::failed(failure.clone()));
    let come: Result<(), Failure> = frame::read(body(&sent)).unwrap();
    assert_eq!(come, Err(failure));
    let bytes: Vec<u8> = (0..=255).collect();
    let piece = Some(Output::Piece { step: 3, stream: Stream::Err, bytes });
    let sent = frame::frame(&piece).unwrap();
    assert_eq!(frame::read::<Option<Output>>(body(&sent)).unwrap(), piece);
}

#[tokio::test]
async fn frames_are_taken_whole_and_bounded() {
    let (here, there) = tokio::net::UnixStream::pair().unwrap();
    let mut frames = Frames::new(there, 10);
    // in pieces, and dropped half-way again and again
    for piece in [&[0, 0][..], &[0, 3, b'a'], b"b", b"c\0\0\0\0\0\0\0\x0b"] {
        let begun = Instant::now();
        here.writable().await.unwrap();
        assert_eq!(here.try_write(piece).unwrap(), piece.len());
        if piece.len() < 9 {
            let next = frames.next();
            assert!(futures::FutureExt::now_or_never(next).is_none(), "{:?}", begun.elapsed());
        }
    }
    assert_eq!(frames.next().await.unwrap(), Some(Zeroizing::new(b"abc".to_vec())));
    assert_eq!(frames.next().await.unwrap(), Some(Zeroizing::new(Vec::new())));
    assert!(frames.next().await.is_err(), "eleven bytes are more than ten");
}

#[test]
fn a_greeting_of_another_version_is_understood_as_such() {
    let ours = Hello::ours();
    assert!(ours.fits(&Hello { pid: 1, origin: Origin::default(), ..ours.clone() }));
    let later = br#"{"brokeforge":9,"version":"9.1.0\u001b[2J","pid":12,"origin":{"folder":"/","home":null},"x":1}"#;
    let later: Hello = frame::read(later).unwrap();
    assert!(!ours.fits(&later));
    let refusal = later.refusal();
    assert_eq!(refusal.kind.exit_code(), 6);
    assert!(refusal.message.contains("9.1.0") && refusal.message.contains("pid 12"), "{refusal}");
    assert!(!refusal.message.contains('\u{1b}'));
}

#[test]
fn the_other_end_of_a_pair_is_ours() {
    let (one, _other) = std::os::unix::net::UnixStream::pair().unwrap();
    assert!(is_ours(&one));
}
