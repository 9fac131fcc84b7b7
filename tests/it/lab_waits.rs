//! Provisioning on the screen: the profile, the plan, the tree; and what the host is busy with is
//! told where it is waited for.

use std::time::Duration;

use crate::lab;
use crate::lab_journey::add;
use crate::support::binary::Home;
use crate::support::pty::Pty;

const WORK: Duration = Duration::from_secs(600);

/// Says that the first boot is at work for as long as a file is there.
const CLOUD_INIT: &str = r#"cat >/usr/local/bin/cloud-init <<'END'
#!/bin/sh
case "$*" in
  'status --wait') while [ -e /run/first-boot ]; do sleep 0.1; done ;;
  status) if [ -e /run/first-boot ]; then echo 'status: running'; else echo 'status: done'; fi ;;
  *) exit 2 ;;
esac
END
chmod 755 /usr/local/bin/cloud-init
: >/run/first-boot"#;

/// Has dpkg's lock as dpkg has it, until it is ended.
const HOLDER: &str = r#"cat >/run/holder <<'END'
use Fcntl;
$0 = "unattended-upgr";
open(my $lock, ">>", "/var/lib/dpkg/lock-frontend") or die;
my $wanted = pack("ssx![q]qqix![q]", F_WRLCK, 0, 0, 0, 0);
fcntl($lock, F_SETLK, $wanted) or die;
sleep 600;
END
systemd-run -q --unit=holder perl /run/holder"#;

fn row(screen: &vt100::Screen, parts: &[&str]) -> bool {
    screen.contents().lines().any(|line| parts.iter().all(|part| line.contains(part)))
}

#[test]
fn what_the_host_is_busy_with_is_told_in_the_tree_and_in_the_list() {
    let Some(host) = lab::host("waits") else { return };
    let home = Home::new();
    add(&home, &host).expect(0);
    assert_eq!(host.exec(CLOUD_INIT).0, 0);
    assert_eq!(host.exec(HOLDER).0, 0);
    lab::until("the lock is held", Duration::from_secs(20), || {
        let inode = "$(stat -c %i /var/lib/dpkg/lock-frontend)";
        host.exec(&format!("grep -q \":{inode} \" /proc/locks")).0 == 0
    });

    let mut screen = Pty::start(&home.path().join("fleet"), &[]);
    screen.sees("servers · 1");
    screen.types("p");
    screen.sees("Provision web");
    screen.sees("bare");
    screen.types("\r");
    screen.until("the plan", |s| row(s, &["enter begins"]) && row(s, &["Bring app user ·"]));
    screen.insists("\r", "it is begun", |s| row(s, &["milestones"]));

    screen.until_within(WORK, "the first boot is waited for", |s| {
        row(s, &["▸ install all", "· waits for cloud-init: the first boot"])
    });
    assert_eq!(host.exec("rm /run/first-boot").0, 0);
    let (_, pid) = host.exec("systemctl show -P MainPID holder");
    let who = format!("waits for dpkg: unattended-upgr (pid {})", pid.trim());
    screen.until_within(WORK, "who has the lock", |s| row(s, &["▸ install all", &who]));
    let listed = home.run(&["operation", "list"]).expect(0);
    assert!(listed.out.contains(&who), "{}", listed.out);

    assert_eq!(host.exec("systemctl stop holder").0, 0);
    screen.until_within(WORK, "the end", |s| row(s, &["✓ done"]) && row(s, &["100 %"]));
    screen.until("the tree", |s| row(s, &["✓ Packages"]) && row(s, &["✓ Bring firewall …", "8/8"]));
    assert!(!screen.text().contains("waits for"), "{}", screen.text());
    let listed = home.run(&["operation", "list"]).expect(0);
    assert!(!listed.out.contains("waits for"), "{}", listed.out);
}
