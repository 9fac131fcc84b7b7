//! Filter, marks and order, the same in every pane; and commands over what is marked.

use insta::assert_snapshot;

use super::fixtures::{self, fleet, operations, rule_id, server_id};
use super::pictures::{filled, firewall};
use super::screen::{Screen, start};
use crate::domain::{Failure, Status, Time};
use crate::fleet::{ServerRow, VaultState};
use crate::tui::effect::{Act, Data, Effect};
use crate::tui::event::Event;
use crate::tui::messages::Level;
use crate::tui::moment::Moment;
use crate::tui::state::State;

fn tagged() -> Vec<ServerRow> {
    let mut rows = fleet();
    rows[1].server.tags = ["debian".into(), "web".into()].into();
    rows[2].server.tags = ["web".into()].into();
    rows
}

fn screen(size: (u16, u16)) -> Screen {
    let mut screen = Screen::new(VaultState::Open, size);
    screen.data(Data::Servers(tagged())).data(Data::Operations(operations()));
    screen.effects.clear();
    screen
}

fn acts(screen: &Screen) -> Vec<(u64, &Act)> {
    let act = |effect| match effect {
        &Effect::Act(ticket, ref act) => Some((ticket, act)),
        _ => None,
    };
    screen.effects.iter().filter_map(act).collect()
}

fn said(screen: &Screen) -> (Level, String) {
    let message = screen.state.shared.messages.history().next().unwrap();
    (message.level, message.text.clone())
}

/// The names of the servers that are shown, from above.
fn shown(screen: &mut Screen) -> Vec<String> {
    let picture = screen.picture();
    let names = picture.lines().filter_map(|line| {
        let line = line.strip_prefix('│')?.trim_start_matches(['+', ' ']);
        let name = line.split_whitespace().next()?;
        ["db-", "web-", "s-"].iter().any(|start| name.starts_with(start)).then(|| name.to_owned())
    });
    names.collect()
}

#[test]
fn a_filter_holds_while_it_is_typed_and_stays_in_the_title() {
    for (size, name) in [((80, 24), "small"), ((160, 50), "large")] {
        let mut screen = screen(size);
        screen.keys("/tag:web !inst");
        assert_snapshot!(format!("filter_typed_{name}"), screen.picture());
        screen.keys("<enter>");
        assert_snapshot!(format!("filter_kept_{name}"), screen.picture());
        screen.keys("/<backspace><backspace><backspace><backspace><backspace><backspace> stat:x");
        assert_snapshot!(format!("filter_refused_{name}"), screen.picture());
        // What is no filter is not left; the last one that was holds on.
        screen.keys("<enter>");
        assert!(screen.state.typing());
        screen.keys("<esc>/zzz<enter>");
        assert_snapshot!(format!("filter_nothing_{name}"), screen.picture());
        assert!(acts(&screen).is_empty());
        screen.keys("c");
        assert!(said(&screen).1.contains("hides all servers"));
        screen.keys("<esc>");
        assert_eq!(shown(&mut screen).len(), 3);
    }
}

#[test]
fn escape_clears_the_filter_then_the_marks_then_nothing() {
    let mut screen = screen((80, 24));
    screen.keys(" /web<enter>");
    assert_eq!(shown(&mut screen).len(), 2);
    screen.keys("<esc>");
    assert_eq!(shown(&mut screen).len(), 3);
    assert!(screen.picture().contains("1 marked"));
    screen.keys("<esc>");
    assert!(!screen.picture().contains("marked"));
    screen.keys("<esc>");
    assert!(!screen.effects.iter().any(|e| matches!(e, Effect::Quit)));
    screen.keys("/web<enter>q");
    assert_eq!(shown(&mut screen).len(), 3);
    assert!(!screen.effects.iter().any(|e| matches!(e, Effect::Quit)));
}

#[test]
fn what_matched_stands_out() {
    let styles = |filter: &str| {
        let mut screen = screen((80, 24));
        screen.keys(filter);
        assert_eq!(shown(&mut screen), ["web-1"]);
        screen.picture().lines().last().unwrap().to_owned()
    };
    assert_ne!(styles("/web-1<enter>"), styles("/active<enter>"));
    assert_ne!(styles("/web-1<enter>"), styles("/name:eb-1<enter>"));
    assert_eq!(styles("/web-1<enter>"), styles("/name:web-1<enter>"));
}

#[test]
fn marks_survive_filter_and_order() {
    for (size, name) in [((80, 24), "small"), ((160, 50), "large")] {
        let mut screen = screen(size);
        screen.keys(" /web<enter> ");
        assert_snapshot!(format!("marks_{name}"), screen.picture());
        screen.keys("<esc>>=");
        assert_snapshot!(format!("order_{name}"), screen.picture());
        assert!(screen.picture().contains("2 marked"));
        // All that are shown, and none of them.
        screen.keys("*");
        assert!(screen.picture().contains("3 marked"));
        screen.keys("/web<enter>*");
        assert!(screen.picture().contains("1 marked, 1 hidden"));
    }
}

#[test]
fn the_selection_follows_its_server_through_every_order() {
    let mut screen = screen((80, 24));
    screen.keys("j");
    for keys in [">", ">", "=", "<", "/web<enter>", "<esc>"] {
        screen.keys(keys);
        assert_eq!(screen.state.shared.selected, Some(server_id(1)), "{keys}");
    }
    screen.keys("/db<enter>");
    assert_eq!(screen.state.shared.selected, Some(server_id(3)));
    // One that goes away leaves its place to the next of those shown.
    screen.keys("<esc>g");
    let first = screen.state.shared.selected.unwrap();
    let second = shown(&mut screen)[1].clone();
    screen.data(Data::Server(first, None));
    let now = screen.state.shared.selected_server().unwrap().server.name.clone();
    assert!(now.starts_with(second.trim_end_matches('…')), "{now} {second}");
}

#[test]
fn a_changed_row_is_filtered_anew() {
    let mut screen = screen((80, 24));
    screen.keys("/status:failed<enter>");
    assert_eq!(shown(&mut screen), ["db-1"]);
    let failed = fixtures::server(1, "web-1", Status::Failed);
    screen.data(Data::Server(server_id(1), Some(Box::new(failed))));
    assert_eq!(shown(&mut screen), ["db-1", "web-1"]);
    let well = fixtures::server(3, "db-1", Status::Active);
    screen.data(Data::Server(server_id(3), Some(Box::new(well))));
    assert_eq!(shown(&mut screen), ["web-1"]);
    assert_eq!(screen.state.shared.selected, Some(server_id(1)));
}

#[test]
fn each_marked_server_is_asked_alone_and_summed_up() {
    let mut screen = screen((80, 24));
    screen.keys("*c");
    let tickets: Vec<u64> = acts(&screen).iter().map(|(ticket, _)| *ticket).collect();
    assert_eq!(tickets.len(), 3);
    screen.event(Event::Answer(tickets[2], Ok(crate::tui::effect::Done::Yes)));
    screen.event(Event::Answer(tickets[0], Err(Failure::input("It did not answer."))));
    screen.event(Event::Answer(tickets[1], Ok(crate::tui::effect::Done::Yes)));
    let (level, text) = said(&screen);
    assert_eq!(level, Level::Bad);
    assert!(
        text.starts_with("2 asked for facts, 1 refused: ") && text.ends_with("did not answer.")
    );
    // Of those that have not failed it is said why.
    screen.effects.clear();
    screen.keys("<esc>r");
    assert!(matches!(acts(&screen)[..], [(_, Act::RetryLast(id, None))] if *id == server_id(3)));
    screen.answer(Ok(crate::tui::effect::Done::Yes));
    assert!(said(&screen).1.starts_with("1 started, 2 refused: web-1: It has not failed"));
    screen.keys("<esc>e");
    assert!(said(&screen).1.contains("3 are marked"));
    assert!(screen.state.layers.is_empty());
}

#[test]
fn what_many_lose_is_named_before() {
    for (size, name) in [((80, 24), "small"), ((160, 50), "large")] {
        let mut screen = screen(size);
        screen.keys("*d");
        let tickets: Vec<u64> = acts(&screen).iter().map(|(ticket, _)| *ticket).collect();
        for ticket in tickets {
            let names = vec!["rule “allow 22/tcp”".to_owned()];
            screen.event(Event::Answer(ticket, Ok(crate::tui::effect::Done::Names(names))));
        }
        assert_snapshot!(format!("remove_many_{name}"), screen.picture());
        screen.effects.clear();
        screen.keys("2<enter>");
        assert!(acts(&screen).is_empty());
        screen.keys("<backspace>3<enter>");
        assert_eq!(acts(&screen).len(), 3);
        assert!(screen.state.layers.is_empty());
        screen.effects.clear();
        screen.keys("E");
        assert_snapshot!(format!("firewalls_on_{name}"), screen.picture());
        screen.keys("y");
        assert!(acts(&screen).iter().all(|(_, act)| matches!(act, Act::EnableFirewall(_))));
        assert_eq!(acts(&screen).len(), 3);
    }
}

#[test]
fn tags_of_one_and_of_many() {
    let mut screen = screen((80, 24));
    screen.keys("jT");
    assert_snapshot!("tags_one", screen.picture());
    screen.keys("büro");
    assert_snapshot!("tags_refused", screen.picture());
    screen.keys("<enter>");
    assert!(acts(&screen).is_empty());
    screen.keys("<ctrl-u>+Prod -web<enter>");
    assert!(matches!(
        acts(&screen)[..],
        [(_, Act::Tag(id, add, remove))]
            if *id == server_id(1) && *add == ["Prod"] && *remove == ["web"]
    ));
    screen.effects.clear();
    screen.keys("*T");
    assert_snapshot!("tags_many", screen.picture());
    screen.keys("eu<enter>");
    assert_eq!(acts(&screen).len(), 3);
}

#[test]
fn a_rule_keeps_its_place_whatever_is_shown() {
    let mut screen = firewall(Screen::small());
    screen.keys("/8080<enter>");
    assert_snapshot!("firewall_filtered", screen.picture());
    // The second of all rules is the first shown; below it is the third place of all.
    screen.keys("go");
    let place = screen.effects.iter().rev().find_map(|effect| match effect {
        Effect::ReviewRule { at, .. } => Some(*at),
        _ => None,
    });
    screen.keys("allow 443");
    let typed = screen.effects.iter().rev().find_map(|effect| match effect {
        Effect::ReviewRule { at, .. } => Some(*at),
        _ => None,
    });
    assert_eq!(typed, Some(Some(3)), "{place:?}");
    screen.keys("<esc><esc>>=");
    assert_snapshot!("firewall_ordered", screen.picture());
    screen.keys("/!tcp<enter>d");
    assert!(screen.state.layers.is_empty());
    screen.keys("<esc>*d");
    assert_snapshot!("rules_removed", screen.picture());
    screen.effects.clear();
    screen.keys("y");
    let ids: Vec<_> = acts(&screen)
        .iter()
        .map(|(_, act)| match act {
            Act::RemoveRule(_, id) => *id,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(ids, [rule_id(1), rule_id(2), rule_id(3)]);
}

#[test]
fn operations_by_their_servers_tags_and_outcomes() {
    let mut screen = screen((80, 24));
    screen.keys("3/status:failed<enter>");
    assert_snapshot!("operations_filtered", screen.picture());
    screen.keys("<esc>/tag:web<enter>");
    assert!(screen.picture().contains("2/3"));
    screen.keys("<esc>*x");
    assert_snapshot!("operations_cancel_many", screen.picture());
    screen.effects.clear();
    screen.keys("y");
    assert_eq!(acts(&screen).len(), 2);
    screen.effects.clear();
    screen.keys("r");
    assert!(matches!(acts(&screen)[..], [(_, Act::Retry(_))]));
}

#[test]
fn the_order_is_remembered_and_a_damaged_file_is_told() {
    let mut screen = screen((80, 24));
    screen.keys(">=");
    let kept = screen.effects.iter().rev().find_map(|effect| match effect {
        Effect::Keep(_, text) => Some(text.clone()),
        _ => None,
    });
    let again = |views: &str| {
        let mut start = start(VaultState::Open, (80, 24));
        start.views = Some(views.to_owned());
        let now = Moment { since: std::time::Duration::ZERO, time: fixtures::now() };
        let mut again = Screen::small();
        again.state = State::new(start, now).0;
        filled(again)
    };
    let back = again(&kept.unwrap());
    assert!(back.picture().contains("by status ▼"));
    assert_eq!(back.state.shared.messages.history().count(), 0);
    for damaged in ["", "{", "[1]", "{\"panes\":{\"servers\":{\"by\":\"gone\"}}}"] {
        let back = again(damaged);
        assert!(!back.picture().contains(" by "), "{damaged}");
    }
    assert!(said(&again("{")).1.contains("damaged"));
}

#[test]
fn resizing_keeps_selection_and_scroll() {
    let mut screen = Screen::small();
    let rows = (0..200).map(|n| fixtures::server(n, &format!("s-{n:03}"), Status::Active));
    screen.data(Data::Servers(rows.collect()));
    screen.keys("<ctrl-d><ctrl-d><ctrl-d><ctrl-d>kkk");
    let before = shown(&mut screen);
    let selected = screen.state.shared.selected;
    screen.picture();
    screen.resize(160, 24);
    assert_eq!(shown(&mut screen)[0], before[0]);
    screen.resize(80, 24);
    assert_eq!((shown(&mut screen), screen.state.shared.selected), (before, selected));
}

#[test]
fn ten_thousand_rows_are_filtered_while_one_types() {
    let mut screen = Screen::large();
    let rows = (0..10_000).map(|n| fixtures::server(n, &format!("s-{n:05}"), Status::Active));
    screen.data(Data::Servers(rows.collect()));
    screen.keys("/~s99 !/[0-4]$/ status:act<enter>");
    assert!(screen.picture().contains("/10000"));
    screen.keys(">>>=*");
    // What this takes, the bench of the screen says.
    for n in 0..200 {
        let row = fixtures::server(n, &format!("s-{n:05}"), Status::Failed);
        screen.data(Data::Server(server_id(n), Some(Box::new(row))));
    }
    assert!(screen.picture().contains("/10000"));
}

#[test]
fn rows_are_copied_as_lines() {
    let mut screen = screen((80, 24));
    let copied = |screen: &Screen| {
        screen.effects.iter().rev().find_map(|effect| match effect {
            Effect::Copy(text) => Some(text.clone()),
            _ => None,
        })
    };
    screen.keys("y");
    let line = copied(&screen).unwrap();
    assert!(line.contains("192.0.2.") && !line.contains('\n'), "{line}");
    assert!(said(&screen).1.starts_with("Copied one line, "));
    screen.keys("*y");
    assert_eq!(copied(&screen).unwrap().lines().count(), 3);
    screen.keys("<esc>/zzz<enter>");
    screen.effects.clear();
    screen.keys("y");
    assert_eq!(copied(&screen), None);
    assert_eq!(said(&screen).1, "There is no row to copy.");
}

#[test]
fn tags_are_typed_in_the_palette_and_completed() {
    let mut screen = screen((80, 24));
    screen.keys("*:server-tag new -we");
    assert_snapshot!("palette_tags", screen.picture());
    screen.keys("<tab>");
    screen.keys("<enter>");
    let tagged: Vec<_> = acts(&screen)
        .into_iter()
        .filter_map(|(_, act)| match act {
            Act::Tag(_, add, remove) => Some((add.join(" "), remove.join(" "))),
            _ => None,
        })
        .collect();
    assert_eq!(tagged, vec![("new".to_owned(), "web".to_owned()); 3]);
    screen.keys(":server-tag <enter>");
    assert_eq!(screen.state.layers.len(), 1, "the line asks");
    screen.keys("<esc>:server-tag a -a<enter>");
    assert!(screen.picture().contains("added and taken away at once"), "{}", screen.picture());
}

#[test]
fn keys_are_listed_and_replaced() {
    use crate::fleet::{KeyState, KeyView};
    let mut screen = screen((100, 24));
    screen.keys("A");
    let [(ticket, &Act::Keys(server))] = acts(&screen)[..] else { panic!("{:?}", acts(&screen)) };
    let key = |user: &str, state, name: Option<&str>, options: &str| KeyView {
        server,
        user: user.into(),
        file: "/root/.ssh/authorized_keys".into(),
        algorithm: "ssh-ed25519".into(),
        bits: Some(256),
        fingerprint: format!("SHA256:{}", "x".repeat(43)),
        comment: "me@here".into(),
        options: options.into(),
        state,
        name: name.map(str::to_owned),
        first_seen: Time::UNIX_EPOCH,
    };
    let keys = vec![
        key("root", KeyState::Unknown, None, "from=\"10.0.0.0/8\""),
        key("root", KeyState::Known, Some("anna, laptop"), ""),
        key("brokeforge", KeyState::Ours, None, ""),
    ];
    screen.event(Event::Answer(ticket, Ok(crate::tui::effect::Done::Keys(keys))));
    assert_snapshot!("keys", screen.picture());
    screen.keys("<esc>A");
    screen.answer(Err(Failure::internal("It cannot be asked.")));
    assert!(screen.picture().contains("It cannot be asked."));

    screen.effects.clear();
    screen.keys("<esc>*K");
    assert_snapshot!("keys_of_many", screen.picture());
    screen.keys("y");
    assert!(acts(&screen).iter().all(|(_, act)| matches!(act, Act::RotateKeys(_))));
    assert_eq!(acts(&screen).len(), 3);
}
