//! Passwords of first logins: in memory alone, from when they are given until our key is proved or
//! the operation that they were given for is over.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::domain::{Secret, ServerId};

/// The passwords that are known now. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Passwords(Arc<Mutex<HashMap<ServerId, Secret>>>);

impl Passwords {
    fn all(&self) -> MutexGuard<'_, HashMap<ServerId, Secret>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the one of a server's login user.
    pub fn keep(&self, server: ServerId, password: Secret) {
        self.all().insert(server, password);
    }

    /// The one of a server's login user.
    pub fn get(&self, server: ServerId) -> Option<Secret> {
        self.all().get(&server).cloned()
    }

    /// It is not needed any more.
    pub fn forget(&self, server: ServerId) {
        self.all().remove(&server);
    }
}
