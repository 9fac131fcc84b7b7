//! Changes of a service's configuration files that come into force together or not at all: written
//! beside, moved into place with what was there kept, judged by the service's own checker, taken up,
//! and put back when one of these fails. The scripts are a service's own shell functions followed by
//! `config-lib.sh`, and `config-check-lib.sh` for the check.

use super::RemoteStep;

/// What is to be in place, all or none of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    lines: String,
    texts: Vec<(String, String)>,
}

impl Changes {
    /// A file, root's and for all to read.
    pub fn put(&mut self, path: &str, text: impl Into<String>) {
        let input = format!("file-{}", self.texts.len() + 1);
        self.lines.push_str(&format!("put {input} {path}\n"));
        self.texts.push((input, text.into()));
    }

    /// A link.
    pub fn link(&mut self, path: &str, target: &str) {
        self.lines.push_str(&format!("link {path} {target}\n"));
    }

    /// No link; a file in its place is left alone and told.
    pub fn unlink(&mut self, path: &str) {
        self.lines.push_str(&format!("unlink {path}\n"));
    }

    /// No file.
    pub fn drop(&mut self, path: &str) {
        self.lines.push_str(&format!("drop {path}\n"));
    }

    /// The step, with scripts that read these changes.
    pub fn into_step(self, name: impl Into<String>, check: &str, apply: &str) -> RemoteStep {
        let step = RemoteStep::checked(name, check, apply).with("changes", self.lines);
        self.texts.into_iter().fold(step, |step, (input, text)| step.with(&input, text))
    }
}
