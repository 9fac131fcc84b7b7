//! Fingerprints of host keys, and what may be said of a key file before it is read.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};

use super::{Verdict, clean, shown};

/// Checks a host key's fingerprint and gives it in OpenSSH's form, `SHA256:…`.
pub fn fingerprint(text: &str) -> Verdict<String> {
    clean(text, 1024).and_then(judge)
}

fn judge(text: &str) -> Verdict<String> {
    let words: Vec<&str> = text.split(' ').collect();
    let prefixed = |word: &&&str| has_prefix(word, "SHA256:");
    match (words.as_slice(), words.iter().filter(prefixed).count()) {
        ([word], _) => one(word),
        (_, 1) => match words.iter().find(prefixed) {
            Some(word) => Verdict::Fix((), "The fingerprint was taken out of the line.".into())
                .and_then(|()| one(word)),
            None => Verdict::No(want(text)),
        },
        _ => Verdict::No(want(text)),
    }
}

fn has_prefix(word: &str, prefix: &str) -> bool {
    word.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

fn one(word: &str) -> Verdict<String> {
    let hex = |b: u8| b.is_ascii_hexdigit() || b == b':';
    if has_prefix(word, "MD5:") || (word.len() == 47 && word.bytes().all(hex)) {
        return Verdict::No(format!(
            "{} is an MD5 fingerprint, which can be forged and is not compared. On the host run \
             “ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub” and type what begins with SHA256:.",
            shown(word)
        ));
    }
    let body = if has_prefix(word, "SHA256:") {
        word.get("SHA256:".len()..).unwrap_or_default()
    } else {
        word
    };
    let digest = body.trim_end_matches('=');
    if STANDARD_NO_PAD.decode(digest).is_ok_and(|bytes| bytes.len() == 32)
        && body.len() - digest.len() <= 1
    {
        let normal = format!("SHA256:{digest}");
        if normal == word {
            Verdict::Ok(normal)
        } else {
            let why = format!("The fingerprint is written {normal}.");
            Verdict::Fix(normal, why)
        }
    } else {
        Verdict::No(want(word))
    }
}

fn want(text: &str) -> String {
    format!(
        "{} is not a fingerprint: that is SHA256: and 43 characters of base 64, as “ssh-keygen -lf” \
         prints it.",
        shown(text)
    )
}

/// What sort of file something is, without following a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A file with bytes in it.
    Regular,
    /// A symbolic link.
    Symlink,
    /// A folder.
    Folder,
    /// A pipe, a socket, a device.
    Special,
}

/// What the file system says about a key file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileMeta {
    /// What sort of file.
    pub kind: FileKind,
    /// Permission bits.
    pub mode: u32,
    /// The owner's user id.
    pub owner: u32,
    /// Our own user id.
    pub we: u32,
    /// Bytes in it.
    pub size: u64,
}

const MOST_KEY_BYTES: u64 = 64 * 1024;

/// Checks whether a file may be read as a private key.
pub fn identity_file(meta: FileMeta) -> Verdict<()> {
    let no = |why: &str| Verdict::No(why.into());
    match meta.kind {
        FileKind::Symlink => {
            return no("The key file is a symbolic link. Name the file that it leads to.");
        }
        FileKind::Folder => return no("This is a folder. Name the key file in it."),
        FileKind::Special => {
            return no("The key file is a pipe, socket or device. Name a regular file.");
        }
        FileKind::Regular => {}
    }
    if meta.owner != meta.we {
        return Verdict::No(format!(
            "The key file belongs to another user (id {}), who can change it. Name a file of your \
             own.",
            meta.owner
        ));
    }
    if meta.size == 0 {
        return no("The key file is empty. Name the private key itself.");
    }
    if meta.size > MOST_KEY_BYTES {
        return Verdict::No(format!(
            "The file has {} bytes; a private key has far fewer. Name the private key itself.",
            meta.size
        ));
    }
    if meta.mode & 0o077 != 0 {
        return Verdict::Warn(
            (),
            format!(
                "Others may get at the key file (mode {:04o}). “chmod 600” closes it.",
                meta.mode & 0o7777
            ),
        );
    }
    Verdict::Ok(())
}
