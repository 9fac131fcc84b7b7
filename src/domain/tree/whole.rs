//! How far an operation is with all that is inside it, and what it is at.

use super::{DEEPEST, Find};
use crate::domain::{Operation, Progress, StepOutcome, StepRecord};

impl StepRecord {
    /// Whether it is an operation of its own.
    pub fn is_operation(&self) -> bool {
        self.inside.is_some() || self.child.is_some()
    }
}

impl Operation {
    /// Whether other operations are inside it.
    pub fn has_others_inside(&self) -> bool {
        self.steps.iter().any(StepRecord::is_operation)
    }

    /// How far it is with all that is inside it: milestones of its own and of those. What is not
    /// planned yet counts as it was thought to become when this one was planned.
    pub fn whole(&self, find: Find<'_, '_>) -> Progress {
        self.counted(find, 0)
    }

    fn counted(&self, find: Find<'_, '_>, within: usize) -> Progress {
        let mut whole = self.progress.clone();
        for step in self.steps.iter().filter(|step| step.is_operation()) {
            let child = step.child.filter(|_| within < DEEPEST).and_then(find);
            let inside = child.map(|child| child.counted(find, within + 1));
            let inside = inside.filter(|inside| inside.of > 0);
            let (reached, of) = match inside {
                Some(inside) => (inside.reached, inside.of),
                None => (0, step.inside.unwrap_or_default()),
            };
            let over = matches!(step.outcome, StepOutcome::Done | StepOutcome::Already);
            whole.reached = whole.reached.saturating_add(if over { of } else { reached });
            whole.of = whole.of.saturating_add(of);
        }
        whole
    }

    /// What it waits for just now, or what one inside it does.
    pub fn awaits<'a>(&'a self, find: Find<'_, 'a>) -> Option<&'a str> {
        self.at_work(find).into_iter().rev().find_map(|operation| operation.waits_for.as_deref())
    }

    /// The labels of the milestones that it works towards, the whole's first.
    pub fn way<'a>(&'a self, find: Find<'_, 'a>) -> Vec<&'a str> {
        self.at_work(find).into_iter().filter_map(Operation::towards).collect()
    }

    /// It, the one at work inside it, and so on.
    fn at_work<'a>(&'a self, find: Find<'_, 'a>) -> Vec<&'a Operation> {
        let mut all = vec![self];
        while let Some(last) = all.last()
            && all.len() <= DEEPEST
        {
            let running = |step: &&StepRecord| step.outcome == StepOutcome::Running;
            let child = last.steps.iter().find(running).and_then(|step| step.child);
            let Some(child) = child.and_then(find).filter(|child| !child.outcome.is_end()) else {
                break;
            };
            all.push(child);
        }
        all
    }
}
