//! An operation with those inside it as one tree: its milestones, under each what belongs to it, and
//! how far the whole of it is. Both faces show this one; which branches are open is theirs.

use std::collections::{BTreeMap, BTreeSet};

use super::{Operation, OperationId, Outcome, Progress, StepOutcome, StepRecord};

#[cfg(test)]
mod tests;
mod whole;

/// Operations that run inside one another are followed to this depth.
const DEEPEST: usize = 4;

/// Knows the operations that may be inside another one.
pub type Find<'f, 'a> = &'f dyn Fn(OperationId) -> Option<&'a Operation>;

/// A place in a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The operation that it belongs to.
    pub operation: OperationId,
    /// Which part of that.
    pub part: Part,
}

/// A part of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// The milestone that begins with the step of this number, from 0.
    Milestone(usize),
    /// The step of this number, from 0.
    Step(usize),
}

impl Place {
    /// The number of its step, or of its milestone's first one.
    pub fn step(&self) -> usize {
        match self.part {
            Part::Milestone(step) | Part::Step(step) => step,
        }
    }
}

/// A row of a tree.
#[derive(Debug, Clone, Copy)]
pub struct Branch<'a> {
    /// Where it is.
    pub place: Place,
    /// How many rows it is under.
    pub depth: usize,
    /// The operation that it belongs to.
    pub operation: &'a Operation,
    /// What people call it.
    pub label: &'a str,
    /// How it went, all of its steps taken together.
    pub outcome: StepOutcome,
    /// Its steps.
    pub steps: &'a [StepRecord],
    /// The operation that it is, whose milestones are under it.
    pub child: Option<&'a Operation>,
    /// Whether what is under it is shown.
    pub open: bool,
}

impl Branch<'_> {
    /// Whether anything is under it.
    pub fn folds(&self) -> bool {
        matches!(self.place.part, Part::Milestone(_)) || self.child.is_some()
    }

    /// How far the operations are that it is made of; none where it is made of steps alone.
    pub fn inside(&self, find: Find<'_, '_>) -> Option<Progress> {
        let children = self.steps.iter().filter_map(|step| step.child).filter_map(find);
        children.map(|child| child.whole(find)).reduce(|all, one| Progress {
            milestone: None,
            reached: all.reached.saturating_add(one.reached),
            of: all.of.saturating_add(one.of),
        })
    }

    /// How long it took, in milliseconds, as far as that is known.
    pub fn millis(&self) -> Option<u64> {
        let known = self.steps.iter().filter_map(|step| step.millis);
        known.reduce(u64::saturating_add)
    }
}

/// Whether what is under a branch is shown unless a person wants it otherwise: what is at work, and
/// what did not go well.
pub fn opens(outcome: StepOutcome) -> bool {
    matches!(outcome, StepOutcome::Running | StepOutcome::Failed | StepOutcome::Unknown)
}

/// Operations as they are listed, newest first: those inside another one below that, in the order in
/// which they ran, and so much further in.
pub fn listed(all: &[Operation]) -> Vec<(&Operation, usize)> {
    let mut inside: BTreeMap<OperationId, Vec<&Operation>> = BTreeMap::new();
    let known: BTreeSet<OperationId> = all.iter().map(|operation| operation.id).collect();
    let mut open: Vec<(&Operation, usize)> = Vec::new();
    for operation in all.iter().rev() {
        match operation.parent.filter(|parent| known.contains(parent)) {
            Some(parent) => inside.entry(parent).or_default().push(operation),
            None => open.push((operation, 0)),
        }
    }
    let mut rows = Vec::new();
    while let Some((operation, depth)) = open.pop() {
        rows.push((operation, depth));
        let children = inside.remove(&operation.id).unwrap_or_default();
        open.extend(children.into_iter().rev().map(|child| (child, depth + 1)));
    }
    rows
}

/// The rows of an operation's tree, in their order.
pub fn tree<'a>(
    operation: &'a Operation,
    find: Find<'_, 'a>,
    open: &dyn Fn(Place, StepOutcome) -> bool,
) -> Vec<Branch<'a>> {
    let mut rows = Vec::new();
    Walk { find, open }.operation(operation, 0, 0, &mut rows);
    rows
}

/// The steps of an operation as rows, without milestones.
pub fn steps(operation: &Operation) -> Vec<Branch<'_>> {
    let walk = Walk { find: &|_| None, open: &|_, _| false };
    let steps = operation.steps.chunks(1).zip(0..);
    steps.map(|(step, n)| walk.branch(operation, Part::Step(n), 0, step, None)).collect()
}

struct Walk<'f, 'a> {
    find: Find<'f, 'a>,
    open: &'f dyn Fn(Place, StepOutcome) -> bool,
}

impl<'a> Walk<'_, 'a> {
    fn operation(
        &self,
        operation: &'a Operation,
        depth: usize,
        within: usize,
        rows: &mut Vec<Branch<'a>>,
    ) {
        let mut first = 0;
        for steps in operation.steps.chunk_by(|a, b| a.milestone == b.milestone) {
            let only = match steps {
                [step] => self.child(step, within),
                _ => None,
            };
            let branch = self.branch(operation, Part::Milestone(first), depth, steps, only);
            rows.push(branch);
            match only.filter(|_| branch.open) {
                Some(child) => self.operation(child, depth + 1, within + 1, rows),
                None if branch.open => {
                    for (step, number) in steps.chunks(1).zip(first..) {
                        let child = step.first().and_then(|step| self.child(step, within));
                        let part = Part::Step(number);
                        let branch = self.branch(operation, part, depth + 1, step, child);
                        rows.push(branch);
                        if let Some(child) = child.filter(|_| branch.open) {
                            self.operation(child, depth + 2, within + 1, rows);
                        }
                    }
                }
                None => {}
            }
            first += steps.len();
        }
    }

    fn child(&self, step: &StepRecord, within: usize) -> Option<&'a Operation> {
        // one that has no steps yet, or ended before it had any, has nothing to be shown under it
        let child = step.child.filter(|_| within < DEEPEST).and_then(self.find)?;
        (!child.steps.is_empty()).then_some(child)
    }

    fn branch(
        &self,
        operation: &'a Operation,
        part: Part,
        depth: usize,
        steps: &'a [StepRecord],
        child: Option<&'a Operation>,
    ) -> Branch<'a> {
        let place = Place { operation: operation.id, part };
        let first = steps.first();
        let label = first.map_or("", |step| match part {
            Part::Milestone(_) if step.label.is_empty() => step.milestone.as_str(),
            Part::Milestone(_) => step.label.as_str(),
            Part::Step(_) => step.name.as_str(),
        });
        let outcome = together(operation, steps);
        let folds = matches!(part, Part::Milestone(_)) || child.is_some();
        let open = folds && (self.open)(place, outcome);
        Branch { place, depth, operation, label, outcome, steps, child, open }
    }
}

/// How steps went, taken together.
fn together(operation: &Operation, steps: &[StepRecord]) -> StepOutcome {
    use StepOutcome::{Already, Done, Failed, Running, Unknown, Waiting};
    let has = |outcome| steps.iter().any(|step| step.outcome == outcome);
    let bad = [Failed, Unknown, Running].into_iter().find(|outcome| has(*outcome));
    match bad {
        Some(outcome) => outcome,
        None if !has(Waiting) => {
            if has(Done) {
                Done
            } else {
                Already
            }
        }
        // between two of its steps
        None if operation.outcome == Outcome::Running && (has(Done) || has(Already)) => Running,
        None => Waiting,
    }
}
