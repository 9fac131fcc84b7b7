//! The package `exec`: one command, run once. It keeps no state on the host; its record is the
//! history.

use serde::Deserialize;
use serde_json::Value;

use crate::domain::{Facts, Failure, Fields, input::Verdict};
use crate::packages::{
    Answer, Field, Package, Params, Plan, RemoteStep, Step, plan::milestone, shell,
};

/// A command may take this long: a day.
const LIMIT: u32 = 86_400;

/// The package.
#[derive(Debug)]
pub struct Exec;

/// The record's fields.
#[derive(Debug, Deserialize)]
struct Command {
    argv: Vec<String>,
}

const FIELDS: &[Field] = &[Field::new(
    "argv",
    "command",
    "The argument vector as a JSON list; a shell only by sh -c.",
    |text| match serde_json::from_str::<Vec<String>>(text) {
        Ok(argv) => argv_verdict(argv),
        Err(e) => Verdict::No(format!("The command is not a list of words: {e}.")),
    },
)];

fn argv_verdict(argv: Vec<String>) -> Verdict<Value> {
    if argv.first().is_none_or(String::is_empty) {
        return Verdict::No("There is no command.".into());
    }
    if let Err(why) = shell::words(&argv) {
        return Verdict::No(format!("This command cannot be run: {why}."));
    }
    Verdict::Ok(argv.into())
}

impl Package for Exec {
    fn kind(&self) -> &'static str {
        "exec"
    }

    fn title(&self) -> &'static str {
        "command"
    }

    fn named_by(&self) -> Option<&'static str> {
        Some("argv")
    }

    fn name(&self, fields: &Fields) -> String {
        let argv = fields.get("argv").and_then(Value::as_array);
        let words = argv.into_iter().flatten().filter_map(Value::as_str);
        words.collect::<Vec<_>>().join(" ")
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn asks(&self) -> bool {
        false
    }

    fn leaves_running(&self) -> bool {
        true
    }

    fn plan(&self, params: &Params<'_>, _: &Facts) -> Result<Answer, Failure> {
        let record = params
            .resource
            .ok_or_else(|| Failure::internal("An operation on a command names no command."))?;
        let Command { argv } = record.read()?;
        if let Verdict::No(why) = argv_verdict(argv.clone()) {
            return Err(Failure::input(why));
        }
        let command =
            shell::words(&argv).map_err(|e| Failure::input(format!("The command: {e}.")))?;
        let run = Step::Remote(RemoteStep {
            // the command's exit status is the step's
            apply: Some(format!("exec {command}\n")),
            limit: LIMIT,
            ..RemoteStep::new(command)
        });
        let milestones = vec![
            milestone("run", "Run the command", vec![run]),
            milestone("complete", "Complete", Vec::new()),
        ];
        Ok(Answer::Plan(Plan { milestones, undo: None, notes: Vec::new() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_an_argument_vector() {
        let check = FIELDS[0].check;
        assert!(matches!(check(r#"["echo", "a b"]"#), Verdict::Ok(_)));
        for bad in ["echo", "[]", r#"[""]"#, "[\"a\\u0000\"]"] {
            assert!(matches!(check(bad), Verdict::No(_)), "{bad}");
        }
    }
}
