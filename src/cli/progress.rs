//! Several operations and what runs inside them, followed to their end: milestones on a terminal,
//! each line with its server's name and how far the whole of that is, a child's below its parent's.

use std::collections::BTreeMap;

use tokio::signal::unix::{SignalKind, signal};
use unicode_width::UnicodeWidthStr;

use super::{Context, Halt, table, watch};
use crate::domain::{ChangeKind, Estimate, Event, Failure, Operation, OperationId, Server};
use crate::fleet::{Notice, Scope};

/// Of so many servers at once each milestone of what runs inside is told, of more only those of the
/// whole.
const CLOSELY: usize = 3;

/// A server and its operation.
pub(super) struct Begun {
    pub server: Server,
    pub operation: OperationId,
}

/// An operation and those inside it, as they are now.
pub(super) type Family = BTreeMap<OperationId, Operation>;

/// The operations inside one.
pub(super) fn family(context: &Context, operation: &Operation) -> Family {
    let mut family = Family::new();
    let mut open: Vec<OperationId> = operation.steps.iter().filter_map(|s| s.child).collect();
    while let Some(id) = open.pop() {
        // one that is gone is not shown; that it was done its parent's step says
        let Ok(child) = context.fleet.operation(id) else { continue };
        open.extend(child.steps.iter().filter_map(|step| step.child));
        family.insert(id, child);
    }
    family
}

/// What was told of an operation.
struct Shown {
    server: usize,
    /// The operation that was begun, which it is or is inside of.
    whole: OperationId,
    depth: usize,
    events: usize,
    waits_for: Option<String>,
}

/// Follows one to its end.
pub(super) async fn to_end(
    context: &mut Context,
    server: &Server,
    operation: OperationId,
) -> Result<Operation, Halt> {
    follow(context, &[Begun { server: server.clone(), operation }]).await?;
    Ok(context.fleet.operation(operation)?)
}

pub(super) async fn follow(context: &mut Context, begun: &[Begun]) -> Result<(), Halt> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    // subscribed before the first read, so that no change falls between the two
    let mut changes = context.fleet.subscribe(Scope::All);
    let mut shown: BTreeMap<OperationId, Shown> = BTreeMap::new();
    for (server, one) in begun.iter().enumerate() {
        let whole = one.operation;
        let first = Shown { server, whole, depth: 0, events: 0, waits_for: None };
        shown.insert(one.operation, first);
    }
    let mut open: Vec<OperationId> = begun.iter().map(|one| one.operation).collect();
    // A record with many steps is not read because of another one's change.
    let mut changed = open.clone();
    loop {
        for id in changed {
            let operation = context.fleet.operation(id)?;
            if operation.outcome.is_end() {
                open.retain(|other| *other != id);
            }
            if context.face.err_is_terminal {
                tell_all(context, begun, &mut shown, &operation)?;
            }
        }
        if open.is_empty() {
            return Ok(());
        }
        changed = loop {
            let notice = tokio::select! {
                _ = interrupt.recv() => return Err(watch::detached(context, &open)),
                notice = changes.next() => notice,
            };
            match notice {
                Some(Notice::Change(change)) if change.kind == ChangeKind::Operation => {
                    let Ok(id) = change.id.parse::<OperationId>() else { continue };
                    if open.contains(&id) {
                        break vec![id];
                    }
                    if context.face.err_is_terminal {
                        one(context, begun, &mut shown, id)?;
                    }
                }
                Some(Notice::Change(_) | Notice::Unlocked) => {}
                Some(Notice::Lost(_)) => break open.clone(),
                Some(Notice::Handed(handed)) => {
                    context.handed(handed).await?;
                    break open.clone();
                }
                None => return Err(context.fleet.over().into()),
            }
        };
    }
}

/// A change of an operation that is none of those that were begun: perhaps of a child.
fn one(
    context: &mut Context,
    begun: &[Begun],
    shown: &mut BTreeMap<OperationId, Shown>,
    id: OperationId,
) -> Result<(), Halt> {
    let Ok(operation) = context.fleet.operation(id) else { return Ok(()) };
    let Some(of) = operation.parent.and_then(|parent| shown.get(&parent)) else { return Ok(()) };
    let (server, whole, depth) = (of.server, of.whole, of.depth + 1);
    shown.entry(id).or_insert(Shown { server, whole, depth, events: 0, waits_for: None });
    tell_all(context, begun, shown, &operation)
}

fn tell_all(
    context: &mut Context,
    begun: &[Begun],
    shown: &mut BTreeMap<OperationId, Shown>,
    operation: &Operation,
) -> Result<(), Halt> {
    let Some(shown) = shown.get_mut(&operation.id) else { return Ok(()) };
    let name = begun.get(shown.server).map(|one| one.server.name.as_str()).unwrap_or_default();
    let widest = begun.iter().map(|one| one.server.name.width()).max().unwrap_or(0);
    let name = format!("{name}{}", " ".repeat(widest.saturating_sub(name.width())));
    let room = "    ".repeat(shown.depth);
    if operation.waits_for != shown.waits_for {
        shown.waits_for.clone_from(&operation.waits_for);
        if let Some(why) = &operation.waits_for {
            context.face.note(&format!("{name}  {room}waits for {}", table::one_line(why)));
        }
    }
    if shown.depth > 0 && begun.len() > CLOSELY {
        return Ok(());
    }
    let what = match shown.depth {
        0 => String::new(),
        _ => format!("{}: ", table::one_line(&operation.what())),
    };
    let events = context.fleet.events(operation.id)?;
    let new: Vec<&Event> =
        events.iter().skip(shown.events).filter(|event| event.error.is_none()).collect();
    let far = match new.is_empty() {
        true => 0,
        false => percent(context, shown.whole)?,
    };
    let left = match operation.estimate(context.fleet.now()) {
        Estimate::Left(millis) if shown.depth == 0 => Estimate::Left(millis).words(),
        _ => None,
    };
    let last = new.len().saturating_sub(1);
    for (number, event) in new.into_iter().enumerate() {
        let details = event.details.as_deref().map(table::one_line).unwrap_or_default();
        let (step, of, milestone) = (event.step, event.of, &event.milestone);
        let left = left.iter().filter(|_| number == last).map(|left| format!("  ({left} left)"));
        let left: String = left.collect();
        let line =
            format!("{name} {far:>3}%  {room}{what}[{step}/{of}] {milestone}  {details}{left}");
        context.face.note(line.trim_end());
    }
    shown.events = events.len();
    Ok(())
}

fn percent(context: &Context, whole: OperationId) -> Result<u8, Failure> {
    let operation = context.fleet.operation(whole)?;
    let family = family(context, &operation);
    Ok(operation.whole(&|id| family.get(&id)).percent())
}
