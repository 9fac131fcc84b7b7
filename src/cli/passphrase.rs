//! Where the vault's passphrase and the passwords of first logins come from: a file descriptor, a
//! file, the terminal. Never from argv or the environment itself.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::PathBuf;

use zeroize::Zeroizing;

use crate::domain::{Failure, FailureKind, Secret, reason};

const LARGEST: u64 = 64 * 1024;
const FILE: &str = "BROKEFORGE_PASSPHRASE_FILE";

/// The passphrase given without a terminal, if one is.
pub(super) fn given(descriptor: Option<u32>) -> Result<Option<Secret>, Failure> {
    let path = match descriptor {
        Some(number) => PathBuf::from(format!("/proc/self/fd/{number}")),
        None => match std::env::var_os(FILE).filter(|name| !name.is_empty()) {
            Some(name) => PathBuf::from(name),
            None => return Ok(None),
        },
    };
    let content = read(&path).map_err(|e| {
        let source = match descriptor {
            Some(number) => format!("file descriptor {number}"),
            None => format!("{} (named by {FILE})", path.display()),
        };
        Failure::new(
            FailureKind::VaultLocked,
            format!("The passphrase cannot be read from {source}: {}.", reason(&e)),
        )
    })?;
    Ok(Some(content))
}

fn read(path: &std::path::Path) -> io::Result<Secret> {
    let mut content = Zeroizing::new(Vec::with_capacity(LARGEST as usize + 1));
    File::open(path)?.take(LARGEST + 1).read_to_end(&mut content)?;
    if content.len() as u64 > LARGEST {
        return Err(io::Error::other("it is longer than 64 KiB"));
    }
    // the end of the last line is an editor's, not the person's
    for end in [b'\n', b'\r'] {
        if content.last() == Some(&end) {
            content.pop();
        }
    }
    Ok(Secret::new(content.to_vec()))
}

/// A sealed value from a file; `-` is standard input.
pub(super) fn line_of(path: &std::path::Path) -> Result<Secret, Failure> {
    let from = if path.as_os_str() == "-" { std::path::Path::new("/dev/stdin") } else { path };
    read(from)
        .map_err(|e| Failure::input(format!("{} cannot be read: {}.", path.display(), reason(&e))))
}

/// Asks for a passphrase on the terminal.
pub(super) fn ask(prompt: &str) -> Result<Secret, Failure> {
    rpassword::prompt_password(prompt).map(Secret::from_text).map_err(|e| {
        Failure::new(
            FailureKind::VaultLocked,
            format!("The passphrase cannot be read from the terminal: {}.", reason(&e)),
        )
    })
}

/// The password of a first login: from a file descriptor, the terminal, or the standard input.
pub(super) fn password(
    descriptor: Option<u32>,
    can_ask: bool,
    prompt: &str,
) -> Result<Secret, Failure> {
    let unread = |source: &str, e: &io::Error| {
        Failure::input(format!("The password cannot be read from {source}: {}.", reason(e)))
    };
    let password = match descriptor {
        Some(number) => {
            let path = PathBuf::from(format!("/proc/self/fd/{number}"));
            read(&path).map_err(|e| unread(&format!("file descriptor {number}"), &e))?
        }
        None if can_ask => rpassword::prompt_password(prompt)
            .map(Secret::from_text)
            .map_err(|e| unread("the terminal", &e))?,
        None if io::stdin().is_terminal() => {
            return Err(Failure::input("There is nobody to ask for the password.")
                .remedy("Give it on the standard input or by --password-fd N."));
        }
        None => read(std::path::Path::new("/dev/stdin"))
            .map_err(|e| unread("the standard input", &e))?,
    };
    match password.is_empty() {
        true => Err(Failure::input("The password is empty.")),
        false => Ok(password),
    }
}

/// Asks for a new passphrase, twice. `None` when nothing was typed.
pub(super) fn ask_new() -> Result<Option<Secret>, Failure> {
    let first = ask("New passphrase of the vault: ")?;
    if first.is_empty() {
        return Ok(None);
    }
    if ask("The same again: ")?.reveal() != first.reveal() {
        return Err(Failure::input("The two passphrases are not the same; there is no vault yet."));
    }
    Ok(Some(first))
}
