//! What panes and layers know in common: the loaded records, the time, the messages.
//!
//! Plain data. It is changed by events alone and asks nobody.

use std::cell::Cell;

use crossterm::event::KeyEvent;
use jiff::tz::TimeZone;

use super::batch::Batch;
use super::command::Motion;
use super::effect::{Act, Answer, Data, Effect, Load, SessionKey, Ticket};
use super::emulator::{Depth, Shape};
use super::keymap::{self, Heard, Keymap};
use super::layer::{Layer, confirm::Confirm};
use super::list::Each;
use super::messages::Messages;
use super::moment::{self, Moment};
use super::sight::Run;
use super::spots::Spots;
use super::transcript::Transcript;
use crate::domain::{
    Change, ChangeKind, Failure, FailureKind, Level, Operation, OperationId, ResourceId, ServerId,
    Time,
};
use crate::fleet::{Kind, ProfileView, ServerRow, Target, VaultState};

/// What is known when the screen opens.
#[derive(Debug, Clone)]
pub struct Start {
    /// Whether the vault can be used.
    pub vault: VaultState,
    /// Whether it opens by a passphrase.
    pub wants_passphrase: bool,
    /// Whether an ssh-agent runs.
    pub agent: bool,
    /// The command line of the person's editor.
    pub editor: Option<String>,
    /// The person's home folder, for `~/` in paths.
    pub home: Option<String>,
    /// The folder of the data, to name it.
    pub data: String,
    /// The zone in which times are shown.
    pub zone: TimeZone,
    /// The terminal's size.
    pub size: (u16, u16),
    /// The colours that it can show.
    pub depth: Depth,
    /// What was remembered of the panes, as it was written.
    pub views: Option<String>,
    /// Whether nothing is changed: neither records nor hosts.
    pub read_only: bool,
    /// The effective keys.
    pub keymap: Keymap,
    /// Names of the commands that were last used, the last first; kept up to date.
    pub recent: Vec<String>,
    /// The kinds of resources that there are.
    pub kinds: Vec<Kind>,
}

/// What panes and layers know in common.
#[derive(Debug)]
pub struct Shared {
    /// What was known at the start; `vault` and `size` are kept up to date.
    pub start: Start,
    /// When the event at hand was taken.
    pub now: Moment,
    /// All servers by name, once loaded.
    pub servers: Option<Vec<ServerRow>>,
    /// The server that the panes are about.
    pub selected: Option<ServerId>,
    /// A resource that was just added, until the pane that lists it has selected it.
    pub added: Option<ResourceId>,
    /// Operations that were begun here and are not known to be over.
    pub own: Vec<OperationId>,
    /// The first of operations that were just begun together, until the pane that lists them has
    /// selected it.
    pub begun: Option<OperationId>,
    /// The latest operations, newest first, once loaded.
    pub operations: Option<Vec<Operation>>,
    /// The paths of the person's own key files, once looked for.
    pub key_files: Vec<String>,
    /// The profiles, once read.
    pub profiles: Option<Vec<ProfileView>>,
    /// The output of the operation that is looked at.
    pub transcript: Transcript,
    /// Whether the output that is looked at is being read: then no other takes its place.
    pub reading: bool,
    /// What was said to the person.
    pub messages: Messages,
    /// What lies where on the screen, as it was last drawn.
    pub spots: Spots,
    /// The first key of a chord, until the second comes.
    pub chord: Option<String>,
    /// Whether the mouse is ours; else it is the terminal's.
    pub mouse: bool,
    /// Changes that came too fast and were lost; what is shown was loaded again.
    pub lost: u64,
    /// Waits for what would take a change back.
    pub undoing: Option<Ticket>,
    /// The cursor's shape, left behind by what was drawn; none is the terminal's own.
    pub cursor: Cell<Option<(Shape, bool)>>,
    batches: Vec<Batch>,
    tickets: Ticket,
}

impl Shared {
    /// With nothing loaded.
    pub fn new(start: Start, now: Moment) -> Self {
        Self {
            start,
            now,
            servers: None,
            selected: None,
            added: None,
            own: Vec::new(),
            begun: None,
            operations: None,
            key_files: Vec::new(),
            profiles: None,
            transcript: Transcript::default(),
            reading: false,
            messages: Messages::default(),
            spots: Spots::default(),
            chord: None,
            mouse: true,
            lost: 0,
            undoing: None,
            cursor: Cell::new(None),
            batches: Vec::new(),
            tickets: 0,
        }
    }

    /// A server's row.
    pub fn server(&self, id: ServerId) -> Option<&ServerRow> {
        self.servers.as_ref()?.iter().find(|row| row.server.id == id)
    }

    /// The selected server's row.
    pub fn selected_server(&self) -> Option<&ServerRow> {
        self.server(self.selected?)
    }

    /// A server's name; once it is gone, the one that its own operations knew it by.
    pub fn server_name(&self, id: ServerId) -> String {
        if let Some(row) = self.server(id) {
            return row.server.name.clone();
        }
        let mut all = self.operations.iter().flatten();
        let own = all.find(|o| o.server == id && o.resource.is_none() && o.subject.is_some());
        own.and_then(|o| o.subject.clone()).unwrap_or_else(|| "a server that is gone".to_owned())
    }

    /// A kind of resource.
    pub fn kind(&self, kind: &str) -> Option<&Kind> {
        self.start.kinds.iter().find(|known| known.kind == kind)
    }

    /// An operation.
    pub fn operation(&self, id: OperationId) -> Option<&Operation> {
        // the newest comes first
        let all = self.operations.as_deref()?;
        all.binary_search_by(|operation| id.cmp(&operation.id)).ok().and_then(|at| all.get(at))
    }

    /// The operation that one is inside of, with nothing above it; itself when it is inside of none.
    pub fn eldest(&self, id: OperationId) -> OperationId {
        let mut eldest = id;
        while let Some(parent) = self.operation(eldest).and_then(|operation| operation.parent) {
            eldest = parent;
        }
        eldest
    }

    /// How many operations run, and how many wait; those inside another one are not counted.
    pub fn busy(&self) -> (usize, usize) {
        use crate::domain::Outcome::{Running, Waiting};
        let all = self.operations.as_deref().unwrap_or_default();
        let own = || all.iter().filter(|o| o.parent.is_none());
        let count = |outcome| own().filter(|o| o.outcome == outcome).count();
        (count(Running), count(Waiting))
    }

    /// A time as people read it.
    pub fn clock(&self, time: Time) -> String {
        moment::clock(time, self.now.time, &self.start.zone)
    }

    /// How a text names the way to a command: its first key, or what to type into the palette.
    pub fn key(&self, command: &str) -> String {
        self.start.keymap.key(command)
    }

    /// A key behind the first one of its chord, when there was one.
    pub fn typed(&mut self, key: &KeyEvent) -> Option<String> {
        let name = keymap::key::name(key)?;
        Some(match self.chord.take() {
            Some(first) => format!("{first} {name}"),
            None => name,
        })
    }

    /// Rows that a full pane shows, for moving by pages.
    pub fn page(&self) -> usize {
        usize::from(self.start.size.1.saturating_sub(5)).max(1)
    }

    /// What to load again because of a change.
    pub fn changed(change: &Change) -> Vec<Load> {
        let server = change.server.map(Load::Server);
        match change.kind {
            ChangeKind::Server => change.id.parse().map(Load::Server).into_iter().collect(),
            ChangeKind::Facts | ChangeKind::Package => server.into_iter().collect(),
            ChangeKind::Operation => change.id.parse().map(Load::Operation).into_iter().collect(),
            ChangeKind::Resource | ChangeKind::Event => Vec::new(),
        }
    }

    /// Takes what was loaded; lists move out of it.
    pub fn loaded(&mut self, data: &mut Data) {
        match data {
            Data::Servers(rows) => {
                self.servers = Some(std::mem::take(rows));
                self.settle(0);
            }
            Data::Server(id, row) => {
                let Some(rows) = &mut self.servers else { return };
                let was = rows.iter().position(|r| r.server.id == *id);
                rows.retain(|r| r.server.id != *id);
                if let Some(row) = row {
                    let at = rows.partition_point(|r| r.server.name < row.server.name);
                    rows.insert(at, (**row).clone());
                }
                // A server that was just added may be selected before its row is read.
                if self.selected.is_none() || (self.selected == Some(*id) && row.is_none()) {
                    self.settle(was.unwrap_or(0));
                }
            }
            Data::Operations(all) => self.operations = Some(std::mem::take(all)),
            Data::Operation(id, operation) => {
                let Some(all) = &mut self.operations else { return };
                all.retain(|o| o.id != *id);
                if let Some(operation) = operation {
                    let at = all.partition_point(|o| o.id > *id);
                    all.insert(at, (**operation).clone());
                }
            }
            Data::KeyFiles(files) => self.key_files.clone_from(files),
            Data::Profiles(profiles) => self.profiles = Some(std::mem::take(profiles)),
            Data::Milestones(..) | Data::Firewall(..) | Data::Resources(..) | Data::Found(..) => {}
        }
    }

    /// Takes an answer that acts asked for together wait for; the last one is summed up.
    pub fn batch_answer(&mut self, ticket: Ticket, answer: &Answer) -> bool {
        let Some(at) = self.batches.iter_mut().position(|batch| batch.take(ticket, answer)) else {
            return false;
        };
        if self.batches.get(at).is_some_and(|batch| batch.waiting.is_empty()) {
            let batch = self.batches.remove(at);
            self.begun = batch.begun.or(self.begun);
            self.sum_up(&batch);
        }
        true
    }

    fn sum_up(&mut self, batch: &Batch) {
        let sum = batch.summary();
        if sum.well {
            self.messages.say(sum.text, self.now);
        } else {
            self.messages.fail(&Failure::new(FailureKind::Conflict, sum.text), self.now);
        }
    }

    /// Keeps the selection on its server, or on whatever took that row.
    fn settle(&mut self, row: usize) {
        let rows = self.servers.as_deref().unwrap_or_default();
        if !rows.iter().any(|r| Some(r.server.id) == self.selected) {
            self.selected = rows.get(row).or(rows.last()).map(|r| r.server.id);
        }
    }
}

/// What a person says yes to in the sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionDeed {
    /// Close these sessions.
    Close(Vec<SessionKey>),
    /// Send this text as a paste.
    Paste(String),
}

/// What a pane or a layer works with while it handles an event.
#[derive(Debug)]
pub struct Context<'a> {
    /// What is known in common.
    pub shared: &'a mut Shared,
    /// What it wants.
    pub out: &'a mut Out,
}

/// What handling an event brought about.
#[derive(Debug, Default)]
pub struct Out {
    /// What is to be done outside.
    pub effects: Vec<Effect>,
    /// Layers to open, the last on top.
    pub open: Vec<Box<dyn Layer>>,
    /// A command to run, once the layer that chose it is closed.
    pub run: Option<Run>,
    /// An operation to go to.
    pub show: Option<OperationId>,
    /// Whether the list of operations is gone to.
    pub operations: bool,
    /// What was asked already before the acts among the effects.
    pub sure: Level,
    /// Acts that were held back until an answer, and the answer was no.
    pub declined: Vec<Ticket>,
    /// A server to open a shell on, and whether it takes the whole screen.
    pub shell: Option<(ServerId, bool)>,
    /// What a person said yes to in the sessions.
    pub deed: Option<SessionDeed>,
    /// Whether the active pane is left for the one before.
    pub leave: bool,
    /// Whether nothing on screen changed.
    pub quiet: bool,
}

impl Context<'_> {
    /// The movement that a key stands for, in a layer that scrolls; a chord takes two.
    pub fn motion(&mut self, key: &KeyEvent) -> Option<Motion> {
        let typed = self.shared.typed(key)?;
        let (motion, heard) = self.shared.start.keymap.motion(&typed);
        if heard == Heard::Begins {
            self.shared.chord = Some(typed);
        }
        motion
    }

    /// Asks for something to be read.
    pub fn load(&mut self, load: Load) {
        self.out.effects.push(Effect::Load(load));
    }

    /// Asks for something to be done; the answer comes under the ticket.
    pub fn act(&mut self, act: Act) -> Ticket {
        self.shared.tickets += 1;
        self.out.effects.push(Effect::Act(self.shared.tickets, act));
        self.shared.tickets
    }

    /// Asks for something to be done with several, one act each; once all have ended, a sentence
    /// says how many did well (`verb`) and which did not.
    pub fn each(&mut self, verb: &'static str, each: Each) {
        let Each { acts, refused } = each;
        let waiting = acts.into_iter().map(|(name, act)| (self.act(act), name)).collect();
        let batch = Batch { verb, waiting, done: 0, begun: None, refused };
        match batch.waiting.is_empty() {
            true => self.shared.sum_up(&batch),
            false => self.shared.batches.push(batch),
        }
    }

    /// Asks what would take the last change of something back; then that is done, or asked about.
    pub fn undo(&mut self, target: Target) {
        self.shared.undoing = Some(self.act(Act::UndoOf(target)));
    }

    /// The acts of this moment were asked about so much.
    pub fn sure(&mut self, level: Level) {
        self.out.sure = self.out.sure.max(level);
    }

    /// Asks before an act when it is of a level that asks, else does it.
    pub fn ask(&mut self, confirm: Confirm) {
        match confirm.level(self.shared) {
            Level::None => confirm.go(self),
            _ => self.open(confirm),
        }
    }

    /// Opens a text in the person's editor; the layer on top gets it back.
    pub fn edit(&mut self, text: &str) {
        if self.shared.start.editor.is_some() {
            self.out.effects.push(Effect::Edit(text.to_owned()));
        } else {
            self.refuse("There is no editor: set VISUAL or EDITOR to the one you like.");
        }
    }

    /// Opens a layer.
    pub fn open(&mut self, layer: impl Layer + 'static) {
        self.out.open.push(Box::new(layer));
    }

    /// Tells the person that something went well.
    pub fn say(&mut self, text: impl Into<String>) {
        self.shared.messages.say(text.into(), self.shared.now);
    }

    /// Tells the person that something cannot be done now, and why.
    pub fn refuse(&mut self, text: impl Into<String>) {
        self.shared.messages.warn(text.into(), self.shared.now);
    }
}
