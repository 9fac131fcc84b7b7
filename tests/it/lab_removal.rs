//! Everything that can be added is added to a bare host, and removed by its own command: the host is
//! then as it was, but for what the distribution brought along for others to use.

use crate::lab;
use crate::lab_journey::add;
use crate::lab_provision::state;
use crate::lab_web::php_runs_as_the_sites_own_user;
use crate::support::binary::Home;

/// Units and the state of what the distribution brought along, or what base packages are.
const NOT_OURS: [&str; 6] = [
    "logrotate.service static",
    "logrotate.timer enabled",
    "logrotate.timer",
    "rsync.service disabled",
    "ufw.service enabled",
    "Status: inactive",
];

#[test]
fn what_is_removed_leaves_the_host_as_it_was() {
    let Some(host) = lab::host("removal") else { return };
    let home = Home::new();
    add(&home, &host).expect(0);
    let before = state(&host);

    home.run(&["provision", "web", "--profile", "app"]).expect(0);
    for engine in ["postgresql", "redis"] {
        home.run(&[engine, "add", "web", "--memory", "64"]).expect(0);
    }
    for engine in ["mariadb", "postgresql"] {
        home.run(&["schema", "add", "web", "shop", "--engine", engine]).expect(0);
        let user = ["db-user", "add", "web", "shop", "--engine", engine];
        home.run(&[&user[..], &["--schemas", "shop"]].concat()).expect(0);
    }
    home.run(&["site", "add", "web", "php.example.com", "--kind", "php", "--php", "8.2"]).expect(0);
    php_runs_as_the_sites_own_user(&host);
    home.run(&["fail2ban", "add", "web"]).expect(0);

    let remove = |words: &[&str]| {
        home.run(&[words, &["--yes"]].concat()).expect(0);
    };
    remove(&["fail2ban", "remove", "web"]);
    for site in ["php.example.com", "default"] {
        let answers =
            ["--answer", "files=delete", "--answer", "logs=delete", "--answer", "user=delete"];
        remove(&[&["site", "remove", "web", site][..], &answers[..]].concat());
    }
    for engine in ["mariadb", "postgresql"] {
        let one = format!("{engine}/shop");
        remove(&["db-user", "remove", "web", &one]);
        remove(&["schema", "remove", "web", &one]);
    }
    for engine in ["redis", "postgresql", "mariadb"] {
        remove(&[engine, "remove", "web"]);
    }
    remove(&["nginx", "remove", "web"]);
    remove(&["php", "remove", "web", "8.2"]);
    remove(&["firewall", "disable", "web"]);
    for kind in ["time", "base", "sudo", "app-user"] {
        remove(&[kind, "remove", "web"]);
    }

    for kind in ["app-user", "sudo", "base", "time", "php", "nginx", "site", "mariadb", "schema"] {
        let left = home.json(&[kind, "list", "web"]);
        assert!(left.is_empty(), "{kind}: {left:?}");
    }
    let after = state(&host);
    let new: Vec<&String> = after.iter().filter(|line| !before.contains(line)).collect();
    let gone: Vec<&String> = before.iter().filter(|line| !after.contains(line)).collect();
    for line in &new {
        let ours =
            ["brokeforge", "php", "nginx", "mariadb-server", "postgres", "redis", "fail2ban"];
        let page = line.starts_with("/var/www/html/index.nginx-debian.html ");
        assert!(page || !ours.iter().any(|word| line.contains(word)), "{line}\nof {new:#?}");
        let known = line.starts_with('/')
            || line.ends_with(" installed")
            || NOT_OURS.contains(&line.as_str());
        assert!(known || line.starts_with("ssl-cert:"), "{line}\nof {new:#?}");
    }
    // nothing that was there is away: files are changed, the rest is as it was
    for line in gone {
        let first = line.split(' ').next().unwrap();
        let is_file = first.starts_with('/') || line.ends_with(" installed");
        let known = first == "find:" || first.starts_with("/etc/ssl/certs/");
        let there = || after.iter().any(|l| l.split(' ').next() == Some(first));
        assert!(known || (is_file && there()), "{line}");
    }
}
