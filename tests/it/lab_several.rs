//! Several brokeforges on one fleet with a real host: sessions through another process, and
//! holders that are killed in the middle of their work.

use std::process::Stdio;
use std::time::Duration;

use rustix::io::ioctl_fionread;

use crate::lab::{self, Host};
use crate::lab_journey::{add, rules, text};
use crate::lab_sessions::{in_a_terminal, over_pipes, shell};
use crate::support::binary::{Done, Home, ended};
use crate::support::pty::Pty;
use crate::support::running::{Running, line, socket};

/// For what a host does in seconds, also on a machine that is slow and busy.
const SOON: Duration = Duration::from_secs(240);

/// A screen that has the store open.
fn screen(home: &Home) -> Pty {
    let screen = Pty::start(&home.path().join("fleet"), &[]);
    screen.sees("servers");
    lab::until("its socket", SOON, || socket(home).is_some());
    screen
}

fn memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

/// Nobody reads what a session prints: the holder keeps little of it, and works on.
fn a_reader_that_stands_still(home: &Home, holder: &Running) {
    let mut command = home.command(&["ssh", "web", "--", "yes"]);
    let mut flood = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut last, mut still) = (0, 0);
    lab::until_seen("the flood stands still", SOON, || {
        let waiting = ioctl_fionread(flood.stdout.as_ref().unwrap()).unwrap();
        still = if waiting == last { still + 1 } else { 0 };
        last = waiting;
        if waiting >= 32_768 && still > 10 { Ok(()) } else { Err(format!("{waiting} bytes wait")) }
    });
    let before = memory(holder.child.id());
    home.run(&["exec", "web", "--", "true"]).expect(0);
    home.run(&["ssh", "web", "--", "true"]).expect(0);
    let after = memory(holder.child.id());
    // one that kept what comes would have hundreds of megabytes by now
    assert!(after < before + 100_000, "{before} → {after} KiB");
    flood.kill().unwrap();
    flood.wait().unwrap();
}

/// A session ends with its holder, says so, and is opened anew by whoever has the store then.
fn a_session_whose_holder_is_killed(home: &Home, kill: impl FnOnce()) {
    let mut shell = shell(home);
    kill();
    shell.sees("the session on web was lost");
    shell.sees("The brokeforge that had the session's connection ended.");
    shell.sees("Enter connects again; ctrl-c leaves.");
    shell.types("rm -rf /nothing\r");
    shell.sees("Connecting to web");
    shell.until("a new prompt", |s| s.contents().trim_end().ends_with('#'));
    shell.types("PS1='again> '; clear\r");
    shell.until("the prompt", |screen| screen.contents().starts_with("again> "));
    assert!(!shell.text().contains("nothing"), "what was typed was sent");
    // through the session's own process now
    home.run(&["ssh", "web", "--", "sh", "-c", "exit 9"]).expect(9);
    shell.types("exit 4\r");
    assert_eq!(shell.ends(), 4);
}

/// The same in a pane of a screen that goes through the holder.
fn a_pane_whose_holder_is_killed(home: &Home) {
    let mut holder = Running::holder(home);
    let mut screen = Pty::start(&home.path().join("fleet"), &[]);
    screen.sees("active");
    screen.types("s");
    screen.sees("#");
    screen.types("echo $((6 * 7)) it is\r");
    screen.sees("42 it is");
    holder.kill();
    screen.sees("that had the session's connection ended.");
    screen.until("the way back", |s| {
        let text = s.contents().replace(['\n', '│', ' '], "");
        text.contains("enterconnectsagain")
    });
    screen.types("\r");
    screen.until("a new prompt", |s| {
        s.contents().split_once("new shell").is_some_and(|(_, after)| after.contains("~#"))
    });
    screen.types("echo $((7 * 8)) again\r");
    screen.sees("56 again");
    screen.signal("-TERM");
    screen.ends();
}

/// A command goes on while its holder is killed; whoever waits tells all its output once.
fn a_run_whose_holder_is_killed(home: &Home, host: &Host, arguments: &[&str], code: i32) {
    let script = format!(
        "for i in $(seq 20); do echo $i; echo e$i >&2; echo $i >>/root/runs; sleep 0.2; \
         [ $i != 15 ] || until [ -e /root/go ]; do sleep 0.1; done; done; exit {code}"
    );
    let mut holder = Running::holder(home);
    let mut words = arguments.to_vec();
    words.extend(["exec", "web", "--", "sh", "-c", &script]);
    host.exec_inside("rm -f /root/runs /root/go");
    let client = home.spawn(&mut home.command(&words));
    host.until_inside("its middle", SOON, "cat /root/runs; grep -qx 8 /root/runs");
    holder.kill();
    host.exec_inside("touch /root/go");
    let done = ended(client).expect(i32::from(code != 0));
    let lines = |mark: &str| (1..=20).map(|i| format!("{mark}{i}\n")).collect::<String>();
    assert_eq!(done.out, lines(""));
    // said where it happened, between the command's own words
    let over = "The brokeforge that had the store open ended; this one took over.\n";
    assert_eq!(done.err.matches(over).count(), 1, "{}", done.err);
    assert!(done.err.replace(over, "").starts_with(&lines("e")), "{}", done.err);
    assert_eq!(host.exec_inside("cat /root/runs").1, lines(""));
}

/// A rule whose holder is killed once the host has it, and at other points, is whole or is not.
fn a_rule_whose_holder_is_killed(home: &Home, host: &Host) {
    let kernel = || host.exec_inside("iptables -S ufw-user-input | grep -e --dport").1;
    for (number, point) in
        [None, Some("after-commit:1"), Some("after-commit:3"), Some("receive:6")].iter().enumerate()
    {
        let port = (2000 + number).to_string();
        let mut command = home.command(&["watch", "--json"]);
        if let Some(point) = point {
            command.env("BROKEFORGE_KILL_AT", point);
        }
        let mut holder = Running::of(home.spawn(&mut command));
        holder.holds(home);
        let rule = format!("allow {port}/tcp");
        let client = home.spawn(&mut home.command(&["rule", "add", "web", &rule]));
        if point.is_none() {
            let rules = format!(
                "iptables -S ufw-user-input; iptables -S ufw-user-input | grep -q -e '--dport {port} '"
            );
            host.until_inside("the rule in the kernel", SOON, &rules);
            holder.kill();
        }
        let done = ended(client);
        // its socket closes before it is over
        let died = lab::until_seen("the holder's death", SOON, || {
            let status = holder.child.try_wait().unwrap();
            status.ok_or_else(|| format!("{point:?}: {}", done.err))
        });
        assert!(died.code().is_none(), "{point:?}: {}", done.err);
        // what nobody waited for is taken up by the next
        home.run(&["exec", "web", "--", "true"]).expect(0);
        let about = home.json(&["operation", "list"]);
        let about: Vec<_> =
            about.iter().filter(|o| text(o, "kind") == "firewall-rule").take(2).collect();
        let known = rules(home);
        let whole = known.iter().any(|(line, ..)| line.contains(&port));
        assert_eq!(whole, kernel().contains(&port), "{point:?}: {known:?}");
        assert!(known.iter().all(|(_, a, b)| a == "active" && b == "active"), "{known:?}");
        assert_eq!(whole, text(about[0], "outcome") == "done", "{point:?}: {about:?}");
        if *point == Some("after-commit:1") {
            // recorded, and the word of it did not come back
            assert!(done.err.contains("it is not known whether"), "{}", done.err);
            assert_eq!((done.code, whole), (1, true));
        } else {
            assert_eq!(done.code == 0, whole, "{point:?}: {}", done.err);
        }
    }
}

#[test]
fn sessions_and_runs_go_through_a_holder_and_past_its_end() {
    let Some(host) = lab::host("several") else { return };
    let home = Home::new();
    add(&home, &host).expect(0);
    let mut holder = Running::holder(&home);
    in_a_terminal(&home, &host);
    over_pipes(&home);
    a_reader_that_stands_still(&home, &holder);
    a_session_whose_holder_is_killed(&home, || holder.kill());
    let holder = screen(&home);
    a_session_whose_holder_is_killed(&home, || holder.signal("-KILL"));
    drop(holder);
    a_pane_whose_holder_is_killed(&home);

    a_run_whose_holder_is_killed(&home, &host, &[], 0);
    a_run_whose_holder_is_killed(&home, &host, &[], 3);
    home.run(&["firewall", "enable", "web"]).expect(0);
    a_rule_whose_holder_is_killed(&home, &host);
}

#[test]
fn a_vault_with_a_passphrase_is_opened_again_by_whoever_takes_over() {
    const PASSPHRASE: &str = "correct horse battery";
    let Some(host) = lab::host("severalpass") else { return };
    let home = Home::fresh();
    let file = home.path().join("passphrase");
    std::fs::write(&file, PASSPHRASE).unwrap();
    let with = |words: &[&str]| {
        let script = r#"exec "$0" --passphrase-fd 3 "$@" 3<"$PASS""#;
        let mut command = std::process::Command::new("sh");
        let plain = home.command(words);
        command.args(["-c", script]).arg(plain.get_program()).args(plain.get_args());
        command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", home.path());
        command.env("LANG", "C.UTF-8").env("PASS", &file).stdin(Stdio::null());
        command
    };
    let done: Done = with(&["vault", "init"]).output().unwrap().into();
    done.expect(0);
    let key = host.key.to_str().unwrap();
    let address = host.v4.to_string();
    let words = ["server", "add", "web", "--host", &address, "--identity", key];
    let done: Done =
        with(&[&words[..], &["--accept-new-host-key"]].concat()).output().unwrap().into();
    done.expect(0);

    // the command that waits has the passphrase still
    let mut holder = Running::holder(&home);
    let go = |mark: &str| {
        let script = format!(
            "echo {mark} >>/root/begun; until [ -e /root/go-{mark} ]; do sleep 0.1; done; echo end"
        );
        ["exec", "web", "--", "sh", "-c", &script].map(str::to_owned)
    };
    let begun = |mark: &str| {
        let look = format!("cat /root/begun; grep -qx {mark} /root/begun");
        host.until_inside("its begin", SOON, &look);
    };
    let words = go("one");
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let client = home.spawn(&mut with(&words));
    begun("one");
    holder.kill();
    host.exec_inside("touch /root/go-one");
    let done = ended(client).expect(0);
    assert_eq!(done.out, "end\n", "{}", done.err);

    // a screen asks for it again, and takes up what nobody waits for
    let mut first = Pty::start(&home.path().join("fleet"), &[]);
    first.sees("The vault is locked");
    first.types(&format!("{PASSPHRASE}\r"));
    first.sees("The vault is open.");
    let mut second = Pty::start(&home.path().join("fleet"), &[]);
    second.sees("active");
    let words = go("two");
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut client = Running::of(home.spawn(&mut home.command(&words)));
    begun("two");
    client.interrupt();
    line(&client.err, |line| line.contains("it goes on in the brokeforge"));
    client.ends(0);
    first.signal("-KILL");
    first.wait();
    second.sees("The vault is locked");
    second.types(&format!("{PASSPHRASE}\r"));
    second.sees("Took up one unfinished operation.");
    host.exec_inside("touch /root/go-two");
    let last = || home.json(&["operation", "list"]).remove(0);
    lab::until_seen("its end", SOON, || match last() {
        last if text(&last, "outcome") == "done" => Ok(()),
        last => Err(last.to_string()),
    });
    assert_eq!(host.exec_inside("cat /root/begun").1, "one\ntwo\n");

    // a command that takes over and has no passphrase leaves it to whoever has
    second.types("Q");
    assert_eq!(second.ends(), 0);
    let mut holder = Running::holder(&home);
    let done: Done = with(&["exec", "web", "--", "true"]).output().unwrap().into();
    done.expect(0);
    let words = go("three");
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let client = home.spawn(&mut home.command(&words));
    begun("three");
    holder.kill();
    let done = ended(client).expect(5);
    assert!(done.err.contains("the operation cannot be taken up."), "{}", done.err);
    assert!(done.err.contains("What has begun on the host goes on there"), "{}", done.err);
    host.exec_inside("touch /root/go-three");
    let done: Done = with(&["exec", "web", "--", "true"]).output().unwrap().into();
    done.expect(0);
    assert!(home.json(&["operation", "list"]).iter().all(|o| text(o, "outcome") == "done"));
    assert_eq!(host.exec_inside("cat /root/begun").1, "one\ntwo\nthree\n");
    assert_eq!(socket(&home), None);
}
