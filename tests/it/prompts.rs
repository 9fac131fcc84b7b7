//! What the command line asks on a terminal, and what it does without one.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use rustix::process::Signal;

use crate::support::binary::{CLOSED_PORT, Home};
use crate::support::running::{heeds, until};
use crate::support::terminal::Terminal;

/// A key file with this passphrase.
pub fn key_file(home: &Home, name: &str, passphrase: &str) -> String {
    let path = home.path().join(name).to_str().unwrap().to_owned();
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-C", "a person", "-N", passphrase, "-f", &path])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    path
}

fn add<'a>(port: &'a str, identity: &'a str) -> [&'a str; 10] {
    let [to, new] = ["--host", "--accept-new-host-key"];
    ["server", "add", "web", to, "127.0.0.1", "--port", port, "--identity", identity, new]
}

#[test]
fn a_new_passphrase_is_asked_for_twice_and_an_old_one_once() {
    let home = Home::fresh();
    let mut terminal = Terminal::start(&home.command(&["vault", "init"]));
    terminal.sees("New passphrase of the vault: ");
    terminal.types_hidden("one thing\r");
    terminal.sees("The same again: ");
    terminal.types_hidden("another thing\r");
    assert!(terminal.ends(2).contains("not the same"));

    // nothing typed is no passphrase
    let mut terminal = Terminal::start(&home.command(&["vault", "init"]));
    terminal.sees("New passphrase of the vault: ");
    terminal.types("\r");
    assert!(terminal.ends(5).contains("vault init --key-file"));

    // where there is no vault, a command that needs one makes it
    let (port, key) = (CLOSED_PORT, key_file(&home, "key", ""));
    let mut terminal = Terminal::start(&home.command(&add(port, &key)));
    terminal.sees("There is no way back from a forgotten passphrase.");
    terminal.sees("New passphrase of the vault: ");
    terminal.types_hidden("correct horse\r");
    terminal.sees("The same again: ");
    terminal.types_hidden("correct horse\r");
    terminal.sees("A vault was made with this passphrase.");
    let printed = terminal.ends(3);
    assert!(!printed.contains("correct horse"), "{printed}");
    let status = home.json(&["vault", "status"]);
    assert_eq!(status[0]["opens_by"], "passphrase");

    let retry = ["operation", "retry", &operation(&home)];
    let mut terminal = Terminal::start(&home.command(&retry));
    terminal.sees("Passphrase of the vault: ");
    terminal.types_hidden("wrong\r");
    assert!(terminal.ends(5).contains("passphrase"));
    let mut terminal = Terminal::start(&home.command(&retry));
    terminal.sees("Passphrase of the vault: ");
    terminal.types_hidden("correct horse\r");
    terminal.ends(3);
}

fn operation(home: &Home) -> String {
    home.json(&["operation", "list"])[0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_protected_key_is_asked_for_its_passphrase_and_nothing_is_recorded_with_a_wrong_one() {
    let home = Home::new();
    let (port, key) = (CLOSED_PORT, key_file(&home, "key", "Sesam öffne dich"));
    let words = add(port, &key);
    // without a terminal the error names the ways
    let refused = home.run(&words).expect(2);
    assert!(refused.err.contains("terminal") && refused.err.contains("--agent"), "{}", refused.err);
    let mut terminal = Terminal::start(&home.command(&words));
    terminal.sees("Passphrase of ");
    terminal.types_hidden("wrong\r");
    assert!(terminal.ends(2).contains("does not open the key file"));
    assert!(home.json(&["server", "list"]).is_empty());
    let mut terminal = Terminal::start(&home.command(&words));
    terminal.sees("Passphrase of ");
    terminal.types_hidden("Sesam öffne dich\r");
    terminal.ends(3);

    // another protected key for the login that has not come about yet
    let other = key_file(&home, "other", "a second one");
    let edit = ["server", "edit", "web", "--identity", &other];
    home.run(&edit).expect(2);
    let mut terminal = Terminal::start(&home.command(&edit));
    terminal.sees("Passphrase of ");
    terminal.types_hidden("a second one\r");
    terminal.ends(0);
}

#[test]
fn a_warning_asks_and_no_is_the_answer_of_whoever_just_presses_return() {
    let home = Home::new();
    let (port, key) = (CLOSED_PORT, key_file(&home, "key", ""));
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let words = add(port, &key);
    let refused = home.run(&words).expect(2);
    assert!(refused.err.contains("0644") && refused.err.contains("--yes"), "{}", refused.err);
    for (answer, code) in [("\r", 2), ("no\r", 2), ("y\r", 3)] {
        let mut terminal = Terminal::start(&home.command(&words));
        terminal.sees("Go on all the same? [y/N] ");
        terminal.types(answer);
        terminal.ends(code);
    }
}

#[test]
fn ctrl_c_lets_go_of_an_operation_and_tells_its_id() {
    let home = Home::new();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port().to_string();
    let key = key_file(&home, "key", "");
    let mut terminal = Terminal::start(&home.command(&add(&port, &key)));
    let _asked = silent.accept().unwrap();
    until("its ear for ctrl-C", || heeds(terminal.pid(), Signal::INT));
    terminal.types("\x03");
    let printed = terminal.ends(0);
    let id = operation(&home);
    assert!(printed.contains(&format!("{id}  running")), "{printed}");
    assert!(printed.contains(&format!("brokeforge operation cancel {id}")), "{printed}");
    // nobody was cancelled
    assert_eq!(home.json(&["operation", "show", &id])[0]["outcome"], "running");
}
