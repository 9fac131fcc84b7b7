//! The key file of a first login, read with care: no link, no pipe, nobody else's file, no giant.
//!
//! Knows nothing of keys; what is in it is for the ssh room to say.

use std::fs::{Metadata, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};

use rustix::fs::OFlags;

use crate::domain::{
    Failure, Secret,
    input::{self, FileKind, FileMeta, Verdict},
    reason,
};

const LARGEST: u64 = 64 * 1024;

/// Reads it; the sentences are warnings about the file.
///
/// # Errors
/// When it cannot be read, or is no file that a key may lie in.
pub fn read(path: &str) -> Result<(Secret, Vec<String>), Failure> {
    let refuse = |why: String| Failure::input(format!("The key file {path} cannot be read: {why}"));
    let broken = |e: std::io::Error| refuse(format!("{}.", reason(&e)));
    let before = std::fs::symlink_metadata(path).map_err(broken)?;
    let mut warnings = Vec::new();
    match input::identity_file(described(&before)) {
        Verdict::Ok(()) => {}
        Verdict::Fix((), why) | Verdict::Warn((), why) => warnings.push(why),
        Verdict::No(why) => return Err(Failure::input(format!("{path}: {why}"))),
    }
    // neither waits for a pipe nor goes through a link that took its place meanwhile
    let file = OpenOptions::new()
        .read(true)
        .custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed())
        .open(path)
        .map_err(broken)?;
    let opened = file.metadata().map_err(broken)?;
    if (opened.dev(), opened.ino()) != (before.dev(), before.ino()) {
        return Err(refuse("it was changed at this moment.".into()));
    }
    let mut content = Vec::new();
    file.take(LARGEST).read_to_end(&mut content).map_err(broken)?;
    Ok((Secret::new(content), warnings))
}

fn described(found: &Metadata) -> FileMeta {
    let sort = found.file_type();
    FileMeta {
        kind: if sort.is_symlink() {
            FileKind::Symlink
        } else if sort.is_dir() {
            FileKind::Folder
        } else if sort.is_file() {
            FileKind::Regular
        } else {
            FileKind::Special
        },
        mode: found.mode(),
        owner: found.uid(),
        we: rustix::process::geteuid().as_raw(),
        size: found.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn links_pipes_folders_and_giants_are_refused_and_open_modes_warned_of() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        fs::write(at("key"), "x").unwrap();
        fs::set_permissions(at("key"), fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(read(&at("key")).unwrap().1.len(), 1);
        fs::set_permissions(at("key"), fs::Permissions::from_mode(0o600)).unwrap();
        assert!(read(&at("key")).unwrap().1.is_empty());
        symlink(at("key"), at("link")).unwrap();
        assert!(read(&at("link")).unwrap_err().message.contains("link"));
        fs::File::create(at("giant")).unwrap().set_len(1 << 30).unwrap();
        assert!(read(&at("giant")).unwrap_err().message.contains("private key has"));
        rustix::fs::mkfifoat(rustix::fs::CWD, at("pipe"), rustix::fs::Mode::RUSR).unwrap();
        assert!(read(&at("pipe")).unwrap_err().message.contains("pipe"));
        fs::create_dir(at("folder")).unwrap();
        assert!(read(&at("folder")).is_err());
        assert!(read(&at("absent")).unwrap_err().message.contains("cannot be read"));
    }
}
