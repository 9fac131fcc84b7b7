//! The plan that removes a site: everything that belongs to it, also where it was never whole.

use super::{Host, Kind, Wanted, layout, others, steps};
use crate::domain::{Failure, Question};
use crate::packages::{
    Answer, Changes, LocalStep, Params, Plan, RemoteStep, Step, files,
    plan::{milestone, unrecord},
    server::{
        nginx::{self, available, enabled},
        php::changes::Pool,
    },
    site::{php_page, static_html},
};

const FILES_GONE: &str = include_str!("../../../../assets/remote/site-files-gone.sh");
const FILES_REMOVE: &str = include_str!("../../../../assets/remote/site-files-remove.sh");
const USER_GONE: &str = include_str!("../../../../assets/remote/site-user-gone.sh");
const USER_REMOVE: &str = include_str!("../../../../assets/remote/site-user-remove.sh");

/// The plan of removing.
pub fn plan(params: &Params<'_>, site: &Wanted, host: &Host) -> Result<Answer, Failure> {
    let domain = &site.domain;
    let mut files = Vec::new();
    if host.site.folders.contains(domain) {
        files.push(layout::folder(domain));
    }
    if host.site.custom.contains(domain) {
        files.push(layout::custom(domain));
    }
    let mut logs = Vec::new();
    if host.site.logs.contains(domain) {
        logs.push(layout::logs(domain));
    }
    let questions = questions(params, site, &files, &logs);
    if !questions.is_empty() {
        return Ok(Answer::Questions(questions));
    }
    let (files_go, logs_go) = match (choice(params, "files"), choice(params, "logs")) {
        (Some(files_go), Some(logs_go)) => (files_go, logs_go),
        _ => return Ok(Answer::Refusal(nginx::refused(params, "Nothing was to be changed."))),
    };
    let mut milestones = vec![milestone("vhost", "Serve it no more", off(params, site, host)?)];
    let pools = host.site.pools_of(domain).into_iter();
    let pools = pools.map(|version| Pool { version, domain: domain.clone() });
    let pools: Vec<Step> = pools.map(|pool| steps::gone(&pool, host)).collect();
    if !pools.is_empty() {
        milestones.push(milestone("pool", "Take its pool away", pools));
    }
    let (keep, delete): (Vec<String>, Vec<String>) = match (files_go, logs_go) {
        (true, true) => (Vec::new(), logs),
        (true, false) => (logs, Vec::new()),
        (false, true) => (files, logs),
        (false, false) => (files.into_iter().chain(logs).collect(), Vec::new()),
    };
    let mut notes = Vec::new();
    let mut steps = Vec::new();
    if !keep.is_empty() {
        let aside = format!("site-{domain}-{}", params.operation);
        notes.push(format!("What is kept goes to /var/backups/brokeforge/{aside} on the host."));
        steps.push(files::keep("move what is kept aside", &keep, &aside));
    }
    if files_go {
        steps.push(Step::Remote(
            RemoteStep::checked("delete its folder", FILES_GONE, FILES_REMOVE)
                .with("folder", format!("{}\n", layout::folder(domain)))
                .within(3600),
        ));
    }
    steps.push(files::remove(
        "remove the file for a person's own settings",
        &layout::custom(domain),
    ));
    let mut folders: Vec<&str> = delete.iter().map(String::as_str).collect();
    let state = layout::state(domain);
    folders.push(if others(params)?.is_empty() { layout::STATES } else { &state });
    steps.push(files::remove_folders("remove what it kept, and its logs where they go", &folders));
    if others(params)?.is_empty() {
        let folder = "remove the folder of sites, if nothing is in it";
        steps.push(files::remove_empty(folder, &["/home/brokeforge/sites"]));
    }
    milestones.push(milestone("files", "Files", steps));
    let group = layout::short(domain);
    let user = RemoteStep::checked("delete its user and group", USER_GONE, USER_REMOVE)
        .with("user", format!("{group}\n{group}\n{domain}\n"));
    milestones.push(milestone("user", "Delete its user", vec![Step::Remote(user)]));
    let page = match site.kind {
        Kind::Static => static_html::KIND,
        Kind::Php => php_page::KIND,
    };
    let first = params.siblings.iter().find(|r| {
        r.kind == page && r.fields.get("domain").is_some_and(|other| other == domain.as_str())
    });
    let mut done = Vec::new();
    done.extend(first.map(|page| {
        Step::Local(LocalStep::RemoveChild {
            name: "forget its first page".into(),
            kind: page.kind.clone(),
            id: page.id,
        })
    }));
    done.push(unrecord(super::KIND, domain));
    milestones.push(milestone("complete", "Complete", done));
    Ok(Answer::Plan(Plan { milestones, undo: None, notes }))
}

fn questions(
    params: &Params<'_>,
    site: &Wanted,
    files: &[String],
    logs: &[String],
) -> Vec<Question> {
    let domain = &site.domain;
    let mut questions = Vec::new();
    if !files.is_empty() && params.answer("files").is_none() {
        let text = format!(
            "To {domain} belong its vhost, its user, its temporary files and sessions, which all \
             go; and its files in {}.",
            files.join(" and ")
        );
        questions.push(
            Question::new("files", text)
                .or("keep", "The files are moved to /var/backups/brokeforge on the host.")
                .or("delete", "The files are deleted; nothing brings them back."),
        );
    }
    if !logs.is_empty() && params.answer("logs").is_none() {
        questions.push(
            Question::new("logs", format!("{domain} has logs in {}.", logs.join(" and ")))
                .or("keep", "They are moved to /var/backups/brokeforge on the host.")
                .or("delete", "They are deleted."),
        );
    }
    questions
}

/// Whether what was asked about goes; none when nothing is to be changed.
fn choice(params: &Params<'_>, key: &str) -> Option<bool> {
    match params.answer(key) {
        Some("keep") | None => Some(false),
        Some("delete") => Some(true),
        Some(_) => None,
    }
}

/// The steps after which nginx knows nothing of it.
fn off(params: &Params<'_>, site: &Wanted, host: &Host) -> Result<Vec<Step>, Failure> {
    let domain = &site.domain;
    let mut steps = Vec::new();
    let mut changes = Changes::default();
    if host.nginx.vhosts.get(domain).is_some_and(|vhost| vhost.edited) {
        let aside = format!("edited-{}", params.operation);
        let file = vec![available(domain)];
        steps.push(files::copy("keep what was edited by hand", &file, &aside));
    }
    changes.unlink(&enabled(domain));
    changes.drop(&available(domain));
    let there = host.nginx.version.is_some();
    if there && host.nginx.default.is_none() && !steps::default_elsewhere(site, host) {
        nginx::fallback(&mut changes, params.templates)?;
    }
    steps.push(nginx::changes::step("take the vhost out, test and reload", changes));
    Ok(steps)
}
