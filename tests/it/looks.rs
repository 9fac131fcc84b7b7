//! The terminal of the real binary: lent to an editor and to the shell, lost, and its colours.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use portable_pty::{PtySize, native_pty_system};
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use tempfile::TempDir;
use vt100::{MouseProtocolEncoding, MouseProtocolMode};

use crate::support::pty::Pty;

const BINARY: &str = env!("CARGO_BIN_EXE_brokeforge");
/// Far longer than anything takes here, also on a machine that is slow and busy.
const SOON: Duration = Duration::from_secs(120);
/// Clock ticks a second, as `/proc` counts them.
const TICKS: u64 = 100;

fn is_whole(screen: &vt100::Screen) -> bool {
    screen.alternate_screen()
        && screen.bracketed_paste()
        && screen.mouse_protocol_mode() == MouseProtocolMode::ButtonMotion
        && screen.mouse_protocol_encoding() == MouseProtocolEncoding::Sgr
}

/// Pastes may be bracketed: shells like that as well.
fn is_given_back(screen: &vt100::Screen) -> bool {
    !screen.alternate_screen() && screen.mouse_protocol_mode() == MouseProtocolMode::None
}

fn with_a_vault(pty: &mut Pty) {
    pty.sees("first a vault");
    pty.types("\r");
    pty.sees("No passphrase?");
    pty.types("y");
    pty.sees("The vault is made and open.");
}

#[test]
fn ctrl_z_gives_the_terminal_to_the_shell_and_fg_brings_it_back_whole() {
    let home = TempDir::new().unwrap();
    let mut pty = Pty::shell(home.path(), &[("PS1", "$ ")]);
    pty.sees("$");
    pty.types(&format!("{BINARY} --home {}\r", home.path().display()));
    with_a_vault(&mut pty);
    pty.until("all modes", is_whole);
    pty.types("\x1a");
    pty.sees("Stopped");
    pty.until("the terminal given back", is_given_back);
    pty.resize(40, 140);
    // The shell reads lines again, so the line's mode is its own.
    pty.types("echo a$((1+1))b\r");
    pty.sees("a2b");
    pty.types("fg\r");
    pty.until("all modes again", is_whole);
    pty.until("the new size", |screen| {
        let last = screen.contents();
        last.lines().nth(39).is_some_and(|line| line.contains("? help"))
    });
    pty.types("?");
    pty.sees("add a server");
    pty.types("\x1b");
    // what is typed next must not come as one key with it
    pty.until("the help gone", |screen| !screen.contents().contains("add a server"));
    pty.sees("Press a to add your first server.");
    pty.types("Q");
    pty.until("the shell", is_given_back);
    pty.types("exit\r");
    assert_eq!(pty.ends(), 0);
}

#[test]
fn stopped_by_somebody_else_it_comes_back_whole_too() {
    let home = TempDir::new().unwrap();
    let pty = Pty::start(home.path(), &[]);
    pty.sees("first a vault");
    pty.signal("-STOP");
    pty.garble();
    pty.until("garbage", |screen| screen.contents().contains("garbage") && is_given_back(screen));
    pty.signal("-CONT");
    pty.until("all of it", |screen| {
        is_whole(screen)
            && screen.contents().contains("first a vault")
            && !screen.contents().contains("garbage")
    });
    pty.signal("-TERM");
    assert_eq!(pty.ends(), 0);
}

#[test]
fn the_editor_gets_the_terminal_and_all_keys_and_gives_it_back() {
    let home = TempDir::new().unwrap();
    let editor = "sh -c 'printf EDITING:; cat \"$1\"; read -r line; echo \"$line\" > \"$1\"' sh";
    let mut pty = Pty::start(home.path(), &[("EDITOR", editor)]);
    with_a_vault(&mut pty);
    pty.types("a");
    pty.sees("What you call it");
    pty.types("web-1\x0f");
    pty.sees("EDITING:web-1");
    pty.until("the terminal given back", is_given_back);
    pty.types("every-key-of-it\r");
    pty.sees("every-key-of-it");
    pty.until("all modes", is_whole);
    pty.types("-and-more");
    pty.sees("every-key-of-it-and-more");
    assert!(no_edits(home.path()));
    // Drawn to its end; and not one key with what follows.
    pty.sees("ctrl-o editor");
    pty.types("\x1b");
    pty.sees("Leave the form?");
    pty.insists("y", "the form gone", |screen| !screen.contents().contains("ctrl-o editor"));
    pty.types("Q");
    assert_eq!(pty.ends(), 0);
}

#[test]
fn a_killed_editor_leaves_the_terminal_intact() {
    let home = TempDir::new().unwrap();
    let editor = "sh -c 'stty raw -echo; printf \"\\033[?1049h\\033[31m\"; kill -9 $$' sh";
    let mut pty = Pty::start(home.path(), &[("VISUAL", editor)]);
    with_a_vault(&mut pty);
    pty.types("a");
    pty.sees("What you call it");
    pty.types("web-1\x0f");
    pty.sees("The editor was killed.");
    pty.until("all modes", is_whole);
    pty.sees("web-1");
    assert!(no_edits(home.path()));
    let before = pty.is_cooked();
    pty.types("\x1b");
    pty.until("the error put away", |screen| !screen.contents().contains("was killed"));
    // Drawn to its end; and not one key with what follows.
    pty.sees("ctrl-o editor");
    pty.types("\x1b");
    pty.sees("Leave the form?");
    pty.insists("y", "the form gone", |screen| !screen.contents().contains("ctrl-o editor"));
    pty.types("Q");
    assert!(!before);
    pty.until("cooked again", |_| pty.is_cooked());
    assert_eq!(pty.ends(), 0);
}

fn no_edits(home: &Path) -> bool {
    let names = std::fs::read_dir(home.join("state")).unwrap();
    !names.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("edit"))
}

#[test]
fn the_theme_follows_the_background() {
    for (answer, hue) in [("ffff/ffff/ffff", 26), ("1e1e/1e1e/2e2e", 75)] {
        let home = TempDir::new().unwrap();
        let mut pty = Pty::start(home.path(), &[]);
        pty.sees("first a vault");
        pty.types(&format!("\x1b]11;rgb:{answer}\x1b\\x"));
        pty.until("its hue", |screen| {
            let (rows, columns) = screen.size();
            let mut cells = (0..rows.get()).flat_map(|y| (0..columns.get()).map(move |x| (y, x)));
            cells.any(|(y, x)| {
                screen.cell(y, x).is_some_and(|cell| cell.fgcolor() == vt100::Color::Idx(hue))
            })
        });
        // Of the answer nothing was typed, and what was typed behind it was.
        pty.until("one key", |screen| screen.contents().matches('•').count() == 1);
        pty.signal("-TERM");
        pty.ends();
    }
}

/// The time that a process has had of the processor, in ticks.
fn ticks(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

/// Waits for the end without forgetting the process, and checks that it did not spin till then.
fn ends_quietly(pid: u32, before: u64) {
    let id = WaitId::Pid(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap());
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    crate::lab::until("its end", SOON, || waitid(id.clone(), options).unwrap().is_some());
    let spent = ticks(pid) - before;
    assert!(spent < TICKS / 2, "{spent} ticks of the processor");
}

#[test]
fn a_terminal_that_closes_ends_it_without_spinning() {
    let home = TempDir::new().unwrap();
    let mut pty = Pty::start(home.path(), &[]);
    with_a_vault(&mut pty);
    let (pid, before) = (pty.id(), ticks(pty.id()));
    pty.hang_up();
    pty.signal("-HUP");
    ends_quietly(pid, before);
    assert_eq!(pty.wait(), 0);
}

#[test]
fn the_end_of_input_alone_ends_it_without_spinning() {
    let home = TempDir::new().unwrap();
    let pair = native_pty_system().openpty(PtySize::default()).unwrap();
    let open = || {
        let mut options = OpenOptions::new();
        options.read(true).write(true).custom_flags(rustix::fs::OFlags::NOCTTY.bits() as i32);
        Stdio::from(options.open(pair.master.tty_name().unwrap()).unwrap())
    };
    // Not the leader of the terminal's session: no signal tells it that the terminal is gone.
    let mut child = Command::new(BINARY)
        .args(["--home", home.path().to_str().unwrap()])
        .env_clear()
        .env("TERM", "xterm-256color")
        .env("LANG", "C.UTF-8")
        .stdin(open())
        .stdout(open())
        .stderr(open())
        .spawn()
        .unwrap();
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().unwrap();
    let mut keys = pair.master.take_writer().unwrap();
    let (mut seen, mut bytes) = (Vec::new(), [0; 4096]);
    for (key, text) in [("", "first a vault"), ("\r", "No passphrase?"), ("y", "made and open")] {
        keys.write_all(key.as_bytes()).unwrap();
        while !String::from_utf8_lossy(&seen).contains(text) {
            let count = reader.read(&mut bytes).unwrap();
            seen.extend_from_slice(&bytes[..count]);
        }
    }
    let before = ticks(child.id());
    drop((reader, keys, pair.master));
    ends_quietly(child.id(), before);
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_shell_that_dies_takes_a_stopped_screen_along() {
    let home = TempDir::new().unwrap();
    let mut pty = Pty::shell(home.path(), &[("PS1", "$ ")]);
    pty.sees("$");
    pty.types(&format!("{BINARY} --home {}\r", home.path().display()));
    pty.sees("first a vault");
    let shell = pty.id();
    let children = std::fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).unwrap();
    let screen: u32 = children.trim().parse().unwrap();
    pty.types("\x1a");
    pty.sees("Stopped");
    pty.signal("-KILL");
    pty.wait();
    let over = || match std::fs::read_to_string(format!("/proc/{screen}/stat")) {
        Ok(stat) => stat.rsplit_once(')').unwrap().1.trim_start().starts_with('Z'),
        Err(_) => true,
    };
    crate::lab::until("it ends", SOON, over);
}
