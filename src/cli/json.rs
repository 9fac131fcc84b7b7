//! The JSON contract: which keys records have, in this order. Scripts are built on it; nothing is
//! renamed here.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::domain::{
    Effect, Event, Facts, Failure, FailureKind, Fields, InstalledPackage, Operation, Question,
    Server, Status, Time,
};
use crate::fleet::RuleView;

/// An object's text on one line.
pub(super) fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value)
        .unwrap_or_else(|e| format!("{{\"kind\":\"internal\",\"message\":\"{e}\"}}"))
}

/// A moment in RFC 3339, to the millisecond and always of one width: it sorts as text, and a short
/// operation still has a duration.
#[derive(Debug, Clone, Copy)]
pub(super) struct At(pub Time);

impl Serialize for At {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0.strftime("%Y-%m-%dT%H:%M:%S%.3fZ"))
    }
}

/// What is said on standard error besides failures.
#[derive(Debug, Serialize)]
pub(super) struct Note<'a> {
    pub note: &'a str,
}

/// A failure.
#[derive(Debug, Serialize)]
pub(super) struct ErrorView<'a> {
    kind: FailureKind,
    message: &'a str,
    host: Option<&'a str>,
    step: Option<&'a str>,
    effect: Option<Effect>,
    remedy: Option<&'a str>,
    #[serde(skip_serializing_if = "<[Question]>::is_empty")]
    questions: &'a [Question],
}

impl<'a> From<&'a Failure> for ErrorView<'a> {
    fn from(failure: &'a Failure) -> Self {
        Self {
            kind: failure.kind,
            message: &failure.message,
            host: failure.host.as_deref(),
            step: failure.step.as_deref(),
            effect: failure.effect,
            remedy: failure.remedy.as_deref(),
            questions: &failure.questions,
        }
    }
}

fn error(failure: Option<&Failure>) -> Option<ErrorView<'_>> {
    failure.map(ErrorView::from)
}

/// A server.
#[derive(Debug, Serialize)]
pub(super) struct ServerView<'a> {
    id: String,
    name: &'a str,
    host: &'a str,
    port: u16,
    user: &'a str,
    status: Status,
    error: Option<ErrorView<'a>>,
    created_at: At,
    updated_at: At,
    tags: &'a BTreeSet<String>,
}

impl<'a> From<&'a Server> for ServerView<'a> {
    fn from(server: &'a Server) -> Self {
        Self {
            id: server.id.to_string(),
            name: &server.name,
            host: &server.host,
            port: server.port,
            user: &server.user,
            status: server.status,
            error: error(server.error.as_ref()),
            created_at: At(server.created_at),
            updated_at: At(server.updated_at),
            tags: &server.tags,
        }
    }
}

/// A rule.
#[derive(Debug, Serialize)]
pub(super) struct RuleObject<'a> {
    id: String,
    server: String,
    name: &'a str,
    line: &'a str,
    position: usize,
    action: &'a str,
    ports: &'a str,
    protocol: &'a str,
    from: &'a str,
    to: &'a str,
    status: Status,
    actual: crate::domain::rule::Actual,
    owner: &'a str,
    error: Option<ErrorView<'a>>,
    created_at: At,
    updated_at: At,
}

impl<'a> From<&'a RuleView> for RuleObject<'a> {
    fn from(rule: &'a RuleView) -> Self {
        Self {
            id: rule.id.to_string(),
            server: rule.server.to_string(),
            name: &rule.name,
            line: &rule.line,
            position: rule.position,
            action: &rule.action,
            ports: &rule.ports,
            protocol: &rule.protocol,
            from: &rule.from,
            to: &rule.to,
            status: rule.status,
            actual: rule.actual,
            owner: &rule.owner,
            error: error(rule.error.as_ref()),
            created_at: At(rule.created_at),
            updated_at: At(rule.updated_at),
        }
    }
}

/// An operation.
#[derive(Debug, Serialize)]
pub(super) struct OperationView<'a> {
    id: String,
    action: &'static str,
    kind: &'a str,
    resource: Option<String>,
    server: String,
    outcome: crate::domain::Outcome,
    milestone: Option<&'a str>,
    progress: u8,
    retry_of: Option<String>,
    error: Option<ErrorView<'a>>,
    started_at: Option<At>,
    finished_at: Option<At>,
    parent: Option<String>,
    waits_for: Option<&'a str>,
}

impl<'a> From<&'a Operation> for OperationView<'a> {
    fn from(op: &'a Operation) -> Self {
        Self {
            id: op.id.to_string(),
            action: op.action.as_str(),
            kind: &op.kind,
            resource: op.resource.map(|id| id.to_string()),
            server: op.server.to_string(),
            outcome: op.outcome,
            milestone: op.progress.milestone.as_deref(),
            progress: op.progress.percent(),
            retry_of: op.retry_of.map(|id| id.to_string()),
            error: error(op.error.as_ref()),
            started_at: op.started_at.map(At),
            finished_at: op.finished_at.map(At),
            parent: op.parent.map(|id| id.to_string()),
            waits_for: op.waits_for.as_deref(),
        }
    }
}

/// An event.
#[derive(Debug, Serialize)]
pub(super) struct EventView<'a> {
    operation: String,
    server: String,
    site: Option<String>,
    package: &'a str,
    action: &'static str,
    milestone: &'a str,
    step: u16,
    of: u16,
    progress: u8,
    at: At,
    details: Option<&'a str>,
    error: Option<ErrorView<'a>>,
}

impl<'a> From<&'a Event> for EventView<'a> {
    fn from(event: &'a Event) -> Self {
        Self {
            operation: event.operation.to_string(),
            server: event.server.to_string(),
            site: event.site.map(|id| id.to_string()),
            package: &event.package,
            action: event.action.as_str(),
            milestone: &event.milestone,
            step: event.step,
            of: event.of,
            progress: event.progress,
            at: At(event.at),
            details: event.details.as_deref(),
            error: error(event.error.as_ref()),
        }
    }
}

/// An installed package.
#[derive(Debug, Serialize)]
pub(super) struct PackageView<'a> {
    server: String,
    site: Option<String>,
    #[serde(rename = "type")]
    kind: &'a str,
    name: &'a str,
    version: Option<&'a str>,
    configuration: &'a Fields,
    status: Status,
}

impl<'a> From<&'a InstalledPackage> for PackageView<'a> {
    fn from(package: &'a InstalledPackage) -> Self {
        Self {
            server: package.server.to_string(),
            site: package.site.map(|id| id.to_string()),
            kind: &package.kind,
            name: &package.name,
            version: package.version.as_deref(),
            configuration: &package.configuration,
            status: package.status,
        }
    }
}

/// Facts without the raw sections that packages asked for.
pub(super) fn facts(facts: &Facts) -> Facts {
    let millis = |at: Time| Time::from_millisecond(at.as_millisecond()).unwrap_or(at);
    Facts {
        sections: std::collections::BTreeMap::new(),
        taken_at: facts.taken_at.map(millis),
        ..facts.clone()
    }
}

/// The vault's state.
#[derive(Debug, Serialize)]
pub(super) struct VaultView {
    pub state: crate::fleet::VaultState,
    pub opens_by: Option<&'static str>,
}

/// A piece of a step's output.
#[derive(Debug, Serialize)]
pub(super) struct PieceView<'a> {
    pub stream: &'static str,
    pub text: &'a str,
}

/// A server's firewall; not part of the fixed contract.
#[derive(Debug, Serialize)]
pub(super) struct FirewallObject<'a> {
    server: String,
    status: Option<Status>,
    enabled: Option<bool>,
    default_in: Option<&'a str>,
    version: Option<&'a str>,
    rules: Vec<RuleObject<'a>>,
    foreign: &'a [crate::fleet::ForeignRule],
    peer: Option<std::net::IpAddr>,
    port: Option<u16>,
    admits: Option<bool>,
    admits_by: Option<&'a str>,
    taken_at: Option<At>,
    notes: &'a [String],
    error: Option<ErrorView<'a>>,
}

impl<'a> From<&'a crate::fleet::FirewallView> for FirewallObject<'a> {
    fn from(view: &'a crate::fleet::FirewallView) -> Self {
        Self {
            server: view.server.to_string(),
            status: view.status,
            enabled: view.enabled,
            default_in: view.default_in.as_deref(),
            version: view.version.as_deref(),
            rules: view.rules.iter().map(RuleObject::from).collect(),
            foreign: &view.foreign,
            peer: view.peer.map(|(address, _)| address),
            port: view.peer.map(|(_, port)| port),
            admits: view.admits.as_ref().map(|(admitted, _)| *admitted),
            admits_by: view.admits.as_ref().map(|(_, by)| by.as_str()),
            taken_at: view.taken_at.map(At),
            notes: &view.notes,
            error: error(view.error.as_ref()),
        }
    }
}
