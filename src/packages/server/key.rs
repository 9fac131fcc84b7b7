//! Steps about our login key in a user's `authorized_keys`. What others have there stays as it is.

use crate::domain::Which;
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
    let key = InputSource::PublicKey { user: user.into(), which: Which::Current };
    vec![Step::Local(store), Step::Remote(about(user, name, key, APPENDED, APPEND))]
}

/// Logs in with it, and uses it from then on.
pub fn prove(user: &str) -> Step {
    Step::Local(LocalStep::ProveLogin {
        name: format!("log in with it as {user} over a new connection"),
        user: user.into(),
        baseline: false,
        adopt: true,
        which: Which::Current,
    })
}

/// Takes our line away, and those of keys that are just being replaced.
pub fn remove(user: &str) -> Step {
    let name = format!("take our line out of {}", file(user));
    let keys = InputSource::PublicKeys { user: user.into() };
    Step::Remote(about(user, name, keys, REMOVED, REMOVE))
}

/// Makes the key that is to follow ours.
pub fn next(user: &str) -> Step {
    let name = format!("make a new login key for {user} and seal it");
    Step::Local(LocalStep::NextKey { name, user: user.into() })
}

/// Appends its public half, with what the line of the key that it follows is bound to.
pub fn append_next(user: &str) -> Step {
    let name = format!("append its public half to {}", file(user));
    let key = InputSource::PublicKey { user: user.into(), which: Which::Next };
    let mut step = about(user, name, key, APPENDED, APPEND);
    let source = InputSource::PublicKeys { user: user.into() };
    step.inputs.push(Input { name: "ours".into(), source });
    Step::Remote(step)
}

/// Logs in with it, and uses it in place of the old one from then on.
pub fn prove_next(user: &str) -> Step {
    Step::Local(LocalStep::ProveLogin {
        name: format!("log in with the new key as {user} over a new connection, and use it"),
        user: user.into(),
        baseline: false,
        adopt: true,
        which: Which::Next,
    })
}

/// Takes the old key's line away.
pub fn remove_old(user: &str) -> Step {
    let name = format!("take the old key's line out of {}", file(user));
    let key = InputSource::PublicKey { user: user.into(), which: Which::Old };
    Step::Remote(about(user, name, key, REMOVED, REMOVE))
}

/// Tries the old key, which must not let in any more.
pub fn prove_refused(user: &str) -> Step {
    let name = format!("try the old key as {user}: it must be refused");
    Step::Local(LocalStep::ProveRefused { name, user: user.into() })
}

/// Forgets the old key.
pub fn forget_old(user: &str) -> Step {
    let name = format!("forget the old key for {user}");
    Step::Local(LocalStep::ForgetOldKey { name, user: user.into() })
}

/// Deletes our key here.
pub fn forget(user: &str) -> Step {
    let name = format!("delete our login key for {user}");
    Step::Local(LocalStep::DeleteKey { name, user: user.into() })
}

fn about(user: &str, name: String, source: InputSource, check: &str, apply: &str) -> RemoteStep {
    let mut step = RemoteStep::checked(name, check, apply).with("user", format!("{user}\n"));
    step.inputs.push(Input { name: "key".into(), source });
    step
}

fn file(user: &str) -> String {
    match user {
        "root" => "/root/.ssh/authorized_keys".to_owned(),
        user => format!("~{user}/.ssh/authorized_keys"),
    }
}
