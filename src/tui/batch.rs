//! Acts that were asked for together: each ends alone, and one sentence sums them up.

use std::collections::HashMap;

use super::effect::{Answer, Done, Ticket};
use crate::domain::OperationId;

/// Named in the sentence; the others are counted.
const NAMED: usize = 3;

/// Acts that were asked for together.
#[derive(Debug)]
pub struct Batch {
    /// What became of one that went well: `started`.
    pub verb: &'static str,
    /// Those that are not answered yet, by name.
    pub waiting: HashMap<Ticket, String>,
    /// How many went well.
    pub done: usize,
    /// The latest operation that was begun.
    pub begun: Option<OperationId>,
    /// Those that did not, and why.
    pub refused: Vec<(String, String)>,
}

/// How a batch ended.
#[derive(Debug, PartialEq, Eq)]
pub struct Summary {
    /// The sentence.
    pub text: String,
    /// Whether all went well.
    pub well: bool,
}

impl Batch {
    /// The sentence so far.
    pub fn summary(&self) -> Summary {
        let mut text = format!("{} {}", self.done, self.verb);
        if !self.refused.is_empty() {
            text.push_str(&format!(", {} refused: ", self.refused.len()));
            let named: Vec<String> = self
                .refused
                .iter()
                .take(NAMED)
                .map(|(name, why)| format!("{name}: {}", why.trim_end_matches('.')))
                .collect();
            text.push_str(&named.join("; "));
            if let Some(more @ 1..) = self.refused.len().checked_sub(NAMED) {
                text.push_str(&format!("; and {more} more"));
            }
        }
        text.push('.');
        Summary { text, well: self.refused.is_empty() }
    }

    /// Takes an answer that it waits for; answers whether it did.
    pub fn take(&mut self, ticket: Ticket, answer: &Answer) -> bool {
        let Some(name) = self.waiting.remove(&ticket) else { return false };
        match answer {
            Ok(done) => {
                self.done += 1;
                if let Done::Started(started) = done {
                    self.begun = self.begun.max(Some(started.operation));
                }
            }
            Err(failure) => self.refused.push((name, failure.message.clone())),
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Failure;

    #[test]
    fn each_ends_alone_and_the_sum_is_said() {
        let name = |n: u64| (n, format!("web-{n}"));
        let mut batch = Batch {
            verb: "started",
            waiting: (1..=5).map(name).collect(),
            done: 0,
            begun: None,
            refused: vec![("db".into(), "It has not failed.".into())],
        };
        assert!(batch.take(1, &Ok(Done::Yes)) && !batch.take(1, &Ok(Done::Yes)));
        for n in 2..=5 {
            assert!(batch.take(n, &Err(Failure::input("No way."))));
        }
        assert_eq!(
            batch.summary(),
            Summary {
                text: "1 started, 5 refused: db: It has not failed; web-2: No way; web-3: No way; \
                       and 2 more."
                    .into(),
                well: false
            }
        );
    }
}
