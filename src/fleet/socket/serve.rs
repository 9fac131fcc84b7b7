//! The end of the socket that answers: one task a connection, each asleep until it is asked.
//!
//! Holds the fleet only while it performs something, so that the last one of this process who lets
//! go of it closes the store.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::Duration;

use serde::Serialize;
use tokio::io::AsyncWriteExt;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::frame::{self, Frame, Frames};
use super::greeting::Hello;
use super::{Ask, PATIENCE, is_ours, listen};
use crate::fleet::calls::Way;
use crate::fleet::local::{Inner, Local};
use crate::fleet::{Result, SessionInput, SessionOutput, SessionRequest};
use crate::store::{Scope, StoreError};

/// Connections at a time; further ones wait.
const MOST: usize = 256;

/// A socket that is served until this is dropped.
#[derive(Debug)]
pub(in crate::fleet) struct Served {
    place: PathBuf,
    _end: DropGuard,
}

impl Served {
    /// Serves a fleet.
    pub fn start(local: &Local, runtime: &Handle) -> std::result::Result<Self, StoreError> {
        let (listener, place) = listen(local.paths())?;
        let _within = runtime.enter();
        let listener = UnixListener::from_std(listener)
            .map_err(|e| StoreError::Io(format!("{}: {e}", place.display())))?;
        let end = CancellationToken::new();
        let fleet = Arc::downgrade(&local.inner);
        let accepting = accept(listener, fleet, end.clone());
        runtime.spawn(end.clone().run_until_cancelled_owned(accepting));
        Ok(Self { place, _end: end.drop_guard() })
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // before the store closes: the next holder's socket must not be taken away
        if let Err(error) = std::fs::remove_file(&self.place) {
            tracing::debug!(%error, "the socket was not removed");
        }
    }
}

async fn accept(listener: UnixListener, fleet: Weak<Inner>, end: CancellationToken) {
    let room = Arc::new(Semaphore::new(MOST));
    loop {
        let Ok(place) = room.clone().acquire_owned().await else { return };
        let stream = match listener.accept().await {
            Ok((stream, _)) if is_ours(&stream) => stream,
            Ok(_) => {
                tracing::warn!("a process of another user came to the socket and was refused");
                continue;
            }
            Err(error) => {
                // no more files: there will be some once others are closed
                tracing::warn!(%error, "a connection was not taken");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let (fleet, end) = (fleet.clone(), end.clone());
        tokio::spawn(end.run_until_cancelled_owned(async move {
            let _place = place;
            // whoever asked is gone, or did not keep to the form: nobody is left to tell
            if let Err(error) = converse(stream, fleet).await {
                tracing::debug!(%error, "a connection of another process ended");
            }
        }));
    }
}

struct Caller {
    from: Frames<OwnedReadHalf>,
    to: OwnedWriteHalf,
}

impl Caller {
    async fn send(&mut self, frame: &Frame) -> io::Result<()> {
        self.to.write_all(frame).await
    }

    async fn tell<T: Serialize>(&mut self, value: &T) -> io::Result<()> {
        let frame = frame::frame(value).map_err(io::Error::other)?;
        self.send(&frame).await
    }

    /// Ends when the caller has gone; one that says something out of turn is sent away.
    async fn gone(&mut self) -> io::Error {
        match self.from.next().await {
            Ok(_) => io::ErrorKind::ConnectionAborted.into(),
            Err(error) => error,
        }
    }
}

async fn converse(stream: UnixStream, fleet: Weak<Inner>) -> io::Result<()> {
    let (from, to) = stream.into_split();
    let mut caller = Caller { from: Frames::new(from, frame::LARGEST_CALL), to };
    let Ok(hello) = tokio::time::timeout(PATIENCE, caller.from.next()).await else {
        return Err(io::ErrorKind::TimedOut.into());
    };
    let Some(hello) = hello? else { return Ok(()) };
    let hello: Hello = frame::read(&hello)?;
    let ours = Hello::ours();
    caller.tell(&ours).await?;
    if !ours.fits(&hello) {
        return Ok(());
    }
    let origin = Arc::new(hello.origin);
    while let Some(frame) = caller.from.next().await? {
        let ask: Ask = frame::read(&frame)?;
        drop(frame);
        let Some(local) = Local::of(&fleet, &origin) else { return Ok(()) };
        match ask {
            Ask::Call(call) if call.way() == Way::read => {
                let answer = local.perform(call).await;
                drop(local);
                caller.send(&answer).await?;
            }
            Ask::Call(call) => {
                caller.send(&frame::taken()).await?;
                let once = call.way() == Way::act;
                let mut performed = Box::pin(async move { local.perform(call).await });
                let answer = tokio::select! {
                    answer = &mut performed => answer,
                    gone = caller.gone() => {
                        if once {
                            // begun is begun: what was written must also be started
                            tokio::spawn(performed);
                        }
                        return Err(gone);
                    }
                };
                caller.send(&answer).await?;
            }
            Ask::Subscribe(scope) => return changes(caller, local, scope).await,
            Ask::Follow(id) => return output(caller, local.follow(id)).await,
            Ask::Session(request) => return session(caller, local, request).await,
        }
    }
    Ok(())
}

async fn changes(mut caller: Caller, local: Local, scope: Scope) -> io::Result<()> {
    let mut told = local.told(scope);
    drop(local);
    caller.send(&frame::taken()).await?;
    loop {
        let notice = tokio::select! {
            notice = told.next() => notice,
            gone = caller.gone() => return Err(gone),
        };
        let Some(notice) = notice else { return Ok(()) };
        caller.tell(&notice).await?;
    }
}

async fn output(mut caller: Caller, follow: Result<crate::operations::Follow>) -> io::Result<()> {
    let mut follow = match follow {
        Ok(follow) => follow,
        Err(failure) => return caller.tell(&Result::<()>::Err(failure)).await,
    };
    caller.tell(&Result::<()>::Ok(())).await?;
    loop {
        let output = tokio::select! {
            output = follow.next() => output,
            gone = caller.gone() => return Err(gone),
        };
        // the empty end, for a connection that just closes is one whose holder ended
        caller.tell(&output).await?;
        if output.is_none() {
            return Ok(());
        }
    }
}

async fn session(mut caller: Caller, local: Local, request: SessionRequest) -> io::Result<()> {
    caller.send(&frame::taken()).await?;
    let opened = tokio::select! {
        opened = local.open_session(request) => opened,
        gone = caller.gone() => return Err(gone),
    };
    drop(local);
    let session = match opened {
        Ok(session) => session,
        Err(failure) => return caller.tell(&Result::<()>::Err(failure)).await,
    };
    caller.tell(&Result::<()>::Ok(())).await?;
    let (input, mut output) = (session.input, session.output);
    let Caller { mut from, mut to } = caller;
    let typed = async {
        while let Some(frame) = from.next().await? {
            // a session that is over takes nothing more; its end is on the way
            let _over = input.send(frame::read::<SessionInput>(&frame)?).await;
        }
        io::Result::Ok(())
    };
    let told = async {
        while let Some(said) = output.recv().await {
            let frame = frame::frame::<SessionOutput>(&said).map_err(io::Error::other)?;
            to.write_all(&frame).await?;
        }
        io::Result::Ok(())
    };
    tokio::select! {
        ended = typed => ended,
        ended = told => ended,
    }
}
