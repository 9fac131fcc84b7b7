//! A question: a yes or a no with the focus on no, or a name to be typed, as the level of what is
//! asked about wants it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::preview::PreviewLayer;
use super::{Layer, Turn};
use crate::domain::Level;
use crate::tui::caution::{self, Asked};
use crate::tui::effect::{Act, Effect, Ticket};
use crate::tui::line::Line;
use crate::tui::list::Each;
use crate::tui::shared::{Context, SessionDeed, Shared};

/// What a yes does.
#[derive(Debug, Clone)]
enum Yes {
    Act(Act),
    Each(&'static str, Each),
    Held(Vec<(Ticket, Act)>),
    Tell,
    Quit,
    Deed(SessionDeed),
}

/// A question.
#[derive(Debug)]
pub struct Confirm {
    /// The question.
    pub title: String,
    /// What is to be known before answering.
    pub lines: Vec<String>,
    /// Whether the focus is on yes.
    pub yes: bool,
    /// What is typed, where the name is asked for.
    pub typed: Line,
    /// What would be done, for looking at it first.
    pub preview: Option<Act>,
    hanging: usize,
    then: Yes,
}

impl Confirm {
    /// Asks before an act.
    pub fn new(title: String, lines: Vec<String>, act: Act) -> Self {
        Self::then(title, lines, Yes::Act(act))
    }

    /// Asks before acts over several; `verb` is for those that go well.
    pub fn each(title: String, lines: Vec<String>, verb: &'static str, each: Each) -> Self {
        Self::then(title, lines, Yes::Each(verb, each))
    }

    /// Asks before acts that are held back, and for which somebody waits.
    pub fn held(title: String, lines: Vec<String>, held: Vec<(Ticket, Act)>) -> Self {
        Self::then(title, lines, Yes::Held(held))
    }

    /// Asks on behalf of the layer below, which is told.
    pub fn warnings(lines: Vec<String>) -> Self {
        Self::then("Go on all the same?".to_owned(), lines, Yes::Tell)
    }

    /// Asks on behalf of a form below, which is left and what was typed in it dropped.
    pub fn leave() -> Self {
        let lines = vec!["What you changed in it is dropped.".to_owned()];
        Self::then("Leave the form?".to_owned(), lines, Yes::Tell)
    }

    /// Asks before something is done in the sessions.
    pub fn deed(title: String, lines: Vec<String>, deed: SessionDeed) -> Self {
        Self::then(title, lines, Yes::Deed(deed))
    }

    /// Asks before leaving while operations run or sessions live.
    pub fn quit(running: usize, waiting: usize, live: usize) -> Self {
        let mut lines = Vec::new();
        if running + waiting > 0 {
            lines.push(format!("{running} running, {waiting} waiting."));
            lines.push(
                "What runs on a host goes on there to the end of its steps; the next start takes \
                 it up again."
                    .to_owned(),
            );
        }
        match live {
            0 => {}
            1 => lines.push("One session ends, and what runs in it.".to_owned()),
            live => lines.push(format!("{live} sessions end, and what runs in them.")),
        }
        Self::then("Quit?".to_owned(), lines, Yes::Quit)
    }

    fn then(title: String, lines: Vec<String>, then: Yes) -> Self {
        let typed = Line::new("");
        Self { title, lines, yes: false, typed, preview: None, hanging: 0, then }
    }

    /// Lets the person look at what would be done.
    #[must_use]
    pub fn with_preview(mut self, act: Act) -> Self {
        self.preview = Some(act);
        self
    }

    /// So much hangs on what it is about.
    #[must_use]
    pub fn hanging(mut self, count: usize) -> Self {
        self.hanging = count;
        self
    }

    /// The question by the rule; none when nothing is changed by a yes.
    pub fn asked(&self, shared: &Shared) -> Option<Asked> {
        let acts: Vec<&Act> = match &self.then {
            Yes::Act(act) => vec![act],
            Yes::Each(_, each) => each.acts.iter().map(|(_, act)| act).collect(),
            Yes::Held(held) => held.iter().map(|(_, act)| act).collect(),
            Yes::Tell | Yes::Quit | Yes::Deed(_) => Vec::new(),
        };
        caution::asked(acts.into_iter(), self.hanging, shared)
    }

    /// How much is asked by the rule.
    pub fn level(&self, shared: &Shared) -> Level {
        self.asked(shared).map_or(Level::YesNo, |asked| asked.level)
    }

    /// What is to be typed, when the name is asked for.
    pub fn word(&self, shared: &Shared) -> Option<String> {
        let asked = self.asked(shared)?;
        (asked.level == Level::Typed).then_some(asked.word)
    }

    /// Does it.
    pub fn go(&self, cx: &mut Context<'_>) {
        let level = self.level(cx.shared);
        cx.sure(level);
        match &self.then {
            Yes::Act(act) => {
                cx.act(act.clone());
            }
            Yes::Each(verb, each) => cx.each(verb, each.clone()),
            Yes::Held(held) => {
                let held = held.iter().cloned();
                cx.out.effects.extend(held.map(|(ticket, act)| Effect::Act(ticket, act)));
            }
            Yes::Deed(deed) => cx.out.deed = Some(deed.clone()),
            Yes::Quit => cx.out.effects.push(Effect::Quit),
            Yes::Tell => {}
        }
    }

    fn decide(&self, yes: bool, cx: &mut Context<'_>) -> Turn {
        if yes {
            self.go(cx);
        } else if let Yes::Held(held) = &self.then {
            cx.out.declined.extend(held.iter().map(|(ticket, _)| *ticket));
        }
        if matches!(self.then, Yes::Tell) { Turn::Answer(yes) } else { Turn::Close }
    }

    fn look(&self, cx: &mut Context<'_>) -> Turn {
        if let Some(act) = &self.preview {
            let layer = PreviewLayer::new(act.clone(), cx);
            cx.open(layer);
        }
        Turn::Stay
    }

    fn typed_key(&mut self, key: KeyEvent, word: &str, cx: &mut Context<'_>) -> Turn {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => return self.decide(false, cx),
            KeyCode::Enter if self.typed.text().trim() == word => return self.decide(true, cx),
            KeyCode::Char('p') if control => return self.look(cx),
            _ => self.typed.key(key),
        };
        Turn::Stay
    }
}

impl Layer for Confirm {
    fn key(&mut self, key: KeyEvent, cx: &mut Context<'_>) -> Turn {
        if let Some(word) = self.word(cx.shared) {
            return self.typed_key(key, &word, cx);
        }
        match key.code {
            KeyCode::Char('y' | 'Y') => self.decide(true, cx),
            KeyCode::Char('n' | 'N' | 'q') | KeyCode::Esc => self.decide(false, cx),
            KeyCode::Enter => self.decide(self.yes, cx),
            KeyCode::Left | KeyCode::Right | KeyCode::Tab | KeyCode::BackTab => {
                self.yes = !self.yes;
                Turn::Stay
            }
            KeyCode::Char('p') => self.look(cx),
            _ => Turn::Stay,
        }
    }

    fn row(&mut self, number: usize, cx: &mut Context<'_>) -> Turn {
        // A name is typed, not clicked.
        match self.word(cx.shared) {
            Some(_) => Turn::Stay,
            None => self.decide(number == 1, cx),
        }
    }

    fn guarded(&self) -> bool {
        true
    }
}
