//! The fields of a form: texts, secrets and choices, one of which has the focus.

use std::borrow::Cow;

use crossterm::event::{KeyCode, KeyEvent};

use crate::tui::line::{Line, Lines, Masked};
use crate::tui::shared::Shared;

/// What a field holds.
#[derive(Debug)]
pub enum Value {
    /// A text.
    Text(Box<Line>),
    /// A text that is not shown.
    Secret(Masked),
    /// A text of several lines.
    Lines(Box<Lines>),
    /// One of some words.
    Choice(&'static [&'static str], usize),
}

/// A field.
#[derive(Debug)]
pub struct Field {
    /// Its name in reviews.
    pub name: Cow<'static, str>,
    /// What it is called on screen.
    pub title: Cow<'static, str>,
    /// One sentence about it.
    pub help: Cow<'static, str>,
    /// What stands in it.
    pub value: Value,
    /// Whether it was typed into: before that, what is missing is not held against it.
    pub touched: bool,
    /// Whether it matters, given the other fields.
    pub shown: bool,
    /// What it says about a text by itself: a sentence, and whether that forbids sending.
    pub check: Option<Check>,
    /// What it can be completed with.
    pub completions: Option<fn(&Shared) -> Vec<String>>,
}

/// What is said about a text: a sentence, and whether it forbids sending.
pub type Check = fn(&str) -> Option<(String, bool)>;

impl Field {
    /// A text field.
    pub fn text(
        name: impl Into<Cow<'static, str>>,
        title: impl Into<Cow<'static, str>>,
        help: impl Into<Cow<'static, str>>,
        text: &str,
    ) -> Self {
        Self::new(name, title, help, Value::Text(Box::new(Line::new(text))))
    }

    /// A field of any sort.
    pub fn new(
        name: impl Into<Cow<'static, str>>,
        title: impl Into<Cow<'static, str>>,
        help: impl Into<Cow<'static, str>>,
        value: Value,
    ) -> Self {
        Self {
            name: name.into(),
            title: title.into(),
            help: help.into(),
            value,
            touched: false,
            shown: true,
            check: None,
            completions: None,
        }
    }

    /// Checks its text by itself.
    #[must_use]
    pub fn checked(mut self, check: Check) -> Self {
        self.check = Some(check);
        self
    }

    /// Completes its text from what is known.
    #[must_use]
    pub fn completed(mut self, completions: fn(&Shared) -> Vec<String>) -> Self {
        self.completions = Some(completions);
        self
    }

    /// What stands in it, for comparing.
    fn content(&self) -> String {
        match &self.value {
            Value::Text(line) => line.text().to_owned(),
            Value::Lines(lines) => lines.text(),
            // What it is does not matter, only that there is some.
            Value::Secret(secret) => "•".repeat(secret.len()),
            Value::Choice(_, at) => at.to_string(),
        }
    }

    /// What it says about its text by itself.
    pub fn verdict(&self) -> Option<(String, bool)> {
        let check = self.check?;
        match &self.value {
            Value::Text(line) => check(line.text()),
            Value::Lines(lines) => check(&lines.text()),
            Value::Secret(_) | Value::Choice(..) => None,
        }
    }

    /// How its text could go on, behind a cursor at its end.
    pub fn rest(&self, shared: &Shared) -> Option<String> {
        let Value::Text(line) = &self.value else { return None };
        let typed = line.text();
        if typed.is_empty() || line.head().len() < typed.len() {
            return None;
        }
        let all = self.completions?(shared);
        let rest = all.iter().filter_map(|whole| whole.strip_prefix(typed));
        rest.filter(|rest| !rest.is_empty()).min().map(str::to_owned)
    }
}

/// What a key did to the fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// Nothing, or the focus moved.
    None,
    /// A value changed.
    Changed,
    /// The person is done.
    Submit,
}

/// Fields, in order.
#[derive(Debug)]
pub struct Fields {
    /// The fields.
    pub all: Vec<Field>,
    /// The number of the one with the focus.
    pub focus: usize,
}

impl Fields {
    /// What stands in all of them, for comparing.
    pub fn contents(&self) -> Vec<String> {
        self.all.iter().map(Field::content).collect()
    }

    /// The field of a name.
    pub fn get(&self, name: &str) -> Option<&Field> {
        self.all.iter().find(|field| field.name == name)
    }

    /// The text of a field; empty for other sorts and for fields that do not matter.
    pub fn text(&self, name: &str) -> &str {
        match self.get(name) {
            Some(Field { value: Value::Text(line), shown: true, .. }) => line.text(),
            _ => "",
        }
    }

    /// The number of the chosen word.
    pub fn choice(&self, name: &str) -> usize {
        match self.get(name).map(|field| &field.value) {
            Some(Value::Choice(_, at)) => *at,
            _ => 0,
        }
    }

    /// Shows or hides a field.
    pub fn show(&mut self, name: &str, shown: bool) {
        if let Some(field) = self.all.iter_mut().find(|field| field.name == name) {
            field.shown = shown;
        }
    }

    /// Puts the focus on a field.
    pub fn focus_on(&mut self, name: &str) {
        if let Some(at) = self.all.iter().position(|f| f.name == name && f.shown) {
            self.focus = at;
        }
    }

    /// A field was clicked: it gets the focus, and a choice that has it already its next word.
    pub fn click(&mut self, number: usize) -> Reaction {
        let had = std::mem::replace(&mut self.focus, number) == number;
        match self.all.get_mut(number) {
            Some(Field { value: Value::Choice(words, at), .. }) if had => {
                *at = (*at + 1) % words.len().max(1);
                Reaction::Changed
            }
            _ => Reaction::None,
        }
    }

    /// Takes a key.
    pub fn key(&mut self, key: KeyEvent) -> Reaction {
        let control = key.modifiers.contains(crossterm::event::KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('s') if control => return Reaction::Submit,
            // Within several lines these belong to the text.
            KeyCode::Enter | KeyCode::Up | KeyCode::Down if self.takes_lines(key.code) => {}
            KeyCode::Enter => {
                if !self.step(true) {
                    return Reaction::Submit;
                }
                return Reaction::None;
            }
            KeyCode::Tab | KeyCode::Down => {
                self.step(true);
                return Reaction::None;
            }
            KeyCode::BackTab | KeyCode::Up => {
                self.step(false);
                return Reaction::None;
            }
            _ => {}
        }
        let Some(field) = self.all.get_mut(self.focus) else { return Reaction::None };
        let changed = match &mut field.value {
            Value::Text(line) => line.key(key),
            Value::Secret(secret) => secret.key(key),
            Value::Lines(lines) => lines.key(key),
            Value::Choice(words, at) => match key.code {
                KeyCode::Right | KeyCode::Char(' ' | 'l') => {
                    *at = (*at + 1) % words.len().max(1);
                    true
                }
                KeyCode::Left | KeyCode::Char('h') => {
                    *at = (*at + words.len().saturating_sub(1)) % words.len().max(1);
                    true
                }
                _ => false,
            },
        };
        field.touched |= changed;
        if changed { Reaction::Changed } else { Reaction::None }
    }

    /// Takes a pasted text.
    pub fn paste(&mut self, text: &str) {
        let Some(field) = self.all.get_mut(self.focus) else { return };
        match &mut field.value {
            Value::Text(line) => {
                line.paste(text);
            }
            Value::Secret(secret) => secret.paste(text),
            Value::Lines(lines) => lines.paste(text),
            Value::Choice(..) => return,
        }
        field.touched = true;
    }

    /// Completes the field with the focus; answers whether there was something to complete.
    pub fn complete(&mut self, shared: &Shared) -> bool {
        let Some(field) = self.all.get_mut(self.focus) else { return false };
        let Some(rest) = field.rest(shared) else { return false };
        field.touched = true;
        if let Value::Text(line) = &mut field.value {
            line.paste(&rest);
        }
        true
    }

    /// The text with the focus, for an editor; secrets and choices have none.
    pub fn editable(&self) -> Option<String> {
        match &self.all.get(self.focus)?.value {
            Value::Text(line) => Some(line.text().to_owned()),
            Value::Lines(lines) => Some(lines.text()),
            Value::Secret(_) | Value::Choice(..) => None,
        }
    }

    /// Replaces the text with the focus.
    pub fn set(&mut self, text: &str) {
        let Some(field) = self.all.get_mut(self.focus) else { return };
        match &mut field.value {
            Value::Text(line) => line.set(text),
            Value::Lines(lines) => lines.set(text),
            Value::Secret(_) | Value::Choice(..) => return,
        }
        field.touched = true;
    }

    fn takes_lines(&self, code: KeyCode) -> bool {
        match self.all.get(self.focus).map(|field| &field.value) {
            Some(Value::Lines(lines)) => match code {
                KeyCode::Up => lines.row() > 0,
                KeyCode::Down => lines.row() + 1 < lines.lines().len(),
                _ => true,
            },
            _ => false,
        }
    }

    fn step(&mut self, forth: bool) -> bool {
        if let Some(field) = self.all.get_mut(self.focus) {
            field.touched = true;
        }
        let mut shown = self.all.iter().enumerate().filter(|(_, f)| f.shown).map(|(at, _)| at);
        let to = if forth {
            shown.find(|at| *at > self.focus)
        } else {
            shown.rfind(|at| *at < self.focus)
        };
        if let Some(to) = to {
            self.focus = to;
        }
        to.is_some()
    }
}
