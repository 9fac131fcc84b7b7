//! A provisioning that fails half-way, at one milestone after the other: each failure is told with
//! its cause; what was done before stays as it was made; and a retry goes on where it failed.

use crate::lab::{self, Host};
use crate::lab_journey::{add, text};
use crate::support::binary::{Done, Home};

#[track_caller]
fn done(host: &Host, command: &str) -> String {
    let (code, said) = host.exec(command);
    assert_eq!(code, 0, "{command}: {said}");
    said.trim().to_owned()
}

/// When the policy for sudo is in place and looked at, the disk is full from then on.
const FULL: &str = r#"cat >/usr/local/sbin/visudo <<'END'
#!/bin/sh
if [ -e /etc/sudoers.d/brokeforge ] && [ ! -e /var/filler ]; then
  fallocate -l $(($(df -P -k /var | awk 'NR == 2 { print $4 }') * 1024)) /var/filler
fi
exec /usr/sbin/visudo "$@"
END
chmod 755 /usr/local/sbin/visudo"#;

/// Before PHP starts, nginx is stopped and another program has its port.
const TAKEN: &str = r#"cat >/run/holder <<'END'
use IO::Socket::INET;
my $socket = IO::Socket::INET->new(LocalPort => 80, Listen => 1, ReuseAddr => 1) or die;
sleep 600;
END
cat >/run/take <<'END'
systemctl stop nginx
systemd-run -q --unit=holder perl /run/holder
until ss -Hlnt 'sport = :80' | grep -q .; do sleep 0.1; done
END
mkdir -p /etc/systemd/system/php8.2-fpm.service.d
printf '[Service]\nExecStartPre=+/bin/sh /run/take\n' >/etc/systemd/system/php8.2-fpm.service.d/taken.conf
systemctl daemon-reload"#;

/// The provisioning, again; what came of it.
fn retry(home: &Home) -> Done {
    let all = home.json(&["operation", "list"]);
    let last = all.iter().find(|operation| text(operation, "kind") == "provision").unwrap();
    home.run(&["operation", "retry", text(last, "id")])
}

#[test]
fn each_failure_half_way_is_told_and_a_retry_repeats_nothing() {
    let Some(host) = lab::host("milestones") else { return };
    let home = Home::new();
    add(&home, &host).expect(0);

    done(&host, FULL);
    let full = home.run(&["provision", "web", "--profile", "app"]).expect(1);
    assert!(
        ["full", "space", "bytes are free"].iter().any(|word| full.err.contains(word)),
        "{}",
        full.err
    );
    let made = "stat -c '%n %i %Z' /etc/sudoers.d/brokeforge /home/brokeforge/.ssh/authorized_keys";
    let before = done(&host, made);
    done(&host, "rm /usr/local/sbin/visudo /var/filler");

    // somebody takes port 80 in the moment in which PHP is started
    done(&host, "systemctl stop php8.2-fpm");
    done(&host, TAKEN);
    let taken = retry(&home).expect(1);
    assert!(taken.err.contains("80") && taken.err.contains("perl"), "{}", taken.err);
    let all = home.json(&["operation", "list"]);
    let nginx = all.iter().find(|operation| text(operation, "kind") == "nginx").unwrap();
    assert_eq!(text(nginx, "outcome"), "failed", "{nginx}");
    assert!(!all.iter().any(|operation| text(operation, "kind") == "mariadb"), "nothing after it");
    done(
        &host,
        "rm /etc/systemd/system/php8.2-fpm.service.d/taken.conf; systemctl stop holder; systemctl daemon-reload",
    );

    // and the database does not start
    done(&host, "systemctl stop mariadb; systemctl mask mariadb");
    let masked = retry(&home).expect(1);
    assert!(masked.err.contains("masked"), "{}", masked.err);
    done(&host, "systemctl unmask mariadb");

    retry(&home).expect(0);
    assert_eq!(done(&host, made), before, "what was made stays as it was made");
    for kind in ["app-user", "sudo", "php", "nginx", "site", "mariadb"] {
        let there = home.json(&[kind, "list", "web"]);
        assert_eq!((there.len(), text(&there[0], "status")), (1, "active"), "{kind}: {there:?}");
    }
}
