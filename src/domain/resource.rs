//! What packages manage on a server: one record type, whose fields the package declares.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{Failure, ResourceId, ServerId, SiteId, Status, Time};

/// A resource's values by field name.
pub type Fields = Map<String, Value>;

/// Where a resource is found in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ResourceKey {
    /// The server it is on.
    pub server: ServerId,
    /// Its own id.
    pub id: ResourceId,
}

/// A thing on a server that has a life cycle and belongs to a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// Its id.
    pub id: ResourceId,
    /// The package type that manages it, e.g. `firewall-rule`.
    pub kind: String,
    /// The server it is on.
    pub server: ServerId,
    /// The site it belongs to, when it does.
    pub site: Option<SiteId>,
    /// Its values, as the package declares them.
    pub fields: Fields,
    /// Where it is in its life.
    pub status: Status,
    /// Why the last operation did not succeed.
    pub error: Option<Failure>,
    /// When it was asked for.
    pub created_at: Time,
    /// When it last changed.
    pub updated_at: Time,
}

impl Resource {
    /// Where it is found in the store.
    pub fn key(&self) -> ResourceKey {
        ResourceKey { server: self.server, id: self.id }
    }

    /// Reads the fields as the package's own struct.
    ///
    /// # Errors
    /// When the stored fields are not what the package declares.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_value(Value::Object(self.fields.clone())).map_err(|e| {
            Failure::internal(format!(
                "The record {} ({}) cannot be read: {e}.",
                self.id, self.kind
            ))
        })
    }

    /// The package's own struct as fields, the other way round.
    ///
    /// # Errors
    /// When it is not an object.
    pub fn written<T: Serialize>(values: &T) -> Result<Fields, Failure> {
        match serde_json::to_value(values) {
            Ok(Value::Object(fields)) => Ok(fields),
            Ok(_) => Err(Failure::internal("A record's values are not an object.")),
            Err(e) => Err(Failure::internal(format!("A record's values cannot be written: {e}."))),
        }
    }
}
