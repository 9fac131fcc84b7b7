//! The record types: tables, keys, and the arrows that are not those of [`Status`].
//!
//! An id's text has a fixed width and sorts by age, so a key that begins with a server's or an
//! operation's id can be scanned by that text.

use super::Record;
use crate::domain::{
    Action, ChangeKind, Credential, Document, Event, InstalledPackage, Operation, OperationId,
    Outcome, Pace, Resource, ResourceKey, Server, ServerFacts, ServerId, SiteId, Status,
};

fn joined(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

impl Record for Server {
    type Key = ServerId;
    const TABLE: &'static str = "server";
    const CHANGE: Option<ChangeKind> = Some(ChangeKind::Server);
    fn key(&self) -> ServerId {
        self.id
    }
    fn encode(key: &ServerId) -> Vec<u8> {
        key.to_string().into_bytes()
    }
    fn change_id(&self) -> String {
        self.id.to_string()
    }
    fn server(&self) -> Option<ServerId> {
        Some(self.id)
    }
    fn status(&self) -> Option<Status> {
        Some(self.status)
    }
}

impl Record for ServerFacts {
    type Key = ServerId;
    const TABLE: &'static str = "facts";
    const CHANGE: Option<ChangeKind> = Some(ChangeKind::Facts);
    fn key(&self) -> ServerId {
        self.server
    }
    fn encode(key: &ServerId) -> Vec<u8> {
        key.to_string().into_bytes()
    }
    fn change_id(&self) -> String {
        self.server.to_string()
    }
    fn server(&self) -> Option<ServerId> {
        Some(self.server)
    }
}

/// Key: server id, then resource id. A prefix: the server id's text.
impl Record for Resource {
    type Key = ResourceKey;
    const TABLE: &'static str = "resource";
    const CHANGE: Option<ChangeKind> = Some(ChangeKind::Resource);
    fn key(&self) -> ResourceKey {
        Resource::key(self)
    }
    fn encode(key: &ResourceKey) -> Vec<u8> {
        format!("{}{}", key.server, key.id).into_bytes()
    }
    fn change_id(&self) -> String {
        self.id.to_string()
    }
    fn server(&self) -> Option<ServerId> {
        Some(self.server)
    }
    fn site(&self) -> Option<SiteId> {
        self.site
    }
    fn status(&self) -> Option<Status> {
        Some(self.status)
    }
}

/// Begins as `waiting` and may be deleted only when it is over.
impl Record for Operation {
    type Key = OperationId;
    const TABLE: &'static str = "operation";
    const CHANGE: Option<ChangeKind> = Some(ChangeKind::Operation);
    fn key(&self) -> OperationId {
        self.id
    }
    fn encode(key: &OperationId) -> Vec<u8> {
        key.to_string().into_bytes()
    }
    fn change_id(&self) -> String {
        self.id.to_string()
    }
    fn server(&self) -> Option<ServerId> {
        Some(self.server)
    }
    fn site(&self) -> Option<SiteId> {
        self.site
    }
    fn is_under_way(&self) -> bool {
        !self.outcome.is_end()
    }
    fn standing(&self) -> &'static str {
        self.outcome.as_str()
    }
    fn has_arrow(from: Option<&Self>, to: Option<&Self>) -> bool {
        match (from.map(|o| o.outcome), to.map(|o| o.outcome)) {
            (None, Some(to)) => to == Outcome::Waiting,
            (Some(from), Some(to)) => from.may_become(to),
            (Some(from), None) => from.is_end(),
            (None, None) => true,
        }
    }
}

/// Key: operation id, then the number (four bytes, big-endian). Append-only: it may go, with its
/// operation, but never change.
impl Record for Event {
    type Key = (OperationId, u32);
    const TABLE: &'static str = "event";
    const CHANGE: Option<ChangeKind> = Some(ChangeKind::Event);
    fn key(&self) -> (OperationId, u32) {
        (self.operation, self.number)
    }
    fn encode((operation, number): &(OperationId, u32)) -> Vec<u8> {
        joined(&[operation.to_string().as_bytes(), &number.to_be_bytes()])
    }
    fn change_id(&self) -> String {
        format!("{}/{}", self.operation, self.number)
    }
    fn server(&self) -> Option<ServerId> {
        Some(self.server)
    }
    fn site(&self) -> Option<SiteId> {
        self.site
    }
    fn has_arrow(from: Option<&Self>, to: Option<&Self>) -> bool {
        from.is_none() || to.is_none()
    }
}

/// Key: server id, type, a zero byte, name. A prefix: the server id's text.
impl Record for InstalledPackage {
    type Key = (ServerId, String, String);
    const TABLE: &'static str = "package";
    const CHANGE: Option<ChangeKind> = Some(ChangeKind::Package);
    fn key(&self) -> (ServerId, String, String) {
        (self.server, self.kind.clone(), self.name.clone())
    }
    fn encode((server, kind, name): &(ServerId, String, String)) -> Vec<u8> {
        joined(&[server.to_string().as_bytes(), kind.as_bytes(), b"\0", name.as_bytes()])
    }
    fn change_id(&self) -> String {
        format!("{}/{}/{}", self.server, self.kind, self.name)
    }
    fn server(&self) -> Option<ServerId> {
        Some(self.server)
    }
    fn site(&self) -> Option<SiteId> {
        self.site
    }
}

/// Key: server id, then the user. Its writes tell of its server: how we log in is shown there.
impl Record for Credential {
    type Key = (ServerId, String);
    const TABLE: &'static str = "credential";
    const CHANGE: Option<ChangeKind> = Some(ChangeKind::Server);
    fn key(&self) -> (ServerId, String) {
        (self.server, self.user.clone())
    }
    fn encode((server, user): &(ServerId, String)) -> Vec<u8> {
        joined(&[server.to_string().as_bytes(), user.as_bytes()])
    }
    fn change_id(&self) -> String {
        self.server.to_string()
    }
    fn server(&self) -> Option<ServerId> {
        Some(self.server)
    }
}

/// Key: package type, action and step, with zero bytes between.
impl Record for Pace {
    type Key = (String, Action, String);
    const TABLE: &'static str = "pace";
    const CHANGE: Option<ChangeKind> = None;
    fn key(&self) -> (String, Action, String) {
        (self.kind.clone(), self.action, self.step.clone())
    }
    fn encode((kind, action, step): &(String, Action, String)) -> Vec<u8> {
        joined(&[kind.as_bytes(), b"\0", action.as_str().as_bytes(), b"\0", step.as_bytes()])
    }
    fn change_id(&self) -> String {
        self.step.clone()
    }
    fn server(&self) -> Option<ServerId> {
        None
    }
}

impl Record for Document {
    type Key = String;
    const TABLE: &'static str = "document";
    const CHANGE: Option<ChangeKind> = None;
    fn key(&self) -> String {
        self.key.clone()
    }
    fn encode(key: &String) -> Vec<u8> {
        key.clone().into_bytes()
    }
    fn change_id(&self) -> String {
        self.key.clone()
    }
    fn server(&self) -> Option<ServerId> {
        None
    }
}
