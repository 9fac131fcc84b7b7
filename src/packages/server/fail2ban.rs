//! The package `fail2ban`: addresses that try passwords on sshd are shut out for a while. One jail
//! is ours, in a file of its own; jails of others stay, and so does whoever we come from.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::domain::{
    Action, Facts, Failure, FailureKind, Fields, Question, Resource,
    input::{self, Verdict},
};
use crate::packages::{
    Answer, Changes, Field, Package, Params, Plan, Step, Verb, apt, claimed,
    plan::{milestone, record, unrecord},
    unclaimed,
};
use crate::script;

use super::engine::resource;

const PROBE: &str = script!("fail2ban-probe.sh");
const CHECK: &str = script!("fail2ban-lib.sh", "config-check-lib.sh");
const APPLY: &str = script!("fail2ban-lib.sh", "fail2ban-back.sh", "config-lib.sh");
const KIND: &str = "fail2ban";
/// Read after all other files, so that what is asked for is what holds.
const FILE: &str = "/etc/fail2ban/jail.d/zz-brokeforge.local";
/// Longer than a year is no time.
const LONGEST: u64 = 365 * 24 * 60 * 60;

/// The package.
#[derive(Debug)]
pub struct Fail2ban;

const FIELDS: &[Field] = &[
    Field::new("retries", "retries", "After so many failures an address is shut out.", |text| {
        match text.parse::<u32>() {
            Ok(count @ 1..=1000) => Verdict::Ok(count.into()),
            _ => Verdict::No(format!("“{text}” is no number from 1 to 1000.")),
        }
    })
    .or("5")
    .column(),
    Field::new("find_time", "within", "Failures within this time count, such as 10m.", time)
        .or("10m")
        .column(),
    Field::new("ban_time", "bans for", "How long, such as 30m, 1h or 7d.", time).or("1h").column(),
    Field::new(
        "ignore",
        "never",
        "Networks that are never shut out, besides the host itself and where you come from.",
        networks,
    )
    .or("")
    .list(),
];

#[derive(Debug, Deserialize)]
struct Settings {
    retries: u32,
    find_time: String,
    ban_time: String,
    ignore: Vec<String>,
}

/// What the host has of it.
#[derive(Debug, Default)]
struct State {
    version: Option<String>,
    claim: Option<String>,
    tools: Vec<String>,
    foreign: Vec<String>,
    banned: Option<u32>,
}

impl State {
    fn read(facts: &Facts) -> Self {
        let mut state = Self::default();
        let text = facts.sections.get(KIND).map(String::as_str).unwrap_or_default();
        for (what, rest) in text.lines().filter_map(|line| line.split_once(' ')) {
            match what {
                "version" => state.version = Some(rest.to_owned()),
                "claim" => state.claim = Some(rest.to_owned()),
                "tool" => state.tools.push(rest.to_owned()),
                "foreign" => state.foreign.push(rest.to_owned()),
                "banned" => state.banned = rest.trim().parse().ok(),
                _ => {}
            }
        }
        state
    }

    fn is_foreign(&self) -> bool {
        self.version.is_some() && self.claim.is_none()
    }

    /// What shuts out: nftables has a table of its own for it, which goes before ufw's rules as well
    /// and leaves them as they are.
    fn action(&self) -> &'static str {
        match self.tools.iter().any(|tool| tool == "nft") || self.tools.is_empty() {
            true => "nftables",
            false => "iptables-multiport",
        }
    }

    fn packages(&self) -> Vec<&'static str> {
        // sshd's failures are read from the journal: a host need not have log files
        let mut packages = vec![KIND, "python3-systemd"];
        if self.tools.is_empty() {
            packages.push("nftables");
        }
        packages
    }
}

impl Package for Fail2ban {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn title(&self) -> &'static str {
        KIND
    }

    fn word(&self) -> Option<&'static str> {
        Some(KIND)
    }

    fn about(&self) -> &'static str {
        "Shuts out addresses that try passwords on sshd"
    }

    fn verbs(&self) -> &'static [Verb] {
        &[Verb::UPGRADE]
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn probes(&self) -> &'static [(&'static str, &'static str)] {
        &[(KIND, PROBE)]
    }

    fn apt(&self, _: &Fields, facts: &Facts) -> Vec<String> {
        State::read(facts).packages().into_iter().map(str::to_owned).collect()
    }

    fn version(&self, _: &str, facts: &Facts) -> Option<String> {
        State::read(facts).version
    }

    fn details(&self, _: &Resource, facts: &Facts) -> Vec<(&'static str, String)> {
        let state = State::read(facts);
        let mut details = Vec::new();
        details.extend(state.version.map(|version| ("version", version)));
        details.extend(state.banned.map(|count| ("shut out", format!("{count} addresses"))));
        if !state.foreign.is_empty() {
            details.push(("of others", state.foreign.join(", ")));
        }
        details
    }

    fn plan(&self, params: &Params<'_>, facts: &Facts) -> Result<Answer, Failure> {
        let state = State::read(facts);
        match params.action {
            Action::Install | Action::Update => install(params, facts, &state),
            Action::Remove => Ok(Answer::Plan(remove(&state))),
        }
    }
}

fn install(params: &Params<'_>, facts: &Facts, state: &State) -> Result<Answer, Failure> {
    let resource = resource(params)?;
    let settings: Settings = resource.read()?;
    let Some(peer) = facts.peer else {
        let text = "The host does not tell from which address you come, so it could shut you out.";
        let failure = Failure::new(FailureKind::Refused, text).at_host(params.server.place());
        return Ok(Answer::Refusal(
            failure.remedy("Log in to it directly over SSH, so that SSH_CONNECTION is set there."),
        ));
    };
    if state.is_foreign() && params.answer(KIND) != Some("adopt") {
        let text = format!("There is a fail2ban on {} already.", params.server.name);
        return Ok(Answer::Questions(vec![Question::new(KIND, text).or(
            "adopt",
            "Its jail for sshd gets these settings; its other jails and its files stay.",
        )]));
    }
    let ports: BTreeSet<u16> = facts
        .listeners
        .iter()
        .filter(|l| l.protocol == "tcp" && l.process.as_deref() == Some("sshd"))
        .map(|l| l.port)
        .chain([facts.local_port.unwrap_or(params.server.port)])
        .collect();
    let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
    let mut ignored = vec!["127.0.0.0/8".to_owned(), "::1".to_owned(), address(peer)];
    for network in &settings.ignore {
        if !ignored.contains(network) {
            ignored.push(network.clone());
        }
    }
    let (find, ban) = (seconds(&settings.find_time), seconds(&settings.ban_time));
    let jail = params.templates.render(
        "fail2ban.conf",
        json!({
            "ports": ports.join(","),
            "retries": settings.retries,
            "find_time": find,
            "ban_time": ban,
            "ignored": ignored.join(" "),
            "action": state.action(),
        }),
    )?;
    let lines: String = ignored.iter().map(|network| format!("ignore {network}\n")).collect();
    let wanted = format!(
        "maxretry {}\nfindtime {}\nbantime {}\naction {}\n{lines}",
        settings.retries,
        find.unwrap_or_default(),
        ban.unwrap_or_default(),
        state.action()
    );
    let mut changes = Changes::default();
    changes.put(FILE, jail);
    let set = changes
        .into_step("write the jail, test, take it up, and ask back", CHECK, APPLY)
        .with("wanted", wanted)
        .within(120);
    let how = if state.is_foreign() || state.claim.as_deref() == Some("adopted") {
        "adopted"
    } else {
        "installed"
    };
    let packages = vec![
        claimed(KIND, how),
        apt::install(format!("install {}", state.packages().join(", ")), &state.packages()),
    ];
    let done = record(params, KIND, KIND, state.version.clone(), resource.fields.clone());
    let mut milestones = vec![milestone("packages", "Install the package", packages)];
    milestones.extend(params.is_upgrade().then(|| apt::upgraded(&state.packages())));
    milestones.push(milestone("jail", "Set up the jail", vec![Step::Remote(set)]));
    milestones.push(milestone("complete", "Complete", vec![done]));
    Ok(Answer::Plan(Plan {
        milestones,
        undo: None,
        notes: vec![format!("You come from {}, which is never shut out.", address(peer))],
    }))
}

fn remove(state: &State) -> Plan {
    let mut changes = Changes::default();
    changes.drop(FILE);
    let step = changes.into_step("take the jail away", CHECK, APPLY).within(120);
    let mut milestones = vec![milestone("jail", "Take the jail away", vec![Step::Remote(step)])];
    let mut notes = Vec::new();
    let mut rest = Vec::new();
    if state.claim.as_deref() == Some("installed") {
        if state.foreign.is_empty() {
            rest.push(apt::purge("purge fail2ban", &[KIND]));
        } else {
            notes.push(format!("fail2ban stays: others use it by {}.", state.foreign.join(", ")));
        }
    } else {
        notes.push("fail2ban was there before brokeforge; it stays.".into());
    }
    rest.push(unclaimed(KIND));
    milestones.push(milestone("package", "Let go of the package", rest));
    milestones.push(milestone("complete", "Complete", vec![unrecord(KIND, KIND)]));
    Plan { milestones, undo: None, notes }
}

/// An address as fail2ban keeps it.
fn address(peer: IpAddr) -> String {
    peer.to_canonical().to_string()
}

/// A time as it is typed, in seconds.
fn seconds(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text.strip_prefix(digits)? {
        "" | "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return None,
    };
    let count: u64 = digits.parse().ok()?;
    count.checked_mul(unit).filter(|seconds| (1..=LONGEST).contains(seconds))
}

fn time(text: &str) -> Verdict<Value> {
    match seconds(text) {
        Some(_) => Verdict::Ok(text.into()),
        None => Verdict::No(format!(
            "“{text}” is no time up to a year: a number with s, m, h or d behind it, such as 10m."
        )),
    }
}

fn networks(text: &str) -> Verdict<Value> {
    let mut taken = Verdict::Ok(Vec::<Value>::new());
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        taken = taken.and_then(|mut list| match input::cidr(part) {
            Verdict::Ok(None) | Verdict::Fix(None, _) | Verdict::Warn(None, _) => {
                Verdict::No("With “any” nobody is ever shut out; leave it away instead.".into())
            }
            verdict => verdict.map(input::net_text).map(|network| {
                if !list.iter().any(|known| *known == network) {
                    list.push(network.into());
                }
                list
            }),
        });
    }
    taken.map(Value::Array)
}

#[cfg(test)]
mod tests;
