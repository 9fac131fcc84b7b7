//! The mouse over sessions: the remote's when it asked for it; else it selects, copies and scrolls.

use std::time::Duration;

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::Sessions;
use super::session::Life;
use crate::tui::effect::{Effect, SessionAct, SessionKey};
use crate::tui::emulator::{Kind, mouse};
use crate::tui::shared::Context;

/// Presses so close to each other are one double or triple press.
const AGAIN: Duration = Duration::from_millis(400);

impl Sessions {
    pub(super) fn pointed(&mut self, event: MouseEvent, cx: &mut Context<'_>) {
        cx.out.quiet = true;
        let at = Position { x: event.column, y: event.row };
        let pressed = matches!(event.kind, MouseEventKind::Down(_));
        if pressed && self.layout.tabs().is_some_and(|tabs| tabs.contains(at)) {
            if let Some(key) = crate::tui::view::sessions::tab_at(self, at.x) {
                cx.out.quiet = false;
                self.show(key);
                self.end_broadcast_unless_sound(cx);
            }
            return;
        }
        let under = self.layout.places().into_iter().find(|(_, outer, _)| outer.contains(at));
        let Some((key, _, inner)) = under else { return };
        if pressed && self.layout.current() != Some(key) {
            cx.out.quiet = false;
            self.show(key);
            return self.end_broadcast_unless_sound(cx);
        }
        self.pointed_at(key, inner, event, cx);
    }

    fn pointed_at(
        &mut self,
        key: SessionKey,
        inner: Rect,
        event: MouseEvent,
        cx: &mut Context<'_>,
    ) {
        let x = event.column.clamp(inner.x, inner.right().saturating_sub(1)) - inner.x;
        let y = event.row.clamp(inner.y, inner.bottom().saturating_sub(1)) - inner.y;
        let Some(session) = self.get(key) else { return };
        let terminal = session.terminal.clone();
        let live = matches!(session.life, Life::Live);
        let modes = terminal.with(|terminal| terminal.modes());
        if live && modes.mouse() && !terminal.with(|terminal| terminal.copies()) {
            return send(key, mouse::encode(event, x, y, modes), cx);
        }
        match event.kind {
            MouseEventKind::ScrollUp | MouseEventKind::ScrollDown => {
                let up = event.kind == MouseEventKind::ScrollUp;
                if let Some(keys) = mouse::wheel_keys(up, modes).filter(|_| live) {
                    return send(key, Some(keys), cx);
                }
                cx.out.quiet = false;
                terminal.with(|terminal| {
                    terminal.scroll(if up { mouse::WHEEL } else { -mouse::WHEEL })
                });
            }
            MouseEventKind::Down(MouseButton::Left) => {
                cx.out.quiet = false;
                let kind = match self.presses(event, cx.shared.now.since) {
                    1 => Kind::Cells,
                    2 => Kind::Words,
                    _ => Kind::Lines,
                };
                terminal.with(|terminal| terminal.select_from(kind, x, y));
            }
            MouseEventKind::Drag(MouseButton::Left) => {
                cx.out.quiet = false;
                terminal.with(|terminal| terminal.select_to(x, y));
            }
            MouseEventKind::Up(MouseButton::Left) => {
                if let Some(text) = terminal.with(|terminal| terminal.selected()) {
                    cx.out.quiet = false;
                    cx.copy(&text, "");
                }
            }
            _ => {}
        }
    }

    /// How often in a row the mouse was pressed at one cell, up to three times.
    fn presses(&mut self, event: MouseEvent, now: Duration) -> u8 {
        let (x, y) = (event.column, event.row);
        let again = self.press.filter(|(since, px, py, _)| {
            now.saturating_sub(*since) < AGAIN && (*px, *py) == (x, y)
        });
        let count = again.map_or(1, |(_, _, _, count)| count % 3 + 1);
        self.press = Some((now, x, y, count));
        count
    }
}

fn send(key: SessionKey, bytes: Option<Vec<u8>>, cx: &mut Context<'_>) {
    if let Some(bytes) = bytes {
        cx.out.effects.push(Effect::Session(key, SessionAct::Input(bytes)));
    }
}
