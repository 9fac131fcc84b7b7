//! A terminal in memory that two share: the session's task feeds it, the screen draws it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use alacritty_terminal::sync::FairMutex;
use jiff::Timestamp;

use super::Emulator;

/// The shared terminal.
#[derive(Clone)]
pub struct Handle(Arc<Inner>);

struct Inner {
    // Fair: a flood of output must not keep the screen from drawing.
    emulator: FairMutex<Emulator>,
    dirty: AtomicBool,
    heard: AtomicI64,
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Handle(…)")
    }
}

impl Handle {
    /// An empty terminal.
    pub fn new(columns: u16, rows: u16) -> Self {
        Self(Arc::new(Inner {
            emulator: FairMutex::new(Emulator::new(columns, rows)),
            dirty: AtomicBool::new(false),
            heard: AtomicI64::new(0),
        }))
    }

    /// Does something with the terminal; short, as the other side waits meanwhile.
    pub fn with<R>(&self, deed: impl FnOnce(&mut Emulator) -> R) -> R {
        deed(&mut self.0.emulator.lock())
    }

    /// It was fed at this time; answers whether nobody was told since it was last drawn.
    pub fn fed(&self, at: Timestamp) -> bool {
        self.0.heard.store(at.as_millisecond(), Ordering::Relaxed);
        !self.0.dirty.swap(true, Ordering::AcqRel)
    }

    /// It is drawn now: what comes from here on is news.
    pub fn drawn(&self) {
        self.0.dirty.store(false, Ordering::Release);
    }

    /// When the host last sent something.
    pub fn heard(&self) -> Option<Timestamp> {
        let millis = self.0.heard.load(Ordering::Relaxed);
        (millis > 0).then(|| Timestamp::from_millisecond(millis).ok()).flatten()
    }
}
