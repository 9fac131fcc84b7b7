//! The package `sudo`: what the app user may do as root, which is little: two fixed commands that
//! test a configuration and reload its service.

use crate::domain::{Action, Facts, Failure, Fields};
use crate::packages::{
    Answer, Field, Need, Package, Params, Plan, RemoteStep, Step, apt, files,
    plan::{milestone, record, unrecord},
};

use super::app_user;

const CHECK: &str = include_str!("../../../assets/remote/file-check.sh");
const PUT: &str = concat!(
    include_str!("../../../assets/remote/sudo-test.sh"),
    include_str!("../../../assets/remote/file-put.sh")
);
const VERIFY: &str = concat!(
    include_str!("../../../assets/remote/file-check.sh"),
    include_str!("../../../assets/remote/sudo-verify.sh")
);
const POLICY: &str = include_str!("../../../assets/remote/sudo-policy");
const POLICY_FILE: &str = "/etc/sudoers.d/brokeforge";
/// The commands: file and text.
/// Where they lie.
const FOLDER: &str = "/usr/local/lib/brokeforge";
const COMMANDS: [(&str, &str); 2] = [
    (
        "/usr/local/lib/brokeforge/reload-nginx",
        include_str!("../../../assets/remote/reload-nginx.sh"),
    ),
    ("/usr/local/lib/brokeforge/reload-php", include_str!("../../../assets/remote/reload-php.sh")),
];
const KIND: &str = "sudo";

/// The package.
#[derive(Debug)]
pub struct Sudo;

impl Package for Sudo {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn title(&self) -> &'static str {
        "sudo policy"
    }

    fn word(&self) -> Option<&'static str> {
        Some(KIND)
    }

    fn about(&self) -> &'static str {
        "What the app user may do as root: reload nginx and PHP, and nothing else"
    }

    fn fields(&self) -> &'static [Field] {
        &[]
    }

    fn needs(&self, _: &Fields) -> Vec<Need> {
        vec![Need { kind: app_user::KIND, name: None }]
    }

    fn apt(&self, _: &Fields, _: &Facts) -> Vec<String> {
        vec!["sudo".into()]
    }

    fn plan(&self, params: &Params<'_>, _: &Facts) -> Result<Answer, Failure> {
        let milestones = match params.action {
            Action::Install | Action::Update => install(params),
            Action::Remove => remove(),
        };
        Ok(Answer::Plan(Plan { milestones, undo: None, notes: Vec::new() }))
    }
}

fn install(params: &Params<'_>) -> Vec<crate::packages::Milestone> {
    let commands = COMMANDS
        .iter()
        .map(|(path, text)| {
            let place = files::Place { path, owner: "root:root", mode: "0755" };
            files::put(format!("write {path}"), place, *text)
        })
        .collect();
    let policy = RemoteStep {
        verify: Some(VERIFY.into()),
        ..RemoteStep::checked(format!("test the policy and write {POLICY_FILE}"), CHECK, PUT)
    }
    .with("place", format!("{POLICY_FILE}\nroot:root\n0440\n"))
    .with("content", POLICY);
    vec![
        milestone("packages", "Install sudo", vec![apt::install("install sudo", &["sudo"])]),
        milestone("commands", "Write the commands", commands),
        milestone("policy", "Let the app user run them", vec![Step::Remote(policy)]),
        milestone("complete", "Complete", vec![record(params, KIND, KIND, None, Fields::new())]),
    ]
}

fn remove() -> Vec<crate::packages::Milestone> {
    let policy = files::remove(format!("delete {POLICY_FILE}"), POLICY_FILE);
    let mut commands: Vec<Step> =
        COMMANDS.iter().map(|(path, _)| files::remove(format!("delete {path}"), path)).collect();
    commands.push(files::remove_empty("delete their folder, where it is empty", &[FOLDER]));
    vec![
        milestone("policy", "Take the permission away", vec![policy]),
        milestone("commands", "Delete the commands", commands),
        milestone("complete", "Complete", vec![unrecord(KIND, KIND)]),
    ]
}
