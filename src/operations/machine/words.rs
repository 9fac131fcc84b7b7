//! What the machine says to people: failures with their effect, events.

use crate::domain::{Effect, Event, Failure, FailureKind, Operation, Outcome, StepOutcome, Time};
use crate::packages::Plan;

use super::{Machine, Phase};

/// The outcome that a stored failure stands for.
pub(super) fn outcome_of(failure: &Failure) -> Outcome {
    match failure.kind {
        FailureKind::Cancelled => Outcome::Cancelled,
        FailureKind::Interrupted => Outcome::Interrupted,
        FailureKind::RolledBack => Outcome::RolledBack,
        _ => Outcome::Failed,
    }
}

/// What is known about the effect so far.
pub(super) fn effect(machine: &Machine) -> Effect {
    if machine.tracks.iter().any(|t| t.outcome == StepOutcome::Unknown) {
        Effect::Unknown
    } else if machine.applied {
        Effect::Partial
    } else {
        Effect::None
    }
}

/// The same, when a local step failed that knows something of its effect.
pub(super) fn local_effect(machine: &Machine, own: Option<Effect>) -> Effect {
    match (effect(machine), own) {
        (Effect::None, Some(own)) => own,
        (_, Some(Effect::Unknown)) => Effect::Unknown,
        (effect, _) => effect,
    }
}

/// A phase that ended badly.
pub(super) fn failed(
    machine: &Machine,
    step: usize,
    phase: Phase,
    exit: i32,
) -> (Outcome, Failure) {
    let name = machine.name(step);
    let limit = machine.remote(step).map_or(0, |s| s.limit);
    let what = match phase {
        Phase::Check => format!("The check of the step “{name}”"),
        Phase::Apply => format!("The step “{name}”"),
        Phase::Verify => format!("The verification of the step “{name}”"),
    };
    let long = machine
        .tracks
        .get(step)
        .and_then(|t| t.millis)
        // the host counts in hundredths
        .is_some_and(|ms| ms.saturating_add(100) >= u64::from(limit).saturating_mul(1000));
    let failure = match (phase, exit) {
        (Phase::Apply, 75) => {
            let failure = Failure::new(
                FailureKind::RolledBack,
                format!("{what} did not succeed, and the host has put the old state back."),
            );
            return (Outcome::RolledBack, failure.at_step(name).effect(Effect::Restored));
        }
        (_, 124 | 137) if long => Failure::new(
            FailureKind::TimedOut,
            format!("{what} was ended because it ran longer than {limit} s."),
        )
        .remedy("Look at the host for what it waited for, then retry."),
        (_, 129..) => Failure::new(
            FailureKind::Step,
            format!("{what} was ended by signal {} on the host.", exit - 128),
        )
        .remedy("See whether the host is short of memory, then retry."),
        (Phase::Verify, _) => Failure::new(
            FailureKind::Step,
            format!("{what} ended with exit status {exit}: the host is not as it should be now."),
        )
        .remedy("Read the last lines, mend the cause on the host, then retry."),
        _ => Failure::new(FailureKind::Step, format!("{what} ended with exit status {exit}."))
            .remedy("Read the last lines, mend the cause on the host, then retry."),
    };
    let effect = match phase {
        Phase::Apply if exit == 124 || exit > 128 => Effect::Unknown,
        _ => effect(machine),
    };
    (Outcome::Failed, failure.at_step(name).effect(effect))
}

fn names(machine: &Machine, wanted: &[StepOutcome]) -> String {
    let names: Vec<String> = machine
        .tracks
        .iter()
        .take(machine.count())
        .enumerate()
        .filter(|(_, t)| wanted.contains(&t.outcome))
        .map(|(number, _)| machine.name(number))
        .collect();
    names.join(", ")
}

/// Which steps are done, which was under way, which were not begun.
fn evidence(machine: &Machine) -> String {
    use StepOutcome::{Already, Done, Failed, Running, Unknown, Waiting};
    let mut text = String::new();
    for (head, wanted) in [
        ("Done", [Done, Already].as_slice()),
        ("Begun, end not known", &[Running, Unknown]),
        ("Broken off", &[Failed]),
        ("Not begun", &[Waiting]),
    ] {
        let names = names(machine, wanted);
        if !names.is_empty() {
            text.push_str(&format!(" {head}: {names}."));
        }
    }
    text
}

/// The person cancelled.
pub(super) fn cancelled(machine: &Machine) -> Failure {
    let mut failure = Failure::new(
        FailureKind::Cancelled,
        format!("The operation was cancelled.{}", evidence(machine)),
    );
    // A step that was ended half-way may have done part of its work.
    let broken = machine.tracks.iter().any(|t| t.outcome == StepOutcome::Failed);
    let effect = if broken && machine.applied { Effect::Unknown } else { effect(machine) };
    failure.effect = Some(effect);
    failure.remedy = Some("Retry it when it is wanted after all.".to_owned());
    failure
}

/// The person cancelled, and the host did not say how the run ended.
pub(super) fn cancelled_unseen(machine: &Machine, why: &Failure) -> Failure {
    let mut failure = cancelled(machine);
    let why = why.message.trim_end_matches('.');
    failure.message.push_str(&format!(
        " How the run ended on the host is not known ({why}); what was begun may go on there."
    ));
    failure.remedy = Some("Look at the host, and retry it when it is wanted after all.".to_owned());
    failure
}

/// The run said its end, but a step has none.
pub(super) fn no_end(machine: &Machine, step: usize) -> Failure {
    let name = machine.name(step);
    Failure::new(
        FailureKind::Interrupted,
        format!("The run ended without an end of the step “{name}”.{}", evidence(machine)),
    )
    .at_step(name)
    .effect(Effect::Unknown)
    .remedy("See whether the host's disk is full, then retry: steps that are done are skipped.")
}

/// The run was lost; `why` says how.
pub(super) fn interrupted(machine: &Machine, why: Failure) -> Failure {
    let mut failure = why;
    failure.kind = FailureKind::Interrupted;
    failure.message.push_str(&evidence(machine));
    failure.effect = Some(if machine.tracks.iter().any(|t| t.begun) {
        Effect::Unknown
    } else {
        effect(machine)
    });
    failure.step = machine
        .tracks
        .iter()
        .position(|t| t.outcome == StepOutcome::Unknown)
        .map(|number| machine.name(number));
    failure.remedy.get_or_insert_with(|| {
        "Check the host and retry: steps that are done are skipped.".to_owned()
    });
    failure
}

/// What the end is after the way back was tried.
pub(super) fn after_undo(
    plan: &Plan,
    outcome: Outcome,
    mut failure: Failure,
    result: Result<(), Failure>,
) -> (Outcome, Failure) {
    match result {
        Ok(()) => {
            failure.kind = FailureKind::RolledBack;
            failure.effect = Some(Effect::Restored);
            failure.message.push_str(" The host has the old state again.");
            (Outcome::RolledBack, failure)
        }
        Err(undo) => {
            let deadline = plan.undo.as_ref().map_or(0, |u| u.deadline);
            failure.effect = Some(Effect::Unknown);
            failure.message.push_str(&format!(
                " Going back at once did not succeed ({}); the host does it by itself within \
                 {deadline} s of the change.",
                undo.message.trim_end_matches('.')
            ));
            (outcome, failure)
        }
    }
}

/// An event of the operation as its record stands.
pub(super) fn event(
    operation: &Operation,
    milestone: &str,
    details: Option<&str>,
    now: Time,
) -> Event {
    Event {
        operation: operation.id,
        number: u32::from(operation.progress.reached),
        server: operation.server,
        site: operation.site,
        package: operation.kind.clone(),
        action: operation.action,
        milestone: milestone.to_owned(),
        step: operation.progress.reached,
        of: operation.progress.of,
        progress: operation.progress.percent(),
        at: now,
        details: details.map(str::to_owned),
        error: None,
    }
}
