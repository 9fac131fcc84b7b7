//! Steps that are operations of their own: they run inside their parent's turn, one at a time.
//!
//! The child's record is committed together with its id in the parent's step, so whoever takes up
//! the parent goes on with that child and never begins a second one.

use std::pin::Pin;

use super::Task;
use crate::domain::{
    Action, Effect, Failure, FailureKind, Fields, Operation, OperationId, Outcome, Progress,
    Resource, ResourceId, Status, StepOutcome,
};
use crate::operations::machine::{Event, Machine};
use crate::operations::{journal, protocol};
use crate::packages::{LocalStep, Package, Step, family::completed};
use crate::store::{Batch, Expected, StoreError, Stored};

/// What a child is to do.
enum Wanted<'a> {
    /// Bring the resource with these values.
    There(&'a Fields),
    /// Take this one away.
    Gone(ResourceId),
}

impl Task {
    /// Runs the child operation of a step to its end: the one that was begun, else a new one.
    pub(super) async fn child(&self, number: usize, step: &LocalStep, last: bool) -> Event {
        match self.run_child(number, step, last).await {
            Ok(None) => Event::Child(Ok(()), false),
            Ok(Some(child)) => {
                let changed = has_changed(&child);
                match child.outcome {
                    Outcome::Done => Event::Child(Ok(()), changed),
                    _ => Event::Child(Err(told(&child)), changed),
                }
            }
            Err(failure) => Event::Child(Err(failure), false),
        }
    }

    async fn run_child(
        &self,
        number: usize,
        step: &LocalStep,
        last: bool,
    ) -> Result<Option<Operation>, Failure> {
        let parent = journal::operation(&self.rooms, self.id)?.record;
        let begun = parent.steps.get(number).and_then(|step| step.child);
        let child = match begun {
            Some(id) => journal::operation(&self.rooms, id)?.record,
            None if self.cancel.is_cancelled() => {
                return Err(Failure::new(FailureKind::Cancelled, "It was cancelled."));
            }
            None => match self.add_child(number, step).await? {
                Some(child) => child,
                None => return Ok(None),
            },
        };
        if child.outcome.is_end() {
            return Ok(Some(child));
        }
        let turn = self.turn.within(&child, last);
        let cancel = self.cancel.child_token();
        if let Some(task) = self.operations.enlist(&child, cancel, turn) {
            run(task).await;
            self.operations.dismiss(child.id);
        }
        let child = journal::operation(&self.rooms, child.id)?.record;
        if child.outcome.is_end() {
            return Ok(Some(child));
        }
        Err(Failure::internal(format!("The operation {} has no end.", child.id)))
    }

    /// Commits a new child with its resource, and its id with the step; none where what is to go is
    /// gone already.
    async fn add_child(
        &self,
        number: usize,
        step: &LocalStep,
    ) -> Result<Option<Operation>, Failure> {
        let none = Fields::new();
        let (kind, wanted, choices) = match step {
            LocalStep::Child { kind, fields, choices, .. } => {
                (kind, Wanted::There(fields), choices)
            }
            LocalStep::RemoveChild { kind, id, .. } => (kind, Wanted::Gone(*id), &none),
            _ => return Err(Failure::internal("This step is no operation of its own.")),
        };
        let package = self.rooms.packages.iter().copied().find(|p| p.kind() == kind);
        let package =
            package.ok_or_else(|| Failure::internal(format!("There is no package “{kind}”.")))?;
        loop {
            let mut parent = journal::operation(&self.rooms, self.id)?;
            let mut child = self.draft_child(&parent.record, package, choices);
            let mut batch = Batch::new();
            if !self.prepare(package, &wanted, &mut child, &mut batch)? {
                return Ok(None);
            }
            if let Some(step) = parent.record.steps.get_mut(number) {
                step.child = Some(child.id);
            }
            batch.put(&parent.record, Expected::Revision(parent.revision));
            batch.put(&child, Expected::Absent);
            match self.rooms.store.commit(batch).await {
                Ok(_) => return Ok(Some(child)),
                Err(StoreError::Conflict(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn draft_child(
        &self,
        parent: &Operation,
        package: &dyn Package,
        choices: &Fields,
    ) -> Operation {
        let now = self.rooms.clock.now();
        Operation {
            id: OperationId::new(now, rand::random()),
            action: Action::Install,
            kind: package.kind().to_owned(),
            server: parent.server,
            resource: None,
            subject: None,
            site: parent.site,
            outcome: Outcome::Waiting,
            progress: Progress::default(),
            retry_of: None,
            parent: Some(parent.id),
            waits_for: None,
            choices: handed_down(&parent.choices, choices),
            before: None,
            fields_before: None,
            steps: Vec::new(),
            error: None,
            cancel: false,
            created_at: now,
            started_at: None,
            finished_at: None,
        }
    }

    /// Puts the child's resource into the state from which the child goes on; not where there is
    /// nothing to take away.
    fn prepare(
        &self,
        package: &dyn Package,
        wanted: &Wanted<'_>,
        child: &mut Operation,
        batch: &mut Batch,
    ) -> Result<bool, Failure> {
        let there = self.rooms.store.scan::<Resource>(child.server.to_string().as_bytes())?;
        let there = there.into_iter().find(|stored| match wanted {
            Wanted::Gone(id) => stored.record.id == *id,
            Wanted::There(fields) => {
                let same = || {
                    package.name(&stored.record.fields) == package.name(&completed(package, fields))
                };
                stored.record.kind == package.kind() && same()
            }
        });
        let now = child.created_at;
        let (mut resource, expected) = match (there, wanted) {
            (Some(Stored { record, revision }), _) => (record, Expected::Revision(revision)),
            (None, Wanted::Gone(_)) => return Ok(false),
            (None, Wanted::There(fields)) => {
                let resource = Resource {
                    id: ResourceId::new(now, rand::random()),
                    kind: package.kind().to_owned(),
                    server: child.server,
                    site: None,
                    fields: completed(package, fields),
                    status: Status::Pending,
                    error: None,
                    created_at: now,
                    updated_at: now,
                };
                (resource, Expected::Absent)
            }
        };
        child.resource = Some(resource.id);
        child.subject = package.named_by().map(|_| package.name(&resource.fields));
        if expected != Expected::Absent {
            let (status, action) = match (resource.status, wanted) {
                (Status::Active | Status::Failed, Wanted::Gone(_)) => {
                    (Status::Removing, Action::Remove)
                }
                (Status::Active, Wanted::There(_)) => (Status::Updating, Action::Update),
                (Status::Failed, Wanted::There(_)) => (Status::Pending, Action::Install),
                (other, _) => return Err(busy(child, other)),
            };
            child.action = action;
            child.before = Some(resource.status);
            child.fields_before = Some(resource.fields.clone());
            if let Wanted::There(fields) = wanted {
                let new = fields.iter().map(|(name, value)| (name.clone(), value.clone()));
                resource.fields.extend(new);
                // kept so that a retry still knows them after the old ones were put back
                child.choices.insert("fields".into(), resource.fields.clone().into());
            }
            resource.status = status;
            resource.error = None;
            resource.updated_at = now;
        }
        batch.put(&resource, expected);
        Ok(true)
    }

    /// Notes which packages work in this turn, so that the host is asked for all at once.
    pub(super) fn note_children(&self, machine: &Machine, package: &dyn Package) {
        if !machine.has_children() {
            return;
        }
        let children = machine.plan().steps().filter_map(|(_, step)| match step {
            Step::Local(LocalStep::Child { kind, .. } | LocalStep::RemoveChild { kind, .. }) => {
                Some(kind.as_str())
            }
            Step::Local(_) | Step::Remote(_) => None,
        });
        self.turn.add_kinds(children.chain(std::iter::once(package.kind())));
    }
}

/// In a box, as an operation may have children that have children.
fn run(task: Task) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(task.run(None))
}

/// Answers that were given to the parent are answers for its children; their own come first.
fn handed_down(parent: &Fields, own: &Fields) -> Fields {
    let mut all = parent.clone();
    all.remove("fields");
    all.extend(own.iter().map(|(key, value)| (key.clone(), value.clone())));
    all
}

fn busy(child: &Operation, status: Status) -> Failure {
    let subject = child.subject.iter().fold(child.kind.clone(), |all, s| format!("{all} “{s}”"));
    Failure::new(
        FailureKind::Conflict,
        format!("The {subject} is {status}; another operation has it."),
    )
    .effect(Effect::None)
    .remedy("Wait until that is over, or cancel it: `brokeforge operation cancel ID`; then retry.")
}

/// Whether anything may be different on the host by an operation.
fn has_changed(child: &Operation) -> bool {
    let effect = child.error.as_ref().and_then(|failure| failure.effect);
    if matches!(effect, Some(Effect::None | Effect::Restored)) {
        return false;
    }
    child.steps.iter().any(|step| {
        let works = step.child.is_some() || (step.remote && protocol::applies(&step.text));
        works && !matches!(step.outcome, StepOutcome::Waiting | StepOutcome::Already)
    })
}

/// A child's failure as its parent tells it.
fn told(child: &Operation) -> Failure {
    let unknown = || Failure::internal(format!("It ended {}.", child.outcome));
    let mut failure = child.error.clone().unwrap_or_else(unknown);
    failure.kind = match failure.kind {
        // these words are about the child alone
        FailureKind::Cancelled | FailureKind::RolledBack | FailureKind::Interrupted => {
            FailureKind::Step
        }
        kind => kind,
    };
    failure.message = format!("{} (operation {}): {}", child.what(), child.id, failure.message);
    let more = format!("`brokeforge operation show {}` tells the whole of it.", child.id);
    failure.remedy = Some(failure.remedy.map_or(more.clone(), |remedy| format!("{remedy} {more}")));
    failure
}
