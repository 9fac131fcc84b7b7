//! A step as a plain ssh line that a person can try by hand.

use serde::{Deserialize, Serialize};

use crate::domain::{OperationId, Server, StepRecord};
use crate::packages::shell;

/// A line for a shell, and what is to be known about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByHand {
    /// The line.
    pub line: String,
    /// What is to be known.
    pub note: String,
}

/// The line for a step that ran on a host; none when no line can say it.
pub(super) fn line(
    server: &Server,
    user: &str,
    operation: OperationId,
    step: &StepRecord,
) -> Option<ByHand> {
    let login = if user == "root" { &server.user } else { user };
    let (port, place) = (server.port.to_string(), format!("{login}@{}", server.host));
    // Its files and secrets are not in the text.
    if step.text.contains("$BF_IN") || step.text.contains("••••••") {
        return Some(ByHand {
            line: shell::words(&["ssh", "-p", &port, &place]).ok()?,
            note: format!(
                "The step works on files that were sent with it, so it is no single line. This \
                 opens a shell there; what the run left behind lies in \
                 /var/lib/brokeforge/op/{operation}."
            ),
        });
    }
    let (phase, script) = telling(&step.text)?;
    let command = match script.strip_prefix("exec ").filter(|rest| !rest.contains('\n')) {
        Some(command) => command.to_owned(),
        None => shell::words(&["sh", "-euc", script]).ok()?,
    };
    let command = match user == "root" && login != "root" {
        true => format!("sudo -n {command}"),
        false => command,
    };
    let note = match phase {
        "apply" => "It logs in with a key of your own, and does again what the step does.",
        _ => "It logs in with a key of your own, and only looks.",
    };
    let line = shell::words(&["ssh", "-p", &port, &place, &command]).ok()?;
    Some(ByHand { line, note: note.to_owned() })
}

/// The phase that does the work, else the one that looks, out of a step's text as it was sent.
fn telling(text: &str) -> Option<(&'static str, &str)> {
    ["apply", "check", "verify"].into_iter().find_map(|phase| {
        let mark = format!("# {phase} (at most ");
        let (_, rest) = text.split_once(&mark)?;
        let (_, script) = rest.split_once('\n')?;
        let next = ["check", "apply", "verify"].map(|next| format!("\n# {next} (at most "));
        let end = next.iter().filter_map(|mark| script.find(mark)).min().unwrap_or(script.len());
        let script = script.get(..end)?.trim();
        (!script.is_empty()).then_some((phase, script))
    })
}

#[cfg(test)]
mod tests;
