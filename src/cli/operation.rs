//! `brokeforge operation`.

mod print;

use super::{Context, Halt, caution::Question, json, passphrase, resource, watch};
use crate::domain::{Deed, Failure, FailureKind, Login, Operation, OperationId};
use crate::fleet::{Consent, Output, ServerEdit, Stream};

/// What to do with operations.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List the operations, newest first
    List,
    /// Show one: its steps as they were sent, how they went, and why it failed
    Show {
        /// Its id
        id: String,
    },
    /// List the milestones it reached
    Events {
        /// Its id
        id: String,
    },
    /// Print the output of its steps; follows it while it runs
    Log {
        /// Its id
        id: String,
    },
    /// Explain a step: what ran, how it ended, how to try it by hand, earlier failures
    Explain {
        /// The operation's id
        id: String,
        /// The step's number, from 1; without it the one that failed, else the last begun
        #[arg(long)]
        step: Option<usize>,
    },
    /// Stop it before its next step, and wait for its end
    Cancel {
        /// Its id
        id: String,
    },
    /// Repeat it as a new operation
    Retry {
        /// Its id
        id: String,
        /// Log in with a password until our own key is there: it is asked for, or read from the
        /// standard input; used once, never stored
        #[arg(long)]
        password: bool,
        /// Read that password from this file descriptor
        #[arg(long, value_name = "N", requires = "password")]
        password_fd: Option<u32>,
        /// Answer what it asked; may be given more than once
        #[arg(long, value_name = "KEY=WORD", value_parser = resource::pair)]
        answer: Vec<(String, String)>,
    },
}

pub(super) async fn run(command: Command, context: &mut Context) -> Result<u8, Halt> {
    match command {
        Command::List => print::list(context),
        Command::Show { id } => {
            let operation = context.fleet.operation(read(&id)?)?;
            context.mention_unfinished()?;
            print::whole(context, &operation)?;
            Ok(0)
        }
        Command::Events { id } => {
            let events = context.fleet.events(read(&id)?)?;
            context.mention_unfinished()?;
            print::events(context, &events)?;
            Ok(0)
        }
        Command::Log { id } => {
            let id = read(&id)?;
            let operation = context.fleet.operation(id)?;
            context.mention_unfinished()?;
            if operation.has_others_inside() {
                context.face.note(&format!(
                    "What runs inside it has output of its own: `brokeforge operation show {id}` \
                     names it."
                ));
            }
            log(id, context).await?;
            Ok(0)
        }
        Command::Explain { id, step } => {
            let step = step.map(|step| {
                step.checked_sub(1).ok_or_else(|| Failure::input("Steps are counted from 1."))
            });
            let explanation = context.fleet.explain(read(&id)?, step.transpose()?)?;
            context.mention_unfinished()?;
            print::explanation(context, &explanation)?;
            Ok(0)
        }
        Command::Cancel { id } => {
            let id = read(&id)?;
            let operation = context.fleet.operation(id)?;
            ask(Deed::Cancel, &operation, context)?;
            context.unlock().await?;
            context.take_up().await?;
            // what was taken up may have ended by itself in this moment
            if !operation.outcome.is_end() && context.fleet.operation(id)?.outcome.is_end() {
                context.face.note("It was over before it could be cancelled.");
            } else {
                context.fleet.cancel(id).await?;
            }
            let operation = watch::to_end(context, id).await?;
            print::brief(context, &operation)?;
            context.finish().await?;
            Ok(0)
        }
        Command::Retry { id, password, password_fd, answer } => {
            let id = read(&id)?;
            let operation = context.fleet.operation(id)?;
            ask(Deed::Retry, &operation, context)?;
            let password = match password {
                true => {
                    let server = context.fleet.server(operation.server)?;
                    let prompt = format!("Password of {} on {}: ", server.user, server.name);
                    Some(passphrase::password(password_fd, context.face.can_ask, &prompt)?)
                }
                false => None,
            };
            context.ready(&[operation.server]).await?;
            if password.is_some() {
                let login = Some(Login::Password);
                let edit = ServerEdit { login, passphrase: password, ..ServerEdit::default() };
                context.fleet.edit_server(operation.server, edit, Consent::Yes).await?;
            }
            let started = match answer.is_empty() {
                true => context.fleet.retry(id).await?,
                false => context.fleet.answer(id, answer.into_iter().collect()).await?,
            };
            let operation = resource::to_end(context, &started).await?;
            print::brief(context, &operation)?;
            watch::tell(context, &operation);
            context.finish().await?;
            Ok(watch::code(&operation))
        }
    }
}

/// Asks before something is done with an operation; one whose server is gone asks nothing more.
fn ask(deed: Deed, operation: &Operation, context: &mut Context) -> Result<(), Halt> {
    context.fleet.may_change()?;
    let Ok(server) = context.fleet.server(operation.server) else { return Ok(()) };
    let what = if deed == Deed::Cancel { "Cancel" } else { "Repeat" };
    let text = format!("{what} “{}” on “{}”?", operation.what(), server.name);
    context.ask_before(&Question { deed, servers: &[&server], hanging: &[], text })
}

/// Prints an operation's record.
pub(super) use print::brief;

fn read(id: &str) -> Result<OperationId, Failure> {
    id.trim().to_ascii_lowercase().parse().map_err(|_| {
        Failure::new(FailureKind::Input, format!("“{id}” is not the id of an operation."))
            .remedy("`brokeforge operation list` shows them.")
    })
}

async fn log(id: OperationId, context: &mut Context) -> Result<(), Halt> {
    let ours = !context.fleet.unfinished_operations()?.iter().any(|op| op.id == id);
    if !ours {
        context.face.note("It is not over; this is its output so far.");
    }
    let mut follow = context.fleet.follow(id)?;
    while let Some(output) = follow.next().await {
        match output {
            Output::Piece { stream, bytes, .. } if context.face.json => {
                let stream = if stream == Stream::Err { "stderr" } else { "stdout" };
                let text = String::from_utf8_lossy(&bytes);
                context.face.object(&json::PieceView { stream, text: &text })?;
            }
            Output::Piece { stream, bytes, .. } => {
                context.face.piece(stream == Stream::Err, &bytes)?;
            }
            Output::Lost(bytes) => {
                context.face.note(&format!("{bytes} bytes of output were not kept."));
            }
        }
    }
    Ok(())
}
