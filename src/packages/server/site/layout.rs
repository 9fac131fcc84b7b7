//! Where a site's things lie on the host, and what they are called.

use sha2::{Digest, Sha256};

/// The site that answers to every name.
pub const CATCH_ALL: &str = "default";
/// What every site answers, whatever it holds.
pub const PROBE_PATH: &str = "/.well-known/brokeforge";
/// Where the temporary files and sessions of sites lie.
pub const STATES: &str = "/var/lib/brokeforge-sites";

/// A name of at most 30 characters that no other domain has; for users, groups and sockets.
pub fn short(domain: &str) -> String {
    let digest: String =
        Sha256::digest(domain).iter().take(3).map(|byte| format!("{byte:02x}")).collect();
    let plain: String = domain.chars().map(|c| if c == '.' { '-' } else { c }).take(19).collect();
    format!("bf-{}-{digest}", plain.trim_end_matches('-'))
}

/// Its folder.
pub fn folder(domain: &str) -> String {
    format!("/home/brokeforge/sites/{domain}")
}

/// Its logs.
pub fn logs(domain: &str) -> String {
    format!("/var/log/nginx/{domain}")
}

/// Its temporary files and sessions.
pub fn state(domain: &str) -> String {
    format!("{STATES}/{domain}")
}

/// A person's own part of its vhost.
pub fn custom(domain: &str) -> String {
    format!("/etc/nginx/sites-available/{domain}.custom.conf")
}

/// What it answers at [`PROBE_PATH`].
pub fn answer(domain: &str) -> String {
    format!("brokeforge site {domain}")
}
