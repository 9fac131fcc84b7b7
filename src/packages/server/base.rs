//! The package `base`: small tools that the rest needs or people expect.

use serde_json::Value;

use crate::domain::{Action, Facts, Failure, Fields, input::Verdict};
use crate::packages::{
    Answer, Field, Package, Params, Plan, Verb, apt,
    plan::{milestone, record, unrecord},
};

const KIND: &str = "base";

/// The package.
#[derive(Debug)]
pub struct Base;

const FIELDS: &[Field] = &[Field::new(
    "packages",
    "packages",
    "Names of the distribution's packages, with commas between.",
    apt::names,
)
.or("acl,ca-certificates,curl,gnupg,rsync,unzip")
.list()
.column()];

impl Package for Base {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn title(&self) -> &'static str {
        "base packages"
    }

    fn word(&self) -> Option<&'static str> {
        Some(KIND)
    }

    fn about(&self) -> &'static str {
        "Small tools of the distribution that the rest needs"
    }

    fn verbs(&self) -> &'static [Verb] {
        &[Verb::UPGRADE]
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn apt(&self, fields: &Fields, _: &Facts) -> Vec<String> {
        packages(fields)
    }

    fn plan(&self, params: &Params<'_>, _: &Facts) -> Result<Answer, Failure> {
        let fields = params.resource.map(|resource| resource.fields.clone()).unwrap_or_default();
        let mut notes = Vec::new();
        let milestones = if params.action == Action::Remove {
            // other software may have come to need them, so they are nobody's to purge
            notes.push("The packages stay on the host; only the record goes.".into());
            vec![milestone("complete", "Complete", vec![unrecord(KIND, KIND)])]
        } else {
            let names = packages(&fields);
            let install = apt::install("install them", &names);
            let record = record(params, KIND, KIND, None, fields);
            let mut all = vec![milestone("packages", "Install base packages", vec![install])];
            all.extend(params.is_upgrade().then(|| apt::upgraded(&names)));
            all.push(milestone("complete", "Complete", vec![record]));
            all
        };
        Ok(Answer::Plan(Plan { milestones, undo: None, notes }))
    }
}

fn packages(fields: &Fields) -> Vec<String> {
    let given = match fields.get("packages") {
        Some(given) => given.clone(),
        None => match FIELDS.first().and_then(|field| field.default).map(apt::names) {
            Some(Verdict::Ok(given)) => given,
            _ => Value::Null,
        },
    };
    let names = given.as_array().map(Vec::as_slice).unwrap_or_default();
    names.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
