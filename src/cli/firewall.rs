//! `brokeforge firewall`.

use super::{Context, Halt, caution::Question, json, rule, table, watch};
use crate::domain::{Action, Deed, Status};
use crate::fleet::{FirewallView, Fleet, Preview};

/// What to do with a server's firewall.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Turn it on: install ufw if it is missing, deny what no rule lets in, keep SSH open
    Enable(Switch),
    /// Turn it off; the rules stay on record
    Disable(Switch),
    /// Show it as it was last seen
    Show {
        /// The server's name or id
        server: String,
    },
    /// Ask the host, then show it
    Check {
        /// The server's name or id
        server: String,
    },
}

/// Turning it on or off.
#[derive(Debug, clap::Args)]
pub struct Switch {
    /// The server's name or id
    server: String,
    /// Print the steps, change nothing
    #[arg(long)]
    dry_run: bool,
    #[cfg(debug_assertions)]
    #[arg(long, hide = true)]
    skip_admission: bool,
}

pub(super) async fn run(command: Command, context: &mut Context) -> Result<u8, Halt> {
    match command {
        Command::Enable(switch) => turn(switch, true, context).await,
        Command::Disable(switch) => turn(switch, false, context).await,
        Command::Show { server } => {
            let server = context.fleet.find_server(&server)?;
            let view = context.fleet.firewall(server.id)?;
            context.mention_unfinished()?;
            print(context, &view)?;
            Ok(0)
        }
        Command::Check { server } => {
            let server = context.fleet.find_server(&server)?;
            context.unlock().await?;
            let view = context.fleet.check_firewall(server.id).await?;
            context.mention_unfinished()?;
            print(context, &view)?;
            Ok(0)
        }
    }
}

async fn turn(switch: Switch, on: bool, context: &mut Context) -> Result<u8, Halt> {
    let server = context.fleet.find_server(&switch.server)?;
    #[cfg(debug_assertions)]
    skip_admission(context, switch.skip_admission);
    if switch.dry_run {
        context.unlock().await?;
        context.mention_unfinished()?;
        let action = if on { Action::Install } else { Action::Remove };
        let plan = context.fleet.preview(server.id, Fleet::FIREWALL, action, None, None, None);
        let plan = plan.await?;
        return preview(context, &plan);
    }
    let rules = context.fleet.firewall(server.id)?.rules;
    let kept_out = |rule: &crate::fleet::RuleView| format!("“{}” is not enforced", rule.line);
    let (deed, hanging, word) = match on {
        true => (Deed::EnableFirewall, Vec::new(), "on"),
        false => (Deed::DisableFirewall, rules.iter().map(kept_out).collect(), "off"),
    };
    let text = format!("Turn the firewall of “{}” {word}?", server.name);
    context.ask_before(&Question { deed, servers: &[&server], hanging: &hanging, text })?;
    context.ready(&[server.id]).await?;
    let started = match on {
        true => context.fleet.enable_firewall(server.id).await?,
        false => context.fleet.disable_firewall(server.id).await?,
    };
    let operation = watch::to_end(context, started.operation).await?;
    let view = context.fleet.firewall(server.id)?;
    print(context, &view)?;
    watch::tell(context, &operation);
    context.finish().await?;
    Ok(watch::code(&operation))
}

/// Test builds alone: lets plans through that would lock us out.
#[cfg(debug_assertions)]
pub(super) fn skip_admission(context: &mut Context, skip: bool) {
    if skip {
        context.fleet = context.fleet.clone().without_admission();
    }
}

/// Prints the steps of a plan as they would be sent.
pub(super) fn preview(context: &mut Context, plan: &Preview) -> Result<u8, Halt> {
    if context.face.json {
        context.face.object(plan)?;
        return Ok(0);
    }
    for note in &plan.notes {
        context.face.line(&table::one_line(note))?;
    }
    let (mut milestone, mut depth) = ("", 0);
    for step in &plan.steps {
        // what a child does stands below it
        let room = "    ".repeat(step.depth.into());
        if (step.milestone.as_str(), step.depth) != (milestone, depth) {
            (milestone, depth) = (&step.milestone, step.depth);
            context.face.line(&format!("{room}== {milestone}"))?;
        }
        let place = if step.remote { "on the host" } else { "here" };
        context.face.line(&format!("{room}-- {} ({place})", step.name))?;
        for line in super::output::cleaned(step.text.as_bytes()).trim_end().lines() {
            context.face.line(format!("{room}{line}").trim_end())?;
        }
    }
    context.face.note(&format!("Nothing was changed on {}.", plan.server));
    Ok(0)
}

fn print(context: &mut Context, view: &FirewallView) -> Result<(), Halt> {
    if context.face.json {
        return Ok(context.face.object(&json::FirewallObject::from(view))?);
    }
    let or_unknown = |text: Option<String>| text.unwrap_or_else(|| "not known".into());
    let mut pairs = vec![
        ("status", view.status.map_or("not enabled", Status::as_str).to_owned()),
        ("in force", or_unknown(view.enabled.map(|on| if on { "yes" } else { "no" }.to_owned()))),
        ("default in", or_unknown(view.default_in.clone())),
        ("ufw", or_unknown(view.version.clone())),
    ];
    if let Some((address, port)) = view.peer {
        pairs.push(("we come from", format!("{address}, to port {port}")));
    }
    if let Some((admitted, by)) = &view.admits {
        pairs.push((
            "a new login",
            format!("{}: {by}", if *admitted { "gets in" } else { "is kept out" }),
        ));
    }
    pairs.push(("seen", or_unknown(view.taken_at.map(table::time))));
    if let Some(error) = &view.error {
        pairs.push(("error", error.message.clone()));
    }
    pairs.extend(view.notes.iter().map(|note| ("note", note.clone())));
    context.face.pairs(&pairs)?;
    context.face.line("")?;
    rule::table(context, &view.rules)?;
    if !view.foreign.is_empty() {
        context.face.line("")?;
        let rows: Vec<Vec<String>> = view
            .foreign
            .iter()
            .map(|r| vec![r.position.to_string(), r.family.clone(), r.line.clone()])
            .collect();
        context.face.table(&["#", "family", "not ours"], &rows, "")?;
    }
    Ok(())
}
