//! The palette: every command by name or title, and then what it is to be given, one after the
//! other or all in one line.
//!
//! Keys edit the line; what it means is made out in [`Layer::see`], after each event, against what
//! there is then.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{Layer, Turn};
use crate::domain::input::Verdict;
use crate::fleet::RuleReview;
use crate::tui::command::{Arg, Command, Id, Kind, Motion, Place};
use crate::tui::effect::Effect;
use crate::tui::fuzzy::Fit;
use crate::tui::layer::rule_editor::completed;
use crate::tui::line::Line;
use crate::tui::pane::cursor::moved;
use crate::tui::shared::Context;
use crate::tui::sight::{Run, Sight, Value};

mod row;

pub use row::{Row, What, fitting};

/// The palette.
#[derive(Debug)]
pub struct Palette {
    /// The line: the name of a command, or what it is given next.
    pub line: Line,
    /// The command, once it is named.
    pub command: Option<&'static Command>,
    /// What it was given so far: as typed, and what that is.
    pub given: Vec<(String, Value)>,
    /// What fits the line, the best first.
    pub rows: Vec<Row>,
    /// How many there are in all.
    pub total: usize,
    /// The number of the selected row.
    pub at: usize,
    /// Why the line was not taken.
    pub said: Option<String>,
    /// What is said about a rule's line.
    pub review: Option<RuleReview>,
    /// The line that the rows fit.
    sought: Option<String>,
    /// Whether it opened at a command, not at the list of them.
    asking: bool,
}

impl Palette {
    /// With all commands.
    pub fn new() -> Self {
        Self {
            line: Line::new(""),
            command: None,
            given: Vec::new(),
            rows: Vec::new(),
            total: 0,
            at: 0,
            said: None,
            review: None,
            sought: None,
            asking: false,
        }
    }

    /// Asks for what a command is to be given.
    pub fn asking(command: &'static Command) -> Self {
        Self { command: Some(command), asking: true, ..Self::new() }
    }

    /// What is asked for now.
    pub fn arg(&self) -> Option<&'static Arg> {
        self.command?.args.get(self.given.len())
    }

    /// What a rule's line could go on with.
    pub fn completions(&self) -> &[String] {
        self.review.as_ref().map(|review| review.completions.as_slice()).unwrap_or_default()
    }

    /// What is said below: why not, or what is wrong with a rule's line.
    pub fn verdict(&self) -> Option<&str> {
        let of_rule = || {
            let review = self.review.as_ref().filter(|_| self.is_rule())?;
            match (&review.lock_out, &review.verdict) {
                (Some(why), _) | (None, Verdict::No(why)) => Some(why.as_str()),
                _ => None,
            }
        };
        self.said.as_deref().or_else(|| of_rule().filter(|_| !self.line.text().trim().is_empty()))
    }

    fn is_rule(&self) -> bool {
        self.arg().is_some_and(|arg| arg.kind == Kind::RuleLine)
    }

    fn is_tags(&self) -> bool {
        self.arg().is_some_and(|arg| arg.kind == Kind::Tags)
    }

    /// What the rows are to fit: the line, of tags the last one.
    fn sought_word(&self) -> &str {
        let line = self.line.text();
        match self.is_tags() {
            true => line
                .rsplit([' ', ','])
                .next()
                .map_or("", |word| word.trim_start_matches(['+', '-'])),
            false => line,
        }
    }

    fn changed(&mut self, cx: &mut Context<'_>) {
        (self.said, self.review) = (None, None);
        self.ask_for_review(cx);
    }

    fn ask_for_review(&self, cx: &mut Context<'_>) {
        let line = match self.command {
            Some(_) if self.is_rule() => self.line.text(),
            // Typed in one go: the rest of the line becomes the argument.
            None => self.line.text().split_once(' ').map_or("", |(_, rest)| rest),
            Some(_) => return,
        };
        if let Some(server) = cx.shared.selected {
            let line = line.to_owned();
            cx.out.effects.push(Effect::ReviewRule { server, line, replacing: None, at: None });
        }
    }

    fn back(&mut self) -> Turn {
        (self.said, self.review) = (None, None);
        if let Some((typed, _)) = self.given.pop() {
            self.line.set(&typed);
        } else if let Some(command) = self.command.take().filter(|_| !self.asking) {
            self.line.set(command.name);
        } else {
            return Turn::Close;
        }
        Turn::Stay
    }

    /// Takes what the line or the selected row says.
    fn accept(&mut self, cx: &mut Context<'_>) -> Turn {
        let selected = self.rows.get(self.at);
        let Some(arg) = self.arg() else {
            let Some(row) = selected else { return Turn::Stay };
            let What::Command(command) = row.what else { return Turn::Stay };
            if let Some(reason) = &row.reason {
                self.said = Some(reason.clone());
                return Turn::Stay;
            }
            if !command.args.iter().any(|arg| arg.needed) {
                return run(command, Vec::new(), cx);
            }
            self.take_command(command, "");
            return Turn::Stay;
        };
        let text = self.line.text().trim().to_owned();
        let value = match arg.kind {
            Kind::RuleLine | Kind::Tags if text.is_empty() => {
                return self.command.map_or(Turn::Close, |command| run(command, Vec::new(), cx));
            }
            Kind::CommandLine if text.is_empty() => {
                self.said = Some(format!("Type the {}.", arg.name));
                return Turn::Stay;
            }
            Kind::RuleLine if self.verdict().is_some() => return Turn::Stay,
            kind if kind.is_free() => Some((text.clone(), Value::Text(text.clone()))),
            _ => selected.and_then(|row| match &row.what {
                What::Choice(value) => Some((row.label.clone(), value.clone())),
                What::Command(_) => None,
            }),
        };
        match value {
            Some((typed, value)) => self.give(typed, value, cx),
            None => {
                self.said = Some(no_such(arg, &text));
                Turn::Stay
            }
        }
    }

    fn give(&mut self, typed: String, value: Value, cx: &mut Context<'_>) -> Turn {
        let Some(command) = self.command else { return Turn::Stay };
        self.given.push((typed, value));
        self.line.set("");
        self.sought = None;
        if self.arg().is_some() {
            return Turn::Stay;
        }
        run(command, self.given.drain(..).map(|(_, value)| value).collect(), cx)
    }

    fn take_command(&mut self, command: &'static Command, rest: &str) {
        self.command = Some(command);
        self.line.set(rest);
        (self.at, self.sought) = (0, None);
    }

    /// Completes the line by the selected row: a command goes on with its arguments.
    fn complete(&mut self, cx: &mut Context<'_>) {
        if self.is_rule() {
            if let Some(word) = self.completions().first() {
                let line = completed(self.line.text(), word);
                self.line.set(&line);
                self.changed(cx);
            }
            return;
        }
        let Some(row) = self.rows.get(self.at) else { return };
        match (&row.what, &row.reason) {
            (What::Command(command), Some(reason)) if !command.aims() => {
                self.said = Some(reason.clone());
            }
            (What::Command(command), _) if command.args.is_empty() => {
                self.line.set(command.name);
            }
            (What::Command(command), _) => {
                let command = *command;
                self.take_command(command, "");
                self.changed(cx);
            }
            (What::Choice(_), _) => {
                let sought = self.sought_word().len();
                let head = self.line.text().len() - sought;
                let head = self.line.text().get(..head).unwrap_or_default();
                let end = if self.is_tags() { " " } else { "" };
                let line = format!("{head}{}{end}", row.label);
                self.line.set(&line);
            }
        }
    }

    /// Makes out what was typed in one go: a command's name and a space, an argument and a space.
    fn advance(&mut self, sight: &Sight<'_>) {
        if self.command.is_none() {
            let text = self.line.text().to_owned();
            let Some((name, rest)) = text.split_once(' ') else { return };
            let all = sight.bindings();
            let named = all.iter().map(|binding| binding.command).find(|command| {
                command.name == name && !command.args.is_empty() && is_offered(command)
            });
            let Some(command) = named else { return };
            match sight.when(command) {
                Err(reason) if !command.aims() => return self.said = Some(reason),
                _ => self.take_command(command, rest),
            }
        }
        while let (Some(command), Some(arg)) = (self.command, self.arg()) {
            let text = self.line.text().to_owned();
            let is_last = self.given.len() + 1 == command.args.len();
            let Some((word, rest)) = text.split_once(' ').filter(|_| !is_last) else { return };
            let choices = sight.choices(arg.kind);
            let value = match choices.into_iter().find(|choice| choice.word == word) {
                Some(choice) => choice.value,
                None if arg.kind.is_free() => return,
                None => return self.said = Some(no_such(arg, word)),
            };
            self.given.push((word.to_owned(), value));
            self.line.set(rest);
        }
    }

    fn rows(&self, sight: &Sight<'_>) -> Vec<Row> {
        let shared = sight.shared;
        match (self.command, self.arg()) {
            (Some(_), Some(arg)) => sight.choices(arg.kind).into_iter().map(Row::choice).collect(),
            (Some(_), None) => Vec::new(),
            (None, _) => {
                let mut all: Vec<Row> = sight
                    .bindings()
                    .into_iter()
                    .filter(|binding| is_offered(binding.command))
                    .map(|binding| Row::command(binding, sight))
                    .collect();
                let recent = &shared.start.recent;
                all.sort_by_key(|row| {
                    let used = recent.iter().position(|name| *name == row.about);
                    used.unwrap_or(recent.len())
                });
                all
            }
        }
    }
}

impl Default for Palette {
    fn default() -> Self {
        Self::new()
    }
}

/// What a layer hears by itself cannot be run from here, and the palette is open.
fn is_offered(command: &Command) -> bool {
    !matches!(command.place, Place::Inside(_)) && command.id != Id::Palette
}

fn run(command: &'static Command, values: Vec<Value>, cx: &mut Context<'_>) -> Turn {
    cx.out.run = Some(Run { command, values });
    Turn::Close
}

fn no_such(arg: &Arg, text: &str) -> String {
    match text.is_empty() {
        true => format!("There is no {} to choose.", arg.name),
        false => format!("There is no {} “{text}”.", arg.name),
    }
}

impl Layer for Palette {
    fn key(&mut self, key: KeyEvent, cx: &mut Context<'_>) -> Turn {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let motion = match key.code {
            KeyCode::Up => Some(Motion::Up),
            KeyCode::Down => Some(Motion::Down),
            KeyCode::Char('p') if control => Some(Motion::Up),
            KeyCode::Char('n') if control => Some(Motion::Down),
            KeyCode::PageUp => Some(Motion::PageUp),
            KeyCode::PageDown => Some(Motion::PageDown),
            _ => None,
        };
        if let Some(motion) = motion {
            self.motion(motion, cx);
            return Turn::Stay;
        }
        match key.code {
            KeyCode::Esc => return self.back(),
            KeyCode::Backspace if self.line.text().is_empty() && self.command.is_some() => {
                return self.back();
            }
            KeyCode::Enter => return self.accept(cx),
            KeyCode::Tab => self.complete(cx),
            _ if self.line.key(key) => self.changed(cx),
            _ => {}
        }
        Turn::Stay
    }

    fn motion(&mut self, motion: Motion, cx: &mut Context<'_>) {
        self.said = None;
        self.at = moved(self.at, self.rows.len(), motion, cx.shared.page());
    }

    fn row(&mut self, number: usize, cx: &mut Context<'_>) -> Turn {
        self.at = number;
        self.accept(cx)
    }

    fn paste(&mut self, text: &str, cx: &mut Context<'_>) {
        if self.line.paste(text) {
            self.changed(cx);
        }
    }

    fn rule_review(&mut self, review: &RuleReview) {
        self.review = Some(review.clone());
    }

    fn see(&mut self, sight: &Sight<'_>) {
        self.advance(sight);
        let all = self.rows(sight);
        let before = self.rows.get(self.at).map(|row| row.what.clone());
        self.total = all.len();
        self.rows = fitting(all, self.sought_word(), Fit::Loose);
        // The selection follows its row while only what there is changes.
        let same = self.sought.as_deref() == Some(self.line.text());
        let kept = before
            .filter(|_| same)
            .and_then(|what| self.rows.iter().position(|row| row.what == what));
        self.at = match (kept, same) {
            (Some(at), _) => at,
            (None, true) => self.at.min(self.rows.len().saturating_sub(1)),
            (None, false) => 0,
        };
        self.sought = Some(self.line.text().to_owned());
    }
}
