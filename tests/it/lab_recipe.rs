//! Recipes against real hosts: on several at once, in waves, as root and as the app user; what
//! fails is told with its step, and a retry goes on there.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::lab::{self, Host};
use crate::lab_journey::{add, text};
use crate::support::binary::{Done, Home};

const GREETING: &str = r#"
name = "greeting"

[parameters.text]
help = "What it says."

[[milestone]]
label = "Greeting"

[[milestone.step]]
name = "write it"
file = { path = "/etc/greeting/text", owner = "root:games", mode = "0640", content = "{{ text }}\n" }

[[milestone.step]]
name = "count the runs"
check = "test -e /run/counted"
apply = "echo it was counted; touch /run/counted; cat \"$BF_IN/param-text\" \"$BF_IN/note\" >>/run/runs"
verify = "test -e /run/counted"
files.note = " ({{ text }})\n"

[[milestone]]
label = "Identity"

[[milestone.step]]
name = "tell what differs"
check = "cat /etc/kind 2>/dev/null || echo plain"
verify = "true"
"#;

const FAILING: &str = r#"
name = "failing"

[[milestone]]
label = "Before"

[[milestone.step]]
name = "once"
check = "test -e /run/once"
apply = "echo x >>/run/onces; touch /run/once"

[[milestone.step]]
name = "wait for the marker"
apply = "test -e /run/marker"

[[milestone.step]]
name = "after it"
apply = "echo x >>/run/afters"
"#;

const SLOW: &str = r#"
name = "slow"

[[milestone]]
label = "Slow"

[[milestone.step]]
name = "sleep too long"
apply = "sleep 60"
limit = 1
"#;

const APP: &str = r#"
name = "app"
user = "app"

[[milestone]]
label = "As the app user"

[[milestone.step]]
name = "leave a trace"
check = "test -e \"$HOME/trace\""
apply = "id -un >\"$HOME/trace\""
"#;

fn recipe(home: &Home, name: &str, text: &str) -> String {
    let path: PathBuf = home.path().join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn add_as(home: &Home, host: &Host, name: &str) {
    let (address, key) = (host.v4.to_string(), host.key.to_str().unwrap());
    home.run(&[
        "server",
        "add",
        name,
        "--host",
        &address,
        "--identity",
        key,
        "--accept-new-host-key",
    ])
    .expect(0);
    home.run(&["server", "tag", name, "--add", "web"]).expect(0);
}

/// What anything of ours could have changed there.
fn state(host: &Host) -> String {
    let (code, said) = host.exec(
        "find /etc /run/counted /run/runs /run/brokeforge /var/lib/brokeforge -printf '%p %m %T@\\n' \
         2>/dev/null | sort",
    );
    assert_eq!(code, 0, "{said}");
    said
}

fn failed_step(done: &Done, name: &str) {
    assert!(done.out.contains(&format!("at “{name}”")), "{}{}", done.out, done.err);
}

#[test]
fn recipes_run_on_many_in_waves_and_what_is_the_same_is_told_once() {
    let Some(hosts) = lab::hosts("recipe", 3) else { return };
    let home = Home::new();
    for (host, name) in hosts.iter().zip(["one", "two", "three"]) {
        add_as(&home, host, name);
    }
    assert_eq!(hosts[2].exec("echo special >/etc/kind").0, 0);
    let file = recipe(&home, "greeting.toml", GREETING);
    let run = |more: &[&str]| {
        let words = ["recipe", "run", &file, "--on", "tag:web", "--set", "text=it's a $HOME"];
        home.run(&[&words[..], more].concat())
    };

    // a look writes nothing, and what is missing is told before anything is begun
    let before: Vec<String> = hosts.iter().map(state).collect();
    let looked = run(&["--dry-run"]).expect(0);
    assert!(looked.out.contains("/etc/greeting/text"), "{}", looked.out);
    let missing = home.run(&["recipe", "run", &file, "--on", "tag:web"]).expect(2);
    assert!(missing.err.contains("“text” must be given"), "{}", missing.err);
    assert_eq!(hosts.iter().map(state).collect::<Vec<_>>(), before);
    let made = home.json(&["operation", "list"]);
    assert!(made.iter().all(|o| text(o, "kind") != "recipe"), "{made:?}");

    let done = run(&["--canary", "1", "--batch", "2", "--max-failures", "1"]).expect(0);
    assert!(done.out.contains("2 the same, 1 differs"), "{}", done.out);
    assert_eq!(done.out.matches("it was counted").count(), 2, "{}", done.out);
    assert!(done.out.contains("three: done") && done.out.contains("special"), "{}", done.out);
    for host in &hosts {
        let (_, said) = host
            .exec("cat /etc/greeting/text; stat -c '%U:%G %a' /etc/greeting/text; cat /run/runs");
        let wanted = "it's a $HOME\nroot:games 640\nit's a $HOME (it's a $HOME)\n";
        assert_eq!(said, wanted);
    }

    // a second time changes nothing
    let again = run(&[]).expect(0);
    assert!(again.out.contains("2 the same, 1 differs"), "{}", again.out);
    assert_eq!(again.out.matches("as it was").count(), 2, "{}", again.out);
    assert_eq!(hosts[0].exec("wc -l </run/runs").1.trim(), "1");

    // a canary that fails keeps the rest from being begun
    let file = recipe(&home, "failing.toml", FAILING);
    for host in &hosts[1..] {
        assert_eq!(host.exec("touch /run/marker").0, 0);
    }
    let stopped = home
        .run(&["recipe", "run", &file, "one", "two", "three", "--canary", "1", "--batch", "2"])
        .expect(1);
    failed_step(&stopped, "wait for the marker");
    assert!(stopped.err.contains("Not begun, as 1 failed: two, three"), "{}", stopped.err);
    for host in &hosts[1..] {
        assert_ne!(host.exec("test -e /run/onces").0, 0);
    }

    // mended, a retry goes on from the step that failed
    assert_eq!(hosts[0].exec("touch /run/marker").0, 0);
    let operations = home.json(&["operation", "list"]);
    let failed: Vec<&Value> =
        operations.iter().filter(|o| text(o, "outcome") == "failed").collect();
    assert_eq!(failed.len(), 1, "{operations:?}");
    home.run(&["operation", "retry", text(failed[0], "id")]).expect(0);
    assert_eq!(hosts[0].exec("cat /run/onces /run/afters").1, "x\nx\n");
}

#[test]
fn a_recipe_has_limits_a_user_and_lines() {
    let Some(host) = lab::host("recipelimits") else { return };
    let home = Home::new();
    add(&home, &host).expect(0);

    // where a file is wrong is told before any server is asked
    for (text, line, what) in [
        ("name = \"x\"\nuser = \"nobody\"\n", "line 2", "nobody"),
        (
            "name = \"x\"\n[[milestone]]\nlabel = \"a\"\n[[milestone.step]]\nnam = \"b\"\n",
            "line 5",
            "nam",
        ),
        ("name = ", "line 1", ""),
    ] {
        let file = recipe(&home, "bad.toml", text);
        for words in [&["recipe", "check", &file][..], &["recipe", "run", &file, "web"]] {
            let told = home.run(words).expect(2);
            assert!(told.err.contains("bad.toml") && told.err.contains(line), "{}", told.err);
            assert!(told.err.contains(what), "{}", told.err);
        }
    }

    let file = recipe(&home, "slow.toml", SLOW);
    let slow = home.run(&["recipe", "run", &file, "web"]).expect(1);
    failed_step(&slow, "sleep too long");
    assert!(slow.out.contains("longer than 1 s"), "{}", slow.out);

    home.run(&["app-user", "add", "web"]).expect(0);
    let file = recipe(&home, "app.toml", APP);
    for outcome in ["done", "as it was"] {
        let done = home.run(&["recipe", "run", &file, "web"]).expect(0);
        assert!(done.out.contains(&format!("web: {outcome}")), "{}", done.out);
    }
    let (_, trace) = host.exec("cat ~brokeforge/trace; stat -c %U ~brokeforge/trace");
    assert_eq!(trace, "brokeforge\nbrokeforge\n");
}
