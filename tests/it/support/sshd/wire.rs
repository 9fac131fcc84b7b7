//! The bytes of a connection, with the faults a network has.
#![allow(clippy::unwrap_used, reason = "support of tests")]

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use futures::stream::BoxStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Wire;

/// A TCP stream that can be cut and frozen.
pub struct Faulty {
    tcp: TcpStream,
    wire: Wire,
    token: CancellationToken,
    cut: BoxFuture<'static, ()>,
    /// Whether no byte may pass; one for each direction, since each remembers its own waker.
    read: Gate,
    write: Gate,
    greeted: bool,
    sent: usize,
}

struct Gate {
    frozen: bool,
    changes: BoxStream<'static, bool>,
}

impl Gate {
    fn new(frozen: &watch::Sender<bool>) -> Self {
        let receiver = frozen.subscribe();
        let changes = futures::stream::unfold(receiver, |mut receiver| async move {
            receiver.changed().await.ok()?;
            let frozen = *receiver.borrow_and_update();
            Some((frozen, receiver))
        });
        Self { frozen: *frozen.borrow(), changes: Box::pin(changes) }
    }

    fn poll_open(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while let Poll::Ready(Some(frozen)) = self.changes.as_mut().poll_next(cx) {
            self.frozen = frozen;
        }
        if self.frozen { Poll::Pending } else { Poll::Ready(()) }
    }
}

impl Faulty {
    pub fn new(
        tcp: TcpStream,
        wire: Wire,
        cut: CancellationToken,
        frozen: &watch::Sender<bool>,
    ) -> Self {
        let (token, cut) = (cut.clone(), Box::pin(cut.cancelled_owned()));
        let (read, write) = (Gate::new(frozen), Gate::new(frozen));
        Self { tcp, wire, token, cut, read, write, greeted: false, sent: 0 }
    }
}

impl AsyncRead for Faulty {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.cut.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        if self.read.poll_open(cx).is_pending() {
            return Poll::Pending;
        }
        if self.wire == Wire::DeafAfterGreeting {
            loop {
                let mut one = [0];
                let mut small = ReadBuf::new(&mut one);
                let polled = Pin::new(&mut self.tcp).poll_read(cx, &mut small);
                let byte = small.filled();
                if !self.greeted || byte.is_empty() {
                    self.greeted |= byte == b"\n";
                    buffer.put_slice(byte);
                    return polled;
                }
            }
        }
        Pin::new(&mut self.tcp).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Faulty {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.token.is_cancelled() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        if self.write.poll_open(cx).is_pending() {
            return Poll::Pending;
        }
        let most = match self.wire {
            Wire::CutAfter(most) if self.sent >= most => {
                return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
            }
            Wire::CutAfter(most) => (most - self.sent).min(bytes.len()),
            _ => bytes.len(),
        };
        let polled = Pin::new(&mut self.tcp).poll_write(cx, bytes.get(..most).unwrap());
        if let Poll::Ready(Ok(sent)) = polled {
            self.sent += sent;
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}
