//! Folders and files that only their owner may see: the store's, and the small ones beside it.
//! And the note that says who has the store open.
//!
//! What is found is checked, never repaired: a wrong owner, mode or a symlink is refused, and the
//! refusal names the command that mends it.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use serde::{Deserialize, Serialize};

use super::StoreError;
use crate::domain::{Secret, Time};

/// Makes a folder (0700, with its parents) when it is not there, and checks that it is ours alone.
///
/// # Errors
/// When it cannot be made, is a symlink, belongs to somebody else, or others may look into it.
pub fn folder(path: &Path) -> Result<(), StoreError> {
    let at = |e| StoreError::at(path, e);
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(at)?;
    let found = fs::symlink_metadata(path).map_err(at)?;
    if !found.is_dir() {
        return Err(symlink(path, "folder"));
    }
    ours_alone(path, &found, "folder", "700")
}

/// Opens a file for reading and writing, making it (0600) when it is not there, and checks that it
/// is ours alone. The folder must be there.
///
/// # Errors
/// When it cannot be opened, is a symlink, belongs to somebody else, or others may read it.
pub fn file(path: &Path) -> Result<File, StoreError> {
    let (file, found) = opened(path)?;
    if found.len() == 0 {
        // a new name is durable only once its folder is
        let synced = File::open(parent(path)).and_then(|folder| folder.sync_all());
        synced.map_err(|e| StoreError::at(path, e))?;
    }
    Ok(file)
}

fn opened(path: &Path) -> Result<(File, Metadata), StoreError> {
    let at = |e: io::Error| StoreError::at(path, e);
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = match rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR) {
        Ok(file) => File::from(file),
        Err(rustix::io::Errno::LOOP) => return Err(symlink(path, "file")),
        Err(error) => return Err(at(error.into())),
    };
    let found = file.metadata().map_err(at)?;
    if !found.is_file() {
        return Err(StoreError::Exposed {
            message: format!("{} is not a file.", path.display()),
            remedy: "Move it away, or choose another folder.".into(),
        });
    }
    ours_alone(path, &found, "file", "600")?;
    Ok((file, found))
}

/// The small files beside the store are not longer.
const LARGEST: u64 = 64 * 1024;

/// Reads a small file that is there.
///
/// # Errors
/// When it cannot be read, is too large, is a symlink, or is not ours alone.
pub fn read(path: &Path) -> Result<Secret, StoreError> {
    let at = |e: io::Error| StoreError::at(path, e);
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(rustix::io::Errno::LOOP) => return Err(symlink(path, "file")),
        Err(error) => return Err(at(error.into())),
    };
    let found = file.metadata().map_err(at)?;
    if !found.is_file() || found.len() > LARGEST {
        return Err(at(io::Error::other("it is not a file of ours")));
    }
    ours_alone(path, &found, "file", "600")?;
    let mut content = Vec::with_capacity(LARGEST as usize);
    file.take(LARGEST).read_to_end(&mut content).map_err(at)?;
    Ok(Secret::new(content))
}

/// Writes a small new file (0600), durably, and never over another.
///
/// # Errors
/// When there is something already, or the disk fails.
pub fn create(path: &Path, content: &[u8]) -> Result<(), StoreError> {
    // unlike a rename, a link is refused where something lies already
    put(path, content, |fresh| {
        fs::hard_link(fresh, path)?;
        fs::remove_file(fresh)
    })
}

/// The same, over whatever was there.
///
/// # Errors
/// When the disk fails.
pub fn replace(path: &Path, content: &[u8]) -> Result<(), StoreError> {
    put(path, content, |fresh| fs::rename(fresh, path))
}

fn put(
    path: &Path,
    content: &[u8],
    place: impl FnOnce(&Path) -> io::Result<()>,
) -> Result<(), StoreError> {
    let write = || {
        let fresh = path.with_extension("new");
        match fs::remove_file(&fresh) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(&fresh)?;
        file.write_all(content)?;
        file.sync_all()?;
        place(&fresh)?;
        File::open(parent(path))?.sync_all()
    };
    write().map_err(|e| StoreError::at(path, e))
}

/// The folder that a file lies in.
pub(super) fn parent(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn symlink(path: &Path, what: &str) -> StoreError {
    StoreError::Exposed {
        message: format!("{} is a symlink, not a {what}.", path.display()),
        remedy: format!("Put the {what} itself there, or choose another folder with --home."),
    }
}

fn ours_alone(path: &Path, found: &Metadata, what: &str, mode: &str) -> Result<(), StoreError> {
    let (shown, me) = (path.display(), rustix::process::geteuid().as_raw());
    if found.uid() != me {
        return Err(StoreError::Exposed {
            message: format!(
                "The {what} {shown} belongs to uid {}, not to us ({me}).",
                found.uid()
            ),
            remedy: format!("Run brokeforge as its owner, or make it yours: chown {me} '{shown}'"),
        });
    }
    if found.mode() & 0o077 != 0 {
        let bits = found.mode() & 0o7777;
        return Err(StoreError::Exposed {
            message: format!("The {what} {shown} is open to other users (mode {bits:04o})."),
            remedy: format!("Close it: chmod {mode} '{shown}'"),
        });
    }
    Ok(())
}

/// Says who has the store open; redb's lock is the truth, this only has the name.
#[derive(Debug)]
pub(super) struct Note(PathBuf);

#[derive(Serialize, Deserialize)]
struct Holder {
    pid: u32,
    since: Time,
}

impl Note {
    fn place(store: &Path) -> PathBuf {
        let mut name = store.as_os_str().to_owned();
        name.push(".lock");
        name.into()
    }

    /// Leaves our name, without waiting for the disk: it means nothing after a crash. A full one
    /// must not keep anybody from reading the store.
    pub fn leave(store: &Path, since: Time) -> Self {
        let place = Self::place(store);
        let holder = Holder { pid: std::process::id(), since };
        let written = serde_json::to_vec(&holder).map_err(|e| e.to_string()).and_then(|text| {
            let (mut file, _) = opened(&place).map_err(|e| e.to_string())?;
            file.set_len(0).and_then(|()| file.write_all(&text)).map_err(|e| e.to_string())
        });
        if let Err(error) = written {
            tracing::warn!(%error, "the note that names who has the store open was not written");
        }
        Self(place)
    }

    /// Who has it open, as far as a note of a living process says so.
    pub fn read(store: &Path) -> StoreError {
        let mut text = String::new();
        let holder = File::open(Self::place(store))
            .and_then(|file| file.take(1024).read_to_string(&mut text))
            .ok()
            .and_then(|_| serde_json::from_str::<Holder>(&text).ok())
            .filter(|holder| lives(holder.pid));
        let (pid, since) = match holder {
            Some(holder) => {
                (holder.pid.to_string(), holder.since.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
            }
            None => ("(unknown)".into(), "just now".into()),
        };
        StoreError::InUse { path: store.display().to_string(), pid, since }
    }
}

fn lives(pid: u32) -> bool {
    i32::try_from(pid)
        .ok()
        .and_then(rustix::process::Pid::from_raw)
        .is_some_and(|pid| rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
}

impl Drop for Note {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.0) {
            tracing::debug!(%error, "the note that names who has the store open was not removed");
        }
    }
}
