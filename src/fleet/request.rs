//! How work is asked for, the same for every package: the record's new state and the operation are
//! committed together, then the operation starts. Knows no package.

use crate::domain::{
    Action, Failure, FailureKind, Fields, Operation, OperationId, Outcome, Progress, Resource,
    ResourceId, Server, ServerId, Status, clean,
};
use crate::store::{Batch, Expected, Stored};

use super::{Local, Result, Started};

/// What an operation is to do.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub kind: String,
    pub action: Action,
    pub choices: Fields,
    pub retry_of: Option<OperationId>,
}

impl Request {
    pub fn new(kind: &str, action: Action) -> Self {
        Self { kind: kind.to_owned(), action, choices: Fields::new(), retry_of: None }
    }

    #[must_use]
    pub fn choice(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        self.choices.insert(name.to_owned(), value.into());
        self
    }

    #[must_use]
    pub fn with(mut self, choices: Fields) -> Self {
        self.choices.extend(choices);
        self
    }
}

/// The record that an operation is for.
#[derive(Debug)]
pub(super) enum On {
    /// A server that is not in the store yet.
    NewServer(Server),
    /// A server's own record.
    Server(Stored<Server>),
    /// A resource that is not in the store yet.
    New(Resource),
    /// A resource, with new values for it.
    Resource(Stored<Resource>, Option<Fields>),
}

/// The status that a record waits in for its operation's turn, and the action that goes with it:
/// from `failed` the life cycle leads only through an install, also where an update failed.
fn asked(action: Action, now: Status) -> (Status, Action) {
    match (action, now) {
        (Action::Remove, _) => (Status::Removing, Action::Remove),
        (Action::Update, Status::Active) => (Status::Updating, Action::Update),
        _ => (Status::Pending, Action::Install),
    }
}

impl Local {
    /// An operation's record as it begins; nothing is written.
    pub(super) fn draft(
        &self,
        request: Request,
        server: ServerId,
        resource: Option<ResourceId>,
    ) -> Operation {
        let now = self.now();
        Operation {
            id: OperationId::new(now, rand::random()),
            action: request.action,
            kind: request.kind,
            server,
            resource,
            subject: None,
            site: None,
            outcome: Outcome::Waiting,
            progress: Progress::default(),
            retry_of: request.retry_of,
            parent: None,
            waits_for: None,
            choices: request.choices,
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

    /// A resource as it is first asked for; nothing is written.
    pub(super) fn fresh(&self, server: ServerId, kind: &str, fields: Fields) -> Resource {
        let now = self.now();
        Resource {
            id: ResourceId::new(now, rand::random()),
            kind: kind.to_owned(),
            server,
            site: None,
            fields,
            status: Status::Pending,
            error: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// Writes the record and the operation together with what else is in the batch, then starts
    /// the operation.
    pub(super) async fn request(
        &self,
        request: Request,
        on: On,
        mut batch: Batch,
    ) -> Result<Started> {
        self.need_vault()?;
        let action = request.action;
        let request = match self.skip_admission {
            true => request.choice("skip_admission", true),
            false => request,
        };
        let (server, resource) = match &on {
            On::NewServer(server) => (server.id, None),
            On::Server(stored) => (stored.record.id, None),
            On::New(resource) => (resource.server, Some(resource.id)),
            On::Resource(stored, _) => (stored.record.server, Some(stored.record.id)),
        };
        let mut operation = self.draft(request, server, resource);
        let now = operation.created_at;
        operation.subject = match &on {
            On::NewServer(server) => Some(server.name.clone()),
            On::Server(stored) => Some(stored.record.name.clone()),
            On::New(resource) => self.subject(resource),
            On::Resource(stored, None) => self.subject(&stored.record),
            On::Resource(stored, Some(fields)) => {
                self.subject(&Resource { fields: fields.clone(), ..stored.record.clone() })
            }
        };
        match on {
            On::NewServer(record) => batch.put(&record, Expected::Absent),
            On::New(record) => batch.put(&record, Expected::Absent),
            On::Server(Stored { mut record, revision }) => {
                self.refuse_busy(record.status, &record.name, server, None)?;
                operation.before = Some(record.status);
                (record.status, operation.action) = asked(action, record.status);
                record.error = None;
                record.updated_at = now;
                batch.put(&record, Expected::Revision(revision));
            }
            On::Resource(Stored { mut record, revision }, fields) => {
                self.refuse_busy(record.status, &self.called(&record), server, Some(record.id))?;
                operation.before = Some(record.status);
                if let Some(fields) = fields {
                    // kept so that a retry still knows them after the old ones were put back
                    operation.choices.insert("fields".into(), fields.clone().into());
                    operation.fields_before = Some(std::mem::replace(&mut record.fields, fields));
                } else if action == Action::Remove {
                    // the record goes; this is what brings it back
                    operation.fields_before = Some(record.fields.clone());
                }
                (record.status, operation.action) = asked(action, record.status);
                record.error = None;
                record.updated_at = now;
                batch.put(&record, Expected::Revision(revision));
            }
        }
        batch.put(&operation, Expected::Absent);
        self.store().commit(batch).await?;
        self.inner.operations.start(&operation);
        Ok(Started { operation: operation.id, server, resource })
    }

    /// A record that an operation works on must be left alone until that is over.
    pub(super) fn refuse_busy(
        &self,
        status: Status,
        name: &str,
        server: ServerId,
        resource: Option<ResourceId>,
    ) -> Result<()> {
        if !status.is_transitional() {
            return Ok(());
        }
        let holder = self.under_way(server)?.into_iter().find(|op| op.resource == resource);
        let by = holder.map_or_else(
            || "an operation of an earlier run".to_owned(),
            |op| format!("operation {} ({}, {})", op.id, op.action, op.outcome),
        );
        Err(Failure::new(FailureKind::Conflict, format!("“{name}” is {status} by {by}."))
            .remedy("Wait until that is over, or cancel it: `brokeforge operation cancel ID`."))
    }

    /// What people call a resource in the title of its operation; nothing where a server has but
    /// one of its kind.
    pub(super) fn subject(&self, resource: &Resource) -> Option<String> {
        const LONGEST: usize = 80;
        let name = self.package(&resource.kind)?.name(&resource.fields);
        (name != resource.kind).then(|| clean::clean_line(&name, LONGEST))
    }
}
