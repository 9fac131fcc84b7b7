//! What can follow the first key of a chord: a box in the lower right corner until it comes.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::widgets::Clear;

use super::{Look, paper};
use crate::tui::command::{Command, Id};
use crate::tui::state::State;
use crate::tui::style::Tone;
use crate::tui::text;

/// Draws it over the end of an area.
pub fn draw(state: &State, look: &Look<'_>, frame: &mut Frame<'_>, area: Rect) {
    let Some(first) = &state.shared.chord else { return };
    let layered = !state.layers.is_empty();
    let pane = state.panes.get(state.active).filter(|_| !layered);
    let place = pane.map_or("", |pane| if pane.captures() { "session" } else { pane.name() });
    let mut next = state.shared.start.keymap.next(place, first);
    next.retain(|(_, command)| !layered || matches!(command.id, Id::Move(_)));
    // The keys of one command share a line.
    let lines: Vec<(String, &Command)> = next
        .chunk_by(|(_, one), (_, other)| one == other)
        .filter_map(|same| match same {
            [] => None,
            [(key, command)] => Some(((*key).to_owned(), *command)),
            [(one, command), (two, _)] => Some((format!("{one} {two}"), *command)),
            [(first, command), .., (last, _)] => Some((format!("{first}…{last}"), *command)),
        })
        .collect();
    let keys = lines.iter().map(|(key, _)| text::width(key)).max().unwrap_or(0);
    let lines: Vec<Vec<paper::Piece>> = lines
        .iter()
        .map(|(key, command)| {
            let possible = layered || state.when(command).is_ok();
            let tone = if possible { Tone::Plain } else { Tone::Dim };
            vec![(Tone::Accent, text::fit(key, keys)), (tone, format!("  {}", command.title))]
        })
        .collect();
    let cells = lines.iter().map(|line| line.iter().map(|(_, text)| text::width(text)).sum());
    let width = cells.max().unwrap_or(0usize).max(12) + 4;
    let width = u16::try_from(width).unwrap_or(u16::MAX).min(area.width);
    let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX).min(area.height);
    let place = Rect { x: area.right() - width, y: area.bottom() - height, width, height };
    frame.render_widget(Clear, place);
    let look = Look { focused: true, ..*look };
    let hidden = (lines.len() + 2).saturating_sub(usize::from(height));
    let note = match hidden {
        0 => "esc ends it".to_owned(),
        more => format!("+{more} more · esc ends it"),
    };
    let inside = paper::frame(frame, place, &format!("{first} …"), &note, &look);
    let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    paper::lines(frame, inside, &lines, 0, &look);
}
