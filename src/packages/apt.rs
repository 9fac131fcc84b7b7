//! Steps that install and purge distribution packages: one transaction each, without questions,
//! patient with whoever holds dpkg's locks, and telling who that is.

use serde_json::Value;

use crate::domain::input::Verdict;

use super::{Milestone, RemoteStep, Step, plan::milestone};

const INSTALLED: &str = concat!(
    include_str!("../../assets/remote/apt-there-lib.sh"),
    include_str!("../../assets/remote/apt-installed.sh")
);
const INSTALL: &str = concat!(
    include_str!("../../assets/remote/apt-lib.sh"),
    include_str!("../../assets/remote/apt-install.sh")
);
/// Asks the sources what they have.
pub const REFRESH: &str = concat!(
    include_str!("../../assets/remote/apt-lib.sh"),
    include_str!("../../assets/remote/apt-update.sh")
);
const REFRESH_ALL: &str = concat!(
    include_str!("../../assets/remote/apt-lib.sh"),
    include_str!("../../assets/remote/apt-refresh.sh")
);
/// Is nothing newer to be had?
pub const NEWEST: &str = concat!(
    include_str!("../../assets/remote/apt-newer-lib.sh"),
    include_str!("../../assets/remote/apt-newest.sh")
);
const UPGRADE: &str = concat!(
    include_str!("../../assets/remote/apt-lib.sh"),
    include_str!("../../assets/remote/apt-upgrade.sh")
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

/// Asks the package sources what they have.
pub fn refresh() -> Step {
    let step = RemoteStep::new("ask the package sources what is new");
    Step::Remote(RemoteStep { apply: Some(REFRESH_ALL.to_owned()), ..step }.within(LIMIT))
}

/// Brings those of these packages that are there to the newest version, in one transaction that removes
/// nothing.
pub fn upgrade<S: AsRef<str>>(name: impl Into<String>, packages: &[S]) -> RemoteStep {
    RemoteStep::checked(name, NEWEST, UPGRADE).with("packages", lines(packages)).within(LIMIT)
}

/// The milestone of an upgrade of what keeps no data.
pub fn upgraded<S: AsRef<str>>(packages: &[S]) -> Milestone {
    let upgrade = upgrade("upgrade the packages", packages);
    milestone("upgrade", "Upgrade it", vec![refresh(), Step::Remote(upgrade)])
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

/// The verdict on names of packages with commas between; a list of texts. Debian's policy
/// (section 5.6.1) says what a name is: at least two of `a-z`, `0-9`, `+`, `-`, `.`, the first a
/// letter or digit.
pub fn names(text: &str) -> Verdict<Value> {
    let mut names: Vec<Value> = Vec::new();
    for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+-.".contains(&b);
        let begins = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        if name.len() < 2 || !name.bytes().all(good) || !name.as_bytes().first().is_some_and(begins)
        {
            return Verdict::No(format!("“{name}” is no name of a Debian package."));
        }
        if !names.iter().any(|known| known == name) {
            names.push(name.into());
        }
    }
    match names.is_empty() {
        true => Verdict::No("There is no package in it.".into()),
        false => Verdict::Ok(names.into()),
    }
}

fn lines<S: AsRef<str>>(packages: &[S]) -> String {
    packages.iter().map(|package| format!("{}\n", package.as_ref())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_debians() {
        for good in ["curl", "g++", "libapache2-mod-php8.2, unzip", "a0"] {
            assert!(matches!(names(good), Verdict::Ok(_)), "{good}");
        }
        for bad in ["", " , ", "a", "-curl", "Curl", "curl;reboot", "curl unzip", "ü-package"] {
            assert!(matches!(names(bad), Verdict::No(_)), "{bad}");
        }
        assert_eq!(names("b0,a0,b0").value().unwrap(), serde_json::json!(["b0", "a0"]));
    }
}
