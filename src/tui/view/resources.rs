//! Resources in a list: sites, and what else is on a server.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::paper::{self, wrapped};
use super::{Draw, Look, aside, columns, list, resource};
use crate::fleet::ResourceView;
use crate::tui::list::{Column, Key};
use crate::tui::pane::firewall::no_server;
use crate::tui::pane::resources::Resources;
use crate::tui::shared::Shared;
use crate::tui::style::{self, Tone};
use crate::tui::view::Piece;

/// What is shown of a site, and filtered by.
pub const SITES: &[Column<ResourceView>] = &[
    Column::new(&["domain", "name"], "domain", (20, 3, 0), |row: &ResourceView, _| {
        (Tone::Plain, row.name.clone())
    }),
    Column::new(&["server"], "server", (12, 2, 1), |row: &ResourceView, _| {
        (Tone::Plain, row.server.clone())
    }),
    Column::new(&["kind"], "kind", (7, 0, 3), |row: &ResourceView, _| value(row, "kind")),
    Column::new(&["php"], "PHP", (4, 0, 4), |row: &ResourceView, _| value(row, "php")),
    Column::new(&["status"], "status", (12, 0, 0), status)
        .by(|row| Key::text(row.resource.status.as_str())),
    Column::new(&["default"], "default", (7, 0, 2), |row: &ResourceView, _| {
        match row.texts.get("default").map(String::as_str) {
            Some("yes") => (Tone::Good, "default".to_owned()),
            _ => (Tone::Plain, String::new()),
        }
    }),
    Column::new(&["alias"], "aliases", (10, 2, 5), |row: &ResourceView, _| value(row, "alias"))
        .only_if(|row| row.texts.get("alias").is_some_and(|text| !text.is_empty())),
];

/// What is shown of any other resource, and filtered by.
pub const SERVICES: &[Column<ResourceView>] = &[
    Column::new(&["kind", "service"], "service", (14, 1, 0), |row: &ResourceView, shared| {
        let kind = shared.kind(&row.resource.kind);
        (Tone::Plain, kind.map_or_else(|| row.resource.kind.clone(), |kind| kind.title.clone()))
    }),
    Column::new(&["name"], "name", (12, 2, 1), |row: &ResourceView, shared| {
        let named = shared.kind(&row.resource.kind).is_some_and(|kind| kind.named_by.is_some());
        (Tone::Plain, if named { row.name.clone() } else { String::new() })
    }),
    Column::new(&["status"], "status", (12, 0, 0), status)
        .by(|row| Key::text(row.resource.status.as_str())),
    Column::new(&["values"], "values", (16, 4, 2), |row: &ResourceView, shared| {
        (Tone::Dim, values(row, shared))
    }),
];

fn value(row: &ResourceView, name: &str) -> Piece {
    (Tone::Plain, row.texts.get(name).cloned().unwrap_or_default())
}

fn status(row: &ResourceView, _: &Shared) -> Piece {
    let (sign, word, tone) = style::status(row.resource.status);
    (tone, format!("{sign} {word}"))
}

/// The values that have a column on the command line, in a row.
fn values(row: &ResourceView, shared: &Shared) -> String {
    let Some(kind) = shared.kind(&row.resource.kind) else { return String::new() };
    let shown = kind
        .fields
        .iter()
        .filter(|field| field.column && Some(&field.name) != kind.named_by.as_ref());
    let text = |name: &str| row.texts.get(name).map(String::as_str).unwrap_or_default();
    let pair = shown.filter_map(|field| match (text(&field.name), field.title.as_str()) {
        ("" | "no", _) => None,
        ("yes", title) => Some(title.to_owned()),
        (text, title) => Some(format!("{title} {}", text.replace(',', ", "))),
    });
    pair.collect::<Vec<_>>().join(" · ")
}

impl Draw for Resources {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
        let Some(rows) = self.rows(look.shared) else {
            let inside = paper::frame(frame, area, &self.title(look.shared), "", look);
            let text = match look.shared.selected {
                None => no_server(look.shared),
                Some(_) => "Reading …".to_owned(),
            };
            let lines = wrapped(Tone::Dim, "", &text, inside.width);
            return paper::lines(frame, inside, &lines, 0, look);
        };
        let [left, right, beside] = columns(area, self.open, look);
        if let Some(area) = left {
            let look = &Look { focused: look.focused && !self.open, ..*look };
            let inside = paper::frame(frame, area, &self.title(look.shared), "", look);
            match rows.is_empty() {
                true => empty(self, frame, inside, look),
                false => list::draw(&self.list, rows, frame, inside, look),
            }
        }
        if let Some(area) = right {
            let look = Look { focused: look.focused && self.open, ..*look };
            resource::draw(self.current(), &self.scroll, frame, area, &look);
        }
        if let Some(area) = beside {
            let of = self.current().map(|row| row.resource.server);
            aside::draw(of.or(look.shared.selected), frame, area, look);
        }
    }
}

fn empty(pane: &Resources, frame: &mut Frame<'_>, inside: Rect, look: &Look<'_>) {
    let (add, bring) = (look.shared.key(pane.adds()), look.shared.key("server-provision"));
    let server = look.shared.selected.map(|id| look.shared.server_name(id)).unwrap_or_default();
    let text = format!(
        "There is none yet. {add} adds one to {server}; in the servers pane {bring} brings a whole \
         profile: a web server with a site, say."
    );
    paper::lines(frame, inside, &wrapped(Tone::Dim, " ", &text, inside.width), 0, look);
}
