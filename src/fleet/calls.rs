//! The list of the fleet's calls: each once, with its arguments and its answer.
//!
//! From it come [`Call`] (what crosses the socket), the methods of [`Fleet`] (performed here or at
//! the holder) and [`Local::perform`] (what the holder does with one). A new call is a line here
//! and a method of [`Local`].
//!
//! `read` is a quick read of the store, answered at once and asked again when the holder ended
//! meanwhile; `ask` is the same but may take its time; `act` changes something, so it is made once.

mod answer;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::crossing::Crossing;
use super::{
    Consent, Explanation, FirewallView, Fleet, IdentityState, KeyView, KnownKey, Local, OurKey,
    Preview, ProfileView, ResourceDraft, ResourceView, Result, Review, RuleReview, RuleView,
    ServerDraft, ServerEdit, ServerRow, Started, Target, Undo, Unrecorded, VaultState, door::Side,
    socket::frame,
};
use crate::domain::{
    Action, Event, Facts, Failure, HostKey, InstalledPackage, Operation, OperationId, Resource,
    ResourceId, Secret, Server, ServerId,
};
use crate::packages::server::recipe::Recipe;
pub(super) use answer::Answer;

/// How a call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(non_camel_case_types, reason = "these are the words of the list")]
pub(super) enum Way {
    /// Answered at once; may be repeated.
    read,
    /// Takes its time; may be repeated, and ends with whoever asked.
    ask,
    /// The same, and what comes of it is written down: refused to a face that is read-only.
    keep,
    /// Changes something; once begun it goes on to its end. Refused to a face that is read-only.
    act,
}

/// The type in which an argument crosses.
macro_rules! owned {
    (&str) => { String };
    (Option<&str>) => { Option<String> };
    (Option<Secret>) => { Option<Crossing> };
    (Option<&Secret>) => { Option<Crossing> };
    (&Path) => { PathBuf };
    (&[String]) => { Vec<String> };
    (&$ty:ty) => { $ty };
    ($ty:ty) => { $ty };
}

/// An argument as it crosses.
macro_rules! own {
    ($arg:ident, &str) => {
        $arg.to_owned()
    };
    ($arg:ident, Option<&str>) => {
        $arg.map(str::to_owned)
    };
    ($arg:ident, Option<Secret>) => {
        $arg.map(Crossing)
    };
    ($arg:ident, Option<&Secret>) => {
        $arg.cloned().map(Crossing)
    };
    ($arg:ident, &Path) => {
        $arg.to_owned()
    };
    ($arg:ident, &[String]) => {
        $arg.to_vec()
    };
    ($arg:ident, &$ty:ty) => {
        $arg.clone()
    };
    ($arg:ident, $ty:ty) => {
        $arg
    };
}

/// An argument that has crossed, as the method takes it.
macro_rules! lent {
    ($arg:ident, &str) => {
        &$arg
    };
    ($arg:ident, Option<&str>) => {
        $arg.as_deref()
    };
    ($arg:ident, Option<Secret>) => {
        $arg.map(|crossing| crossing.0)
    };
    ($arg:ident, Option<&Secret>) => {
        $arg.as_ref().map(|crossing| &crossing.0)
    };
    ($arg:ident, &$ty:ty) => {
        &$arg
    };
    ($arg:ident, $ty:ty) => {
        $arg
    };
}

/// A method of the fleet: performed here, or asked of the holder.
macro_rules! method {
    ($(#[$doc:meta])* read $name:ident($($arg:ident: ($($ty:tt)+)),*) -> $answer:ty) => {
        $(#[$doc])*
        pub fn $name(&self, $($arg: $($ty)+),*) -> $answer {
            match self.side() {
                Side::Here(local) => local.$name($($arg),*),
                Side::There(_) => self.read(Call::$name { $($arg: own!($arg, $($ty)+)),* }),
            }
        }
    };
    ($(#[$doc:meta])* ask $name:ident($($arg:ident: ($($ty:tt)+)),*) -> $answer:ty) => {
        $(#[$doc])*
        pub async fn $name(&self, $($arg: $($ty)+),*) -> $answer {
            match self.side() {
                Side::Here(local) => local.$name($($arg),*).await,
                Side::There(_) => self.ask(Call::$name { $($arg: own!($arg, $($ty)+)),* }).await,
            }
        }
    };
    ($(#[$doc:meta])* $way:ident $name:ident($($arg:ident: ($($ty:tt)+)),*) -> $answer:ty) => {
        $(#[$doc])*
        pub async fn $name(&self, $($arg: $($ty)+),*) -> $answer {
            self.may_change()?;
            match self.side() {
                Side::Here(local) => local.$name($($arg),*).await,
                Side::There(_) => self.ask(Call::$name { $($arg: own!($arg, $($ty)+)),* }).await,
            }
        }
    };
}

macro_rules! performed {
    (read $performed:expr) => {
        $performed
    };
    ($way:ident $performed:expr) => {
        $performed.await
    };
}

macro_rules! calls {
    ($(
        $(#[$doc:meta])*
        $way:ident $name:ident($($arg:ident: ($($ty:tt)+)),* $(,)?) -> $answer:ty;
    )*) => {
        /// A call as it crosses the socket.
        #[derive(Debug, Clone, Serialize, Deserialize)]
        #[expect(non_camel_case_types, reason = "a call is named as its method is")]
        #[allow(clippy::large_enum_variant, reason = "one is made and taken apart at once")]
        pub(super) enum Call {
            $($name { $($arg: owned!($($ty)+)),* },)*
        }

        impl Call {
            /// All there are.
            #[cfg(test)]
            pub const NAMES: &[&str] = &[$(stringify!($name)),*];

            /// Its name.
            #[cfg(test)]
            pub fn name(&self) -> &'static str {
                match self { $(Self::$name { .. } => stringify!($name),)* }
            }

            /// How it is made.
            pub fn way(&self) -> Way {
                match self { $(Self::$name { .. } => Way::$way,)* }
            }
        }

        impl Fleet {
            $(method! { $(#[$doc])* $way $name($($arg: ($($ty)+)),*) -> $answer })*
        }

        impl Local {
            /// Performs a call that came over the socket; answers the frame that goes back.
            pub async fn perform(&self, call: Call) -> frame::Frame {
                match call {
                    $(Call::$name { $($arg),* } => {
                        let answer: $answer =
                            performed!($way self.$name($(lent!($arg, $($ty)+)),*));
                        frame::answer(&answer)
                    })*
                }
            }
        }
    };
}

calls! {
    /// Whether the vault can be used.
    read vault_state() -> VaultState;
    /// Makes the vault: with a passphrase, or without one with a 0600 key file in the data folder.
    ///
    /// # Errors
    /// When there is one already, or the passphrase cannot be taken.
    act vault_init(passphrase: (Option<Secret>)) -> Result<()>;
    /// Opens the vault: with its passphrase, or without one by its key file.
    ///
    /// # Errors
    /// When there is none, the passphrase is missing or wrong, or a file is damaged.
    ask unlock(passphrase: (Option<Secret>)) -> Result<()>;

    /// All servers by name.
    read servers() -> Result<Vec<Server>>;
    /// A server by id.
    read server(id: (ServerId)) -> Result<Server>;
    /// A server by id or unique name.
    read find_server(name: (&str)) -> Result<Server>;
    /// Our login keys for a server, by user; never their private halves.
    read our_keys(server: (ServerId)) -> Result<Vec<OurKey>>;
    /// All servers by name, with what is known of them.
    read overview() -> Result<Vec<ServerRow>>;
    /// One of them.
    read overview_of(id: (ServerId)) -> Result<ServerRow>;
    /// Installed packages, of one server or all.
    read packages(server: (Option<ServerId>)) -> Result<Vec<InstalledPackage>>;
    /// A resource's record.
    read resource(server: (ServerId), id: (ResourceId)) -> Result<Resource>;
    /// What a server last answered about itself.
    read facts(id: (ServerId)) -> Result<Option<Facts>>;
    /// Asks it now.
    ///
    /// # Errors
    /// When the vault is locked, or the host cannot be reached or answers wrongly.
    keep probe(id: (ServerId)) -> Result<Facts>;

    /// Looks at a key file: that it is one, is ours, and opens with the passphrase.
    ///
    /// # Errors
    /// Says what is wrong with it.
    read check_identity(path: (&str), passphrase: (Option<&Secret>)) -> Result<IdentityState>;
    /// Checks a draft without doing anything, as the form does at every key.
    read review_server(draft: (&ServerDraft)) -> Review;
    /// Adds a server: record first, then the operation that reaches it.
    ///
    /// # Errors
    /// When the draft is refused or warned of without a yes, or the vault is not open; then
    /// nothing is recorded.
    act add_server(draft: (ServerDraft), consent: (Consent)) -> Result<Started>;
    /// Checks a change as [`Fleet::edit_server`] does, without doing anything.
    read review_edit(id: (ServerId), edit: (&ServerEdit)) -> Result<Review>;
    /// Changes a server's own record; nothing happens on the host.
    ///
    /// # Errors
    /// When a value is refused or warned of without a yes, or an operation works on the server.
    act edit_server(id: (ServerId), edit: (ServerEdit), consent: (Consent)) -> Result<Server>;
    /// Adds tags to a server and takes others away. One that is there already, or not there, is
    /// left at that.
    ///
    /// # Errors
    /// When a word is no tag, there would be too many, or an operation works on the server.
    act tag_server(id: (ServerId), add: (&[String]), remove: (&[String])) -> Result<Server>;
    /// The key that a host shows; nothing is stored or sent.
    ///
    /// # Errors
    /// When the address is refused or the host cannot be reached.
    ask offered_host_key(host: (&str), port: (&str)) -> Result<HostKey>;
    /// The names of other servers that have a host key of this one pinned.
    read same_host_key(server: (&Server)) -> Result<Vec<String>>;
    /// Trusts a new host key: the host is asked for it, it must have this fingerprint; older keys
    /// are refused from then on.
    ///
    /// # Errors
    /// When the host shows another key, or one that was revoked.
    act trust(id: (ServerId), fingerprint: (&str)) -> Result<Server>;
    /// What hangs on a server: names of rules, packages, operations that go with it.
    read dependants(id: (ServerId)) -> Result<Vec<String>>;
    /// Forgets a server (`clean_up` false: rows only, at once) or first removes what we put there.
    /// Answers `None` when it is gone already.
    ///
    /// # Errors
    /// When an operation works on it.
    act remove_server(
        id: (ServerId),
        clean_up: (bool),
        answers: (BTreeMap<String, String>),
    ) -> Result<Option<Started>>;

    /// The firewall as the store knows it: ours, foreign, wanted and actual.
    read firewall(server: (ServerId)) -> Result<FirewallView>;
    /// Asks the host, then the same.
    ///
    /// # Errors
    /// When the vault is locked, or the host cannot be reached or answers wrongly.
    keep check_firewall(server: (ServerId)) -> Result<FirewallView>;
    /// Turns it on.
    ///
    /// # Errors
    /// When an operation works on it.
    act enable_firewall(server: (ServerId)) -> Result<Started>;
    /// Turns it off.
    ///
    /// # Errors
    /// When it was never enabled, or an operation works on it.
    act disable_firewall(server: (ServerId)) -> Result<Started>;
    /// A rule of a server by id or unique name.
    ///
    /// # Errors
    /// When there is none.
    read find_rule(server: (ServerId), rule: (&str)) -> Result<RuleView>;
    /// What is to be said about a line while it is typed: parses, places, finds shadows and
    /// lock-outs, from what the store knows. `replacing` is the rule being edited, `at` a wanted
    /// place from 1.
    read review_rule(
        server: (ServerId),
        line: (&str),
        replacing: (Option<ResourceId>),
        at: (Option<usize>),
    ) -> RuleReview;
    /// Adds a rule.
    ///
    /// # Errors
    /// When the line is refused or warned of without a yes, or there is no firewall to add it to.
    act add_rule(
        server: (ServerId),
        line: (&str),
        at: (Option<usize>),
        consent: (Consent),
    ) -> Result<Started>;
    /// Changes a rule.
    ///
    /// # Errors
    /// When the line is refused or warned of without a yes, or an operation works on the rule.
    act edit_rule(
        server: (ServerId),
        rule: (ResourceId),
        line: (&str),
        consent: (Consent),
    ) -> Result<Started>;
    /// Removes a rule.
    ///
    /// # Errors
    /// When an operation works on it.
    act remove_rule(server: (ServerId), rule: (ResourceId)) -> Result<Started>;
    /// What the operation would do: probes facts, writes nothing. `line` for a new or changed rule.
    ///
    /// # Errors
    /// When the line is refused, the host cannot be asked, or the plan is refused.
    ask preview(
        server: (ServerId),
        kind: (&str),
        action: (Action),
        rule: (Option<ResourceId>),
        line: (Option<&str>),
        at: (Option<usize>),
    ) -> Result<Preview>;

    /// What is wrong with the person's own files, such as templates; what is right is in use.
    read faults() -> Vec<Failure>;
    /// Resources with what is known of them, by server, kind and name: those of one kind or of every
    /// kind that has a word, on one server or on all.
    read resources_of(
        kind: (Option<&str>),
        server: (Option<ServerId>),
    ) -> Result<Vec<ResourceView>>;
    /// What hosts have that no record is about, as they last answered: of one kind or of every kind
    /// that has a word, on one server or on all.
    read unrecorded(
        kind: (Option<&str>),
        server: (Option<ServerId>),
    ) -> Result<Vec<Unrecorded>>;
    /// A resource of a kind by id or name; of a kind of which a server has but one, also by an empty
    /// name.
    ///
    /// # Errors
    /// When there is none.
    read find_resource(
        server: (ServerId),
        kind: (&str),
        name: (&str),
    ) -> Result<ResourceView>;
    /// What is to be said about values while they are typed, by field; what is said of the whole
    /// has no field. `id` is the resource that is edited.
    ///
    /// # Errors
    /// When there is no such kind, server or resource.
    read review_resource(
        server: (ServerId),
        kind: (&str),
        id: (Option<ResourceId>),
        draft: (&ResourceDraft),
    ) -> Result<Review>;
    /// Adds a resource: record first, with its sealed values, then the operation. What its package
    /// asks comes back in the operation's failure: see [`Fleet::answer`].
    ///
    /// # Errors
    /// When a value is refused or warned of without a yes, it is there already, or what it needs is
    /// not; then nothing is recorded.
    act add_resource(
        server: (ServerId),
        kind: (&str),
        draft: (ResourceDraft),
        consent: (Consent),
    ) -> Result<Started>;
    /// Changes a resource's values; those that the draft does not name stay.
    ///
    /// # Errors
    /// As [`Fleet::add_resource`], or when an operation works on it.
    act edit_resource(
        server: (ServerId),
        id: (ResourceId),
        draft: (ResourceDraft),
        consent: (Consent),
    ) -> Result<Started>;
    /// Removes a resource from its host, then its record.
    ///
    /// # Errors
    /// When others need it (they are named), or an operation works on it.
    act remove_resource(
        server: (ServerId),
        id: (ResourceId),
        answers: (BTreeMap<String, String>),
    ) -> Result<Started>;
    /// What such an operation would do: probes facts, writes nothing. Without `id` for a new one.
    ///
    /// # Errors
    /// When a value is refused, the host cannot be asked, the plan is refused, or the package asks
    /// something; the questions are in the failure.
    ask preview_resource(
        server: (ServerId),
        kind: (&str),
        action: (Action),
        id: (Option<ResourceId>),
        draft: (ResourceDraft),
    ) -> Result<Preview>;
    /// A sealed value of a resource, in the clear.
    ///
    /// # Errors
    /// When there is none, or the vault is not open.
    read reveal(server: (ServerId), id: (ResourceId), field: (&str)) -> Result<Crossing>;

    /// The profiles that there are, ours and the person's own, each with what is wrong with it.
    read profiles() -> Result<Vec<ProfileView>>;
    /// What a profile brings with these settings, in order, where a host's own are not known.
    ///
    /// # Errors
    /// When there is no such profile, something is wrong with it, or it has no such setting.
    read filled_profile(profile: (&str), sets: (BTreeMap<String, String>)) -> Result<Vec<String>>;
    /// Brings a profile onto a server, each of its resources by an operation inside this one. What
    /// is there already is looked at and, where its checks say so, left.
    ///
    /// # Errors
    /// When there is no such profile, something is wrong with it, or an operation works on it.
    act provision(
        server: (ServerId),
        profile: (&str),
        sets: (BTreeMap<String, String>),
        answers: (BTreeMap<String, String>),
    ) -> Result<Started>;
    /// What that would do: probes facts, writes nothing.
    ///
    /// # Errors
    /// As [`Fleet::provision`], or when the host cannot be asked, the plan is refused, or something
    /// must be answered first.
    ask preview_provision(
        server: (ServerId),
        profile: (&str),
        sets: (BTreeMap<String, String>),
        answers: (BTreeMap<String, String>),
    ) -> Result<Preview>;

    /// All operations, newest first, at most `limit`.
    read operations(limit: (usize)) -> Result<Vec<Operation>>;
    /// One operation.
    read operation(id: (OperationId)) -> Result<Operation>;
    /// Its events, oldest first.
    read events(id: (OperationId)) -> Result<Vec<Event>>;
    /// Explains a step of an operation, by its number from 0; without one, the step that failed,
    /// else the one at work, else the last.
    ///
    /// # Errors
    /// When there is no such operation or step.
    read explain(id: (OperationId), step: (Option<usize>)) -> Result<Explanation>;
    /// Writes what is kept of an operation's output to a file (0600): a heading for each step,
    /// standard error marked, nothing that steers a terminal. Answers how many bytes.
    ///
    /// # Errors
    /// When the path is not absolute, a file is there and is not to be replaced, or the disk
    /// fails.
    read save_log(id: (OperationId), path: (&Path), replace: (bool)) -> Result<u64>;
    /// How many operations are not over and have nobody who works on them: those of an earlier
    /// process.
    read unfinished() -> Result<usize>;
    /// Those operations, oldest first.
    read unfinished_operations() -> Result<Vec<Operation>>;
    /// Takes them up again. The vault must be open.
    ///
    /// # Errors
    /// When the vault is not open, or the store cannot be read.
    keep recover() -> Result<usize>;
    /// Cancels it.
    ///
    /// # Errors
    /// When it is over already.
    act cancel(id: (OperationId)) -> Result<()>;
    /// Repeats a failed operation's action as a new operation.
    ///
    /// # Errors
    /// When it is not over or was successful, or its record is gone or busy.
    act retry(id: (OperationId)) -> Result<Started>;
    /// Retries what last failed on a server's own record or on a resource.
    ///
    /// # Errors
    /// When nothing failed there, or as [`Fleet::retry`].
    act retry_last(server: (ServerId), resource: (Option<ResourceId>)) -> Result<Started>;
    /// Repeats an operation that ended with questions, with the answers.
    ///
    /// # Errors
    /// When nothing was asked or a word is no answer, or as [`Fleet::retry`].
    act answer(id: (OperationId), answers: (BTreeMap<String, String>)) -> Result<Started>;
    /// What would take the last change back; nothing is done.
    ///
    /// # Errors
    /// Why nothing takes it back.
    read undo_of(target: (Target)) -> Result<Undo>;
    /// What taking back the last change of a resource would do: probes facts, writes nothing.
    ///
    /// # Errors
    /// When its inverse is of another sort, the host cannot be asked, or the plan is refused.
    ask preview_undo(undo: (&Undo)) -> Result<Preview>;
    /// Takes back what was looked at by [`Fleet::undo_of`]: an operation, or nothing more to wait
    /// for where the record alone is changed.
    ///
    /// # Errors
    /// When something else was changed there meanwhile, or the inverse is refused.
    act undo(undo: (&Undo)) -> Result<Option<Started>>;
    /// Replaces our login keys on a server by new ones: those of one user, else of all for whom we
    /// have one. The old one stays in use until the new one is proved.
    ///
    /// # Errors
    /// When there is no proved key of ours to replace, or an operation works on the server.
    act rotate_keys(server: (ServerId), user: (Option<&str>)) -> Result<Started>;
    /// What that would do: asks the host, writes nothing.
    ///
    /// # Errors
    /// As [`Fleet::rotate_keys`], and when the host cannot be asked.
    ask preview_rotation(server: (ServerId), user: (Option<&str>)) -> Result<Preview>;
    /// Every key that may log in to a server, asked of the host now; when each was first seen is
    /// written down.
    ///
    /// # Errors
    /// When the host cannot be asked.
    keep authorized_keys(server: (ServerId)) -> Result<Vec<KeyView>>;
    /// The keys that people have named.
    read known_keys() -> Result<Vec<KnownKey>>;
    /// Names a key, by its fingerprint or its public half; from then on it is known.
    ///
    /// # Errors
    /// When it is neither, or the name is empty or too long.
    act know_key(fingerprint: (&str), name: (&str)) -> Result<()>;
    /// Takes a key's name away.
    ///
    /// # Errors
    /// When it has none.
    act forget_key(fingerprint: (&str)) -> Result<()>;
    /// Runs a command (an argument vector) on a server as an operation.
    ///
    /// # Errors
    /// When the command is empty, too long, or has a NUL in it.
    act exec(server: (ServerId), argv: (Vec<String>)) -> Result<Started>;
    /// Runs a recipe on a server as an operation.
    ///
    /// # Errors
    /// When the recipe cannot be run, or a parameter is missing or not known.
    act run_recipe(
        server: (ServerId),
        recipe: (&Recipe),
        parameters: (&BTreeMap<String, String>),
    ) -> Result<Started>;
    /// What that would do: asks the host, writes nothing.
    ///
    /// # Errors
    /// As [`Fleet::run_recipe`], and when the host cannot be asked.
    ask preview_recipe(
        server: (ServerId),
        recipe: (&Recipe),
        parameters: (&BTreeMap<String, String>),
    ) -> Result<Preview>;
}
