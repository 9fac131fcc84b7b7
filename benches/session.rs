//! What a session in the screen costs: `cargo bench --bench session` boots a host of the lab,
//! opens a shell on it in the screen and another one with plain `ssh` beside it, and prints the
//! time from a key to its echo in both, key about (ours may add 2 ms); from a key to what it shows
//! while 100 MB run through the session (p99 ≤ 50 ms); and what twenty sessions with full
//! scroll-back at 200 columns hold in memory (≤ 30 MiB each).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a program for people"
)]

use std::process::Command;
use std::time::{Duration, Instant};

use portable_pty::CommandBuilder;
use tempfile::TempDir;

#[path = "support/figures.rs"]
mod figures;
#[path = "../tests/lab/lab.rs"]
mod lab;
#[allow(dead_code, reason = "shared with the tests, which use all of it")]
#[path = "../tests/it/support/pty.rs"]
mod pty;

use pty::Pty;

/// Keys that are timed in each.
const KEYS: usize = 500;
/// Keys that are timed in the flood, unless it is over before.
const FLOOD: usize = 200;
/// Sessions that are filled.
const SESSIONS: usize = 20;
/// Rows and columns; the pane is two columns smaller.
const SIZE: (u16, u16) = (50, 202);
const SOON: Duration = Duration::from_secs(60);

fn main() {
    let Some(host) = lab::host("session") else { return };
    let home = TempDir::new().unwrap();
    for arguments in [
        &["vault", "init", "--key-file"][..],
        &[
            "server",
            "add",
            "web",
            "--host",
            &host.v4.to_string(),
            "--identity",
            host.key.to_str().unwrap(),
            "--accept-new-host-key",
        ],
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_brokeforge"));
        let done = command.arg("--home").arg(home.path()).args(arguments).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    let mut ours = Pty::start_sized(home.path(), &[], SIZE);
    ours.sees("web");
    ours.types("s");
    let mut theirs = Pty::launch(ssh(&host), home.path(), &[], SIZE);
    for shell in [&mut ours, &mut theirs] {
        shell.until_within(SOON, "a prompt", |s| s.contents().contains('#'));
        shell.types("PS1='now> '; clear\r");
        shell.sees("now> ");
    }

    let (mut mine, mut plain) = (Vec::with_capacity(KEYS), Vec::with_capacity(KEYS));
    for shell in [&mut ours, &mut theirs] {
        shell.types("clear; stty -icanon; echo ready; cat >/dev/null\r");
        shell.until("cat runs", |s| {
            s.contents().lines().any(|line| line.trim_matches(['│', ' ']) == "ready")
        });
    }
    for number in 1..=KEYS {
        mine.push(echo(&mut ours, number));
        plain.push(echo(&mut theirs, number));
    }
    println!("{}", figures::line("key to echo, a session in the screen", &mut mine));
    println!("{}", figures::line("key to echo, plain ssh beside it", &mut plain));
    drop(theirs);
    ours.types("\u{3}");
    ours.sees("now> ");

    flood(&host, &mut ours);
    memory(&mut ours);
    ours.types("\u{7}d");
    ours.types("Q");
    ours.ends();
}

fn ssh(host: &lab::Host) -> CommandBuilder {
    let mut command = CommandBuilder::new("ssh");
    command.args(["-F", "none", "-o", "IdentitiesOnly=yes", "-o", "LogLevel=ERROR"]);
    command.args(["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-i"]);
    command.arg(&host.key);
    command.arg(format!("root@{}", host.v4));
    command
}

/// Types one more x, and waits until so many are there.
fn echo(shell: &mut Pty, count: usize) -> Duration {
    let pressed = Instant::now();
    shell.types("x");
    shell.until("the echo", |s| s.contents().bytes().filter(|byte| *byte == b'x').count() >= count);
    pressed.elapsed()
}

/// Times the box that the escape opens while the host sends all it can.
fn flood(host: &lab::Host, shell: &mut Pty) {
    let (code, said) =
        host.exec("head -c 75000000 /dev/urandom | base64 -w 99 >/tmp/big; wc -c /tmp/big");
    assert_eq!(code, 0, "{said}");
    let mut keys = Vec::with_capacity(FLOOD);
    let began = Instant::now();
    shell.types("clear; cat /tmp/big; echo over and out | tr a-z A-Z\r");
    let over = |s: &vt100::Screen| s.contents().contains("OVER AND OUT");
    let mut took = None;
    while keys.len() < FLOOD && took.is_none() {
        let pressed = Instant::now();
        shell.types("\u{7}");
        shell.until_within(SOON, "the box", |s| s.contents().contains("send this key itself"));
        keys.push(pressed.elapsed());
        shell.types("\u{1b}");
        shell.until_within(SOON, "no box", |s| !s.contents().contains("send this key itself"));
        if shell.is(over) {
            took = Some(began.elapsed());
        }
    }
    println!("{}", figures::line("key to box while 100 MB come", &mut keys));
    shell.until_within(SOON, "the end of the flood", over);
    let took = took.unwrap_or_else(|| began.elapsed());
    println!("100 MB through the session: {:.1} s, with the keys", took.as_secs_f64());
}

fn memory(shell: &mut Pty) {
    let before = figures::status(shell.id(), "VmRSS");
    for _ in 1..SESSIONS {
        shell.types("\u{7}c");
        shell.until_within(SOON, "a prompt", |s| s.contents().contains(":~#"));
        fill(shell);
    }
    let after = figures::status(shell.id(), "VmRSS");
    let each = (after - before) / (SESSIONS as u64 - 1);
    println!("memory: {after} KiB with {SESSIONS} full sessions, {each} KiB for each");
}

/// Fills the scroll-back with lines as wide as the pane.
fn fill(shell: &mut Pty) {
    shell.types("clear; PS1='full> '; seq -f '%0200.0f' 5100\r");
    shell.until_within(SOON, "full scroll-back", |s| s.contents().contains("05100"));
}
