//! Login names on hosts.

use super::{Verdict, clean, shown};

/// Checks a login name; without one it is root.
pub fn login_user(text: &str) -> Verdict<String> {
    clean(text, 255).and_then(judge)
}

fn judge(name: &str) -> Verdict<String> {
    if name.is_empty() {
        return Verdict::Fix("root".into(), "The login user is root, as none was given.".into());
    }
    let lower = name.to_ascii_lowercase();
    let mut bytes = lower.bytes();
    if bytes.next().is_some_and(|b| b.is_ascii_digit()) {
        return Verdict::No(format!(
            "{} begins with a digit and could be read as a user id. Type the login name, such as \
             root.",
            shown(name)
        ));
    }
    let good =
        lower.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b))
            && !lower.starts_with('-');
    if !good {
        return Verdict::No(format!(
            "{} is not a login name: it may hold a-z, 0-9, “_” and “-”, and begins with a letter \
             or “_”. Type one such as root.",
            shown(name)
        ));
    }
    if lower.len() > 32 {
        return Verdict::No(format!(
            "A login name has at most 32 characters; this one has {}. Type a shorter one.",
            lower.len()
        ));
    }
    if lower == name {
        Verdict::Ok(lower)
    } else {
        let why = format!("Login names are in lower case: {lower}.");
        Verdict::Fix(lower, why)
    }
}
