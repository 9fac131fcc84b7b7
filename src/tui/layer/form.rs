//! A form: fields that are declared, checked at every key and sent together. What it is for is a
//! [`Subject`]; so the next thing that needs a form declares its fields and says what sends them.

use std::fmt::Debug;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::confirm::Confirm;
use super::fields::{Field, Fields, Reaction};
use super::preview::PreviewLayer;
use super::{Layer, Turn};
use crate::domain::Failure;
use crate::fleet::{Consent, Review};
use crate::tui::effect::{Act, Answer, Done, Effect, Ticket};
use crate::tui::shared::Context;

const WRITES: &str = "Writing it down …";

/// What a form is for.
pub trait Subject: Debug + Send {
    /// What stands above it.
    fn title(&self) -> &str;

    /// Shows the fields that matter given the others, and hides the rest.
    fn settle(&self, fields: &mut Fields) {
        let _ = fields;
    }

    /// Asks for a review of what stands in the fields, beyond what each says for itself.
    fn review(&self, fields: &Fields) -> Option<Effect> {
        let _ = fields;
        None
    }

    /// What shows the steps that sending it would take, where there is something to show.
    fn preview(&self, fields: &Fields) -> Option<Act> {
        let _ = fields;
        None
    }

    /// What sends it.
    fn send(&self, fields: &Fields, consent: Consent) -> Act;

    /// What is waited for after [`Subject::send`], in words.
    fn waits(&self, fields: &Fields) -> &'static str {
        let _ = fields;
        WRITES
    }

    /// An act went well.
    fn done(&mut self, done: &Done, fields: &Fields, cx: &mut Context<'_>) -> Next;

    /// The layer that was opened on [`Next::Ask`] was answered with yes: what is sent now. Without
    /// that the form is done, and what lies below it is told the yes.
    fn agreed(&mut self, fields: &Fields, consent: Consent) -> Option<Act> {
        let (_, _) = (fields, consent);
        None
    }
}

/// What follows an act that went well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The form is done.
    Close,
    /// The person is asked by a layer that was opened.
    Ask,
}

/// What the form is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Typing,
    /// The person is asked about warnings.
    Warned,
    /// The person is asked whether what was typed is dropped.
    Leaving,
    /// It is being sent.
    Sending(Ticket),
    /// What was agreed to is being sent.
    Agreed(Ticket),
    /// The person is asked by the subject's layer.
    Asking,
}

/// The form.
#[derive(Debug)]
pub struct Form {
    /// Its fields.
    pub fields: Fields,
    /// Why it could not be sent.
    pub failure: Option<Failure>,
    subject: Box<dyn Subject>,
    review: Review,
    consent: Consent,
    stage: Stage,
    /// What stood in its fields when it opened.
    beginning: Vec<String>,
}

impl Form {
    /// A form about a subject.
    pub fn new(all: Vec<Field>, subject: impl Subject + 'static, cx: &mut Context<'_>) -> Self {
        let fields = Fields { all, focus: 0 };
        let mut form = Self {
            beginning: fields.contents(),
            fields,
            failure: None,
            subject: Box::new(subject),
            review: Review::default(),
            consent: Consent::None,
            stage: Stage::Typing,
        };
        form.look(cx);
        form
    }

    /// What stands above it.
    pub fn title(&self) -> &str {
        self.subject.title()
    }

    /// Whether the steps that sending it would take can be shown.
    pub fn previews(&self) -> bool {
        self.subject.preview(&self.fields).is_some()
    }

    /// What it waits for, in words.
    pub fn waits(&self) -> Option<&'static str> {
        match self.stage {
            Stage::Sending(_) => Some(self.subject.waits(&self.fields)),
            Stage::Agreed(_) => Some(WRITES),
            _ => None,
        }
    }

    /// What is said about a field: a sentence, and whether it forbids sending.
    pub fn verdict(&self, field: &Field) -> Option<(String, bool)> {
        let about = |(name, _): &&(String, String)| *name == field.name;
        if let Some(said) = field.verdict() {
            return Some(said);
        }
        if let Some((_, why)) = self.review.refusals.iter().find(about) {
            return Some((why.clone(), true));
        }
        let mut rest = self.review.warnings.iter().chain(&self.review.fixes);
        rest.find(about).map(|(_, why)| (why.clone(), false))
    }

    fn look(&mut self, cx: &mut Context<'_>) {
        self.subject.settle(&mut self.fields);
        cx.out.effects.extend(self.subject.review(&self.fields));
    }

    fn changed(&mut self, cx: &mut Context<'_>) {
        self.consent = Consent::None;
        self.look(cx);
    }

    fn submit(&mut self, cx: &mut Context<'_>) {
        self.failure = None;
        for field in &mut self.fields.all {
            field.touched = true;
        }
        let refused = |field: &&Field| field.shown && self.verdict(field).is_some_and(|v| v.1);
        if let Some(name) = self.fields.all.iter().find(refused).map(|field| field.name.clone()) {
            self.fields.focus_on(&name);
            return;
        }
        let whole = |(name, _): &&(String, String)| name.is_empty();
        if let Some((_, why)) = self.review.refusals.iter().find(whole) {
            self.failure = Some(Failure::input(why.clone()));
            return;
        }
        if !self.review.warnings.is_empty() && self.consent == Consent::None {
            self.stage = Stage::Warned;
            let warnings = self.review.warnings.iter().map(|(_, why)| why.clone()).collect();
            cx.open(Confirm::warnings(warnings));
            return;
        }
        self.send(cx);
    }

    fn send(&mut self, cx: &mut Context<'_>) {
        self.stage = Stage::Sending(cx.act(self.subject.send(&self.fields, self.consent)));
    }
}

impl Layer for Form {
    fn key(&mut self, key: KeyEvent, cx: &mut Context<'_>) -> Turn {
        if key.code == KeyCode::Esc {
            // What is under way is waited for; the form only steps back from it.
            return match std::mem::replace(&mut self.stage, Stage::Typing) {
                Stage::Typing if self.fields.contents() == self.beginning => Turn::Close,
                Stage::Typing => {
                    self.stage = Stage::Leaving;
                    cx.open(Confirm::leave());
                    Turn::Stay
                }
                _ => Turn::Stay,
            };
        }
        if self.stage != Stage::Typing {
            return Turn::Stay;
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let reaction = match key.code {
            KeyCode::Char('o') if control => {
                match self.fields.editable() {
                    Some(text) => cx.edit(&text),
                    None => cx.refuse("This field is not for an editor."),
                }
                Reaction::None
            }
            KeyCode::Char('p') if control => {
                if let Some(act) = self.subject.preview(&self.fields) {
                    let layer = PreviewLayer::new(act, cx);
                    cx.open(layer);
                }
                Reaction::None
            }
            KeyCode::Right if self.fields.complete(cx.shared) => Reaction::Changed,
            _ => self.fields.key(key),
        };
        match reaction {
            Reaction::None => {}
            Reaction::Changed => self.changed(cx),
            Reaction::Submit => self.submit(cx),
        }
        Turn::Stay
    }

    fn row(&mut self, number: usize, cx: &mut Context<'_>) -> Turn {
        if self.stage == Stage::Typing && self.fields.click(number) == Reaction::Changed {
            self.changed(cx);
        }
        Turn::Stay
    }

    fn paste(&mut self, text: &str, cx: &mut Context<'_>) {
        if self.stage == Stage::Typing {
            self.fields.paste(text);
            self.look(cx);
        }
    }

    fn edited(&mut self, text: &str, cx: &mut Context<'_>) {
        self.fields.set(text);
        self.changed(cx);
    }

    fn server_review(&mut self, review: &Review) {
        self.review = review.clone();
        if review.needs_passphrase {
            let (field, why) = match self.fields.get("password") {
                Some(field) if field.shown => ("password", "Type the password of that user."),
                _ => ("passphrase", "The key file asks for its passphrase."),
            };
            self.review.refusals.push((field.to_owned(), why.to_owned()));
        }
    }

    fn told(&mut self, yes: bool, cx: &mut Context<'_>) -> Turn {
        let stage = std::mem::replace(&mut self.stage, Stage::Typing);
        match (stage, yes) {
            (Stage::Warned, true) => {
                self.consent = Consent::Yes;
                self.send(cx);
            }
            (Stage::Leaving, true) => return Turn::Close,
            (Stage::Asking, true) => {
                let Some(act) = self.subject.agreed(&self.fields, self.consent) else {
                    return Turn::Answer(true);
                };
                self.stage = Stage::Agreed(cx.act(act));
            }
            _ => {}
        }
        Turn::Stay
    }

    fn answer(&mut self, ticket: Ticket, answer: &Answer, cx: &mut Context<'_>) -> Option<Turn> {
        if self.stage != Stage::Sending(ticket) && self.stage != Stage::Agreed(ticket) {
            return None;
        }
        self.stage = Stage::Typing;
        match answer {
            Ok(done) => match self.subject.done(done, &self.fields, cx) {
                Next::Close => return Some(Turn::Close),
                Next::Ask => self.stage = Stage::Asking,
            },
            Err(failure) => self.failure = Some(failure.clone()),
        }
        Some(Turn::Stay)
    }
}
