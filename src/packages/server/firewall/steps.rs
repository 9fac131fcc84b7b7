//! The steps that bring a wanted firewall onto the host under commit-confirm, and the way back.
//! Scripts are constant; what differs travels as files.

use crate::{
    domain::{OperationId, Which},
    packages::{
        Input, InputSource, LocalStep, Milestone, Params, RemoteStep, Step, Undo, plan::milestone,
    },
};

macro_rules! asset {
    ($name:literal) => {
        include_str!(concat!("../../../../assets/remote/", $name))
    };
}

/// A script of a step, with what all of them share.
macro_rules! script {
    ($name:literal) => {
        concat!(asset!("firewall-lib.sh"), asset!("firewall-step.sh"), asset!($name))
    };
}

/// What the host answers about its firewall.
pub const PROBE: &str = asset!("firewall-probe.sh");

const RESTORE: &str = concat!(asset!("firewall-lib.sh"), asset!("firewall-restore.sh"));
const SERVICE: &str = asset!("firewall-restore.service");
const TIMER: &str = asset!("firewall-restore.timer");

/// Within this many seconds after arming the host has gone back by itself: its timer's 60, and
/// what going back takes.
const DEADLINE: u32 = 75;

/// What the firewall is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// In force, or out of it.
    pub on: bool,
    /// What comes in and no rule is for is denied; else the host's own default stays.
    pub deny: bool,
    /// The rules file of IPv4, where it is to be written, and the digest of the one it was made
    /// from.
    pub v4: Option<File>,
    /// The same for IPv6.
    pub v6: Option<File>,
}

/// A rules file to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its bytes.
    pub text: String,
    /// The digest of the file that it was made from; without one, the package's untouched file.
    pub base: Option<String>,
}

impl Wanted {
    fn inputs(&self, operation: OperationId) -> Vec<Input> {
        let base = |file: &Option<File>| match file {
            None => "any".to_owned(),
            Some(file) => file.base.clone().unwrap_or_else(|| "new".to_owned()),
        };
        let state = match (self.on, &self.v4) {
            (true, _) => "on\n",
            (false, None) => "off\n",
            // it is off: its files alone are edited
            (false, Some(_)) => "files\n",
        };
        let mut inputs = vec![
            text("operation", operation.to_string()),
            text("state", state),
            text("policy", if self.deny { "DROP\n" } else { "keep\n" }),
            text("base", format!("{} {}\n", base(&self.v4), base(&self.v6))),
        ];
        inputs.extend(self.v4.iter().map(|file| text("user.rules", file.text.as_str())));
        inputs.extend(self.v6.iter().map(|file| text("user6.rules", file.text.as_str())));
        inputs
    }

    /// The step that brings it about.
    pub fn apply(&self, name: &str, operation: OperationId) -> RemoteStep {
        RemoteStep {
            check: Some(script!("firewall-check.sh").into()),
            apply: Some(script!("firewall-apply.sh").into()),
            verify: Some(script!("firewall-verify.sh").into()),
            inputs: self.inputs(operation),
            // well before the host's timer fires
            limit: 40,
            ..RemoteStep::new(name)
        }
    }

    /// The milestones where all is as wanted already, as far as the host told: that it is so is
    /// seen once more, and nothing is changed.
    pub fn settled(&self, operation: OperationId) -> Vec<Milestone> {
        let step =
            RemoteStep { apply: None, ..self.apply("see that it is in force already", operation) };
        vec![remote("apply", "See that it is in force", step)]
    }

    /// All milestones from the proof of what works now to the confirmation, with the installation
    /// of ufw among them where it is asked for.
    pub fn confirmed(&self, params: &Params<'_>, name: &str, install: bool) -> Vec<Milestone> {
        let operation = params.operation;
        let inputs = self.inputs(operation);
        let check = Some(script!("firewall-check.sh").to_owned());
        let restore = |asset: &str| asset.replace("@operation@", &operation.to_string());
        let mut save = inputs.clone();
        save.push(text("restore.sh", RESTORE));
        let mut arm = inputs.clone();
        arm.push(text("restore.service", restore(SERVICE)));
        arm.push(text("restore.timer", restore(TIMER)));
        let mut milestones = vec![milestone(
            "baseline",
            "See which addresses let us in",
            vec![prove("log in over a new connection, before anything changes", true)],
        )];
        if install {
            let step = RemoteStep {
                check: Some(script!("firewall-installed.sh").into()),
                apply: Some(script!("firewall-install.sh").into()),
                verify: Some(script!("firewall-installed.sh").into()),
                inputs: vec![text("operation", operation.to_string())],
                limit: 1800,
                ..RemoteStep::new("install ufw")
            };
            milestones.push(milestone("install", "Install ufw", vec![Step::Remote(step)]));
        }
        milestones.extend([
            remote(
                "save",
                "Save the present state",
                RemoteStep {
                    check: check.clone(),
                    apply: Some(script!("firewall-save.sh").into()),
                    inputs: save,
                    ..RemoteStep::new("save ufw's files and the kernel's rules on the host")
                },
            ),
            remote(
                "arm",
                "Arm the way back",
                RemoteStep {
                    check,
                    apply: Some(script!("firewall-arm.sh").into()),
                    verify: Some(script!("firewall-armed.sh").into()),
                    inputs: arm,
                    arms: true,
                    ..RemoteStep::new("arm the timer that puts the saved state back after 60 s")
                },
            ),
            remote("apply", "Apply", self.apply(name, operation)),
            milestone(
                "proof",
                "Prove that we still get in",
                vec![prove("log in over a new connection by each address", false)],
            ),
            remote(
                "disarm",
                "Confirm",
                RemoteStep {
                    check: Some(script!("firewall-unarmed.sh").into()),
                    apply: Some(script!("firewall-disarm.sh").into()),
                    verify: Some(script!("firewall-unarmed.sh").into()),
                    inputs,
                    disarms: true,
                    ..RemoteStep::new("keep the new state and take the timer away")
                },
            ),
        ]);
        milestones
    }

    /// The way back.
    pub fn undo(&self, operation: OperationId) -> Undo {
        let step = RemoteStep {
            apply: Some(script!("firewall-undo.sh").into()),
            verify: Some(script!("firewall-restored.sh").into()),
            inputs: self.inputs(operation),
            ..RemoteStep::new("put the saved state back")
        };
        Undo { step, deadline: DEADLINE }
    }
}

fn text(name: &str, text: impl Into<String>) -> Input {
    Input { name: name.to_owned(), source: InputSource::Text(text.into()) }
}

fn prove(name: &str, baseline: bool) -> Step {
    Step::Local(LocalStep::ProveLogin {
        name: name.to_owned(),
        user: "root".to_owned(),
        baseline,
        adopt: false,
        which: Which::Current,
    })
}

fn remote(key: &str, label: &str, step: RemoteStep) -> Milestone {
    milestone(key, label, vec![Step::Remote(step)])
}
