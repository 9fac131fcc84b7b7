//! Adding and removing servers.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{
    Action, Credential, Document, Failure, FailureKind, InstalledPackage, Login, Operation, Server,
    ServerFacts, ServerId, Status,
};
use crate::store::{Batch, Expected, Record};

use super::{
    Consent, Fleet, Local, Result, ServerDraft, Started,
    request::{On, Request},
    resources::choices,
    review::Taken,
};

/// The package type of a server's own operations.
pub(super) const KIND: &str = "server";

impl Local {
    pub(super) async fn add_server(&self, draft: ServerDraft, consent: Consent) -> Result<Started> {
        let taken = self.take_server(&draft, None, true)?;
        super::review::allow(&taken.review, consent)?;
        self.need_vault()?;
        let Taken { name, host, port, user, login, trust, .. } = taken;
        let now = self.now();
        let server = Server {
            id: ServerId::new(now, rand::random()),
            name,
            host,
            port,
            user,
            login,
            trust,
            host_keys: Vec::new(),
            status: Status::Pending,
            error: None,
            tags: BTreeSet::new(),
            replaced: None,
            created_at: now,
            updated_at: now,
        };
        if let (Login::Identity { .. }, Some(passphrase)) = (&server.login, &draft.passphrase) {
            self.inner.operations.keep_passphrase(server.id, passphrase).await?;
        }
        if let (Login::Password, Some(password)) = (&server.login, draft.passphrase) {
            self.rooms().passwords.keep(server.id, password);
        }
        let id = server.id;
        let request = Request::new(KIND, Action::Install);
        let started = self.request(request, On::NewServer(server), Batch::new()).await;
        if started.is_err() {
            self.rooms().passwords.forget(id);
        }
        started
    }

    pub(super) async fn remove_server(
        &self,
        id: ServerId,
        clean_up: bool,
        answers: BTreeMap<String, String>,
    ) -> Result<Option<Started>> {
        let stored = self.stored_server(id)?;
        self.refuse_leaving(&stored.record)?;
        self.refuse_work(&stored.record)?;
        if clean_up {
            let request = Request::new(KIND, Action::Remove).with(choices(&answers)?);
            let request = request.choice("clean_up", true);
            return self.request(request, On::Server(stored), Batch::new()).await.map(Some);
        }
        let mut leaving = stored.record.clone();
        leaving.status = Status::Removing;
        leaving.updated_at = self.now();
        let mut batch = Batch::new();
        for resource in self.everything_on(id)? {
            let mut record = resource.record;
            record.status = Status::Removing;
            batch.put(&record, Expected::Revision(resource.revision));
            batch.delete::<crate::domain::Resource>(&record.key(), Expected::Anything);
        }
        for package in self.packages(Some(id))? {
            batch.delete::<InstalledPackage>(&Record::key(&package), Expected::Anything);
        }
        let of_this = id.to_string();
        for credential in self.store().scan::<Credential>(of_this.as_bytes())? {
            batch.delete::<Credential>(&Record::key(&credential.record), Expected::Anything);
        }
        let seen = crate::operations::Operations::seen_keys(id);
        if self.store().get::<Document>(&seen)?.is_some() {
            batch.delete::<Document>(&seen, Expected::Anything);
        }
        for secret in self.store().scan::<Document>(format!("secret/{of_this}/").as_bytes())? {
            batch.delete::<Document>(&secret.record.key, Expected::Anything);
        }
        if self.facts(id)?.is_some() {
            batch.delete::<ServerFacts>(&id, Expected::Anything);
        }
        batch.put(&leaving, Expected::Revision(stored.revision));
        batch.delete::<Server>(&id, Expected::Anything);
        self.store().commit(batch).await?;
        self.rooms().connections.forget(&id.to_string()).await;
        Ok(None)
    }

    pub(super) fn dependants(&self, id: ServerId) -> Result<Vec<String>> {
        let resources = self.everything_on(id)?;
        let packages = self.packages(Some(id))?;
        let work = self.under_way(id)?;
        Ok(resources
            .iter()
            .filter(|stored| stored.record.kind != Fleet::COMMAND)
            .map(|stored| match stored.record.kind.as_str() {
                "firewall" => "its firewall's record".to_owned(),
                _ => self.called(&stored.record),
            })
            // What a resource stands for is named already.
            .chain(
                packages
                    .iter()
                    .filter(|p| !resources.iter().any(|r| r.record.kind == p.kind))
                    .map(|p| format!("package {} {}", p.kind, p.name)),
            )
            .chain(work.iter().map(|op| format!("“{}” ({})", op.what(), op.outcome)))
            .collect())
    }

    /// New work is not taken for a server that is being removed.
    pub(super) fn refuse_leaving(&self, server: &Server) -> Result<()> {
        if server.status == Status::Removing {
            return self.refuse_busy(server.status, &server.name, server.id, None);
        }
        Ok(())
    }

    fn refuse_work(&self, server: &Server) -> Result<()> {
        let Some(Operation { id, kind, action, outcome, .. }) =
            self.under_way(server.id)?.into_iter().next()
        else {
            return Ok(());
        };
        Err(Failure::new(
            FailureKind::Conflict,
            format!("Operation {id} ({action} {kind}, {outcome}) works on “{}”.", server.name),
        )
        .remedy(format!("Wait until it is over, or cancel it: brokeforge operation cancel {id}")))
    }
}
