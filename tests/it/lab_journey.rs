//! The whole journey through the command line against a real host.

use serde_json::Value;

use crate::lab::{self, Host};
use crate::support::binary::{Done, Home};

/// Adds the host as `web`; everything a person would have to know is on the command line.
pub fn add(home: &Home, host: &Host) -> Done {
    add_at(home, host, &host.v4.to_string())
}

/// The same by a given address.
pub fn add_at(home: &Home, host: &Host, address: &str) -> Done {
    home.run(&[
        "server",
        "add",
        "web",
        "--host",
        address,
        "--identity",
        host.key.to_str().unwrap(),
        "--accept-new-host-key",
    ])
}

pub fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("no {key} in {value}"))
}

/// The lines of our rules as the command line lists them, with what the kernel has.
pub fn rules(home: &Home) -> Vec<(String, String, String)> {
    home.json(&["rule", "list", "web"])
        .iter()
        .map(|r| {
            (text(r, "line").to_owned(), text(r, "status").to_owned(), text(r, "actual").to_owned())
        })
        .collect()
}

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[track_caller]
fn has_keys(value: &Value, wanted: &[&str]) {
    let mut wanted = wanted.to_vec();
    wanted.sort_unstable();
    assert_eq!(keys(value), wanted);
}

#[test]
fn a_server_its_firewall_and_its_rules() {
    let Some(host) = lab::host("journey") else { return };
    let home = Home::new();
    add(&home, &host).expect(0);

    let servers = home.json(&["server", "list"]);
    assert_eq!(servers.len(), 1);
    has_keys(
        &servers[0],
        &[
            "id",
            "name",
            "host",
            "port",
            "user",
            "status",
            "error",
            "created_at",
            "updated_at",
            "tags",
        ],
    );
    assert_eq!(text(&servers[0], "status"), "active");

    // brokeforge's key was appended, the person's own is still there
    let (_, authorized) = host.exec("cat /root/.ssh/authorized_keys");
    assert_eq!(authorized.lines().filter(|l| l.contains("brokeforge")).count(), 1, "{authorized}");
    assert_eq!(authorized.lines().count(), 2, "{authorized}");

    let facts = home.json(&["server", "facts", "web"]);
    assert_eq!(text(&facts[0], "os"), "debian");

    home.run(&["firewall", "enable", "web"]).expect(0);
    assert_eq!(
        rules(&home),
        [("allow 22/tcp # SSH".to_owned(), "active".to_owned(), "active".to_owned())]
    );
    let (_, status) = host.exec("ufw status verbose");
    assert!(status.contains("Status: active") && status.contains("deny (incoming)"), "{status}");

    home.run(&["rule", "add", "web", "allow 5432/tcp from 10.0.0.0/8 # office"]).expect(0);
    home.run(&["rule", "add", "web", "allow http # page"]).expect(0);
    home.run(&["rule", "add", "web", "deny 5432/tcp from 10.1.0.0/16 # not them"]).expect(0);
    let active = |line: &str| (line.to_owned(), "active".to_owned(), "active".to_owned());
    assert_eq!(
        rules(&home),
        [
            active("allow 22/tcp # SSH"),
            active("deny 5432/tcp from 10.1.0.0/16 # not them"),
            active("allow 5432/tcp from 10.0.0.0/8 # office"),
            active("allow 80/tcp # page"),
        ],
        "a new deny goes above the first allow that it overlaps"
    );
    let (_, kernel) = host.exec("iptables -S ufw-user-input; ip6tables -S ufw6-user-input");
    assert_eq!(kernel.lines().filter(|l| l.contains("--dport 80 ")).count(), 2, "{kernel}");
    assert_eq!(kernel.lines().filter(|l| l.contains("--dport 5432 ")).count(), 2, "{kernel}");
    let (_, numbered) = host.exec("ufw status numbered");
    assert_eq!(numbered.matches("bf:").count(), 6, "{numbered}");

    home.run(&["rule", "edit", "web", "page", "allow 8080/tcp # page"]).expect(0);
    home.run(&["rule", "remove", "web", "not them"]).expect(0);
    assert_eq!(
        rules(&home),
        [
            active("allow 22/tcp # SSH"),
            active("allow 5432/tcp from 10.0.0.0/8 # office"),
            active("allow 8080/tcp # page"),
        ]
    );
    let rule = &home.json(&["rule", "list", "web"])[2];
    has_keys(
        rule,
        &[
            "id",
            "server",
            "name",
            "line",
            "position",
            "action",
            "ports",
            "protocol",
            "from",
            "to",
            "status",
            "actual",
            "owner",
            "error",
            "created_at",
            "updated_at",
        ],
    );

    // nothing of the guard is left behind
    let (_, left) = host.exec(
        "ls /etc/systemd/system | grep brokeforge; ls /var/lib/brokeforge/firewall 2>/dev/null",
    );
    assert_eq!(left.trim(), "", "the guard left something on the host");

    let operations = home.json(&["operation", "list"]);
    assert!(operations.iter().all(|o| text(o, "outcome") == "done"), "{operations:?}");
    has_keys(
        &operations[0],
        &[
            "id",
            "action",
            "kind",
            "resource",
            "server",
            "outcome",
            "milestone",
            "progress",
            "retry_of",
            "error",
            "started_at",
            "finished_at",
            "parent",
            "waits_for",
        ],
    );
    let events = home.json(&["operation", "events", text(&operations[0], "id")]);
    has_keys(
        &events[0],
        &[
            "operation",
            "server",
            "site",
            "package",
            "action",
            "milestone",
            "step",
            "of",
            "progress",
            "at",
            "details",
            "error",
        ],
    );
    assert_eq!(text(events.last().unwrap(), "milestone"), "complete");
    assert_eq!(events.last().unwrap()["progress"], 100);

    let packages = home.json(&["package", "list", "web"]);
    let ufw = packages.iter().find(|p| text(p, "type") == "firewall").unwrap();
    assert_eq!(text(ufw, "name"), "ufw");
    assert!(text(ufw, "version").starts_with("0."), "known though it was just installed: {ufw}");
    has_keys(
        &packages[0],
        &["server", "site", "type", "name", "version", "configuration", "status"],
    );

    home.run(&["firewall", "disable", "web"]).expect(0);
    let (_, status) = host.exec("ufw status");
    assert!(status.contains("inactive"), "{status}");
    home.run(&["firewall", "enable", "web"]).expect(0);
    assert_eq!(rules(&home).len(), 3, "the rules came back with the firewall");

    home.run(&["server", "remove", "web", "--clean-up", "--yes"]).expect(0);
    assert!(home.json(&["server", "list"]).is_empty());
    let (_, authorized) = host.exec("cat /root/.ssh/authorized_keys");
    assert_eq!(authorized.lines().count(), 1, "{authorized}");
}

#[test]
fn a_second_run_of_everything_changes_nothing() {
    let Some(host) = lab::host("twice") else { return };
    let home = Home::new();
    add(&home, &host).expect(0);
    home.run(&["firewall", "enable", "web"]).expect(0);
    home.run(&["rule", "add", "web", "allow 443/tcp # tls"]).expect(0);
    let state = "sha256sum /root/.ssh/authorized_keys /etc/ufw/*.rules /etc/ufw/ufw.conf /etc/default/ufw; \
                 stat -c '%n %i %Y' /root/.ssh/authorized_keys /etc/ufw/* /etc/systemd/system /var/lib/brokeforge/firewall; \
                 iptables -S; ip6tables -S; systemctl list-timers --all | grep -c brokeforge";
    let (_, before) = host.exec(state);
    for again in
        [&["firewall", "enable", "web"][..], &["rule", "edit", "web", "tls", "allow 443/tcp # tls"]]
    {
        let done = home.run(again).expect(0);
        assert!(done.err.contains("so already"), "{again:?}: {}", done.err);
        assert_eq!(host.exec(state).1, before, "{again:?} changed something, or armed the timer");
    }
    home.run(&["rule", "retry", "web", "tls"]).expect(2);
    let done = home.run(&["rule", "add", "web", "allow 443/tcp # other"]).expect(2);
    assert!(done.err.contains("there already"), "{}", done.err);
    assert_eq!(host.exec(state).1, before);
    home.run(&["rule", "remove", "web", "tls"]).expect(0);
    home.run(&["rule", "remove", "web", "tls"]).expect(2);

    // SSH that was narrowed is not opened again for all
    let peer = host.exec("echo ${SSH_CLIENT%% *}").1;
    let line = format!("allow 22/tcp from {} # SSH", peer.trim());
    home.run(&["rule", "add", "web", "allow 22/tcp from fd00::/8 # SSH over IPv6"]).expect(0);
    home.run(&["rule", "edit", "web", "SSH", &line]).expect(0);
    home.run(&["firewall", "enable", "web"]).expect(0);
    let ours = rules(&home);
    assert_eq!(ours.len(), 2, "{ours:?}");
    assert_eq!(ours[0], (line, "active".to_owned(), "active".to_owned()));

    home.run(&["firewall", "disable", "web"]).expect(0);
    home.run(&["firewall", "disable", "web"]).expect(2);
}

#[test]
fn a_command_on_a_server_is_an_operation() {
    let Some(host) = lab::host("exec") else { return };
    let home = Home::new();
    add(&home, &host).expect(0);
    let done =
        home.run(&["exec", "web", "--", "printf", "%s|", "a b", "'\"\\$`$(id)", "é 😀"]).expect(0);
    assert_eq!(done.out, "a b|'\"\\$`$(id)|é 😀|");
    let done =
        home.run(&["exec", "web", "--", "sh", "-c", "echo out; echo err >&2; exit 7"]).expect(1);
    assert!(done.out.contains("out") && !done.out.contains("err"), "{}", done.out);
    assert!(done.err.contains("err"), "{}", done.err);
    let operations = home.json(&["operation", "list"]);
    let shown = home.run(&["operation", "log", text(&operations[0], "id")]).expect(0);
    assert!(
        shown.out.contains("out") && shown.err.contains("err"),
        "{} | {}",
        shown.out,
        shown.err
    );
}
