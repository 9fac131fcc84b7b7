//! The servers, and one of them in full.

use super::{Pane, When};
use crate::domain::{FailureKind, OperationId, ServerId, Status};
use crate::fleet::{ServerRow, Target};
use crate::tui::command::{Id, Motion};
use crate::tui::effect::{Act, Answer, Data, Done, Ticket};
use crate::tui::layer::confirm::Confirm;
use crate::tui::layer::provision::Provision;
use crate::tui::layer::{
    host_key::HostKeyLayer, reader::Reader, remove::Remove, server_form, tags::TagLine,
};
use crate::tui::list::{Deed, Item, List, Listing, Sort, names};
use crate::tui::scroll::Scroll;
use crate::tui::shared::{Context, Shared};
use crate::tui::sight::Value;
use crate::tui::view::servers::COLUMNS;

/// The type of what provisioning leaves behind.
pub const PROVISION: &str = "provision";

/// The state of the pane; the selected server itself is shared.
#[derive(Debug)]
pub struct Servers {
    /// The list.
    pub list: List<ServerRow>,
    /// Whether the selected one is open.
    pub open: bool,
    /// How far its text is scrolled.
    pub scroll: Scroll,
    probing: Option<Ticket>,
    /// Whose keys are asked for.
    keys: Option<(Ticket, String)>,
}

impl Default for Servers {
    fn default() -> Self {
        let stored = Sort { column: 0, descending: false };
        Self {
            list: List::new("servers", COLUMNS, stored),
            open: false,
            scroll: Scroll::default(),
            probing: None,
            keys: None,
        }
    }
}

impl Item for ServerRow {
    type Id = ServerId;

    fn id(&self) -> ServerId {
        self.server.id
    }
}

fn rows(shared: &Shared) -> &[ServerRow] {
    shared.servers.as_deref().unwrap_or_default()
}

fn name(row: &ServerRow) -> String {
    row.server.name.clone()
}

fn retry(row: &ServerRow) -> Result<Act, String> {
    match row.server.status {
        Status::Failed => Ok(Act::RetryLast(row.server.id, None)),
        _ => Err("It has not failed; there is nothing to retry.".to_owned()),
    }
}

impl Servers {
    /// The server that commands are about.
    fn current<'a>(&self, shared: &'a Shared) -> Result<&'a ServerRow, String> {
        let row = match self.open {
            true => shared.selected_server(),
            false => self.list.selected(rows(shared)),
        };
        row.ok_or_else(|| {
            let empty = format!("There is no server yet; {} adds one.", shared.key("server-add"));
            self.list.why_none(&empty, shared)
        })
    }

    /// The rows that commands are about: the open one, else the marked ones, else the selected.
    fn targets<'a>(&self, shared: &'a Shared) -> Vec<&'a ServerRow> {
        match self.open {
            true => shared.selected_server().into_iter().collect(),
            false => self.list.targets(rows(shared)),
        }
    }

    fn named(&self, shared: &Shared) -> Vec<(ServerId, String)> {
        self.targets(shared).into_iter().map(|row| (row.server.id, name(row))).collect()
    }

    fn many(&self) -> bool {
        !self.open && self.list.marked() > 0
    }

    /// Works the list out again; what is selected there is what all panes are about.
    fn settle(&mut self, shared: &mut Shared) {
        let before = self.list.id();
        self.list.arrange(rows(shared), shared);
        let there = |id| rows(shared).iter().any(|row| row.server.id == id);
        let gone = before.is_some_and(|id| !there(id));
        match shared.selected {
            Some(id) if self.list.shows(id) && !gone => self.list.select(id),
            // Its row is not read yet; then the list shall not take the selection away.
            Some(id) if !there(id) && !gone => {}
            selected => shared.selected = self.list.id().or(selected),
        }
    }

    fn switch(&self, on: bool, cx: &mut Context<'_>) {
        let act = |row: &ServerRow| match on {
            true => Act::EnableFirewall(row.server.id),
            false => Act::DisableFirewall(row.server.id),
        };
        let targets = self.targets(cx.shared);
        let who = match targets.as_slice() {
            [row] => format!("the firewall of {}", row.server.name),
            several => format!("the firewalls of {} servers", several.len()),
        };
        let mut lines = Vec::new();
        if targets.len() > 1 {
            lines.push(names(targets.iter().map(|row| row.server.name.as_str())));
        }
        lines.push(
            match on {
                true => {
                    "ufw is installed where it is missing. What comes in is denied unless a rule \
                     allows it; a rule “SSH” for the live port keeps you in. A host puts its old \
                     state back by itself unless a fresh login works."
                }
                false => "Every port of a host is then open to whoever can reach it.",
            }
            .to_owned(),
        );
        let word = if on { "on" } else { "off" };
        let acts = targets.iter().map(|row| (name(row), act(row))).collect();
        let each = crate::tui::list::Each { acts, refused: Vec::new() };
        cx.open(Confirm::each(format!("Turn {who} {word}?"), lines, "started", each));
    }

    fn rotate(&self, cx: &mut Context<'_>) {
        let targets = self.targets(cx.shared);
        let who = match targets.as_slice() {
            [row] => row.server.name.clone(),
            several => format!("{} servers", several.len()),
        };
        let mut lines = Vec::new();
        if targets.len() > 1 {
            lines.push(names(targets.iter().map(|row| row.server.name.as_str())));
        }
        lines.push(
            "The old key stays in use until a login with the new one has worked. Then its line is \
             taken away, and it must be refused. Nobody else's keys are touched."
                .to_owned(),
        );
        let act = |row: &&ServerRow| (name(row), Act::RotateKeys(row.server.id));
        let acts = targets.iter().map(act).collect();
        let each = crate::tui::list::Each { acts, refused: Vec::new() };
        cx.open(Confirm::each(format!("Replace our login keys on {who}?"), lines, "started", each));
    }

    fn run_many(&mut self, id: Id, cx: &mut Context<'_>) {
        let all = rows(cx.shared);
        let probe = |row: &ServerRow| Ok(Act::Probe(row.server.id));
        match id {
            Id::Retry => {
                let each = self.list.each(all, name, retry);
                cx.each("started", each);
            }
            Id::Check => {
                let each = self.list.each(all, name, probe);
                cx.say(format!("Asking {} servers for their facts …", each.acts.len()));
                cx.each("asked for facts", each);
            }
            _ => {}
        }
    }
}

impl Pane for Servers {
    fn name(&self) -> &'static str {
        "servers"
    }

    fn title(&self) -> &'static str {
        "servers"
    }

    fn loaded(&mut self, data: &Data, cx: &mut Context<'_>) {
        match data {
            Data::Servers(_) => self.list.stale(),
            Data::Server(id, _) => self.list.stale_row(*id),
            _ => return,
        }
        self.settle(cx.shared);
    }

    fn motion(&mut self, motion: Motion, cx: &mut Context<'_>) {
        let page = cx.shared.page();
        if self.open {
            self.scroll.motion(motion, page);
            return;
        }
        if let Some(id) = cx.shared.selected {
            self.list.select(id);
        }
        self.list.motion(motion, page);
        cx.shared.selected = self.list.id().or(cx.shared.selected);
    }

    fn aim(&mut self, values: &[Value], cx: &mut Context<'_>) -> When {
        for value in values {
            let Value::Server(id) = value else { continue };
            if !self.list.aim(*id, rows(cx.shared), cx.shared) {
                return Err("The server is gone.".to_owned());
            }
        }
        Ok(())
    }

    fn is_open(&self) -> bool {
        self.open
    }

    fn listing(&self) -> Option<&dyn Listing> {
        Some(&self.list)
    }

    fn copy(&mut self, cx: &mut Context<'_>) {
        if let Some(id) = cx.shared.selected {
            self.list.select(id);
        }
        let text = self.list.text(rows(cx.shared), cx.shared);
        cx.copy(&text, "");
    }

    fn list(&mut self, deed: Deed<'_>, cx: &mut Context<'_>) -> bool {
        if let Some(id) = cx.shared.selected {
            self.list.select(id);
        }
        let done = self.list.take(deed, rows(cx.shared), cx.shared);
        cx.shared.selected = self.list.id().or(cx.shared.selected);
        done
    }

    fn when(&self, id: Id, shared: &Shared) -> When {
        if id == Id::Add {
            return Ok(());
        }
        if self.many() {
            return match id {
                Id::Edit | Id::Trust | Id::Undo => self.list.alone(shared),
                Id::Retry if !self.targets(shared).into_iter().any(|row| retry(row).is_ok()) => {
                    Err("None of the marked servers has failed; there is nothing to retry."
                        .to_owned())
                }
                // What is looked at is the selected one, marked or not.
                Id::Open | Id::Log | Id::Keys => self.current(shared).map(|_| ()),
                _ => Ok(()),
            };
        }
        let server = &self.current(shared)?.server;
        match id {
            Id::Retry if server.status != Status::Failed => {
                Err(format!("{} has not failed; there is nothing to retry.", server.name))
            }
            Id::Check if self.probing.is_some() => Err("A host is being asked already.".to_owned()),
            Id::Log if latest(shared).is_none() => {
                Err(format!("There is no operation on {} yet.", server.name))
            }
            _ => Ok(()),
        }
    }

    fn run(&mut self, id: Id, cx: &mut Context<'_>) {
        match id {
            Id::Add => {
                let form = server_form::add(cx);
                cx.open(form);
                return;
            }
            Id::Delete => {
                let servers =
                    self.targets(cx.shared).into_iter().map(|r| r.server.clone()).collect();
                let layer = Remove::new(servers, cx);
                cx.open(layer);
                return;
            }
            Id::Tag => {
                let layer = TagLine::new(&self.targets(cx.shared), rows(cx.shared));
                cx.open(layer);
                return;
            }
            Id::Provision => {
                let layer = Provision::new(self.named(cx.shared), cx);
                cx.open(layer);
                return;
            }
            Id::Rotate => return self.rotate(cx),
            Id::TurnOn | Id::TurnOff => return self.switch(id == Id::TurnOn, cx),
            Id::Retry | Id::Check if self.many() => return self.run_many(id, cx),
            _ => {}
        }
        let Ok(row) = self.current(cx.shared).cloned() else { return };
        let server = row.server;
        match id {
            Id::Open => (self.open, self.scroll) = (true, Scroll::default()),
            Id::Edit => {
                let form = server_form::edit(&server, cx);
                cx.open(form);
            }
            Id::Retry => {
                cx.act(Act::RetryLast(server.id, None));
                let changed = server.error.is_some_and(|e| e.kind == FailureKind::HostKey);
                if changed {
                    let key = cx.shared.key("server-trust");
                    cx.refuse(format!(
                        "It will fail again until its new host key is trusted: {key}."
                    ));
                }
            }
            Id::Check => {
                self.probing = Some(cx.act(Act::Probe(server.id)));
                cx.say(format!("Asking {} for its facts …", server.name));
            }
            Id::Keys => {
                self.keys = Some((cx.act(Act::Keys(server.id)), server.name.clone()));
                cx.say(format!("Asking {} for its keys …", server.name));
            }
            Id::Trust => {
                let layer = HostKeyLayer::trust(&server, cx);
                cx.open(layer);
            }
            Id::Undo => cx.undo(Target::Server(server.id)),
            Id::Log => cx.out.show = latest(cx.shared),
            _ => {}
        }
    }

    fn run_with(&mut self, id: Id, values: &[Value], cx: &mut Context<'_>) {
        match (id, values) {
            (Id::Tag, [Value::Text(line)]) => {
                TagLine::new(&self.targets(cx.shared), rows(cx.shared)).given(line, cx);
            }
            (Id::Provision, [Value::Server(_), Value::Text(profile)]) => {
                Provision::with(self.named(cx.shared), profile, cx);
            }
            _ => self.run(id, cx),
        }
    }

    fn answer(&mut self, ticket: Ticket, answer: &Answer, cx: &mut Context<'_>) -> bool {
        if let Some((_, name)) = self.keys.take_if(|(waiting, _)| *waiting == ticket) {
            match answer {
                Ok(Done::Keys(keys)) => {
                    let layer = Reader::keys(&name, keys, cx.shared);
                    cx.open(layer);
                }
                Ok(_) => {}
                Err(failure) => cx.shared.messages.fail(failure, cx.shared.now),
            }
            return true;
        }
        if self.probing.take_if(|waiting| *waiting == ticket).is_none() {
            return false;
        }
        match answer {
            Ok(_) => cx.say("The facts are as of now."),
            Err(failure) => {
                cx.shared.messages.fail(failure, cx.shared.now);
                if failure.kind == FailureKind::HostKey {
                    let key = cx.shared.key("server-trust");
                    cx.refuse(format!("{key} shows both host keys, and can trust the new one."));
                }
            }
        }
        true
    }

    fn text(&mut self) -> Option<&mut Scroll> {
        Some(&mut self.scroll)
    }

    fn back(&mut self, _: &mut Context<'_>) -> bool {
        std::mem::take(&mut self.open)
    }
}

fn latest(shared: &Shared) -> Option<OperationId> {
    let server = shared.selected?;
    let mut all = shared.operations.iter().flatten();
    all.find(|o| o.server == server && o.parent.is_none()).map(|o| o.id)
}
