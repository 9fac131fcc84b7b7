//! `brokeforge watch`: every change as it happens, from whichever process.
//!
//! A change says only what changed; how it is now is read again, so of two changes in quick
//! succession both lines may tell the later state.

use std::collections::HashMap;

use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};

use super::{Context, Halt, json, table};
use crate::domain::{
    Change, ChangeKind, Failure, FailureKind, Operation, Outcome, Resource, ServerId, Time,
    rule::RuleFields,
};
use crate::fleet::{Fleet, Handed, Notice, Scope, VaultState};

/// What to watch.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
One line a change, until ctrl-C. With --json one object a line: seq, time, kind (server, facts, \
    resource, operation, event or package), id, server, site, and as it is now: server_name, what, \
    status (null when it is gone), progress (of operations), error. Lost changes are told as \
    {\"lost\": n}, a store that changed hands as {\"handed\": \"here\" or \"there\"}.")]
pub struct Command {
    /// Only this server's changes
    server: Option<String>,
}

/// A change and how its record is now.
#[derive(Debug, Serialize)]
struct ChangeView<'a> {
    seq: u64,
    time: json::At,
    kind: ChangeKind,
    id: &'a str,
    server: Option<ServerId>,
    site: Option<String>,
    server_name: Option<&'a str>,
    #[serde(flatten)]
    now: &'a Now,
}

/// How a record is now.
#[derive(Debug, Default, Serialize)]
struct Now {
    what: String,
    /// `None` when the record is gone.
    status: Option<String>,
    progress: Option<u8>,
    error: Option<String>,
}

#[derive(Debug, Serialize)]
struct Lost {
    lost: u64,
}

#[derive(Debug, Serialize)]
struct HandedView {
    handed: &'static str,
}

pub(super) async fn run(command: Command, context: &mut Context) -> Result<u8, Halt> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let scope = match command.server {
        Some(name) => Scope::Server(context.fleet.find_server(&name)?.id),
        None => Scope::All,
    };
    let mut changes = context.fleet.subscribe(scope);
    let servers = context.fleet.servers()?;
    let mut names: HashMap<ServerId, String> =
        servers.into_iter().map(|server| (server.id, server.name)).collect();
    context.mention_unfinished()?;
    loop {
        let notice = tokio::select! {
            _ = interrupt.recv() => return Ok(0),
            _ = terminate.recv() => return Ok(0),
            notice = changes.next() => notice,
        };
        match notice {
            Some(Notice::Change(change)) => tell(context, &change, &mut names)?,
            // No record changed.
            Some(Notice::Unlocked) => {}
            Some(Notice::Lost(lost)) if context.face.json => {
                context.face.object(&Lost { lost })?;
            }
            Some(Notice::Lost(lost)) => {
                context.face.line(&format!("{lost} changes came too fast and are not shown."))?;
            }
            Some(Notice::Handed(handed)) => taken_over(context, handed).await?,
            None => return Err(context.fleet.over().into()),
        }
        context.face.flush()?;
    }
}

/// Says who has the store now. What was under way is taken up where nobody need be asked for a
/// passphrase.
async fn taken_over(context: &mut Context, handed: Handed) -> Result<(), Halt> {
    if context.face.json {
        let handed = if handed.here { "here" } else { "there" };
        context.face.object(&HandedView { handed })?;
    } else {
        context.face.line(handed.sentence())?;
    }
    if handed.vault != VaultState::Absent && !handed.wants_passphrase {
        context.fleet.unlock(None).await?;
        context.fleet.recover().await?;
    } else if handed.here && handed.vault == VaultState::Locked {
        context.mention_unfinished()?;
    }
    Ok(())
}

fn tell(
    context: &mut Context,
    change: &Change,
    names: &mut HashMap<ServerId, String>,
) -> Result<(), Halt> {
    let server = match change.kind {
        ChangeKind::Server => change.id.parse().ok(),
        _ => change.server,
    };
    if change.kind == ChangeKind::Server
        && let Some(id) = server
        && let Some(found) = unless_gone(context.fleet.server(id))?
    {
        names.insert(id, found.name);
    }
    let now = now(&context.fleet, change, server)?;
    let name = server.and_then(|id| names.get(&id)).map(String::as_str);
    if context.face.json {
        context.face.object(&ChangeView {
            seq: change.seq,
            time: json::At(change.time),
            kind: change.kind,
            id: &change.id,
            server,
            site: change.site.map(|id| id.to_string()),
            server_name: name,
            now: &now,
        })?;
        return Ok(());
    }
    let shown = server.map(|id| id.to_string());
    let name = name.or(shown.as_deref()).unwrap_or("the fleet");
    context.face.line(&format!("{}  {}", clock(change.time), sentence(change, name, &now)))?;
    Ok(())
}

fn now(fleet: &Fleet, change: &Change, server: Option<ServerId>) -> Result<Now, Failure> {
    let Some(server) = server else { return Ok(Now::default()) };
    let gone = |what: &str| Now { what: what.to_owned(), ..Now::default() };
    Ok(match change.kind {
        ChangeKind::Server => match unless_gone(fleet.server(server))? {
            Some(found) => Now {
                what: "server".to_owned(),
                status: Some(found.status.to_string()),
                error: found.error.map(|e| e.message),
                ..Now::default()
            },
            None => gone("server"),
        },
        ChangeKind::Facts => match fleet.facts(server)? {
            Some(facts) => Now {
                what: format!("facts: {}", table::one_line(&facts.os_name)),
                status: Some("known".to_owned()),
                ..Now::default()
            },
            None => gone("facts"),
        },
        ChangeKind::Resource => {
            let found = match change.id.parse() {
                Ok(id) => unless_gone(fleet.resource(server, id))?,
                Err(_) => None,
            };
            match found {
                Some(found) => Now {
                    what: called(&found),
                    status: Some(found.status.to_string()),
                    error: found.error.map(|e| e.message),
                    ..Now::default()
                },
                None => gone(&format!("resource {}", change.id)),
            }
        }
        ChangeKind::Operation => match operation(fleet, &change.id)? {
            Some(found) => Now {
                what: found.what(),
                status: Some(found.outcome.to_string()),
                progress: Some(found.progress.percent()),
                error: found.error.map(|e| e.message),
            },
            None => gone(&format!("operation {}", change.id)),
        },
        ChangeKind::Event => {
            let (id, number) = change.id.split_once('/').unwrap_or((&change.id, ""));
            let events = match id.parse() {
                Ok(id) => unless_gone(fleet.events(id))?.unwrap_or_default(),
                Err(_) => Vec::new(),
            };
            match events.into_iter().find(|event| event.number.to_string() == number) {
                Some(event) => Now {
                    what: event.milestone,
                    status: Some(format!("{} of {}", event.step, event.of)),
                    progress: Some(event.progress),
                    error: event.error.map(|e| e.message),
                },
                None => gone("milestone"),
            }
        }
        ChangeKind::Package => {
            let id = |kind: &str, name: &str| format!("{server}/{kind}/{name}");
            let mut all = fleet.packages(Some(server))?.into_iter();
            match all.find(|package| id(&package.kind, &package.name) == change.id) {
                Some(found) => Now {
                    what: format!("package {} {}", found.kind, found.name),
                    status: Some(found.status.to_string()),
                    ..Now::default()
                },
                None => gone(&format!(
                    "package {}",
                    change.id.split('/').skip(1).collect::<Vec<_>>().join(" ")
                )),
            }
        }
    })
}

fn sentence(change: &Change, name: &str, now: &Now) -> String {
    let what = table::one_line(&now.what);
    let because = now.error.as_deref().map(|why| format!(": {}", table::one_line(why)));
    let because = because.unwrap_or_else(|| ".".to_owned());
    match (change.kind, &now.status) {
        (ChangeKind::Server, Some(status)) => format!("Server “{name}” is {status}{because}"),
        (ChangeKind::Server, None) => format!("Server “{name}” is gone."),
        (ChangeKind::Facts, Some(_)) => format!("“{name}” answered about itself: {what}."),
        (ChangeKind::Operation, Some(status)) => {
            let far = match now.progress {
                Some(percent @ 1..) if status == Outcome::Running.as_str() => {
                    format!(" ({percent} %)")
                }
                _ => String::new(),
            };
            let id = &change.id;
            format!("Operation {id} on “{name}”, {what}, is {status}{far}{because}")
        }
        (ChangeKind::Event, Some(status)) => {
            let operation = change.id.split('/').next().unwrap_or_default();
            format!("Operation {operation} on “{name}” reached {what} ({status}){because}")
        }
        (_, Some(status)) => format!("On “{name}”, {what} is {status}{because}"),
        (_, None) => format!("On “{name}”, {what} is gone."),
    }
}

fn operation(fleet: &Fleet, id: &str) -> Result<Option<Operation>, Failure> {
    match id.parse() {
        Ok(id) => unless_gone(fleet.operation(id)),
        Err(_) => Ok(None),
    }
}

/// What people call a resource.
fn called(resource: &Resource) -> String {
    match resource.kind.as_str() {
        Fleet::RULE => match resource.read::<RuleFields>() {
            Ok(fields) => format!("rule “{}”", fields.spec),
            Err(_) => format!("rule {}", resource.id),
        },
        Fleet::FIREWALL => "the firewall".to_owned(),
        Fleet::COMMAND => format!("command {}", resource.id),
        kind => format!("{kind} {}", resource.id),
    }
}

fn unless_gone<T>(read: Result<T, Failure>) -> Result<Option<T>, Failure> {
    match read {
        Ok(record) => Ok(Some(record)),
        Err(failure) if failure.kind == FailureKind::NotFound => Ok(None),
        Err(failure) => Err(failure),
    }
}

fn clock(time: Time) -> String {
    time.to_zoned(jiff::tz::TimeZone::system()).strftime("%H:%M:%S").to_string()
}
