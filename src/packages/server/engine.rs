//! Database engines: what they have in common. Installed by one transaction of the package manager,
//! bound to loopback, looked after by the local socket, configured by a drop-in whose values are
//! asked back; what is there already is asked about and never wiped.

pub mod expose;
pub mod remove;
pub mod state;
#[cfg(test)]
mod tests;
mod upgrade;

use serde::Deserialize;
use serde_json::Value;

use crate::domain::{
    Action, Facts, Failure, FailureKind, Fields, Question, Resource,
    input::{self, Verdict},
};
use crate::packages::{
    Answer, Field, Milestone, Need, Params, Plan, RemoteStep, Step, apt, claimed,
    plan::{milestone, record},
    server::firewall::RULE,
};

use state::State;

/// Settings and a restart take no longer, in seconds.
pub const LIMIT: u32 = 300;

/// A script of a step that is put together from parts.
#[macro_export]
macro_rules! script {
    ($($name:literal),+) => {
        concat!($(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/remote/", $name)), "\n"),+)
    };
}

/// What tells one engine from another.
#[derive(Debug)]
pub struct Engine {
    /// Its type.
    pub kind: &'static str,
    /// What it is called.
    pub title: &'static str,
    /// The distribution's package.
    pub package: &'static str,
    /// How the names of the packages begin that are the server itself.
    pub server: &'static [&'static str],
    /// The same for those that come with it; purged when nobody asked for them.
    pub company: &'static [&'static str],
    /// The same for those that cannot be there beside it.
    pub rivals: &'static [&'static str],
    /// How its own processes are called.
    pub processes: &'static [&'static str],
    /// Is the configuration there and in force?
    pub configured: &'static str,
    /// Brings it there.
    pub configure: &'static str,
    /// How the packages are called (a regular expression of awk's) of which so many first parts of
    /// the version are a generation: another one does not read the data of this one.
    pub generation: (&'static str, usize),
    /// Is it there after an upgrade, with all that was in it?
    pub upgraded: &'static str,
    /// How it is taken away again.
    pub removal: remove::Removal,
}

/// The values that every engine has.
#[derive(Debug, Clone, Deserialize)]
pub struct Common {
    /// Its port.
    pub port: u16,
    /// Its memory in MiB.
    pub memory: u32,
    /// The networks that may reach it.
    #[serde(default)]
    pub expose: Vec<String>,
}

/// The field for the port.
pub const fn port_field(default: &'static str) -> Field {
    let field = Field::new("port", "port", "The TCP port it listens on.", |text| {
        input::whole_number(text, 1, 65_535, "a port").map(Value::from)
    });
    field.or(default).column()
}

/// The field for its memory.
pub const fn memory_field(help: &'static str, default: &'static str) -> Field {
    let field = Field::new("memory", "memory MiB", help, |text| {
        input::whole_number(text, 16, 1_048_576, "an amount of MiB").map(Value::from)
    });
    field.or(default).column()
}

/// The field for the number of connections.
pub const fn connections_field(default: &'static str) -> Field {
    let field =
        Field::new("connections", "connections", "How many clients it serves at a time.", |text| {
            input::whole_number(text, 10, 10_000, "a number of connections").map(Value::from)
        });
    field.or(default)
}

/// The field for how a client connects; put together when it is asked for.
pub const fn connection_field() -> Field {
    let help = "How a client connects, with the password; put together when it is asked for.";
    let field = Field::secret(CONNECTION, "connection", help, |_| {
        Verdict::No("It is put together from the rest.".to_owned())
    });
    field.unasked()
}

/// Its name.
pub const CONNECTION: &str = "connection";

/// The field for the networks that may reach it.
pub const fn expose_field() -> Field {
    let field = Field::new(
        "expose",
        "open to",
        "Networks that may reach it, each by a firewall rule of its own; none for this host alone.",
        expose::networks,
    );
    field.or("").list().column()
}

impl Engine {
    /// What the host has of it.
    ///
    /// # Errors
    /// When the host was not asked, or cannot be understood.
    pub fn state(&self, facts: &Facts) -> Result<State, Failure> {
        State::read(facts, self.kind)?.ok_or_else(|| {
            Failure::internal(format!("The host was not asked about {}.", self.title))
        })
    }

    /// The version of it that is installed.
    pub fn version(&self, facts: &Facts) -> Option<String> {
        let state = State::read(facts, self.kind).ok().flatten()?;
        if let Some(catalogue) = &state.catalogue {
            return catalogue.version.split([' ', '-']).next().map(str::to_owned);
        }
        state.installed(self.server).next().map(|found| found.version.clone())
    }

    /// The plan that installs it, changes its settings or upgrades it. `secret` is what it asks its
    /// own tools for; `steps` makes the steps that configure it.
    ///
    /// # Errors
    /// When the record or the facts cannot be understood.
    pub fn install(
        &self,
        params: &Params<'_>,
        facts: &Facts,
        resource: &Resource,
        secret: Option<&str>,
        steps: impl FnOnce() -> Result<Vec<Step>, Failure>,
    ) -> Result<Answer, Failure> {
        let state = self.state(facts)?;
        let common: Common = resource.read()?;
        let claim = match self.claim(params, facts, &state, &common)? {
            Claim::How(how) => how,
            Claim::Answer(answer) => return Ok(*answer),
        };
        if let Some(refusal) = expose::impossible(self, params, facts, &common) {
            return Ok(Answer::Refusal(refusal));
        }
        if claim == How::Left && !common.expose.is_empty() {
            let message = format!("{} stays as it is there, so it cannot be opened.", self.title);
            let remedy = format!("Open it to nobody, or answer “adopt” to {}-data.", self.kind);
            return Ok(Answer::Refusal(self.refusal(params, message).remedy(remedy)));
        }
        if claim == How::Left && params.is_upgrade() {
            let message = format!("{} stays as it is there, so it is not upgraded.", self.title);
            return Ok(Answer::Refusal(self.refusal(params, message)));
        }
        let mut notes = Vec::new();
        let mut milestones: Vec<Milestone> = Vec::new();
        let rules = expose::rules(self, params, &common)?;
        if !rules.closed.is_empty() {
            milestones.push(milestone("close", "Close what was open", rules.closed));
        }
        match claim {
            How::Left => {
                notes.push(format!("{} stays as it is there, with its own settings.", self.title));
            }
            How::Installed | How::Adopted => {
                let adopted = claim == How::Adopted;
                if adopted {
                    notes.push(format!(
                        "{} was there already: its data stays, and removing it here will not purge \
                         it.",
                        self.title
                    ));
                }
                let word = if adopted { "adopted" } else { "installed" };
                let packages = vec![
                    claimed(self.kind, word),
                    apt::install(format!("install {}", self.package), &[self.package]),
                ];
                milestones.push(milestone("packages", format!("Install {}", self.title), packages));
                if params.is_upgrade() {
                    match self.upgrade(params, &state, &mut notes, secret) {
                        Ok(upgrade) => milestones.extend(upgrade),
                        Err(refusal) => return Ok(Answer::Refusal(refusal)),
                    }
                }
                milestones.push(milestone("configure", "Configure it", steps()?));
            }
        }
        if !rules.opened.is_empty() {
            notes.extend(rules.notes);
            milestones.push(milestone("open", "Open it to what may reach it", rules.opened));
        }
        let mut configuration = resource.fields.clone();
        if claim == How::Left {
            configuration.insert("left".into(), true.into());
        }
        let done = vec![record(params, self.kind, self.kind, None, configuration)];
        milestones.push(milestone("complete", "Complete", done));
        Ok(Answer::Plan(Plan { milestones, undo: None, notes }))
    }

    /// The step that writes its settings.
    pub fn configure(&self) -> RemoteStep {
        RemoteStep::checked(
            format!("configure {} and ask back what is in force", self.title),
            self.configured,
            self.configure,
        )
        .within(LIMIT)
    }

    /// Whose it is to be, or why it cannot be brought at all.
    fn claim(
        &self,
        params: &Params<'_>,
        facts: &Facts,
        state: &State,
        common: &Common,
    ) -> Result<Claim, Failure> {
        let stop = |refusal: Failure| Ok(Claim::Answer(Box::new(Answer::Refusal(refusal))));
        let there = state.installed(self.server).next().is_some();
        if let Some(taken) = self.taken(facts, common.port) {
            let remedy = "Stop what listens there, or give another port: --port N.";
            return stop(self.refusal(params, taken).remedy(remedy));
        }
        match state.claims.get(self.kind).map(String::as_str) {
            Some("adopted") => return Ok(Claim::How(How::Adopted)),
            // what we began we go on with
            Some(_) => return Ok(Claim::How(How::Installed)),
            None => {}
        }
        if let Some(rival) = state.installed(self.rivals).next() {
            let message = format!(
                "{} {} is installed on the host, which cannot be there together with {}.",
                rival.name, rival.version, self.title
            );
            return stop(self.refusal(params, message).remedy(
                "Nothing of others is removed. Move its data elsewhere and purge it yourself, or \
                 take another server.",
            ));
        }
        let available = state.candidate.is_some() || !state.lists;
        if !there && !available {
            let message = format!(
                "{} has no package {} for {}.",
                params.server.name,
                self.package,
                if facts.os_name.is_empty() { &facts.os } else { &facts.os_name }
            );
            return stop(self.refusal(params, message).remedy(
                "`apt-get update` on the host may be due, or its sources lack the section.",
            ));
        }
        if params.action == Action::Update {
            // it was left as it is, or somebody took our mark away
            return Ok(Claim::How(if there { How::Left } else { How::Installed }));
        }
        // one that is empty is nobody's loss; it may have come in a transaction with others
        let Some(filled) = state.filled() else { return Ok(Claim::How(How::Installed)) };
        let key = format!("{}-data", self.kind);
        match params.answer(&key) {
            Some("adopt") => Ok(Claim::How(if there { How::Adopted } else { How::Installed })),
            Some("leave") if there => Ok(Claim::How(How::Left)),
            Some("stop") => stop(self.refusal(
                params,
                format!("{} has {filled} on the host; nothing was changed.", self.title),
            )),
            _ => {
                let mut question = Question::new(
                    key,
                    format!(
                        "{} is on {} already, with {filled}. What is to become of it?",
                        self.title, params.server.name
                    ),
                );
                if there {
                    question = question.or(
                        "leave",
                        "It stays as it is, its settings too; what is in it can be looked after.",
                    );
                }
                question = question.or(
                    "adopt",
                    "Its data stays; it gets our settings, bound to this host, and is restarted.",
                );
                Ok(Claim::Answer(Box::new(Answer::Questions(vec![question]))))
            }
        }
    }

    /// Who else listens on the port.
    fn taken(&self, facts: &Facts, port: u16) -> Option<String> {
        let on = facts.listeners.iter().filter(|l| l.protocol == "tcp" && l.port == port);
        let others = on.filter(|l| {
            let name = l.process.as_deref().unwrap_or_default();
            !self.processes.contains(&name)
        });
        let other = others.into_iter().next()?;
        let who = other.process.as_deref().unwrap_or("something that the host does not name");
        Some(format!("Port {port} is taken on the host: {who} listens on {}.", other.address))
    }

    /// A refusal before anything was done.
    pub fn refusal(&self, params: &Params<'_>, message: impl Into<String>) -> Failure {
        Failure::new(FailureKind::Refused, message)
            .at_host(params.server.place())
            .effect(crate::domain::Effect::None)
    }
}

/// Whose an engine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// We bring it.
    Installed,
    /// It was there; we set it up.
    Adopted,
    /// It was there and stays as it is.
    Left,
}

enum Claim {
    How(How),
    Answer(Box<Answer>),
}

/// The record that an operation is for.
///
/// # Errors
/// When it has none.
pub fn resource<'a>(params: &Params<'a>) -> Result<&'a Resource, Failure> {
    params.resource.ok_or_else(|| Failure::internal("The operation names no record."))
}

/// Refuses more memory than four fifths of the host's.
pub fn memory(engine: &Engine, params: &Params<'_>, facts: &Facts, mib: u32) -> Option<Failure> {
    let most = facts.memory / 1024 / 1024 * 4 / 5;
    (facts.memory > 0 && u64::from(mib) > most).then(|| {
        let message = format!(
            "{} was to get {mib} MiB of memory; the host has {} MiB in all.",
            engine.title,
            facts.memory / 1024 / 1024
        );
        engine.refusal(params, message).remedy(format!("Give it at most {most}: --memory {most}"))
    })
}

/// What is worth saying of an engine: its version, what is in it.
pub fn details(engine: &Engine, facts: &Facts) -> Vec<(&'static str, String)> {
    let mut details = Vec::new();
    let Ok(Some(state)) = State::read(facts, engine.kind) else { return details };
    if let Some(version) = engine.version(facts) {
        details.push(("version", version));
    }
    if let Some(catalogue) = &state.catalogue {
        if !catalogue.bind.is_empty() {
            details.push(("listens on", format!("{} port {}", catalogue.bind, catalogue.port)));
        }
        let names = |names: Vec<&str>| match names.is_empty() {
            true => "none".to_owned(),
            false => names.join(", "),
        };
        details
            .push(("schemas", names(catalogue.schemas.iter().map(|s| s.name.as_str()).collect())));
        details.push(("users", names(catalogue.users.iter().map(|u| u.name.as_str()).collect())));
    }
    if let Some(said) = &state.silent {
        details.push(("no answer", said.clone()));
    }
    details
}

/// What an engine says its data is in bytes, for people.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_024 => format!("{bytes} B"),
        1_024..1_048_576 => format!("{} KiB", bytes / 1_024),
        1_048_576..1_073_741_824 => format!("{} MiB", bytes / 1_048_576),
        _ => format!("{:.1} GiB", bytes as f64 / 1_073_741_824.0),
    }
}

/// What an engine with these values needs: who is let in over the network, a firewall says.
pub fn needs(fields: &Fields) -> Vec<Need> {
    let open = fields.get("expose").and_then(Value::as_array).is_some_and(|nets| !nets.is_empty());
    open.then_some(Need { kind: "firewall", name: None }).into_iter().collect()
}

/// What an engine with these values brings besides: its rules.
pub fn brings(fields: &Fields) -> Vec<String> {
    needs(fields).iter().map(|_| RULE.to_owned()).collect()
}

/// A text as it can stand in a URL.
pub fn percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The distribution packages that installing one brings.
pub fn apt_of(engine: &Engine, _: &Fields) -> Vec<String> {
    vec![engine.package.to_owned()]
}

/// An empty text, or the verdict of another check.
pub fn or_nothing(text: &str, check: fn(&str) -> Verdict<String>) -> Verdict<Value> {
    match text.trim() {
        "" => Verdict::Ok(Value::String(String::new())),
        text => check(text).map(Value::String),
    }
}
