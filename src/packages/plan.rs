//! Plan, milestone, step: what will be done, as data. Made by packages, shown before it runs, kept
//! in the store while it runs, executed by `operations`.

use serde::{Deserialize, Serialize};

use crate::domain::{Fields, InstalledPackage, Status, Time, Which};

use super::Params;

/// The ordered milestones of one action. The last milestone's key is `complete`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The milestones, in order.
    pub milestones: Vec<Milestone>,
    /// The way back, for plans that are confirmed only after they are applied.
    pub undo: Option<Undo>,
    /// Sentences for people that go with the plan (what is left alone, what it means).
    #[serde(default)]
    pub notes: Vec<String>,
}

/// A named stage of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Milestone {
    /// The word in events and JSON.
    pub key: String,
    /// What people read.
    pub label: String,
    /// Reached when all of these are done.
    pub steps: Vec<Step>,
}

/// One step, on the host or here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// On the host.
    Remote(RemoteStep),
    /// Here; from a closed list.
    Local(LocalStep),
}

impl Step {
    /// What it does, for people.
    pub fn name(&self) -> &str {
        match self {
            Self::Remote(step) => &step.name,
            Self::Local(step) => step.name(),
        }
    }

    /// Whether it is an operation of its own.
    pub fn is_child(&self) -> bool {
        matches!(self, Self::Local(LocalStep::Child { .. } | LocalStep::RemoveChild { .. }))
    }
}

/// A step on the host: POSIX shell scripts, each run with `set -eu`, a clean environment, stdin
/// closed, as `/bin/sh FILE`, in `/`. `$BF_IN` is the folder in which its inputs lie.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteStep {
    /// What it does, for people: “install ufw”.
    pub name: String,
    /// Is it so already? Exit 0: yes, apply is skipped. Exit 1: no. Anything else is a failure.
    pub check: Option<String>,
    /// Makes it so. Exit 75 means: the host has put the old state back by itself.
    pub apply: Option<String>,
    /// Is it so now? Anything but exit 0 is a failure.
    pub verify: Option<String>,
    /// Files that lie in `$BF_IN` for its scripts.
    pub inputs: Vec<Input>,
    /// Time limit of each phase in seconds.
    pub limit: u32,
    /// From this step's start the host goes back by itself unless a later step disarms it: see
    /// [`Plan::undo`].
    pub arms: bool,
    /// With this step's end the new state is confirmed.
    pub disarms: bool,
}

impl RemoteStep {
    /// A step whose check tells after its apply that it worked.
    pub fn checked(
        name: impl Into<String>,
        check: impl Into<String>,
        apply: impl Into<String>,
    ) -> Self {
        let check = check.into();
        Self {
            check: Some(check.clone()),
            apply: Some(apply.into()),
            verify: Some(check),
            ..Self::new(name)
        }
    }

    /// With a file for its scripts.
    #[must_use]
    pub fn with(mut self, name: &str, text: impl Into<String>) -> Self {
        self.inputs.push(Input { name: name.to_owned(), source: InputSource::Text(text.into()) });
        self
    }

    /// With a sealed secret for its scripts.
    #[must_use]
    pub fn with_secret(mut self, name: &str, secret: &str) -> Self {
        let source = InputSource::Secret(secret.to_owned());
        self.inputs.push(Input { name: name.to_owned(), source });
        self
    }

    /// With a time limit for each phase, in seconds.
    #[must_use]
    pub fn within(mut self, limit: u32) -> Self {
        self.limit = limit;
        self
    }

    /// A step that only applies, with the default limit of 60 s.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            check: None,
            apply: None,
            verify: None,
            inputs: Vec::new(),
            limit: 60,
            arms: false,
            disarms: false,
        }
    }
}

/// A file for a step's scripts. Data never becomes script text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// The file's name in `$BF_IN`: letters, digits, dot and dash.
    pub name: String,
    /// What is in it.
    pub source: InputSource,
}

/// Where an input's content comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InputSource {
    /// This text, byte for byte.
    Text(String),
    /// The public half of a login key of ours for this user, one `authorized_keys` line without a
    /// line end.
    PublicKey {
        /// The user.
        user: String,
        /// Which of them.
        #[serde(default)]
        which: Which,
    },
    /// The public halves of all our login keys for this user, a line each: more than one while a
    /// key is being replaced.
    PublicKeys {
        /// The user.
        user: String,
    },
    /// A secret by its name in the vault; it lies in a 0600 file under `/run` that goes when the
    /// run ends, and its value is masked wherever text is kept.
    Secret(String),
}

/// A step here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "local")]
pub enum LocalStep {
    /// Make a login key for the user, if there is none, and seal its private half.
    StoreKey {
        /// What it does, for people.
        name: String,
        /// The user.
        user: String,
    },
    /// Log in over a new TCP connection. Where `baseline` is set, remember by which of the
    /// server's addresses that works; where not, each remembered one must work again, within
    /// 30 s.
    ProveLogin {
        /// What it does, for people.
        name: String,
        /// The user; with our own key, unless `baseline` finds none yet.
        user: String,
        /// Before the change.
        baseline: bool,
        /// From now on this login is used for everything: marks the key as proved.
        adopt: bool,
        /// By which of our keys.
        #[serde(default)]
        which: Which,
    },
    /// Make the key that is to follow our login key for the user and seal its private half, unless
    /// there is one, or one has followed already and the old one is still to be taken away.
    NextKey {
        /// What it does, for people.
        name: String,
        /// The user.
        user: String,
    },
    /// Try to log in over new connections with the key that was followed, and expect to be refused.
    ProveRefused {
        /// What it does, for people.
        name: String,
        /// The user.
        user: String,
    },
    /// Forget the key that was followed.
    ForgetOldKey {
        /// What it does, for people.
        name: String,
        /// The user.
        user: String,
    },
    /// Write an installed package.
    WritePackage {
        /// What it does, for people.
        name: String,
        /// The record; its time is set when it is written.
        package: InstalledPackage,
    },
    /// Delete an installed package's record.
    DeletePackage {
        /// What it does, for people.
        name: String,
        /// The package type.
        kind: String,
        /// Which one.
        package: String,
    },
    /// Delete our login key for the user.
    DeleteKey {
        /// What it does, for people.
        name: String,
        /// The user.
        user: String,
    },
    /// Write further resources of ours as active, e.g. the rule that enabling the firewall brings.
    WriteResource {
        /// What it does, for people.
        name: String,
        /// The package type.
        kind: String,
        /// Its id, so that a second run writes no second one.
        id: crate::domain::ResourceId,
        /// Its values.
        fields: Fields,
    },
    /// Bring a further resource onto the server, by an operation of its own that runs in this
    /// one's turn: the one of that type and name, added when there is none. It is done when that
    /// operation is; when it is there with these values already, its plan's checks say so.
    Child {
        /// What it does, for people.
        name: String,
        /// The package type.
        kind: String,
        /// Its values.
        fields: Fields,
        /// Answers to the questions that its package may ask, by their keys.
        #[serde(default)]
        choices: Fields,
    },
    /// Take a further resource off the server, by an operation of its own that runs in this one's
    /// turn. It is done when that operation is; when there is no such record any more, it is done
    /// already.
    RemoveChild {
        /// What it does, for people.
        name: String,
        /// The package type.
        kind: String,
        /// Its id.
        id: crate::domain::ResourceId,
    },
    /// Make a password and seal it under this name, unless there is one.
    MakeSecret {
        /// What it does, for people.
        name: String,
        /// Under which it is sealed: see [`InputSource::Secret`].
        secret: String,
        /// Its length in characters, all of them letters and digits.
        length: u8,
    },
    /// Delete a sealed secret.
    DeleteSecret {
        /// What it does, for people.
        name: String,
        /// Its name.
        secret: String,
    },
    /// Ask the server for a page over the network from here, by plain HTTP, and expect an answer
    /// within 30 s whose status is 200 and whose body holds a text.
    FetchPage {
        /// What it does, for people.
        name: String,
        /// The name that is asked for (the Host header).
        domain: String,
        /// The port on the server.
        port: u16,
        /// The path, from its slash.
        path: String,
        /// What the body must hold; empty for anything.
        holds: String,
    },
}

impl LocalStep {
    /// What it does, for people.
    pub fn name(&self) -> &str {
        match self {
            Self::StoreKey { name, .. }
            | Self::ProveLogin { name, .. }
            | Self::NextKey { name, .. }
            | Self::ProveRefused { name, .. }
            | Self::ForgetOldKey { name, .. }
            | Self::WritePackage { name, .. }
            | Self::DeletePackage { name, .. }
            | Self::DeleteKey { name, .. }
            | Self::WriteResource { name, .. }
            | Self::Child { name, .. }
            | Self::RemoveChild { name, .. }
            | Self::MakeSecret { name, .. }
            | Self::DeleteSecret { name, .. }
            | Self::FetchPage { name, .. } => name,
        }
    }
}

/// The way back to the state before, run at once when the plan fails or is cancelled between the
/// step that arms and the step that disarms. The host also goes it by itself when its timer fires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undo {
    /// Puts the old state back, or finds that the host already has. Exit 0 when it is back.
    pub step: RemoteStep,
    /// After this many seconds the host has gone back by itself.
    pub deadline: u32,
}

/// A milestone.
pub fn milestone(key: &str, label: impl Into<String>, steps: Vec<Step>) -> Milestone {
    Milestone { key: key.to_owned(), label: label.into(), steps }
}

/// The step that writes an installed package's record.
pub fn record(
    params: &Params<'_>,
    kind: &str,
    name: &str,
    version: Option<String>,
    configuration: Fields,
) -> Step {
    // A rule is called by its sentence, not by its record.
    let line = configuration.get("line").and_then(|line| line.as_str());
    let what = line.map_or_else(|| name.to_owned(), |line| format!("“{line}”"));
    Step::Local(LocalStep::WritePackage {
        name: format!("write the record of {what}"),
        package: InstalledPackage {
            server: params.server.id,
            site: None,
            kind: kind.to_owned(),
            name: name.to_owned(),
            version,
            configuration,
            status: Status::Active,
            installed_at: Time::UNIX_EPOCH,
        },
    })
}

/// The step that deletes an installed package's record.
pub fn unrecord(kind: &str, name: &str) -> Step {
    Step::Local(LocalStep::DeletePackage {
        name: format!("delete the record of {name}"),
        kind: kind.to_owned(),
        package: name.to_owned(),
    })
}

impl Plan {
    /// All steps in order, each with the index of its milestone.
    pub fn steps(&self) -> impl Iterator<Item = (usize, &Step)> {
        self.milestones.iter().enumerate().flat_map(|(i, m)| m.steps.iter().map(move |s| (i, s)))
    }
}
