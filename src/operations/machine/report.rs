//! Brings the operation's record up to what the machine knows: steps, progress, milestones.

use crate::domain::{Event, Operation, Progress, StepOutcome, StepRecord, Time};
use crate::packages::Step;

use super::{Machine, Track, words};
use crate::operations::protocol::step_text;

impl Machine {
    /// Milestones whose steps, and those of all before them, are done.
    fn reached(&self) -> usize {
        let mut number = 0;
        let done = self.plan.milestones.iter().take_while(|m| {
            let from = number;
            number += m.steps.len();
            (from..number).all(|n| self.tracks.get(n).is_some_and(Track::is_good))
        });
        let all = done.count();
        // The last one is reached with the end of the operation itself.
        all.min(self.plan.milestones.len().saturating_sub(1))
    }

    /// Brings the record up to what is known now; answers the milestones that are new
    /// with it; the last one comes with the end.
    pub fn write(&self, operation: &mut Operation, now: Time) -> Vec<Event> {
        let of = u16::try_from(self.plan.milestones.len()).unwrap_or(u16::MAX);
        self.write_steps(operation, now);
        let reached = self.reached();
        let first = usize::from(operation.progress.reached);
        let mut events = Vec::new();
        for (number, milestone) in self.plan.milestones.iter().enumerate().take(reached).skip(first)
        {
            let step = u16::try_from(number + 1).unwrap_or(u16::MAX);
            operation.progress =
                Progress { milestone: Some(milestone.key.clone()), reached: step, of };
            events.push(words::event(operation, &milestone.key, Some(&milestone.label), now));
        }
        operation.progress.of = of;
        operation.error = self.verdict.as_ref().map(|(_, failure)| failure.clone());
        events
    }

    fn write_steps(&self, operation: &mut Operation, now: Time) {
        if operation.steps.is_empty() {
            operation.steps = self
                .plan
                .steps()
                .map(|(m, step)| {
                    let milestone = self.plan.milestones.get(m);
                    let words = milestone.map(|m| (m.key.as_str(), m.label.as_str()));
                    record(step, words.unwrap_or_default())
                })
                .collect();
        }
        if self.undoing
            && operation.steps.len() == self.count()
            && let Some(undo) = &self.plan.undo
        {
            operation.steps.push(record(&Step::Remote(undo.step.clone()), ("undo", "Put back")));
        }
        for (record, track) in operation.steps.iter_mut().zip(&self.tracks) {
            record.outcome = track.outcome;
            record.exit = track.exit;
            if track.outcome != StepOutcome::Waiting && record.started_at.is_none() {
                record.started_at = Some(now);
            }
            if record.remote {
                record.millis = track.millis;
            } else if !matches!(track.outcome, StepOutcome::Waiting | StepOutcome::Running) {
                // The host does not time what is done here.
                let took = record.started_at.map(|from| now.duration_since(from).as_millis());
                record.millis = record.millis.or(took.and_then(|took| u64::try_from(took).ok()));
            }
        }
    }
}

fn record(step: &Step, (milestone, label): (&str, &str)) -> StepRecord {
    StepRecord {
        name: step.name().to_owned(),
        milestone: milestone.to_owned(),
        label: label.to_owned(),
        text: step_text(step),
        remote: matches!(step, Step::Remote(_)),
        outcome: StepOutcome::Waiting,
        exit: None,
        started_at: None,
        millis: None,
        past: Vec::new(),
        had: false,
        output: 0,
        dropped: 0,
        digest: None,
        inside: step.is_child().then_some(0),
        child: None,
    }
}
