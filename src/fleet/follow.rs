//! An operation's output as a face follows it, here or over the socket.
//!
//! Past the end of a holder it is told from the beginning again; what was told already is left
//! out.

use std::collections::HashMap;
use std::sync::Arc;

use super::door::Side;
use super::socket::{Ask, Cut, Holder, Line, frame};
use super::{Changes, Fleet, Output, Result, Stream};
use crate::domain::OperationId;
use crate::operations;
use crate::store::Scope;

/// Follows an operation's output: first what is kept, then what comes, until the operation ends.
#[derive(Debug)]
pub struct Follow {
    fleet: Fleet,
    id: OperationId,
    source: Source,
    told: Told,
    /// What comes again after a holder's end, and is left out.
    again: Told,
    /// Whether the end of the source is the end of the output.
    last: bool,
}

/// Bytes by step, and whether of the second stream.
type Told = HashMap<(usize, bool), u64>;

#[derive(Debug)]
enum Source {
    Here(operations::Follow),
    There(Arc<Holder>, Line),
    /// Nothing more comes from this one.
    Ended(Arc<Holder>),
    /// The operation is not over, and nobody has taken it up yet.
    Waiting(Changes),
}

impl Fleet {
    /// An operation's output from the beginning, then live.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn follow(&self, id: OperationId) -> Result<Follow> {
        let (told, again) = (Told::new(), Told::new());
        let source = source(self, id)?;
        Ok(Follow { fleet: self.clone(), id, source, told, again, last: true })
    }
}

impl Follow {
    /// The next piece; `None` when the operation is over and all is read. Cancel-safe.
    pub async fn next(&mut self) -> Option<Output> {
        loop {
            let output = match &mut self.source {
                Source::Here(follow) => follow.next().await,
                Source::There(holder, line) => match line.next().await {
                    Some(frame) => frame::read::<Option<Output>>(&frame).ok().flatten(),
                    None => {
                        self.source = Source::Ended(holder.clone());
                        continue;
                    }
                },
                Source::Ended(holder) => {
                    let holder = holder.clone();
                    self.fleet.change_over(&holder).await.ok()?;
                    self.follow_again()?;
                    continue;
                }
                Source::Waiting(changes) => {
                    let left = self.fleet.unfinished_operations().ok()?;
                    if left.iter().any(|operation| operation.id == self.id) {
                        changes.next().await?;
                    } else {
                        self.follow_again()?;
                    }
                    continue;
                }
            };
            match output {
                Some(output) => {
                    if let Some(fresh) = self.fresh(output) {
                        return Some(fresh);
                    }
                }
                None if self.last => return None,
                None => self.source = Source::Waiting(self.fleet.subscribe(Scope::All)),
            }
        }
    }

    fn follow_again(&mut self) -> Option<()> {
        self.last = self.fleet.operation(self.id).ok()?.outcome.is_end();
        self.again = self.told.clone();
        self.source = source(&self.fleet, self.id).ok()?;
        Some(())
    }

    /// What of a piece was not told yet.
    fn fresh(&mut self, output: Output) -> Option<Output> {
        let (step, stream, mut bytes) = match output {
            Output::Piece { step, stream, bytes } => (step, stream, bytes),
            // what the host has freed since was told when it came
            Output::Lost(mut count) => {
                for again in self.again.values_mut() {
                    let known = count.min(*again);
                    *again -= known;
                    count -= known;
                }
                return (count > 0).then_some(Output::Lost(count));
            }
        };
        let place = (step, stream == Stream::Err);
        let again = self.again.entry(place).or_default();
        let known = usize::try_from(*again).unwrap_or(usize::MAX).min(bytes.len());
        *again -= known as u64;
        bytes.drain(..known);
        if bytes.is_empty() {
            return None;
        }
        *self.told.entry(place).or_default() += bytes.len() as u64;
        Some(Output::Piece { step, stream, bytes })
    }
}

fn source(fleet: &Fleet, id: OperationId) -> Result<Source> {
    loop {
        let holder = match fleet.side() {
            Side::Here(local) => return Ok(Source::Here(local.follow(id)?)),
            Side::There(holder) => holder,
        };
        match fleet.open_line(&holder, &Ask::Follow(id)) {
            Ok((line, first)) => {
                frame::read::<Result<()>>(&first).unwrap_or(Ok(()))?;
                return Ok(Source::There(holder, line));
            }
            Err(Cut::Gone | Cut::Unknown) => {
                fleet.change_over_now(&holder)?;
            }
            Err(Cut::Silent) => return Err(holder.silence()),
            Err(Cut::Refused(failure)) => return Err(failure),
        }
    }
}
