//! What is said about a resource's values before anything is done, by what its package declares.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Local, Result};
use crate::domain::{
    Failure, Fields, Operation, Resource, ResourceId, Secret, Server, ServerId, Status,
    input::{Verdict, same_name},
    server::argument,
};
use crate::fleet::{Review, crossing};
use crate::packages::{Field, Need, Package, Sort};

/// A resource as a person describes it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ResourceDraft {
    /// Values as typed, by their names. What is missing stays as it is, or is the default.
    pub texts: BTreeMap<String, String>,
    /// Values that are sealed, by their names. A missing one is left, or made.
    #[serde(with = "crossing::secrets")]
    pub secrets: BTreeMap<String, Secret>,
    /// Answers to questions that the package may ask, by their keys.
    pub answers: BTreeMap<String, String>,
}

impl ResourceDraft {
    /// Whether what is there is to become newer as well.
    pub fn is_upgrade(&self) -> bool {
        self.answers.contains_key(Operation::UPGRADE)
    }
}

impl Local {
    pub(in crate::fleet) fn review_resource(
        &self,
        server: ServerId,
        kind: &str,
        id: Option<ResourceId>,
        draft: &ResourceDraft,
    ) -> Result<Review> {
        let package = self.worded(kind)?;
        let editing = id.map(|id| self.resource(server, id)).transpose()?;
        Ok(self.taken(&self.server(server)?, package, editing.as_ref(), draft)?.1)
    }

    /// The values as they would be stored, unless something stands against them, and what is said.
    pub(super) fn taken(
        &self,
        server: &Server,
        package: &dyn Package,
        editing: Option<&Resource>,
        draft: &ResourceDraft,
    ) -> Result<(Option<Fields>, Review)> {
        let mut review = Review::default();
        for name in draft.texts.keys().chain(draft.secrets.keys()) {
            if !package.fields().iter().any(|field| field.name == name) {
                let why = format!("“{name}” is the name of no value here.");
                review.refusals.push((name.clone(), why));
            }
        }
        // what nobody is asked for and what plans wrote into the record stays
        let mut fields = editing.map(|resource| resource.fields.clone()).unwrap_or_default();
        for field in package.fields() {
            let verdict = match field.sort {
                Sort::Secret => secret(field, draft),
                _ => value(field, editing, draft.texts.get(field.name).map(String::as_str)),
            };
            let Some(value) = verdict.and_then(|verdict| review.take(field.name, verdict)) else {
                continue;
            };
            if field.sort != Sort::Secret {
                fields.insert(field.name.to_owned(), value);
            }
        }
        let mut all = self.all_on(server.id)?;
        all.retain(|other| editing.is_none_or(|editing| editing.id != other.id));
        if review.refusals.is_empty()
            && let Some((name, why)) = package.mismatch(&fields, &all)
        {
            review.refusals.push((name.to_owned(), why));
        }
        if review.refusals.is_empty() {
            let named = package.named_by().unwrap_or_default();
            if let Some(why) = self.taken_name(server, package, &fields, &all) {
                review.refusals.push((named.to_owned(), why));
            }
            for need in package.needs(&fields) {
                if let Some(why) = self.unmet(server, package, &need, &all) {
                    review.refusals.push((String::new(), why));
                }
            }
        }
        let whole = review.refusals.is_empty();
        Ok((whole.then_some(fields), review))
    }

    fn taken_name(
        &self,
        server: &Server,
        package: &dyn Package,
        fields: &Fields,
        others: &[Resource],
    ) -> Option<String> {
        let name = package.name(fields);
        let other = others.iter().find(|other| {
            other.kind == package.kind() && same_name(&package.name(&other.fields), &name)
        })?;
        let mut why = format!("“{}” has {} already", server.name, self.called(other));
        if other.status == Status::Active {
            why.push('.');
            return Some(why);
        }
        why.push_str(&format!(" ({}).", other.status));
        if let (Status::Failed, Some(word)) = (other.status, package.word()) {
            let name = package.named_by().map(|_| format!(" {}", argument(&name)));
            why.push_str(&format!(
                " To try it again: brokeforge {word} retry {}{}",
                argument(&server.name),
                name.unwrap_or_default()
            ));
        }
        Some(why)
    }

    /// Why a need is not met.
    fn unmet(
        &self,
        server: &Server,
        package: &dyn Package,
        need: &Need,
        all: &[Resource],
    ) -> Option<String> {
        let needed = self.package(need.kind);
        let fits = |other: &&Resource| {
            other.kind == need.kind
                && need.name.as_ref().is_none_or(|name| {
                    needed.is_some_and(|package| same_name(&package.name(&other.fields), name))
                })
        };
        let there = |status| matches!(status, Status::Active | Status::Updating | Status::Paused);
        if all.iter().filter(fits).any(|other| there(other.status)) {
            return None;
        }
        let (whose, what) = (upper_first(package.title()), self.needed(need));
        if let Some(other) = all.iter().find(fits) {
            return Some(format!(
                "{whose} needs {what}, which is {} on “{}”.",
                other.status, server.name
            ));
        }
        let name = need.name.as_ref().map(|name| format!(" {}", argument(name)));
        let first = needed.and_then(|package| package.word()).map(|word| {
            let name = name.unwrap_or_default();
            format!(" Add it first: brokeforge {word} add {}{name}", argument(&server.name))
        });
        Some(format!(
            "{whose} needs {what}, and “{}” has none.{}",
            server.name,
            first.unwrap_or_default()
        ))
    }
}

/// The verdict on a value; none where it stays as it is.
fn value(
    field: &Field,
    editing: Option<&Resource>,
    given: Option<&str>,
) -> Option<Verdict<serde_json::Value>> {
    let old = editing.and_then(|resource| resource.fields.get(field.name));
    let Some(text) = given else {
        return match (old, field.default) {
            (Some(_), _) => None,
            (None, Some(default)) => Some(field.judge(default)),
            (None, None) if !field.asked => None,
            (None, None) => Some(Verdict::No(format!("The {} must be given.", field.title))),
        };
    };
    if !field.asked {
        let why = format!("The {} is found out, not given.", field.title);
        return Some(Verdict::No(why));
    }
    if old.is_some_and(|old| field.text(old) == text.trim()) {
        return None;
    }
    if text.trim().is_empty() && field.default.is_none() {
        return Some(Verdict::No(format!("The {} must be given.", field.title)));
    }
    let verdict = field.judge(text);
    if editing.is_none() || !field.fixed {
        return Some(verdict);
    }
    match verdict.value() {
        Some(value) if Some(&value) == old => None,
        _ => Some(Verdict::No(format!(
            "The {} stays as it was; remove this one and add another.",
            field.title
        ))),
    }
}

fn secret(field: &Field, draft: &ResourceDraft) -> Option<Verdict<serde_json::Value>> {
    if draft.texts.contains_key(field.name) {
        let why = format!("The {} is sealed; it is not given as plain text.", field.title);
        return Some(Verdict::No(why));
    }
    Some(match draft.secrets.get(field.name)?.reveal_text() {
        Some("") => Verdict::No(format!("The {} is empty.", field.title)),
        Some(text) => field.judge(text),
        None => Verdict::No(format!("The {} is not UTF-8 text.", field.title)),
    })
}

pub(super) fn upper_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Answers as the choices of an operation.
pub(in crate::fleet) fn choices(answers: &BTreeMap<String, String>) -> Result<Fields> {
    let mut choices = Fields::new();
    for (key, word) in answers {
        // what we keep there ourselves has other names
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if key.is_empty() || key == "fields" || !key.chars().all(fits) {
            return Err(Failure::input(format!("“{key}” is the name of no question."))
                .remedy("The questions and their names are told when they are asked."));
        }
        choices.insert(key.clone(), word.clone().into());
    }
    Ok(choices)
}
