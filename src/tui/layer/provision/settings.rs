//! Provisioning, second: what can be set of a profile. What is left as it is is not sent, so that each
//! server has what is usual for what it runs.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::ProvisionPlan;
use crate::domain::ServerId;
use crate::fleet::{Consent, ProfileSet, ProfileView};
use crate::tui::effect::{Act, Done};
use crate::tui::layer::fields::{Field, Fields};
use crate::tui::layer::form::{Form, Next, Subject};
use crate::tui::shared::{Context, Shared};

/// What the form is about.
#[derive(Debug)]
struct Settings {
    title: String,
    servers: Vec<(ServerId, String)>,
    profile: String,
    /// The names of what can be set, and what stands there when nothing was typed.
    usual: Vec<(String, String)>,
}

/// The form of a profile's settings.
pub fn form(servers: &[(ServerId, String)], profile: &ProfileView, cx: &mut Context<'_>) -> Form {
    let usual: Vec<(String, String)> = profile
        .sets
        .iter()
        .map(|set| (set.name.clone(), usual_of(set, profile, servers, cx.shared)))
        .collect();
    let fields = profile.sets.iter().zip(&usual);
    let fields = fields
        .map(|(set, (name, text))| Field::text(name.clone(), name.clone(), help(set, text), text));
    let subject = Settings {
        title: format!("Settings of {}", profile.name),
        servers: servers.to_vec(),
        profile: profile.name.clone(),
        usual: usual.clone(),
    };
    Form::new(fields.collect(), subject, cx)
}

/// What is taken on these servers when nothing is set, the last time's before the profile's; nothing
/// where they differ.
fn usual_of(
    set: &ProfileSet,
    profile: &ProfileView,
    servers: &[(ServerId, String)],
    shared: &Shared,
) -> String {
    let on = |(id, _): &(ServerId, String)| {
        let before = profile.before.get(id).and_then(|sets| sets.get(&set.name));
        let facts = shared.server(*id).and_then(|row| row.facts.as_ref());
        let runs = facts.map(|facts| format!("{} {}", facts.os, facts.os_version));
        let own = before.or_else(|| set.on.get(&runs?));
        own.unwrap_or(&set.default).clone()
    };
    let all: BTreeSet<String> = servers.iter().map(on).collect();
    let mut all = all.into_iter();
    match (all.next(), all.next()) {
        (Some(only), None) => only,
        _ => String::new(),
    }
}

fn help(set: &ProfileSet, usual: &str) -> String {
    let on = set.on.iter().map(|(os, value)| format!("; {value} on {os}")).collect::<String>();
    let left = if usual.is_empty() { " Left empty, each server has its own." } else { "" };
    format!("{} Usual: {}{on}.{left}", set.help, set.default)
}

impl Settings {
    /// What differs from what is usual.
    fn sets(&self, fields: &Fields) -> Vec<(String, String)> {
        let typed = self.usual.iter().map(|(name, usual)| (name, fields.text(name).trim(), usual));
        typed
            .filter(|(_, text, usual)| !text.is_empty() && text != usual)
            .map(|(name, text, _)| (name.clone(), text.to_owned()))
            .collect()
    }
}

impl Subject for Settings {
    fn title(&self) -> &str {
        &self.title
    }

    fn send(&self, fields: &Fields, _: Consent) -> Act {
        let sets: BTreeMap<String, String> = self.sets(fields).into_iter().collect();
        Act::FilledProfile(self.profile.clone(), sets)
    }

    fn done(&mut self, _: &Done, fields: &Fields, cx: &mut Context<'_>) -> Next {
        let layer = ProvisionPlan::new(&self.servers, &self.profile, self.sets(fields), cx);
        cx.open(layer);
        Next::Ask
    }
}
