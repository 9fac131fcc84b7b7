use serde_json::{Value, json};

use super::{Php, changes::Pool, ini, repository, state::State, version};
use crate::domain::{Action, Facts, Resource, input::Verdict};
use crate::packages::{
    Package,
    tests::{facts, planned, resource},
};

const OFFERED: &str = "lists\ncandidate php8.2-fpm 8.2.36-1\ncandidate php8.2-cli 8.2.36-1\n\
                       candidate php8.2-common 8.2.36-1\ncandidate php8.2-mbstring 8.2.36-1\n\
                       candidate php8.2-opcache 8.2.36-1\n";
const THERE: &str = "lists\npackage php8.2-fpm 8.2.36-1\npackage php8.2-cli 8.2.36-1\n\
                     package php8.2-common 8.2.36-1\npackage php8.2-mbstring 8.2.36-1\n\
                     package php8.2-opcache 8.2.36-1\nours 8.2\ncli /usr/bin/php8.2\n";

fn record(n: u8, version: &str, more: Value) -> Resource {
    let mut fields = json!({
        "version": version,
        "extensions": ["mbstring", "opcache", "pdo"],
        "memory_limit": "256M",
        "upload_max": "100M",
        "max_execution": 300,
        "ini": "date.timezone = Europe/Berlin",
        "repository": "distribution",
        "mirror": "",
        "mirror_key": "",
        "cli_default": false,
        "site_default": false,
    });
    fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    resource(n, "php", fields)
}

fn probed(text: &str) -> Facts {
    Facts { os_name: "Debian GNU/Linux 12 (bookworm)".into(), ..facts(&[("php", text)]) }
}

fn plan(
    action: Action,
    record: &Resource,
    siblings: &[Resource],
    probe: &str,
    answers: &[(&str, &str)],
) -> String {
    planned(&Php, action, Some(record), siblings, &probed(probe), answers)
}

#[test]
fn installing() {
    let php = record(1, "8.2", json!({}));
    insta::assert_snapshot!("install", plan(Action::Install, &php, &[], OFFERED, &[]));
    assert_eq!(
        plan(Action::Update, &php, &[], THERE, &[]),
        plan(Action::Install, &php, &[], OFFERED, &[])
    );
    let names = Php.apt(&php.fields, &probed(OFFERED));
    assert_eq!(
        names,
        ["php8.2-fpm", "php8.2-cli", "php8.2-common", "php8.2-mbstring", "php8.2-opcache"]
    );
}

#[test]
fn what_cannot_be_had_is_said_before_anything_changes() {
    let php = record(1, "8.4", json!({}));
    insta::assert_snapshot!("version_missing", plan(Action::Install, &php, &[], OFFERED, &[]));
    let php = record(1, "8.2", json!({ "extensions": ["mbstring", "xdebug"] }));
    let said = plan(Action::Install, &php, &[], OFFERED, &[]);
    assert!(said.contains("do not offer php8.2-xdebug"), "{said}");
    // where nobody ever asked the sources, a step does first
    let asks = plan(Action::Install, &php, &[], "", &[]);
    assert!(asks.starts_with("available: "), "{asks}");
}

#[test]
fn opcache_is_a_part_of_php_since_8_5() {
    let php = record(1, "8.5", json!({ "extensions": ["opcache"] }));
    let offered = "lists\ncandidate php8.5-fpm 1\ncandidate php8.5-cli 1\ncandidate \
                   php8.5-common 1\n";
    assert_eq!(
        Php.apt(&php.fields, &probed(offered)),
        ["php8.5-fpm", "php8.5-cli", "php8.5-common"]
    );
}

#[test]
fn a_vendor_is_an_explicit_choice_with_a_known_key() {
    let sury = record(1, "8.4", json!({ "repository": "sury" }));
    insta::assert_snapshot!("sury", plan(Action::Install, &sury, &[], OFFERED, &[]));
    assert!(Php.apt(&sury.fields, &probed(OFFERED)).is_empty());
    let ondrej = record(1, "8.4", json!({ "repository": "ondrej" }));
    insta::assert_snapshot!("ondrej_on_debian", plan(Action::Install, &ondrej, &[], OFFERED, &[]));
    let own = record(
        1,
        "8.4",
        json!({ "repository": "sury", "mirror": "http://10.0.0.1:8080/php",
                "mirror_key": "0123456789ABCDEF0123456789ABCDEF01234567" }),
    );
    let said = plan(Action::Install, &own, &[], OFFERED, &[]);
    for part in [
        "http://10.0.0.1:8080/php\n",
        "http://10.0.0.1:8080/php/apt.gpg\n",
        "0123456789ABCDEF0123456789ABCDEF01234567\n",
    ] {
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn one_is_the_default() {
    let old = record(1, "8.2", json!({ "cli_default": true, "site_default": true }));
    let new = record(2, "8.3", json!({ "cli_default": true }));
    let both = [old.clone(), new.clone()];
    let there = format!("{THERE}package php8.3-fpm 8.3.1\npackage php8.3-cli 8.3.1\n").replace(
        "package php8.2-mbstring",
        "package php8.3-common 1\npackage php8.3-mbstring 1\npackage php8.3-opcache 1\npackage php8.2-mbstring",
    );
    insta::assert_snapshot!("cli_default", plan(Action::Update, &new, &both, &there, &[]));
    // a newer one that comes does not take what php is on the command line
    let plain = record(2, "8.3", json!({}));
    let said = plan(Action::Install, &plain, &both, &there, &[]);
    assert!(said.contains("let php be PHP 8.2 on the command line"), "{said}");
    let refused = plan(Action::Remove, &old, &both, &there, &[]);
    insta::assert_snapshot!("default_stays", refused);
}

#[test]
fn pools_of_others_are_asked_about() {
    let php = record(1, "8.2", json!({}));
    let theirs = OFFERED.to_owned() + "foreign 8.2 /etc/php/8.2/fpm/pool.d/shop.conf\n";
    insta::assert_snapshot!("found", plan(Action::Install, &php, &[], &theirs, &[]));
    let adopted = plan(Action::Install, &php, &[], &theirs, &[("php-found", "adopt")]);
    assert!(adopted.starts_with("available: "), "{adopted}");
    let stopped = plan(Action::Install, &php, &[], &theirs, &[("php-found", "stop")]);
    assert!(stopped.starts_with("refused: "), "{stopped}");
    insta::assert_snapshot!("remove_found", plan(Action::Remove, &php, &[], &theirs, &[]));
    let left = plan(Action::Remove, &php, &[], &theirs, &[("php-foreign", "leave")]);
    assert!(!left.contains("purge") && left.contains("note: PHP 8.2 stays"), "{left}");
}

#[test]
fn removing() {
    let php = record(1, "8.2", json!({ "site_default": true }));
    let there = format!("{THERE}repository\n");
    insta::assert_snapshot!(
        "remove",
        plan(Action::Remove, &php, std::slice::from_ref(&php), &there, &[])
    );
    let used = format!("{THERE}pool 8.2 brokeforge-a.example.com\n");
    let said = plan(Action::Remove, &php, &[], &used, &[]);
    assert!(said.contains("Sites run with PHP 8.2: a.example.com"), "{said}");
}

fn told(check: fn(&str) -> Verdict<Value>, text: &str) -> String {
    match check(text) {
        Verdict::Ok(value) => format!("ok {value}"),
        Verdict::Fix(value, _) => format!("fix {value}"),
        Verdict::Warn(value, _) => format!("warn {value}"),
        Verdict::No(why) => {
            assert!(why.ends_with('.'), "{why}");
            "no".to_owned()
        }
    }
}

#[test]
fn values() {
    type Check = fn(&str) -> Verdict<Value>;
    let rows: &[(Check, &str, &str)] = &[
        (version, "8.2", "ok \"8.2\""),
        (version, "php8.4", "fix \"8.4\""),
        (version, "8", "no"),
        (version, "8.2.1", "no"),
        (version, "8.2;id", "no"),
        (version, "", "no"),
        (version, "９.2", "no"),
        (ini::size, "256M", "ok \"256M\""),
        (ini::size, "1g", "fix \"1G\""),
        (ini::size, "0M", "no"),
        (ini::size, "-1", "no"),
        (ini::size, "256", "no"),
        (ini::size, "08M", "no"),
        (ini::size, "1MM", "no"),
        (ini::size, "99999999999G", "no"),
        (ini::seconds, "0", "ok 0"),
        (ini::seconds, "300", "ok 300"),
        (ini::seconds, "301", "no"),
        (ini::seconds, "+5", "no"),
        (ini::seconds, "05", "no"),
        (ini::extensions, "", "ok []"),
        (ini::extensions, "gd, xml,gd", "ok [\"gd\",\"xml\"]"),
        (ini::extensions, "GD", "no"),
        (ini::extensions, "-x", "no"),
        (ini::extensions, "fpm", "no"),
        (ini::extensions, "a;b", "no"),
        (ini::settings, "", "ok \"\""),
        (ini::settings, "a.b=1\n\n c = x y ", "ok \"a.b = 1\\nc = \\\"x y\\\"\""),
        (ini::settings, "error_log = /var/log/x", "ok \"error_log = /var/log/x\""),
        (ini::settings, "a", "no"),
        (ini::settings, "[www]", "no"),
        (ini::settings, "a = \"x", "no"),
        (ini::settings, "a = ${HOME}", "no"),
        (ini::settings, "a = x ; y", "no"),
        (ini::settings, "= x", "no"),
        (repository::mirror, "", "ok \"\""),
        (repository::mirror, "https://m.example.com/php/", "fix \"https://m.example.com/php\""),
        (repository::mirror, "http://10.0.0.1:80/a", "ok \"http://10.0.0.1:80/a\""),
        (repository::mirror, "ftp://x", "no"),
        (repository::mirror, "https://", "no"),
        (repository::mirror, "https://x y", "no"),
        (repository::mirror, "https://-x", "no"),
        (repository::mirror, "https://x\nTypes: deb", "no"),
        (repository::fingerprint, "", "ok \"\""),
        (
            repository::fingerprint,
            "0123 4567 89ab cdef 0123 4567 89ab cdef 0123 4567",
            "fix \"0123456789ABCDEF0123456789ABCDEF01234567\"",
        ),
        (repository::fingerprint, "B188E2B695BD4743", "no"),
    ];
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(check, text, wanted)| {
            let got = told(*check, text);
            (got != *wanted).then(|| format!("{text:?}: wanted {wanted}, got {got}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn ends_of_life_are_told() {
    let details = Php.details(&record(1, "8.2", json!({})), &probed(THERE));
    assert_eq!(
        details,
        [("end of life", "2026-12-31".to_owned()), ("on the host", "8.2.36-1".to_owned())]
    );
}

#[test]
fn a_socket_has_a_name_that_the_kernel_takes() {
    let long = format!("{}.example.com", "a".repeat(180));
    for domain in ["a.example.com", &long] {
        let pool = Pool { version: "8.2".into(), domain: domain.to_owned() };
        assert!(pool.socket().len() <= 107, "{}", pool.socket());
    }
    assert!(State::read(&facts(&[])).is_err());
}
