//! Arguments, logging, panic hook, exit code; nothing else.

use std::process::ExitCode;
use std::sync::Arc;

use brokeforge::cli::{self, Args, Command, Face};
use brokeforge::clock::SystemClock;
use brokeforge::domain::{Failure, reason};
use brokeforge::fleet::{Fleet, Paths};
use brokeforge::tui::{self, keymap::Keymap, keymap::listed};
use rustix::process::{DumpableBehavior, Resource, Rlimit, setrlimit, umask};
use tracing_appender::rolling::{RollingFileAppender, Rotation};

/// Days of logs that are kept.
const LOGS: usize = 7;

fn main() -> ExitCode {
    let args = match Args::read() {
        Ok(args) => args,
        Err(code) => return ExitCode::from(code),
    };
    let mut face = Face::standard(args.json, args.yes);
    match start(args) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            face.tell_failure(&failure);
            ExitCode::from(failure.kind.exit_code())
        }
    }
}

fn start(args: Args) -> Result<u8, Failure> {
    harden()?;
    let mut face = Face::standard(args.json, args.yes);
    face.confirmed.clone_from(&args.confirm);
    let read_only = args.is_read_only();
    if args.command.is_none() && !(face.out_is_terminal && face.can_ask) {
        return Err(Failure::input("The screen needs a terminal, and this is none.")
            .remedy("Give a command; `brokeforge --help` lists them."));
    }
    let paths = Paths::find(args.home.as_deref())?;
    paths.prepare()?;
    if matches!(args.command, Some(Command::Keys)) {
        return keys(&paths, face);
    }
    log_to(&paths)?;
    on_panic();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|e| {
            Failure::internal(format!("The runtime cannot be started: {}.", reason(&e)))
        })?;
    let done = runtime.block_on(async {
        let fleet = Fleet::open(paths, Arc::new(SystemClock))?;
        let fleet = if read_only { fleet.read_only() } else { fleet };
        match args.command {
            Some(command) => Ok(cli::run(command, fleet, face, args.passphrase_fd).await),
            None => tui::run(fleet).await.map(|()| 0),
        }
    });
    // an operation that somebody let go of is taken up by the next start, like after a kill
    runtime.shutdown_background();
    done
}

/// Prints the effective keys, then what is wrong with the person's own.
fn keys(paths: &Paths, mut face: Face) -> Result<u8, Failure> {
    let keymap = Keymap::read(&paths.config);
    let rows = listed::rows(&keymap);
    let printed = if face.json {
        rows.iter().try_for_each(|row| face.object(row))
    } else {
        let cells: Vec<_> = rows.iter().map(listed::Row::cells).collect();
        face.fitted(listed::HEADS, &cells)
    };
    match printed.and_then(|()| face.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            return Err(Failure::internal(format!("The keys cannot be printed: {error}.")));
        }
        _ => {}
    }
    keymap.faults().iter().for_each(|fault| face.tell_failure(fault));
    Ok(if keymap.faults().is_empty() { 0 } else { 2 })
}

/// Nothing of this process's memory is for others: no core dumps, no tracing, files for the owner
/// alone.
fn harden() -> Result<(), Failure> {
    umask(rustix::fs::Mode::from_raw_mode(0o077));
    let hardened = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })
        .and_then(|()| rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable));
    hardened
        .map_err(|e| Failure::internal(format!("Core dumps cannot be turned off: {}.", reason(&e))))
}

fn log_to(paths: &Paths) -> Result<(), Failure> {
    let files = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .max_log_files(LOGS)
        .filename_prefix("brokeforge")
        .filename_suffix("log")
        .build(paths.logs())
        .map_err(|e| Failure::internal(format!("The log cannot be written: {}.", reason(&e))))?;
    let level = tracing_subscriber::EnvFilter::try_from_env("BROKEFORGE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt().with_writer(files).with_ansi(false).with_env_filter(level).init();
    Ok(())
}

/// The terminal is given back before a panic is told; the log keeps where it was. A panic's own
/// text may hold what must not be seen, so only its place is kept.
fn on_panic() {
    let (report, _) = color_eyre::config::HookBuilder::default().into_hooks();
    let told = report.into_panic_hook();
    std::panic::set_hook(Box::new(move |panic| {
        tui::restore();
        cli::restore();
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panic");
        told(panic);
    }));
}
