//! The output of an operation, over the whole screen: follows until one scrolls up, is searched,
//! wrapped or moved sideways, and saved to a file.
//!
//! Lines are counted from the first that ever came, so that what is in sight stays when old lines
//! are let go.

use std::cell::Cell;

use crossterm::event::{KeyCode, KeyEvent};

use super::{Layer, Turn, save::Save};
use crate::tui::command::{Id, Motion, Place};
use crate::tui::line::Line;
use crate::tui::pane::cursor;
use crate::tui::shared::Context;
use crate::tui::text;
use crate::tui::transcript::{self, Transcript};

pub mod search;

use search::Search;

/// Where its keys are heard.
const PLACE: &str = "log";
/// How far one goes sideways at once, and at most.
const ASIDE: (usize, usize) = (8, 4096);

/// The log of the operation whose output is shared.
#[derive(Debug, Default)]
pub struct Log {
    /// The first line in sight; none while it follows.
    pub top: Option<usize>,
    /// Lines there were when it stopped following.
    pub known: usize,
    /// Whether long lines are broken.
    pub wrap: bool,
    /// The first column in sight, when they are not.
    pub aside: usize,
    /// What is looked for.
    pub search: Option<Search>,
    /// The line of the match at hand.
    pub at: Option<usize>,
    /// What is being typed to look for.
    pub typing: Option<Line>,
    /// The first and the last line in sight, and the first one with which the end is in sight:
    /// where lines are wrapped that is known only when it is drawn, so drawing leaves it here.
    pub sight: Cell<Option<Sight>>,
}

/// What of a log was in sight when it was last drawn.
#[derive(Debug, Clone, Copy)]
pub struct Sight {
    /// The first line.
    pub first: usize,
    /// The last line.
    pub last: usize,
    /// The first line when the end is in sight.
    pub most: usize,
}

impl Log {
    /// Follows the operation whose output is shared, and those that come after it inside another.
    pub fn new() -> Self {
        Self {
            top: None,
            known: 0,
            wrap: false,
            aside: 0,
            search: None,
            at: None,
            typing: None,
            sight: Cell::new(None),
        }
    }

    fn most(&self, transcript: &Transcript, page: usize) -> usize {
        let guess = transcript.total().saturating_sub(page);
        self.sight.get().map_or(guess, |sight| sight.most).max(transcript.let_go)
    }

    fn stop(&mut self, top: usize, transcript: &Transcript) {
        if self.top.is_none() {
            self.known = transcript.total();
        }
        self.top = Some(top);
    }

    fn moved(&mut self, motion: Motion, cx: &Context<'_>) {
        let (transcript, page) = (&cx.shared.transcript, cx.shared.page());
        let (least, most) = (transcript.let_go, self.most(transcript, page));
        let at = self.top.unwrap_or(most).clamp(least, most);
        let to = least + cursor::moved(at - least, most - least + 1, motion, page);
        if to < most { self.stop(to, transcript) } else { self.top = None }
    }

    /// Goes to the next match, or to the one before; round at the ends.
    fn go(&mut self, forward: bool, cx: &mut Context<'_>) {
        let Some(search) = &self.search else {
            let key = cx.shared.key("log-search");
            return cx.refuse(format!("Nothing is looked for yet; {key} does."));
        };
        let (transcript, page) = (&cx.shared.transcript, cx.shared.page());
        let found = search.lines(transcript);
        let top = self.top.or(self.sight.get().map(|sight| sight.first));
        let next = match (self.at, forward) {
            (Some(at), true) => found.iter().find(|line| **line > at),
            (Some(at), false) => found.iter().rfind(|line| **line < at),
            // One that follows looks at the end.
            (None, true) if self.top.is_none() => found.last(),
            (None, true) => found.iter().find(|line| Some(**line) >= top),
            (None, false) => found.iter().rfind(|line| Some(**line) < top),
        };
        let round = if forward { found.first() } else { found.last() };
        let Some(line) = next.or(round).copied() else {
            let text = format!("Nothing here matches “{}”.", search.text);
            return cx.refuse(text);
        };
        let most = self.most(transcript, page);
        let in_sight = self.sight.get().is_some_and(|s| (s.first..=s.last).contains(&line));
        let top = match (in_sight, self.sight.get()) {
            (true, Some(sight)) => sight.first,
            _ => line.saturating_sub(page / 3).max(transcript.let_go).min(most),
        };
        let columns = usize::from(cx.shared.start.size.0).saturating_sub(6).max(1);
        let column = search.column(transcript, line);
        if !self.wrap && !(self.aside..self.aside + columns).contains(&column) {
            self.aside = column.saturating_sub(columns / 2).min(ASIDE.1);
        }
        self.at = Some(line);
        self.stop(top, &cx.shared.transcript);
    }

    fn command(&mut self, key: KeyEvent, cx: &mut Context<'_>) -> Turn {
        let keymap = &cx.shared.start.keymap;
        if ["back-or-quit", "operation-log"].iter().any(|name| keymap.is(&key, name)) {
            return Turn::Close;
        }
        let own = keymap.of(Place::Inside(PLACE)).find(|own| keymap.is(&key, own.command.name));
        match own.map(|own| own.command.id) {
            Some(Id::Follow) if self.top.is_some() => self.top = None,
            Some(Id::Follow) => {
                let transcript = &cx.shared.transcript;
                self.stop(self.most(transcript, cx.shared.page()), transcript);
            }
            Some(Id::Search) => {
                self.typing = Some(Line::new(""));
                (self.search, self.at) = (None, None);
            }
            Some(Id::Next) => self.go(true, cx),
            Some(Id::Previous) => self.go(false, cx),
            Some(Id::Wrap) => self.toggle_wrap(cx),
            Some(Id::CopyOut) => self.copy(cx),
            Some(Id::CopySight) => self.copy_sight(cx),
            Some(Id::Save) => {
                if let Some(operation) = cx.shared.transcript.operation {
                    cx.open(Save::new(operation));
                }
            }
            _ => {
                if let Some(motion) = cx.motion(&key) {
                    self.moved(motion, cx);
                }
            }
        }
        Turn::Stay
    }

    fn copy(&self, cx: &mut Context<'_>) {
        let (save, shown) = (cx.shared.key("log-save"), cx.shared.key("log-copy-shown"));
        let otherwise = format!("{save} saves all of it, {shown} copies the lines in sight.");
        let transcript = &cx.shared.transcript;
        if transcript.is_empty() {
            return cx.refuse("There is no output to copy yet.");
        }
        if transcript.let_go > 0 || transcript.lost > 0 {
            return cx.refuse(format!(
                "The output is too long to be copied. Nothing is copied. {otherwise}"
            ));
        }
        let text = lines(transcript.from(0));
        cx.copy(&text, &otherwise);
    }

    fn copy_sight(&self, cx: &mut Context<'_>) {
        let transcript = &cx.shared.transcript;
        let Some(sight) = self.sight.get().filter(|_| !transcript.is_empty()) else {
            return cx.refuse("There is no output to copy yet.");
        };
        let first = sight.first.saturating_sub(transcript.let_go);
        let text = lines(transcript.from(first).take(sight.last - sight.first + 1));
        let save = cx.shared.key("log-save");
        cx.copy(&text, &format!("{save} saves all of it."));
    }

    fn toggle_wrap(&mut self, cx: &Context<'_>) {
        (self.wrap, self.aside) = (!self.wrap, 0);
        // Lines take other rows now; the match at hand is not to go out of sight by that.
        if let Some(at) = self.at {
            let top = at.saturating_sub(cx.shared.page() / 3);
            self.stop(top, &cx.shared.transcript);
        }
    }

    fn type_key(&mut self, key: KeyEvent, cx: &mut Context<'_>) {
        let Some(line) = &mut self.typing else { return };
        match key.code {
            KeyCode::Esc => (self.typing, self.search, self.at) = (None, None, None),
            KeyCode::Enter => {
                self.typing = None;
                if self.search.is_some() {
                    self.go(true, cx);
                }
            }
            _ => {
                if line.key(key) {
                    self.search = Search::new(line.text());
                    self.at = None;
                }
            }
        }
    }
}

fn lines(lines: impl Iterator<Item = transcript::Line>) -> String {
    lines.fold(String::new(), |mut text, line| {
        text.push_str(&line.text);
        text.push('\n');
        text
    })
}

impl Layer for Log {
    fn key(&mut self, key: KeyEvent, cx: &mut Context<'_>) -> Turn {
        if self.typing.is_some() {
            self.type_key(key, cx);
            return Turn::Stay;
        }
        match key.code {
            KeyCode::Esc if self.search.is_some() => (self.search, self.at) = (None, None),
            KeyCode::Esc => return Turn::Close,
            KeyCode::Right if !self.wrap => self.aside = (self.aside + ASIDE.0).min(ASIDE.1),
            KeyCode::Left => self.aside = self.aside.saturating_sub(ASIDE.0),
            _ => return self.command(key, cx),
        }
        Turn::Stay
    }

    fn motion(&mut self, motion: Motion, cx: &mut Context<'_>) {
        self.moved(motion, cx);
    }

    fn reads_output(&self) -> bool {
        self.top.is_some() || self.search.is_some() || self.typing.is_some()
    }

    fn paste(&mut self, pasted: &str, _: &mut Context<'_>) {
        let Some(line) = &mut self.typing else { return };
        if line.paste(&text::clean(pasted)) {
            self.search = Search::new(line.text());
            self.at = None;
        }
    }
}
