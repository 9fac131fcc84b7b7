//! The terminal face: state and `update` (pure), views (draw only), terminal, run loop.
//!
//! Knows the fleet and the domain's values, nothing else of ours. `update` and the views call
//! neither fleet nor clock: effects are data that the run loop alone performs, and what comes of
//! them returns as events. Start reading at [`state::State::update`] and [`run()`].

use std::mem::ManuallyDrop;
use std::time::Duration;

use futures::stream;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::domain::{Failure, Time};
use crate::fleet::{Fleet, Scope};
use background::Background;
use moment::Moment;
use outside::FleetOutside;
use run::{Loop, Wires};
use shared::Start;
use state::State;

pub mod background;
pub mod batch;
pub mod caution;
pub mod clipboard;
pub mod command;
pub mod config;
pub mod console;
pub mod editor;
pub mod effect;
pub mod emulator;
pub mod ends;
pub mod event;
pub mod fuzzy;
pub mod keymap;
pub mod layer;
pub mod line;
pub mod list;
pub mod messages;
pub mod moment;
pub mod outside;
pub mod pane;
pub mod run;
pub mod scroll;
pub mod shared;
pub mod sight;
pub mod spots;
pub mod state;
pub mod style;
pub mod terminal;
pub mod text;
pub mod transcript;
pub mod view;
pub mod views;

pub use terminal::restore;

#[cfg(test)]
mod tests;

/// How long leaving waits for what is being written down.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Shows the screen until the person leaves, the terminal goes away, or a signal asks us to go.
/// Runs on the thread that calls it: a panic of another thread leaves the screen as it is.
///
/// # Errors
/// When there is no terminal, or it cannot be drawn on.
pub async fn run(fleet: Fleet) -> Result<(), Failure> {
    let signals = ends::watch()?;
    let changes = fleet.subscribe(Scope::All);
    let read = config::read(&fleet.paths().config);
    let config = read.as_ref().copied().unwrap_or_default();
    let (theme, follows) = config::theme(config, variable);
    let (guard, screen) = terminal::enter(config.mouse, follows)?;
    // The guard gives the cursor back. The screen would try so too, and tell a terminal that is
    // gone of its failure: that would be a panic while dropping, which aborts.
    let mut screen = ManuallyDrop::new(screen);
    let start = start(&fleet, screen.size().map_or((80, 24), |size| (size.width, size.height)))?;

    let began = Instant::now();
    let now = Moment { since: Duration::ZERO, time: Time::now() };
    let (mut state, first) = State::new(start, now);
    state.shared.mouse = config.mouse;
    if let Err(failure) = &read {
        state.shared.messages.fail(failure, now);
    }
    let (sender, results) = mpsc::channel(256);
    let wires = Wires {
        signals,
        changes: Box::pin(stream::unfold(changes, async |mut changes| {
            changes.next().await.map(|notice| (notice, changes))
        })),
        results,
    };
    let mut looping = Loop {
        terminal: &mut screen,
        console: terminal::Tty::new(follows),
        theme,
        state,
        outside: FleetOutside::new(fleet.clone(), sender),
        clock: Time::now,
        began,
        shape: None,
        background: Background::default(),
        lent: false,
    };
    let ended = looping.run(wires, first).await;
    drop(guard);
    if tokio::time::timeout(LAST_WORDS, looping.outside.finish()).await.is_err() {
        tracing::warn!("left before everything that was asked for was written down");
    }
    // Who draws on a terminal that is gone learns it before its end is told.
    if ended.is_err() && terminal::is_gone() {
        return Ok(());
    }
    ended?;
    // the screen ends by itself when there is no fleet to show any more
    fleet.ended().map_or(Ok(()), Err)
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn start(fleet: &Fleet, size: (u16, u16)) -> Result<Start, Failure> {
    let recent = outside::kept(fleet, effect::RECENT).unwrap_or_default();
    Ok(Start {
        vault: fleet.vault_state(),
        wants_passphrase: fleet.vault_wants_passphrase(),
        agent: std::env::var_os("SSH_AUTH_SOCK").is_some_and(|path| !path.is_empty()),
        editor: editor::find(variable),
        home: variable("HOME"),
        data: fleet.paths().data.display().to_string(),
        zone: moment::zone(),
        size,
        depth: emulator::Depth::of(|name| std::env::var(name).ok()),
        views: outside::kept(fleet, effect::VIEWS),
        read_only: fleet.is_read_only(),
        keymap: keymap::Keymap::read(&fleet.paths().config),
        recent: recent.lines().take(100).map(str::to_owned).collect(),
        kinds: crate::fleet::kinds(),
    })
}
