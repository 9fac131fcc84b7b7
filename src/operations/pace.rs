//! How long steps take, learned from those that are done and told to those that are planned.

use super::Rooms;
use crate::domain::{Effect, Failure, Operation, Outcome, Pace, StepOutcome, StepRecord, eta};
use crate::store::{Batch, Expected};

fn of(rooms: &Rooms, operation: &Operation, step: &str) -> Result<Option<Pace>, Failure> {
    let Some(step) = eta::sort_of(step) else { return Ok(None) };
    let key = (operation.kind.clone(), operation.action, step.clone());
    let known = rooms.store.get::<Pace>(&key)?.map(|stored| stored.record);
    let (kind, action) = (operation.kind.clone(), operation.action);
    Ok(Some(known.unwrap_or(Pace { kind, action, step, millis: Vec::new() })))
}

/// Tells the steps of an operation that was just planned how long they took before, and whether
/// what it repeats had done them.
pub(super) fn tell(rooms: &Rooms, operation: &mut Operation) -> Result<(), Failure> {
    let had = done_before(rooms, operation)?;
    for number in 0..operation.steps.len() {
        let Some(step) = operation.steps.get(number) else { break };
        let past = of(rooms, operation, &step.name)?.map(|pace| pace.millis).unwrap_or_default();
        if let Some(step) = operation.steps.get_mut(number) {
            step.past = past;
            step.had = had.contains(&step.name);
        }
    }
    Ok(())
}

/// The steps that the operation which this one repeats had done; none when that was taken back.
fn done_before(rooms: &Rooms, operation: &Operation) -> Result<Vec<String>, Failure> {
    let before = operation.retry_of.map(|id| rooms.store.get::<Operation>(&id)).transpose()?;
    let Some(before) = before.flatten().map(|stored| stored.record) else { return Ok(Vec::new()) };
    let effect = before.error.as_ref().and_then(|error| error.effect);
    if before.outcome == Outcome::RolledBack || effect == Some(Effect::Restored) {
        return Ok(Vec::new());
    }
    let done = |step: &StepRecord| matches!(step.outcome, StepOutcome::Done | StepOutcome::Already);
    Ok(before.steps.into_iter().filter(done).map(|step| step.name).collect())
}

/// Learns from the steps that an operation did. Those that found all done say nothing about the
/// work; a duration lost to an operation that ended in the same moment is no loss.
pub(super) fn learn(
    rooms: &Rooms,
    operation: &Operation,
    batch: &mut Batch,
) -> Result<(), Failure> {
    let mut paces: Vec<Pace> = Vec::new();
    for step in operation.steps.iter().filter(|step| step.outcome == StepOutcome::Done) {
        let (Some(millis), Some(fresh)) = (step.millis, of(rooms, operation, &step.name)?) else {
            continue;
        };
        match paces.iter_mut().find(|pace| pace.step == fresh.step) {
            Some(pace) => pace.add(millis),
            None => {
                let mut pace = fresh;
                pace.add(millis);
                paces.push(pace);
            }
        }
    }
    for pace in &paces {
        batch.put(pace, Expected::Anything);
    }
    Ok(())
}
