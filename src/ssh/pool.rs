//! The connections that are kept: one per label, shared by all who ask, closed when nobody has
//! asked for a while. It polls nothing: a timer exists only while a connection lies idle.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, sleep_until};

use super::{Connection, Limits, SshError, Target, back_off};
use crate::domain::HostKey;

/// How long an unused connection is kept.
const IDLE: Duration = Duration::from_secs(60);

/// The pause after a first failure, doubled with each further one up to the second value.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(15));

/// One connection per label (server and credential), shared by all who ask; lost ones are opened
/// again with back-off and jitter, unused ones close after 60 s. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Connections {
    pool: Arc<Pool>,
}

#[derive(Debug)]
struct Pool {
    limits: Limits,
    slots: Mutex<HashMap<String, Slot>>,
}

/// What is kept under one label.
#[derive(Debug, Default)]
struct Slot {
    place: Arc<tokio::sync::Mutex<Place>>,
    leases: usize,
    idle: Option<AbortHandle>,
}

/// Guarded by an asynchronous lock, so that those who come while it is being opened wait for it.
#[derive(Debug, Default)]
struct Place {
    kept: Option<Kept>,
    failures: u32,
    failed: Option<(Instant, SshError)>,
}

#[derive(Debug)]
struct Kept {
    connection: Connection,
    host: String,
    port: u16,
    user: String,
    host_keys: Vec<HostKey>,
}

impl Kept {
    fn is_for(&self, target: &Target) -> bool {
        (&self.host, self.port, &self.user) == (&target.host, target.port, &target.user)
            && self.host_keys == target.host_keys
    }
}

/// A share in a kept connection; the connection stays open as long as this is held.
#[derive(Debug)]
pub struct Lease {
    connection: Connection,
    _hold: Hold,
}

impl Deref for Lease {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

/// Counts as one who uses the slot, also while the connection is still being opened.
#[derive(Debug)]
struct Hold {
    pool: Weak<Pool>,
    label: String,
    place: Arc<tokio::sync::Mutex<Place>>,
}

impl Connections {
    /// With these limits.
    pub fn new(limits: Limits) -> Self {
        Self { pool: Arc::new(Pool { limits, slots: Mutex::default() }) }
    }

    /// The kept connection of the target's label, or a new one. Keep the lease while the
    /// connection is in use.
    ///
    /// # Errors
    /// As [`Connection::open`].
    pub async fn lease(&self, target: &Target) -> Result<Lease, SshError> {
        let asked = Instant::now();
        let (hold, was_idle) = self.pool.hold(&target.label);
        let slot = Arc::clone(&hold.place);
        let mut place = slot.lock().await;
        if let Some((failed, error)) = &place.failed {
            // who waited while another one failed shares its answer, instead of asking a host
            // that does not answer once for each
            if *failed >= asked {
                return Err(error.clone());
            }
            sleep_until(*failed + back_off(place.failures, PAUSE.0, PAUSE.1)).await;
        }
        if let Some(stranger) = place.kept.take_if(|kept| !kept.is_for(target)) {
            stranger.connection.close().await;
        }
        let usable = |kept: &&Kept| !kept.connection.is_closed() && !kept.connection.is_worn();
        if let Some(connection) = place.kept.as_ref().filter(usable).map(|it| it.connection.clone())
        {
            // one that lay idle may be dead without anyone having noticed (a suspended laptop)
            if !was_idle || connection.answers().await {
                return Ok(Lease { connection, _hold: hold });
            }
        }
        // who still uses the old one keeps it
        place.kept = None;
        match Connection::open(target, &self.pool.limits).await {
            Ok(connection) => {
                *place = Place {
                    kept: Some(Kept {
                        connection: connection.clone(),
                        host: target.host.clone(),
                        port: target.port,
                        user: target.user.clone(),
                        host_keys: target.host_keys.clone(),
                    }),
                    ..Place::default()
                };
                Ok(Lease { connection, _hold: hold })
            }
            Err(error) => {
                place.failures = place.failures.saturating_add(1);
                place.failed = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    /// Closes what is kept under labels that begin with `prefix`, also what is in use.
    pub async fn forget(&self, prefix: &str) {
        let forgotten: Vec<Slot> = {
            let mut slots = self.pool.slots();
            slots.extract_if(|label, _| label.starts_with(prefix)).map(|(_, slot)| slot).collect()
        };
        for slot in forgotten {
            if let Some(idle) = slot.idle {
                idle.abort();
            }
            // one that is being opened right now goes with the lease it is opened for
            let kept = slot.place.try_lock().ok().and_then(|mut place| place.kept.take());
            if let Some(kept) = kept {
                kept.connection.close().await;
            }
        }
    }

    /// The limits in force.
    pub fn limits(&self) -> &Limits {
        &self.pool.limits
    }
}

impl Pool {
    fn slots(&self) -> MutexGuard<'_, HashMap<String, Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one more user of the label; says whether it had none before.
    fn hold(self: &Arc<Self>, label: &str) -> (Hold, bool) {
        let mut slots = self.slots();
        let slot = slots.entry(label.to_owned()).or_default();
        let was_idle = slot.leases == 0;
        slot.leases += 1;
        if let Some(idle) = slot.idle.take() {
            idle.abort();
        }
        let hold = Hold {
            pool: Arc::downgrade(self),
            label: label.to_owned(),
            place: Arc::clone(&slot.place),
        };
        (hold, was_idle)
    }

    /// Forgets a slot that is still unused.
    fn expire(&self, label: &str, place: &Arc<tokio::sync::Mutex<Place>>) -> Option<Slot> {
        let mut slots = self.slots();
        let unused = slots
            .get(label)
            .is_some_and(|slot| slot.leases == 0 && Arc::ptr_eq(&slot.place, place));
        if unused { slots.remove(label) } else { None }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let Some(pool) = self.pool.upgrade() else { return };
        let mut slots = pool.slots();
        let Some(slot) = slots.get_mut(&self.label) else { return };
        if !Arc::ptr_eq(&slot.place, &self.place) {
            return;
        }
        slot.leases -= 1;
        if slot.leases > 0 {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            slots.remove(&self.label);
            return;
        };
        let (pool, label, place) =
            (Arc::downgrade(&pool), self.label.clone(), Arc::clone(&self.place));
        let timer = runtime.spawn(async move {
            sleep(IDLE).await;
            let expired = pool.upgrade().and_then(|pool| pool.expire(&label, &place));
            if expired.is_some()
                && let Some(kept) = place.lock().await.kept.take()
            {
                kept.connection.let_go().await;
            }
        });
        slot.idle = Some(timer.abort_handle());
    }
}
