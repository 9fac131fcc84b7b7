//! Resources of every kind as faces show them, drawn from what their packages declare. What is
//! asked of them is in `resources/change.rs`, what is said before that in `resources/draft.rs`, what
//! hosts have besides in `resources/unrecorded.rs`.

mod change;
mod draft;
#[cfg(test)]
mod tests;
mod unrecorded;

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::{Crossing, Local, Result, kinds::called, records::not_found};
use crate::domain::{
    Facts, Failure, FailureKind, Operation, OperationId, Outcome, Resource, ResourceId, Server,
    ServerId, id::looks_like_id, input::same_name, server::argument,
};
use crate::packages::{Need, Package, Sort, secret_name};

pub(super) use change::SEALED;
pub use draft::ResourceDraft;
pub(super) use draft::choices;
pub use unrecorded::Unrecorded;

/// A resource and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceView {
    /// Its record.
    pub resource: Resource,
    /// Its server's name.
    pub server: String,
    /// What people call it, unique on its server among its kind.
    pub name: String,
    /// What it is called in a sentence: `site “example.com”`.
    pub called: String,
    /// Its values as texts, by their names; never sealed ones.
    pub texts: BTreeMap<String, String>,
    /// The names of its values that are sealed in the vault.
    pub sealed: Vec<String>,
    /// What else is worth saying: title and text.
    pub details: Vec<(String, String)>,
    /// What it needs.
    pub needs: Vec<String>,
    /// What needs it.
    pub dependants: Vec<String>,
    /// The last operation on it; only where one resource was asked for.
    pub last: Option<LastOperation>,
}

/// The last operation on a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastOperation {
    /// Its id.
    pub id: OperationId,
    /// What it does.
    pub what: String,
    /// How it ended, or how far it is.
    pub outcome: Outcome,
}

impl Local {
    /// The package of a type.
    pub(super) fn package(&self, kind: &str) -> Option<&'static dyn Package> {
        self.rooms().packages.iter().copied().find(|package| package.kind() == kind)
    }

    /// The package of a kind that has commands.
    fn worded(&self, kind: &str) -> Result<&'static dyn Package> {
        let package = self.package(kind).filter(|package| package.word().is_some());
        package
            .ok_or_else(|| not_found("kind of resource", kind, "`brokeforge --help` lists them."))
    }

    pub(super) fn resources_of(
        &self,
        kind: Option<&str>,
        server: Option<ServerId>,
    ) -> Result<Vec<ResourceView>> {
        let servers: Vec<Server> = match server {
            Some(id) => vec![self.server(id)?],
            None => self.servers()?,
        };
        let prefix = server.map(|id| id.to_string()).unwrap_or_default();
        let mut on: HashMap<ServerId, Vec<Resource>> = HashMap::new();
        for stored in self.store().scan::<Resource>(prefix.as_bytes())? {
            on.entry(stored.record.server).or_default().push(stored.record);
        }
        let mut views = Vec::new();
        for server in servers {
            let Some(all) = on.remove(&server.id) else { continue };
            let mut facts = None;
            for (place, package) in self.rooms().packages.iter().enumerate() {
                if !kind.map_or(package.word().is_some(), |kind| package.kind() == kind) {
                    continue;
                }
                let mut these = Vec::new();
                for resource in all.iter().filter(|r| r.kind == package.kind()) {
                    if facts.is_none() {
                        facts = Some(self.facts(server.id)?.unwrap_or_default());
                    }
                    let facts = facts.as_ref().unwrap_or(&NO_FACTS);
                    these.push(self.view(*package, resource, &server, &all, facts)?);
                }
                these.sort_by_cached_key(|view| (place, view.name.to_lowercase()));
                views.extend(these);
            }
        }
        Ok(views)
    }

    pub(super) fn find_resource(
        &self,
        server: ServerId,
        kind: &str,
        name: &str,
    ) -> Result<ResourceView> {
        let package = self.package(kind).ok_or_else(|| not_found("kind of resource", kind, ""))?;
        let record = self.server(server)?;
        let all = self.all_on(server)?;
        let wanted = name.trim();
        let id = looks_like_id(wanted).then(|| wanted.to_ascii_lowercase());
        let of_kind: Vec<&Resource> = all.iter().filter(|r| r.kind == kind).collect();
        let field = package.named_by().unwrap_or_default();
        let short = |r: &Resource| {
            let text = r.fields.get(field).and_then(serde_json::Value::as_str);
            text.is_some_and(|text| same_name(text, wanted))
        };
        let found = match &id {
            Some(id) => of_kind.iter().find(|r| r.id.to_string() == *id),
            None if wanted.is_empty() && package.named_by().is_none() => of_kind.first(),
            None => {
                let whole = of_kind.iter().find(|r| same_name(&package.name(&r.fields), wanted));
                // what names it alone will do while it is one thing's
                let mut shorter = of_kind.iter().filter(|r| short(r));
                whole.or_else(|| shorter.next().filter(|_| shorter.next().is_none()))
            }
        };
        let Some(resource) = found else {
            return Err(self.no_such(package, &record, wanted));
        };
        let facts = self.facts(server)?.unwrap_or_default();
        let mut view = self.view(package, resource, &record, &all, &facts)?;
        let id = resource.id;
        let last = self.store().find_back::<Operation>(|op| op.resource == Some(id))?;
        view.last = last.map(|stored| LastOperation {
            id: stored.record.id,
            what: stored.record.what(),
            outcome: stored.record.outcome,
        });
        Ok(view)
    }

    fn no_such(&self, package: &dyn Package, server: &Server, name: &str) -> Failure {
        let what = called(package.title(), package.named_by().is_some(), name);
        let text = format!("There is no {what} on “{}” as far as brokeforge knows.", server.name);
        let failure = Failure::new(FailureKind::NotFound, text);
        match package.word() {
            Some(word) => failure.remedy(format!(
                "`brokeforge {word} list {}` shows those there are.",
                argument(&server.name)
            )),
            None => failure,
        }
    }

    fn view(
        &self,
        package: &dyn Package,
        resource: &Resource,
        server: &Server,
        all: &[Resource],
        facts: &Facts,
    ) -> Result<ResourceView> {
        let mut texts = BTreeMap::new();
        let mut sealed = Vec::new();
        for field in package.fields() {
            if field.sort != Sort::Secret {
                let text = resource.fields.get(field.name).map(|value| field.text(value));
                texts.insert(field.name.to_owned(), text.unwrap_or_default());
                continue;
            }
            let kept = package.put_together(field.name).unwrap_or(field.name);
            if self.inner.operations.keeps(server.id, &secret_name(resource.id, kept))? {
                sealed.push(field.name.to_owned());
            }
        }
        let details = package.details(resource, facts);
        let needs = package.needs(&resource.fields);
        let name = package.name(&resource.fields);
        Ok(ResourceView {
            called: called(package.title(), package.named_by().is_some(), &name),
            resource: resource.clone(),
            server: server.name.clone(),
            name,
            texts,
            sealed,
            details: details.into_iter().map(|(title, text)| (title.to_owned(), text)).collect(),
            needs: needs.iter().map(|need| self.needed(need)).collect(),
            dependants: self
                .those_needing(resource, all)
                .into_iter()
                .map(|r| self.called(r))
                .collect(),
            last: None,
        })
    }

    /// The resources that cannot be without this one.
    fn those_needing<'a>(
        &'a self,
        resource: &'a Resource,
        all: &'a [Resource],
    ) -> Vec<&'a Resource> {
        let name = self.package(&resource.kind).map(|package| package.name(&resource.fields));
        // of several that would do, each is free to go but the last
        let alone = all.iter().filter(|r| r.kind == resource.kind).count() == 1;
        let this = move |need: &Need| {
            need.kind == resource.kind
                && match &need.name {
                    Some(needed) => name.as_ref().is_some_and(|name| same_name(needed, name)),
                    None => alone,
                }
        };
        let needing = |other: &&Resource| {
            let package = self.package(&other.kind);
            other.id != resource.id
                && package.is_some_and(|package| package.needs(&other.fields).iter().any(&this))
        };
        let mut all: Vec<&Resource> = all.iter().filter(needing).collect();
        all.sort_by_cached_key(|other| self.called(other));
        all
    }

    /// What a resource is called in a sentence.
    pub(super) fn called(&self, resource: &Resource) -> String {
        match self.package(&resource.kind) {
            Some(package) => {
                let named = package.named_by().is_some();
                called(package.title(), named, &package.name(&resource.fields))
            }
            None => format!("{} {}", resource.kind, resource.id),
        }
    }

    /// What a need is called in a sentence.
    fn needed(&self, need: &Need) -> String {
        let title = self.package(need.kind).map_or(need.kind, |package| package.title());
        called(title, need.name.is_some(), need.name.as_deref().unwrap_or_default())
    }

    pub(super) fn all_on(&self, server: ServerId) -> Result<Vec<Resource>> {
        Ok(self.everything_on(server)?.into_iter().map(|stored| stored.record).collect())
    }

    pub(super) fn reveal(&self, server: ServerId, id: ResourceId, field: &str) -> Result<Crossing> {
        let resource = self.resource(server, id)?;
        let package = self.package(&resource.kind);
        let fields = package.map(|package| package.fields()).unwrap_or_default();
        if !fields.iter().any(|known| known.name == field && known.sort == Sort::Secret) {
            let text = format!("{} has no sealed value “{field}”.", self.called(&resource));
            return Err(Failure::input(text));
        }
        self.need_vault()?;
        let made_of = package.and_then(|package| package.put_together(field));
        let kept = secret_name(id, made_of.unwrap_or(field));
        let secret = self.inner.operations.secret(server, &kept)?;
        let secret = match (secret, made_of, package) {
            (Some(secret), Some(_), Some(package)) => {
                let all = self.all_on(server)?;
                let text = secret.reveal_text();
                text.and_then(|text| package.revealed(&resource, &all, text))
            }
            (secret, _, _) => secret,
        };
        secret.map(Crossing).ok_or_else(|| {
            let text = format!("No {field} of {} is kept.", self.called(&resource));
            Failure::new(FailureKind::NotFound, text)
        })
    }
}

static NO_FACTS: std::sync::LazyLock<Facts> = std::sync::LazyLock::new(Facts::default);
