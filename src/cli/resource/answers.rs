//! What a package asks before it can make a plan: asked on a terminal with the careful answer as
//! the default, or given beforehand by `--answer`.

use std::collections::BTreeMap;

use clap::{Arg, ArgAction, ArgMatches};

use crate::cli::{Context, Halt, table};
use crate::domain::{Failure, Question};

const ANSWER: &str = "answer";
/// The word that means: do nothing.
const STOP: &str = "stop";

/// `--answer KEY=WORD`.
pub(super) fn argument() -> Arg {
    Arg::new(ANSWER)
        .long(ANSWER)
        .value_name("KEY=WORD")
        .action(ArgAction::Append)
        .value_parser(pair)
        .help("Answer a question beforehand; may be given more than once")
}

/// An answer as it is given.
pub(in crate::cli) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, word)) if !key.is_empty() && !word.is_empty() => {
            Ok((key.to_owned(), word.to_owned()))
        }
        _ => Err("it is not of the form KEY=WORD".to_owned()),
    }
}

/// The answers that were given.
pub(super) fn read(matches: &ArgMatches) -> BTreeMap<String, String> {
    let given = matches.try_get_many::<(String, String)>(ANSWER).ok().flatten();
    given.into_iter().flatten().cloned().collect()
}

/// The answers to what a failure asks. None when it asks nothing, nobody can be asked, what was
/// answered is asked again, or the answer is to stop.
pub(in crate::cli) fn ask(
    context: &mut Context,
    failure: &Failure,
    given: &BTreeMap<String, String>,
) -> Result<Option<BTreeMap<String, String>>, Halt> {
    let open: Vec<&Question> =
        failure.questions.iter().filter(|question| !given.contains_key(&question.key)).collect();
    if open.is_empty() || !context.face.can_ask {
        return Ok(None);
    }
    let mut answers = BTreeMap::new();
    for question in open {
        let word = one(context, question)?;
        if word == STOP {
            return Ok(None);
        }
        answers.insert(question.key.clone(), word);
    }
    Ok(Some(answers))
}

fn one(context: &mut Context, question: &Question) -> Result<String, Halt> {
    context.face.note(&table::one_line(&question.text));
    let widest = question.answers.iter().map(|answer| answer.word.len()).max().unwrap_or_default();
    for answer in &question.answers {
        let (word, meaning) = (&answer.word, table::one_line(&answer.meaning));
        context.face.note(&format!("  {word:widest$}  {meaning}"));
    }
    let careful = question.answers.first().map(|answer| answer.word.as_str()).unwrap_or_default();
    loop {
        let typed = context.face.ask_typed(&format!("Answer [{careful}]: "))?;
        if typed.is_empty() {
            return Ok(careful.to_owned());
        }
        if question.takes(&typed) {
            return Ok(typed);
        }
        context.face.note(&format!("“{}” is none of these.", table::one_line(&typed)));
    }
}
