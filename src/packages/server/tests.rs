//! Plans of the small packages: the app user, its sudo policy, base packages, time.

use serde_json::json;

use super::{
    app_user::AppUser,
    base::Base,
    key_rotation::{self, KeyRotation},
    sudo::Sudo,
    time::TimeSync,
};
use crate::domain::Action;
use crate::packages::tests::{facts, planned, resource};

#[test]
fn the_app_user() {
    let fresh = facts(&[("app-user", "")]);
    let record = resource(1, "app-user", json!({}));
    let plan = |action, facts, answers: &[(&str, &str)]| {
        planned(&AppUser, action, Some(&record), &[], facts, answers)
    };
    insta::assert_snapshot!("app_user_install", plan(Action::Install, &fresh, &[]));
    let ours =
        facts(&[("app-user", "brokeforge:x:1001:1001:made by brokeforge:/home/b:/bin/bash\n")]);
    assert_eq!(plan(Action::Update, &ours, &[]), plan(Action::Install, &fresh, &[]));
    insta::assert_snapshot!("app_user_remove", plan(Action::Remove, &ours, &[]));
    let foreign = facts(&[("app-user", "brokeforge:x:1000:1000:,,,:/home/brokeforge:/bin/sh\n")]);
    insta::assert_snapshot!("app_user_foreign", plan(Action::Install, &foreign, &[]));
    let adopted = plan(Action::Install, &foreign, &[("app-user", "adopt")]);
    assert_eq!(adopted, plan(Action::Install, &fresh, &[]));
    let removed = plan(Action::Remove, &foreign, &[]);
    assert!(!removed.contains("delete the user;") && removed.contains("it stays"), "{removed}");
}

#[test]
fn our_keys_are_replaced() {
    let users = &[(key_rotation::USERS, "root,brokeforge")];
    let plan = planned(&KeyRotation, Action::Update, None, &[], &facts(&[]), users);
    insta::assert_snapshot!("key_rotation", plan);
}

#[test]
fn the_sudo_policy() {
    let record = resource(1, "sudo", json!({}));
    for (name, action) in [("sudo_install", Action::Install), ("sudo_remove", Action::Remove)] {
        insta::assert_snapshot!(name, planned(&Sudo, action, Some(&record), &[], &facts(&[]), &[]));
    }
}

#[test]
fn base_packages() {
    let record = resource(1, "base", json!({ "packages": ["curl", "acl"] }));
    for (name, action) in [("base_install", Action::Install), ("base_remove", Action::Remove)] {
        insta::assert_snapshot!(name, planned(&Base, action, Some(&record), &[], &facts(&[]), &[]));
    }
}

#[test]
fn who_keeps_the_clock_is_left_at_it() {
    let record = resource(1, "time", json!({}));
    let plan = |probe: &str, offset| {
        let mut facts = facts(&[("time", probe)]);
        facts.clock_offset_ms = offset;
        planned(&TimeSync, Action::Install, Some(&record), &[], &facts, &[])
    };
    insta::assert_snapshot!("time_nobody", plan("none\n", 40));
    insta::assert_snapshot!("time_wrong", plan("none\nactive systemd-timesyncd\n", -9_000));
    insta::assert_snapshot!("time_chrony", plan("none\nactive chrony\n", 40));
    insta::assert_snapshot!("time_chrony_wrong", plan("none\nactive chrony\n", 3_600_000));
    insta::assert_snapshot!("time_container", plan("systemd-nspawn\n", 0));
    insta::assert_snapshot!("time_container_wrong", plan("lxc\n", 2_000));
}
