//! Bringing an engine to the newest version that the package sources have: the dump that has been
//! looked at comes first, and whatever was found in it must be there afterwards. Its major version
//! stays: another one comes with another release of the distribution.

use super::{Engine, remove::DUMP, state::State};
use crate::domain::Failure;
use crate::packages::{Milestone, Params, RemoteStep, Step, apt, files, plan::milestone};

const CONTENTS: &str = include_str!("../../../../assets/remote/engine-contents.sh");

impl Engine {
    /// The milestones that upgrade it, or why that cannot be.
    pub(super) fn upgrade(
        &self,
        params: &Params<'_>,
        state: &State,
        notes: &mut Vec<String>,
        secret: Option<&str>,
    ) -> Result<Vec<Milestone>, Failure> {
        let name = format!("{}-upgrade", self.kind);
        let mut steps = vec![apt::refresh()];
        let family = [self.server, self.company].concat();
        let mut packages: Vec<&str> =
            state.installed(&family).map(|found| found.name.as_str()).collect();
        if !packages.contains(&self.package) {
            packages.push(self.package);
        }
        let upgrade = apt::upgrade(format!("upgrade {}", packages.join(", ")), &packages);
        if let Some(dump) = self.dump(params, state, notes, secret, &name)? {
            notes.push(format!(
                "If there is something newer: what is in it is dumped to \
                 /var/backups/brokeforge/{name}-TIME on the host first, and {} restarts.",
                self.title
            ));
            steps.push(Step::Remote(RemoteStep {
                check: dump.check.map(|dumped| format!("! ({}) || exit 0\n{dumped}", apt::NEWEST)),
                apply: dump.apply.map(|apply| format!("{apply}\n{CONTENTS}")),
                inputs: [dump.inputs, upgrade.inputs.clone()].concat(),
                ..dump
            }));
        }
        let whole = RemoteStep {
            verify: upgrade.check.as_ref().map(|newest| format!("{newest}\n{}", self.upgraded)),
            ..upgrade
        };
        let whole = whole.with("kind", format!("{name}\n")).within(DUMP);
        steps.push(Step::Remote(match secret {
            Some(secret) => whole.with_secret("password", secret),
            None => whole,
        }));
        let pointer = format!("/var/backups/brokeforge/.{name}");
        steps.push(files::remove("begin another folder with the next one", &pointer));
        Ok(vec![milestone("upgrade", format!("Upgrade {}", self.title), steps)])
    }
}
