//! The tree of an operation with others inside it.

use insta::assert_snapshot;

use super::fixtures::{self, at, operation, operation_id, server_id, step};
use super::pictures::{filled, output};
use super::provision::known;
use super::screen::Screen;
use crate::domain::{
    Effect as Known, Failure, FailureKind, Operation, Outcome, Progress, StepOutcome, StepRecord,
};
use crate::fleet::{Started, Stream};
use crate::tui::effect::{Act, Data, Done, Effect};

pub fn child(n: u32, kind: &str, outcome: Outcome, steps: Vec<StepRecord>) -> Operation {
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
        screen
            .picture()
            .contains("write the setti… · waits for dpkg: unattended-upgr (pid 812) has it"),
        "{}",
        screen.picture()
    );
    screen.keys("<esc>").resize(160, 50);
    assert!(screen.picture().contains("% waits for dpkg"), "{}", screen.picture());
    assert_snapshot!("tree_list_waiting", screen.picture());
}
