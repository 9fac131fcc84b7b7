//! Provisioning on the screen: profile, settings, plan; and the tree of what comes of it.

use std::collections::BTreeMap;

use insta::assert_snapshot;

use super::fixtures::{self, at, fleet, operation, operation_id, server_id, step};
use super::pictures::{filled, output};
use super::screen::Screen;
use crate::domain::{
    Effect as Known, Failure, FailureKind, InstalledPackage, Operation, Outcome, Progress,
    Question, Status, StepOutcome, StepRecord, caution::PRODUCTION,
};
use crate::fleet::{Preview, PreviewStep, ProfileSet, ProfileView, Started, Stream};
use crate::tui::effect::{Act, Data, Done, Effect, Load, Ticket};
use crate::tui::event::Event;

pub fn profiles() -> Vec<ProfileView> {
    let profile = |name: &str, about: &str, items: &[&str]| ProfileView {
        name: name.into(),
        about: about.into(),
        own: false,
        sets: Vec::new(),
        items: items.iter().map(|item| (*item).to_owned()).collect(),
        fault: None,
    };
    let php = ProfileSet {
        name: "php".into(),
        help: "The version of PHP.".into(),
        default: "8.2".into(),
        on: BTreeMap::from([("debian 13".to_owned(), "8.4".to_owned())]),
    };
    let mut web = profile(
        "web",
        "A web server: nginx, PHP and a default site, with ports 80 and 443 open.",
        &["app user", "sudo policy", "base packages", "firewall", "PHP “8.2”", "nginx"],
    );
    web.sets = vec![php];
    let mut own = profile("shop", "", &[]);
    own.own = true;
    own.fault = Some(
        "/home/ada/.config/brokeforge/profiles/shop.toml, line 3: There is no package “ngin”."
            .into(),
    );
    let bare =
        profile("bare", "The app user, base packages, the clock and the firewall.", &["app user"]);
    vec![bare, web, own]
}

pub fn known(mut screen: Screen) -> Screen {
    screen.data(Data::Profiles(profiles()));
    screen.effects.clear();
    screen
}

pub fn planned() -> Preview {
    let step = |milestone: &str, name: &str, depth| PreviewStep {
        milestone: milestone.into(),
        name: name.into(),
        text: format!("# {name}\ntrue"),
        remote: depth > 0,
        depth,
    };
    Preview {
        server: "web-1".into(),
        steps: vec![
            PreviewStep { remote: true, ..step("Packages", "install all that is needed", 0) },
            step("Bring app user", "bring app user", 0),
            step("Make the user", "make the user", 1),
            step("Prove it", "log in", 1),
            step("Complete", "write the record", 0),
        ],
        notes: vec!["The host is a container: its clock is its machine's.".into()],
    }
}

/// The tickets of acts that wait, in their order.
fn asked(screen: &Screen) -> Vec<Ticket> {
    let plans = screen.effects.iter().filter_map(|effect| match effect {
        Effect::Act(ticket, Act::PreviewProvision(_)) => Some(*ticket),
        _ => None,
    });
    plans.collect()
}

/// The plan for all servers, of which one cannot be reached and one asks something.
pub fn several(screen: Screen) -> Screen {
    let mut screen = known(filled(screen));
    screen.keys("*p<enter>");
    let tickets = asked(&screen);
    let asks = Question::new("web-server", "apache2 listens on port 80; what is to become of it?")
        .or("leave", "It stays, and nginx is not set up.");
    let answers = [
        Err(fixtures::failure()),
        Ok(Done::Preview(planned())),
        Err(Failure::questions(vec![asks])),
    ];
    for (ticket, answer) in tickets.into_iter().zip(answers) {
        screen.event(Event::Answer(ticket, answer));
    }
    screen
}

pub fn single(screen: Screen, answer: Result<Preview, Failure>) -> Screen {
    let mut screen = known(filled(screen));
    screen.keys("jp<enter>").answer(answer.map(Done::Preview));
    screen
}

pub fn plan(screen: Screen) -> Screen {
    single(screen, Ok(planned()))
}

fn child(n: u32, kind: &str, outcome: Outcome, steps: Vec<StepRecord>) -> Operation {
    let over =
        |step: &&StepRecord| matches!(step.outcome, StepOutcome::Done | StepOutcome::Already);
    let reached = steps.iter().filter(over).count() as u16;
    Operation {
        kind: kind.into(),
        progress: Progress { milestone: None, reached, of: steps.len() as u16 },
        parent: Some(operation_id(20)),
        error: None,
        steps,
        ..operation(n, 1, outcome)
    }
}

fn named(milestone: &str, name: &str, outcome: StepOutcome) -> StepRecord {
    let (milestone, label) = (milestone.to_lowercase(), milestone.to_owned());
    StepRecord { milestone, label, started_at: Some(at("14:59:30")), ..step(name, outcome) }
}

fn bringing(what: &str, of: u16, child: Option<u32>, outcome: StepOutcome) -> StepRecord {
    let step = named(&format!("Bring {what}"), &format!("bring {what}"), outcome);
    let child = child.map(operation_id);
    StepRecord { remote: false, inside: Some(of), child, exit: None, ..step }
}

/// A provisioning and what is inside it: PHP is at work, or has ended so.
pub fn tree(how: Outcome) -> Vec<Operation> {
    use StepOutcome::{Already, Done, Failed, Running, Waiting};
    let (at_work, failed) = (how == Outcome::Running, how == Outcome::Failed);
    let now = if at_work {
        Running
    } else if failed {
        Failed
    } else {
        Done
    };
    let then = if at_work || failed { Waiting } else { Done };
    let php_ends = match how {
        Outcome::Running | Outcome::Failed => how,
        _ => Outcome::Done,
    };
    let mut php = child(
        22,
        "php",
        php_ends,
        vec![
            named("See that it can be had", "ask apt", Already),
            named("Set it up", "switch extensions on and off", Done),
            named("Set it up", "write the settings, test and reload", now),
            named("Complete", "write the record", then),
        ],
    );
    php.progress =
        Progress { milestone: None, reached: if failed || at_work { 1 } else { 3 }, of: 3 };
    php.subject = Some("8.2".into());
    if failed {
        php.error = Some(
            Failure::new(FailureKind::Step, "php-fpm8.2 does not take its settings.")
                .at_host("web-1 (192.0.2.1:22)")
                .effect(Known::Restored)
                .remedy("Mend the cause, then retry.")
                .lines(vec!["[ERROR] unknown entry 'listn'".into()]),
        );
    }
    let user = child(
        21,
        "app-user",
        Outcome::Done,
        vec![
            named("Make the user", "make the user", Done),
            named("Prove it", "log in", Done),
            named("Complete", "write the record", Done),
        ],
    );
    let steps = vec![
        named("Packages", "install all that is needed from the distribution", Done),
        bringing("app user", 3, Some(21), Done),
        bringing("PHP “8.2”", 3, Some(22), now),
        bringing("nginx", 4, None, then),
        named("Complete", "write the record", then),
    ];
    let mut whole = Operation {
        kind: "provision".into(),
        subject: Some("web".into()),
        progress: Progress {
            milestone: None,
            reached: if at_work || failed { 2 } else { 5 },
            of: 5,
        },
        steps,
        ..operation(20, 1, how)
    };
    whole.error = php.error.as_ref().map(|error| Failure {
        message: format!("add php “8.2”: {}", error.message),
        ..error.clone()
    });
    whole.finished_at = how.is_end().then(|| at("14:59:59"));
    vec![php, user, whole]
}

pub fn opened(screen: Screen, how: Outcome) -> Screen {
    let mut screen = known(filled(screen));
    let mut all = tree(how);
    all.extend(fixtures::operations());
    screen.data(Data::Operations(all)).keys("3g<enter>");
    if how != Outcome::Done {
        screen.event(output(operation_id(22), 2, Stream::Out, "testing /etc/php/8.2/fpm …\n"));
    }
    screen
}

pub fn waiting(screen: Screen) -> Screen {
    let mut screen = opened(screen, Outcome::Running);
    let mut php = tree(Outcome::Running).remove(0);
    php.waits_for = Some("dpkg: unattended-upgr (pid 812) has it; at most 15 minutes".into());
    screen.data(Data::Operation(php.id, Some(Box::new(php))));
    screen
}

fn followed(screen: &Screen) -> Option<u32> {
    let last = screen.effects.iter().rev().find_map(|effect| match effect {
        Effect::Follow(operation) => Some(*operation),
        _ => None,
    });
    last.flatten().and_then(|id| (0..30).find(|n| operation_id(*n) == id))
}

fn provisioned(screen: &Screen) -> Vec<(String, Vec<(String, String)>)> {
    let acts = screen.effects.iter().filter_map(|effect| match effect {
        Effect::Act(_, Act::Provision(wanted)) => {
            Some((wanted.profile.clone(), wanted.sets.clone().into_iter().collect()))
        }
        _ => None,
    });
    acts.collect()
}

#[test]
fn a_profile_its_settings_and_the_plan_lead_to_the_tree() {
    let mut screen = filled(Screen::small());
    screen.keys("jp");
    assert!(screen.picture().contains("Reading the profiles"));
    assert!(screen.effects.iter().any(|e| matches!(e, Effect::Load(Load::Profiles))));
    screen.data(Data::Profiles(profiles()));
    screen.keys("j<enter><backspace>3<enter>");
    let filled_in = screen.act().map(|(_, act)| act.clone());
    let Some(Act::FilledProfile(name, sets)) = filled_in else { panic!("{filled_in:?}") };
    assert_eq!((name.as_str(), sets["php"].as_str()), ("web", "8.3"));
    screen.answer(Err(Failure::input("There is no PHP 8.3 here.")));
    assert!(
        screen.picture().contains("There is no PHP 8.3 here."),
        "it can be mended where it was typed"
    );
    screen.keys("<enter>").answer(Ok(Done::Names(Vec::new())));
    // nothing is begun before the plan was there, nor just when it comes
    screen.keys("<enter>");
    assert!(screen.picture().contains("The plan is not there yet"));
    let ticket = asked(&screen)[0];
    screen.event(Event::Answer(ticket, Ok(Done::Preview(planned()))));
    screen.at_once(Event::Key(super::screen::parse("<enter>")[0]));
    assert!(provisioned(&screen).is_empty());
    screen.keys("<enter>");
    assert_eq!(provisioned(&screen), [("web".into(), vec![("php".into(), "8.3".into())])]);
    let started = Started { server: server_id(1), resource: None, operation: operation_id(20) };
    screen.answer(Ok(Done::Started(started)));
    assert!(screen.state.layers.is_empty(), "all of it is closed");
    screen.data(Data::Operations(tree(Outcome::Running)));
    assert!(screen.picture().contains("provision “web” on web-1"), "{}", screen.picture());
}

#[test]
fn one_steps_back_through_it_and_a_broken_profile_says_why() {
    let mut screen = known(filled(Screen::small()));
    screen.keys("jpjj<enter>");
    let picture = screen.picture();
    assert!(picture.contains("line 3: There is no package"), "{picture}");
    assert_eq!(screen.state.layers.len(), 1);
    screen.keys("k<enter><enter>").answer(Ok(Done::Names(Vec::new())));
    for left in [3, 2, 1] {
        assert_eq!(screen.state.layers.len(), left);
        screen.keys("<esc>");
    }
    assert!(screen.state.layers.is_empty());
    screen.keys("jp<enter>");
    assert!(
        screen.state.layers.len() == 2,
        "the form is not asked to be dropped when nothing was typed"
    );
}

#[test]
fn the_profile_that_a_server_has_is_selected() {
    let mut screen = known(filled(Screen::small()));
    let mut rows = fleet();
    let mut configuration = serde_json::Map::new();
    configuration.insert("profile".into(), "web".into());
    rows[1].packages = vec![InstalledPackage {
        server: server_id(1),
        site: None,
        kind: "provision".into(),
        name: "provision".into(),
        version: None,
        configuration,
        status: Status::Active,
        installed_at: at("10:00:00"),
    }];
    screen.data(Data::Servers(rows)).keys("jp<enter>");
    assert!(screen.picture().contains("Settings of web"), "{}", screen.picture());
    // what was last tried goes before it
    screen.keys("<esc><esc>");
    let mut tried = tree(Outcome::Failed);
    tried[2].subject = Some("bare".into());
    screen.data(Data::Operations(tried)).keys("p<enter>");
    assert!(screen.picture().contains("What “bare” would bring"), "{}", screen.picture());
}

#[test]
fn of_several_those_with_a_plan_are_begun_and_one_sentence_sums_up() {
    let mut screen = several(Screen::small());
    screen.keys("<enter>");
    assert_eq!(provisioned(&screen).len(), 2);
    let tickets: Vec<Ticket> = screen
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Act(ticket, Act::Provision(_)) => Some(*ticket),
            _ => None,
        })
        .collect();
    assert!(screen.picture().contains("operations ·"), "one looks on at once");
    for (ticket, n) in tickets.into_iter().zip([20, 21]) {
        let started = Started { server: server_id(1), resource: None, operation: operation_id(n) };
        screen.event(Event::Answer(ticket, Ok(Done::Started(started))));
    }
    let picture = screen.picture();
    assert!(picture.contains("2 begun, 1 refused: db-1: 192.0.2.3 did not answer"), "{picture}");
    // those that were begun are at hand
    let mut all = tree(Outcome::Running);
    all.extend(fixtures::operations());
    screen.data(Data::Operations(all)).keys("<esc>");
    screen.data(Data::Operation(
        operation_id(24),
        Some(Box::new(Operation {
            parent: None,
            ..child(24, "site", Outcome::Waiting, Vec::new())
        })),
    ));
    screen.keys("<enter>");
    assert!(!screen.picture().contains("add server"), "{}", screen.picture());
}

#[test]
fn production_wants_the_name_and_a_no_leaves_the_plan() {
    let mut screen = known(filled(Screen::small()));
    let mut rows = fleet();
    rows[1].server.tags = [PRODUCTION.to_owned()].into();
    screen.data(Data::Servers(rows));
    screen.keys("jp<enter>").answer(Ok(Done::Preview(planned())));
    screen.keys("<enter>");
    assert!(provisioned(&screen).is_empty());
    assert!(screen.picture().contains("type: web-1"), "{}", screen.picture());
    screen.keys("<esc>");
    assert!(screen.picture().contains("It was not begun"), "{}", screen.picture());
    screen.keys("<enter>web-1<enter>");
    assert_eq!(provisioned(&screen).len(), 1);
}

#[test]
fn the_palette_takes_a_server_and_a_profile() {
    let mut screen = known(filled(Screen::small()));
    screen.keys("3:server-provision web-1 bare<enter>");
    let Some((_, Act::PreviewProvision(wanted))) = screen.act() else { panic!("no plan") };
    assert_eq!((wanted.server, wanted.profile.as_str()), (server_id(1), "bare"));
    // the name goes before what only speaks of it
    let mut screen = known(filled(Screen::small()));
    let mut all = profiles();
    all[0].about = "The web of all.".into();
    screen.data(Data::Profiles(all)).keys(":server-provision web-1 web<enter>");
    assert!(screen.picture().contains("Settings of web"), "{}", screen.picture());
    let mut screen = known(filled(Screen::small()));
    screen.state.shared.start.read_only = true;
    screen.keys("jp");
    assert!(screen.state.layers.is_empty());
}

#[test]
fn those_inside_are_listed_only_where_a_filter_finds_them() {
    let mut screen = opened(Screen::small(), Outcome::Running);
    screen.keys("<esc>");
    let picture = screen.picture();
    assert!(
        picture.contains("2 running · 1 waiting · 4 ") && !picture.contains("add php"),
        "{picture}"
    );
    assert!(picture.contains("▸2"), "the bar counts the same: {picture}");
    screen.keys("/add php<enter>");
    assert!(screen.picture().contains("… add php “8.2” on web-1"), "{}", screen.picture());
    screen.keys("<enter>");
    assert!(
        screen.picture().contains("inside      provision “web” on web-1"),
        "{}",
        screen.picture()
    );
}

#[test]
fn the_selection_and_the_output_go_along_with_what_is_at_work() {
    let mut screen = opened(Screen::small(), Outcome::Running);
    assert_eq!(followed(&screen), Some(22), "the one inside");
    // who reads a log keeps it; who follows goes on with the next one
    screen.keys("l");
    let mut all = tree(Outcome::Running);
    all[0].outcome = Outcome::Done;
    all[0].steps.iter_mut().for_each(|step| step.outcome = StepOutcome::Done);
    all[2].steps[2].outcome = StepOutcome::Done;
    all[2].steps[3].outcome = StepOutcome::Running;
    all[2].steps[3].child = Some(operation_id(23));
    let nginx = child(
        23,
        "nginx",
        Outcome::Running,
        vec![named("Install", "install nginx", StepOutcome::Running)],
    );
    all.insert(0, nginx);
    screen.keys("k").data(Data::Operations(all));
    if followed(&screen) == Some(22) {
        screen.keys("f");
    }
    assert_eq!(followed(&screen), Some(23));
    screen.keys("<esc>");
    assert!(screen.picture().contains("▸ Bring nginx"), "{}", screen.picture());
    // by hand it stays where it is, until one comes back to what is at work
    screen.keys("g");
    assert_eq!(followed(&screen), Some(20));
    screen.keys("<enter>");
    assert!(screen.picture().contains("✓ install all that is needed"), "{}", screen.picture());
    screen.keys("j<enter>");
    assert!(screen.picture().contains("As sent: install all that is needed"));
}

#[test]
fn a_failure_stands_where_it_happened_and_a_retry_is_gone_to() {
    let mut screen = opened(Screen::small(), Outcome::Failed);
    let picture = screen.picture();
    assert_eq!(picture.matches("does not take its settings").count(), 1, "{picture}");
    screen.keys("i");
    let explained = screen.act().map(|(_, act)| act.clone());
    assert!(
        matches!(explained, Some(Act::Explain(id, Some(2))) if id == operation_id(22)),
        "{explained:?}"
    );
    screen.keys("r");
    assert!(
        matches!(screen.act(), Some((_, Act::Retry(id))) if *id == operation_id(20)),
        "the whole"
    );
    let again = Started { server: server_id(1), resource: None, operation: operation_id(25) };
    screen.answer(Ok(Done::Started(again)));
    let mut retry = tree(Outcome::Running).remove(2);
    (retry.id, retry.retry_of) = (operation_id(25), Some(operation_id(20)));
    screen.data(Data::Operation(retry.id, Some(Box::new(retry))));
    assert!(screen.picture().contains("repeats     what was asked for at"), "{}", screen.picture());
}

#[test]
fn only_the_whole_says_that_it_is_over() {
    let mut screen = opened(Screen::small(), Outcome::Running);
    let mut all = tree(Outcome::Done);
    let (whole, php) = (all.remove(2), all.remove(0));
    screen.data(Data::Operation(php.id, Some(Box::new(php))));
    assert!(!screen.picture().contains("Done: add php"));
    screen.data(Data::Operation(whole.id, Some(Box::new(whole))));
    assert!(screen.picture().contains("Done: provision “web” on web-1."), "{}", screen.picture());
}

#[test]
fn what_is_waited_for_is_told_in_the_tree_and_in_the_list() {
    let mut screen = waiting(Screen::small());
    assert!(
        screen.picture().contains("reload · waits for dpkg: unattended-upgr"),
        "{}",
        screen.picture()
    );
    screen.keys("<esc>").resize(160, 50);
    assert!(screen.picture().contains("% waits for dpkg"), "{}", screen.picture());
    assert_snapshot!("tree_list_waiting", screen.picture());
}
