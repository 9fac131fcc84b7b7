//! Time as a parameter: nothing above `domain` asks the machine for the time by itself.
//!
//! Waiting (time limits, back-off, deadlines) goes through tokio's clock, which tests pause and
//! move; this trait only says what time it is.

use std::sync::Arc;

use crate::domain::Time;

/// Says what time it is.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Time;
}

/// A shared clock.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's own clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Time {
        Time::now()
    }
}
