//! What goes wrong on hosts while packages are brought: told with its cause, mended, and gone on with;
//! and one of many that fails alone.

use serde_json::Value;

use crate::lab::{self, Host};
use crate::lab_journey::{add, text};
use crate::support::binary::Home;

/// Takes the package sources away, and brings them back.
const AWAY: &str =
    "mkdir /root/apt && mv /etc/apt/sources.list* /root/apt/ && rm -rf /var/lib/apt/lists/*";
const BACK: &str = "mv /root/apt/* /etc/apt/ && rmdir /root/apt";

fn done(host: &Host, command: &str) {
    let (code, said) = host.exec(command);
    assert_eq!(code, 0, "{command}: {said}");
}

fn outcomes(home: &Home, kind: &str) -> Vec<Value> {
    let all = home.json(&["operation", "list"]).into_iter();
    all.filter(|operation| text(operation, "kind") == kind).collect()
}

#[test]
fn of_ten_servers_at_once_the_one_that_cannot_fails_alone() {
    let Some(hosts) = lab::hosts("ten", 10) else { return };
    let home = Home::new();
    for host in &hosts {
        let (address, key) = (host.v4.to_string(), host.key.to_str().unwrap());
        let add = ["server", "add", &host.name, "--host", &address, "--identity", key];
        home.run(&[&add[..], &["--accept-new-host-key"]].concat()).expect(0);
    }
    let broken = &hosts[7];
    done(broken, AWAY);
    let mut words = vec!["--yes", "provision"];
    words.extend(hosts.iter().map(|host| host.name.as_str()));
    words.extend(["--profile", "bare"]);
    home.run(&words).expect(1);
    let operations = outcomes(&home, "provision");
    assert_eq!(operations.len(), 10);
    let failed: Vec<_> = operations.iter().filter(|o| text(o, "outcome") == "failed").collect();
    let good = operations.iter().filter(|o| text(o, "outcome") == "done").count();
    assert_eq!((failed.len(), good), (1, 9), "{operations:?}");
    assert!(failed[0]["error"].to_string().contains(&broken.name), "{}", failed[0]);
    done(broken, BACK);
    home.run(&["operation", "retry", text(failed[0], "id")]).expect(0);
    for host in &hosts {
        done(
            host,
            "id brokeforge && visudo -c -f /etc/sudoers.d/brokeforge && ufw status | grep -q 'Status: active'",
        );
        let users = home.json(&["app-user", "list", &host.name]);
        assert_eq!(text(&users[0], "status"), "active", "{users:?}");
    }
}

#[test]
fn a_broken_package_and_a_full_disk_are_named_and_a_retry_goes_on() {
    let Some(host) = lab::host("faults") else { return };
    let home = Home::new();
    add(&home, &host).expect(0);

    // a package of somebody else's whose installation never ends well
    let broken = "mkdir -p /root/b/DEBIAN && cd /root/b && \
        printf 'Package: broke-x\\nVersion: 1\\nArchitecture: all\\nMaintainer: a <a@example.com>\\nDescription: x\\n' >DEBIAN/control && \
        printf '#!/bin/sh\\necho I am broken for good >&2\\nexit 1\\n' >DEBIAN/postinst && \
        chmod 755 DEBIAN/postinst && dpkg-deb -b . /root/b.deb && ! dpkg -i /root/b.deb";
    done(&host, broken);
    let said = home.run(&["redis", "add", "web"]).expect(1);
    assert!(
        said.err.contains("I am broken for good") && said.err.contains("broke-x"),
        "{}",
        said.err
    );
    done(&host, "dpkg --purge broke-x");

    // hardly any room left: told before anything is unpacked
    let fill = "free=$(df -P -k /var | awk 'NR == 2 { print $4 }') && \
                fallocate -l $(((free - 51200) * 1024)) /var/filler";
    done(&host, fill);
    let full = home.run(&["redis", "retry", "web"]).expect(1);
    assert!(full.err.contains("MiB free on the file system of /var"), "{}", full.err);
    assert_eq!(host.exec("dpkg-query -W redis-server").0, 1, "nothing was unpacked");
    done(&host, "rm /var/filler");

    home.run(&["redis", "retry", "web"]).expect(0);
    let operation = outcomes(&home, "redis").remove(0);
    let shown = home.run(&["operation", "show", text(&operation, "id")]).expect(0).out;
    assert!(shown.contains("was so already"), "what was done stays done: {shown}");
    let (_, listens) = host.exec("ss -Hlnt 'sport = :6379' | awk '{ print $4 }'");
    assert!(!listens.trim().is_empty(), "it listens");
    assert!(
        listens.lines().all(|at| at.starts_with("127.0.0.1:") || at.starts_with("[::1]:")),
        "{listens}"
    );
}

#[test]
fn a_step_that_floods_leaves_the_disk_to_others() {
    let Some(host) = lab::host("flood") else { return };
    let home = Home::new();
    add(&home, &host).expect(0);
    // it ends only once the host has most of that back
    let command = "yes flood | head -c 250000000; echo >&2 it was said; \
        until [ $(du -sk /var/lib/brokeforge/op | cut -f 1) -lt 98304 ]; do sleep 0.1; done; echo the end";
    let said = home.run(&["exec", "web", "--", "timeout", "200", "sh", "-c", command]).expect(0);
    assert!(said.out.contains("the end") && said.err.contains("it was said"), "{}", said.err);
    // what could not be followed so fast is told as missing, not as zeros
    let whole = 250_000_000 + "the end\n".len();
    assert!(!said.out.contains('\0'));
    assert!(said.out.len() == whole || said.err.contains("are missing here"), "{}", said.err);
    let operation = outcomes(&home, "exec").remove(0);
    let shown = home.run(&["operation", "show", text(&operation, "id")]).expect(0).out;
    assert!(shown.contains("more were not kept"), "{shown}");
}
