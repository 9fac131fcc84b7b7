//! Commands: run by a key, from the palette or from the help, each with what it is given.

use super::State;
use crate::tui::caution;
use crate::tui::command::{Command, Id, Place};
use crate::tui::effect::{Act, Effect, Load, RECENT};
use crate::tui::layer::palette::Palette;
use crate::tui::pane::When;
use crate::tui::shared::{Context, Out};
use crate::tui::sight::{Run, Sight, Value};

/// Commands that are remembered as last used.
const REMEMBERED: usize = 20;

impl State {
    /// The screen as a layer sees it.
    pub fn sight(&self) -> Sight<'_> {
        Sight { shared: &self.shared, panes: &self.panes, active: self.active }
    }

    /// Shows the top layer what there is now.
    pub(super) fn show_sight(&mut self) {
        let Self { shared, panes, active, layers, .. } = self;
        if let Some(top) = layers.last_mut() {
            top.layer.see(&Sight { shared, panes, active: *active });
        }
    }

    /// Whether a command applies now.
    pub fn when(&self, command: &Command) -> When {
        self.sight().when(command)
    }

    /// Runs a command of the active pane or of the screen; asks first for what it cannot do
    /// without.
    pub(super) fn run(&mut self, command: &'static Command, values: &[Value], out: &mut Out) {
        if let Err(reason) = caution::may(command.id, &self.shared) {
            return Context { shared: &mut self.shared, out }.refuse(reason);
        }
        let aimed = !values.is_empty() && command.aims();
        if let Some(reason) = self.when(command).err().filter(|_| !aimed) {
            return Context { shared: &mut self.shared, out }.refuse(reason);
        }
        if values.is_empty() && command.args.iter().any(|arg| arg.needed) {
            return out.open.push(Box::new(Palette::asking(command)));
        }
        let mut cx = Context { shared: &mut self.shared, out };
        let Some(pane) = self.panes.get_mut(self.active) else { return };
        match (command.place, command.id) {
            (Place::Pane(_), id) => {
                // Who looks closer has seen what was said, and needs the room.
                if matches!(id, Id::Open | Id::Log) {
                    cx.shared.messages.put_away();
                }
                match pane.aim(values, &mut cx).and_then(|()| pane.when(id, cx.shared)) {
                    Ok(()) => pane.run_with(id, values, &mut cx),
                    Err(reason) => cx.refuse(reason),
                }
            }
            (Place::Everywhere, Id::Move(motion)) => pane.motion(motion, &mut cx),
            (Place::Everywhere, id) => match values.first() {
                Some(value) => self.given(id, value, out),
                None => self.screen(id, out),
            },
            // Its layer or session hears it by itself.
            (Place::Inside(_), _) => {}
        }
    }

    /// Runs what a layer chose: goes to its pane first.
    pub(super) fn carry(&mut self, run: &Run, out: &mut Out) {
        self.remember(run.command, out);
        let named = |name: &str| self.panes.iter().position(|pane| pane.name() == name);
        if let Place::Pane(name) = run.command.place
            && let Some(number) = named(name)
        {
            self.go(number, out);
        }
        for value in &run.values {
            if let Value::Server(server) = value {
                self.shared.selected = Some(*server);
            }
        }
        self.run(run.command, &run.values, out);
    }

    /// A command of the screen with what it was given.
    fn given(&mut self, id: Id, value: &Value, out: &mut Out) {
        match (id, value) {
            (Id::GoServer, Value::Server(_)) => {
                let named = self.panes.iter().position(|pane| pane.name() == "servers");
                self.go(named.unwrap_or(self.active), out);
            }
            (Id::Shell | Id::ShellFull, Value::Server(_)) => self.screen(id, out),
            (Id::GoPane, Value::Pane(number)) => self.go(*number, out),
            (Id::GoOperation, Value::Operation(operation)) => out.show = Some(*operation),
            (Id::Exec, Value::Text(line)) => {
                let Some(server) = self.shared.selected else { return };
                // What is typed is a line of a shell, there as here.
                let argv = vec!["sh".to_owned(), "-c".to_owned(), line.clone()];
                let mut cx = Context { shared: &mut self.shared, out };
                let ticket = cx.act(Act::Exec(server, argv));
                self.follows = Some(ticket);
            }
            _ => {}
        }
    }

    /// What other panes show may never have been read, and their commands are offered.
    pub(super) fn load_panes(&self, out: &mut Out) {
        let panes = self.panes.iter().flat_map(|pane| pane.loads(&self.shared));
        let loads: Vec<Load> = panes.chain([Load::Profiles]).collect();
        out.effects.extend(loads.into_iter().map(Effect::Load));
    }

    fn remember(&mut self, command: &Command, out: &mut Out) {
        let recent = &mut self.shared.start.recent;
        if recent.first().is_some_and(|name| name == command.name) {
            return;
        }
        recent.retain(|name| name != command.name);
        recent.insert(0, command.name.to_owned());
        recent.truncate(REMEMBERED);
        out.effects.push(Effect::Keep(RECENT, recent.join("\n")));
    }
}
