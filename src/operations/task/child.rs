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
use crate::packages::{LocalStep, Package, Sort, Step};
use crate::store::{Batch, Expected, StoreError, Stored};

/// What a child is to bring.
struct Wanted<'a> {
    package: &'static dyn Package,
    fields: &'a Fields,
    choices: &'a Fields,
}

impl Task {
    /// Runs the child operation of a step to its end: the one that was begun, else a new one.
    pub(super) async fn child(&self, number: usize, step: &LocalStep, last: bool) -> Event {
        match self.run_child(number, step, last).await {
            Ok(child) => {
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
    ) -> Result<Operation, Failure> {
        let parent = journal::operation(&self.rooms, self.id)?.record;
        let begun = parent.steps.get(number).and_then(|step| step.child);
        let child = match begun {
            Some(id) => journal::operation(&self.rooms, id)?.record,
            None if self.cancel.is_cancelled() => {
                return Err(Failure::new(FailureKind::Cancelled, "It was cancelled."));
            }
            None => self.add_child(number, step).await?,
        };
        if child.outcome.is_end() {
            return Ok(child);
        }
        let turn = self.turn.within(&child, last);
        let cancel = self.cancel.child_token();
        if let Some(task) = self.operations.enlist(&child, cancel, turn) {
            run(task).await;
            self.operations.dismiss(child.id);
        }
        let child = journal::operation(&self.rooms, child.id)?.record;
        if child.outcome.is_end() {
            return Ok(child);
        }
        Err(Failure::internal(format!("The operation {} has no end.", child.id)))
    }

    /// Commits a new child with its resource, and its id with the step.
    async fn add_child(&self, number: usize, step: &LocalStep) -> Result<Operation, Failure> {
        let LocalStep::Child { kind, fields, choices, .. } = step else {
            return Err(Failure::internal("This step is no operation of its own."));
        };
        let package = self.rooms.packages.iter().copied().find(|p| p.kind() == kind);
        let package =
            package.ok_or_else(|| Failure::internal(format!("There is no package “{kind}”.")))?;
        let wanted = Wanted { package, fields, choices };
        loop {
            let mut parent = journal::operation(&self.rooms, self.id)?;
            let mut batch = Batch::new();
            let child = self.draft_child(&parent.record, &wanted, &mut batch)?;
            if let Some(step) = parent.record.steps.get_mut(number) {
                step.child = Some(child.id);
            }
            batch.put(&parent.record, Expected::Revision(parent.revision));
            batch.put(&child, Expected::Absent);
            match self.rooms.store.commit(batch).await {
                Ok(_) => return Ok(child),
                Err(StoreError::Conflict(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn draft_child(
        &self,
        parent: &Operation,
        wanted: &Wanted<'_>,
        batch: &mut Batch,
    ) -> Result<Operation, Failure> {
        let now = self.rooms.clock.now();
        let Wanted { package, fields, choices } = wanted;
        let name = package.name(fields);
        let there = self.rooms.store.scan::<Resource>(parent.server.to_string().as_bytes())?;
        let there = there.into_iter().find(|stored| {
            stored.record.kind == package.kind() && package.name(&stored.record.fields) == name
        });
        let mut child = Operation {
            id: OperationId::new(now, rand::random()),
            action: Action::Install,
            kind: package.kind().to_owned(),
            server: parent.server,
            resource: None,
            subject: package.named_by().is_some().then_some(name),
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
        };
        let resource = match there {
            None => {
                let resource = Resource {
                    id: ResourceId::new(now, rand::random()),
                    kind: package.kind().to_owned(),
                    server: parent.server,
                    site: None,
                    fields: completed(*package, fields),
                    status: Status::Pending,
                    error: None,
                    created_at: now,
                    updated_at: now,
                };
                batch.put(&resource, Expected::Absent);
                resource
            }
            Some(Stored { record: mut resource, revision }) => {
                let (status, action) = match resource.status {
                    Status::Active => (Status::Updating, Action::Update),
                    Status::Failed => (Status::Pending, Action::Install),
                    other => return Err(busy(&child, other)),
                };
                child.action = action;
                child.before = Some(resource.status);
                child.fields_before = Some(resource.fields.clone());
                let new = fields.iter().map(|(name, value)| (name.clone(), value.clone()));
                resource.fields.extend(new);
                // kept so that a retry still knows them after the old ones were put back
                child.choices.insert("fields".into(), resource.fields.clone().into());
                resource.status = status;
                resource.error = None;
                resource.updated_at = now;
                batch.put(&resource, Expected::Revision(revision));
                resource
            }
        };
        child.resource = Some(resource.id);
        Ok(child)
    }

    /// Notes which packages work in this turn, so that the host is asked for all at once.
    pub(super) fn note_children(&self, machine: &Machine, package: &dyn Package) {
        if !machine.has_children() {
            return;
        }
        let children = machine.plan().steps().filter_map(|(_, step)| match step {
            Step::Local(LocalStep::Child { kind, .. }) => Some(kind.as_str()),
            Step::Local(_) | Step::Remote(_) => None,
        });
        self.turn.add_kinds(children.chain(std::iter::once(package.kind())));
    }
}

/// In a box, as an operation may have children that have children.
fn run(task: Task) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(task.run(None))
}

/// The values with what is taken where none is given.
fn completed(package: &dyn Package, fields: &Fields) -> Fields {
    let mut all = fields.clone();
    for field in package.fields().iter().filter(|field| field.sort != Sort::Secret) {
        if let Some(value) = field.default.and_then(|text| field.judge(text).value())
            && !value.is_null()
        {
            all.entry(field.name).or_insert(value);
        }
    }
    all
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
