//! Plans of the engines, and of what is inside them.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{percent, size};
use crate::domain::{Action, Facts, Fields, Listener, Resource};
use crate::packages::server::{
    db_user::DbUser, mariadb::Mariadb, postgresql::Postgresql, redis::Redis, schema::Schema,
};
use crate::packages::tests::{facts, planned, resource};
use crate::packages::{Package, Templates};

/// What a probe tells, its values in base 64.
fn told(values: &[(&str, &str)]) -> String {
    values.iter().map(|(name, value)| format!("{name} {}\n", STANDARD.encode(value))).collect()
}

fn host(sections: &[(&str, &[(&str, &str)])]) -> Facts {
    let texts: Vec<(&str, String)> =
        sections.iter().map(|(name, values)| (*name, told(values))).collect();
    let texts: Vec<(&str, &str)> = texts.iter().map(|(n, t)| (*n, t.as_str())).collect();
    Facts { os_name: "Debian 12".into(), memory: 4 << 30, ..facts(&texts) }
}

const MARIADB: &str = "mariadb-server\tinstalled\t1:10.11\thand\n\
                       mariadb-client\tinstalled\t1:10.11\titself\n\
                       galera-4\tinstalled\t26.4\thand\n";

fn mariadb(catalogue: &str, claims: &str) -> Facts {
    host(&[
        (
            "mariadb",
            &[
                ("lists", "yes\n"),
                ("candidate", "1:10.11\n"),
                ("packages", MARIADB),
                ("claims", claims),
                ("catalogue", catalogue),
            ],
        ),
        ("postgresql", &[]),
    ])
}

fn postgresql(catalogue: &str, claims: &str) -> Facts {
    host(&[
        ("mariadb", &[]),
        (
            "postgresql",
            &[
                ("candidate", "15\n"),
                ("packages", "postgresql-15\tinstalled\t15.20\titself\n"),
                ("clusters", "15 main 5432 online\n"),
                ("cluster", "15 main 5432 online\n"),
                ("claims", claims),
                ("catalogue", catalogue),
            ],
        ),
    ])
}

const FULL: &str = r#"{"version": "10.11.19-MariaDB", "port": 3306, "bind": "127.0.0.1", "schemas":
    [{"name": "theirs", "charset": "utf8mb4", "collation": "x", "tables": 3, "bytes": 4096}],
    "users": [{"name": "ana", "host": "%", "owns": 2}]}"#;
const EMPTY: &str = r#"{"version": "10.11.19-MariaDB", "port": 3306, "bind": "127.0.0.1",
    "schemas": null, "users": null}"#;

/// One line, as the probes tell it.
fn line(json: &str) -> String {
    json.replace('\n', " ")
}

/// A record as the package's own fields give it.
fn record(n: u8, package: &dyn Package, given: Value) -> Resource {
    let mut fields = Fields::new();
    for field in package.fields().iter().filter(|f| f.sort != crate::packages::Sort::Secret) {
        let text = given.get(field.name).and_then(Value::as_str).or(field.default);
        fields.insert(field.name.into(), field.judge(text.unwrap()).value().unwrap());
    }
    resource(n, package.kind(), Value::Object(fields))
}

fn fresh(kind: &str) -> Facts {
    host(&[(kind, &[("lists", "yes\n"), ("candidate", "1.0\n")])])
}

#[test]
fn engines_are_installed() {
    let packages: [(&str, &dyn Package); 3] =
        [("mariadb", &Mariadb), ("postgresql", &Postgresql), ("redis", &Redis)];
    for (kind, package) in packages {
        let own = record(1, package, json!({}));
        let plan = planned(package, Action::Install, Some(&own), &[], &fresh(kind), &[]);
        insta::assert_snapshot!(format!("{kind}_install"), plan);
    }
}

#[test]
fn an_engine_is_opened_by_rules_of_its_own() {
    let own = record(1, &Postgresql, json!({ "expose": "10.0.0.0/8, 2001:db8::7" }));
    let mut facts = fresh("postgresql");
    let plan = |facts: &Facts, siblings: &[Resource]| {
        planned(&Postgresql, Action::Install, Some(&own), siblings, facts, &[])
    };
    let refused = plan(&facts, &[]);
    assert!(refused.contains("no firewall in force"), "{refused}");
    facts.firewall = "ufw active".into();
    insta::assert_snapshot!("postgresql_exposed", plan(&facts, &[]));
    // a rule of ours that is not wanted any more goes, others stay
    let rule = |n, owner: &str, from: &str| {
        let fields = json!({ "action": "allow", "ports": { "first": 5432, "last": 5432 },
            "protocol": "tcp", "from": from, "to": null, "name": "x", "rank": 1, "owner": owner });
        resource(n, "firewall-rule", fields)
    };
    let rules = [rule(2, "postgresql", "10.9.0.0/16"), rule(3, "user", "10.9.0.0/16")];
    let plan = plan(&facts, &rules);
    assert_eq!(plan.matches("here: remove the rule").count(), 1, "{plan}");
    assert_eq!(super::needs(&own.fields).len(), 1);
}

#[test]
fn what_is_there_is_asked_about() {
    let own = record(1, &Mariadb, json!({}));
    let plan = |facts: &Facts, answers: &[(&str, &str)]| {
        planned(&Mariadb, Action::Install, Some(&own), &[], facts, answers)
    };
    let full = mariadb(&line(FULL), "");
    insta::assert_snapshot!("mariadb_asked", plan(&full, &[]));
    insta::assert_snapshot!("mariadb_stop", plan(&full, &[("mariadb-data", "stop")]));
    insta::assert_snapshot!("mariadb_leave", plan(&full, &[("mariadb-data", "leave")]));
    let adopted = plan(&full, &[("mariadb-data", "adopt")]);
    assert!(adopted.contains("      adopted"), "{adopted}");
    // what cannot be looked into counts as full; what is empty does not
    let silent = plan(&mariadb("ERROR 1045 (28000): Access denied", ""), &[]);
    assert!(silent.contains("cannot be looked into (ERROR 1045"), "{silent}");
    let empty = plan(&mariadb(&line(EMPTY), ""), &[]);
    assert!(empty.contains("      installed"), "{empty}");
    // data without its server cannot stay as it is
    let orphan = host(&[("mariadb", &[("candidate", "1\n"), ("data", "shop\nblog\n")])]);
    let asked = plan(&orphan, &[]);
    assert!(asked.contains("(shop, blog)") && !asked.contains("leave:"), "{asked}");
    // ours is not asked about again
    let ours = plan(&mariadb(&line(FULL), "mariadb\tinstalled\n"), &[]);
    assert_eq!(ours, empty);
}

#[test]
fn an_engine_is_upgraded_behind_a_dump() {
    let own = record(1, &Mariadb, json!({}));
    let plan = |facts: &Facts, answers: &[(&str, &str)]| {
        let answers = [answers, &[("upgrade", "yes")]].concat();
        planned(&Mariadb, Action::Update, Some(&own), &[], facts, &answers)
    };
    let ours = mariadb(&line(FULL), "mariadb\tinstalled\n");
    insta::assert_snapshot!("mariadb_upgrade", plan(&ours, &[]));
    // what failed is repeated as an installation, and is an upgrade all the same
    let upgrade = [("upgrade", "yes")];
    let again = planned(&Mariadb, Action::Install, Some(&own), &[], &ours, &upgrade);
    assert_eq!(again, plan(&ours, &[]));
    let undumped = plan(&ours, &[("dump", "no")]);
    assert!(!undumped.contains("dump everything"), "{undumped}");
    assert!(undumped.contains("There is no dump.") && undumped.contains("upgrade mariadb-server"));
    // what cannot be looked into cannot be dumped
    let silent = plan(&mariadb("ERROR 1045 (28000): no", "mariadb\tinstalled\n"), &[]);
    assert!(silent.contains("cannot be dumped") && silent.contains("dump=no"), "{silent}");
    // and what is somebody else's is not ours to upgrade
    let left = plan(&mariadb(&line(FULL), ""), &[]);
    assert!(left.contains("stays as it is there, so it is not upgraded"), "{left}");
}

#[test]
fn what_is_in_the_way_is_named() {
    let own = record(1, &Mariadb, json!({}));
    let plan = |facts: &Facts| planned(&Mariadb, Action::Install, Some(&own), &[], facts, &[]);
    let mut taken = fresh("mariadb");
    taken.listeners.push(Listener {
        protocol: "tcp".into(),
        address: "0.0.0.0".into(),
        port: 3306,
        process: Some("docker-proxy".into()),
    });
    insta::assert_snapshot!("mariadb_port_taken", plan(&taken));
    let rival = [("packages", "mysql-server-8.0\tinstalled\t8.0.36\thand\n")];
    insta::assert_snapshot!("mariadb_rival", plan(&host(&[("mariadb", &rival)])));
    let none = host(&[("mariadb", &[("lists", "yes\n")])]);
    insta::assert_snapshot!("mariadb_unavailable", plan(&none));
    let greedy = record(1, &Mariadb, json!({ "memory": "4000" }));
    let plan = planned(&Mariadb, Action::Install, Some(&greedy), &[], &fresh("mariadb"), &[]);
    assert!(plan.contains("--memory 3276"), "{plan}");
}

#[test]
fn engines_are_removed_behind_a_dump() {
    let own = record(1, &Mariadb, json!({}));
    let plan = |facts: &Facts, answers: &[(&str, &str)]| {
        planned(&Mariadb, Action::Remove, Some(&own), &[], facts, answers)
    };
    let ours = "mariadb\tinstalled\n";
    insta::assert_snapshot!("mariadb_remove", plan(&mariadb(&line(FULL), ours), &[]));
    let undumped = plan(&mariadb(&line(FULL), ours), &[("dump", "no")]);
    assert!(!undumped.contains("dump everything") && undumped.contains("aside"), "{undumped}");
    let silent = plan(&mariadb("ERROR 2002", ours), &[]);
    assert!(silent.starts_with("refused") && silent.contains("dump=no"), "{silent}");
    // what was there before us stays
    insta::assert_snapshot!(
        "mariadb_give_back",
        plan(&mariadb(&line(FULL), "mariadb\tadopted\n"), &[])
    );
    let foreign = plan(&mariadb(&line(FULL), ""), &[]);
    assert!(!foreign.contains("on the host:") && foreign.contains("stays as it is"), "{foreign}");
    let own = record(1, &Redis, json!({}));
    let claimed =
        [("claims", "redis\tinstalled\n"), ("catalogue", "NOAUTH Authentication required.")];
    let facts = host(&[("redis", &claimed)]);
    let plan = planned(&Redis, Action::Remove, Some(&own), &[], &facts, &[]);
    insta::assert_snapshot!("redis_remove", plan);
}

#[test]
fn schemas() {
    for (engine, facts) in
        [("mariadb", mariadb(&line(EMPTY), "")), ("postgresql", postgresql(&line(EMPTY), ""))]
    {
        let own = record(2, &Schema, json!({ "engine": engine, "name": "shop" }));
        let plan = |action| planned(&Schema, action, Some(&own), &[], &facts, &[]);
        insta::assert_snapshot!(format!("schema_{engine}_create"), plan(Action::Install));
        insta::assert_snapshot!(format!("schema_{engine}_drop"), plan(Action::Remove));
        assert_eq!(Schema.name(&own.fields), format!("{engine}/shop"));
    }
    let there = record(2, &Schema, json!({ "engine": "mariadb", "name": "theirs" }));
    let plan = planned(&Schema, Action::Install, Some(&there), &[], &mariadb(&line(FULL), ""), &[]);
    assert!(plan.contains("it stays as it is") && !plan.contains("ALTER"), "{plan}");
    let details = Schema.details(&there, &mariadb(&line(FULL), ""));
    assert_eq!(details.first(), Some(&("size", "4 KiB".to_owned())));
    let owned = record(2, &Schema, json!({ "engine": "mariadb", "name": "shop", "owner": "ana" }));
    let plan = planned(&Schema, Action::Install, Some(&owned), &[], &mariadb(&line(FULL), ""), &[]);
    assert!(plan.contains("have no owner"), "{plan}");
    let down =
        planned(&Schema, Action::Install, Some(&there), &[], &host(&[("mariadb", &[])]), &[]);
    assert!(down.contains("does not answer") && down.contains("mariadb add"), "{down}");
}

#[test]
fn users() {
    let shop = FULL.replace("theirs", "shop");
    for (engine, facts) in
        [("mariadb", mariadb(&line(&shop), "")), ("postgresql", postgresql(&line(&shop), ""))]
    {
        let user = |n, name: &str, rights: &str| {
            let given = json!({ "engine": engine, "name": name, "schemas": "shop",
                "privileges": rights });
            record(n, &DbUser, given)
        };
        let app = user(3, "app", "all");
        let others = [user(4, "reader", "read-only"), user(5, "other", "all")];
        let plan = planned(&DbUser, Action::Install, Some(&app), &others, &facts, &[]);
        insta::assert_snapshot!(format!("user_{engine}_create"), plan);
        let plan = planned(&DbUser, Action::Remove, Some(&app), &[], &facts, &[]);
        insta::assert_snapshot!(format!("user_{engine}_drop"), plan);
        let needs: Vec<String> = DbUser
            .needs(&app.fields)
            .into_iter()
            .map(|need| format!("{} {}", need.kind, need.name.unwrap_or_default()))
            .collect();
        assert_eq!(needs, [format!("{engine} "), format!("schema {engine}/shop")]);
    }
    // one that is there already, and owns things, is asked about
    let facts = mariadb(&line(&shop), "");
    let ana = record(3, &DbUser, json!({ "engine": "mariadb", "name": "ana", "host": "%" }));
    let plan = |action, answers: &[(&str, &str)]| {
        planned(&DbUser, action, Some(&ana), &[], &facts, answers)
    };
    insta::assert_snapshot!("user_asked", plan(Action::Install, &[]));
    assert!(plan(Action::Install, &[("user", "adopt")]).contains("ALTER USER 'ana'@'%'"));
    insta::assert_snapshot!("user_owns", plan(Action::Remove, &[]));
    assert!(plan(Action::Remove, &[("owned", "drop")]).contains("DROP USER IF EXISTS 'ana'@'%'"));
    let missing =
        record(3, &DbUser, json!({ "engine": "mariadb", "name": "b", "schemas": "missing" }));
    let refused = planned(&DbUser, Action::Install, Some(&missing), &[], &facts, &[]);
    assert!(refused.contains("no schema missing"), "{refused}");
}

#[test]
fn what_no_record_is_about_is_found() {
    let facts = mariadb(&line(FULL), "");
    let found = Schema.unrecorded(&[], &facts);
    assert_eq!(json!(found), json!([{ "engine": "mariadb", "name": "theirs" }]));
    let known = record(2, &Schema, json!({ "engine": "mariadb", "name": "theirs" }));
    assert!(Schema.unrecorded(&[known], &facts).is_empty());
    let found = DbUser.unrecorded(&[], &facts);
    assert_eq!(json!(found), json!([{ "engine": "mariadb", "name": "ana", "host": "%" }]));
}

#[test]
fn connection_strings_hold_any_password() {
    assert_eq!(percent("a b/@:é~"), "a%20b%2F%40%3A%C3%A9~");
    let given = json!({ "engine": "postgresql", "name": "app", "schemas": "shop" });
    let user = record(3, &DbUser, given);
    let engine = record(1, &Postgresql, json!({ "port": "5433" }));
    let told = DbUser.revealed(&user, &[engine], "p@ss").unwrap();
    assert_eq!(told.reveal_text(), Some("postgresql://app:p%40ss@127.0.0.1:5433/shop"));
    let redis = record(1, &Redis, json!({}));
    let told = Redis.revealed(&redis, &[], "x").unwrap();
    assert_eq!(told.reveal_text(), Some("redis://default:x@127.0.0.1:6379/0"));
    assert_eq!(Redis.put_together("connection"), Some("password"));
}

#[test]
fn sizes_are_for_people() {
    for (bytes, text) in [(0, "0 B"), (2048, "2 KiB"), (5 << 20, "5 MiB"), (3 << 30, "3.0 GiB")] {
        assert_eq!(size(bytes), text);
    }
}

#[test]
fn templates() {
    let templates = Templates::default();
    let values = json!({ "port": 1, "bind": "127.0.0.1", "connections": 2, "memory": 3,
        "eviction": "noeviction", "persist": false });
    for name in ["mariadb.cnf", "postgresql.conf", "redis.conf"] {
        insta::assert_snapshot!(
            format!("template_{name}"),
            templates.render(name, &values).unwrap()
        );
    }
}
