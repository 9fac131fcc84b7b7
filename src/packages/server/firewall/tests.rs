//! Golden files come from ufw 0.36.2 on Debian 12.

mod rules;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::IpAddr;

use base64::{Engine, engine::general_purpose::STANDARD};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::admission::{Packet, Ruling, ruling};
use super::kernel::Ruleset;
use super::rules_file::RulesFile;
use super::tuple::{Family, blocks, comment};
use super::view::view;
use crate::domain::rule::{Actual, Ports, Protocol, RuleAction, RuleFields, RuleSpec};
use crate::domain::{
    Action, Facts, Fields, HostTrust, Login, OperationId, Resource, ResourceId, Server, ServerId,
    Status, Time,
};
use crate::packages::{Answer, InputSource, Package, Params, Plan, RemoteStep, Step};

const GOLDEN4: &str = include_str!("golden/user.rules");
const GOLDEN6: &str = include_str!("golden/user6.rules");
const KERNEL4: &str = include_str!("golden/iptables-S");
const KERNEL6: &str = include_str!("golden/ip6tables-S");
const OFF: &str = "-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n";

fn rule(id: u8) -> ResourceId {
    format!("r-00000000000{id}").parse().unwrap()
}

fn spec(action: RuleAction, ports: (u16, u16), protocol: Protocol) -> RuleSpec {
    let ports = Ports { first: ports.0, last: ports.1 };
    RuleSpec { action, ports, protocol, from: None, to: None, name: None }
}

fn allow(port: u16) -> RuleSpec {
    spec(RuleAction::Allow, (port, port), Protocol::Tcp)
}

fn server() -> Server {
    Server {
        id: "s-000000000001".parse::<ServerId>().unwrap(),
        name: "web".into(),
        host: "192.0.2.10".into(),
        port: 22,
        user: "root".into(),
        login: Login::Agent,
        trust: HostTrust::AcceptNew,
        host_keys: Vec::new(),
        status: Status::Active,
        error: None,
        tags: std::collections::BTreeSet::new(),
        replaced: None,
        created_at: Time::UNIX_EPOCH,
        updated_at: Time::UNIX_EPOCH,
    }
}

fn resource(id: u8, spec: RuleSpec, status: Status) -> Resource {
    let fields = RuleFields { spec, rank: i64::from(id) * 10, owner: "user".into() };
    Resource {
        id: rule(id),
        kind: super::RULE.into(),
        server: server().id,
        site: None,
        fields: Resource::written(&fields).unwrap(),
        status,
        error: None,
        created_at: Time::UNIX_EPOCH,
        updated_at: Time::UNIX_EPOCH,
    }
}

fn facts(values: &[(&str, &str)]) -> Facts {
    let mut section = String::new();
    for (name, value) in values {
        let _ = writeln!(section, "{name} {}", STANDARD.encode(value));
        if name.ends_with(".rules") {
            let digest: String =
                Sha256::digest(value).iter().map(|byte| format!("{byte:02x}")).collect();
            let _ = writeln!(section, "{name}.sha256 {}", STANDARD.encode(digest + "\n"));
        }
    }
    let address = |text: &str| Some(text.parse::<IpAddr>().unwrap());
    Facts {
        os: "debian".into(),
        init: "systemd".into(),
        peer: address("198.51.100.7"),
        local: address("192.0.2.10"),
        local_port: Some(22),
        firewall: "none".into(),
        sections: BTreeMap::from([(super::state::SECTION.to_owned(), section)]),
        ..Facts::default()
    }
}

fn none() -> Facts {
    facts(&[("kernel4", OFF), ("kernel6", OFF)])
}

fn on(v4: &RulesFile, v6: &RulesFile) -> Facts {
    let kernel = |told: &str, file: &RulesFile, family: Family| {
        let chain = format!("-A {} ", family.user_chain());
        let mut text: String =
            told.lines().filter(|l| !l.starts_with(&chain)).map(|l| format!("{l}\n")).collect();
        file.lines(family).iter().for_each(|(_, line)| text.push_str(&format!("{line}\n")));
        text
    };
    facts(&[
        ("package", "installed 0.36.2-1\n"),
        ("user.rules", &v4.text()),
        ("user6.rules", &v6.text()),
        ("ufw.conf", "ENABLED=yes\nLOGLEVEL=low\n"),
        ("unit", "enabled\n"),
        ("default", "IPV6=yes\nDEFAULT_INPUT_POLICY=\"DROP\"\n"),
        ("kernel4", &kernel(KERNEL4, v4, Family::V4)),
        ("kernel6", &kernel(KERNEL6, v6, Family::V6)),
    ])
}

fn with(rules: &[(u8, RuleSpec)]) -> Facts {
    let order: Vec<_> = rules.iter().map(|(id, spec)| (rule(*id), Some(spec.clone()))).collect();
    let mut files = (RulesFile::fresh(Family::V4), RulesFile::fresh(Family::V6));
    files.0.place(Family::V4, &order);
    files.1.place(Family::V6, &order);
    on(&files.0, &files.1)
}

fn script_name(text: &str) -> String {
    const NAMES: &[(&str, &str)] = &[
        ("check", include_str!("../../../../assets/remote/firewall-check.sh")),
        ("apply", include_str!("../../../../assets/remote/firewall-apply.sh")),
        ("verify", include_str!("../../../../assets/remote/firewall-verify.sh")),
        ("save", include_str!("../../../../assets/remote/firewall-save.sh")),
        ("arm", include_str!("../../../../assets/remote/firewall-arm.sh")),
        ("armed", include_str!("../../../../assets/remote/firewall-armed.sh")),
        ("disarm", include_str!("../../../../assets/remote/firewall-disarm.sh")),
        ("unarmed", include_str!("../../../../assets/remote/firewall-unarmed.sh")),
        ("undo", include_str!("../../../../assets/remote/firewall-undo.sh")),
        ("restored", include_str!("../../../../assets/remote/firewall-restored.sh")),
        ("install", include_str!("../../../../assets/remote/firewall-install.sh")),
        ("installed", include_str!("../../../../assets/remote/firewall-installed.sh")),
    ];
    let found = NAMES.iter().find(|(_, asset)| text.ends_with(asset));
    found.map_or_else(|| text.to_owned(), |(name, _)| format!("firewall-{name}.sh"))
}

fn shown_step(step: &RemoteStep) -> String {
    let phase = |word: &str, text: &Option<String>| {
        text.as_deref()
            .map(|text| format!("    {word} {}\n", script_name(text)))
            .unwrap_or_default()
    };
    let mut out = format!("  {} (limit {} s", step.name, step.limit);
    out.push_str(if step.arms { ", arms" } else { "" });
    out.push_str(if step.disarms { ", disarms" } else { "" });
    out.push_str(")\n");
    out.push_str(&phase("check", &step.check));
    out.push_str(&phase("apply", &step.apply));
    out.push_str(&phase("verify", &step.verify));
    for input in &step.inputs {
        let InputSource::Text(text) = &input.source else { panic!("{input:?}") };
        let text = match input.name.as_str() {
            "restore.sh" => "…".to_owned(),
            name if name.ends_with(".rules") => {
                let body = text.split("### RULES ###\n").nth(1).unwrap();
                body.split("\n### END").next().unwrap().trim().replace('\n', "\n      ")
            }
            _ => text.trim().replace('\n', "\n      "),
        };
        let _ = writeln!(out, "    {}: {text}", input.name);
    }
    out
}

/// A plan for people who read snapshots; what one step's inputs say is not said again for others.
fn shown(answer: &Answer) -> String {
    let plan: &Plan = match answer {
        Answer::Refusal(why) => {
            return format!("REFUSED {why}\n{}", why.remedy.as_deref().unwrap_or(""));
        }
        Answer::Questions(questions) => return format!("ASKED {questions:?}"),
        Answer::Plan(plan) => plan,
    };
    let mut out = String::new();
    let mut all: Vec<(String, RemoteStep)> = Vec::new();
    for milestone in &plan.milestones {
        let _ = writeln!(out, "{}: {}", milestone.key, milestone.label);
        for step in &milestone.steps {
            match step {
                Step::Local(step) => {
                    let _ = writeln!(out, "  local {step:?}");
                }
                Step::Remote(step) => {
                    let mut step = step.clone();
                    let known = all.iter().flat_map(|(_, step)| step.inputs.clone());
                    let known: Vec<_> = known.collect();
                    all.push((milestone.key.clone(), step.clone()));
                    step.inputs.retain(|input| !known.contains(input));
                    out.push_str(&shown_step(&step));
                }
            }
        }
    }
    if let Some(undo) = &plan.undo {
        let mut step = undo.step.clone();
        step.inputs.clear();
        let _ = write!(out, "undo within {} s\n{}", undo.deadline, shown_step(&step));
    }
    for note in &plan.notes {
        let _ = writeln!(out, "note {note}");
    }
    out
}

fn plan(
    package: &dyn Package,
    action: Action,
    resource: Option<&Resource>,
    siblings: &[Resource],
    facts: &Facts,
) -> String {
    let mut choices = Fields::new();
    choices.insert("ssh_rule".into(), rule(0).to_string().into());
    let params = Params {
        operation: "o-000000000001".parse::<OperationId>().unwrap(),
        action,
        server: &server(),
        credential: None,
        resource,
        siblings,
        choices: &choices,
        templates: &crate::packages::Templates::default(),
    };
    shown(&package.plan(&params, facts).unwrap())
}

use super::super::firewall_rule::FirewallRule;
use super::Firewall;

#[test]
fn enabling_on_a_fresh_host() {
    insta::assert_snapshot!(plan(&Firewall, Action::Install, None, &[], &none()));
}

#[test]
fn enabling_again_applies_all_rules_in_order() {
    let rules = [
        resource(2, allow(443), Status::Active),
        resource(1, RuleSpec { name: Some("SSH".into()), ..allow(22) }, Status::Active),
        resource(3, allow(444), Status::Pending),
        resource(4, allow(445), Status::Failed),
    ];
    let off = facts(&[
        ("package", "installed 0.36.2-1\n"),
        ("user.rules", GOLDEN4),
        ("user6.rules", GOLDEN6),
        ("ufw.conf", "ENABLED=no\n"),
        ("default", "IPV6=yes\nDEFAULT_INPUT_POLICY=\"ACCEPT\"\n"),
        ("kernel4", OFF),
        ("kernel6", OFF),
    ]);
    insta::assert_snapshot!(plan(&Firewall, Action::Install, None, &rules, &off));
}

#[test]
fn what_is_in_force_already_is_only_looked_at() {
    let ssh = resource(1, allow(22), Status::Active);
    let https = resource(2, allow(443), Status::Updating);
    let all = [ssh.clone(), https.clone()];
    let settled = with(&[(1, allow(22)), (2, allow(443))]);
    insta::assert_snapshot!(plan(&Firewall, Action::Update, None, &all, &settled));
    let rule = |facts: &Facts| plan(&FirewallRule, Action::Update, Some(&https), &all, facts);
    insta::assert_snapshot!(rule(&settled));

    // whatever is not as wanted brings the whole way, with its way back
    let edited = |name: &str, old: &str, new: &str| {
        let mut facts = settled.clone();
        let section = facts.sections.get_mut("firewall").unwrap();
        let line = section.lines().find(|line| line.starts_with(&format!("{name} "))).unwrap();
        let value = String::from_utf8(STANDARD.decode(&line[name.len() + 1..]).unwrap()).unwrap();
        assert!(value.contains(old), "{name}: {value}");
        let line = line.to_owned();
        let other = format!("{name} {}", STANDARD.encode(value.replace(old, new)));
        *section = section.replace(&line, &other);
        facts
    };
    for (name, old, new) in [
        ("ufw.conf", "ENABLED=yes", "ENABLED=no"),
        ("unit", "enabled", "disabled"),
        ("kernel4", "--dport 443", "--dport 444"),
        ("kernel6", "-P INPUT DROP", "-P INPUT ACCEPT"),
        ("kernel6", "-A INPUT -j ufw6-before-input\n", ""),
        ("user.rules", "--dport 443", "--dport 8443"),
    ] {
        let plan = rule(&edited(name, old, new));
        assert!(plan.contains("arm the timer") || plan.contains("write ufw"), "{name}:\n{plan}");
    }
    let removed = Resource { status: Status::Removing, ..https.clone() };
    let plan = plan(&FirewallRule, Action::Remove, Some(&removed), &all, &settled);
    assert!(plan.contains("arm the timer"), "{plan}");
}

#[test]
fn disabling() {
    let facts = with(&[(1, allow(22))]);
    insta::assert_snapshot!(plan(&Firewall, Action::Remove, None, &[], &facts));
    insta::assert_snapshot!(plan(&Firewall, Action::Remove, None, &[], &none()));
}

#[test]
fn refusals() {
    let ssh = resource(1, allow(22), Status::Active);
    let deny = resource(2, spec(RuleAction::Deny, (22, 22), Protocol::Any), Status::Pending);
    let facts_on = with(&[(1, allow(22))]);
    let mut first = deny.clone();
    first.fields.insert("rank".into(), 1.into());
    let own = |text: &str, port| RuleSpec { from: Some(text.parse().unwrap()), ..allow(port) };
    let v6 = resource(3, own("2001:db8::/32", 22), Status::Pending);
    let mut v4_only = facts_on.clone();
    let section = v4_only.sections.get_mut("firewall").unwrap();
    *section = section.replace(
        &STANDARD.encode("IPV6=yes\nDEFAULT_INPUT_POLICY=\"DROP\"\n"),
        &STANDARD.encode("IPV6=no\nDEFAULT_INPUT_POLICY=\"DROP\"\n"),
    );
    let mut cut = facts_on.clone();
    let half = &GOLDEN4[..GOLDEN4.find("9002").unwrap()];
    cut.sections.insert("firewall".into(), {
        let values =
            [("package", "installed 1\n"), ("user.rules", half), ("ufw.conf", "ENABLED=yes\n")];
        facts(&values).sections.remove("firewall").unwrap()
    });
    let both = [ssh.clone(), first.clone()];
    let mut firewalld = none();
    firewalld.firewall = "firewalld active".into();
    let cases = [
        ("a deny above", plan(&FirewallRule, Action::Install, Some(&first), &both, &facts_on)),
        (
            "the last allow goes",
            plan(&FirewallRule, Action::Remove, Some(&ssh), std::slice::from_ref(&ssh), &facts_on),
        ),
        (
            "the allow is for others",
            plan(
                &FirewallRule,
                Action::Update,
                Some(&resource(1, own("10.0.0.0/8", 22), Status::Updating)),
                &[],
                &facts_on,
            ),
        ),
        ("no ufw", plan(&FirewallRule, Action::Install, Some(&deny), &[], &none())),
        ("v6 without v6", plan(&FirewallRule, Action::Install, Some(&v6), &[], &v4_only)),
        ("a broken file", plan(&FirewallRule, Action::Install, Some(&deny), &[], &cut)),
        ("firewalld", plan(&Firewall, Action::Install, None, &[], &firewalld)),
    ];
    let text: String = cases.iter().map(|(what, text)| format!("{what}: {text}\n\n")).collect();
    insta::assert_snapshot!(text);
}

#[test]
fn rules_come_change_and_go() {
    let facts = with(&[(1, allow(22)), (3, allow(443))]);
    let ssh = resource(1, allow(22), Status::Active);
    let https = resource(3, allow(443), Status::Active);
    let new = RuleSpec {
        name: Some("office".into()),
        from: Some("10.0.0.0/8".parse().unwrap()),
        ..allow(5432)
    };
    let new = resource(2, new, Status::Pending);
    let all = [https.clone(), ssh.clone(), new.clone()];
    insta::assert_snapshot!(
        "rule_install",
        plan(&FirewallRule, Action::Install, Some(&new), &all, &facts)
    );
    let changed =
        resource(3, RuleSpec { action: RuleAction::Reject, ..allow(444) }, Status::Updating);
    insta::assert_snapshot!(
        "rule_update",
        plan(
            &FirewallRule,
            Action::Update,
            Some(&changed),
            &[ssh.clone(), changed.clone()],
            &facts
        )
    );
    insta::assert_snapshot!(
        "rule_remove",
        plan(&FirewallRule, Action::Remove, Some(&https), &[ssh, https.clone()], &facts)
    );
}

#[test]
fn rules_of_a_firewall_that_is_off_are_written_without_ceremony() {
    let off = facts(&[
        ("package", "installed 0.36.2-1\n"),
        ("ufw.conf", "ENABLED=no\n"),
        ("default", "IPV6=no\n"),
        ("kernel4", OFF),
    ]);
    let new = resource(2, allow(5432), Status::Pending);
    insta::assert_snapshot!(plan(&FirewallRule, Action::Install, Some(&new), &[], &off));
}

#[test]
fn a_view_tells_wanted_from_actual() {
    let named = RuleSpec { name: Some("SSH".into()), ..allow(22) };
    let office = RuleSpec {
        from: Some("10.0.0.0/8".parse().unwrap()),
        name: Some("office".into()),
        ..allow(5432)
    };
    let siblings = [
        resource(1, named, Status::Active),
        resource(2, office, Status::Active),
        resource(5, allow(8443), Status::Active),
        resource(6, allow(53), Status::Active),
    ];
    let golden = (
        RulesFile::parse(GOLDEN4, Family::V4).unwrap(),
        RulesFile::parse(GOLDEN6, Family::V6).unwrap(),
    );
    let told = view(&siblings, Some(&on(&golden.0, &golden.1))).unwrap();
    let actual: Vec<Actual> = told.rules.iter().map(|standing| standing.actual).collect();
    assert_eq!(actual, [Actual::Active, Actual::Active, Actual::Missing, Actual::Missing]);
    assert_eq!(told.enabled, Some(true));
    assert_eq!(told.default_in.as_deref(), Some("deny"));
    assert!(matches!(&told.admits, Some((true, by)) if by.contains("the rule “allow 22/tcp")));
    insta::assert_debug_snapshot!(told.foreign);
    // somebody flushed the kernel's chains: ufw says on, nothing of it is in force
    let mut flushed = on(&golden.0, &golden.1);
    let bare = format!("{} ", "kernel4");
    let section: String = flushed.sections["firewall"]
        .lines()
        .map(|l| match l.starts_with(&bare) {
            true => format!("kernel4 {}\n", STANDARD.encode(OFF)),
            false => format!("{l}\n"),
        })
        .collect();
    flushed.sections.insert("firewall".into(), section);
    let told = view(&siblings, Some(&flushed)).unwrap();
    assert_eq!(told.enabled, Some(false));
    assert!(told.notes.iter().any(|note| note.contains("flushed")), "{:?}", told.notes);
    let unknown = view(&siblings, None).unwrap();
    assert!(unknown.rules.iter().all(|standing| standing.actual == Actual::Unknown));
}
