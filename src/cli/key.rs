//! `brokeforge key`: our login keys on servers, and whose the others are.

mod list;

use super::{
    Context, Halt,
    caution::Question,
    firewall, json,
    progress::{self, Begun},
    table, watch,
};
use crate::domain::{Deed, Server};

/// What to do with login keys.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List every key that may log in, asked of the hosts now: ours, known, or unknown
    #[command(
        after_help = "`known` is a key that somebody has named with `key know`. A host that \
        cannot be asked is told, and the others are listed; the exit code says so."
    )]
    List {
        /// The servers' names or ids; without one, all
        #[arg(value_name = "SERVER")]
        servers: Vec<String>,
        /// Only keys that are neither ours nor known
        #[arg(long)]
        unknown: bool,
    },
    /// Name a key, so that it is known from then on
    Know {
        /// Its fingerprint (SHA256:…), or the public key itself
        fingerprint: String,
        /// Whose it is
        name: String,
    },
    /// Take a key's name away
    Forget {
        /// Its fingerprint (SHA256:…), or the public key itself
        fingerprint: String,
    },
    /// List the keys that have a name
    Known,
    /// Replace our login keys on servers by new ones, one operation each
    #[command(after_help = "The old key stays in use until a login with the new one has worked; \
        then its line is taken away, and it must be refused. After a failure the same command, or \
        `operation retry`, goes on where it ended. Nobody else's keys are touched.")]
    Rotate {
        /// The servers' names or ids
        #[arg(value_name = "SERVER", required = true)]
        servers: Vec<String>,
        /// Only this user's key; else those of all users for whom we have one
        #[arg(long, value_name = "NAME")]
        user: Option<String>,
        /// Print the steps, change nothing
        #[arg(long)]
        dry_run: bool,
    },
}

pub(super) async fn run(command: Command, context: &mut Context) -> Result<u8, Halt> {
    match command {
        Command::List { servers, unknown } => {
            let servers = match servers.is_empty() {
                true => context.fleet.servers()?,
                false => chosen(context, &servers)?,
            };
            list::list(context, servers, unknown).await
        }
        Command::Known => list::known(context),
        Command::Know { fingerprint, name } => {
            context.fleet.know_key(&fingerprint, &name).await?;
            Ok(0)
        }
        Command::Forget { fingerprint } => {
            context.fleet.forget_key(&fingerprint).await?;
            Ok(0)
        }
        Command::Rotate { servers, user, dry_run } => {
            let servers = chosen(context, &servers)?;
            let user = user.as_deref();
            match dry_run {
                true => look(context, &servers, user).await,
                false => rotate(context, servers, user).await,
            }
        }
    }
}

fn chosen(context: &Context, names: &[String]) -> Result<Vec<Server>, Halt> {
    let mut servers: Vec<Server> = Vec::new();
    for name in names {
        let server = context.fleet.find_server(name)?;
        if servers.iter().all(|known| known.id != server.id) {
            servers.push(server);
        }
    }
    Ok(servers)
}

async fn look(context: &mut Context, servers: &[Server], user: Option<&str>) -> Result<u8, Halt> {
    context.unlock().await?;
    context.mention_unfinished()?;
    let mut codes = Vec::new();
    for server in servers {
        match context.fleet.preview_rotation(server.id, user).await {
            Ok(plan) => codes.push(firewall::preview(context, &plan)?),
            Err(mut failure) => {
                failure.host.get_or_insert_with(|| server.place());
                codes.push(failure.kind.exit_code());
                context.face.tell_failure(&failure);
            }
        }
    }
    Ok(watch::worst(codes))
}

async fn rotate(
    context: &mut Context,
    servers: Vec<Server>,
    user: Option<&str>,
) -> Result<u8, Halt> {
    let these: Vec<&Server> = servers.iter().collect();
    let text = format!("Replace our login keys on {} server(s)?", these.len());
    let deed = Deed::RotateKey;
    context.ask_before(&Question { deed, servers: &these, hanging: &[], text })?;
    let ids: Vec<_> = servers.iter().map(|server| server.id).collect();
    context.ready(&ids).await?;
    let (mut begun, mut codes) = (Vec::new(), Vec::new());
    for server in servers {
        match context.fleet.rotate_keys(server.id, user).await {
            Ok(started) => begun.push(Begun { server, operation: started.operation }),
            Err(mut failure) => {
                failure.host.get_or_insert_with(|| server.place());
                codes.push(failure.kind.exit_code());
                context.face.tell_failure(&failure);
            }
        }
    }
    progress::follow(context, &begun).await?;
    let mut rows = Vec::new();
    for one in &begun {
        let operation = context.fleet.operation(one.operation)?;
        if context.face.json {
            context.face.object(&json::OperationView::from(&operation))?;
        }
        rows.push(vec![
            one.server.name.clone(),
            operation.outcome.to_string(),
            operation.id.to_string(),
            table::error_cell(operation.error.as_ref()),
        ]);
        watch::tell(context, &operation);
        codes.push(watch::code(&operation));
    }
    if !context.face.json && !rows.is_empty() {
        context.face.table(&["server", "outcome", "operation", "error"], &rows, "")?;
    }
    context.finish().await?;
    Ok(watch::worst(codes))
}
