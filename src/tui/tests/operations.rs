//! The operations view at work: how long it may take, the log searched, wrapped and saved, a step
//! explained.

use insta::assert_snapshot;

use super::fixtures::{self, at, operation_id, operations, server_id};
use super::pictures::{filled, opened, output};
use super::screen::Screen;
use crate::domain::{Failure, FailureKind, Operation, Outcome, StepOutcome};
use crate::fleet::{ByHand, Earlier, Explanation, Output, Stream};
use crate::tui::effect::{Act, Data, Done, Effect, SessionAct};
use crate::tui::event::Event;

/// The running one, whose third step began 30 s ago.
fn running(past: &[u64]) -> Operation {
    let mut operation = operations().into_iter().find(|o| o.outcome == Outcome::Running).unwrap();
    operation.started_at = Some(at("14:58:00"));
    let [.., step, last] = operation.steps.as_mut_slice() else { panic!("steps") };
    step.started_at = Some(at("14:59:30"));
    step.past = past.iter().map(|seconds| seconds * 1000).collect();
    last.past = vec![10_000];
    operation
}

fn known(screen: &mut Screen, operation: Operation) {
    screen.data(Data::Operation(operation.id, Some(Box::new(operation))));
}

#[test]
fn how_long_it_may_still_take_is_said_or_that_it_is_slower_than_usual() {
    let mut screen = opened(Screen::small());
    known(&mut screen, running(&[50, 60, 70]));
    assert_snapshot!("about", screen.picture());
    known(&mut screen, running(&[5, 6, 7]));
    assert_snapshot!("slower", screen.picture());
    known(&mut screen, running(&[5]));
    assert!(!screen.picture().contains("about"), "too little is known");
    let mut screen = opened(Screen::large());
    known(&mut screen, running(&[50, 60, 70]));
    assert_snapshot!("about_large", screen.picture());
}

#[test]
fn the_list_says_it_and_ticks_only_while_it_does() {
    let mut screen = filled(Screen::small());
    screen.keys("3");
    assert_eq!(screen.state.deadline(), None, "nothing is known");
    known(&mut screen, running(&[50, 60, 70]));
    assert!(screen.state.deadline().is_some());
    assert_snapshot!("list_about", screen.picture());
    known(&mut screen, running(&[5, 6, 7]));
    assert_eq!(screen.state.deadline(), None, "slower than usual stays so");
    assert!(screen.picture().contains("slower than usual"));
    let mut over = running(&[50, 60, 70]);
    (over.outcome, over.finished_at) = (Outcome::Done, Some(fixtures::now()));
    known(&mut screen, over);
    screen.since += std::time::Duration::from_secs(10);
    screen.event(Event::Deadline);
    assert_eq!(screen.state.deadline(), None);
}

pub(super) fn long(screen: Screen) -> Screen {
    let mut screen = opened(screen);
    for n in 0..60 {
        let text = format!("\npackage {n} of 60: {}", "unpacking ".repeat(n % 3 * 9));
        screen.event(output(operation_id(2), 2, Stream::Out, &text));
    }
    let text = "E: could not get lock /var/lib/dpkg/lock\nE: LOCK held by 812\n";
    screen.event(output(operation_id(2), 2, Stream::Err, text));
    screen.keys("l");
    screen.picture();
    screen
}

#[test]
fn a_search_marks_counts_and_goes_round() {
    let mut screen = long(Screen::small());
    screen.keys("/lo");
    assert_snapshot!("search_typing", screen.picture());
    screen.keys("ck<enter>");
    let title = |screen: &Screen| screen.picture().lines().nth(1).unwrap().to_owned();
    screen.keys("n");
    assert!(title(&screen).contains("“lock” 1 of 2"), "{}", title(&screen));
    screen.keys("N");
    assert!(title(&screen).contains("“lock” 2 of 2"), "{}", title(&screen));
    screen.keys("/package 3<enter>");
    screen.picture();
    screen.keys("n");
    assert_snapshot!("search_up", screen.picture());
    screen.keys("<esc>");
    assert!(!title(&screen).contains("package 3"), "one step back");
    assert_eq!(screen.state.layers.len(), 1);
    screen.keys("/nowhere<enter>");
    assert!(screen.picture().contains("Nothing here matches"));
    screen.keys("<esc>/<enter>n");
    assert!(screen.picture().contains("Nothing is looked for yet"));
}

#[test]
fn new_lines_are_counted_until_it_follows_again() {
    let mut screen = long(Screen::small());
    screen.keys("kkk");
    for n in 0..7 {
        screen.at_once(output(operation_id(2), 2, Stream::Out, &format!("\nnew {n}")));
    }
    assert_snapshot!("new_lines", screen.picture());
    screen.keys("f");
    assert!(screen.picture().contains("follows ·"));
    screen.keys("f");
    let before = screen.picture();
    screen.at_once(output(operation_id(2), 2, Stream::Out, "\nmore"));
    let after = screen.picture();
    assert!(after.contains("1 new line ·"), "{after}");
    assert_eq!(before.lines().nth(5), after.lines().nth(5), "what is in sight stays");
    screen.keys("g");
    assert!(screen.picture().contains("2. save the old state"), "the very first line");
    screen.keys("G");
    assert!(screen.picture().contains("more"));
}

#[test]
fn what_is_in_sight_stays_when_old_lines_are_let_go() {
    let mut screen = long(Screen::small());
    screen.keys("kkk");
    let third = screen.picture().lines().nth(3).unwrap().to_owned();
    screen.at_once(output(operation_id(2), 2, Stream::Out, &"x\n".repeat(9_900)));
    assert_eq!(screen.picture().lines().nth(3), Some(third.as_str()));
    screen.at_once(output(operation_id(2), 2, Stream::Out, &"y\n".repeat(20_000)));
    let picture = screen.picture();
    assert!(picture.contains("are only in the file"), "{picture}");
    screen.at_once(Event::Output(operation_id(2), Output::Lost(9)));
    screen.resize(160, 50);
    assert!(screen.picture().contains("9 bytes came too fast"));
}

#[test]
fn long_lines_are_wrapped_or_moved_sideways() {
    let mut screen = long(Screen::small());
    screen.keys("zz<right><right>");
    assert_snapshot!("aside", screen.picture());
    screen.keys("<left><left><left>/60: unpacking");
    screen.keys("<enter>");
    screen.keys("z");
    assert_snapshot!("wrapped_found", screen.picture());
    let mut screen = long(Screen::large());
    screen.keys("z/unpacking<enter>");
    assert_snapshot!("wrapped_large", screen.picture());
}

#[test]
fn the_log_is_saved_and_nothing_is_replaced_without_a_yes() {
    let mut screen = long(Screen::small());
    screen.keys("w<enter>");
    let path = format!("/home/ada/brokeforge-{}.log", operation_id(2));
    let sent = |screen: &Screen, replaces: bool| {
        let Some((_, Act::SaveLog { operation, path: to, replace })) = screen.act() else {
            panic!("{:?}", screen.act())
        };
        assert_eq!((*operation, to, *replace), (operation_id(2), &path, replaces));
    };
    sent(&screen, false);
    let taken = Failure::new(FailureKind::Conflict, format!("There is a file {path} already."));
    screen.answer(Err(taken));
    assert_snapshot!("save_taken", screen.picture());
    screen.keys("y");
    sent(&screen, true);
    screen.answer(Err(Failure::input("The disk is full.")));
    assert!(screen.picture().contains("The disk is full."));
    screen.keys("<enter>");
    sent(&screen, false);
    screen.answer(Ok(Done::Saved(path, 1234)));
    assert_eq!(screen.state.layers.len(), 1, "back in the log");
    assert!(screen.picture().contains("Saved 1234 bytes to"));
}

pub(super) fn explanation() -> Explanation {
    Explanation {
        operation: operation_id(1),
        what: "enable firewall".into(),
        outcome: Outcome::Failed,
        number: Some(3),
        step: Some("apply".into()),
        went: Some(StepOutcome::Failed),
        host: "db-1 (192.0.2.3:22)".into(),
        user: Some("root".to_owned()),
        text: "# apply (at most 60 s)\nexec apt-get install -y ufw\n".into(),
        exit: Some(100),
        millis: Some(12_345),
        usual: Some(4_000),
        message: Some("The step failed with exit status 100.".into()),
        effect: Some(crate::domain::Effect::Partial),
        remedy: Some("Look at the last lines, then retry.".into()),
        lines: vec!["E: could not get lock".into()],
        by_hand: Some(ByHand {
            line: "ssh -p 22 root@192.0.2.3 'apt-get install -y ufw'".into(),
            note: "It logs in with a key of your own, and does again what the step does.".into(),
        }),
        earlier: vec![Earlier {
            operation: operation_id(0),
            server: "web-1".into(),
            at: at("11:30:00"),
            same: true,
            exit: Some(100),
            retry: Some((Outcome::Done, 180_000)),
        }],
    }
}

#[test]
fn a_step_is_explained() {
    let mut screen = opened(Screen::small());
    screen.keys("ji");
    let asked = screen.act().map(|(_, act)| act.clone());
    assert!(matches!(asked, Some(Act::Explain(id, Some(3))) if id == operation_id(2)), "{asked:?}");
    screen.answer(Ok(Done::Explained(Box::new(explanation()))));
    screen.keys("G");
    screen.keys("<esc><esc>i");
    assert!(matches!(screen.act(), Some((_, Act::Explain(_, None)))), "from the list");
    screen.answer(Err(Failure::internal("It cannot be read.")));
    assert!(screen.picture().contains("It cannot be read."));
    let mut screen = opened(Screen::large());
    screen.keys("i").answer(Ok(Done::Explained(Box::new(explanation()))));
    assert_snapshot!("explained_large", screen.picture());
    assert!(!screen.effects.iter().any(|effect| matches!(effect, Effect::Quit)));
}

fn copied(screen: &Screen) -> Option<&str> {
    screen.effects.iter().rev().find_map(|effect| match effect {
        Effect::Copy(text) => Some(text.as_str()),
        _ => None,
    })
}

#[test]
fn the_output_is_copied_unless_it_is_too_long() {
    let mut screen = long(Screen::small());
    screen.keys("y");
    let text = copied(&screen).unwrap();
    assert!(text.contains("\nE: LOCK held by 812\n"), "{text}");
    let (lines, bytes) = (text.lines().count(), text.len());
    let said = format!("Copied {lines} lines, {bytes} bytes");
    assert!(screen.picture().contains(&said), "{}", screen.picture());
    screen.effects.clear();
    screen.keys("Y");
    let text = copied(&screen).unwrap();
    assert!(text.lines().count() < 24 && text.contains("E: LOCK held by 812\n"), "{text}");

    screen.at_once(output(operation_id(2), 2, Stream::Out, &"0123456789\n".repeat(8_000)));
    screen.effects.clear();
    screen.keys("y");
    assert_eq!(copied(&screen), None);
    let said = screen.state.shared.messages.history().next().unwrap().text.clone();
    assert!(said.ends_with("Nothing is copied. w saves all of it, Y copies the lines in sight."));
    assert_snapshot!("too_long_to_copy", screen.picture());
    screen.at_once(output(operation_id(2), 2, Stream::Out, &"x\n".repeat(20_000)));
    screen.keys("y");
    assert_eq!(copied(&screen), None, "what is let go would be missing");
}

#[test]
fn a_step_is_copied_as_a_line_to_try_by_hand() {
    let mut screen = opened(Screen::small());
    screen.keys("jy");
    assert!(matches!(screen.act(), Some((_, Act::Explain(_, Some(3))))));
    screen.answer(Ok(Done::Explained(Box::new(explanation()))));
    assert_eq!(copied(&screen), Some("ssh -p 22 root@192.0.2.3 'apt-get install -y ufw'"));
    assert!(screen.picture().contains("It logs in with a key of your own"));
    assert!(screen.state.layers.is_empty());
    let taken = screen.effects.len();
    screen.keys(":copy<enter>");
    assert!(screen.effects.len() > taken, "from the palette too");
    let without = Explanation { by_hand: None, ..explanation() };
    screen.keys("y").answer(Ok(Done::Explained(Box::new(without.clone()))));
    assert_eq!(copied(&screen), Some(without.text.as_str()));
}

#[test]
fn a_shell_opens_on_the_server_of_an_operation() {
    let opened_on = |screen: &Screen| {
        screen.effects.iter().find_map(|effect| match effect {
            Effect::Session(_, SessionAct::Open(server, _)) => Some(*server),
            _ => None,
        })
    };
    for keys in ["s", "S"] {
        let mut screen = opened(Screen::small());
        let server = screen.state.shared.operation(operation_id(2)).unwrap().server;
        screen.state.shared.selected = Some(server_id(99));
        screen.effects.clear();
        screen.keys(keys);
        assert_eq!(opened_on(&screen), Some(server), "not on the selected one");
    }
    let mut screen = opened(Screen::small());
    screen.state.shared.servers.as_mut().unwrap().clear();
    screen.effects.clear();
    screen.keys("s");
    assert_eq!(opened_on(&screen), None);
    assert!(screen.picture().contains("Its server is gone"), "{}", screen.picture());
    let mut screen = opened(Screen::small());
    screen.state.shared.start.read_only = true;
    screen.effects.clear();
    screen.keys("s");
    assert_eq!(opened_on(&screen), None);
}
