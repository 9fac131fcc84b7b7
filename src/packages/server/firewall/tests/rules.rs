//! Blocks, files and the evaluator, against what ufw and the kernel told on a real host.

use super::*;

/// The block that ufw wrote with these words, without a comment of its own.
fn golden(file: &str, words: &str) -> String {
    let text = file.split("\n### tuple ###").find(|part| part.starts_with(&format!(" {words}")));
    let text = text.unwrap().split("\n\n### END").next().unwrap();
    format!("\n### tuple ###{}\n", text.trim_end_matches('\n'))
}

/// Ours carries a comment always; what ufw was not given is taken out of the comparison.
fn uncommented(text: &str) -> String {
    let mut lines = text.lines().map(|line| match line.split_once(" comment=") {
        Some((line, _)) => format!("{line}\n"),
        None => format!("{line}\n"),
    });
    lines.by_ref().collect()
}

#[test]
fn blocks_are_ufws_own_byte_for_byte() {
    let named = RuleSpec { name: Some("SSH".into()), ..allow(22) };
    assert_eq!(blocks(rule(1), &named, Family::V4), [golden(GOLDEN4, "allow tcp 22 ")]);
    assert_eq!(blocks(rule(1), &named, Family::V6), [golden(GOLDEN6, "allow tcp 22 ")]);
    let net = |text: &str| Some(text.parse().unwrap());
    let office = RuleSpec { from: net("10.0.0.0/8"), name: Some("office".into()), ..allow(5432) };
    assert_eq!(blocks(rule(2), &office, Family::V4), [golden(GOLDEN4, "allow tcp 5432 ")]);
    assert!(blocks(rule(2), &office, Family::V6).is_empty());
    let dns = spec(RuleAction::Allow, (53, 53), Protocol::Any);
    let dns = RuleSpec { name: Some("dns".into()), ..dns };
    assert_eq!(blocks(rule(3), &dns, Family::V4), [golden(GOLDEN4, "allow any 53 ")]);
    let range = spec(RuleAction::Allow, (8000, 8010), Protocol::Tcp);
    assert_eq!(blocks(rule(4), &range, Family::V4), [golden(GOLDEN4, "allow tcp 8000:8010 ")]);
    assert_eq!(blocks(rule(4), &range, Family::V6), [golden(GOLDEN6, "allow tcp 8000:8010 ")]);
    use Protocol::{Any, Tcp, Udp};
    use RuleAction::{Allow, Deny, Reject};
    let cases = [
        (Family::V4, Deny, (80, 80), Tcp, Some("10.1.2.3/32"), None, "deny tcp 80 "),
        (Family::V4, Reject, (25, 25), Tcp, None, None, "reject tcp 25 "),
        (Family::V6, Reject, (25, 25), Tcp, None, None, "reject tcp 25 "),
        (Family::V4, Reject, (26, 26), Udp, None, None, "reject udp 26 "),
        (Family::V4, Reject, (27, 27), Any, None, None, "reject any 27 "),
        (Family::V6, Reject, (27, 27), Any, None, None, "reject any 27 "),
        (Family::V6, Allow, (443, 443), Tcp, Some("fd00:1::/32"), None, "allow tcp 443 "),
        (Family::V4, Allow, (123, 123), Udp, None, Some("10.213.1.10/32"), "allow udp 123 "),
        (
            Family::V6,
            Deny,
            (444, 444),
            Tcp,
            Some("2001:db8::1/128"),
            Some("fdbf:213:0:1::a/128"),
            "deny tcp 444 ",
        ),
        (
            Family::V4,
            Reject,
            (9000, 9000),
            Any,
            Some("10.0.0.0/8"),
            Some("10.213.1.10/32"),
            "reject any 9000 ",
        ),
        (Family::V4, Reject, (9001, 9001), Tcp, Some("10.0.0.0/8"), None, "reject tcp 9001 "),
        (
            Family::V4,
            Allow,
            (9002, 9010),
            Tcp,
            Some("10.0.0.0/8"),
            Some("10.213.1.0/24"),
            "allow tcp 9002:9010 ",
        ),
    ];
    for (family, action, ports, protocol, from, to, words) in cases {
        let file = if family == Family::V4 { GOLDEN4 } else { GOLDEN6 };
        let spec = RuleSpec {
            from: from.and_then(net),
            to: to.and_then(net),
            ..spec(action, ports, protocol)
        };
        let ours: String = blocks(rule(9), &spec, family).concat();
        assert_eq!(uncommented(&ours), uncommented(&golden(file, words)), "{words}");
    }
}

#[test]
fn a_range_for_both_transports_is_two_tuples() {
    let both = blocks(rule(1), &spec(RuleAction::Allow, (60, 70), Protocol::Any), Family::V4);
    assert_eq!(both.len(), 2);
    assert!(both.iter().all(|block| !block.contains(" any 60:70")));
}

#[test]
fn a_comment_holds_what_ufw_can_hold() {
    assert_eq!(comment(rule(1), Some("Bö's \"x\"\u{1b}[0m")), "bf:r-000000000001 Bö’s \"x\"[0m");
    assert_eq!(comment(rule(1), None), "bf:r-000000000001");
    assert_eq!(comment(rule(1), Some(&"x".repeat(300))).len(), 80);
}

#[test]
fn a_file_survives_being_read() {
    for (text, family) in [(GOLDEN4, Family::V4), (GOLDEN6, Family::V6)] {
        let file = RulesFile::parse(text, family).unwrap();
        assert_eq!(file.text(), text);
        assert_eq!(
            file.blocks.iter().filter(|block| block.owner.is_some()).count(),
            if family == Family::V4 { 4 } else { 3 }
        );
    }
    let untouched =
        "*filter\n:ufw-user-input - [0:0]\n### RULES ###\n-A ufw-user-limit -j REJECT\nCOMMIT\n";
    assert_eq!(RulesFile::parse(untouched, Family::V4), Ok(RulesFile::fresh(Family::V4)));
    assert!(
        RulesFile::parse("*filter\n-A ufw-user-input -j ACCEPT\nCOMMIT\n", Family::V4).is_err()
    );
    assert!(RulesFile::parse("", Family::V4).is_err());
    // cut in the middle of a line, as a full disk leaves it
    assert!(RulesFile::parse(&GOLDEN4[..GOLDEN4.find("9002").unwrap()], Family::V4).is_err());
}

#[test]
fn the_kernel_tells_the_lines_of_the_file() {
    let kernel = Ruleset::parse(KERNEL4);
    let file = RulesFile::parse(GOLDEN4, Family::V4).unwrap();
    let mut own = Ruleset::default();
    file.lines(Family::V4).into_iter().for_each(|(_, line)| own.append(line));
    let (own, told) = (&own.chains["ufw-user-input"].rules, &kernel.chains["ufw-user-input"].rules);
    assert_eq!(own.len(), told.len());
    let differ: Vec<_> =
        own.iter().zip(told).filter(|(a, b)| !a.same(b)).map(|(a, _)| &a.text).collect();
    // only what `-m recent` fills in
    assert!(differ.iter().all(|text| text.contains("-m recent")), "{differ:?}");
}

fn packet(from: &str, to: &str, port: u16) -> Packet {
    Packet { from: from.parse().unwrap(), to: to.parse().unwrap(), port }
}

#[test]
fn a_real_ruleset_is_walked() {
    let kernel = Ruleset::parse(KERNEL4);
    let at = |from, port| ruling(&kernel, &packet(from, "10.213.1.10", port));
    assert!(matches!(at("192.0.2.1", 22), Ruling::Admitted(by) if by.contains("--dport 22 ")));
    assert!(matches!(at("192.0.2.1", 5432), Ruling::Refused(by) if by.contains("policy of INPUT")));
    assert!(matches!(at("10.9.9.9", 5432), Ruling::Admitted(_)));
    assert!(matches!(at("10.1.2.3", 80), Ruling::Refused(by) if by.contains("10.1.2.3")));
    assert!(matches!(at("10.1.2.3", 25), Ruling::Refused(by) if by.contains("REJECT")));
    assert!(matches!(at("10.1.2.3", 2222), Ruling::Unsure(by) if by.contains("recent")));
    assert!(matches!(at("10.1.2.3", 7000), Ruling::Unsure(by) if by.contains("-i eth0")));
    let kernel = Ruleset::parse(KERNEL6);
    let at = |port| ruling(&kernel, &packet("2001:db8::1", "fdbf:213:0:1::a", port));
    assert!(matches!(at(22), Ruling::Admitted(_)));
    assert!(matches!(at(444), Ruling::Refused(_)));
}

proptest! {
    #[test]
    fn a_merge_keeps_foreign_bytes_and_orders_ours(
        file in prop::collection::vec((any::<bool>(), 0u8..8), 0..12),
        wanted in prop::collection::btree_map(0u8..8, prop::option::of(1u16..2000), 0..8),
    ) {
        let mut text = RulesFile::fresh(Family::V4);
        let mut seen = Vec::new();
        for (i, (ours, id)) in file.iter().enumerate() {
            if *ours && seen.contains(id) { continue }
            if *ours { seen.push(*id); }
            let mut body = blocks(rule(*id), &allow(3000 + u16::try_from(i).unwrap()), Family::V4).concat();
            if !ours { body = uncommented(&body); }
            let all = text.text();
            let (head, foot) = all.split_once("\n### END RULES").unwrap();
            text = RulesFile::parse(&format!("{head}{body}\n### END RULES{foot}"), Family::V4).unwrap();
        }
        let foreign = |file: &RulesFile| -> Vec<String> {
            file.blocks.iter().filter(|b| b.owner.is_none_or(|id| !wanted.keys().any(|k| rule(*k) == id)))
                .map(|b| b.text.clone()).collect()
        };
        let before = foreign(&text);
        let order: Vec<_> = wanted.iter().map(|(id, port)| (rule(*id), port.map(allow))).collect();
        let had: Vec<_> = text.blocks.iter().filter_map(|b| b.owner).collect();
        text.place(Family::V4, &order);
        prop_assert_eq!(foreign(&text), before);
        let ours: Vec<_> = text.blocks.iter().filter_map(|b| b.owner)
            .filter(|id| wanted.keys().any(|k| rule(*k) == *id)).collect();
        let expected: Vec<_> = order.iter().filter(|(id, spec)| spec.is_some() || had.contains(id)).map(|(id, _)| *id).collect();
        prop_assert_eq!(ours, expected);
        let again = { let mut again = text.clone(); again.place(Family::V4, &order); again };
        prop_assert_eq!(again.text(), text.text());
        prop_assert_eq!(RulesFile::parse(&text.text(), Family::V4).unwrap(), text);
    }

    #[test]
    fn the_evaluator_agrees_with_a_plain_list(
        rules in prop::collection::vec((0u8..3, 1u16..6, 0u16..3, prop::option::of(0u8..4)), 0..12),
        port in 1u16..8, from in 0u8..4, drop in any::<bool>(),
    ) {
        let mut text = format!("-P INPUT {}\n-N own\n", if drop { "DROP" } else { "ACCEPT" });
        let mut expected = !drop;
        let mut decided = false;
        for (i, (action, first, more, net)) in rules.iter().enumerate() {
            let target = ["ACCEPT", "DROP", "RETURN"][usize::from(*action)];
            // every second rule through a chain of its own
            let source = net.map(|n| format!("-s 10.0.0.{n}/32 ")).unwrap_or_default();
            let line = format!("{source}-p tcp -m multiport --dports {first}:{}", first + more);
            if i % 2 == 0 {
                let _ = writeln!(text, "-A INPUT {line} -j {target}");
            } else {
                let _ = writeln!(text, "-N c{i}\n-A INPUT {line} -j c{i}\n-A c{i} -m conntrack --ctstate NEW -j {target}");
            }
            let hit = (*first..=first + more).contains(&port) && net.is_none_or(|n| n == from);
            if hit && !decided {
                match (target, i % 2) {
                    ("ACCEPT", _) => { expected = true; decided = true; }
                    ("DROP", _) => { expected = false; decided = true; }
                    // out of the built-in chain to its policy; out of one's own only back
                    (_, 0) => { expected = !drop; decided = true; }
                    _ => {}
                }
            }
        }
        let found = ruling(&Ruleset::parse(&text), &packet(&format!("10.0.0.{from}"), "10.9.9.9", port));
        let admitted = matches!(found, Ruling::Admitted(_));
        prop_assert!(!matches!(found, Ruling::Unsure(_)));
        prop_assert_eq!(admitted, expected, "{}", text);
    }

    #[test]
    fn nothing_a_host_tells_upsets_the_parsers(text in "(-A |-P |-N |INPUT|own|-j|-s|!|\"|'|\\\\|10.0.0.1|--dport|:|,|\n| |é){0,60}") {
        let _ = ruling(&Ruleset::parse(&text), &packet("10.0.0.1", "10.0.0.2", 22));
        let _ = RulesFile::parse(&text, Family::V4);
    }
}

#[test]
fn a_maze_of_unclear_rules_ends() {
    let mut text = "-P INPUT DROP\n".to_owned();
    for i in 0..30_000 {
        let _ = writeln!(text, "-A INPUT -m set --match-set s{i} src -j DROP");
    }
    let found = ruling(&Ruleset::parse(&text), &packet("10.0.0.1", "10.0.0.2", 22));
    assert!(matches!(found, Ruling::Unsure(_)));
}
