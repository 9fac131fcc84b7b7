//! What only a person can decide before a plan can be made.

use serde::{Deserialize, Serialize};

/// A question about what was found on a host: a foreign service is in the way.
///
/// The answer comes back among the operation's choices, under the question's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Under which the answer comes back: letters, digits and dashes.
    pub key: String,
    /// A full sentence: what was found, and what is to be decided.
    pub text: String,
    /// What can be answered; the first is the careful one.
    pub answers: Vec<Answer>,
}

/// One answer to a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The word: `stop`, `leave`, `adopt`.
    pub word: String,
    /// What it means, a sentence.
    pub meaning: String,
}

impl Question {
    /// A question whose careful answer is to stop.
    pub fn new(key: impl Into<String>, text: impl Into<String>) -> Self {
        Self { key: key.into(), text: text.into(), answers: Vec::new() }
            .or("stop", "Nothing is changed.")
    }

    /// With a further answer.
    #[must_use]
    pub fn or(mut self, word: impl Into<String>, meaning: impl Into<String>) -> Self {
        self.answers.push(Answer { word: word.into(), meaning: meaning.into() });
        self
    }

    /// Whether a word is one of its answers.
    pub fn takes(&self, word: &str) -> bool {
        self.answers.iter().any(|answer| answer.word == word)
    }
}
