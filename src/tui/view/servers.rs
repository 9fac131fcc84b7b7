//! The servers: the list, and what stands there while it is empty.

use std::net::IpAddr;

use ratatui::Frame;
use ratatui::layout::Rect;

use super::{Draw, Look, aside, columns, list, paper, server};
use crate::domain::server::address;
use crate::fleet::ServerRow;
use crate::tui::list::{Column, Key};
use crate::tui::pane::servers::Servers;
use crate::tui::style::{self, Tone};

/// What is shown of a server, and filtered by.
pub const COLUMNS: &[Column<ServerRow>] = &[
    Column::new(&["name"], "name", (14, 3, 0), |row: &ServerRow, _| {
        (Tone::Plain, row.server.name.clone())
    }),
    Column::new(&["status"], "status", (12, 0, 0), |row: &ServerRow, _| {
        let (sign, word, tone) = style::status(row.server.status);
        (tone, format!("{sign} {word}"))
    })
    .by(|row| Key::text(row.server.status.as_str())),
    Column::new(&["address"], "address", (18, 2, 1), |row: &ServerRow, _| {
        (Tone::Plain, address(&row.server.host, row.server.port))
    })
    .by(|row| match row.server.host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => Key::Number(u32::from(address).into()),
        Ok(IpAddr::V6(address)) => Key::Number(address.into()),
        Err(_) => Key::text(&row.server.host),
    }),
    Column::new(&["os"], "os", (10, 1, 3), |row: &ServerRow, _| {
        let os = row.facts.as_ref().map(|facts| format!("{} {}", facts.os, facts.os_version));
        (Tone::Plain, os.unwrap_or_default())
    }),
    Column::new(&["firewall"], "firewall", (12, 1, 2), |row: &ServerRow, _| {
        (Tone::Plain, row.facts.as_ref().map(|facts| facts.firewall.clone()).unwrap_or_default())
    }),
    Column::new(&["tag", "tags"], "tags", (8, 1, 4), |row: &ServerRow, _| {
        (Tone::Plain, row.server.tags.iter().map(String::as_str).collect::<Vec<_>>().join(" "))
    })
    .only_if(|row| !row.server.tags.is_empty()),
];

impl Draw for Servers {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
        let rows = look.shared.servers.as_deref();
        if rows.is_some_and(<[_]>::is_empty) {
            return welcome(frame, area, look);
        }
        let rows = rows.unwrap_or_default();
        let [left, right, beside] = columns(area, self.open, look);
        if let Some(area) = left {
            let look = Look { focused: look.focused && !self.open, ..*look };
            let title = match look.shared.servers {
                Some(_) => self.list.title("servers"),
                None => "servers · reading …".to_owned(),
            };
            let inside = paper::frame(frame, area, &title, "", &look);
            list::draw(&self.list, rows, frame, inside, &look);
        }
        if let Some(area) = right {
            let look = Look { focused: look.focused && self.open, ..*look };
            server::draw(look.shared.selected_server(), &self.scroll, frame, area, &look);
        }
        if let Some(area) = beside {
            aside::draw(look.shared.selected, frame, area, look);
        }
    }
}

fn welcome(frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
    let inside = paper::frame(frame, area, "servers", "", look);
    // What a layer hides half of is not read but puzzled over.
    if !look.focused {
        return;
    }
    let width = inside.width.saturating_sub(4).min(72);
    let place = Rect {
        x: inside.x + 2,
        y: inside.y + inside.height.saturating_sub(16) / 2,
        width,
        height: inside.height,
    };
    let mut lines = vec![paper::plain(Tone::Strong, "This is brokeforge."), Vec::new()];
    lines.extend(paper::wrapped(
        Tone::Plain,
        "",
        "It sets up and runs Debian and Ubuntu servers over plain SSH, from this terminal. \
         Nothing is installed on them to be managed: no agent, no panel.",
        width,
    ));
    lines.push(Vec::new());
    lines.push(vec![
        (Tone::Plain, "Press ".to_owned()),
        (Tone::Accent, look.shared.key("server-add")),
        (Tone::Plain, " to add your first server.".to_owned()),
    ]);
    lines.push(Vec::new());
    lines.extend(paper::wrapped(
        Tone::Plain,
        "",
        &format!(
            "You need its address and a way in as root: an ssh-agent or a key file. Its host key \
             is shown to you before anything is sent. Afterwards {} is its firewall, and {} is \
             everything that was done.",
            look.shared.key("firewall"),
            look.shared.key("operations")
        ),
        width,
    ));
    lines.push(Vec::new());
    lines.push(vec![
        (Tone::Accent, look.shared.key("help")),
        (Tone::Plain, " lists all keys.  ".to_owned()),
        (Tone::Dim, format!("Your data lies in {}.", look.shared.start.data)),
    ]);
    paper::lines(frame, place.intersection(inside), &lines, 0, look);
}
