//! What people see of a host's firewall: our rules against what is in force, foreign ones, who
//! shadows whom, and whether the present connection would get in again.

use crate::domain::{
    Facts, Failure, Resource, ResourceId,
    rule::{Actual, RuleFields, RuleSpec, covers},
};

use super::{
    admission::Ruling,
    kernel::{Line, Ruleset},
    ours,
    rules_file::{Block, RulesFile},
    state::{State, connection, family_of},
    tuple::{Family, blocks},
};

/// A host's firewall against our records.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct View {
    /// Whether it is in force in the kernel.
    pub enabled: Option<bool>,
    /// `deny`, `allow` or `reject`.
    pub default_in: Option<String>,
    /// ufw's version.
    pub version: Option<String>,
    /// Ours by rank.
    pub rules: Vec<Standing>,
    /// Not ours.
    pub foreign: Vec<Foreign>,
    /// Whether a new connection like the present one would get in, and by what.
    pub admits: Option<(bool, String)>,
    /// Warnings.
    pub notes: Vec<String>,
}

/// How one of our rules stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The rule.
    pub id: ResourceId,
    /// What the host has of it.
    pub actual: Actual,
    /// What keeps it from ever matching, in words.
    pub shadowed_by: Option<String>,
}

/// A rule on the host that is not ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    /// The family.
    pub family: Family,
    /// As a sentence where it is one, else ufw's tuple.
    pub line: String,
    /// Its place among all rules of its family, from 1.
    pub position: usize,
}

/// Compares the records with what the host told.
///
/// # Errors
/// When a record or what the host told cannot be read.
pub fn view(siblings: &[Resource], facts: Option<&Facts>) -> Result<View, Failure> {
    let rules = ours(siblings)?;
    let state = facts.map(State::read).transpose()?.flatten();
    let (Some(facts), Some(state)) = (facts, state) else {
        let mut above = Vec::new();
        let standing = |(id, _, fields): &(ResourceId, &Resource, RuleFields)| {
            let standing = Standing {
                id: *id,
                actual: Actual::Unknown,
                shadowed_by: shadow(&fields.spec, &above),
            };
            above.push(fields.spec.clone());
            standing
        };
        return Ok(View { rules: rules.iter().map(standing).collect(), ..View::default() });
    };
    let in_force = state.in_force();
    let known: Vec<ResourceId> = rules.iter().map(|(id, _, _)| *id).collect();
    let mut view = View {
        enabled: in_force,
        default_in: state.version.is_some().then(|| policy_word(&state.default_in).to_owned()),
        version: state.version.clone(),
        ..View::default()
    };
    for (at, (id, _, fields)) in rules.iter().enumerate() {
        let before: Vec<ResourceId> = known.iter().take(at).copied().collect();
        let earlier: Vec<RuleSpec> =
            rules.iter().take(at).map(|(_, _, fields)| fields.spec.clone()).collect();
        view.rules.push(Standing {
            id: *id,
            actual: actual(&state, in_force, *id, &fields.spec, &before),
            shadowed_by: shadow_on_host(&state, *id, &fields.spec)
                .unwrap_or_else(|| shadow(&fields.spec, &earlier)),
        });
    }
    for family in state.families() {
        let Some(Ok(file)) = &state.family(family).file else { continue };
        let foreign = file.blocks.iter().enumerate();
        let foreign = foreign.filter(|(_, b)| !b.owner.is_some_and(|id| known.contains(&id)));
        view.foreign.extend(foreign.map(|(at, block)| Foreign {
            family,
            line: block.sentence(),
            position: at + 1,
        }));
    }
    let packet = connection(facts);
    view.admits = packet.and_then(|packet| match state.present(&packet) {
        Ruling::Admitted(by) => Some((true, told(&state, &packet, by))),
        Ruling::Refused(by) => Some((false, told(&state, &packet, by))),
        Ruling::Unsure(_) => None,
    });
    view.notes = warnings(&state, packet.map(|packet| packet.port));
    Ok(view)
}

/// Who admits or refuses a packet: a rule in our words where it is one of ufw's.
fn told(state: &State, packet: &super::admission::Packet, by: String) -> String {
    let family = family_of(packet.to);
    match &state.family(family).file {
        Some(Ok(file)) => culprit(&by, file, family),
        _ => by,
    }
}

/// What people should know about the firewall as it is.
pub fn warnings(state: &State, port: Option<u16>) -> Vec<String> {
    let mut notes = Vec::new();
    if state.enabled && state.in_force() == Some(false) {
        notes.push(
            "ufw says that it is on, but its chains are not all in the kernel: somebody flushed \
             them. The next edit or enabling it again repairs that."
                .into(),
        );
    }
    if !state.enabled && state.in_force() == Some(true) {
        notes.push("ufw is in force now, but will be off after the next boot.".into());
    }
    if !state.published.is_empty() {
        notes.push(format!(
            "Published container ports pass the firewall by: {}.",
            state.published.join(", ")
        ));
    }
    if state.version.is_some() && !state.ipv6 {
        notes.push(
            "ufw leaves IPv6 alone (IPV6=no): only IPv4 has these rules, and turning it on closes \
             IPv6."
                .into(),
        );
    }
    for family in state.families() {
        match &state.family(family).file {
            Some(Err(_)) => notes.push(format!(
                "The rules file of {} is not as ufw writes it, so it is not read.",
                family.word()
            )),
            Some(Ok(file)) => {
                let limits = |block: &&Block| {
                    let words = block.words();
                    let port = port.map(|port| port.to_string());
                    words.first().is_some_and(|word| word.starts_with("limit"))
                        && port.is_some_and(|port| words.get(2) == Some(&port.as_str()))
                };
                if let Some(block) = file.blocks.iter().find(limits) {
                    notes.push(format!(
                        "“{}” limits how often one may connect to sshd: the sixth connection within \
                         30 s is refused, also ours.",
                        block.words().join(" ")
                    ));
                    break;
                }
            }
            None => {}
        }
    }
    notes
}

/// Who admits or refuses: a rule of the file in our words, or the kernel's own line.
pub fn culprit(line: &str, file: &RulesFile, family: Family) -> String {
    // The kernel tells in its own way what the file says in ufw's.
    let told = Line::read(line).filter(|_| line.contains(&family.user_chain()));
    let same = |text: &str| {
        told.as_ref().zip(Line::read(text)).is_some_and(|(told, other)| told.same(&other))
    };
    let found = file.lines(family).into_iter().find(|(_, text)| *text == line || same(text));
    match found.and_then(|(at, _)| file.blocks.get(at)) {
        Some(block) => format!("the rule “{}”", block.sentence()),
        None if line.starts_with("-A ") => format!("the kernel's rule “{line}”"),
        None => line.to_owned(),
    }
}

fn policy_word(policy: &str) -> &'static str {
    match policy {
        "ACCEPT" => "allow",
        "REJECT" => "reject",
        _ => "deny",
    }
}

fn actual(
    state: &State,
    in_force: Option<bool>,
    id: ResourceId,
    spec: &RuleSpec,
    before: &[ResourceId],
) -> Actual {
    match in_force {
        None if state.version.is_some() => return Actual::Unknown,
        None | Some(false) => return Actual::Off,
        Some(true) => {}
    }
    let families: Vec<Family> = state.families().collect();
    let has: Vec<Actual> = families
        .iter()
        .map(|family| in_family(state, *family, id, spec, before))
        .collect::<Option<_>>()
        .unwrap_or_else(|| vec![Actual::Unknown]);
    let wanted = families.iter().zip(&has).filter(|(family, _)| family.holds(spec));
    let wanted: Vec<Actual> = wanted.map(|(_, actual)| *actual).collect();
    if has.contains(&Actual::Unknown) {
        Actual::Unknown
    } else if !wanted.is_empty() && wanted.iter().all(|actual| *actual == Actual::Missing) {
        Actual::Missing
    } else if has.contains(&Actual::Differs) || has.contains(&Actual::Missing) {
        Actual::Differs
    } else {
        Actual::Active
    }
}

/// How the rule stands in one family; where it is not wanted, being absent is as wanted.
fn in_family(
    state: &State,
    family: Family,
    id: ResourceId,
    spec: &RuleSpec,
    before: &[ResourceId],
) -> Option<Actual> {
    let part = state.family(family);
    let file = part.file.as_ref()?.as_ref().ok()?;
    let chain = part.kernel.as_ref()?.chains.get(&family.user_chain())?;
    let wanted = blocks(id, spec, family);
    let own = file.blocks.iter().filter(|block| block.owner == Some(id));
    let own: Vec<&str> = own.map(|block| block.text.as_str()).collect();
    if own.is_empty() {
        return Some(if wanted.is_empty() { Actual::Active } else { Actual::Missing });
    }
    let lines = parsed(&wanted.concat());
    let told = &chain.rules;
    let all = file.lines(family);
    let in_kernel = if all.len() == told.len() {
        // file and kernel tell the same chain: line for line
        let numbered = all.iter().zip(told);
        let own = numbered.filter(|((block, _), _)| {
            file.blocks.get(*block).is_some_and(|block| block.owner == Some(id))
        });
        let own: Vec<&Line> = own.map(|(_, line)| line).collect();
        own.len() == lines.len() && own.iter().zip(&lines).all(|(a, b)| a.same(b))
    } else {
        lines.iter().all(|line| told.iter().any(|other| other.same(line)))
    };
    if !in_kernel && !lines.iter().any(|line| told.iter().any(|other| other.same(line))) {
        return Some(Actual::Missing);
    }
    let first = file.blocks.iter().position(|block| block.owner == Some(id))?;
    let below = file.blocks.iter().skip(first);
    let ordered = !below.filter_map(|block| block.owner).any(|owner| before.contains(&owner));
    let same = in_kernel && ordered && own == wanted.iter().map(String::as_str).collect::<Vec<_>>();
    Some(if same { Actual::Active } else { Actual::Differs })
}

fn parsed(text: &str) -> Vec<Line> {
    let mut rules = Ruleset::default();
    text.lines().for_each(|line| rules.append(line));
    rules.chains.into_values().flat_map(|chain| chain.rules).collect()
}

/// The first of these that matches all that the rule does.
fn shadow(spec: &RuleSpec, above: &[RuleSpec]) -> Option<String> {
    above.iter().find(|other| covers(other, spec)).map(ToString::to_string)
}

/// What shadows the rule where it stands on the host, ours or foreign: it must do so in every
/// family that the rule is for. `None` when the rule is not there.
fn shadow_on_host(state: &State, id: ResourceId, spec: &RuleSpec) -> Option<Option<String>> {
    let mut by = None;
    let mut found = false;
    for family in state.families().filter(|family| family.holds(spec)) {
        let Some(Ok(file)) = &state.family(family).file else { continue };
        let Some(at) = file.blocks.iter().position(|block| block.owner == Some(id)) else {
            continue;
        };
        found = true;
        let whole = |net: Option<ipnet::IpNet>| net.filter(|net| net.prefix_len() > 0);
        let spec = RuleSpec { from: whole(spec.from), to: whole(spec.to), ..spec.clone() };
        let above = file.blocks.iter().take(at);
        let shadow = above.filter(|block| block.spec().is_some_and(|other| covers(&other, &spec)));
        match shadow.map(Block::sentence).next() {
            Some(sentence) => by = Some(sentence),
            None => return Some(None),
        }
    }
    found.then_some(by)
}
