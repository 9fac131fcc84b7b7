//! `brokeforge ssh`: a shell or a command on a server in the plain terminal, or over plain pipes.
//! Bytes pass as they are, both ways.

mod escape;
mod raw;
mod stream;

use std::io::{self, IsTerminal, Write};

use rustix::termios::tcgetwinsize;
use tokio::io::{AsyncReadExt, Stdin};

use super::{Context, Halt};
use crate::domain::{Failure, FailureKind, Server};
use crate::fleet::{Session, SessionRequest, Size, Terminal};
use raw::Raw;
use stream::{Over, Signals};

pub use raw::restore;

const AFTER: &str = "\
The words after -- are one argument vector; each reaches the command as it is. For a shell: \
ssh SERVER -- sh -c 'uptime; df -h'. Without a command the login shell opens.

With a terminal on input and output the session gets one too, of the same size and TERM; then \
~. at the start of a line leaves a session whose link hangs, and ~~ sends one ~. Else input, output \
and errors pass byte for byte, and the end of the input is passed on.

When the link is lost in a terminal, Enter connects again and ctrl-c leaves; nothing typed is sent \
twice. A command is then run anew.

The exit code is the shell's or command's own; 128 and the signal's number when a signal ended it \
(137 for KILL); 255 when it ended without either, or was left by ~. . When brokeforge itself fails \
it says so on standard error, and the code is 2, 3, 4, 5, 6 or 70 as for every command. --json has \
no meaning here and is refused.";

/// A server and what to run there.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub struct Command {
    /// The server's name or id
    #[arg(value_name = "SERVER")]
    server: String,
    /// The command and its arguments
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// Ended without a status, or left: as ssh does.
const NO_STATUS: u8 = 255;

/// Leaves the other screen, turns off what a full-screen program may have turned on, shows the
/// cursor: what ran there cannot do it any more.
const TIDY: &[u8] =
    b"\x1b[?1047l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1004l\x1b[?1006l\x1b[?2004l\x1b[?2026l\
      \x1b[?1l\x1b>\x1b[r\x1b[m\x1b[?25h\r\n";

pub(super) async fn run(command: Command, context: &mut Context) -> Result<u8, Halt> {
    if context.face.json {
        return Err(Failure::input(
            "`ssh` passes a session on as it is; --json has no meaning here.",
        )
        .remedy("For a record of a command and its output: brokeforge --json exec SERVER -- …")
        .into());
    }
    let server = context.fleet.find_server(&command.server)?;
    let interactive = io::stdin().is_terminal() && io::stdout().is_terminal();
    let argv = Some(command.command).filter(|argv| !argv.is_empty());
    let mut session = opened(context, &server, argv.as_ref(), interactive).await?;
    let mut typed = tokio::io::stdin();
    if !interactive {
        return match stream::pass(session, &mut typed, None, &mut Signals::listen()?).await? {
            Over::Ended(code) => Ok(code),
            Over::Lost(failure) => Err(failure.into()),
            Over::Left(left) => Ok(left.code()),
        };
    }
    let mut signals = Signals::listen()?;
    loop {
        let raw = Raw::enter()?;
        let over = stream::pass(session, &mut typed, Some(size()), &mut signals).await;
        if !matches!(over, Ok(Over::Ended(_))) {
            tidy();
        }
        drop(raw);
        let mut failure = match over? {
            Over::Ended(code) => return Ok(code),
            Over::Left(left) => return Ok(left.code()),
            Over::Lost(failure) => failure,
        };
        let at = jiff::Zoned::now().strftime("%H:%M:%S").to_string();
        context.face.note(&format!("At {at} the session on {} was lost.", server.name));
        session = loop {
            context.face.tell_failure(&failure);
            context.face.note(match argv {
                None => "Enter connects again; ctrl-c leaves.",
                Some(_) => "Enter runs the command again; ctrl-c leaves.",
            });
            let raw = Raw::enter()?;
            raw::forget_typed();
            let again = wants_again(&mut typed, &mut signals).await?;
            drop(raw);
            if !again {
                return Err(Halt::Ended(failure.kind.exit_code()));
            }
            context.face.note(&format!("Connecting to {} …", server.name));
            let opened = tokio::select! {
                opened = opened(context, &server, argv.as_ref(), true) => opened,
                left = signals.next() => return Err(Halt::Ended(left.code())),
            };
            match opened {
                Ok(session) => break session,
                Err(Halt::Failure(why)) => failure = why,
                Err(halt) => return Err(halt),
            }
        };
    }
}

/// Opens the session. The vault is opened only where a key in it is needed: a first login by an
/// agent needs none.
async fn opened(
    context: &mut Context,
    server: &Server,
    command: Option<&Vec<String>>,
    interactive: bool,
) -> Result<Session, Halt> {
    let request = SessionRequest {
        server: server.id,
        command: command.cloned(),
        terminal: interactive.then(|| Terminal { name: terminal_name(), size: size() }),
        // a terminal that is scrolled back, or a pager, may read nothing for as long as it likes
        apart: true,
    };
    match context.fleet.open_session(request.clone()).await {
        Err(failure) if failure.kind == FailureKind::VaultLocked => {
            context.unlock().await?;
            Ok(context.fleet.open_session(request).await?)
        }
        opened => Ok(opened?),
    }
}

/// Waits for Enter or for the word to leave.
async fn wants_again(typed: &mut Stdin, signals: &mut Signals) -> Result<bool, Halt> {
    let mut bytes = [0; 256];
    loop {
        let count = tokio::select! {
            count = typed.read(&mut bytes) => count?,
            left = signals.next() => return Err(Halt::Ended(left.code())),
        };
        // the end of a terminal's input is the end of the terminal
        let Some(bytes) = bytes.get(..count).filter(|bytes| !bytes.is_empty()) else {
            return Ok(false);
        };
        for byte in bytes {
            match byte {
                b'\r' | b'\n' => return Ok(true),
                0x03 | 0x04 => return Ok(false),
                _ => {}
            }
        }
    }
}

fn tidy() {
    let mut out = io::stdout();
    // where the terminal is gone there is nothing to tidy
    let _ = out.write_all(TIDY).and_then(|()| out.flush());
}

fn terminal_name() -> String {
    let name = std::env::var("TERM").unwrap_or_default();
    if name.is_empty() { "dumb".to_owned() } else { name }
}

/// The terminal's size now; 80×24 where it does not say.
fn size() -> Size {
    let told = tcgetwinsize(io::stdout()).ok().filter(|told| told.ws_col > 0 && told.ws_row > 0);
    told.map_or(Size { columns: 80, rows: 24 }, |told| Size {
        columns: told.ws_col,
        rows: told.ws_row,
    })
}
