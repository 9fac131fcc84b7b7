//! Why a command stops before its end.

use std::io;

use crate::domain::{Failure, reason};

/// Why a command stops before its end.
#[derive(Debug)]
pub enum Halt {
    /// It failed; not told yet.
    Failure(Failure),
    /// All is told; this is the exit code.
    Ended(u8),
    /// Nobody reads what it prints; that is a success.
    PipeClosed,
}

impl From<Failure> for Halt {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<io::Error> for Halt {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::PipeClosed,
            _ => Self::Failure(Failure::internal(format!(
                "The output cannot be written: {}.",
                reason(&error)
            ))),
        }
    }
}
