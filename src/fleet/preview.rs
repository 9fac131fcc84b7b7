//! What an operation would do: asks the host, writes nothing.

use crate::domain::{Action, Failure, Resource, ResourceId, Server, ServerId};
use crate::operations::Operations;
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
        let plan = self.inner.operations.plan(&operation, resource.as_ref()).await?;
        Ok(shown(server.name.clone(), plan))
    }
}

fn shown(server: String, plan: Plan) -> Preview {
    let steps = plan
        .milestones
        .iter()
        .flat_map(|milestone| {
            milestone.steps.iter().map(|step| PreviewStep {
                milestone: milestone.label.clone(),
                name: step.name().to_owned(),
                text: Operations::step_text(step),
                remote: matches!(step, Step::Remote(_)),
            })
        })
        .collect();
    Preview { server, steps, notes: plan.notes }
}
