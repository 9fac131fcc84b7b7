//! The socket by which further processes use the fleet that one of them has open.
//!
//! It lies in a 0700 folder, is 0600, and both ends look at the other's user. The store's lock
//! alone says who the holder is; the socket is only how to reach it.

mod client;
pub(super) mod frame;
mod greeting;
mod serve;
#[cfg(test)]
mod tests;

use std::fs;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use serde::{Deserialize, Serialize};

use super::{Paths, SessionRequest, calls::Call};
use crate::domain::OperationId;
use crate::store::{Scope, StoreError, private};

pub(super) use client::{Cut, Holder, Line};
pub(super) use serve::Served;

/// What is asked on a connection.
#[expect(clippy::large_enum_variant, reason = "there is one at a time")]
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Ask {
    /// Perform this; more may follow on the same connection.
    Call(Call),
    /// Tell changes from now on.
    Subscribe(Scope),
    /// Tell an operation's output.
    Follow(OperationId),
    /// Open a session; its input follows.
    Session(SessionRequest),
}

/// The holder is given this long to say the next word that does not depend on a host.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);

/// Where the socket of this fleet lies: whatever path leads to the data folder, it has one name.
fn place(paths: &Paths) -> io::Result<PathBuf> {
    let data = fs::metadata(&paths.data)?;
    Ok(paths.run.join(format!("{:x}-{:x}.socket", data.dev(), data.ino())))
}

/// A path that may be longer than a socket's address can hold.
fn address(place: &Path) -> io::Result<(SocketAddrUnix, Option<OwnedFd>)> {
    if let Ok(address) = SocketAddrUnix::new(place) {
        return Ok((address, None));
    }
    let (Some(folder), Some(name)) = (place.parent(), place.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = rustix::fs::open(folder, flags, Mode::empty())?;
    let by_number = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd())).join(name);
    Ok((SocketAddrUnix::new(&by_number)?, Some(folder)))
}

fn new_socket() -> io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    Ok(rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?)
}

/// Listens, over whatever a process that was killed left: only the holder of the store comes here.
fn listen(paths: &Paths) -> Result<(UnixListener, PathBuf), StoreError> {
    private::folder(&paths.run)?;
    let bound = || {
        let place = place(paths)?;
        match fs::remove_file(&place) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        let (address, _folder) = address(&place)?;
        let socket = new_socket()?;
        rustix::net::bind(&socket, &address)?;
        fs::set_permissions(&place, fs::Permissions::from_mode(0o600))?;
        rustix::net::listen(&socket, 128)?;
        Ok((UnixListener::from(socket), place))
    };
    bound().map_err(|e| StoreError::Io(format!("{}: {e}", paths.run.display())))
}

/// Connects; an error when nobody listens there.
fn connect(place: &Path, until: Instant) -> io::Result<UnixStream> {
    let (address, _folder) = address(place)?;
    let socket = new_socket()?;
    // a full queue of callers answers at once instead of blocking for ever
    while let Err(error) = rustix::net::connect(&socket, &address) {
        if error != rustix::io::Errno::AGAIN || Instant::now() >= until {
            return Err(error.into());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let stream = UnixStream::from(socket);
    stream.set_nonblocking(false)?;
    Ok(stream)
}

/// Whether the other end is a process of our own user.
fn is_ours(stream: &impl AsFd) -> bool {
    let other = rustix::net::sockopt::socket_peercred(stream);
    other.is_ok_and(|other| other.uid == rustix::process::geteuid())
}
