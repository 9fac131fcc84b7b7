//! Operations, their steps and events as text and JSON.

use crate::cli::{Context, Halt, json, output, progress, table};
use crate::domain::tree::{self, Branch};
use crate::domain::{Event, Operation, StepOutcome, StepRecord, eta};
use crate::fleet::Explanation;

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
    let by_id: progress::Family = operations.iter().map(|op| (op.id, op.clone())).collect();
    let find = |id| by_id.get(&id);
    let rows: Vec<Vec<String>> = tree::listed(&operations)
        .into_iter()
        .map(|(op, depth)| {
            let server = servers.iter().find(|s| s.id == op.server).map(|s| s.name.clone());
            vec![
                op.id.to_string(),
                format!("{}{}", "  ".repeat(depth), op.what()),
                server.unwrap_or_else(|| op.server.to_string()),
                op.outcome.to_string(),
                format!("{}%", op.whole(&find).percent()),
                table::time(op.created_at),
                op.awaits(&find)
                    .map(|whom| format!("waits for {whom}"))
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
    let pairs = pairs(op, &progress::family(context, op));
    Ok(context.face.pairs(&pairs)?)
}

fn pairs(op: &Operation, family: &progress::Family) -> Vec<(&'static str, String)> {
    let whole = op.whole(&|id| family.get(&id));
    let far = match (op.has_others_inside(), &whole.milestone) {
        (true, _) => format!(", {} of {} milestones", whole.reached, whole.of),
        (false, Some(milestone)) => format!(" ({milestone})"),
        (false, None) => String::new(),
    };
    let mut pairs = vec![
        ("operation", op.id.to_string()),
        ("what", op.what()),
        ("server", op.server.to_string()),
        ("outcome", op.outcome.to_string()),
        ("progress", format!("{}%{far}", whole.percent())),
    ];
    let mut add = |name, value: Option<String>| pairs.extend(value.map(|value| (name, value)));
    add("resource", op.resource.map(|id| id.to_string()));
    add("inside", op.parent.map(|id| id.to_string()));
    add("repeats", op.retry_of.map(|id| id.to_string()));
    add("waits for", op.awaits(&|id| family.get(&id)).map(str::to_owned));
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
    match op.has_others_inside() {
        true => inside(context, op)?,
        false => steps(context, op)?,
    }
    if let Some(error) = &op.error {
        context.face.line("")?;
        context.face.line(table::failure(error).trim_end())?;
    }
    Ok(())
}

/// The milestones as a tree, with those of each operation inside; what went well is folded there.
fn inside(context: &mut Context, op: &Operation) -> Result<(), Halt> {
    let family = progress::family(context, op);
    let ids: Vec<_> = op.steps.iter().filter_map(|step| step.child).collect();
    let find = |id| family.get(&id);
    let rows = tree::tree(op, &find, &|place, outcome| {
        let is_child = |step: &StepRecord| step.child.is_some_and(|id| ids.contains(&id));
        let own = place.operation == op.id && op.steps.get(place.step()).is_some_and(is_child);
        own || tree::opens(outcome)
    });
    let rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
    context.face.line("")?;
    context.face.table(&["milestone", "outcome", "took", "operation"], &rows, "")?;
    context.face.line("")?;
    let hint =
        "`brokeforge operation show ID` with one of these tells its steps as they were sent.";
    Ok(context.face.line(hint)?)
}

fn cells(row: &Branch<'_>) -> Vec<String> {
    vec![
        format!("{}{}", "  ".repeat(row.depth), row.label),
        word(row.outcome).to_owned(),
        row.millis().map(eta::length).unwrap_or_default(),
        row.child.map(|child| child.id.to_string()).unwrap_or_default(),
    ]
}

/// The steps of an operation as they were sent.
fn steps(context: &mut Context, op: &Operation) -> Result<(), Halt> {
    let count = op.steps.len();
    for (i, step) in op.steps.iter().enumerate() {
        context.face.line("")?;
        let head = table::one_line(&format!("step {}/{count}: {}", i + 1, step.name));
        context.face.line(&head)?;
        context.face.line(&format!("  {}", how(step)))?;
        for line in output::cleaned(step.text.as_bytes()).lines() {
            context.face.line(format!("    {line}").trim_end())?;
        }
    }
    Ok(())
}

fn word(outcome: StepOutcome) -> &'static str {
    match outcome {
        StepOutcome::Waiting => "not begun",
        StepOutcome::Running => "under way",
        StepOutcome::Already => "was so already",
        StepOutcome::Done => "done",
        StepOutcome::Failed => "failed",
        StepOutcome::Unknown => "its end is not known",
    }
}

fn how(step: &StepRecord) -> String {
    let mut text =
        format!("{}, {}", word(step.outcome), if step.remote { "on the host" } else { "here" });
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
