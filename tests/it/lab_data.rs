//! Databases on a real host: installed for that host alone, schemas and users with exactly their
//! rights, opened by a rule, and removed behind a dump.

use crate::lab::{self, Host};
use crate::lab_journey::{add, rules};
use crate::support::binary::{Done, Home};

/// A command that must succeed.
#[track_caller]
fn must(home: &Home, arguments: &[&str]) -> Done {
    home.run(arguments).expect(0)
}

/// What a script says on the host; it must succeed.
#[track_caller]
fn on(host: &Host, script: &str) -> String {
    let (code, said) = host.exec(script);
    assert_eq!(code, 0, "{script}\n{said}");
    said.trim().to_owned()
}

/// The addresses that a port is open on.
fn sockets(host: &Host, port: u16) -> Vec<String> {
    let said = on(host, &format!("ss -H -l -t -n 'sport = :{port}' | awk '{{ print $4 }}'"));
    let mut all: Vec<String> = said.lines().map(str::to_owned).collect();
    all.sort();
    all
}

fn local(port: u16) -> Vec<String> {
    vec![format!("127.0.0.1:{port}"), format!("[::1]:{port}")]
}

/// A command after which nothing is different on the host.
#[track_caller]
fn unchanged(home: &Home, edit: &[&str]) {
    let done = must(home, edit);
    assert!(done.err.contains("so already"), "{}", done.err);
}

/// How the password is used over TCP, as a client would.
fn login(engine: &str, user: &str, password: &str, schema: &str, sql: &str) -> String {
    match engine {
        "mariadb" => format!(
            "printf '[client]\\nuser={user}\\npassword={password}\\nhost=127.0.0.1\\n' >/root/login
             echo '{sql}' | mariadb --defaults-file=/root/login --protocol=tcp -N {schema}"
        ),
        _ => format!(
            "umask 077; rm -f /root/login; echo '*:*:*:*:{password}' >/root/login; \
             echo '{sql}' | PGPASSFILE=/root/login psql -w -X -A -t -h 127.0.0.1 -U {user} -d {schema}"
        ),
    }
}

#[test]
fn schemas_and_users_have_exactly_their_rights() {
    let Some(host) = lab::host("data") else { return };
    let home = Home::new();
    add(&home, &host).expect(0);
    for (engine, port) in [("mariadb", 3306), ("postgresql", 5432)] {
        must(&home, &[engine, "add", "web", "--memory", "64"]);
        assert!(sockets(&host, port).iter().all(|s| local(port).contains(s)), "{engine}");
        unchanged(&home, &[engine, "edit", "web", "--memory", "64"]);
        for name in ["shop_x", "shopyx"] {
            must(&home, &["schema", "add", "web", name, "--engine", engine]);
        }
        let user = |name: &str, rights: &str| {
            let given = ["db-user", "add", "web", name, "--engine", engine, "--schemas", "shop_x"];
            must(&home, &[&given[..], &["--privileges", rights]].concat());
            let name = format!("{engine}/{name}");
            let shown = must(&home, &["db-user", "show", "web", &name, "--reveal", "password"]);
            let url = must(&home, &["db-user", "show", "web", &name, "--reveal", "connection"]);
            let password = shown.out.trim().to_owned();
            assert_eq!(password.len(), 32);
            assert!(
                url.out.contains(&format!(":{password}@127.0.0.1:{port}/shop_x")),
                "{}",
                url.out
            );
            password
        };
        let (app, reader) = (user("app", "all"), user("reader", "read-only"));
        let edit = ["db-user", "edit", "web", &format!("{engine}/app"), "--privileges", "all"];
        unchanged(&home, &edit);

        // the owner of the rows writes, the reader only reads, also what came later
        let run = |user: &str, password: &str, schema: &str, sql: &str| {
            host.exec(&login(engine, user, password, schema, sql))
        };
        let (code, said) =
            run("app", &app, "shop_x", "CREATE TABLE t (a int); INSERT INTO t VALUES (7);");
        assert_eq!(code, 0, "{said}");
        assert_eq!(run("reader", &reader, "shop_x", "SELECT a FROM t;").1.trim(), "7");
        let refused = |(_, said): (i32, String), why: &str| assert!(said.contains(why), "{said}");
        refused(run("reader", &reader, "shop_x", "INSERT INTO t VALUES (8);"), "denied");
        // a name that differs where a pattern would not tell is another schema
        refused(run("app", &app, "shopyx", "SELECT 1;"), "denied");
        let wrong = run("app", &reader, "shop_x", "SELECT 1;");
        refused(wrong, if engine == "mariadb" { "Access denied" } else { "authentication failed" });

        // what another gave it besides is taken away again
        let more = match engine {
            "mariadb" => "mariadb -e 'GRANT SELECT ON shopyx.* TO reader@localhost'",
            _ => {
                "cd /; runuser -u postgres -- psql -q -c 'GRANT CONNECT ON DATABASE shopyx TO reader'"
            }
        };
        on(&host, more);
        let name = format!("{engine}/reader");
        must(&home, &["db-user", "edit", "web", &name, "--privileges", "read-write"]);
        refused(run("reader", &reader, "shopyx", "SELECT 1;"), "denied");
        let (code, said) = run("reader", &reader, "shop_x", "INSERT INTO t VALUES (8);");
        assert_eq!(code, 0, "{said}");
    }
    // nothing of a password in what is kept
    let (_, found) =
        host.exec("grep -rlE 'IDENTIFIED BY .[A-Za-z0-9]{32}' /var/log /var/lib/brokeforge");
    assert_eq!(found, "");

    // what is needed is not removed
    let kept = home.run(&["mariadb", "remove", "web", "--yes"]).expect(2);
    assert!(kept.err.contains("needed by"), "{}", kept.err);
    let kept = home.run(&["schema", "remove", "web", "mariadb/shop_x", "--yes"]);
    assert!(kept.err.contains("needed by"), "{}", kept.err);

    for engine in ["mariadb", "postgresql"] {
        for name in ["reader", "app"] {
            let owned = if engine == "mariadb" { "owned=drop" } else { "owned=reassign" };
            let name = format!("{engine}/{name}");
            must(&home, &["db-user", "remove", "web", &name, "--yes", "--answer", owned]);
        }
        let name = format!("{engine}/shop_x");
        must(&home, &["schema", "remove", "web", &name, "--yes"]);
        let dump = on(&host, &format!("cat /var/backups/brokeforge/{engine}-shop_x-*.sql"));
        assert!(dump.contains("CREATE TABLE"), "{dump}");
        on(&host, "cd /var/backups/brokeforge && sha256sum --quiet -c -- *.sha256");
        must(&home, &["schema", "remove", "web", &format!("{engine}/shopyx"), "--yes"]);
        // a schema of somebody else is dumped with all the rest
        let theirs = match engine {
            "mariadb" => "mariadb -e 'CREATE DATABASE theirs'",
            _ => "cd /; runuser -u postgres -- psql -q -c 'CREATE DATABASE theirs'",
        };
        on(&host, theirs);
        must(&home, &[engine, "remove", "web", "--yes"]);
        let aside =
            on(&host, &format!("cd /var/backups/brokeforge/{engine}-2*Z && ls -d dump.sql data"));
        assert_eq!(aside, "data\ndump.sql");
        let whole =
            on(&host, &format!("grep -c theirs /var/backups/brokeforge/{engine}-2*Z/dump.sql"));
        assert_ne!(whole, "0");
    }
    let left = "ls -d /var/lib/mysql /var/lib/postgresql /var/lib/brokeforge/claims /run/mysqld \
                /etc/mysql/mariadb.conf.d/zz-brokeforge.cnf 2>/dev/null; getent passwd mysql postgres; \
                systemctl list-unit-files --no-legend 'maria*' 'postgres*'; ss -H -l -t -n | grep -v :22";
    assert_eq!(host.exec(left).1, "");
}

#[test]
fn a_database_is_opened_by_a_rule_and_closed_with_it() {
    let Some(host) = lab::host("exposed") else { return };
    let home = Home::new();
    add(&home, &host).expect(0);
    must(&home, &["redis", "add", "web", "--memory", "32"]);
    assert_eq!(sockets(&host, 6379), local(6379));
    unchanged(&home, &["redis", "edit", "web", "--memory", "32"]);
    // nobody gets in without the password
    assert!(on(&host, "echo PING | redis-cli").starts_with("NOAUTH"));
    let url = must(&home, &["redis", "show", "web", "--reveal", "connection"]);
    assert_eq!(
        on(&host, &format!("redis-cli --no-auth-warning -u {} PING", url.out.trim())),
        "PONG"
    );

    // without a firewall that keeps the others out it is not opened
    let refused = home.run(&["redis", "edit", "web", "--expose", "10.0.0.0/8"]);
    assert_ne!(refused.code, 0);
    assert_eq!(sockets(&host, 6379), local(6379));
    must(&home, &["firewall", "enable", "web"]);
    must(&home, &["redis", "edit", "web", "--expose", "10.0.0.0/8"]);
    assert_eq!(sockets(&host, 6379), ["0.0.0.0:6379", "[::]:6379"]);
    let rule = "allow 6379/tcp from 10.0.0.0/8 # Redis from 10.0.0.0/8";
    assert!(rules(&home).iter().any(|(line, _, actual)| line == rule && actual == "active"));

    // what is there with data of others is asked about, and never wiped
    on(
        &host,
        "DEBIAN_FRONTEND=noninteractive apt-get install -q -y mariadb-server >/dev/null 2>&1",
    );
    on(&host, "mariadb -e 'CREATE DATABASE theirs; CREATE TABLE theirs.t (a int)'");
    let asked = home.run(&["mariadb", "add", "web"]);
    assert_ne!(asked.code, 0);
    assert!(asked.err.contains("theirs"), "{}", asked.err);
    must(&home, &["mariadb", "retry", "web", "--answer", "mariadb-data=adopt"]);
    must(&home, &["mariadb", "remove", "web", "--yes"]);
    assert_eq!(on(&host, "mariadb -N -e 'SHOW TABLES FROM theirs'"), "t");

    must(&home, &["redis", "remove", "web", "--yes"]);
    assert!(!rules(&home).iter().any(|(line, _, _)| line == rule));
    assert_eq!(sockets(&host, 6379), Vec::<String>::new());
    on(&host, "test -s /var/backups/brokeforge/redis-2*Z/dump.rdb && ! getent passwd redis");
}
