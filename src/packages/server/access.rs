//! The package `server`: our own way in. Brings a key of ours to the login user on the host, proves
//! it, and uses it from then on; takes it away again. What others have there stays as it is.

use crate::domain::{Action, Facts, Failure, Fields, InstalledPackage, Status, Time};
use crate::packages::{
    Answer, Field, Input, InputSource, LocalStep, Package, Params, Plan, RemoteStep, Step, facts,
    family, find, plan::milestone,
};

use super::key;

const CLEANED: &str = include_str!("../../../assets/remote/clean-up-check.sh");
const CLEAN: &str = include_str!("../../../assets/remote/clean-up.sh");

/// The package.
#[derive(Debug)]
pub struct Access;

impl Package for Access {
    fn kind(&self) -> &'static str {
        "server"
    }

    fn title(&self) -> &'static str {
        "server"
    }

    fn fields(&self) -> &'static [Field] {
        // a server is a record type of its own
        &[]
    }

    fn plan(&self, params: &Params<'_>, facts: &Facts) -> Result<Answer, Failure> {
        if params.action == Action::Remove {
            return Ok(Answer::Plan(remove(params)));
        }
        Ok(match facts::supported(facts) {
            Ok(()) => Answer::Plan(install(params, &params.server.user)),
            Err(refusal) => Answer::Refusal(refusal.at_host(params.server.place())),
        })
    }
}

fn install(params: &Params<'_>, user: &str) -> Plan {
    let mut configuration = Fields::new();
    configuration.insert("user".into(), user.into());
    let record = Step::Local(LocalStep::WritePackage {
        name: "write the record of our access".into(),
        package: InstalledPackage {
            server: params.server.id,
            site: None,
            kind: "server".into(),
            name: "access".into(),
            version: None,
            configuration,
            status: Status::Active,
            installed_at: Time::UNIX_EPOCH,
        },
    });
    Plan {
        milestones: vec![
            milestone("key", "Bring our key", key::bring(user)),
            milestone("proof", "Prove it", vec![key::prove(user)]),
            milestone("complete", "Complete", vec![record]),
        ],
        undo: None,
        notes: Vec::new(),
    }
}

fn remove(params: &Params<'_>) -> Plan {
    let user = params.server.user.as_str();
    let clean = params.choices.get("clean_up").and_then(serde_json::Value::as_bool) == Some(true);
    let mut milestones = Vec::new();
    if clean {
        for resource in family::leaving(params.siblings) {
            let Some(package) = find(&resource.kind) else { continue };
            let what = match package.named_by() {
                Some(_) => format!("{} “{}”", package.title(), package.name(&resource.fields)),
                None => package.title().to_owned(),
            };
            let step = Step::Local(LocalStep::RemoveChild {
                name: format!("remove {what}"),
                kind: resource.kind.clone(),
                id: resource.id,
            });
            milestones.push(milestone(&resource.kind, format!("Remove {what}"), vec![step]));
        }
        let operation = Input {
            name: "operation".into(),
            source: InputSource::Text(params.operation.to_string()),
        };
        let folder = Step::Remote(RemoteStep {
            check: Some(CLEANED.into()),
            apply: Some(CLEAN.into()),
            verify: Some(CLEANED.into()),
            inputs: vec![operation],
            ..RemoteStep::new("delete what earlier operations left in /var/lib/brokeforge")
        });
        milestones.push(milestone("clean", "Clean up", vec![folder]));
        if params.credential.is_some() {
            // last: until here we may have to log in again
            milestones.push(milestone("key", "Take our key away", vec![key::remove(user)]));
        }
    }
    let mut done = Vec::new();
    if params.credential.is_some() {
        done.push(key::forget(user));
    }
    done.push(Step::Local(LocalStep::DeletePackage {
        name: "delete the record of our access".into(),
        kind: "server".into(),
        package: "access".into(),
    }));
    milestones.push(milestone("complete", "Complete", done));
    let notes = if clean {
        vec![
            "The firewall stays as it is, with its rules.".into(),
            "What data was dumped or moved aside lies in /var/backups/brokeforge.".into(),
            "The record of this very operation stays in /var/lib/brokeforge/op on the host.".into(),
        ]
    } else {
        vec![format!(
            "Nothing is changed on the host; our public key stays in the authorized_keys of \
                 {user}."
        )]
    };
    Plan { milestones, undo: None, notes }
}
