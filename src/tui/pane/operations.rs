//! The operations: what runs, what waits and for whom, what is done; and one of them in full.

use std::time::Duration;

use super::{Pane, When};
use crate::domain::tree::Branch;
use crate::domain::{
    Change, ChangeKind, Estimate, Event as Milestone, Operation, OperationId, Outcome,
};
use crate::fleet::Target;
use crate::tui::command::{Id, Motion};
use crate::tui::effect::{Act, Answer, Data, Done, Effect, Load, Ticket};
use crate::tui::layer::{ask::Ask, confirm::Confirm, log::Log, reader::Reader};
use crate::tui::list::{Deed, Item, List, Listing, Sort, names};
use crate::tui::shared::{Context, Shared};
use crate::tui::sight::Value;
use crate::tui::style::Tone;
use crate::tui::transcript::Transcript;
use crate::tui::view::operations::COLUMNS;

pub mod tree;

use tree::{Tree, about};

/// The state of the pane.
#[derive(Debug)]
pub struct Operations {
    /// The list.
    pub list: List<Operation>,
    /// The one that is open.
    pub open: Option<OperationId>,
    /// The selection within the open one.
    pub tree: Tree,
    /// The milestones of the open one.
    pub milestones: Vec<Milestone>,
    /// The explanation that was asked for, to be read or to be copied.
    asked: Option<(Ticket, For)>,
    /// Repeats the one that is open.
    retrying: Option<Ticket>,
}

/// What an explanation is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum For {
    Reading,
    Copying,
}

impl Default for Operations {
    fn default() -> Self {
        // The newest is stored first.
        let stored = Sort { column: 0, descending: true };
        Self {
            list: List::new("operations", COLUMNS, stored).folding(is_inside),
            open: None,
            tree: Tree::default(),
            milestones: Vec::new(),
            asked: None,
            retrying: None,
        }
    }
}

impl Item for Operation {
    type Id = OperationId;

    fn id(&self) -> OperationId {
        self.id
    }
}

fn rows(shared: &Shared) -> &[Operation] {
    shared.operations.as_deref().unwrap_or_default()
}

/// Whether it is listed under another one, where it is looked for.
fn is_inside(operation: &Operation, shared: &Shared) -> bool {
    operation.parent.is_some_and(|parent| shared.operation(parent).is_some())
}

fn retry(operation: &Operation) -> Result<Act, String> {
    match operation.outcome {
        Outcome::Done => Err("It ended as planned; there is nothing to retry.".to_owned()),
        outcome if !outcome.is_end() => Err("It is not over yet.".to_owned()),
        _ => Ok(Act::Retry(operation.id)),
    }
}

fn cancel(operation: &Operation) -> Result<Act, String> {
    match operation.outcome.is_end() {
        true => Err("It is over; there is nothing to cancel.".to_owned()),
        false if operation.cancel => Err("It is being cancelled.".to_owned()),
        false => Ok(Act::Cancel(operation.id)),
    }
}

impl Operations {
    /// The operation that commands are about.
    pub fn current<'a>(&self, shared: &'a Shared) -> Option<&'a Operation> {
        match self.open {
            Some(id) => shared.operation(id),
            None => self.list.selected(rows(shared)),
        }
    }

    fn many(&self) -> bool {
        self.open.is_none() && self.list.marked() > 0
    }

    fn run_many(&self, id: Id, cx: &mut Context<'_>) {
        let name = |row: &Operation| title(row, cx.shared);
        if id == Id::Retry {
            let each = self.list.each(rows(cx.shared), name, retry);
            return cx.each("started", each);
        }
        let each = self.list.each(rows(cx.shared), name, cancel);
        let lines = vec![
            names(each.acts.iter().map(|(name, _)| name.as_str())),
            "Each stops before its next step and its run on the host is ended. What is done stays \
             done; what can be put back is put back."
                .to_owned(),
        ];
        let title = format!("Cancel {} operations?", each.acts.len());
        cx.open(Confirm::each(title, lines, "being cancelled", each));
    }

    fn enter(&mut self, id: OperationId, cx: &mut Context<'_>) {
        if self.open == Some(id) {
            return;
        }
        self.open = Some(id);
        self.tree = Tree::new();
        self.milestones.clear();
        cx.load(Load::Milestones(id));
        self.settle(cx.shared);
        self.follow(cx);
    }

    /// The rows of the one that commands are about.
    pub fn rows<'a>(&self, shared: &'a Shared) -> Vec<Branch<'a>> {
        let operation = self.current(shared);
        operation.map(|operation| self.tree.rows(operation, shared)).unwrap_or_default()
    }

    /// What the selected row is about.
    fn about(&self, shared: &Shared) -> Option<(OperationId, Option<usize>)> {
        self.open?;
        self.rows(shared).get(self.tree.row()).map(about)
    }

    fn settle(&mut self, shared: &Shared) {
        if self.open.is_some() {
            let rows = self.rows(shared);
            self.tree.settle(&rows);
        }
    }

    /// Follows the output of what is selected.
    fn follow(&self, cx: &mut Context<'_>) {
        let wanted = self.about(cx.shared).map(|(operation, _)| operation).or(self.open);
        if cx.shared.reading || cx.shared.transcript.operation == wanted {
            return;
        }
        cx.shared.transcript = wanted.map(Transcript::of).unwrap_or_default();
        cx.out.effects.push(Effect::Follow(wanted));
    }
}

impl Pane for Operations {
    fn name(&self) -> &'static str {
        "operations"
    }

    fn title(&self) -> &'static str {
        "operations"
    }

    fn loads(&self, _: &Shared) -> Vec<Load> {
        self.open.map(Load::Milestones).into_iter().collect()
    }

    fn changed(&self, change: &Change, shared: &Shared) -> Vec<Load> {
        // A milestone's change carries its operation's id, alone or in front.
        let ours = self.open.is_some_and(|id| change.id.starts_with(&id.to_string()));
        if ours && change.kind == ChangeKind::Event { self.loads(shared) } else { Vec::new() }
    }

    fn loaded(&mut self, data: &Data, cx: &mut Context<'_>) {
        match data {
            Data::Milestones(id, milestones) if Some(*id) == self.open => {
                self.milestones.clone_from(milestones);
            }
            Data::Operations(_) | Data::Operation(..) => {
                self.list.stale();
                self.list.arrange(rows(cx.shared), cx.shared);
                if let Some(begun) = cx.shared.begun.take_if(|id| self.list.shows(*id)) {
                    self.list.select(begun);
                }
                self.settle(cx.shared);
            }
            // Operations are called by their servers' names, and filtered by their tags.
            Data::Servers(_) | Data::Server(..) if !self.list.is_plain() => {
                self.list.stale();
                self.list.arrange(rows(cx.shared), cx.shared);
            }
            _ => {}
        }
    }

    fn is_open(&self) -> bool {
        self.open.is_some()
    }

    fn listing(&self) -> Option<&dyn Listing> {
        Some(&self.list)
    }

    fn list(&mut self, deed: Deed<'_>, cx: &mut Context<'_>) -> bool {
        self.list.take(deed, rows(cx.shared), cx.shared)
    }

    fn copy(&mut self, cx: &mut Context<'_>) {
        if self.open.is_none() {
            let text = self.list.text(rows(cx.shared), cx.shared);
            return cx.copy(&text, "");
        }
        let Some((id, step)) = self.about(cx.shared) else {
            return cx.refuse("It has no steps yet.");
        };
        self.asked = Some((cx.act(Act::Explain(id, step)), For::Copying));
    }

    fn answer(&mut self, ticket: Ticket, answer: &Answer, cx: &mut Context<'_>) -> bool {
        if self.retrying.take_if(|waiting| *waiting == ticket).is_some() {
            let Ok(Done::Started(started)) = answer else { return false };
            cx.out.show = Some(started.operation);
            return true;
        }
        let (Some((asked, why)), Ok(Done::Explained(explanation))) = (self.asked, answer) else {
            return false;
        };
        if asked != ticket {
            return false;
        }
        self.asked = None;
        match (why, &explanation.by_hand) {
            (For::Reading, _) => {
                let layer = Reader::explanation(explanation, cx.shared);
                cx.open(layer);
            }
            (For::Copying, Some(by_hand)) => {
                cx.copy(&by_hand.line, "");
                cx.say(by_hand.note.clone());
            }
            (For::Copying, None) => cx.copy(&explanation.text, ""),
        }
        true
    }

    fn motion(&mut self, motion: Motion, cx: &mut Context<'_>) {
        let page = cx.shared.page();
        if self.open.is_none() {
            return self.list.motion(motion, page);
        }
        let rows = self.rows(cx.shared);
        self.tree.motion(motion, &rows, page);
    }

    fn when(&self, id: Id, shared: &Shared) -> When {
        if self.many() && matches!(id, Id::Retry | Id::Cancel) {
            let some = |act: fn(&Operation) -> Result<Act, String>| {
                self.list.targets(rows(shared)).into_iter().any(|row| act(row).is_ok())
            };
            return match id {
                Id::Undo => self.list.alone(shared),
                Id::Retry if !some(retry) => {
                    Err("None of the marked operations can be retried.".to_owned())
                }
                Id::Cancel if !some(cancel) => {
                    Err("None of the marked operations is under way.".to_owned())
                }
                _ => Ok(()),
            };
        }
        let operation = self
            .current(shared)
            .ok_or_else(|| self.list.why_none("There is no operation yet.", shared))?;
        match id {
            Id::Open if self.open.is_some() && operation.steps.is_empty() => {
                Err("It has no steps yet.".to_owned())
            }
            Id::Retry => retry(operation).map(|_| ()),
            Id::Cancel => cancel(operation).map(|_| ()),
            Id::Shell | Id::ShellFull if shared.server(operation.server).is_none() => {
                Err("Its server is gone; there is no shell to open.".to_owned())
            }
            _ => Ok(()),
        }
    }

    fn run(&mut self, id: Id, cx: &mut Context<'_>) {
        if self.many() && matches!(id, Id::Retry | Id::Cancel) {
            return self.run_many(id, cx);
        }
        let Some(operation) = self.current(cx.shared).cloned() else { return };
        match id {
            Id::Open if self.open.is_none() => self.enter(operation.id, cx),
            Id::Open => {
                let rows = self.rows(cx.shared);
                let Some(row) = rows.get(self.tree.row()) else { return };
                if row.folds() {
                    self.tree.toggle(row);
                    self.settle(cx.shared);
                } else if let [step] = row.steps {
                    let lines = step.text.lines().map(|line| (Tone::Plain, line.to_owned()));
                    let title = format!("As sent: {}", step.name);
                    let layer = Reader::new(title, lines.collect()).unwrapped();
                    cx.open(layer);
                }
            }
            Id::Log => {
                self.enter(operation.id, cx);
                cx.open(Log::new());
            }
            Id::Explain => {
                let (id, step) = self.about(cx.shared).unwrap_or((operation.id, None));
                self.asked = Some((cx.act(Act::Explain(id, step)), For::Reading));
            }
            Id::Shell | Id::ShellFull => {
                cx.out.shell = Some((operation.server, id == Id::ShellFull));
            }
            Id::Undo => cx.undo(Target::Operation(operation.id)),
            Id::Retry => match Ask::of(&operation, cx.shared) {
                Some(ask) => cx.open(ask),
                None => {
                    let ticket = cx.act(Act::Retry(operation.id));
                    self.retrying = self.open.map(|_| ticket);
                }
            },
            Id::Cancel => {
                let confirm = ask_to_cancel(&operation, cx.shared);
                cx.open(confirm);
            }
            _ => {}
        }
    }

    fn aim(&mut self, values: &[Value], cx: &mut Context<'_>) -> When {
        for value in values {
            let Value::Operation(id) = value else { continue };
            if !self.list.aim(*id, rows(cx.shared), cx.shared) {
                return Err("The operation is gone.".to_owned());
            }
            if self.open.is_some() {
                self.enter(*id, cx);
            }
        }
        Ok(())
    }

    fn back(&mut self, cx: &mut Context<'_>) -> bool {
        if self.open.take().is_none() {
            return false;
        }
        self.follow(cx);
        true
    }

    fn show(&mut self, operation: OperationId, cx: &mut Context<'_>) -> bool {
        self.list.select(cx.shared.eldest(operation));
        self.enter(operation, cx);
        true
    }

    fn entered(&mut self, shared: &Shared) {
        // One comes here for what is under way, else for what was last.
        let all = shared.operations.as_deref().unwrap_or_default();
        let own = || all.iter().filter(|operation| !is_inside(operation, shared));
        let running = own().find(|o| o.outcome == Outcome::Running).or(own().next());
        if let (None, Some(operation)) = (self.open, running) {
            self.list.select(operation.id);
        }
    }

    fn arrange(&mut self, _: bool, _: bool, cx: &mut Context<'_>) {
        self.follow(cx);
    }

    fn deadline(&self, shared: &Shared) -> Option<Duration> {
        // The running clock of the open operation goes on once a second, what is said in the list
        // of how long it may still take every five.
        let estimated = |o: &Operation| matches!(o.estimate(shared.now.time), Estimate::Left(_));
        let every = match self.open {
            Some(id) => (shared.operation(id)?.outcome == Outcome::Running).then_some(1)?,
            None => {
                let mut all = shared.operations.iter().flatten();
                all.any(|o| o.parent.is_none() && estimated(o)).then_some(5)?
            }
        };
        Some(Duration::from_secs(shared.now.since.as_secs() + every))
    }
}

/// The question before one is cancelled.
pub fn ask_to_cancel(operation: &Operation, shared: &Shared) -> Confirm {
    let lines = vec![
        "It stops before its next step and its run on the host is ended. What is done stays done; \
         what can be put back is put back."
            .to_owned(),
    ];
    let title = format!("Cancel “{}”?", title(operation, shared));
    Confirm::new(title, lines, Act::Cancel(operation.id))
}

/// What an operation is, in a few words: `add rule “office” on web-1`.
pub fn title(operation: &Operation, shared: &Shared) -> String {
    match (operation.kind.as_str(), &operation.subject) {
        // Its name says where already.
        ("server", Some(_)) => operation.what(),
        ("server", None) => {
            format!("{} {}", operation.what(), shared.server_name(operation.server))
        }
        _ => format!("{} on {}", operation.what(), shared.server_name(operation.server)),
    }
}
