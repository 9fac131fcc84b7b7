//! What is asked before acts: the one rule of the domain, applied to what the screen is about to do.

use super::command::Id;
use super::effect::Act;
use super::pane::When;
use super::shared::Shared;
use crate::domain::{
    Action, Deed, Level, Operation, ServerId, Status,
    caution::{Stake, level, word},
};
use crate::fleet::READ_ONLY;

/// The question before acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// What they do.
    pub deed: Deed,
    /// How much is asked.
    pub level: Level,
    /// What is to be typed when that is asked.
    pub word: String,
    /// The servers, by name.
    pub servers: Vec<String>,
    /// Those of them that are tagged `production`.
    pub production: Vec<String>,
}

/// The question before acts; none when they change nothing.
pub fn asked<'a>(
    acts: impl Iterator<Item = &'a Act>,
    hanging: usize,
    shared: &Shared,
) -> Option<Asked> {
    let stakes: Vec<(Deed, Option<ServerId>)> = acts.filter_map(|act| stake(act, shared)).collect();
    let (deed, _) = *stakes.first()?;
    let mut ids: Vec<ServerId> = stakes.iter().filter_map(|(_, server)| *server).collect();
    ids.sort();
    ids.dedup();
    let rows = || ids.iter().filter_map(|id| shared.server(*id));
    let production: Vec<String> = rows()
        .filter(|row| row.server.is_production())
        .map(|row| row.server.name.clone())
        .collect();
    let servers: Vec<String> = ids.iter().map(|id| shared.server_name(*id)).collect();
    let of = |deed| {
        let production = !production.is_empty();
        level(Stake { deed, things: stakes.len(), hanging, production })
    };
    Some(Asked {
        deed,
        level: stakes.iter().map(|(deed, _)| of(*deed)).max().unwrap_or_default(),
        word: word(servers.iter().map(String::as_str)),
        servers,
        production,
    })
}

/// Whether a command is to be had at all.
///
/// # Errors
/// Why not.
pub fn may(id: Id, shared: &Shared) -> When {
    match shared.start.read_only && id.changes() {
        true => Err(READ_ONLY.to_owned()),
        false => Ok(()),
    }
}

/// What an act does, and to which server; none when it changes nothing.
fn stake(act: &Act, shared: &Shared) -> Option<(Deed, Option<ServerId>)> {
    let (deed, server) = match act {
        Act::EditServer(id, ..) | Act::Tag(id, ..) => (Deed::EditServer, *id),
        Act::Trust(id, _) => (Deed::Trust, *id),
        Act::RemoveServer { server, .. } => (Deed::RemoveServer, *server),
        Act::EnableFirewall(id) => (Deed::EnableFirewall, *id),
        Act::DisableFirewall(id) => (Deed::DisableFirewall, *id),
        Act::AddRule(id, ..) => (Deed::AddRule, *id),
        Act::EditRule(id, ..) => (Deed::EditRule, *id),
        Act::RemoveRule(id, _) => (Deed::RemoveRule, *id),
        Act::Keep(wanted, _) if wanted.id.is_none() => (Deed::AddResource, wanted.server),
        Act::Keep(wanted, _) if wanted.draft.is_upgrade() => (Deed::Upgrade, wanted.server),
        Act::Keep(wanted, _) => (Deed::EditResource, wanted.server),
        Act::RemoveResource(id, _, true) => (Deed::RemoveData, *id),
        Act::RemoveResource(id, _, false) => (Deed::RemoveResource, *id),
        Act::RetryLast(id, _) => (Deed::Retry, *id),
        Act::Exec(id, _) => (Deed::Run, *id),
        Act::Provision(wanted) => (Deed::Provision, wanted.server),
        Act::RotateKeys(id) => (Deed::RotateKey, *id),
        Act::Undo(undo) => (undo.inverse.deed(), undo.server),
        Act::Retry(id) | Act::Answer(id, _) => return Some((Deed::Retry, server_of(*id, shared))),
        Act::Cancel(id) => return Some((Deed::Cancel, server_of(*id, shared))),
        Act::AddServer(..) => return Some((Deed::AddServer, None)),
        Act::VaultInit(_) | Act::Unlock(_) | Act::Recover | Act::OfferedHostKey { .. } => {
            return None;
        }
        Act::Dependants(_) | Act::Probe(_) | Act::CheckFirewall(_) | Act::Keys(_) => return None,
        Act::PreviewResource(..) | Act::PreviewUndo(_) | Act::Reveal(..) => return None,
        Act::UndoOf(_) | Act::Preview(_) | Act::Explain(..) | Act::SaveLog { .. } => return None,
        Act::FilledProfile(..) | Act::PreviewProvision(_) => return None,
    };
    Some((deed, Some(server)))
}

fn server_of(id: crate::domain::OperationId, shared: &Shared) -> Option<ServerId> {
    shared.operation(id).map(|operation| operation.server)
}

/// What an act is about, for the question before it.
pub fn detail(act: &Act) -> Option<String> {
    Some(match act {
        Act::AddRule(_, line, ..) | Act::EditRule(_, _, line, _) => line.clone(),
        Act::Undo(undo) => undo.will.clone(),
        Act::Exec(_, argv) => argv.last()?.clone(),
        Act::Keep(wanted, _) if wanted.draft.is_upgrade() => {
            format!("The newest that there is of {}.", wanted.kind.replace('-', " "))
        }
        Act::Provision(wanted) => {
            let sets = wanted.sets.iter().map(|(name, value)| format!(", {name} = {value}"));
            format!("The profile “{}”{}.", wanted.profile, sets.collect::<String>())
        }
        Act::Tag(_, add, remove) => {
            let add = add.iter().map(|tag| format!("+{tag}"));
            let remove = remove.iter().map(|tag| format!("-{tag}"));
            add.chain(remove).collect::<Vec<_>>().join(" ")
        }
        _ => return None,
    })
}

/// Whether what an operation did has an inverse, as far as its record tells.
pub fn can_be_undone(operation: &Operation, shared: &Shared) -> bool {
    let kind = shared.kind(&operation.kind);
    match (operation.kind.as_str(), operation.action) {
        _ if operation.is_upgrade() => false,
        _ if kind.is_some_and(|kind| kind.keeps_data) => operation.action == Action::Update,
        (_, Action::Install) if kind.is_some() => operation.before != Some(Status::Failed),
        _ if kind.is_some() => operation.fields_before.is_some(),
        ("firewall", Action::Install) => operation.before.is_none(),
        ("firewall", action) => action == Action::Remove,
        ("firewall-rule", Action::Install) => operation.before != Some(Status::Failed),
        ("firewall-rule", _) => operation.fields_before.is_some(),
        _ => false,
    }
}
