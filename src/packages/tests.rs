//! What tests of packages share: a server to plan for, and a plan as people read it in a snapshot.

use std::fmt::Write as _;

use super::{Answer, InputSource, Package, Params, Plan, Step, Templates};
use crate::domain::{
    Action, Facts, Fields, HostTrust, Login, Resource, ResourceId, Server, Status, Time,
};

/// A server that is there.
pub fn server() -> Server {
    Server {
        id: "s-000000000001".parse().unwrap(),
        name: "web-1".into(),
        host: "192.0.2.10".into(),
        port: 22,
        user: "root".into(),
        login: Login::Agent,
        trust: HostTrust::AcceptNew,
        host_keys: Vec::new(),
        status: Status::Active,
        error: None,
        tags: Default::default(),
        replaced: None,
        created_at: Time::UNIX_EPOCH,
        updated_at: Time::UNIX_EPOCH,
    }
}

/// A resource that is there, with these values.
pub fn resource(n: u8, kind: &str, fields: serde_json::Value) -> Resource {
    let id: ResourceId = format!("r-0000000000{n:02}").parse().unwrap();
    Resource {
        id,
        kind: kind.into(),
        server: server().id,
        site: None,
        fields: fields.as_object().cloned().unwrap(),
        status: Status::Active,
        error: None,
        created_at: Time::UNIX_EPOCH,
        updated_at: Time::UNIX_EPOCH,
    }
}

/// What a Debian host answered, with these sections of probes.
pub fn facts(sections: &[(&str, &str)]) -> Facts {
    Facts {
        os: "debian".into(),
        os_version: "12".into(),
        init: "systemd".into(),
        sections: sections.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        ..Facts::default()
    }
}

/// What a package answers, as people read it.
pub fn planned(
    package: &dyn Package,
    action: Action,
    resource: Option<&Resource>,
    siblings: &[Resource],
    facts: &Facts,
    answers: &[(&str, &str)],
) -> String {
    let mut choices = Fields::new();
    for (key, word) in answers {
        choices.insert((*key).to_owned(), (*word).into());
    }
    let params = Params {
        operation: "o-000000000001".parse().unwrap(),
        action,
        server: &server(),
        credential: None,
        resource,
        siblings,
        choices: &choices,
        templates: &Templates::default(),
    };
    match package.plan(&params, facts).unwrap() {
        Answer::Plan(plan) => shown(&plan),
        Answer::Refusal(why) => {
            format!("refused: {why}\n  {}\n", why.remedy.as_deref().unwrap_or_default())
        }
        Answer::Questions(questions) => {
            let mut out = String::new();
            for question in questions {
                let _ = writeln!(out, "asked {}: {}", question.key, question.text);
                for answer in question.answers {
                    let _ = writeln!(out, "  {}: {}", answer.word, answer.meaning);
                }
            }
            out
        }
    }
}

/// A plan by its milestones, steps and what travels with them; scripts lie in `assets/`.
fn shown(plan: &Plan) -> String {
    let mut out = String::new();
    for milestone in &plan.milestones {
        let _ = writeln!(out, "{}: {}", milestone.key, milestone.label);
        for step in &milestone.steps {
            let Step::Remote(step) = step else {
                let _ = writeln!(out, "  here: {}", step.name());
                continue;
            };
            let _ = writeln!(out, "  on the host: {} (at most {} s)", step.name, step.limit);
            for input in &step.inputs {
                match &input.source {
                    InputSource::Text(text) => {
                        let _ = writeln!(out, "    {}:", input.name);
                        for line in text.lines() {
                            let _ = writeln!(out, "      {line}");
                        }
                    }
                    source => {
                        let _ = writeln!(out, "    {}: {source:?}", input.name);
                    }
                }
            }
        }
    }
    for note in &plan.notes {
        let _ = writeln!(out, "note: {note}");
    }
    out
}
