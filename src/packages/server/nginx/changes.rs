//! The one way in which nginx's configuration is ever changed: written beside, moved into place
//! with what was there kept, tested by nginx, reloaded, and put back when nginx says no.

use sha2::{Digest, Sha256};

use crate::packages::{Changes, RemoteStep, Step};

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
