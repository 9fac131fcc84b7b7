//! What reaches the screen from outside its terminal: signals, and the terminal's own end.
//!
//! crossterm reads a terminal that is gone for ever, on whatever thread asks it first: so its end is
//! watched for here, off the loop's thread, and a loop that cannot hear it any more is not waited
//! for.

use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use futures::{FutureExt, Stream, StreamExt, stream};
use rustix::process::Signal as Kind;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::signal::unix::{self, SignalKind};
use tokio::sync::mpsc;

use super::run::Signal;
use super::terminal;
use crate::domain::Failure;

/// One whose terminal is still there can hear, however busy the machine is: it is given so long
/// before anything else.
const BUSY: Duration = Duration::from_secs(5);
/// How long the loop may take to hear of the end, and then to end.
const HEARS: Duration = Duration::from_millis(300);
const PATIENCE: Duration = Duration::from_millis(1400);
/// How long giving the terminal back may take then.
const RESTORE: Duration = Duration::from_millis(100);

/// Begins to watch.
///
/// # Errors
/// When signals cannot be waited for.
pub fn watch() -> Result<impl Stream<Item = Signal> + Unpin, Failure> {
    let failed =
        |e: std::io::Error| Failure::internal(format!("Signals cannot be waited for: {e}."));
    let signal = |kind: Kind| unix::signal(SignalKind::from_raw(kind.as_raw())).map_err(failed);
    let (mut terminate, mut hang_up) = (signal(Kind::TERM)?, signal(Kind::HUP)?);
    let others = [(Kind::INT, Signal::Interrupt), (Kind::CONT, Signal::Continue)];
    let others = others
        .into_iter()
        .map(|(kind, meaning)| Ok((signal(kind)?, meaning)))
        .collect::<Result<Vec<_>, Failure>>()?;
    let terminal = std::io::stdin().as_fd().try_clone_to_owned().map_err(failed)?;

    let (sender, ends) = mpsc::channel(1);
    tokio::spawn(async move {
        let mut gone = std::pin::pin!(gone(terminal).fuse());
        tokio::select! {
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
            () = &mut gone => {}
        }
        // A loop that is over needs no telling.
        let _over = sender.send(Signal::End).await;
        if !terminal::is_gone() {
            let _gone_now = tokio::time::timeout(BUSY, gone).await;
        }
        // Once it has taken that, it writes down what there is; one that has not is caught in a
        // read, and would spin.
        if let Ok(heard) = tokio::time::timeout(HEARS, sender.reserve()).await {
            drop(heard);
            tokio::time::sleep(PATIENCE).await;
        }
        tracing::error!("the screen does not end by itself");
        let given_back = tokio::task::spawn_blocking(terminal::restore);
        let _late = tokio::time::timeout(RESTORE, given_back).await;
        std::process::exit(0);
    });
    let ends = stream::unfold(ends, async |mut ends| ends.recv().await.map(|end| (end, ends)));
    let others = others.into_iter().map(|other| {
        stream::unfold(other, async |(mut signals, meaning)| {
            signals.recv().await.map(|()| (meaning, (signals, meaning)))
        })
        .boxed()
    });
    Ok(stream::select_all(std::iter::once(ends.boxed()).chain(others)))
}

/// Waits until nobody holds the terminal's other end; keys do not wake it.
async fn gone(terminal: OwnedFd) {
    #[expect(deprecated, reason = "its successor is unsafe; what is watched is owned till the end")]
    let watched = AsyncFd::with_interest(terminal, Interest::PRIORITY);
    if let Ok(watched) = &watched {
        loop {
            match watched.ready(Interest::PRIORITY).await {
                Ok(ready) if ready.ready().is_read_closed() => return,
                Ok(mut other) => other.clear_ready(),
                Err(_) => break,
            }
        }
    }
    // It cannot be watched; the signals remain.
    tracing::warn!("the terminal's end cannot be watched for");
    std::future::pending::<()>().await;
}
