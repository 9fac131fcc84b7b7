//! Names in databases, their users' passwords, the hosts they come from.

use super::{Verdict, clean, shown};

/// Which rules a name follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Schema,
    User,
}

/// What the engines keep for themselves, of both dialects: a name that moves between them stays
/// valid.
const SYSTEM: &[&str] = &[
    "mysql",
    "information_schema",
    "performance_schema",
    "sys",
    "postgres",
    "template0",
    "template1",
    "public",
    "root",
    "none",
    "current_user",
    "session_user",
    "current_role",
];

/// Checks the name of a schema: what both engines take without quotes, in every tool and file.
pub fn schema_name(text: &str) -> Verdict<String> {
    clean(text, 255).and_then(|name| judge(name, Of::Schema))
}

/// Checks the name of a database user.
pub fn database_user(text: &str) -> Verdict<String> {
    clean(text, 255).and_then(|name| judge(name, Of::User))
}

fn judge(name: &str, of: Of) -> Verdict<String> {
    let (what, most, such) = match of {
        Of::Schema => ("schema", 63, "shop"),
        Of::User => ("database user", 32, "shop_app"),
    };
    if name.is_empty() {
        return Verdict::No(format!("A name is missing. Type one, such as {such}."));
    }
    let lower = name.to_ascii_lowercase();
    if let Some(bad) =
        lower.chars().find(|c| !c.is_ascii_lowercase() && !c.is_ascii_digit() && *c != '_')
    {
        return Verdict::No(format!(
            "{} holds {}: the name of a {what} is made of a-z, 0-9 and “_”, so that no tool has to \
             quote it. Type one such as {such}.",
            shown(name),
            shown(&bad.to_string())
        ));
    }
    if lower.starts_with(|c: char| c.is_ascii_digit()) {
        return Verdict::No(format!(
            "{} begins with a digit and would have to be quoted everywhere. Begin it with a letter.",
            shown(name)
        ));
    }
    if lower.len() > most {
        return Verdict::No(format!(
            "The name of a {what} has at most {most} characters; this one has {}. Type a shorter \
             one.",
            lower.len()
        ));
    }
    if SYSTEM.contains(&lower.as_str()) || lower.starts_with("pg_") || lower.starts_with("mariadb_")
    {
        return Verdict::No(format!(
            "{} belongs to the database engine itself. Type another name, such as {such}.",
            shown(&lower)
        ));
    }
    if lower == name {
        Verdict::Ok(lower)
    } else {
        let why = format!("Names in databases are in lower case: {lower}.");
        Verdict::Fix(lower, why)
    }
}

/// Checks a password as people give one; every character that can be typed is taken as it is.
pub fn database_password(text: &str) -> Verdict<String> {
    if text.is_empty() {
        return Verdict::No("A password is missing.".into());
    }
    if text.len() > 200 {
        return Verdict::No(format!(
            "This password is {} bytes long; at most 200 are taken.",
            text.len()
        ));
    }
    if text.chars().any(char::is_control) {
        return Verdict::No(
            "The password holds a line break or another control character, which no option file \
             can. Type one without."
                .into(),
        );
    }
    if text.chars().count() < 12 {
        return Verdict::Warn(
            text.to_owned(),
            "The password has fewer than 12 characters; left empty, one of 32 is made.".into(),
        );
    }
    Verdict::Ok(text.to_owned())
}

/// Checks from which hosts a user of MariaDB may come: `localhost`, an address, a pattern.
pub fn database_host(text: &str) -> Verdict<String> {
    clean(text, 255).and_then(from)
}

fn from(text: &str) -> Verdict<String> {
    if text.is_empty() {
        return Verdict::Fix("localhost".into(), "Without a host, localhost alone.".into());
    }
    if text == "%" {
        return Verdict::Warn(
            text.to_owned(),
            "“%” lets the user come from everywhere that the engine can be reached from.".into(),
        );
    }
    let lower = text.to_ascii_lowercase();
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-:%/".contains(c);
    if !lower.chars().all(plain) || lower.starts_with('-') || lower.len() > 60 {
        return Verdict::No(format!(
            "{} is not a host that a user can come from. Type localhost, an address such as \
             10.0.0.7, or a pattern such as 10.0.0.%.",
            shown(text)
        ));
    }
    if lower == text {
        Verdict::Ok(lower)
    } else {
        let why = format!("Host names are in lower case: {lower}.");
        Verdict::Fix(lower, why)
    }
}

/// Checks a character set, an encoding or a collation: a word.
pub fn database_word(text: &str) -> Verdict<String> {
    clean(text, 64).and_then(|word| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "_-.@".contains(c);
        if word.chars().all(plain) && !word.starts_with('-') {
            Verdict::Ok(word.to_owned())
        } else {
            Verdict::No(format!(
                "{} is not the name of one. Type it as the engine lists it.",
                shown(word)
            ))
        }
    })
}

/// Checks a whole number within bounds, in plain digits.
pub fn whole_number(text: &str, least: u32, most: u32, of: &str) -> Verdict<u32> {
    clean(text, 32).and_then(|text| {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let plain = digits && (text.len() == 1 || !text.starts_with('0'));
        match text.parse::<u32>() {
            Ok(number) if plain && (least..=most).contains(&number) => Verdict::Ok(number),
            _ => Verdict::No(format!(
                "{} is not {of}: that is a number from {least} to {most} in plain digits.",
                shown(text)
            )),
        }
    })
}
