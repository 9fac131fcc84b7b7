//! Adding, changing and removing resources of every kind, and answering what their packages ask.

use std::collections::BTreeMap;

use super::draft::{ResourceDraft, choices, upper_first};
use super::{Local, Result};
use crate::domain::{
    Action, Failure, FailureKind, Fields, OperationId, Outcome, Resource, ResourceId, Server,
    ServerId, server::argument,
};
use crate::fleet::{
    Consent, Preview, Started,
    request::{On, Request},
    review::allow,
};
use crate::packages::{Package, secret_name};
use crate::store::{Batch, Expected, Stored};

/// Among an operation's choices: the names of sealed values that it changed.
pub(in crate::fleet) const SEALED: &str = "sealed_values";

impl Local {
    pub(in crate::fleet) async fn add_resource(
        &self,
        server: ServerId,
        kind: &str,
        draft: ResourceDraft,
        consent: Consent,
    ) -> Result<Started> {
        let record = self.server(server)?;
        self.refuse_leaving(&record)?;
        let (request, resource) = self.added(&record, kind, &draft, consent)?;
        self.need_vault()?;
        let mut batch = Batch::new();
        self.seal(server, resource.id, &draft, &mut batch)?;
        self.request(request, On::New(resource), batch).await
    }

    pub(in crate::fleet) async fn edit_resource(
        &self,
        server: ServerId,
        id: ResourceId,
        draft: ResourceDraft,
        consent: Consent,
    ) -> Result<Started> {
        let record = self.server(server)?;
        self.refuse_leaving(&record)?;
        let stored = self.stored_resource(server, id)?;
        let (request, fields) = self.edited(&record, &stored.record, &draft, consent)?;
        self.need_vault()?;
        let mut batch = Batch::new();
        self.refuse_busy(stored.record.status, &self.called(&stored.record), server, Some(id))?;
        self.seal(server, id, &draft, &mut batch)?;
        self.request(request, On::Resource(stored, Some(fields)), batch).await
    }

    pub(in crate::fleet) async fn remove_resource(
        &self,
        server: ServerId,
        id: ResourceId,
        answers: BTreeMap<String, String>,
    ) -> Result<Started> {
        self.refuse_leaving(&self.server(server)?)?;
        let stored = self.stored_resource(server, id)?;
        let request = self.removed(&stored.record, &answers)?;
        self.request(request, On::Resource(stored, None), Batch::new()).await
    }

    /// A resource of a kind as it was before, with new or earlier values as they stand.
    pub(in crate::fleet) async fn restore_resource(
        &self,
        server: ServerId,
        kind: &str,
        id: Option<ResourceId>,
        fields: Fields,
    ) -> Result<Started> {
        self.refuse_leaving(&self.server(server)?)?;
        let Some(id) = id else {
            let fresh = self.fresh(server, kind, fields);
            let request = Request::new(kind, Action::Install);
            return self.request(request, On::New(fresh), Batch::new()).await;
        };
        let stored: Stored<Resource> = self.stored_resource(server, id)?;
        let request = Request::new(kind, Action::Update);
        self.request(request, On::Resource(stored, Some(fields)), Batch::new()).await
    }

    pub(in crate::fleet) async fn preview_resource(
        &self,
        server: ServerId,
        kind: &str,
        action: Action,
        id: Option<ResourceId>,
        draft: ResourceDraft,
    ) -> Result<Preview> {
        let record = self.server(server)?;
        self.need_vault()?;
        let before = id.map(|id| self.resource(server, id)).transpose()?;
        // whoever is only shown the plan has nothing to say yes to
        let (request, resource) = match (action, before) {
            (Action::Remove, Some(resource)) => {
                (self.removed(&resource, &draft.answers)?, resource)
            }
            (Action::Update, Some(resource)) => {
                let (request, fields) = self.edited(&record, &resource, &draft, Consent::Yes)?;
                (request, Resource { fields, ..resource })
            }
            (Action::Install, None) => self.added(&record, kind, &draft, Consent::Yes)?,
            _ => return Err(Failure::input("There is nothing to try out.")),
        };
        self.look_at(&record, request, Some(resource)).await
    }

    pub(in crate::fleet) async fn answer(
        &self,
        id: OperationId,
        answers: BTreeMap<String, String>,
    ) -> Result<Started> {
        let operation = self.operation(id)?;
        let asked = operation.error.as_ref().map(|e| e.questions.as_slice()).unwrap_or_default();
        if operation.outcome != Outcome::Failed || asked.is_empty() {
            let text = format!("Operation {id} asks nothing.");
            return Err(Failure::new(FailureKind::Conflict, text));
        }
        refuse_odd(asked, &answers)?;
        self.again(&operation, choices(&answers)?).await
    }

    fn added(
        &self,
        server: &Server,
        kind: &str,
        draft: &ResourceDraft,
        consent: Consent,
    ) -> Result<(Request, Resource)> {
        let package = self.worded(kind)?;
        let fields = self.allowed(server, package, None, draft, consent)?;
        let request = Request::new(kind, Action::Install).with(choices(&draft.answers)?);
        Ok((request, self.fresh(server.id, kind, fields)))
    }

    fn edited(
        &self,
        server: &Server,
        resource: &Resource,
        draft: &ResourceDraft,
        consent: Consent,
    ) -> Result<(Request, Fields)> {
        let package = self.worded(&resource.kind)?;
        let fields = self.allowed(server, package, Some(resource), draft, consent)?;
        let mut request = Request::new(&resource.kind, Action::Update);
        request = request.with(choices(&draft.answers)?);
        if !draft.secrets.is_empty() {
            request = request.choice(SEALED, draft.secrets.keys().cloned().collect::<Vec<_>>());
        }
        Ok((request, fields))
    }

    fn removed(&self, resource: &Resource, answers: &BTreeMap<String, String>) -> Result<Request> {
        self.worded(&resource.kind)?;
        let server = self.server(resource.server)?;
        let all = self.all_on(server.id)?;
        let others = self.those_needing(resource, &all);
        if !others.is_empty() {
            let names: Vec<String> = others.iter().map(|other| self.called(other)).collect();
            let text = format!(
                "{} of “{}” stays: it is needed by {}.",
                upper_first(&self.called(resource)),
                server.name,
                names.join(", ")
            );
            let ways = others.iter().filter_map(|other| {
                let package = self.package(&other.kind)?;
                let name = package.named_by().map(|_| package.name(&other.fields));
                let name = name.map(|name| format!(" {}", argument(&name))).unwrap_or_default();
                let word = package.word()?;
                Some(format!("brokeforge {word} remove {}{name}", argument(&server.name)))
            });
            let ways: Vec<String> = ways.collect();
            return Err(Failure::new(FailureKind::Conflict, text)
                .remedy(format!("Remove what needs it first: {}", ways.join("; "))));
        }
        Ok(Request::new(&resource.kind, Action::Remove).with(choices(answers)?))
    }

    fn allowed(
        &self,
        server: &Server,
        package: &dyn Package,
        editing: Option<&Resource>,
        draft: &ResourceDraft,
        consent: Consent,
    ) -> Result<Fields> {
        let (fields, review) = self.taken(server, package, editing, draft)?;
        allow(&review, consent)?;
        fields.ok_or_else(|| Failure::internal("Values that nothing stands against are missing."))
    }

    /// Seals a draft's secrets in the same commit as its record.
    fn seal(
        &self,
        server: ServerId,
        id: ResourceId,
        draft: &ResourceDraft,
        batch: &mut Batch,
    ) -> Result<()> {
        for (field, secret) in &draft.secrets {
            let name = secret_name(id, field);
            let document = self.inner.operations.sealed(server, &name, secret)?;
            // until the operation is over, for the way back
            if let Some(before) = self.store().get::<crate::domain::Document>(&document.key)? {
                let key = format!("{}{}", document.key, crate::operations::BEFORE);
                let body = before.record.body;
                batch.put(&crate::domain::Document { key, body }, Expected::Anything);
            }
            batch.put(&document, Expected::Anything);
        }
        Ok(())
    }
}

/// Refuses an answer to what was not asked, and a word that is no answer.
fn refuse_odd(asked: &[crate::domain::Question], answers: &BTreeMap<String, String>) -> Result<()> {
    for (key, word) in answers {
        let Some(question) = asked.iter().find(|question| question.key == *key) else {
            let keys: Vec<&str> = asked.iter().map(|question| question.key.as_str()).collect();
            let text = format!("“{key}” was not asked; {} was.", keys.join(", "));
            return Err(Failure::input(text));
        };
        if !question.takes(word) {
            let words: Vec<&str> = question.answers.iter().map(|a| a.word.as_str()).collect();
            let text = format!("“{word}” is no answer to {key}: {}.", words.join(", "));
            return Err(Failure::input(text));
        }
    }
    Ok(())
}
