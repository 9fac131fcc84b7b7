//! `brokeforge undo`: takes back what was changed last, where an inverse exists.

use super::{Context, Halt, caution::Question, firewall, json, operation, server, table, watch};
use crate::domain::{Action, Failure, ResourceId, Server, input::same_name};
use crate::fleet::{Fleet, Inverse, Target, Undo};

/// Whose last change.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Rules and other resources added, changed or removed, a firewall turned on or off, \
    and a server's name, address, port and tags have a way back. Added and removed servers, trusted \
    host keys, a changed login, sealed values, what keeps data, and commands have none; that is \
    said, and nothing is done."
)]
pub struct Command {
    /// The server's name or id
    #[arg(value_name = "SERVER")]
    server: String,
    /// The name or id of a rule or of another resource; without one it is what was changed last on
    /// the server
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Print what would be done, change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(command: Command, context: &mut Context) -> Result<u8, Halt> {
    let of = context.fleet.find_server(&command.server)?;
    let target = match &command.name {
        Some(name) => Target::Resource(of.id, named(context, &of, name)?),
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

/// The resource of that name, whatever its kind.
fn named(context: &Context, server: &Server, name: &str) -> Result<ResourceId, Halt> {
    let rule = context.fleet.find_rule(server.id, name);
    let others = context.fleet.resources_of(None, Some(server.id))?;
    let mut others = others.iter().filter(|view| {
        same_name(&view.name, name) || view.resource.id.to_string() == name.to_ascii_lowercase()
    });
    match (rule, others.next(), others.next()) {
        (Ok(rule), None, _) => Ok(rule.id),
        (Err(_), Some(one), None) => Ok(one.resource.id),
        (Err(none), None, _) => Err(none.into()),
        _ => Err(Failure::input(format!("More than one thing on “{}” is “{name}”.", server.name))
            .remedy("Give its id.")
            .into()),
    }
}

async fn dry_run(undo: &Undo, context: &mut Context) -> Result<u8, Halt> {
    let (kind, action, rule, line, at) = match &undo.inverse {
        Inverse::RemoveResource(_) | Inverse::EditResource(..) | Inverse::AddResource { .. } => {
            context.unlock().await?;
            let plan = context.fleet.preview_undo(undo).await?;
            return firewall::preview(context, &plan);
        }
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
