use std::io::Write;
use std::process::{Command, Stdio};

use proptest::prelude::*;

use super::*;

const TORTURE: &[&str] = &[
    "",
    "'",
    "\"",
    "\\",
    "$",
    "`",
    "$(touch marker)",
    "`touch marker`",
    "${IFS}",
    "; touch marker",
    "| touch marker",
    "& touch marker",
    "<a>",
    "*",
    "?",
    "[a]",
    "{a,b}",
    "!",
    "!!",
    "#",
    "# a",
    "~",
    "~root",
    "%",
    "%1",
    "^",
    "=",
    "a=b",
    "--",
    "-x",
    "-n",
    "\\n",
    "\n",
    "a\nb",
    "a\n",
    "\n\n",
    "\t",
    "\r\n",
    " ",
    "  a  b  ",
    "é",
    "Á\u{81}\u{88}",
    "漢",
    "😀",
    "'\\''",
    "\\'",
    "$'a'",
    "if",
    "\u{1b}[31m",
];

/// What a shell makes of a script on its stdin, in an empty folder; nothing may be left there.
fn shell(script: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new("/bin/sh")
        .arg("-s")
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{script}");
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert!(left.is_empty(), "a marker was made by {script}: {left:?}");
    output.stdout
}

fn arguments(argv: &[&str]) -> Vec<u8> {
    let command = words(&[&["printf", "%s\\0"], argv].concat()).unwrap();
    shell(&command)
}

#[test]
fn every_tortured_word_arrives_byte_for_byte() {
    let wanted: String = TORTURE.iter().map(|word| format!("{word}\0")).collect();
    assert_eq!(String::from_utf8(arguments(TORTURE)).unwrap(), wanted);
}

#[test]
fn a_command_is_never_an_assignment_or_a_keyword() {
    assert_eq!(words(&["a=b", "c"]).unwrap(), "'a=b' c");
    assert_eq!(words(&["if", "time"]).unwrap(), "'if' 'time'");
    assert_eq!(words(&["printf", "%s", "it's"]).unwrap(), r"printf '%s' 'it'\''s'");
}

#[test]
fn a_nul_is_refused() {
    assert_eq!(words(&["a", "b\0c"]), Err(NulByte));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_words_arrive(argv in proptest::collection::vec("[^\0]{0,40}", 1..20)) {
        let wanted: String = argv.iter().map(|word| format!("{word}\0")).collect();
        let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
        prop_assert_eq!(String::from_utf8(arguments(&argv)).unwrap(), wanted);
    }
}
