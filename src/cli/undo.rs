//! `brokeforge undo`: takes back what was changed last, where an inverse exists.

use super::{Context, Halt, caution::Question, firewall, json, operation, server, table, watch};
use crate::domain::{Action, Failure};
use crate::fleet::{Fleet, Inverse, Target, Undo};

/// Whose last change.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Rules added, changed or removed, a firewall turned on or off, and a server's \
    name, address, port and tags have a way back. Added and removed servers, trusted host keys, a \
    changed login and commands have none; that is said, and nothing is done."
)]
pub struct Command {
    /// The server's name or id
    #[arg(value_name = "SERVER")]
    server: String,
    /// The rule's id or name; without one it is what was changed last on the server
    #[arg(value_name = "RULE")]
    rule: Option<String>,
    /// Print what would be done, change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(command: Command, context: &mut Context) -> Result<u8, Halt> {
    let of = context.fleet.find_server(&command.server)?;
    let target = match &command.rule {
        Some(rule) => Target::Rule(of.id, context.fleet.find_rule(of.id, rule)?.id),
        None => Target::Server(of.id),
    };
    let undo = context.fleet.undo_of(target)?;
    let (was, will) = (table::one_line(&undo.was), table::one_line(&undo.will));
    context.face.note(&format!("undoes: {was} ({}). {will}", table::time(undo.at)));
    if command.dry_run {
        return dry_run(&undo, context).await;
    }
    let servers = [&of];
    let deed = undo.inverse.deed();
    let text = format!("Undo it on “{}”?", of.name);
    context.ask_before(&Question { deed, servers: &servers, hanging: &[], text })?;
    match undo.inverse {
        Inverse::EditServer => context.ready_for_records(of.id).await?,
        _ => context.ready(&[of.id]).await?,
    }
    let Some(started) = context.fleet.undo(&undo).await? else {
        let server = context.fleet.server(of.id)?;
        server::show(context, &server)?;
        context.finish().await?;
        return Ok(0);
    };
    let operation = watch::to_end(context, started.operation).await?;
    if context.face.json {
        context.face.object(&json::OperationView::from(&operation))?;
    } else {
        operation::brief(context, &operation)?;
    }
    watch::tell(context, &operation);
    context.finish().await?;
    Ok(watch::code(&operation))
}

async fn dry_run(undo: &Undo, context: &mut Context) -> Result<u8, Halt> {
    let (kind, action, rule, line, at) = match &undo.inverse {
        Inverse::RemoveRule(rule) => (Fleet::RULE, Action::Remove, Some(*rule), None, None),
        Inverse::EditRule(rule, line) => {
            (Fleet::RULE, Action::Update, Some(*rule), Some(line.as_str()), None)
        }
        Inverse::AddRule { line, at, .. } => {
            (Fleet::RULE, Action::Install, None, Some(line.as_str()), Some(*at))
        }
        Inverse::EnableFirewall => (Fleet::FIREWALL, Action::Install, None, None, None),
        Inverse::DisableFirewall => (Fleet::FIREWALL, Action::Remove, None, None, None),
        Inverse::EditServer => {
            return Err(Failure::input(
                "Only the record would be changed, so there are no steps to show.",
            )
            .into());
        }
    };
    context.unlock().await?;
    let plan = context.fleet.preview(undo.server, kind, action, rule, line, at).await?;
    firewall::preview(context, &plan)
}
