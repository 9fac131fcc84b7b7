//! Taking an engine away: the dump that has been looked at comes first, its data is moved aside and
//! never deleted, and what was there before us stays.

use super::{Engine, LIMIT, expose, state::State};
use crate::domain::{Facts, Failure, Question};
use crate::packages::{
    Answer, Params, Plan, RemoteStep, Step, apt,
    plan::{milestone, unrecord},
    unclaimed,
};

/// A dump takes no longer, in seconds.
pub(super) const DUMP: u32 = 14_400;

/// The scripts that take an engine away.
#[derive(Debug)]
pub struct Removal {
    /// Is there nothing to dump?
    pub dumped: &'static str,
    /// Dumps everything, and looks at the dump.
    pub dump: &'static str,
    /// Is the data not in its place any more?
    pub aside: &'static str,
    /// Stops it and moves its data aside.
    pub move_aside: &'static str,
    /// Is our configuration not there?
    pub given_back: &'static str,
    /// Takes our configuration away and restarts it.
    pub give_back: &'static str,
    /// Files, folders and users that would be left: what it is and its name.
    pub rest: &'static [(&'static str, &'static str)],
}

const SWEPT: &str = crate::script!("engine-swept.sh");
const SWEEP: &str = crate::script!("engine-sweep.sh");

impl Engine {
    /// The plan that takes it away.
    ///
    /// # Errors
    /// When the facts cannot be understood.
    pub fn remove(
        &self,
        params: &Params<'_>,
        facts: &Facts,
        secret: Option<&str>,
    ) -> Result<Answer, Failure> {
        let state = self.state(facts)?;
        let mut milestones = Vec::new();
        let mut notes = Vec::new();
        let closed = expose::closed(self, params)?;
        if !closed.is_empty() {
            milestones.push(milestone("close", "Close what was open", closed));
        }
        match state.claims.get(self.kind).map(String::as_str) {
            Some("adopted") => {
                notes.push(format!(
                    "{} was there before us: it stays with its data, only our settings go.",
                    self.title
                ));
                let steps = vec![self.give_back(), unclaimed(self.kind)];
                milestones.push(milestone("settings", "Take our settings away", steps));
            }
            Some(_) => match self.purged(params, &state, &mut notes, secret)? {
                Ok(mut purged) => milestones.append(&mut purged),
                Err(answer) => return Ok(answer),
            },
            None => notes.push(format!(
                "{} was not set up by brokeforge; it stays as it is, only the record goes.",
                self.title
            )),
        }
        let done = vec![unrecord(self.kind, self.kind)];
        milestones.push(milestone("complete", "Complete", done));
        Ok(Answer::Plan(Plan { milestones, undo: None, notes }))
    }

    fn purged(
        &self,
        params: &Params<'_>,
        state: &State,
        notes: &mut Vec<String>,
        secret: Option<&str>,
    ) -> Result<Result<Vec<crate::packages::Milestone>, Answer>, Failure> {
        let mut milestones = Vec::new();
        match self.dump(params, state, notes, secret, self.kind) {
            Ok(dump) => {
                let step = dump.map(|step| milestone("dump", "Dump it", vec![Step::Remote(step)]));
                milestones.extend(step);
            }
            Err(refusal) => return Ok(Err(Answer::Refusal(refusal))),
        }
        let aside = RemoteStep {
            check: Some(self.removal.aside.into()),
            apply: Some(self.removal.move_aside.into()),
            verify: Some(self.removal.aside.into()),
            ..RemoteStep::new(format!("stop {} and move its data aside", self.title))
        };
        let aside = aside.with("kind", format!("{}\n", self.kind)).within(DUMP);
        milestones.push(milestone("aside", "Move the data aside", vec![Step::Remote(aside)]));
        notes.push(format!(
            "What was in it lies in /var/backups/brokeforge/{}-TIME on the host afterwards.",
            self.kind
        ));
        let others =
            state.clusters.iter().filter(|cluster| Some(*cluster) != state.cluster.as_ref());
        let others: Vec<String> =
            others.map(|[version, name, _]| format!("{version}/{name}")).collect();
        if others.is_empty() {
            let packages: Vec<&str> = state
                .installed(self.server)
                .chain(state.installed(self.company).filter(|found| !found.by_hand))
                .map(|found| found.name.as_str())
                .collect();
            let mut purge = Vec::new();
            if !packages.is_empty() {
                purge.push(apt::purge(format!("purge {}", packages.join(", ")), &packages));
            }
            let rest = self.removal.rest.iter().map(|(what, name)| format!("{what} {name}\n"));
            let sweep = RemoteStep::checked("leave nothing of it", SWEPT, SWEEP)
                .with("rest", rest.collect::<String>());
            purge.push(Step::Remote(sweep));
            purge.push(unclaimed(self.kind));
            milestones.push(milestone("purge", "Purge it", purge));
        } else {
            notes.push(format!(
                "There are other clusters ({}), so the packages stay.",
                others.join(", ")
            ));
            milestones.push(milestone("purge", "Let go of it", vec![unclaimed(self.kind)]));
        }
        Ok(Ok(milestones))
    }

    /// The step that dumps everything into a folder that `name` begins; none where that is not
    /// wanted. A refusal where it cannot be done.
    pub(super) fn dump(
        &self,
        params: &Params<'_>,
        state: &State,
        notes: &mut Vec<String>,
        secret: Option<&str>,
        name: &str,
    ) -> Result<Option<RemoteStep>, Failure> {
        if params.answer("dump") == Some("no") {
            notes.push("There is no dump.".into());
            return Ok(None);
        }
        // one that asks for its password is asked with it
        let silent = state.silent.as_ref().filter(|_| secret.is_none());
        if let (Some(filled), Some(said)) = (state.filled(), silent) {
            let message = format!("{} has {filled}: it cannot be dumped.", self.title);
            return Err(self.refusal(params, message).remedy(format!(
                "Let it answer again ({said}), or go on without a dump: --answer dump=no"
            )));
        }
        let step = RemoteStep {
            check: Some(self.removal.dumped.into()),
            apply: Some(self.removal.dump.into()),
            ..RemoteStep::new(format!("dump everything in {}, and look at the dump", self.title))
        };
        let step = step.with("kind", format!("{name}\n")).within(DUMP);
        Ok(Some(match secret {
            Some(secret) => step.with_secret("password", secret),
            None => step,
        }))
    }

    fn give_back(&self) -> Step {
        let step = RemoteStep::checked(
            format!("take our settings of {} away", self.title),
            self.removal.given_back,
            self.removal.give_back,
        );
        Step::Remote(step.within(LIMIT))
    }
}

/// A question about what hangs on something that is to go.
pub fn owned_question(key: &str, text: String, word: &str, meaning: &str) -> Answer {
    Answer::Questions(vec![Question::new(key, text).or(word, meaning)])
}
