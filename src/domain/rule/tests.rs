//! The rule language and the order of rules.

mod order;
mod sentence;

use proptest::prelude::*;

use super::*;
use crate::domain::input;

fn spec(line: &str) -> RuleSpec {
    parse(line).value().unwrap_or_else(|| panic!("{line}: {:?}", parse(line)))
}

fn net() -> impl Strategy<Value = ipnet::IpNet> {
    prop_oneof![
        (any::<[u8; 4]>(), 1u8..=32).prop_map(|(ip, len)| ipnet::IpNet::new(
            std::net::IpAddr::from(ip),
            len
        )
        .unwrap()),
        (any::<[u8; 16]>(), 1u8..=128).prop_map(|(ip, len)| ipnet::IpNet::new(
            std::net::IpAddr::from(ip),
            len
        )
        .unwrap()),
    ]
    .prop_map(|net| net.trunc())
}

/// Any rule that a sentence can say.
fn any_spec() -> impl Strategy<Value = RuleSpec> {
    let action =
        prop_oneof![Just(RuleAction::Allow), Just(RuleAction::Deny), Just(RuleAction::Reject)];
    let protocol = prop_oneof![Just(Protocol::Tcp), Just(Protocol::Udp), Just(Protocol::Any)];
    let name = proptest::option::of("[a-zé支😀][a-z #'\"$%é支-]{0,12}[a-z]");
    let nets = (proptest::option::of(net()), proptest::option::of(net()));
    (action, 1u16.., 1u16.., protocol, nets, name).prop_map(
        |(action, a, b, protocol, (from, to), name)| {
            let one = protocol == Protocol::Any;
            let ports = if one { Ports::one(a) } else { Ports { first: a.min(b), last: a.max(b) } };
            let families =
                from.zip(to).is_none_or(|(f, t)| f.addr().is_ipv4() == t.addr().is_ipv4());
            RuleSpec { action, ports, protocol, from, to: to.filter(|_| families), name }
        },
    )
}

proptest! {
    #[test]
    fn a_printed_rule_reads_back_as_it_is(rule in any_spec()) {
        let line = rule.to_string();
        match parse(&line) {
            input::Verdict::Ok(read) => prop_assert_eq!(read, rule),
            // addresses that mean something else than they say, and closing everything
            other => {
                let odd = [rule.from, rule.to].iter().flatten().any(|net| {
                    net.addr().is_unspecified() || net.to_string().starts_with("::ffff:")
                });
                let all = rule.ports == Ports { first: 1, last: u16::MAX };
                prop_assert!(odd || all, "{line}: {other:?}");
            }
        }
    }

    #[test]
    fn no_line_breaks_the_reading(line in "\\PC{0,80}", cursor in 0usize..100) {
        check(&line, cursor)?;
    }

    #[test]
    fn no_near_rule_breaks_the_reading(
        words in proptest::collection::vec(
            prop_oneof![
                Just("allow"), Just("deny"), Just("from"), Just("to"), Just("any"), Just("22"),
                Just("80:90/tcp"), Just("3000-3005/UDP"), Just("ssh"), Just("10.0.0.5/8"),
                Just("::/0"), Just("2001:db8::/32"), Just("#"), Just("é"), Just(""), Just("/tcp"),
            ],
            0..9,
        ),
        cursor in 0usize..60,
    ) {
        check(&words.join(" "), cursor)?;
    }
}

fn check(line: &str, cursor: usize) -> Result<(), TestCaseError> {
    let parsed = parse_detailed(line);
    if let Some(span) = parsed.span.clone() {
        prop_assert!(line.get(span).is_some(), "{parsed:?}");
    }
    if let Some(rule) = parsed.verdict.value() {
        let again = parse(&rule.to_string());
        prop_assert_eq!(again.value(), Some(rule));
    }
    let _ = complete(line, cursor, &Context::default());
    Ok(())
}
