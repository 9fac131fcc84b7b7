//! The store on real files in temporary folders.

mod commits;
mod crash;
mod failing_disk;
mod fixture;
mod follow;
mod open;

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use redb::{Database, DatabaseError};
use tempfile::TempDir;

use super::*;
use crate::clock::{Clock, SystemClock};
use crate::domain::{
    Action, Fields, HostTrust, Login, Outcome, Progress, Resource, ResourceId, Server, ServerId,
    Status, Time,
};

/// A store in a folder of its own.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        let only_us = Permissions::from_mode(0o700);
        Self { folder: tempfile::Builder::new().permissions(only_us).tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("store.redb")
    }

    fn open(&self) -> Store {
        self.once_free().unwrap()
    }

    /// Opens once nobody has it. A child that another test starts at that moment has a copy of every
    /// descriptor until it executes its program, and with it the lock of a store that was closed.
    fn once_free(&self) -> Result<Store, StoreError> {
        let end = Instant::now() + Duration::from_secs(120);
        loop {
            match self.try_open() {
                Err(StoreError::InUse { .. }) if Instant::now() < end => std::thread::yield_now(),
                opened => return opened,
            }
        }
    }

    /// The file as redb sees it, once nobody has it.
    fn database(&self) -> Database {
        let end = Instant::now() + Duration::from_secs(120);
        loop {
            match Database::create(self.path()) {
                Err(DatabaseError::DatabaseAlreadyOpen) if Instant::now() < end => {
                    std::thread::yield_now();
                }
                opened => return opened.unwrap(),
            }
        }
    }

    fn try_open(&self) -> Result<Store, StoreError> {
        Store::open(&self.path(), Arc::new(SystemClock))
    }
}

fn time() -> Time {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn server_id(number: u32) -> ServerId {
    ServerId::new(time(), number)
}

fn server(number: u32) -> Server {
    Server {
        id: server_id(number),
        name: format!("web-{number}"),
        host: "192.0.2.1".into(),
        port: 22,
        user: "root".into(),
        login: Login::Agent,
        trust: HostTrust::AcceptNew,
        host_keys: Vec::new(),
        status: Status::Pending,
        error: None,
        tags: std::collections::BTreeSet::new(),
        replaced: None,
        created_at: time(),
        updated_at: time(),
    }
}

fn resource(server: u32, number: u32) -> Resource {
    Resource {
        id: ResourceId::new(time(), number),
        kind: "firewall-rule".into(),
        server: server_id(server),
        site: None,
        fields: Fields::new(),
        status: Status::Pending,
        error: None,
        created_at: time(),
        updated_at: time(),
    }
}

fn operation(number: u32) -> crate::domain::Operation {
    crate::domain::Operation {
        id: OperationId::new(time(), number),
        action: Action::Install,
        kind: "server".into(),
        server: server_id(1),
        resource: None,
        subject: None,
        site: None,
        outcome: Outcome::Waiting,
        progress: Progress::default(),
        retry_of: None,
        parent: None,
        waits_for: None,
        choices: Fields::new(),
        before: None,
        fields_before: None,
        steps: Vec::new(),
        error: None,
        cancel: false,
        created_at: time(),
        started_at: None,
        finished_at: None,
    }
}

fn event(operation: u32, number: u32) -> Event {
    Event {
        operation: OperationId::new(time(), operation),
        number,
        server: server_id(1),
        site: None,
        package: "server".into(),
        action: Action::Install,
        milestone: "connect".into(),
        step: 1,
        of: 2,
        progress: 50,
        at: time(),
        details: None,
        error: None,
    }
}

fn put<R: Record>(record: &R, expected: Expected) -> Batch {
    let mut batch = Batch::new();
    batch.put(record, expected);
    batch
}

fn delete<R: Record>(record: &R, expected: Expected) -> Batch {
    let mut batch = Batch::new();
    batch.delete::<R>(&record.key(), expected);
    batch
}

/// A clock for stores that start on other backends.
fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}
