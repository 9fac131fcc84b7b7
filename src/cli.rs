//! The scripting face: one file per subcommand under `cli/`; tables and JSON.
//!
//! Reads arguments, calls the fleet, prints what it answers. What commands mean is the fleet's; no
//! command reads or writes a record by itself.

mod caution;
mod changes;
mod context;
mod exec;
mod face;
mod firewall;
mod halt;
mod json;
mod key;
mod operation;
mod output;
mod package;
mod passphrase;
mod progress;
mod provision;
mod recipe;
mod resource;
mod rule;
mod server;
mod ssh;
mod table;
#[cfg(test)]
mod tests;
mod undo;
mod vault;
mod watch;

use std::path::PathBuf;

use clap::{CommandFactory, Parser, Subcommand};

use crate::domain::Failure;
use crate::fleet::Fleet;

pub use context::Context;
pub use face::Face;
pub use halt::Halt;
pub use ssh::restore;

const AFTER: &str = "\
Exit codes:
  0   done
  1   operation failed
  2   bad usage or input
  3   unreachable or not logged in
  4   host key refused
  5   vault locked
  6   store in use by a process that does not answer
  70  internal error
  (3 and 4 go before 1; `ssh` passes on the code of what ran there)

Commands that change something wait for their operation. ctrl-C detaches: the operation's record \
is printed as it is then, its outcome says `running` or `waiting`, and the exit code is 0. What has \
begun on the host goes on there; the screen or the next command that changes something takes it up. \
Only `operation cancel` cancels.

On a terminal, what can be undone is done without a question, what costs something is asked about \
(y/N), and what destroys wants the name typed. --yes answers both; without a terminal nobody is \
asked. Only servers tagged `production` always need their name: typed, or by --confirm NAME for \
each of them; --yes does not stand in for it.

With --read-only, or BROKEFORGE_READ_ONLY=1 in the environment, every command that would change a \
record or a host is refused with exit code 2, and so is a shell.

The vault's passphrase is asked for on a terminal, or read from the file named by \
BROKEFORGE_PASSPHRASE_FILE, or from the file descriptor named by --passphrase-fd.";

/// Provisions and runs a fleet of Linux servers over plain SSH. Without a command the screen opens.
#[derive(Debug, Parser)]
#[command(name = "brokeforge", version, after_help = AFTER, max_term_width = 100)]
pub struct Args {
    /// Keep everything under this folder instead of the XDG folders
    #[arg(long, global = true, value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// Print JSON: one object, or one a line for lists
    #[arg(long, global = true)]
    pub json: bool,
    /// Say yes to warnings and questions
    #[arg(long, global = true)]
    pub yes: bool,
    /// The name of a server tagged `production` that is meant; may be given more than once
    #[arg(long, global = true, value_name = "NAME")]
    pub confirm: Vec<String>,
    /// Change nothing, neither records nor hosts
    #[arg(long, global = true)]
    pub read_only: bool,
    /// Read the vault's passphrase from this file descriptor
    #[arg(long, global = true, value_name = "N")]
    pub passphrase_fd: Option<u32>,
    /// What to do
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add, list, show, edit, trust and remove servers
    #[command(subcommand)]
    Server(server::Command),
    /// Turn a server's firewall on or off, and look at it
    #[command(subcommand)]
    Firewall(firewall::Command),
    /// Add, list, edit, remove and retry firewall rules
    #[command(subcommand)]
    Rule(rule::Command),
    /// Bring a profile onto servers: a web server, a database, what you make of it
    Provision(provision::Command),
    /// List and show profiles
    #[command(subcommand)]
    Profile(provision::Profiles),
    /// The commands of every kind of resource
    #[command(flatten)]
    Resource(resource::Command),
    /// Show what is installed over the fleet
    #[command(subcommand)]
    Package(package::Command),
    /// Make the vault, or tell its state
    #[command(subcommand)]
    Vault(vault::Command),
    /// List, show, cancel and retry operations
    #[command(subcommand)]
    Operation(operation::Command),
    /// List the keys that may log in, name them, and replace ours
    #[command(subcommand)]
    Key(key::Command),
    /// Run your own package, a TOML file, on servers, or check it
    #[command(subcommand)]
    Recipe(recipe::Command),
    /// Run a command on servers, side by side, one operation each
    Exec(exec::Command),
    /// Show every change as it happens, whichever brokeforge makes it
    Watch(changes::Command),
    /// Open a shell, or run one command, on a server in this terminal
    Ssh(ssh::Command),
    /// Take back what was changed last on a server, or on one of its rules
    Undo(undo::Command),
    /// Print the screen's keys as keymap.toml makes them
    Keys,
}

impl Args {
    /// Reads the process's arguments. What is to be printed instead (help, version, a usage error)
    /// is printed, and its exit code is the error.
    pub fn read() -> Result<Self, u8> {
        let words: Vec<std::ffi::OsString> = std::env::args_os().collect();
        Self::try_parse_from(&words).map_err(|error| {
            if !error.use_stderr() {
                // help into a pipe that closed is no failure
                let _ = error.print();
                return 0;
            }
            let asked = words.iter().take_while(|word| *word != "--").any(|word| word == "--json");
            if asked {
                let text = error.render().to_string();
                let first = text.split("\n\n").next().unwrap_or_default();
                let words: Vec<&str> = first.split_whitespace().collect();
                let message = words.join(" ").trim_start_matches("error: ").to_owned();
                let failure = Failure::input(message).remedy("`brokeforge --help` tells how.");
                Face::standard(true, false).tell_failure(&failure);
            } else {
                let _ = error.print();
            }
            2
        })
    }

    /// Whether nothing shall be changed: by the flag or by the environment.
    pub fn is_read_only(&self) -> bool {
        let set = std::env::var_os("BROKEFORGE_READ_ONLY");
        self.read_only || set.is_some_and(|value| !value.is_empty() && value != *"0")
    }

    /// The grammar, for the generated docs.
    pub fn grammar() -> clap::Command {
        Self::command()
    }
}

/// Runs one command to its exit code; what failed is told on standard error.
pub async fn run(command: Command, fleet: Fleet, face: Face, passphrase_fd: Option<u32>) -> u8 {
    let mut context = Context::new(fleet, face, passphrase_fd);
    let done = match command {
        Command::Server(command) => server::run(command, &mut context).await,
        Command::Firewall(command) => firewall::run(command, &mut context).await,
        Command::Rule(command) => rule::run(command, &mut context).await,
        Command::Provision(command) => provision::run(command, &mut context).await,
        Command::Profile(command) => provision::profiles(command, &mut context),
        Command::Resource(command) => resource::run(command, &mut context).await,
        Command::Package(command) => package::run(command, &mut context),
        Command::Vault(command) => vault::run(command, &mut context).await,
        Command::Operation(command) => operation::run(command, &mut context).await,
        Command::Key(command) => key::run(command, &mut context).await,
        Command::Recipe(command) => recipe::run(command, &mut context).await,
        Command::Exec(command) => exec::run(command, &mut context).await,
        Command::Watch(command) => changes::run(command, &mut context).await,
        Command::Ssh(command) => ssh::run(command, &mut context).await,
        Command::Undo(command) => undo::run(command, &mut context).await,
        // They are the screen's, which this room does not know; who starts both prints them.
        Command::Keys => Err(Failure::internal("The keys are not told here.").into()),
    };
    let done = match done {
        Ok(code) => context.face.flush().map(|()| code).map_err(Halt::from),
        Err(halt) => Err(halt),
    };
    match done {
        Ok(code) | Err(Halt::Ended(code)) => code,
        Err(Halt::PipeClosed) => 0,
        Err(Halt::Failure(failure)) => {
            context.face.tell_failure(&failure);
            failure.kind.exit_code()
        }
    }
}
