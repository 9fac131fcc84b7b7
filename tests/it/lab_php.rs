//! Versions of PHP side by side, from the distribution and from a vendor's repository, through the
//! command line against real hosts.

use crate::lab::{self, Host};
use crate::lab_journey::{add, text};
use crate::support::binary::Home;

const REPOSITORY: &str = include_str!("../lab/php-repository");

/// Makes a host the vendor: its address and its key's fingerprint.
fn vendor(host: &Host) -> (String, String) {
    let (code, said) = host.exec(
        "DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install nginx gnupg",
    );
    assert_eq!(code, 0, "{said}");
    let script = format!("cat >/root/repository <<'EOF-OF-ALL'\n{REPOSITORY}\nEOF-OF-ALL\n");
    let (code, said) =
        host.exec(&format!("{script}sh /root/repository /var/www/html/php 8.4 2>/root/said"));
    assert_eq!(code, 0, "{said} {}", host.exec("cat /root/said").1);
    (format!("http://{}/php", host.v4), said.trim().to_owned())
}

#[test]
fn versions_side_by_side() {
    let Some(hosts) = lab::hosts("php", 2) else { return };
    let [host, other] = hosts.as_slice() else { panic!("two hosts") };
    let (mirror, key) = vendor(other);
    assert_eq!(key.len(), 40, "{key}");
    let direct = format!("Acquire::http::Proxy::{} \"DIRECT\";", other.v4);
    host.exec(&format!("echo '{direct}' >/etc/apt/apt.conf.d/30direct"));
    let home = Home::new();
    add(&home, host).expect(0);

    // what the host cannot have is known before anything changes, and what it can is named
    let refused = home.run(&["php", "add", "web", "8.4"]).expect(1);
    assert!(refused.err.contains("offer PHP 8.2"), "{}", refused.err);
    assert!(refused.err.contains("--repository sury"), "{}", refused.err);
    home.run(&["php", "remove", "web", "8.4", "--yes"]).expect(0);
    home.run(&["php", "add", "web", "8.2", "--extensions", "mbstring", "--cli-default"]).expect(0);

    // a repository that cannot be reached, and one whose key is another one, are named
    let sources = "ls /etc/apt/sources.list.d /etc/apt/keyrings 2>/dev/null";
    let before = host.exec(sources).1;
    let from = |mirror: &str, key: &str| {
        let values = ["--repository", "sury", "--extensions", "mbstring"];
        let own = ["--mirror", mirror, "--mirror-key", key];
        home.run(&[&["php", "add", "web", "8.4"], &values[..], &own[..]].concat())
    };
    let again = |mirror: &str, key: &str| {
        home.run(&["php", "remove", "web", "8.4", "--yes"]).expect(0);
        from(mirror, key)
    };
    let nowhere = format!("http://{}:81/php", other.v4);
    let failed = from(&nowhere, &key).expect(1);
    assert!(failed.err.contains(&nowhere), "{}", failed.err);
    let failed = again(&mirror, &"0".repeat(40)).expect(1);
    assert!(failed.err.contains(&key) && failed.err.contains("does not hold"), "{}", failed.err);
    assert!(!host.exec(sources).1.contains("brokeforge"), "nothing of it was left");
    again(&mirror, &key).expect(0);

    let (_, said) =
        host.exec("systemctl is-active php8.2-fpm php8.4-fpm; readlink -f /usr/bin/php");
    assert_eq!(said, "active\nactive\n/usr/bin/php8.2\n", "both run, and php is what was chosen");
    home.run(&["php", "cli-default", "web", "8.4"]).expect(0);
    assert_eq!(host.exec("readlink -f /usr/bin/php").1, "/usr/bin/php8.4\n");
    let defaults: Vec<String> = home
        .json(&["php", "list", "web"])
        .iter()
        .filter(|php| php["fields"]["cli_default"] == true)
        .map(|php| text(php, "name").to_owned())
        .collect();
    assert_eq!(defaults, ["8.4"], "exactly one");
    let stays = home.run(&["php", "remove", "web", "8.4", "--yes"]).expect(1);
    assert!(stays.err.contains("cli-default"), "{}", stays.err);
    home.run(&["php", "cli-default", "web", "8.2"]).expect(0);

    a_site_moves_to_another_version(&home, host);

    // extensions go off and on again, settings come as a drop-in
    let modules = "php-fpm8.2 -m 2>/dev/null | grep -cx mbstring; \
                   php-fpm8.2 -i 2>/dev/null | grep '^memory_limit'";
    assert!(host.exec(modules).1.starts_with("1\nmemory_limit => 256M"));
    home.run(&["php", "edit", "web", "8.2", "--extensions", "opcache", "--memory-limit", "64M"])
        .expect(0);
    let (_, said) = host.exec(modules);
    assert!(said.starts_with("0\nmemory_limit => 64M"), "{said}");
    let strange = ["php", "edit", "web", "8.2", "--extensions", "nonsense"];
    let refused = home.run(&strange).expect(1);
    assert!(refused.err.contains("php8.2-nonsense"), "{}", refused.err);

    home.run(&["php", "remove", "web", "8.4", "--yes"]).expect(0);
    assert_eq!(host.exec(sources).1, before, "the repository went with the last that needs it");
    let (_, left) = host.exec("ls -d /etc/php/8.4 /run/php/php8.4*; dpkg -l 'php8.4*' | grep ^ii");
    assert!(!left.contains("8.4-"), "{left}");
    assert_eq!(host.exec("systemctl is-active php8.2-fpm").1, "active\n");
}

fn a_site_moves_to_another_version(home: &Home, host: &Host) {
    home.run(&["app-user", "add", "web"]).expect(0);
    home.run(&["nginx", "add", "web"]).expect(0);
    home.run(&["php", "default", "web", "8.2"]).expect(0);
    home.run(&["site", "add", "web", "shop.example.com", "--kind", "php"]).expect(0);
    let pools = "ls /etc/php/*/fpm/pool.d/brokeforge-* /run/php/brokeforge-*";
    let pool = |version: &str| {
        format!(
            "/etc/php/{version}/fpm/pool.d/brokeforge-shop.example.com.conf\n\
             /run/php/brokeforge-{version}-shop.example.com.sock\n"
        )
    };
    assert_eq!(host.exec(pools).1, pool("8.2"), "the default of sites");
    let stays = home.run(&["php", "remove", "web", "8.2", "--yes"]);
    assert_ne!(stays.code, 0, "a site runs with it");
    home.run(&["site", "edit", "web", "shop.example.com", "--php", "8.4"]).expect(0);
    assert_eq!(host.exec(pools).1, pool("8.4"), "the old pool and its socket are gone");
    home.run(&["php", "remove", "web", "8.4", "--yes"]).expect(2);
    let go = ["--answer", "files=delete", "--answer", "logs=delete", "--yes"];
    home.run(&[&["site", "remove", "web", "shop.example.com"], &go[..]].concat()).expect(0);
    assert!(host.exec(pools).1.contains("No such file"));
}
