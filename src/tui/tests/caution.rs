//! Questions in their three levels, undo, read-only, and the history of what was said.

use std::time::Duration;

use insta::assert_snapshot;

use super::fixtures::{self, at, fleet, operation_id, operations, rule_id, server_id};
use super::pictures::firewall;
use super::screen::{Screen, start};
use crate::domain::{Action, Failure, FailureKind, Outcome, caution::PRODUCTION, rule};
use crate::fleet::{Consent, Inverse, READ_ONLY, Started, Target, Undo, VaultState};
use crate::tui::effect::{Act, Data, Done, Effect};
use crate::tui::event::Event;
use crate::tui::messages::Level;
use crate::tui::moment::Moment;
use crate::tui::state::State;

const SIZES: [((u16, u16), &str); 2] = [((80, 24), "small"), ((160, 50), "large")];

/// The firewall of a server that is tagged `production`.
fn production(size: (u16, u16)) -> Screen {
    let mut screen = firewall(Screen::new(VaultState::Open, size));
    let mut rows = fleet();
    rows[1].server.tags = [PRODUCTION.to_owned()].into();
    screen.data(Data::Servers(rows));
    screen.effects.clear();
    screen
}

fn acts(screen: &Screen) -> usize {
    screen.effects.iter().filter(|effect| matches!(effect, Effect::Act(..))).count()
}

fn said(screen: &Screen) -> (Level, String) {
    let message = screen.state.shared.messages.history().next().unwrap();
    (message.level, message.text.clone())
}

fn undo(inverse: Inverse, will: &str) -> Box<Undo> {
    let (server, target) = (server_id(1), Target::Firewall(server_id(1), Some(rule_id(2))));
    let was = "remove rule “allow 5432/tcp # office”".to_owned();
    Box::new(Undo { server, target, was, at: at("14:02:00"), will: will.to_owned(), inverse })
}

fn put_back() -> Box<Undo> {
    let line = "allow 5432/tcp # office".to_owned();
    let inverse = Inverse::AddRule { line, at: 2, owner: "user".into() };
    undo(inverse, "The rule “allow 5432/tcp # office” is added again, at place 2.")
}

#[test]
fn what_can_be_undone_is_not_asked_about() {
    let mut screen = firewall(Screen::small());
    screen.effects.clear();
    screen.keys("jd");
    assert!(matches!(screen.act(), Some((_, Act::RemoveRule(_, id))) if *id == rule_id(2)));
    assert!(screen.state.layers.is_empty());
    // the end of it says what takes it back
    let mut removal = fixtures::operation(9, 1, Outcome::Running);
    (removal.kind, removal.action) = ("firewall-rule".into(), Action::Remove);
    removal.fields_before = Some(serde_json::Map::new());
    removal.subject = Some("deny 8080/tcp".into());
    screen.data(Data::Operation(operation_id(9), Some(Box::new(removal.clone()))));
    removal.outcome = Outcome::Done;
    screen.data(Data::Operation(operation_id(9), Some(Box::new(removal))));
    assert_eq!(said(&screen).1, "Done: remove rule “deny 8080/tcp” on web-1. u undoes it.");
    assert_snapshot!("level_none", screen.picture());
}

#[test]
fn what_costs_asks_with_the_focus_on_no() {
    for (size, name) in SIZES {
        let mut screen = firewall(Screen::new(VaultState::Open, size));
        screen.effects.clear();
        screen.keys("E");
        assert_snapshot!(format!("level_yes_no_{name}"), screen.picture());
        screen.keys("<enter>");
        assert_eq!((acts(&screen), screen.state.layers.len()), (0, 0));
        screen.keys("Ey");
        assert!(matches!(screen.act(), Some((_, Act::DisableFirewall(_)))));
        assert_eq!(screen.state.layers.len(), 0);
    }
}

#[test]
fn what_came_with_something_else_is_asked_about() {
    let mut screen = firewall(Screen::small());
    screen.effects.clear();
    screen.keys("d");
    assert_eq!((acts(&screen), screen.state.layers.len()), (0, 1));
    screen.keys("y");
    assert!(matches!(screen.act(), Some((_, Act::RemoveRule(..)))));
}

#[test]
fn production_wants_the_name_for_all_of_it() {
    for (size, name) in SIZES {
        let mut screen = production(size);
        screen.keys("jd");
        assert_snapshot!(format!("level_typed_{name}"), screen.picture());
        screen.keys("y<enter>web-");
        assert_snapshot!(format!("level_typed_begun_{name}"), screen.picture());
        assert_eq!(acts(&screen), 0);
        screen.keys("<backspace><backspace><backspace><backspace><backspace>web-1");
        assert_eq!(acts(&screen), 0);
        screen.keys("<enter>");
        assert!(matches!(screen.act(), Some((_, Act::RemoveRule(..)))));
        assert!(screen.state.layers.is_empty());
    }
    for (keys, asks) in [("E", true), ("1T+x<enter>", true), ("1c", false), ("2c", false)] {
        let mut screen = production((80, 24));
        screen.keys(keys);
        assert_eq!(!screen.state.layers.is_empty(), asks, "{keys}");
        assert_eq!(acts(&screen) > 0, !asks, "{keys}");
    }
}

#[test]
fn keys_typed_too_soon_are_not_for_the_question_and_a_name_is_not_pasted() {
    let mut screen = production((80, 24));
    screen.keys("jd");
    let since = screen.since;
    for key in super::screen::parse("web-1<enter>") {
        screen.since = since + Duration::from_millis(299);
        screen.at_once(Event::Key(key));
    }
    assert_eq!((acts(&screen), screen.state.layers.len()), (0, 1));
    screen.event(Event::Paste("web-1".into())).keys("<enter>");
    assert_eq!((acts(&screen), screen.state.layers.len()), (0, 1));
}

#[test]
fn who_waits_for_what_was_not_confirmed_is_told() {
    let mut screen = production((80, 24));
    // An edited rule is sent by its editor, which asks nothing by itself.
    screen.keys("je # x");
    let review = super::pictures::review(rule::parse("deny 8080/tcp # x"));
    screen.event(Event::RuleReview(review)).keys("<enter>");
    assert_eq!((acts(&screen), screen.state.layers.len()), (0, 2));
    assert_snapshot!("level_typed_held", screen.picture());
    screen.keys("<esc>");
    assert_eq!((acts(&screen), screen.state.layers.len()), (0, 1));
    assert_snapshot!("level_typed_declined", screen.picture());
    screen.keys("<enter>web-1<enter>");
    let sent = matches!(screen.act(), Some((_, Act::EditRule(_, _, _, Consent::None))));
    assert!(sent, "{:?}", screen.act());
    let started =
        Started { operation: operation_id(9), server: server_id(1), resource: Some(rule_id(2)) };
    screen.answer(Ok(Done::Started(started)));
    assert!(screen.state.layers.is_empty());
}

#[test]
fn several_servers_are_confirmed_by_their_number() {
    let mut screen = production((80, 24));
    screen.keys("1*E");
    assert_snapshot!("level_typed_many", screen.picture());
    screen.keys("3<enter>");
    assert_eq!(acts(&screen), 3);
}

#[test]
fn undo_looks_first_then_does_or_asks() {
    let mut screen = firewall(Screen::small());
    screen.effects.clear();
    screen.keys("ju");
    assert!(matches!(
        screen.act(),
        Some((_, Act::UndoOf(Target::Firewall(server, Some(rule)))))
            if (*server, *rule) == (server_id(1), rule_id(2))
    ));
    screen.answer(Ok(Done::Undo(put_back())));
    assert!(matches!(screen.act(), Some((_, Act::Undo(_)))) && screen.state.layers.is_empty());
    assert_snapshot!("undo_at_once", screen.picture());

    for (size, name) in SIZES {
        let mut screen = firewall(Screen::new(VaultState::Open, size));
        screen.keys("u");
        let off = undo(Inverse::DisableFirewall, "The firewall is turned off.");
        screen.answer(Ok(Done::Undo(off))).effects.clear();
        assert_snapshot!(format!("undo_asks_{name}"), screen.picture());
        screen.keys("y");
        assert!(matches!(screen.act(), Some((_, Act::Undo(_)))));
    }

    let mut screen = production((80, 24));
    screen.keys("u").answer(Ok(Done::Undo(put_back()))).effects.clear();
    assert_eq!((acts(&screen), screen.state.layers.len()), (0, 1));
    screen.keys("web-1<enter>");
    assert!(matches!(screen.act(), Some((_, Act::Undo(_)))));

    // why there is no way back is said, and does not stay
    let mut screen = firewall(Screen::small());
    screen.keys("1u");
    assert!(matches!(screen.act(), Some((_, Act::UndoOf(Target::Server(_))))));
    screen.answer(Err(Failure::new(FailureKind::Conflict, "A command cannot be undone.")));
    assert_eq!(said(&screen), (Level::Warn, "A command cannot be undone.".to_owned()));
}

#[test]
fn read_only_changes_nothing_and_says_why() {
    let now = Moment { since: Duration::ZERO, time: fixtures::now() };
    for vault in [VaultState::Absent, VaultState::Locked, VaultState::Open] {
        let start = crate::tui::shared::Start { read_only: true, ..start(vault, (80, 24)) };
        let (state, effects) = State::new(start, now);
        assert!(state.layers.is_empty());
        assert!(!effects.iter().any(|effect| matches!(effect, Effect::Act(..))));
    }
    for (size, name) in SIZES {
        let mut screen = firewall(Screen::new(VaultState::Open, size));
        screen.state.shared.start.read_only = true;
        screen.effects.clear();
        for keys in
            ["a", "e", "d", "E", "u", "c", "r", "o", "O", "1a", "d", "e", "T", "t", "u", "c"]
        {
            screen.keys(keys);
            assert_eq!((acts(&screen), screen.state.layers.len()), (0, 0), "{keys}");
            assert_eq!(said(&screen), (Level::Warn, READ_ONLY.to_owned()), "{keys}");
        }
        screen.keys("<enter>");
        assert_snapshot!(format!("read_only_{name}"), screen.picture());
    }
    // opening the vault takes nothing up
    let mut screen = Screen::new(VaultState::Locked, (80, 24));
    screen.state.shared.start.read_only = true;
    screen.keys("x<enter>").answer(Ok(Done::Unlocked));
    assert!(!screen.effects.iter().any(|effect| matches!(effect, Effect::Act(_, Act::Recover))));
}

#[test]
fn messages_are_kept_searched_and_lead_to_their_operation() {
    for (size, name) in SIZES {
        let mut screen = firewall(Screen::new(VaultState::Open, size));
        let mut done = fixtures::operation(2, 1, Outcome::Done);
        done.error = None;
        screen.data(Data::Operation(operation_id(2), Some(Box::new(done))));
        screen.keys("1jr").event(Event::Loaded(Err(fixtures::failure())));
        screen.keys("M");
        assert_snapshot!(format!("history_{name}"), screen.picture());
        screen.keys("/done<enter>");
        assert_snapshot!(format!("history_found_{name}"), screen.picture());
        screen.effects.clear();
        screen.keys("<enter>");
        assert!(screen.state.layers.is_empty());
        assert_eq!(screen.state.panes[screen.state.active].name(), "operations");
    }
    let mut screen = firewall(Screen::small());
    screen.keys("M/<esc>/nowhere<enter>");
    assert_snapshot!("history_nothing", screen.picture());
    screen.keys("<esc>");
    assert_eq!(screen.state.layers.len(), 1, "the words go first");
    screen.keys("<esc>");
    assert!(screen.state.layers.is_empty());
}

#[test]
fn errors_stay_until_they_are_put_away_however_many_come() {
    let mut screen = Screen::small();
    screen.data(Data::Servers(fleet())).data(Data::Operations(operations()));
    for n in 0..6 {
        let failure = Failure::new(FailureKind::Conflict, format!("The thing {n} went wrong."));
        screen.event(Event::Loaded(Err(failure)));
        screen.state.shared.messages.say(format!("Good {n}."), screen.state.shared.now);
    }
    let errors = |screen: &Screen| {
        let toasts = screen.state.shared.messages.toasts();
        toasts.iter().filter(|toast| toast.level == Level::Bad).count()
    };
    assert_eq!(errors(&screen), 6);
    screen.since += Duration::from_secs(60);
    screen.event(Event::Deadline);
    assert_eq!(errors(&screen), 6);
    assert_snapshot!("errors_stay", screen.picture());
    screen.keys("M<esc>");
    assert!(screen.state.layers.is_empty(), "esc leaves the messages; no error lies over them");
    assert_eq!(errors(&screen), 6);
    screen.keys("<esc>");
    assert_eq!(errors(&screen), 0);
    for n in 0..300 {
        screen.state.shared.messages.say(format!("Number {n}."), screen.state.shared.now);
    }
    assert!(screen.state.shared.messages.dropped() > 100);
    screen.keys("MG");
    assert_snapshot!("history_dropped", screen.picture());
}
