//! The firewall of the selected server: our rules as wanted and as they are, and foreign ones.

use super::{Pane, When};
use crate::domain::{Action, Change, ChangeKind, OperationId, ResourceId, ServerId, Status};
use crate::fleet::{FirewallView, ForeignRule, RuleView, Target};
use crate::tui::command::{Id, Kind, Motion};
use crate::tui::effect::{Act, Answer, Data, Done, Load, Plan, Ticket};
use crate::tui::layer::{confirm::Confirm, preview::PreviewLayer, rule_editor::RuleEditor};
use crate::tui::list::{Deed, Item, List, Listing, Sort, listed};
use crate::tui::scroll::Scroll;
use crate::tui::shared::{Context, Shared};
use crate::tui::sight::{Choice, Value};
use crate::tui::view::firewall::COLUMNS;

/// What a row is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Row {
    /// A rule of ours.
    Ours(ResourceId),
    /// The foreign rule of this number.
    Foreign(usize),
}

/// A row of the pane.
#[derive(Debug)]
pub enum Listed {
    /// A rule of ours.
    Ours(Box<RuleView>),
    /// A foreign rule and its number.
    Foreign(usize, ForeignRule),
}

impl Item for Listed {
    type Id = Row;

    fn id(&self) -> Row {
        match self {
            Self::Ours(rule) => Row::Ours(rule.id),
            Self::Foreign(number, _) => Row::Foreign(*number),
        }
    }
}

/// The state of the pane.
#[derive(Debug)]
pub struct Firewall {
    view: Option<FirewallView>,
    rows: Vec<Listed>,
    /// The list; as stored, the rules stand in the order in which they are tried.
    pub list: List<Listed>,
    /// Whether the selected rule is open.
    pub open: bool,
    /// How far its text is scrolled.
    pub scroll: Scroll,
    checking: Option<Ticket>,
}

impl Default for Firewall {
    fn default() -> Self {
        Self {
            view: None,
            rows: Vec::new(),
            list: new_list(),
            open: false,
            scroll: Scroll::default(),
            checking: None,
        }
    }
}

fn new_list() -> List<Listed> {
    List::new("rules", COLUMNS, Sort { column: 0, descending: false })
}

fn sentence(row: &Listed) -> String {
    match row {
        Listed::Ours(rule) => rule.line.clone(),
        Listed::Foreign(_, rule) => rule.line.clone(),
    }
}

impl Firewall {
    /// The firewall, when it is the selected server's.
    pub fn view(&self, shared: &Shared) -> Option<&FirewallView> {
        self.view.as_ref().filter(|view| Some(view.server) == shared.selected)
    }

    /// Whether the host is being asked.
    pub fn checking(&self) -> bool {
        self.checking.is_some()
    }

    /// The selected rule of ours.
    pub fn rule<'a>(&self, view: &'a FirewallView) -> Option<&'a RuleView> {
        match self.list.id()? {
            Row::Ours(id) => view.rules.iter().find(|rule| rule.id == id),
            Row::Foreign(_) => None,
        }
    }

    /// The rows, as stored.
    pub fn rows(&self) -> &[Listed] {
        &self.rows
    }

    fn take(&mut self, view: FirewallView, shared: &Shared) {
        if self.view.as_ref().is_some_and(|old| old.server != view.server) {
            // Its rules are others; the order is the person's.
            self.list.restart();
            self.open = false;
        }
        let ours = view.rules.iter().cloned().map(|rule| Listed::Ours(Box::new(rule)));
        let foreign = view.foreign.iter().cloned().enumerate();
        self.rows = ours.chain(foreign.map(|(at, rule)| Listed::Foreign(at, rule))).collect();
        self.view = Some(view);
        self.list.stale();
        self.list.arrange(&self.rows, shared);
    }

    fn go_to_added(&mut self, shared: &mut Shared) {
        let list = &self.list;
        if let Some(id) = shared.added.take_if(|id| list.shows(Row::Ours(*id))) {
            self.list.select(Row::Ours(id));
        }
    }

    fn many(&self) -> bool {
        !self.open && self.list.marked() > 0
    }

    fn run_many(&self, id: Id, name: &str, cx: &mut Context<'_>) {
        let Some(server) = self.view.as_ref().map(|view| view.server) else { return };
        if id == Id::Retry {
            let each = self.list.each(&self.rows, sentence, |row| retry(server, row));
            return cx.each("started", each);
        }
        let each = self.list.each(&self.rows, sentence, |row| remove(server, row));
        let lines = vec![listed(each.acts.iter().map(|(line, _)| line.as_str()), "\n", 12)];
        let title = format!("Remove {} rules from {name}?", each.acts.len());
        cx.ask(Confirm::each(title, lines, "started", each));
    }

    fn selected<'a>(&'a self, shared: &Shared) -> Result<&'a RuleView, String> {
        let view = self.view(shared).ok_or("The firewall is not read yet.")?;
        match self.list.id() {
            None => {
                let empty = format!("There is no rule yet; {} adds one.", shared.key("rule-add"));
                Err(self.list.why_none(&empty, shared))
            }
            Some(Row::Foreign(_)) => {
                Err("This rule is on the host but not ours; brokeforge leaves it as it is."
                    .to_owned())
            }
            Some(Row::Ours(_)) => self.rule(view).ok_or_else(|| "The rule is gone.".to_owned()),
        }
    }

    fn latest(&self, shared: &Shared) -> Option<OperationId> {
        let server = shared.selected?;
        let rule = self.selected(shared).ok().map(|rule| rule.id);
        let mut all = shared.operations.as_ref()?.iter().filter(|o| o.server == server);
        all.clone()
            .find(|o| rule.is_some() && o.resource == rule)
            .or_else(|| all.find(|o| o.kind == "firewall"))
            .map(|o| o.id)
    }
}

/// What a command does with one of several rows.
type Deal = fn(ServerId, &Listed) -> Result<Act, String>;

fn remove(server: ServerId, row: &Listed) -> Result<Act, String> {
    match row {
        Listed::Ours(rule) => Ok(Act::RemoveRule(server, rule.id)),
        Listed::Foreign(..) => Err("It is not ours; brokeforge leaves it as it is.".to_owned()),
    }
}

fn retry(server: ServerId, row: &Listed) -> Result<Act, String> {
    match row {
        Listed::Ours(rule) if rule.status == Status::Failed => {
            Ok(Act::RetryLast(server, Some(rule.id)))
        }
        Listed::Ours(_) => Err("It has not failed; there is nothing to retry.".to_owned()),
        Listed::Foreign(..) => Err("It is not ours; brokeforge leaves it as it is.".to_owned()),
    }
}

/// What stands in for everything while there is no server.
pub fn no_server(shared: &Shared) -> String {
    format!("There is no server yet; add one in the servers pane ({}).", shared.key("servers"))
}

/// Whether the switch turns the firewall on (else off).
pub fn turns_on(view: &FirewallView) -> bool {
    match view.status {
        None => true,
        Some(Status::Failed) => view.enabled != Some(true),
        Some(_) => false,
    }
}

fn switch_plan(server: ServerId, on: bool) -> Plan {
    let action = if on { Action::Install } else { Action::Remove };
    Plan { server, kind: "firewall", action, rule: None, line: None, at: None }
}

fn ask_to_switch(server: ServerId, name: &str, on: bool) -> Confirm {
    let plan = switch_plan(server, on);
    if on {
        Confirm::new(
            format!("Turn the firewall of {name} on?"),
            vec![
                "ufw is installed when it is missing. What comes in is denied unless a rule allows \
                 it; what goes out is allowed. A rule “SSH” for the live port keeps you in."
                    .to_owned(),
                "The host puts its old state back by itself unless a fresh login works.".to_owned(),
            ],
            Act::EnableFirewall(server),
        )
        .with_preview(Act::Preview(plan))
    } else {
        Confirm::new(
            format!("Turn the firewall of {name} off?"),
            vec![
                "Every port of the host is then open to whoever can reach it; its rules stay on \
                 record."
                    .to_owned(),
            ],
            Act::DisableFirewall(server),
        )
        .with_preview(Act::Preview(plan))
    }
}

impl Pane for Firewall {
    fn name(&self) -> &'static str {
        "firewall"
    }

    fn title(&self) -> &'static str {
        "firewall"
    }

    fn loads(&self, shared: &Shared) -> Vec<Load> {
        shared.selected.map(Load::Firewall).into_iter().collect()
    }

    fn changed(&self, change: &Change, shared: &Shared) -> Vec<Load> {
        let shown = matches!(
            change.kind,
            ChangeKind::Server | ChangeKind::Facts | ChangeKind::Resource | ChangeKind::Package
        );
        if shown && change.server == shared.selected { self.loads(shared) } else { Vec::new() }
    }

    fn loaded(&mut self, data: &Data, cx: &mut Context<'_>) {
        if let Data::Firewall(server, view) = data
            && Some(*server) == cx.shared.selected
        {
            match view {
                Some(view) => {
                    self.take((**view).clone(), cx.shared);
                    self.go_to_added(cx.shared);
                }
                None => self.view = None,
            }
        }
    }

    fn answer(&mut self, ticket: Ticket, answer: &Answer, cx: &mut Context<'_>) -> bool {
        if self.checking.take_if(|waiting| *waiting == ticket).is_none() {
            return false;
        }
        match answer {
            Ok(Done::Firewall(view)) => {
                if Some(view.server) == cx.shared.selected {
                    self.take((**view).clone(), cx.shared);
                }
                cx.say("The firewall is as of now.");
            }
            Ok(_) => {}
            Err(failure) => cx.shared.messages.fail(failure, cx.shared.now),
        }
        true
    }

    fn motion(&mut self, motion: Motion, cx: &mut Context<'_>) {
        let page = cx.shared.page();
        if self.open {
            self.scroll.motion(motion, page);
        } else {
            self.list.motion(motion, page);
        }
    }

    fn is_open(&self) -> bool {
        self.open
    }

    fn listing(&self) -> Option<&dyn Listing> {
        Some(&self.list)
    }

    fn copy(&mut self, cx: &mut Context<'_>) {
        let text = self.list.text(&self.rows, cx.shared);
        cx.copy(&text, "");
    }

    fn list(&mut self, deed: Deed<'_>, cx: &mut Context<'_>) -> bool {
        self.list.take(deed, &self.rows, cx.shared)
    }

    fn when(&self, id: Id, shared: &Shared) -> When {
        if shared.selected.is_none() {
            return Err(no_server(shared));
        }
        let view = self.view(shared).ok_or("The firewall is not read yet.")?;
        let failed = view.status == Some(Status::Failed);
        if self.many() {
            let some = |act: Deal| {
                self.list.targets(&self.rows).into_iter().any(|r| act(view.server, r).is_ok())
            };
            match id {
                Id::Edit | Id::Undo => return self.list.alone(shared),
                Id::Delete if !some(remove) => {
                    return Err("None of the marked rules is ours.".to_owned());
                }
                Id::Retry if !some(retry) => {
                    return Err("None of the marked rules has failed.".to_owned());
                }
                Id::Delete | Id::Retry => return Ok(()),
                _ => {}
            }
        }
        match id {
            Id::Open | Id::Edit | Id::Delete | Id::AddBelow | Id::AddAbove => {
                self.selected(shared).map(|_| ())
            }
            Id::Add if turns_on(view) && view.status.is_none() => {
                let key = shared.key("firewall-toggle");
                Err(format!("The firewall is not turned on yet: {key} does that."))
            }
            Id::Retry => match self.selected(shared) {
                Ok(rule) if rule.status == Status::Failed => Ok(()),
                _ if failed => Ok(()),
                Ok(_) => Err("Neither this rule nor the firewall has failed.".to_owned()),
                Err(reason) => Err(reason),
            },
            Id::Check if self.checking.is_some() => Err("The host is being asked already.".into()),
            Id::Log if self.latest(shared).is_none() => {
                Err("There is no operation of this firewall yet.".to_owned())
            }
            _ => Ok(()),
        }
    }

    fn run(&mut self, id: Id, cx: &mut Context<'_>) {
        let Some(view) = self.view(cx.shared).cloned() else { return };
        let (server, name) = (view.server, cx.shared.server_name(view.server));
        if self.many() && matches!(id, Id::Delete | Id::Retry) {
            return self.run_many(id, &name, cx);
        }
        let rule = self.selected(cx.shared).ok().cloned();
        match (id, rule) {
            (Id::Add | Id::AddBelow | Id::AddAbove, rule) => {
                let at = rule.map(|rule| rule.position);
                let at = match id {
                    Id::AddBelow => at.map(|at| at + 1),
                    Id::AddAbove => at,
                    _ => None,
                };
                let editor = RuleEditor::new(server, name, None, at, cx);
                cx.open(editor);
            }
            (Id::Edit, Some(rule)) => {
                let editor = RuleEditor::new(server, name, Some(&rule), None, cx);
                cx.open(editor);
            }
            (Id::Open, Some(_)) => (self.open, self.scroll) = (true, Scroll::default()),
            (Id::Delete, Some(rule)) => {
                let plan = Plan {
                    server,
                    kind: "firewall-rule",
                    action: Action::Remove,
                    rule: Some(rule.id),
                    line: None,
                    at: None,
                };
                let mut lines = vec![rule.line.clone()];
                if rule.owner != "user" {
                    lines.push(format!("It came with the {}.", rule.owner));
                }
                cx.ask(
                    Confirm::new(
                        format!("Remove this rule from {name}?"),
                        lines,
                        Act::RemoveRule(server, rule.id),
                    )
                    .with_preview(Act::Preview(plan))
                    .hanging(usize::from(rule.owner != "user")),
                );
            }
            (Id::Retry, Some(rule)) if rule.status == Status::Failed => {
                cx.act(Act::RetryLast(server, Some(rule.id)));
            }
            (Id::Retry, _) => {
                let all = cx.shared.operations.as_deref().unwrap_or_default();
                let last = all.iter().find(|o| o.server == server && o.kind == "firewall");
                match last.map(|o| o.id) {
                    Some(operation) => {
                        cx.act(Act::Retry(operation));
                    }
                    None => cx.refuse("There is no operation of this firewall to repeat."),
                }
            }
            (Id::Toggle, _) => {
                let on = turns_on(&view);
                let hanging = if on { 0 } else { view.rules.len() };
                cx.ask(ask_to_switch(server, &name, on).hanging(hanging));
            }
            (Id::Preview, _) => {
                let layer =
                    PreviewLayer::new(Act::Preview(switch_plan(server, turns_on(&view))), cx);
                cx.open(layer);
            }
            (Id::Check, _) => self.checking = Some(cx.act(Act::CheckFirewall(server))),
            (Id::Undo, rule) => cx.undo(Target::Firewall(server, rule.map(|rule| rule.id))),
            (Id::Log, _) => cx.out.show = self.latest(cx.shared),
            _ => {}
        }
    }

    fn choices(&self, kind: Kind, shared: &Shared) -> Vec<Choice> {
        let rules = self.view(shared).filter(|_| kind == Kind::Rule);
        let rules = rules.into_iter().flat_map(|view| &view.rules);
        rules
            .map(|rule| {
                let named = !rule.name.is_empty();
                Choice {
                    word: if named { rule.name.clone() } else { rule.line.clone() },
                    about: if named { rule.line.clone() } else { String::new() },
                    value: Value::Rule(rule.id),
                }
            })
            .collect()
    }

    fn aim(&mut self, values: &[Value], cx: &mut Context<'_>) -> When {
        for value in values {
            let Value::Rule(id) = value else { continue };
            if !self.list.aim(Row::Ours(*id), &self.rows, cx.shared) {
                return Err("The rule is gone.".to_owned());
            }
        }
        Ok(())
    }

    fn run_with(&mut self, id: Id, values: &[Value], cx: &mut Context<'_>) {
        match (id, values, cx.shared.selected) {
            (Id::Add, [Value::Text(line)], Some(server)) => {
                let name = cx.shared.server_name(server);
                let editor = RuleEditor::sent(server, name, line, cx);
                cx.open(editor);
            }
            _ => self.run(id, cx),
        }
    }

    fn text(&mut self) -> Option<&mut Scroll> {
        Some(&mut self.scroll)
    }

    fn back(&mut self, _: &mut Context<'_>) -> bool {
        std::mem::take(&mut self.open)
    }
}
