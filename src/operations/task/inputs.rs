//! What a plan's steps are given: the files of their scripts, and the secrets among them.

use std::collections::BTreeSet;

use super::Task;
use crate::domain::{Credential, Failure, Secret, Server};
use crate::operations::credentials;
use crate::operations::machine::Machine;
use crate::operations::protocol::Content;
use crate::packages::{InputSource, LocalStep, RemoteStep, Step};

impl Task {
    pub(super) fn contents(
        &self,
        step: &RemoteStep,
        server: &Server,
    ) -> Result<Vec<Content>, Failure> {
        let content = |input: &crate::packages::Input| {
            let (bytes, secret) = match &input.source {
                InputSource::Text(text) => (text.clone().into_bytes(), false),
                InputSource::PublicKey { user, which } => {
                    let key = self.credential(server, user)?.key(*which);
                    let key = key.ok_or_else(|| {
                        Failure::internal(format!("The old key of ours for {user} is not known."))
                    })?;
                    (key.public_key.trim_end().as_bytes().to_vec(), false)
                }
                InputSource::PublicKeys { user } => {
                    let keys = self.credential(server, user)?.keys();
                    let lines: Vec<&str> = keys.iter().map(|k| k.public_key.trim_end()).collect();
                    (lines.join("\n").into_bytes(), false)
                }
                InputSource::Secret(name) => (self.secret(server, name)?.reveal().to_vec(), true),
            };
            Ok(Content { name: input.name.clone(), bytes, secret })
        };
        step.inputs.iter().map(content).collect()
    }

    fn credential(&self, server: &Server, user: &str) -> Result<Credential, Failure> {
        let stored = self.rooms.store.get::<Credential>(&(server.id, user.to_owned()))?;
        stored
            .map(|stored| stored.record)
            .ok_or_else(|| Failure::internal(format!("There is no key of ours for {user} yet.")))
    }

    fn secret(&self, server: &Server, name: &str) -> Result<Secret, Failure> {
        credentials::secret(&self.rooms, server.id, name)?.ok_or_else(|| {
            Failure::internal(format!("There is no secret “{name}” of {}.", server.name))
        })
    }

    /// The secrets of the plan as far as they are made by now.
    pub(super) fn secrets(
        &self,
        machine: &Machine,
        server: &Server,
    ) -> Result<Vec<Secret>, Failure> {
        let plan = machine.plan();
        let undo = plan.undo.as_ref().map(|u| Step::Remote(u.step.clone()));
        let mut names = BTreeSet::new();
        for step in plan.steps().map(|(_, step)| step).chain(&undo) {
            match step {
                Step::Remote(step) => {
                    names.extend(step.inputs.iter().filter_map(|input| match &input.source {
                        InputSource::Secret(name) => Some(name.as_str()),
                        InputSource::Text(_)
                        | InputSource::PublicKey { .. }
                        | InputSource::PublicKeys { .. } => None,
                    }));
                }
                Step::Local(LocalStep::MakeSecret { secret, .. }) => {
                    names.insert(secret);
                }
                Step::Local(_) => {}
            }
        }
        let secret = |name| credentials::secret(&self.rooms, server.id, name).transpose();
        names.into_iter().filter_map(secret).collect()
    }
}
