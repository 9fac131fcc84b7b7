//! `brokeforge rule`.

use super::{Context, Halt, caution::Question, firewall, json, operation, watch};
use crate::domain::{Action, Deed, Failure, ResourceId, Server, input::Verdict};
use crate::fleet::{Consent, Fleet, RuleReview, RuleView, Started};

const LINE: &str = "LINE: allow|deny|reject PORT[:PORT]|SERVICE[/tcp|/udp] [from CIDR|any] \
                    [to CIDR|any] [# NAME]\n\nRULE: an id or a unique name";

/// What to do with a server's firewall rules.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Add a rule
    #[command(after_help = LINE)]
    Add {
        /// The server's name or id
        server: String,
        /// The rule as a sentence, e.g. 'allow 5432/tcp from 10.0.0.0/8 # office'
        #[arg(allow_hyphen_values = true)]
        line: String,
        /// Its place among our rules, from 1; the first that matches counts
        #[arg(long, value_name = "N")]
        at: Option<usize>,
        #[command(flatten)]
        try_out: TryOut,
    },
    /// List the rules in their order
    List {
        /// The server's name or id
        server: String,
    },
    /// Change a rule
    #[command(after_help = LINE)]
    Edit {
        /// The server's name or id
        server: String,
        /// The rule's id or name
        rule: String,
        /// The rule as it shall be
        #[arg(allow_hyphen_values = true)]
        line: String,
        #[command(flatten)]
        try_out: TryOut,
    },
    /// Remove a rule
    Remove {
        /// The server's name or id
        server: String,
        /// The rule's id or name
        rule: String,
        #[command(flatten)]
        try_out: TryOut,
    },
    /// Repeat what failed on a rule
    Retry {
        /// The server's name or id
        server: String,
        /// The rule's id or name
        rule: String,
        #[cfg(debug_assertions)]
        #[arg(long, hide = true)]
        skip_admission: bool,
    },
}

/// Ways to try a change out.
#[derive(Debug, clap::Args)]
pub struct TryOut {
    /// Print the steps, change nothing
    #[arg(long)]
    dry_run: bool,
    #[cfg(debug_assertions)]
    #[arg(long, hide = true)]
    skip_admission: bool,
}

/// A change that was looked at and may be asked for.
struct Change<'a> {
    action: Action,
    rule: Option<ResourceId>,
    line: Option<&'a str>,
    at: Option<usize>,
}

pub(super) async fn run(command: Command, context: &mut Context) -> Result<u8, Halt> {
    match command {
        Command::Add { server, line, at, try_out } => {
            let server = context.fleet.find_server(&server)?;
            let change = Change { action: Action::Install, rule: None, line: Some(&line), at };
            make(change, &server, try_out, context).await
        }
        Command::List { server } => {
            let server = context.fleet.find_server(&server)?;
            let rules = context.fleet.firewall(server.id)?.rules;
            context.mention_unfinished()?;
            table(context, &rules)?;
            Ok(0)
        }
        Command::Edit { server, rule, line, try_out } => {
            let server = context.fleet.find_server(&server)?;
            let rule = Some(context.fleet.find_rule(server.id, &rule)?.id);
            let change = Change { action: Action::Update, rule, line: Some(&line), at: None };
            make(change, &server, try_out, context).await
        }
        Command::Remove { server, rule, try_out } => {
            let server = context.fleet.find_server(&server)?;
            let rule = Some(context.fleet.find_rule(server.id, &rule)?.id);
            let change = Change { action: Action::Remove, rule, line: None, at: None };
            make(change, &server, try_out, context).await
        }
        #[cfg(debug_assertions)]
        Command::Retry { server, rule, skip_admission } => {
            firewall::skip_admission(context, skip_admission);
            retry(&server, &rule, context).await
        }
        #[cfg(not(debug_assertions))]
        Command::Retry { server, rule } => retry(&server, &rule, context).await,
    }
}

async fn retry(server: &str, rule: &str, context: &mut Context) -> Result<u8, Halt> {
    let server = context.fleet.find_server(server)?;
    let rule = context.fleet.find_rule(server.id, rule)?.id;
    ask(Deed::Retry, "Repeat what failed on this rule of", &server, context)?;
    context.ready(&[server.id]).await?;
    let started = context.fleet.retry_last(server.id, Some(rule)).await?;
    ended(context, &started).await
}

async fn make(
    change: Change<'_>,
    server: &Server,
    try_out: TryOut,
    context: &mut Context,
) -> Result<u8, Halt> {
    #[cfg(debug_assertions)]
    firewall::skip_admission(context, try_out.skip_admission);
    let Change { action, rule, line, at } = change;
    if at == Some(0) {
        return Err(Failure::input("Places are counted from 1; there is no place 0.").into());
    }
    let consent = match line {
        Some(line) => {
            let review = context.fleet.review_rule(server.id, line, rule, at);
            accept(context, review)?
        }
        None => Consent::None,
    };
    if try_out.dry_run {
        context.unlock().await?;
        context.mention_unfinished()?;
        let plan = context.fleet.preview(server.id, Fleet::RULE, action, rule, line, at).await?;
        return firewall::preview(context, &plan);
    }
    match (rule, line) {
        (None, _) => ask(Deed::AddRule, "Add this rule to", server, context)?,
        (Some(_), Some(_)) => ask(Deed::EditRule, "Change this rule of", server, context)?,
        (Some(_), None) => ask(Deed::RemoveRule, "Remove this rule from", server, context)?,
    }
    context.ready(&[server.id]).await?;
    let started = match (rule, line) {
        (None, line) => {
            let line = line.unwrap_or_default();
            context.fleet.add_rule(server.id, line, at, consent).await?
        }
        (Some(rule), Some(line)) => context.fleet.edit_rule(server.id, rule, line, consent).await?,
        (Some(rule), None) => context.fleet.remove_rule(server.id, rule).await?,
    };
    ended(context, &started).await
}

fn ask(deed: Deed, what: &str, server: &Server, context: &mut Context) -> Result<(), Halt> {
    let text = format!("{what} “{}”?", server.name);
    context.ask_before(&Question { deed, servers: &[server], hanging: &[], text })
}

/// Tells what was made of a line, and gets a yes where one is needed.
fn accept(context: &mut Context, review: RuleReview) -> Result<Consent, Halt> {
    if let Some(why) = review.lock_out {
        return Err(Failure::input(why).into());
    }
    let mut warnings = Vec::new();
    match review.verdict {
        Verdict::Ok(_) => {}
        Verdict::Fix(_, why) => context.face.note(&format!("fixed: {why}")),
        Verdict::Warn(_, why) => warnings.push(why),
        Verdict::No(why) => return Err(Failure::input(why).into()),
    }
    if let Some(by) = review.shadowed_by {
        context.face.note(&format!("note: it would never match: {by}"));
    }
    for other in review.shadows {
        context.face.note(&format!("note: it keeps this one from ever matching: {other}"));
    }
    let warnings: Vec<&str> = warnings.iter().map(String::as_str).collect();
    context.accept(&warnings)
}

/// Waits, then prints the rule as it is; or, once it is gone, the operation.
async fn ended(context: &mut Context, started: &Started) -> Result<u8, Halt> {
    let done = watch::to_end(context, started.operation).await?;
    let rule = started.resource.map(|id| id.to_string()).unwrap_or_default();
    match context.fleet.find_rule(started.server, &rule) {
        Ok(rule) => print(context, &rule)?,
        Err(_) => operation::brief(context, &done)?,
    }
    watch::tell(context, &done);
    context.finish().await?;
    Ok(watch::code(&done))
}

fn print(context: &mut Context, rule: &RuleView) -> Result<(), Halt> {
    if context.face.json {
        return Ok(context.face.object(&json::RuleObject::from(rule))?);
    }
    let mut pairs = vec![
        ("rule", rule.line.clone()),
        ("id", rule.id.to_string()),
        ("place", rule.position.to_string()),
        ("status", rule.status.to_string()),
        ("on the host", actual(rule).to_owned()),
    ];
    if let Some(by) = &rule.shadowed_by {
        pairs.push(("never matches", by.clone()));
    }
    if let Some(error) = &rule.error {
        pairs.push(("error", error.message.clone()));
    }
    Ok(context.face.pairs(&pairs)?)
}

fn actual(rule: &RuleView) -> &'static str {
    use crate::domain::rule::Actual;
    match rule.actual {
        Actual::Active => "active",
        Actual::Missing => "missing",
        Actual::Differs => "differs",
        Actual::Off => "off",
        Actual::Unknown => "not known",
    }
}

/// Prints rules in their order.
pub(super) fn table(context: &mut Context, rules: &[RuleView]) -> Result<(), Halt> {
    if context.face.json {
        for rule in rules {
            context.face.object(&json::RuleObject::from(rule))?;
        }
        return Ok(());
    }
    let rows: Vec<Vec<String>> = rules
        .iter()
        .map(|rule| {
            let note = match (&rule.error, &rule.shadowed_by) {
                (Some(error), _) => error.message.clone(),
                (None, Some(by)) => format!("never matches: {by}"),
                (None, None) => String::new(),
            };
            vec![
                rule.position.to_string(),
                rule.line.clone(),
                rule.status.to_string(),
                actual(rule).to_owned(),
                rule.id.to_string(),
                note,
            ]
        })
        .collect();
    let heads = ["#", "rule", "status", "on the host", "id", "note"];
    Ok(context.face.table(&heads, &rows, "There are no rules of ours.")?)
}
