//! `brokeforge provision` and `brokeforge profile`: a profile onto servers, side by side, one
//! operation each.

use std::collections::BTreeMap;

use super::{
    Context, Halt,
    caution::Question,
    firewall, json,
    progress::{self, Begun},
    resource, table, watch,
};
use crate::domain::{Deed, Failure, Operation, OperationId, Server, StepOutcome};
use crate::fleet::ProfileView;

/// What to bring, and where to.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "`brokeforge profile list` tells the profiles. What is there already is looked at \
    and left; after a failure the same command goes on where it ended."
)]
pub struct Command {
    /// The servers' names or ids
    #[arg(value_name = "SERVER", required = true)]
    servers: Vec<String>,
    /// What to bring
    #[arg(long, value_name = "NAME")]
    profile: String,
    /// Set something of the profile; may be given more than once
    #[arg(long, value_name = "NAME=VALUE", value_parser = set)]
    set: Vec<(String, String)>,
    /// Answer a question beforehand; may be given more than once
    #[arg(long, value_name = "KEY=WORD", value_parser = resource::pair)]
    answer: Vec<(String, String)>,
    /// Print the steps, change nothing
    #[arg(long)]
    dry_run: bool,
}

/// What to tell of profiles.
#[derive(Debug, clap::Subcommand)]
pub enum Profiles {
    /// List them, ours and your own
    List,
    /// Show one: what it brings, and what can be set of it
    Show {
        /// Its name
        name: String,
    },
}

pub(super) fn set(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("it is not of the form NAME=VALUE".to_owned()),
    }
}

pub(super) async fn run(command: Command, context: &mut Context) -> Result<u8, Halt> {
    let Command { servers: names, profile, set, answer, dry_run } = command;
    let sets: BTreeMap<String, String> = set.into_iter().collect();
    let answers: BTreeMap<String, String> = answer.into_iter().collect();
    let mut servers: Vec<Server> = Vec::new();
    for name in names {
        let server = context.fleet.find_server(&name)?;
        if !servers.iter().any(|known| known.id == server.id) {
            servers.push(server);
        }
    }
    if dry_run {
        return look(context, &servers, &profile, sets, answers).await;
    }
    let these: Vec<&Server> = servers.iter().collect();
    let names: Vec<String> = servers.iter().map(|s| format!("“{}”", s.name)).collect();
    let text = format!("Bring the profile “{profile}” to {}?", names.join(", "));
    let deed = Deed::Provision;
    context.ask_before(&Question { deed, servers: &these, hanging: &[], text })?;
    let ids: Vec<_> = servers.iter().map(|server| server.id).collect();
    context.ready(&ids).await?;
    let (mut begun, mut codes) = (Vec::new(), Vec::new());
    for server in servers {
        let asked =
            context.fleet.provision(server.id, &profile, sets.clone(), answers.clone()).await;
        match asked {
            Ok(started) => begun.push(Begun { server, operation: started.operation }),
            // what is wrong with the profile is so for all
            Err(failure) if begun.is_empty() && codes.is_empty() => return Err(failure.into()),
            Err(mut failure) => {
                failure.host.get_or_insert_with(|| server.place());
                codes.push(failure.kind.exit_code());
                context.face.tell_failure(&failure);
            }
        }
    }
    let done = to_end(context, &mut begun).await?;
    print(context, &done)?;
    for (_, operation) in &done {
        watch::tell(context, operation);
        codes.push(watch::code(operation));
    }
    context.finish().await?;
    Ok(watch::worst(codes))
}

async fn look(
    context: &mut Context,
    servers: &[Server],
    profile: &str,
    sets: BTreeMap<String, String>,
    answers: BTreeMap<String, String>,
) -> Result<u8, Halt> {
    context.unlock().await?;
    context.mention_unfinished()?;
    let several = servers.len() > 1;
    let mut codes = Vec::new();
    for server in servers {
        let mut answers = answers.clone();
        let plan = loop {
            let plan = context
                .fleet
                .preview_provision(server.id, profile, sets.clone(), answers.clone())
                .await;
            match resource::tried(context, plan, &mut answers) {
                Ok(None) => {}
                Ok(Some(plan)) => break Ok(plan),
                Err(Halt::Failure(failure)) if several => break Err(failure),
                Err(halt) => return Err(halt),
            }
        };
        match plan {
            Ok(plan) => codes.push(firewall::preview(context, &plan)?),
            Err(mut failure) => {
                failure.host.get_or_insert_with(|| server.place());
                context.face.tell_failure(&failure);
                codes.push(failure.kind.exit_code());
            }
        }
    }
    Ok(watch::worst(codes))
}

/// Waits until all are over; what was asked meanwhile is asked here, and those are begun again with
/// the answers.
async fn to_end(
    context: &mut Context,
    begun: &mut [Begun],
) -> Result<Vec<(String, Operation)>, Halt> {
    let mut given: BTreeMap<OperationId, BTreeMap<String, String>> = BTreeMap::new();
    loop {
        progress::follow(context, begun).await?;
        let mut again = false;
        for one in begun.iter_mut() {
            let operation = context.fleet.operation(one.operation)?;
            let Some(failure) = operation.error.filter(|failure| !failure.questions.is_empty())
            else {
                continue;
            };
            let mut known = given.remove(&one.operation).unwrap_or_default();
            if context.face.can_ask {
                context.face.note(&format!("{}:", one.server.name));
            }
            let Some(more) = resource::ask(context, &failure, &known)? else { continue };
            known.extend(more.clone());
            one.operation = context.fleet.answer(one.operation, more).await?.operation;
            given.insert(one.operation, known);
            again = true;
        }
        if !again {
            break;
        }
    }
    let done = |one: &Begun| -> Result<(String, Operation), Failure> {
        Ok((one.server.name.clone(), context.fleet.operation(one.operation)?))
    };
    Ok(begun.iter().map(done).collect::<Result<_, _>>()?)
}

fn print(context: &mut Context, done: &[(String, Operation)]) -> Result<(), Halt> {
    if context.face.json {
        for (_, operation) in done {
            context.face.object(&json::OperationView::from(operation))?;
        }
        return Ok(());
    }
    let rows: Vec<Vec<String>> = done
        .iter()
        .map(|(server, operation)| {
            let count = |outcome| {
                let children = operation.steps.iter().filter(|step| step.child.is_some());
                children.filter(|step| step.outcome == outcome).count()
            };
            let took = operation.started_at.zip(operation.finished_at);
            let took =
                took.map(|(from, to)| format!("{:.1} s", to.duration_since(from).as_secs_f64()));
            vec![
                server.clone(),
                operation.outcome.to_string(),
                count(StepOutcome::Done).to_string(),
                count(StepOutcome::Already).to_string(),
                took.unwrap_or_default(),
                operation.id.to_string(),
                table::error_cell(operation.error.as_ref()),
            ]
        })
        .collect();
    let heads = ["server", "outcome", "brought", "as it was", "took", "operation", "error"];
    Ok(context.face.table(&heads, &rows, "")?)
}

pub(super) fn profiles(command: Profiles, context: &mut Context) -> Result<u8, Halt> {
    let all = context.fleet.profiles()?;
    match command {
        Profiles::List => {
            if context.face.json {
                for profile in &all {
                    context.face.object(profile)?;
                }
                return Ok(0);
            }
            let rows: Vec<Vec<String>> = all
                .iter()
                .map(|profile| {
                    vec![
                        profile.name.clone(),
                        if profile.own { "yours" } else { "built in" }.to_owned(),
                        profile.fault.clone().unwrap_or_else(|| profile.about.clone()),
                    ]
                })
                .collect();
            context.face.table(&["profile", "from", "about"], &rows, "")?;
            Ok(0)
        }
        Profiles::Show { name } => {
            let profile =
                all.into_iter().find(|profile| profile.name == name).ok_or_else(|| {
                    Failure::new(
                        crate::domain::FailureKind::NotFound,
                        format!("There is no profile “{name}”."),
                    )
                    .remedy("`brokeforge profile list` shows those there are.")
                })?;
            show(context, &profile)?;
            Ok(0)
        }
    }
}

fn show(context: &mut Context, profile: &ProfileView) -> Result<(), Halt> {
    if context.face.json {
        return Ok(context.face.object(profile)?);
    }
    let from = if profile.own { "yours" } else { "built in" };
    let mut pairs = vec![
        ("profile".to_owned(), profile.name.clone()),
        ("about".to_owned(), profile.about.clone()),
        ("from".to_owned(), from.to_owned()),
    ];
    for set in &profile.sets {
        let on: Vec<String> = set.on.iter().map(|(os, value)| format!("{value} on {os}")).collect();
        let on = if on.is_empty() { String::new() } else { format!("; {}", on.join(", ")) };
        pairs.push((format!("--set {}", set.name), format!("{} [{}{on}]", set.help, set.default)));
    }
    pairs.extend(profile.items.iter().map(|item| ("brings".to_owned(), item.clone())));
    pairs.extend(profile.fault.iter().map(|fault| ("fault".to_owned(), fault.clone())));
    let pairs: Vec<(&str, String)> = pairs.iter().map(|(n, v)| (n.as_str(), v.clone())).collect();
    Ok(context.face.pairs(&pairs)?)
}
