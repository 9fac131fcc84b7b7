//! The mouse: what lies under the pointer gets it.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use super::State;
use crate::tui::command::{Id, Motion};
use crate::tui::effect::Effect;
use crate::tui::shared::{Context, Out};
use crate::tui::spots::{Part, Target};

/// Lines of a text that one notch of the wheel moves.
const NOTCH: usize = 3;

impl State {
    pub(super) fn mouse(&mut self, event: MouseEvent, out: &mut Out) {
        if self.layers.is_empty()
            && let Some(pane) = self.panes.get_mut(self.active).filter(|pane| pane.captures())
        {
            return pane.mouse(event, &mut Context { shared: &mut self.shared, out });
        }
        let targets = self.shared.spots.at(event.column, event.row);
        match event.kind {
            MouseEventKind::Down(MouseButton::Left) if self.layers.is_empty() => {
                self.click(&targets, out);
            }
            MouseEventKind::Down(MouseButton::Left) => self.click_layer(&targets, out),
            MouseEventKind::ScrollUp => self.wheel(Motion::Up, &targets, out),
            MouseEventKind::ScrollDown => self.wheel(Motion::Down, &targets, out),
            _ => {}
        }
    }

    fn click(&mut self, targets: &[Target], out: &mut Out) {
        let part = part(targets);
        if let Some(part) = part {
            self.focus(part, out);
        }
        match targets.last() {
            Some(Target::Pane(number)) => self.go(*number, out),
            Some(Target::Command(command)) => self.run(command, &[], out),
            Some(Target::Operation(operation)) => out.show = Some(*operation),
            Some(Target::Row(row)) if part != Some(Part::Aside) => {
                self.move_pane(Motion::Row(*row), out);
            }
            _ => {}
        }
    }

    /// A click beside the layer has no target, and does nothing.
    fn click_layer(&mut self, targets: &[Target], out: &mut Out) {
        let (Some(Target::Row(row)), Some(index)) =
            (targets.last(), self.layers.len().checked_sub(1))
        else {
            return;
        };
        let Some(top) = self.layers.last_mut() else { return };
        if super::keys::too_soon(top, self.shared.now) {
            return;
        }
        let turn = top.layer.row(*row, &mut Context { shared: &mut self.shared, out });
        self.turn(index, turn, out);
    }

    fn wheel(&mut self, motion: Motion, targets: &[Target], out: &mut Out) {
        let mut cx = Context { shared: &mut self.shared, out };
        if let Some(top) = self.layers.last_mut() {
            (0..NOTCH).for_each(|_| top.layer.motion(motion, &mut cx));
            return;
        }
        let Some(pane) = self.panes.get_mut(self.active) else { return };
        match (part(targets), pane.text()) {
            (Some(Part::Detail), Some(text)) => {
                let page = cx.shared.page();
                (0..NOTCH).for_each(|_| text.motion(motion, page));
            }
            (Some(part @ (Part::List | Part::Detail)), _) => {
                self.focus(part, out);
                self.move_pane(motion, out);
            }
            (None, _) if matches!(targets.last(), Some(Target::Row(_))) => {
                self.move_pane(motion, out);
            }
            _ => {}
        }
    }

    /// Gives a part of the pane the keys.
    fn focus(&mut self, part: Part, out: &mut Out) {
        let Some(pane) = self.panes.get_mut(self.active) else { return };
        let mut cx = Context { shared: &mut self.shared, out };
        match part {
            Part::List if pane.is_open() => {
                pane.back(&mut cx);
            }
            Part::Detail if !pane.is_open() && pane.when(Id::Open, cx.shared).is_ok() => {
                pane.run(Id::Open, &mut cx);
            }
            _ => {}
        }
    }

    fn move_pane(&mut self, motion: Motion, out: &mut Out) {
        if let Some(pane) = self.panes.get_mut(self.active) {
            pane.motion(motion, &mut Context { shared: &mut self.shared, out });
        }
    }

    pub(super) fn release_mouse(&mut self, out: &mut Out) {
        self.shared.mouse = !self.shared.mouse;
        out.effects.push(Effect::Mouse(self.shared.mouse));
        let mut cx = Context { shared: &mut self.shared, out };
        let key = cx.shared.key("mouse");
        cx.say(if cx.shared.mouse {
            format!("The mouse is brokeforge's: click, and turn the wheel. {key} releases it.")
        } else {
            format!("The mouse is the terminal's: mark and copy text there. {key} takes it back.")
        });
    }
}

fn part(targets: &[Target]) -> Option<Part> {
    targets.iter().find_map(|target| match target {
        Target::Part(part) => Some(*part),
        _ => None,
    })
}
