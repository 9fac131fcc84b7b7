use serde_json::json;

use super::{KIND, Provision};
use crate::domain::{Action, Resource, Status};
use crate::packages::{
    Answer, LocalStep, Package, Params, Step, Templates,
    tests::{facts, planned, resource, server},
};

fn wanted(items: serde_json::Value) -> Resource {
    resource(90, KIND, json!({ "profile": "mine", "items": items }))
}

fn http() -> serde_json::Value {
    json!({
        "kind": "firewall-rule",
        "fields": {
            "action": "allow", "ports": { "first": 80, "last": 80 }, "protocol": "tcp",
            "from": null, "to": null, "name": "HTTP",
        },
    })
}

/// The values that its children are given, by type.
fn given(resource: &Resource, siblings: &[Resource]) -> Vec<(String, serde_json::Value)> {
    let params = Params {
        operation: "o-000000000001".parse().unwrap(),
        action: Action::Install,
        server: &server(),
        credential: None,
        resource: Some(resource),
        siblings,
        choices: &Default::default(),
        templates: &Templates::default(),
    };
    let Answer::Plan(plan) = Provision.plan(&params, &facts(&[])).unwrap() else { panic!() };
    let child = |step: &Step| match step {
        Step::Local(LocalStep::Child { kind, fields, .. }) => {
            Some((kind.clone(), serde_json::Value::Object(fields.clone())))
        }
        _ => None,
    };
    plan.steps().filter_map(|(_, step)| child(step)).collect()
}

#[test]
fn what_all_need_from_the_distribution_comes_first_and_at_once() {
    let items = wanted(json!([
        { "kind": "app-user", "fields": {} },
        { "kind": "sudo", "fields": {} },
        { "kind": "base", "fields": {} },
        http(),
        { "kind": "firewall-rule", "fields": {
            "action": "allow", "ports": { "first": 443, "last": 443 }, "protocol": "tcp",
            "from": null, "to": null, "name": "HTTPS",
        } },
    ]));
    let install = Action::Install;
    insta::assert_snapshot!(planned(&Provision, install, Some(&items), &[], &facts(&[]), &[]));
}

#[test]
fn what_its_members_ask_is_asked_before_anything_is_done() {
    let items =
        wanted(json!([{ "kind": "base", "fields": {} }, { "kind": "app-user", "fields": {} }]));
    let theirs = facts(&[("app-user", "brokeforge:x:1001:1001:theirs:/home/x:/bin/sh\n")]);
    let plan = |answers: &[(&str, &str)]| {
        planned(&Provision, Action::Install, Some(&items), &[], &theirs, answers)
    };
    assert!(plan(&[]).starts_with("asked app-user: There is a user brokeforge"), "{}", plan(&[]));
    assert!(plan(&[("app-user", "adopt")]).contains("here: bring app user"));
}

#[test]
fn what_is_there_keeps_its_own_values_and_a_rule_that_opens_it_is_enough() {
    let first = json!([
        { "kind": "base", "fields": {}, "first": { "packages": ["curl"] } },
        http(),
    ]);
    let items = wanted(first);
    let bare = given(&items, &[]);
    assert_eq!(bare[0], ("base".into(), json!({ "packages": ["curl"] })));
    assert_eq!((&bare[1].1["rank"], &bare[1].1["owner"]), (&json!(1024), &json!("provision")));

    let base = resource(1, "base", json!({ "packages": ["git"] }));
    let mut rule = http()["fields"].clone();
    rule["rank"] = json!(7);
    rule["owner"] = json!("user");
    let same = resource(2, "firewall-rule", rule.clone());
    let again = given(&items, &[base.clone(), same]);
    assert_eq!(again[0].1, json!({}));
    assert_eq!((&again[1].1["rank"], &again[1].1["owner"]), (&json!(7), &json!("user")));

    rule["name"] = json!("web");
    let other = resource(2, "firewall-rule", rule);
    let kinds: Vec<String> = given(&items, &[base, other]).into_iter().map(|(k, _)| k).collect();
    assert_eq!(kinds, ["base"]);
}

#[test]
fn what_was_set_is_told_with_the_plan() {
    let items = json!([{ "kind": "base", "fields": {} }]);
    let sets = json!({ "database": "postgresql", "php": "8.2" });
    let wanted = resource(90, KIND, json!({ "profile": "app", "sets": sets, "items": items }));
    let text = planned(&Provision, Action::Install, Some(&wanted), &[], &facts(&[]), &[]);
    assert!(text.ends_with("note: Settings: database = postgresql, php = 8.2.\n"), "{text}");
}

#[test]
fn taking_the_record_away_touches_nothing_on_the_host() {
    let items = wanted(json!([{ "kind": "base", "fields": {} }]));
    let plan = planned(&Provision, Action::Remove, Some(&items), &[], &facts(&[]), &[]);
    assert_eq!(
        plan,
        "complete: Complete\n  here: delete the record of provision\nnote: What it brought stays; \
         each can be removed by itself.\n"
    );
    let failed = Resource { status: Status::Failed, ..items };
    assert_eq!(Provision.name(&failed.fields), "mine");
}
