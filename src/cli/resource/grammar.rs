//! The commands' grammar from the declaration, and back from what was matched.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, FromArgMatches, Subcommand, error::ErrorKind};

use super::{Ask, Command, Of, Values, answers};
use crate::fleet::{FieldSort, Kind, KindField, kinds};

const SERVER: &str = "server";
const NAME: &str = "resource-name";
const DRY_RUN: &str = "dry-run";
const REVEAL: &str = "reveal";

impl Subcommand for Command {
    fn augment_subcommands(command: clap::Command) -> clap::Command {
        kinds().iter().fold(command, |command, kind| command.subcommand(grammar(kind)))
    }

    fn augment_subcommands_for_update(command: clap::Command) -> clap::Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        kinds().iter().any(|kind| kind.word == name)
    }
}

impl FromArgMatches for Command {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let unknown = || clap::Error::new(ErrorKind::InvalidSubcommand);
        let (word, matches) = matches.subcommand().ok_or_else(unknown)?;
        let kind = kinds().into_iter().find(|kind| kind.word == word).ok_or_else(unknown)?;
        read(kind, matches).ok_or_else(unknown)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The command of a kind.
pub(super) fn grammar(kind: &Kind) -> clap::Command {
    // no article and no plural: a title can be any words
    let (it, those) = match kind.named_by {
        Some(_) => ("one", "those"),
        None => ("it", "it"),
    };
    let one = |word: &str, about: String| {
        clap::Command::new(word.to_owned()).about(about).arg(server(true)).args(name(kind))
    };
    let mut command = clap::Command::new(kind.word.clone())
        .about(kind.about.trim_end_matches('.').to_owned())
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            clap::Command::new("add")
                .about(format!("Add {it} to a server"))
                .arg(server(true))
                .args(kind.asked().map(|field| value(kind, field, true)))
                .args(asking()),
        )
        .subcommand(
            clap::Command::new("list")
                .about(format!("List {those} of a server, or of all"))
                .arg(server(false)),
        );
    let sealed: Vec<String> = kind
        .fields
        .iter()
        .filter(|f| f.sort == FieldSort::Secret)
        .map(|f| f.name.clone())
        .collect();
    let mut show = one("show", format!("Show {it} with all that is known of it"));
    if !sealed.is_empty() {
        show = show.arg(
            Arg::new(REVEAL)
                .long(REVEAL)
                .value_name("FIELD")
                .value_parser(PossibleValuesParser::new(sealed))
                .help("Print this sealed value instead, in the clear"),
        );
    }
    command = command.subcommand(show);
    let changes: Vec<Arg> =
        kind.asked().filter(|field| !field.fixed).map(|field| value(kind, field, false)).collect();
    if !changes.is_empty() {
        let about = format!("Change {it}; what is not given stays as it is");
        command = command.subcommand(one("edit", about).args(changes).args(asking()));
    }
    for verb in &kind.verbs {
        let about = verb.about.trim_end_matches('.').to_owned();
        command = command.subcommand(one(&verb.word, about).args(asking()));
    }
    command
        .subcommand(one("remove", format!("Remove {it} from its server")).args(asking()))
        .subcommand(one("retry", format!("Repeat what failed on {it}")).arg(answers::argument()))
}

/// What was matched; none for a command that the grammar has not.
pub(super) fn read(kind: Kind, matches: &ArgMatches) -> Option<Command> {
    let (word, matches) = matches.subcommand()?;
    let of = Of {
        server: matches.get_one::<String>(SERVER).cloned().unwrap_or_default(),
        name: text(matches, NAME).unwrap_or_default(),
    };
    let values = || values(&kind, matches);
    let ask = match word {
        "add" => Ask::Add(of, values()),
        "list" => Ask::List(matches.get_one::<String>(SERVER).cloned()),
        "show" => Ask::Show { of, reveal: text(matches, REVEAL) },
        "edit" => Ask::Edit(of, values()),
        "remove" => Ask::Remove(of, values()),
        "retry" => Ask::Retry(of, values()),
        word => {
            let verb = kind.verbs.iter().find(|verb| verb.word == word)?;
            let mut values = values();
            values.texts = verb.sets.iter().cloned().collect();
            values.answers.extend(verb.answers.iter().cloned());
            Ask::Edit(of, values)
        }
    };
    Some(Command { kind, ask })
}

fn server(required: bool) -> Arg {
    Arg::new(SERVER).value_name("SERVER").required(required).help("The server's name or id")
}

/// The argument that says which one; none where a server has but one.
fn name(kind: &Kind) -> Option<Arg> {
    let field = kind.field(kind.named_by.as_deref()?)?;
    let about = format!("Its {}, or its id", field.title);
    Some(Arg::new(NAME).value_name(upper(&field.name)).required(true).help(about))
}

fn asking() -> [Arg; 2] {
    [
        answers::argument(),
        Arg::new(DRY_RUN)
            .long(DRY_RUN)
            .action(ArgAction::SetTrue)
            .help("Print the steps, change nothing"),
    ]
}

/// The argument of a value: that of what names the resource has no flag.
fn value(kind: &Kind, field: &KindField, adds: bool) -> Arg {
    let is_name = kind.named_by.as_ref() == Some(&field.name);
    let arg = Arg::new(field.name.clone())
        .value_name(upper(&field.name))
        .required(adds && field.default.is_none())
        .help(help(field, adds));
    let arg = match is_name {
        true => arg,
        false => arg.long(flag(field)),
    };
    match field.sort {
        FieldSort::Text => arg,
        FieldSort::Choice => arg.value_parser(PossibleValuesParser::new(field.choices.clone())),
        FieldSort::Flag => arg
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("yes")
            .value_name("yes|no")
            .value_parser(PossibleValuesParser::new(["yes", "no"]))
            .hide_possible_values(true),
        FieldSort::List | FieldSort::Lines => arg.action(ArgAction::Append),
        FieldSort::Secret => arg.value_name("FILE"),
    }
}

fn help(field: &KindField, adds: bool) -> String {
    let mut help = field.help.trim_end_matches('.').to_owned();
    help.push_str(match (field.sort, adds) {
        (FieldSort::Secret, true) => {
            ". Read from this file (- is standard input); without it one is made"
        }
        (FieldSort::Secret, false) => ". Read from this file (- is standard input)",
        (FieldSort::List, _) => ". Commas between, or given more than once",
        (FieldSort::Lines, _) => ". Given once a line",
        _ => "",
    });
    if let (Some(default), true) = (field.default.as_deref(), adds)
        && !default.is_empty()
        && !matches!(field.sort, FieldSort::Secret | FieldSort::Flag)
    {
        help.push_str(&format!(" [default: {default}]"));
    }
    help
}

fn flag(field: &KindField) -> String {
    let name = field.name.replace('_', "-");
    if field.sort == FieldSort::Secret { format!("{name}-file") } else { name }
}

fn upper(name: &str) -> String {
    name.to_uppercase().replace('_', "-")
}

fn text(matches: &ArgMatches, id: &str) -> Option<String> {
    matches.try_get_one::<String>(id).ok().flatten().cloned()
}

fn values(kind: &Kind, matches: &ArgMatches) -> Values {
    let mut values = Values {
        answers: answers::read(matches),
        dry_run: matches.try_get_one::<bool>(DRY_RUN).ok().flatten().copied().unwrap_or_default(),
        ..Values::default()
    };
    for field in &kind.fields {
        let Ok(Some(given)) = matches.try_get_many::<String>(&field.name) else { continue };
        let given: Vec<&str> = given.map(String::as_str).collect();
        match field.sort {
            FieldSort::Secret => {
                let path = given.concat();
                values.secrets.insert(field.name.clone(), super::file(&path));
            }
            FieldSort::Lines => {
                values.texts.insert(field.name.clone(), given.join("\n"));
            }
            _ => {
                values.texts.insert(field.name.clone(), given.join(","));
            }
        }
    }
    values
}
