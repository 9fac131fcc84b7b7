//! The one way in which the configuration of a version's process manager is ever changed: as
//! nginx's is, with its own checker.

use crate::packages::{Changes, RemoteStep, Step};

const APPLY: &str = concat!(
    include_str!("../../../../assets/remote/fpm-lib.sh"),
    include_str!("../../../../assets/remote/config-lib.sh")
);
const CHECK: &str = concat!(
    include_str!("../../../../assets/remote/fpm-lib.sh"),
    include_str!("../../../../assets/remote/config-check-lib.sh")
);
const SOCKETS: &str = concat!(
    include_str!("../../../../assets/remote/fpm-lib.sh"),
    include_str!("../../../../assets/remote/config-check-lib.sh"),
    include_str!("../../../../assets/remote/fpm-sockets.sh")
);
const NO_SOCKETS: &str = concat!(
    include_str!("../../../../assets/remote/fpm-lib.sh"),
    include_str!("../../../../assets/remote/config-check-lib.sh"),
    include_str!("../../../../assets/remote/fpm-no-sockets.sh")
);

/// What a pool is called on the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pool {
    /// The version of PHP.
    pub version: String,
    /// The site.
    pub domain: String,
}

impl Pool {
    /// Its file.
    pub fn file(&self) -> String {
        format!("/etc/php/{}/fpm/pool.d/brokeforge-{}.conf", self.version, self.domain)
    }

    /// Its socket; the kernel takes no path of more than 107 bytes.
    pub fn socket(&self) -> String {
        let name = match self.domain.len() {
            ..=64 => self.domain.clone(),
            _ => crate::packages::server::site::layout::short(&self.domain),
        };
        format!("/run/php/brokeforge-{}-{name}.sock", self.version)
    }
}

/// The step that makes changes to a version's configuration.
pub fn step(name: impl Into<String>, version: &str, changes: Changes) -> RemoteStep {
    changes.into_step(name, CHECK, APPLY).with("version", format!("{version}\n")).within(120)
}

/// The step that brings a pool.
pub fn bring(pool: &Pool, text: String) -> Step {
    let mut changes = Changes::default();
    changes.put(&pool.file(), text);
    let name = format!("write the pool in PHP {}, test and reload", pool.version);
    let mut step =
        step(name, &pool.version, changes).with("sockets", format!("{}\n", pool.socket()));
    step.verify = Some(SOCKETS.to_owned());
    Step::Remote(step)
}

/// The step that takes a pool away.
pub fn take_away(pool: &Pool) -> Step {
    let mut changes = Changes::default();
    changes.drop(&pool.file());
    let name = format!("take the pool out of PHP {}, test and reload", pool.version);
    let mut step =
        step(name, &pool.version, changes).with("sockets", format!("{}\n", pool.socket()));
    step.verify = Some(NO_SOCKETS.to_owned());
    Step::Remote(step)
}
