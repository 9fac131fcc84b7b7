//! The terminal's input, which can be let go of: once that is done, nobody reads any more, and no
//! key meant for another program is taken.

use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use crossterm::event::{Event, EventStream, poll};
use futures::StreamExt;

/// The longest wait for the thread that reads; it takes far less.
const LET_GO: Duration = Duration::from_millis(500);

/// Crossterm's stream, and the thread that waits for it.
#[derive(Debug, Default)]
pub struct Input {
    stream: EventStream,
    reading: Option<Arc<Reading>>,
}

/// The thread reads from when it is given this waker until it wakes it.
#[derive(Debug)]
struct Reading {
    waker: Waker,
    over: Mutex<bool>,
    bell: Condvar,
}

impl Wake for Reading {
    fn wake(self: Arc<Self>) {
        *self.over.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.bell.notify_all();
        self.waker.wake_by_ref();
    }
}

impl Input {
    /// The next event.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Event>>> {
        let reading = Arc::new(Reading {
            waker: cx.waker().clone(),
            over: Mutex::new(false),
            bell: Condvar::new(),
        });
        let waker = Waker::from(Arc::clone(&reading));
        let polled = self.stream.poll_next_unpin(&mut Context::from_waker(&waker));
        drop(waker);
        // The thread took it: then it is done with what it was given before.
        if Arc::strong_count(&reading) > 1 {
            self.reading = Some(reading);
        }
        polled
    }

    /// Reads no more; answers whether the thread has said so.
    pub fn let_go(self) -> bool {
        // This wakes the thread, which sees that it is no longer wanted.
        drop(self.stream);
        let over = self.reading.is_none_or(|reading| {
            let over = reading.over.lock().unwrap_or_else(PoisonError::into_inner);
            let waited = reading.bell.wait_timeout_while(over, LET_GO, |over| !*over);
            *waited.unwrap_or_else(PoisonError::into_inner).0
        });
        // Where no thread took that call, it would come later in place of a key.
        over && poll(Duration::ZERO).is_ok()
    }
}
