use super::*;
use crate::domain::input::Verdict;

fn told(line: &str) -> String {
    match parse(line) {
        Verdict::Ok(rule) => format!("ok {rule}"),
        Verdict::Fix(rule, why) => {
            assert!(why.ends_with('.'), "{why}");
            format!("fix {rule}")
        }
        Verdict::Warn(rule, why) => {
            assert!(why.ends_with('.'), "{why}");
            format!("warn {rule}")
        }
        Verdict::No(why) => {
            assert!(why.ends_with('.') && !why.chars().any(char::is_control), "{why}");
            "no".into()
        }
    }
}

#[test]
fn sentences() {
    let rows = [
        ("allow 22", "ok allow 22"),
        ("allow 22/tcp", "ok allow 22/tcp"),
        ("deny 53/udp", "ok deny 53/udp"),
        ("reject 8000:8010/tcp", "ok reject 8000:8010/tcp"),
        ("allow 5432/tcp from 10.0.0.0/8 # office", "ok allow 5432/tcp from 10.0.0.0/8 # office"),
        (
            "allow 443 from 2001:db8::/32 to 2001:db8::7",
            "ok allow 443 from 2001:db8::/32 to 2001:db8::7",
        ),
        ("allow 22 from any to any", "ok allow 22"),
        ("  allow   22/tcp  ", "ok allow 22/tcp"),
        ("allow 22#name", "ok allow 22 # name"),
        ("allow 22 # a # b", "ok allow 22 # a # b"),
        ("allow 22 # Büro (2nd floor)", "ok allow 22 # Büro (2nd floor)"),
        ("ALLOW 22/TCP FROM ANY", "fix allow 22/tcp"),
        ("allow ssh", "fix allow 22/tcp"),
        ("allow SSH", "fix allow 22/tcp"),
        ("allow postgres", "fix allow 5432/tcp"),
        ("allow dns", "fix allow 53"),
        ("allow ntp", "fix allow 123/udp"),
        ("allow http/udp", "fix allow 80/udp"),
        ("allow 22/any", "fix allow 22"),
        ("allow 80:80/tcp", "fix allow 80/tcp"),
        ("allow 80:80", "fix allow 80"),
        ("allow 3000-3005/tcp", "fix allow 3000:3005/tcp"),
        ("allow 22 from 0.0.0.0/0", "fix allow 22"),
        ("allow 22 from ::/0", "fix allow 22"),
        ("allow 22 to 192.0.2.1 from 10.0.0.0/8", "fix allow 22 from 10.0.0.0/8 to 192.0.2.1"),
        ("allow 22 from 192.0.2.1/32", "fix allow 22 from 192.0.2.1"),
        ("allow 22 from 10.0.0.5/8", "warn allow 22 from 10.0.0.0/8"),
        ("allow ssh from 10.0.0.5/8", "warn allow 22/tcp from 10.0.0.0/8"),
        ("deny 1:65535/udp", "ok deny 1:65535/udp"),
        ("deny 1:65535/tcp from 192.0.2.0/24", "ok deny 1:65535/tcp from 192.0.2.0/24"),
        ("allow 1:65535/tcp", "ok allow 1:65535/tcp"),
        ("", "no"),
        ("allow", "no"),
        ("22", "no"),
        ("limit ssh", "no"),
        ("accept 22", "no"),
        ("ufw allow 22", "no"),
        ("allow in 22", "no"),
        ("allow proto tcp from any to any port 22", "no"),
        ("allow 22 tcp", "no"),
        ("allow 22 on eth0", "no"),
        ("allow 22 comment x", "no"),
        ("allow 22/", "no"),
        ("allow 22/sctp", "no"),
        ("allow 22/tcp/udp", "no"),
        ("allow /tcp", "no"),
        ("allow esp", "no"),
        ("allow 80/esp", "no"),
        ("allow 80/gre", "no"),
        ("allow nosuchservice", "no"),
        ("allow 0", "no"),
        ("allow 65536", "no"),
        ("allow 022", "no"),
        ("allow -1", "no"),
        ("allow 80,443/tcp", "no"),
        ("allow 80, 443", "no"),
        ("allow 90:80/tcp", "no"),
        ("allow :80/tcp", "no"),
        ("allow 80:/tcp", "no"),
        ("allow 80::90/tcp", "no"),
        ("allow 8000:8010", "no"),
        ("allow 3000-3005", "no"),
        ("allow 8000:8010/any", "no"),
        ("deny 1:65535/tcp", "no"),
        ("reject 1-65535/tcp from any", "no"),
        ("allow 22 from", "no"),
        ("allow 22 from to 10.0.0.1", "no"),
        ("allow 22 from 10.0.0.0/33", "no"),
        ("allow 22 from example.com", "no"),
        ("allow 22 from 10.0.0.1 from 10.0.0.2", "no"),
        ("allow 22 from any from any", "no"),
        ("allow 22 from 10.0.0.0/8 to 2001:db8::7", "no"),
        ("allow 22 #", "no"),
        ("allow 22 # -x", "no"),
        ("allow 22 # r-0123456789ab", "no"),
        ("# name", "no"),
        ("allow 22\n", "no"),
        ("allow\t22", "no"),
        ("allow 22 # a\u{202e}b", "no"),
        ("allow 22; id", "no"),
        ("allow $(id)", "no"),
    ];
    let wrong: Vec<String> = rows
        .iter()
        .map(|(line, wanted)| (line, wanted, told(line)))
        .filter(|(_, wanted, got)| got != *wanted)
        .map(|(line, wanted, got)| {
            format!("{line:?}: wanted {wanted:?}, got {got:?}: {:?}", parse(line))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    let long = format!("allow 22 # {}", "x".repeat(2000));
    assert_eq!(told(&long), "no");
}

#[test]
fn the_word_in_question_is_pointed_at() {
    let rows = [
        ("allow 22/tcp form 10.0.0.0/8", Some("form")),
        ("permit 22", Some("permit")),
        ("allow", Some("allow")),
        ("allow 22 from", Some("from")),
        ("allow 99999/tcp", Some("99999/tcp")),
        ("allow 22 from 10.0.0.0/99", Some("10.0.0.0/99")),
        ("allow 22 from 10.0.0.0/8 to ::1", Some("::1")),
        ("allow 22 #  -x ", Some("-x")),
        ("allow 22 #", Some("#")),
        ("allow ssh # é", Some("ssh")),
        ("allow ssh from 10.0.0.5/8", Some("10.0.0.5/8")),
        ("allow 22 # a\u{200b}b", Some("\u{200b}")),
        ("allow 22", None),
        ("", None),
    ];
    for (line, wanted) in rows {
        let span = parse_detailed(line).span;
        assert_eq!(span.and_then(|s| line.get(s)), wanted, "{line}");
    }
    let Verdict::No(why) = parse("allow 22/tcp form 10.0.0.0/8") else { panic!() };
    assert!(why.starts_with("“form” at column 14 "), "{why}");
    let Verdict::Fix(_, why) = parse("allow postgres") else { panic!() };
    assert_eq!(why, "postgres is 5432/tcp.");
}

#[test]
fn service_names_are_unique_and_typed_as_they_stand() {
    for service in services::ALL {
        assert_eq!(services::find(service.name), Some(service), "{}", service.name);
        assert_eq!(service.name, service.name.to_ascii_lowercase());
        let rule = spec(&format!("allow {}", service.name));
        assert_eq!((rule.ports, rule.protocol), (Ports::one(service.port), service.protocol));
    }
}

#[test]
fn well_known_ports_are_described() {
    let about = |line: &str| {
        let rule = spec(line);
        describe(rule.ports, rule.protocol).unwrap_or_default()
    };
    assert_eq!(about("allow 5432/tcp"), "Port 5432 is usually PostgreSQL.");
    assert_eq!(about("allow 5432"), "Port 5432 is usually PostgreSQL.");
    assert_eq!(about("allow 53/udp"), "Port 53 is usually DNS.");
    assert_eq!(about("allow 5432/udp"), "");
    assert_eq!(about("allow 5433/tcp"), "");
    assert_eq!(about("allow 140:150/tcp"), "These ports take in IMAP (143).");
    assert!(about("allow 1:65535/tcp").ends_with(" more."));
}

#[test]
fn completion_offers_what_fits() {
    let context = Context {
        peer: Some("::ffff:192.0.2.9".parse().unwrap()),
        addresses: vec!["192.0.2.1".parse().unwrap()],
        networks: vec!["10.0.0.0/8".parse().unwrap()],
        listening: vec![(8443, "tcp".into()), (80, "tcp".into())],
    };
    let at_end = |line: &str| complete(line, line.len(), &context).join(" ");
    assert_eq!(at_end(""), "allow deny reject");
    assert_eq!(at_end("D"), "deny");
    assert_eq!(at_end("deny"), "");
    assert!(at_end("allow ").starts_with("ssh http https"));
    assert_eq!(at_end("allow po"), "postgres postgresql pop3 pop3s");
    assert_eq!(at_end("allow 8"), "8/tcp 8/udp 8443/tcp 80/tcp");
    assert_eq!(at_end("allow 22/"), "22/tcp 22/udp");
    assert_eq!(at_end("allow 22/u"), "22/udp");
    assert_eq!(at_end("allow 22 "), "from to #");
    assert_eq!(at_end("allow 22 f"), "from");
    assert_eq!(at_end("allow 22 from "), "192.0.2.9 any 10.0.0.0/8");
    assert_eq!(at_end("allow 22 from 1"), "192.0.2.9 10.0.0.0/8");
    assert_eq!(at_end("allow 22 from any "), "to #");
    assert_eq!(at_end("allow 22 to "), "any 192.0.2.1");
    assert_eq!(at_end("allow 22 to any "), "#");
    assert_eq!(at_end("allow 22 # na"), "");
    assert_eq!(
        complete("allow po from any", 8, &context),
        ["postgres", "postgresql", "pop3", "pop3s"]
    );
    assert!(complete("é", 1, &context).is_empty());
}
