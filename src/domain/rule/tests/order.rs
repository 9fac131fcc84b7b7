use std::net::IpAddr;

use super::*;

/// A packet of a universe small enough to try every one.
#[derive(Debug, Clone, Copy)]
struct Packet {
    from: IpAddr,
    to: IpAddr,
    port: u16,
    tcp: bool,
}

const PORTS: std::ops::RangeInclusive<u16> = 1..=4;

fn universe() -> Vec<Packet> {
    let v4 = ["0.0.0.0", "64.0.0.0", "128.0.0.0", "192.0.0.0"];
    let v6 = ["::", "4000::", "8000::", "c000::"];
    let mut all = Vec::new();
    for family in [v4, v6] {
        for from in family {
            for to in family {
                for port in PORTS {
                    for tcp in [true, false] {
                        let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
                        all.push(Packet { from, to, port, tcp });
                    }
                }
            }
        }
    }
    all
}

/// The plain reading of a rule, one condition after the other.
fn hits(rule: &RuleSpec, packet: &Packet) -> bool {
    (rule.ports.first..=rule.ports.last).contains(&packet.port)
        && match rule.protocol {
            Protocol::Tcp => packet.tcp,
            Protocol::Udp => !packet.tcp,
            Protocol::Any => true,
        }
        && rule.from.is_none_or(|net| net.contains(&packet.from))
        && rule.to.is_none_or(|net| net.contains(&packet.to))
}

/// Networks that the universe's addresses tell apart, whole families included: rules that were
/// found on a host are of one family without naming an address.
fn small_net() -> impl Strategy<Value = Option<ipnet::IpNet>> {
    let nets = [
        "0.0.0.0/0",
        "0.0.0.0/1",
        "128.0.0.0/1",
        "0.0.0.0/2",
        "64.0.0.0/2",
        "192.0.0.0/2",
        "::/0",
        "::/1",
        "8000::/1",
        "4000::/2",
        "c000::/2",
    ];
    let nets: Vec<ipnet::IpNet> = nets.iter().map(|n| n.parse().unwrap()).collect();
    proptest::option::of(proptest::sample::select(nets))
}

fn small_spec() -> impl Strategy<Value = RuleSpec> {
    (any_spec(), PORTS, PORTS, small_net(), small_net()).prop_map(|(rule, a, b, from, to)| {
        let to = match (from, to) {
            (Some(f), Some(t)) if f.addr().is_ipv4() != t.addr().is_ipv4() => None,
            _ => to,
        };
        RuleSpec { ports: Ports { first: a.min(b), last: a.max(b) }, from, to, name: None, ..rule }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn overlap_is_a_packet_that_both_match(a in small_spec(), b in small_spec()) {
        let wanted = universe().iter().any(|p| hits(&a, p) && hits(&b, p));
        prop_assert_eq!(overlaps(&a, &b), wanted, "{} | {}", a, b);
        prop_assert_eq!(overlaps(&b, &a), wanted);
    }

    #[test]
    fn covering_is_matching_all_that_the_other_does(a in small_spec(), b in small_spec()) {
        let mut packets = universe().into_iter().filter(|p| hits(&b, p));
        prop_assert_eq!(covers(&a, &b), packets.all(|p| hits(&a, &p)), "{} | {}", a, b);
        prop_assert!(covers(&a, &a));
    }

    #[test]
    fn a_new_deny_works_where_it_is_put(
        rule in small_spec(),
        existing in proptest::collection::vec(small_spec(), 0..6),
    ) {
        let place = place_new_deny(&rule, &existing);
        prop_assert!(place <= existing.len());
        if rule.action == RuleAction::Allow {
            prop_assert_eq!(place, existing.len());
        } else {
            for above in &existing[..place] {
                prop_assert!(above.action != RuleAction::Allow || !overlaps(above, &rule));
            }
        }
    }
}

#[test]
fn a_new_deny_goes_above_the_first_allow_that_it_meets() {
    let ours: Vec<RuleSpec> =
        ["allow 22/tcp", "deny 80", "allow 5432/tcp from 10.0.0.0/8", "allow 80"]
            .iter()
            .map(|line| spec(line))
            .collect();
    let place = |line: &str| place_new_deny(&spec(line), &ours);
    assert_eq!(place("deny 5432 from 10.1.0.0/16"), 2);
    assert_eq!(place("reject 80/tcp"), 3);
    assert_eq!(place("deny 22/tcp from 192.0.2.1"), 0);
    assert_eq!(place("deny 22/udp"), 4);
    assert_eq!(place("deny 5432 from 2001:db8::/32"), 4);
    assert_eq!(place("allow 80/tcp from 192.0.2.1"), 4);
}

#[test]
fn families_are_minded() {
    assert!(covers(&spec("allow 22"), &spec("deny 22/tcp from 10.0.0.0/8")));
    assert!(!covers(&spec("allow 22 from 10.0.0.0/8"), &spec("allow 22")));
    assert!(!overlaps(&spec("allow 22 from 10.0.0.0/8"), &spec("deny 22 to 2001:db8::7")));
    let v4 = RuleSpec { to: Some("0.0.0.0/0".parse().unwrap()), ..spec("allow 22") };
    assert!(covers(&v4, &spec("allow 22 from 10.0.0.0/8")));
    assert!(!covers(&v4, &spec("allow 22")));
}
