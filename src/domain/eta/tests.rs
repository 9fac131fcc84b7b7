//! Tables: what is known and how long it takes → what is said.

use super::*;
use crate::domain::{OperationId, Progress, ServerId};

fn at(seconds: i64) -> Time {
    Time::from_second(1_780_000_000 + seconds).unwrap()
}

fn step(outcome: StepOutcome, began: Option<i64>, seconds: &[u64]) -> StepRecord {
    StepRecord {
        name: "install ufw".into(),
        milestone: "install".into(),
        label: "Install ufw".into(),
        text: String::new(),
        remote: true,
        outcome,
        exit: None,
        started_at: began.map(at),
        millis: None,
        past: seconds.iter().map(|s| s * 1000).collect(),
        had: false,
        output: 0,
        dropped: 0,
        digest: None,
        inside: None,
        child: None,
    }
}

fn operation(steps: Vec<StepRecord>) -> Operation {
    Operation {
        id: OperationId::new(at(0), 1),
        action: Action::Install,
        kind: "firewall".into(),
        server: ServerId::new(at(0), 1),
        resource: None,
        subject: None,
        site: None,
        outcome: Outcome::Running,
        progress: Progress::default(),
        retry_of: None,
        parent: None,
        waits_for: None,
        choices: serde_json::Map::new(),
        before: None,
        fields_before: None,
        steps,
        error: None,
        cancel: false,
        created_at: at(0),
        started_at: Some(at(0)),
        finished_at: None,
    }
}

fn said(steps: Vec<StepRecord>, now: i64) -> String {
    operation(steps).estimate(at(now)).words().unwrap_or_default()
}

#[test]
fn the_rest_is_the_sum_of_medians_less_what_has_passed() {
    use StepOutcome::{Already, Done, Running, Waiting};
    for (steps, now, words) in [
        // done and found so: nothing is left of them, whatever they took before
        (vec![step(Done, Some(0), &[90]), step(Already, Some(0), &[])], 0, "about 5 s"),
        // 30 + 10
        (vec![step(Running, Some(0), &[20, 30, 300]), step(Waiting, None, &[10])], 0, "about 40 s"),
        (
            vec![step(Running, Some(0), &[20, 30, 300]), step(Waiting, None, &[10])],
            12,
            "about 30 s",
        ),
        // an even number: between the two in the middle
        (vec![step(Running, Some(0), &[20, 40])], 0, "about 30 s"),
        // the order in which they were kept does not matter
        (vec![step(Running, Some(0), &[300, 20, 30])], 0, "about 30 s"),
        // past the median: what those took that were longer still
        (vec![step(Running, Some(0), &[10, 10, 10, 60])], 12, "about 50 s"),
        // two known runs, and longer than both: no number, and no word about what is usual
        (vec![step(Running, Some(0), &[10, 20])], 25, ""),
        // of one remaining step nothing is known
        (vec![step(Running, Some(0), &[10]), step(Waiting, None, &[])], 0, ""),
        // between two steps
        (vec![step(Done, Some(0), &[1]), step(Waiting, None, &[70])], 9, "about 1 min"),
        // a clock that went back
        (vec![step(Running, Some(50), &[10])], 0, "about 10 s"),
        (vec![], 0, ""),
    ] {
        assert_eq!(said(steps.clone(), now), words, "{steps:?} at {now}");
    }
}

#[test]
fn slower_than_nine_in_ten_is_said_without_a_number() {
    let ten: Vec<u64> = (1..=10).collect();
    for (past, now, words) in [
        (&[10, 20, 30][..], 30, "about 5 s"),
        (&[10, 20, 30], 31, "slower than usual"),
        (&[10, 20], 31, ""),
        (&ten, 9, "about 5 s"),
        (&ten, 10, "slower than usual"),
    ] {
        // one that comes after it and of which nothing is known does not hide it
        let steps = vec![
            step(StepOutcome::Running, Some(0), past),
            step(StepOutcome::Waiting, None, if words.is_empty() { &[] } else { &[0] }),
        ];
        assert_eq!(said(steps, now), words, "{past:?} at {now}");
    }
    let unknown_rest = vec![
        step(StepOutcome::Running, Some(0), &[1, 1, 1]),
        step(StepOutcome::Waiting, None, &[]),
    ];
    assert_eq!(said(unknown_rest, 5), "slower than usual");
}

#[test]
fn it_turns_slower_at_the_time_that_is_told_beforehand() {
    let ten: Vec<u64> = (1..=10).collect();
    for (past, turns) in [(&[10, 20, 30][..], Some(30)), (&[10, 20], None), (&ten, Some(9))] {
        let running = operation(vec![step(StepOutcome::Running, Some(0), past)]);
        let told = running.slower_at(at(0));
        let moment = jiff::SignedDuration::from_millis(1);
        assert_eq!(told, turns.map(|turns| at(turns) + moment), "{past:?}");
        let Some(told) = told else { continue };
        assert_eq!(running.estimate(told), Estimate::Slower, "{past:?}");
        assert_ne!(running.estimate(told - moment), Estimate::Slower, "{past:?}");
        assert_eq!(running.slower_at(told), None);
    }
}

#[test]
fn nothing_is_said_of_what_does_not_run_as_planned() {
    let usual = || vec![step(StepOutcome::Running, Some(0), &[10, 10, 10])];
    for outcome in [Outcome::Waiting, Outcome::Done, Outcome::Failed] {
        assert_eq!(Operation { outcome, ..operation(usual()) }.estimate(at(0)), Estimate::Unknown);
    }
    let cancelled = Operation { cancel: true, ..operation(usual()) };
    assert_eq!(cancelled.estimate(at(99)), Estimate::Unknown);
    let mut undoing = usual();
    undoing.insert(0, step(StepOutcome::Failed, Some(0), &[1]));
    assert_eq!(operation(undoing).estimate(at(0)), Estimate::Unknown);
}

#[test]
fn numbers_are_round() {
    for (seconds, words) in [
        (0, "about 5 s"),
        (7, "about 5 s"),
        (8, "about 10 s"),
        (42, "about 40 s"),
        (57, "about 55 s"),
        (58, "about 1 min"),
        (89, "about 1 min"),
        (90, "about 2 min"),
        (7_200, "about 120 min"),
    ] {
        assert_eq!(Estimate::Left(seconds * 1000).words().unwrap(), words);
    }
}

#[test]
fn a_pace_keeps_the_latest_and_steps_on_other_things_are_the_same() {
    let mut pace =
        Pace { kind: "exec".into(), action: Action::Install, step: "x".into(), millis: Vec::new() };
    (0..30).for_each(|n| pace.add(n));
    assert_eq!(pace.millis, (10..30).collect::<Vec<_>>());
    for (name, sort) in [
        ("write the rule “allow 22/tcp # “x””", Some("write the rule ")),
        ("a ” b", Some("a  b")),
        ("install ufw", Some("install ufw")),
        (&"x".repeat(201), None),
    ] {
        assert_eq!(sort_of(name).as_deref(), sort, "{name}");
    }
}

#[test]
fn lengths_are_as_short_as_they_can_be() {
    assert_eq!(length(417), "417 ms");
    assert_eq!(length(1_234), "1.2 s");
    assert_eq!(length(185_000), "3 min 5 s");
    assert_eq!(length(3_700_000), "1 h 1 min");
}

#[test]
fn what_the_repeated_operation_had_done_takes_no_time_again() {
    use StepOutcome::{Already, Running, Waiting};
    let had = |step: StepRecord| StepRecord { had: true, ..step };
    let long = [300, 300, 300];
    let retried = |first, second| vec![had(first), had(second), step(Waiting, None, &[20, 20, 20])];
    let steps = retried(step(Already, Some(0), &long), step(Waiting, None, &long));
    assert_eq!(said(steps, 0), "about 20 s");
    let steps = retried(step(Running, Some(0), &long), step(Waiting, None, &long));
    assert_eq!(said(steps, 1), "about 20 s");
    // done anew after all, and for longer than ever
    let steps = retried(step(Running, Some(0), &long), step(Waiting, None, &long));
    assert_eq!(said(steps, 301), "slower than usual");
    // nothing needs to be known of what is not done again
    let steps = retried(step(Waiting, None, &[]), step(Waiting, None, &[]));
    assert_eq!(said(steps, 0), "about 20 s");
}
