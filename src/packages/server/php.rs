//! The package `php`: one version of PHP, its extensions, and its settings as drop-ins; several
//! stand side by side.

pub mod changes;
mod ini;
mod plan;
mod repository;
pub mod state;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::{Action, Facts, Failure, Fields, Resource, input::Verdict};
use crate::packages::{Answer, Field, Package, Params, Verb};

use state::State;

/// Its type.
pub const KIND: &str = "php";

/// Until when each version gets mends of security holes.
const ENDS: &[(&str, &str)] = &[
    ("7.4", "2022-11-28"),
    ("8.0", "2023-11-26"),
    ("8.1", "2025-12-31"),
    ("8.2", "2026-12-31"),
    ("8.3", "2027-12-31"),
    ("8.4", "2028-12-31"),
    ("8.5", "2029-12-31"),
];

/// The package.
#[derive(Debug)]
pub struct Php;

/// Its record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// The version, e.g. `8.2`.
    pub version: String,
    /// The extensions, as the distribution's packages are called after the version.
    pub extensions: Vec<String>,
    /// How much memory a request may take.
    pub memory_limit: String,
    /// How large what is uploaded may be.
    pub upload_max: String,
    /// How many seconds a request may take.
    pub max_execution: u32,
    /// Further lines of settings.
    pub ini: String,
    /// Where its packages come from.
    pub repository: String,
    /// Another address of that repository.
    pub mirror: String,
    /// The fingerprint of the key that signs there.
    pub mirror_key: String,
    /// Whether it is what `php` is on the command line.
    pub cli_default: bool,
    /// Whether sites run with it when they name no version.
    pub site_default: bool,
}

const FIELDS: &[Field] = &[
    Field::new("version", "version", "The version, for example 8.2.", version).fixed().column(),
    Field::new(
        "extensions",
        "extensions",
        "Extensions besides those that every PHP has, with commas between.",
        ini::extensions,
    )
    .or("bcmath,curl,gd,intl,mbstring,mysql,opcache,pgsql,readline,redis,xml,zip")
    .list(),
    Field::new("memory_limit", "memory", "How much memory a request may take.", ini::size)
        .or("256M")
        .column(),
    Field::new("upload_max", "upload", "How large what is uploaded may be.", ini::size).or("100M"),
    Field::new(
        "max_execution",
        "seconds",
        "How many seconds a request may take, from 0 (no limit) to 300.",
        ini::seconds,
    )
    .or("300"),
    Field::new(
        "ini",
        "settings",
        "Further settings for sites, one “name = value” a line.",
        ini::settings,
    )
    .or("")
    .lines(),
    Field::choice(
        "repository",
        "repository",
        "Where its packages come from; sury is for Debian, ondrej for Ubuntu.",
        &["distribution", "sury", "ondrej"],
    )
    .or("distribution"),
    Field::new(
        "mirror",
        "mirror",
        "Another address of that repository, such as a mirror of your own.",
        repository::mirror,
    )
    .or(""),
    Field::new(
        "mirror_key",
        "key",
        "The fingerprint of the key that signs there, when it is another one.",
        repository::fingerprint,
    )
    .or(""),
    Field::flag("cli_default", "CLI default", "Whether `php` on the command line is this version.")
        .column(),
    Field::flag(
        "site_default",
        "for sites",
        "Whether sites run with it when they name no version.",
    )
    .column(),
];

/// Checks the name of a version.
pub fn version(text: &str) -> Verdict<Value> {
    let typed = text.strip_prefix("php").unwrap_or(text);
    let good = matches!(typed.as_bytes(), [b'5'..=b'9', b'.', minor] if minor.is_ascii_digit());
    match good {
        true if typed == text => Verdict::Ok(text.into()),
        true => Verdict::Fix(typed.into(), format!("The version is {typed}.")),
        false => Verdict::No(format!("“{text}” is no version of PHP. Type one such as 8.2.")),
    }
}

/// The version of a record.
pub fn version_of(resource: &Resource) -> String {
    resource.fields.get("version").and_then(Value::as_str).unwrap_or_default().to_owned()
}

impl Package for Php {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn title(&self) -> &'static str {
        "PHP"
    }

    fn word(&self) -> Option<&'static str> {
        Some(KIND)
    }

    fn about(&self) -> &'static str {
        "A version of PHP for sites and the command line"
    }

    fn named_by(&self) -> Option<&'static str> {
        Some("version")
    }

    fn verbs(&self) -> &'static [Verb] {
        &[
            Verb {
                word: "default",
                about: "Let sites run with it when they name no version.",
                sets: &[("site_default", "yes")],
                answers: &[],
            },
            Verb {
                word: "cli-default",
                about: "Let `php` on the command line be this version.",
                sets: &[("cli_default", "yes")],
                answers: &[],
            },
            Verb::UPGRADE,
        ]
    }

    fn apt(&self, fields: &Fields, facts: &Facts) -> Vec<String> {
        let wanted = serde_json::from_value::<Wanted>(Value::Object(fields.clone()));
        match (wanted, State::read(facts)) {
            // what comes from elsewhere cannot be had before that was set up
            (Ok(wanted), Ok(state)) if wanted.repository == "distribution" => {
                plan::packages(&wanted, &state)
            }
            _ => Vec::new(),
        }
    }

    fn version(&self, name: &str, facts: &Facts) -> Option<String> {
        State::read(facts).ok()?.packages.get(&format!("php{name}-fpm")).cloned()
    }

    fn details(&self, resource: &Resource, facts: &Facts) -> Vec<(&'static str, String)> {
        let version = version_of(resource);
        let mut details = Vec::new();
        if let Some((_, end)) = ENDS.iter().find(|(known, _)| *known == version) {
            details.push(("end of life", (*end).to_owned()));
        }
        if let Ok(state) = State::read(facts)
            && let Some(number) = state.packages.get(&format!("php{version}-fpm"))
        {
            details.push(("on the host", number.clone()));
        }
        details
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn probes(&self) -> &'static [(&'static str, &'static str)] {
        &[(state::SECTION, state::PROBE)]
    }

    fn plan(&self, params: &Params<'_>, facts: &Facts) -> Result<Answer, Failure> {
        let wanted: Wanted = params
            .resource
            .ok_or_else(|| Failure::internal("An operation on PHP names no version."))?
            .read()?;
        let state = State::read(facts)?;
        match params.action {
            Action::Install | Action::Update => plan::bring(params, facts, &wanted, &state),
            Action::Remove => plan::remove(params, &wanted, &state),
        }
    }
}
