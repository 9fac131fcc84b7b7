//! What files say, and what is said about them.

use insta::assert_snapshot;

use super::{Heard, Keymap};

/// Files with something wrong in them; each text that can be said comes up.
const WRONG: &[&str] = &[
    "[servers\nserver-add = [\"x\"]\n",
    "# mine\n\n[server]\nserver-add = [\"x\"]\n",
    "server-add = [\"x\"]\n",
    "[servers]\nserver-ad = [\"x\"]\n",
    "[servers]\nrule-add = [\"x\"]\n",
    "[servers]\nxyzzyxyzzy = [\"x\"]\n",
    "[servers]\nserver-add = \"x\"\n",
    "[servers]\nserver-add = [1]\n",
    "[servers]\nserver-add = [\"hyper-x\"]\n",
    "[servers]\nserver-add = [\"g g g\"]\n",
    "[servers]\nserver-add = [\"\"]\n",
    "[servers]\nserver-add = [\"ctrl-i\"]\n",
    "[servers]\nserver-add = [\"shift-g\"]\n",
    "[servers]\nserver-add = [\"g\", \"g g\"]\n",
    "[servers]\nserver-add = [\n  \"x\",\n  \"nokey\",\n]\n",
    "[servers]\nserver-edit = [\"x\"]\nserver-add = [\"n\", \"x\"]\n",
    "[servers]\nserver-edit = [\"g e\"]\nserver-add = [\"g\"]\n",
    "[everywhere]\nquit = []\npalette = []\nback-or-quit = []\n",
    "[servers]\nserver-add = [\"\u{1b}[2Jx\"]\n",
    "[servers]\nserver-add = [\"x\"]\nserver-add = [\"y\"]\n",
];

#[test]
fn every_fault_says_where_it_is_and_what_to_do() {
    let mut said = String::new();
    for text in WRONG {
        let map = Keymap::from_text(text, "keymap.toml");
        assert!(!map.faults().is_empty(), "{text}");
        for line in text.lines() {
            said.push_str(&format!("    {}\n", line.escape_debug()));
        }
        for fault in map.faults() {
            let remedy = fault.remedy.as_deref().unwrap_or_default();
            said.push_str(&format!("{}\n  {remedy}\n", fault.message));
        }
        said.push('\n');
        let defaults = Keymap::default();
        if map.bindings().iter().all(|binding| !binding.changed) {
            for (ours, theirs) in map.bindings().iter().zip(defaults.bindings()) {
                assert_eq!(ours.keys, theirs.keys, "the defaults are in force: {text}");
            }
        }
    }
    assert_snapshot!(said);
}

fn heard(map: &Keymap, place: &str, typed: &str) -> &'static str {
    match map.find(place, typed, |_| true) {
        Heard::Command(command) => command.name,
        Heard::Begins => "…",
        Heard::Nothing => "",
    }
}

#[test]
fn a_file_is_laid_over_the_defaults() {
    let map = Keymap::from_text(
        "[everywhere]\nfirst = [\"g g\", \"home\"]\nhelp = []\n[servers]\nserver-add = [\"e\"]\n",
        "keymap.toml",
    );
    assert_eq!(map.faults().len(), 0);
    assert_eq!(heard(&map, "servers", "e"), "server-add");
    assert_eq!(heard(&map, "servers", "a"), "", "a default that was replaced");
    assert_eq!(heard(&map, "firewall", "e"), "rule-edit", "another place is not touched");
    assert_eq!(heard(&map, "servers", "g"), "…");
    assert_eq!(heard(&map, "servers", "g g"), "first");
    assert_eq!(heard(&map, "servers", "g x"), "");
    assert_eq!(heard(&map, "servers", "?"), "");
    assert_eq!(map.key("server-edit"), ":server-edit");
    let edit = map.bindings().iter().find(|b| b.command.name == "server-edit").unwrap();
    assert_eq!(edit.lost, [("e".to_owned(), "server-add")], "and whose it is now is said");
    let next: Vec<_> = map.next("servers", "g").into_iter().map(|(key, c)| (key, c.name)).collect();
    assert_eq!(next, [("g", "first")]);
}

#[test]
fn a_faulty_entry_leaves_the_good_ones_alone() {
    let text = "[servers]\nserver-edit = [\"x\"]\nserver-add = [\"x\"]\nserver-log = [\"L\"]\n";
    let map = Keymap::from_text(text, "keymap.toml");
    assert_eq!(map.faults().len(), 1);
    assert_eq!(heard(&map, "servers", "x"), "server-edit");
    assert_eq!(heard(&map, "servers", "a"), "server-add");
    assert_eq!(heard(&map, "servers", "L"), "server-log");
}

#[test]
fn every_key_that_a_text_names_is_a_commands() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tui");
    let map = Keymap::default();
    let mut folders = vec![root];
    let mut named = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            for call in [".key(\"", ".keys(\""] {
                // Tests type key scripts by a method of the same name.
                for rest in
                    text.split(call).skip(1).filter(|_| !path.to_string_lossy().contains("/tests"))
                {
                    let name = rest.split('"').next().unwrap();
                    assert!(map.bindings().iter().any(|b| b.command.name == name), "{name}");
                    named += 1;
                }
            }
        }
    }
    assert!(named > 5, "the texts that name keys were not found");
}
