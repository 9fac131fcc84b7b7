//! Resources in a list: sites, and what else is on a server.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::paper::{self, wrapped};
use super::{Draw, Look, aside, columns, list, resource};
use crate::domain::Status;
use crate::tui::list::{Column, Key};
use crate::tui::pane::firewall::no_server;
use crate::tui::pane::resources::{Resources, Row};
use crate::tui::shared::Shared;
use crate::tui::style::{self, Tone};
use crate::tui::view::Piece;

/// What is shown of a site, and filtered by.
pub const SITES: &[Column<Row>] = &[
    Column::new(&["domain", "name"], "domain", (20, 3, 0), |row: &Row, _| {
        (Tone::Plain, row.name().to_owned())
    }),
    Column::new(&["server"], "server", (12, 2, 1), |row: &Row, _| {
        let server = row.ours().map(|view| view.server.clone());
        (Tone::Plain, server.unwrap_or_default())
    }),
    Column::new(&["kind"], "kind", (7, 0, 3), |row: &Row, _| value(row, "kind")),
    Column::new(&["php"], "PHP", (4, 0, 4), |row: &Row, _| value(row, "php")),
    Column::new(&["status"], "status", (12, 0, 0), status)
        .by(|row| Key::text(row.status().map_or(NOT_OURS, Status::as_str))),
    Column::new(&["default"], "default", (7, 0, 2), |row: &Row, _| match row.text("default") {
        "yes" => (Tone::Good, "default".to_owned()),
        _ => (Tone::Plain, String::new()),
    }),
    Column::new(&["alias"], "aliases", (10, 2, 5), |row: &Row, _| value(row, "alias"))
        .only_if(|row| !row.text("alias").is_empty()),
];

/// What is shown of any other resource, and filtered by.
pub const SERVICES: &[Column<Row>] = &[
    Column::new(&["kind", "service"], "service", (14, 1, 0), |row: &Row, shared| {
        let kind = shared.kind(row.kind());
        (Tone::Plain, kind.map_or_else(|| row.kind().to_owned(), |kind| kind.title.clone()))
    }),
    Column::new(&["name"], "name", (12, 2, 1), |row: &Row, shared| {
        let named = shared.kind(row.kind()).is_some_and(|kind| kind.named_by.is_some());
        (Tone::Plain, if named { row.name().to_owned() } else { String::new() })
    }),
    Column::new(&["status"], "status", (12, 0, 0), status)
        .by(|row| Key::text(row.status().map_or(NOT_OURS, Status::as_str))),
    Column::new(&["values"], "values", (16, 4, 2), |row: &Row, shared| {
        (Tone::Dim, values(row, shared))
    }),
];

const NOT_OURS: &str = "not ours";

fn value(row: &Row, name: &str) -> Piece {
    (Tone::Plain, row.text(name).to_owned())
}

fn status(row: &Row, _: &Shared) -> Piece {
    let Some((sign, word, tone)) = row.status().map(style::status) else {
        return (Tone::Dim, format!("○ {NOT_OURS}"));
    };
    (tone, format!("{sign} {word}"))
}

/// The values that have a column on the command line, in a row.
fn values(row: &Row, shared: &Shared) -> String {
    let Some(kind) = shared.kind(row.kind()) else { return String::new() };
    let shown = kind
        .fields
        .iter()
        .filter(|field| field.column && Some(&field.name) != kind.named_by.as_ref());
    let pair = shown.filter_map(|field| match (row.text(&field.name), field.title.as_str()) {
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
            resource::draw(self.row(), &self.scroll, frame, area, &look);
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
