//! Several operations and what runs inside them, followed to their end: milestones on a terminal,
//! each line with its server's name, a child's below its parent's.

use std::collections::BTreeMap;

use tokio::signal::unix::{SignalKind, signal};

use super::{Context, Halt, table, watch};
use crate::domain::{ChangeKind, Operation, OperationId, Server};
use crate::fleet::{Notice, Scope};

/// A server and its operation.
pub(super) struct Begun {
    pub server: Server,
    pub operation: OperationId,
}

/// What was told of an operation.
struct Shown {
    server: usize,
    depth: usize,
    events: usize,
    waits_for: Option<String>,
}

pub(super) async fn follow(context: &mut Context, begun: &[Begun]) -> Result<(), Halt> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    // subscribed before the first read, so that no change falls between the two
    let mut changes = context.fleet.subscribe(Scope::All);
    let mut shown: BTreeMap<OperationId, Shown> = BTreeMap::new();
    for (server, one) in begun.iter().enumerate() {
        let first = Shown { server, depth: 0, events: 0, waits_for: None };
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
    let (server, depth) = (of.server, of.depth + 1);
    shown.entry(id).or_insert(Shown { server, depth, events: 0, waits_for: None });
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
    let room = "    ".repeat(shown.depth);
    if operation.waits_for != shown.waits_for {
        shown.waits_for.clone_from(&operation.waits_for);
        if let Some(why) = &operation.waits_for {
            context.face.note(&format!("{name}: {room}waits: {}", table::one_line(why)));
        }
    }
    let what = match shown.depth {
        0 => String::new(),
        _ => format!("{}: ", table::one_line(&operation.what())),
    };
    let events = context.fleet.events(operation.id)?;
    for event in events.iter().skip(shown.events).filter(|event| event.error.is_none()) {
        let details = event.details.as_deref().map(table::one_line).unwrap_or_default();
        let line = format!(
            "{name}: {room}{what}[{}/{}] {:>3}%  {}  {details}",
            event.step, event.of, event.progress, event.milestone
        );
        context.face.note(line.trim_end());
    }
    shown.events = events.len();
    Ok(())
}
