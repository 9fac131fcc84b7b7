use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use tempfile::TempDir;

use crate::clock::SystemClock;
use crate::domain::{Facts, Failure};
use crate::fleet::{
    Paths,
    local::{Local, Opening},
};
use crate::packages::server::provision::Wanted;
use crate::ssh::Limits;
use crate::vault::Cost;

/// A fleet with these profiles of a person's own.
fn fleet(own: &[(&str, &str)]) -> (Local, TempDir) {
    let home = tempfile::tempdir().unwrap();
    let paths = Paths::under(home.path());
    paths.prepare().unwrap();
    let folder = paths.config.join("profiles");
    fs::create_dir(&folder).unwrap();
    for (name, text) in own {
        fs::write(folder.join(format!("{name}.toml")), text).unwrap();
    }
    let (cost, limits) = (Cost::STRONG, Limits::default());
    let packages = crate::packages::all();
    let fleet =
        Local::open(&Opening { paths, clock: Arc::new(SystemClock), cost, limits, packages });
    (fleet.unwrap(), home)
}

fn kinds(fleet: &Local, profile: &str, sets: &[(&str, &str)]) -> Result<Vec<String>, String> {
    let items = fleet.wanted(profile, &some(sets), None, None).map(|wanted| wanted.items);
    items
        .map(|items| items.into_iter().map(|item| item.kind).collect())
        .map_err(|failure| failure.message)
}

#[test]
fn ours_are_whole_and_bring_what_they_say() {
    let (fleet, _home) = fleet(&[]);
    let text: Vec<String> = fleet
        .profiles()
        .unwrap()
        .iter()
        .map(|profile| {
            assert_eq!(profile.fault, None);
            format!("{}: {}", profile.name, profile.items.join(", "))
        })
        .collect();
    insta::assert_snapshot!(text.join("\n"));
}

fn some(sets: &[(&str, &str)]) -> BTreeMap<String, String> {
    sets.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn what_was_set_of_the_same_profile_holds_until_it_is_set_anew() {
    let (fleet, _home) = fleet(&[]);
    let last = |profile: &str, sets: &[(&str, &str)]| {
        Some(Wanted { profile: profile.into(), sets: some(sets), items: Vec::new() })
    };
    let redis = || last("app", &[("database", "redis"), ("gone", "x")]);
    let wanted = |given: &[(&str, &str)], last| fleet.wanted("app", &some(given), last, None);
    let again = wanted(&[("php", "8.3")], redis()).unwrap();
    assert_eq!(again.sets, some(&[("database", "redis"), ("php", "8.3")]));
    assert_eq!(again.items.last().unwrap().kind, "redis");
    let anew = wanted(&[("database", "none")], redis()).unwrap();
    assert_eq!(anew.sets, some(&[("database", "none")]));
    let other = wanted(&[], last("web", &[("database", "redis")])).unwrap();
    assert!(other.sets.is_empty());

    let remedy = |failure: Failure| failure.remedy.unwrap_or_default();
    let old = wanted(&[], last("app", &[("php", "eight")])).unwrap_err();
    assert_eq!(remedy(old), "Set the last time, and holding until it is set anew: php=eight.");
    // what is typed now and wrong by itself is what the failure is about
    let now = wanted(&[("php", "nine")], redis()).unwrap_err();
    assert!(now.message.contains("nine"), "{now}");
    assert!(!remedy(now).contains("last time"));
    let unknown = wanted(&[("data", "redis")], redis()).unwrap_err();
    assert!(remedy(unknown).starts_with("What can be set of it: database, php."));
}

#[test]
fn what_is_set_goes_before_what_the_host_runs_and_that_before_the_default() {
    let (fleet, _home) = fleet(&[]);
    let version = |sets: &[(&str, &str)], os: &str| {
        let facts = Facts { os: "debian".into(), os_version: os.into(), ..Facts::default() };
        let items = fleet.wanted("web", &some(sets), None, Some(&facts)).unwrap().items;
        let php = items.into_iter().find(|item| item.kind == "php").unwrap();
        php.fields["version"].as_str().unwrap().to_owned()
    };
    assert_eq!(version(&[], "12"), "8.2");
    assert_eq!(version(&[], "13"), "8.4");
    assert_eq!(version(&[("php", "8.3")], "13"), "8.3");
    let redis = kinds(&fleet, "app", &[("database", "redis")]).unwrap();
    assert_eq!(redis.last().map(String::as_str), Some("redis"));
    let none = kinds(&fleet, "app", &[("database", "none")]).unwrap();
    assert_eq!(none.last().map(String::as_str), Some("site"));
    let unknown = kinds(&fleet, "app", &[("data", "redis")]).unwrap_err();
    assert_eq!(unknown, "The profile “app” has no “data” to set.");
    let bad = kinds(&fleet, "app", &[("php", "eight")]).unwrap_err();
    assert_eq!(
        bad,
        "profile web, line 27: version: “eight” is no version of PHP. Type one such as 8.2."
    );
}

#[test]
fn a_later_item_says_more_of_the_same_thing() {
    let more = "extends = \"web\"\n[[item]]\nkind = \"nginx\"\nworker_connections = 256\n";
    let (fleet, _home) = fleet(&[("more", more)]);
    let items = fleet.wanted("more", &BTreeMap::new(), None, None).unwrap().items;
    let nginx: Vec<_> = items.iter().filter(|item| item.kind == "nginx").collect();
    assert_eq!(nginx.len(), 1);
    assert_eq!(nginx[0].fields["worker_connections"], 256);
}

#[test]
fn an_own_one_takes_the_place_of_ours_and_a_mistake_is_named_by_file_and_line() {
    let item = "about = \"x\"\n\n[[item]]\n";
    let (fleet, home) = fleet(&[
        ("bare", "about = \"mine\"\n[[item]]\nkind = \"base\"\nfirst = { packages = [\"git\"] }\n"),
        ("kind", &format!("{item}kind = \"nothing\"\n")),
        ("value", &format!("{item}kind = \"base\"\n\npackage = \"git\"\n")),
        ("bad", &format!("{item}kind = \"site\"\ndomain = \"a b\"\n")),
        ("missing", &format!("{item}kind = \"site\"\n")),
        ("unset", &format!("{item}kind = \"$x\"\n")),
        ("torn", "about = \"x\n"),
        ("field", "abuot = \"x\"\n"),
        ("round", "extends = \"round\"\n"),
        ("orphan", "extends = \"nobody\"\n"),
        ("Not-A-Name", ""),
    ]);
    assert_eq!(kinds(&fleet, "bare", &[]).unwrap(), ["base"]);
    assert_eq!(kinds(&fleet, "database", &[]).unwrap(), ["base", "mariadb"]);
    let place = |name: &str| home.path().join(format!("config/profiles/{name}.toml"));
    let said = |name: &str| {
        let message = kinds(&fleet, name, &[]).unwrap_err();
        message.replace(&place(name).display().to_string(), name)
    };
    assert_eq!(said("kind"), "kind, line 4: “nothing” is no kind of resource.");
    assert_eq!(said("value"), "value, line 6: base has no value “package”; it has packages.");
    assert!(said("bad").starts_with("bad, line 5: domain: "), "{}", said("bad"));
    assert_eq!(said("missing"), "missing, line 4: A value “domain” of site must be given.");
    assert_eq!(said("unset"), "unset, line 4: There is no [set.x] for “$x”.");
    assert!(said("torn").starts_with("torn, line 1: "), "{}", said("torn"));
    assert!(said("field").starts_with("field, line 1: unknown field"), "{}", said("field"));
    assert!(said("round").contains("without end"));
    assert!(said("orphan").contains("orphan extends “nobody”: There is no profile “nobody”."));
    let all = fleet.profiles().unwrap();
    let one = |name: &str| all.iter().find(|profile| profile.name == name).unwrap();
    assert!(one("bare").own && !one("web").own);
    assert!(one("kind").fault.as_ref().unwrap().contains("line 4"));
    assert!(!all.iter().any(|profile| profile.name == "Not-A-Name"));
    assert_eq!(fleet.wanted("../bare", &BTreeMap::new(), None, None).unwrap_err().kind, {
        crate::domain::FailureKind::NotFound
    });
}

#[test]
fn an_item_can_come_before_another() {
    let rule = "[[item]]\nkind = \"firewall-rule\"\nports = \"25\"\n";
    let before = format!("extends = \"bare\"\n{rule}before = \"firewall\"\n");
    let wrong = format!("extends = \"bare\"\n{rule}before = \"nginx\"\n");
    let (fleet, _home) = fleet(&[("mail", &before), ("wrong", &wrong)]);
    let all = kinds(&fleet, "mail", &[]).unwrap();
    assert_eq!(all[all.len() - 2..], ["firewall-rule", "firewall"]);
    let said = kinds(&fleet, "wrong", &[]).unwrap_err();
    assert!(said.ends_with("line 5: No item before this one is of the kind “nginx”."), "{said}");
}
