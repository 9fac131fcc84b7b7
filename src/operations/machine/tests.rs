use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::domain::{Action, Event as Milestone, Fields, OperationId, Progress, ServerId, Time};
use crate::packages::{self, LocalStep, RemoteStep, Step, Undo};

fn now() -> Time {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn operation() -> Operation {
    Operation {
        id: OperationId::new(now(), 1),
        action: Action::Install,
        kind: "test".into(),
        server: ServerId::new(now(), 1),
        resource: None,
        subject: None,
        site: None,
        outcome: Outcome::Running,
        progress: Progress::default(),
        retry_of: None,
        parent: None,
        waits_for: None,
        choices: Fields::new(),
        before: None,
        fields_before: None,
        steps: Vec::new(),
        error: None,
        cancel: false,
        created_at: now(),
        started_at: None,
        finished_at: None,
    }
}

/// One letter a step: `r` remote, `c` with a check, `v` with check and verify, `l` local, `a` arms,
/// `d` disarms; a dash ends a milestone.
fn plan(text: &str) -> Plan {
    let mut number = 0;
    let mut step = |kind: char| {
        let mut step = RemoteStep::new(format!("{kind}{number}"));
        number += 1;
        step.apply = Some("true".into());
        match kind {
            'c' => step.check = Some("true".into()),
            'v' => {
                step.check = Some("true".into());
                step.verify = Some("true".into());
            }
            'a' => step.arms = true,
            'd' => step.disarms = true,
            'l' => {
                return Step::Local(LocalStep::DeleteKey { name: step.name, user: "x".into() });
            }
            _ => {}
        }
        Step::Remote(step)
    };
    let milestones = text
        .split('-')
        .enumerate()
        .map(|(n, steps)| packages::Milestone {
            key: format!("m{n}"),
            label: format!("milestone {n}"),
            steps: steps.chars().map(&mut step).collect(),
        })
        .collect();
    let mut undo = RemoteStep::new("undo");
    undo.apply = Some("true".into());
    let undo = text.contains('a').then_some(Undo { step: undo, deadline: 60 });
    Plan { milestones, undo, notes: Vec::new() }
}

/// A host that runs by a script of exit statuses and keeps its journal.
#[derive(Default)]
struct Host {
    exits: BTreeMap<(usize, Phase), i32>,
    journals: BTreeMap<RunKey, Vec<Mark>>,
    started: Vec<RunKey>,
    begun: Vec<(usize, Phase)>,
    down: bool,
}

impl Host {
    fn start(&mut self, machine: &Machine, key: RunKey) {
        if self.journals.contains_key(&key) || !machine.may_start(key) {
            return;
        }
        self.started.push(key);
        let mut journal = Vec::new();
        let mut verdict = Verdict::Done;
        'run: for (step, remote) in machine.run_steps(key).0 {
            for (phase, _) in Phase::of(remote) {
                let exit = self.exits.get(&(step, phase)).copied().unwrap_or(match phase {
                    Phase::Check => 1,
                    Phase::Apply | Phase::Verify => 0,
                });
                self.begun.push((step, phase));
                journal.push(Mark::Begin { step, phase });
                let millis = if exit == 124 { 60_000 } else { 5 };
                journal.push(Mark::End { step, phase, exit, millis });
                match (phase, exit) {
                    (Phase::Check, 0) => break,
                    (Phase::Check, 1) | (_, 0) => {}
                    _ => {
                        verdict = Verdict::Failed;
                        break 'run;
                    }
                }
            }
        }
        journal.push(Mark::Over(verdict));
        self.journals.insert(key, journal);
    }

    /// What had not happened by now will not.
    fn cut(&mut self, key: RunKey, told: usize, last: Option<Mark>) {
        if let Some(journal) = self.journals.get_mut(&key)
            && told < journal.len()
        {
            journal.truncate(told);
            journal.extend(last);
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Trouble {
    None,
    Cancel,
    Crash,
    Reboot,
    Again,
}

struct Life {
    end: End,
    record: Operation,
    events: Vec<Milestone>,
    host: Host,
}

fn live(
    plan: &Plan,
    exits: BTreeMap<(usize, Phase), i32>,
    local_fails: bool,
    troubles: &[Trouble],
) -> Life {
    let mut host = Host { exits, ..Host::default() };
    let mut troubles = troubles.iter().copied();
    let mut record = operation();
    let mut events = Vec::new();
    let mut machine = Machine::new(plan.clone());
    events.extend(machine.write(&mut record, now()));
    let mut next = machine.begin();
    let mut told = 0;
    let mut running = None;
    for _ in 0..2000 {
        events.extend(machine.write(&mut record, now()));
        match next {
            Do::Finish => {
                let end = machine.end().expect("over");
                return Life { end, record, events, host };
            }
            Do::Run(key) if machine.is_unwanted(key) && !host.journals.contains_key(&key) => {
                next = machine.on(Event::NotStarted(Failure::internal("cancelled")));
                continue;
            }
            Do::Run(key) => {
                if machine.is_unwanted(key) {
                    host.cut(key, 0, Some(Mark::Over(Verdict::Cancelled)));
                }
                host.start(&machine, key);
                running = Some(key);
                told = 0;
            }
            Do::Stop(key) => {
                host.cut(key, told, Some(Mark::Over(Verdict::Cancelled)));
            }
            Do::Local(step) => {
                let result = if local_fails { Err(Failure::internal("no")) } else { Ok(()) };
                assert!(machine.tracks[step].outcome == StepOutcome::Running);
                next = machine.on(Event::Local(result));
                continue;
            }
            Do::Follow => {}
        }
        match troubles.next().unwrap_or(Trouble::None) {
            Trouble::Cancel => {
                record.cancel = true;
                next = machine.on(Event::Cancel);
                continue;
            }
            Trouble::Crash => {
                machine = Machine::recover(plan.clone(), &record);
                next = machine.begin();
                continue;
            }
            Trouble::Reboot => {
                let key = running.expect("a run");
                host.cut(key, told, None);
                host.down = true;
            }
            Trouble::Again => told = 0,
            Trouble::None => {}
        }
        let key = running.expect("a run");
        let event = match host.journals.get(&key).and_then(|j| j.get(told)) {
            Some(mark) => Event::Mark(*mark),
            None => Event::Lost(Failure::internal("gone")),
        };
        told += 1;
        next = machine.on(event);
    }
    panic!("it never ended");
}

fn exits(list: &[(usize, Phase, i32)]) -> BTreeMap<(usize, Phase), i32> {
    list.iter().map(|(s, p, e)| ((*s, *p), *e)).collect()
}

fn ends(
    text: &str,
    list: &[(usize, Phase, i32)],
    troubles: &[Trouble],
) -> (Outcome, bool, Option<Effect>) {
    let life = live(&plan(text), exits(list), false, troubles);
    (life.end.outcome, life.end.changed, life.end.failure.and_then(|f| f.effect))
}

#[test]
fn each_way_through_a_plan_has_its_end() {
    use Outcome::{Cancelled, Done, Failed, Interrupted, RolledBack};
    use Phase::{Apply, Check, Verify};
    use Trouble::{Cancel, None as Calm, Reboot};
    assert_eq!(ends("rr-l-r", &[], &[]), (Done, true, None));
    assert_eq!(ends("v-r", &[(0, Check, 0)], &[]), (Done, true, None));
    assert_eq!(ends("v-r", &[(0, Check, 2)], &[]), (Failed, false, Some(Effect::None)));
    assert_eq!(ends("v-r", &[(0, Verify, 1)], &[]), (Failed, true, Some(Effect::Partial)));
    assert_eq!(ends("r-r", &[(0, Apply, 124)], &[]), (Failed, true, Some(Effect::Unknown)));
    assert_eq!(ends("r", &[(0, Apply, 75)], &[]), (RolledBack, false, Some(Effect::Restored)));
    assert_eq!(ends("a-l-rd", &[(2, Apply, 1)], &[]), (RolledBack, false, Some(Effect::Restored)));
    assert_eq!(ends("a-l-d-r", &[(3, Apply, 1)], &[]), (Failed, true, Some(Effect::Partial)));
    // the way back fails as well
    assert_eq!(
        ends("a-d", &[(1, Apply, 1), (2, Apply, 1)], &[]),
        (Failed, true, Some(Effect::Unknown))
    );
    assert_eq!(ends("rr", &[], &[Cancel]), (Cancelled, false, Some(Effect::None)));
    assert_eq!(ends("rr", &[], &[Calm, Cancel]), (Cancelled, true, Some(Effect::Unknown)));
    assert_eq!(
        ends("ar-d", &[], &[Calm, Calm, Cancel]),
        (RolledBack, false, Some(Effect::Restored))
    );
    assert_eq!(ends("rr", &[], &[Calm, Reboot]), (Interrupted, true, Some(Effect::Unknown)));
    assert_eq!(
        ends("ar-d", &[], &[Calm, Calm, Reboot]),
        (RolledBack, false, Some(Effect::Restored))
    );
}

#[test]
fn a_failure_names_step_limit_and_what_is_done() {
    let life = live(&plan("r-r-r"), exits(&[(1, Phase::Apply, 124)]), false, &[]);
    let failure = life.end.failure.unwrap();
    assert_eq!(failure.kind, FailureKind::TimedOut);
    assert_eq!(failure.step.as_deref(), Some("r1"));
    assert!(failure.message.contains("longer than 60 s"), "{}", failure.message);
    let life = live(
        &plan("rrr"),
        exits(&[]),
        false,
        &[Trouble::None, Trouble::None, Trouble::None, Trouble::Cancel],
    );
    let message = life.end.failure.unwrap().message;
    assert!(message.contains("Done: r0. Begun, end not known: r1. Not begun: r2."), "{message}");
}

#[test]
fn a_run_that_the_host_forgot_is_not_begun_again() {
    let plan = plan("rr");
    let mut machine = Machine::new(plan.clone());
    let mut record = operation();
    assert_eq!(machine.begin(), Do::Run(RunKey::Steps(0)));
    assert!(machine.may_start(RunKey::Steps(0)));
    machine.on(Event::Mark(Mark::Begin { step: 0, phase: Phase::Apply }));
    machine.write(&mut record, now());
    let mut again = Machine::recover(plan, &record);
    assert_eq!(again.begin(), Do::Run(RunKey::Steps(0)));
    assert!(!again.may_start(RunKey::Steps(0)));
    assert_eq!(again.on(Event::Lost(Failure::internal("forgot"))), Do::Finish);
    assert_eq!(again.end().unwrap().outcome, Outcome::Interrupted);
    assert!(again.end().unwrap().changed);
}

#[test]
fn a_cancel_looks_for_what_a_dead_process_may_have_sent() {
    let plan = plan("rr");
    let mut record = operation();
    Machine::new(plan.clone()).write(&mut record, now());
    record.cancel = true;
    let mut machine = Machine::recover(plan, &record);
    let key = RunKey::Steps(0);
    assert_eq!(machine.begin(), Do::Run(key));
    assert!(machine.is_unwanted(key) && machine.may_be_sent(key));
    let mut away = machine.clone();
    assert_eq!(machine.on(Event::NotStarted(Failure::internal("no"))), Do::Finish);
    let end = machine.end().unwrap();
    assert_eq!((end.outcome, end.changed), (Outcome::Cancelled, false));
    assert_eq!(end.failure.unwrap().effect, Some(Effect::None));
    assert_eq!(away.on(Event::OutOfReach(Failure::internal("No route."))), Do::Finish);
    let end = away.end().unwrap();
    assert_eq!((end.outcome, end.changed), (Outcome::Cancelled, true));
    let failure = end.failure.unwrap();
    assert_eq!(failure.effect, Some(Effect::Unknown));
    assert!(failure.message.contains("is not known (No route)"), "{}", failure.message);
}

#[test]
fn a_host_that_is_away_may_have_gone_on() {
    let mut machine = Machine::new(plan("ra-l-d"));
    machine.begin();
    // nothing was heard since it was sent
    let next = machine.on(Event::OutOfReach(Failure::internal("gone")));
    assert_eq!(next, Do::Run(RunKey::Undo), "it may be armed by now");
    machine.on(Event::OutOfReach(Failure::internal("gone")));
    let end = machine.end().unwrap();
    assert_eq!((end.outcome, end.changed), (Outcome::Interrupted, true));
    assert_eq!(end.failure.unwrap().effect, Some(Effect::Unknown));
}

#[test]
fn one_whose_follower_broke_down_goes_back() {
    let plan = plan("a-l-rd");
    let mut record = operation();
    let mut machine = Machine::new(plan.clone());
    machine.begin();
    machine.write(&mut record, now());
    record.error = Some(Failure::internal("oh"));
    let mut machine = Machine::recover(plan, &record);
    assert_eq!(machine.give_up(), Some(RunKey::Steps(0)));
    assert_eq!(machine.begin(), Do::Run(RunKey::Undo));
    machine.write(&mut record, now());
    assert_eq!(record.steps[0].outcome, StepOutcome::Unknown);
}

fn any_plan() -> impl Strategy<Value = String> {
    let quiet = "[rcvl]{0,3}(-[rcvl]{0,3}){0,3}";
    let armed = "[rcv]{0,2}-a[rl]{0,2}-[l]{0,1}rd[rl]{0,2}";
    prop_oneof![quiet.prop_map(String::from), armed.prop_map(String::from)]
}

fn any_exits() -> impl Strategy<Value = BTreeMap<(usize, Phase), i32>> {
    let phase = prop_oneof![Just(Phase::Check), Just(Phase::Apply), Just(Phase::Verify)];
    let exit =
        prop_oneof![3 => Just(0), 2 => Just(1), 1 => Just(75), 1 => Just(124), 1 => Just(143)];
    prop::collection::btree_map((0usize..8, phase), exit, 0..4)
}

fn any_trouble(with: &'static [Trouble]) -> impl Strategy<Value = Vec<Trouble>> {
    let one = prop_oneof![4 => Just(Trouble::None), 1 => prop::sample::select(with)];
    prop::collection::vec(one, 0..40)
}

proptest! {
    #[test]
    fn whatever_happens_it_ends_and_nothing_runs_twice(
        text in any_plan(),
        exits in any_exits(),
        local_fails in any::<bool>(),
        troubles in any_trouble(&[Trouble::Cancel, Trouble::Crash, Trouble::Reboot, Trouble::Again]),
    ) {
        let plan = plan(&text);
        let count = plan.steps().count();
        let life = live(&plan, exits, local_fails, &troubles);
        prop_assert!(life.end.outcome.is_end());
        let mut once = life.host.begun.clone();
        once.sort_unstable();
        once.dedup();
        prop_assert_eq!(once.len(), life.host.begun.len(), "a phase ran twice");
        if life.end.outcome == Outcome::Done {
            for step in life.record.steps.iter().take(count) {
                prop_assert!(matches!(step.outcome, StepOutcome::Done | StepOutcome::Already));
            }
            prop_assert!(life.end.failure.is_none() && life.record.error.is_none());
            prop_assert_eq!(life.record.progress.reached + 1, life.record.progress.of);
        } else {
            prop_assert!(life.end.failure.is_some());
            prop_assert!(life.record.progress.reached < life.record.progress.of);
        }
        if life.end.failure.as_ref().is_some_and(|f| f.effect == Some(Effect::None)) {
            let applied = |m: &Mark| matches!(m, Mark::Begin { phase: Phase::Apply, .. });
            let happened = life.host.journals.values().flatten().any(applied);
            prop_assert!(!happened, "it says that nothing was changed");
        }
        let numbers: Vec<u32> = life.events.iter().map(|e| e.number).collect();
        let wanted: Vec<u32> = (1..).take(numbers.len()).collect();
        prop_assert_eq!(numbers, wanted, "each milestone once, in order");
        prop_assert!(!life.record.steps.iter().any(|s| s.outcome == StepOutcome::Running));
    }

    #[test]
    fn a_recovered_machine_goes_on_like_one_that_never_stopped(
        text in any_plan(),
        exits in any_exits(),
        local_fails in any::<bool>(),
        crashes in any_trouble(&[Trouble::Crash, Trouble::Again]),
    ) {
        let plan = plan(&text);
        let calm = live(&plan, exits.clone(), local_fails, &[]);
        let rough = live(&plan, exits, local_fails, &crashes);
        prop_assert_eq!(calm.end, rough.end);
        prop_assert_eq!(calm.record, rough.record);
        prop_assert_eq!(calm.events, rough.events);
        prop_assert_eq!(calm.host.begun, rough.host.begun);
    }
}
