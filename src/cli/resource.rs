//! `brokeforge WORD`: the commands of every kind of resource, made from what its package declares.
//! The grammar is in `resource/grammar.rs`, what is printed in `resource/print.rs`.

mod answers;
mod grammar;
mod print;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Context, Halt, caution::Question, firewall, operation, passphrase, progress, watch};
use crate::domain::{Action, Deed, Failure, Operation, Server};
use crate::fleet::{Kind, Preview, ResourceDraft, ResourceView, Started};

pub(super) use answers::{ask, pair};

/// A command of a kind.
#[derive(Debug, Clone)]
pub struct Command {
    kind: Kind,
    ask: Ask,
}

/// What is asked of a kind's resources.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Ask {
    Add(Of, Values),
    List(Option<String>),
    Show {
        of: Of,
        reveal: Option<String>,
    },
    /// An edit, by the name of the command: its own word for a verb.
    Edit(Of, Values),
    Remove(Of, Values),
    Retry(Of, Values),
}

/// Which one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Of {
    server: String,
    /// Empty where a server has but one.
    name: String,
}

/// What was given with a command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Values {
    texts: BTreeMap<String, String>,
    /// Files that hold sealed values.
    secrets: BTreeMap<String, PathBuf>,
    answers: BTreeMap<String, String>,
    dry_run: bool,
}

impl Values {
    fn draft(self) -> Result<ResourceDraft, Halt> {
        let mut secrets = BTreeMap::new();
        for (field, path) in self.secrets {
            secrets.insert(field, passphrase::line_of(&path)?);
        }
        Ok(ResourceDraft { texts: self.texts, secrets, answers: self.answers })
    }
}

pub(super) async fn run(command: Command, context: &mut Context) -> Result<u8, Halt> {
    let Command { kind, ask } = command;
    match ask {
        Ask::List(server) => {
            let server = server.map(|name| context.fleet.find_server(&name)).transpose()?;
            let id = server.as_ref().map(|server| server.id);
            let views = context.fleet.resources_of(Some(&kind.kind), id)?;
            let besides = context.fleet.unrecorded(Some(&kind.kind), id)?;
            context.mention_unfinished()?;
            print::list(context, &kind, &views, &besides, server.is_some())?;
            Ok(0)
        }
        Ask::Show { of, reveal } => {
            let (_, view) = find(context, &kind, &of)?;
            if let Some(field) = reveal {
                context.unlock().await?;
                let secret =
                    context.fleet.reveal(view.resource.server, view.resource.id, &field)?.0;
                print::secret(context, &field, &secret)?;
                return Ok(0);
            }
            context.mention_unfinished()?;
            print::one(context, &kind, &view)?;
            Ok(0)
        }
        Ask::Add(of, values) => {
            let server = context.fleet.find_server(&of.server)?;
            let dry_run = values.dry_run;
            let draft = values.draft()?;
            change(context, &kind, &server, None, draft, dry_run).await
        }
        Ask::Edit(of, values) => {
            let (server, view) = find(context, &kind, &of)?;
            let dry_run = values.dry_run;
            let draft = values.draft()?;
            change(context, &kind, &server, Some(&view), draft, dry_run).await
        }
        Ask::Remove(of, values) => {
            let (server, view) = find(context, &kind, &of)?;
            remove(context, &kind, &server, &view, values).await
        }
        Ask::Retry(of, values) => {
            let (server, view) = find(context, &kind, &of)?;
            let text = format!("Repeat what failed on {} of “{}”?", view.called, server.name);
            let question = Question { deed: Deed::Retry, servers: &[&server], hanging: &[], text };
            context.ask_before(&question)?;
            context.ready(&[server.id]).await?;
            let started = match (&view.last, values.answers.is_empty()) {
                (Some(last), false) => context.fleet.answer(last.id, values.answers).await?,
                _ => context.fleet.retry_last(server.id, Some(view.resource.id)).await?,
            };
            ended(context, &kind, started).await
        }
    }
}

fn find(context: &Context, kind: &Kind, of: &Of) -> Result<(Server, ResourceView), Halt> {
    let server = context.fleet.find_server(&of.server)?;
    let view = context.fleet.find_resource(server.id, &kind.kind, &of.name)?;
    Ok((server, view))
}

/// Adds a resource, or changes one.
async fn change(
    context: &mut Context,
    kind: &Kind,
    server: &Server,
    editing: Option<&ResourceView>,
    mut draft: ResourceDraft,
    dry_run: bool,
) -> Result<u8, Halt> {
    let id = editing.map(|view| view.resource.id);
    let review = context.fleet.review_resource(server.id, &kind.kind, id, &draft)?;
    let consent = context.consent(&review)?;
    let (action, deed, text) = match editing {
        Some(view) if draft.is_upgrade() => {
            let text = format!("Upgrade {} of “{}”?", view.called, server.name);
            (Action::Update, Deed::Upgrade, text)
        }
        Some(view) => {
            let text = format!("Change {} of “{}”?", view.called, server.name);
            (Action::Update, Deed::EditResource, text)
        }
        None => {
            let named = kind.named_by.as_ref().and_then(|field| draft.texts.get(field));
            let what = kind.called(named.map(String::as_str).unwrap_or_default());
            (Action::Install, Deed::AddResource, format!("Add {what} to “{}”?", server.name))
        }
    };
    if dry_run {
        context.unlock().await?;
        context.mention_unfinished()?;
        loop {
            let plan =
                context.fleet.preview_resource(server.id, &kind.kind, action, id, draft.clone());
            match tried(context, plan.await, &mut draft.answers)? {
                Some(plan) => return firewall::preview(context, &plan),
                None => continue,
            }
        }
    }
    context.ask_before(&Question { deed, servers: &[server], hanging: &[], text })?;
    context.ready(&[server.id]).await?;
    let started = match id {
        Some(id) => context.fleet.edit_resource(server.id, id, draft, consent).await?,
        None => context.fleet.add_resource(server.id, &kind.kind, draft, consent).await?,
    };
    ended(context, kind, started).await
}

async fn remove(
    context: &mut Context,
    kind: &Kind,
    server: &Server,
    view: &ResourceView,
    mut values: Values,
) -> Result<u8, Halt> {
    let id = view.resource.id;
    if values.dry_run {
        context.unlock().await?;
        context.mention_unfinished()?;
        loop {
            let draft =
                ResourceDraft { answers: values.answers.clone(), ..ResourceDraft::default() };
            let action = Action::Remove;
            let plan =
                context.fleet.preview_resource(server.id, &kind.kind, action, Some(id), draft);
            match tried(context, plan.await, &mut values.answers)? {
                Some(plan) => return firewall::preview(context, &plan),
                None => continue,
            }
        }
    }
    let deed = if kind.keeps_data { Deed::RemoveData } else { Deed::RemoveResource };
    let text = format!("Remove {} from “{}”?", view.called, server.name);
    context.ask_before(&Question { deed, servers: &[server], hanging: &[], text })?;
    context.ready(&[server.id]).await?;
    let started = context.fleet.remove_resource(server.id, id, values.answers).await?;
    ended(context, kind, started).await
}

/// The plan; or nothing, when questions were asked and answered first.
pub(super) fn tried(
    context: &mut Context,
    plan: Result<Preview, Failure>,
    answers: &mut BTreeMap<String, String>,
) -> Result<Option<Preview>, Halt> {
    let failure = match plan {
        Ok(plan) => return Ok(Some(plan)),
        Err(failure) => failure,
    };
    match ask(context, &failure, answers)? {
        Some(more) => {
            answers.extend(more);
            Ok(None)
        }
        None => Err(failure.into()),
    }
}

/// Waits to the end, asking what the package asks; then prints the resource as it is or, once it is
/// gone, the operation.
async fn ended(context: &mut Context, kind: &Kind, started: Started) -> Result<u8, Halt> {
    let done = to_end(context, &started).await?;
    let id = started.resource.map(|id| id.to_string()).unwrap_or_default();
    match context.fleet.find_resource(started.server, &kind.kind, &id) {
        Ok(view) => print::one(context, kind, &view)?,
        Err(_) => operation::brief(context, &done)?,
    }
    watch::tell(context, &done);
    context.finish().await?;
    Ok(watch::code(&done))
}

/// Waits to the end; what was asked meanwhile is asked here, and the operation repeated with the
/// answers.
pub(super) async fn to_end(context: &mut Context, started: &Started) -> Result<Operation, Halt> {
    let mut given = BTreeMap::new();
    let mut id = started.operation;
    // its record may go by the end
    let server = context.fleet.server(started.server)?;
    loop {
        let done = match context.fleet.operation(id)?.is_made_of_others() {
            true => progress::to_end(context, &server, id).await?,
            false => watch::to_end(context, id).await?,
        };
        let Some(failure) = &done.error else { return Ok(done) };
        let Some(more) = ask(context, failure, &given)? else { return Ok(done) };
        given.extend(more.clone());
        id = context.fleet.answer(done.id, more).await?.operation;
    }
}

/// A file's name as it is given for a sealed value.
fn file(text: &str) -> PathBuf {
    Path::new(text).to_owned()
}
