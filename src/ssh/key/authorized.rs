//! One line of `authorized_keys`, as somebody else wrote it.

use russh::keys::ssh_key::public::KeyData;
use russh::keys::{EcdsaCurve, HashAlg, PublicKey};

use crate::domain::clean::clean_line;

/// A key that may log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorized {
    /// What stands before the key: `from="…"`, `no-pty`.
    pub options: String,
    /// The kind of key as it is written, e.g. `ssh-ed25519`.
    pub algorithm: String,
    /// Its length, where that says something.
    pub bits: Option<u32>,
    /// `SHA256:…`.
    pub fingerprint: String,
    /// What stands behind the key.
    pub comment: String,
}

/// Longer words are cut.
const MOST: usize = 200;

/// The key of a line; none when it is empty, a remark, or nothing that sshd would read either.
pub fn authorized(line: &str) -> Option<Authorized> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let (options, rest) = match key_of(line) {
        Some(key) => ("", key),
        None => {
            let (options, rest) = line.split_at_checked(end_of_options(line))?;
            (options, key_of(rest.trim_start())?)
        }
    };
    let (key, comment) = rest;
    let data = key.key_data();
    let bits = match data {
        KeyData::Ed25519(_) | KeyData::SkEd25519(_) => Some(256),
        KeyData::Rsa(rsa) => Some(rsa.key_size()),
        KeyData::Ecdsa(ecdsa) => Some(match ecdsa.curve() {
            EcdsaCurve::NistP256 => 256,
            EcdsaCurve::NistP384 => 384,
            EcdsaCurve::NistP521 => 521,
        }),
        KeyData::SkEcdsaSha2NistP256(_) => Some(256),
        _ => None,
    };
    Some(Authorized {
        options: clean_line(options, MOST),
        algorithm: key.algorithm().to_string(),
        bits,
        fingerprint: key.fingerprint(HashAlg::Sha256).to_string(),
        comment: clean_line(comment, MOST),
    })
}

/// A text that begins with a key: the key, and what comes behind it.
fn key_of(text: &str) -> Option<(PublicKey, &str)> {
    let (kind, rest) = text.split_once([' ', '\t'])?;
    let rest = rest.trim_start();
    let (blob, comment) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
    let key = PublicKey::from_openssh(&format!("{kind} {blob}")).ok()?;
    Some((key, comment.trim()))
}

/// Where the options end: at the first blank outside of quotes.
fn end_of_options(line: &str) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    for (at, letter) in line.char_indices() {
        match letter {
            '"' if !escaped => quoted = !quoted,
            ' ' | '\t' if !quoted => return at,
            _ => {}
        }
        escaped = letter == '\\' && !escaped;
    }
    line.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGYrjQWnJEjVbzkGLzPYmKAFxjhd0MoFwjCRQ8yyCI0L";

    #[test]
    fn a_line_is_options_key_and_comment() {
        let plain = authorized(&format!("{KEY} me@here, my laptop \r")).unwrap();
        assert_eq!((plain.options.as_str(), plain.bits), ("", Some(256)));
        assert_eq!(
            (plain.algorithm.as_str(), plain.comment.as_str()),
            ("ssh-ed25519", "me@here, my laptop")
        );
        assert!(plain.fingerprint.starts_with("SHA256:"), "{plain:?}");
        let options = r#"from="10.0.0.0/8",command="echo \"a b\" ssh-ed25519",no-pty"#;
        let bound = authorized(&format!("{options}\t{KEY}")).unwrap();
        assert_eq!((bound.options.as_str(), bound.comment.as_str()), (options, ""));
        assert_eq!(bound.fingerprint, plain.fingerprint);
        let dirty = authorized(&format!("{KEY} a\u{1b}[31mb")).unwrap();
        assert!(!dirty.comment.contains('\u{1b}'), "{dirty:?}");
        for no in ["", "# a remark", "ssh-ed25519", "ssh-ed25519 AAAA x", "root:x:0:0", "from=\"x"]
        {
            assert_eq!(authorized(no), None, "{no}");
        }
    }
}
