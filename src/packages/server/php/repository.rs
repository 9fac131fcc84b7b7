//! The repositories of vendors: an explicit choice, with a key that is known beforehand.

use serde_json::Value;

use super::Wanted;
use crate::domain::{Facts, Failure, input::Verdict};
use crate::packages::{Params, RemoteStep, Step, apt, server::nginx::refused};

const CHECK: &str = include_str!("../../../../assets/remote/php-repository-check.sh");
const SET: &str = concat!(
    include_str!("../../../../assets/remote/apt-lib.sh"),
    include_str!("../../../../assets/remote/php-repository.sh")
);

/// The file by which apt knows it.
pub const SOURCES: &str = "/etc/apt/sources.list.d/brokeforge-php.sources";
/// The key that its packages are signed with.
pub const KEYRING: &str = "/etc/apt/keyrings/brokeforge-php.gpg";

struct Vendor {
    name: &'static str,
    os: &'static str,
    base: &'static str,
    /// Where the key is, when it does not lie under the base.
    key: Option<&'static str>,
    fingerprint: &'static str,
}

const VENDORS: &[Vendor] = &[
    Vendor {
        name: "sury",
        os: "debian",
        base: "https://packages.sury.org/php",
        key: None,
        fingerprint: "15058500A0235D97F5D10063B188E2B695BD4743",
    },
    Vendor {
        name: "ondrej",
        os: "ubuntu",
        base: "https://ppa.launchpadcontent.net/ondrej/php/ubuntu",
        key: Some(
            "https://keyserver.ubuntu.com/pks/lookup?op=get&options=mr&search=0xB8DC7E53946656EFBCE4C1DD71DAEAAB4AD4CAB6",
        ),
        fingerprint: "B8DC7E53946656EFBCE4C1DD71DAEAAB4AD4CAB6",
    },
];

/// The address of a mirror.
pub fn mirror(text: &str) -> Verdict<Value> {
    let base = text.trim_end_matches('/');
    let good = |b: u8| b.is_ascii_alphanumeric() || b"-._~/:[]%".contains(&b);
    let host = base.strip_prefix("https://").or_else(|| base.strip_prefix("http://"));
    match host {
        _ if text.is_empty() => Verdict::Ok("".into()),
        Some(host)
            if !host.is_empty() && !host.starts_with(['-', '/']) && host.bytes().all(good) =>
        {
            match base == text {
                true => Verdict::Ok(base.into()),
                false => Verdict::Fix(base.into(), format!("Written as {base}.")),
            }
        }
        _ => Verdict::No(format!("“{text}” is no address such as https://mirror.example.com/php.")),
    }
}

/// The fingerprint of a key, 40 digits of base 16.
pub fn fingerprint(text: &str) -> Verdict<Value> {
    let bare: String = text.chars().filter(|c| *c != ' ').collect::<String>().to_ascii_uppercase();
    if text.is_empty() {
        return Verdict::Ok("".into());
    }
    if bare.len() != 40 || !bare.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Verdict::No(format!("“{text}” is no fingerprint: 40 digits from 0 to F."));
    }
    match bare == text {
        true => Verdict::Ok(bare.into()),
        false => Verdict::Fix(bare.clone().into(), format!("Written as {bare}.")),
    }
}

/// The steps that set up what the record names; none for the distribution's own packages.
///
/// # Errors
/// When it is not for this host's system.
pub fn steps(params: &Params<'_>, facts: &Facts, wanted: &Wanted) -> Result<Vec<Step>, Failure> {
    let Some(vendor) = VENDORS.iter().find(|vendor| vendor.name == wanted.repository) else {
        return Ok(Vec::new());
    };
    if vendor.os != facts.os && wanted.mirror.is_empty() {
        let other = VENDORS.iter().find(|other| other.os == facts.os).map(|other| other.name);
        let text = format!(
            "The repository {} has packages for {}; the host runs {}.",
            vendor.name, vendor.os, facts.os_name
        );
        let remedy = format!("Choose {}.", other.unwrap_or("distribution"));
        return Err(refused(params, text).remedy(remedy));
    }
    let (base, key) = match wanted.mirror.as_str() {
        "" => (vendor.base, vendor.key.map(str::to_owned)),
        mirror => (mirror, None),
    };
    let key = key.unwrap_or_else(|| format!("{base}/apt.gpg"));
    let fingerprint = match wanted.mirror_key.as_str() {
        "" => vendor.fingerprint,
        own => own,
    };
    let set = RemoteStep::checked(format!("set up the repository {base}"), CHECK, SET)
        .with("repository", format!("{base}\n{key}\n{fingerprint}\n{SOURCES}\n{KEYRING}\n"))
        .within(1800);
    Ok(vec![
        apt::install("install what reads keys", &["ca-certificates", "gpg"]),
        Step::Remote(set),
    ])
}
