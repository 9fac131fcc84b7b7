//! The package `nginx`: the web server that sites are served by, its snippets, and what answers
//! where no site does.

pub mod changes;
pub mod state;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::domain::{
    Action, Effect, Facts, Failure, FailureKind, Fields, Question, Resource, input::Verdict,
};
use crate::packages::{
    Answer, Changes, Field, Package, Params, Plan, RemoteStep, Step, Templates, Verb, apt, files,
    plan::{milestone, record, unrecord},
};

use changes::{connections, signed, step};
use state::State;

/// Its type.
pub const KIND: &str = "nginx";
/// The distribution's own default page.
pub const STOCK: &str = "/etc/nginx/sites-enabled/default";
/// Where our snippets lie.
pub const SNIPPETS: &str = "/etc/nginx/brokeforge";
/// The folder that proofs for certificates are served from.
pub const ACME: &str = "/var/www/brokeforge/acme";
/// What is served where no site answers.
const NO_SITE: &str = "/var/www/brokeforge/no-site";
const ROTATION: &str = "/etc/logrotate.d/brokeforge-nginx";
const HOST: &str = "/etc/nginx/conf.d/brokeforge.conf";
/// The file's name of what answers where no site does.
pub const FALLBACK: &str = "brokeforge-default";

const APT: &[&str] = &["nginx", "logrotate"];

const STARTED: &str = include_str!("../../../assets/remote/nginx-started.sh");
const START: &str = include_str!("../../../assets/remote/nginx-start.sh");

/// The package.
#[derive(Debug)]
pub struct Nginx;

#[derive(Debug, Deserialize)]
struct Wanted {
    worker_connections: u32,
}

const FIELDS: &[Field] = &[Field::new(
    "worker_connections",
    "connections",
    "How many connections each of its processes may have at a time.",
    |text| match text.parse::<u32>() {
        Ok(count @ 64..=65_535) => Verdict::Ok(count.into()),
        _ => Verdict::No(format!("“{text}” is no number from 64 to 65535.")),
    },
)
.or("1024")
.column()];

impl Package for Nginx {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn title(&self) -> &'static str {
        "nginx"
    }

    fn word(&self) -> Option<&'static str> {
        Some(KIND)
    }

    fn about(&self) -> &'static str {
        "The web server that sites are served by"
    }

    fn verbs(&self) -> &'static [Verb] {
        &[Verb::UPGRADE]
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn probes(&self) -> &'static [(&'static str, &'static str)] {
        &[(state::SECTION, state::PROBE)]
    }

    fn apt(&self, _: &Fields, _: &Facts) -> Vec<String> {
        APT.iter().map(|name| (*name).to_owned()).collect()
    }

    fn version(&self, _: &str, facts: &Facts) -> Option<String> {
        State::read(facts).ok()?.version
    }

    fn details(&self, _: &Resource, facts: &Facts) -> Vec<(&'static str, String)> {
        let Ok(state) = State::read(facts) else { return Vec::new() };
        let mut details = Vec::new();
        if let Some(version) = &state.version {
            let runs = if state.active { "runs" } else { "does not run" };
            details.push(("on the host", format!("{version}, {runs}")));
        }
        if !state.foreign.is_empty() {
            details.push(("of others", state.foreign.join(", ")));
        }
        details
    }

    fn plan(&self, params: &Params<'_>, facts: &Facts) -> Result<Answer, Failure> {
        let state = State::read(facts)?;
        match params.action {
            Action::Install | Action::Update => install(params, facts, &state),
            Action::Remove => remove(params, &state),
        }
    }
}

fn install(params: &Params<'_>, facts: &Facts, state: &State) -> Result<Answer, Failure> {
    let wanted: Wanted = match params.resource {
        Some(resource) => resource.read()?,
        None => return Err(Failure::internal("An operation on nginx names no record.")),
    };
    if let Some(failure) = in_the_way(params, facts, state) {
        return Ok(Answer::Refusal(failure));
    }
    let questions = questions(params, facts, state);
    if !questions.is_empty() {
        return Ok(Answer::Questions(questions));
    }
    if [("nginx-found", "stop"), ("port-443", "stop")]
        .iter()
        .any(|(key, word)| params.answer(key) == Some(word))
    {
        return Ok(Answer::Refusal(refused(params, "Nothing was to be changed.")));
    }
    let mut notes = Vec::new();
    let mut base = Changes::default();
    snippets(&mut base, params.templates)?;
    let host = params.templates.render("nginx/host.conf", Host { bucket: !state.bucket })?;
    base.put(HOST, signed(&host, ""));
    // who answers now where no site does keeps doing so, unless it is the distribution's own page
    match (&state.default, has_default(state)) {
        (Some(file), _) => {
            notes.push(format!("{file} goes on answering where no site does."));
        }
        (None, true) => {}
        (None, false) => fallback(&mut base, params.templates)?,
    }
    if state.foreign.iter().all(|file| file != STOCK) {
        base.unlink(STOCK);
    }
    let configuration = params.resource.map(|r| r.fields.clone()).unwrap_or_default();
    let record = record(params, "nginx", "nginx", state.version.clone(), configuration);
    let page = params.templates.render("nginx/default.html", ())?;
    let packages = vec![apt::install("install nginx", APT)];
    let mut milestones = vec![milestone("packages", "Install the package", packages)];
    milestones.extend(params.is_upgrade().then(|| apt::upgraded(APT)));
    milestones.extend([
        milestone(
            "configuration",
            "Write the configuration",
            vec![
                files::folder("make the folder for proofs of certificates", place(ACME)),
                files::put(
                    "write the page where no site answers",
                    files::Place::open(&format!("{NO_SITE}/index.html")),
                    page,
                ),
                step("write the snippets, test and reload", base),
                connections(wanted.worker_connections),
                files::put(
                    "rotate the sites' logs",
                    files::Place::open(ROTATION),
                    params.templates.render("nginx/logrotate", ())?,
                ),
            ],
        ),
        milestone(
            "service",
            "Start the service",
            vec![Step::Remote(
                RemoteStep::checked("start nginx, also at boot", STARTED, START).within(120),
            )],
        ),
        milestone("complete", "Complete", vec![record]),
    ]);
    Ok(Answer::Plan(Plan { milestones, undo: None, notes }))
}

fn place(path: &str) -> files::Place<'_> {
    files::Place { path, owner: "root:root", mode: "0755" }
}

/// What only another program, or another hand, can mend before.
fn in_the_way(params: &Params<'_>, facts: &Facts, state: &State) -> Option<Failure> {
    if let Some(name) = state.holder(facts, 80) {
        let text = format!("Port 80 is in use by {name}; nginx could not listen there.");
        let remedy = "Stop it first and keep it from starting at boot (systemctl disable --now …).";
        return Some(refused(params, text).remedy(remedy));
    }
    broken(params, state)
}

/// The refusal to change a configuration that does not pass nginx's own test as it is.
pub fn broken(params: &Params<'_>, state: &State) -> Option<Failure> {
    // what a change of ours left half done, the next one puts back first
    if state.broken.is_empty() || state.unfinished {
        return None;
    }
    let text = "nginx's configuration on the host does not pass its own test as it is.";
    let remedy = "Mend what nginx names (nginx -t says it again), then try again.";
    Some(refused(params, text).remedy(remedy).lines(state.broken.clone()))
}

fn questions(params: &Params<'_>, facts: &Facts, state: &State) -> Vec<Question> {
    let mut questions = Vec::new();
    let first = params.action == Action::Install && !state.ours;
    if first && !state.foreign.is_empty() && params.answer("nginx-found").is_none() {
        let text = format!(
            "nginx is there already, with configuration of its own ({}).",
            state.foreign.join(", ")
        );
        let adopt = "It is used as it is: its sites stay, brokeforge's come beside them.";
        questions.push(Question::new("nginx-found", text).or("adopt", adopt));
    }
    if first
        && let Some(name) = state.holder(facts, 443)
        && params.answer("port-443").is_none()
    {
        let text = format!("Port 443 is in use by {name}.");
        let leave = "It keeps the port; nginx listens on port 80 alone.";
        questions.push(Question::new("port-443", text).or("leave", leave));
    }
    questions
}

/// The snippets that vhosts include.
fn snippets(changes: &mut Changes, templates: &Templates) -> Result<(), Failure> {
    for name in ["php", "headers", "gzip"] {
        let text = templates.render(&format!("nginx/{name}.conf"), ())?;
        changes.put(&format!("{SNIPPETS}/{name}.conf"), text);
    }
    let acme = templates.render("nginx/acme.conf", Root { root: ACME })?;
    changes.put(&format!("{SNIPPETS}/acme.conf"), acme);
    Ok(())
}

/// The vhost that answers where no site does.
///
/// # Errors
/// When a person's own template cannot be filled.
pub fn fallback(changes: &mut Changes, templates: &Templates) -> Result<(), Failure> {
    let text = templates.render("nginx/default.conf", Root { root: NO_SITE })?;
    changes.put(&available(FALLBACK), signed(&text, ""));
    changes.link(&enabled(FALLBACK), &available(FALLBACK));
    Ok(())
}

/// The same, taken away.
pub fn no_fallback(changes: &mut Changes) {
    changes.unlink(&enabled(FALLBACK));
    changes.drop(&available(FALLBACK));
}

/// Whether a site of ours answers where no other does.
fn has_default(state: &State) -> bool {
    state.vhosts.iter().any(|(name, vhost)| vhost.default && name != FALLBACK)
}

/// Where a vhost's file lies.
pub fn available(name: &str) -> String {
    format!("/etc/nginx/sites-available/{name}.conf")
}

/// The link by which nginx reads it.
pub fn enabled(name: &str) -> String {
    format!("/etc/nginx/sites-enabled/{name}.conf")
}

fn remove(params: &Params<'_>, state: &State) -> Result<Answer, Failure> {
    let sites: Vec<String> = params
        .siblings
        .iter()
        .filter(|resource| resource.kind == "site")
        .filter_map(|site| site.fields.get("domain")?.as_str().map(str::to_owned))
        .collect();
    if !sites.is_empty() {
        let text = format!("nginx serves sites of this server: {}.", sites.join(", "));
        return Ok(Answer::Refusal(refused(params, text).remedy("Remove them first.")));
    }
    if !state.foreign.is_empty() {
        match params.answer("nginx-foreign") {
            Some("leave") => return Ok(Answer::Plan(leave(params, state))),
            Some(_) => return Ok(Answer::Refusal(refused(params, "Nothing was to be changed."))),
            None => {}
        }
        let text = format!(
            "nginx has configuration that is not brokeforge's ({}).",
            state.foreign.join(", ")
        );
        let stays = "nginx and these files stay; what brokeforge wrote goes.";
        let question = Question::new("nginx-foreign", text).or("leave", stays);
        return Ok(Answer::Questions(vec![question]));
    }
    let packages = ["nginx", "nginx-core", "nginx-common"];
    let milestones = vec![
        milestone(
            "packages",
            "Purge the package",
            vec![
                apt::alone(&packages, &["nginx-", "libnginx-mod-"]),
                apt::purge("purge nginx", &packages),
            ],
        ),
        milestone("leftovers", "Remove what brokeforge wrote", leftovers()),
        milestone("complete", "Complete", vec![unrecord("nginx", "nginx")]),
    ];
    Ok(Answer::Plan(Plan { milestones, undo: None, notes: Vec::new() }))
}

/// What goes where nginx itself stays.
fn leave(params: &Params<'_>, state: &State) -> Plan {
    let mut changes = Changes::default();
    no_fallback(&mut changes);
    changes.drop(HOST);
    for name in ["php", "headers", "gzip", "acme"] {
        changes.drop(&format!("{SNIPPETS}/{name}.conf"));
    }
    let mut steps = vec![step("take brokeforge's files out of nginx", changes)];
    steps.push(files::remove_folders("remove the folder of the snippets", &[SNIPPETS]));
    steps.extend(leftovers());
    let milestones = vec![
        milestone("configuration", "Take brokeforge's configuration out", steps),
        milestone("complete", "Complete", vec![unrecord("nginx", "nginx")]),
    ];
    let mut notes = vec![format!("nginx stays on “{}”.", params.server.name)];
    notes.extend(
        state.connections.map(|n| format!("It goes on allowing {n} connections per worker.")),
    );
    Plan { milestones, undo: None, notes }
}

fn leftovers() -> Vec<Step> {
    vec![
        files::remove("remove how the sites' logs are rotated", ROTATION),
        files::remove_folders("remove the folders that were served", &["/var/www/brokeforge"]),
    ]
}

/// A refusal at this server, before anything was done.
pub fn refused(params: &Params<'_>, text: impl Into<String>) -> Failure {
    Failure::new(FailureKind::Refused, text).at_host(params.server.place()).effect(Effect::None)
}

#[derive(Serialize)]
struct Host {
    bucket: bool,
}

#[derive(Serialize)]
struct Root {
    root: &'static str,
}
