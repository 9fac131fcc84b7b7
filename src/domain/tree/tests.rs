use std::collections::BTreeMap;

use super::{Part, Place, listed, opens, tree};
use crate::domain::{
    Action, Fields, Operation, OperationId, Outcome, Progress, ServerId, StepOutcome, StepRecord,
    Time,
};

fn id(n: u32) -> OperationId {
    OperationId::new(Time::UNIX_EPOCH, n)
}

fn step(name: &str, milestone: &str, outcome: StepOutcome) -> StepRecord {
    StepRecord {
        name: name.into(),
        milestone: milestone.into(),
        label: milestone.to_uppercase(),
        text: String::new(),
        remote: true,
        outcome,
        exit: None,
        started_at: None,
        millis: None,
        past: Vec::new(),
        had: false,
        output: 0,
        dropped: 0,
        digest: None,
        inside: None,
        child: None,
    }
}

fn child(of: u16, child: Option<u32>, step: StepRecord) -> StepRecord {
    StepRecord { inside: Some(of), child: child.map(id), ..step }
}

fn operation(
    n: u32,
    outcome: Outcome,
    (reached, of): (u16, u16),
    steps: Vec<StepRecord>,
) -> Operation {
    Operation {
        id: id(n),
        action: Action::Install,
        kind: "sample".into(),
        server: ServerId::new(Time::UNIX_EPOCH, 1),
        resource: None,
        subject: None,
        site: None,
        outcome,
        progress: Progress { milestone: None, reached, of },
        retry_of: None,
        parent: None,
        waits_for: None,
        choices: Fields::new(),
        before: None,
        fields_before: None,
        steps,
        error: None,
        cancel: false,
        created_at: Time::UNIX_EPOCH,
        started_at: None,
        finished_at: None,
    }
}

/// Packages are there, the first of two children is done, the second is in its second milestone;
/// two more things of one milestone are still to come.
fn fleet() -> BTreeMap<OperationId, Operation> {
    use StepOutcome::{Already, Done, Running, Waiting};
    let parent = vec![
        step("install", "packages", Done),
        child(3, Some(2), step("bring user", "user", Done)),
        child(5, Some(3), step("bring nginx", "nginx", Running)),
        child(2, None, step("bring php 8.2", "php", Waiting)),
        child(0, None, step("bring php 8.3", "php", Waiting)),
        step("record", "complete", Waiting),
    ];
    let user = vec![step("make", "make", Already), step("record", "complete", Done)];
    let nginx = vec![
        step("install", "install", Done),
        step("write", "configure", Done),
        step("reload", "configure", Running),
        step("record", "complete", Waiting),
    ];
    let mut at_work = operation(3, Outcome::Running, (1, 3), nginx);
    at_work.waits_for = Some("dpkg: apt (pid 7)".into());
    let all = [
        operation(1, Outcome::Running, (2, 5), parent),
        operation(2, Outcome::Done, (2, 2), user),
        at_work,
    ];
    all.into_iter().map(|operation| (operation.id, operation)).collect()
}

fn lines(
    all: &BTreeMap<OperationId, Operation>,
    open: impl Fn(Place, StepOutcome) -> bool,
) -> String {
    let find = |id| all.get(&id);
    let rows = tree(&all[&id(1)], &find, &open);
    let line = |row: &super::Branch<'_>| {
        let sign = if row.open { "-" } else { "+" };
        let sign = if row.folds() { sign } else { " " };
        format!("{}{sign} {} {:?}\n", "  ".repeat(row.depth), row.label, row.outcome)
    };
    rows.iter().map(line).collect()
}

#[test]
fn what_is_at_work_is_open_and_the_rest_is_folded() {
    let text = "\
+ PACKAGES Done
+ USER Done
- NGINX Running
  + INSTALL Done
  - CONFIGURE Running
      write Done
      reload Running
  + COMPLETE Waiting
+ PHP Waiting
+ COMPLETE Waiting
";
    assert_eq!(lines(&fleet(), |_, outcome| opens(outcome)), text);
}

#[test]
fn several_of_one_milestone_are_rows_of_their_own_and_an_only_one_is_its_milestone() {
    let text = lines(&fleet(), |_, _| true);
    assert!(text.contains("- USER Done\n  - MAKE Already\n      make Already\n"), "{text}");
    assert!(
        text.contains("- PHP Waiting\n    bring php 8.2 Waiting\n    bring php 8.3 "),
        "{text}"
    );
    let folded = lines(&fleet(), |place, _| place.part != Part::Milestone(2));
    assert!(folded.contains("+ NGINX Running\n- PHP"), "{folded}");
}

#[test]
fn the_whole_counts_what_is_inside_by_its_plan_or_by_what_was_thought_of_it() {
    let mut all = fleet();
    let whole = |all: &BTreeMap<_, Operation>| {
        let whole = all[&id(1)].whole(&|id| all.get(&id));
        (whole.reached, whole.of, whole.percent())
    };
    // 2 of its own 5, 2 of 2 and 1 of 3 inside, and 2 of something that is not planned
    assert_eq!(whole(&all), (2 + 2 + 1, 5 + 2 + 3 + 2, 41));
    // before it has a plan, what was thought of it counts
    all.get_mut(&id(3)).unwrap().progress = Progress::default();
    assert_eq!(whole(&all), (4, 14, 28));
    all.remove(&id(2));
    assert_eq!(whole(&all), (5, 15, 33), "one that is gone was done");
}

#[test]
fn what_one_inside_waits_for_and_works_towards_is_known_above() {
    let mut all = fleet();
    {
        let find = |id| all.get(&id);
        assert_eq!(all[&id(1)].awaits(&find), Some("dpkg: apt (pid 7)"));
        assert_eq!(all[&id(1)].way(&find), ["NGINX", "CONFIGURE"]);
    }
    all.get_mut(&id(3)).unwrap().outcome = Outcome::Done;
    let find = |id| all.get(&id);
    assert_eq!(all[&id(1)].awaits(&find), None);
    assert_eq!(all[&id(1)].way(&find), ["NGINX"]);
}

#[test]
fn a_list_has_those_inside_below_the_one_they_are_inside_of() {
    let of = |n: u32, parent: Option<u32>| Operation {
        parent: parent.map(id),
        ..operation(n, Outcome::Done, (0, 0), Vec::new())
    };
    // the newest first, of which one began after another one that is not inside
    let all =
        [of(6, Some(1)), of(5, None), of(4, Some(3)), of(3, Some(1)), of(1, None), of(0, Some(9))];
    let rows: Vec<(u32, usize)> = listed(&all)
        .into_iter()
        .map(|(o, depth)| ((0..9).find(|n| id(*n) == o.id).unwrap(), depth))
        .collect();
    assert_eq!(rows, [(5, 0), (1, 0), (3, 1), (4, 2), (6, 1), (0, 0)]);
}
