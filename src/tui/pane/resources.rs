//! Resources of every kind, drawn from what their packages declare: the sites of the fleet, and what
//! else is on the selected server. Two panes of one sort; neither knows a kind by itself.

use super::firewall::no_server;
use super::operations::ask_to_cancel;
use super::{Pane, When};
use crate::domain::{Action, Change, ChangeKind, Operation, OperationId, ServerId, Status};
use crate::fleet::{Consent, ResourceDraft, ResourceView, Target, Unrecorded};
use crate::tui::command::{Id, Kind, Motion};
use crate::tui::effect::{Act, Answer, Data, Done, Load, Ticket, Wanted};
use crate::tui::layer::{ask::Ask, confirm::Confirm, preview::PreviewLayer};
use crate::tui::layer::{resource_form, reveal::Reveal};
use crate::tui::list::{Column, Deed, List, Listing, Sort, listed};
use crate::tui::scroll::Scroll;
use crate::tui::shared::{Context, Shared};
use crate::tui::sight::{Choice, Value};
use crate::tui::view::resources::{SERVICES, SITES};

mod rows;

pub use rows::{Row, RowId};

/// The kind of the sites' pane.
const SITE: &str = "site";

/// The state of the pane.
#[derive(Debug)]
pub struct Resources {
    /// Its name, and what the bar calls it.
    name: &'static str,
    /// The kind that it lists of all servers; none for all others of the selected server.
    kind: Option<&'static str>,
    rows: Option<Vec<Row>>,
    /// What its rows are of.
    of: Option<Load>,
    /// The list.
    pub list: List<Row>,
    /// Whether the selected one is open.
    pub open: bool,
    /// How far its text is scrolled.
    pub scroll: Scroll,
    /// One that was just begun, to be selected once it is read.
    waiting: Option<Ticket>,
}

fn retry(row: &Row) -> Result<Act, String> {
    let row = row.ours().ok_or(NOT_OURS)?;
    match row.resource.status {
        // a change that failed leaves it as it was
        status if status == Status::Failed || row.resource.error.is_some() => {
            Ok(Act::RetryLast(row.resource.server, Some(row.resource.id)))
        }
        _ => Err("It has not failed; there is nothing to retry.".to_owned()),
    }
}

const NOT_OURS: &str = "It is on the host but not ours; brokeforge leaves it as it is.";

/// What a thing is called: `nginx on web-1`.
fn called(row: &ResourceView) -> String {
    format!("{} on {}", row.called, row.server)
}

impl Resources {
    /// The sites of all servers.
    pub fn sites() -> Self {
        Self::new("sites", Some(SITE), SITES)
    }

    /// What else is on the selected server.
    pub fn services() -> Self {
        Self::new("services", None, SERVICES)
    }

    fn new(
        name: &'static str,
        kind: Option<&'static str>,
        columns: &'static [Column<Row>],
    ) -> Self {
        Self {
            name,
            kind,
            rows: None,
            of: None,
            list: List::new(name, columns, Sort { column: 0, descending: false }),
            open: false,
            scroll: Scroll::default(),
            waiting: None,
        }
    }

    fn load(&self, shared: &Shared) -> Option<Load> {
        match self.kind {
            Some(kind) => Some(Load::Kind(kind)),
            None => shared.selected.map(Load::Resources),
        }
    }

    /// The rows, once those of what is selected are read.
    pub fn rows(&self, shared: &Shared) -> Option<&[Row]> {
        self.rows.as_deref().filter(|_| self.of == self.load(shared))
    }

    fn all(&self) -> &[Row] {
        self.rows.as_deref().unwrap_or_default()
    }

    /// What the list is called.
    pub fn title(&self, shared: &Shared) -> String {
        match (self.kind, shared.selected) {
            (None, Some(server)) => {
                self.list.title(&format!("services on {}", shared.server_name(server)))
            }
            _ => self.list.title(self.name),
        }
    }

    /// The command that adds one here.
    pub fn adds(&self) -> &'static str {
        if self.kind.is_some() { "site-add" } else { "service-add" }
    }

    /// The selected row.
    pub fn row(&self) -> Option<&Row> {
        self.list.selected(self.all())
    }

    /// The resource of ours that commands are about.
    pub fn current(&self) -> Option<&ResourceView> {
        self.row()?.ours()
    }

    fn selected(&self, shared: &Shared) -> Result<&ResourceView, String> {
        if self.rows(shared).is_none() {
            return Err("They are not read yet.".to_owned());
        }
        self.row().ok_or_else(|| {
            let empty = format!("There is none yet; {} adds one.", shared.key(self.adds()));
            self.list.why_none(&empty, shared)
        })?;
        self.current().ok_or_else(|| {
            let key = shared.key("service-adopt");
            format!("It is on the host but not ours; {key} puts it on record.")
        })
    }

    fn many(&self) -> bool {
        !self.open && self.list.marked() > 0
    }

    fn latest(&self, shared: &Shared) -> Option<OperationId> {
        self.last(shared).map(|operation| operation.id)
    }

    fn last<'a>(&self, shared: &'a Shared) -> Option<&'a Operation> {
        let id = self.current()?.resource.id;
        shared.operations.as_ref()?.iter().find(|o| o.resource == Some(id))
    }

    fn settle(&mut self, shared: &mut Shared) {
        self.list.stale();
        let rows = self.rows.as_deref().unwrap_or_default();
        self.list.arrange(rows, shared);
        if let Some(id) = shared.added.take_if(|id| self.list.shows(RowId::Ours(*id))) {
            self.list.select(RowId::Ours(id));
        }
        self.open &= self.row().is_some();
    }

    fn remove(&self, row: &ResourceView, shared: &Shared) -> Result<Act, String> {
        if !row.dependants.is_empty() {
            return Err(format!("It is needed by {}.", row.dependants.join(", ")));
        }
        let data = shared.kind(&row.resource.kind).is_some_and(|kind| kind.keeps_data);
        Ok(Act::RemoveResource(row.resource.server, row.resource.id, data))
    }

    /// Whether what was found is on the server whose rows these are.
    fn load_of(&self, found: &Unrecorded) -> bool {
        self.of == Some(Load::Resources(found.server))
    }

    fn take_found(&mut self, server: ServerId, found: &[Unrecorded], shared: &mut Shared) {
        if self.of != Some(Load::Resources(server)) {
            return;
        }
        let Some(rows) = &mut self.rows else { return };
        rows.retain(|row| row.ours().is_some());
        let others = found.iter().filter(|found| found.kind != SITE).cloned().enumerate();
        rows.extend(others.map(|(number, found)| Row::Found(number, found)));
        self.settle(shared);
    }

    fn remove_row(&self, row: &Row, shared: &Shared) -> Result<Act, String> {
        self.remove(row.ours().ok_or(NOT_OURS)?, shared)
    }

    fn run_many(&self, id: Id, cx: &mut Context<'_>) {
        let name = |row: &Row| row.ours().map_or_else(|| row.name().to_owned(), called);
        if id == Id::Retry {
            return cx.each("started", self.list.each(self.all(), name, retry));
        }
        let each = self.list.each(self.all(), name, |row| self.remove_row(row, cx.shared));
        let lines = vec![listed(each.acts.iter().map(|(name, _)| name.as_str()), "\n", 12)];
        let title = format!("Remove {} {}?", each.acts.len(), self.name);
        cx.ask(Confirm::each(title, lines, "started", each));
    }

    fn ask_to_remove(&self, row: &ResourceView, cx: &mut Context<'_>) {
        let act = match self.remove(row, cx.shared) {
            Ok(act) => act,
            Err(why) => return cx.refuse(format!("{}: {why}", called(row))),
        };
        let data = matches!(act, Act::RemoveResource(.., true));
        let keeps = data.then(|| "It keeps data, which goes from its place with it.".to_owned());
        let asked = "What has to be decided about it is asked before anything is done.".to_owned();
        let lines = keeps.into_iter().chain([asked]).collect();
        let look = Act::PreviewResource(Box::new(wanted(row)), Action::Remove);
        let title = format!("Remove {} from {}?", row.called, row.server);
        cx.ask(Confirm::new(title, lines, act).with_preview(look));
    }

    fn verb(&self, row: &ResourceView, cx: &mut Context<'_>) {
        let Some(kind) = cx.shared.kind(&row.resource.kind) else { return };
        let verbs: Vec<(String, String, Act)> = kind
            .verbs
            .iter()
            .map(|verb| {
                let mut wanted = wanted(row);
                wanted.draft.texts = verb.sets.iter().cloned().collect();
                wanted.draft.answers = verb.answers.iter().cloned().collect();
                let act = Act::Keep(Box::new(wanted), Consent::Yes);
                (verb.word.clone(), verb.about.clone(), act)
            })
            .collect();
        cx.open(Ask::which(format!("What is to become of {}?", called(row)), verbs));
    }

    fn reveal(&self, row: &ResourceView, cx: &mut Context<'_>) {
        let names = row.sealed.clone();
        let (server, id) = (row.resource.server, row.resource.id);
        let layer = Reveal::new(called(row), server, id, names, cx);
        cx.open(layer);
    }
}

/// One as it is.
fn wanted(row: &ResourceView) -> Wanted {
    Wanted {
        server: row.resource.server,
        kind: row.resource.kind.clone(),
        id: Some(row.resource.id),
        draft: ResourceDraft::default(),
    }
}

impl Pane for Resources {
    fn name(&self) -> &'static str {
        self.name
    }

    fn title(&self) -> &'static str {
        self.name
    }

    fn loads(&self, shared: &Shared) -> Vec<Load> {
        let found = shared.selected.filter(|_| self.kind.is_none()).map(Load::Found);
        self.load(shared).into_iter().chain(found).collect()
    }

    fn changed(&self, change: &Change, shared: &Shared) -> Vec<Load> {
        let shown = matches!(
            change.kind,
            ChangeKind::Server | ChangeKind::Facts | ChangeKind::Resource | ChangeKind::Package
        );
        // what was never looked at need not be kept up to date
        let here = self.kind.is_some() || change.server == shared.selected;
        if shown && here && self.rows.is_some() { self.loads(shared) } else { Vec::new() }
    }

    fn loaded(&mut self, data: &Data, cx: &mut Context<'_>) {
        if let Data::Found(server, found) = data {
            return self.take_found(*server, found, cx.shared);
        }
        let Data::Resources(load, rows) = data else { return };
        if Some(*load) != self.load(cx.shared) {
            return;
        }
        if self.of != Some(*load) {
            // other rows; the order is the person's
            self.list.restart();
            self.open = false;
        }
        self.of = Some(*load);
        let others = |row: &&ResourceView| self.kind.is_some() || row.resource.kind != SITE;
        let ours = rows.iter().filter(others).cloned().map(|row| Row::Ours(Box::new(row)));
        // what is read of the host besides comes behind it
        let besides = self.rows.take().unwrap_or_default().into_iter();
        let known =
            besides.filter(|row| matches!(row, Row::Found(_, found) if self.load_of(found)));
        self.rows = Some(ours.chain(known).collect());
        self.settle(cx.shared);
    }

    fn answer(&mut self, ticket: Ticket, answer: &Answer, cx: &mut Context<'_>) -> bool {
        if self.waiting.take_if(|waiting| *waiting == ticket).is_none() {
            return false;
        }
        match answer {
            Ok(Done::Started(started)) => cx.shared.messages.is_of(started.operation),
            Ok(_) => {}
            Err(failure) => cx.shared.messages.fail(failure, cx.shared.now),
        }
        true
    }

    fn motion(&mut self, motion: Motion, cx: &mut Context<'_>) {
        let page = cx.shared.page();
        match self.open {
            true => self.scroll.motion(motion, page),
            false => self.list.motion(motion, page),
        }
    }

    fn is_open(&self) -> bool {
        self.open
    }

    fn listing(&self) -> Option<&dyn Listing> {
        Some(&self.list)
    }

    fn list(&mut self, deed: Deed<'_>, cx: &mut Context<'_>) -> bool {
        let rows = self.rows.as_deref().unwrap_or_default();
        self.list.take(deed, rows, cx.shared)
    }

    fn copy(&mut self, cx: &mut Context<'_>) {
        let text = self.list.text(self.all(), cx.shared);
        cx.copy(&text, "");
    }

    fn when(&self, id: Id, shared: &Shared) -> When {
        if shared.selected.is_none() {
            return Err(no_server(shared));
        }
        if id == Id::Add {
            return Ok(());
        }
        if self.many() {
            let some = |act: &dyn Fn(&Row) -> Result<Act, String>| {
                self.list.targets(self.all()).into_iter().any(|row| act(row).is_ok())
            };
            match id {
                Id::Edit | Id::Undo | Id::Verb | Id::Reveal | Id::Preview | Id::Adopt => {
                    return self.list.alone(shared);
                }
                Id::Retry if !some(&retry) => {
                    return Err("None of those that are marked has failed.".to_owned());
                }
                Id::Delete if !some(&|row| self.remove_row(row, shared)) => {
                    return Err("None of those that are marked can be removed.".to_owned());
                }
                Id::Delete | Id::Retry => return Ok(()),
                _ => {}
            }
        }
        let found = matches!(self.row(), Some(Row::Found(..)));
        match id {
            Id::Open | Id::Adopt if found => return Ok(()),
            Id::Adopt => return Err("Only what is not ours is put on record.".to_owned()),
            _ => {}
        }
        let row = self.selected(shared)?;
        let kind = shared.kind(&row.resource.kind);
        match id {
            Id::Retry => self.row().map_or(Ok(()), |row| retry(row).map(|_| ())),
            Id::Cancel if self.last(shared).is_none_or(|last| last.outcome.is_end()) => {
                Err(format!("Nothing is done with {} now.", row.called))
            }
            Id::Log if self.latest(shared).is_none() => {
                Err(format!("There is no operation on {} any more.", row.called))
            }
            Id::Verb if kind.is_none_or(|kind| kind.verbs.is_empty()) => {
                Err(format!("There is nothing else to be done with {}.", row.called))
            }
            Id::Reveal if row.sealed.is_empty() => {
                Err(format!("Nothing of {} is sealed.", row.called))
            }
            _ => Ok(()),
        }
    }

    fn run(&mut self, id: Id, cx: &mut Context<'_>) {
        if id == Id::Add {
            if let Some(kind) = self.kind {
                resource_form::add(kind, cx);
            }
            return;
        }
        if self.many() && matches!(id, Id::Delete | Id::Retry) {
            return self.run_many(id, cx);
        }
        match (id, self.row()) {
            (Id::Open, _) => return (self.open, self.scroll) = (true, Scroll::default()),
            (Id::Adopt, Some(Row::Found(_, found))) => return resource_form::adopt(found, cx),
            _ => {}
        }
        let Some(row) = self.current().cloned() else { return };
        match id {
            Id::Edit => resource_form::edit(&row, cx),
            Id::Delete => self.ask_to_remove(&row, cx),
            Id::Retry => match self.last(cx.shared).and_then(|last| Ask::of(last, cx.shared)) {
                Some(ask) => cx.open(ask),
                None => {
                    let act = self.row().and_then(|row| retry(row).ok());
                    self.waiting = act.map(|act| cx.act(act));
                }
            },
            Id::Cancel => {
                if let Some(last) = self.last(cx.shared) {
                    let confirm = ask_to_cancel(last, cx.shared);
                    cx.open(confirm);
                }
            }
            Id::Verb => self.verb(&row, cx),
            Id::Reveal => self.reveal(&row, cx),
            Id::Preview => {
                let act = Act::PreviewResource(Box::new(wanted(&row)), Action::Update);
                let layer = PreviewLayer::new(act, cx);
                cx.open(layer);
            }
            Id::Undo => cx.undo(Target::Resource(row.resource.server, row.resource.id)),
            Id::Log => cx.out.show = self.latest(cx.shared),
            _ => {}
        }
    }

    fn run_with(&mut self, id: Id, values: &[Value], cx: &mut Context<'_>) {
        match (id, values) {
            (Id::Add, [Value::Text(kind)]) => resource_form::add(kind, cx),
            _ => self.run(id, cx),
        }
    }

    fn choices(&self, kind: Kind, shared: &Shared) -> Vec<Choice> {
        match (kind, self.kind) {
            (Kind::Sort, None) => shared
                .start
                .kinds
                .iter()
                .filter(|kind| kind.kind != SITE)
                .map(|kind| Choice {
                    word: kind.word.clone(),
                    about: kind.about.clone(),
                    value: Value::Text(kind.kind.clone()),
                })
                .collect(),
            (Kind::Site, Some(_)) | (Kind::Service, None) => {
                let rows = self.rows(shared).unwrap_or_default();
                rows.iter()
                    .filter_map(Row::ours)
                    .map(|row| Choice {
                        word: row.name.clone(),
                        about: format!("{} on {}", row.called, row.server),
                        value: Value::Resource(row.resource.id),
                    })
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    fn aim(&mut self, values: &[Value], cx: &mut Context<'_>) -> When {
        for value in values {
            let Value::Resource(id) = value else { continue };
            let rows = self.rows.as_deref().unwrap_or_default();
            if !self.list.aim(RowId::Ours(*id), rows, cx.shared) {
                return Err("It is gone.".to_owned());
            }
        }
        Ok(())
    }

    fn text(&mut self) -> Option<&mut Scroll> {
        Some(&mut self.scroll)
    }

    fn back(&mut self, _: &mut Context<'_>) -> bool {
        std::mem::take(&mut self.open)
    }
}
