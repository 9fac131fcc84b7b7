//! What past runs of the same steps say about an operation that runs: how long it may still take,
//! or that it is slower than usual. Pure arithmetic; where too little is known there is no number.

use serde::{Deserialize, Serialize};

use super::{Action, Operation, Outcome, StepOutcome, StepRecord, Time};

/// So many past runs of a step are kept.
const KEPT: usize = 20;
/// From so many on one can tell what is usual.
const ENOUGH: usize = 3;
/// A step whose name is longer is not expected to come again.
const LONGEST: usize = 200;

/// How long the latest runs of one step took, whichever operation and server it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    /// The package type.
    pub kind: String,
    /// What the operation did.
    pub action: Action,
    /// The step, as [`sort_of`] names it.
    pub step: String,
    /// Milliseconds, oldest first.
    pub millis: Vec<u64>,
}

impl Pace {
    /// Adds a run, and lets the oldest go.
    pub fn add(&mut self, millis: u64) {
        self.millis.push(millis);
        let excess = self.millis.len().saturating_sub(KEPT);
        self.millis.drain(..excess);
    }
}

/// A step's name without what is quoted in it: the same step on other things takes as long. None
/// for what is too long to come again.
pub fn sort_of(name: &str) -> Option<String> {
    let mut depth = 0_usize;
    let mut sort = String::new();
    for c in name.chars() {
        match c {
            '“' => depth += 1,
            '”' => depth = depth.saturating_sub(1),
            c if depth == 0 => sort.push(c),
            _ => {}
        }
    }
    (sort.len() <= LONGEST).then_some(sort)
}

/// What can be said about the rest of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Estimate {
    /// Too little is known.
    Unknown,
    /// About so many milliseconds are left.
    Left(u64),
    /// The step at work takes longer than nine in ten of its past runs.
    Slower,
}

impl Estimate {
    /// As people say it: `about 40 s`, `slower than usual`.
    pub fn words(self) -> Option<String> {
        match self {
            Self::Unknown => None,
            Self::Left(millis) => Some(about(millis)),
            Self::Slower => Some("slower than usual".to_owned()),
        }
    }
}

/// A length of time in words as short as they can be: `0.4 s`, `12 s`, `3 min 5 s`.
pub fn length(millis: u64) -> String {
    match millis {
        0..1_000 => format!("{millis} ms"),
        1_000..10_000 => format!("{}.{} s", millis / 1000, millis % 1000 / 100),
        10_000..60_000 => format!("{} s", millis / 1000),
        60_000..3_600_000 => format!("{} min {} s", millis / 60_000, millis / 1000 % 60),
        _ => format!("{} h {} min", millis / 3_600_000, millis / 60_000 % 60),
    }
}

/// In steps of five seconds, then of minutes.
fn about(millis: u64) -> String {
    let fives = (millis + 2_500) / 5_000;
    match fives {
        0..12 => format!("about {} s", fives.max(1) * 5),
        _ => format!("about {} min", (millis + 30_000) / 60_000),
    }
}

impl Operation {
    /// What past runs of its steps say about the rest of it.
    pub fn estimate(&self, now: Time) -> Estimate {
        use StepOutcome::{Already, Done, Failed, Running, Unknown, Waiting};
        if self.outcome != Outcome::Running || self.cancel || self.steps.is_empty() {
            return Estimate::Unknown;
        }
        let mut left = Some(0_u64);
        for step in &self.steps {
            let more = match step.outcome {
                Already | Done => Some(0),
                // Its check finds it done, which takes next to no time.
                Waiting if step.had => Some(0),
                Waiting => median(&sorted(step)),
                Running => {
                    let elapsed = step.elapsed(now);
                    let past = sorted(step);
                    if is_slower(&past, elapsed) {
                        return Estimate::Slower;
                    }
                    if step.had { Some(0) } else { left_of(&past, elapsed) }
                }
                // The way from here on is not the planned one.
                Failed | Unknown => return Estimate::Unknown,
            };
            left = left.zip(more).map(|(left, more)| left.saturating_add(more));
        }
        left.map_or(Estimate::Unknown, Estimate::Left)
    }

    /// When its step at work will be slower than usual; none when it is, or when that is not known.
    pub fn slower_at(&self, now: Time) -> Option<Time> {
        if self.outcome != Outcome::Running || self.cancel {
            return None;
        }
        let step = self.steps.iter().find(|step| step.outcome == StepOutcome::Running)?;
        let past = sorted(step);
        let bound =
            (past.len() >= ENOUGH).then(|| past.get((past.len() * 9).div_ceil(10) - 1))??;
        let millis = i64::try_from(*bound).ok()?.checked_add(1)?;
        let at = step.started_at?.checked_add(jiff::SignedDuration::from_millis(millis)).ok()?;
        (at > now).then_some(at)
    }
}

impl StepRecord {
    /// Milliseconds since it began, by our clock.
    pub fn elapsed(&self, now: Time) -> u64 {
        let since = self.started_at.map_or(0, |from| now.duration_since(from).as_millis());
        u64::try_from(since).unwrap_or(0)
    }
}

fn sorted(step: &StepRecord) -> Vec<u64> {
    let mut past = step.past.clone();
    past.sort_unstable();
    past
}

/// The usual length of a step's past runs.
pub fn median_of(past: &[u64]) -> Option<u64> {
    let mut past = past.to_vec();
    past.sort_unstable();
    median(&past)
}

fn median(sorted: &[u64]) -> Option<u64> {
    let high = *sorted.get(sorted.len() / 2)?;
    match sorted.len() % 2 {
        0 => sorted.get(sorted.len() / 2 - 1).map(|low| low.midpoint(high)),
        _ => Some(high),
    }
}

/// What is left of a step at work: to the median, and past it to the median of those runs that
/// took longer still; nothing is known past all of them.
fn left_of(sorted: &[u64], elapsed: u64) -> Option<u64> {
    let whole = median(sorted)?;
    if elapsed < whole {
        return Some(whole - elapsed);
    }
    let longer = sorted.partition_point(|past| *past < elapsed);
    median(sorted.get(longer..)?).map(|whole| whole.saturating_sub(elapsed))
}

fn is_slower(sorted: &[u64], elapsed: u64) -> bool {
    let shorter = sorted.partition_point(|past| *past < elapsed);
    sorted.len() >= ENOUGH && shorter * 10 >= sorted.len() * 9
}

#[cfg(test)]
mod tests;
