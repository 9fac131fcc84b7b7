//! The package `time`: the clock is kept right by a time server. What keeps it already is left at
//! that; else systemd-timesyncd does.

use crate::domain::{Action, Facts, Failure, FailureKind, Fields, Resource};
use crate::packages::{
    Answer, Field, Package, Params, Plan, RemoteStep, Step, apt,
    plan::{milestone, record, unrecord},
};

const PROBE: &str = include_str!("../../../assets/remote/time-probe.sh");
const CHECK: &str = include_str!("../../../assets/remote/time-check.sh");
const ON: &str = include_str!("../../../assets/remote/time-on.sh");
const SET: &str = include_str!("../../../assets/remote/time-set.sh");
const KIND: &str = "time";
const OURS: &str = "systemd-timesyncd";
/// A clock that is further off than this, in milliseconds, is wrong.
const RIGHT: u64 = 2_000;

/// The package.
#[derive(Debug)]
pub struct TimeSync;

/// Who keeps the host's clock.
#[derive(Debug, PartialEq, Eq)]
enum Keeper {
    /// The machine that the host is a container of.
    Machine,
    /// Another program than ours.
    Other(String),
    /// systemd-timesyncd, if anybody.
    Ours,
}

impl Package for TimeSync {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn title(&self) -> &'static str {
        "time"
    }

    fn word(&self) -> Option<&'static str> {
        Some(KIND)
    }

    fn about(&self) -> &'static str {
        "The clock, kept right by a time server"
    }

    fn fields(&self) -> &'static [Field] {
        &[]
    }

    fn probes(&self) -> &'static [(&'static str, &'static str)] {
        &[(KIND, PROBE)]
    }

    fn apt(&self, _: &Fields, facts: &Facts) -> Vec<String> {
        match keeper(facts) {
            Keeper::Ours => vec![OURS.into()],
            Keeper::Machine | Keeper::Other(_) => Vec::new(),
        }
    }

    fn details(&self, _: &Resource, facts: &Facts) -> Vec<(&'static str, String)> {
        let by = match keeper(facts) {
            Keeper::Machine => "the machine that this container runs on".to_owned(),
            Keeper::Other(name) => name,
            Keeper::Ours => OURS.to_owned(),
        };
        vec![("kept by", by), ("off by", format!("{} ms", facts.clock_offset_ms))]
    }

    fn plan(&self, params: &Params<'_>, facts: &Facts) -> Result<Answer, Failure> {
        if params.action == Action::Remove {
            return Ok(Answer::Plan(Plan {
                milestones: vec![milestone("complete", "Complete", vec![unrecord(KIND, KIND)])],
                undo: None,
                notes: vec!["The clock goes on being kept; only the record goes.".into()],
            }));
        }
        let wrong = facts.clock_offset_ms.unsigned_abs() >= RIGHT;
        let keeper = keeper(facts);
        let mut milestones = Vec::new();
        let mut notes = Vec::new();
        match &keeper {
            Keeper::Ours => {
                let mut steps = vec![
                    apt::install(format!("install {OURS}"), &[OURS]),
                    Step::Remote(RemoteStep::checked("switch it on", CHECK, ON)),
                ];
                if wrong {
                    let set = RemoteStep {
                        verify: Some(SET.into()),
                        ..RemoteStep::new("wait until the clock is set")
                    };
                    steps.push(Step::Remote(set.within(90)));
                }
                milestones.push(milestone("keep", "Keep the clock right", steps));
            }
            Keeper::Machine | Keeper::Other(_) if wrong => {
                return Ok(Answer::Refusal(off(params, facts, &keeper)));
            }
            Keeper::Machine => {
                notes.push("The host is a container: its clock is its machine's.".into());
            }
            Keeper::Other(name) => notes.push(format!("{name} keeps the clock and is left at it.")),
        }
        let done = vec![record(params, KIND, KIND, None, Fields::new())];
        milestones.push(milestone("complete", "Complete", done));
        Ok(Answer::Plan(Plan { milestones, undo: None, notes }))
    }
}

fn keeper(facts: &Facts) -> Keeper {
    let text = facts.sections.get(KIND).map(String::as_str).unwrap_or_default();
    let first = text.lines().next();
    let machine = first.is_some_and(|virt| virt != "none" && !virt.starts_with("active "));
    let mut active = text.lines().filter_map(|line| line.strip_prefix("active "));
    match active.find(|unit| *unit != OURS) {
        Some(other) => Keeper::Other(other.to_owned()),
        None if machine => Keeper::Machine,
        None => Keeper::Ours,
    }
}

fn off(params: &Params<'_>, facts: &Facts, keeper: &Keeper) -> Failure {
    let by = match keeper {
        Keeper::Other(name) => format!("{name} on the host keeps it"),
        Keeper::Machine | Keeper::Ours => "it is that of the machine it runs on".to_owned(),
    };
    let message = format!(
        "The clock of {} is {} s off, and {by}.",
        params.server.name,
        facts.clock_offset_ms / 1000
    );
    Failure::new(FailureKind::Refused, message)
        .effect(crate::domain::Effect::None)
        .remedy("Set the clock right there (or this machine's own), then try again.")
}
