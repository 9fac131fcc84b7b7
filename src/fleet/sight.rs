//! What a line would come to on its host, from what was last seen there: who shadows it, and
//! whether we would still get in.

use crate::domain::{
    Facts, ResourceId,
    rule::{RuleSpec, covers},
};
use crate::packages::server::firewall::{
    admission::Ruling,
    state::{State, connection, family_of},
    tuple::Family,
    view::culprit,
};

/// What a line would come to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Sight {
    /// What on the host keeps it from ever matching.
    pub shadowed_by: Option<String>,
    /// Why it would lock us out.
    pub lock_out: Option<String>,
}

/// Looks at a rule among ours: `order` names all of them, the rule itself with what it says. Where
/// the host was not asked or has no firewall in force, there is nothing to say.
pub(super) fn look(
    facts: Option<&Facts>,
    rule: (ResourceId, &RuleSpec),
    order: &[(ResourceId, Option<RuleSpec>)],
) -> Sight {
    let Some((facts, state)) = facts.and_then(|f| Some((f, State::read(f).ok()??))) else {
        return Sight::default();
    };
    Sight {
        shadowed_by: shadowed_by(&state, rule, order),
        lock_out: if state.enabled { lock_out(facts, &state, order) } else { None },
    }
}

/// A rule, ours or foreign, that covers it in every family that it is for.
fn shadowed_by(
    state: &State,
    (id, spec): (ResourceId, &RuleSpec),
    order: &[(ResourceId, Option<RuleSpec>)],
) -> Option<String> {
    let mut by = None;
    for family in state.families().filter(|family| family.holds(spec)) {
        let mut file = state.file(family).ok()?;
        file.place(family, order);
        let at = file.blocks.iter().position(|block| block.owner == Some(id))?;
        let mut above = file.blocks.iter().take(at);
        let found = above.find(|block| block.spec().is_some_and(|other| covers(&other, spec)))?;
        by = Some(format!("“{}”", found.sentence()));
    }
    by
}

fn lock_out(
    facts: &Facts,
    state: &State,
    order: &[(ResourceId, Option<RuleSpec>)],
) -> Option<String> {
    let packet = connection(facts)?;
    let family: Family = family_of(packet.to);
    let mut file = state.file(family).ok()?;
    file.place(family, order);
    match state.planned(&packet, &file, &state.default_in) {
        Ruling::Admitted(_) | Ruling::Unsure(_) => None,
        Ruling::Refused(by) => Some(format!(
            "You would lock yourself out: a new connection from {} to port {} would be refused by \
             {}. Put a rule before it that lets you in, such as “allow {}/tcp from {}”.",
            packet.from,
            packet.port,
            culprit(&by, &file, family),
            packet.port,
            packet.from
        )),
    }
}
