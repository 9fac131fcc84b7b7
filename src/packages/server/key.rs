//! Steps about our login key in a user's `authorized_keys`. What others have there stays as it is.

use crate::packages::{Input, InputSource, LocalStep, RemoteStep, Step};

const APPENDED: &str = include_str!("../../../assets/remote/key-append-check.sh");
const APPEND: &str = include_str!("../../../assets/remote/key-append.sh");
const REMOVED: &str = include_str!("../../../assets/remote/key-remove-check.sh");
const REMOVE: &str = include_str!("../../../assets/remote/key-remove.sh");

/// Makes a login key for the user and appends its public half.
pub fn bring(user: &str) -> Vec<Step> {
    let store = LocalStep::StoreKey {
        name: format!("make a login key of our own for {user} and seal it"),
        user: user.into(),
    };
    let name = format!("append its public half to {}", file(user));
    vec![Step::Local(store), Step::Remote(about(user, name, APPENDED, APPEND))]
}

/// Logs in with it, and uses it from then on.
pub fn prove(user: &str) -> Step {
    Step::Local(LocalStep::ProveLogin {
        name: format!("log in with it as {user} over a new connection"),
        user: user.into(),
        baseline: false,
        adopt: true,
    })
}

/// Takes our line away.
pub fn remove(user: &str) -> Step {
    let name = format!("take our line out of {}", file(user));
    Step::Remote(about(user, name, REMOVED, REMOVE))
}

/// Deletes our key here.
pub fn forget(user: &str) -> Step {
    let name = format!("delete our login key for {user}");
    Step::Local(LocalStep::DeleteKey { name, user: user.into() })
}

fn about(user: &str, name: String, check: &str, apply: &str) -> RemoteStep {
    let mut step = RemoteStep::checked(name, check, apply).with("user", format!("{user}\n"));
    let source = InputSource::PublicKey { user: user.into() };
    step.inputs.push(Input { name: "key".into(), source });
    step
}

fn file(user: &str) -> String {
    match user {
        "root" => "/root/.ssh/authorized_keys".to_owned(),
        user => format!("~{user}/.ssh/authorized_keys"),
    }
}
