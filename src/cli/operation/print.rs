//! Operations, their steps and events as text and JSON.

use crate::cli::{Context, Halt, json, output, table};
use crate::domain::{Event, Operation, StepOutcome, StepRecord};
use crate::fleet::Explanation;

/// Operations that run inside one another are shown to this depth.
const DEEPEST: usize = 4;

pub(super) fn list(context: &mut Context) -> Result<u8, Halt> {
    let operations = context.fleet.operations(usize::MAX)?;
    context.mention_unfinished()?;
    if context.face.json {
        for operation in &operations {
            context.face.object(&json::OperationView::from(operation))?;
        }
        return Ok(0);
    }
    let servers = context.fleet.servers()?;
    let now = context.fleet.now();
    let rows: Vec<Vec<String>> = operations
        .iter()
        .map(|op| {
            let server = servers.iter().find(|s| s.id == op.server).map(|s| s.name.clone());
            vec![
                op.id.to_string(),
                op.what(),
                server.unwrap_or_else(|| op.server.to_string()),
                op.outcome.to_string(),
                format!("{}%", op.progress.percent()),
                table::time(op.created_at),
                op.waits_for
                    .clone()
                    .or_else(|| op.estimate(now).words())
                    .unwrap_or_else(|| table::error_cell(op.error.as_ref())),
            ]
        })
        .collect();
    let heads = ["id", "what", "server", "outcome", "done", "asked for", "why"];
    context.face.table(&heads, &rows, "There are no operations.")?;
    Ok(0)
}

/// The record without its steps.
pub(in crate::cli) fn brief(context: &mut Context, op: &Operation) -> Result<(), Halt> {
    if context.face.json {
        return Ok(context.face.object(&json::OperationView::from(op))?);
    }
    Ok(context.face.pairs(&pairs(op))?)
}

fn pairs(op: &Operation) -> Vec<(&'static str, String)> {
    let milestone = op.progress.milestone.as_deref().map(|m| format!(" ({m})")).unwrap_or_default();
    let mut pairs = vec![
        ("operation", op.id.to_string()),
        ("what", op.what()),
        ("server", op.server.to_string()),
        ("outcome", op.outcome.to_string()),
        ("progress", format!("{}%{milestone}", op.progress.percent())),
    ];
    let mut add = |name, value: Option<String>| pairs.extend(value.map(|value| (name, value)));
    add("resource", op.resource.map(|id| id.to_string()));
    add("repeats", op.retry_of.map(|id| id.to_string()));
    add("waits for", op.waits_for.clone());
    add("asked for", Some(table::time(op.created_at)));
    add("started", op.started_at.map(table::time));
    add("finished", op.finished_at.map(table::time));
    pairs
}

pub(super) fn whole(context: &mut Context, op: &Operation) -> Result<(), Halt> {
    brief(context, op)?;
    if context.face.json {
        return Ok(());
    }
    steps(context, op, 0)?;
    if let Some(error) = &op.error {
        context.face.line("")?;
        context.face.line(table::failure(error).trim_end())?;
    }
    Ok(())
}

/// The steps of an operation, and below each that is an operation of its own the steps of that one.
fn steps(context: &mut Context, op: &Operation, depth: usize) -> Result<(), Halt> {
    let (room, count) = ("    ".repeat(depth), op.steps.len());
    for (i, step) in op.steps.iter().enumerate() {
        context.face.line("")?;
        let head = table::one_line(&format!("step {}/{count}: {}", i + 1, step.name));
        context.face.line(&format!("{room}{head}"))?;
        context.face.line(&format!("{room}  {}", how(step)))?;
        for line in output::cleaned(step.text.as_bytes()).lines() {
            context.face.line(format!("{room}    {line}").trim_end())?;
        }
        let child = step.child.filter(|_| depth < DEEPEST);
        if let Some(Ok(child)) = child.map(|id| context.fleet.operation(id)) {
            context.face.line(&format!("{room}    operation {}: {}", child.id, child.outcome))?;
            steps(context, &child, depth + 1)?;
        }
    }
    Ok(())
}

fn how(step: &StepRecord) -> String {
    let outcome = match step.outcome {
        StepOutcome::Waiting => "not begun",
        StepOutcome::Running => "under way",
        StepOutcome::Already => "was so already",
        StepOutcome::Done => "done",
        StepOutcome::Failed => "failed",
        StepOutcome::Unknown => "its end is not known",
    };
    let mut text = format!("{outcome}, {}", if step.remote { "on the host" } else { "here" });
    if let Some(exit) = step.exit {
        text.push_str(&format!(", exit status {exit}"));
    }
    if let Some(millis) = step.millis {
        text.push_str(&format!(", {}.{:03} s", millis / 1000, millis % 1000));
    }
    if step.output > 0 {
        text.push_str(&format!(", {} bytes of output", step.output));
    }
    if step.dropped > 0 {
        text.push_str(&format!(" ({} more were not kept)", step.dropped));
    }
    text
}

pub(super) fn events(context: &mut Context, events: &[Event]) -> Result<(), Halt> {
    if context.face.json {
        for event in events {
            context.face.object(&json::EventView::from(event))?;
        }
        return Ok(());
    }
    let rows: Vec<Vec<String>> = events
        .iter()
        .map(|e| {
            vec![
                table::time(e.at),
                format!("{}/{}", e.step, e.of),
                format!("{}%", e.progress),
                e.milestone.clone(),
                e.details.clone().unwrap_or_else(|| table::error_cell(e.error.as_ref())),
            ]
        })
        .collect();
    let heads = ["at", "k/n", "done", "milestone", "details"];
    Ok(context.face.table(&heads, &rows, "No milestone was reached.")?)
}

/// A step, explained.
pub(super) fn explanation(context: &mut Context, explanation: &Explanation) -> Result<(), Halt> {
    if context.face.json {
        return Ok(context.face.object(explanation)?);
    }
    for (label, text) in explanation.lines(table::time) {
        let line = match (label, text.as_str()) {
            (label, "") => label.to_owned(),
            // A line to try by hand must stay as it is.
            ("", text) => format!("  {}", output::cleaned(text.as_bytes())),
            (label, text) => format!("{label:<9}  {}", table::one_line(text)),
        };
        context.face.line(line.trim_end())?;
    }
    Ok(())
}
