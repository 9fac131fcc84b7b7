//! A web server with sites through the command line, against real hosts: what answers over the
//! network, who runs it, what happens when nginx says no, and that nothing of it stays.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::lab::{self, Host};
use crate::lab_journey::{add, text};
use crate::support::binary::{Done, Home};

/// What a site answers to a visitor who asks by this name: status and body.
fn ask(host: &Host, name: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect((host.v4, 80)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let request = format!("GET {path} HTTP/1.0\r\nHost: {name}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_default();
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default();
    (status, body)
}

/// Everything on a host that a package could leave behind, our journals aside.
const TRACES: &str = "find /etc /home /var/lib /var/www /var/log /run/php /usr/local -xdev \
     \\( -path /var/lib/brokeforge/op -o -path /home/brokeforge/.local -o -path /var/lib/dpkg -o -path /var/lib/apt \
        -o -path /var/lib/systemd -o -path /var/log/journal \\) -prune -o \
     ! -name '*.log' ! -name '*-' ! -name '*cache*' -print 2>/dev/null \
       | grep -v '^/var/log/apt\\|^/var/lib/brokeforge$\\|ssl/certs\\|^/var/lib/ucf' | sort; \
     getent passwd | cut -d: -f1; getent group; \
     systemctl list-unit-files --no-legend --no-pager | awk '{print $1}' | sort; \
     ss -Hltn | awk '{print $4}' | sort";

fn expect_already(done: Done) {
    let done = done.expect(0);
    assert!(done.err.contains("so already"), "{}", done.err);
}

fn files(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, all) } else { all.push(path) }
    }
}

fn prepared(home: &Home, host: &Host) {
    add(home, host).expect(0);
    home.run(&["app-user", "add", "web"]).expect(0);
}

#[test]
fn sites_with_and_without_php() {
    let Some(host) = lab::host("web") else { return };
    let home = Home::new();
    prepared(&home, &host);
    let (_, before) = host.exec(TRACES);

    home.run(&["nginx", "add", "web"]).expect(0);
    assert_eq!(ask(&host, "nobody.example.com", "/").0, 200, "the page where no site answers");
    assert_eq!(ask(&host, "nobody.example.com", "/x").0, 404);
    home.run(&["php", "add", "web", "8.2", "--extensions", "mbstring,opcache"]).expect(0);

    let refused = home.run(&["site", "remove", "web", "none.example.com", "--yes"]);
    refused.expect(2);
    let added = ["site", "add", "web", "static.example.com", "--alias", "www.static.example.com"];
    home.run(&added).expect(0);
    for name in ["static.example.com", "www.static.example.com", "STATIC.example.com"] {
        let (status, body) = ask(&host, name, "/");
        assert!(status == 200 && body.contains("<h1>static.example.com</h1>"), "{name}: {body}");
    }
    home.run(&["site", "add", "web", "php.example.com", "--kind", "php"]).expect(0);
    let (status, body) = ask(&host, "php.example.com", "/");
    assert!(status == 200 && body.contains("runs PHP 8.2"), "{body}");

    the_files_are_those_of_the_golden_folder(&host);
    php_runs_as_the_sites_own_user(&host);
    records_are_there(&home);

    // a second run of everything changes nothing
    let state = "find /etc/nginx /etc/php /home/brokeforge/sites /var/lib/brokeforge-sites \
                 /etc/logrotate.d /etc/passwd /etc/group -type f -printf '%p %i %T@ %m %u %g\\n' | sort; \
                 dpkg -l; systemctl show -p ActiveEnterTimestamp,NRestarts nginx php8.2-fpm; \
                 pgrep -x nginx | sort";
    let (_, at_rest) = host.exec(state);
    expect_already(home.run(&["nginx", "edit", "web"]));
    expect_already(home.run(&["php", "edit", "web", "8.2"]));
    expect_already(home.run(&["site", "edit", "web", "static.example.com"]));
    expect_already(home.run(&["site", "edit", "web", "php.example.com"]));
    assert_eq!(host.exec(state).1, at_rest, "a second run changed something");

    the_default_moves(&home, &host);
    removal_takes_everything(&home, &host, &before);
}

fn the_files_are_those_of_the_golden_folder(host: &Host) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/packages/server/site/golden");
    let mut all = Vec::new();
    files(&root, &mut all);
    assert!(all.len() > 10, "{all:?}");
    for file in all {
        let path = file.strip_prefix(&root).unwrap().display().to_string();
        let (code, there) = host.exec(&format!("cat '/{path}'"));
        assert_eq!((code, there), (0, std::fs::read_to_string(&file).unwrap()), "/{path}");
    }
    // what the services' own checkers say of exactly these bytes
    let (code, said) =
        host.exec("nginx -t && php-fpm8.2 -t && logrotate -d /etc/logrotate.d/brokeforge-nginx");
    assert_eq!(code, 0, "{said}");
    assert!(!said.contains("[warn]") && !said.contains("error:"), "{said}");
}

pub(crate) fn php_runs_as_the_sites_own_user(host: &Host) {
    let page = "<?php echo posix_getpwuid(posix_geteuid())['name'], ' ', \
                @file_get_contents('/home/brokeforge/sites/static.example.com/public/index.html') \
                === false ? 'alone' : 'not alone', ' ', \
                @file_put_contents(__DIR__ . '/x', 'y') === false ? 'reads' : 'writes', ' ', \
                session_start() ? 'keeps' : 'forgets', ' ', ini_get('memory_limit');";
    let folder = "/home/brokeforge/sites/php.example.com/public";
    let (code, said) = host.exec(&format!(
        "runuser -u brokeforge -- sh -c 'umask 027; cat >{folder}/who.php' <<'END'\n{page}\nEND"
    ));
    assert_eq!(code, 0, "{said}");
    let (status, body) = ask(host, "php.example.com", "/who.php");
    assert_eq!(status, 200, "{body}");
    let words: Vec<&str> = body.split_whitespace().collect();
    assert!(words[0].starts_with("bf-php-example-com-"), "{body}");
    assert_eq!(words[1..], ["alone", "reads", "keeps", "256M"], "{body}");
    let (_, entry) = host.exec(&format!("getent passwd {0}; getent shadow {0}", words[0]));
    assert!(entry.contains("/usr/sbin/nologin") && entry.contains(":!"), "{entry}");
    for hidden in ["/.env", "/.git/config", "/.hidden.php"] {
        host.exec(&format!("mkdir -p {folder}/.git; echo secret | tee {folder}{hidden}"));
        let (status, body) = ask(host, "php.example.com", hidden);
        assert!(status == 403 && !body.contains("secret"), "{hidden}: {status} {body}");
    }
}

fn records_are_there(home: &Home) {
    let sites = home.json(&["site", "list", "web"]);
    let named = |name: &str| -> &Value {
        sites.iter().find(|site| text(site, "name") == name).unwrap_or_else(|| panic!("{name}"))
    };
    assert_eq!(text(named("static.example.com"), "status"), "active");
    assert_eq!(text(&named("php.example.com")["fields"], "kind"), "php");
    let packages = home.json(&["package", "list", "web"]);
    let kinds: Vec<&str> = packages.iter().map(|package| text(package, "type")).collect();
    for kind in ["nginx", "php", "site", "static-html", "php-page"] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
    let taken = home.run(&["site", "add", "web", "www.static.example.com"]).expect(2);
    assert!(taken.err.contains("static.example.com"), "{}", taken.err);
    home.run(&["nginx", "remove", "web", "--yes"]).expect(2);
    home.run(&["app-user", "remove", "web", "--yes"]).expect(2);
}

fn the_default_moves(home: &Home, host: &Host) {
    let default = |home: &Home| -> Vec<String> {
        let sites = home.json(&["site", "list", "web"]);
        let those = sites.iter().filter(|site| site["fields"]["default"] == true);
        those.map(|site| text(site, "name").to_owned()).collect()
    };
    for name in ["static.example.com", "php.example.com"] {
        home.run(&["site", "default", "web", name]).expect(0);
        let (status, body) = ask(host, "nobody.example.com", "/");
        assert!(status == 200 && body.contains(&format!("<h1>{name}</h1>")), "{body}");
        assert_eq!(default(home), [name], "exactly one is the default");
    }
    home.run(&["site", "edit", "web", "php.example.com", "--default=no"]).expect(0);
    assert!(ask(host, "nobody.example.com", "/").1.contains("No site here"));
    assert!(default(home).is_empty());
}

/// What its packages leave, and those that came with them and stay.
fn of_the_distribution(line: &str) -> bool {
    let names = ["/etc/magic", "/etc/magic.mime", "/etc/mime.types", "/run/php", "/var/www"];
    names.contains(&line) || line.starts_with("/var/www/html") || line.contains("logrotate")
}

fn removal_takes_everything(home: &Home, host: &Host, before: &str) {
    let asks = home.run(&["site", "remove", "web", "php.example.com", "--yes"]).expect(1);
    assert!(asks.err.contains("--answer files=stop|keep|delete"), "{}", asks.err);
    assert_eq!(ask(host, "php.example.com", "/").0, 200, "nothing was changed");
    let keep = ["--answer", "files=keep", "--answer", "logs=delete", "--yes"];
    home.run(&[&["site", "remove", "web", "php.example.com"], &keep[..]].concat()).expect(0);
    let (_, kept) =
        host.exec("find /var/backups/brokeforge -name index.php; rm -r /var/backups/brokeforge");
    assert!(kept.contains("/home/brokeforge/sites/php.example.com/public/index.php"), "{kept}");
    let delete = ["--answer", "files=delete", "--answer", "logs=delete", "--yes"];
    home.run(&[&["site", "remove", "web", "static.example.com"], &delete[..]].concat()).expect(0);
    assert!(ask(host, "static.example.com", "/").1.contains("No site here"));
    home.run(&["php", "remove", "web", "8.2", "--yes"]).expect(0);
    home.run(&["nginx", "remove", "web", "--yes"]).expect(0);
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let (before, after) = (lines(before), lines(&host.exec(TRACES).1));
    let left: Vec<&String> = after.iter().filter(|line| !before.contains(line)).collect();
    let left: Vec<&&String> = left.iter().filter(|line| !of_the_distribution(line)).collect();
    assert!(left.is_empty(), "{left:#?}");
    let packages = home.json(&["package", "list", "web"]);
    let kinds: Vec<&str> = packages.iter().map(|package| text(package, "type")).collect();
    assert!(kinds.iter().all(|kind| ["server", "app-user"].contains(kind)), "{kinds:?}");
}

#[test]
fn what_nginx_refuses_is_put_back() {
    let Some(host) = lab::host("refused") else { return };
    let home = Home::new();
    prepared(&home, &host);

    // a port that is taken is named before anything changes
    let squat = "systemd-run -q --unit=squatter perl -MIO::Socket::INET -e \
                 '@kept = IO::Socket::INET->new(Listen => 1, LocalPort => 80); sleep 600'";
    assert_eq!(host.exec(squat), (0, String::new()));
    lab::until("something on port 80", Duration::from_secs(10), || {
        host.exec("ss -Hltn sport = :80").1.contains(":80")
    });
    let refused = home.run(&["nginx", "add", "web"]).expect(1);
    assert!(refused.err.contains("Port 80 is in use by perl"), "{}", refused.err);
    assert_ne!(host.exec("dpkg -s nginx").0, 0, "nothing was installed");
    host.exec("systemctl stop squatter");
    home.run(&["nginx", "retry", "web"]).expect(0);

    home.run(&["site", "add", "web", "a.example.com"]).expect(0);
    let state = "sha256sum /etc/nginx/sites-available/* /etc/nginx/sites-enabled/*; \
                 ls /etc/nginx/sites-available /etc/nginx/sites-enabled /var/lib/brokeforge";
    let before = host.exec(state).1;

    // a person's own template that nginx does not take
    let own = home.path().join("fleet/config/templates/nginx");
    std::fs::create_dir_all(&own).unwrap();
    std::fs::write(own.join("site.conf"), "server {\n    nonsense on;\n}\n").unwrap();
    let failed = home.run(&["site", "edit", "web", "a.example.com", "--alias", "b.example.com"]);
    let failed = failed.expect(1);
    assert!(failed.err.contains("unknown directive \"nonsense\""), "{}", failed.err);
    assert!(failed.err.contains("has been put back"), "{}", failed.err);
    assert_eq!(host.exec(state).1, before, "what was there before is there again");
    assert_eq!(host.exec("nginx -t").0, 0);
    assert_eq!(ask(&host, "a.example.com", "/").0, 200);
    std::fs::remove_file(own.join("site.conf")).unwrap();
    home.run(&["site", "retry", "web", "a.example.com"]).expect(0);
    assert_eq!(ask(&host, "b.example.com", "/").0, 200);

    // a person's own part that nginx does not take is named, and nothing is built upon it
    let custom = "/etc/nginx/sites-available/a.example.com.custom.conf";
    host.exec(&format!("echo 'more nonsense;' >>{custom}"));
    let refused = home.run(&["site", "add", "web", "c.example.com"]).expect(1);
    assert!(refused.err.contains("a.example.com.custom.conf"), "{}", refused.err);
    host.exec(&format!("echo 'add_header X-Own yes;' >{custom}"));
    home.run(&["site", "retry", "web", "c.example.com"]).expect(0);
    let (_, kept) = host.exec(&format!("cat {custom}"));
    assert_eq!(kept, "add_header X-Own yes;\n", "never touched");

    // what was edited by hand is asked about, and kept
    host.exec("echo '# by hand' >>/etc/nginx/sites-available/c.example.com.conf");
    let asks = home.run(&["site", "edit", "web", "c.example.com", "--alias", "d.example.com"]);
    assert!(asks.expect(1).err.contains("edited by hand"));
    let replace = ["site", "retry", "web", "c.example.com", "--answer", "vhost-edited=replace"];
    home.run(&replace).expect(0);
    let (_, copy) = host.exec("grep -rl 'by hand' /var/backups/brokeforge");
    assert!(copy.contains("c.example.com.conf"), "{copy}");

    // killed in the middle of a change: the next one begins by putting back
    host.exec(
        "d=/var/lib/brokeforge/undo-nginx; mkdir $d; f=/etc/nginx/sites-available/a.example.com.conf; \
         cp -a $f $d/1; echo \"1 $f\" >$d/list; echo half >$f",
    );
    home.run(&["site", "edit", "web", "c.example.com", "--alias", "e.example.com"]).expect(0);
    assert_eq!(host.exec("nginx -t").0, 0, "an unfinished change was put back");
    assert_eq!(ask(&host, "b.example.com", "/").0, 200);
}
