//! The SSH room against servers that behave and servers that do not.
//!
//! Limits are made short where a test waits for one to pass, since real sockets and a stopped
//! clock do not go together.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod channels;
mod connect;
mod login;
mod pool;
mod sessions;
mod trust;

use std::time::Duration;

use brokeforge::ssh::{Chunk, Connection, Limits, Running, SshError};

/// Limits that no healthy step of a test reaches, and one try.
fn limits() -> Limits {
    let long = Duration::from_secs(120);
    Limits {
        name: long,
        tcp: long,
        banner: long,
        key_exchange: long,
        auth: long,
        channel: long,
        first_mark: long,
        tries: 1,
        slow_reader: long,
    }
}

/// For a limit that is to pass, where nothing else has to come before it does.
const SHORT: Duration = Duration::from_millis(150);
/// The same where something has to, also on a machine that is slow and busy.
const NOT_SO_SHORT: Duration = Duration::from_secs(3);

fn message(error: &SshError) -> &str {
    &error.failure.message
}

/// All that a command says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    out: String,
    err: String,
    end: Option<Chunk>,
}

async fn said(mut running: Running) -> Said {
    let mut said = Said::default();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    while let Some(chunk) = running.next().await {
        assert!(said.end.is_none(), "{chunk:?} came after the end");
        match chunk {
            Chunk::Out(bytes) => out.extend(bytes),
            Chunk::Err(bytes) => err.extend(bytes),
            end => said.end = Some(end),
        }
    }
    said.out = String::from_utf8(out).unwrap();
    said.err = String::from_utf8(err).unwrap();
    said
}

async fn run(connection: &Connection, command: &str, stdin: &str) -> Said {
    said(connection.run(command, stdin.into()).await.unwrap()).await
}

fn ended(status: i32) -> Option<Chunk> {
    Some(Chunk::End { status: Some(status), signal: None })
}
