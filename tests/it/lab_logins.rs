//! First logins with a password and as another user, and work without root, on real hosts.

use std::io::Write;
use std::process::Stdio;

use crate::lab::{self, Host};
use crate::lab_journey::text;
use crate::support::binary::{Done, Home};

const PASSWORD: &str = "canary-of-the-password-51e0";

/// Runs a command with this on its standard input.
fn given(home: &Home, words: &[&str], input: &str) -> Done {
    let mut child = home.spawn(home.command(words).stdin(Stdio::piped()));
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap().into()
}

fn add(home: &Home, host: &Host, user: &str, input: &str) -> Done {
    let address = host.v4.to_string();
    let words = ["--json", "server", "add", "web", "--host", &address, "--user", user];
    given(home, &[&words[..], &["--password", "--accept-new-host-key"]].concat(), input)
}

/// A user with this password and this line for sudo.
fn user(host: &Host, sudo: &str) {
    let script = format!(
        "id admin >/dev/null 2>&1 || useradd -m -s /bin/bash admin
         echo 'admin:{PASSWORD}' | chpasswd
         printf '%s\n' '{sudo}' >/etc/sudoers.d/admin && chmod 0440 /etc/sudoers.d/admin
         printf 'PasswordAuthentication yes\n' >/etc/ssh/sshd_config.d/00-password.conf
         systemctl restart ssh"
    );
    let (code, said) = host.exec_inside(&script);
    assert_eq!(code, 0, "{said}");
    host.wait_ssh();
}

#[test]
fn another_user_gets_in_by_password_and_works_as_root_by_sudo() {
    let Some(host) = lab::host("sudo") else { return };
    let home = Home::new();
    user(&host, "admin ALL=(ALL) ALL");

    // sudo asks for a password: refused at first contact, with what mends it
    let refused = add(&home, &host, "admin", PASSWORD).expect(3);
    assert!(refused.err.contains("asks admin for a password"), "{}", refused.err);
    assert!(refused.err.contains("NOPASSWD"), "{}", refused.err);

    user(&host, "admin ALL=(ALL:ALL) NOPASSWD: ALL");
    let operation = text(&home.json(&["operation", "list"])[0], "id").to_owned();
    // nobody remembers the password
    let forgotten = home.run(&["--json", "operation", "retry", &operation]).expect(3);
    assert!(forgotten.err.contains("not known any more"), "{}", forgotten.err);
    let wrong = given(&home, &["operation", "retry", &operation, "--password"], "wrong");
    assert!(wrong.expect(3).err.contains("with this password"));
    given(&home, &["operation", "retry", &operation, "--password"], PASSWORD).expect(0);

    // from now on by our own key, as root, with the firewall's proof over new logins
    host.exec_inside("passwd -l admin; rm /etc/ssh/sshd_config.d/00-password.conf");
    let (_, line) = host.exec_inside("stat -c %U:%a /home/admin/.ssh/authorized_keys");
    assert_eq!(line.trim(), "admin:600");
    let done = home.run(&["exec", "web", "--", "id", "-un"]).expect(0);
    assert!(done.out.contains("root"), "{}", done.out);
    home.run(&["--yes", "firewall", "enable", "web"]).expect(0);
    home.run(&["rule", "add", "web", "allow 80/tcp # HTTP"]).expect(0);
    let session = home.run(&["ssh", "web", "--", "id", "-un"]).expect(0);
    assert_eq!(session.out.trim(), "admin");

    // the password is nowhere
    let store = std::fs::read(home.path().join("fleet/data/store")).unwrap_or_default();
    assert!(!store.windows(PASSWORD.len()).any(|bytes| bytes == PASSWORD.as_bytes()));
    let places = "/home /var/lib/brokeforge /run/brokeforge /tmp";
    let (_, found) = host.exec_inside(&format!("grep -rlF -- '{PASSWORD}' {places} 2>/dev/null"));
    assert_eq!(found.trim(), "");

    // and our key goes with us
    home.run(&["--yes", "--confirm", "web", "server", "remove", "web", "--clean-up"]).expect(0);
    let (_, left) = host.exec_inside("grep -c brokeforge /home/admin/.ssh/authorized_keys");
    assert_eq!(left.trim(), "0");
}

#[test]
fn the_app_users_own_work_runs_without_root() {
    let Some(host) = lab::host("appuser") else { return };
    let home = Home::new();
    crate::lab_journey::add(&home, &host).expect(0);
    for words in [
        &["app-user", "add", "web"][..],
        &["nginx", "add", "web"],
        &["site", "add", "web", "example.com", "--kind", "static"],
    ] {
        home.run(words).expect(0);
    }
    let (_, owner) = host.exec_inside(
        "stat -c %U /home/brokeforge/sites/example.com/public/index.html
         stat -c %U:%a /home/brokeforge/.local/state/brokeforge/op
         ls -d /home/brokeforge/.local/state/brokeforge/op/*/*.secrets 2>/dev/null | wc -l",
    );
    assert_eq!(owner.split_whitespace().collect::<Vec<_>>(), ["brokeforge", "brokeforge:700", "0"]);
}
