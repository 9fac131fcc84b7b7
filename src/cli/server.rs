//! `brokeforge server`.

pub(super) mod print;

use std::collections::BTreeMap;

use clap::Args;

use super::resource::{pair, to_end};
use super::{Context, Halt, caution::Question, json, passphrase, watch};
use crate::domain::{
    Deed, Failure, HostTrust, Login, Outcome, Secret, Server,
    input::{self, Verdict},
    server::argument,
};
use crate::fleet::{IdentityState, ServerDraft, ServerEdit};

/// What to do with servers.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Add a server: log in, read its facts, leave a key of our own there
    Add(Add),
    /// List the servers
    List {
        /// Only those that this filter keeps: words, `tag:web`, `status:failed`, `os:debian`,
        /// `~fuzzy`, `/pattern/`, `!not`
        #[arg(long, value_name = "WORDS")]
        filter: Option<String>,
    },
    /// Show one server
    Show {
        /// Its name or id
        name: String,
    },
    /// Ask a server what it is now, and print its answer
    Facts {
        /// Its name or id
        name: String,
    },
    /// Change a server's record; nothing happens on the host
    Edit(Edit),
    /// Add tags to a server, take others away, and print those it has then
    Tag {
        /// The server's name or id
        name: String,
        /// A tag to add; may be given more than once
        #[arg(long, value_name = "TAG")]
        add: Vec<String>,
        /// A tag to take away; may be given more than once
        #[arg(long, value_name = "TAG")]
        remove: Vec<String>,
    },
    /// Trust a new host key; the older ones are refused from then on
    Trust {
        /// The server's name or id
        name: String,
        /// The fingerprint that the host must show
        #[arg(long, value_name = "SHA256:…")]
        host_key: String,
    },
    /// Forget a server
    Remove {
        /// Its name or id
        name: String,
        /// First take away from the host what brokeforge put there: resources, each in its turn and
        /// data behind a dump, then our key
        #[arg(long)]
        clean_up: bool,
        /// Answer beforehand what is asked about what is removed; may be given more than once.
        #[arg(long, value_name = "KEY=WORD", value_parser = pair, requires = "clean_up")]
        answer: Vec<(String, String)>,
    },
}

/// A new server.
#[derive(Debug, Args)]
pub struct Add {
    /// What it will be called
    name: String,
    /// Host name or address
    #[arg(long, value_name = "ADDR")]
    host: String,
    /// sshd's port [default: 22]
    #[arg(
        long,
        value_name = "N",
        allow_hyphen_values = true,
        default_value = "",
        hide_default_value = true
    )]
    port: String,
    /// Login user of the first contact [default: root]
    #[arg(long, value_name = "U", default_value = "", hide_default_value = true)]
    user: String,
    #[command(flatten)]
    login: LoginArgs,
    /// Read that password from this file descriptor
    #[arg(long, value_name = "N", requires = "password")]
    password_fd: Option<u32>,
    #[command(flatten)]
    trust: TrustArgs,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct LoginArgs {
    /// Log in first with the private key in this file
    #[arg(long, value_name = "FILE")]
    identity: Option<String>,
    /// Log in first with the keys of the running ssh-agent
    #[arg(long)]
    agent: bool,
    /// Log in first with a password: it is asked for, or read from the standard input; used once,
    /// never stored
    #[arg(long)]
    password: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct TrustArgs {
    /// The fingerprint that the host must show
    #[arg(long, value_name = "SHA256:…")]
    host_key: Option<String>,
    /// Trust the key that the host shows at first contact
    #[arg(long)]
    accept_new_host_key: bool,
}

/// Changes to a server's record.
#[derive(Debug, Args)]
pub struct Edit {
    /// Its name or id
    server: String,
    #[command(flatten)]
    change: EditArgs,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
struct EditArgs {
    /// A new name
    #[arg(long)]
    name: Option<String>,
    /// A new host name or address
    #[arg(long, value_name = "ADDR")]
    host: Option<String>,
    /// A new port of sshd
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    port: Option<String>,
    /// Another key file for the login before our own key is there
    #[arg(long, value_name = "FILE", conflicts_with = "agent")]
    identity: Option<String>,
    /// The ssh-agent for that login
    #[arg(long)]
    agent: bool,
}

pub(super) async fn run(command: Command, context: &mut Context) -> Result<u8, Halt> {
    match command {
        Command::Add(new) => add(new, context).await,
        Command::List { filter } => print::list(context, filter.as_deref()),
        Command::Show { name } => {
            let server = context.fleet.find_server(&name)?;
            context.mention_unfinished()?;
            print::server(context, &server)?;
            Ok(0)
        }
        Command::Facts { name } => {
            let server = context.fleet.find_server(&name)?;
            context.unlock().await?;
            let facts = context.fleet.probe(server.id).await?;
            context.mention_unfinished()?;
            print::facts(context, &facts)?;
            Ok(0)
        }
        Command::Edit(change) => edit(change, context).await,
        Command::Tag { name, add, remove } => tag(&name, &add, &remove, context).await,
        Command::Trust { name, host_key } => {
            let server = context.fleet.find_server(&name)?;
            // the fingerprint on the command line is a yes by itself
            ask(Deed::EditServer, "Trust this host key of", &server, context)?;
            context.ready_for_records(server.id).await?;
            let server = context.fleet.trust(server.id, &host_key).await?;
            warn_of_clones(context, &server)?;
            print::server(context, &server)?;
            context.finish().await?;
            Ok(0)
        }
        Command::Remove { name, clean_up, answer } => {
            let answers = answer.into_iter().collect();
            remove(&name, clean_up, answers, context).await
        }
    }
}

async fn add(new: Add, context: &mut Context) -> Result<u8, Halt> {
    let login = match new.login.identity {
        Some(path) => Login::Identity { path },
        None if new.login.password => Login::Password,
        None => Login::Agent,
    };
    let trust = match new.trust.host_key {
        Some(fingerprint) => HostTrust::Expect { fingerprint },
        None => HostTrust::AcceptNew,
    };
    let mut draft = ServerDraft {
        name: new.name,
        host: new.host,
        port: new.port,
        user: new.user,
        login,
        passphrase: None,
        trust,
    };
    // before any passphrase is asked for: a bad input is told at once
    if let Some(failure) = context.fleet.review_server(&draft).refusal() {
        return Err(failure.into());
    }
    draft.passphrase = match &draft.login {
        Login::Identity { path } => key_passphrase(context, path)?,
        Login::Password => {
            let prompt = format!("Password of the first login on {}: ", draft.host);
            Some(passphrase::password(new.password_fd, context.face.can_ask, &prompt)?)
        }
        Login::Agent => None,
    };
    let review = context.fleet.review_server(&draft);
    let consent = context.consent(&review)?;
    context.ready(&[]).await?;
    let started = context.fleet.add_server(draft, consent).await?;
    let operation = watch::to_end(context, started.operation).await?;
    let server = context.fleet.server(started.server)?;
    warn_of_clones(context, &server)?;
    print::server(context, &server)?;
    watch::tell(context, &operation);
    context.finish().await?;
    Ok(watch::code(&operation))
}

/// Two servers with one host key cannot be told apart: a cloned image, or one host twice.
fn warn_of_clones(context: &mut Context, server: &Server) -> Result<(), Halt> {
    for other in context.fleet.same_host_key(server)? {
        context.face.note(&format!(
            "warning: “{}” and “{other}” show the same host key. If they are two machines, one \
             was copied from the other: make new host keys on one (rm /etc/ssh/ssh_host_* && \
             ssh-keygen -A && systemctl restart ssh), then `brokeforge server trust` it.",
            server.name
        ));
    }
    Ok(())
}

fn key_passphrase(context: &mut Context, path: &str) -> Result<Option<Secret>, Halt> {
    if context.fleet.check_identity(path, None)? != IdentityState::NeedsPassphrase {
        return Ok(None);
    }
    if !context.face.can_ask {
        return Err(Failure::input(format!("The key file {path} asks for a passphrase."))
            .remedy("Run this on a terminal, or load the key into ssh-agent and give --agent.")
            .into());
    }
    Ok(Some(passphrase::ask(&format!("Passphrase of {path}: "))?))
}

async fn edit(change: Edit, context: &mut Context) -> Result<u8, Halt> {
    let server = context.fleet.find_server(&change.server)?;
    let EditArgs { name, host, port, identity, agent } = change.change;
    let login = match identity {
        Some(path) => Some(Login::Identity { path }),
        None => agent.then_some(Login::Agent),
    };
    let passphrase = match &login {
        Some(Login::Identity { path }) => key_passphrase(context, path)?,
        _ => None,
    };
    let sealed = passphrase.is_some();
    let edit = ServerEdit { name, host, port, login, passphrase };
    let review = context.fleet.review_edit(server.id, &edit)?;
    let consent = context.consent(&review)?;
    ask(Deed::EditServer, "Change the record of", &server, context)?;
    match sealed {
        true => context.ready(&[server.id]).await?,
        false => context.ready_for_records(server.id).await?,
    }
    let server = context.fleet.edit_server(server.id, edit, consent).await?;
    print::server(context, &server)?;
    context.finish().await?;
    Ok(0)
}

async fn tag(
    name: &str,
    add: &[String],
    remove: &[String],
    context: &mut Context,
) -> Result<u8, Halt> {
    let mut server = context.fleet.find_server(name)?;
    for word in add.iter().chain(remove) {
        if let Verdict::Fix(_, why) = input::tag(word) {
            context.face.note(&format!("fixed: {why}"));
        }
    }
    if add.is_empty() && remove.is_empty() {
        context.mention_unfinished()?;
        print::tags(context, &server)?;
        return Ok(0);
    }
    ask(Deed::EditServer, "Change the tags of", &server, context)?;
    context.ready_for_records(server.id).await?;
    server = context.fleet.tag_server(server.id, add, remove).await?;
    print::tags(context, &server)?;
    context.finish().await?;
    Ok(0)
}

fn ask(deed: Deed, what: &str, server: &Server, context: &mut Context) -> Result<(), Halt> {
    let text = format!("{what} “{}”?", server.name);
    context.ask_before(&Question { deed, servers: &[server], hanging: &[], text })
}

/// Prints a server's record.
pub(super) fn show(context: &mut Context, server: &Server) -> Result<(), Halt> {
    print::server(context, server)
}

async fn remove(
    name: &str,
    clean_up: bool,
    answers: BTreeMap<String, String>,
    context: &mut Context,
) -> Result<u8, Halt> {
    let server = context.fleet.find_server(name)?;
    let hangs_on_it = context.fleet.dependants(server.id)?;
    let text = format!("Remove server “{}”?", server.name);
    let deed = Deed::RemoveServer;
    context.ask_before(&Question { deed, servers: &[&server], hanging: &hangs_on_it, text })?;
    match clean_up {
        true => context.ready(&[server.id]).await?,
        false => context.ready_for_records(server.id).await?,
    }
    let Some(started) = context.fleet.remove_server(server.id, clean_up, answers).await? else {
        // gone: its record as it was last
        let server = crate::domain::Server { status: crate::domain::Status::Removing, ..server };
        match context.face.json {
            true => context.face.object(&json::ServerView::from(&server))?,
            false => context.face.line(&format!("Server “{}” is forgotten.", server.name))?,
        }
        context.finish().await?;
        return Ok(0);
    };
    let operation = to_end(context, &started).await?;
    if operation.outcome != Outcome::Done {
        context.face.note(&format!(
            "To forget it without touching the host: brokeforge server remove {}",
            argument(&server.name)
        ));
    }
    match context.fleet.server(server.id) {
        Ok(left) => print::server(context, &left)?,
        Err(_) if context.face.json => {
            context.face.object(&json::OperationView::from(&operation))?;
        }
        Err(_) => {
            let name = &server.name;
            context.face.line(&format!("Server “{name}” is cleaned up and forgotten."))?;
        }
    }
    watch::tell(context, &operation);
    context.finish().await?;
    Ok(watch::code(&operation))
}
