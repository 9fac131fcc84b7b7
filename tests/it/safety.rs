//! Production servers, read-only, and the way back, as scripts and people on a terminal meet them.

use crate::prompts::key_file;
use crate::support::binary::{CLOSED_PORT, Home};
use crate::support::terminal::Terminal;
use serde_json::Value;

/// A fleet of one server whose host nobody answers for.
fn one() -> Home {
    let home = Home::new();
    let key = key_file(&home, "key", "");
    home.run(&[
        "server",
        "add",
        "web",
        "--host",
        "127.0.0.1",
        "--port",
        CLOSED_PORT,
        "--identity",
        &key,
        "--accept-new-host-key",
    ])
    .expect(3);
    home
}

fn host(home: &Home) -> Value {
    home.json(&["server", "show", "web"])[0]["host"].clone()
}

#[test]
fn a_production_server_wants_its_name_and_yes_is_not_enough() {
    let home = one();
    home.run(&["server", "edit", "web", "--host", "127.0.0.2"]).expect(0);
    home.run(&["server", "tag", "web", "--add", "production"]).expect(0);
    let edit = ["server", "edit", "web", "--host", "127.0.0.3"];
    for more in [&[][..], &["--yes"], &["--confirm", "other"], &["--confirm", "WEB"]] {
        let refused = home.run(&[&edit[..], more].concat()).expect(2);
        assert!(refused.err.contains("--confirm web"), "{}", refused.err);
    }
    for other in [
        &["server", "tag", "web", "--remove", "production"][..],
        &["server", "remove", "web", "--yes"],
        &["exec", "web", "--", "uptime"],
        &["firewall", "enable", "web"],
        &["undo", "web"],
    ] {
        assert!(home.run(other).expect(2).err.contains("tagged “production”"), "{other:?}");
    }
    assert_eq!(host(&home), "127.0.0.2");
    home.run(&[&edit[..], &["--confirm", "web"]].concat()).expect(0);
    assert_eq!(host(&home), "127.0.0.3");

    let mut terminal = Terminal::start(&home.command(&["server", "remove", "web"]));
    terminal.sees("It cannot be undone.");
    terminal.sees("Type web to go on: ");
    terminal.types("y\r");
    terminal.ends(2);
    let mut terminal = Terminal::start(&home.command(&["server", "remove", "web"]));
    terminal.sees("Type web to go on: ");
    terminal.types("web\r");
    terminal.ends(0);
    assert!(home.json(&["server", "list"]).is_empty());
}

#[test]
fn without_the_tag_scripts_are_asked_nothing_and_people_by_the_level() {
    let home = one();
    home.run(&["server", "edit", "web", "--host", "127.0.0.2"]).expect(0);
    let mut terminal = Terminal::start(&home.command(&["server", "remove", "web"]));
    terminal.sees("Type web to go on: ");
    terminal.types("\r");
    terminal.ends(2);
    // what costs asks for a yes; the host is not there to do it
    let mut terminal = Terminal::start(&home.command(&["firewall", "enable", "web"]));
    terminal.sees("Turn the firewall of “web” on? [y/N] ");
    terminal.types("\r");
    assert!(terminal.ends(2).contains("the answer was no"));
    home.run(&["server", "remove", "web", "--yes"]).expect(0);
}

#[test]
fn the_last_change_of_a_record_is_undone_and_redone() {
    let home = one();
    let refused = home.run(&["undo", "web"]).expect(2);
    assert!(refused.err.contains("No change of “web”"), "{}", refused.err);
    home.run(&["server", "edit", "web", "--host", "127.0.0.2", "--name", "app"]).expect(0);
    let shown = home.run(&["undo", "app"]).expect(0);
    assert!(shown.err.contains("it is called “web”, its address is 127.0.0.1:"), "{}", shown.err);
    assert_eq!(host(&home), "127.0.0.1");
    home.run(&["undo", "web"]).expect(0);
    home.run(&["server", "tag", "app", "--add", "a"]).expect(0);
    home.run(&["undo", "app"]).expect(0);
    assert_eq!(home.json(&["server", "show", "app"])[0]["tags"], serde_json::json!([]));
}

#[test]
fn read_only_refuses_all_that_changes_and_lets_one_look() {
    let home = one();
    let before = home.json(&["server", "show", "web"]);
    for words in [
        &["server", "edit", "web", "--host", "127.0.0.9"][..],
        &["server", "tag", "web", "--add", "x"],
        &["server", "facts", "web"],
        &["server", "remove", "web", "--yes", "--confirm", "web"],
        &["firewall", "enable", "web"],
        &["firewall", "check", "web"],
        &["exec", "web", "--", "true"],
        &["ssh", "web", "--", "true"],
    ] {
        let refused = home.run(&[&["--read-only"], words].concat()).expect(2);
        assert!(refused.err.contains("read-only"), "{words:?}: {}", refused.err);
        let mut command = home.command(words);
        let ran = command.env("BROKEFORGE_READ_ONLY", "1").output().unwrap();
        assert_eq!(ran.status.code(), Some(2), "{words:?}");
    }
    for words in [&["server", "list"][..], &["operation", "list"], &["firewall", "show", "web"]] {
        home.run(&[&["--read-only"], words].concat()).expect(0);
    }
    assert_eq!(home.json(&["server", "show", "web"]), before);
    let off = home
        .command(&["server", "tag", "web", "--add", "x"])
        .env("BROKEFORGE_READ_ONLY", "0")
        .output();
    assert_eq!(off.unwrap().status.code(), Some(0));
}
