//! fail2ban on a real host: what was asked for is what its jail says, whoever we are is let in, and
//! nothing is left behind.

use std::time::Duration;

use crate::lab::{self, Host};
use crate::lab_journey::add;
use crate::support::binary::Home;

const SOON: Duration = Duration::from_secs(120);

#[track_caller]
fn on(host: &Host, script: &str) -> String {
    let (code, said) = host.exec_inside(script);
    assert_eq!(code, 0, "{script}: {said}");
    said
}

/// What a removal must leave as it was.
const TRACES: &str = "ls /etc/fail2ban /var/lib/fail2ban /run/fail2ban 2>&1; \
    ls /var/lib/brokeforge; nft list tables 2>/dev/null | grep f2b; \
    systemctl list-unit-files --no-legend 'fail2ban*'; dpkg -l fail2ban 2>/dev/null | grep ^ii; \
    ls /var/log | grep fail2ban; true";

#[test]
fn a_jail_is_set_up_asked_back_and_taken_away() {
    let Some(host) = lab::host("fail2ban") else { return };
    let home = Home::new();
    add(&home, &host).expect(0);
    home.run(&["exec", "web", "--", "true"]).expect(0);
    let before = on(&host, TRACES);
    home.run(&["fail2ban", "add", "web", "--retries", "3", "--ignore", "10.9.0.0/16"]).expect(0);
    let get = |what: &str| on(&host, &format!("fail2ban-client get sshd {what}"));
    assert_eq!(get("maxretry").trim(), "3");
    assert_eq!(get("findtime").trim(), "600");
    assert_eq!(get("bantime").trim(), "3600");
    let peer = on(
        &host,
        "last=$(journalctl -u ssh -o cat | grep Accepted | tail -n 1); \
                         echo \"$last\" | sed 's/.* from \\([^ ]*\\) port.*/\\1/'",
    );
    let ignored = get("ignoreip");
    for network in ["10.9.0.0/16", peer.trim()] {
        assert!(ignored.contains(network), "{network}: {ignored}");
    }

    // a second run changes nothing
    let again = home.run(&["fail2ban", "edit", "web", "--retries", "3"]).expect(0);
    assert!(again.err.contains("so already"), "{}", again.err);

    // what it shuts out is out; a change holds at once, and ours stays let in
    let banned = "fail2ban-client get sshd banip";
    on(&host, "fail2ban-client set sshd banip 203.0.113.9");
    assert!(on(&host, banned).contains("203.0.113.9"));
    let kept_out = "(nft list ruleset; iptables -S) 2>&1 | tee /run/rules | grep 203.0.113.9; \
                    grep -q 203.0.113.9 /run/rules || { cat /run/rules; false; }";
    host.until_inside("it is kept out", SOON, kept_out);
    home.run(&["fail2ban", "edit", "web", "--ban-time", "2h", "--ignore", ""]).expect(0);
    assert_eq!(get("bantime").trim(), "7200");
    let ignored = get("ignoreip");
    assert!(!ignored.contains("10.9.0.0/16") && ignored.contains(peer.trim()), "{ignored}");
    assert!(!on(&host, banned).contains(peer.trim()));
    home.run(&["exec", "web", "--", "true"]).expect(0);

    // a mistake in another's file is told, and what was there goes on
    on(&host, "printf '[sshd\\n' >/etc/fail2ban/jail.d/bad.conf");
    let failed = home.run(&["fail2ban", "edit", "web", "--retries", "9"]).expect(1);
    assert!(failed.err.contains("put back"), "{}", failed.err);
    on(&host, "rm /etc/fail2ban/jail.d/bad.conf");
    on(&host, "grep -qx 'maxretry = 3' /etc/fail2ban/jail.d/zz-brokeforge.local");
    assert_eq!(get("maxretry").trim(), "3");
    home.run(&["fail2ban", "retry", "web"]).expect(0);
    assert_eq!(get("maxretry").trim(), "9");

    home.run(&["fail2ban", "remove", "web", "--yes"]).expect(0);
    assert_eq!(on(&host, TRACES), before);
    assert!(home.json(&["fail2ban", "list"]).is_empty());
}

#[test]
fn a_fail2ban_of_others_is_asked_about_and_stays() {
    let Some(host) = lab::host("f2bforeign") else { return };
    let home = Home::new();
    add(&home, &host).expect(0);
    on(
        &host,
        "export DEBIAN_FRONTEND=noninteractive; apt-get -q -y install fail2ban >/dev/null && \
         printf '[sshd]\\nbackend = systemd\\nmaxretry = 7\\n' >/etc/fail2ban/jail.local && \
         systemctl restart fail2ban",
    );
    let asked = home.run(&["fail2ban", "add", "web"]).expect(1);
    assert!(asked.err.contains("adopt"), "{}", asked.err);
    home.run(&["fail2ban", "retry", "web", "--answer", "fail2ban=adopt"]).expect(0);
    assert_eq!(on(&host, "fail2ban-client get sshd maxretry").trim(), "5");
    home.run(&["fail2ban", "remove", "web", "--yes"]).expect(0);
    // what was theirs holds again
    host.until_inside("their jail", SOON, "fail2ban-client get sshd maxretry | grep -qx 7");
}
