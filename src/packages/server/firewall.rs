//! The package `firewall`: ufw, on or off, under commit-confirm. What its rules are is
//! `firewall_rule`'s; how both edit the host is one mechanism, in `steps`.

pub mod admission;
pub mod kernel;
pub mod rules_file;
pub mod state;
pub mod steps;
#[cfg(test)]
mod tests;
pub mod tuple;
pub mod view;

use crate::domain::{
    Action, Effect, Facts, Failure, FailureKind, Fields, Resource, ResourceId, Status,
    rule::{Ports, Protocol, RuleAction, RuleFields, RuleSpec},
};
use crate::packages::{
    Answer, Field, LocalStep, Package, Params, Plan, Step,
    plan::{milestone, record},
};

use admission::Ruling;
use rules_file::RulesFile;
use state::{State, connection, family_of};
use steps::{File, Wanted};
use tuple::Family;

/// The type of firewalls.
pub const KIND: &str = "firewall";
/// The type of a firewall's rules.
pub const RULE: &str = "firewall-rule";

/// The distance of ranks, so that a rule can go between two.
pub const RANK_STEP: i64 = 1024;

/// The package.
#[derive(Debug)]
pub struct Firewall;

impl Package for Firewall {
    fn kind(&self) -> &'static str {
        "firewall"
    }

    fn title(&self) -> &'static str {
        "firewall"
    }

    fn fields(&self) -> &'static [Field] {
        &[]
    }

    fn probes(&self) -> &'static [(&'static str, &'static str)] {
        &[(state::SECTION, steps::PROBE)]
    }

    fn version(&self, _: &str, facts: &Facts) -> Option<String> {
        State::read(facts).ok().flatten()?.version
    }

    fn apt(&self, _: &Fields, _: &Facts) -> Vec<String> {
        vec!["ufw".to_owned()]
    }

    fn plan(&self, params: &Params<'_>, facts: &Facts) -> Result<Answer, Failure> {
        let state = probed(params, facts)?;
        match params.action {
            Action::Install | Action::Update => enable(params, facts, &state),
            Action::Remove => Ok(Answer::Plan(disable(params, &state))),
        }
    }
}

/// The probed state.
///
/// # Errors
/// When the host was not asked.
pub(super) fn probed(params: &Params<'_>, facts: &Facts) -> Result<State, Failure> {
    State::read(facts)?.ok_or_else(|| {
        Failure::internal("The host was not asked about its firewall.")
            .at_host(params.server.place())
    })
}

fn enable(params: &Params<'_>, facts: &Facts, state: &State) -> Result<Answer, Failure> {
    if let Some(why) = in_the_way(facts, state) {
        return Ok(Answer::Refusal(refusal(params, &why.0).remedy(why.1)));
    }
    let mut rules = ours(params.siblings)?;
    rules.retain(|(_, resource, _)| resource.status != Status::Pending);
    let port = facts.local_port.unwrap_or(params.server.port);
    let ssh = ssh_rule(params, &rules, port)?;
    let mut order: Vec<(ResourceId, Option<RuleSpec>)> = Vec::new();
    order.extend(ssh.iter().map(|(id, fields)| (*id, Some(fields.spec.clone()))));
    order.extend(rules.iter().map(|(id, resource, fields)| {
        let applied = matches!(resource.status, Status::Active | Status::Paused);
        (*id, applied.then(|| fields.spec.clone()))
    }));
    let files = match files(params, state, |file, family| file.place(family, &order)) {
        Ok(files) => files,
        Err(refusal) => return Ok(Answer::Refusal(refusal)),
    };
    let default = if state.default_in == "REJECT" { "REJECT" } else { "DROP" };
    let mut notes = notes(state);
    match admit(params, facts, state, &files, default) {
        Ok(note) => notes.extend(note),
        Err(refusal) => return Ok(Answer::Refusal(refusal)),
    }
    let settled = state.is_settled(&files, true);
    let wanted = wanted(state, &files, true, true);
    let mut milestones = match settled {
        true => wanted.settled(params.operation),
        false => wanted.confirmed(params, "bring ufw and its rules into force", true),
    };
    let mut done: Vec<Step> = Vec::new();
    if let Some((id, fields)) = ssh {
        done.push(Step::Local(LocalStep::WriteResource {
            name: format!("write the rule “{}”", fields.spec),
            kind: RULE.to_owned(),
            id,
            fields: Resource::written(&fields)?,
        }));
    }
    let mut configuration = Fields::new();
    configuration
        .insert("incoming".into(), if default == "DROP" { "deny" } else { "reject" }.into());
    configuration.insert("ipv6".into(), state.ipv6.into());
    done.push(record(params, "firewall", "ufw", state.version.clone(), configuration));
    milestones.push(milestone("complete", "Complete", done));
    let undo = (!settled).then(|| wanted.undo(params.operation));
    Ok(Answer::Plan(Plan { milestones, undo, notes }))
}

fn disable(params: &Params<'_>, state: &State) -> Plan {
    let done = milestone(
        "complete",
        "Complete",
        vec![Step::Local(LocalStep::DeletePackage {
            name: "delete the record of ufw".into(),
            kind: "firewall".into(),
            package: "ufw".into(),
        })],
    );
    if state.version.is_none() {
        let notes = vec!["ufw is not installed there; nothing is changed on the host.".into()];
        return Plan { milestones: vec![done], undo: None, notes };
    }
    let wanted = Wanted { on: false, deny: false, v4: None, v6: None };
    let mut milestones = wanted.confirmed(params, "take ufw out of force", false);
    milestones.push(done);
    let notes = vec![
        "Every port on which something listens can then be reached.".into(),
        "ufw stays installed, and the rules stay here and in its files.".into(),
    ];
    Plan { milestones, undo: Some(wanted.undo(params.operation)), notes }
}

/// Our rules by rank.
///
/// # Errors
/// When a record cannot be read.
pub(super) fn ours(
    siblings: &[Resource],
) -> Result<Vec<(ResourceId, &Resource, RuleFields)>, Failure> {
    let rules = siblings.iter().filter(|resource| resource.kind == RULE);
    let mut rules = rules
        .map(|resource| Ok((resource.id, resource, resource.read::<RuleFields>()?)))
        .collect::<Result<Vec<_>, Failure>>()?;
    rules.sort_by_key(|(id, _, fields)| (fields.rank, *id));
    Ok(rules)
}

/// Both files after an edit.
pub(super) struct Files {
    pub v4: RulesFile,
    pub v6: RulesFile,
}

/// Edits the files of the families that ufw looks after.
///
/// # Errors
/// When a file is not ufw's, or there is no room for new ones.
pub(super) fn files(
    params: &Params<'_>,
    state: &State,
    edit: impl Fn(&mut RulesFile, Family),
) -> Result<Files, Failure> {
    let edited = |family: Family, name: &str| -> Result<RulesFile, Failure> {
        let mut file = state.file(family).map_err(|_| {
            refusal(params, &format!("{name} on the host is not as ufw writes it, so it is left alone."))
                .remedy("Let ufw write it again (`ufw status` says whether it still reads it), then try again.")
        })?;
        if state.families().any(|f| f == family) {
            edit(&mut file, family);
        }
        Ok(file)
    };
    let files = Files {
        v4: edited(Family::V4, "/etc/ufw/user.rules")?,
        v6: edited(Family::V6, "/etc/ufw/user6.rules")?,
    };
    room(params, state, &files)?;
    Ok(files)
}

/// Refuses what the disk has no room for; ufw itself would cut its files off and say it did it.
fn room(params: &Params<'_>, state: &State, files: &Files) -> Result<(), Failure> {
    // the files beside the old ones and in the saved state, and some for all others
    let need = 4 * (files.v4.text().len() + files.v6.text().len()) as u64 + 256 * 1024;
    match state.free {
        Some(free) if free < need => Err(refusal(
            params,
            &format!("Only {free} bytes are free where /etc/ufw lies, {need} are needed."),
        )
        .remedy("Make room there, then try again.")),
        _ => Ok(()),
    }
}

/// What the steps are to bring about.
pub(super) fn wanted(state: &State, files: &Files, on: bool, deny: bool) -> Wanted {
    let file = |family: Family, file: &RulesFile| {
        let base = state.family(family).sha256.clone();
        state.families().any(|f| f == family).then(|| File { text: file.text(), base })
    };
    Wanted { on, deny, v4: file(Family::V4, &files.v4), v6: file(Family::V6, &files.v6) }
}

/// Refuses what would shut us out; a note where it cannot be told.
pub(super) fn admit(
    params: &Params<'_>,
    facts: &Facts,
    state: &State,
    files: &Files,
    default: &str,
) -> Result<Option<String>, Failure> {
    // for tests that want to see the host undo it
    let skip = params.choices.get("skip_admission").and_then(serde_json::Value::as_bool);
    if cfg!(debug_assertions) && skip == Some(true) {
        return Ok(None);
    }
    let unsure = "The host proves it: it goes back by itself unless a new login works.";
    let Some(packet) = connection(facts) else {
        return Ok(Some(format!(
            "Whether this lets us in cannot be told, the host did not say from where we come. {unsure}"
        )));
    };
    let file = match family_of(packet.to) {
        Family::V4 => &files.v4,
        Family::V6 => &files.v6,
    };
    match state.planned(&packet, file, default) {
        Ruling::Admitted(_) => Ok(None),
        Ruling::Unsure(why) => {
            Ok(Some(format!("Whether this lets us in depends on “{why}”. {unsure}")))
        }
        Ruling::Refused(by) => Err(refusal(
            params,
            &format!(
                "This would lock you out: a new connection from {} to port {} would be refused by {}.",
                packet.from,
                packet.port,
                view::culprit(&by, file, family_of(packet.to))
            ),
        )
        .remedy(format!(
            "Put a rule before it that lets you in, for example “allow {}/tcp from {}”.",
            packet.port, packet.from
        ))),
    }
}

/// Sentences that go with a plan.
pub(super) fn notes(state: &State) -> Vec<String> {
    view::warnings(state, None)
}

/// A refusal at this server, before anything was done.
pub(super) fn refusal(params: &Params<'_>, message: &str) -> Failure {
    Failure::new(FailureKind::Refused, message).at_host(params.server.place()).effect(Effect::None)
}

/// Another firewall that would work against ufw.
fn in_the_way(facts: &Facts, state: &State) -> Option<(String, &'static str)> {
    if facts.firewall.starts_with("firewalld") && !facts.firewall.contains("inactive") {
        return Some((
            "firewalld runs on the host; two firewalls would undo each other.".into(),
            "Stop it first: systemctl disable --now firewalld",
        ));
    }
    if state.manages_builtins {
        return Some((
            "ufw is set up to flush the rules of others (MANAGE_BUILTINS=yes in /etc/default/ufw)."
                .into(),
            "Set it to no, then try again.",
        ));
    }
    if !state.ipv6 && state.in_force() != Some(true) && state.others_in_v6() {
        return Some((
            "ufw is set to leave IPv6 alone (IPV6=no in /etc/default/ufw). When it starts it then \
             flushes all rules of IPv6, and there are some of others."
                .into(),
            "Set it to yes, then try again.",
        ));
    }
    None
}

/// The rule that lets us in, where the firewall is turned on and none of ours is for that port. On a
/// second run there is none: it is not opened again for all where somebody narrowed it.
fn ssh_rule(
    params: &Params<'_>,
    rules: &[(ResourceId, &Resource, RuleFields)],
    port: u16,
) -> Result<Option<(ResourceId, RuleFields)>, Failure> {
    let spec = RuleSpec {
        action: RuleAction::Allow,
        ports: Ports { first: port, last: port },
        protocol: Protocol::Tcp,
        from: None,
        to: None,
        name: Some("SSH".into()),
    };
    let covered = rules.iter().any(|(_, resource, fields)| {
        resource.status == Status::Active
            && fields.spec.action == RuleAction::Allow
            && fields.spec.ports.covers(spec.ports)
            && fields.spec.protocol.covers(spec.protocol)
    });
    if covered || params.action == Action::Update {
        return Ok(None);
    }
    let Some(id) = params.choices.get("ssh_rule").and_then(serde_json::Value::as_str) else {
        return Ok(None);
    };
    let id = id.parse().map_err(|e| Failure::internal(format!("The rule's id: {e}.")))?;
    let rank = rules.first().map_or(RANK_STEP, |(_, _, first)| first.rank - RANK_STEP);
    Ok(Some((id, RuleFields { spec, rank, owner: "firewall".into() })))
}
