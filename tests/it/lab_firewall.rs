//! The firewall on real hosts: what others put there, what reaches the ports while rules change,
//! drift, and hosts that are set up in unusual ways.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::process::Child;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::Value;

use crate::lab::{self, Host, until_seen};
use crate::lab_journey::{add, rules, text};
use crate::support::binary::{Done, Home, ended};

/// As a person would set it up before brokeforge came.
const UFW: &str = "apt-get -q -y install ufw >/tmp/apt 2>&1 || { cat /tmp/apt; exit 1; }";
/// For what a host does in seconds, also on a machine that is slow and busy.
const SOON: Duration = Duration::from_secs(240);

#[track_caller]
fn does(host: &Host, script: &str) -> String {
    let (code, said) = host.exec(&format!("set -e\n{script}"));
    assert_eq!(code, 0, "{script}\n{said}");
    said
}

/// ufw's files without our rules, and the kernel's without ufw's chains.
fn of_others(host: &Host) -> String {
    let files = ["user.rules", "user6.rules"]
        .map(|file| without_ours(&does(host, &format!("cat /etc/ufw/{file}"))));
    let kernel = does(
        host,
        "for exe in iptables ip6tables; do $exe-save | \
         grep -vE -e '^#' -e '^:(INPUT|OUTPUT|FORWARD) ' -e '^(:|-A )ufw6?-[a-z-]*(input|output|forward|deny|allow|limit|local|accept) ' -e '^-A (INPUT|OUTPUT|FORWARD) -j ufw'; \
         done | sed 's/ \\[.*\\]$//'",
    );
    files.concat() + &kernel
}

fn without_ours(file: &str) -> String {
    let mut parts = file.split("\n### tuple ###");
    let mut rest = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (tuple, _) = part.split_once('\n').unwrap();
        if tuple.contains(" comment=62663a") {
            // what stands behind the last of all
            rest.push_str(part.find("\n\n").map_or("", |end| &part[end + 1..]));
        } else {
            rest.push_str("\n### tuple ###");
            rest.push_str(part);
        }
    }
    rest
}

/// The places of our rules by the port that makes each its own, as the kernel has them.
fn kernel_order(host: &Host, exe: &str, chain: &str) -> Vec<String> {
    let said = does(host, &format!("{exe} -S {chain}"));
    let ports = said.lines().filter_map(|line| line.split_once("--dport ")?.1.split(' ').next());
    ports.filter(|port| port.starts_with("61")).map(str::to_owned).collect()
}

#[test]
fn rules_of_others_stay_byte_for_byte() {
    let Some(host) = lab::host("others") else { return };
    let home = Home::new();
    add(&home, &host).expect(0);
    does(&host, UFW);
    does(
        &host,
        r#"ufw deny from ${SSH_CLIENT%% *} to any port 22 proto tcp
           ufw limit 2222/tcp comment 'not so often'
           ufw deny from 203.0.113.0/24 comment '"them" in Köln'
           ufw allow from 2001:db8::/32 to any port 53 proto udp
           ufw route allow in on eth0 out on eth1 to 10.9.0.0/16 port 80 proto tcp
           for exe in iptables ip6tables; do
               $exe -N f2b-sshd
               $exe -I INPUT -p tcp -m multiport --dports 22 -j f2b-sshd
               $exe -A f2b-sshd -j RETURN
               $exe -N DOCKER-USER; $exe -I FORWARD -j DOCKER-USER
               $exe -N ufw-docker-logging-deny; $exe -A ufw-docker-logging-deny -j DROP
               $exe -A DOCKER-USER -p tcp --dport 99 -j ufw-docker-logging-deny
           done
           iptables -I f2b-sshd -s 203.0.113.9/32 -j REJECT
           iptables -t nat -N DOCKER
           iptables -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
           iptables -t nat -A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80"#,
    );
    let before = of_others(&host);

    // what waits in a firewall that is off is looked at before it comes into force
    let done = home.run(&["firewall", "enable", "web"]).expect(1);
    assert!(done.err.contains("lock you out") && done.err.contains("deny 22/tcp"), "{}", done.err);
    assert_eq!(of_others(&host), before);
    does(&host, "ufw delete deny from ${SSH_CLIENT%% *} to any port 22 proto tcp");

    let mut before = of_others(&host);
    let run = |arguments: &[&str], before: &str| -> Done {
        let done = home.run(arguments).expect(0);
        assert_eq!(of_others(&host), before, "{arguments:?}");
        done
    };
    let done = run(&["firewall", "enable", "web"], &before);
    assert!(done.out.contains("container ports") && done.out.contains("8080"), "{}", done.out);
    does(&host, "iptables -A DOCKER-USER -j ufw-user-forward");
    run(&["rule", "add", "web", "allow 6101/tcp # Büro Köln"], &of_others(&host));
    let done =
        run(&["rule", "add", "web", "allow 6102/tcp from 203.0.113.4 # late"], &of_others(&host));
    assert!(done.err.contains("never match"), "shadowed by a rule of others: {}", done.err);

    // others go on with it
    does(&host, "ufw insert 1 deny from 203.0.113.77; ufw allow 9000/tcp comment after");
    before = of_others(&host);
    run(&["rule", "add", "web", "deny 6101/tcp from 198.51.100.0/24 # it's \"x\""], &before);
    run(&["rule", "add", "web", "allow 6103/udp # first", "--at", "1"], &before);
    run(&["rule", "add", "web", "allow 6101/tcp from 198.51.100.7 # too late"], &before);
    let list = home.run(&["rule", "list", "web"]).expect(0).out;
    let marked: Vec<&str> = list.lines().filter(|line| line.contains("never matches")).collect();
    assert_eq!(marked.len(), 2, "{list}");
    assert!(marked[0].contains("late") && marked[0].contains("203.0.113.0/24"), "{list}");
    assert!(marked[1].contains("too late") && marked[1].contains("6101"), "{list}");
    let active = |line: &str| (line.to_owned(), "active".to_owned(), "active".to_owned());
    assert_eq!(
        rules(&home),
        [
            active("allow 6103/udp # first"),
            active("allow 22/tcp # SSH"),
            active("deny 6101/tcp from 198.51.100.0/24 # it's \"x\""),
            active("allow 6101/tcp # Büro Köln"),
            active("allow 6102/tcp from 203.0.113.4 # late"),
            active("allow 6101/tcp from 198.51.100.7 # too late"),
        ]
    );
    assert_eq!(
        kernel_order(&host, "iptables", "ufw-user-input"),
        ["6103", "6101", "6101", "6102", "6101"]
    );
    assert_eq!(kernel_order(&host, "ip6tables", "ufw6-user-input"), ["6103", "6101"]);
    let status = does(&host, "ufw status");
    assert!(status.contains("Büro Köln") && status.contains("it’s \"x\""), "{status}");
    let shown = home.run(&["firewall", "show", "web"]).expect(0).out;
    assert!(
        shown.contains("limit tcp 2222") && shown.contains("allow 9000/tcp # after"),
        "{shown}"
    );

    run(&["rule", "edit", "web", "Büro Köln", "allow 6104/tcp # Büro Köln"], &before);
    run(&["rule", "remove", "web", "it's \"x\""], &before);
    assert_eq!(kernel_order(&host, "iptables", "ufw-user-input"), ["6103", "6104", "6102", "6101"]);
    run(&["firewall", "disable", "web"], &before);
    run(&["firewall", "enable", "web"], &before);
    assert_eq!(kernel_order(&host, "iptables", "ufw-user-input"), ["6103", "6104", "6102", "6101"]);
    // a chain of ours to which others jump does not stand in the way of a repair
    does(&host, "iptables -D INPUT -j ufw-after-input");
    run(&["firewall", "enable", "web"], &of_others(&host));
}

/// What a port's probes saw.
#[derive(Default)]
struct Seen {
    open: AtomicU64,
    shut: AtomicU64,
}

fn probe(address: SocketAddr, limit: Duration, stop: &AtomicBool, seen: &Seen) {
    while !stop.load(Ordering::Relaxed) {
        let count = match TcpStream::connect_timeout(&address, limit) {
            Ok(_) => &seen.open,
            Err(e) if e.kind() == io::ErrorKind::AddrNotAvailable => continue,
            Err(_) => &seen.shut,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn no_port_opens_or_closes_while_rules_are_edited() {
    let Some(host) = lab::host("probed") else { return };
    let home = Home::new();
    add(&home, &host).expect(0);
    home.run(&["firewall", "enable", "web"]).expect(0);
    home.run(&["rule", "add", "web", "allow 6101/tcp # open"]).expect(0);
    // turned away at once, so that it is asked often enough to see the shortest gap
    home.run(&["rule", "add", "web", "reject 6102/tcp # shut"]).expect(0);
    does(
        &host,
        r#"systemd-run -q --unit=listen python3 -c '
import selectors, socket
s = selectors.DefaultSelector()
for port in 6101, 6102, 6103:
    l = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=4096)
    s.register(l, 1)
while True:
    for key, _ in s.select():
        key.fileobj.accept()[0].close()'"#,
    );
    // Every packet for which the user chain has no rule for an instant is counted here: a client's
    // timeout cannot tell a gap from a machine that is busy.
    does(
        &host,
        "for exe in iptables ip6tables; do for port in 6101 6102; do \
         $exe -A INPUT -p tcp --dport $port -j DROP; done; done",
    );
    let families: [SocketAddr; 2] = [(host.v4, 0).into(), (host.v6, 0).into()];
    let targets: Vec<(SocketAddr, Seen)> = families
        .iter()
        .flat_map(|address| [6101, 6102, 6103].map(|port| SocketAddr::new(address.ip(), port)))
        .map(|address| (address, Seen::default()))
        .collect();
    until_seen("the listener", SOON, || {
        match TcpStream::connect_timeout(&targets[0].0, Duration::from_secs(5)) {
            Ok(_) => Ok(()),
            Err(error) => Err(format!("{error}\n{}", host.exec("systemctl status listen").1)),
        }
    });
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for (address, seen) in &targets {
            // What falls through is counted on the host. Here a first packet may be lost for other
            // reasons (a source port that comes round while the host still remembers it), and is
            // sent again after one, two, four seconds and so on.
            let limit = Duration::from_millis(if address.port() == 6101 { 60_000 } else { 100 });
            let stop = &stop;
            scope.spawn(move || probe(*address, limit, stop, seen));
        }
        let edit = |arguments: &[&str]| home.run(arguments);
        let edits = [
            edit(&["rule", "add", "web", "deny 6104/tcp # other", "--at", "1"]),
            edit(&["rule", "edit", "web", "other", "allow 6105/tcp from 10.0.0.0/8 # other"]),
            edit(&["rule", "edit", "web", "open", "allow 6101/tcp # still open"]),
            edit(&["rule", "edit", "web", "shut", "reject 6102 # shut"]),
            edit(&["rule", "remove", "web", "other"]),
        ];
        stop.store(true, Ordering::Relaxed);
        for done in edits {
            done.expect(0);
        }
    });
    let fell = does(
        &host,
        "for exe in iptables ip6tables; do $exe -L INPUT -nvx | grep -E 'dpt:610[12]'; done",
    );
    let packets: Vec<&str> = fell.lines().filter_map(|l| l.split_whitespace().next()).collect();
    assert_eq!(packets, ["0"; 4], "{fell}");
    for (address, seen) in &targets {
        let (open, shut) = (seen.open.load(Ordering::Relaxed), seen.shut.load(Ordering::Relaxed));
        let _ = io::Write::write_fmt(
            &mut io::stderr(),
            format_args!("{address}: open {open}, shut {shut}\n"),
        );
        match address.port() {
            6101 => assert!(open > 0 && shut == 0, "{address}: open {open}, shut {shut}"),
            _ => assert!(open == 0 && shut > 0, "{address}: open {open}, shut {shut}"),
        }
    }
}

/// How our rules stand by the last look, in their order.
fn actual(home: &Home) -> Vec<String> {
    home.run(&["firewall", "check", "web"]).expect(0);
    rules(home).into_iter().map(|(_, _, actual)| actual).collect()
}

/// Another controller that holds the host, so that what was planned waits there.
fn hold(host: &Host) {
    does(host, "printf 'c-000000000000 o-000000000000 %s\n' $(date +%s) >/run/brokeforge/lock");
    does(host, "systemd-run -q --unit=brokeforge-o-000000000000-0 sleep 600");
}

fn release(host: &Host) {
    does(host, "systemctl stop brokeforge-o-000000000000-0; rm /run/brokeforge/lock");
}

/// Waits until the latest operation has its plan and waits for the one that holds the host.
fn waits_on_host(home: &Home, child: &mut Child) {
    until_seen("a run that waits on the host", SOON, || {
        assert!(child.try_wait().unwrap().is_none(), "it did not wait");
        let last = &home.json(&["operation", "list"])[0];
        let shown = home.run(&["operation", "show", text(last, "id")]).expect(0).out;
        if shown.contains("another brokeforge") { Ok(()) } else { Err(shown) }
    });
}

#[test]
fn drift_is_seen_and_mended() {
    let Some(host) = lab::host("drift") else { return };
    let home = Home::new();
    add(&home, &host).expect(0);
    home.run(&["firewall", "enable", "web"]).expect(0);
    home.run(&["rule", "add", "web", "allow 6101/tcp # one"]).expect(0);
    home.run(&["rule", "add", "web", "allow 6102/tcp # two"]).expect(0);
    assert_eq!(actual(&home), ["active", "active", "active"]);

    // by number, in one family: 1 to 3 are IPv4's
    does(&host, "ufw --force delete 2");
    assert_eq!(actual(&home), ["active", "differs", "active"]);
    does(&host, "ufw delete allow 6101/tcp");
    assert_eq!(actual(&home), ["active", "missing", "active"]);
    home.run(&["rule", "edit", "web", "one", "allow 6101/tcp # one"]).expect(0);
    assert_eq!(actual(&home), ["active", "active", "active"]);

    // a comment of one's own makes it one's own rule
    does(&host, "ufw allow 6102/tcp comment mine");
    assert_eq!(actual(&home), ["active", "active", "missing"]);
    does(&host, "ufw delete allow 6102/tcp");
    home.run(&["firewall", "enable", "web"]).expect(0);
    assert_eq!(actual(&home), ["active", "active", "active"]);

    // in the kernel alone
    does(&host, "iptables -D ufw-user-input -p tcp --dport 6101 -j ACCEPT");
    assert_eq!(actual(&home), ["active", "differs", "active"]);
    home.run(&["firewall", "enable", "web"]).expect(0);

    does(&host, "iptables -P INPUT ACCEPT; iptables -F");
    assert_eq!(actual(&home), ["off", "off", "off"]);
    let shown = home.run(&["firewall", "show", "web"]).expect(0).out;
    assert!(shown.contains("somebody flushed"), "{shown}");
    home.run(&["firewall", "enable", "web"]).expect(0);
    assert_eq!(actual(&home), ["active", "active", "active"]);

    // somebody is faster
    hold(&host);
    let mut slow = home.command(&["rule", "edit", "web", "one", "allow 6103/tcp # one"]);
    let mut slow = home.spawn(&mut slow);
    waits_on_host(&home, &mut slow);
    does(&host, "ufw allow 9000/tcp");
    let theirs = does(&host, "cat /etc/ufw/*.rules; iptables -S; ip6tables -S");
    release(&host);
    let done = ended(slow).expect(1);
    assert!(done.err.contains("Somebody changed the firewall in between"), "{}", done.err);
    assert_eq!(does(&host, "cat /etc/ufw/*.rules; iptables -S; ip6tables -S"), theirs);
    let (line, status, _) = rules(&home).remove(1);
    assert_eq!((line.as_str(), status.as_str()), ("allow 6101/tcp # one", "active"));
    let last = text(&home.json(&["operation", "list"])[0], "id").to_owned();
    home.run(&["operation", "retry", &last]).expect(0);
    assert_eq!(rules(&home)[1].0, "allow 6103/tcp # one");
    assert_eq!(actual(&home), ["active", "active", "active"]);
}

#[test]
fn five_hundred_rules_and_a_held_lock() {
    let Some(host) = lab::host("many") else { return };
    let home = Home::new();
    add(&home, &host).expect(0);

    // no way to the packages: it says so, and nothing is there
    does(
        &host,
        "echo 'Acquire::http::Proxy \"http://127.0.0.1:9\"; Acquire::Retries 0;' >/etc/apt/apt.conf.d/99gone",
    );
    let done = home.run(&["firewall", "enable", "web"]).expect(1);
    assert!(done.err.contains("127.0.0.1"), "{}", done.err);
    assert!(host.exec("command -v ufw").0 != 0);
    does(&host, "rm /etc/apt/apt.conf.d/99gone");

    // somebody else installs something
    does(
        &host,
        r#"systemd-run -q --unit=held perl -e '
            use Fcntl; open(F, ">>", "/var/lib/dpkg/lock-frontend") or die;
            my $all = pack("ssx4qql", F_WRLCK, 0, 0, 0, 0);
            fcntl(F, F_SETLK, $all) or die; open(G, ">", "/root/held"); sleep 600'"#,
    );
    host.until_inside("the lock is held", SOON, "systemctl status held; test -e /root/held");
    let waiting = home.spawn(&mut home.command(&["firewall", "enable", "web"]));
    let look = "tail -n 3 /var/lib/brokeforge/op/*/*/out /var/lib/brokeforge/op/*/*/err; \
                grep -r 'Waiting for cache lock' /var/lib/brokeforge/op";
    host.until_inside("apt waits", SOON, look);
    does(&host, "systemctl stop held");
    ended(waiting).expect(0);

    does(
        &host,
        r####"python3 - <<'END'
for file, chain, anywhere in ("user.rules", "ufw", "0.0.0.0/0"), ("user6.rules", "ufw6", "::/0"):
    path = "/etc/ufw/" + file
    text = open(path).read()
    rules = "".join(
        f"\n### tuple ### allow tcp {port} {anywhere} any {anywhere} in comment={b'a rule among many others'.hex()}\n"
        f"-A {chain}-user-input -p tcp --dport {port} -j ACCEPT\n"
        for port in range(20000, 20500))
    open(path, "w").write(text.replace("\n### END RULES", rules + "\n### END RULES"))
END
ufw reload"####,
    );
    home.run(&["rule", "add", "web", "allow 6101/tcp # one"]).expect(0);
    assert_eq!(kernel_order(&host, "ip6tables", "ufw6-user-input"), ["6101"]);
    let operation = &home.json(&["operation", "list"])[0];
    let shown = home.run(&["operation", "show", text(operation, "id")]).expect(0).out;
    let seconds = shown.lines().filter_map(|line| {
        line.split_once("exit status 0, ")?.1.strip_suffix(" s")?.parse::<f64>().ok()
    });
    let seconds: f64 = seconds.sum();
    // how long that may be is nothing for a test: here all hosts of all tests share two cores
    let _ = io::Write::write_fmt(&mut io::stderr(), format_args!("500 rules: {seconds} s\n"));
}

#[test]
fn ipv6_left_alone_and_a_full_disk() {
    let Some(host) = lab::host("odd") else { return };
    let home = Home::new();
    add(&home, &host).expect(0);
    does(&host, UFW);
    // over IPv6 we do not get in: else it would be missed as soon as ufw closes it
    does(&host, "ip -6 address flush scope global");
    does(
        &host,
        "sed -i 's/^IPV6=.*/IPV6=no/' /etc/default/ufw; ip6tables -A INPUT -s 2001:db8::9 -j DROP",
    );
    let state = "cat /etc/ufw/*.rules /etc/ufw/ufw.conf /etc/default/ufw; iptables -S; ip6tables -S; ls /etc/systemd/system";
    let before = does(&host, state);
    // ufw would flush what others have there
    let done = home.run(&["firewall", "enable", "web"]).expect(1);
    assert!(done.err.contains("IPV6=no") && done.err.contains("of others"), "{}", done.err);
    assert_eq!(does(&host, state), before);
    does(&host, "ip6tables -D INPUT -s 2001:db8::9 -j DROP");
    let done = home.run(&["firewall", "enable", "web"]).expect(0);
    assert!(done.out.contains("IPV6=no"), "{}", done.out);
    home.run(&["rule", "add", "web", "allow 6101/tcp # one"]).expect(0);
    let done =
        home.run(&["rule", "add", "web", "allow 6102/tcp from 2001:db8::/32 # six"]).expect(1);
    assert!(done.err.contains("IPV6=no"), "{}", done.err);
    home.run(&["rule", "remove", "web", "six"]).expect(0);
    assert_eq!(rules(&home).iter().map(|r| r.2.as_str()).collect::<Vec<_>>(), ["active", "active"]);

    does(
        &host,
        "cp -a /etc/ufw /root/ufw; mount -t tmpfs -o size=200k none /etc/ufw; cp -a /root/ufw/. /etc/ufw/; \
         head -c 120k /dev/zero >/etc/ufw/fill || true",
    );
    let before = does(&host, state);
    let done = home.run(&["rule", "add", "web", "allow 6103/tcp # more"]).expect(1);
    assert!(done.err.contains("bytes are free") && done.err.contains("/etc/ufw"), "{}", done.err);
    assert_eq!(does(&host, state), before);
    let error: &Value = &home.json(&["rule", "list", "web"])[2]["error"];
    assert!(text(error, "message").contains("bytes are free"), "{error}");
}
