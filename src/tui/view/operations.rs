//! The operations: the list.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::paper::{self, plain};
use super::{Draw, Look, columns, list, operation};
use crate::domain::{Estimate, Operation, Outcome};
use crate::tui::list::{Column, Key};
use crate::tui::moment;
use crate::tui::pane::operations::{Operations, title};
use crate::tui::shared::Shared;
use crate::tui::style::{self, Tone};

/// What is shown of an operation, and filtered by.
pub const COLUMNS: &[Column<Operation>] = &[
    Column::new(&["asked"], "asked", (9, 0, 1), |operation: &Operation, shared| {
        (Tone::Dim, shared.clock(operation.created_at))
    })
    .by(|operation| Key::time(Some(operation.created_at))),
    Column::new(&["operation"], "operation", (26, 4, 0), |operation: &Operation, shared| {
        let inside = if operation.parent.is_some() { "… " } else { "" };
        (Tone::Plain, format!("{inside}{}", title(operation, shared)))
    }),
    Column::new(&["outcome", "status"], "outcome", (13, 0, 0), |operation: &Operation, _| {
        let (sign, word, tone) = style::outcome(operation.outcome);
        (tone, format!("{sign} {word}"))
    })
    .by(|operation| Key::text(operation.outcome.as_str())),
    Column::new(&["far"], "how far", (16, 3, 0), |operation: &Operation, shared| {
        how_far(operation, shared)
    }),
    Column::new(&["took"], "took", (12, 0, 2), |operation: &Operation, _| {
        (Tone::Dim, took(operation))
    })
    .by(|operation| match (operation.started_at, operation.finished_at) {
        (Some(from), Some(to)) => Key::Number(moment::between(from, to).into()),
        _ => Key::Number(0),
    }),
    Column::unseen(&["server"], |operation: &Operation, shared| {
        (Tone::Plain, shared.server_name(operation.server))
    }),
    Column::unseen(&["tag", "tags"], |operation: &Operation, shared| {
        let row = shared.server(operation.server);
        let tags = row.iter().flat_map(|row| row.server.tags.iter().map(String::as_str));
        (Tone::Plain, tags.collect::<Vec<_>>().join(" "))
    }),
];

impl Draw for Operations {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
        let [left, right, beside] = columns(area, self.open.is_some(), look);
        if let Some(area) = left {
            let look = Look { focused: look.focused && self.open.is_none(), ..*look };
            draw_list(self, frame, area, &look);
        }
        if let Some(area) = right {
            let look = Look { focused: look.focused && self.open.is_some(), ..*look };
            operation::draw(self, frame, area, &look);
        }
        if let Some(area) = beside {
            operation::draw_step_text(self, frame, area, &Look { focused: false, ..*look });
        }
    }
}

fn draw_list(pane: &Operations, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
    let all = look.shared.operations.as_deref().unwrap_or_default();
    let (running, waiting) = look.shared.busy();
    let title = pane.list.title(&format!("operations · {running} running · {waiting} waiting"));
    let inside = paper::frame(frame, area, &title, "", look);
    if all.is_empty() {
        let text = match look.shared.operations {
            Some(_) => "Nothing was done yet. What you ask for is listed here, newest first.",
            None => "Reading …",
        };
        paper::lines(frame, inside, &[plain(Tone::Dim, text)], 0, look);
        return;
    }
    list::draw(&pane.list, all, frame, inside, look);
}

/// How far it is, or why it is not further.
pub(super) fn how_far(operation: &Operation, shared: &Shared) -> (Tone, String) {
    let find = |id| shared.operation(id);
    match operation.outcome {
        Outcome::Waiting => {
            let whom = operation.waits_for.as_deref().unwrap_or("its turn");
            (Tone::Busy, format!("waits for {whom}"))
        }
        Outcome::Running if operation.cancel => (Tone::Warn, "is being cancelled".to_owned()),
        Outcome::Running => {
            let percent = format!("{:>3} %", operation.whole(&find).percent());
            if let Some(whom) = operation.awaits(&find) {
                return (Tone::Busy, format!("{percent} waits for {whom}"));
            }
            let way = operation.way(&find);
            let towards = if way.is_empty() { "begins".to_owned() } else { way.join(" · ") };
            let estimate = operation.estimate(shared.now.time);
            let text = match (estimate.words(), estimate) {
                (Some(slower), Estimate::Slower) => format!("{slower} · {towards}"),
                (Some(about), _) => format!("{percent} {about} · {towards}"),
                (None, _) => format!("{percent} {towards}"),
            };
            (Tone::Busy, text)
        }
        Outcome::Done => (Tone::Plain, String::new()),
        _ => {
            let why = operation.error.as_ref().map(|error| error.message.clone());
            (Tone::Bad, why.unwrap_or_default())
        }
    }
}

fn took(operation: &Operation) -> String {
    match (operation.started_at, operation.finished_at) {
        (Some(from), Some(to)) => moment::length(moment::between(from, to)),
        _ => String::new(),
    }
}
