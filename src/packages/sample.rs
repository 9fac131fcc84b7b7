//! Packages for tests alone: one with a field of every sort, and one that it needs.

use serde_json::Value;

use super::{Answer, Field, LocalStep, Need, Package, Params, Plan, Verb, field, plan::milestone};
use crate::domain::{Facts, Failure, Fields, Question, Resource, input::Verdict};

/// With a field of every sort.
#[derive(Debug)]
pub struct Sample;

/// What it needs; a server has one.
#[derive(Debug)]
pub struct Ground;

/// Both.
pub fn packages() -> &'static [&'static dyn Package] {
    &[&Ground, &Sample]
}

const FIELDS: &[Field] = &[
    Field::new("domain", "domain", "What it is called.", |text| match text.to_lowercase() {
        lower if lower == text => Verdict::Ok(lower.into()),
        lower => Verdict::Fix(lower.into(), "It is in lower case.".into()),
    })
    .fixed()
    .column(),
    Field::choice("sort", "sort", "Of which sort it is.", &["round", "square"])
        .or("round")
        .column(),
    Field::flag("loud", "loud", "Whether it is heard."),
    Field::new("extra_tags", "tags", "Words that go with it.", words).or("").list(),
    Field::new("note", "note", "What else is to be said.", text).or("").lines(),
    Field::secret("password", "password", "What opens it.", |text| match text.len() {
        1..12 => Verdict::Warn(Value::Null, "The password is shorter than 12 characters.".into()),
        _ => Verdict::Ok(Value::Null),
    }),
    Field::new("port", "port", "Where it was found.", text).or("80").unasked(),
];

fn text(text: &str) -> Verdict<Value> {
    Verdict::Ok(text.into())
}

fn words(text: &str) -> Verdict<Value> {
    Verdict::Ok(text.split(',').filter(|word| !word.is_empty()).collect::<Vec<_>>().into())
}

impl Package for Sample {
    fn kind(&self) -> &'static str {
        "sample"
    }

    fn title(&self) -> &'static str {
        "sample"
    }

    fn word(&self) -> Option<&'static str> {
        Some("sample")
    }

    fn about(&self) -> &'static str {
        "A thing with a value of every sort."
    }

    fn named_by(&self) -> Option<&'static str> {
        Some("domain")
    }

    fn verbs(&self) -> &'static [Verb] {
        &[Verb { word: "shout", about: "Make it heard.", sets: &[("loud", "yes")], answers: &[] }]
    }

    fn needs(&self, _: &Fields) -> Vec<Need> {
        vec![Need { kind: "ground", name: None }]
    }

    fn mismatch(&self, fields: &Fields, _: &[Resource]) -> Option<(&'static str, String)> {
        let is = |name: &str, value: Value| fields.get(name) == Some(&value);
        (is("sort", "square".into()) && is("loud", true.into()))
            .then(|| ("loud", "What is square is never heard.".to_owned()))
    }

    fn details(&self, resource: &Resource, _: &Facts) -> Vec<(&'static str, String)> {
        vec![("length", self.name(&resource.fields).len().to_string())]
    }

    fn unrecorded(&self, siblings: &[Resource], facts: &Facts) -> Vec<Fields> {
        let told = facts.sections.get("sample").map(String::as_str).unwrap_or_default();
        let known = |name: &&str| {
            siblings.iter().any(|r| r.kind == "sample" && self.name(&r.fields) == **name)
        };
        let found = told.split_whitespace().filter(|name| !known(name));
        found.map(|name| Fields::from_iter([("domain".to_owned(), name.into())])).collect()
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn plan(&self, params: &Params<'_>, _: &Facts) -> Result<Answer, Failure> {
        if params.answer("port-80") != Some("leave") {
            let question = Question::new("port-80", "Something is in the way.");
            return Ok(Answer::Questions(vec![question.or("leave", "It stays.")]));
        }
        let id = params.resource.map(|resource| resource.id);
        let step = super::Step::Local(LocalStep::MakeSecret {
            name: "make a password".into(),
            secret: id.map(|id| super::secret_name(id, "password")).unwrap_or_default(),
            length: 32,
        });
        let milestones = vec![milestone("complete", "Complete", vec![step])];
        Ok(Answer::Plan(Plan { milestones, undo: None, notes: Vec::new() }))
    }
}

impl Package for Ground {
    fn kind(&self) -> &'static str {
        "ground"
    }

    fn title(&self) -> &'static str {
        "firm ground"
    }

    fn word(&self) -> Option<&'static str> {
        Some("ground")
    }

    fn about(&self) -> &'static str {
        "What samples stand on."
    }

    fn keeps_data(&self) -> bool {
        true
    }

    fn fields(&self) -> &'static [field::Field] {
        &[]
    }

    fn plan(&self, _: &Params<'_>, _: &Facts) -> Result<Answer, Failure> {
        let milestones = vec![milestone("complete", "Complete", Vec::new())];
        Ok(Answer::Plan(Plan { milestones, undo: None, notes: Vec::new() }))
    }
}
