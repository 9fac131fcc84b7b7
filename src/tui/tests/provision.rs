//! Provisioning on the screen: profile, settings, plan; and the tree of what comes of it.

use std::collections::BTreeMap;

use super::fixtures::{self, at, fleet, operation_id, server_id};
use super::pictures::filled;
use super::screen::Screen;
use super::tree::{child, tree};
use crate::domain::{
    Failure, InstalledPackage, Operation, Outcome, Question, Status, caution::PRODUCTION,
};
use crate::fleet::{Preview, PreviewStep, ProfileSet, ProfileView, Started};
use crate::tui::effect::{Act, Data, Done, Effect, Load, Ticket};
use crate::tui::event::Event;

pub fn profiles() -> Vec<ProfileView> {
    let profile = |name: &str, about: &str, items: &[&str]| ProfileView {
        name: name.into(),
        about: about.into(),
        own: false,
        sets: Vec::new(),
        before: BTreeMap::new(),
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
fn what_was_set_the_last_time_stands_in_the_form_and_need_not_be_sent() {
    let mut screen = filled(Screen::small());
    screen.keys("jp");
    let mut all = profiles();
    let before = BTreeMap::from([("php".to_owned(), "7.4".to_owned())]);
    all[1].before.insert(server_id(1), before);
    screen.data(Data::Profiles(all)).keys("j");
    assert!(screen.picture().contains("the last time 7.4"), "{}", screen.picture());
    screen.keys("<enter>");
    assert!(screen.picture().contains("7.4"), "{}", screen.picture());
    screen.keys("<enter>");
    let sent = screen.act().map(|(_, act)| act.clone());
    assert!(matches!(&sent, Some(Act::FilledProfile(_, sets)) if sets.is_empty()), "{sent:?}");
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
