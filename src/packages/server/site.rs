//! The package `site`: what is served from a server under a domain. Its own user runs its PHP, in a
//! pool of its own; its vhost is written from its record and a person's own part is included.

pub mod layout;
mod remove;
mod render;
pub mod state;
mod steps;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::{
    Action, Facts, Failure, Fields, Resource,
    input::{Verdict, domain, domain_shown, domains},
};
use crate::packages::{Answer, Field, Need, Package, Params, Verb};

use super::{app_user, nginx, php};

/// Its type.
pub const KIND: &str = "site";

/// The package.
#[derive(Debug)]
pub struct Site;

/// What serves a site's pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Files as they are.
    Static,
    /// PHP.
    Php,
}

/// A site's record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// The name it is asked for by.
    pub domain: String,
    /// What serves its pages.
    pub kind: Kind,
    /// The version of PHP; empty for the server's default.
    pub php: String,
    /// Further names.
    pub alias: Vec<String>,
    /// Whether it answers where no other site does.
    pub default: bool,
    /// Whether its PHP runs as a user of its own.
    pub isolated: bool,
}

impl Wanted {
    /// A name that another site answers to as well, and whether it is an alias here.
    fn shares(&self, other: &Self) -> Option<(&str, bool)> {
        let names = |name: &String| *name == other.domain || other.alias.contains(name);
        let own = [(&self.domain, false)].into_iter();
        let mut all = own.chain(self.alias.iter().map(|alias| (alias, true)));
        all.find(|(name, _)| names(name)).map(|(name, is_alias)| (name.as_str(), is_alias))
    }
}

const FIELDS: &[Field] = &[
    Field::new("domain", "domain", "The name that the site is asked for by.", |text| {
        domain(text).map(Value::from)
    })
    .fixed()
    .column(),
    Field::choice("kind", "kind", "What serves its pages.", &["static", "php"])
        .or("static")
        .fixed()
        .column(),
    Field::new(
        "php",
        "PHP",
        "The version of PHP that runs it; empty for the server's default.",
        |text| match text {
            "" => Verdict::Ok("".into()),
            text => php::version(text),
        },
    )
    .or("")
    .column(),
    Field::new("alias", "aliases", "Further names that it answers to.", |text| {
        domains(text).and_then(|names| match names.iter().any(|n| n == layout::CATCH_ALL) {
            true => Verdict::No("“default” is no alias; make the site the default instead.".into()),
            false => Verdict::Ok(Value::from(names)),
        })
    })
    .or("")
    .list(),
    Field::flag("default", "default", "Whether it answers where no other site does.").column(),
    Field::flag("isolated", "isolated", "Whether its PHP runs as a user of its own.").or("yes"),
];

impl Package for Site {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn title(&self) -> &'static str {
        "site"
    }

    fn word(&self) -> Option<&'static str> {
        Some(KIND)
    }

    fn about(&self) -> &'static str {
        "What is served from a server under a domain"
    }

    fn named_by(&self) -> Option<&'static str> {
        Some("domain")
    }

    fn verbs(&self) -> &'static [Verb] {
        &[Verb {
            word: "default",
            about: "Let it answer where no other site does.",
            sets: &[("default", "yes")],
            answers: &[],
        }]
    }

    fn needs(&self, fields: &Fields) -> Vec<Need> {
        let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
        let mut needs =
            vec![Need { kind: app_user::KIND, name: None }, Need { kind: nginx::KIND, name: None }];
        if text("kind") == "php" {
            let version = Some(text("php")).filter(|v| !v.is_empty()).map(str::to_owned);
            needs.push(Need { kind: php::KIND, name: version });
        }
        needs
    }

    fn mismatch(&self, fields: &Fields, others: &[Resource]) -> Option<(&'static str, String)> {
        let site: Wanted = serde_json::from_value(Value::Object(fields.clone())).ok()?;
        if site.kind == Kind::Static && !site.php.is_empty() {
            return Some(("php", "A static site runs no PHP; its kind would be php.".to_owned()));
        }
        if site.alias.contains(&site.domain) {
            return Some(("alias", "Its domain is no alias of it.".to_owned()));
        }
        let sites = others.iter().filter(|other| other.kind == KIND);
        sites.filter_map(|other| other.read::<Wanted>().ok()).find_map(|other| {
            let (name, is_alias) = site.shares(&other)?;
            let field = if is_alias { "alias" } else { "domain" };
            Some((field, format!("The site “{}” answers to {name} already.", other.domain)))
        })
    }

    fn keeps_data(&self) -> bool {
        true
    }

    fn details(&self, resource: &Resource, _: &Facts) -> Vec<(&'static str, String)> {
        let Ok(site) = resource.read::<Wanted>() else { return Vec::new() };
        let mut details = Vec::new();
        let shown = domain_shown(&site.domain);
        if shown != site.domain {
            details.push(("reads", shown));
        }
        details.push(("folder", format!("{}/public", layout::folder(&site.domain))));
        if site.kind == Kind::Php {
            let own = site.isolated.then(|| layout::short(&site.domain));
            details.push(("runs as", own.unwrap_or_else(|| "www-data".to_owned())));
        }
        details.push(("logs", layout::logs(&site.domain)));
        details.push(("settings in", layout::custom(&site.domain)));
        details
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn probes(&self) -> &'static [(&'static str, &'static str)] {
        &[
            (nginx::state::SECTION, nginx::state::PROBE),
            (php::state::SECTION, php::state::PROBE),
            (state::SECTION, state::PROBE),
        ]
    }

    fn plan(&self, params: &Params<'_>, facts: &Facts) -> Result<Answer, Failure> {
        let site: Wanted = params
            .resource
            .ok_or_else(|| Failure::internal("An operation on a site names no site."))?
            .read()?;
        let host = Host {
            nginx: nginx::state::State::read(facts)?,
            php: php::state::State::read(facts)?,
            site: state::State::read(facts)?,
        };
        match params.action {
            Action::Install | Action::Update => steps::bring(params, facts, &site, &host),
            Action::Remove => remove::plan(params, &site, &host),
        }
    }
}

/// What the host answered.
struct Host {
    nginx: nginx::state::State,
    php: php::state::State,
    site: state::State,
}

/// The other sites of the server.
fn others<'a>(params: &'a Params<'_>) -> Result<Vec<(&'a Resource, Wanted)>, Failure> {
    let own = params.resource.map(|resource| resource.id);
    let sites = params.siblings.iter().filter(|r| r.kind == KIND && Some(r.id) != own);
    sites.map(|resource| Ok((resource, resource.read()?))).collect()
}
