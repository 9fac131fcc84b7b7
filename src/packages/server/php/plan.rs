//! The plans of a version of PHP.

use super::{
    KIND, Wanted,
    changes::step,
    ini::{BUILT_IN, drop_ins},
    repository::{KEYRING, SOURCES, steps as repository},
    state::State,
    version_of,
};
use crate::domain::{Facts, Failure, Question, Resource, Status, server::argument};
use crate::packages::{
    Answer, Changes, LocalStep, Params, Plan, RemoteStep, Step, apt, files,
    plan::{Milestone, milestone, record, unrecord},
    server::{nginx::refused, site},
};

const AVAILABLE: &str = crate::script!("apt-there-lib.sh", "php-available.sh");
const EXTENSIONS_CHECK: &str = include_str!("../../../../assets/remote/php-extensions-check.sh");
const EXTENSIONS: &str = include_str!("../../../../assets/remote/php-extensions.sh");
const STARTED: &str = include_str!("../../../../assets/remote/php-started.sh");
const START: &str = include_str!("../../../../assets/remote/php-start.sh");
const LINK_GONE: &str = include_str!("../../../../assets/remote/php-link-gone.sh");
const LINK_REMOVE: &str = include_str!("../../../../assets/remote/php-link-remove.sh");
const CLI_CHECK: &str = include_str!("../../../../assets/remote/php-cli-check.sh");
const CLI: &str = include_str!("../../../../assets/remote/php-cli.sh");

/// The packages of the distribution that a record names.
pub fn packages(wanted: &Wanted, state: &State) -> Vec<String> {
    let version = &wanted.version;
    let name = |part: &str| format!("php{version}-{part}");
    let known =
        |name: &String| state.packages.contains_key(name) || state.candidates.contains_key(name);
    let mut names: Vec<String> = ["fpm", "cli", "common"].map(name).into();
    names.extend(
        wanted
            .extensions
            .iter()
            .filter(|extension| !BUILT_IN.contains(&extension.as_str()))
            // from PHP 8.5 on it is part of PHP itself
            .filter(|e| e.as_str() != "opcache" || version.as_str() < "8.5" || known(&name(e)))
            .map(|extension| name(extension)),
    );
    names
}

/// The plan of installing and updating.
pub fn bring(
    params: &Params<'_>,
    facts: &Facts,
    wanted: &Wanted,
    state: &State,
) -> Result<Answer, Failure> {
    let version = &wanted.version;
    let repository = match repository(params, facts, wanted) {
        Ok(steps) => steps,
        Err(failure) => return Ok(Answer::Refusal(failure)),
    };
    // what the host offers now is all it will, unless a repository comes or nobody ever asked
    if repository.is_empty()
        && state.lists
        && let Some(failure) = unavailable(params, wanted, state)
    {
        return Ok(Answer::Refusal(failure));
    }
    if let Some(answer) = found(params, wanted, state) {
        return Ok(answer);
    }
    let names = packages(wanted, state);
    let (fpm, cli) = drop_ins(params.templates, wanted)?;
    let mut changes = Changes::default();
    changes.put(&drop_in(version, "fpm"), fpm);
    changes.put(&drop_in(version, "cli"), cli);
    let on_version = |name: &str, check: &str, apply: &str| {
        RemoteStep::checked(name, check, apply).with("version", format!("{version}\n"))
    };
    let extensions: String = wanted.extensions.iter().map(|e| format!("{e}\n")).collect();
    let available =
        RemoteStep::checked(format!("see that PHP {version} can be had"), AVAILABLE, apt::REFRESH)
            .with("packages", names.iter().map(|n| format!("{n}\n")).collect::<String>())
            .within(1800);
    let mut milestones = Vec::new();
    if !repository.is_empty() {
        milestones.push(milestone("repository", "Set up the repository", repository));
    }
    milestones.push(milestone(
        "available",
        "See that it can be had",
        vec![Step::Remote(available)],
    ));
    milestones.push(milestone(
        "packages",
        "Install the packages",
        vec![apt::install(format!("install PHP {version}"), &names)],
    ));
    milestones.extend(params.is_upgrade().then(|| apt::upgraded(&names)));
    milestones.push(milestone(
        "settings",
        "Set it up",
        vec![
            Step::Remote(
                on_version("switch extensions on and off", EXTENSIONS_CHECK, EXTENSIONS)
                    .with("extensions", extensions)
                    .within(120),
            ),
            Step::Remote(step("write the settings, test and reload", version, changes)),
        ],
    ));
    let mut service =
        vec![Step::Remote(on_version("start it, also at boot", STARTED, START).within(120))];
    service.extend(cli_default(params, wanted));
    milestones.push(milestone("service", "Start the service", service));
    milestones.push(complete(params, wanted, state)?);
    let mut notes = Vec::new();
    if wanted.repository != "distribution" {
        notes.push(
            "Other versions of PHP on this server are updated from that repository as well."
                .to_owned(),
        );
    }
    Ok(Answer::Plan(Plan { milestones, undo: None, notes }))
}

fn drop_in(version: &str, sapi: &str) -> String {
    format!("/etc/php/{version}/{sapi}/conf.d/99-brokeforge.ini")
}

/// What the host does not offer.
fn unavailable(params: &Params<'_>, wanted: &Wanted, state: &State) -> Option<Failure> {
    let version = &wanted.version;
    if !state.has(version) && !state.offered().contains(version) {
        let offered = match state.offered().as_slice() {
            [] => "no PHP at all".to_owned(),
            versions => format!("PHP {}", versions.join(", ")),
        };
        let text =
            format!("The host cannot have PHP {version}: its package sources offer {offered}.");
        let remedy = "Choose one of these, or another repository: --repository sury on Debian, \
                      --repository ondrej on Ubuntu.";
        return Some(refused(params, text).remedy(remedy));
    }
    let there = |name: &&String| {
        !state.packages.contains_key(*name) && !state.candidates.contains_key(*name)
    };
    let names = packages(wanted, state);
    let missing: Vec<&str> = names.iter().filter(there).map(String::as_str).collect();
    if missing.is_empty() {
        return None;
    }
    let text = format!("The host's package sources do not offer {}.", missing.join(", "));
    Some(refused(params, text).remedy("Leave these extensions out."))
}

/// A PHP that others use already: asked about once.
fn found(params: &Params<'_>, wanted: &Wanted, state: &State) -> Option<Answer> {
    let foreign = state.foreign_in(&wanted.version);
    if foreign.is_empty() || state.ours.contains(&wanted.version) {
        return None;
    }
    match params.answer("php-found") {
        Some("adopt") => None,
        Some(_) => Some(Answer::Refusal(refused(params, "Nothing was to be changed."))),
        None => {
            let text = format!(
                "PHP {} is there already, with pools of its own ({}).",
                wanted.version,
                foreign.join(", ")
            );
            let adopt = "It is used as it is; the settings of the record come into force for all.";
            let question = Question::new("php-found", text).or("adopt", adopt);
            Some(Answer::Questions(vec![question]))
        }
    }
}

/// What `php` is on the command line afterwards, where somebody has said so.
fn cli_default(params: &Params<'_>, wanted: &Wanted) -> Option<Step> {
    let flagged = |r: &&Resource| r.fields.get("cli_default") == Some(&true.into());
    let version = match wanted.cli_default {
        true => wanted.version.clone(),
        // installing a newer one may have switched it
        false => others(params).find(flagged).map(version_of)?,
    };
    let step = RemoteStep::checked(
        format!("let php be PHP {version} on the command line"),
        CLI_CHECK,
        CLI,
    );
    Some(Step::Remote(step.with("version", format!("{version}\n"))))
}

/// The other versions that are there.
fn others<'a>(params: &'a Params<'_>) -> impl Iterator<Item = &'a Resource> {
    let own = params.resource.map(|resource| resource.id);
    params.active(KIND).filter(move |resource| Some(resource.id) != own)
}

fn complete(params: &Params<'_>, wanted: &Wanted, state: &State) -> Result<Milestone, Failure> {
    let mut steps = Vec::new();
    for other in others(params).filter(|other| other.status == Status::Active) {
        let mut values: Wanted = other.read()?;
        let loses = (wanted.cli_default && values.cli_default)
            || (wanted.site_default && values.site_default);
        if !loses {
            continue;
        }
        values.cli_default &= !wanted.cli_default;
        values.site_default &= !wanted.site_default;
        let fields = Resource::written(&values)?;
        steps.push(Step::Local(LocalStep::WriteResource {
            name: format!("write that PHP {} is the default no more", values.version),
            kind: KIND.into(),
            id: other.id,
            fields: fields.clone(),
        }));
        let number = state.number(&values.version);
        steps.push(record(params, KIND, &values.version, number, fields));
    }
    let number = match wanted.repository.as_str() {
        "distribution" => state.number(&wanted.version),
        _ => state.packages.get(&format!("php{}-fpm", wanted.version)).cloned(),
    };
    steps.push(record(params, KIND, &wanted.version, number, Resource::written(wanted)?));
    Ok(milestone("complete", "Complete", steps))
}

/// The plan of removing.
pub fn remove(params: &Params<'_>, wanted: &Wanted, state: &State) -> Result<Answer, Failure> {
    let version = &wanted.version;
    if let Some(failure) = needed(params, wanted, state) {
        return Ok(Answer::Refusal(failure));
    }
    let foreign = state.foreign_in(version);
    let leave = match (foreign.is_empty(), params.answer("php-foreign")) {
        (true, _) => false,
        (false, Some("leave")) => true,
        (false, Some(_)) => {
            return Ok(Answer::Refusal(refused(params, "Nothing was to be changed.")));
        }
        (false, None) => {
            let text = format!("Others use PHP {version}: {}.", foreign.join(", "));
            let stays = "It stays; the settings that brokeforge wrote go.";
            let question = Question::new("php-foreign", text).or("leave", stays);
            return Ok(Answer::Questions(vec![question]));
        }
    };
    let (fpm, cli) = (drop_in(version, "fpm"), drop_in(version, "cli"));
    let switched = format!("/var/lib/brokeforge/php-{version}.extensions");
    let mut leftovers = vec![files::remove("remove the list of extensions", &switched)];
    let mut milestones = Vec::new();
    let mut notes = Vec::new();
    if leave {
        let mut changes = Changes::default();
        changes.drop(&fpm);
        changes.drop(&cli);
        let taken = step("take the settings out, test and reload", version, changes);
        milestones.push(milestone("settings", "Take the settings out", vec![Step::Remote(taken)]));
        notes.push(format!("PHP {version} stays on “{}”.", params.server.name));
    } else {
        let mut packages = state.installed(version);
        let of_php = |name: &&String| !packages.contains(name);
        let last = !state.packages.keys().filter(of_php).any(|name| name.ends_with("-cli"));
        if last {
            packages.push("php-common".to_owned());
            leftovers.push(Step::Remote(RemoteStep::checked(
                "remove the link to a socket that is gone",
                LINK_GONE,
                LINK_REMOVE,
            )));
        }
        let family = format!("php{version}-");
        milestones.push(milestone(
            "packages",
            "Purge the packages",
            vec![
                apt::alone(&packages, &[&family]),
                apt::purge(format!("purge PHP {version}"), &packages),
            ],
        ));
        leftovers.push(files::remove("remove its settings for sites", &fpm));
        leftovers.push(files::remove("remove its settings for the command line", &cli));
        leftovers.push(files::remove_empty(
            "remove the folders that are empty now",
            &[
                &format!("/etc/php/{version}/fpm/conf.d"),
                &format!("/etc/php/{version}/fpm/pool.d"),
                &format!("/etc/php/{version}/fpm"),
                &format!("/etc/php/{version}/cli/conf.d"),
                &format!("/etc/php/{version}/cli"),
                &format!("/etc/php/{version}/mods-available"),
                &format!("/etc/php/{version}"),
                "/etc/php",
            ],
        ));
    }
    let vendor = |r: &Resource| r.fields.get("repository").is_some_and(|r| r != "distribution");
    if state.repository && !others(params).any(vendor) {
        leftovers.push(files::remove("take the repository out", SOURCES));
        leftovers.push(files::remove("remove its key", KEYRING));
    }
    milestones.push(milestone("leftovers", "Remove what brokeforge wrote", leftovers));
    milestones.push(milestone("complete", "Complete", vec![unrecord(KIND, version)]));
    Ok(Answer::Plan(Plan { milestones, undo: None, notes }))
}

/// Who cannot be without it.
fn needed(params: &Params<'_>, wanted: &Wanted, state: &State) -> Option<Failure> {
    let version = &wanted.version;
    let named = params.siblings.iter().filter(|r| r.kind == site::KIND);
    let named = named.filter_map(|r| r.read::<site::Wanted>().ok());
    let mut sites: Vec<String> =
        named.filter(|site| site.php == *version).map(|site| site.domain).collect();
    let pools = state.pools.iter().filter(|(of, _)| of == version);
    for (_, pool) in pools {
        let domain = pool.strip_prefix("brokeforge-").unwrap_or(pool);
        if !sites.iter().any(|site| site == domain) {
            sites.push(domain.to_owned());
        }
    }
    if !sites.is_empty() {
        let text = format!("Sites run with PHP {version}: {}.", sites.join(", "));
        let remedy = "Let them run with another version, or remove them, first.";
        return Some(refused(params, text).remedy(remedy));
    }
    let other = others(params).map(version_of).max()?;
    let (word, what) = match (wanted.site_default, wanted.cli_default) {
        (true, _) => ("default", "the default of sites"),
        (_, true) => ("cli-default", "the default on the command line"),
        _ => return None,
    };
    let server = argument(&params.server.name);
    let text = format!("PHP {version} is {what}.");
    let remedy = format!("Make another one that first: brokeforge php {word} {server} {other}");
    Some(refused(params, text).remedy(remedy))
}
