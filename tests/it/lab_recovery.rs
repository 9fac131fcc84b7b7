//! brokeforge killed, the network cut, hosts rebooted, in the middle of operations: whoever comes
//! next takes them up, nothing is done twice, and what the records say is what the host has.

use std::process::Child;
use std::sync::Arc;
use std::time::Duration;

use brokeforge::clock::SystemClock;
use brokeforge::domain::Outcome;
use brokeforge::fleet::{Fleet, Paths};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::lab::{self, Host};
use crate::lab_journey::{add, rules, text};
use crate::support::binary::{Home, ended};
use crate::support::running::heeds;

/// For what a host does in seconds, also on a machine that is slow and busy.
const SOON: Duration = Duration::from_secs(240);

/// Runs a command that is to die at a kill point; whether it did. Else it must have succeeded.
pub fn dies(home: &Home, arguments: &[&str], point: &str) -> bool {
    let mut command = home.command(arguments);
    let done = ended(home.spawn(command.env("BROKEFORGE_KILL_AT", point)));
    done.code == -1 || {
        done.expect(0);
        false
    }
}

/// Goes through kill points, each with a stride, until a run comes by alive.
pub fn at_points(points: &[(&str, usize)], mut one: impl FnMut(&str) -> bool) {
    for (name, stride) in points {
        let alive = (1..200).step_by(*stride).find(|n| !one(&format!("{name}:{n}")));
        assert!(alive.is_some_and(|n| n > 1), "no process died at {name}");
    }
}

fn operations(home: &Home) -> Vec<Value> {
    home.json(&["operation", "list"])
}

#[track_caller]
pub fn all_done(home: &Home, point: &str) {
    for operation in operations(home) {
        assert_eq!(text(&operation, "outcome"), "done", "{point}: {operation}");
    }
}

/// What no operation leaves behind.
#[track_caller]
pub fn nothing_left(host: &Host, point: &str) {
    // a unit is there for a moment longer than the run that it was
    let left = "left=$(ls /etc/systemd/system | grep brokeforge; \
                ls /var/lib/brokeforge/firewall /run/brokeforge 2>/dev/null | grep -v ':$'; \
                systemctl list-units --plain --no-legend 'brokeforge-*'); \
                echo \"$left\"; [ -z \"$left\" ]";
    host.until_inside(&format!("{point}: nothing is left"), SOON, left);
}

fn added(hint: &str) -> Option<(Host, Home)> {
    let host = lab::host(hint)?;
    let home = Home::new();
    add(&home, &host).expect(0);
    Some((host, home))
}

#[test]
fn a_command_is_run_once_wherever_brokeforge_dies() {
    let Some((host, home)) = added("killexec") else { return };
    let mut others = 0;
    let points = [
        ("before-commit", 1),
        ("after-commit", 3),
        ("before-send", 1),
        ("after-send", 1),
        ("receive", 3),
    ];
    at_points(&points, |point| {
        let died = dies(&home, &["exec", "web", "--", "sh", "-c", "echo x >>/root/count"], point);
        home.run(&["exec", "web", "--", "true"]).expect(0);
        others += 1;
        all_done(&home, point);
        let recorded = operations(&home).iter().filter(|o| text(o, "kind") == "exec").count();
        let (_, count) = host.exec_inside("cat /root/count 2>/dev/null | wc -l");
        assert_eq!(count.trim(), (recorded - others).to_string(), "{point}");
        nothing_left(&host, point);
        died
    });
}

#[test]
fn a_server_is_added_wherever_brokeforge_dies() {
    let Some(host) = lab::host("killadd") else { return };
    let points = [("before-commit", 3), ("after-send", 1), ("receive", 7)];
    at_points(&points, |point| {
        let home = Home::new();
        let key = host.key.to_str().unwrap();
        let address = host.v4.to_string();
        let line = ["--identity", key, "--accept-new-host-key"];
        let words = [&["server", "add", "web", "--host", &address], &line[..]].concat();
        let died = dies(&home, &words, point);
        if home.json(&["server", "list"]).is_empty() {
            // it died before the record was written: as if it had never been asked for
            add(&home, &host).expect(0);
        }
        home.run(&["exec", "web", "--", "true"]).expect(0);
        all_done(&home, point);
        let servers = home.json(&["server", "list"]);
        assert_eq!(text(&servers[0], "status"), "active", "{point}");
        let id = text(&servers[0], "id");
        let (_, keys) = host.exec_inside(&format!("grep -c {id} /root/.ssh/authorized_keys"));
        assert_eq!(keys.trim(), "1", "{point}");
        nothing_left(&host, point);
        died
    });
}

#[test]
fn a_firewall_and_its_rules_are_whole_wherever_brokeforge_dies() {
    let Some((host, home)) = added("killwall") else { return };
    home.run(&["firewall", "enable", "web"]).expect(0);
    let points = [("before-commit", 9), ("after-send", 1)];
    at_points(&points, |point| {
        if !home.json(&["package", "list", "web", "--name", "ufw"]).is_empty() {
            home.run(&["firewall", "disable", "web"]).expect(0);
        }
        let died = dies(&home, &["firewall", "enable", "web"], point);
        home.run(&["exec", "web", "--", "true"]).expect(0);
        all_done(&home, point);
        let packages = home.json(&["package", "list", "web", "--name", "ufw"]);
        let (_, status) = host.exec_inside("ufw status | head -n 1");
        let on = if packages.is_empty() { "Status: inactive" } else { "Status: active" };
        assert_eq!(status.trim(), on, "{point}");
        nothing_left(&host, point);
        died
    });
    home.run(&["firewall", "enable", "web"]).expect(0);
    let mut port = 1000;
    let points = [("before-commit", 6), ("receive", 9)];
    at_points(&points, |point| {
        port += 1;
        let died = dies(&home, &["rule", "add", "web", &format!("allow {port}/tcp")], point);
        home.run(&["exec", "web", "--", "true"]).expect(0);
        all_done(&home, point);
        let known = rules(&home);
        assert!(known.iter().all(|(_, a, b)| a == "active" && b == "active"), "{point}: {known:?}");
        let (_, kernel) = host.exec_inside("iptables -S ufw-user-input | grep -c -e --dport");
        assert_eq!(kernel.trim(), known.len().to_string(), "{point}");
        nothing_left(&host, point);
        died
    });
}

fn signal(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

/// Starts a command on the host and waits until it has begun there.
fn begun(home: &Home, host: &Host, script: &str) -> Child {
    host.exec_inside("rm -f /root/begun");
    let script = format!("touch /root/begun\n{script}");
    let child = home.spawn(&mut home.command(&["exec", "web", "--", "sh", "-c", &script]));
    host.until_inside("the command's begin", SOON, "test -e /root/begun");
    child
}

/// Cuts off our own lock-out, kills brokeforge right after it was applied, and goes on.
fn locked_out_and_killed(hint: &str, then: impl FnOnce(&Host)) {
    const STATE: &str = "cat /etc/ufw/user.rules /etc/ufw/user6.rules /etc/ufw/ufw.conf; \
                         iptables -S ufw-user-input; ip6tables -S ufw6-user-input";
    let Some((host, home)) = added(hint) else { return };
    home.run(&["firewall", "enable", "web"]).expect(0);
    let (_, before) = host.exec_inside(STATE);
    let words = ["rule", "add", "--skip-admission", "web", "deny 22/tcp # oops", "--at", "1"];
    let mut child = home.spawn(&mut home.command(&words));
    let denied =
        "iptables -S ufw-user-input; iptables -S ufw-user-input | grep -q -e 'dport 22 -j DROP'";
    host.until_inside("the lock-out", SOON, denied);
    child.kill().unwrap();
    child.wait().unwrap();
    then(&host);
    // its timer waits for a minute
    lab::until_seen("the way back", SOON, || match host.exec_inside(STATE) {
        (_, now) if now == before => Ok(()),
        (code, now) => Err(format!("exit {code}, instead of\n{before}\nthis:\n{now}")),
    });
    let (code, said) = host.exec("true");
    assert_eq!(code, 0, "the host does not let us in again: {said}");
    home.run(&["exec", "web", "--", "true"]).expect(0);
    let operations = operations(&home);
    let rule = operations.iter().find(|o| text(o, "kind") == "firewall-rule").unwrap();
    assert_eq!(text(rule, "outcome"), "rolled-back", "{rule}");
    assert_eq!(text(&rule["error"], "effect"), "restored", "{rule}");
    let known = rules(&home);
    assert_eq!(known.len(), 2);
    let oops = known.iter().find(|(line, ..)| line.contains("oops")).unwrap();
    assert_eq!((oops.1.as_str(), oops.2.as_str()), ("failed", "missing"));
    home.run(&["rule", "remove", "web", "oops"]).expect(0);
    assert_eq!(rules(&home).len(), 1);
    // what was saved for the way back goes with the next change
    home.run(&["rule", "add", "web", "allow 80/tcp"]).expect(0);
    nothing_left(&host, "at the end");
}

#[test]
fn the_host_heals_itself_when_brokeforge_is_dead() {
    locked_out_and_killed("timer", |_| {});
}

#[test]
fn the_host_heals_itself_when_it_reboots_and_brokeforge_is_dead() {
    locked_out_and_killed("bootback", Host::restart);
}

const KILL_SESSIONS: &str = "pkill -f '^sshd: root'";

#[test]
fn a_command_is_followed_on_after_a_cut_and_after_sshd_was_restarted() {
    let Some((host, home)) = added("cut") else { return };
    let script = "echo x >>/root/count\ni=0\nwhile [ $i -lt 400 ]; do echo line $i; \
                  echo err $i >&2; i=$((i+1)); sleep 0.01; done";
    let lines = |word: &str| (0..400).map(|i| format!("{word} {i}\n")).collect::<String>();
    for cut in ["link", "sshd"] {
        let child = begun(&home, &host, script);
        if cut == "link" {
            host.link(false);
            host.exec_inside(KILL_SESSIONS);
            host.link(true);
        } else {
            host.exec_inside("systemctl restart ssh");
            host.exec_inside(KILL_SESSIONS);
        }
        let done = ended(child).expect(0);
        assert_eq!(done.out, lines("line"), "{cut}");
        assert_eq!(done.err, lines("err"), "{cut}");
    }
    assert_eq!(host.exec_inside("cat /root/count").1, "x\nx\n");
    nothing_left(&host, "after the cuts");
}

#[test]
fn a_reboot_interrupts_a_command_which_can_be_retried() {
    let Some((host, home)) = added("reboot") else { return };
    let child =
        begun(&home, &host, "[ ! -e /root/before ] || exit 0; touch /root/before; sleep 600");
    host.until_inside("its work", SOON, "test -e /root/before");
    host.restart();
    let done = ended(child).expect(1);
    assert!(done.err.contains("restarted while the run was under way"), "{}", done.err);
    let operation = operations(&home).remove(0);
    assert_eq!(text(&operation, "outcome"), "interrupted");
    assert_eq!(text(&operation["error"], "effect"), "unknown");
    home.run(&["operation", "retry", text(&operation, "id")]).expect(0);
    assert_eq!(text(&operations(&home)[0], "outcome"), "done");
}

#[test]
fn one_that_was_let_go_of_is_cancelled_though_it_ignores_term() {
    let Some((host, home)) = added("cancel") else { return };
    let child = begun(&home, &host, "trap '' TERM; while :; do sleep 0.2; done");
    lab::until("its ear for ctrl-C", SOON, || heeds(child.id(), Signal::INT));
    signal(&child, Signal::INT);
    let done = ended(child).expect(0);
    assert!(done.err.contains("Detached."), "{}", done.err);
    let id = text(&operations(&home)[0], "id").to_owned();
    assert_eq!(host.exec_inside("pgrep -f '[w]hile :; do'").0, 0, "it runs on by itself");
    home.run(&["operation", "cancel", &id]).expect(0);
    let shown = &home.json(&["operation", "show", &id])[0];
    assert_eq!(text(shown, "outcome"), "cancelled");
    assert_eq!(text(&shown["error"], "effect"), "unknown");
    assert_ne!(host.exec_inside("pgrep -f '[w]hile :; do'").0, 0, "it is still there");
    nothing_left(&host, "after the cancel");
    home.run(&["operation", "cancel", &id]).expect(2);
}

#[test]
fn a_second_controller_waits_for_the_lock_and_says_for_whom() {
    let Some((host, home)) = added("two") else { return };
    let other = Home::new();
    add(&other, &host).expect(0);
    let child = begun(&home, &host, "while [ ! -e /root/go ]; do sleep 0.1; done");
    // through the one that waits
    home.run(&["operation", "list"]).expect(0);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let paths = Paths::find(Some(&other.path().join("fleet"))).unwrap();
        let fleet = Fleet::open(paths, Arc::new(SystemClock)).unwrap();
        fleet.unlock(None).await.unwrap();
        let server = fleet.find_server("web").unwrap().id;
        let words = |word: &str| ["sh", "-c", word].map(str::to_owned).to_vec();
        let first = fleet.exec(server, words("echo first >>/root/trace")).await.unwrap().operation;
        let second =
            fleet.exec(server, words("echo second >>/root/trace")).await.unwrap().operation;
        let waits = |id| fleet.operation(id).unwrap().waits_for.unwrap_or_default();
        let waits_for = |id, whom: &str| {
            lab::until_seen(&format!("a wait for {whom}"), SOON, || match waits(id) {
                why if why.contains(whom) => Ok(()),
                why => Err(why),
            });
        };
        waits_for(first, "another brokeforge");
        waits_for(second, &first.to_string());
        fleet.cancel(second).await.unwrap();
        assert_eq!(fleet.wait(second).await.unwrap().outcome, Outcome::Cancelled);
        host.exec_inside("touch /root/go");
        let ended = fleet.wait(first).await.unwrap();
        assert_eq!((ended.outcome, ended.waits_for), (Outcome::Done, None));
    });
    ended(child).expect(0);
    assert_eq!(host.exec_inside("cat /root/trace").1, "first\n");
    nothing_left(&host, "at the end");
}
