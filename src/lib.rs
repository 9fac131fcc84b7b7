//! brokeforge provisions and runs a fleet of Linux servers over plain SSH.
//!
//! The rooms, lowest first; each may use only those below it (a test keeps it so):
//!
//! - [`domain`]: what exists: records, ids, states, validation. Pure.
//! - [`clock`]: time as a parameter.
//! - [`packages`]: what can be done to a host: parameters and facts → plan. Pure.
//! - [`store`]: typed records in redb; publishes changes.
//! - [`vault`]: seals and opens secrets; stores nothing itself.
//! - [`ssh`]: connections, host keys, channels.
//! - [`operations`]: one task per operation: turns, runner, recovery, redaction.
//! - [`fleet`]: the use cases that both faces call. The only door inwards.
//! - [`cli`], [`tui`]: the scripting face and the terminal face; they do not know each other.

#![cfg_attr(
    test,
    allow(clippy::string_slice, reason = "a test that slices wrongly fails, as it should")
)]

pub mod cli;
pub mod clock;
pub mod domain;
pub mod fleet;
pub mod operations;
pub mod packages;
pub mod ssh;
pub mod store;
pub mod tui;
pub mod vault;
