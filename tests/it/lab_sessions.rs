//! `brokeforge ssh` on a real host: in a terminal as a person has it, and over pipes.

use std::io::Write;
use std::process::{Output, Stdio};
use std::time::Duration;

use crate::lab::{self, Host};
use crate::lab_journey::add;
use crate::support::binary::Home;
use crate::support::pty::Pty;

/// For what a host does in no time, also on a machine that is slow and busy.
const SOON: Duration = Duration::from_secs(120);

pub fn shell(home: &Home) -> Pty {
    // in the lab host's own words, without its colours and its title
    let mut shell = Pty::run(&home.path().join("fleet"), &["ssh", "web"], &[]);
    shell.sees("#");
    shell.types("PS1='ready> '; clear\r");
    shell.until("the prompt", |screen| screen.contents().starts_with("ready> "));
    shell
}

/// A whole command over pipes, with this input.
fn piped(home: &Home, arguments: &[&str], input: Vec<u8>) -> Output {
    let mut command = home.command(arguments);
    let mut child = home.spawn(command.stdin(Stdio::piped()));
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || {
        // who reads no input is no failure
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

#[track_caller]
fn said(output: &Output, code: i32, out: &str, err: &str) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let all = (output.status.code(), text(&output.stdout), text(&output.stderr));
    assert_eq!(all, (Some(code), out.to_owned(), err.to_owned()));
}

pub fn in_a_terminal(home: &Home, host: &Host) {
    let mut shell = shell(home);
    shell.types("tty; stty size; echo $TERM\r");
    shell.sees("/dev/pts/");
    shell.sees("24 80");
    shell.sees("xterm-256color");
    shell.resize(40, 132);
    shell.types("clear; stty size\r");
    shell.sees("40 132");

    // keys reach the host, not us: ctrl-c, ctrl-z, and a tilde that is not at a line's start
    shell.types("clear; sleep 1000 || echo ended by $?\r");
    host.until_inside("sleep runs", SOON, "ps -ef; pgrep -x sleep");
    shell.types("\x03");
    host.until_inside("sleep ended", SOON, "ps -ef; ! pgrep -x sleep");
    shell.types("echo at ~.; echo twice; exit 7\r");
    assert_eq!(shell.ends(), 7);
}

fn lost_and_found(home: &Home, host: &Host) {
    let mut shell = shell(home);
    shell.types("trap '' HUP; echo $((40 + 2)) is my mark; cat\r");
    shell.sees("42 is my mark");
    // what serves the session is killed, and the link with it; the shell did not exit
    host.exec("pkill -KILL -f '^sshd: root@pts'");
    shell.sees("the session on web was lost");
    shell.sees("Enter connects again; ctrl-c leaves.");
    shell.types("rm -rf /nothing");
    shell.types("\r");
    shell.sees("Connecting to web");
    shell.until("a new prompt", |s| s.contents().trim_end().ends_with('#'));
    shell.types("PS1='again> '; clear\r");
    shell.until("the prompt", |screen| screen.contents().starts_with("again> "));
    assert!(!shell.text().contains("nothing"), "what was typed was sent");
    // ~. leaves at once
    shell.types("echo x\r~.");
    assert_eq!(shell.ends(), 255);

    // and at once on a link that hangs, whatever was typed before
    let mut shell = self::shell(home);
    host.link(false);
    shell.types(&"nothing of this is seen\r".repeat(200));
    shell.types("~.");
    let code = shell.ends();
    host.link(true);
    assert_eq!(code, 255);

    // and a signal gives the terminal back
    let shell = self::shell(home);
    shell.signal("-TERM");
    assert_eq!(shell.ends(), 128 + 15);
}

pub fn over_pipes(home: &Home) {
    let nasty = "a  b'c\"d$HOME *\\";
    let argv = ["ssh", "web", "--", "sh", "-c", "printf '%s\n' \"$1\"; echo no >&2; exit 7", "sh"];
    said(
        &home.command(&[&argv[..], &[nasty]].concat()).output().unwrap(),
        7,
        &format!("{nasty}\n"),
        "no\n",
    );
    said(&piped(home, &["ssh", "web", "--", "tty"], vec![]), 1, "not a tty\n", "");
    said(&piped(home, &["ssh", "web", "--", "sh", "-c", "kill -KILL $$"], vec![]), 137, "", "");
    let shell = piped(home, &["ssh", "web"], b"echo $((6 * 7)); exit 3\n".to_vec());
    assert!(shell.stdout.ends_with(b"\n42\n"), "after the host's greeting: {shell:?}");
    assert_eq!(shell.status.code(), Some(3));

    let much: Vec<u8> =
        (0..10u32 << 20).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let output = piped(home, &["ssh", "web", "--", "cat"], much.clone());
    assert!(output.stdout == much, "{} of {} bytes", output.stdout.len(), much.len());
    assert_eq!((output.status.code(), output.stderr.is_empty()), (Some(0), true));

    // a reader that has enough ends the session
    let script = r#""$0" "$@" | head -c 4"#;
    let mut command = std::process::Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_brokeforge"), "--home"]);
    command.arg(home.path().join("fleet")).args(["ssh", "web", "--", "yes"]);
    said(&command.stdin(Stdio::null()).output().unwrap(), 0, "y\ny\n", "");
}

fn failures(home: &Home, host: &Host) {
    let refused = home.run(&["--json", "ssh", "web", "--", "true"]).expect(2);
    assert!(refused.err.contains("--json has no meaning here"), "{}", refused.err);
    // a link that is lost has no terminal to wait in
    let killed =
        home.run(&["ssh", "web", "--", "sh", "-c", "kill -KILL $PPID; sleep 100"]).expect(3);
    assert!(killed.err.contains("is lost"), "{}", killed.err);
    host.exec("echo 'MaxSessions 0' >/etc/ssh/sshd_config.d/z.conf; systemctl restart ssh");
    let refused = home.run(&["ssh", "web", "--", "true"]).expect(3);
    assert!(refused.err.contains("Check MaxSessions"), "{}", refused.err);

    // a server whose adding failed half-way is reached by whichever login works
    let lets_in = |file: &str, lines: &str| {
        host.exec_inside(&format!(
            "grep {lines} /root/.ssh/authorized_keys >/root/{file}
             echo AuthorizedKeysFile /root/{file} >/etc/ssh/sshd_config.d/z.conf
             systemctl restart ssh"
        ));
        host.wait_ssh();
    };
    lets_in("first", "-v ' brokeforge s-'");
    let other = Home::new();
    assert_ne!(add(&other, host).code, 0, "our key is not let in");
    let hostname = || other.run(&["ssh", "web", "--", "hostname"]).expect(0).out;
    assert_eq!(hostname(), format!("{}\n", host.name));
    lets_in("ours", "' brokeforge s-'");
    assert_eq!(hostname(), format!("{}\n", host.name));

    host.exec_inside("rm /etc/ssh/ssh_host_*; ssh-keygen -A; systemctl restart ssh");
    host.wait_ssh();
    home.run(&["ssh", "web", "--", "true"]).expect(4);
}

#[test]
fn a_shell_and_commands_in_the_plain_terminal_and_over_pipes() {
    let Some(host) = lab::host("sessions") else { return };
    let home = Home::new();
    add(&home, &host).expect(0);
    in_a_terminal(&home, &host);
    lost_and_found(&home, &host);
    over_pipes(&home);
    failures(&home, &host);
}
