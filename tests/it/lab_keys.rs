//! Our login keys on a real host: replaced, wherever brokeforge dies meanwhile, beside lines of
//! other people that nobody may touch.

use crate::lab::{self, Host};
use crate::lab_journey::{add, text};
use crate::lab_recovery::{all_done, at_points, dies, nothing_left};
use crate::support::binary::Home;

/// The file without our lines, as hexadecimal digits: it holds bytes of every sort.
fn foreign(host: &Host, id: &str) -> String {
    let script = format!("LC_ALL=C grep -avF {id} /root/.ssh/authorized_keys | od -An -v -tx1");
    host.exec_inside(&script).1
}

fn ours(host: &Host, id: &str, user: &str) -> String {
    let file = if user == "root" { "/root" } else { "/home/brokeforge" };
    let script = format!("LC_ALL=C grep -aF {id} {file}/.ssh/authorized_keys");
    host.exec_inside(&script).1
}

/// Lines as people leave them: Latin-1, options, CRLF, a NUL, and a last one without its end.
const ODD: &str = r#"cd /root/.ssh
key=$(ssh-keygen -q -t ed25519 -N '' -C other -f /root/other && cat /root/other.pub)
printf 'from="192.0.2.0/24",no-pty %s M\374ller\n%s\r\n# \000 \377\n' "$key" "$key" >odd
cat authorized_keys >>odd
printf '%s' "$key last" >>odd
cat odd >authorized_keys
rm odd"#;

#[test]
fn our_keys_are_replaced_and_nobody_elses() {
    let Some(host) = lab::host("rotate") else { return };
    let home = Home::new();
    add(&home, &host).expect(0);
    home.run(&["app-user", "add", "web"]).expect(0);
    let id = text(&home.json(&["server", "list"])[0], "id").to_owned();
    let (code, said) = host.exec_inside(ODD);
    assert_eq!(code, 0, "{said}");
    let before = foreign(&host, &id);
    let last = |host: &Host| host.exec_inside("tail -c 5 /root/.ssh/authorized_keys").1;
    assert_eq!(last(&host), " last");
    let old: Vec<String> = ["root", "brokeforge"].map(|user| ours(&host, &id, user)).into();

    // looking changes nothing
    let plan = home.run(&["key", "rotate", "web", "--dry-run"]).expect(0);
    assert!(plan.out.contains("take the old key's line out"), "{}", plan.out);
    assert_eq!(ours(&host, &id, "root"), old[0]);

    home.run(&["key", "rotate", "web"]).expect(0);
    for (user, old) in ["root", "brokeforge"].iter().zip(&old) {
        let new = ours(&host, &id, user);
        assert_eq!(new.lines().count(), 1, "{user}: {new}");
        assert_ne!(new.split(' ').nth(1), old.split(' ').nth(1), "{user}");
    }
    // ours came behind the last line, which it needed to end
    assert_eq!(foreign(&host, &id), before);
    home.run(&["exec", "web", "--", "true"]).expect(0);

    // our line before others again, and the last one without an end: nothing but ours goes
    let (code, said) = host.exec_inside(
        "cd /root/.ssh; { tail -n 1 authorized_keys; head -n -1 authorized_keys; printf x; } >odd; \
         cat odd >authorized_keys; rm odd",
    );
    assert_eq!(code, 0, "{said}");
    home.run(&["key", "rotate", "web", "--user", "root"]).expect(0);
    let (_, end) = host.exec_inside("tail -n 2 /root/.ssh/authorized_keys | head -n 1");
    assert_eq!(end, "x\n");
    assert_eq!(ours(&host, &id, "root").lines().count(), 1);

    // an old key that is let in elsewhere is told, and the retry goes on
    let (code, said) = host.exec_inside(
        "cp /root/.ssh/authorized_keys /root/.ssh/authorized_keys2; \
         sshd -T | grep -i authorizedkeysfile",
    );
    assert_eq!(code, 0, "{said}");
    let failed = home.run(&["key", "rotate", "web", "--user", "root"]).expect(1);
    assert!(failed.err.contains("The old key still logs in as root"), "{}", failed.err);
    home.run(&["exec", "web", "--", "true"]).expect(0);
    host.exec_inside("rm /root/.ssh/authorized_keys2");
    home.run(&["key", "rotate", "web", "--user", "root"]).expect(0);
    assert_eq!(ours(&host, &id, "root").lines().count(), 1);
    let servers = home.json(&["server", "list"]);
    assert_eq!(text(&servers[0], "status"), "active");
    home.run(&["key", "rotate", "web", "--user", "nobody"]).expect(2);
}

#[test]
fn a_key_is_replaced_wherever_brokeforge_dies() {
    let Some(host) = lab::host("killrotate") else { return };
    let home = Home::new();
    add(&home, &host).expect(0);
    let id = text(&home.json(&["server", "list"])[0], "id").to_owned();
    let points = [("before-commit", 3), ("after-commit", 4), ("after-send", 1), ("receive", 7)];
    at_points(&points, |point| {
        let died = dies(&home, &["key", "rotate", "web"], point);
        home.run(&["exec", "web", "--", "true"]).expect(0);
        all_done(&home, point);
        let keys = ours(&host, &id, "root");
        assert_eq!(keys.lines().count(), 1, "{point}: {keys}");
        nothing_left(&host, point);
        died
    });
}
