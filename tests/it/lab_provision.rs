//! A bare host becomes a web server with a database; what stands in the way is told before anything
//! is done, what fails is mended and goes on, and a second time changes nothing.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use crate::lab::{self, Host};
use crate::lab_journey::{add, text};
use crate::support::binary::{Done, Home};

/// All that a provisioning could change: files, packages, units, sockets, users. Our own journal
/// and what services write while they run do not count.
const STATE: &str = r"
find /etc /usr/local /home /root /var/www /opt -xdev \( -type f -o -type l \) \
  ! -path '/root/.ssh/*' ! -path '/home/brokeforge/.local/state/brokeforge/*' -printf '%p %m %u:%g %s %T@ %l\n' | sort
dpkg-query -W -f '${Package} ${Version} ${db:Status-Status}\n' | sort
systemctl list-unit-files --no-legend --plain | awk '{ print $1, $2 }' | sort
systemctl list-units --no-legend --plain --type=service,socket,timer --state=active |
  awk '{ print $1 }' | grep -v '^brokeforge-o-' | sort
ss -Hlntu | awk '{ print $1, $5 }' | sort
getent passwd
getent group
if command -v ufw >/dev/null; then ufw status numbered; fi
";

pub(crate) fn state(host: &Host) -> Vec<String> {
    let (code, said) = host.exec(STATE);
    assert_eq!(code, 0, "{said}");
    said.lines().map(str::to_owned).collect()
}

fn provision(home: &Home, profile: &str) -> Done {
    home.run(&["provision", "web", "--profile", profile, "--json"])
}

/// The page that a visitor gets.
fn page(host: &Host) -> String {
    let mut stream = TcpStream::connect((host.v4, 80)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.write_all(b"GET / HTTP/1.0\r\nHost: nobody.example\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn of_kind<'a>(operations: &'a [Value], kind: &str) -> Vec<&'a Value> {
    operations.iter().filter(|operation| text(operation, "kind") == kind).collect()
}

#[test]
fn a_bare_host_becomes_a_web_server_and_a_second_time_changes_nothing() {
    let Some(host) = lab::host("provision") else { return };
    let home = Home::new();
    add(&home, &host).expect(0);

    // a port that somebody has is told with the process, and nothing was begun
    let hold = "systemd-run -q --unit=holder perl -MIO::Socket::INET -e \
                'my $s = IO::Socket::INET->new(LocalPort => 80, Listen => 1, ReuseAddr => 1) or die; \
                sleep 600'";
    assert_eq!(host.exec(hold).0, 0);
    lab::until("port 80 is held", Duration::from_secs(20), || {
        host.exec("ss -Hlnt 'sport = :80' | grep -q .").0 == 0
    });
    let before = state(&host);
    let refused = provision(&home, "app").expect(1);
    assert!(refused.err.contains("80") && refused.err.contains("perl"), "{}", refused.err);
    assert_eq!(state(&host), before);
    assert!(of_kind(&home.json(&["operation", "list"]), "base").is_empty());
    assert_eq!(host.exec("systemctl stop holder").0, 0);

    // a mirror that is gone fails the first milestone; mended, the same operation goes on
    let away =
        "mkdir /root/apt && mv /etc/apt/sources.list* /root/apt/ && rm -rf /var/lib/apt/lists/*";
    assert_eq!(host.exec(away).0, 0);
    provision(&home, "app").expect(1);
    let failed = home.json(&["operation", "list"]);
    let failed = of_kind(&failed, "provision");
    assert_eq!(text(failed[0], "outcome"), "failed");
    assert_eq!(host.exec("mv /root/apt/* /etc/apt/ && rmdir /root/apt").0, 0);
    home.run(&["operation", "retry", text(failed[0], "id")]).expect(0);

    // one tree: what is inside stands under its milestone, in the list under the whole
    let all = home.json(&["operation", "list"]);
    let whole = of_kind(&all, "provision")[0];
    let shown = home.run(&["operation", "show", text(whole, "id")]).expect(0).out;
    let nginx = text(of_kind(&all, "nginx")[0], "id");
    let row = shown.lines().find(|line| line.starts_with("Bring nginx ")).unwrap();
    assert!(row.contains(" done ") && row.ends_with(nginx), "{shown}");
    assert!(shown.contains("\n  Write the configuration  ") && shown.contains("100%, "), "{shown}");
    let listed = home.run(&["operation", "list"]).expect(0).out;
    assert!(listed.lines().any(|line| line.contains("    add nginx ")), "{listed}");

    let answer = page(&host);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    // just what was intended is open, in both families
    for chain in ["iptables -S ufw-user-input", "ip6tables -S ufw6-user-input"] {
        let (_, rules) = host.exec(&format!("{chain} | sed -n 's/^-A [^ ]* //p' | sort"));
        let rules: Vec<&str> = rules.lines().map(str::trim).collect();
        let wanted =
            ["22", "443", "80"].map(|port| format!("-p tcp -m tcp --dport {port} -j ACCEPT"));
        assert_eq!(rules, wanted, "{chain}");
    }
    let (_, open) = host.exec("ss -Hlnt 'sport = :3306' | awk '{ print $4 }'");
    assert_eq!(open.trim(), "127.0.0.1:3306");
    for (kind, name) in [("php", "8.2"), ("site", "default"), ("nginx", ""), ("mariadb", "")] {
        let mut words = vec![kind, "show", "web"];
        words.extend((!name.is_empty()).then_some(name));
        assert_eq!(text(&home.json(&words)[0], "status"), "active", "{kind}");
    }
    // what others need stays, and they are named
    let kept = home.run(&["nginx", "remove", "web", "--yes"]).expect(2);
    assert!(kept.err.contains("site “default”"), "{}", kept.err);

    let before = state(&host);
    let again = provision(&home, "app").expect(0);
    assert!(again.err.contains("nothing was changed on the host"), "{}", again.err);
    let after = state(&host);
    let new: Vec<&String> = after.iter().filter(|line| !before.contains(line)).collect();
    let gone: Vec<&String> = before.iter().filter(|line| !after.contains(line)).collect();
    assert!(new.is_empty() && gone.is_empty(), "new: {new:#?}\ngone: {gone:#?}");

    // forgotten for good: what was brought goes in the order of what needs what, data behind a dump
    let clean = ["server", "remove", "web", "--clean-up", "--yes"];
    let asked = home.run(&clean).expect(1);
    assert!(asked.err.contains("--answer files=stop|keep|delete"), "{}", asked.err);
    let answers = ["--answer", "files=keep", "--answer", "logs=delete"];
    home.run(&[&clean[..], &answers[..]].concat()).expect(0);
    assert!(home.json(&["server", "list"]).is_empty());
    let left = "getent passwd brokeforge mysql; ls -d /etc/nginx /etc/php /etc/mysql/mariadb.conf.d \
                /usr/local/lib/brokeforge /etc/sudoers.d/brokeforge /home/brokeforge; \
                dpkg-query -W -f '${Package} ${db:Status-Status}\\n' nginx php8.2-fpm mariadb-server | \
                grep ' installed'; ls /var/lib/brokeforge | grep -v '^op$'; \
                grep brokeforge /root/.ssh/authorized_keys; ss -Hlnt | grep -v ':22 '";
    assert_eq!(host.exec(&format!("{{ {left}; }} 2>/dev/null || :")).1.trim(), "");
    let (code, kept) = host.exec("ls /var/backups/brokeforge");
    assert!(code == 0 && kept.contains("mariadb-") && kept.contains("site-default-"), "{kept}");
}

#[test]
fn whoever_comes_after_a_kill_finishes_the_provisioning() {
    let Some(host) = lab::host("provisionkill") else { return };
    let home = Home::new();
    add(&home, &host).expect(0);
    for point in ["after-commit:12", "after-send:2", "after-commit:30", "receive:9"] {
        let mut command = home.command(&["provision", "web", "--profile", "bare"]);
        let _: Done = command.env("BROKEFORGE_KILL_AT", point).output().unwrap().into();
        // whatever changes something next takes it up and waits for it
        home.run(&["exec", "web", "--", "true"]).expect(0);
        for operation in home.json(&["operation", "list"]) {
            assert_eq!(text(&operation, "outcome"), "done", "{point}: {operation}");
        }
    }
    provision(&home, "bare").expect(0);
    for kind in ["app-user", "sudo", "base", "time"] {
        let there = home.json(&[kind, "list", "web"]);
        assert_eq!(there.len(), 1, "{kind}: {there:?}");
        assert_eq!(text(&there[0], "status"), "active", "{kind}");
    }

    // in the middle of the package manager's work, which goes on on the host
    let mut command = home.command(&["provision", "web", "--profile", "web"]);
    let killed: Done = command.env("BROKEFORGE_KILL_AT", "receive:40").output().unwrap().into();
    assert_ne!(killed.code, 0);
    let running = home.json(&["--read-only", "operation", "list"]);
    let whole = of_kind(&running, "provision")[0].clone();
    assert_eq!(text(&whole, "outcome"), "running", "{whole}");
    assert_eq!(whole["progress"], 0, "killed before the packages were there: {whole}");
    home.run(&["exec", "web", "--", "true"]).expect(0);
    let all = home.json(&["operation", "list"]);
    assert!(all.iter().all(|operation| text(operation, "outcome") == "done"), "{all:?}");
    let (_, times) = host.exec("grep -c 'install.* nginx' /var/log/apt/history.log");
    assert_eq!(times.trim(), "1", "installed once");
    assert!(page(&host).starts_with("HTTP/1.1 200"));
}

#[test]
fn what_was_set_holds_the_next_time() {
    let Some(host) = lab::host("provisionset") else { return };
    let home = Home::new();
    add(&home, &host).expect(0);
    let words = ["provision", "web", "--profile", "database", "--set", "database=redis"];
    home.run(&words).expect(0);
    let again = provision(&home, "database").expect(0);
    assert!(again.err.contains("nothing was changed on the host"), "{}", again.err);
    let kinds = home.json(&["operation", "list"]);
    assert!(of_kind(&kinds, "mariadb").is_empty() && !of_kind(&kinds, "redis").is_empty());
    let plan = home.run(&["provision", "web", "--profile", "database", "--dry-run"]).expect(0).out;
    assert!(plan.contains("Settings: database = redis."), "{plan}");
}
