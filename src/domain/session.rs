//! What goes into and comes out of an interactive session on a server.

use serde::{Deserialize, Serialize};

use super::Failure;

/// A terminal's size in cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// Cells in a row.
    pub columns: u16,
    /// Rows.
    pub rows: u16,
}

/// The terminal that a session is shown in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terminal {
    /// What `TERM` says there, e.g. `xterm-256color`.
    pub name: String,
    /// Its size at the start.
    pub size: Size,
}

/// What goes into a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SessionInput {
    /// What was typed or read.
    Data(#[serde(with = "super::bytes")] Vec<u8>),
    /// The terminal's new size.
    Resize(Size),
    /// Nothing more will be typed; data after it is dropped.
    Eof,
}

/// What comes out of a session. After `End` and after `Lost` nothing more comes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SessionOutput {
    /// Standard output; with a terminal, everything.
    Out(#[serde(with = "super::bytes")] Vec<u8>),
    /// Standard error.
    Err(#[serde(with = "super::bytes")] Vec<u8>),
    /// The shell or command ended there.
    End {
        /// Its exit status, when the server told one.
        status: Option<i32>,
        /// The signal that ended it, e.g. `KILL`.
        signal: Option<String>,
    },
    /// The session was lost, without an end of what ran in it.
    Lost(Failure),
}
