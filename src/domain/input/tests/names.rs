use super::*;

/// The quoting torture of the inputs' list: taken byte for byte, or refused.
const TORTURE: &[&str] = &[
    "'", "\"", "\\", "$", "`", "$(id)", "${IFS}", ";", "|", "&", "<", ">", "*", "?", "[", "]", "{",
    "}", "!", "#", "~", "%", "^", "=", "--", "-x", "\n", "\\n", "é", "漢", "😀",
];

#[test]
fn names() {
    let long = "x".repeat(65);
    let fits = "x".repeat(64);
    let bytes = "a".repeat(300);
    let wide = "支".repeat(33);
    let huge = "x".repeat(10_000);
    let zalgo = format!("a{}", "\u{301}".repeat(9));
    let tamed = format!("fix a{}", "\u{301}".repeat(4));
    table(
        |text| name(text, &[]),
        |v| v,
        &[
            ("web-1", "ok web-1"),
            ("Büro Köln", "ok Büro Köln"),
            ("支店", "ok 支店"),
            ("office (2nd floor)", "ok office (2nd floor)"),
            ("😀", "ok 😀"),
            ("❤\u{fe0f}", "ok ❤\u{fe0f}"),
            (" web ", "fix web"),
            ("", "no"),
            ("   ", "no"),
            ("\u{3000}", "no"),
            ("\u{a0}", "no"),
            ("a\nb", "no"),
            ("a\rb", "no"),
            ("a\tb", "no"),
            ("a\0b", "no"),
            ("a\u{1b}b", "no"),
            ("a\u{202e}b", "no"),
            ("a\u{200b}b", "no"),
            (&bytes, "no"),
            (&long, "no"),
            (&wide, "no"),
            (&huge, "no"),
            (&fits, &format!("ok {fits}")),
            (&zalgo, &tamed),
            ("שרת", "no"),
            ("خادم", "no"),
            ("s-0123456789ab", "no"),
            ("r-0123456789ab", "no"),
            ("o-0123456789AB", "no"),
            ("S-0123456789ab", "no"),
            ("s-0123456789", "ok s-0123456789"),
            ("--json", "no"),
            ("-x", "no"),
        ],
    );
}

#[test]
fn names_of_one_kind_differ_for_people() {
    let existing = ["web-1", "Büro", "STRASSE", "a b", "Οδος"];
    let check = |text: &str| name(text, &existing);
    table(
        check,
        |v| v,
        &[
            ("web-2", "ok web-2"),
            ("web-1", "no"),
            ("WEB-1", "no"),
            (" web-1", "no"),
            ("Bu\u{308}ro", "no"),
            ("BÜRO", "no"),
            ("straße", "no"),
            ("a\u{a0}b", "no"),
            ("ΟΔΟΣ", "no"),
            ("Buro", "ok Buro"),
        ],
    );
    assert!(same_name("❤", "❤\u{fe0f}"));
}

#[test]
fn tortured_names_are_kept_byte_for_byte_or_refused() {
    for text in TORTURE {
        match name(text, &[]) {
            Verdict::Ok(value) => assert_eq!(value, *text),
            Verdict::No(_) => {}
            other => panic!("{text:?} became {other:?}"),
        }
    }
    // with a letter before it, each of them but the line break is a name
    for text in TORTURE.iter().filter(|t| **t != "\n") {
        let text = format!("a{text}");
        assert_eq!(name(&text, &[]), Verdict::Ok(text));
    }
}

#[test]
fn login_users() {
    let fits = "a".repeat(32);
    let long = "a".repeat(33);
    table(
        login_user,
        |v| v,
        &[
            ("app", "ok app"),
            ("root", "ok root"),
            ("my_app-2", "ok my_app-2"),
            ("_svc", "ok _svc"),
            (&fits, &format!("ok {fits}")),
            ("", "fix root"),
            ("App", "fix app"),
            ("1000", "no"),
            ("0", "no"),
            ("12a", "no"),
            ("-rf", "no"),
            ("a b", "no"),
            ("a:b", "no"),
            ("a/b", "no"),
            ("a.b", "no"),
            ("a$", "no"),
            ("a\nb", "no"),
            ("..", "no"),
            (&long, "no"),
            ("ünï", "no"),
            ("$(id)", "no"),
        ],
    );
}
