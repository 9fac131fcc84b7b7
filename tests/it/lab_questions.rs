//! What is somebody else's on a host is asked about on a terminal, the careful answer first; and it stays,
//! whatever is answered.

use crate::lab;
use crate::lab_journey::{add, text};
use crate::support::binary::Home;
use crate::support::terminal::Terminal;

/// An nginx that somebody set up before us.
const THEIRS: &str = "apt-get -q -y --no-install-recommends install nginx >/dev/null && \
    rm -f /etc/nginx/sites-enabled/default && \
    printf 'server { listen 8080; server_name mine.example; return 200 \"mine\\\\n\"; }\\n' \
      >/etc/nginx/sites-available/mine && \
    ln -s ../sites-available/mine /etc/nginx/sites-enabled/mine && systemctl restart nginx";
const SERVES: &str = "curl -sS --max-time 20 -H 'Host: mine.example' http://127.0.0.1:8080/";

#[test]
fn a_foreign_web_server_is_asked_about_and_stays_whatever_is_answered() {
    let Some(host) = lab::host("questions") else { return };
    let home = Home::new();
    add(&home, &host).expect(0);
    home.run(&["app-user", "add", "web"]).expect(0);
    let (code, said) = host.exec(THEIRS);
    assert_eq!(code, 0, "{said}");
    let theirs = "find /etc/nginx -type f -printf '%p %T@ %s\\n' | sort";
    let (_, before) = host.exec(theirs);

    // nothing typed is the careful answer
    let mut terminal = Terminal::start(&home.command(&["nginx", "add", "web"]));
    terminal.sees("Answer [stop]: ");
    terminal.types("\r");
    terminal.ends(1);
    assert_eq!(host.exec(theirs).1, before);

    // adopted: ours beside theirs, which goes on
    let mut terminal = Terminal::start(&home.command(&["nginx", "retry", "web"]));
    terminal.sees("Answer [stop]: ");
    terminal.types("perhaps\r");
    terminal.sees("is none of these");
    terminal.types("adopt\r");
    terminal.ends(0);
    assert_eq!(text(&home.json(&["nginx", "show", "web"])[0], "status"), "active");
    assert_eq!(host.exec(SERVES).1.trim(), "mine");

    // given back, not purged
    let left = home.run(&["nginx", "remove", "web", "--yes"]);
    if left.code != 0 {
        assert!(left.err.contains("nginx-foreign=stop|leave"), "{}", left.err);
        home.run(&["nginx", "remove", "web", "--yes", "--answer", "nginx-foreign=leave"]).expect(0);
    }
    assert!(home.json(&["nginx", "list", "web"]).is_empty());
    assert_eq!(host.exec(SERVES).1.trim(), "mine");
    let (_, after) = host
        .exec("ls /etc/nginx/sites-available/mine && dpkg-query -W -f '${db:Status-Status}' nginx");
    assert!(after.ends_with("installed"), "{after}");
}

/// A database that somebody set up before us.
const DATA: &str = "DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install \
    mariadb-server >/dev/null 2>&1 && mariadb -e 'CREATE DATABASE theirs; CREATE TABLE theirs.t (a int)'";
const TABLES: &str = "mariadb -N -e 'SHOW TABLES FROM theirs'";

#[test]
fn a_foreign_database_is_asked_about_and_stays_whatever_is_answered() {
    let Some(host) = lab::host("theirdata") else { return };
    let home = Home::new();
    add(&home, &host).expect(0);
    let (code, said) = host.exec(DATA);
    assert_eq!(code, 0, "{said}");
    let theirs = "find /etc/mysql -type f -printf '%p %T@ %s\\n' | sort; \
                  systemctl show -P ActiveEnterTimestampMonotonic mariadb";
    let (_, before) = host.exec(theirs);

    // nothing typed is the careful answer
    let mut terminal = Terminal::start(&home.command(&["mariadb", "add", "web"]));
    terminal.sees("theirs");
    terminal.sees("Answer [stop]: ");
    terminal.types("\r");
    terminal.ends(1);
    assert_eq!(host.exec(theirs).1, before);

    // left as it is: what is in it can be looked after
    let mut terminal = Terminal::start(&home.command(&["mariadb", "retry", "web"]));
    terminal.sees("Answer [stop]: ");
    terminal.types("leave\r");
    terminal.ends(0);
    assert_eq!(text(&home.json(&["mariadb", "show", "web"])[0], "status"), "active");
    home.run(&["schema", "add", "web", "ours", "--engine", "mariadb"]).expect(0);
    assert_eq!(host.exec(theirs).1, before);
    let refused = home.run(&["mariadb", "upgrade", "web", "--yes"]).expect(1);
    assert!(refused.err.contains("stays as it is there"), "{}", refused.err);

    home.run(&["schema", "remove", "web", "mariadb/ours", "--yes"]).expect(0);
    home.run(&["mariadb", "remove", "web", "--yes"]).expect(0);
    assert_eq!(host.exec(theirs).1, before);
    assert_eq!(host.exec(TABLES).1.trim(), "t");
}
