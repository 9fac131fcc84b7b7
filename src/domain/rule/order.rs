//! How rules meet: the first match wins, so it matters what lies above what.
//!
//! A rule without an address is for both families; one address makes it a rule of that family.

use ipnet::IpNet;

use super::{RuleAction, RuleSpec};

/// Whether there is a packet that both rules match.
pub fn overlaps(a: &RuleSpec, b: &RuleSpec) -> bool {
    let ports = a.ports.first <= b.ports.last && b.ports.first <= a.ports.last;
    let protocols = a.protocol.covers(b.protocol) || b.protocol.covers(a.protocol);
    let nets = [a.from, a.to, b.from, b.to];
    let mut families = nets.iter().flatten().map(is_v4);
    let one_family = families.next().is_none_or(|first| families.all(|f| f == first));
    ports && protocols && one_family && meet(a.from, b.from) && meet(a.to, b.to)
}

/// Whether the rule matches everything that `b` matches.
pub fn covers(a: &RuleSpec, b: &RuleSpec) -> bool {
    let family = b.from.or(b.to).as_ref().map(is_v4);
    a.ports.covers(b.ports)
        && a.protocol.covers(b.protocol)
        && holds(a.from, b.from, family)
        && holds(a.to, b.to, family)
}

/// Where a new rule goes among the existing ones when no place was asked for, counted from 0: a
/// deny or reject above the first allow that it overlaps, everything else at the end.
pub fn place_new_deny(rule: &RuleSpec, existing: &[RuleSpec]) -> usize {
    if rule.action == RuleAction::Allow {
        return existing.len();
    }
    existing
        .iter()
        .position(|other| other.action == RuleAction::Allow && overlaps(rule, other))
        .unwrap_or(existing.len())
}

fn is_v4(net: &IpNet) -> bool {
    matches!(net, IpNet::V4(_))
}

fn meet(a: Option<IpNet>, b: Option<IpNet>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.contains(&b) || b.contains(&a),
        _ => true,
    }
}

fn holds(a: Option<IpNet>, b: Option<IpNet>, family: Option<bool>) -> bool {
    match (a, b) {
        (None, _) => true,
        (Some(a), Some(b)) => a.contains(&b),
        // all of one family, when the other address of the rule says which
        (Some(a), None) => a.prefix_len() == 0 && family == Some(is_v4(&a)),
    }
}
