//! Operations as people use them: take up, wait, cancel, retry, run a command.

use serde_json::Value;

use crate::domain::{
    Action, Failure, FailureKind, Fields, Operation, OperationId, Outcome, ResourceId, ServerId,
    Status,
};
use crate::store::Batch;

use super::{Fleet, Local, Result, Started, records::not_found, request::On, request::Request};

const LARGEST_COMMAND: usize = 64 * 1024;

impl Local {
    pub(super) fn unfinished(&self) -> Result<usize> {
        Ok(self.inner.operations.unfinished()?.len())
    }

    pub(super) fn unfinished_operations(&self) -> Result<Vec<Operation>> {
        self.inner.operations.unfinished()
    }

    pub(super) async fn recover(&self) -> Result<usize> {
        self.need_vault()?;
        self.inner.operations.recover().await
    }

    pub(super) async fn cancel(&self, id: OperationId) -> Result<()> {
        let operation = self.operation(id)?;
        if operation.outcome.is_end() {
            return Err(Failure::new(
                FailureKind::Conflict,
                format!("Operation {id} is over already ({}).", operation.outcome),
            ));
        }
        self.inner.operations.cancel(id).await
    }

    pub(super) async fn retry(&self, id: OperationId) -> Result<Started> {
        self.again(&self.operation(id)?, Fields::new()).await
    }

    /// The same with further choices.
    pub(super) async fn again(&self, operation: &Operation, more: Fields) -> Result<Started> {
        let id = operation.id;
        let again = Request {
            kind: operation.kind.clone(),
            action: operation.action,
            choices: operation.choices.clone(),
            retry_of: Some(id),
        }
        .with(more);
        if matches!(operation.outcome, Outcome::Waiting | Outcome::Running | Outcome::Done) {
            return Err(Failure::new(
                FailureKind::Conflict,
                format!("Operation {id} is {}; there is nothing to retry.", operation.outcome),
            ));
        }
        let on = match operation.resource {
            Some(resource) => {
                let stored = self.stored_resource(operation.server, resource)?;
                let wanted = operation.choices.get("fields").and_then(Value::as_object).cloned();
                refuse_done(again.action, stored.record.status, operation)?;
                On::Resource(stored, wanted)
            }
            None => {
                let stored = self.stored_server(operation.server)?;
                refuse_done(again.action, stored.record.status, operation)?;
                On::Server(stored)
            }
        };
        self.request(again, on, Batch::new()).await
    }

    pub(super) async fn retry_last(
        &self,
        server: ServerId,
        resource: Option<ResourceId>,
    ) -> Result<Started> {
        let last = self
            .store()
            .find_back::<Operation>(|op| op.server == server && op.resource == resource)?;
        let last = last.ok_or_else(|| {
            not_found("operation of", &self.label(server, resource), "Nothing was tried there yet.")
        })?;
        self.retry(last.record.id).await
    }

    fn label(&self, server: ServerId, resource: Option<ResourceId>) -> String {
        resource.map_or_else(|| server.to_string(), |id| id.to_string())
    }

    pub(super) async fn exec(&self, server: ServerId, argv: Vec<String>) -> Result<Started> {
        check_command(&argv)?;
        let record = self.server(server)?;
        self.refuse_leaving(&record)?;
        let mut fields = Fields::new();
        fields.insert("argv".to_owned(), argv.into());
        let record = self.fresh(server, Fleet::COMMAND, fields);
        self.request(Request::new(Fleet::COMMAND, Action::Install), On::New(record), Batch::new())
            .await
    }
}

/// Whether an argument vector can be run at all.
pub(super) fn check_command(argv: &[String]) -> Result<()> {
    if argv.first().is_none_or(|program| program.trim().is_empty()) {
        return Err(Failure::input("There is no command to run.")
            .remedy("Put it after two dashes: SERVER -- uptime"));
    }
    if argv.iter().map(|word| word.len() + 1).sum::<usize>() > LARGEST_COMMAND {
        return Err(Failure::input("The command is longer than 64 KiB.")
            .remedy("Put what it is to work on into a file on the host."));
    }
    if argv.iter().any(|word| word.contains('\0')) {
        return Err(Failure::input("The command has a NUL character in it."));
    }
    Ok(())
}

/// An action whose end the record has reached by another way is not repeated.
fn refuse_done(action: Action, now: Status, operation: &Operation) -> Result<()> {
    if action == Action::Install && matches!(now, Status::Active | Status::Paused) {
        return Err(Failure::new(
            FailureKind::Conflict,
            format!("What operation {} was to bring is {now} by now.", operation.id),
        ));
    }
    Ok(())
}
