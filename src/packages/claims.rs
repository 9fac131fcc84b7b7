//! What is written down on a host as ours before it is made: one file a thing, `installed` or
//! `adopted`. Removal purges only what was installed by us, and gives back what was adopted.

use super::{RemoteStep, Step, files};

/// The folder.
const CLAIMS: &str = "/var/lib/brokeforge/claims";

const UNCLAIMED: &str = include_str!("../../assets/remote/file-removed.sh");
const UNCLAIM: &str = include_str!("../../assets/remote/unclaim.sh");

/// The step that writes down that something there is ours.
pub fn claimed(name: &str, how: &str) -> Step {
    let path = format!("{CLAIMS}/{name}");
    let place = files::Place { path: &path, owner: "root:root", mode: "0600" };
    files::put("write down on the host that it is ours", place, format!("{how}\n"))
}

/// The step that takes that back.
pub fn unclaimed(name: &str) -> Step {
    let step = RemoteStep::checked("take back on the host that it is ours", UNCLAIMED, UNCLAIM);
    Step::Remote(step.with("place", format!("{CLAIMS}/{name}\n")))
}
