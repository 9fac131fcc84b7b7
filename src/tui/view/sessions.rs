//! The sessions: tabs above the terminals on screen, or the list of all of them.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::paper;
use super::{Draw, Look, list};
use crate::tui::list::{Column, Key};
use crate::tui::pane::sessions::Sessions;
use crate::tui::pane::sessions::session::{Life, Session};
use crate::tui::style::Tone;
use crate::tui::text;

mod terminal;

/// The cells of a tab's name.
const TAB: usize = 24;

/// What is shown of a session, and filtered by.
pub const COLUMNS: &[Column<Session>] = &[
    Column::new(&["number"], "#", (3, 0, 0), |session: &Session, _| {
        let unseen = if session.unseen { "•" } else { "" };
        (Tone::Warn, format!("{}{unseen}", session.number))
    })
    .by(|session| Key::Number(session.number.try_into().unwrap_or_default())),
    Column::new(&["server", "host"], "server", (12, 2, 0), |session: &Session, _| {
        (Tone::Plain, session.host.clone())
    }),
    Column::new(&["user"], "user", (8, 0, 3), |session: &Session, _| {
        (Tone::Plain, session.user.clone())
    }),
    Column::new(&["since"], "since", (11, 0, 2), |session: &Session, shared| {
        (Tone::Dim, shared.clock(session.since))
    })
    .by(|session| Key::time(Some(session.since))),
    Column::new(&["output"], "last output", (11, 0, 1), |session: &Session, shared| {
        let heard = session.heard().map(|at| shared.clock(at));
        (Tone::Dim, heard.unwrap_or_default())
    })
    .by(|session| Key::time(session.heard())),
    Column::new(&["state", "status"], "state", (9, 0, 0), |session: &Session, _| {
        let (sign, word, tone) = session.life.shown();
        (tone, format!("{sign} {word}"))
    })
    .by(|session| Key::text(session.life.shown().1)),
    Column::new(&["title"], "title", (8, 3, 4), |session: &Session, _| {
        (Tone::Dim, session.title.clone().unwrap_or_default())
    }),
];

impl Draw for Sessions {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
        if !self.inside {
            return draw_list(self, frame, area, look);
        }
        if let Some(row) = self.layout.tabs() {
            let pieces: Vec<_> = tabs(self)
                .into_iter()
                .map(|tab| {
                    let tone = look.theme.tone(tab.tone);
                    let style = match tab.current {
                        true => look.theme.selected(true),
                        false => tone,
                    };
                    (style, tab.text)
                })
                .collect();
            let first = first_tab(self, row.width);
            let shown = pieces.iter().skip(first).map(|(style, text)| (*style, text.as_str()));
            paper::styled_line(frame, row, shown);
        }
        for (key, outer, inner) in self.layout.places() {
            if let Some(session) = self.get(key) {
                terminal::draw(self, session, frame, outer, inner, look);
            }
        }
    }
}

struct Tab {
    text: String,
    tone: Tone,
    current: bool,
}

fn tabs(sessions: &Sessions) -> Vec<Tab> {
    let current = sessions.layout.current();
    let tabs = sessions.all.iter().enumerate();
    tabs.map(|(number, session)| {
        let name = match &session.title {
            Some(title) => format!("{}: {title}", session.host),
            None => session.host.clone(),
        };
        let (mark, tone) = mark(session);
        Tab {
            text: format!(" {}{mark} {} ", number + 1, text::cut(&name, TAB)),
            tone,
            current: current == Some(session.key),
        }
    })
    .collect()
}

/// The sign behind a tab's number.
fn mark(session: &Session) -> (&'static str, Tone) {
    match (&session.life, session.unseen) {
        (Life::Lost { .. }, _) => ("✗", Tone::Bad),
        (Life::Ended { .. }, _) => ("○", Tone::Dim),
        (Life::Opening, _) => ("▸", Tone::Busy),
        (Life::Live, true) => ("•", Tone::Warn),
        (Life::Live, false) => ("", Tone::Plain),
    }
}

/// The first tab in sight, so that the current one is.
fn first_tab(sessions: &Sessions, width: u16) -> usize {
    let tabs = tabs(sessions);
    let current = tabs.iter().position(|tab| tab.current).unwrap_or(0);
    let mut used = 0;
    let mut first = current;
    for (number, tab) in tabs.iter().enumerate().take(current + 1).rev() {
        used += text::width(&tab.text);
        if used > usize::from(width) {
            break;
        }
        first = number;
    }
    first
}

/// The session whose tab lies at this column.
pub fn tab_at(sessions: &Sessions, column: u16) -> Option<u64> {
    let row = sessions.layout.tabs()?;
    let mut x = usize::from(row.x);
    let first = first_tab(sessions, row.width);
    for (tab, session) in tabs(sessions).iter().zip(&sessions.all).skip(first) {
        x += text::width(&tab.text);
        if usize::from(column) < x {
            return Some(session.key);
        }
    }
    None
}

fn draw_list(sessions: &Sessions, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
    let title = sessions.list.title("sessions");
    let inside = paper::frame(frame, area, &title, "", look);
    if sessions.all.is_empty() {
        let shell = look.shared.key("shell");
        let full = look.shared.key("shell-full");
        let text = format!(
            "No session is open. Select a server; {shell} opens a shell on it here, {full} on the \
             whole screen. It goes on while you look elsewhere."
        );
        let lines = paper::wrapped(Tone::Dim, " ", &text, inside.width);
        return paper::lines(frame, inside, &lines, 0, look);
    }
    list::draw(&sessions.list, &sessions.all, frame, inside, look);
}
