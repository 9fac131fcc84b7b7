//! `brokeforge exec`: a command on servers, side by side, one operation each.

use futures::future::join_all;
use futures::stream::{FuturesUnordered, StreamExt};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use super::{Context, Halt, caution::Question, json, output, table, watch};
use crate::domain::{ChangeKind, Deed, Failure, OperationId, Server, ServerId};
use crate::fleet::{Fleet, Notice, Output, Scope, Stream};

/// A command and where to run it.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The words after -- are one argument vector; each reaches the command as it \
    is. For a shell: exec SERVER -- sh -c 'uptime; df -h'. The exit code is 1 if any failed. With \
    --json the operations are printed, not their output; `operation log ID` has it."
)]
pub struct Command {
    /// The servers' names or ids
    #[arg(required = true, value_name = "SERVER")]
    servers: Vec<String>,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// Pieces waiting to be printed; a full queue holds back the followers, which count their loss.
const QUEUE: usize = 64;

pub(super) async fn run(command: Command, context: &mut Context) -> Result<u8, Halt> {
    let mut servers: Vec<Server> = Vec::new();
    for name in &command.servers {
        let server = context.fleet.find_server(name)?;
        if servers.iter().all(|other| other.id != server.id) {
            servers.push(server);
        }
    }
    let ids: Vec<ServerId> = servers.iter().map(|s| s.id).collect();
    let all: Vec<&Server> = servers.iter().collect();
    let text = format!("Run it on {} server(s)?", all.len());
    context.ask_before(&Question { deed: Deed::Run, servers: &all, hanging: &[], text })?;
    context.ready(&ids).await?;
    // at once, so that their records share what it costs to write one
    let begun = servers.iter().map(|server| context.fleet.exec(server.id, command.command.clone()));
    let begun: Result<Vec<_>, Failure> = join_all(begun).await.into_iter().collect();
    let started: Vec<_> = begun?.into_iter().map(|started| started.operation).collect();
    follow(context, &servers, &started).await?;
    let mut codes = Vec::new();
    for (id, server) in started.into_iter().zip(&servers) {
        let operation = context.fleet.wait(id).await?;
        if context.face.json {
            context.face.object(&json::OperationView::from(&operation))?;
        } else if servers.len() == 1 && watch::code(&operation) == 0 {
            // the output is all there is to say
        } else {
            context.face.note(&format!("{}: {id} {}", server.name, operation.outcome));
        }
        watch::tell(context, &operation);
        codes.push(watch::code(&operation));
    }
    context.finish().await?;
    Ok(watch::worst(codes))
}

/// Prints the output of all until the last is over.
async fn follow(
    context: &mut Context,
    servers: &[Server],
    started: &[OperationId],
) -> Result<(), Halt> {
    let (send, mut receive) = mpsc::channel::<(usize, Output)>(QUEUE);
    let followers: FuturesUnordered<_> = started
        .iter()
        .enumerate()
        .map(|(i, id)| one(context.fleet.clone(), i, *id, send.clone()))
        .collect();
    drop(send);
    let mut followers = std::pin::pin!(followers.collect::<Vec<_>>());
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut prefixed: Vec<Prefixed> = servers
        .iter()
        .map(|s| Prefixed::new((servers.len() > 1).then(|| format!("{}: ", s.name))))
        .collect();
    let mut all_sent = false;
    let mut changes = context.fleet.subscribe(Scope::All);
    let mut told = vec![None; started.len()];
    waits(context, servers, started, None, &mut told)?;
    loop {
        tokio::select! {
            biased;
            _ = interrupt.recv() => return Err(detached(context, started)),
            piece = receive.recv() => match piece {
                Some((i, piece)) => {
                    if let Some(prefixed) = prefixed.get_mut(i) {
                        prefixed.print(context, piece)?;
                    }
                }
                None => break,
            },
            notice = changes.next(), if !all_sent => {
                let of = match notice {
                    Some(Notice::Change(change)) if change.kind == ChangeKind::Operation => {
                        Some(change.id)
                    }
                    Some(Notice::Change(_) | Notice::Unlocked) => continue,
                    Some(Notice::Lost(_)) => None,
                    Some(Notice::Handed(handed)) => {
                        context.handed(handed).await?;
                        None
                    }
                    None => return Err(context.fleet.over().into()),
                };
                waits(context, servers, started, of.as_deref(), &mut told)?;
            }
            results = &mut followers, if !all_sent => {
                all_sent = true;
                for result in results {
                    result?;
                }
            }
        }
    }
    for prefixed in &mut prefixed {
        prefixed.end(context)?;
    }
    Ok(())
}

/// Says on a terminal what the operations, or one of them, wait for when it is something else.
fn waits(
    context: &mut Context,
    servers: &[Server],
    started: &[OperationId],
    of: Option<&str>,
    told: &mut [Option<String>],
) -> Result<(), Halt> {
    if !context.face.err_is_terminal {
        return Ok(());
    }
    for ((id, server), told) in started.iter().zip(servers).zip(told) {
        if of.is_some_and(|of| of != id.to_string()) {
            continue;
        }
        let operation = context.fleet.operation(*id)?;
        if operation.waits_for != *told {
            told.clone_from(&operation.waits_for);
            if let Some(why) = told {
                context.face.note(&format!("{}: waits for {}", server.name, table::one_line(why)));
            }
        }
    }
    Ok(())
}

fn detached(context: &mut Context, started: &[OperationId]) -> Halt {
    let open: Vec<OperationId> = started
        .iter()
        .copied()
        .filter(|id| context.fleet.operation(*id).is_ok_and(|op| !op.outcome.is_end()))
        .collect();
    watch::detached(context, &open)
}

async fn one(
    fleet: Fleet,
    index: usize,
    id: OperationId,
    to: mpsc::Sender<(usize, Output)>,
) -> Result<(), Halt> {
    let mut follow = fleet.follow(id)?;
    while let Some(piece) = follow.next().await {
        if to.send((index, piece)).await.is_err() {
            break;
        }
    }
    fleet.wait(id).await?;
    Ok(())
}

/// Puts a server's name before each of its lines.
struct Prefixed {
    name: Option<String>,
    /// The begun line of each stream.
    begun: [Vec<u8>; 2],
}

/// A line longer than this is passed on in pieces.
const LONGEST: usize = 64 * 1024;

impl Prefixed {
    fn new(name: Option<String>) -> Self {
        Self { name, begun: [Vec::new(), Vec::new()] }
    }

    fn print(&mut self, context: &mut Context, piece: Output) -> Result<(), Halt> {
        let (stream, bytes) = match piece {
            Output::Piece { stream, bytes, .. } => (stream, bytes),
            Output::Lost(bytes) => {
                context.face.note(&format!(
                    "{bytes} bytes of output are missing here; the log has the first 16 MiB of a step."
                ));
                return Ok(());
            }
        };
        if context.face.json {
            return Ok(());
        }
        let to_err = stream == Stream::Err;
        let Some(name) = &self.name else {
            return Ok(context.face.piece(to_err, &bytes)?);
        };
        let [out, err] = &mut self.begun;
        let begun = if to_err { err } else { out };
        begun.extend_from_slice(&bytes);
        while let Some(end) = begun
            .iter()
            .position(|b| *b == b'\n')
            .map(|i| i + 1)
            .or_else(|| (begun.len() > LONGEST).then_some(begun.len()))
        {
            let line: Vec<u8> = begun.drain(..end).collect();
            context.face.piece(to_err, &output::lined(name, &line))?;
        }
        Ok(())
    }

    fn end(&mut self, context: &mut Context) -> Result<(), Halt> {
        let Some(name) = &self.name else { return Ok(()) };
        for (begun, to_err) in self.begun.iter_mut().zip([false, true]) {
            if !begun.is_empty() {
                context.face.piece(to_err, &output::lined(name, begun))?;
            }
        }
        Ok(())
    }
}
