//! Bringing an engine to the newest version that the package sources have: the dump that has been
//! looked at comes first, and whatever was found in it must be there afterwards. Its major version
//! stays: another one comes with another release of the distribution.

use super::{Engine, remove::DUMP, state::State};
use crate::domain::Failure;
use crate::packages::{Milestone, Params, RemoteStep, Step, apt, files, plan::milestone};

const ANEW: &str = include_str!("../../../../assets/remote/engine-dump-anew.sh");
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
        let mut packages: Vec<&str> = state
            .installed(self.server)
            .chain(state.installed(self.company))
            .map(|found| found.name.as_str())
            .collect();
        if !packages.contains(&self.package) {
            packages.push(self.package);
        }
        let (names, parts) = self.generation;
        let mut upgrade = apt::upgrade(format!("upgrade {}", packages.join(", ")), &packages)
            .with("generation", format!("{names} {parts}\n"))
            .within(DUMP);
        let mut steps = vec![apt::refresh()];
        if let Some(dump) = self.dump(params, state, notes, secret, &name)? {
            notes.push(format!(
                "If there is something newer: what is in it is dumped to \
                 /var/backups/brokeforge/{name}-TIME on the host first, and {} restarts.",
                self.title
            ));
            let nothing_newer = format!(
                "newest=0\n({}) || newest=$?\n\
                 case $newest in 0) exit 0 ;; 1) ;; *) exit \"$newest\" ;; esac",
                apt::NEWEST
            );
            steps.push(Step::Remote(RemoteStep {
                check: dump.check.map(|dumped| format!("{nothing_newer}\n{dumped}")),
                apply: dump.apply.map(|apply| format!("{ANEW}\n{apply}\n{CONTENTS}")),
                inputs: [dump.inputs, upgrade.inputs.clone()].concat(),
                ..dump
            }));
            // without a dump there is nothing to compare with
            let whole = format!("{}\n{}", apt::NEWEST, self.upgraded);
            upgrade.check = Some(whole.clone());
            upgrade.verify = Some(whole);
            upgrade = upgrade.with("kind", format!("{name}\n"));
            if let Some(secret) = secret {
                upgrade = upgrade.with_secret("password", secret);
            }
        }
        steps.push(Step::Remote(upgrade));
        let pointer = format!("/var/backups/brokeforge/.{name}");
        steps.push(files::remove("begin another folder with the next dump", &pointer));
        Ok(vec![milestone("upgrade", format!("Upgrade {}", self.title), steps)])
    }
}
