//! A text in the person's own editor: in a private file that is gone afterwards.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use crate::domain::Failure;

/// The longest text that is taken back.
const LONGEST: u64 = 1 << 20;

/// The command line of the person's editor, by the environment and by what there is.
pub fn find(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
    set("VISUAL").or_else(|| set("EDITOR")).or_else(|| {
        let path = set("PATH")?;
        let folders = || path.split(':').filter(|folder| !folder.is_empty()).map(Path::new);
        let runs = |file: &Path| {
            file.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
        };
        let named = |name: &&str| folders().any(|folder| runs(&folder.join(name)));
        ["vi", "nano"].into_iter().find(|name| named(name)).map(str::to_owned)
    })
}

/// A running editor.
#[derive(Debug)]
pub struct Editor {
    child: Child,
    folder: Folder,
    running: Running,
}

/// Names the editor while it runs, so that leaving takes it along.
#[derive(Debug, Clone, Default)]
pub struct Running(Arc<Mutex<Option<(Pid, PathBuf)>>>);

impl Running {
    fn set(&self, editor: Option<(Pid, PathBuf)>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = editor;
    }

    /// Ends the editor, if one runs, and takes its file away.
    pub fn end(&self) {
        let running = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some((pid, folder)) = running else { return };
        if let Err(error) = kill_process(pid, Signal::HUP) {
            tracing::warn!(%error, "the editor could not be ended");
        }
        drop(Folder(folder));
    }
}

/// A folder that is gone with this.
#[derive(Debug)]
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        match std::fs::remove_dir_all(&self.0) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(%error, folder = %self.0.display(), "an edited text stays behind");
            }
            _ => {}
        }
    }
}

impl Folder {
    fn make(within: &Path) -> std::io::Result<Self> {
        sweep(within);
        let mut number = 0;
        loop {
            let folder = within.join(format!("edit-{}-{number}", std::process::id()));
            match DirBuilder::new().mode(0o700).create(&folder) {
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && number < 100 => {
                    number += 1;
                }
                made => return made.map(|()| Self(folder)),
            }
        }
    }

    fn file(&self) -> PathBuf {
        self.0.join("text.txt")
    }

    fn take(&self) -> std::io::Result<String> {
        let mut text = String::new();
        std::fs::File::open(self.file())?.take(LONGEST + 1).read_to_string(&mut text)?;
        if text.len() as u64 > LONGEST {
            return Err(std::io::Error::other("it is longer than 1 MiB"));
        }
        Ok(text)
    }
}

/// Takes away the texts of processes that were killed before they could.
fn sweep(within: &Path) {
    let Ok(entries) = std::fs::read_dir(within) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let of = name.to_str().and_then(|name| name.strip_prefix("edit-")?.split_once('-'));
        let pid = of.and_then(|(pid, _)| Pid::from_raw(pid.parse().ok()?));
        if pid.is_some_and(|pid| test_kill_process(pid) == Err(Errno::SRCH)) {
            drop(Folder(entry.path()));
        }
    }
}

impl Editor {
    /// Starts the editor on a text; the terminal is its own from now on.
    ///
    /// # Errors
    /// When the file cannot be written or the editor cannot be started.
    pub fn start(line: &str, text: &str, state: &Path, running: &Running) -> Result<Self, Failure> {
        let written = || -> std::io::Result<Folder> {
            let folder = Folder::make(state)?;
            let mut file =
                OpenOptions::new().write(true).create_new(true).mode(0o600).open(folder.file())?;
            file.write_all(text.as_bytes())?;
            if !text.is_empty() && !text.ends_with('\n') {
                file.write_all(b"\n")?;
            }
            Ok(folder)
        };
        let folder = written().map_err(|e| {
            Failure::internal(format!("The text for the editor cannot be written: {e}."))
        })?;
        // EDITOR is a command line by custom, with options; the file is an argument of its own.
        let child = Command::new("sh")
            .arg("-c")
            .arg(format!("exec {line} \"$@\""))
            .arg("editor")
            .arg(folder.file())
            .spawn()
            .map_err(|e| Failure::internal(format!("The editor cannot be started: {e}.")))?;
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        running.set(pid.map(|pid| (pid, folder.0.clone())));
        Ok(Self { child, folder, running: running.clone() })
    }

    /// Waits for its end and takes the text.
    ///
    /// # Errors
    /// When it did not end well, or its text cannot be taken; the text is as it was then.
    pub fn wait(mut self) -> Result<String, Failure> {
        let ended = self.child.wait();
        self.running.set(None);
        let kept = |why: String| Failure::input(format!("{why} The text is as it was."));
        match ended {
            Ok(status) if status.success() => self
                .folder
                .take()
                .map_err(|e| kept(format!("What the editor left cannot be taken: {e}."))),
            Ok(status) => Err(kept(match status.code() {
                Some(127) => "The editor was not found; VISUAL or EDITOR names it.".to_owned(),
                Some(code) => format!("The editor ended with exit status {code}."),
                None => "The editor was killed.".to_owned(),
            })),
            Err(error) => Err(kept(format!("The editor cannot be waited for: {error}."))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(line: &str, text: &str) -> Result<String, Failure> {
        let state = tempfile::tempdir().unwrap();
        let running = Running::default();
        let edited = Editor::start(line, text, state.path(), &running)?.wait();
        assert_eq!(std::fs::read_dir(state.path()).unwrap().count(), 0, "nothing stays behind");
        edited
    }

    #[test]
    fn the_text_goes_there_and_back() {
        assert_eq!(edit("sed -i s/web/db/", "web-1").unwrap(), "db-1\n");
        assert_eq!(edit("true", "a\nb").unwrap(), "a\nb\n");
        assert_eq!(edit("true", "").unwrap(), "");
        let private = "sh -c 'stat -c %a:%n \"$1\" > \"$1.x\" && mv \"$1.x\" \"$1\"' sh";
        assert!(edit(private, "x").unwrap().starts_with("600:"));
    }

    #[test]
    fn what_did_not_end_well_changes_nothing() {
        for (line, why) in [
            ("false", "exit status 1"),
            ("sh -c 'kill -9 $$'", "killed"),
            ("/no/such/editor", "was not found"),
            ("sh -c 'printf \"\\377\" > \"$1\"' sh", "cannot be taken"),
        ] {
            let failure = edit(line, "x").unwrap_err();
            assert!(failure.message.contains(why), "{line}: {}", failure.message);
            assert!(failure.message.ends_with("The text is as it was."));
        }
    }

    #[test]
    fn the_environment_names_the_editor() {
        let with = |pairs: &'static [(&str, &str)]| {
            find(|name| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
        };
        assert_eq!(with(&[("VISUAL", "code -w"), ("EDITOR", "vi")]).as_deref(), Some("code -w"));
        assert_eq!(with(&[("VISUAL", " "), ("EDITOR", "vi")]).as_deref(), Some("vi"));
        assert_eq!(with(&[("PATH", "/no/such/folder")]), None);
    }

    #[test]
    fn what_killed_processes_left_behind_is_swept() {
        let state = tempfile::tempdir().unwrap();
        let mut dead = Command::new("true").spawn().unwrap();
        dead.wait().unwrap();
        let left = |pid: u32| state.path().join(format!("edit-{pid}-0"));
        let (dead, alive) = (left(dead.id()), left(std::os::unix::process::parent_id()));
        for folder in [&dead, &alive] {
            std::fs::create_dir(folder).unwrap();
            std::fs::write(folder.join("text.txt"), "x").unwrap();
        }
        let running = Running::default();
        Editor::start("true", "x", state.path(), &running).unwrap().wait().unwrap();
        assert!(!dead.exists() && alive.exists());
    }

    #[test]
    fn leaving_ends_the_editor() {
        let state = tempfile::tempdir().unwrap();
        let running = Running::default();
        let editor =
            Editor::start("sh -c 'exec sleep 600' sh", "x", state.path(), &running).unwrap();
        running.end();
        assert!(editor.wait().is_err());
        assert_eq!(std::fs::read_dir(state.path()).unwrap().count(), 0);
    }
}
