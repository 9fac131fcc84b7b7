//! `brokeforge recipe`: a person's own package on many servers, in waves; what came out is folded.

mod fold;
mod waves;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use futures::future::join_all;

use super::{
    Context, Halt,
    caution::Question,
    firewall, json,
    progress::{self, Begun},
    provision, server, watch,
};
use crate::domain::{
    Deed, Failure, Operation, Outcome, Server, StepOutcome, clean::clean_lines, reason,
};
use crate::fleet::{Output, Recipe};

use fold::fold;
use waves::Waves;

/// A recipe's file is not larger.
const LARGEST: u64 = 1 << 20;
/// So much of an output is shown; all of it is compared.
const SHOWN: usize = 16 * 1024;

/// What to do with a recipe.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Run it on servers, one operation each, and tell where the outcome differs
    #[command(after_help = "FILTER is that of `server list --filter`, for example 'tag:web'. \
        Without --batch all servers are worked on at once, bounded. With --canary N the first N \
        must all succeed before the rest is begun.")]
    Run {
        /// The recipe's file
        file: PathBuf,
        /// The servers' names or ids
        #[arg(value_name = "SERVER", required_unless_present = "on")]
        servers: Vec<String>,
        /// All servers that a filter keeps
        #[arg(long, value_name = "FILTER")]
        on: Option<String>,
        /// Set a parameter; may be given more than once
        #[arg(long, value_name = "NAME=VALUE", value_parser = provision::set)]
        set: Vec<(String, String)>,
        /// So many servers first; the rest only when all of them succeeded
        #[arg(long, value_name = "N", default_value_t = 0)]
        canary: usize,
        /// So many servers at a time
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        batch: Option<u32>,
        /// Begin no further ones once more than this have failed
        #[arg(long, value_name = "N")]
        max_failures: Option<usize>,
        /// Print the steps, change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Look whether a file is a recipe, and which parameters it has
    Check {
        /// The recipe's file
        file: PathBuf,
    },
}

pub(super) async fn run(command: Command, context: &mut Context) -> Result<u8, Halt> {
    match command {
        Command::Check { file } => check(&file, context),
        Command::Run { file, servers, on, set, canary, batch, max_failures, dry_run } => {
            let recipe = read(&file)?;
            let parameters: BTreeMap<String, String> = set.into_iter().collect();
            // before anything is asked or begun
            recipe.values(&parameters).map_err(Failure::input)?;
            let servers = chosen(context, &servers, on.as_deref())?;
            if dry_run {
                return look(context, &servers, &recipe, &parameters).await;
            }
            let batch = batch.and_then(|batch| usize::try_from(batch).ok());
            let waves = Waves { canary, batch, max_failures };
            roll_out(context, servers, &recipe, &parameters, waves).await
        }
    }
}

fn read(file: &Path) -> Result<Recipe, Failure> {
    let shown = file.display();
    let unread = |why: String| {
        Failure::input(format!("The recipe {shown} cannot be read: {why}."))
            .remedy("Give the path of a TOML file; README has an example.")
    };
    let size = std::fs::metadata(file).map_err(|e| unread(reason(&e)))?.len();
    if size > LARGEST {
        return Err(unread("it is larger than 1 MiB".to_owned()));
    }
    let text = std::fs::read_to_string(file).map_err(|e| unread(reason(&e)))?;
    Recipe::read(&text).map_err(|why| Failure::input(format!("{shown}: {why}.")))
}

fn check(file: &Path, context: &mut Context) -> Result<u8, Halt> {
    let recipe = read(file)?;
    if context.face.json {
        context.face.object(&recipe)?;
        return Ok(0);
    }
    let steps: usize = recipe.milestones.iter().map(|stage| stage.steps.len()).sum();
    let mut pairs = vec![
        ("recipe".to_owned(), recipe.name.clone()),
        ("about".to_owned(), recipe.about.clone()),
        ("steps".to_owned(), format!("{steps} in {} milestones", recipe.milestones.len())),
    ];
    for (name, parameter) in &recipe.parameters {
        let default = match &parameter.default {
            Some(default) => format!(" [{default}]"),
            None => " (must be given)".to_owned(),
        };
        pairs.push((format!("--set {name}"), format!("{}{default}", parameter.help)));
    }
    let pairs: Vec<(&str, String)> = pairs.iter().map(|(n, v)| (n.as_str(), v.clone())).collect();
    context.face.pairs(&pairs)?;
    Ok(0)
}

/// The servers that are named, and those that the filter keeps; each once.
fn chosen(context: &Context, names: &[String], on: Option<&str>) -> Result<Vec<Server>, Halt> {
    let mut servers = Vec::new();
    for name in names {
        servers.push(context.fleet.find_server(name)?);
    }
    if let Some(filter) = on {
        servers.extend(server::print::kept(context, filter)?);
    }
    let mut known = BTreeSet::new();
    servers.retain(|server| known.insert(server.id));
    if servers.is_empty() {
        return Err(Failure::input("No server is kept by this filter, so nothing is run.")
            .remedy("`brokeforge server list --filter …` shows what a filter keeps.")
            .into());
    }
    Ok(servers)
}

async fn look(
    context: &mut Context,
    servers: &[Server],
    recipe: &Recipe,
    parameters: &BTreeMap<String, String>,
) -> Result<u8, Halt> {
    context.unlock().await?;
    context.mention_unfinished()?;
    let mut code = 0;
    for server in servers {
        let plan = context.fleet.preview_recipe(server.id, recipe, parameters).await?;
        code = code.max(firewall::preview(context, &plan)?);
    }
    Ok(code)
}

async fn roll_out(
    context: &mut Context,
    servers: Vec<Server>,
    recipe: &Recipe,
    parameters: &BTreeMap<String, String>,
    waves: Waves,
) -> Result<u8, Halt> {
    let all: Vec<&Server> = servers.iter().collect();
    let text = format!("Run the recipe “{}” on {} server(s)?", recipe.name, all.len());
    context.ask_before(&Question { deed: Deed::Run, servers: &all, hanging: &[], text })?;
    let ids: Vec<_> = servers.iter().map(|server| server.id).collect();
    context.ready(&ids).await?;
    let mut left = servers.into_iter();
    let (mut done, mut codes, mut failed) = (Vec::new(), Vec::new(), 0);
    while let Some(next) = waves.next(done.len() + codes.len(), failed) {
        let wave: Vec<Server> = left.by_ref().take(next).collect();
        if wave.is_empty() {
            break;
        }
        let mut begun = Vec::new();
        let asked = wave.iter().map(|one| context.fleet.run_recipe(one.id, recipe, parameters));
        let asked = join_all(asked).await;
        for (server, asked) in wave.into_iter().zip(asked) {
            match asked {
                Ok(started) => begun.push(Begun { server, operation: started.operation }),
                // the others go on, as when it had failed there
                Err(mut failure) => {
                    failure.host.get_or_insert_with(|| server.place());
                    failed += 1;
                    codes.push(failure.kind.exit_code());
                    context.face.tell_failure(&failure);
                }
            }
        }
        progress::follow(context, &begun).await?;
        for one in begun {
            let operation = context.fleet.operation(one.operation)?;
            failed += usize::from(operation.outcome != Outcome::Done);
            done.push((one.server, operation));
        }
    }
    let rest: Vec<String> = left.map(|server| server.name).collect();
    tell(context, &done).await?;
    codes.extend(done.iter().map(|(_, operation)| watch::code(operation)));
    if !rest.is_empty() {
        context.face.note(&format!("Not begun, as {failed} failed: {}", rest.join(", ")));
        codes.push(1);
    }
    context.finish().await?;
    Ok(watch::worst(codes))
}

/// What came out, each different thing once.
async fn tell(context: &mut Context, done: &[(Server, Operation)]) -> Result<(), Halt> {
    if context.face.json {
        for (_, operation) in done {
            context.face.object(&json::OperationView::from(operation))?;
        }
        return Ok(());
    }
    let mut told = Vec::new();
    for (server, operation) in done {
        told.push((server.name.clone(), said(context, operation).await?));
    }
    let groups = fold(told);
    let sizes: Vec<usize> = groups.iter().map(|(names, _)| names.len()).collect();
    context.face.line(&fold::summary(&sizes))?;
    for (names, said) in groups {
        context.face.line(&format!("{}: {}", names.join(", "), said.outcome))?;
        for line in said.shown {
            context.face.line(&format!("  {line}"))?;
        }
    }
    Ok(())
}

/// What an operation came to: two that are equal are told as one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Said {
    outcome: String,
    shown: Vec<String>,
    digests: Vec<Option<String>>,
}

async fn said(context: &Context, operation: &Operation) -> Result<Said, Halt> {
    let mut follow = context.fleet.follow(operation.id)?;
    let mut output = Vec::new();
    while let Some(piece) = follow.next().await {
        if let Output::Piece { bytes, .. } = piece {
            let room = SHOWN.saturating_sub(output.len());
            output.extend(bytes.into_iter().take(room));
        }
    }
    let outcome = match &operation.error {
        None if operation.steps.iter().all(|step| step.outcome == StepOutcome::Already) => {
            "as it was".to_owned()
        }
        None => operation.outcome.to_string(),
        Some(failure) => {
            let step =
                failure.step.as_ref().map(|step| format!(" at “{step}”")).unwrap_or_default();
            format!("{}{step}: {}", operation.outcome, failure.message)
        }
    };
    let digests = operation.steps.iter().map(|step| step.digest.clone()).collect();
    Ok(Said { outcome, shown: clean_lines(&output).lines().map(str::to_owned).collect(), digests })
}
