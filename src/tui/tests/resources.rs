//! Sites and services: lists, forms drawn from what kinds declare, questions, sealed values.

use std::collections::BTreeMap;

use insta::assert_snapshot;

use super::fixtures::{at, failure, operation, rule_id, server_id};
use super::pictures::filled;
use super::screen::Screen;
use crate::domain::{Fields, Outcome, Question, Resource, Secret, ServerId, Status};
use crate::fleet::{Inverse, ResourceView, Review, Started, Target, Undo, Unrecorded};
use crate::tui::effect::{Act, Data, Done, Effect, Load};
use crate::tui::event::Event;

fn view(n: u32, kind: &str, name: &str, status: Status, texts: &[(&str, &str)]) -> ResourceView {
    let known = crate::fleet::kinds().into_iter().find(|known| known.kind == kind).unwrap();
    let resource = Resource {
        id: rule_id(n),
        kind: kind.into(),
        server: server_id(1),
        site: None,
        fields: Fields::new(),
        status,
        error: (status == Status::Failed).then(failure),
        created_at: at("13:00:00"),
        updated_at: at("13:01:00"),
    };
    let texts = texts.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    ResourceView {
        resource,
        server: "web-1".into(),
        name: name.into(),
        called: known.called(name),
        texts: texts.collect(),
        sealed: Vec::new(),
        details: Vec::new(),
        needs: Vec::new(),
        dependants: Vec::new(),
        last: None,
    }
}

pub fn sites(mut screen: Screen) -> Screen {
    let site = |n, name: &str, status, kind: &str, php: &str, default: &str| {
        let texts = [("domain", name), ("kind", kind), ("php", php), ("default", default)];
        view(n, "site", name, status, &texts)
    };
    let mut blog = site(22, "blog.example.com", Status::Active, "php", "8.2", "no");
    blog.texts.insert("alias".into(), "www.blog.example.com".into());
    blog.needs = vec!["nginx".into(), "PHP “8.2”".into()];
    let all = vec![
        blog,
        site(21, "default", Status::Active, "static", "", "yes"),
        site(23, "shop.example.com", Status::Failed, "php", "8.2", "no"),
    ];
    filled_on_web(&mut screen, "5");
    screen.data(Data::Resources(Load::Kind("site"), all));
    screen
}

fn filled_on_web(screen: &mut Screen, pane: &str) {
    let taken = std::mem::replace(screen, Screen::small());
    *screen = filled(taken);
    screen.keys("j").keys(pane);
}

pub fn services(mut screen: Screen) -> Screen {
    let mut nginx = view(11, "nginx", "nginx", Status::Active, &[("worker_connections", "1024")]);
    nginx.dependants = vec!["site “default”".into()];
    nginx.details = vec![("on the host".into(), "1.22.1, runs".into())];
    let mut user = view(
        12,
        "db-user",
        "mariadb/shop",
        Status::Active,
        &[("name", "shop"), ("engine", "mariadb"), ("schemas", "shop"), ("privileges", "all")],
    );
    user.sealed = vec!["password".into(), "connection".into()];
    let php = view(
        13,
        "php",
        "8.2",
        Status::Updating,
        &[("version", "8.2"), ("cli_default", "yes"), ("site_default", "yes")],
    );
    let redis = view(14, "redis", "redis", Status::Active, &[("port", "6379"), ("memory", "256")]);
    let site = view(21, "site", "default", Status::Active, &[]);
    filled_on_web(&mut screen, "6");
    screen
        .data(Data::Resources(Load::Resources(server_id(1)), vec![user, nginx, php, redis, site]));
    screen
}

/// With what the host has besides.
pub fn besides(screen: Screen) -> Screen {
    let mut screen = services(screen);
    let texts = [("engine", "mariadb"), ("name", "wiki")];
    let texts = texts.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let found = Unrecorded {
        server: server_id(1),
        server_name: "web-1".into(),
        kind: "schema".into(),
        fields: Fields::new(),
        name: "mariadb/wiki".into(),
        called: "schema “mariadb/wiki”".into(),
        texts: texts.into_iter().collect(),
    };
    screen.data(Data::Found(server_id(1), vec![found]));
    screen
}

fn started(n: u32) -> Done {
    let resource = Some(rule_id(n));
    Done::Started(Started {
        operation: operation(9, 1, Outcome::Done).id,
        server: server_id(1),
        resource,
    })
}

/// An operation on a site that ended with what is to be decided.
pub fn asking(mut screen: Screen) -> Screen {
    let mut ended = operation(9, 1, Outcome::Failed);
    (ended.kind, ended.resource) = ("site".into(), Some(rule_id(23)));
    ended.subject = Some("shop.example.com".into());
    let error = ended.error.as_mut().unwrap();
    error.questions = vec![
        Question::new("files", "There are files in /home/brokeforge/sites/shop.example.com. What is to become of them?")
            .or("keep", "They are moved to /var/backups/brokeforge.")
            .or("delete", "They are deleted."),
        Question::new("logs", "There are logs of it. What is to become of them?")
            .or("keep", "They are moved to /var/backups/brokeforge.")
            .or("delete", "They are deleted."),
    ];
    let remove = screen.act().map(|(_, act)| act.clone());
    assert!(matches!(remove, Some(Act::RemoveResource(..))), "{remove:?}\n{}", screen.picture());
    screen.answer(Ok(started(23)));
    screen.data(Data::Operation(ended.id, Some(Box::new(ended))));
    screen
}

pub fn reviewed(mut screen: Screen) -> Screen {
    screen.event(Event::ServerReview(Review {
        refusals: vec![("domain".into(), "“-x” begins with a dash.".into())],
        ..Review::default()
    }));
    screen
}

fn last_review(screen: &Screen) -> BTreeMap<String, String> {
    let found = screen.effects.iter().rev().find_map(|effect| match effect {
        Effect::ReviewResource(wanted) => Some(wanted.draft.texts.clone()),
        _ => None,
    });
    found.expect("a review")
}

#[test]
fn a_form_has_what_its_kind_declares_and_sends_what_stands_in_it() {
    let mut screen = sites(Screen::small());
    screen.keys("a");
    assert_snapshot!(screen.picture());
    screen.keys("new.example.com<tab>");
    let texts = last_review(&screen);
    assert_eq!(texts["domain"], "new.example.com");
    assert_eq!(texts["kind"], "static");
    screen.keys("<right><ctrl-s>");
    let Some((_, Act::Keep(wanted, _))) = screen.act() else { panic!("{:?}", screen.act()) };
    assert_eq!((wanted.kind.as_str(), wanted.id), ("site", None));
    assert_eq!(wanted.draft.texts["kind"], "php");
    screen.answer(Ok(started(31)));
    assert!(screen.state.layers.is_empty());
    assert_eq!(screen.state.shared.added, Some(rule_id(31)));
}

#[test]
fn the_steps_can_be_looked_at_from_the_form() {
    let mut screen = sites(Screen::small());
    screen.keys("anew.example.com<ctrl-p>");
    assert!(matches!(screen.act(), Some((_, Act::PreviewResource(..)))));
}

#[test]
fn what_is_fixed_is_not_asked_for_again() {
    let mut screen = services(Screen::small());
    screen.keys("/8.2<enter>e");
    let texts = last_review(&screen);
    assert!(!texts.contains_key("version") && texts.contains_key("memory_limit"), "{texts:?}");
}

#[test]
fn sealed_values_are_shown_when_asked_for_and_nowhere_else() {
    let mut screen = services(Screen::small());
    screen.keys("/shop<enter>R");
    let reveals: Vec<(u64, String)> = screen
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Act(ticket, Act::Reveal(_, _, name)) => Some((*ticket, name.clone())),
            _ => None,
        })
        .collect();
    let names: Vec<&str> = reveals.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(names, ["password", "connection"]);
    let told = Done::Secret(Secret::from_text("correct horse".into()));
    screen.event(Event::Answer(reveals[0].0, Ok(told)));
    assert!(screen.picture().contains("correct horse"));
    screen.keys("y<esc>");
    let copied = |effect: &Effect| matches!(effect, Effect::Copy(text) if text == "correct horse");
    assert!(screen.effects.iter().any(copied));
    assert!(!screen.picture().contains("correct horse"));
    screen.keys("M");
    assert!(!screen.picture().contains("correct horse"));
}

#[test]
fn what_others_need_is_not_removed_and_they_are_named() {
    let mut screen = services(Screen::small());
    screen.keys("/nginx<enter>d");
    assert!(screen.state.layers.is_empty());
    assert!(screen.picture().contains("It is needed by site “default”."), "{}", screen.picture());
}

#[test]
fn what_keeps_data_wants_its_server_typed() {
    let mut screen = services(Screen::small());
    screen.keys("/redis<enter>d");
    assert!(screen.picture().contains("type: web-1"), "{}", screen.picture());
    screen.keys("web-1<enter>");
    assert!(matches!(screen.act(), Some((_, Act::RemoveResource(_, _, true)))));
}

#[test]
fn what_an_operation_asks_is_asked_at_once_with_the_careful_answer_first() {
    let mut screen = sites(Screen::small());
    screen.keys("Gdweb-1<enter>");
    let mut screen = asking(screen);
    screen.keys("j<enter>");
    assert!(screen.picture().contains("There are logs of it."), "{}", screen.picture());
    screen.keys("G<enter>");
    let Some((_, Act::Answer(_, answers))) = screen.act() else { panic!("{:?}", screen.act()) };
    let pairs: Vec<_> = answers.iter().map(|(key, word)| format!("{key}={word}")).collect();
    assert_eq!(pairs, ["files=keep", "logs=delete"]);
    assert!(screen.state.layers.is_empty());
}

#[test]
fn stopping_answers_nothing() {
    let mut screen = sites(Screen::small());
    screen.keys("Gdweb-1<enter>");
    let mut screen = asking(screen);
    let before = screen.act().map(|(ticket, _)| ticket);
    screen.keys("<enter>");
    assert_eq!(screen.act().map(|(ticket, _)| ticket), before);
    assert!(screen.state.layers.is_empty());
}

#[test]
fn a_verb_is_an_edit_of_what_it_sets() {
    let mut screen = services(Screen::small());
    screen.keys("/8.2<enter>v<enter>");
    let Some((_, Act::Keep(wanted, _))) = screen.act() else { panic!("{:?}", screen.act()) };
    assert_eq!(wanted.id, Some(rule_id(13)));
    assert_eq!(wanted.draft.texts.len(), 1, "{:?}", wanted.draft.texts);
}

#[test]
fn rows_of_another_server_are_not_shown_for_this_one() {
    let mut screen = services(Screen::small());
    let other: ServerId = server_id(3);
    screen.state.shared.selected = Some(other);
    assert!(screen.picture().contains("Reading …"), "{}", screen.picture());
}

#[test]
fn the_palette_adds_a_service_by_its_kind() {
    let mut screen = services(Screen::small());
    screen.keys("a");
    assert_snapshot!(screen.picture());
    screen.keys("redis<enter>");
    assert!(screen.picture().contains("Add Redis to web-1"), "{}", screen.picture());
}

#[test]
fn what_is_not_ours_is_left_alone_and_can_be_put_on_record() {
    let mut screen = besides(Screen::small());
    screen.keys("Gd");
    assert!(screen.picture().contains("A puts it on record."), "{}", screen.picture());
    screen.keys("<esc>A");
    let texts = last_review(&screen);
    assert_eq!((texts["engine"].as_str(), texts["name"].as_str()), ("mariadb", "wiki"));
    screen.keys("<ctrl-s>");
    let Some((_, Act::Keep(wanted, _))) = screen.act() else { panic!("{:?}", screen.act()) };
    assert_eq!((wanted.kind.as_str(), wanted.id), ("schema", None));
    screen.answer(Ok(started(31))).keys("gA");
    assert!(screen.state.layers.is_empty());
    assert!(screen.picture().contains("Only what is not ours"), "{}", screen.picture());
}

#[test]
fn rows_read_again_keep_what_was_found_of_the_same_server_alone() {
    let mut screen = besides(Screen::small());
    screen.data(Data::Resources(Load::Resources(server_id(1)), Vec::new()));
    assert!(screen.picture().contains("mariadb/wiki"), "{}", screen.picture());
    screen.state.shared.selected = Some(server_id(3));
    screen.data(Data::Resources(Load::Resources(server_id(3)), Vec::new()));
    assert!(!screen.picture().contains("mariadb/wiki"), "{}", screen.picture());
}

#[test]
fn what_is_under_way_is_cancelled_from_its_row() {
    let mut screen = services(Screen::small());
    screen.keys("/8.2<enter>x");
    assert!(screen.picture().contains("Nothing is done with"), "{}", screen.picture());
    let mut running = operation(9, 1, Outcome::Running);
    (running.kind, running.resource) = ("php".into(), Some(rule_id(13)));
    let id = running.id;
    screen.data(Data::Operation(id, Some(Box::new(running)))).keys("<esc>xy");
    let Some((_, Act::Cancel(cancelled))) = screen.act() else { panic!("{:?}", screen.act()) };
    assert_eq!(*cancelled, id);
}

#[test]
fn taking_a_change_back_can_be_looked_at_first() {
    let mut screen = services(Screen::small());
    screen.keys("/redis<enter>u");
    screen.answer(Ok(Done::Undo(Box::new(Undo {
        server: server_id(1),
        at: at("13:00:00"),
        was: "add PHP “8.2”".into(),
        will: "The PHP “8.2” is removed.".into(),
        target: Target::Resource(server_id(1), rule_id(13)),
        inverse: Inverse::RemoveResource(rule_id(13)),
    }))));
    screen.keys("p");
    assert!(matches!(screen.act(), Some((_, Act::PreviewUndo(_)))), "{:?}", screen.act());
}
