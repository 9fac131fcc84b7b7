//! What the operations of one turn share: a parent and the children that run inside it.
//!
//! On the host the lock names the one that has the turn, and the runs of its children bear its
//! name before their own, so that whoever looks whether the holder still works sees them too.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::Rooms;
use crate::domain::{Facts, Operation};
use crate::packages::Package;

/// What a host answered is not told again after this.
const FRESH: Duration = Duration::from_secs(60);

/// An operation's part in its turn.
#[derive(Clone)]
pub(super) struct Turn {
    /// The operation's name on the host.
    pub name: String,
    /// The operation that has the turn, and that the host's lock names.
    pub lock: String,
    /// Whether it runs inside another one.
    pub within: bool,
    /// Whether nothing of the turn needs the host after it.
    pub last: bool,
    family: Arc<Mutex<Family>>,
}

/// What is known of the host within a turn.
#[derive(Default)]
struct Family {
    /// What it answered, by the user that asked; until anything is changed.
    facts: BTreeMap<&'static str, Known>,
    /// The packages that work on it in this turn.
    kinds: BTreeSet<String>,
    /// The host's lock may be held for this turn.
    locked: bool,
}

struct Known {
    facts: Facts,
    /// The packages whose probes were asked.
    kinds: BTreeSet<&'static str>,
    at: Instant,
}

impl Turn {
    /// Of an operation that takes the turn itself. One that was begun inside another goes on under
    /// the name that it has on the host.
    pub fn of(rooms: &Rooms, operation: &Operation) -> Self {
        let mut eldest = operation.parent;
        while let Some(id) = eldest
            && let Ok(Some(stored)) = rooms.store.get::<Operation>(&id)
            && let Some(parent) = stored.record.parent
        {
            eldest = Some(parent);
        }
        let lock = eldest.unwrap_or(operation.id).to_string();
        let name = match eldest {
            Some(_) => format!("{lock}-{}", operation.id),
            None => lock.clone(),
        };
        Self { name, lock, within: false, last: true, family: Arc::default() }
    }

    /// Of an operation inside this one; whether it is the last there that needs the host.
    pub fn within(&self, child: &Operation, last: bool) -> Self {
        let name = format!("{}-{}", self.lock, child.id);
        let (lock, family) = (self.lock.clone(), self.family.clone());
        Self { name, lock, within: true, last: self.last && last, family }
    }

    fn family(&self) -> MutexGuard<'_, Family> {
        self.family.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that the host's lock may be held for this turn from now on, or not any more.
    pub fn set_locked(&self, locked: bool) {
        self.family().locked = locked;
    }

    /// Whether the host's lock may be held for this turn.
    pub fn is_locked(&self) -> bool {
        self.family().locked
    }

    /// Notes which packages work in this turn.
    pub fn add_kinds<'a>(&self, kinds: impl Iterator<Item = &'a str>) {
        self.family().kinds.extend(kinds.map(str::to_owned));
    }

    /// The packages that work in this turn, this one among them.
    pub fn all_packages(
        &self,
        rooms: &Rooms,
        package: &'static dyn Package,
    ) -> Vec<&'static dyn Package> {
        let family = self.family();
        let of_turn = |p: &&'static dyn Package| {
            p.kind() == package.kind() || family.kinds.contains(p.kind())
        };
        rooms.packages.iter().copied().filter(of_turn).collect()
    }

    /// Those of them that ask as the same user as this one.
    pub fn packages(
        &self,
        rooms: &Rooms,
        package: &'static dyn Package,
    ) -> Vec<&'static dyn Package> {
        let mut all = self.all_packages(rooms, package);
        all.retain(|p| p.user() == package.user());
        all
    }

    /// Whether more than the one operation works in it.
    pub fn has_several(&self) -> bool {
        !self.family().kinds.is_empty()
    }

    /// What the host answered in this turn to the probes of these packages, unless it may be
    /// different by now.
    pub fn known(&self, user: &str, packages: &[&'static dyn Package]) -> Option<Facts> {
        let family = self.family();
        let known = family.facts.get(user).filter(|known| known.at.elapsed() < FRESH)?;
        let asked =
            packages.iter().all(|p| p.probes().is_empty() || known.kinds.contains(p.kind()));
        asked.then(|| known.facts.clone())
    }

    /// Keeps what the host answered to the probes of these packages, beside what it answered since
    /// something was changed.
    pub fn keep(&self, user: &'static str, packages: &[&'static dyn Package], facts: &Facts) {
        let mut kinds: BTreeSet<&'static str> = packages.iter().map(|p| p.kind()).collect();
        let mut family = self.family();
        let mut at = Instant::now();
        if let Some(before) = family.facts.get(user).filter(|known| known.at.elapsed() < FRESH) {
            kinds.extend(&before.kinds);
            at = before.at;
        }
        family.facts.insert(user, Known { facts: facts.clone(), kinds, at });
    }

    /// Something was changed: what was answered before is not known any more.
    pub fn forget(&self) {
        self.family().facts.clear();
    }
}
