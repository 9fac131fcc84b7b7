//! Servers and their facts as text and JSON.

use crate::cli::{Context, Halt, json, table};
use crate::domain::{Facts, Failure, Filter, Server, server::address};

/// What a filter can name, in the order of [`cell`].
const COLUMNS: &[&[&str]] = &[
    &["name"],
    &["address"],
    &["user"],
    &["status"],
    &["tag", "tags"],
    &["os"],
    &["firewall"],
    &["id"],
    &["error"],
];

fn cell(server: &Server, facts: Option<&Facts>, column: usize) -> String {
    match column {
        0 => server.name.clone(),
        1 => address(&server.host, server.port),
        2 => server.user.clone(),
        3 => server.status.to_string(),
        4 => words(server),
        5 => facts.map(|f| format!("{} {}", f.os, f.os_version)).unwrap_or_default(),
        6 => facts.map(|f| f.firewall.clone()).unwrap_or_default(),
        7 => server.id.to_string(),
        _ => table::error_cell(server.error.as_ref()),
    }
}

fn words(server: &Server) -> String {
    server.tags.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
}

pub(in crate::cli) fn kept(context: &Context, filter: &str) -> Result<Vec<Server>, Failure> {
    let filter = Filter::parse(filter, COLUMNS).map_err(Failure::input)?;
    let mut kept = Vec::new();
    for server in context.fleet.servers()? {
        let facts = context.fleet.facts(server.id)?;
        if filter.keeps(COLUMNS.len(), |column| cell(&server, facts.as_ref(), column)) {
            kept.push(server);
        }
    }
    Ok(kept)
}

pub(super) fn list(context: &mut Context, filter: Option<&str>) -> Result<u8, Halt> {
    let servers = match filter {
        Some(filter) => kept(context, filter)?,
        None => context.fleet.servers()?,
    };
    context.mention_unfinished()?;
    if context.face.json {
        for server in &servers {
            context.face.object(&json::ServerView::from(server))?;
        }
        return Ok(0);
    }
    let rows: Vec<Vec<String>> = servers
        .iter()
        .map(|s| {
            vec![
                s.name.clone(),
                address(&s.host, s.port),
                s.user.clone(),
                s.status.to_string(),
                words(s),
                s.id.to_string(),
                table::error_cell(s.error.as_ref()),
            ]
        })
        .collect();
    let heads = ["name", "address", "user", "status", "tags", "id", "error"];
    let none = match filter {
        Some(_) => "No server is kept by this filter.",
        None => "There are no servers. `brokeforge server add` adds one.",
    };
    context.face.table(&heads, &rows, none)?;
    Ok(0)
}

pub(super) fn server(context: &mut Context, server: &Server) -> Result<(), Halt> {
    if context.face.json {
        return Ok(context.face.object(&json::ServerView::from(server))?);
    }
    let mut pairs = vec![
        ("name", server.name.clone()),
        ("id", server.id.to_string()),
        ("address", address(&server.host, server.port)),
        ("user", server.user.clone()),
        ("status", server.status.to_string()),
        ("tags", words(server)),
    ];
    for pin in &server.host_keys {
        let name = if pin.revoked { "refused key" } else { "host key" };
        pairs.push((name, format!("{} {}", pin.algorithm, pin.fingerprint)));
    }
    if let Some(error) = &server.error {
        pairs.push(("error", error.message.clone()));
        if let Some(remedy) = &error.remedy {
            pairs.push(("try", remedy.clone()));
        }
    }
    pairs.push(("added", table::time(server.created_at)));
    pairs.push(("changed", table::time(server.updated_at)));
    Ok(context.face.pairs(&pairs)?)
}

pub(super) fn tags(context: &mut Context, server: &Server) -> Result<(), Halt> {
    if context.face.json {
        return Ok(context.face.object(&json::ServerView::from(server))?);
    }
    if server.tags.is_empty() {
        context.face.note(&format!("“{}” has no tags.", server.name));
    }
    for tag in &server.tags {
        context.face.line(tag)?;
    }
    Ok(())
}

pub(super) fn facts(context: &mut Context, facts: &Facts) -> Result<(), Halt> {
    if context.face.json {
        return Ok(context.face.object(&json::facts(facts))?);
    }
    let mib = |bytes: u64| format!("{} MiB", bytes / (1024 * 1024));
    let listeners: Vec<String> = facts
        .listeners
        .iter()
        .map(|l| {
            let process = l.process.as_deref().map(|p| format!(" ({p})")).unwrap_or_default();
            format!("{}/{}{process}", address(&l.address, l.port), l.protocol)
        })
        .collect();
    let text = |ip: Option<std::net::IpAddr>| ip.map(|ip| ip.to_string()).unwrap_or_default();
    context.face.pairs(&[
        ("system", facts.os_name.clone()),
        ("kernel", format!("{} {}", facts.kernel, facts.arch)),
        ("host name", facts.hostname.clone()),
        ("processors", facts.cpus.to_string()),
        ("memory", mib(facts.memory)),
        ("disk", format!("{}, {} free", mib(facts.disk), mib(facts.disk_free))),
        ("init", facts.init.clone()),
        ("uid", facts.uid.to_string()),
        ("firewall", facts.firewall.clone()),
        ("listens", listeners.join(", ")),
        ("boot id", facts.boot_id.clone()),
        ("clock offset", format!("{} ms", facts.clock_offset_ms)),
        ("we come from", text(facts.peer)),
        ("taken", facts.taken_at.map(table::time).unwrap_or_default()),
    ])?;
    Ok(())
}
