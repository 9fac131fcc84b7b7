//! How operations end: the one batch, and the way out when the task itself fails.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;

use super::Task;
use crate::domain::{Effect, Facts, Failure, FailureKind, InstalledPackage, Operation, Outcome};
use crate::operations::journal::{self, Journal};
use crate::operations::machine::{End, Machine};
use crate::operations::protocol::Who;
use crate::operations::turns::Place;
use crate::operations::{credentials, host, pace, probe, subject};
use crate::packages::Package;
use crate::store::{Batch, Expected};

impl Task {
    /// Waits for the turn, works, ends. Whatever happens, the record has an end outcome after it,
    /// unless the store itself has failed.
    pub async fn run(self, mut place: Option<Place>) {
        let Some(failure) = caught(self.work(place.as_mut())).await else { return };
        // The turn is kept until the host is left in order.
        let Some(failure) = caught(self.rescue(failure)).await else { return };
        let failure = failure
            .effect(Effect::Unknown)
            .remedy("Check the host and retry: steps that are done are skipped.");
        let end = End { outcome: Outcome::Failed, failure: Some(failure), changed: true };
        self.end(end, None).await;
    }

    /// Ends an operation whose task failed: its run is ended, and what is armed is undone, as far
    /// as the host can be reached.
    async fn rescue(&self, failure: Failure) -> Result<(), Failure> {
        let Some(journal) = Journal::load(&self.rooms, self.id)? else {
            let failure = failure.effect(Effect::None);
            let end = End { outcome: Outcome::Failed, failure: Some(failure), changed: false };
            self.end(end, None).await;
            return Ok(());
        };
        let failure = failure.effect(Effect::Unknown);
        let operation = self
            .commit(|operation, _, _| {
                operation.error.get_or_insert_with(|| failure.clone());
                Ok(())
            })
            .await?;
        let package = self.rooms.packages.iter().copied().find(|p| p.kind() == operation.kind);
        let Some(package) = package else { return Err(failure) };
        let mut machine = Machine::recover(journal.plan.clone(), &operation);
        if let Some(key) = machine.give_up() {
            let server = journal::server(&self.rooms, operation.server)?;
            let target = credentials::target(&self.rooms, &server, package.user(), false)?;
            let who = Who::of(package);
            // What comes after it is tried all the same: the host goes back by itself.
            let _ = host::stop(&self.rooms, &target, &self.turn.name, key, who, &self.root).await;
            self.release(&server, package).await;
        }
        let end = self.execute(machine, journal, package).await?;
        self.end(end, Some(package)).await;
        Ok(())
    }

    pub(super) async fn cancelled_early(&self) -> Result<(), Failure> {
        let failure = Failure::new(
            FailureKind::Cancelled,
            "The operation was cancelled before anything was begun.",
        )
        .effect(crate::domain::Effect::None)
        .remedy("Retry it when it is wanted after all.");
        let end = End { outcome: Outcome::Cancelled, failure: Some(failure), changed: false };
        self.end(end, None).await;
        Ok(())
    }

    /// The one batch of the end: outcome, record, event.
    pub(super) async fn end(&self, end: End, package: Option<&'static dyn Package>) {
        let versions = match package {
            Some(package) if !self.turn.within => self.versions(package).await,
            Some(package) => {
                // asked for at the end of the one that has the turn
                self.turn.add_kinds(std::iter::once(package.kind()));
                Vec::new()
            }
            None => Vec::new(),
        };
        if !self.turn.within
            && let Ok(stored) = journal::operation(&self.rooms, self.id)
        {
            self.rooms.passwords.forget(stored.record.server);
        }
        let now = self.rooms.clock.now();
        let written = self
            .commit(|operation, subject, batch| {
                if operation.outcome.is_end() {
                    return Ok(());
                }
                if operation.outcome == Outcome::Waiting {
                    let mut running = operation.clone();
                    running.outcome = Outcome::Running;
                    batch.put(&running, Expected::Anything);
                }
                let event = subject::finish(operation, &end, now);
                batch.put(&event, Expected::Absent);
                pace::learn(&self.rooms, operation, batch)?;
                journal::delete(&self.rooms, batch, self.id)?;
                for (package, facts) in &versions {
                    self.fill_version(operation, *package, facts, batch)?;
                }
                subject.end(&self.rooms, operation, &end, now, batch)
            })
            .await;
        if let Err(failure) = written {
            tracing::error!(%failure, operation = %self.id, "the end could not be written");
        }
    }

    /// Asks the host again for what the packages of this turn probe; that tells versions. Panes show what is there now; the operation itself does not depend on it.
    async fn versions(&self, package: &'static dyn Package) -> Vec<(&'static dyn Package, Facts)> {
        let Ok(stored) = journal::operation(&self.rooms, self.id) else { return Vec::new() };
        let server = stored.record.server;
        let mut versions = Vec::new();
        let mut users: Vec<&str> = Vec::new();
        for one in self.turn.all_packages(&self.rooms, package) {
            if users.contains(&one.user()) {
                continue;
            }
            users.push(one.user());
            let mut packages = self.turn.packages(&self.rooms, one);
            packages.retain(|p| !p.probes().is_empty());
            if packages.is_empty() {
                continue;
            }
            let known = self.turn.known(one.user(), &packages);
            let facts = match known.filter(|_| self.turn.has_several()) {
                Some(known) => known,
                None => {
                    let asked = probe::facts(&self.rooms, server, one.user(), &packages);
                    match tokio::time::timeout(Duration::from_secs(45), asked).await {
                        Ok(Ok(facts)) => facts,
                        Ok(Err(failure)) => {
                            tracing::warn!(%failure, "the facts were not asked again");
                            continue;
                        }
                        Err(_) => {
                            tracing::warn!("the facts were not asked again in time");
                            continue;
                        }
                    }
                }
            };
            versions.extend(packages.into_iter().map(|package| (package, facts.clone())));
        }
        versions
    }

    /// Gives the installed packages of a type the versions that the host now tells.
    fn fill_version(
        &self,
        operation: &Operation,
        of: &dyn Package,
        facts: &Facts,
        batch: &mut Batch,
    ) -> Result<(), Failure> {
        let server = operation.server.to_string();
        for stored in self.rooms.store.scan::<InstalledPackage>(server.as_bytes())? {
            let mut package = stored.record;
            if package.kind != of.kind() {
                continue;
            }
            let version = of.version(&package.name, facts);
            if version.is_some() && package.version != version {
                package.version = version;
                batch.put(&package, Expected::Revision(stored.revision));
            }
        }
        Ok(())
    }
}

/// Why the work failed, also when it panicked.
async fn caught(work: impl Future<Output = Result<(), Failure>>) -> Option<Failure> {
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(Ok(())) => None,
        Ok(Err(failure)) => Some(failure),
        Err(_) => Some(Failure::internal(
            "The operation ended by an internal error of brokeforge; the log has the details.",
        )),
    }
}
