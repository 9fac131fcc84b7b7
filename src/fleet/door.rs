//! The fleet as a face holds it: performed here, when this process has the store open, else asked
//! of the one that has. When that one ends, this one opens the store or asks the next.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};
use std::{fmt, thread};

use futures::FutureExt;
use tokio::runtime::Handle;

use super::calls::{Answer, Call, Way};
use super::local::{Local, Opening};
use super::socket::{Ask, Cut, Holder, Line, PATIENCE, Served, frame};
use super::{Changes, Notice, Paths, READ_ONLY, Result, vault};
use crate::clock::SharedClock;
use crate::domain::{ChangeKind, Effect, Failure, FailureKind, Operation, OperationId, Time};
use crate::ssh::Limits;
use crate::store::{Scope, StoreError};
use crate::vault::Cost;

/// The longest pause between two looks whether a holder that ends or begins is done with it.
const PAUSE: Duration = Duration::from_millis(100);

/// The open fleet. Cheap to clone.
#[derive(Clone)]
pub struct Fleet {
    door: Arc<Door>,
    /// Test builds alone: plans that would lock us out are not refused.
    skip_admission: bool,
    /// Nothing is changed through it: neither records nor hosts.
    read_only: bool,
}

struct Door {
    opening: Opening,
    runtime: Option<Handle>,
    standing: RwLock<Standing>,
    /// Held while the store is looked for.
    turn: Mutex<()>,
    ended: Mutex<Option<Failure>>,
}

enum Standing {
    /// The socket goes before the store does.
    Here {
        _served: Option<Served>,
        local: Local,
    },
    There(Arc<Holder>),
}

/// Where calls are performed.
pub(super) enum Side {
    Here(Local),
    There(Arc<Holder>),
}

impl Fleet {
    /// The package type of firewalls.
    pub const FIREWALL: &'static str = "firewall";
    /// The package type of rules.
    pub const RULE: &'static str = "firewall-rule";
    /// The package type of commands; each is a record of its own.
    pub const COMMAND: &'static str = "exec";

    /// Opens the store, making the folders (0700) and the file when they are not there, and checks
    /// their owner and modes; or reaches the process that has it open. Starts no operation. Within
    /// a tokio runtime others can reach this one.
    ///
    /// # Errors
    /// When another process has it open and does not answer, or the disk fails.
    pub fn open(paths: Paths, clock: SharedClock) -> Result<Self> {
        Self::open_with(paths, clock, Cost::STRONG, Limits::default())
    }

    /// The same with another cost of new vaults and other time limits.
    ///
    /// # Errors
    /// As [`Fleet::open`].
    pub fn open_with(paths: Paths, clock: SharedClock, cost: Cost, limits: Limits) -> Result<Self> {
        paths.prepare()?;
        let packages = crate::packages::all();
        let opening = Opening { paths, clock, cost, limits, packages };
        let runtime = Handle::try_current().ok();
        let standing = RwLock::new(stand(&opening, runtime.as_ref())?);
        let (turn, ended) = (Mutex::default(), Mutex::default());
        let door = Arc::new(Door { opening, runtime, standing, turn, ended });
        Ok(Self { door, skip_admission: false, read_only: false })
    }

    /// The same fleet, in which plans that would lock us out are not refused. The hosts' own way
    /// back is what tests look at with it.
    #[cfg(debug_assertions)]
    #[must_use]
    pub fn without_admission(mut self) -> Self {
        self.skip_admission = true;
        self
    }

    /// The same fleet, through which nothing is changed: every call that would write a record or do
    /// something on a host is refused.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// Whether nothing is changed through it.
    pub fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// Refuses while nothing may be changed.
    ///
    /// # Errors
    /// When the fleet is read-only.
    pub fn may_change(&self) -> Result<()> {
        match self.read_only {
            true => Err(Failure::input(READ_ONLY).remedy(
                "Start brokeforge without --read-only, and without BROKEFORGE_READ_ONLY in the \
                 environment.",
            )),
            false => Ok(()),
        }
    }

    /// Where everything lies.
    pub fn paths(&self) -> &Paths {
        &self.door.opening.paths
    }

    /// What time it is for this fleet.
    pub fn now(&self) -> Time {
        self.door.opening.clock.now()
    }

    /// Whether this process has the store open.
    pub fn is_here(&self) -> bool {
        matches!(self.side(), Side::Here(_))
    }

    /// The process that has the store open, when it is another.
    pub fn holder(&self) -> Option<u32> {
        match self.side() {
            Side::Here(_) => None,
            Side::There(holder) => Some(holder.pid()),
        }
    }

    /// Why there is no fleet any more, once that is so.
    pub fn ended(&self) -> Option<Failure> {
        lock(&self.door.ended).clone()
    }

    /// Whether the vault opens by a passphrase (else by a key file); true while there is none.
    pub fn vault_wants_passphrase(&self) -> bool {
        vault::wants_passphrase(self.paths())
    }

    /// Follows changes from now on.
    pub fn subscribe(&self, scope: Scope) -> Changes {
        Changes::new(self, scope)
    }

    /// Waits until an operation is over; follows the changes, and past the end of a holder.
    ///
    /// # Errors
    /// When there is no such operation, or nobody who knows of it any more.
    pub async fn wait(&self, id: OperationId) -> Result<Operation> {
        // subscribed before the first read, so that no change falls between the two
        let mut changes = self.subscribe(Scope::All);
        let text = id.to_string();
        loop {
            let operation = self.operation(id)?;
            if operation.outcome.is_end() {
                return Ok(operation);
            }
            loop {
                match changes.next().await {
                    Some(Notice::Change(change))
                        if change.kind != ChangeKind::Operation || change.id != text => {}
                    Some(_) => break,
                    None => return Err(self.over()),
                }
            }
        }
    }

    /// Why nothing more comes.
    pub fn over(&self) -> Failure {
        self.ended().unwrap_or_else(|| Failure::internal("The store closed meanwhile."))
    }

    pub(super) fn side(&self) -> Side {
        let standing = self.door.standing.read().unwrap_or_else(PoisonError::into_inner);
        match &*standing {
            Standing::Here { local, .. } => {
                Side::Here(Local { skip_admission: self.skip_admission, ..local.clone() })
            }
            Standing::There(holder) => Side::There(holder.clone()),
        }
    }

    /// A call that is answered at once.
    pub(super) fn read<A: Answer>(&self, call: Call) -> A {
        let ask = Ask::Call(call);
        loop {
            let (holder, cut) = match self.side() {
                Side::Here(local) => {
                    let Ask::Call(call) = ask else { return A::failed(torn()) };
                    // a read never waits for anything
                    let performed = local.perform(call).now_or_never();
                    return performed
                        .map_or_else(|| A::failed(torn()), |frame| answered(frame::body(&frame)));
                }
                Side::There(holder) => match holder.read(&ask) {
                    Ok(body) => return answered(&body),
                    Err(cut) => (holder, cut),
                },
            };
            let left = match cut {
                Cut::Gone | Cut::Unknown => self.change_over_now(&holder).map(|_| ()),
                Cut::Silent => Err(holder.silence()),
                Cut::Refused(failure) => Err(failure),
            };
            if let Err(failure) = left {
                return A::failed(failure);
            }
        }
    }

    /// A call that takes its time.
    pub(super) async fn ask<A: Answer>(&self, call: Call) -> A {
        let once = call.way() == Way::act;
        loop {
            let holder = match self.side() {
                Side::Here(local) => {
                    let frame = Box::pin(local.perform(call)).await;
                    return answered(frame::body(&frame));
                }
                Side::There(holder) => holder,
            };
            let cut = match holder.open(Ask::Call(call.clone())).await {
                Ok((mut line, _)) => match line.next().await {
                    Some(body) => return answered(&body),
                    None => Cut::Unknown,
                },
                Err(cut) => cut,
            };
            if let Err(failure) = self.mend(&holder, cut, once).await {
                return A::failed(failure);
            }
        }
    }

    /// Whether a call that was cut off can be made again: at whoever has the store then.
    pub(super) async fn mend(&self, holder: &Arc<Holder>, cut: Cut, once: bool) -> Result<()> {
        match cut {
            Cut::Unknown if once => Err(Failure::new(
                FailureKind::Interrupted,
                "The brokeforge that had the store open ended; it is not known whether this was \
                 still done.",
            )
            .effect(Effect::Unknown)
            .remedy("Look at how it is now, then do it again if it was not done.")),
            Cut::Gone | Cut::Unknown => self.change_over(holder).await.map(|_| ()),
            Cut::Silent => Err(holder.silence()),
            Cut::Refused(failure) => Err(failure),
        }
    }

    /// Opens a stream at the holder, waiting where it stands.
    pub(super) fn open_line(
        &self,
        holder: &Holder,
        ask: &Ask,
    ) -> std::result::Result<(Line, frame::Frame), Cut> {
        let _within = self.door.runtime.as_ref().map(Handle::enter);
        holder.open_now(ask)
    }

    /// Leaves a holder that ended: opens the store, or reaches whoever was faster.
    pub(super) async fn change_over(&self, from: &Arc<Holder>) -> Result<Side> {
        let (fleet, from) = (self.clone(), from.clone());
        tokio::task::spawn_blocking(move || fleet.change_over_now(&from))
            .await
            .unwrap_or_else(|_| Err(torn()))
    }

    /// The same, waiting where it stands.
    pub(super) fn change_over_now(&self, from: &Arc<Holder>) -> Result<Side> {
        let _turn = lock(&self.door.turn);
        match self.side() {
            Side::There(holder) if Arc::ptr_eq(&holder, from) => {}
            // somebody else of this process was faster
            other => return Ok(other),
        }
        let standing = stand(&self.door.opening, self.door.runtime.as_ref());
        let standing = standing.inspect_err(|failure| {
            *lock(&self.door.ended) = Some(failure.clone());
        })?;
        *self.door.standing.write().unwrap_or_else(PoisonError::into_inner) = standing;
        Ok(self.side())
    }
}

/// Opens the store, or reaches the process that has it open. One that is just beginning or ending
/// is given some time.
fn stand(opening: &Opening, runtime: Option<&Handle>) -> Result<Standing> {
    let until = Instant::now() + PATIENCE;
    let mut pause = Duration::from_millis(1);
    loop {
        let in_use = match Local::open(opening) {
            Ok(local) => {
                let served = runtime.and_then(|runtime| {
                    Served::start(&local, runtime)
                        .inspect_err(|error| tracing::warn!(%error, "there is no socket"))
                        .ok()
                });
                return Ok(Standing::Here { _served: served, local });
            }
            Err(error @ StoreError::InUse { .. }) => error,
            Err(error) => return Err(error.into()),
        };
        let left = until.saturating_duration_since(Instant::now());
        match Holder::reach(&opening.paths, left.max(pause)) {
            Ok(holder) => return Ok(Standing::There(holder)),
            Err(Cut::Refused(failure)) => return Err(failure),
            Err(Cut::Silent) => return Err(in_use.into()),
            Err(Cut::Gone | Cut::Unknown) if left.is_zero() => return Err(in_use.into()),
            Err(Cut::Gone | Cut::Unknown) => thread::sleep(pause.min(left)),
        }
        pause = (pause * 2).min(PAUSE);
    }
}

fn answered<A: Answer>(body: &[u8]) -> A {
    frame::read(body).unwrap_or_else(|_| A::failed(torn()))
}

fn torn() -> Failure {
    Failure::internal("An answer came that is none.")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Fleet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fleet").field("here", &self.is_here()).finish_non_exhaustive()
    }
}
