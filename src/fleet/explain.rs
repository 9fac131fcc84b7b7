//! Explains a step: what ran where, how it ended and what is known, what it said last, how to try
//! it by hand, and when it failed before.

use serde::{Deserialize, Serialize};

use crate::domain::{
    Effect, Operation, OperationId, Outcome, StepOutcome, StepRecord, Time,
    clean::{clean_line, clean_lines},
    eta,
};

use super::{Local, Result, records::not_found};

mod by_hand;
mod words;

pub use by_hand::ByHand;

/// Operations that are looked through for earlier failures, the newest first.
const LOOKED_THROUGH: usize = 2_000;
/// Earlier failures that are told.
const TOLD: usize = 5;
const LAST_LINES: usize = 20;

/// A step, explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// The operation.
    pub operation: OperationId,
    /// What it does.
    pub what: String,
    /// Its outcome.
    pub outcome: Outcome,
    /// The step's number, from 1; none when the operation has no steps.
    pub number: Option<usize>,
    /// The step's name.
    pub step: Option<String>,
    /// How it went.
    pub went: Option<StepOutcome>,
    /// `name (address:port)`.
    pub host: String,
    /// The user it ran as; none for what is done here.
    pub user: Option<String>,
    /// What ran, as it was sent, secrets masked.
    pub text: String,
    /// The exit status of its last phase.
    pub exit: Option<i32>,
    /// How long it took.
    pub millis: Option<u64>,
    /// What usual runs of it take.
    pub usual: Option<u64>,
    /// What failed and why.
    pub message: Option<String>,
    /// What is known about the effect.
    pub effect: Option<Effect>,
    /// What to try.
    pub remedy: Option<String>,
    /// The last lines of its output.
    pub lines: Vec<String>,
    /// How to try it by hand.
    pub by_hand: Option<ByHand>,
    /// When the same step failed before, the latest first.
    pub earlier: Vec<Earlier>,
}

/// An earlier failure of the same step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earlier {
    /// The operation.
    pub operation: OperationId,
    /// The server's name.
    pub server: String,
    /// When.
    pub at: Time,
    /// Whether it failed the same way: the same sort of failure and exit status.
    pub same: bool,
    /// Its exit status.
    pub exit: Option<i32>,
    /// How its retry ended, and so many milliseconds later.
    pub retry: Option<(Outcome, u64)>,
}

impl Local {
    pub(super) fn explain(&self, id: OperationId, step: Option<usize>) -> Result<Explanation> {
        let operation = self.operation(id)?;
        let number = step.or_else(|| telling(&operation));
        let record = number.and_then(|number| operation.steps.get(number));
        if let (Some(number), None) = (step, record) {
            let remedy = format!("`brokeforge operation show {id}` lists its steps.");
            return Err(not_found("step", &(number + 1).to_string(), &remedy));
        }
        let server = self.server(operation.server).ok();
        let package = crate::packages::find(&operation.kind);
        let user = package.map_or("root", |package| package.user());
        let error = operation.error.as_ref();
        // Of a failure that names another step, nothing belongs to this one.
        let error = error.filter(|error| match (&error.step, record) {
            (Some(at), Some(record)) => *at == record.name || step.is_none(),
            _ => true,
        });
        let lines = match error.filter(|error| !error.lines.is_empty()) {
            Some(error) => error.lines.clone(),
            None => number.map(|number| self.last_lines(id, number)).unwrap_or_default(),
        };
        let remote = record.filter(|record| record.remote);
        let by_hand = remote.zip(server.as_ref());
        Ok(Explanation {
            operation: id,
            what: operation.what(),
            outcome: operation.outcome,
            number: record.and(number).map(|number| number + 1),
            step: record.map(|record| record.name.clone()),
            went: record.map(|record| record.outcome),
            host: match &server {
                Some(server) => server.place(),
                None => format!("{}, a server that is gone", operation.server),
            },
            user: remote.map(|_| user.to_owned()),
            text: record.map(|record| record.text.clone()).unwrap_or_default(),
            exit: record.and_then(|record| record.exit),
            millis: record.and_then(|record| record.millis),
            usual: record.and_then(|record| eta::median_of(&record.past)),
            message: error.map(|error| error.message.clone()),
            effect: error.and_then(|error| error.effect),
            remedy: error.and_then(|error| error.remedy.clone()),
            lines,
            by_hand: by_hand.and_then(|(step, server)| by_hand::line(server, user, id, step)),
            earlier: match record {
                Some(record) => self.earlier(&operation, record)?,
                None => Vec::new(),
            },
        })
    }

    fn last_lines(&self, id: OperationId, step: usize) -> Vec<String> {
        // What cannot be read is not there; the explanation stands without it.
        let pieces = self.inner.operations.output(id, step).unwrap_or_default();
        let text: String = pieces.iter().map(|(_, bytes)| clean_lines(bytes)).collect();
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let last = lines.get(lines.len().saturating_sub(LAST_LINES)..).unwrap_or_default();
        last.iter().map(|line| clean_line(line, 300)).collect()
    }

    fn earlier(&self, operation: &Operation, step: &StepRecord) -> Result<Vec<Earlier>> {
        let sort = eta::sort_of(&step.name);
        let kind = operation.error.as_ref().map(|error| error.kind);
        let all = self.operations(LOOKED_THROUGH)?;
        let mut told = Vec::new();
        for before in all.iter().filter(|o| o.id < operation.id && o.kind == operation.kind) {
            let failed = before.steps.iter().find(|s| {
                matches!(s.outcome, StepOutcome::Failed | StepOutcome::Unknown)
                    && eta::sort_of(&s.name) == sort
            });
            let Some(failed) = failed else { continue };
            let at = before.finished_at.unwrap_or(before.created_at);
            let server = self.server(before.server).map(|server| server.name);
            let retry = all.iter().rfind(|o| o.retry_of == Some(before.id) && o.outcome.is_end());
            told.push(Earlier {
                operation: before.id,
                server: server.unwrap_or_else(|_| "a server that is gone".to_owned()),
                at,
                same: failed.exit == step.exit
                    && before.error.as_ref().map(|error| error.kind) == kind,
                exit: failed.exit,
                retry: retry.map(|o| {
                    let later = o.finished_at.unwrap_or(o.created_at).duration_since(at);
                    (o.outcome, u64::try_from(later.as_millis()).unwrap_or(0))
                }),
            });
            if told.len() == TOLD {
                break;
            }
        }
        Ok(told)
    }
}

/// The step that says most about an operation.
fn telling(operation: &Operation) -> Option<usize> {
    use StepOutcome::{Failed, Running, Unknown, Waiting};
    let at = |wanted: &[StepOutcome]| {
        operation.steps.iter().position(|step| wanted.contains(&step.outcome))
    };
    let begun = operation.steps.iter().rposition(|step| step.outcome != Waiting);
    at(&[Failed, Unknown]).or_else(|| at(&[Running])).or(begun)
}

#[cfg(test)]
mod tests;
