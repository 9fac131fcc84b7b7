//! One turn per server: operations queue first come, first served, and each knows whom it waits
//! for. Servers run side by side, bounded.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::domain::{OperationId, ServerId};

/// So many servers are worked on at the same time.
const SIDE_BY_SIDE: usize = 64;

type Line = Vec<(OperationId, String)>;

/// The lines before the servers.
#[derive(Debug, Clone)]
pub struct Turns {
    lines: Arc<Mutex<HashMap<ServerId, watch::Sender<Line>>>>,
    slots: Arc<Semaphore>,
}

/// A place in a server's line; given up when it is dropped. The first one has the turn.
#[derive(Debug)]
pub struct Place {
    turns: Turns,
    server: ServerId,
    operation: OperationId,
    line: watch::Receiver<Line>,
    told: Option<OperationId>,
    slot: Option<OwnedSemaphorePermit>,
}

/// What a place waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ahead {
    /// Its turn has come.
    Nothing,
    /// The one before it, in words.
    Operation(String),
    /// The server is free; too many others are worked on.
    Slot,
}

impl Turns {
    /// With empty lines.
    pub fn new() -> Self {
        Self { lines: Arc::default(), slots: Arc::new(Semaphore::new(SIDE_BY_SIDE)) }
    }

    /// Joins a server's line at its end; `label` is what those behind it read.
    pub fn join(&self, server: ServerId, operation: OperationId, label: String) -> Place {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = lines.entry(server).or_insert_with(|| watch::Sender::new(Line::new()));
        sender.send_modify(|line| line.push((operation, label)));
        let line = sender.subscribe();
        Place { turns: self.clone(), server, operation, line, told: None, slot: None }
    }
}

impl Default for Turns {
    fn default() -> Self {
        Self::new()
    }
}

impl Place {
    /// The next news of the wait; after `Nothing` the turn is ours until this is dropped.
    /// Cancel-safe.
    pub async fn next(&mut self) -> Ahead {
        loop {
            let before = {
                let line = self.line.borrow_and_update();
                let at = line.iter().position(|(id, _)| *id == self.operation);
                at.and_then(|at| at.checked_sub(1)).and_then(|at| line.get(at)).cloned()
            };
            match before {
                Some((id, label)) if self.told != Some(id) => {
                    self.told = Some(id);
                    return Ahead::Operation(label);
                }
                Some(_) => {
                    // The sender lives as long as this place is in its line.
                    if self.line.changed().await.is_err() {
                        return Ahead::Nothing;
                    }
                }
                None => return self.take_slot().await,
            }
        }
    }

    async fn take_slot(&mut self) -> Ahead {
        if self.slot.is_some() {
            return Ahead::Nothing;
        }
        let slots = self.turns.slots.clone();
        match slots.clone().try_acquire_owned() {
            Ok(slot) => self.slot = Some(slot),
            Err(_) if self.told != Some(self.operation) => {
                self.told = Some(self.operation);
                return Ahead::Slot;
            }
            Err(_) => self.slot = slots.acquire_owned().await.ok(),
        }
        Ahead::Nothing
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut lines = self.turns.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(sender) = lines.get(&self.server) else { return };
        sender.send_modify(|line| line.retain(|(id, _)| *id != self.operation));
        if sender.borrow().is_empty() {
            lines.remove(&self.server);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u32) -> OperationId {
        OperationId::new("2026-01-01T00:00:00Z".parse().unwrap(), n)
    }
    fn server(n: u32) -> ServerId {
        ServerId::new("2026-01-01T00:00:00Z".parse().unwrap(), n)
    }

    #[tokio::test]
    async fn a_line_is_served_in_order_and_each_knows_whom_it_waits_for() {
        let turns = Turns::new();
        let mut first = turns.join(server(1), id(1), "one".into());
        let mut second = turns.join(server(1), id(2), "two".into());
        let mut third = turns.join(server(1), id(3), "three".into());
        let mut other = turns.join(server(2), id(4), "four".into());
        assert_eq!(first.next().await, Ahead::Nothing);
        assert_eq!(other.next().await, Ahead::Nothing);
        assert_eq!(second.next().await, Ahead::Operation("one".into()));
        assert_eq!(third.next().await, Ahead::Operation("two".into()));
        drop(second); // cancelled while waiting
        assert_eq!(third.next().await, Ahead::Operation("one".into()));
        drop(first);
        assert_eq!(third.next().await, Ahead::Nothing);
        drop((third, other));
        assert!(turns.lines.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn servers_run_side_by_side_but_bounded() {
        let turns = Turns::new();
        let mut places = Vec::new();
        for n in 0..u32::try_from(SIDE_BY_SIDE).unwrap() {
            let mut place = turns.join(server(n), id(n), String::new());
            assert_eq!(place.next().await, Ahead::Nothing);
            places.push(place);
        }
        let mut late = turns.join(server(99), id(99), String::new());
        assert_eq!(late.next().await, Ahead::Slot);
        places.pop();
        assert_eq!(late.next().await, Ahead::Nothing);
    }
}
