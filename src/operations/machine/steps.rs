//! What a machine knows of its plan's steps: which belong together in a run, and which may begin.

use super::Machine;
use crate::domain::StepOutcome;
use crate::operations::protocol::RunKey;
use crate::packages::{RemoteStep, Step};

impl Machine {
    /// The remote steps of a run with their numbers, and whether no later run needs the host.
    pub fn run_steps(&self, key: RunKey) -> (Vec<(usize, &RemoteStep)>, bool) {
        let first = match key {
            RunKey::Undo => {
                let undo = self.plan.undo.iter().map(|u| (self.count(), &u.step)).collect();
                return (undo, true);
            }
            RunKey::Steps(first) => first,
        };
        let mut steps = Vec::new();
        for (number, step) in self.plan.steps().map(|(_, s)| s).enumerate().skip(first) {
            match step {
                Step::Remote(step) => steps.push((number, step)),
                Step::Local(_) => break,
            }
        }
        let last = !self.uses_host_from(first + steps.len());
        (steps, last)
    }

    /// Whether the host may begin this run: not when any of it was ever seen to begin.
    pub fn may_start(&self, key: RunKey) -> bool {
        let (steps, _) = self.run_steps(key);
        !steps.iter().any(|(number, _)| self.tracks.get(*number).is_some_and(|t| t.begun))
    }

    /// Whether an earlier process may have sent this run without having heard of it.
    pub fn may_be_sent(&self, key: RunKey) -> bool {
        !self.looked && self.may_start(key)
    }

    /// Whether any of its steps is an operation of its own.
    pub fn has_children(&self) -> bool {
        self.plan.steps().any(|(_, step)| step.is_child())
    }

    /// The number of ended steps by which the host may be different.
    pub fn changes(&self) -> usize {
        use StepOutcome::{Done, Failed, Unknown};
        let works =
            |n: usize| self.is_child(n) || self.remote(n).is_some_and(|s| s.apply.is_some());
        let tracks = self.tracks.iter().enumerate();
        tracks.filter(|(n, t)| matches!(t.outcome, Done | Failed | Unknown) && works(*n)).count()
    }

    /// Whether a step from this one on needs the host.
    pub fn uses_host_from(&self, first: usize) -> bool {
        let uses = |step: &Step| matches!(step, Step::Remote(_)) || step.is_child();
        self.plan.steps().skip(first).any(|(_, step)| uses(step))
    }

    pub(super) fn is_child(&self, number: usize) -> bool {
        self.plan.steps().nth(number).is_some_and(|(_, step)| step.is_child())
    }

    pub(super) fn remote(&self, number: usize) -> Option<&RemoteStep> {
        match self.plan.steps().nth(number) {
            Some((_, Step::Remote(step))) => Some(step),
            Some((_, Step::Local(_))) => None,
            None => self.plan.undo.as_ref().map(|u| &u.step).filter(|_| number == self.count()),
        }
    }

    pub(super) fn name(&self, number: usize) -> String {
        let local = || self.plan.steps().nth(number).map(|(_, s)| s.name().to_owned());
        self.remote(number).map(|s| s.name.clone()).or_else(local).unwrap_or_default()
    }

    pub(super) fn first_of_run(&self, number: usize) -> Option<usize> {
        let steps: Vec<&Step> = self.plan.steps().map(|(_, s)| s).collect();
        let remote = |n: usize| matches!(steps.get(n), Some(Step::Remote(_)));
        remote(number).then(|| (0..=number).rev().take_while(|n| remote(*n)).last()).flatten()
    }
}
