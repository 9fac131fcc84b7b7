//! The state machine of one operation: plan and events in, the next thing to do out.
//!
//! Pure: no runtime, no clock, no store. A machine rebuilt from the operation's record goes on
//! like one that never stopped, because whatever it was not told durably the host tells again.

use crate::domain::{Effect, Failure, FailureKind, Operation, Outcome, StepOutcome};
use crate::packages::Plan;

use super::protocol::{Mark, Phase, RunKey, Verdict};

mod report;
mod steps;
mod words;

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The run told a mark.
    Mark(Mark),
    /// The host says that the run is over or unknown, without its end. Whatever was begun has an
    /// unknown end.
    Lost(Failure),
    /// The host could not be asked about the run any more; what was sent may have gone on unseen.
    OutOfReach(Failure),
    /// The run was not started, and will not be.
    NotStarted(Failure),
    /// The local step under way ended.
    Local(Result<(), Failure>),
    /// The child operation that is the step under way ended; whether anything may be different by
    /// it on the host.
    Child(Result<(), Failure>, bool),
    /// The person cancelled.
    Cancel,
}

/// What is to be done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Do {
    /// Start this run, or attach to it.
    Run(RunKey),
    /// Perform this local step.
    Local(usize),
    /// End this run on the host, and go on following it.
    Stop(RunKey),
    /// Nothing new: go on.
    Follow,
    /// The operation is over: see [`Machine::end`].
    Finish,
}

/// How an operation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// Its outcome.
    pub outcome: Outcome,
    /// Why it is not done.
    pub failure: Option<Failure>,
    /// Whether anything may be different on the host now.
    pub changed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Stage {
    Ready,
    Running(RunKey),
    Local(usize),
    Over,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Track {
    outcome: StepOutcome,
    exit: Option<i32>,
    millis: Option<u64>,
    phase: Option<Phase>,
    /// That phase has begun and not ended.
    open: bool,
    begun: bool,
}

impl Track {
    fn is_good(&self) -> bool {
        matches!(self.outcome, StepOutcome::Already | StepOutcome::Done)
    }
}

/// The state of one operation with a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    plan: Plan,
    /// The plan's steps, and after them the way back if there is one.
    tracks: Vec<Track>,
    stage: Stage,
    /// Whether it is known what an earlier process had sent to the host.
    looked: bool,
    cancel: bool,
    stopped: bool,
    applied: bool,
    armed: bool,
    undoing: bool,
    failing: Option<(usize, Phase, i32)>,
    verdict: Option<(Outcome, Failure)>,
}

impl Machine {
    /// For a plan of which nothing was begun.
    pub fn new(plan: Plan) -> Self {
        let fresh = Track {
            outcome: StepOutcome::Waiting,
            exit: None,
            millis: None,
            phase: None,
            open: false,
            begun: false,
        };
        let count = plan.steps().count() + usize::from(plan.undo.is_some());
        Self {
            plan,
            tracks: vec![fresh; count],
            stage: Stage::Ready,
            looked: true,
            cancel: false,
            stopped: false,
            applied: false,
            armed: false,
            undoing: false,
            failing: None,
            verdict: None,
        }
    }

    /// As an earlier process left it. Steps that were under way are taken as not begun: their run
    /// is keyed, so the host tells it all again instead of doing it again.
    pub fn recover(plan: Plan, operation: &Operation) -> Self {
        let mut machine = Self::new(plan);
        let count = machine.count();
        for (number, record) in operation.steps.iter().enumerate() {
            let arms = machine.remote(number).map(|s| (s.arms, s.disarms, s.apply.is_some()));
            let Some(track) = machine.tracks.get_mut(number) else { continue };
            track.begun = record.outcome != StepOutcome::Waiting;
            if !matches!(record.outcome, StepOutcome::Already | StepOutcome::Done) {
                // Its run tells it again; only what a lost run left behind is not told again.
                machine.armed |=
                    operation.error.is_some() && track.begun && arms.is_some_and(|(arms, ..)| arms);
                continue;
            }
            track.outcome = record.outcome;
            track.exit = record.exit;
            track.millis = record.millis;
            machine.applied |= record.outcome == StepOutcome::Done && machine.is_child(number);
            if let Some((arms, disarms, has_apply)) = arms {
                let done = record.outcome == StepOutcome::Done;
                machine.applied |= done && has_apply;
                machine.armed |= arms && (done || !has_apply);
                machine.armed &= !disarms;
            }
        }
        machine.cancel = operation.cancel;
        machine.looked = false;
        if let Some(failure) = &operation.error {
            for (number, record) in operation.steps.iter().enumerate() {
                if let Some(track) = machine.tracks.get_mut(number)
                    && number < count
                {
                    track.outcome = record.outcome;
                    track.exit = record.exit;
                    track.millis = record.millis;
                }
            }
            machine.applied |= failure.effect != Some(Effect::None);
            machine.verdict = Some((words::outcome_of(failure), failure.clone()));
            machine.undoing = operation.steps.len() > count;
        }
        machine
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The number of the plan's steps; the way back has this number.
    pub fn count(&self) -> usize {
        self.plan.steps().count()
    }

    /// Whether a step's output still counts: one that is over has its own already.
    pub fn is_open(&self, number: usize) -> bool {
        let track = self.tracks.get(number);
        track.is_some_and(|t| matches!(t.outcome, StepOutcome::Waiting | StepOutcome::Running))
    }

    /// What to do first, or after a recovery.
    pub fn begin(&mut self) -> Do {
        if self.undoing { self.run(RunKey::Undo) } else { self.advance() }
    }

    /// How it ended, once it did.
    pub fn end(&self) -> Option<End> {
        if self.stage != Stage::Over {
            return None;
        }
        Some(match &self.verdict {
            None => End { outcome: Outcome::Done, failure: None, changed: true },
            Some((outcome, failure)) => End {
                outcome: *outcome,
                failure: Some(failure.clone()),
                changed: self.applied && *outcome != Outcome::RolledBack,
            },
        })
    }

    /// The failure that decided the end, for its place and last lines.
    pub fn failure_mut(&mut self) -> Option<&mut Failure> {
        self.verdict.as_mut().map(|(_, failure)| failure)
    }

    /// Whether this run is only taken up to be ended: it was cancelled before it was seen.
    pub fn is_unwanted(&self, key: RunKey) -> bool {
        self.cancel && key != RunKey::Undo && self.may_be_sent(key)
    }

    /// The run that may be under way on the host, taken as begun, after whoever followed it broke
    /// down.
    pub fn give_up(&mut self) -> Option<RunKey> {
        let next = self.tracks.iter().take(self.count()).position(|t| !t.is_good());
        let key = RunKey::Steps(next.filter(|_| !self.undoing).and_then(|n| self.first_of_run(n))?);
        self.went_on_unseen(key);
        self.begun_is_unknown();
        Some(key)
    }

    /// Takes in what happened, and answers what to do now.
    pub fn on(&mut self, event: Event) -> Do {
        self.looked |= event != Event::Cancel;
        match (event, self.stage.clone()) {
            (_, Stage::Over) => Do::Finish,
            (Event::Cancel, stage) => self.cancel(&stage),
            (Event::Mark(mark), Stage::Running(key)) => self.mark(key, mark),
            (Event::Lost(failure), Stage::Running(key)) => self.lost(key, failure, false),
            (Event::OutOfReach(failure), Stage::Running(key)) => self.lost(key, failure, true),
            (Event::NotStarted(failure), Stage::Running(key)) => self.not_started(key, failure),
            (Event::Local(result), Stage::Local(step)) => {
                self.local(step, result, StepOutcome::Done)
            }
            (Event::Child(result, changed), Stage::Local(step)) => {
                self.applied |= changed;
                let good = if changed { StepOutcome::Done } else { StepOutcome::Already };
                self.local(step, result, good)
            }
            (_, Stage::Ready | Stage::Running(_) | Stage::Local(_)) => Do::Follow,
        }
    }

    fn run(&mut self, key: RunKey) -> Do {
        self.stage = Stage::Running(key);
        self.stopped = false;
        self.failing = None;
        Do::Run(key)
    }

    /// Goes to the first step that is not over.
    fn advance(&mut self) -> Do {
        if self.verdict.is_some() {
            return self.decided();
        }
        let count = self.count();
        let next = self.tracks.iter().take(count).position(|t| !t.is_good());
        let Some(next) = next else {
            self.stage = Stage::Over;
            return Do::Finish;
        };
        let first = self.first_of_run(next);
        // A run that has begun, or may have, is followed to its end first, also to be cancelled.
        let fresh = match first {
            Some(first) => {
                let key = RunKey::Steps(first);
                self.may_start(key) && !self.may_be_sent(key)
            }
            // so is a child
            None => !(self.is_child(next) && self.tracks.get(next).is_some_and(|t| t.begun)),
        };
        if self.cancel && fresh {
            let failure = words::cancelled(self);
            return self.decide(Outcome::Cancelled, failure);
        }
        match first {
            Some(first) => self.run(RunKey::Steps(first)),
            None => {
                if let Some(track) = self.tracks.get_mut(next) {
                    track.outcome = StepOutcome::Running;
                    track.begun = true;
                }
                self.stage = Stage::Local(next);
                Do::Local(next)
            }
        }
    }

    fn cancel(&mut self, stage: &Stage) -> Do {
        self.cancel = true;
        match stage {
            // The way back is not left half-way.
            Stage::Running(key @ RunKey::Steps(_)) if !self.stopped => {
                self.stopped = true;
                Do::Stop(*key)
            }
            _ => Do::Follow,
        }
    }

    fn mark(&mut self, key: RunKey, mark: Mark) -> Do {
        let (steps, _) = self.run_steps(key);
        let of_run = |n: usize| steps.iter().any(|(number, _)| *number == n);
        match mark {
            Mark::Begin { step, phase } if of_run(step) => self.phase_began(step, phase),
            Mark::End { step, phase, exit, millis } if of_run(step) => {
                self.phase_ended(step, phase, exit, millis);
            }
            Mark::Over(verdict) => return self.run_over(key, verdict),
            Mark::Begin { .. } | Mark::End { .. } => {}
        }
        Do::Follow
    }

    fn phase_began(&mut self, step: usize, phase: Phase) {
        let arms = self
            .remote(step)
            .is_some_and(|s| s.arms && (phase == Phase::Apply || s.apply.is_none()));
        let Some(track) = self.tracks.get_mut(step) else { return };
        if !matches!(track.outcome, StepOutcome::Waiting | StepOutcome::Running)
            || track.phase.is_some_and(|seen| seen >= phase)
        {
            return;
        }
        track.outcome = StepOutcome::Running;
        track.begun = true;
        track.phase = Some(phase);
        track.open = true;
        self.applied |= phase == Phase::Apply;
        self.armed |= arms;
    }

    fn phase_ended(&mut self, step: usize, phase: Phase, exit: i32, millis: u64) {
        let Some(remote) = self.remote(step) else { return };
        let (has_apply, has_verify, disarms) =
            (remote.apply.is_some(), remote.verify.is_some(), remote.disarms);
        let Some(track) = self.tracks.get_mut(step) else { return };
        if !track.open || track.phase != Some(phase) {
            return;
        }
        track.open = false;
        track.exit = Some(exit);
        track.millis = Some(track.millis.unwrap_or(0).saturating_add(millis));
        track.outcome = match (phase, exit) {
            (Phase::Check, 0) => StepOutcome::Already,
            (Phase::Check, 1) if has_apply || has_verify => return,
            (Phase::Apply, 0) if has_verify => return,
            (Phase::Apply | Phase::Verify, 0) => StepOutcome::Done,
            _ => StepOutcome::Failed,
        };
        if track.is_good() {
            self.armed &= !disarms;
        } else {
            self.failing = Some((step, phase, exit));
        }
    }

    fn run_over(&mut self, key: RunKey, verdict: Verdict) -> Do {
        let mut numbers = self.run_steps(key).0.into_iter().map(|(number, _)| number);
        let open = numbers.find(|n| !self.tracks.get(*n).is_some_and(Track::is_good));
        self.stage = Stage::Ready;
        let Some(first_open) = open else {
            return if key == RunKey::Undo { self.undone(Ok(())) } else { self.advance() };
        };
        if key == RunKey::Undo {
            let failure = match self.failing {
                Some((step, phase, exit)) => words::failed(self, step, phase, exit).1,
                None => words::no_end(self, first_open),
            };
            return self.undone(Err(failure));
        }
        let stopped_by_us = match self.failing {
            // A phase that fails while it is being cancelled fails by that.
            Some((_, phase, exit)) => self.cancel && !(phase == Phase::Apply && exit == 75),
            None => self.cancel || verdict == Verdict::Cancelled,
        };
        if stopped_by_us {
            self.begun_is_unknown();
            let failure = words::cancelled(self);
            return self.decide(Outcome::Cancelled, failure);
        }
        match self.failing {
            Some((step, phase, exit)) => {
                let (outcome, failure) = words::failed(self, step, phase, exit);
                self.decide(outcome, failure)
            }
            None => {
                self.begun_is_unknown();
                let failure = words::no_end(self, first_open);
                self.decide(Outcome::Interrupted, failure)
            }
        }
    }

    fn lost(&mut self, key: RunKey, failure: Failure, unseen: bool) -> Do {
        let numbers: Vec<usize> = self.run_steps(key).0.into_iter().map(|(n, _)| n).collect();
        let good = |n: &usize| self.tracks.get(*n).is_some_and(Track::is_good);
        if numbers.iter().all(good) || self.failing.is_some() {
            // The host's journal told the end of it.
            return self.run_over(key, Verdict::Failed);
        }
        self.stage = Stage::Ready;
        if key == RunKey::Undo {
            return self.undone(Err(failure));
        }
        if unseen {
            self.went_on_unseen(key);
        } else {
            self.began(key, |track| track.begun);
        }
        self.begun_is_unknown();
        if self.cancel {
            let failure = match unseen {
                true => words::cancelled_unseen(self, &failure),
                false => words::cancelled(self),
            };
            return self.decide(Outcome::Cancelled, failure);
        }
        let failure = words::interrupted(self, failure);
        self.decide(Outcome::Interrupted, failure)
    }

    /// Nobody knows how far this run went.
    fn went_on_unseen(&mut self, key: RunKey) {
        let steps = self.run_steps(key).0;
        let first = steps
            .into_iter()
            .map(|(n, _)| n)
            .find(|n| self.tracks.get(*n).is_some_and(|track| !track.is_good()));
        if let Some(track) = first.and_then(|n| self.tracks.get_mut(n)) {
            track.begun = true;
            track.outcome = StepOutcome::Running;
        }
        self.began(key, |_| true);
    }

    /// Steps of this run that are not done and of which this is so may have changed the host.
    fn began(&mut self, key: RunKey, so: impl Fn(&Track) -> bool) {
        let steps = self.run_steps(key).0;
        let steps: Vec<_> = steps.iter().map(|(n, s)| (*n, s.arms, s.apply.is_some())).collect();
        for (number, arms, applies) in steps {
            if self.tracks.get(number).is_some_and(|t| !t.is_good() && so(t)) {
                self.armed |= arms;
                self.applied |= applies;
            }
        }
    }

    fn not_started(&mut self, key: RunKey, failure: Failure) -> Do {
        self.stage = Stage::Ready;
        if key == RunKey::Undo {
            return self.undone(Err(failure));
        }
        if self.cancel {
            let failure = words::cancelled(self);
            return self.decide(Outcome::Cancelled, failure);
        }
        let effect = words::effect(self);
        self.decide(Outcome::Failed, failure.effect(effect))
    }

    fn local(&mut self, step: usize, result: Result<(), Failure>, good: StepOutcome) -> Do {
        self.stage = Stage::Ready;
        let name = self.name(step);
        let Some(track) = self.tracks.get_mut(step) else { return Do::Follow };
        match result {
            Ok(()) => {
                track.outcome = good;
                self.advance()
            }
            Err(failure) => {
                track.outcome = StepOutcome::Failed;
                if self.cancel || failure.kind == FailureKind::Cancelled {
                    let failure = words::cancelled(self);
                    return self.decide(Outcome::Cancelled, failure);
                }
                let effect = words::local_effect(self, failure.effect);
                // a child's says at which of its own steps it failed
                let at = failure.step.clone().unwrap_or(name);
                self.decide(Outcome::Failed, failure.at_step(at).effect(effect))
            }
        }
    }

    fn begun_is_unknown(&mut self) {
        for track in &mut self.tracks {
            if track.outcome == StepOutcome::Running {
                track.outcome = StepOutcome::Unknown;
            }
        }
    }

    fn decide(&mut self, outcome: Outcome, failure: Failure) -> Do {
        self.verdict = Some((outcome, failure));
        self.decided()
    }

    fn decided(&mut self) -> Do {
        let restored = matches!(self.verdict, Some((Outcome::RolledBack, _)));
        if self.armed && self.plan.undo.is_some() && !restored {
            self.undoing = true;
            return self.run(RunKey::Undo);
        }
        self.stage = Stage::Over;
        Do::Finish
    }

    fn undone(&mut self, result: Result<(), Failure>) -> Do {
        self.begun_is_unknown();
        self.armed = false;
        self.stage = Stage::Over;
        if let Some((outcome, failure)) = self.verdict.take() {
            self.verdict = Some(words::after_undo(&self.plan, outcome, failure, result));
        }
        Do::Finish
    }
}

#[cfg(test)]
mod tests;
