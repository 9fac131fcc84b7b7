//! The task of one operation: performs what its machine says, and writes down what it learns.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::host::{self, HostRun, Order, PATIENCE};
use super::journal::{self, Journal};
use super::machine::{Do, End, Event, Machine};
use super::output::Log;
use super::protocol::{RunKey, Who};
use super::subject::Subject;
use super::turn::Turn;
use super::turns::{Ahead, Place};
use super::{Operations, Rooms, credentials, local, pace, probe};
use crate::domain::{
    Facts, Failure, FailureKind, Operation, OperationId, Outcome, Server, ServerFacts, StepOutcome,
};
use crate::packages::{LocalStep, Package, Plan, Step, family::Inside};
use crate::store::{Batch, Expected, StoreError};

mod child;
mod end;
mod inputs;
mod news;

/// Between two writings of how far a run is lies so many times what the last one took, so that many
/// steps that are quickly over do not wait for their own account.
const REST: u32 = 10;
const LEAST_REST: Duration = Duration::from_millis(100);
const MOST_REST: Duration = Duration::from_secs(1);

/// One operation at work.
pub(super) struct Task {
    pub operations: Operations,
    pub rooms: Rooms,
    pub id: OperationId,
    pub log: Log,
    pub cancel: CancellationToken,
    /// Where the hosts' folders begin; empty except in tests.
    pub root: String,
    pub turn: Turn,
}

impl Task {
    async fn work(&self, place: Option<&mut Place>) -> Result<(), Failure> {
        if let Some(place) = place {
            self.wait(place).await?;
        }
        let mut operation = self.begin().await?;
        // a child's may have come by its parent
        operation.cancel |= self.cancel.is_cancelled();
        self.log.prepare().map_err(|e| {
            Failure::internal(format!("There is no folder for the operation's output: {e}."))
                .remedy("Make room on this machine's disk, and see to whom the folder belongs.")
        })?;
        let package = self.rooms.packages.iter().copied().find(|p| p.kind() == operation.kind);
        let Some(package) = package else {
            let text = format!("There is no package “{}”.", operation.kind);
            return Err(Failure::internal(text));
        };
        let (machine, journal) = match Journal::load(&self.rooms, self.id)? {
            Some(journal) => {
                self.ensure_pin(&operation).await?;
                (Machine::recover(journal.plan.clone(), &operation), journal)
            }
            None if self.cancel.is_cancelled() => return self.cancelled_early().await,
            None => {
                let planned = tokio::select! {
                    biased;
                    () = self.cancel.cancelled() => return self.cancelled_early().await,
                    planned = self.plan(&operation, package) => planned,
                };
                match planned {
                    Ok(planned) => planned,
                    Err(failure) => {
                        let failure = failure.effect(crate::domain::Effect::None);
                        let end = End {
                            outcome: Outcome::Failed,
                            failure: Some(failure),
                            changed: false,
                        };
                        self.end(end, None).await;
                        return Ok(());
                    }
                }
            }
        };
        let end = self.execute(machine, journal, package).await?;
        self.end(end, Some(package)).await;
        Ok(())
    }

    async fn wait(&self, place: &mut Place) -> Result<(), Failure> {
        // One that was under way needs its turn also for being cancelled.
        let fresh = journal::operation(&self.rooms, self.id)?.record.outcome == Outcome::Waiting;
        loop {
            let ahead = tokio::select! {
                biased;
                () = self.cancel.cancelled(), if fresh => return Ok(()),
                ahead = place.next() => ahead,
            };
            let text = match ahead {
                Ahead::Nothing => return Ok(()),
                Ahead::Operation(label) => label,
                Ahead::Slot => "a free slot: too many servers are worked on".to_owned(),
            };
            self.waits_for(Some(text)).await?;
        }
    }

    async fn waits_for(&self, text: Option<String>) -> Result<(), Failure> {
        self.commit(|operation, _, _| {
            operation.waits_for.clone_from(&text);
            Ok(())
        })
        .await?;
        Ok(())
    }

    async fn begin(&self) -> Result<Operation, Failure> {
        let now = self.rooms.clock.now();
        self.commit(|operation, subject, _| {
            operation.outcome = Outcome::Running;
            operation.waits_for = None;
            operation.started_at.get_or_insert(now);
            subject.begin(operation, now);
            Ok(())
        })
        .await
    }

    /// Changes the operation's record, its subject and what the batch says, in one commit.
    async fn commit(
        &self,
        mut change: impl FnMut(&mut Operation, &mut Subject, &mut Batch) -> Result<(), Failure>,
    ) -> Result<Operation, Failure> {
        loop {
            let stored = journal::operation(&self.rooms, self.id)?;
            let mut operation = stored.record.clone();
            let mut subject = Subject::load(&self.rooms, &operation)?;
            let mut batch = Batch::new();
            change(&mut operation, &mut subject, &mut batch)?;
            if operation != stored.record {
                batch.put(&operation, Expected::Revision(stored.revision));
            }
            subject.put(&mut batch);
            if batch.is_empty() {
                return Ok(operation);
            }
            match self.rooms.store.commit(batch).await {
                Ok(_) => return Ok(operation),
                Err(StoreError::Conflict(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Before anything is sent to a server, it has a pin.
    async fn ensure_pin(&self, operation: &Operation) -> Result<(), Failure> {
        probe::ensure_pin(&self.rooms, operation.server).await
    }

    async fn plan(
        &self,
        operation: &Operation,
        package: &'static dyn Package,
    ) -> Result<(Machine, Journal), Failure> {
        self.ensure_pin(operation).await?;
        let subject = Subject::load(&self.rooms, operation)?;
        let fields = subject.resource().map(|resource| &resource.fields);
        let brings = fields.map(|fields| package.brings(fields)).unwrap_or_default();
        if !brings.is_empty() {
            let kinds = brings.iter().map(String::as_str);
            self.turn.add_kinds(kinds.chain(std::iter::once(package.kind())));
        }
        let facts = self.facts(operation, package).await?;
        let resource = subject.resource();
        let plan = probe::plan(&self.rooms, operation, resource, package, &facts)?;
        let journal = Journal { plan, nonce: host::nonce(), proved: Vec::new() };
        let machine = Machine::new(journal.plan.clone());
        let inside = match machine.has_children() {
            true => {
                probe::inside(&self.rooms, operation, resource, package, &facts, machine.plan())?
            }
            false => Vec::new(),
        };
        let now = self.rooms.clock.now();
        self.commit(|operation, _, batch| {
            for event in machine.write(operation, now) {
                batch.put(&event, Expected::Absent);
            }
            for (number, milestones) in expected(&inside) {
                if let Some(step) = operation.steps.get_mut(number) {
                    step.inside = Some(milestones);
                }
            }
            pace::tell(&self.rooms, operation)?;
            journal.put(batch, self.id)
        })
        .await?;
        Ok((machine, journal))
    }

    /// What the host is. Whoever has the turn asks for all that work in it; a child takes what was
    /// answered for as long as it holds, and asks for itself alone after that: most change
    /// something, and the next one would have to ask again.
    async fn facts(
        &self,
        operation: &Operation,
        package: &'static dyn Package,
    ) -> Result<Facts, Failure> {
        let user = package.user();
        if !package.asks() {
            let known = self.rooms.store.get::<ServerFacts>(&operation.server)?;
            return Ok(known.map(|stored| stored.record.facts).unwrap_or_default());
        }
        if let Some(known) = self.turn.known(user, &[package]).filter(|_| self.turn.within) {
            return Ok(known);
        }
        let packages = match self.turn.within {
            true => vec![package],
            false => self.turn.packages(&self.rooms, package),
        };
        let facts = probe::facts(&self.rooms, operation.server, user, &packages).await?;
        self.turn.keep(user, &packages, &facts);
        Ok(facts)
    }

    async fn write(&self, machine: &Machine) -> Result<Operation, Failure> {
        let now = self.rooms.clock.now();
        self.commit(|operation, _, batch| {
            let before: Vec<StepOutcome> = operation.steps.iter().map(|s| s.outcome).collect();
            for event in machine.write(operation, now) {
                batch.put(&event, Expected::Absent);
            }
            if before.is_empty() {
                pace::tell(&self.rooms, operation)?;
            }
            for (number, record) in operation.steps.iter_mut().enumerate() {
                let over = !matches!(record.outcome, StepOutcome::Waiting | StepOutcome::Running);
                if over && before.get(number) != Some(&record.outcome) {
                    match self.log.finish(number) {
                        Ok(Some(kept)) => {
                            record.output = kept.length;
                            record.dropped = kept.dropped;
                            record.digest = Some(kept.digest);
                        }
                        Ok(None) => {}
                        Err(error) => tracing::warn!(%error, "the output was not kept"),
                    }
                }
            }
            Ok(())
        })
        .await
    }

    async fn execute(
        &self,
        mut machine: Machine,
        mut journal: Journal,
        package: &'static dyn Package,
    ) -> Result<End, Failure> {
        let server =
            journal::server(&self.rooms, journal::operation(&self.rooms, self.id)?.record.server)?;
        let mut log = self.log.clone().masking(&self.secrets(&machine, &server)?);
        let mut next = machine.begin();
        let mut run: Option<HostRun> = None;
        let mut stopping: Option<tokio::task::JoinHandle<()>> = None;
        let mut told_cancel = false;
        let who = Who::of(package);
        let mut used_host = false;
        let mut given_back = false;
        let mut changes = 0;
        self.note_children(&machine, package);
        loop {
            if machine.changes() != changes {
                changes = machine.changes();
                self.turn.forget();
            }
            if let Some(failure) = machine.failure_mut() {
                self.place(failure, &server, &log);
            }
            let writing = Instant::now();
            let operation = self.write(&machine).await?;
            let rest = (writing.elapsed() * REST).clamp(LEAST_REST, MOST_REST);
            let due = writing + rest;
            match next {
                Do::Finish => break,
                Do::Run(key) => {
                    used_host = true;
                    if machine.is_unwanted(key) {
                        // Ended before it is looked at: it must not begin by that.
                        told_cancel = true;
                        let target =
                            credentials::target(&self.rooms, &server, package.user(), false)?;
                        let stopped =
                            host::stop(&self.rooms, &target, &self.turn.name, key, who, &self.root);
                        if let Err(failure) = stopped.await {
                            next = machine.on(Event::OutOfReach(failure));
                            continue;
                        }
                    }
                    run = Some(self.order(&machine, &journal, key, package.user(), who)?);
                    given_back = machine.run_steps(key).1 && self.turn.last;
                    self.turn.set_locked(true);
                }
                Do::Stop(key) => {
                    if let Some(run) = &mut run {
                        run.hurry();
                    }
                    let target = credentials::target(&self.rooms, &server, package.user(), false)?;
                    let (rooms, root) = (self.rooms.clone(), self.root.clone());
                    let name = self.turn.name.clone();
                    stopping = Some(tokio::spawn(async move {
                        // Whether it ended is told by the run itself.
                        let _ = host::stop(&rooms, &target, &name, key, who, &root).await;
                    }));
                }
                Do::Local(number) => {
                    let step = local_step(&machine, number)?;
                    if Step::Local(step.clone()).is_child() {
                        used_host = true;
                        let event =
                            self.child(number, &step, !machine.uses_host_from(number + 1)).await;
                        if !told_cancel && self.cancel.is_cancelled() {
                            machine.on(Event::Cancel);
                            told_cancel = true;
                        }
                        next = machine.on(event);
                        continue;
                    }
                    let work = local::perform(&self.rooms, &operation, &mut journal, &step);
                    let waits = matches!(
                        step,
                        LocalStep::ProveLogin { .. }
                            | LocalStep::ProveRefused { .. }
                            | LocalStep::FetchPage { .. }
                    );
                    let result = tokio::select! {
                        biased;
                        () = self.cancel.cancelled(), if waits && !told_cancel => {
                            machine.on(Event::Cancel);
                            told_cancel = true;
                            Err(Failure::new(FailureKind::Cancelled, "It was cancelled."))
                        }
                        result = work => result,
                    };
                    if matches!(step, LocalStep::MakeSecret { .. }) {
                        log = self.log.clone().masking(&self.secrets(&machine, &server)?);
                    }
                    if !told_cancel && self.cancel.is_cancelled() {
                        machine.on(Event::Cancel);
                        told_cancel = true;
                    }
                    next = machine.on(Event::Local(result));
                    continue;
                }
                Do::Follow => {}
            }
            let mut waiting = false;
            next = loop {
                let Some(following) = &mut run else {
                    return Err(Failure::internal("There is no run to follow."));
                };
                let told = tokio::select! {
                    biased;
                    () = self.cancel.cancelled(), if !told_cancel => {
                        told_cancel = true;
                        break machine.on(Event::Cancel);
                    }
                    told = following.next() => told,
                    () = sleep_until(due), if waiting => break Do::Follow,
                };
                if let Some(event) = self.take(&machine, &log, told, &server.place()).await? {
                    let next = machine.on(event);
                    if next != Do::Follow {
                        break next;
                    }
                    waiting = true;
                }
                // what was told in one breath is written down in one, as the host tells again what
                // is not
                if waiting && !following.has_news() && Instant::now() >= due {
                    break Do::Follow;
                }
            };
            if matches!(next, Do::Finish | Do::Run(_) | Do::Local(_)) {
                // its last run gives the lock back when all of it is done
                self.turn.set_locked(!given_back);
                if let Some(stopping) = stopping.take() {
                    stopping.abort();
                }
            }
        }
        let end = machine.end().ok_or_else(|| Failure::internal("The machine has no end."))?;
        let over = end.outcome == Outcome::Done;
        if used_host && (!over || (self.turn.is_locked() && !self.turn.within)) {
            self.release(&server, package).await;
        }
        Ok(end)
    }

    /// Leaves the host in order, as far as it can be reached; the lock is given back by the one that
    /// has the turn.
    async fn release(&self, server: &Server, package: &dyn Package) {
        let target = match credentials::target(&self.rooms, server, package.user(), false) {
            Ok(target) => target,
            Err(failure) => {
                tracing::warn!(%failure, "the host's lock was not given back");
                return;
            }
        };
        let lock = (!self.turn.within).then_some(self.turn.lock.as_str());
        let who = Who::of(package);
        host::release(&self.rooms, &target, &self.turn.name, lock, who, &self.root).await;
    }

    fn order(
        &self,
        machine: &Machine,
        journal: &Journal,
        key: RunKey,
        user: &'static str,
        who: Who,
    ) -> Result<HostRun, Failure> {
        let server =
            journal::server(&self.rooms, journal::operation(&self.rooms, self.id)?.record.server)?;
        let may_start = machine.may_start(key);
        let (steps, last) = machine.run_steps(key);
        let steps = steps
            .into_iter()
            .map(|(number, step)| {
                let contents = if may_start { self.contents(step, &server)? } else { Vec::new() };
                Ok((number, step.clone(), contents))
            })
            .collect::<Result<_, Failure>>()?;
        let deadline = machine.plan().undo.as_ref().map_or(0, |u| u.deadline);
        let patience = match key {
            RunKey::Steps(_) => PATIENCE,
            // By then the host has gone back by itself, and it is only looked.
            RunKey::Undo => Duration::from_secs(u64::from(deadline) + 60),
        };
        let (operation, lock) = (self.turn.name.clone(), self.turn.lock.clone());
        let (nonce, root) = (journal.nonce.clone(), self.root.clone());
        Ok(HostRun::new(
            &self.rooms,
            Order {
                server,
                user,
                who,
                operation,
                lock,
                nonce,
                key,
                steps,
                last: last && self.turn.last,
                may_start,
                may_be_sent: machine.may_be_sent(key),
                root,
                patience,
            },
        ))
    }
}

/// How many milestones the children of a plan will have: what can be planned only later is thought to
/// have as many as the others usually.
fn expected(inside: &Inside) -> Vec<(usize, u16)> {
    let count = |plan: &Plan| u16::try_from(plan.milestones.len()).unwrap_or(u16::MAX);
    let mut known: Vec<u16> =
        inside.iter().filter_map(|(_, plan)| plan.as_ref().ok().map(count)).collect();
    known.sort_unstable();
    let usual = known.get(known.len() / 2).copied().unwrap_or_default();
    inside.iter().map(|(number, plan)| (*number, plan.as_ref().map_or(usual, count))).collect()
}

fn local_step(machine: &Machine, number: usize) -> Result<LocalStep, Failure> {
    match machine.plan().steps().nth(number) {
        Some((_, Step::Local(step))) => Ok(step.clone()),
        _ => Err(Failure::internal("The plan has no such local step.")),
    }
}
