//! Operations: one tokio task each, one turn per server, steps journalled on both ends.
//!
//! Executes the plans that packages make; names no single package and knows no screen. Start
//! reading at [`Operations::start`].

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::clock::SharedClock;
use crate::domain::{Facts, Failure, Operation, OperationId, Secret, Server, ServerId, reason};
use crate::packages::{Package, Plan};
use crate::ssh::{Connections, Target};
use crate::store::Store;
use crate::vault::Vault;

mod credentials;
mod host;
mod journal;
pub mod key_file;
mod local;
pub mod machine;
mod output;
mod pace;
mod page;
mod passwords;
mod probe;
pub mod protocol;
mod redact;
mod subject;
mod task;
mod turn;
mod turns;

pub use output::Follow;
pub use passwords::Passwords;
pub use subject::{BEFORE, delete_server};

/// What operations work with.
#[derive(Clone)]
pub struct Rooms {
    /// Records.
    pub store: Store,
    /// Connections.
    pub connections: Connections,
    /// The time.
    pub clock: SharedClock,
    /// Where the steps' output is kept.
    pub output: PathBuf,
    /// The configuration templates, with the person's own.
    pub templates: Arc<crate::packages::Templates>,
    /// The packages there are.
    pub packages: &'static [&'static dyn Package],
    /// The open vault, once it is.
    pub vault: Arc<std::sync::RwLock<Option<Vault>>>,
    /// The passwords of first logins that were given.
    pub passwords: Passwords,
}

/// Which of the two streams a piece of output came on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// A piece of a step's output, redacted, otherwise as the host sent it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Output {
    /// Some bytes.
    Piece {
        /// The step's number, from 0.
        step: usize,
        /// On which stream.
        stream: Stream,
        /// The bytes; not cleaned of control sequences.
        #[serde(with = "crate::domain::bytes")]
        bytes: Vec<u8>,
    },
    /// The follower was too slow: this many bytes are only in the file.
    Lost(u64),
}

/// A plan that is only looked at.
#[derive(Debug)]
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// What its children would do, by the number of their step: a plan, or why there is none yet.
    pub inside: crate::packages::family::Inside,
}

/// The running operations of this process. Cheap to clone.
#[derive(Clone)]
pub struct Operations {
    rooms: Rooms,
    turns: turns::Turns,
    tasks: Arc<Mutex<HashMap<OperationId, Handle>>>,
    root: Arc<str>,
}

/// What is known here of an operation that has a task.
struct Handle {
    cancel: CancellationToken,
    log: output::Log,
}

impl Operations {
    /// With nothing running.
    pub fn new(rooms: Rooms) -> Self {
        Self { rooms, turns: turns::Turns::new(), tasks: Arc::default(), root: "".into() }
    }
    /// The same for hosts whose folders begin at `root`: for tests on this machine.
    #[doc(hidden)]
    #[must_use]
    pub fn rooted(mut self, root: &str) -> Self {
        self.root = root.into();
        self
    }
    /// What it works with.
    pub fn rooms(&self) -> &Rooms {
        &self.rooms
    }

    fn tasks(&self) -> std::sync::MutexGuard<'_, HashMap<OperationId, Handle>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the task of an operation whose record was committed as `waiting`: it queues for its
    /// server's turn, then runs to its end. Everything it does is seen in the store. Must be called
    /// within a tokio runtime.
    pub fn start(&self, operation: &Operation) {
        let turn = turn::Turn::of(&self.rooms, operation);
        let Some(task) = self.enlist(operation, CancellationToken::new(), turn) else { return };
        let id = operation.id;
        let label = format!("“{}” (operation {id})", operation.what());
        let place = self.turns.join(operation.server, id, label);
        let operations = self.clone();
        tokio::spawn(async move {
            task.run(Some(place)).await;
            operations.dismiss(id);
        });
    }

    /// A task for an operation that has none yet, known from now on.
    fn enlist(
        &self,
        operation: &Operation,
        cancel: CancellationToken,
        turn: turn::Turn,
    ) -> Option<task::Task> {
        let id = operation.id;
        let mut tasks = self.tasks();
        if tasks.contains_key(&id) {
            return None;
        }
        let log = output::Log::new(&self.rooms.output, id);
        if operation.cancel {
            cancel.cancel();
        }
        tasks.insert(id, Handle { cancel: cancel.clone(), log: log.clone() });
        drop(tasks);
        let (rooms, root) = (self.rooms.clone(), self.root.to_string());
        Some(task::Task { operations: self.clone(), rooms, id, log, cancel, root, turn })
    }

    /// Its task is over.
    fn dismiss(&self, id: OperationId) {
        self.tasks().remove(&id);
    }

    /// Marks the operation to be cancelled and ends its run on the host. Answers when the mark is
    /// durable; the end comes as a change.
    ///
    /// # Errors
    /// When it is over already.
    pub async fn cancel(&self, id: OperationId) -> Result<(), Failure> {
        journal::operation(&self.rooms, id)?;
        let operation = self
            .rooms
            .store
            .change::<Operation>(&id, |operation| {
                let open = !operation.outcome.is_end() && !operation.cancel;
                operation.cancel |= open;
                open
            })
            .await?;
        if operation.outcome.is_end() {
            return Err(Failure::new(
                crate::domain::FailureKind::Conflict,
                format!("The operation {id} is over already ({}).", operation.outcome),
            ));
        }
        let cancel = self.tasks().get(&id).map(|handle| handle.cancel.clone());
        match cancel {
            Some(cancel) => cancel.cancel(),
            // An earlier process began it: it is looked up on its host first, a child by whoever
            // takes up its parent.
            None => self.start(&self.eldest(operation)?),
        }
        Ok(())
    }
    /// The operation in whose turn this one runs, as long as that is not over.
    fn eldest(&self, mut operation: Operation) -> Result<Operation, Failure> {
        while let Some(id) = operation.parent
            && let Some(parent) = self.rooms.store.get::<Operation>(&id)?
            && !parent.record.outcome.is_end()
        {
            operation = parent.record;
        }
        Ok(operation)
    }
    /// Operations in the store that are not over and have no task here, oldest first; without the
    /// children of such, which go on with their parents.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn unfinished(&self) -> Result<Vec<Operation>, Failure> {
        let mut all = self.rooms.store.under_way()?;
        let open: BTreeSet<OperationId> = all.iter().map(|operation| operation.id).collect();
        let tasks = self.tasks();
        all.retain(|operation| {
            let in_turn = operation.parent.is_some_and(|parent| open.contains(&parent));
            !in_turn && !tasks.contains_key(&operation.id)
        });
        Ok(all)
    }
    /// Takes up every unfinished operation: looks it up on its host, follows it to its end, or
    /// marks it interrupted with the evidence. Answers how many.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn recover(&self) -> Result<usize, Failure> {
        let mut unfinished = self.unfinished()?;
        // What was under way goes on before what waited.
        unfinished.sort_by_key(|o| (o.outcome == crate::domain::Outcome::Waiting, o.id));
        for operation in &unfinished {
            self.start(operation);
        }
        Ok(unfinished.len())
    }
    /// Asks a server for its facts and the packages' probes, stores and answers them. Takes no
    /// turn.
    ///
    /// # Errors
    /// When the host cannot be reached or answers wrongly.
    pub async fn probe(
        &self,
        server: ServerId,
        packages: &[&dyn Package],
    ) -> Result<Facts, Failure> {
        probe::ensure_pin(&self.rooms, server).await?;
        probe::facts(&self.rooms, server, "root", packages).await
    }
    /// The document in which is kept when the keys that may log in to a server were first seen.
    pub fn seen_keys(server: ServerId) -> String {
        credentials::seen_keys(server)
    }
    /// What a script tells about a server, as root. Takes no turn and stores nothing.
    ///
    /// # Errors
    /// When the host cannot be reached or answers wrongly.
    pub async fn ask(&self, server: ServerId, name: &str, script: &str) -> Result<String, Failure> {
        probe::ensure_pin(&self.rooms, server).await?;
        let record = journal::server(&self.rooms, server)?;
        let mut facts = probe::ask_for(&self.rooms, &record, "root", &[(name, script)]).await?;
        Ok(facts.sections.remove(name).unwrap_or_default())
    }
    /// The plan that an operation would get now, and those of its children: probes facts, writes
    /// nothing.
    ///
    /// # Errors
    /// When the host cannot be asked, or the plan is refused.
    pub async fn plan(
        &self,
        operation: &Operation,
        resource: Option<&crate::domain::Resource>,
    ) -> Result<Planned, Failure> {
        let rooms = &self.rooms;
        let package = rooms.packages.iter().copied().find(|p| p.kind() == operation.kind);
        let package = package
            .ok_or_else(|| Failure::input(format!("There is no package “{}”.", operation.kind)))?;
        let server = journal::server(rooms, operation.server)?;
        let brings = resource.map(|resource| package.brings(&resource.fields)).unwrap_or_default();
        let with = |other: &&&dyn Package| {
            other.user() == package.user()
                && (other.kind() == package.kind() || brings.iter().any(|k| k == other.kind()))
        };
        let all: Vec<&dyn Package> = rooms.packages.iter().filter(with).copied().collect();
        let facts = probe::ask(rooms, &server, package.user(), &all).await?;
        let plan = probe::plan(rooms, operation, resource, package, &facts)?;
        let inside = probe::inside(rooms, operation, resource, package, &facts, &plan)?;
        Ok(Planned { plan, inside })
    }
    /// The text of a step as it would be sent, secrets masked: what an operation's view shows.
    pub fn step_text(step: &crate::packages::Step) -> String {
        protocol::step_text(step)
    }
    /// Follows an operation's output from its beginning.
    ///
    /// # Errors
    /// When the files cannot be read.
    pub fn follow(&self, id: OperationId) -> Result<Follow, Failure> {
        let live = self.tasks().get(&id).map(|handle| handle.log.clone());
        let follow = match live {
            Some(log) => log.follow(),
            None => Follow::kept(&output::folder(&self.rooms.output, id)),
        };
        follow.map_err(|e| {
            Failure::internal(format!(
                "The output of the operation {id} cannot be read: {}.",
                reason(&e)
            ))
        })
    }
    /// What is kept of one step's output.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn output(&self, id: OperationId, step: usize) -> Result<Vec<(Stream, Vec<u8>)>, Failure> {
        let kept = Follow::kept(&output::folder(&self.rooms.output, id));
        let mut kept = kept.map_err(|e| {
            Failure::internal(format!(
                "The output of the operation {id} cannot be read: {}.",
                reason(&e)
            ))
        })?;
        kept.only(step);
        let mut pieces: Vec<(Stream, Vec<u8>)> = Vec::new();
        while let Some(Output::Piece { stream, bytes, .. }) = kept.next_kept() {
            match pieces.last_mut() {
                Some((last, all)) if *last == stream => all.extend(bytes),
                _ => pieces.push((stream, bytes)),
            }
        }
        Ok(pieces)
    }
    /// Whom to connect to and how, for a server and user: our proved key (or, with
    /// `unproved`, any of ours), else the first login.
    ///
    /// # Errors
    /// When the vault is locked or the key file cannot be read.
    pub fn target(&self, server: &Server, user: &str, unproved: bool) -> Result<Target, Failure> {
        credentials::target(&self.rooms, server, user, unproved)
    }
    /// Seals the passphrase of the key file of a server's first login.
    ///
    /// # Errors
    /// When the vault is locked.
    pub async fn keep_passphrase(
        &self,
        server: ServerId,
        passphrase: &Secret,
    ) -> Result<(), Failure> {
        let name = credentials::IDENTITY_PASSPHRASE;
        credentials::keep(&self.rooms, server, name, passphrase).await
    }
    /// A secret of a server, sealed under a name: to be committed with the record it belongs to.
    ///
    /// # Errors
    /// When the vault is locked.
    pub fn sealed(
        &self,
        server: ServerId,
        name: &str,
        secret: &Secret,
    ) -> Result<crate::domain::Document, Failure> {
        credentials::sealed(&self.rooms, server, name, secret)
    }
    /// A sealed secret of a server, if there is one.
    ///
    /// # Errors
    /// When there is one and the vault is locked.
    pub fn secret(&self, server: ServerId, name: &str) -> Result<Option<Secret>, Failure> {
        credentials::secret(&self.rooms, server, name)
    }
    /// Whether a secret is kept under that name.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn keeps(&self, server: ServerId, name: &str) -> Result<bool, Failure> {
        let key = credentials::secret_key(server, name);
        Ok(self.rooms.store.get::<crate::domain::Document>(&key)?.is_some())
    }
}
