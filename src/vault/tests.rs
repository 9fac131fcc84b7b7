//! The vault with cheap cost: what opens, what does not, and how it says so.

use super::*;
use crate::domain::{Failure, FailureKind};

const WHERE: Bound<'_> = Bound { record: "s-1", field: "private_key" };

fn secret(text: &str) -> Secret {
    Secret::from_text(text.to_owned())
}

fn made() -> (Vault, String) {
    Vault::create(&secret("correct horse"), Cost::CHEAP).unwrap()
}

#[test]
fn a_secret_comes_back_from_a_vault_that_was_closed() {
    let (vault, header) = made();
    let sealed = vault.seal(&secret("hunter2\n"), WHERE).unwrap();
    let again = vault.seal(&secret("hunter2\n"), WHERE).unwrap();
    assert_ne!(sealed, again, "a nonce was used twice");
    drop(vault);
    assert!(Vault::wants_passphrase(&header).unwrap());
    let vault = Vault::open(&header, &secret("correct horse")).unwrap();
    for sealed in [sealed, again] {
        assert!(sealed.starts_with("bf1:") && sealed.is_ascii() && !sealed.contains("hunter"));
        assert_eq!(vault.clone().unseal(&sealed, WHERE).unwrap().reveal(), b"hunter2\n");
    }
    let empty = vault.seal(&secret(""), WHERE).unwrap();
    assert!(vault.unseal(&empty, WHERE).unwrap().is_empty());
    assert_eq!(format!("{vault:?}"), "Vault(…)");
}

#[test]
fn a_key_file_opens_its_own_vault_only() {
    let (vault, header, content) = Vault::create_with_key_file().unwrap();
    let (_, _, other) = Vault::create_with_key_file().unwrap();
    let sealed = vault.seal(&secret("x"), WHERE).unwrap();
    assert!(!Vault::wants_passphrase(&header).unwrap());
    let vault = Vault::open_with_key_file(&header, &content).unwrap();
    assert_eq!(vault.unseal(&sealed, WHERE).unwrap().reveal(), b"x");
    let wrong = Vault::open_with_key_file(&header, &other).unwrap_err();
    assert_eq!(wrong, VaultError::WrongKeyFile);
    assert_eq!(Failure::from(wrong).kind, FailureKind::VaultLocked);

    assert!(matches!(Vault::open(&header, &secret("x")), Err(VaultError::OtherWay(_))));
    let (_, header) = made();
    assert!(matches!(Vault::open_with_key_file(&header, &content), Err(VaultError::OtherWay(_))));
}

#[test]
fn a_wrong_passphrase_is_told_from_damage() {
    let (_, header) = made();
    let wrong = Vault::open(&header, &secret("correct horse ")).unwrap_err();
    assert_eq!(wrong, VaultError::WrongPassphrase);
    assert_eq!(Failure::from(wrong).kind, FailureKind::VaultLocked);
    for cut in 0..header.len() - 1 {
        let cut = Vault::open(header.get(..cut).unwrap(), &secret("correct horse"));
        assert!(matches!(cut, Err(VaultError::Damaged(_))));
    }
}

#[test]
fn passphrases_are_compared_as_letters() {
    let (_, header) = Vault::create(&secret("caf\u{e9} \u{1e9b}\u{323}"), Cost::CHEAP).unwrap();
    Vault::open(&header, &secret("cafe\u{301} \u{17f}\u{323}\u{307}")).unwrap();
    let long = "x".repeat(1 << 20);
    let (_, header) = Vault::create(&secret(&long), Cost::CHEAP).unwrap();
    Vault::open(&header, &secret(&long)).unwrap();
    let bad = [secret(""), secret("a\0b"), secret(&(long + "x")), Secret::new(vec![0xff])];
    for passphrase in bad {
        for refused in [
            Vault::create(&passphrase, Cost::CHEAP).unwrap_err(),
            Vault::open(&header, &passphrase).unwrap_err(),
        ] {
            assert!(matches!(refused, VaultError::BadPassphrase(_)), "{refused}");
            assert_eq!(Failure::from(refused).kind, FailureKind::Input);
        }
    }
}

#[test]
fn the_cost_is_bounded_when_made_and_when_read() {
    let cost = |memory_kib, passes, lanes| Cost { memory_kib, passes, lanes };
    let odd = [
        cost(7, 1, 1),
        cost(15, 1, 2),
        cost(4 * 1024 * 1024 + 1, 1, 1),
        cost(8, 0, 1),
        cost(8, 21, 1),
        cost(8, 1, 0),
        cost(1024, 1, 17),
        cost(u32::MAX, u32::MAX, u32::MAX),
    ];
    for cost in odd {
        let made = Vault::create(&secret("x"), cost);
        assert!(matches!(made, Err(VaultError::Cost(_))), "{cost:?}");
        let kdf = Kdf { cost, salt: [0; 16] };
        let header = Header::Passphrase { kdf, wrapped: vec![0; 72] }.to_text().unwrap();
        let read = Vault::open(&header, &secret("x"));
        assert!(matches!(read, Err(VaultError::Cost(_))), "{cost:?}");
    }
    Vault::create(&secret("x"), cost(33, 2, 4)).unwrap();
}

#[test]
fn a_secret_opens_only_where_it_belongs() {
    let (vault, _) = made();
    let (other, _) = made();
    let bound = Bound { record: "ab", field: "c" };
    let sealed = vault.seal(&secret("x"), bound).unwrap();
    for (record, field) in [("ab", "d"), ("a", "bc"), ("abc", ""), ("", "abc"), ("b", "c")] {
        let refused = vault.unseal(&sealed, Bound { record, field }).unwrap_err();
        assert!(matches!(refused, VaultError::Damaged(_)));
    }
    assert!(matches!(other.unseal(&sealed, bound), Err(VaultError::Damaged(_))));
    let newer = sealed.replacen("bf1:", "bf2:", 1);
    assert!(vault.unseal(&newer, bound).unwrap_err().to_string().contains("this version"));
}

/// Every bit of a text turned, as far as it is still text, and lossy where it is not.
fn turned(text: &str) -> impl Iterator<Item = String> {
    (0..text.len() * 8).map(|bit| {
        let mut bytes = text.as_bytes().to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

#[test]
fn every_turned_bit_is_told() {
    let (vault, header) = made();
    let same = |opened: Result<Vault, VaultError>, sealed: &str| match opened {
        // white space at the end does not count
        Ok(vault) => assert_eq!(vault.unseal(sealed, WHERE).unwrap().reveal(), b"x"),
        Err(error) => assert!(matches!(error, VaultError::Damaged(_)), "{error}"),
    };
    let sealed = vault.seal(&secret("x"), WHERE).unwrap();
    for header in turned(&header) {
        same(Vault::open(&header, &secret("correct horse")), &sealed);
    }
    for sealed in turned(&sealed) {
        assert!(matches!(vault.unseal(&sealed, WHERE), Err(VaultError::Damaged(_))));
    }
    let (vault, header, content) = Vault::create_with_key_file().unwrap();
    let sealed = vault.seal(&secret("x"), WHERE).unwrap();
    for header in turned(&header) {
        same(Vault::open_with_key_file(&header, &content), &sealed);
    }
    for content in turned(content.reveal_text().unwrap()) {
        same(Vault::open_with_key_file(&header, &secret(&content)), &sealed);
    }
}

#[test]
fn an_edited_header_with_a_right_sum_does_not_open() {
    let (_, header) = made();
    let line = header.lines().next().unwrap();
    let edits = [
        ("\"passes\":1", "\"passes\":2"),
        ("\"memory_kib\":8", "\"memory_kib\":9"),
        ("\"salt\":\"", "\"salt\":\"AA"),
        ("\"wrapped\":\"", "\"wrapped\":\"AAAA"),
        ("\"vault\":1", "\"vault\":2"),
        ("argon2id-19", "argon2id-16"),
        ("\"vault\":1", "\"vault\":1,\"more\":1"),
    ];
    for (from, to) in edits {
        let line = line.replacen(from, to, 1);
        let sum = STANDARD.encode(<sha2::Sha256 as sha2::Digest>::digest(&line));
        let opened = Vault::open(&format!("{line}\nsha256:{sum}\n"), &secret("correct horse"));
        assert!(
            matches!(opened, Err(VaultError::Damaged(_) | VaultError::WrongPassphrase)),
            "{to}"
        );
    }
}

/// A vault of version 1 that is kept for ever. The passphrase is `correct horse`.
#[test]
fn a_vault_of_version_1_opens_for_ever() {
    let header = include_str!("../../tests/fixtures/vault-v1.header");
    let sealed = include_str!("../../tests/fixtures/vault-v1.sealed");
    let vault = Vault::open(header, &secret("correct horse")).unwrap();
    assert_eq!(vault.unseal(sealed.trim_end(), WHERE).unwrap().reveal(), b"hunter2\n");
    let header = include_str!("../../tests/fixtures/vault-v1-key-file.header");
    let content = include_str!("../../tests/fixtures/vault-v1.key");
    Vault::open_with_key_file(header, &secret(content)).unwrap();
}
