use super::*;

#[test]
fn schemas() {
    let fits = "s".repeat(63);
    let long = "s".repeat(64);
    table(
        schema_name,
        |v| v,
        &[
            ("shop", "ok shop"),
            ("shop_1", "ok shop_1"),
            ("_shop", "ok _shop"),
            ("Shop", "fix shop"),
            (" shop ", "fix shop"),
            (&fits, &format!("ok {fits}")),
            (&long, "no"),
            ("", "no"),
            ("shop-1", "no"),
            ("1shop", "no"),
            ("naïve", "no"),
            ("a b", "no"),
            ("a;b", "no"),
            ("a`b", "no"),
            ("a\"b", "no"),
            ("a'b", "no"),
            ("a%b", "no"),
            ("../a", "no"),
            ("-a", "no"),
            ("mysql", "no"),
            ("MySQL", "no"),
            ("information_schema", "no"),
            ("sys", "no"),
            ("postgres", "no"),
            ("template1", "no"),
            ("pg_x", "no"),
            ("public", "no"),
        ],
    );
}

#[test]
fn database_users() {
    let fits = "u".repeat(32);
    let long = "u".repeat(33);
    table(
        database_user,
        |v| v,
        &[
            ("app", "ok app"),
            ("App", "fix app"),
            (&fits, &format!("ok {fits}")),
            (&long, "no"),
            ("root", "no"),
            ("postgres", "no"),
            ("pg_monitor", "no"),
            ("app@localhost", "no"),
            ("", "no"),
        ],
    );
}

#[test]
fn passwords_are_taken_byte_for_byte_or_refused() {
    for text in ["'\"\\#$%^&*() é 漢 😀", "-begins with a dash", " spaces at the ends "] {
        assert_eq!(database_password(text), Verdict::Ok(text.to_owned()));
    }
    table(
        database_password,
        |v| v,
        &[
            ("", "no"),
            ("short", "warn short"),
            ("twelve chars", "ok twelve chars"),
            ("a\0bcdefghijklm", "no"),
            ("a\nbcdefghijklm", "no"),
            ("a\tbcdefghijklm", "no"),
            (&"x".repeat(201), "no"),
        ],
    );
}

#[test]
fn hosts_of_database_users() {
    table(
        database_host,
        |v| v,
        &[
            ("localhost", "ok localhost"),
            ("", "fix localhost"),
            ("%", "warn %"),
            ("10.0.0.%", "ok 10.0.0.%"),
            ("10.0.0.0/255.255.255.0", "ok 10.0.0.0/255.255.255.0"),
            ("2001:db8::7", "ok 2001:db8::7"),
            ("WEB-1", "fix web-1"),
            ("a b", "no"),
            ("a'b", "no"),
            ("a@b", "no"),
            ("-x", "no"),
            ("a\\b", "no"),
        ],
    );
}

#[test]
fn numbers_and_words() {
    table(
        |text| whole_number(text, 5, 100, "MiB"),
        |v| v.to_string(),
        &[
            ("5", "ok 5"),
            ("100", "ok 100"),
            ("101", "no"),
            ("4", "no"),
            ("05", "no"),
            ("+5", "no"),
            ("5.0", "no"),
            ("1e2", "no"),
            ("", "no"),
            ("99999999999", "no"),
        ],
    );
    table(
        database_word,
        |v| v,
        &[
            ("utf8mb4", "ok utf8mb4"),
            ("utf8mb4_unicode_ci", "ok utf8mb4_unicode_ci"),
            ("C.UTF-8", "ok C.UTF-8"),
            ("de_DE.utf8@euro", "ok de_DE.utf8@euro"),
            ("", "ok "),
            ("a b", "no"),
            ("a'", "no"),
            ("-a", "no"),
        ],
    );
}
