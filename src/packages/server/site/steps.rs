//! The plan that brings a site, or changes it.

use std::collections::BTreeSet;

use super::{Host, Kind, Wanted, layout, others, render};
use crate::domain::{
    Facts, Failure, Fields, Question, Resource, Status,
    rule::{Protocol, RuleAction, RuleFields},
    server::argument,
};
use crate::packages::{
    APP_USER, Answer, Changes, LocalStep, Params, Plan, RemoteStep, Step, files,
    plan::{Milestone, milestone, record},
    server::{
        firewall,
        nginx::{self, available, enabled},
        php::{
            self,
            changes::{Pool, bring as bring_pool, take_away},
        },
    },
    site::{php_page, static_html},
};

const GROUP_CHECK: &str = include_str!("../../../../assets/remote/site-group-check.sh");
const GROUP: &str = include_str!("../../../../assets/remote/site-group.sh");
const FOLDER_CHECK: &str = include_str!("../../../../assets/remote/site-folder-check.sh");
const FOLDER: &str = include_str!("../../../../assets/remote/site-folder.sh");

/// The plan of installing and updating.
pub fn bring(
    params: &Params<'_>,
    facts: &Facts,
    site: &Wanted,
    host: &Host,
) -> Result<Answer, Failure> {
    let refusal = match nginx::broken(params, &host.nginx) {
        Some(failure) => Some(failure),
        None => taken(params, site, host)?,
    };
    if let Some(failure) = refusal {
        return Ok(Answer::Refusal(failure));
    }
    let pool = match pool(params, site, host) {
        Ok(pool) => pool,
        Err(failure) => return Ok(Answer::Refusal(failure)),
    };
    let vhosts = match vhosts(params, site, host, pool.as_ref())? {
        Ok(vhosts) => vhosts,
        Err(failure) => return Ok(Answer::Refusal(failure)),
    };
    if let Some(answer) = edited(params, &vhosts.touched, host) {
        return Ok(answer);
    }
    let domain = &site.domain;
    let group = layout::short(domain);
    let mut milestones = vec![milestone(
        "user",
        match site.kind == Kind::Php && site.isolated {
            true => "Make its user",
            false => "Make its group",
        },
        vec![group_step(site, &group)],
    )];
    let mut folders = vec![
        Step::Remote(
            RemoteStep::checked("make its folder", FOLDER_CHECK, FOLDER)
                .with("folder", format!("{}\n{group}\n", layout::folder(domain))),
        ),
        files::folder(
            "make the folder of its logs",
            files::Place { path: &layout::logs(domain), owner: "root:adm", mode: "0750" },
        ),
    ];
    if let Some(pool) = &pool {
        folders.extend(state_folders(site, &group));
        milestones.push(milestone("folders", "Make its folders", folders));
        let text = render::pool(params.templates, site, pool)?;
        milestones.push(milestone("pool", "Bring its pool", vec![bring_pool(pool, text)]));
    } else {
        milestones.push(milestone("folders", "Make its folders", folders));
    }
    let mut steps = Vec::new();
    if !vhosts.kept.is_empty() {
        let aside = format!("edited-{}", params.operation);
        steps.push(files::copy("keep what was edited by hand", &vhosts.kept, &aside));
    }
    steps.push(files::once(
        "make the file for a person's own settings",
        files::Place::open(&layout::custom(domain)),
        format!("# What stands here is part of the site {domain}; brokeforge never changes it.\n"),
    ));
    steps.push(nginx::changes::step("write the vhost, test and reload", vhosts.changes));
    let old = host
        .site
        .pools_of(domain)
        .into_iter()
        .map(|version| Pool { version, domain: domain.clone() });
    steps.extend(old.filter(|old| Some(old) != pool.as_ref()).map(|old| gone(&old, host)));
    milestones.push(milestone("vhost", "Let nginx serve it", steps));
    milestones.push(milestone("page", "Give it a first page", vec![page(site)]));
    milestones.push(milestone("answer", "See that it answers", answers(site, host)));
    milestones.push(complete(params, site, &vhosts.unset)?);
    let notes = notes(params, facts);
    Ok(Answer::Plan(Plan { milestones, undo: None, notes }))
}

/// A name of it that something else answers to.
fn taken(params: &Params<'_>, site: &Wanted, host: &Host) -> Result<Option<Failure>, Failure> {
    let names: BTreeSet<&String> = site.alias.iter().chain([&site.domain]).collect();
    for (_, other) in others(params)? {
        if let Some((name, _)) = site.shares(&other) {
            let text = format!("The site “{}” answers to {name} already.", other.domain);
            return Ok(Some(nginx::refused(params, text)));
        }
    }
    let file = available(&site.domain);
    if host.nginx.foreign.contains(&file) {
        let text = format!("There is a file {file} already, which brokeforge did not write.");
        return Ok(Some(nginx::refused(params, text).remedy("Move it away, then try again.")));
    }
    let theirs = names.iter().find_map(|name| Some((name, host.nginx.names.get(*name)?)));
    Ok(theirs.map(|(name, file)| {
        let text =
            format!("nginx answers to {name} already, by {file}, which is not brokeforge's.");
        nginx::refused(params, text).remedy("Take the name out there, then try again.")
    }))
}

/// The pool that it is to have.
///
/// # Errors
/// When the version is not there.
fn pool(params: &Params<'_>, site: &Wanted, host: &Host) -> Result<Option<Pool>, Failure> {
    if site.kind == Kind::Static {
        return Ok(None);
    }
    let version = php_version(params, site, host).ok_or_else(|| {
        let server = argument(&params.server.name);
        nginx::refused(params, "There is no PHP on this server that it could run with.")
            .remedy(format!("Add one first: brokeforge php add {server} 8.2"))
    })?;
    let known = params.active(php::KIND).any(|php| php::version_of(php) == version);
    if !known {
        let text = format!("PHP {version} is not on this server.");
        let server = argument(&params.server.name);
        return Err(nginx::refused(params, text)
            .remedy(format!("Add it first: brokeforge php add {server} {version}")));
    }
    Ok(Some(Pool { version, domain: site.domain.clone() }))
}

/// The version of PHP that runs it: the one that was named; else the one that it has; else the one
/// that is the default of sites; else the newest.
pub(super) fn php_version(params: &Params<'_>, site: &Wanted, host: &Host) -> Option<String> {
    if !site.php.is_empty() {
        return Some(site.php.clone());
    }
    let there: Vec<&Resource> = params.active(php::KIND).collect();
    let is = |version: &String| there.iter().any(|php| php::version_of(php) == *version);
    let has = host.site.pools_of(&site.domain).into_iter().find(is);
    let default = || {
        let flagged = |php: &&&Resource| php.fields.get("site_default") == Some(&true.into());
        there.iter().find(flagged).map(|php| php::version_of(php))
    };
    has.or_else(default).or_else(|| there.iter().map(|php| php::version_of(php)).max())
}

struct Vhosts {
    changes: Changes,
    /// The vhosts that are written.
    touched: Vec<String>,
    /// Files that were edited by hand.
    kept: Vec<String>,
    /// Sites that are the default no more.
    unset: Vec<(Resource, Wanted)>,
}

/// The vhosts as they are to be: its own, and those that the default goes from or to.
fn vhosts(
    params: &Params<'_>,
    site: &Wanted,
    host: &Host,
    pool: Option<&Pool>,
) -> Result<Result<Vhosts, Failure>, Failure> {
    if let (true, Some(file)) = (site.default, &host.nginx.default) {
        let text = format!("{file}, which is not brokeforge's, answers where no site does.");
        let remedy = "Take “default_server” out there, then try again.";
        return Ok(Err(nginx::refused(params, text).remedy(remedy)));
    }
    let mut changes = Changes::default();
    let mut touched = vec![site.domain.clone()];
    let mut unset = Vec::new();
    let others = others(params)?;
    if site.default {
        for (resource, other) in &others {
            let there = host.nginx.vhosts.get(&other.domain);
            if there.is_some_and(|vhost| vhost.default) {
                touched.push(other.domain.clone());
                let pool = php_version(params, other, host)
                    .filter(|_| other.kind == Kind::Php)
                    .map(|version| Pool { version, domain: other.domain.clone() });
                let text = render::vhost(params.templates, other, false, pool.as_ref())?;
                changes.put(&available(&other.domain), text);
            }
            if other.default && matches!(resource.status, Status::Active) {
                unset.push(((*resource).clone(), other.clone()));
            }
        }
        nginx::no_fallback(&mut changes);
    } else if host.nginx.default.is_none() && !default_elsewhere(site, host) {
        nginx::fallback(&mut changes, params.templates)?;
    }
    let text = render::vhost(params.templates, site, site.default, pool)?;
    changes.put(&available(&site.domain), text);
    changes.link(&enabled(&site.domain), &available(&site.domain));
    let is_edited = |name: &&String| host.nginx.vhosts.get(*name).is_some_and(|v| v.edited);
    let kept = touched.iter().filter(is_edited).map(|name| available(name)).collect();
    Ok(Ok(Vhosts { changes, touched, kept, unset }))
}

/// Whether another site of ours is the default on the host.
pub(super) fn default_elsewhere(site: &Wanted, host: &Host) -> bool {
    let mut vhosts = host.nginx.vhosts.iter();
    vhosts.any(|(name, v)| v.default && *name != site.domain && name != nginx::FALLBACK)
}

/// The question about vhosts that were edited by hand, and what comes of its answer.
pub(super) fn edited(params: &Params<'_>, touched: &[String], host: &Host) -> Option<Answer> {
    let is_edited = |name: &&String| host.nginx.vhosts.get(*name).is_some_and(|v| v.edited);
    let files: Vec<String> = touched.iter().filter(is_edited).map(|n| available(n)).collect();
    if files.is_empty() {
        return None;
    }
    match params.answer("vhost-edited") {
        Some("replace") => None,
        Some(_) => Some(Answer::Refusal(nginx::refused(params, "Nothing was to be changed."))),
        None => {
            let text = format!("{} was edited by hand.", files.join(" and "));
            let replace = "It is written anew; a copy goes to /var/backups/brokeforge.";
            let question = Question::new("vhost-edited", text).or("replace", replace);
            Some(Answer::Questions(vec![question]))
        }
    }
}

fn group_step(site: &Wanted, group: &str) -> Step {
    let own = site.kind == Kind::Php && site.isolated;
    let user = if own { group } else { "-" };
    let name = match own {
        true => format!("make the user {group}, who cannot log in"),
        false => format!("make the group {group}"),
    };
    Step::Remote(
        RemoteStep::checked(name, GROUP_CHECK, GROUP)
            .with("user", format!("{group}\n{user}\n{}\n", site.domain))
            .with("members", format!("{APP_USER}\nwww-data\n")),
    )
}

fn root_folder(name: &str, path: &str) -> Step {
    files::folder(name, files::Place { path, owner: "root:root", mode: "0755" })
}

/// What its PHP may write besides its own pages.
fn state_folders(site: &Wanted, group: &str) -> Vec<Step> {
    let state = layout::state(&site.domain);
    let owner = match site.isolated {
        true => format!("{group}:{group}"),
        false => format!("www-data:{group}"),
    };
    let own = |what: &str, path: &str| {
        files::folder(
            format!("make the folder of its {what}"),
            files::Place { path, owner: &owner, mode: "0700" },
        )
    };
    vec![
        root_folder("make the folder of what sites keep", layout::STATES),
        root_folder("make the folder of what it keeps", &state),
        own("temporary files", &format!("{state}/tmp")),
        own("sessions", &format!("{state}/sessions")),
    ]
}

/// The step that takes a pool away, also where its PHP is gone already.
pub(super) fn gone(pool: &Pool, host: &Host) -> Step {
    match host.php.has(&pool.version) {
        true => take_away(pool),
        false => files::remove("remove its pool's file", &pool.file()),
    }
}

fn page(site: &Wanted) -> Step {
    let kind = match site.kind {
        Kind::Static => static_html::KIND,
        Kind::Php => php_page::KIND,
    };
    let mut fields = Fields::new();
    fields.insert("domain".into(), site.domain.clone().into());
    Step::Local(LocalStep::Child {
        name: "place a first page, as the app user".into(),
        kind: kind.into(),
        fields,
        choices: Fields::new(),
    })
}

/// What it answers: always at the place that is brokeforge's, and where it is new its first page.
fn answers(site: &Wanted, host: &Host) -> Vec<Step> {
    let fetch = |name: &str, path: &str, holds: String| {
        Step::Local(LocalStep::FetchPage {
            name: name.to_owned(),
            domain: site.domain.clone(),
            port: 80,
            path: path.to_owned(),
            holds,
        })
    };
    let mut steps = vec![fetch(
        "ask for it over the network",
        layout::PROBE_PATH,
        layout::answer(&site.domain),
    )];
    if !host.site.folders.contains(&site.domain) {
        steps.push(fetch("ask for its first page", "/", String::new()));
    }
    steps
}

fn complete(
    params: &Params<'_>,
    site: &Wanted,
    unset: &[(Resource, Wanted)],
) -> Result<Milestone, Failure> {
    let mut steps = Vec::new();
    for (resource, other) in unset {
        let fields = Resource::written(&Wanted { default: false, ..other.clone() })?;
        steps.push(Step::Local(LocalStep::WriteResource {
            name: format!("write that {} is the default no more", other.domain),
            kind: super::KIND.into(),
            id: resource.id,
            fields: fields.clone(),
        }));
        steps.push(record(params, super::KIND, &other.domain, None, fields));
    }
    let fields = Resource::written(site)?;
    steps.push(record(params, super::KIND, &site.domain, None, fields));
    Ok(milestone("complete", "Complete", steps))
}

/// That a firewall is in the way, as far as our own rules tell.
fn notes(params: &Params<'_>, facts: &Facts) -> Vec<String> {
    if facts.firewall != "ufw active" {
        return Vec::new();
    }
    let opens = |resource: &Resource| {
        resource.read::<RuleFields>().is_ok_and(|rule| {
            rule.spec.action == RuleAction::Allow
                && rule.spec.protocol.covers(Protocol::Tcp)
                && (rule.spec.ports.first..=rule.spec.ports.last).contains(&80)
        })
    };
    if params.active(firewall::RULE).any(opens) {
        return Vec::new();
    }
    vec![format!(
        "No rule of brokeforge opens port 80 in the firewall; without one the site does not \
         answer: brokeforge rule add {} 'allow http'",
        argument(&params.server.name)
    )]
}
