//! The sessions: shells on servers, as tabs, in one half or two, and as a list.
//!
//! While one is typed into, every key but the escape is the remote's. The terminals themselves are
//! fed by their own tasks; here they are only sized, scrolled and asked how keys are written.

use std::time::Duration;

use crossterm::event::{KeyEvent, MouseEvent};

use super::{Pane, When};
use crate::domain::ServerId;
use crate::tui::command::{Id, Motion};
use crate::tui::effect::{Effect, SessionAct, SessionKey};
use crate::tui::emulator::Handle;
use crate::tui::event::SessionNews;
use crate::tui::layer::confirm::Confirm;
use crate::tui::line::Line;
use crate::tui::list::{Deed, List, Listing, Sort};
use crate::tui::shared::{Context, SessionDeed, Shared};
use crate::tui::view::sessions::COLUMNS;
use layout::Layout;
use session::{Life, Session};

mod inside;
pub mod layout;
mod pointer;
pub mod session;
mod typing;

/// The state of the pane.
#[derive(Debug)]
pub struct Sessions {
    /// All of them, in the order of their tabs.
    pub all: Vec<Session>,
    /// What is on screen.
    pub layout: Layout,
    /// Whether the session on screen has the keys; else the list has them.
    pub inside: bool,
    /// Whether what is typed goes to all marked ones.
    pub broadcast: bool,
    /// The list of them; its marks are those that a broadcast goes to.
    pub list: List<Session>,
    /// What is searched for, while it is typed.
    pub searching: Option<Line>,
    counter: SessionKey,
    /// The escape as it was typed last.
    escape: Option<KeyEvent>,
    /// Where the mouse was pressed last, when, and how often in a row.
    press: Option<(Duration, u16, u16, u8)>,
    /// Who was told that it has the focus.
    focused: Option<SessionKey>,
}

impl Default for Sessions {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            layout: Layout::default(),
            inside: false,
            broadcast: false,
            list: List::new("sessions", COLUMNS, Sort { column: 0, descending: false }),
            searching: None,
            counter: 0,
            escape: None,
            press: None,
            focused: None,
        }
    }
}

impl Sessions {
    /// The session that has the keys, or would.
    pub fn current(&self) -> Option<&Session> {
        self.get(self.layout.current()?)
    }

    /// A session.
    pub fn get(&self, key: SessionKey) -> Option<&Session> {
        self.all.iter().find(|session| session.key == key)
    }

    fn get_mut(&mut self, key: SessionKey) -> Option<&mut Session> {
        self.all.iter_mut().find(|session| session.key == key)
    }

    /// The sessions that a typed key goes to.
    pub fn targets(&self) -> Vec<&Session> {
        if self.broadcast {
            let heard = |s: &&Session| self.list.marks(s.key) && matches!(s.life, Life::Live);
            return self.all.iter().filter(heard).collect();
        }
        self.current().into_iter().collect()
    }

    fn open(&mut self, server: ServerId, cx: &mut Context<'_>) -> SessionKey {
        self.counter += 1;
        let (columns, rows) = self.layout.size(cx.shared.start.size);
        let terminal = Handle::new(columns, rows);
        let session = Session::new(self.counter, server, terminal, cx.shared);
        let act = SessionAct::Open(server, session.terminal.clone());
        cx.out.effects.push(Effect::Session(session.key, act));
        let after = self.layout.current().and_then(|key| self.place(key));
        self.all.insert(after.map_or(self.all.len(), |at| at + 1), session);
        self.show(self.counter);
        self.counter
    }

    fn place(&self, key: SessionKey) -> Option<usize> {
        self.all.iter().position(|session| session.key == key)
    }

    /// Puts a session on screen.
    fn show(&mut self, key: SessionKey) {
        self.layout.show(key);
        self.searching = None;
        self.list.select(key);
        if let Some(session) = self.get_mut(key) {
            session.unseen = false;
        }
    }

    /// Closes them; asks first when a shell among them has not exited.
    fn ask_to_close(&mut self, keys: Vec<SessionKey>, cx: &mut Context<'_>) {
        let live = |session: &&Session| matches!(session.life, Life::Live);
        let chosen = || self.all.iter().filter(|session| keys.contains(&session.key));
        let count = chosen().filter(live).count();
        let (title, line) = match (chosen().next(), keys.len()) {
            (Some(session), 1) => (
                format!("Close the session on {}?", session.host),
                "Its shell has not exited; what runs in it is hung up.".to_owned(),
            ),
            (_, all) => (
                format!("Close {all} sessions?"),
                format!("The shells of {count} have not exited; what runs in them is hung up."),
            ),
        };
        if count == 0 {
            keys.into_iter().for_each(|key| self.close(key, cx));
        } else {
            cx.open(Confirm::deed(title, vec![line], SessionDeed::Close(keys)));
        }
    }

    fn close(&mut self, key: SessionKey, cx: &mut Context<'_>) {
        let Some(at) = self.place(key) else { return };
        self.all.remove(at);
        cx.out.effects.push(Effect::Session(key, SessionAct::Close));
        let hidden: Vec<SessionKey> =
            self.all.iter().map(|s| s.key).filter(|key| !self.layout.shows(*key)).collect();
        let next = self.all.get(at).or(self.all.last()).map(|session| session.key);
        self.layout.closed(key, next, &hidden);
        self.searching = None;
        self.end_broadcast_unless_sound(cx);
        if self.all.is_empty() && self.inside {
            self.leave(cx);
        } else if let Some(key) = self.layout.current().filter(|_| self.inside) {
            self.show(key);
        }
    }

    /// Leaves for the pane before; the sessions go on.
    fn leave(&mut self, cx: &mut Context<'_>) {
        self.inside = false;
        self.layout.full = false;
        cx.out.leave = true;
    }

    fn begin_broadcast(&mut self, cx: &mut Context<'_>) {
        if self.broadcast {
            self.broadcast = false;
            return cx.say("What is typed goes to one session again.");
        }
        let marked: Vec<SessionKey> =
            self.all.iter().map(|s| s.key).filter(|key| self.list.marks(*key)).collect();
        let mark = cx.shared.key("mark");
        match marked.as_slice() {
            [] | [_] => {
                let list = cx.shared.key("in-list");
                cx.refuse(format!("Mark at least two sessions in the list ({list}) with {mark}."));
            }
            [first, ..] => {
                if !self.layout.current().is_some_and(|key| marked.contains(&key)) {
                    self.show(*first);
                }
                (self.broadcast, self.inside) = (true, true);
            }
        }
    }

    /// What is typed must never go where one does not look: the session on screen is among those
    /// that get it, or nobody else does.
    fn end_broadcast_unless_sound(&mut self, cx: &mut Context<'_>) {
        let sound = self.inside
            && self.list.marked() > 1
            && self.current().is_some_and(|s| {
                self.list.marks(s.key) && matches!(s.life, Life::Live | Life::Opening)
            });
        if self.broadcast && !sound {
            self.broadcast = false;
            cx.refuse("Broadcast is off: what is typed goes to one session.");
        }
    }
}

impl Pane for Sessions {
    fn name(&self) -> &'static str {
        "sessions"
    }

    fn title(&self) -> &'static str {
        "sessions"
    }

    fn motion(&mut self, motion: Motion, cx: &mut Context<'_>) {
        self.list.motion(motion, cx.shared.page());
    }

    fn when(&self, _: Id, shared: &Shared) -> When {
        if self.all.is_empty() {
            let shell = shared.key("shell");
            return Err(format!("There is no session; {shell} opens a shell on a server."));
        }
        Ok(())
    }

    fn run(&mut self, id: Id, cx: &mut Context<'_>) {
        let Some(key) = self.list.selected(&self.all).map(|session| session.key) else { return };
        match id {
            Id::Open => {
                self.inside = true;
                self.show(key);
            }
            Id::Delete => {
                let keys = self.list.targets(&self.all).iter().map(|session| session.key).collect();
                self.ask_to_close(keys, cx);
            }
            Id::Broadcast => self.begin_broadcast(cx),
            _ => {}
        }
    }

    fn back(&mut self, _: &mut Context<'_>) -> bool {
        false
    }

    fn is_open(&self) -> bool {
        self.inside
    }

    fn listing(&self) -> Option<&dyn Listing> {
        Some(&self.list)
    }

    fn copy(&mut self, cx: &mut Context<'_>) {
        let text = self.list.text(&self.all, cx.shared);
        cx.copy(&text, "");
    }

    fn list(&mut self, deed: Deed<'_>, cx: &mut Context<'_>) -> bool {
        self.list.take(deed, &self.all, cx.shared)
    }

    fn captures(&self) -> bool {
        self.inside
    }

    fn key(&mut self, key: KeyEvent, cx: &mut Context<'_>) {
        self.typed(key, cx);
    }

    fn paste(&mut self, text: &str, cx: &mut Context<'_>) {
        self.pasted(text, cx);
    }

    fn mouse(&mut self, event: MouseEvent, cx: &mut Context<'_>) {
        self.pointed(event, cx);
    }

    fn full_screen(&self) -> bool {
        self.inside && self.layout.full
    }

    fn session(&mut self, key: SessionKey, news: &SessionNews, cx: &mut Context<'_>) {
        let seen = self.inside && self.layout.shows(key);
        let now = cx.shared.now.time;
        let Some(session) = self.get_mut(key) else { return };
        let hidden_before = session.unseen;
        session.unseen |= !seen;
        match news {
            SessionNews::Opened => session.life = Life::Live,
            SessionNews::Fed => cx.out.quiet = !seen && hidden_before,
            SessionNews::Title(title) => session.title.clone_from(title),
            SessionNews::Full => {
                let host = session.host.clone();
                cx.refuse(format!("{host} takes no input now; what was just typed is lost."));
            }
            SessionNews::Ended(how) => session.life = Life::Ended { how: how.clone(), at: now },
            SessionNews::Lost(failure) => {
                session.life = Life::Lost { failure: failure.clone(), at: now };
                let host = session.host.clone();
                if !seen {
                    cx.refuse(format!("The session on {host} is lost."));
                }
            }
        }
        self.end_broadcast_unless_sound(cx);
    }

    fn shell(&mut self, server: ServerId, full: bool, cx: &mut Context<'_>) -> bool {
        self.layout.full = full;
        self.open(server, cx);
        self.inside = true;
        self.end_broadcast_unless_sound(cx);
        true
    }

    fn deed(&mut self, deed: &SessionDeed, cx: &mut Context<'_>) {
        match deed {
            SessionDeed::Close(keys) => keys.iter().for_each(|key| self.close(*key, cx)),
            SessionDeed::Paste(text) => self.send_paste(text, cx),
        }
    }

    fn live(&self) -> usize {
        self.all.iter().filter(|session| matches!(session.life, Life::Live)).count()
    }

    fn arrange(&mut self, active: bool, focused: bool, cx: &mut Context<'_>) {
        if !active {
            (self.inside, self.broadcast) = (false, false);
        }
        for (number, session) in self.all.iter_mut().enumerate() {
            session.number = number + 1;
        }
        if !self.inside || self.list.rows() != self.all.len() {
            self.list.stale();
            self.list.arrange(&self.all, cx.shared);
        }
        if let Some(key) = self.layout.current().filter(|_| self.inside) {
            self.list.select(key);
        }
        self.layout.area = Layout::area_of(cx.shared.start.size, self.layout.full);
        if self.inside {
            for (key, _, inner) in self.layout.places() {
                let Some(session) = self.get(key) else { continue };
                let size = (inner.width, inner.height);
                if session.terminal.with(|terminal| terminal.resize(size.0, size.1)) {
                    let act = SessionAct::Resize(size.0, size.1);
                    cx.out.effects.push(Effect::Session(key, act));
                }
            }
        }
        for session in &self.all {
            // Nobody looks: its next output is news, whatever was not drawn any more.
            if !(session.unseen || self.inside && self.layout.shows(session.key)) {
                session.terminal.drawn();
            }
        }
        let now = self.layout.current().filter(|_| self.inside && focused);
        if now != self.focused {
            for (key, gained) in [(self.focused, false), (now, true)] {
                let told = key.and_then(|key| self.get(key)).and_then(|session| {
                    session.terminal.with(|terminal| terminal.modes().focus(gained))
                });
                if let (Some(key), Some(told)) = (key, told) {
                    let act = SessionAct::Input(told.to_vec());
                    cx.out.effects.push(Effect::Session(key, act));
                }
            }
            self.focused = now;
        }
    }
}
