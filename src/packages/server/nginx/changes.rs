//! The one way in which nginx's configuration is ever changed: written beside, moved into place
//! with what was there kept, tested by nginx, reloaded, and put back when nginx says no.

use sha2::{Digest, Sha256};

use crate::packages::{RemoteStep, Step};

const APPLY: &str = concat!(
    include_str!("../../../../assets/remote/nginx-lib.sh"),
    include_str!("../../../../assets/remote/config-lib.sh")
);
const CHECK: &str = concat!(
    include_str!("../../../../assets/remote/nginx-lib.sh"),
    include_str!("../../../../assets/remote/config-check-lib.sh")
);
const CONNECTIONS: &str = concat!(
    include_str!("../../../../assets/remote/nginx-lib.sh"),
    include_str!("../../../../assets/remote/nginx-connections.sh"),
    include_str!("../../../../assets/remote/config-lib.sh")
);
const CONNECTIONS_CHECK: &str =
    include_str!("../../../../assets/remote/nginx-connections-check.sh");

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

/// The step that makes changes to nginx's configuration.
pub fn step(name: impl Into<String>, changes: Changes) -> Step {
    Step::Remote(changes.into_step(name, CHECK, APPLY))
}

/// The step that sets how many connections a worker may have.
pub fn connections(count: u32) -> Step {
    Step::Remote(
        RemoteStep::checked(
            format!("allow {count} connections per worker"),
            CONNECTIONS_CHECK,
            CONNECTIONS,
        )
        .with("connections", format!("{count}\n")),
    )
}

/// A text with the lines above it by which it is known as ours, and as unchanged.
pub fn signed(text: &str, remark: &str) -> String {
    let digest: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("# Written by brokeforge{remark}.\n# Content: sha256 {digest}\n{text}")
}
