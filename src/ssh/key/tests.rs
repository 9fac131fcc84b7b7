//! Tables of keys as people paste them: what is read, and what is said about the rest.

use russh::keys::{EcdsaCurve, encode_pkcs8_pem, encode_pkcs8_pem_encrypted};

use super::*;

fn made(algorithm: Algorithm) -> PrivateKey {
    PrivateKey::random(&mut safe_rng(), algorithm).unwrap()
}

fn openssh(key: &PrivateKey) -> String {
    key.to_openssh(LineEnding::LF).unwrap().to_string()
}

fn read(text: &str, passphrase: Option<&str>) -> Result<KeyPair, KeyError> {
    let passphrase = passphrase.map(|words| Secret::from_text(words.into()));
    inspect(&Secret::from_text(text.into()), passphrase.as_ref())
}

fn complaint(text: &str) -> String {
    match read(text, None) {
        Err(KeyError::NotAKey(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_made_key_reads_back_as_itself() {
    let made = generate("brokeforge web1").unwrap();
    assert!(
        made.public.starts_with("ssh-ed25519 AAAA") && made.public.ends_with(" brokeforge web1")
    );
    assert!(made.fingerprint.starts_with("SHA256:"));
    let read = inspect(&made.private, None).unwrap();
    assert_eq!((read.public, &read.fingerprint), (made.public.clone(), &made.fingerprint));
    let described = host_key(&made.public).unwrap();
    assert_eq!(described.fingerprint, made.fingerprint);
    assert_eq!(described.algorithm, "ssh-ed25519");
    assert!(made.public.contains(&described.key));
}

#[test]
fn every_usual_form_is_read() {
    let ed = made(Algorithm::Ed25519);
    let ec = made(Algorithm::Ecdsa { curve: EcdsaCurve::NistP384 });
    let mut pkcs8 = Vec::new();
    encode_pkcs8_pem(&ed, &mut pkcs8).unwrap();
    let pkcs8 = String::from_utf8(pkcs8).unwrap();
    let pasted = openssh(&ed);
    let indented: String = pasted.lines().map(|line| format!("   {line}\r\n")).collect();
    for (text, key) in [
        (pasted.clone(), &ed),
        (openssh(&ec), &ec),
        (pkcs8.clone(), &ed),
        (indented, &ed),
        (format!("\u{feff}{pasted}"), &ed),
        (format!("my key:\n\n{pasted}\nthat was it\n"), &ed),
        (pasted.trim_end().to_owned(), &ed),
    ] {
        let read = read(&text, None).unwrap();
        assert_eq!(read.fingerprint, key.fingerprint(HashAlg::Sha256).to_string(), "{text}");
        inspect(&read.private, None).unwrap();
    }
    // a passphrase that is not needed does no harm
    read(&pasted, Some("x")).unwrap();
    read(&pkcs8, Some("x")).unwrap();
}

#[test]
fn a_protected_key_asks_for_its_passphrase() {
    let key = made(Algorithm::Ed25519);
    let openssh = openssh(&key.encrypt(&mut safe_rng(), "right").unwrap());
    let mut pkcs8 = Vec::new();
    encode_pkcs8_pem_encrypted(&key, b"right", 1000, &mut pkcs8).unwrap();
    for text in [openssh, String::from_utf8(pkcs8).unwrap()] {
        assert_eq!(read(&text, None).unwrap_err(), KeyError::Encrypted);
        assert_eq!(read(&text, Some("")).unwrap_err(), KeyError::Encrypted);
        assert_eq!(read(&text, Some("wrong")).unwrap_err(), KeyError::WrongPassphrase);
        let pair = read(&text, Some("right")).unwrap();
        assert_eq!(pair.fingerprint, key.fingerprint(HashAlg::Sha256).to_string());
        inspect(&pair.private, None).unwrap();
    }
}

#[test]
fn what_is_no_private_key_is_called_by_its_name() {
    let key = made(Algorithm::Ed25519);
    let text = openssh(&key);
    let public = key.public_key().to_openssh().unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let without_end = lines[..lines.len() - 1].join("\n");
    let shortened = [&lines[..2], &lines[3..]].concat().join("\n");
    let damaged = text.replacen(lines[2], "!!!!!!!!", 1);
    for (given, said) in [
        (String::new(), "empty"),
        (" \r\n \n".into(), "empty"),
        ("hello".into(), "BEGIN line is missing"),
        (public, "public half"),
        ("---- BEGIN SSH2 PUBLIC KEY ----".into(), "public half"),
        ("PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none".into(), "puttygen"),
        (format!("{text}{text}"), "two or more"),
        (without_end, "cut off"),
        (shortened, "cannot be read"),
        (damaged, "cannot be read"),
        ("-----BEGIN DSA PRIVATE KEY-----\nAA==\n-----END DSA PRIVATE KEY-----".into(), "DSA"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----".into(), "cannot be read"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\n-----END OPENSSH PRIVATE KEY-----".into(), "cannot"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,X\nDEK-Info: DES-EDE3-CBC,00\n\
             AA==\n-----END RSA PRIVATE KEY-----"
                .into(),
            "old way",
        ),
        ("x".repeat(1 << 20), "too long"),
    ] {
        let why = complaint(&given);
        assert!(why.contains(said), "{why}: {given:.80}");
    }
    assert!(matches!(
        inspect(&Secret::new(vec![0xff, 0xfe]), None),
        Err(KeyError::NotAKey(why)) if why.contains("not even text")
    ));
}

#[test]
fn comments_are_cleaned() {
    let mut key = made(Algorithm::Ed25519);
    key.set_comment("a\u{1b}[31mb\u{202e}c");
    assert!(read(&openssh(&key), None).unwrap().public.ends_with(" abc"));
    key.set_comment("x".repeat(10_000));
    assert!(read(&openssh(&key), None).unwrap().public.len() < 500);
    assert!(generate("two\nlines").unwrap().public.ends_with(" two lines"));
}

#[test]
fn host_keys_are_read_strictly() {
    let line = generate("").unwrap().public;
    let (algorithm, key) = line.split_once(' ').unwrap();
    for good in [line.clone(), format!("  {algorithm}\t{key}  root@host  x\n")] {
        assert_eq!(host_key(&good).unwrap().key, key);
    }
    for bad in
        ["", "ssh-ed25519", "ssh-ed25519 AAAA", &format!("ssh-rsa {key}"), "AAAAC3Nza ssh-ed25519"]
    {
        assert!(matches!(host_key(bad), Err(KeyError::NotAKey(_))), "{bad}");
    }
}
