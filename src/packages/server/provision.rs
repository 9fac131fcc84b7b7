//! The package `provision`: a profile's resources, each brought by an operation of its own. What
//! all of them need from the distribution comes first, in one transaction.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::{Action, Facts, Failure, Fields, Question, Resource, input::Verdict};
use crate::packages::{
    Answer, Field, LocalStep, Package, Params, Plan, Step, apt, family,
    plan::{Milestone, milestone, record, unrecord},
};

#[cfg(test)]
mod tests;

/// Its type.
pub const KIND: &str = "provision";

/// The package.
#[derive(Debug)]
pub struct Provision;

/// Its record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// What the profile is called.
    pub profile: String,
    /// What was set of it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sets: BTreeMap<String, String>,
    /// What it brings, in order.
    pub items: Vec<Item>,
}

/// One resource of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its type.
    pub kind: String,
    /// The values that it always has.
    pub fields: Fields,
    /// The values that it has when it is new; one that is there keeps its own.
    #[serde(default)]
    pub first: Fields,
}

const FIELDS: &[Field] = &[
    Field::new("profile", "profile", "What was brought.", |text| Verdict::Ok(text.into())).column(),
    Field::new("sets", "settings", "What was set of it.", json).unasked(),
    Field::new("items", "items", "What it is made of.", json).unasked(),
];

fn json(text: &str) -> Verdict<Value> {
    match serde_json::from_str(text) {
        Ok(value) => Verdict::Ok(value),
        Err(e) => Verdict::No(e.to_string()),
    }
}

impl Package for Provision {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn title(&self) -> &'static str {
        "profile"
    }

    fn name(&self, fields: &Fields) -> String {
        let profile = fields.get("profile").and_then(Value::as_str);
        profile.unwrap_or(KIND).to_owned()
    }

    fn brings(&self, fields: &Fields) -> Vec<String> {
        let wanted = serde_json::from_value::<Wanted>(Value::Object(fields.clone()));
        wanted.map(|w| w.items.into_iter().map(|item| item.kind).collect()).unwrap_or_default()
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn plan(&self, params: &Params<'_>, facts: &Facts) -> Result<Answer, Failure> {
        let wanted: Wanted = params
            .resource
            .ok_or_else(|| Failure::internal("A provisioning names no profile."))?
            .read()?;
        if params.action == Action::Remove {
            let milestones = vec![milestone("complete", "Complete", vec![unrecord(KIND, KIND)])];
            let notes = vec!["What it brought stays; each can be removed by itself.".to_owned()];
            return Ok(Answer::Plan(Plan { milestones, undo: None, notes }));
        }
        bring(params, facts, &wanted)
    }
}

fn bring(params: &Params<'_>, facts: &Facts, wanted: &Wanted) -> Result<Answer, Failure> {
    let items = wanted.items.iter().map(|item| family::Wish {
        kind: &item.kind,
        fields: &item.fields,
        first: Some(&item.first),
    });
    let members = family::members(params, items)?;
    let mut questions: Vec<Question> = Vec::new();
    for (member, answer) in members.iter().zip(family::answers(params, facts, &members)) {
        let refusal = match answer {
            Ok(Answer::Plan(_)) => continue,
            Ok(Answer::Questions(asked)) => {
                let new = |q: &Question| !questions.iter().any(|known| known.key == q.key);
                let new: Vec<Question> = asked.into_iter().filter(new).collect();
                questions.extend(new);
                continue;
            }
            Ok(Answer::Refusal(failure)) | Err(failure) => failure,
        };
        // what waits for another one can only be told when that is there
        if member.ready {
            let what = called(member.package, &member.resource);
            let message = format!("{what}: {}", refusal.message);
            return Ok(Answer::Refusal(Failure { message, ..refusal }));
        }
    }
    if !questions.is_empty() {
        return Ok(Answer::Questions(questions));
    }
    let mut milestones = Vec::new();
    let mut seen = BTreeSet::new();
    let packages: Vec<String> = members
        .iter()
        .flat_map(|member| member.package.apt(&member.resource.fields, facts))
        .filter(|name| seen.insert(name.clone()))
        .collect();
    if !packages.is_empty() {
        let name = "install all that is needed from the distribution, in one transaction";
        milestones.push(milestone("packages", "Packages", vec![apt::install(name, &packages)]));
    }
    for member in &members {
        let (kind, resource) = (member.package.kind(), &member.resource);
        let what = called(member.package, resource);
        let step = Step::Local(LocalStep::Child {
            name: format!("bring {what}"),
            kind: kind.to_owned(),
            fields: member.given.clone(),
            choices: Fields::new(),
        });
        push(&mut milestones, kind, member.package.title(), &what, step);
    }
    let mut configuration = Fields::new();
    configuration.insert("profile".into(), wanted.profile.clone().into());
    let mut notes = Vec::new();
    if !wanted.sets.is_empty() {
        let sets: Vec<String> =
            wanted.sets.iter().map(|(n, value)| format!("{n} = {value}")).collect();
        notes.push(format!("Settings: {}.", sets.join(", ")));
    }
    let done = record(params, KIND, KIND, None, configuration);
    milestones.push(milestone("complete", "Complete", vec![done]));
    Ok(Answer::Plan(Plan { milestones, undo: None, notes }))
}

/// Those of one kind that follow one another are one milestone.
fn push(milestones: &mut Vec<Milestone>, kind: &str, title: &str, what: &str, step: Step) {
    if let Some(last) = milestones.last_mut().filter(|last| last.key == kind) {
        last.steps.push(step);
        let more = what.strip_prefix(title).unwrap_or(what).trim();
        last.label.push_str(&format!(", {more}"));
        return;
    }
    milestones.push(milestone(kind, format!("Bring {what}"), vec![step]));
}

fn called(package: &dyn Package, resource: &Resource) -> String {
    match package.named_by() {
        Some(_) => format!("{} “{}”", package.title(), package.name(&resource.fields)),
        None => package.title().to_owned(),
    }
}
