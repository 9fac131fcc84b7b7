//! The server's greeting: watches the first bytes of a connection go by, so that "silent", "not
//! SSH" and "busy" can be told apart. It changes nothing and judges no host key.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::domain::clean::clean_line;

/// More than this before the greeting is no greeting.
const MOST: usize = 8 * 1024;

/// What the first bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Sort {
    /// Not yet clear.
    #[default]
    Waiting,
    /// An SSH-2 server.
    Ssh2,
    /// Something else.
    Foreign,
}

/// The first bytes that a server sent.
#[derive(Debug, Default)]
pub(super) struct Greeting {
    seen: Vec<u8>,
    line: usize,
    sort: Sort,
}

impl Greeting {
    /// What it is so far.
    pub(super) fn sort(&self) -> Sort {
        self.sort
    }

    /// The first 60 safe characters of it.
    pub(super) fn shown(&self) -> String {
        clean_line(&self.seen, 60)
    }

    /// Whether the server sent anything.
    pub(super) fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// Whether it holds this text.
    pub(super) fn says(&self, text: &str) -> bool {
        self.seen.windows(text.len()).any(|window| window == text.as_bytes())
    }

    fn feed(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if self.sort != Sort::Waiting {
                return;
            }
            self.seen.push(byte);
            if self.seen.len() == 1 && matches!(byte, 0x15 | 0x16) {
                self.sort = Sort::Foreign; // a TLS record
            } else if byte == b'\n' {
                self.sort = sort_of(self.seen.get(self.line..).unwrap_or_default());
                self.line = self.seen.len();
            } else if self.seen.len() >= MOST {
                self.sort = Sort::Foreign;
            }
        }
    }
}

/// A server may send lines of text before its greeting, so only what is surely something else
/// counts as foreign.
fn sort_of(line: &[u8]) -> Sort {
    if line.starts_with(b"SSH-2.0-") || line.starts_with(b"SSH-1.99-") {
        Sort::Ssh2
    } else if [&b"SSH-"[..], b"HTTP/", b"220 ", b"220-", b"* OK", b"+OK"]
        .iter()
        .any(|start| line.starts_with(start))
    {
        Sort::Foreign
    } else {
        Sort::Waiting
    }
}

/// A TCP stream that shows its first bytes to a watcher as well.
pub(super) struct Watched {
    tcp: TcpStream,
    greeting: Option<watch::Sender<Greeting>>,
}

/// Wraps a stream; the receiver sees the greeting grow.
pub(super) fn watched(tcp: TcpStream) -> (Watched, watch::Receiver<Greeting>) {
    let (sender, receiver) = watch::channel(Greeting::default());
    (Watched { tcp, greeting: Some(sender) }, receiver)
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.tcp).poll_read(cx, buffer);
        if let Some(greeting) = &self.greeting {
            let new = buffer.filled().get(before..).unwrap_or_default();
            if !new.is_empty() {
                greeting.send_modify(|greeting| greeting.feed(new));
                if greeting.borrow().sort != Sort::Waiting {
                    self.greeting = None;
                }
            }
        }
        polled
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sort(chunks: &[&[u8]]) -> (Sort, String) {
        let mut greeting = Greeting::default();
        for chunk in chunks {
            greeting.feed(chunk);
        }
        (greeting.sort(), greeting.shown())
    }

    #[test]
    fn what_answers_is_told_apart() {
        for (chunks, expected) in [
            (&[&b"SSH-2.0-OpenSSH_9.2p1 Debian\r\n"[..]][..], Sort::Ssh2),
            (&[b"SSH-1.99-Cisco\n"], Sort::Ssh2),
            (&[b"SS", b"H-2.0-x", b"\r\nmore"], Sort::Ssh2),
            (&[b"Welcome\r\nto you\r\nSSH-2.0-x\r\n"], Sort::Ssh2),
            (&[b"SSH-2.0-never ending"], Sort::Waiting),
            (&[b"SSH-1.5-old\n"], Sort::Foreign),
            (&[b"HTTP/1.1 400 Bad Request\r\n"], Sort::Foreign),
            (&[b"220 mail ESMTP\r\n"], Sort::Foreign),
            (&[b"\x15\x03\x01\x00\x02\x02\x46"], Sort::Foreign),
            (&[b"Exceeded MaxStartups\r\n"], Sort::Waiting),
            (&[b""], Sort::Waiting),
        ] {
            assert_eq!(sort(chunks).0, expected, "{chunks:?}");
        }
        assert_eq!(sort(&[&[b'x'; 2 * MOST]]).0, Sort::Foreign);
    }

    #[test]
    fn what_is_shown_of_it_is_safe() {
        assert_eq!(
            sort(&[b"\x1b]0;t\x07HTTP\x9b1m/1.1\r\nServer: x"]).1,
            "]0;tHTTP\u{fffd}1m/1.1 Server: x"
        );
        assert_eq!(sort(&[&[b'x'; 500]]).1.chars().count(), 60);
    }
}
