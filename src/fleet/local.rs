//! The fleet of the process that has the store open: where the calls are performed.
//!
//! The use cases are methods of [`Local`], by subject in the files beside this one.

use std::path::PathBuf;
use std::sync::{Arc, Weak};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::{Paths, templates};
use crate::clock::SharedClock;
use crate::domain::{Failure, Time};
use crate::operations::{Operations, Passwords, Rooms};
use crate::packages::Package;
use crate::ssh::{Connections, Limits};
use crate::store::{Store, StoreError};
use crate::vault::Cost;

/// How a fleet is opened, here or by whoever opens it next.
#[derive(Clone)]
pub(super) struct Opening {
    pub paths: Paths,
    pub clock: SharedClock,
    pub cost: Cost,
    pub limits: Limits,
    pub packages: &'static [&'static dyn Package],
}

/// Where a caller's relative paths begin: a call may come from another folder than ours.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Origin {
    pub folder: PathBuf,
    pub home: Option<PathBuf>,
}

impl Origin {
    /// That of this process.
    pub fn here() -> Self {
        Self {
            folder: std::env::current_dir().unwrap_or_default(),
            home: std::env::var_os("HOME").map(PathBuf::from),
        }
    }
}

/// The fleet whose store is open here, for one caller. Cheap to clone.
#[derive(Clone)]
pub(super) struct Local {
    pub(super) inner: Arc<Inner>,
    pub(super) origin: Arc<Origin>,
    /// Test builds alone: plans that would lock us out are not refused.
    pub(super) skip_admission: bool,
}

pub(super) struct Inner {
    pub paths: Paths,
    pub operations: Operations,
    pub cost: Cost,
    /// What is wrong with the person's own files.
    pub faults: Vec<Failure>,
    /// Whether the vault is open, for those who follow changes.
    pub opened: watch::Sender<bool>,
}

impl Local {
    /// Opens the store, making the file when it is not there.
    pub fn open(opening: &Opening) -> std::result::Result<Self, StoreError> {
        let Opening { paths, clock, cost, limits, packages } = opening.clone();
        let (templates, faults) = templates::own(&paths);
        let store = Store::open(&paths.store(), clock.clone())?;
        let operations = Operations::new(Rooms {
            store,
            connections: Connections::new(limits),
            clock,
            output: paths.output(),
            templates: Arc::new(templates),
            packages,
            vault: Arc::default(),
            passwords: Passwords::default(),
        });
        let opened = watch::Sender::new(false);
        let inner = Arc::new(Inner { paths, operations, cost, faults, opened });
        Ok(Self { inner, origin: Arc::new(Origin::here()), skip_admission: false })
    }

    /// For a caller from elsewhere, as long as the fleet is open.
    pub fn of(inner: &Weak<Inner>, origin: &Arc<Origin>) -> Option<Self> {
        let inner = inner.upgrade()?;
        Some(Self { inner, origin: origin.clone(), skip_admission: false })
    }

    pub fn faults(&self) -> Vec<Failure> {
        self.inner.faults.clone()
    }

    pub fn paths(&self) -> &Paths {
        &self.inner.paths
    }

    pub fn rooms(&self) -> &Rooms {
        self.inner.operations.rooms()
    }

    pub fn store(&self) -> &Store {
        &self.rooms().store
    }

    pub fn now(&self) -> Time {
        self.rooms().clock.now()
    }
}
