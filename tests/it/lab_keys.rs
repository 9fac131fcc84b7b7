//! Our login keys on a real host: replaced, wherever brokeforge dies meanwhile, beside lines of
//! other people that nobody may touch.

use serde_json::Value;

use crate::lab::{self, Host};
use crate::lab_journey::{add, text};
use crate::lab_recovery::{all_done, at_points, dies, nothing_left};
use crate::support::binary::{CLOSED_PORT, Home};

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

    // what somebody bound our key to binds the one that follows it
    let bind =
        "sed -i '/ID/s/^/no-x11-forwarding,from=\"0.0.0.0\\/0\" /' /root/.ssh/authorized_keys";
    assert_eq!(host.exec_inside(&bind.replace("ID", &id)).0, 0);
    let old = [ours(&host, &id, "root"), old[1].clone()];

    // looking changes nothing
    let plan = home.run(&["key", "rotate", "web", "--dry-run"]).expect(0);
    assert!(plan.out.contains("take the old key's line out"), "{}", plan.out);
    assert_eq!(ours(&host, &id, "root"), old[0]);

    home.run(&["key", "rotate", "web"]).expect(0);
    let blob = |line: &str| line.split("ssh-ed25519 ").nth(1).unwrap_or_default().to_owned();
    for (user, old) in ["root", "brokeforge"].iter().zip(&old) {
        let new = ours(&host, &id, user);
        assert_eq!(new.lines().count(), 1, "{user}: {new}");
        assert!(!blob(&new).is_empty() && blob(&new) != blob(old), "{user}");
        assert_eq!(new.split("ssh-ed25519").next(), old.split("ssh-ed25519").next(), "{user}");
    }
    assert!(ours(&host, &id, "root").starts_with("no-x11-forwarding,from="));
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

#[test]
fn every_key_is_listed_and_can_be_named() {
    let Some(host) = lab::host("keylist") else { return };
    let home = Home::new();
    add(&home, &host).expect(0);
    home.run(&["app-user", "add", "web"]).expect(0);
    // what a link leads to is read as the user, who may not read this one
    let (code, said) = host.exec_inside(&format!(
        "{ODD}; useradd -m -s /bin/bash eve && mkdir /home/eve/.ssh && \
         ln -s /root/.ssh/authorized_keys /home/eve/.ssh/authorized_keys"
    ));
    assert_eq!(code, 0, "{said}");
    let keys = home.json(&["key", "list"]);
    let of = |keys: &[Value], user: &str, state: &str| -> Vec<Value> {
        let fits = |k: &&Value| text(k, "user") == user && text(k, "state") == state;
        keys.iter().filter(fits).cloned().collect()
    };
    assert!(keys.iter().all(|k| text(k, "user") != "eve"), "{keys:?}");
    assert_eq!(of(&keys, "root", "ours").len(), 1, "{keys:?}");
    assert_eq!(of(&keys, "brokeforge", "ours").len(), 1, "{keys:?}");
    // the one that the lab logs in with, and another three times
    let unknown = of(&keys, "root", "unknown");
    assert_eq!(unknown.len(), 4, "{keys:?}");
    let bound = unknown.iter().find(|k| !text(k, "options").is_empty()).unwrap();
    assert_eq!(text(bound, "options"), "from=\"192.0.2.0/24\",no-pty");
    assert_eq!((text(bound, "algorithm"), &bound["bits"]), ("ssh-ed25519", &Value::from(256)));
    let (_, line) = host.exec_inside("ssh-keygen -lf /root/other.pub");
    let fingerprint = text(bound, "fingerprint");
    assert_eq!(line.split_whitespace().nth(1), Some(fingerprint));

    home.run(&["key", "know", fingerprint, "anna, laptop"]).expect(0);
    let again = home.json(&["key", "list", "web"]);
    let known = of(&again, "root", "known");
    assert_eq!(known.len(), 3, "{again:?}");
    assert!(known.iter().all(|k| text(k, "name") == "anna, laptop"));
    let seen = |keys: &[Value]| -> Vec<String> {
        let mut all: Vec<String> =
            keys.iter().map(|k| format!("{}{}", k["fingerprint"], k["first_seen"])).collect();
        all.sort();
        all
    };
    assert_eq!(seen(&again), seen(&keys), "when they were seen first stays");
    assert_eq!(home.json(&["key", "list", "--unknown"]).len(), 1);
    assert_eq!(home.json(&["key", "known"]).len(), 1);

    // a host that cannot be asked is told beside the others
    let key = host.key.to_str().unwrap();
    let dead = ["server", "add", "dead", "--host", "127.0.0.1", "--port", CLOSED_PORT];
    let dead = [&dead[..], &["--identity", key, "--accept-new-host-key"]].concat();
    home.run(&dead).expect(3);
    let some = home.run(&["--json", "key", "list"]).expect(3);
    assert_eq!(some.json().len(), keys.len());
    assert!(some.err.contains("dead"), "{}", some.err);

    home.run(&["key", "forget", fingerprint]).expect(0);
    home.run(&["key", "forget", fingerprint]).expect(2);
    assert!(home.json(&["key", "known"]).is_empty());
}
