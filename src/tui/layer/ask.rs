//! What only a person can decide: the questions of an operation, one after the other with the careful
//! answer first, or which of several things is to be done.

use std::collections::BTreeMap;

use crossterm::event::{KeyCode, KeyEvent};

use super::{Layer, Turn};
use crate::domain::{Operation, OperationId, Question};
use crate::tui::command::Motion;
use crate::tui::effect::Act;
use crate::tui::pane::operations::title;
use crate::tui::shared::{Context, Shared};

/// The word that means: do nothing.
const STOP: &str = "stop";

/// What the answers are for.
#[derive(Debug)]
enum For {
    /// This operation, which is repeated with them.
    Operation(OperationId),
    /// One of these is done.
    One(Vec<Act>),
}

/// The questions.
#[derive(Debug)]
pub struct Ask {
    /// What it is about.
    pub title: String,
    /// All of them.
    pub questions: Vec<Question>,
    /// The number of the one that is asked now.
    pub at: usize,
    /// The number of the answer that has the focus.
    pub answer: usize,
    given: BTreeMap<String, String>,
    then: For,
}

impl Ask {
    /// What an operation that ended asks; none when it asks nothing.
    pub fn of(operation: &Operation, shared: &Shared) -> Option<Self> {
        let questions = operation.error.as_ref().map(|error| error.questions.clone())?;
        if questions.is_empty() {
            return None;
        }
        let then = For::Operation(operation.id);
        Some(Self::new(title(operation, shared), questions, then))
    }

    /// Which of these is to be done: a word, a sentence about it, and what does it.
    pub fn which(text: String, all: Vec<(String, String, Act)>) -> Self {
        let mut question = Question { key: String::new(), text, answers: Vec::new() };
        let mut acts = Vec::new();
        for (word, about, act) in all {
            question = question.or(word, about);
            acts.push(act);
        }
        Self::new("Which one?".to_owned(), vec![question], For::One(acts))
    }

    fn new(title: String, questions: Vec<Question>, then: For) -> Self {
        Self { title, questions, at: 0, answer: 0, given: BTreeMap::new(), then }
    }

    fn count(&self) -> usize {
        self.questions.get(self.at).map_or(0, |question| question.answers.len())
    }

    /// Takes the answer that has the focus, and goes to the next question or does what was decided.
    fn take(&mut self, cx: &mut Context<'_>) -> Turn {
        let Some(question) = self.questions.get(self.at) else { return Turn::Close };
        let Some(answer) = question.answers.get(self.answer) else { return Turn::Stay };
        let id = match &self.then {
            For::One(acts) => {
                if let Some(act) = acts.get(self.answer).cloned() {
                    cx.act(act);
                }
                return Turn::Close;
            }
            For::Operation(id) => *id,
        };
        if answer.word == STOP {
            cx.say("Nothing is changed.");
            return Turn::Close;
        }
        self.given.insert(question.key.clone(), answer.word.clone());
        (self.at, self.answer) = (self.at + 1, 0);
        if self.at < self.questions.len() {
            return Turn::Stay;
        }
        cx.act(Act::Answer(id, std::mem::take(&mut self.given)));
        Turn::Close
    }
}

impl Layer for Ask {
    fn key(&mut self, key: KeyEvent, cx: &mut Context<'_>) -> Turn {
        match key.code {
            KeyCode::Esc => return Turn::Close,
            KeyCode::Enter => return self.take(cx),
            KeyCode::Tab => self.motion(Motion::Down, cx),
            KeyCode::BackTab => self.motion(Motion::Up, cx),
            _ if cx.shared.start.keymap.is(&key, "back-or-quit") => return Turn::Close,
            _ => {
                if let Some(motion) = cx.motion(&key) {
                    self.motion(motion, cx);
                }
            }
        }
        Turn::Stay
    }

    fn motion(&mut self, motion: Motion, _: &mut Context<'_>) {
        let last = self.count().saturating_sub(1);
        self.answer = match motion {
            Motion::Up | Motion::HalfUp | Motion::PageUp => self.answer.saturating_sub(1),
            Motion::Down | Motion::HalfDown | Motion::PageDown => (self.answer + 1).min(last),
            Motion::First => 0,
            Motion::Last => last,
            Motion::Row(row) => row.min(last),
        };
    }

    fn row(&mut self, number: usize, cx: &mut Context<'_>) -> Turn {
        if number == self.answer {
            return self.take(cx);
        }
        self.motion(Motion::Row(number), cx);
        Turn::Stay
    }

    fn guarded(&self) -> bool {
        true
    }
}
