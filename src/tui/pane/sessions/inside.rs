//! Keys while a session has them: the escape and what follows it, the copy mode, the search; all
//! others are the remote's.

use crossterm::event::{KeyCode, KeyEvent};

use super::Sessions;
use super::session::Life;
use crate::tui::command::{Command, CopyId, Id, Place, SessionId};
use crate::tui::keymap::Heard;
use crate::tui::line::Line;
use crate::tui::shared::Context;

impl Sessions {
    pub(super) fn typed(&mut self, key: KeyEvent, cx: &mut Context<'_>) {
        if self.searching.is_some() {
            return self.search_key(key, cx);
        }
        let chorded = cx.shared.chord.is_some();
        let copies = self.copies();
        match self.heard(&key, copies, cx) {
            (Heard::Command(Command { id: Id::Copy(id), .. }), _) => self.copy(*id, cx),
            (Heard::Command(Command { id: Id::Session(id), .. }), typed) => {
                self.escaped(*id, &typed, cx);
            }
            (Heard::Begins, typed) => {
                self.escape = Some(key);
                cx.shared.chord = Some(typed);
            }
            _ if chorded || copies => {}
            _ => self.send_key(key, cx),
        }
    }

    fn heard(&self, key: &KeyEvent, copies: bool, cx: &mut Context<'_>) -> (Heard, String) {
        let Some(typed) = cx.shared.typed(key) else { return (Heard::Nothing, String::new()) };
        let own = |command: &Command| matches!(command.place, Place::Inside(_));
        let keymap = &cx.shared.start.keymap;
        let mut heard = Heard::Nothing;
        if copies {
            heard = keymap.find("copy mode", &typed, own);
        }
        if heard == Heard::Nothing {
            heard = keymap.find("session", &typed, own);
        }
        (heard, typed)
    }

    /// Whether the session on screen is in the copy mode.
    pub fn copies(&self) -> bool {
        self.current().is_some_and(|session| session.terminal.with(|terminal| terminal.copies()))
    }

    fn escaped(&mut self, id: SessionId, typed: &str, cx: &mut Context<'_>) {
        let Some(session) = self.current() else { return };
        let (key, server) = (session.key, session.server);
        match id {
            SessionId::Through => {
                if let Some(key) = self.escape {
                    self.send_key(key, cx);
                    // The box of what could follow goes away.
                    cx.out.quiet = false;
                }
            }
            SessionId::New => {
                self.open(server, cx);
            }
            SessionId::Next => self.turn(1),
            SessionId::Previous => self.turn(self.all.len().saturating_sub(1)),
            SessionId::Tab => {
                let number = typed.chars().last().and_then(|c| c.to_digit(10)).unwrap_or(0);
                let at = usize::try_from(number).unwrap_or(0).checked_sub(1);
                match at.and_then(|at| self.all.get(at)).map(|session| session.key) {
                    Some(key) => self.show(key),
                    None => cx.refuse(format!("There is no tab {number}.")),
                }
            }
            SessionId::Split if self.layout.second.is_some() => self.layout.join(),
            SessionId::Split => {
                let mut others = self.all.iter().filter(|other| other.key != key);
                match others.next_back().map(|other| other.key) {
                    Some(other) => {
                        self.layout.split(other);
                        self.show(other);
                    }
                    None => {
                        self.layout.split(key);
                        self.open(server, cx);
                        self.layout.first = Some(key);
                    }
                }
            }
            SessionId::Other => match (self.layout.second, self.layout.first) {
                (Some(second), Some(first)) => {
                    self.show(if self.layout.on_second { first } else { second });
                }
                _ => {
                    let split = cx.shared.key("in-split");
                    cx.refuse(format!("There is one half only; {split} makes two."));
                }
            },
            SessionId::Close => self.ask_to_close(vec![key], cx),
            SessionId::Scroll => session.terminal.with(|terminal| terminal.enter_copy()),
            SessionId::Search => {
                session.terminal.with(|terminal| terminal.enter_copy());
                self.searching = Some(Line::new(""));
            }
            SessionId::Full => self.layout.full = !self.layout.full,
            SessionId::Broadcast => self.begin_broadcast(cx),
            SessionId::List => {
                self.inside = false;
                self.layout.full = false;
            }
            SessionId::Leave => self.leave(cx),
        }
        if self.broadcast {
            self.end_broadcast_unless_sound(cx);
        }
    }

    /// Goes on by so many tabs.
    fn turn(&mut self, by: usize) {
        let at = self.layout.current().and_then(|key| self.place(key)).unwrap_or(0);
        let to = (at + by) % self.all.len().max(1);
        if let Some(key) = self.all.get(to).map(|session| session.key) {
            self.show(key);
        }
    }

    fn copy(&mut self, id: CopyId, cx: &mut Context<'_>) {
        let Some(terminal) = self.current().map(|session| session.terminal.clone()) else { return };
        match id {
            CopyId::Step(step) => terminal.with(|terminal| terminal.step(step)),
            CopyId::Select(kind) => terminal.with(|terminal| terminal.select(kind)),
            CopyId::Take => match terminal.with(|terminal| terminal.selected()) {
                Some(text) => {
                    cx.copy(&text, "");
                    terminal.with(|terminal| terminal.leave_copy());
                }
                None => {
                    let select = cx.shared.key("copy-select");
                    cx.refuse(format!("Nothing is selected; {select} begins."));
                }
            },
            CopyId::Search => self.searching = Some(Line::new("")),
            CopyId::Older | CopyId::Newer => {
                if !terminal.with(|terminal| terminal.find(id == CopyId::Older)) {
                    cx.refuse("It is not found.");
                }
            }
            CopyId::Leave => terminal.with(|terminal| terminal.leave_copy()),
        }
    }

    fn search_key(&mut self, key: KeyEvent, cx: &mut Context<'_>) {
        let terminal = self.current().map(|session| session.terminal.clone());
        let (Some(line), Some(terminal)) = (&mut self.searching, terminal) else { return };
        match key.code {
            KeyCode::Esc => self.searching = None,
            KeyCode::Enter => {
                let text = line.text().to_owned();
                self.searching = None;
                let found = terminal.with(|terminal| {
                    terminal.search(&text);
                    text.is_empty() || terminal.find(true)
                });
                if !found {
                    cx.refuse(format!("“{text}” is not found."));
                }
            }
            _ => {
                line.key(key);
            }
        }
    }

    /// Whether enter has a meaning of its own: the shell is gone.
    pub(super) fn enter_on_gone(&mut self, cx: &mut Context<'_>) {
        let Some(session) = self.current() else { return };
        let key = session.key;
        match session.life {
            Life::Ended { .. } => self.close(key, cx),
            Life::Lost { .. } => self.reconnect(key, cx),
            Life::Opening | Life::Live => {}
        }
    }
}
