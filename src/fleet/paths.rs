//! Where everything lies: XDG folders, or all of them under one home.
//!
//! Makes the folders for the owner alone and refuses those that others could write or read; what
//! lies in them is the business of the rooms that use them.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rustix::process::geteuid;

use crate::domain::{Failure, reason};
use crate::store::private;

/// The folders of one fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// Keymap, templates.
    pub config: PathBuf,
    /// Store, vault header, key file.
    pub data: PathBuf,
    /// Logs, operations' output.
    pub state: PathBuf,
    /// The socket of whoever has the store open.
    pub run: PathBuf,
}

impl Paths {
    /// `--home DIR`, else `BROKEFORGE_HOME`, else the XDG folders.
    ///
    /// # Errors
    /// When no home can be found.
    pub fn find(home: Option<&Path>) -> Result<Self, Failure> {
        Self::choose(home, |name| std::env::var_os(name))
    }

    fn choose(
        home: Option<&Path>,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, Failure> {
        let set = |name: &str| variable(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        if let Some(home) = home.map(Path::to_owned).or_else(|| set("BROKEFORGE_HOME")) {
            if home.as_os_str().is_empty() {
                return Err(Failure::input("The folder given with --home has no name."));
            }
            let home = std::path::absolute(&home).map_err(|e| {
                Failure::input(format!(
                    "The folder {} cannot be used: {}.",
                    home.display(),
                    reason(&e)
                ))
            })?;
            return Ok(Self::under(&home));
        }
        let folder = |name: &str, below: &str| {
            // the XDG text: a relative path must be ignored
            set(name)
                .filter(|path| path.is_absolute())
                .or_else(|| set("HOME").map(|home| home.join(below)))
                .map(|path| path.join("brokeforge"))
                .ok_or_else(|| {
                    Failure::input(format!(
                        "Neither HOME nor {name} is set, so there is no folder."
                    ))
                    .remedy("Give one with --home DIR.")
                })
        };
        let state = folder("XDG_STATE_HOME", ".local/state")?;
        // where a session has no such variable (cron), the folder is there all the same
        let usual = || Some(PathBuf::from(format!("/run/user/{}", geteuid().as_raw())));
        let runtime = set("XDG_RUNTIME_DIR").filter(|path| path.is_absolute()).or_else(usual);
        Ok(Self {
            config: folder("XDG_CONFIG_HOME", ".config")?,
            data: folder("XDG_DATA_HOME", ".local/share")?,
            run: match runtime.filter(|path| path.is_dir()) {
                Some(runtime) => runtime.join("brokeforge"),
                None => state.join("run"),
            },
            state,
        })
    }

    /// Everything under one folder.
    pub fn under(home: &Path) -> Self {
        let state = home.join("state");
        let run = state.join("run");
        Self { config: home.join("config"), data: home.join("data"), state, run }
    }

    /// Makes the folders where they are missing (0700), and checks those that are there.
    ///
    /// # Errors
    /// When a folder is a link, is somebody else's, is open to others, or cannot be made.
    pub fn prepare(&self) -> Result<(), Failure> {
        for folder in [&self.config, &self.data, &self.state, &self.output(), &self.logs()] {
            private::folder(folder)?;
        }
        Ok(())
    }

    /// The store's file.
    pub fn store(&self) -> PathBuf {
        self.data.join("brokeforge.redb")
    }

    /// The vault's header.
    pub fn vault_header(&self) -> PathBuf {
        self.data.join("vault.json")
    }

    /// The vault's key, where it opens without a passphrase.
    pub fn vault_key(&self) -> PathBuf {
        self.data.join("vault.key")
    }

    /// Where the steps' output is kept.
    pub fn output(&self) -> PathBuf {
        self.state.join("output")
    }

    /// Keeps a small text (0600) that may be lost, such as how the screen was left.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn keep(&self, name: &'static str, text: &str) -> Result<(), Failure> {
        Ok(private::replace(&self.state.join(name), text.as_bytes())?)
    }

    /// A text that was kept; bytes that are no text are replaced, for the reader to find damaged.
    ///
    /// # Errors
    /// When the file is there and is not ours alone, or cannot be read.
    pub fn kept(&self, name: &'static str) -> Result<Option<String>, Failure> {
        let path = self.state.join(name);
        match std::fs::symlink_metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            _ => {
                let read = private::read(&path)?;
                Ok(Some(String::from_utf8_lossy(read.reveal()).into_owned()))
            }
        }
    }

    /// Where the logs are.
    pub fn logs(&self) -> PathBuf {
        self.state.join("logs")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    fn choose(home: Option<&str>, set: &[(&str, &str)]) -> Result<Paths, Failure> {
        Paths::choose(home.map(Path::new), |name| {
            set.iter().find(|(n, _)| *n == name).map(|(_, v)| OsString::from(v))
        })
    }

    #[test]
    fn a_home_moves_everything_and_the_option_goes_first() {
        let paths = choose(Some("/a"), &[("BROKEFORGE_HOME", "/b"), ("HOME", "/c")]).unwrap();
        assert_eq!(paths, Paths::under(Path::new("/a")));
        let paths = choose(None, &[("BROKEFORGE_HOME", "/b"), ("HOME", "/c")]).unwrap();
        assert_eq!(paths.data, Path::new("/b/data"));
    }

    #[test]
    fn xdg_folders_are_used_and_relative_ones_ignored() {
        let paths =
            choose(None, &[("HOME", "/h"), ("XDG_DATA_HOME", "/d"), ("XDG_STATE_HOME", "s")]);
        let paths = paths.unwrap();
        assert_eq!(paths.config, Path::new("/h/.config/brokeforge"));
        assert_eq!(paths.data, Path::new("/d/brokeforge"));
        assert_eq!(paths.state, Path::new("/h/.local/state/brokeforge"));
        assert!(choose(None, &[]).is_err());
    }

    #[test]
    fn folders_are_made_for_the_owner_alone_and_open_ones_and_links_refused() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(&home.path().join("deep/er"));
        paths.prepare().unwrap();
        paths.prepare().unwrap();
        for folder in [&paths.config, &paths.data, &paths.state, &paths.logs()] {
            assert_eq!(fs::metadata(folder).unwrap().mode() & 0o777, 0o700);
        }
        fs::set_permissions(&paths.data, fs::Permissions::from_mode(0o750)).unwrap();
        assert!(paths.prepare().unwrap_err().message.contains("open to other users"));
        fs::remove_dir(&paths.data).unwrap();
        symlink(&paths.config, &paths.data).unwrap();
        assert!(paths.prepare().unwrap_err().message.contains("is a symlink"));
    }

    #[test]
    fn what_is_kept_is_the_owners_alone_and_what_is_not_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        paths.prepare().unwrap();
        assert_eq!(paths.kept("x.json").unwrap(), None);
        paths.keep("x.json", "one").unwrap();
        paths.keep("x.json", "two").unwrap();
        assert_eq!(paths.kept("x.json").unwrap().as_deref(), Some("two"));
        let file = paths.state.join("x.json");
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(&file, b"\xff{").unwrap();
        assert!(paths.kept("x.json").unwrap().is_some());
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(paths.kept("x.json").is_err());
        std::fs::remove_file(&file).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", &file).unwrap();
        assert!(paths.kept("x.json").is_err());
    }
}
