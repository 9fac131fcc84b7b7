//! Rules of the repository, kept by tests: who may import whom, which room names which library,
//! how long a file may be.

use std::fs;
use std::path::{Path, PathBuf};

/// Each room and the rooms it may name.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("clock", &["domain"]),
    ("packages", &["domain"]),
    ("store", &["domain", "clock"]),
    ("vault", &["domain"]),
    ("ssh", &["domain"]),
    ("operations", &["packages", "store", "vault", "ssh", "domain", "clock"]),
    ("fleet", &["operations", "packages", "store", "vault", "ssh", "domain", "clock"]),
    ("cli", &["fleet", "domain", "clock"]),
    ("tui", &["fleet", "domain", "clock"]),
];

/// Libraries that only one room may name.
const OWNED: &[(&str, &str)] = &[
    ("redb", "store"),
    ("russh", "ssh"),
    ("ratatui", "tui"),
    ("crossterm", "tui"),
    ("tui_textarea", "tui"),
    ("alacritty_terminal", "tui"),
    ("nucleo_matcher", "tui"),
    ("clap", "cli"),
    ("argon2", "vault"),
    ("chacha20poly1305", "vault"),
];

fn sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    assert!(found.len() > 20, "the sources were not found");
    found.sort();
    found
}

/// The room a source file belongs to: the first part of its path under `src`.
fn room(path: &Path) -> String {
    let inside = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

/// Every identifier that follows `prefix` in the code of a text; comment lines do not count. A
/// list in braces counts each of its members.
fn names_after(text: &str, prefix: &str) -> Vec<String> {
    let code: String = text
        .lines()
        .filter(|l| !l.trim_start().starts_with("//"))
        .flat_map(|l| [l, "\n"])
        .collect();
    let word = |s: &str| -> String {
        s.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let mut names = Vec::new();
    for (at, _) in code.match_indices(prefix) {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let rest = &code[at + prefix.len()..];
        let Some(list) = rest.strip_prefix('{') else {
            names.push(word(rest));
            continue;
        };
        let mut depth = 0;
        let mut start = 0;
        for (i, c) in list.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => {
                    names.push(word(&list[start..i]));
                    break;
                }
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    names.push(word(&list[start..i]));
                    start = i + 1;
                }
                _ => {}
            }
        }
    }
    names.retain(|n| !n.is_empty());
    names
}

#[test]
fn rooms_import_downwards_only() {
    let rooms: Vec<&str> = MAY_IMPORT.iter().map(|(r, _)| *r).collect();
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let room = room(&path);
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(r, _)| *r == room) else { continue };
        for name in names_after(&text, "crate::") {
            if rooms.contains(&name.as_str()) && name != room && !allowed.contains(&name.as_str()) {
                wrong.push(format!("{}: crate::{name}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "imports against the order of the rooms:\n{}", wrong.join("\n"));
}

#[test]
fn each_library_has_one_room() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let room = room(&path);
        for (library, owner) in OWNED {
            let names = text.lines().filter(|l| !l.trim_start().starts_with("//")).any(|l| {
                l.contains(&format!("{library}::")) || l.contains(&format!("use {library}"))
            });
            if names && room != *owner {
                wrong.push(format!("{}: {library} belongs to {owner}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "libraries outside their room:\n{}", wrong.join("\n"));
}

#[test]
fn the_runner_names_no_single_package() {
    for (path, text) in sources() {
        if room(&path) == "operations" {
            assert!(
                !text.contains("packages::server::") && !text.contains("packages::site::"),
                "{} names a package",
                path.display()
            );
        }
    }
}

#[test]
fn files_stay_short() {
    let mut lengths: Vec<(usize, PathBuf)> =
        sources().into_iter().map(|(path, text)| (text.lines().count(), path)).collect();
    lengths.sort();
    let long: Vec<_> = lengths.iter().filter(|(n, _)| *n > 600).collect();
    assert!(long.is_empty(), "over 600 lines: {long:?}");
    let at = |share: f64| lengths[((lengths.len() - 1) as f64 * share) as usize].0;
    assert!(at(0.5) <= 150, "the median file has {} lines; 150 is the limit", at(0.5));
    assert!(at(0.9) <= 350, "nine in ten files must have at most 350 lines; now {}", at(0.9));
}

#[test]
fn every_module_says_what_it_is_for() {
    for (path, text) in sources() {
        let tests = path.ends_with("tests.rs") || path.iter().any(|part| part == "tests");
        assert!(tests || text.starts_with("//!"), "{} has no header", path.display());
        assert!(path.file_name().unwrap() != "mod.rs", "{}: foo.rs beside foo/", path.display());
    }
}

#[test]
fn the_import_reader_sees_lists_and_paths() {
    let text = "use crate::{domain::X, store::{A, B}, vault};\nuse crate::ssh::Y;\n// crate::tui\n";
    assert_eq!(names_after(text, "crate::"), ["domain", "store", "vault", "ssh"]);
}
