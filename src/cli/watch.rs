//! Waiting for operations: progress on a terminal, and letting go of them by ctrl-C.

use tokio::signal::unix::{SignalKind, signal};

use super::{Context, Halt, json, table};
use crate::domain::{
    ChangeKind, Estimate, Failure, FailureKind, Operation, OperationId, Outcome, StepOutcome,
};
use crate::fleet::{Notice, Scope};

/// Waits until the operation is over; tells its milestones where somebody looks on.
pub(super) async fn to_end(context: &mut Context, id: OperationId) -> Result<Operation, Halt> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    // subscribed before the first read, so that no change falls between the two
    let mut changes = context.fleet.subscribe(Scope::All);
    let text = id.to_string();
    let mut progress = Shown { events: 0, estimated: Estimate::Unknown, waits_for: None };
    loop {
        let operation = context.fleet.operation(id)?;
        if context.face.err_is_terminal {
            progress.tell(context, &operation)?;
        }
        if operation.outcome.is_end() {
            return Ok(operation);
        }
        let slower =
            operation.slower_at(context.fleet.now()).filter(|_| context.face.err_is_terminal);
        let wait = slower.map(|at| at.duration_since(context.fleet.now()).unsigned_abs());
        let alarm = tokio::time::sleep(wait.unwrap_or_default());
        let mut alarm = std::pin::pin!(alarm);
        loop {
            let notice = tokio::select! {
                _ = interrupt.recv() => return Err(detached(context, &[id])),
                notice = changes.next() => notice,
                () = &mut alarm, if wait.is_some() => break,
            };
            match notice {
                Some(Notice::Change(change)) => {
                    if change.kind == ChangeKind::Operation && change.id == text {
                        break;
                    }
                }
                Some(Notice::Unlocked) => {}
                Some(Notice::Lost(_)) => break,
                Some(Notice::Handed(handed)) => {
                    if !context.fleet.operation(id)?.outcome.is_end() {
                        context.handed(handed).await?;
                    }
                    break;
                }
                None => return Err(context.fleet.over().into()),
            }
        }
    }
}

/// What of an operation's progress was told.
#[derive(Debug)]
struct Shown {
    events: usize,
    estimated: Estimate,
    waits_for: Option<String>,
}

impl Shown {
    fn tell(&mut self, context: &mut Context, operation: &Operation) -> Result<(), Halt> {
        if operation.waits_for != self.waits_for {
            self.waits_for.clone_from(&operation.waits_for);
            if let Some(why) = &operation.waits_for {
                context.face.note(&format!("{}: waits for {}", operation.id, table::one_line(why)));
            }
        }
        let events = context.fleet.events(operation.id)?;
        for event in events.iter().skip(self.events).filter(|event| event.error.is_none()) {
            let details = event.details.as_deref().map(table::one_line).unwrap_or_default();
            let mut line = format!(
                "[{}/{}] {:>3}%  {}  {details}",
                event.step, event.of, event.progress, event.milestone
            );
            line.truncate(line.trim_end().len());
            self.estimated = Estimate::Unknown;
            context.face.note(&line);
        }
        self.events = events.len();
        self.estimate(context, operation);
        Ok(())
    }
}

impl Shown {
    /// Says how long it may still take, after each milestone, and once that it takes longer.
    fn estimate(&mut self, context: &mut Context, operation: &Operation) {
        let estimate = operation.estimate(context.fleet.now());
        let words = match estimate {
            Estimate::Left(_) if self.estimated == Estimate::Unknown => estimate.words(),
            Estimate::Slower if self.estimated != Estimate::Slower => estimate.words(),
            _ => None,
        };
        let Some(words) = words else { return };
        self.estimated = estimate;
        let towards = operation.towards().map(|to| format!("{to}: ")).unwrap_or_default();
        context.face.note(&format!("       {towards}{words}"));
    }
}

/// Lets go of operations that are not over: their records are printed as they are.
pub(super) fn detached(context: &mut Context, ids: &[OperationId]) -> Halt {
    let mut tell = || -> Result<(), Halt> {
        // nobody works on these, whoever has the store
        let left: Vec<OperationId> =
            context.fleet.unfinished_operations()?.iter().map(|operation| operation.id).collect();
        for id in ids {
            let operation = context.fleet.operation(*id)?;
            if context.face.json {
                context.face.object(&json::OperationView::from(&operation))?;
            } else {
                context.face.line(&format!("{id}  {}", operation.outcome))?;
            }
            let goes_on = match context.fleet.holder() {
                Some(pid) if !left.contains(id) => {
                    format!("it goes on in the brokeforge that has the store open (pid {pid})")
                }
                _ => {
                    "what has begun on the host goes on there, and the screen or the next command \
                      that changes something takes it up"
                        .to_owned()
                }
            };
            context.face.note(&format!(
                "Detached. Operation {id} is not over: {goes_on}. To stop it: \
                 brokeforge operation cancel {id}"
            ));
        }
        context.face.flush()?;
        Ok(())
    };
    match tell() {
        Ok(()) => Halt::Ended(0),
        Err(halt) => halt,
    }
}

/// The exit code of an operation that is over.
pub(super) fn code(operation: &Operation) -> u8 {
    match (&operation.outcome, &operation.error) {
        (Outcome::Done, _) => 0,
        (_, Some(error))
            if matches!(
                error.kind,
                FailureKind::Unreachable | FailureKind::NotLoggedIn | FailureKind::HostKey
            ) =>
        {
            error.kind.exit_code()
        }
        _ => 1,
    }
}

/// The exit code of several operations: a refused host key goes before what was not reached, and
/// that before what failed.
pub(super) fn worst(codes: impl IntoIterator<Item = u8>) -> u8 {
    codes
        .into_iter()
        .max_by_key(|code| match code {
            0 => 0,
            1 => 1,
            3 => 2,
            4 => 3,
            _ => 4,
        })
        .unwrap_or(0)
}

/// Tells why an operation did not succeed, or that it found nothing to do.
pub(super) fn tell(context: &mut Context, operation: &Operation) {
    if operation.outcome == Outcome::Done {
        let mut remote = operation.steps.iter().filter(|step| step.remote).peekable();
        if remote.peek().is_some() && remote.all(|step| step.outcome == StepOutcome::Already) {
            context.face.note("Everything was so already; nothing was changed on the host.");
        }
        return;
    }
    let failure = operation.error.clone().unwrap_or_else(|| {
        Failure::new(
            FailureKind::Interrupted,
            format!("Operation {} is {}.", operation.id, operation.outcome),
        )
    });
    context.face.tell_failure(&failure);
    if !context.face.json {
        context.face.note(&format!("  again: brokeforge operation retry {}", operation.id));
    }
}

#[cfg(test)]
mod tests {
    use super::worst;

    #[test]
    fn three_and_four_go_before_one() {
        for (codes, one) in
            [(vec![], 0), (vec![0, 0], 0), (vec![0, 1], 1), (vec![1, 3, 0], 3), (vec![3, 4, 1], 4)]
        {
            assert_eq!(worst(codes.clone()), one, "{codes:?}");
        }
    }
}
