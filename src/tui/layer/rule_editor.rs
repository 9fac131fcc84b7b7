//! The rule editor: one line that reads like a sentence, reviewed at every key.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::confirm::Confirm;
use super::preview::PreviewLayer;
use super::{Layer, Turn};
use crate::domain::{Action, Failure, ResourceId, ServerId, input::Verdict};
use crate::fleet::{Consent, RuleReview, RuleView};
use crate::tui::effect::{Act, Answer, Done, Effect, Plan, Ticket};
use crate::tui::line::Line;
use crate::tui::shared::Context;
use crate::tui::text;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Typing,
    Asking,
    Sending(Ticket),
}

/// The editor.
#[derive(Debug)]
pub struct RuleEditor {
    /// The server's name.
    pub name: String,
    /// The line.
    pub line: Line,
    /// What is said about it.
    pub review: Option<RuleReview>,
    /// Why it could not be sent.
    pub failure: Option<Failure>,
    /// The rule being edited; none for a new one.
    pub replacing: Option<ResourceId>,
    /// The place that was asked for, from 1; without one it goes where its kind belongs.
    pub at: Option<usize>,
    server: ServerId,
    before: String,
    stage: Stage,
}

impl RuleEditor {
    /// For a new rule, perhaps at a place, or for one that is there.
    pub fn new(
        server: ServerId,
        name: String,
        rule: Option<&RuleView>,
        at: Option<usize>,
        cx: &mut Context<'_>,
    ) -> Self {
        let before = rule.map_or("", |rule| rule.line.as_str());
        let editor = Self {
            name,
            line: Line::new(before),
            review: None,
            failure: None,
            replacing: rule.map(|rule| rule.id),
            at,
            server,
            before: before.to_owned(),
            stage: Stage::Typing,
        };
        editor.look(cx);
        editor
    }

    /// For a new rule whose line was typed elsewhere: it is sent at once, and stays open with the
    /// reason when it is refused.
    pub fn sent(server: ServerId, name: String, line: &str, cx: &mut Context<'_>) -> Self {
        let mut editor = Self::new(server, name, None, None, cx);
        editor.line.set(line);
        editor.look(cx);
        editor.send(Consent::None, cx);
        editor
    }

    /// Whether it is being sent.
    pub fn sends(&self) -> bool {
        matches!(self.stage, Stage::Sending(_))
    }

    /// Whether nothing is typed yet.
    pub fn is_blank(&self) -> bool {
        self.line.text().trim().is_empty()
    }

    fn look(&self, cx: &mut Context<'_>) {
        cx.out.effects.push(Effect::ReviewRule {
            server: self.server,
            line: self.line.text().to_owned(),
            replacing: self.replacing,
            at: self.at,
        });
    }

    fn complete(&mut self) -> bool {
        let Some(word) = self.review.as_ref().and_then(|review| review.completions.first()) else {
            return false;
        };
        let line = completed(self.line.text(), word);
        self.line.set(&line);
        true
    }

    /// Why it cannot be sent as it is.
    pub fn obstacle(&self) -> Option<&str> {
        let review = self.review.as_ref()?;
        match (&review.lock_out, &review.verdict) {
            (Some(why), _) => Some(why),
            (None, Verdict::No(why)) => Some(why),
            _ => None,
        }
    }

    /// Whether what is refused is only not typed to its end yet.
    pub fn is_unfinished(&self) -> bool {
        let Some(review) = &self.review else { return false };
        let at_end = review.span.as_ref().is_none_or(|span| span.end >= self.line.text().len());
        matches!(review.verdict, Verdict::No(_)) && at_end && !review.completions.is_empty()
    }

    /// The cells of the line that the verdict is about: from, and how many.
    pub fn mark(&self) -> Option<(usize, usize)> {
        let span = self.review.as_ref()?.span.clone()?;
        let before = self.line.text().get(..span.start)?;
        let word = self.line.text().get(span)?;
        Some((text::width(before), text::width(word).max(1)))
    }

    fn submit(&mut self, cx: &mut Context<'_>) -> Turn {
        let Some(review) = &self.review else { return Turn::Stay };
        if self.is_blank() || self.obstacle().is_some() {
            return Turn::Stay;
        }
        if self.replacing.is_some() && self.line.text().trim() == self.before {
            cx.say("The rule is as it was.");
            return Turn::Close;
        }
        if let Verdict::Warn(_, why) = &review.verdict {
            self.stage = Stage::Asking;
            cx.open(Confirm::warnings(vec![why.clone()]));
            return Turn::Stay;
        }
        self.send(Consent::None, cx);
        Turn::Stay
    }

    fn send(&mut self, consent: Consent, cx: &mut Context<'_>) {
        self.failure = None;
        let line = self.line.text().to_owned();
        let act = match self.replacing {
            Some(rule) => Act::EditRule(self.server, rule, line, consent),
            None => Act::AddRule(self.server, line, self.at, consent),
        };
        self.stage = Stage::Sending(cx.act(act));
    }

    fn preview(&self, cx: &mut Context<'_>) {
        if self.is_blank() || self.obstacle().is_some() {
            return;
        }
        let action = if self.replacing.is_some() { Action::Update } else { Action::Install };
        let plan = Plan {
            server: self.server,
            kind: "firewall-rule",
            action,
            rule: self.replacing,
            line: Some(self.line.text().to_owned()),
            at: self.at,
        };
        let layer = PreviewLayer::new(Act::Preview(plan), cx);
        cx.open(layer);
    }
}

/// The line with its last, unfinished word completed.
pub fn completed(line: &str, word: &str) -> String {
    let from = line.rfind([' ', '/', ':']).map_or(0, |at| at + 1);
    let (head, tail) = line.split_at_checked(from).unwrap_or((line, ""));
    let mut whole = head.to_owned();
    if word.to_lowercase().starts_with(&tail.to_lowercase()) {
        whole.push_str(word);
    } else {
        whole.push_str(tail);
        if !word.starts_with(['/', ':']) {
            whole.push(' ');
        }
        whole.push_str(word);
    }
    whole.push(' ');
    whole
}

impl Layer for RuleEditor {
    fn key(&mut self, key: KeyEvent, cx: &mut Context<'_>) -> Turn {
        if key.code == KeyCode::Esc {
            return match std::mem::replace(&mut self.stage, Stage::Typing) {
                Stage::Sending(_) => Turn::Stay,
                _ => Turn::Close,
            };
        }
        if self.stage != Stage::Typing {
            return Turn::Stay;
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let changed = match key.code {
            KeyCode::Enter => return self.submit(cx),
            KeyCode::Char('p') if control => {
                self.preview(cx);
                false
            }
            KeyCode::Char('o') if control => {
                cx.edit(self.line.text());
                false
            }
            KeyCode::Tab => self.complete(),
            _ => self.line.key(key),
        };
        if changed {
            self.failure = None;
            self.look(cx);
        }
        Turn::Stay
    }

    fn paste(&mut self, text: &str, cx: &mut Context<'_>) {
        if self.stage == Stage::Typing && self.line.paste(text) {
            self.look(cx);
        }
    }

    fn edited(&mut self, text: &str, cx: &mut Context<'_>) {
        self.line.set(text);
        self.failure = None;
        self.look(cx);
    }

    fn rule_review(&mut self, review: &RuleReview) {
        self.review = Some(review.clone());
    }

    fn told(&mut self, yes: bool, cx: &mut Context<'_>) -> Turn {
        let asked = std::mem::replace(&mut self.stage, Stage::Typing) == Stage::Asking;
        if asked && yes {
            self.send(Consent::Yes, cx);
        }
        Turn::Stay
    }

    fn answer(&mut self, ticket: Ticket, answer: &Answer, cx: &mut Context<'_>) -> Option<Turn> {
        if self.stage != Stage::Sending(ticket) {
            return None;
        }
        self.stage = Stage::Typing;
        match answer {
            Ok(done) => {
                cx.say("The rule is on its way.");
                if let Done::Started(started) = done {
                    cx.shared.added = started.resource;
                    cx.shared.messages.is_of(started.operation);
                }
                Some(Turn::Close)
            }
            Err(failure) => {
                self.failure = Some(failure.clone());
                Some(Turn::Stay)
            }
        }
    }
}
