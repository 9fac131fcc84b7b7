//! The record that an operation is for, and how the operation moves it.
//!
//! A record that is not in a state of this very action is left alone: another operation has it.

use crate::domain::{
    Action, Credential, Document, Event, InstalledPackage, Operation, Outcome, Resource,
    ResourceKey, Server, ServerFacts, Status, Time,
};
use crate::store::{Batch, Expected, Stored};

use super::machine::End;
use super::{Rooms, credentials};
use crate::domain::Failure;

/// Where a sealed value of a resource was replaced, the earlier one has this behind its name until
/// the operation is over.
pub const BEFORE: &str = "/before";

enum Record {
    Server(Stored<Server>),
    Resource(Stored<Resource>),
}

/// An operation's record, to be changed and put into a batch.
pub(super) struct Subject {
    record: Option<Record>,
    /// The states it goes through in this batch.
    way: Vec<Status>,
}

impl Subject {
    pub fn load(rooms: &Rooms, operation: &Operation) -> Result<Self, Failure> {
        let record = match operation.resource {
            None => rooms.store.get::<Server>(&operation.server)?.map(Record::Server),
            Some(id) => {
                let key = ResourceKey { server: operation.server, id };
                rooms.store.get::<Resource>(&key)?.map(Record::Resource)
            }
        };
        Ok(Self { record, way: Vec::new() })
    }

    pub fn resource(&self) -> Option<&Resource> {
        match &self.record {
            Some(Record::Resource(stored)) => Some(&stored.record),
            _ => None,
        }
    }

    fn status(&self) -> Option<Status> {
        match &self.record {
            Some(Record::Server(stored)) => Some(stored.record.status),
            Some(Record::Resource(stored)) => Some(stored.record.status),
            None => None,
        }
    }

    /// Whether the record is in a state that belongs to this operation.
    fn is_moved_by(&self, operation: &Operation) -> bool {
        self.status().is_some_and(|status| {
            status == operation.action.running_status()
                || (operation.action == Action::Install && status == Status::Pending)
        })
    }

    pub fn begin(&mut self, operation: &Operation, now: Time) {
        if self.is_moved_by(operation) && self.status() == Some(Status::Pending) {
            self.way.push(Status::Installing);
            self.set(|error, updated| {
                *error = None;
                *updated = now;
            });
        }
    }

    fn set(&mut self, change: impl FnOnce(&mut Option<Failure>, &mut Time)) {
        match &mut self.record {
            Some(Record::Server(s)) => change(&mut s.record.error, &mut s.record.updated_at),
            Some(Record::Resource(s)) => change(&mut s.record.error, &mut s.record.updated_at),
            None => {}
        }
    }

    pub fn end(
        &mut self,
        rooms: &Rooms,
        operation: &Operation,
        end: &End,
        now: Time,
        batch: &mut Batch,
    ) -> Result<(), Failure> {
        if !self.is_moved_by(operation) {
            return Ok(());
        }
        if end.outcome == Outcome::Done && operation.action == Action::Remove {
            return self.delete(rooms, batch);
        }
        if self.status() == Some(Status::Pending) {
            self.way.push(Status::Installing);
        }
        let unchanged = !end.changed || end.outcome == Outcome::RolledBack;
        let back = unchanged && operation.before == Some(Status::Active);
        let done = end.outcome == Outcome::Done;
        // An install has no way back to `active`: the record was never there.
        let active = done || (back && operation.action != Action::Install);
        self.way.push(if active { Status::Active } else { Status::Failed });
        if back
            && !done
            && let (Some(Record::Resource(stored)), Some(fields)) =
                (&mut self.record, &operation.fields_before)
        {
            fields.clone_into(&mut stored.record.fields);
        }
        if let Some(Record::Resource(stored)) = &self.record {
            settle_secrets(rooms, stored.record.key(), back && !done, batch)?;
        }
        self.set(|error, updated| {
            error.clone_from(&end.failure);
            *updated = now;
        });
        Ok(())
    }

    fn delete(&mut self, rooms: &Rooms, batch: &mut Batch) -> Result<(), Failure> {
        match self.record.take() {
            Some(Record::Resource(stored)) => {
                for secret in secrets(rooms, stored.record.key())? {
                    batch.delete::<Document>(&secret.key, Expected::Anything);
                }
                batch.delete::<Resource>(&stored.record.key(), Expected::Revision(stored.revision));
            }
            Some(Record::Server(stored)) => {
                delete_server(rooms, &stored.record, batch)?;
                batch.delete::<Server>(&stored.record.id, Expected::Revision(stored.revision));
            }
            None => {}
        }
        Ok(())
    }

    pub fn put(self, batch: &mut Batch) {
        for status in self.way {
            match &self.record {
                Some(Record::Server(s)) => {
                    let server = Server { status, ..s.record.clone() };
                    batch.put(&server, Expected::Revision(s.revision));
                }
                Some(Record::Resource(s)) => {
                    let resource = Resource { status, ..s.record.clone() };
                    batch.put(&resource, Expected::Revision(s.revision));
                }
                None => {}
            }
        }
    }
}

/// The sealed values of a resource.
fn secrets(rooms: &Rooms, key: ResourceKey) -> Result<Vec<Document>, Failure> {
    let prefix = credentials::secret_key(key.server, &crate::packages::secret_name(key.id, ""));
    let all = rooms.store.scan::<Document>(prefix.as_bytes())?;
    Ok(all.into_iter().map(|stored| stored.record).collect())
}

/// Lets earlier sealed values go, or puts them back where nothing was changed.
fn settle_secrets(
    rooms: &Rooms,
    key: ResourceKey,
    back: bool,
    batch: &mut Batch,
) -> Result<(), Failure> {
    for before in secrets(rooms, key)? {
        let Some(name) = before.key.strip_suffix(BEFORE) else { continue };
        if back {
            let document = Document { key: name.to_owned(), body: before.body.clone() };
            batch.put(&document, Expected::Anything);
        }
        batch.delete::<Document>(&before.key, Expected::Anything);
    }
    Ok(())
}

/// Everything that hangs on a server goes with it; its operations and events stay as history.
///
/// # Errors
/// When the store cannot be read.
pub fn delete_server(rooms: &Rooms, server: &Server, batch: &mut Batch) -> Result<(), Failure> {
    let prefix = server.id.to_string().into_bytes();
    for stored in rooms.store.scan::<Resource>(&prefix)? {
        let mut resource = stored.record;
        // Whatever state it is in, it goes by the arrows.
        let way: &[Status] = match resource.status {
            Status::Pending => &[Status::Installing, Status::Failed, Status::Removing],
            Status::Installing | Status::Updating => &[Status::Failed, Status::Removing],
            Status::Paused => &[Status::Active, Status::Removing],
            Status::Active | Status::Failed => &[Status::Removing],
            Status::Removing => &[],
        };
        for status in way {
            resource.status = *status;
            batch.put(&resource, Expected::Anything);
        }
        batch.delete::<Resource>(&resource.key(), Expected::Anything);
    }
    for stored in rooms.store.scan::<InstalledPackage>(&prefix)? {
        let p = stored.record;
        batch.delete::<InstalledPackage>(&(p.server, p.kind, p.name), Expected::Anything);
    }
    for stored in rooms.store.scan::<Credential>(&prefix)? {
        let c = stored.record;
        batch.delete::<Credential>(&(c.server, c.user), Expected::Anything);
    }
    if rooms.store.get::<ServerFacts>(&server.id)?.is_some() {
        batch.delete::<ServerFacts>(&server.id, Expected::Anything);
    }
    let seen = credentials::seen_keys(server.id);
    if rooms.store.get::<Document>(&seen)?.is_some() {
        batch.delete::<Document>(&seen, Expected::Anything);
    }
    for stored in rooms.store.scan::<Document>(credentials::secrets_of(server.id).as_bytes())? {
        batch.delete::<Document>(&stored.record.key, Expected::Anything);
    }
    Ok(())
}

/// Ends the operation's record; answers its last event.
pub(super) fn finish(operation: &mut Operation, end: &End, now: Time) -> Event {
    operation.outcome = end.outcome;
    operation.error.clone_from(&end.failure);
    operation.waits_for = None;
    operation.finished_at = Some(now);
    let mut step = operation.progress.reached;
    if end.outcome == Outcome::Done {
        step = operation.progress.of;
        operation.progress.reached = step;
        operation.progress.milestone = Some("complete".to_owned());
    }
    let milestone = match (end.outcome, operation.steps.iter().rfind(|s| s.started_at.is_some())) {
        (Outcome::Done, _) => "complete".to_owned(),
        (_, Some(step)) => step.milestone.clone(),
        (_, None) => "begin".to_owned(),
    };
    let last = if end.outcome == Outcome::Done { step } else { step.saturating_add(1) };
    Event {
        operation: operation.id,
        number: u32::from(last.max(1)),
        server: operation.server,
        site: operation.site,
        package: operation.kind.clone(),
        action: operation.action,
        milestone,
        step,
        of: operation.progress.of,
        progress: operation.progress.percent(),
        at: now,
        details: (end.outcome != Outcome::Done).then(|| end.outcome.as_str().to_owned()),
        error: end.failure.clone(),
    }
}
