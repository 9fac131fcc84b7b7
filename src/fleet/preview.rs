//! What an operation would do: asks the host, writes nothing.

use std::collections::BTreeMap;

use crate::domain::{Action, Failure, Resource, ResourceId, Server, ServerId};
use crate::operations::{Operations, Planned};
use crate::packages::{Plan, Step};

use super::{Fleet, Local, Preview, PreviewStep, Result, request::Request};

impl Local {
    pub(super) async fn preview(
        &self,
        server: ServerId,
        kind: &str,
        action: Action,
        rule: Option<ResourceId>,
        line: Option<&str>,
        at: Option<usize>,
    ) -> Result<Preview> {
        let record = self.server(server)?;
        self.need_vault()?;
        let (request, resource) = if kind == Fleet::FIREWALL {
            let (request, resource) = self.switching(server, action)?;
            (request, Some(resource))
        } else if kind == Fleet::RULE {
            let resource = match rule {
                Some(rule) => Some(self.stored_resource(server, rule)?.record),
                None => None,
            };
            let resource = match (resource, line) {
                (before, Some(line)) => Some(self.drafted_rule(server, line, before, at)?),
                (Some(resource), None) => Some(resource),
                (None, None) => return Err(Failure::input("There is no rule to look at.")),
            };
            (Request::new(kind, action), resource)
        } else {
            return Err(Failure::input(format!("There is nothing to try out for {kind}.")));
        };
        self.look_at(&record, request, resource).await
    }

    /// What such an operation on a record as it would be then would do.
    pub(super) async fn look_at(
        &self,
        server: &Server,
        request: Request,
        mut resource: Option<Resource>,
    ) -> Result<Preview> {
        let action = request.action;
        let request = match self.skip_admission {
            true => request.choice("skip_admission", true),
            false => request,
        };
        let mut operation = self.draft(request, server.id, resource.as_ref().map(|r| r.id));
        if let Some(resource) = &mut resource {
            if action == Action::Update {
                operation.fields_before = self
                    .stored_resource(server.id, resource.id)
                    .ok()
                    .map(|stored| stored.record.fields);
            }
            resource.status = action.running_status();
        }
        let planned = self.inner.operations.plan(&operation, resource.as_ref()).await?;
        Ok(shown(server.name.clone(), planned))
    }
}

fn shown(server: String, planned: Planned) -> Preview {
    let Planned { plan, inside } = planned;
    let mut inside: BTreeMap<usize, Result<Plan>> = inside.into_iter().collect();
    let (mut steps, mut notes) = (Vec::new(), plan.notes.clone());
    for (number, (milestone, step)) in plan.steps().enumerate() {
        let milestone = plan.milestones.get(milestone).map(|m| m.label.as_str());
        steps.push(step_of(milestone.unwrap_or_default(), step, 0));
        match inside.remove(&number) {
            None => {}
            Some(Ok(child)) => {
                for milestone in &child.milestones {
                    let of = |step| step_of(&milestone.label, step, 1);
                    steps.extend(milestone.steps.iter().map(of));
                }
                notes.extend(child.notes);
            }
            // it waits for something that is not there yet
            Some(Err(failure)) => steps.push(PreviewStep {
                milestone: milestone.unwrap_or_default().to_owned(),
                name: "its steps are made when what it needs is there".to_owned(),
                text: failure.message,
                remote: false,
                depth: 1,
            }),
        }
    }
    Preview { server, steps, notes }
}

fn step_of(milestone: &str, step: &Step, depth: u8) -> PreviewStep {
    PreviewStep {
        milestone: milestone.to_owned(),
        name: step.name().to_owned(),
        text: Operations::step_text(step),
        remote: matches!(step, Step::Remote(_)),
        depth,
    }
}
