//! Steps that install and purge distribution packages: one transaction each, without questions,
//! patient with whoever holds dpkg's locks, and telling who that is.

use super::{RemoteStep, Step};

const INSTALLED: &str = include_str!("../../assets/remote/apt-installed.sh");
const INSTALL: &str = concat!(
    include_str!("../../assets/remote/apt-lib.sh"),
    include_str!("../../assets/remote/apt-install.sh")
);
const PURGED: &str = include_str!("../../assets/remote/apt-purged.sh");
const PURGE: &str = concat!(
    include_str!("../../assets/remote/apt-lib.sh"),
    include_str!("../../assets/remote/apt-purge.sh")
);

const ALONE: &str = include_str!("../../assets/remote/apt-alone.sh");

/// Waiting for a lock (15 minutes) and installing take no longer, in seconds.
const LIMIT: u32 = 2700;

/// Installs packages that are not there yet, in one transaction, without what is only recommended.
pub fn install<S: AsRef<str>>(name: impl Into<String>, packages: &[S]) -> Step {
    Step::Remote(
        RemoteStep::checked(name, INSTALLED, INSTALL)
            .with("packages", lines(packages))
            .within(LIMIT),
    )
}

/// Purges packages, and nothing else: what was installed for them alone stays.
pub fn purge<S: AsRef<str>>(name: impl Into<String>, packages: &[S]) -> Step {
    Step::Remote(
        RemoteStep::checked(name, PURGED, PURGE).with("packages", lines(packages)).within(LIMIT),
    )
}

/// Fails where purging these packages would take others with it whose names begin otherwise.
pub fn alone<S: AsRef<str>>(packages: &[S], family: &[&str]) -> Step {
    let mut step = RemoteStep::new("see that nothing else goes with it")
        .with("packages", lines(packages))
        .with("family", lines(family))
        .within(LIMIT);
    step.verify = Some(ALONE.to_owned());
    Step::Remote(step)
}

fn lines<S: AsRef<str>>(packages: &[S]) -> String {
    packages.iter().map(|package| format!("{}\n", package.as_ref())).collect()
}
