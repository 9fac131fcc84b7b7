//! What takes the last change of a resource back, by what its package declares.

use super::{Inverse, Local, Result, Undo, nothing};
use crate::domain::{Action, Failure, Operation, Resource, ResourceId, Status};
use crate::fleet::{Preview, kinds::called, request::Request, resources::SEALED};
use crate::packages::{Package, Sort};

pub(super) fn back(local: &Local, last: &Operation, id: ResourceId) -> Result<(Inverse, String)> {
    let unknown = || nothing(format!("“{}” cannot be undone.", last.what()));
    let package = local.package(&last.kind).filter(|p| p.word().is_some()).ok_or_else(unknown)?;
    match last.action {
        Action::Install if last.before == Some(Status::Failed) => {
            Err(nothing("It had failed before that change, so there is no state to go back to."))
        }
        Action::Install if package.keeps_data() => Err(nothing(
            "What was added keeps data, so it is not taken away by an undo; removing it is the way.",
        )),
        Action::Install => {
            let what = local.called(&local.resource(last.server, id)?);
            Ok((Inverse::RemoveResource(id), format!("The {what} is removed.")))
        }
        Action::Update => edited(local, last, id),
        Action::Remove => removed(package, last),
    }
}

fn edited(local: &Local, last: &Operation, id: ResourceId) -> Result<(Inverse, String)> {
    if last.choices.contains_key(SEALED) {
        return Err(nothing(
            "A sealed value was changed with it, and the earlier one is not kept.",
        ));
    }
    if last.is_upgrade() {
        return Err(nothing("It was an upgrade; what is newer stays so."));
    }
    let before = last.fields_before.clone();
    let before = before.ok_or_else(|| nothing("What it was before is not on record."))?;
    let resource = local.resource(last.server, id)?;
    let fields = local.package(&resource.kind).map(Package::fields).unwrap_or_default();
    let changed: Vec<String> = fields
        .iter()
        .filter(|field| before.get(field.name) != resource.fields.get(field.name))
        .map(|field| {
            let text = before.get(field.name).map(|value| field.text(value)).unwrap_or_default();
            format!("{} “{text}”", field.title)
        })
        .collect();
    let what = local.called(&resource);
    let will = match changed.is_empty() {
        true => format!("The {what} is looked at again; no value of it was changed."),
        false => format!("The {what} has {} again.", changed.join(", ")),
    };
    Ok((Inverse::EditResource(id, before), will))
}

fn removed(package: &dyn Package, last: &Operation) -> Result<(Inverse, String)> {
    if package.keeps_data() {
        return Err(nothing("The data went with it; nothing of ours brings it back."));
    }
    if package.fields().iter().any(|field| field.sort == Sort::Secret) {
        return Err(nothing("What was sealed for it went with it; add it anew."));
    }
    let before = last.fields_before.clone();
    let fields = before.ok_or_else(|| nothing("What it was before is not on record."))?;
    let what = called(package.title(), package.named_by().is_some(), &package.name(&fields));
    let will = format!("The {what} is added again.");
    Ok((Inverse::AddResource { kind: last.kind.clone(), fields }, will))
}

impl Local {
    pub(in crate::fleet) async fn preview_undo(&self, undo: &Undo) -> Result<Preview> {
        let server = self.server(undo.server)?;
        let (action, resource) = match &undo.inverse {
            Inverse::RemoveResource(id) => (Action::Remove, self.resource(undo.server, *id)?),
            Inverse::EditResource(id, fields) => {
                let now = self.resource(undo.server, *id)?;
                (Action::Update, Resource { fields: fields.clone(), ..now })
            }
            Inverse::AddResource { kind, fields } => {
                (Action::Install, self.fresh(undo.server, kind, fields.clone()))
            }
            _ => return Err(Failure::input("This is no change of a resource.")),
        };
        self.look_at(&server, Request::new(&resource.kind, action), Some(resource)).await
    }
}
