//! Steps that put files onto a host, whole or not at all.

use super::{RemoteStep, Step};

const CHECK: &str = include_str!("../../assets/remote/file-check.sh");
const PUT: &str = include_str!("../../assets/remote/file-put.sh");
const REMOVED: &str = include_str!("../../assets/remote/file-removed.sh");
const REMOVE: &str = include_str!("../../assets/remote/file-remove.sh");

const FOLDER_CHECK: &str = include_str!("../../assets/remote/folder-check.sh");
const FOLDER_MAKE: &str = include_str!("../../assets/remote/folder-make.sh");
const FOLDERS_GONE: &str = include_str!("../../assets/remote/folders-gone.sh");
const FOLDERS_REMOVE: &str = include_str!("../../assets/remote/folders-remove.sh");

const THERE: &str = include_str!("../../assets/remote/file-there.sh");
const KEPT: &str = include_str!("../../assets/remote/kept-check.sh");
const KEEP: &str = include_str!("../../assets/remote/kept-move.sh");

const COPIED: &str = include_str!("../../assets/remote/kept-copied.sh");
const COPY: &str = include_str!("../../assets/remote/kept-copy.sh");

const EMPTY_GONE: &str = include_str!("../../assets/remote/folders-empty-check.sh");
const EMPTY_REMOVE: &str = include_str!("../../assets/remote/folders-empty.sh");

/// Where a file goes, whose it is and who may read it.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Its absolute path; folders on the way are made, root's and 0755.
    pub path: &'a str,
    /// `user:group`.
    pub owner: &'a str,
    /// Octal, e.g. `0644`.
    pub mode: &'a str,
}

impl<'a> Place<'a> {
    /// Root's, for all to read.
    pub fn open(path: &'a str) -> Self {
        Self { path, owner: "root:root", mode: "0644" }
    }
}

/// Writes a file: to a name beside it, owned, compared and synced, then moved into place; so it needs
/// no verify of its own, which a recipe of many files would wait for. What is there with the same
/// bytes, owner and mode stays.
pub fn put(name: impl Into<String>, place: Place<'_>, text: impl Into<String>) -> Step {
    let Place { path, owner, mode } = place;
    Step::Remote(
        RemoteStep { verify: None, ..RemoteStep::checked(name, CHECK, PUT) }
            .with("place", format!("{path}\n{owner}\n{mode}\n"))
            .with("content", text),
    )
}

/// Writes a file where there is none; what is there stays as it is.
pub fn once(name: impl Into<String>, place: Place<'_>, text: impl Into<String>) -> Step {
    let Place { path, owner, mode } = place;
    Step::Remote(
        RemoteStep { verify: None, ..RemoteStep::checked(name, THERE, PUT) }
            .with("place", format!("{path}\n{owner}\n{mode}\n"))
            .with("content", text),
    )
}

/// Moves files and folders to a folder under `/var/backups/brokeforge`, where each lies under its
/// old path.
pub fn keep(name: impl Into<String>, paths: &[String], aside: &str) -> Step {
    let lines: String = paths.iter().map(|path| format!("{path}\n")).collect();
    Step::Remote(
        RemoteStep::checked(name, KEPT, KEEP)
            .with("paths", lines)
            .with("aside", format!("/var/backups/brokeforge/{aside}\n"))
            .within(3600),
    )
}

/// Copies files to a folder under `/var/backups/brokeforge`, where each lies under its old path.
pub fn copy(name: impl Into<String>, paths: &[String], aside: &str) -> Step {
    let lines: String = paths.iter().map(|path| format!("{path}\n")).collect();
    Step::Remote(
        RemoteStep::checked(name, COPIED, COPY)
            .with("paths", lines)
            .with("aside", format!("/var/backups/brokeforge/{aside}\n")),
    )
}

/// Removes a file of ours; its folder stays.
pub fn remove(name: impl Into<String>, path: &str) -> Step {
    Step::Remote(RemoteStep::checked(name, REMOVED, REMOVE).with("place", format!("{path}\n")))
}

/// Makes a folder.
pub fn folder(name: impl Into<String>, place: Place<'_>) -> Step {
    let Place { path, owner, mode } = place;
    Step::Remote(
        RemoteStep::checked(name, FOLDER_CHECK, FOLDER_MAKE)
            .with("place", format!("{path}\n{owner}\n{mode}\n")),
    )
}

/// Removes folders that root made, with all that is in them.
pub fn remove_folders(name: impl Into<String>, paths: &[&str]) -> Step {
    let lines: String = paths.iter().map(|path| format!("{path}\n")).collect();
    Step::Remote(
        RemoteStep::checked(name, FOLDERS_GONE, FOLDERS_REMOVE).with("folders", lines).within(600),
    )
}

/// Removes folders in which nothing is, in this order.
pub fn remove_empty(name: impl Into<String>, paths: &[&str]) -> Step {
    let lines: String = paths.iter().map(|path| format!("{path}\n")).collect();
    Step::Remote(RemoteStep::checked(name, EMPTY_GONE, EMPTY_REMOVE).with("folders", lines))
}
