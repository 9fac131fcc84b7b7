//! What can be done to a host: parameters and facts → a plan.
//!
//! Pure: no IO, no clock. A new package is one new file under `server/` or `site/`, its templates
//! under `assets/`, and one line in [`all`].

pub mod apt;
pub mod changes;
pub mod claims;
pub mod facts;
pub mod family;
pub mod field;
pub mod files;
pub mod plan;
#[cfg(test)]
pub mod sample;
pub mod server;
pub mod shell;
pub mod site;
pub mod templates;
#[cfg(test)]
pub mod tests;

use crate::domain::{
    Action, Credential, Facts, Failure, Fields, Operation, OperationId, Question, Resource, Secret,
    Server, Status,
};

pub use changes::Changes;
pub use claims::{claimed, unclaimed};
pub use field::{Field, Sort};
pub use plan::{Input, InputSource, LocalStep, Milestone, Plan, RemoteStep, Step, Undo};
pub use templates::Templates;

/// The user that we work as for sites, on every host.
pub const APP_USER: &str = "brokeforge";

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
    /// The configuration templates, with the person's own in place of ours.
    pub templates: &'a Templates,
}

impl Params<'_> {
    /// The answer to a question, when one was given.
    pub fn answer(&self, key: &str) -> Option<&str> {
        self.choices.get(key).and_then(serde_json::Value::as_str)
    }

    /// Whether what is there is to become newer as well.
    pub fn is_upgrade(&self) -> bool {
        // what failed is repeated as an installation
        self.action != Action::Remove && self.answer(Operation::UPGRADE).is_some()
    }

    /// The resources of a type on this server that are on the host, as far as we know.
    pub fn active(&self, kind: &str) -> impl Iterator<Item = &Resource> {
        let there = |status| matches!(status, Status::Active | Status::Updating | Status::Paused);
        self.siblings.iter().filter(move |r| r.kind == kind && there(r.status))
    }
}

/// A resource that another one cannot be without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// Its type.
    pub kind: &'static str,
    /// Its name; without one, any of that type.
    pub name: Option<String>,
}

/// A command of a package besides adding, editing and removing: an edit with these values and choices.
#[derive(Debug, Clone, Copy)]
pub struct Verb {
    /// Its word on the command line and in the palette, e.g. `default`.
    pub word: &'static str,
    /// What it does, a sentence.
    pub about: &'static str,
    /// The values that it sets, as texts.
    pub sets: &'static [(&'static str, &'static str)],
    /// What it answers beforehand, or chooses.
    pub answers: &'static [(&'static str, &'static str)],
}

impl Verb {
    /// Of what comes from the distribution: a plan sees it by [`Params::is_upgrade`].
    pub const UPGRADE: Self = Self {
        word: "upgrade",
        about: "Bring it to the newest version that the host's package sources have.",
        sets: &[],
        answers: &[(Operation::UPGRADE, "yes")],
    };
}

/// What a package answers when asked for a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// This is how.
    Plan(Plan),
    /// It will not be done, and why.
    Refusal(Failure),
    /// A person must decide first; the answers come back as choices.
    Questions(Vec<Question>),
}

/// Something that brokeforge can install on, change on or remove from a host.
pub trait Package: Sync {
    /// Its type: the word in records, events and JSON.
    fn kind(&self) -> &'static str;

    /// What it is called on screen.
    fn title(&self) -> &'static str;

    /// Its command on the command line, and what the palette finds it by; none for what has
    /// commands of its own or is only ever part of something else.
    fn word(&self) -> Option<&'static str> {
        None
    }

    /// What it is, in one sentence, for help.
    fn about(&self) -> &'static str {
        ""
    }

    /// The field that names its resources, unique on a server; none where a server has but one,
    /// which is then called by its type.
    fn named_by(&self) -> Option<&'static str> {
        None
    }

    /// What people call a resource with these values; unique on its server among its type.
    fn name(&self, fields: &Fields) -> String {
        let named = self.named_by().and_then(|field| fields.get(field));
        named.and_then(serde_json::Value::as_str).unwrap_or(self.kind()).to_owned()
    }

    /// Commands besides adding, editing and removing.
    fn verbs(&self) -> &'static [Verb] {
        &[]
    }

    /// What must be there before it, and may not be removed while it is there.
    fn needs(&self, _fields: &Fields) -> Vec<Need> {
        Vec::new()
    }

    /// A value that does not go with another one, or with what else of ours is on the server: its
    /// name, and why. What one value alone can be its own check says.
    fn mismatch(&self, _fields: &Fields, _others: &[Resource]) -> Option<(&'static str, String)> {
        None
    }

    /// Whether removing one takes data with it that nothing of ours brings back.
    fn keeps_data(&self) -> bool {
        false
    }

    /// The types of what it brings besides, by children: what their packages ask the host is asked
    /// with its own, so that it can look at their plans.
    fn brings(&self, _fields: &Fields) -> Vec<String> {
        Vec::new()
    }

    /// The values with which another operation brings one onto a server that has these resources:
    /// completed by what only the others tell, such as its place. None when one of them is as good.
    fn joining(&self, fields: Fields, _others: &[Resource]) -> Option<Fields> {
        Some(fields)
    }

    /// The distribution packages that installing one with these values brings, so that what brings
    /// several resources at once can bring them all in one transaction beforehand.
    fn apt(&self, _fields: &Fields, _facts: &Facts) -> Vec<String> {
        Vec::new()
    }

    /// What is worth saying about a resource besides its fields, from what the host answered: end
    /// of support, what is in force. Title and text.
    fn details(&self, _resource: &Resource, _facts: &Facts) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// The sealed value with which a value that nobody keeps is put together when somebody asks to
    /// see it: a connection string.
    fn put_together(&self, _field: &str) -> Option<&'static str> {
        None
    }

    /// That value. `siblings` is everything on the resource's server.
    fn revealed(
        &self,
        _resource: &Resource,
        _siblings: &[Resource],
        _secret: &str,
    ) -> Option<Secret> {
        None
    }

    /// What the host has of this type that no record is about, each as the values that would add
    /// it.
    fn unrecorded(&self, _siblings: &[Resource], _facts: &Facts) -> Vec<Fields> {
        Vec::new()
    }

    /// The user whose credential it works with: root (by `sudo -n` where the login is another
    /// user), or [`APP_USER`].
    fn user(&self) -> &'static str {
        "root"
    }

    /// Whether what root's steps leave running goes on when they are done, as after a login; otherwise
    /// it is ended, so that nothing but what systemd knows stays. An app user's goes on always.
    fn leaves_running(&self) -> bool {
        false
    }

    /// The values of its resource.
    fn fields(&self) -> &'static [Field];

    /// Scripts that answer what the plan must know besides the base facts: section name and the
    /// constant script whose output becomes that section of [`Facts::sections`].
    fn probes(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// Whether its plan depends on what the host answers. Where it does not, the host is not asked,
    /// which costs it more than a small step.
    fn asks(&self) -> bool {
        true
    }

    /// The version on the host of the one of this name, as its probes tell it. A plan that installs
    /// cannot know it beforehand; it is filled in when the host was asked again.
    fn version(&self, _name: &str, _facts: &Facts) -> Option<String> {
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
        &server::key_rotation::KeyRotation,
        &server::firewall::Firewall,
        &server::firewall_rule::FirewallRule,
        &server::exec::Exec,
        &server::provision::Provision,
        &server::app_user::AppUser,
        &server::sudo::Sudo,
        &server::base::Base,
        &server::time::TimeSync,
        &server::mariadb::Mariadb,
        &server::postgresql::Postgresql,
        &server::redis::Redis,
        &server::schema::Schema,
        &server::db_user::DbUser,
        &server::recipe::RootRecipe,
        &server::recipe::AppRecipe,
        &server::fail2ban::Fail2ban,
        &server::php::Php,
        &server::nginx::Nginx,
        &server::site::Site,
        &site::static_html::StaticHtml,
        &site::php_page::PhpPage,
    ]
}

/// Under which a resource's secret is sealed: see [`InputSource::Secret`].
pub fn secret_name(id: crate::domain::ResourceId, field: &str) -> String {
    format!("resource/{id}/{field}")
}

/// The package of a type.
pub fn find(kind: &str) -> Option<&'static dyn Package> {
    all().iter().copied().find(|p| p.kind() == kind)
}
