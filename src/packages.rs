//! What can be done to a host: parameters and facts → a plan.
//!
//! Pure: no IO, no clock. A new package is one new file under `server/` or `site/`, its templates
//! under `assets/`, and one line in [`all`].

pub mod facts;
pub mod plan;
pub mod server;
pub mod shell;

use serde_json::Value;

use crate::domain::{Action, Credential, Facts, Failure, Fields, OperationId, Resource, Server};

pub use plan::{Input, InputSource, LocalStep, Milestone, Plan, RemoteStep, Step, Undo};

/// One value of a package's resource, as forms, flags, tables and JSON draw it.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its name in records, flags and JSON.
    pub name: &'static str,
    /// What it is called on screen.
    pub title: &'static str,
    /// One sentence of help.
    pub help: &'static str,
    /// What is taken when nothing is given; `None` means that it must be given.
    pub default: Option<&'static str>,
    /// Checks a text and gives the value to store.
    pub check: fn(&str) -> crate::domain::input::Verdict<Value>,
}

/// What a plan is made from.
#[derive(Debug)]
pub struct Params<'a> {
    /// The operation it is for.
    pub operation: OperationId,
    /// What to do.
    pub action: Action,
    /// The server.
    pub server: &'a Server,
    /// Our own login key there, if there is one.
    pub credential: Option<&'a Credential>,
    /// The resource; a server's own operations have none.
    pub resource: Option<&'a Resource>,
    /// Everything that we manage on this server, the resource included.
    pub siblings: &'a [Resource],
    /// Answers and choices given with the request.
    pub choices: &'a Fields,
}

/// What a package answers when asked for a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// This is how.
    Plan(Plan),
    /// It will not be done, and why.
    Refusal(Failure),
}

/// Something that brokeforge can install on, change on or remove from a host.
pub trait Package: Sync {
    /// Its type: the word in records, events and JSON.
    fn kind(&self) -> &'static str;

    /// What it is called on screen.
    fn title(&self) -> &'static str;

    /// The user whose credential it works with.
    fn user(&self) -> &'static str {
        "root"
    }

    /// The values of its resource.
    fn fields(&self) -> &'static [Field];

    /// Scripts that answer what the plan must know besides the base facts: section name and the
    /// constant script whose output becomes that section of [`Facts::sections`].
    fn probes(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// The version on the host of what it installs, as its probes tell it. A plan that installs
    /// cannot know it beforehand; it is filled in when the host was asked again.
    fn version(&self, _facts: &Facts) -> Option<String> {
        None
    }

    /// The way to do it, or why not.
    ///
    /// # Errors
    /// When the record or the facts cannot be understood.
    fn plan(&self, params: &Params<'_>, facts: &Facts) -> Result<Answer, Failure>;
}

/// Every package there is.
pub fn all() -> &'static [&'static dyn Package] {
    &[
        &server::access::Access,
        &server::firewall::Firewall,
        &server::firewall_rule::FirewallRule,
        &server::exec::Exec,
    ]
}

/// The package of a type.
pub fn find(kind: &str) -> Option<&'static dyn Package> {
    all().iter().copied().find(|p| p.kind() == kind)
}
