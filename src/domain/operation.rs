//! An operation: the execution of one plan for one record, and its events.

use serde::{Deserialize, Serialize};

use super::{
    Action, Failure, Fields, OperationId, Outcome, ResourceId, ServerId, SiteId, Status, Time,
};

/// How far an operation is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The milestone last reached, its key.
    pub milestone: Option<String>,
    /// Milestones reached.
    pub reached: u16,
    /// Milestones in all.
    pub of: u16,
}

impl Progress {
    /// 100·k/n, rounded down.
    pub fn percent(&self) -> u8 {
        if self.of == 0 {
            return 0;
        }
        u8::try_from(u32::from(self.reached) * 100 / u32::from(self.of)).unwrap_or(100)
    }
}

/// How one step went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepOutcome {
    /// Not begun.
    Waiting,
    /// Under way.
    Running,
    /// Its check found it so already; nothing was changed.
    Already,
    /// Applied and verified.
    Done,
    /// Failed.
    Failed,
    /// Begun, and its end is not known.
    Unknown,
}

/// One step of an operation: its text, how it went, where its output lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRecord {
    /// What the step does, for people.
    pub name: String,
    /// The key of its milestone.
    pub milestone: String,
    /// The milestone's label for people; empty in records of before labels were kept.
    #[serde(default)]
    pub label: String,
    /// The text as it was sent, secrets masked; a local step's is a sentence.
    pub text: String,
    /// Whether it runs on the host.
    pub remote: bool,
    /// How it went.
    pub outcome: StepOutcome,
    /// The exit status of its last phase.
    pub exit: Option<i32>,
    /// When it began.
    pub started_at: Option<Time>,
    /// How long it took, in milliseconds; a remote step's by the host's clock.
    pub millis: Option<u64>,
    /// How long past runs of the step took, in milliseconds, as known when it was planned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub past: Vec<u64>,
    /// Whether the operation that this one repeats had done it: then it is likely to be so already.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub had: bool,
    /// Bytes of output kept.
    #[serde(default)]
    pub output: u64,
    /// Bytes of output not kept because there were too many.
    #[serde(default)]
    pub dropped: u64,
    /// SHA-256 of the kept output, hexadecimal, once the step is over.
    #[serde(default)]
    pub digest: Option<String>,
    /// Of a step that is an operation of its own: how many milestones that was thought to have when
    /// this one was planned; 0 where nothing could be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inside: Option<u16>,
    /// The child operation that this step is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub child: Option<OperationId>,
}

/// The execution of one plan for one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// Its id; also the name of its runs on the host.
    pub id: OperationId,
    /// What it does to the record.
    pub action: Action,
    /// The package type, e.g. `server`, `firewall`, `firewall-rule`, `exec`.
    pub kind: String,
    /// The server it works on.
    pub server: ServerId,
    /// The resource it is for; without one it is for the server's own record.
    pub resource: Option<ResourceId>,
    /// What people called the thing it is for when it was asked for: a name, a sentence, a command.
    #[serde(default)]
    pub subject: Option<String>,
    /// The site, when it is for one.
    pub site: Option<SiteId>,
    /// How far it is, or how it ended.
    pub outcome: Outcome,
    /// Milestones.
    pub progress: Progress,
    /// The operation that this one repeats.
    pub retry_of: Option<OperationId>,
    /// The operation whose step this one is; it runs in that one's turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<OperationId>,
    /// What it waits for, in words, while it waits.
    #[serde(default)]
    pub waits_for: Option<String>,
    /// Answers and choices given with the request, e.g. `clean_up`.
    #[serde(default)]
    pub choices: Fields,
    /// The record's status before, to go back to when nothing was changed.
    pub before: Option<Status>,
    /// The record's fields before an update or a removal.
    #[serde(default)]
    pub fields_before: Option<Fields>,
    /// Its steps, once planned.
    #[serde(default)]
    pub steps: Vec<StepRecord>,
    /// Why it did not succeed.
    pub error: Option<Failure>,
    /// A cancel was asked for.
    #[serde(default)]
    pub cancel: bool,
    /// When it was asked for.
    pub created_at: Time,
    /// When its turn came.
    pub started_at: Option<Time>,
    /// When it ended.
    pub finished_at: Option<Time>,
}

impl Operation {
    /// Among the choices of an update: what the host's package sources have newer is brought as well.
    pub const UPGRADE: &str = "upgrade";

    /// What it does, in the words of people: `add rule “office”`, `enable firewall`.
    pub fn what(&self) -> String {
        let verbs = match self.kind.as_str() {
            "server" => ["add server", "update server", "remove server"],
            "firewall-rule" => ["add rule", "change rule", "remove rule"],
            "firewall" => ["enable firewall", "update firewall", "disable firewall"],
            "exec" => ["run", "run again", "forget the run of"],
            "key" => ["rotate login key", "rotate login key", "rotate login key"],
            "provision" => ["provision", "provision", "forget the provisioning of"],
            kind => {
                let verb = match self.action {
                    Action::Remove => "remove",
                    _ if self.is_upgrade() => "upgrade",
                    Action::Install => "add",
                    Action::Update => "change",
                };
                let what = format!("{verb} {}", kind.replace('-', " "));
                return self.subject.iter().fold(what, |what, of| format!("{what} “{of}”"));
            }
        };
        let verb = match self.action {
            Action::Install => verbs[0],
            Action::Update => verbs[1],
            Action::Remove => verbs[2],
        };
        match &self.subject {
            Some(subject) if self.kind == "server" => format!("{verb} {subject}"),
            Some(subject) => format!("{verb} “{subject}”"),
            None => verb.to_owned(),
        }
    }

    /// Whether what is there is to become newer as well.
    pub fn is_upgrade(&self) -> bool {
        self.choices.contains_key(Self::UPGRADE)
    }

    /// Whether its milestones are operations of their own: what runs inside it is what people look at.
    pub fn is_made_of_others(&self) -> bool {
        self.kind == "provision" || self.choices.get("clean_up") == Some(&true.into())
    }

    /// The label of the milestone it works towards; none once it is over or a step has failed, and
    /// before it is planned.
    pub fn towards(&self) -> Option<&str> {
        use StepOutcome::{Already, Done, Running, Waiting};
        let next = self.steps.iter().find(|step| !matches!(step.outcome, Already | Done))?;
        let step = Some(next).filter(|step| matches!(step.outcome, Waiting | Running))?;
        if self.outcome.is_end() {
            return None;
        }
        Some(if step.label.is_empty() { &step.milestone } else { &step.label })
    }
}

/// A milestone that was reached, or the failure that ended the operation. Append-only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The operation.
    pub operation: OperationId,
    /// Counts within the operation, from 1.
    pub number: u32,
    /// The server.
    pub server: ServerId,
    /// The site, when it is for one.
    pub site: Option<SiteId>,
    /// The package type.
    pub package: String,
    /// What the operation does.
    pub action: Action,
    /// The milestone's key; the last is `complete`.
    pub milestone: String,
    /// k of n.
    pub step: u16,
    /// n.
    pub of: u16,
    /// 100·k/n.
    pub progress: u8,
    /// When.
    pub at: Time,
    /// A sentence about it.
    pub details: Option<String>,
    /// Why the operation did not succeed.
    pub error: Option<Failure>,
}
