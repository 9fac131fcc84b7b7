//! One server in full: facts, keys, what is installed, and why it failed.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::paper::{Piece, fact, facts, plain, wrapped};
use super::{Look, failure, paper};
use crate::domain::{Facts, FailureKind, HostTrust, Login, server::address};
use crate::fleet::ServerRow;
use crate::tui::scroll::Scroll;
use crate::tui::style::Tone;
use crate::tui::text;

/// Draws it.
pub fn draw(
    row: Option<&ServerRow>,
    scroll: &Scroll,
    frame: &mut Frame<'_>,
    area: Rect,
    look: &Look<'_>,
) {
    let Some(row) = row else {
        paper::frame(frame, area, "", "", look);
        return;
    };
    let as_of = row.facts.as_ref().and_then(|facts| facts.taken_at);
    let note = as_of.map(|at| format!("facts as of {}", look.shared.clock(at)));
    let inside = paper::frame(frame, area, &row.server.name, &note.unwrap_or_default(), look);
    let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(1), ..inside };
    paper::scrolled(frame, inside, &lines(row, inside.width, look), scroll, look);
}

fn lines(row: &ServerRow, width: u16, look: &Look<'_>) -> Vec<Vec<Piece>> {
    let server = &row.server;
    let mut lines = vec![failure::status("status", server.status, server.updated_at, look)];
    if let Some(error) = &server.error {
        lines.extend(failure::of_record(server.status, Some(error), "server-retry", width, look));
        if error.kind == FailureKind::HostKey {
            lines.push(vec![
                (Tone::Accent, "t".to_owned()),
                (Tone::Plain, " shows both host keys, and can trust the new one".to_owned()),
            ]);
        }
        lines.push(Vec::new());
    }
    lines.push(fact("address", address(&server.host, server.port)));
    let login = match &server.login {
        Login::Agent => "ssh-agent".to_owned(),
        Login::Identity { path } => path.clone(),
        Login::Password => "password".to_owned(),
    };
    lines.push(fact("login", format!("{}, first by {login}", server.user)));
    if !server.tags.is_empty() {
        let tags = server.tags.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
        lines.extend(facts("tags", &tags, width));
    }
    for package in &row.packages {
        let version = package.version.as_deref().unwrap_or_default();
        // A rule is called by its sentence, not by its record.
        let line = package.configuration.get("line").and_then(|line| line.as_str());
        let name = line.unwrap_or(&package.name);
        let text = format!("{} {name} {version}", package.kind.replace('-', " "));
        lines.extend(facts("installed", text.trim_end(), width));
    }
    for key in &row.keys {
        lines.push(fact("our key", key.fingerprint.clone()));
        let mut proof = fact("", "");
        proof.push(match (key.proved, key.proved_at) {
            (true, Some(at)) => {
                (Tone::Dim, format!("for {}, proved {}", key.user, look.shared.clock(at)))
            }
            (true, None) => (Tone::Dim, format!("for {}, proved", key.user)),
            (false, _) => (Tone::Warn, format!("for {}, not proved yet", key.user)),
        });
        lines.push(proof);
    }
    lines.extend(host_keys(row, width));
    lines.push(Vec::new());
    match &row.facts {
        Some(known) => lines.extend(facts_lines(known, width)),
        None => lines.push(plain(Tone::Dim, "The host was not asked for its facts yet.")),
    }
    lines
}

fn host_keys(row: &ServerRow, width: u16) -> Vec<Vec<Piece>> {
    let keys = &row.server.host_keys;
    if keys.is_empty() {
        let text = match &row.server.trust {
            HostTrust::Expect { fingerprint } => format!("expected {fingerprint}"),
            HostTrust::AcceptNew => "the first one shown is taken".to_owned(),
        };
        return facts("host key", &text, width);
    }
    let mut lines = Vec::new();
    for key in keys {
        let mut line = fact("host key", key.fingerprint.clone());
        let note = format!("{}{}", key.algorithm, if key.revoked { "  revoked" } else { "" });
        let cells: usize = line.iter().map(|(_, piece)| text::width(piece)).sum();
        if cells + 2 + text::width(&note) > usize::from(width) {
            lines.push(std::mem::replace(&mut line, fact("", "")));
        } else {
            line.push((Tone::Plain, "  ".to_owned()));
        }
        line.push((Tone::Dim, note));
        lines.push(line);
    }
    lines
}

fn facts_lines(known: &Facts, width: u16) -> Vec<Vec<Piece>> {
    let system = format!("{}, {}, Linux {}", known.os_name, known.arch, known.kernel);
    let mut lines = facts("system", &system, width);
    lines.extend([
        fact("hostname", known.hostname.clone()),
        fact("machine", format!("{} CPU, {} memory", known.cpus, bytes(known.memory))),
        fact("disk", format!("{} free of {}", bytes(known.disk_free), bytes(known.disk))),
        fact("firewall", known.firewall.clone()),
    ]);
    if known.clock_offset_ms.unsigned_abs() >= 2_000 {
        let seconds = known.clock_offset_ms / 1_000;
        lines.push(fact("clock", format!("{seconds:+} s against ours")));
    }
    if let Some(peer) = known.peer {
        lines.push(fact("sees us as", peer.to_string()));
    }
    let ports: Vec<String> = known
        .listeners
        .iter()
        .map(|l| {
            let process = l.process.as_deref().map(|p| format!(" {p}")).unwrap_or_default();
            format!("{}/{} on {}{process}", l.port, l.protocol, l.address)
        })
        .collect();
    if !ports.is_empty() {
        lines.push(plain(Tone::Dim, "listening"));
        lines.extend(wrapped(Tone::Plain, "  ", &ports.join("\n"), width));
    }
    lines
}

/// Bytes in the unit that people use.
fn bytes(count: u64) -> String {
    const GIB: u64 = 1 << 30;
    if count >= GIB {
        let tenths = count / (GIB / 10);
        format!("{}.{} GiB", tenths / 10, tenths % 10)
    } else {
        format!("{} MiB", count >> 20)
    }
}
