//! `brokeforge package`.

use super::{Context, Halt, json::PackageView};

/// What to show of what is installed.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List what is installed, on one server or over the fleet
    List {
        /// Only this server's
        server: Option<String>,
        /// Only those of this name or type
        #[arg(long)]
        name: Option<String>,
    },
}

pub(super) fn run(command: Command, context: &mut Context) -> Result<u8, Halt> {
    let Command::List { server, name } = command;
    let server = server.map(|name| context.fleet.find_server(&name)).transpose()?;
    let mut packages = context.fleet.packages(server.map(|s| s.id))?;
    if let Some(name) = name {
        packages.retain(|p| p.name == name || p.kind == name);
    }
    context.mention_unfinished()?;
    if context.face.json {
        for package in &packages {
            context.face.object(&PackageView::from(package))?;
        }
        return Ok(0);
    }
    let names = context.fleet.servers()?;
    let rows: Vec<Vec<String>> = packages
        .iter()
        .map(|p| {
            let server = names.iter().find(|s| s.id == p.server).map(|s| s.name.clone());
            vec![
                server.unwrap_or_else(|| p.server.to_string()),
                p.kind.clone(),
                p.name.clone(),
                p.version.clone().unwrap_or_default(),
                p.status.to_string(),
            ]
        })
        .collect();
    let heads = ["server", "type", "name", "version", "status"];
    context.face.table(&heads, &rows, "Nothing is installed.")?;
    Ok(0)
}
