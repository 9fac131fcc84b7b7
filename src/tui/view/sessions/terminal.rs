//! One terminal: its cells, and around them what one must know: the escape, where one stands, that
//! what is typed goes to several, or that nobody is there any more.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Clear};

use super::Look;
use crate::tui::emulator::Depth;
use crate::tui::pane::sessions::Sessions;
use crate::tui::pane::sessions::session::{Life, Session};
use crate::tui::style::{Hues, Tone};
use crate::tui::text;
use crate::tui::view::paper;

/// Draws it within its place.
pub fn draw(
    sessions: &Sessions,
    session: &Session,
    frame: &mut Frame<'_>,
    outer: Rect,
    inner: Rect,
    look: &Look<'_>,
) {
    let current = sessions.layout.current() == Some(session.key);
    let loud = sessions.broadcast && (sessions.list.marks(session.key) || current);
    let title = title(sessions, session, loud);
    let note = note(sessions, session, (current, loud), look);
    if sessions.layout.full {
        let row = Rect { y: outer.bottom().saturating_sub(1), height: 1, ..outer };
        let style = if loud { alarm(look) } else { look.theme.selected(true) };
        let line = text::fit(&format!(" {note} · {title}"), usize::from(row.width));
        frame.buffer_mut().set_string(row.x, row.y, line, style);
    } else {
        let style = if loud { alarm(look) } else { look.theme.border(look.focused && current) };
        let below = match session.life {
            Life::Ended { .. } => look.theme.tone(Tone::Strong),
            _ => style,
        };
        let room = usize::from(outer.width.saturating_sub(4));
        let border = if loud { BorderType::Thick } else { BorderType::Plain };
        let block = Block::bordered()
            .border_type(border)
            .border_style(style)
            .title_top(format!(" {} ", text::cut(&title, room)))
            .title_bottom(Line::styled(format!(" {} ", text::cut(&note, room)), below));
        frame.render_widget(block, outer);
    }
    // What comes from here on is news again, even while it is being drawn.
    session.terminal.drawn();
    // What runs there chose its colours for this terminal, whatever our own theme is.
    let depth = if look.theme.hues == Hues::Mono { Depth::Mono } else { look.shared.start.depth };
    let cursor = session.terminal.with(|terminal| terminal.paint(frame.buffer_mut(), inner, depth));
    if let Some(cursor) = cursor.filter(|_| look.focused && current && speaks(session)) {
        frame.set_cursor_position(cursor.at);
        look.shared.cursor.set(Some((cursor.shape, cursor.blinks)));
    }
    if !speaks(session) {
        draw_gone(session, frame, inner, look);
    }
}

fn speaks(session: &Session) -> bool {
    matches!(session.life, Life::Live)
}

fn alarm(look: &Look<'_>) -> Style {
    look.theme.tone(Tone::Bad).add_modifier(Modifier::REVERSED)
}

fn title(sessions: &Sessions, session: &Session, loud: bool) -> String {
    if loud {
        let hosts: Vec<&str> =
            sessions.targets().iter().map(|session| session.host.as_str()).collect();
        return format!("BROADCAST to {}: {}", hosts.len(), hosts.join(", "));
    }
    let user = &session.user;
    match &session.title {
        Some(title) => format!("{user}@{} · {title}", session.host),
        None => format!("{user}@{}", session.host),
    }
}

/// What stands below: the escape, or that the session ended; then where one is.
fn note(
    sessions: &Sessions,
    session: &Session,
    (current, loud): (bool, bool),
    look: &Look<'_>,
) -> String {
    let through = look.shared.key("in-through");
    let escape = through.split(' ').next().unwrap_or_default();
    let mut note = match &session.life {
        Life::Ended { how, at } => {
            format!("{how} at {}. enter closes this.", look.shared.clock(*at))
        }
        _ => format!("{escape} commands"),
    };
    let (back, copies) =
        session.terminal.with(|terminal| (terminal.scrolled().0, terminal.copies()));
    if let Some(line) = sessions.searching.as_ref().filter(|_| current) {
        return format!("search: {}▏ enter finds · esc ends it", line.text());
    }
    // On the whole screen the names need the room.
    if loud && !sessions.layout.full {
        note.push_str(&format!(" · {} types into one again", look.shared.key("in-broadcast")));
    }
    if back > 0 {
        note.push_str(&format!(" · {back} back"));
    }
    if copies {
        let key = |name: &str| look.shared.key(name);
        note.push_str(&format!(
            " · {} select, {} copy, {} search, {}/{} next, {} ends",
            key("copy-select"),
            key("copy-take"),
            key("copy-search"),
            key("copy-older"),
            key("copy-newer"),
            key("copy-leave"),
        ));
    }
    note
}

/// Says over the last rows why nobody answers, since when, and what one can do.
fn draw_gone(session: &Session, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
    let key = |name: &str| look.shared.key(name);
    let (tone, text) = match &session.life {
        // What it said last is in the last rows; that it ended stands below them.
        Life::Live | Life::Ended { .. } => return,
        Life::Opening => (Tone::Busy, format!("Opening a shell on {} …", session.host)),
        Life::Lost { failure, at } => {
            let remedy = failure.remedy.as_deref().unwrap_or_default();
            (
                Tone::Bad,
                format!(
                    "✗ {}: {} {remedy} enter connects again, with a new shell · {} closes this.",
                    look.shared.clock(*at),
                    failure.message,
                    key("in-close"),
                ),
            )
        }
    };
    let lines = paper::wrapped(tone, " ", &text, area.width);
    let height = u16::try_from(lines.len()).unwrap_or(1).min(area.height);
    let place = Rect { y: area.bottom().saturating_sub(height), height, ..area };
    frame.render_widget(Clear, place);
    paper::lines(frame, place, &lines, 0, look);
}
