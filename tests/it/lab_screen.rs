//! The journey of a new person through the screen, on a real host: from nothing configured to a
//! rule in the kernel, by keys alone.

use std::time::Duration;

use crate::lab;
use crate::support::binary::Home;
use crate::support::pty::Pty;

/// ufw may have to be downloaded.
const WORK: Duration = Duration::from_secs(600);

/// Whether one row of the screen has all of these.
fn row(screen: &vt100::Screen, parts: &[&str]) -> bool {
    screen.contents().lines().any(|line| parts.iter().all(|part| line.contains(part)))
}

#[test]
fn from_the_first_start_to_a_rule_in_the_kernel() {
    let Some(host) = lab::host("screen") else { return };
    let home = Home::fresh();
    let mut screen = Pty::start(home.path(), &[]);

    // the first start, without a passphrase
    screen.sees("This is brokeforge.");
    screen.sees("first a vault");
    screen.types("\r");
    screen.sees("No passphrase?");
    screen.sees("0600");
    screen.types("y");
    screen.sees("Press a to add your first server.");

    // bad input is told where it was typed, and leaves nothing behind
    screen.types("a");
    screen.sees("Add a server");
    screen.types("web\r300.1.1.1\r");
    screen.until("the address is refused", |s| row(s, &["✗", "“300.1.1.1” is not"]));
    screen.types("\x1b");
    screen.sees("Leave the form?");
    screen.insists("y", "the form gone", |s| !s.contents().contains("Add a server"));
    screen.sees("Press a to add your first server.");

    // the server, and its host key
    screen.types("a");
    screen.sees("Add a server");
    screen.types(&format!("web\r{}\r\r\r\r\x15{}\x13", host.v4, host.key.display()));
    screen.sees("You see this key for the first time.");
    let (_, printed) = host.exec("ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub");
    let fingerprint = printed.split_whitespace().nth(1).unwrap();
    screen.sees(fingerprint);
    screen.insists("y", "the server is being added", |s| !s.contents().contains("Host key"));
    screen.until_within(WORK, "the server", |s| row(s, &["web", "● active", "debian 12"]));
    screen.types("\r");
    screen.until("our key, proved", |s| row(s, &["for root, proved"]));
    screen.types("\x1b");
    screen.until("the details gone", |s| !row(s, &["for root, proved"]));
    screen.sees("servers · 1");

    // the firewall
    screen.types("2");
    screen.sees("not turned on yet");
    screen.types("E");
    screen.sees("Turn the firewall of web on?");
    screen.insists("y", "it is being turned on", |s| !s.contents().contains("Turn the firewall"));
    screen.until_within(WORK, "ssh is allowed", |s| {
        row(s, &["allow 22/tcp # SSH", "● active", "● in force"])
    });
    screen.sees("You would still get in: the rule “allow 22/tcp”");

    // who would be locked out is told before it can be sent
    screen.types("O");
    screen.sees("at place 1");
    screen.types("deny 22/tcp\r");
    screen.sees("You would lock yourself out");
    screen.types("\x1b");
    screen.until("the editor is left", |s| !s.contents().contains("at place 1"));

    // a rule, with its words completed and its fault marked
    screen.types("a");
    screen.sees("New rule for web");
    screen.types("allow 8080/tcp fro m");
    screen.until("the word is marked", |s| row(s, &["               ^^^"]));
    screen.types("\x7f\x7f\t10.0.0.0/8 # page\r");
    screen.until_within(WORK, "the rule", |s| {
        row(s, &["allow 8080/tcp from 10.0.0.0/8", "● active", "● in force"])
    });
    let (_, kernel) = host.exec("iptables -S ufw-user-input");
    assert!(kernel.contains("-s 10.0.0.0/8 -p tcp -m tcp --dport 8080"), "{kernel}");

    // its operation: milestones by their labels, steps with their ends
    screen.types("l");
    screen.sees("add rule “allow 8080/tcp from 10.0.0.0/8 # page” on web");
    screen.sees("Prove that we still get in");
    screen.until("a step's end", |s| row(s, &["✓ done", "exit 0"]));
    screen.types("w");
    screen.until("the operations", |s| row(s, &["enable firewall on web", "✓ done"]));
    screen.until("the first of them", |s| row(s, &["add server web", "✓ done"]));
    screen.types("q");
    assert_eq!(screen.ends(), 0);
}
