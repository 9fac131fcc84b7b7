//! What an operation keeps of its own besides its record: the plan as it is executed, and what
//! steps remember for later ones.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::Rooms;
use crate::domain::{Document, Failure, FailureKind, Operation, OperationId, Server, ServerId};
use crate::packages::Plan;
use crate::store::{Batch, Expected, Stored};

/// The journal of one operation, kept until it is over.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Journal {
    /// The plan, from the moment on at which it was made.
    pub plan: Plan,
    /// The marks of its runs begin with this.
    pub nonce: String,
    /// The addresses by which a login worked before the change.
    #[serde(default)]
    pub proved: Vec<SocketAddr>,
}

fn key(operation: OperationId) -> String {
    format!("plan/{operation}")
}

impl Journal {
    /// The journal of an operation that has a plan already.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn load(rooms: &Rooms, operation: OperationId) -> Result<Option<Self>, Failure> {
        let Some(stored) = rooms.store.get::<Document>(&key(operation))? else { return Ok(None) };
        serde_json::from_value(stored.record.body).map(Some).map_err(|e| {
            Failure::internal(format!("The plan of the operation {operation} cannot be read: {e}."))
        })
    }

    /// Puts it into a batch.
    ///
    /// # Errors
    /// When it cannot be written as JSON, which is a defect.
    pub fn put(&self, batch: &mut Batch, operation: OperationId) -> Result<(), Failure> {
        let body = serde_json::to_value(self)
            .map_err(|e| Failure::internal(format!("A plan cannot be written: {e}.")))?;
        batch.put(&Document { key: key(operation), body }, Expected::Anything);
        Ok(())
    }

    /// Writes it.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn store(&self, rooms: &Rooms, operation: OperationId) -> Result<(), Failure> {
        let mut batch = Batch::new();
        self.put(&mut batch, operation)?;
        rooms.store.commit(batch).await?;
        Ok(())
    }
}

/// Deletes the journal with the end of its operation.
///
/// # Errors
/// When it cannot be read.
pub fn delete(rooms: &Rooms, batch: &mut Batch, operation: OperationId) -> Result<(), Failure> {
    if rooms.store.get::<Document>(&key(operation))?.is_some() {
        batch.delete::<Document>(&key(operation), Expected::Anything);
    }
    Ok(())
}

/// A server that must be there.
///
/// # Errors
/// When it is not.
pub fn server(rooms: &Rooms, id: ServerId) -> Result<Server, Failure> {
    Ok(rooms
        .store
        .get::<Server>(&id)?
        .ok_or_else(|| Failure::new(FailureKind::NotFound, format!("There is no server {id}.")))?
        .record)
}

/// An operation that must be there.
///
/// # Errors
/// When it is not.
pub fn operation(rooms: &Rooms, id: OperationId) -> Result<Stored<Operation>, Failure> {
    rooms
        .store
        .get::<Operation>(&id)?
        .ok_or_else(|| Failure::new(FailureKind::NotFound, format!("There is no operation {id}.")))
}
