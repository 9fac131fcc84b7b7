//! Lock-outs on a real host: refused when they can be foreseen, undone by the host itself when not.

use crate::lab::{self, Host};
use crate::lab_journey::{add, add_at, text};
use crate::support::binary::Home;

fn prepared(name: &str) -> Option<(Host, Home)> {
    let host = lab::host(name)?;
    let home = Home::new();
    add(&home, &host).expect(0);
    home.run(&["firewall", "enable", "web"]).expect(0);
    Some((host, home))
}

const STATE: &str = "cat /etc/ufw/user.rules /etc/ufw/user6.rules /etc/ufw/ufw.conf /etc/default/ufw; \
                     iptables -S; ip6tables -S";

#[test]
fn a_rule_that_would_lock_us_out_is_refused() {
    let Some((host, home)) = prepared("foreseen") else { return };
    let (_, before) = host.exec(STATE);
    for line in ["deny 22/tcp", "deny 1:1024/tcp", "reject ssh", "deny 22"] {
        let done = home.run(&["rule", "add", "web", line, "--at", "1"]);
        assert!([1, 2].contains(&done.code), "{line}: {} {}", done.code, done.err);
        assert!(done.err.contains("lock you"), "{line}: {}", done.err);
    }
    let done = home.run(&["rule", "remove", "web", "SSH"]);
    assert!([1, 2].contains(&done.code) && done.err.contains("lock you"), "{}", done.err);
    let done = home.run(&["rule", "edit", "web", "SSH", "allow 22/tcp from 192.0.2.0/24 # SSH"]);
    assert!([1, 2].contains(&done.code) && done.err.contains("lock you"), "{}", done.err);
    assert_eq!(host.exec(STATE).1, before);
}

/// What is forced on a host, and how.
struct Forced {
    /// By which of its addresses we know it.
    by_v6: bool,
    /// What stands on it before.
    before: &'static str,
    enabled: bool,
    command: &'static [&'static str],
}

/// Each is forced past the refusal and undone; the hosts go through it at the same time, as each
/// takes the half minute that a proof is waited for.
#[test]
fn what_is_forced_is_undone() {
    const PLAIN: Forced = Forced { by_v6: false, before: "true", enabled: true, command: &[] };
    let all = [
        (
            "own port",
            Forced {
                by_v6: true,
                command: &[
                    "rule",
                    "add",
                    "--skip-admission",
                    "web",
                    "deny 22/tcp # x",
                    "--at",
                    "1",
                ],
                ..PLAIN
            },
        ),
        (
            "own address",
            Forced {
                command: &[
                    "rule",
                    "add",
                    "--skip-admission",
                    "web",
                    "reject 22/tcp from PEER # x",
                    "--at",
                    "1",
                ],
                ..PLAIN
            },
        ),
        (
            "default policy",
            Forced { command: &["rule", "remove", "--skip-admission", "web", "SSH"], ..PLAIN },
        ),
        (
            "one family",
            Forced {
                command: &[
                    "rule",
                    "edit",
                    "--skip-admission",
                    "web",
                    "SSH",
                    "allow 22/tcp from 10.0.0.0/8 # SSH",
                ],
                ..PLAIN
            },
        ),
        // a host with a firewall of its own, and rules of others waiting in ufw
        (
            "turned on",
            Forced {
                before: "apt-get -q -y install ufw >/tmp/apt 2>&1 || cat /tmp/apt; ufw deny from ${SSH_CLIENT%% *} >/dev/null; \
                     for exe in iptables ip6tables; do \
                     $exe -N theirs; $exe -A theirs -p tcp --dport 99 -j DROP; $exe -A INPUT -j theirs; \
                     $exe -A INPUT -i lo -j ACCEPT; $exe -A FORWARD -j theirs; $exe -P FORWARD DROP; done",
                enabled: false,
                command: &["firewall", "enable", "--skip-admission", "web"],
                ..PLAIN
            },
        ),
    ];
    let Some(hosts) = lab::hosts("forced", all.len()) else { return };
    std::thread::scope(|scope| {
        for ((name, forced), host) in all.iter().zip(&hosts) {
            scope.spawn(move || {
                let home = Home::new();
                assert_eq!(host.exec(forced.before), (0, String::new()), "{name}");
                let address =
                    if forced.by_v6 { format!("[{}]", host.v6) } else { host.v4.to_string() };
                add_at(&home, host, &address).expect(0);
                if forced.enabled {
                    home.run(&["firewall", "enable", "web"]).expect(0);
                }
                let (_, before) = host.exec(STATE);
                let peer = host.exec("echo ${SSH_CLIENT%% *}").1;
                let command: Vec<String> =
                    forced.command.iter().map(|word| word.replace("PEER", peer.trim())).collect();
                let command: Vec<&str> = command.iter().map(String::as_str).collect();
                let done = home.run(&command);
                assert_ne!(done.code, 0, "{name}: {}", done.out);
                assert!(done.err.contains("put back"), "{name}: {}", done.err);
                assert_eq!(host.exec(STATE).1, before, "{name}");
                let last = &home.json(&["operation", "list"])[0];
                assert_eq!(text(last, "outcome"), "rolled-back", "{name}");
            });
        }
    });
}
