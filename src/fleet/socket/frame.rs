//! Frames: four bytes of length (big end first), then that much JSON. Bounded, and wiped after use,
//! for calls may carry secrets.

use std::io::{self, Read, Write};

use serde::{Serialize, de::DeserializeOwned};
use tokio::io::{AsyncRead, AsyncReadExt};
use zeroize::Zeroizing;

use crate::domain::Failure;
use crate::fleet::calls::Answer;

/// A whole frame, or what is in one.
pub(in crate::fleet) type Frame = Zeroizing<Vec<u8>>;

/// No call is longer.
pub(super) const LARGEST_CALL: usize = 4 << 20;
/// No answer is longer.
pub(super) const LARGEST_ANSWER: usize = 256 << 20;
/// Room that is made before anything of a frame has come.
const AT_FIRST: usize = LARGEST_CALL;
const HEAD: usize = 4;

/// A value as a frame. Its room is measured first: growing would leave copies behind.
pub(in crate::fleet) fn frame<T: Serialize>(value: &T) -> serde_json::Result<Frame> {
    struct Count(usize);
    impl Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    serde_json::to_writer(&mut count, value)?;
    let length = u32::try_from(count.0)
        .ok()
        .filter(|length| *length as usize <= LARGEST_ANSWER)
        .ok_or_else(|| serde_json::Error::io(io::ErrorKind::FileTooLarge.into()))?;
    let mut whole = Zeroizing::new(Vec::with_capacity(HEAD + count.0));
    whole.extend_from_slice(&length.to_be_bytes());
    serde_json::to_writer(&mut *whole, value)?;
    Ok(whole)
}

/// An answer as a frame; one that does not fit is told as a failure.
pub(in crate::fleet) fn answer<A: Answer>(answer: &A) -> Frame {
    let frame_of = |answer: &A| {
        frame(answer).map_err(|e| Failure::internal(format!("The answer cannot be sent: {e}.")))
    };
    match frame_of(answer) {
        Ok(frame) => frame,
        Err(failure) => frame_of(&A::failed(failure)).unwrap_or_default(),
    }
}

/// The frame that says: taken, the answer comes.
pub(super) fn taken() -> Frame {
    Zeroizing::new(vec![0; HEAD])
}

/// What is in a whole frame.
pub(in crate::fleet) fn body(frame: &Frame) -> &[u8] {
    frame.get(HEAD..).unwrap_or_default()
}

/// What a frame says.
pub(in crate::fleet) fn read<T: DeserializeOwned>(body: &[u8]) -> io::Result<T> {
    serde_json::from_slice(body).map_err(|_| torn())
}

fn torn() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a frame that is none")
}

/// Takes a frame from a socket that blocks.
pub(super) fn take(from: &mut impl Read, most: usize) -> io::Result<Frame> {
    let mut head = [0; HEAD];
    from.read_exact(&mut head)?;
    let length = length(head, most)?;
    let mut body = Zeroizing::new(Vec::with_capacity(length.min(AT_FIRST)));
    if from.take(length as u64).read_to_end(&mut body)? < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(body)
}

fn length(head: [u8; HEAD], most: usize) -> io::Result<usize> {
    let length = u32::from_be_bytes(head) as usize;
    if length > most { Err(torn()) } else { Ok(length) }
}

/// Takes frames from a socket that does not block.
#[derive(Debug)]
pub(in crate::fleet) struct Frames<R> {
    from: R,
    most: usize,
    head: Vec<u8>,
    body: Option<(usize, Frame)>,
}

impl<R: AsyncRead + Unpin> Frames<R> {
    /// None of which is longer than `most`.
    pub fn new(from: R, most: usize) -> Self {
        Self { from, most, head: Vec::with_capacity(HEAD), body: None }
    }

    /// The next; `None` at the end. Safe to drop half-way (cancel-safe).
    pub async fn next(&mut self) -> io::Result<Option<Frame>> {
        loop {
            match &mut self.body {
                Some((length, body)) if body.len() < *length => {
                    let rest = (*length - body.len()) as u64;
                    if (&mut self.from).take(rest).read_buf(&mut **body).await? == 0 {
                        return Ok(None);
                    }
                }
                Some(_) => return Ok(self.body.take().map(|(_, body)| body)),
                None => {
                    let rest = (HEAD - self.head.len()) as u64;
                    if (&mut self.from).take(rest).read_buf(&mut self.head).await? == 0 {
                        return Ok(None);
                    }
                    if let Ok(head) = <[u8; HEAD]>::try_from(self.head.as_slice()) {
                        let length = length(head, self.most)?;
                        self.head.clear();
                        let body = Zeroizing::new(Vec::with_capacity(length.min(AT_FIRST)));
                        self.body = Some((length, body));
                    }
                }
            }
        }
    }
}
