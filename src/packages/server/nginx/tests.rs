use serde_json::json;

use super::{Nginx, changes::signed, state::State};
use crate::domain::{Action, Facts, Listener, Resource};
use crate::packages::{
    Package,
    tests::{facts, planned, resource},
};

const FRESH: &str = "";
const OURS: &str = "version 1.22.1\nactive\nconnections 1024\nours\nvhost brokeforge-default whole \
                    default\ndefault /etc/nginx/sites-enabled/brokeforge-default.conf\n";
const THEIRS: &str = "version 1.22.1\nactive\nconnections 768\nbucket\nforeign \
                      /etc/nginx/sites-available/shop\nforeign /etc/nginx/sites-enabled/shop\n\
                      default /etc/nginx/sites-enabled/shop\nname Shop.example.com \
                      /etc/nginx/sites-enabled/shop\n";

fn record() -> Resource {
    resource(1, "nginx", json!({ "worker_connections": 1024 }))
}

fn probed(text: &str) -> Facts {
    facts(&[("nginx", text)])
}

fn listening(text: &str, port: u16, process: Option<&str>) -> Facts {
    let listener = Listener {
        protocol: "tcp".into(),
        address: "0.0.0.0".into(),
        port,
        process: process.map(str::to_owned),
    };
    Facts { listeners: vec![listener], ..probed(text) }
}

fn plan(action: Action, facts: &Facts, answers: &[(&str, &str)]) -> String {
    planned(&Nginx, action, Some(&record()), &[], facts, answers)
}

#[test]
fn installing() {
    insta::assert_snapshot!("install", plan(Action::Install, &probed(FRESH), &[]));
    // nothing is different the next time
    assert_eq!(
        plan(Action::Update, &listening(OURS, 80, Some("nginx")), &[]),
        plan(Action::Install, &probed(FRESH), &[])
    );
    let default = OURS.replace("brokeforge-default", "a.example.com");
    let said = plan(Action::Update, &probed(&default), &[]);
    assert!(!said.contains("brokeforge-default"), "a site is the default: {said}");
}

#[test]
fn what_others_have_there_is_asked_about_and_stays() {
    let theirs = listening(THEIRS, 80, Some("nginx"));
    insta::assert_snapshot!("found", plan(Action::Install, &theirs, &[]));
    let stopped = plan(Action::Install, &theirs, &[("nginx-found", "stop")]);
    assert!(stopped.starts_with("refused: "), "{stopped}");
    let adopted = plan(Action::Install, &theirs, &[("nginx-found", "adopt")]);
    assert!(!adopted.contains("brokeforge-default.conf"), "{adopted}");
    assert!(!adopted.contains("server_names_hash_bucket_size"), "{adopted}");
    assert!(adopted.contains("note: /etc/nginx/sites-enabled/shop goes on"), "{adopted}");
    let ours = format!("{THEIRS}ours\n");
    let again = plan(Action::Install, &probed(&ours), &[]);
    assert!(!again.starts_with("asked"), "asked once: {again}");
    let edited = format!("{OURS}foreign /etc/nginx/sites-enabled/default\n");
    let plan = plan(Action::Update, &probed(&edited), &[]);
    assert!(!plan.contains("unlink /etc/nginx/sites-enabled/default\n"), "{plan}");
}

#[test]
fn ports_in_use_are_named_before_anything_changes() {
    let apache = plan(Action::Install, &listening(FRESH, 80, Some("apache2")), &[]);
    insta::assert_snapshot!("port_80", apache);
    let unnamed = format!("{FRESH}port 80 lighttpd\n");
    let unnamed = plan(Action::Install, &listening(&unnamed, 80, None), &[]);
    assert!(unnamed.contains("in use by lighttpd"), "{unnamed}");
    let nameless = plan(Action::Install, &listening(FRESH, 80, None), &[]);
    assert!(nameless.contains("a process that the host does not name"), "{nameless}");
    let tls = listening(FRESH, 443, Some("caddy"));
    insta::assert_snapshot!("port_443", plan(Action::Install, &tls, &[]));
    let left = plan(Action::Install, &tls, &[("port-443", "leave")]);
    assert!(left.starts_with("packages: "), "{left}");
    let stopped = plan(Action::Install, &tls, &[("port-443", "stop")]);
    assert!(stopped.starts_with("refused: "), "{stopped}");
}

#[test]
fn a_broken_configuration_is_not_built_upon() {
    let broken = format!("{OURS}broken nginx: [emerg] unknown directive \"x\" in /etc/nginx/a:1\n");
    let said = plan(Action::Update, &probed(&broken), &[]);
    assert!(said.starts_with("refused: nginx's configuration"), "{said}");
    let ours = plan(Action::Update, &probed(&format!("{broken}unfinished\n")), &[]);
    assert!(ours.starts_with("packages: "), "our own unfinished change is put back: {ours}");
}

#[test]
fn removing() {
    insta::assert_snapshot!("remove", plan(Action::Remove, &probed(OURS), &[]));
    let theirs = probed(THEIRS);
    insta::assert_snapshot!("remove_found", plan(Action::Remove, &theirs, &[]));
    let leave = plan(Action::Remove, &theirs, &[("nginx-foreign", "leave")]);
    insta::assert_snapshot!("remove_leave", leave);
    let site = resource(2, "site", json!({ "domain": "a.example.com" }));
    let record = record();
    let refused = planned(&Nginx, Action::Remove, Some(&record), &[site], &probed(OURS), &[]);
    assert!(refused.contains("serves sites of this server: a.example.com"), "{refused}");
}

#[test]
fn what_the_host_says_is_bounded_and_clean() {
    let noise = "version \u{1b}[31m1.2\nvhost\nname x\nport x y\nport 80\nbroken\n\u{0}\nnonsense";
    let state = State::read(&probed(noise)).unwrap();
    assert_eq!(state.version.as_deref(), Some("[31m1.2"));
    assert!(State::read(&facts(&[])).is_err());
    assert!(Nginx.details(&record(), &probed(OURS)).iter().any(|(_, d)| d == "1.22.1, runs"));
}

#[test]
fn a_signed_text_says_what_it_was() {
    let text = signed("a\n", "");
    let lines: Vec<&str> = text.lines().collect();
    let digest = "87428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7";
    assert_eq!(lines, ["# Written by brokeforge.", &format!("# Content: sha256 {digest}"), "a"]);
}
