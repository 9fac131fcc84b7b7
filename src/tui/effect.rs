//! What the screen wants done: data that `update` returns and that only the run loop performs.

use std::collections::BTreeMap;

use super::emulator::{Handle, Shape};
use crate::domain::{
    Action, Event as Milestone, Failure, HostKey, Operation, OperationId, ResourceId, Secret,
    ServerId,
};
use crate::fleet::{
    Consent, Explanation, FirewallView, Inverse, KeyView, Preview, ProfileView, ResourceDraft,
    ResourceView, ServerDraft, ServerEdit, ServerRow, Started, Target, Undo, Unrecorded,
};

/// Names an act, so that its answer finds the layer that waits for it.
pub type Ticket = u64;

/// The file of what is remembered of the panes.
pub const VIEWS: &str = "views.json";
/// The file of the last used commands.
pub const RECENT: &str = "recent-commands";

/// Names a session within the screen.
pub type SessionKey = u64;

/// What is done with a session.
#[derive(Debug, Clone)]
pub enum SessionAct {
    /// Open a login shell on a server and feed its output to this terminal.
    Open(ServerId, Handle),
    /// Send what was typed.
    Input(Vec<u8>),
    /// Tell the host the terminal's size: columns and rows.
    Resize(u16, u16),
    /// End it.
    Close,
}

/// Something to be done outside.
#[derive(Debug)]
pub enum Effect {
    /// Read from the store.
    Load(Load),
    /// Do it; the answer comes under this ticket.
    Act(Ticket, Act),
    /// Review a server's draft; answered before the next draw.
    ReviewServer(ServerDraft),
    /// Review a change of a server's record; answered before the next draw.
    ReviewEdit(ServerId, ServerEdit),
    /// Review the values of a resource; answered before the next draw.
    ReviewResource(Box<Wanted>),
    /// Review a rule's line; answered before the next draw.
    ReviewRule {
        /// The server it is for.
        server: ServerId,
        /// The line so far.
        line: String,
        /// The rule being edited.
        replacing: Option<ResourceId>,
        /// The place that was asked for, from 1.
        at: Option<usize>,
    },
    /// Follow this operation's output, and no other; `None` follows none.
    Follow(Option<OperationId>),
    /// Keep this text for the next start, in this file of the state folder.
    Keep(&'static str, String),
    /// Take the mouse, or release it to the terminal.
    Mouse(bool),
    /// Give the terminal back and stop, until the shell lets us go on.
    Suspend,
    /// Something about a session on a server.
    Session(SessionKey, SessionAct),
    /// Give the cursor this shape, and let it blink or not; none is the terminal's own.
    Cursor(Option<(Shape, bool)>),
    /// Put a text onto the clipboard of the person's terminal.
    Copy(String),
    /// Open this text in the person's editor; the terminal is its own meanwhile.
    Edit(String),
    /// Draw every cell again.
    Redraw,
    /// Leave.
    Quit,
}

/// What can be read. At most one load of each runs at a time, and one waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Load {
    /// All servers, without what is known of them: the least that makes a list.
    ServerNames,
    /// All servers with what is known of them.
    Servers,
    /// One of them.
    Server(ServerId),
    /// The latest operations.
    Operations,
    /// One of them.
    Operation(OperationId),
    /// Its milestones.
    Milestones(OperationId),
    /// A server's firewall as the store knows it.
    Firewall(ServerId),
    /// The person's own key files, to complete their paths.
    KeyFiles,
    /// The resources of a kind on all servers.
    Kind(&'static str),
    /// The resources of all kinds that have a word, on one server.
    Resources(ServerId),
    /// What it has that no record of ours is about.
    Found(ServerId),
    /// The profiles that servers can be provisioned with.
    Profiles,
}

/// What was read.
#[derive(Debug, Clone)]
pub enum Data {
    /// All servers, by name.
    Servers(Vec<ServerRow>),
    /// One of them, unless it is gone.
    Server(ServerId, Option<Box<ServerRow>>),
    /// The latest operations, newest first.
    Operations(Vec<Operation>),
    /// One of them, unless it is gone.
    Operation(OperationId, Option<Box<Operation>>),
    /// An operation's milestones, oldest first.
    Milestones(OperationId, Vec<Milestone>),
    /// A server's firewall, unless the server is gone.
    Firewall(ServerId, Option<Box<FirewallView>>),
    /// The paths of the person's own key files.
    KeyFiles(Vec<String>),
    /// Resources, by server, kind and name, and which load asked for them.
    Resources(Load, Vec<ResourceView>),
    /// What a server has that no record of ours is about.
    Found(ServerId, Vec<Unrecorded>),
    /// The profiles, ours and the person's own.
    Profiles(Vec<ProfileView>),
}

/// A use case of the fleet.
#[derive(Debug, Clone)]
pub enum Act {
    /// Make the vault, with a passphrase or with a key file.
    VaultInit(Option<Secret>),
    /// Open it.
    Unlock(Option<Secret>),
    /// Take up unfinished operations.
    Recover,
    /// Ask a host for its key.
    OfferedHostKey {
        /// Its address, as typed.
        host: String,
        /// Its port, as typed.
        port: String,
    },
    /// Add a server.
    AddServer(Box<ServerDraft>, Consent),
    /// Change a server's record.
    EditServer(ServerId, Box<ServerEdit>, Consent),
    /// Add tags to a server, and take others away.
    Tag(ServerId, Vec<String>, Vec<String>),
    /// Trust a new host key.
    Trust(ServerId, String),
    /// What hangs on a server.
    Dependants(ServerId),
    /// Forget it, or clean up first.
    RemoveServer {
        /// Which.
        server: ServerId,
        /// Whether to clean up first.
        clean_up: bool,
    },
    /// Ask a server for its facts.
    Probe(ServerId),
    /// Read a firewall from its host.
    CheckFirewall(ServerId),
    /// Turn it on.
    EnableFirewall(ServerId),
    /// Turn it off.
    DisableFirewall(ServerId),
    /// List the keys that may log in to a server.
    Keys(ServerId),
    /// Replace our login keys on a server.
    RotateKeys(ServerId),
    /// Add a rule, at this place from 1 or where its kind belongs.
    AddRule(ServerId, String, Option<usize>, Consent),
    /// Change a rule.
    EditRule(ServerId, ResourceId, String, Consent),
    /// Remove a rule.
    RemoveRule(ServerId, ResourceId),
    /// Add a resource, or change the one that is named.
    Keep(Box<Wanted>, Consent),
    /// Remove a resource: its server, it, and whether it takes data with it.
    RemoveResource(ServerId, ResourceId, bool),
    /// What adding or changing a resource would do, or removing it where nothing is wanted of it.
    PreviewResource(Box<Wanted>, Action),
    /// What taking back a change of a resource would do.
    PreviewUndo(Box<Undo>),
    /// A sealed value of a resource.
    Reveal(ServerId, ResourceId, String),
    /// Answer what an operation asked, and repeat it.
    Answer(OperationId, BTreeMap<String, String>),
    /// Retry what last failed on a server's own record or on a resource.
    RetryLast(ServerId, Option<ResourceId>),
    /// Repeat an operation.
    Retry(OperationId),
    /// Cancel an operation.
    Cancel(OperationId),
    /// What would take the last change of something back.
    UndoOf(Target),
    /// Take it back.
    Undo(Box<Undo>),
    /// What a profile brings with these settings.
    FilledProfile(String, BTreeMap<String, String>),
    /// What provisioning would do.
    PreviewProvision(Provisioning),
    /// Provision a server.
    Provision(Provisioning),
    /// Run a command on a server.
    Exec(ServerId, Vec<String>),
    /// What an operation would do.
    Preview(Plan),
    /// Explain an operation's step, by its number from 0; the one that says most without it.
    Explain(OperationId, Option<usize>),
    /// Save an operation's output to a file.
    SaveLog {
        /// Whose.
        operation: OperationId,
        /// The file's absolute path.
        path: String,
        /// Whether what is there is replaced.
        replace: bool,
    },
}

/// A resource as it is wanted.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Its server.
    pub server: ServerId,
    /// Its kind.
    pub kind: String,
    /// The one that is changed; none where one is added.
    pub id: Option<ResourceId>,
    /// Its values.
    pub draft: ResourceDraft,
}

/// A profile for a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provisioning {
    /// The server.
    pub server: ServerId,
    /// The profile's name.
    pub profile: String,
    /// What is set of it.
    pub sets: BTreeMap<String, String>,
}

/// An operation that is only looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The server.
    pub server: ServerId,
    /// The package type.
    pub kind: &'static str,
    /// What it would do.
    pub action: Action,
    /// The rule it is for.
    pub rule: Option<ResourceId>,
    /// Its new line.
    pub line: Option<String>,
    /// Its place, from 1, when one was asked for.
    pub at: Option<usize>,
}

impl Plan {
    /// What would be done to take a change back; none where only a record is changed.
    pub fn of(undo: &Undo) -> Option<Act> {
        let (kind, action) = match undo.inverse {
            Inverse::RemoveRule(_) => ("firewall-rule", Action::Remove),
            Inverse::EditRule(..) => ("firewall-rule", Action::Update),
            Inverse::AddRule { .. } => ("firewall-rule", Action::Install),
            Inverse::EnableFirewall => ("firewall", Action::Install),
            Inverse::DisableFirewall => ("firewall", Action::Remove),
            Inverse::RemoveResource(_)
            | Inverse::EditResource(..)
            | Inverse::AddResource { .. } => return Some(Act::PreviewUndo(Box::new(undo.clone()))),
            Inverse::EditServer => return None,
        };
        let (rule, line, at) = match &undo.inverse {
            Inverse::RemoveRule(rule) => (Some(*rule), None, None),
            Inverse::EditRule(rule, line) => (Some(*rule), Some(line.clone()), None),
            Inverse::AddRule { line, at, .. } => (None, Some(line.clone()), Some(*at)),
            _ => (None, None, None),
        };
        Some(Act::Preview(Self { server: undo.server, kind, action, rule, line, at }))
    }
}

/// How an act ended well.
#[derive(Debug, Clone)]
pub enum Done {
    /// It is done, and there is nothing to say.
    Yes,
    /// The vault is open.
    Unlocked,
    /// An operation was started.
    Started(Started),
    /// So many operations were taken up.
    Recovered(usize),
    /// The key that the host showed.
    HostKey(HostKey),
    /// The names of what hangs on a server.
    Names(Vec<String>),
    /// The firewall as the host has it.
    Firewall(Box<FirewallView>),
    /// What would take a change back.
    Undo(Box<Undo>),
    /// The keys that may log in to a server.
    Keys(Vec<KeyView>),
    /// What would be done.
    Preview(Preview),
    /// A step, explained.
    Explained(Box<Explanation>),
    /// It was saved under this path; so many bytes.
    Saved(String, u64),
    /// A sealed value.
    Secret(Secret),
}

/// The answer to an act.
pub type Answer = Result<Done, Failure>;
