//! What a run tells, as the machine takes it in; failures completed for people.

use super::Task;
use crate::domain::{Failure, FailureKind};
use crate::operations::host::{self, Told};
use crate::operations::journal;
use crate::operations::machine::{Event, Machine};
use crate::operations::output::Log;
use crate::operations::protocol::{Mark, News};

impl Task {
    /// What a run tells, as an event for the machine if it is one.
    pub(super) async fn take(
        &self,
        machine: &Machine,
        log: &Log,
        told: Told,
        place: &str,
    ) -> Result<Option<Event>, Failure> {
        let news = match told {
            Told::News(news) => news,
            Told::GivenUp(failure, true) => return Ok(Some(Event::OutOfReach(failure))),
            Told::GivenUp(failure, false) => return Ok(Some(Event::NotStarted(failure))),
        };
        let interrupted =
            |text: String| Failure::new(FailureKind::Interrupted, text).at_host(place);
        Ok(match news {
            News::Hello { .. } => None,
            News::Held { owner, operation, since } => {
                let ours = owner == self.rooms.store.controller();
                let who = if ours { "this brokeforge" } else { "another brokeforge" };
                let owner = crate::domain::clean::clean_line(&owner, 40);
                let operation = crate::domain::clean::clean_line(&operation, 20);
                let since = since.parse().ok().and_then(|s| jiff::Timestamp::from_second(s).ok());
                let since = since.map_or_else(String::new, |s| format!(" since {s}"));
                let text = format!(
                    "the host's lock: held by {who} ({owner}), operation {operation}{since}"
                );
                self.waits_for(Some(text)).await?;
                None
            }
            News::Following => {
                // it has the lock, and is where it was when the link was lost
                self.waits_for(log.waiting()).await?;
                None
            }
            News::Refused(reason) => Some(Event::NotStarted(host::refused(&reason, place))),
            News::NotStarted => Some(Event::NotStarted(Failure::new(
                FailureKind::Cancelled,
                "The run was cancelled before it was started.",
            ))),
            News::Absent => Some(Event::Lost(interrupted(format!(
                "The run was begun on {place}, but the host does not know it any more."
            )))),
            News::Mark(mark) => {
                if let Mark::End { step, phase, .. } = mark
                    && log.waits_no_more(step, phase)
                {
                    self.waits_for(None).await?;
                }
                Some(Event::Mark(mark))
            }
            News::Piece { at, stream, bytes } => {
                if let Some((step, phase)) = at.filter(|(step, _)| machine.is_open(*step)) {
                    // The work on the host goes on whether or not we can keep what it says.
                    if let Err(error) = log.push(step, stream, &bytes) {
                        tracing::warn!(%error, "the output is not kept");
                    }
                    if let Some(waits) = log.waits_anew((step, phase)) {
                        self.waits_for(waits).await?;
                    }
                }
                None
            }
            News::Gone { result } => {
                let mut words = result.split(' ');
                let (now, began) = (words.next(), words.next());
                let text = if now == began || began == Some("unknown") {
                    match crate::domain::clean::clean_line(words.next().unwrap_or(""), 40) {
                        // a session has nobody who would say how it ended
                        none if none.is_empty() => format!("The run on {place} was killed."),
                        result => {
                            format!("The run on {place} was killed (systemd says: {result}).")
                        }
                    }
                } else {
                    format!("{place} was restarted while the run was under way.")
                };
                Some(Event::Lost(interrupted(text)))
            }
        })
    }

    /// Completes a failure: where it happened, and what was last said.
    pub(super) fn place(&self, failure: &mut Failure, server: &crate::domain::Server, log: &Log) {
        if failure.host.is_some() && !failure.lines.is_empty() {
            return;
        }
        failure.host.get_or_insert_with(|| server.place());
        let Some(step) = &failure.step else { return };
        let number = journal::operation(&self.rooms, self.id)
            .ok()
            .and_then(|o| o.record.steps.iter().position(|s| s.name == *step));
        if let Some(number) = number {
            failure.lines = log.last_lines(number);
        }
    }
}
