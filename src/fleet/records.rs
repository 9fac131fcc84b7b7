//! Reads of the store by what people call things, and new ids.

use crate::domain::{
    Credential, Event, Facts, Failure, FailureKind, InstalledPackage, Operation, OperationId,
    Resource, ResourceId, ResourceKey, Server, ServerFacts, ServerId, id::looks_like_id,
    input::same_name,
};
use crate::operations::Follow;
use crate::store::Stored;

use super::{Local, OurKey, Result};

pub(super) fn not_found(what: &str, name: &str, remedy: &str) -> Failure {
    Failure::new(FailureKind::NotFound, format!("There is no {what} “{name}”.")).remedy(remedy)
}

impl Local {
    pub(super) fn servers(&self) -> Result<Vec<Server>> {
        let mut servers: Vec<Server> =
            self.store().scan::<Server>(&[])?.into_iter().map(|s| s.record).collect();
        servers.sort_by_cached_key(|server| server.name.to_lowercase());
        Ok(servers)
    }

    pub(super) fn server(&self, id: ServerId) -> Result<Server> {
        Ok(self.stored_server(id)?.record)
    }

    pub(super) fn stored_server(&self, id: ServerId) -> Result<Stored<Server>> {
        self.store().get::<Server>(&id)?.ok_or_else(|| no_server(&id.to_string()))
    }

    pub(super) fn find_server(&self, name: &str) -> Result<Server> {
        let name = name.trim();
        if looks_like_id(name) {
            let id = name.to_ascii_lowercase().parse().map_err(|_| no_server(name))?;
            return self.server(id).map_err(|_| no_server(name));
        }
        self.servers()?
            .into_iter()
            .find(|s| same_name(&s.name, name))
            .ok_or_else(|| no_server(name))
    }

    pub(super) fn our_keys(&self, server: ServerId) -> Result<Vec<OurKey>> {
        let all = self.store().scan::<Credential>(server.to_string().as_bytes())?;
        Ok(all.into_iter().map(|stored| OurKey::from(stored.record)).collect())
    }

    pub(super) fn resources(&self, server: ServerId, kind: &str) -> Result<Vec<Stored<Resource>>> {
        let mut all = self.everything_on(server)?;
        all.retain(|stored| stored.record.kind == kind);
        Ok(all)
    }

    pub(super) fn everything_on(&self, server: ServerId) -> Result<Vec<Stored<Resource>>> {
        Ok(self.store().scan::<Resource>(server.to_string().as_bytes())?)
    }

    pub(super) fn stored_resource(
        &self,
        server: ServerId,
        id: ResourceId,
    ) -> Result<Stored<Resource>> {
        self.store().get::<Resource>(&ResourceKey { server, id })?.ok_or_else(|| {
            not_found("resource", &id.to_string(), "It may have been removed already.")
        })
    }

    pub(super) fn resource(&self, server: ServerId, id: ResourceId) -> Result<Resource> {
        Ok(self.stored_resource(server, id)?.record)
    }

    pub(super) fn operations(&self, limit: usize) -> Result<Vec<Operation>> {
        let all = self.store().scan_back::<Operation>(&[], limit)?;
        Ok(all.into_iter().map(|stored| stored.record).collect())
    }

    pub(super) fn operation(&self, id: OperationId) -> Result<Operation> {
        self.store().get::<Operation>(&id)?.map(|stored| stored.record).ok_or_else(|| {
            not_found(
                "operation",
                &id.to_string(),
                "`brokeforge operation list` shows those there are.",
            )
        })
    }

    /// The operations of a server that are not over, oldest first.
    pub(super) fn under_way(&self, server: ServerId) -> Result<Vec<Operation>> {
        let mut all = self.store().under_way()?;
        all.retain(|op| op.server == server);
        Ok(all)
    }

    pub(super) fn events(&self, id: OperationId) -> Result<Vec<Event>> {
        self.operation(id)?;
        Ok(self.store().events(id)?)
    }

    /// Its output from the beginning, then live.
    pub(super) fn follow(&self, id: OperationId) -> Result<Follow> {
        self.inner.operations.follow(id)
    }

    pub(super) fn packages(&self, server: Option<ServerId>) -> Result<Vec<InstalledPackage>> {
        let prefix = server.map(|id| id.to_string()).unwrap_or_default();
        let all = self.store().scan::<InstalledPackage>(prefix.as_bytes())?;
        Ok(all.into_iter().map(|stored| stored.record).collect())
    }

    pub(super) fn facts(&self, id: ServerId) -> Result<Option<Facts>> {
        Ok(self.store().get::<ServerFacts>(&id)?.map(|stored| stored.record.facts))
    }

    pub(super) async fn probe(&self, id: ServerId) -> Result<Facts> {
        self.server(id)?;
        self.need_vault()?;
        self.inner.operations.probe(id, crate::packages::all()).await
    }
}

fn no_server(name: &str) -> Failure {
    not_found("server", name, "`brokeforge server list` shows those there are.")
}
