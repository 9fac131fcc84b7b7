mod golden;

use serde_json::{Value, json};

use super::{Site, layout::short};
use crate::domain::{Action, Facts, Resource, Status, rule::RuleFields};
use crate::packages::{
    Package,
    tests::{facts, planned, resource},
};

const NGINX: &str = "version 1.22.1\nactive\nconnections 1024\nours\nvhost brokeforge-default \
                     whole default\ndefault /etc/nginx/sites-enabled/brokeforge-default.conf\n";
const PHP: &str = "lists\npackage php8.2-fpm 8.2.36-1\npackage php8.3-fpm 8.3.1-1\nours 8.2\n";

fn site(n: u8, domain: &str, more: Value) -> Resource {
    let mut fields = json!({
        "domain": domain,
        "kind": "static",
        "php": "",
        "alias": [],
        "default": false,
        "isolated": true,
    });
    fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    resource(n, "site", fields)
}

fn php(n: u8, version: &str, site_default: bool) -> Resource {
    resource(n, "php", json!({ "version": version, "site_default": site_default }))
}

fn probed(nginx: &str, sites: &str) -> Facts {
    facts(&[("nginx", nginx), ("php", PHP), ("site", sites)])
}

fn plan(
    action: Action,
    site: &Resource,
    siblings: &[Resource],
    facts: &Facts,
    answers: &[(&str, &str)],
) -> String {
    planned(&Site, action, Some(site), siblings, facts, answers)
}

#[test]
fn a_static_site() {
    let record = site(1, "example.com", json!({ "alias": ["www.example.com"] }));
    let fresh = probed(NGINX, "");
    insta::assert_snapshot!("static", plan(Action::Install, &record, &[], &fresh, &[]));
    // what is there says nothing about what `/` holds
    let there = probed(NGINX, "folder example.com\nlogs example.com\n");
    let again = plan(Action::Update, &record, &[], &there, &[]);
    assert!(!again.contains("first page\n  here: ask") && again.contains("ask for it over"));
}

#[test]
fn a_site_with_php_has_a_user_and_a_pool_of_its_own() {
    let record = site(1, "example.com", json!({ "kind": "php" }));
    let siblings = [php(2, "8.2", true), php(3, "8.3", false)];
    let fresh = probed(NGINX, "");
    insta::assert_snapshot!("php", plan(Action::Install, &record, &siblings, &fresh, &[]));
    let shared = site(1, "example.com", json!({ "kind": "php", "isolated": false }));
    let said = plan(Action::Install, &shared, &siblings, &fresh, &[]);
    assert!(said.contains("user = www-data\n"), "{said}");
    assert!(said.contains("make the group bf-example-com-"), "{said}");
}

#[test]
fn which_php_runs_it() {
    let unnamed = site(1, "example.com", json!({ "kind": "php" }));
    let named = site(1, "example.com", json!({ "kind": "php", "php": "8.2" }));
    let fresh = probed(NGINX, "");
    let with = |record: &Resource, siblings: &[Resource], facts: &Facts| {
        plan(Action::Install, record, siblings, facts, &[])
    };
    let pool = |version: &str| format!("/etc/php/{version}/fpm/pool.d/brokeforge-example.com.conf");
    let both = [php(2, "8.2", false), php(3, "8.3", false)];
    assert!(with(&unnamed, &both, &fresh).contains(&pool("8.3")), "the newest");
    let has = probed(NGINX, "pool example.com 8.2\n");
    assert!(with(&unnamed, &both, &has).contains(&pool("8.2")), "the one that it has");
    assert!(with(&named, &both, &fresh).contains(&pool("8.2")), "the one that is named");
    let none = with(&unnamed, &[], &fresh);
    assert!(none.contains("brokeforge php add web-1 8.2"), "{none}");
    let missing = with(&named, &[php(3, "8.3", false)], &fresh);
    assert!(missing.contains("PHP 8.2 is not on this server"), "{missing}");
    // another version: the new pool first, the old one goes when nobody asks for it any more
    let moved = site(1, "example.com", json!({ "kind": "php", "php": "8.3" }));
    let said = with(&moved, &both, &has);
    let (new, old) =
        (said.find("write the pool in PHP 8.3"), said.find("take the pool out of PHP 8.2"));
    assert!(new.unwrap() < said.find("write the vhost").unwrap());
    assert!(said.find("write the vhost").unwrap() < old.unwrap(), "{said}");
}

#[test]
fn the_default_moves_in_one_step() {
    let was = site(1, "a.example.com", json!({ "default": true }));
    let will = site(2, "b.example.com", json!({ "default": true }));
    let nginx = "version 1.22.1\nactive\nours\nvhost a.example.com whole default\nvhost \
                 b.example.com whole\ndefault /etc/nginx/sites-enabled/a.example.com.conf\n";
    let there = probed(nginx, "folder a.example.com\nfolder b.example.com\n");
    let both = [was.clone(), will.clone()];
    insta::assert_snapshot!("default", plan(Action::Update, &will, &both, &there, &[]));
    // one that failed keeps what was asked of it
    let failed = Resource { status: Status::Failed, ..was.clone() };
    let said = plan(Action::Update, &will, &[failed, will.clone()], &there, &[]);
    assert!(!said.contains("the default no more"), "{said}");
    // given up, the built-in page answers
    let no_more = site(1, "a.example.com", json!({}));
    let said = plan(Action::Update, &no_more, &both, &there, &[]);
    assert!(
        said.contains("put file-1 /etc/nginx/sites-available/brokeforge-default.conf"),
        "{said}"
    );
    let foreign = format!(
        "{NGINX}foreign /etc/nginx/sites-enabled/shop\ndefault /etc/nginx/sites-enabled/shop\n"
    );
    let said = plan(Action::Update, &will, &both, &probed(&foreign, ""), &[]);
    assert!(said.contains("sites-enabled/shop, which is not brokeforge's"), "{said}");
}

#[test]
fn names_that_are_taken() {
    let record = site(1, "b.example.com", json!({ "alias": ["a.example.com"] }));
    let fresh = probed(NGINX, "");
    let other = site(2, "a.example.com", json!({}));
    let said = plan(Action::Install, &record, &[other], &fresh, &[]);
    assert!(said.contains("The site “a.example.com” answers to a.example.com already"), "{said}");
    let mismatch = |other: Value| {
        let others = [site(2, "a.example.com", other)];
        Site.mismatch(&record.fields, &others).map(|(field, _)| field)
    };
    assert_eq!(mismatch(json!({})), Some("alias"));
    assert_eq!(mismatch(json!({ "alias": ["b.example.com"] })), Some("domain"));
    let with = |more: Value| Site.mismatch(&site(1, "b.example.com", more).fields, &[]);
    assert_eq!(with(json!({})), None);
    assert_eq!(with(json!({ "php": "8.2" })).unwrap().0, "php");
    assert_eq!(with(json!({ "kind": "php", "php": "8.2" })), None);
    assert_eq!(with(json!({ "alias": ["b.example.com"] })).unwrap().0, "alias");
    let theirs = format!("{NGINX}name a.example.com /etc/nginx/sites-enabled/shop\n");
    let said = plan(Action::Install, &record, &[], &probed(&theirs, ""), &[]);
    assert!(said.contains("by /etc/nginx/sites-enabled/shop"), "{said}");
    let file = format!("{NGINX}foreign /etc/nginx/sites-available/b.example.com.conf\n");
    let said = plan(Action::Install, &record, &[], &probed(&file, ""), &[]);
    assert!(said.contains("which brokeforge did not write"), "{said}");
}

#[test]
fn what_was_edited_by_hand_is_asked_about() {
    let record = site(1, "example.com", json!({}));
    let edited = probed(&format!("{NGINX}vhost example.com edited\n"), "");
    insta::assert_snapshot!("edited", plan(Action::Update, &record, &[], &edited, &[]));
    let replaced = plan(Action::Update, &record, &[], &edited, &[("vhost-edited", "replace")]);
    assert!(replaced.contains("keep what was edited by hand"), "{replaced}");
    let stopped = plan(Action::Update, &record, &[], &edited, &[("vhost-edited", "stop")]);
    assert!(stopped.starts_with("refused: "), "{stopped}");
}

#[test]
fn removing_shows_all_that_belongs_to_it() {
    let record = site(1, "example.com", json!({ "kind": "php", "default": true }));
    let nginx = NGINX.replace("brokeforge-default", "example.com");
    let there = probed(
        &nginx,
        "folder example.com\nlogs example.com\ncustom example.com\npool example.com 8.2\n",
    );
    let own = [record.clone()];
    insta::assert_snapshot!("remove_asks", plan(Action::Remove, &record, &own, &there, &[]));
    let keep = [("files", "keep"), ("logs", "keep")];
    insta::assert_snapshot!("remove_keep", plan(Action::Remove, &record, &own, &there, &keep));
    let delete = [("files", "delete"), ("logs", "delete")];
    insta::assert_snapshot!("remove_delete", plan(Action::Remove, &record, &own, &there, &delete));
    let stop = [("files", "stop"), ("logs", "delete")];
    let said = plan(Action::Remove, &record, &own, &there, &stop);
    assert!(said.starts_with("refused: "), "{said}");
    // one that was never whole goes as well, and nothing is asked
    let bare = plan(Action::Remove, &record, &own, &probed("", ""), &[]);
    assert!(bare.starts_with("vhost: ") && !bare.contains("brokeforge-default.conf"), "{bare}");
}

#[test]
fn a_firewall_that_keeps_port_80_is_told() {
    let record = site(1, "example.com", json!({}));
    let mut facts = probed(NGINX, "");
    facts.firewall = "ufw active".into();
    let closed = plan(Action::Install, &record, &[], &facts, &[]);
    assert!(closed.contains("note: No rule of brokeforge opens port 80"), "{closed}");
    let fields = RuleFields {
        spec: crate::domain::rule::RuleSpec {
            action: crate::domain::rule::RuleAction::Allow,
            ports: crate::domain::rule::Ports { first: 80, last: 80 },
            protocol: crate::domain::rule::Protocol::Tcp,
            from: None,
            to: None,
            name: None,
        },
        rank: 1,
        owner: "user".into(),
    };
    let rule = resource(2, "firewall-rule", serde_json::to_value(&fields).unwrap());
    let open = plan(Action::Install, &record, &[rule], &facts, &[]);
    assert!(!open.contains("note:"), "{open}");
}

#[test]
fn names_on_the_host_are_short_and_differ() {
    let long = format!("{}.example.com", "a".repeat(180));
    let names: Vec<String> =
        ["a.b.com", "a-b.com", "example.com", &long, "xn--mnchen-3ya.de"].map(short).into();
    for name in &names {
        let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        assert!(name.len() <= 30 && name.bytes().all(good), "{name}");
    }
    let mut unique = names.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), names.len(), "{names:?}");
}

#[test]
fn what_people_read_about_it() {
    let record = site(1, "xn--mnchen-3ya.de", json!({ "kind": "php" }));
    let details = Site.details(&record, &Facts::default());
    assert!(details.contains(&("reads", "münchen.de".to_owned())), "{details:?}");
    assert!(details.iter().any(|(what, who)| *what == "runs as" && who.starts_with("bf-xn--")));
}
