//! Every row of the inputs' tables for the fields there are.

mod database;
mod domains;
mod hosts;
mod names;
mod network;

use super::*;

/// A verdict as a table says it: `ok`, `fix`, `warn` or `no`, then the value.
fn told<T>(verdict: Verdict<T>, show: impl Fn(T) -> String) -> String {
    let sentence = |why: &str| {
        assert!(why.ends_with('.'), "no sentence: {why}");
        assert!(!why.chars().any(char::is_control), "control characters: {why:?}");
    };
    match verdict {
        Verdict::Ok(value) => format!("ok {}", show(value)),
        Verdict::Fix(value, why) => {
            sentence(&why);
            format!("fix {}", show(value))
        }
        Verdict::Warn(value, why) => {
            sentence(&why);
            format!("warn {}", show(value))
        }
        Verdict::No(why) => {
            sentence(&why);
            "no".into()
        }
    }
}

/// Checks rows of (input, what is said), all of them before it fails.
fn table<T>(check: impl Fn(&str) -> Verdict<T>, show: impl Fn(T) -> String, rows: &[(&str, &str)]) {
    let mut wrong = String::new();
    for (input, wanted) in rows {
        let got = told(check(input), &show);
        if got != *wanted {
            wrong.push_str(&format!("{input:?}: wanted {wanted:?}, got {got:?}\n"));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// Inputs that every field refuses.
const NOWHERE: &[&str] = &[
    "a\0b",
    "a\nb",
    "a\n",
    "\ra",
    "a\tb",
    "a\u{1b}[31mb",
    "a\u{7f}b",
    "a\u{9b}b",
    "a\u{202a}b",
    "a\u{202e}b",
    "a\u{2066}b",
    "a\u{2069}b",
    "a\u{200b}b",
    "\u{feff}a",
    "a\u{200d}b",
    "a\u{2028}b",
    "a\u{e0041}b",
];

#[test]
fn no_field_takes_what_cannot_be_seen() {
    for input in NOWHERE {
        assert_eq!(told(name(input, &[]), |v| v), "no", "{input:?} as a name");
        assert_eq!(told(address(input), |v| v.host), "no", "{input:?} as an address");
        assert_eq!(told(port(input), |v| v.to_string()), "no", "{input:?} as a port");
        assert_eq!(told(ports(input), |v| v.to_string()), "no", "{input:?} as ports");
        assert_eq!(told(cidr(input), net_text), "no", "{input:?} as a network");
        assert_eq!(told(login_user(input), |v| v), "no", "{input:?} as a user");
        assert_eq!(told(fingerprint(input), |v| v), "no", "{input:?} as a fingerprint");
        assert_eq!(told(domain(input), |v| v), "no", "{input:?} as a domain");
    }
}

#[test]
fn outer_spaces_are_taken_off_and_told() {
    assert_eq!(told(address(" web-1 "), |v| v.host), "fix web-1");
    assert_eq!(told(port(" 22 "), |v| v.to_string()), "fix 22");
    assert_eq!(told(ports(" 22"), |v| v.to_string()), "fix 22");
    assert_eq!(told(cidr("10.0.0.0/8 "), net_text), "fix 10.0.0.0/8");
    assert_eq!(told(login_user(" root"), |v| v), "fix root");
}

#[test]
fn what_is_shown_can_be_seen_and_is_short() {
    assert_eq!(shown("a\u{202e}b"), "“a\\u{202e}b”");
    assert_eq!(shown("e\u{301}"), "“e\\u{301}”");
    assert_eq!(shown(&"x".repeat(100)).chars().count(), 43);
}

#[test]
fn doubts_add_up() {
    let fix = || Verdict::Fix(1, "One.".to_owned());
    assert_eq!(fix().and_then(Verdict::Ok), fix());
    assert_eq!(
        fix().and_then(|n| Verdict::Warn(n, "Two.".into())),
        Verdict::Warn(1, "One. Two.".into())
    );
    assert_eq!(
        Verdict::Warn(1, "One.".to_owned()).and_then(|n| Verdict::Fix(n, "Two.".into())),
        Verdict::Warn(1, "One. Two.".into())
    );
    assert_eq!(fix().and_then(|_| Verdict::<u8>::No("Two.".into())), Verdict::No("Two.".into()));
}

proptest::proptest! {
    #[test]
    fn no_input_breaks_a_check(text in "\\PC{0,80}|[-a-z0-9.:/@%\\[\\] ]{0,40}") {
        let _ = (name(&text, &["web"]), address(&text), port(&text), ports(&text), cidr(&text));
        let _ = (login_user(&text), fingerprint(&text), domains(&text));
    }

    #[test]
    fn what_was_taken_is_taken_again_as_it_is(text in "[-a-zA-Z0-9.:/@%\\[\\]]{1,24}") {
        if let Some(taken) = address(&text).value() {
            let again = address(&taken.host).value();
            proptest::prop_assert_eq!(again, Some(Address { port: None, user: None, ..taken }));
        }
        if let Some(taken) = cidr(&text).value() {
            proptest::prop_assert_eq!(cidr(&net_text(taken)).value(), Some(taken));
        }
        if let Some(taken) = login_user(&text).value() {
            proptest::prop_assert_eq!(login_user(&taken), Verdict::Ok(taken));
        }
        if let Some(taken) = domain(&text).value() {
            proptest::prop_assert_eq!(domain(&taken).value(), Some(taken));
        }
        if let Some(taken) = name(&text, &[]).value() {
            proptest::prop_assert_eq!(taken, text);
        }
    }
}
