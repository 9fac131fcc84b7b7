//! The way back on a real host: after a change and its undo the host and our list are as before.

use crate::lab::{self, Host};
use crate::lab_journey::{add, rules};
use crate::support::binary::Home;

/// What ufw has, without the ids by which it knows our rules.
fn status(host: &Host) -> Vec<String> {
    let (code, said) = host.exec("ufw status numbered");
    assert_eq!(code, 0, "{said}");
    let bare = |line: &str| line.split('#').next().unwrap_or_default().trim().to_owned();
    said.lines().map(bare).collect()
}

#[test]
fn each_change_of_a_rule_or_the_firewall_has_a_way_back() {
    let Some(host) = lab::host("undo") else { return };
    let home = Home::new();
    add(&home, &host).expect(0);
    home.run(&["firewall", "enable", "web"]).expect(0);
    for line in ["allow 5432/tcp from 10.0.0.0/8 # office", "allow 80/tcp # page"] {
        home.run(&["rule", "add", "web", line]).expect(0);
    }
    let before = (status(&host), rules(&home));
    let back = |target: &[&str]| {
        assert_ne!((status(&host), rules(&home)), before, "{target:?}");
        home.run(&[&["undo"], target].concat()).expect(0);
        assert_eq!((status(&host), rules(&home)), before, "{target:?}");
    };

    home.run(&["rule", "add", "web", "deny 5432/tcp from 10.1.0.0/16 # not them"]).expect(0);
    back(&["web"]);
    home.run(&["rule", "edit", "web", "office", "allow 5433/tcp # office"]).expect(0);
    back(&["web", "office"]);
    home.run(&["rule", "remove", "web", "office"]).expect(0);
    back(&["web"]);
    // of the list's first, which came with the firewall, too: its place and owner are kept
    home.run(&["rule", "add", "web", "allow 22/tcp from any to any # second"]).expect(2);
    home.run(&["firewall", "disable", "web"]).expect(0);
    home.run(&["undo", "web"]).expect(0);
    assert_eq!(status(&host), before.0);

    // what has no way back says so, and does nothing
    home.run(&["exec", "web", "--", "true"]).expect(0);
    let refused = home.run(&["undo", "web"]).expect(2);
    assert!(refused.err.contains("A command cannot be undone."), "{}", refused.err);
}
