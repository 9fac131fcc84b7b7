//! Checks of settings, and the drop-ins that they become.

use serde_json::Value;

use super::Wanted;
use crate::domain::{Failure, input::Verdict};
use crate::packages::Templates;

/// Extensions that come with every PHP and have no package of their own.
pub const BUILT_IN: &[&str] = &[
    "calendar",
    "ctype",
    "exif",
    "ffi",
    "fileinfo",
    "ftp",
    "gettext",
    "iconv",
    "json",
    "pdo",
    "phar",
    "posix",
    "shmop",
    "sockets",
    "sysvmsg",
    "sysvsem",
    "sysvshm",
    "tokenizer",
];

/// Names of extensions.
pub fn extensions(text: &str) -> Verdict<Value> {
    let mut names: Vec<String> = Vec::new();
    for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if !name.bytes().all(good) || name.starts_with('-') || name.len() > 32 {
            return Verdict::No(format!("“{name}” is no name of an extension, such as mbstring."));
        }
        if ["fpm", "cli", "cgi", "common", "dev", "phpdbg"].contains(&name) {
            return Verdict::No(format!("“{name}” is no extension."));
        }
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    Verdict::Ok(names.into())
}

/// A size such as `256M`.
pub fn size(text: &str) -> Verdict<Value> {
    let upper = text.to_ascii_uppercase();
    let (digits, unit) = match upper.strip_suffix(['K', 'M', 'G']) {
        Some(digits) => (digits, true),
        None => (upper.as_str(), false),
    };
    let number = digits.parse::<u32>().ok().filter(|n| *n > 0 && digits == n.to_string());
    match number {
        Some(_) if unit && upper == text => Verdict::Ok(upper.into()),
        Some(_) if unit => Verdict::Fix(upper.clone().into(), format!("Written as {upper}.")),
        _ => Verdict::No(format!("“{text}” is no size. Type one such as 256M.")),
    }
}

/// A number of seconds.
pub fn seconds(text: &str) -> Verdict<Value> {
    match text.parse::<u32>() {
        Ok(seconds @ 0..=300) if seconds.to_string() == text => Verdict::Ok(seconds.into()),
        _ => Verdict::No(format!("“{text}” is no number from 0 to 300.")),
    }
}

/// Lines of settings.
pub fn settings(text: &str) -> Verdict<Value> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let Some((name, value)) = line.split_once('=') else {
            return Verdict::No(format!("“{line}” is no setting of the form “name = value”."));
        };
        let (name, value) = (name.trim(), value.trim());
        let good = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'.';
        if name.is_empty() || !name.bytes().all(good) {
            return Verdict::No(format!("“{name}” is no name of a setting."));
        }
        if let Some(bad) = value.chars().find(|c| c.is_control() || "\"';${}[]".contains(*c)) {
            return Verdict::No(format!("The value of {name} holds “{}”.", bad.escape_default()));
        }
        lines.push(format!("{name} = {}", quoted(value)));
    }
    Verdict::Ok(lines.join("\n").into())
}

/// A value as PHP's reader of settings takes it for one.
fn quoted(value: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-/:,".contains(&b);
    match !value.is_empty() && value.bytes().all(plain) {
        true => value.to_owned(),
        false => format!("\"{value}\""),
    }
}

/// The drop-ins for sites and for the command line.
pub fn drop_ins(templates: &Templates, wanted: &Wanted) -> Result<(String, String), Failure> {
    let mark = |text: String| format!("; Written by brokeforge.\n{text}");
    let fpm = templates.render("php/fpm.ini", wanted)?;
    let cli = templates.render("php/cli.ini", ())?;
    Ok((mark(fpm), mark(cli)))
}
