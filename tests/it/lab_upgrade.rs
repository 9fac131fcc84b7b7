//! What is newer in the package sources is brought behind a dump, with all that was in it there
//! afterwards; and where nothing is newer, nothing is done.

use crate::lab::{self, Host};
use crate::lab_journey::{add, text};
use crate::support::binary::Home;

#[track_caller]
fn on(host: &Host, script: &str) -> String {
    let (code, said) = host.exec(script);
    assert_eq!(code, 0, "{script}\n{said}");
    said.trim().to_owned()
}

/// Makes a source of packages out of what is installed, each with a version that is newer by one
/// letter, and in nothing else different.
const NEWER: &str = r#"
set -eu
mkdir -p /srv/newer && cd /srv/newer
for package in "$@"; do apt-get download -q "$package" >/dev/null; done
for deb in *.deb; do
  rm -rf x && dpkg-deb -R "$deb" x
  version=$(sed -n 's/^Version: //p' x/DEBIAN/control)
  for package in "$@"; do
    sed -i "s/\b$package (= $version)/$package (= $version+newer)/g" x/DEBIAN/control
  done
  sed -i 's/^Version: .*/&+newer/' x/DEBIAN/control
  rm "$deb" && dpkg-deb -b x "${deb%%_*}.deb" >/dev/null
done
rm -rf x
for deb in *.deb; do
  dpkg-deb -f "$deb"
  printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' \
    "$deb" "$(stat -c %s "$deb")" "$(sha256sum "$deb" | cut -d ' ' -f 1)"
done >Packages
echo 'deb [trusted=yes] file:/srv/newer ./' >/etc/apt/sources.list.d/newer.list
"#;

#[test]
fn engines_are_upgraded_behind_a_dump_and_keep_what_is_in_them() {
    let Some(host) = lab::host("upgrade") else { return };
    let home = Home::new();
    add(&home, &host).expect(0);
    for engine in ["mariadb", "postgresql", "redis"] {
        home.run(&[engine, "add", "web", "--memory", "64"]).expect(0);
    }
    on(&host, "mariadb -e 'CREATE DATABASE shop; CREATE TABLE shop.orders (a int)'");
    on(&host, "cd /; runuser -u postgres -- psql -q -c 'CREATE TABLE orders (a int)'");
    let url = home.run(&["redis", "show", "web", "--reveal", "connection"]).expect(0).out;
    let redis = format!("redis-cli --no-auth-warning -u {}", url.trim());
    on(&host, &format!("{redis} SET order 1"));

    // nothing is newer, so there is no dump and no restart
    let started = "systemctl show -P ActiveEnterTimestampMonotonic mariadb redis-server";
    let before = on(&host, started);
    let plan = home.run(&["mariadb", "upgrade", "web", "--dry-run"]).expect(0);
    assert!(plan.out.contains("mariadb-upgrade-TIME"), "{}", plan.out);
    home.run(&["mariadb", "upgrade", "web", "--yes"]).expect(0);
    assert_eq!(on(&host, started), before);
    assert_eq!(on(&host, "ls -A /var/backups/brokeforge 2>/dev/null | wc -l"), "0");

    // the packages that hold the servers, by the names that the distribution gives them
    let packages = on(
        &host,
        "dpkg-query -W -f '${Package} ${db:Status-Status}\\n' 'mariadb-server*' 'postgresql-15' \
         'redis-*' | sed -n 's/ installed$//p'",
    );
    let packages: Vec<&str> = packages.lines().collect();
    on(&host, &format!("set -- {}\n{NEWER}", packages.join(" ")));

    for (engine, package, whole) in [
        ("mariadb", "mariadb-server", "mariadb -N -e 'SHOW TABLES FROM shop'".to_owned()),
        (
            "postgresql",
            "postgresql-15",
            "cd /; runuser -u postgres -- psql -qAt -c \"SELECT 'orders' FROM orders HAVING count(*) = 0\"".to_owned(),
        ),
        ("redis", "redis-server", format!("{redis} GET order")),
    ] {
        home.run(&[engine, "upgrade", "web", "--yes"]).expect(0);
        let version = on(&host, &format!("dpkg-query -W -f '${{Version}}' {package}"));
        assert!(version.ends_with("+newer"), "{version}");
        let kept = on(&host, &whole);
        assert!(kept == "orders" || kept == "1", "{engine}: {kept}");
        let dump = format!("cd /var/backups/brokeforge/{engine}-upgrade-2*Z && sha256sum --quiet -c *.sha256");
        on(&host, &dump);
        let operations = home.json(&["operation", "list"]);
        let last = operations.iter().find(|o| text(o, "kind") == engine).unwrap();
        let shown = home.run(&["operation", "show", text(last, "id")]).expect(0).out;
        assert!(shown.contains(&format!("upgrade {engine}")), "{shown}");
    }

    // nobody takes that back
    let undone = home.run(&["undo", "web", "--yes"]);
    assert_ne!(undone.code, 0);
    assert!(undone.err.contains("upgrade"), "{}", undone.err);

    // a version that loses something is told, with the dump
    let worse = "cd /srv/newer && dpkg-deb -R mariadb-server.deb x && \
        sed -i 's/^Version: .*/&+worse/' x/DEBIAN/control && \
        echo \"mariadb -e 'DROP TABLE IF EXISTS shop.orders'\" >>x/DEBIAN/postinst && \
        dpkg-deb -b x worse.deb >/dev/null && rm -r x && { dpkg-deb -f worse.deb && \
        printf 'Filename: ./worse.deb\nSize: %s\nSHA256: %s\n\n' \
          $(stat -c %s worse.deb) $(sha256sum worse.deb | cut -d ' ' -f 1); } >>Packages";
    on(&host, worse);
    let lost = home.run(&["mariadb", "upgrade", "web", "--yes"]).expect(1);
    assert!(
        lost.err.contains("shop.orders") && lost.err.contains("The dump lies in"),
        "{}",
        lost.err
    );
    assert_eq!(text(&home.json(&["mariadb", "show", "web"])[0], "status"), "failed");
    // that is so until it is put back; the dump of before is not written over
    home.run(&["mariadb", "retry", "web"]).expect(1);
    on(&host, "cat $(ls /var/backups/brokeforge/mariadb-upgrade-*/dump.sql | tail -n 1) | mariadb");
    home.run(&["mariadb", "retry", "web"]).expect(0);
    assert_eq!(text(&home.json(&["mariadb", "show", "web"])[0], "status"), "active");
    assert_eq!(on(&host, "mariadb -N -e 'SHOW TABLES FROM shop'"), "orders");
    assert_eq!(on(&host, "ls -d /var/backups/brokeforge/mariadb-upgrade-* | wc -l"), "2");

    // a source that cannot be reached is no word of nothing newer
    on(&host, "echo 'deb [trusted=yes] http://127.0.0.1:9/ ./' >/etc/apt/sources.list.d/away.list");
    let away = home.run(&["redis", "upgrade", "web", "--yes"]).expect(1);
    assert!(away.err.contains("127.0.0.1:9"), "{}", away.err);
    // mended, what failed is an upgrade again
    on(&host, "rm /etc/apt/sources.list.d/away.list");
    home.run(&["redis", "retry", "web"]).expect(0);
    let operations = home.json(&["operation", "list"]);
    let shown = home.run(&["operation", "show", text(&operations[0], "id")]).expect(0).out;
    assert!(
        shown.contains("upgrade redis") && shown.contains("ask the package sources"),
        "{shown}"
    );

    // another generation is none of ours to bring
    on(
        &host,
        "cd /srv/newer && dpkg-deb -R redis-server.deb x && \
         sed -i 's/^Version: .*/Version: 5:99.0-1/' x/DEBIAN/control && \
         dpkg-deb -b x other.deb >/dev/null && rm -r x && { dpkg-deb -f other.deb && \
         printf 'Filename: ./other.deb\nSize: %s\nSHA256: %s\n\n' \
           $(stat -c %s other.deb) $(sha256sum other.deb | cut -d ' ' -f 1); } >>Packages",
    );
    let other = home.run(&["redis", "upgrade", "web", "--yes"]).expect(1);
    assert!(other.err.contains("99.0-1") && other.err.contains("generation"), "{}", other.err);
}
