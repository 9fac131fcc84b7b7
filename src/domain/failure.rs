//! The one shape in which a failure reaches a person: kind, place, what is known, way out.

use serde::{Deserialize, Serialize};

use super::Question;

/// What sort of failure it is; decides the exit code and the colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// Bad usage or input; nothing was done.
    Input,
    /// What was named does not exist.
    NotFound,
    /// It does not go together with what is there (a name twice, a wrong state).
    Conflict,
    /// A plan was refused, or a question must be answered first.
    Refused,
    /// A step or check on the host failed.
    Step,
    /// A step ran over its time limit.
    TimedOut,
    /// The person cancelled it.
    Cancelled,
    /// What happened on the host is not known for sure.
    Interrupted,
    /// The host put the old state back.
    RolledBack,
    /// No answer, refused, or reset on the network.
    Unreachable,
    /// The host answered but did not let us in.
    NotLoggedIn,
    /// The host's key is not the pinned one.
    HostKey,
    /// The vault is locked or missing.
    VaultLocked,
    /// Another process holds the store.
    StoreInUse,
    /// A defect or a broken machine of ours.
    Internal,
}

impl FailureKind {
    /// The process's exit code for it, as README documents them.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Input | Self::NotFound | Self::Conflict => 2,
            Self::Refused
            | Self::Step
            | Self::TimedOut
            | Self::Cancelled
            | Self::Interrupted
            | Self::RolledBack => 1,
            Self::Unreachable | Self::NotLoggedIn => 3,
            Self::HostKey => 4,
            Self::VaultLocked => 5,
            Self::StoreInUse => 6,
            Self::Internal => 70,
        }
    }
}

/// What is known about the effect of the failed work on the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Nothing was started or changed.
    None,
    /// Some steps are done, others are not; the operation's view lists them.
    Partial,
    /// It may or may not have happened.
    Unknown,
    /// What was changed has been put back.
    Restored,
}

impl Effect {
    /// One plain sentence for it.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::None => "Nothing was changed on the host.",
            Self::Partial => "Part of it may be done; the operation's steps say what.",
            Self::Unknown => "It is not known whether the step took effect.",
            Self::Restored => "What was changed has been put back.",
        }
    }
}

/// The reason of a failed system call as the end of a sentence: without the number that only
/// programmers look up, and without a stop of its own.
pub fn reason(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    let text = text.trim_end_matches('.');
    match text.rsplit_once(" (os error ") {
        Some((words, number)) if number.trim_end_matches(')').parse::<i32>().is_ok() => {
            words.to_owned()
        }
        _ => text.to_owned(),
    }
}

/// A failure as people and scripts see it, and as records keep it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What sort it is.
    pub kind: FailureKind,
    /// A full sentence: what failed and why.
    pub message: String,
    /// Where: `name (address:port)` or `address:port`.
    pub host: Option<String>,
    /// At which step.
    pub step: Option<String>,
    /// What is known about its effect.
    pub effect: Option<Effect>,
    /// What to try.
    pub remedy: Option<String>,
    /// The last lines of output, cleaned and bounded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<String>,
    /// What must be answered first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<Question>,
}

impl Failure {
    /// A failure with a message alone.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            host: None,
            step: None,
            effect: None,
            remedy: None,
            lines: Vec::new(),
            questions: Vec::new(),
        }
    }

    /// Bad usage or input.
    pub fn input(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Input, message)
    }

    /// A defect or a broken machine of ours.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Internal, message)
    }

    /// Says where.
    #[must_use]
    pub fn at_host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// Says at which step.
    #[must_use]
    pub fn at_step(mut self, step: impl Into<String>) -> Self {
        self.step = Some(step.into());
        self
    }

    /// Says what is known about the effect.
    #[must_use]
    pub fn effect(mut self, effect: Effect) -> Self {
        self.effect = Some(effect);
        self
    }

    /// Says what to try.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Questions that must be answered before anything is done.
    pub fn questions(questions: Vec<Question>) -> Self {
        let texts: Vec<&str> = questions.iter().map(|q| q.text.as_str()).collect();
        let words: Vec<String> = questions
            .iter()
            .map(|q| {
                let words: Vec<&str> = q.answers.iter().map(|a| a.word.as_str()).collect();
                format!("--answer {}={}", q.key, words.join("|"))
            })
            .collect();
        let remedy = format!("Answer, then try again: {}", words.join(" "));
        let mut failure =
            Self::new(FailureKind::Refused, texts.join(" ")).effect(Effect::None).remedy(remedy);
        failure.questions = questions;
        failure
    }

    /// Adds the last lines of output.
    #[must_use]
    pub fn lines(mut self, lines: Vec<String>) -> Self {
        self.lines = lines;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::reason;

    #[test]
    fn a_reason_ends_without_a_number_and_a_stop() {
        for (error, words) in [
            ("No such file or directory (os error 2)", "No such file or directory"),
            ("failed to look up: x (os error 11)", "failed to look up: x"),
            ("it is closed.", "it is closed"),
            ("(os error x)", "(os error x)"),
        ] {
            assert_eq!(reason(&error), words);
        }
    }
}
