//! The package `app-user`: the user `brokeforge`, as which sites are worked on, and our way in as
//! it. It has no password; its home can be read by all, as a web server must look through it.

use crate::domain::{Action, Facts, Failure, Fields, Question};
use crate::packages::{
    APP_USER, Answer, Field, Package, Params, Plan, RemoteStep, Step,
    plan::{milestone, record, unrecord},
};

use super::key;

const PROBE: &str = include_str!("../../../assets/remote/app-user-probe.sh");
const CHECK: &str = include_str!("../../../assets/remote/app-user-check.sh");
const MAKE: &str = include_str!("../../../assets/remote/app-user.sh");
const GONE: &str = include_str!("../../../assets/remote/app-user-gone.sh");
const REMOVE: &str = include_str!("../../../assets/remote/app-user-remove.sh");

/// Its type.
pub const KIND: &str = "app-user";
/// The mark of a user that we made, in the comment of its entry.
const MARK: &str = "made by brokeforge";

/// The package.
#[derive(Debug)]
pub struct AppUser;

impl Package for AppUser {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn title(&self) -> &'static str {
        "app user"
    }

    fn word(&self) -> Option<&'static str> {
        Some(KIND)
    }

    fn about(&self) -> &'static str {
        "The user brokeforge, as which sites are worked on"
    }

    fn fields(&self) -> &'static [Field] {
        &[]
    }

    fn probes(&self) -> &'static [(&'static str, &'static str)] {
        &[(KIND, PROBE)]
    }

    fn plan(&self, params: &Params<'_>, facts: &Facts) -> Result<Answer, Failure> {
        if params.action == Action::Remove {
            return Ok(Answer::Plan(remove(params, facts)));
        }
        if is_foreign(facts) && params.answer(KIND) != Some("adopt") {
            return Ok(Answer::Questions(vec![question(params)]));
        }
        let make = RemoteStep::checked("make the user, without a password", CHECK, MAKE)
            .with("user", format!("{APP_USER}\n"));
        Ok(Answer::Plan(Plan {
            milestones: vec![
                milestone("user", "Make the app user", vec![Step::Remote(make)]),
                milestone("key", "Bring our key", key::bring(APP_USER)),
                milestone("proof", "Prove it", vec![key::prove(APP_USER)]),
                milestone(
                    "complete",
                    "Complete",
                    vec![record(params, KIND, KIND, None, Fields::new())],
                ),
            ],
            undo: None,
            notes: Vec::new(),
        }))
    }
}

/// Whether there is a user of that name which we did not make.
fn is_foreign(facts: &Facts) -> bool {
    let entry = facts.sections.get(KIND).map(|text| text.trim()).unwrap_or_default();
    !entry.is_empty() && entry.split(':').nth(4) != Some(MARK)
}

fn question(params: &Params<'_>) -> Question {
    let text = format!(
        "There is a user {APP_USER} on {} already, which brokeforge did not make.",
        params.server.name
    );
    Question::new(KIND, text).or(
        "adopt",
        "It is used for sites: its password is switched off, its home is opened for reading; all \
         else of it stays.",
    )
}

fn remove(params: &Params<'_>, facts: &Facts) -> Plan {
    let mut milestones = vec![milestone("key", "Take our key away", vec![key::remove(APP_USER)])];
    let mut notes = Vec::new();
    if is_foreign(facts) {
        notes.push(format!("The user {APP_USER} was there before brokeforge; it stays."));
    } else {
        let gone = RemoteStep::checked("delete the user; its home is moved aside", GONE, REMOVE)
            .with("user", format!("{APP_USER}\n"))
            .with("operation", format!("{}\n", params.operation))
            .within(300);
        milestones.push(milestone("user", "Delete the app user", vec![Step::Remote(gone)]));
        notes.push("Its home is moved to /var/backups/brokeforge on the host.".into());
    }
    let done = vec![key::forget(APP_USER), unrecord(KIND, KIND)];
    milestones.push(milestone("complete", "Complete", done));
    Plan { milestones, undo: None, notes }
}
