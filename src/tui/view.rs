//! Drawing: reads a frozen state, changes nothing, asks nobody. One file per region.

use std::fmt::Debug;

use ratatui::Frame;
use ratatui::layout::Rect;

use super::shared::Shared;
use super::spots::{Part, Target};
use super::state::State;
use super::style::{self, Theme};

mod aside;
mod ask;
mod bars;
mod chord;
mod dialogs;
mod failure;
pub mod firewall;
mod form;
mod help;
mod history;
mod list;
mod log;
mod operation;
pub mod operations;
mod palette;
mod paper;
mod provision;
mod resource;
pub mod resources;
mod rule;
mod rule_editor;
mod server;
pub mod servers;
pub mod sessions;
mod tags;
mod toasts;
mod tree;

pub use paper::Piece;

/// The least that can be drawn in.
const LEAST: (u16, u16) = (40, 10);
/// From this width on a list and its detail stand side by side.
const WIDE: u16 = 120;
/// From this width on what goes on stands beside them.
const WIDEST: u16 = 180;

/// What drawing needs besides the thing itself.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    /// What is known in common.
    pub shared: &'a Shared,
    /// How things look here.
    pub theme: Theme,
    /// Whether it has the keys.
    pub focused: bool,
}

/// Something that is drawn into an area.
pub trait Draw: Debug + Send {
    /// Draws it.
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>);
}

/// Draws the screen.
pub fn draw(state: &State, theme: Theme, frame: &mut Frame<'_>) {
    let area = frame.area();
    if area.width < LEAST.0 || area.height < LEAST.1 {
        let short = format!("needs {}×{}", LEAST.0, LEAST.1);
        let long = format!("brokeforge {short}");
        let room = usize::from(area.width);
        let text = if super::text::width(&long) <= room { long } else { short };
        let text = super::text::cut(&text, room);
        if area.height > 0 {
            frame.buffer_mut().set_string(area.x, area.y, text, theme.tone(style::Tone::Strong));
        }
    } else {
        draw_whole(state, theme, frame, area);
    }
    if theme.ascii {
        style::to_ascii(frame.buffer_mut());
    }
}

/// What a pane has of a screen: all but the bars above and below.
pub fn body(width: u16, height: u16) -> Rect {
    Rect { x: 0, y: 1, width, height: height.saturating_sub(2) }
}

fn draw_whole(state: &State, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    state.shared.spots.clear();
    let pane = state.panes.get(state.active);
    let full = pane.is_some_and(|pane| pane.full_screen());
    let body = if full { area } else { body(area.width, area.height) };
    let look = Look { shared: &state.shared, theme, focused: state.layers.is_empty() };
    if !full {
        bars::top(state, &look, frame, Rect { height: 1, ..area });
    }
    if let Some(pane) = pane {
        pane.draw(frame, body, &look);
    }
    for (number, opened) in state.layers.iter().enumerate() {
        // A layer covers everything: what lies beside it is not for the mouse.
        state.shared.spots.clear();
        let focused = number + 1 == state.layers.len();
        opened.layer.draw(frame, body, &Look { focused, ..look });
    }
    let bottom = Rect { y: area.bottom() - 1, height: 1, ..area };
    if !full {
        bars::bottom(state, &look, frame, bottom);
    }
    if !state.layers.last().is_some_and(|top| top.layer.shows_messages()) {
        let shell = pane.is_some_and(|pane| pane.captures());
        toasts::draw(&look, shell, frame, body);
    }
    chord::draw(state, &look, frame, body);
}

/// The columns of every pane: its list, what is selected in full, and what goes on there. Of the
/// first two the one that is open where there is no room for both; the third where there is plenty.
fn columns(area: Rect, open: bool, look: &Look<'_>) -> [Option<Rect>; 3] {
    let parts = [Part::List, Part::Detail, Part::Aside];
    let widths = match area.width {
        WIDEST.. => [
            area.width * 2 / 5,
            area.width * 7 / 20,
            area.width - area.width * 2 / 5 - area.width * 7 / 20,
        ],
        WIDE.. => [area.width * 11 / 20, area.width - area.width * 11 / 20, 0],
        _ if open => [0, area.width, 0],
        _ => [area.width, 0, 0],
    };
    let mut x = area.x;
    let mut columns = [None; 3];
    for ((column, width), part) in columns.iter_mut().zip(widths).zip(parts) {
        let place = Rect { x, width, ..area };
        x += width;
        if width > 0 {
            look.shared.spots.put(place, Target::Part(part));
            *column = Some(place);
        }
    }
    columns
}
