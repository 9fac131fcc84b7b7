//! Taking the last change of a resource back, where an inverse exists. What was changed is read
//! from the operations and the server's record; the inverse is an ordinary change itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::{
    Action, Deed, Failure, FailureKind, Fields, Operation, OperationId, Outcome, ResourceId,
    Server, ServerId, Status, Time, rule::RuleFields,
};

use super::{Consent, Fleet, Local, Result, Started, rules::Rule};

mod resource;

/// Whose last change is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// A server: its record, its firewall or a rule, whichever was changed last.
    Server(ServerId),
    /// A firewall. What has no row of its own (the firewall, a rule that was removed) goes before
    /// this rule, when it was changed last of all.
    Firewall(ServerId, Option<ResourceId>),
    /// One resource, e.g. a rule.
    Resource(ServerId, ResourceId),
    /// What this operation changed, when nothing was changed there after it.
    Operation(OperationId),
}

/// What takes a change back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Inverse {
    /// Remove the rule that was added.
    RemoveRule(ResourceId),
    /// Give the rule its earlier line.
    EditRule(ResourceId, String),
    /// Add the rule that was removed, at its place from 1, as whose it was.
    AddRule {
        /// Its line.
        line: String,
        /// Its place, from 1.
        at: usize,
        /// `user` or `firewall`.
        owner: String,
    },
    /// Turn the firewall on.
    EnableFirewall,
    /// Turn the firewall off.
    DisableFirewall,
    /// Give the server's record its earlier values.
    EditServer,
    /// Remove the resource that was added.
    RemoveResource(ResourceId),
    /// Give the resource its earlier values.
    EditResource(ResourceId, Fields),
    /// Add the resource that was removed.
    AddResource {
        /// Its kind.
        kind: String,
        /// Its values.
        fields: Fields,
    },
}

impl Inverse {
    /// What it does, for the question before it.
    pub fn deed(&self) -> Deed {
        match self {
            Self::RemoveRule(_) => Deed::RemoveRule,
            Self::EditRule(..) => Deed::EditRule,
            Self::AddRule { .. } => Deed::AddRule,
            Self::EnableFirewall => Deed::EnableFirewall,
            Self::DisableFirewall => Deed::DisableFirewall,
            Self::EditServer => Deed::EditServer,
            Self::RemoveResource(_) => Deed::RemoveResource,
            Self::EditResource(..) => Deed::EditResource,
            Self::AddResource { .. } => Deed::AddResource,
        }
    }
}

/// A change that can be taken back, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undo {
    /// The server.
    pub server: ServerId,
    /// Whose last change it is.
    pub target: Target,
    /// What was done: `remove rule “…”`.
    pub was: String,
    /// When.
    pub at: Time,
    /// What would be done, a sentence.
    pub will: String,
    /// The inverse.
    pub inverse: Inverse,
}

impl Local {
    pub(super) fn undo_of(&self, target: Target) -> Result<Undo> {
        match target {
            Target::Server(id) => {
                let server = self.server(id)?;
                let last = self.last_change(id, |_| true)?;
                let record = server.replaced.as_ref().map(|replaced| replaced.at);
                match (last, record) {
                    (Some(last), Some(at)) if at < last.created_at => {
                        self.taken_back(&last, target)
                    }
                    (Some(last), None) => self.taken_back(&last, target),
                    _ => undo_record(&server, target),
                }
            }
            Target::Firewall(server, rule) => {
                self.server(server)?;
                let ours = |op: &Operation| op.kind == Fleet::FIREWALL || op.kind == Fleet::RULE;
                let rowless = |op: &Operation| {
                    op.kind == Fleet::FIREWALL || op.action == Action::Remove || rule.is_none()
                };
                let last = match self.last_change(server, ours)? {
                    Some(newest) if !rowless(&newest) => {
                        self.last_change(server, |op| ours(op) && op.resource == rule)?
                    }
                    newest => newest,
                };
                match last {
                    Some(last) => self.taken_back(&last, target),
                    None => Err(self.unchanged(server, ours)?),
                }
            }
            Target::Resource(server, id) => {
                let of_it = |op: &Operation| op.resource == Some(id);
                match self.last_change(server, of_it)? {
                    Some(last) => self.taken_back(&last, target),
                    None => Err(self.unchanged(server, of_it)?),
                }
            }
            Target::Operation(id) => {
                let operation = self.operation(id)?;
                let of_it = |op: &Operation| op.resource == operation.resource;
                match self.last_change(operation.server, of_it)? {
                    Some(last) if last.id == id => self.taken_back(&last, target),
                    _ if !operation.outcome.is_end() => Err(under_way(&operation)),
                    Some(last) if last.id > id => Err(nothing(format!(
                        "It was followed by “{}”, so it cannot be undone by itself.",
                        last.what()
                    ))),
                    _ => Err(nothing("It changed nothing that is left, so nothing is undone.")),
                }
            }
        }
    }

    pub(super) async fn undo(&self, undo: &Undo) -> Result<Option<Started>> {
        let now = self.undo_of(undo.target)?;
        if now != *undo {
            return Err(Failure::new(
                FailureKind::Conflict,
                "Something else was changed there meanwhile; nothing was undone.",
            )
            .remedy("Look at what was changed last, then undo that."));
        }
        let server = undo.server;
        match &undo.inverse {
            Inverse::RemoveRule(rule) => self.remove_rule(server, *rule).await.map(Some),
            Inverse::EditRule(rule, line) => {
                // what it warns of had its yes when it was first asked for
                self.edit_rule(server, *rule, line, Consent::Yes).await.map(Some)
            }
            Inverse::AddRule { line, at, owner } => {
                self.add_rule_of(server, line, Some(*at), owner, Consent::Yes).await.map(Some)
            }
            Inverse::EnableFirewall => self.enable_firewall(server).await.map(Some),
            Inverse::DisableFirewall => self.disable_firewall(server).await.map(Some),
            Inverse::EditServer => self.restore_server(server).await.map(|()| None),
            Inverse::RemoveResource(id) => {
                self.remove_resource(server, *id, BTreeMap::new()).await.map(Some)
            }
            Inverse::EditResource(id, fields) => {
                let kind = self.resource(server, *id)?.kind;
                self.restore_resource(server, &kind, Some(*id), fields.clone()).await.map(Some)
            }
            Inverse::AddResource { kind, fields } => {
                self.restore_resource(server, kind, None, fields.clone()).await.map(Some)
            }
        }
    }

    /// The newest operation of a server that changed something and is one of those: it ended well,
    /// is under way, or ended otherwise and left something changed.
    fn last_change(
        &self,
        server: ServerId,
        of_those: impl Fn(&Operation) -> bool,
    ) -> Result<Option<Operation>> {
        let changed = |op: &Operation| {
            let unchanged = op.error.as_ref().is_some_and(|error| {
                use crate::domain::Effect::{None, Restored};
                matches!(error.effect, Some(None | Restored))
            });
            op.outcome == Outcome::Done || !unchanged
        };
        let last = self
            .store()
            .find_back::<Operation>(|op| op.server == server && of_those(op) && changed(op))?;
        Ok(last.map(|stored| stored.record))
    }

    /// Why nothing can be taken back where no operation of those changed anything.
    fn unchanged(
        &self,
        server: ServerId,
        of_those: impl Fn(&Operation) -> bool,
    ) -> Result<Failure> {
        let last = self.store().find_back::<Operation>(|op| op.server == server && of_those(op))?;
        Ok(match last {
            Some(last) => nothing(format!(
                "“{}” ended as {} and changed nothing; no change before it is on record.",
                last.record.what(),
                last.record.outcome
            )),
            None => nothing("Nothing was changed here yet."),
        })
    }

    fn taken_back(&self, last: &Operation, target: Target) -> Result<Undo> {
        if !last.outcome.is_end() {
            return Err(under_way(last));
        }
        if last.outcome != Outcome::Done {
            return Err(nothing(format!(
                "“{}” ended as {}, so it is not known what undoing it would mean.",
                last.what(),
                last.outcome
            ))
            .remedy("Repeat it, or make the change that you want."));
        }
        let (inverse, will) = match (last.kind.as_str(), last.resource) {
            (Fleet::FIREWALL, _) => self.firewall_back(last)?,
            (Fleet::RULE, Some(rule)) => self.rule_back(last, rule)?,
            ("server", _) if last.action == Action::Install => {
                return Err(nothing(
                    "Adding a server cannot be undone; removing it is the way back.",
                ));
            }
            ("exec", _) => return Err(nothing("A command cannot be undone.")),
            (_, Some(id)) => resource::back(self, last, id)?,
            _ => return Err(nothing(format!("“{}” cannot be undone.", last.what()))),
        };
        let at = last.created_at;
        Ok(Undo { server: last.server, target, was: last.what(), at, will, inverse })
    }

    fn firewall_back(&self, last: &Operation) -> Result<(Inverse, String)> {
        match (last.action, last.before) {
            (Action::Install, None) => {
                Ok((Inverse::DisableFirewall, "The firewall is turned off.".to_owned()))
            }
            (Action::Remove, _) => {
                Ok((Inverse::EnableFirewall, "The firewall is turned on.".to_owned()))
            }
            _ => Err(nothing("There is no earlier state of the firewall on record to go back to.")),
        }
    }

    fn rule_back(&self, last: &Operation, rule: ResourceId) -> Result<(Inverse, String)> {
        let before = last.fields_before.as_ref().map(read).transpose()?;
        match (last.action, before) {
            (Action::Install, _) if last.before == Some(Status::Failed) => Err(nothing(
                "The rule had failed before that change, so there is no state to go back to.",
            )),
            (Action::Install, _) => {
                let line = self.subject_now(last.server, rule)?;
                Ok((Inverse::RemoveRule(rule), format!("The rule “{line}” is removed.")))
            }
            (Action::Update, Some(before)) => {
                let line = before.spec.to_string();
                let will = format!("The rule is “{line}” again.");
                Ok((Inverse::EditRule(rule, line), will))
            }
            (Action::Remove, Some(before)) => {
                let rules = self.rules(last.server)?;
                let above = |other: &&Rule| (other.fields.rank, other.id()) < (before.rank, rule);
                let at = rules.iter().filter(above).count() + 1;
                let line = before.spec.to_string();
                let will = format!("The rule “{line}” is added again, at place {at}.");
                Ok((Inverse::AddRule { line, at, owner: before.owner }, will))
            }
            (_, None) => Err(nothing("What the rule was before is not on record.")),
        }
    }

    fn subject_now(&self, server: ServerId, rule: ResourceId) -> Result<String> {
        let fields: RuleFields = self.stored_resource(server, rule)?.record.read()?;
        Ok(fields.spec.to_string())
    }

    /// Gives a server's record the values that its last change replaced; these are kept in turn.
    async fn restore_server(&self, id: ServerId) -> Result<()> {
        let stored = self.stored_server(id)?;
        let mut server = stored.record.clone();
        self.refuse_busy(server.status, &server.name, id, None)?;
        let Some(before) = server.replaced.take() else {
            return Err(nothing("Nothing was changed here yet."));
        };
        let taken = self.servers()?.into_iter().any(|other| {
            other.id != id && crate::domain::input::same_name(&other.name, &before.name)
        });
        if taken {
            return Err(Failure::new(
                FailureKind::Conflict,
                format!("The earlier name “{}” is another server's by now.", before.name),
            ));
        }
        let now = self.now();
        server.replaced = Some(server.kept(now));
        server.name = before.name;
        server.host = before.host;
        server.port = before.port;
        server.tags = before.tags;
        server.updated_at = now;
        self.rewrite(&stored, &server).await
    }
}

fn undo_record(server: &Server, target: Target) -> Result<Undo> {
    let Some(before) = &server.replaced else {
        return Err(nothing(format!(
            "No change of “{}” that could be undone is on record.",
            server.name
        )));
    };
    let mut will = Vec::new();
    if before.name != server.name {
        will.push(format!("it is called “{}”", before.name));
    }
    if (&before.host, before.port) != (&server.host, server.port) {
        let address = crate::domain::server::address(&before.host, before.port);
        will.push(format!("its address is {address}"));
    }
    if before.tags != server.tags {
        let tags: Vec<&str> = before.tags.iter().map(String::as_str).collect();
        will.push(match tags.is_empty() {
            true => "it has no tags".to_owned(),
            false => format!("its tags are {}", tags.join(", ")),
        });
    }
    Ok(Undo {
        server: server.id,
        target,
        was: format!("change the record of {}", server.name),
        at: before.at,
        will: format!("Of “{}”: {}, as before.", server.name, will.join(", ")),
        inverse: Inverse::EditServer,
    })
}

fn read(fields: &Fields) -> Result<RuleFields> {
    serde_json::from_value(fields.clone().into())
        .map_err(|e| Failure::internal(format!("The rule as it was cannot be read: {e}.")))
}

fn nothing(why: impl Into<String>) -> Failure {
    Failure::new(FailureKind::Conflict, why.into())
}

fn under_way(operation: &Operation) -> Failure {
    nothing(format!("“{}” is not over yet.", operation.what()))
        .remedy("Wait until it is over, or cancel it.")
}
