//! Why the store did not do it, and how that reaches people.

use std::path::Path;

use crate::domain::{Failure, FailureKind, reason};

/// Why the store did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another process has it open.
    #[error("The store {path} is in use by pid {pid} since {since}.")]
    InUse {
        /// The file.
        path: String,
        /// The other process.
        pid: String,
        /// Since when, in RFC 3339.
        since: String,
    },
    /// A record was not as expected: somebody wrote it in between.
    #[error("The record {0} was changed in between.")]
    Conflict(String),
    /// The life cycle has no such arrow.
    #[error("The record {id} may not go from {from} to {to}.")]
    Arrow {
        /// The record.
        id: String,
        /// Its status in the store, or `nothing`.
        from: String,
        /// The status refused, or `nothing` for a deletion.
        to: String,
    },
    /// There is no such record.
    #[error("There is no record {0} any more.")]
    Missing(String),
    /// The file was written by a newer version, or is not a store, or a record cannot be read.
    #[error("{0}")]
    Format(String),
    /// Others could read or replace the file or its folder.
    #[error("{message}")]
    Exposed {
        /// What is wrong with which path.
        message: String,
        /// What to do about it.
        remedy: String,
    },
    /// The disk or the file failed; nothing that was confirmed is lost.
    #[error("The store failed: {0}.")]
    Io(String),
    /// An earlier failure of the disk or the file ended the writing.
    #[error("The store takes no more changes since it failed: {0}.")]
    ReadOnly(String),
}

impl StoreError {
    /// A failure of the file system at a path.
    pub(super) fn at(path: &Path, error: impl std::fmt::Display) -> Self {
        Self::Io(format!("{}: {}", path.display(), reason(&error)))
    }

    /// A failure of redb.
    pub(super) fn redb(error: impl Into<redb::Error>) -> Self {
        Self::Io(reason(&error.into()))
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        const FULL: &str = "See to the disk (is it full?), then start brokeforge again; nothing \
                            that was confirmed is lost.";
        let message = error.to_string();
        match error {
            StoreError::InUse { .. } => Self::new(FailureKind::StoreInUse, message).remedy(
                "That process does not answer. Look what it does, or end it; or give another \
                     folder with --home.",
            ),
            StoreError::Conflict(_) => Self::new(FailureKind::Conflict, message)
                .remedy("Look at it as it is now, and try again."),
            StoreError::Arrow { .. } => Self::new(FailureKind::Conflict, message)
                .remedy("Wait for its operation to end, then try again."),
            StoreError::Missing(_) => Self::new(FailureKind::NotFound, message),
            StoreError::Format(_) => Self::internal(message),
            StoreError::Exposed { remedy, .. } => Self::input(message).remedy(remedy),
            StoreError::Io(_) | StoreError::ReadOnly(_) => Self::internal(message).remedy(FULL),
        }
    }
}
