//! The commands of a kind with a field of every sort, as they are read and as they print.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::json;

use super::grammar::{grammar, read};
use super::{Ask, Of, Values, print};
use crate::cli::Args;
use crate::domain::{Fields, Resource, ResourceId, ServerId, Status, Time};
use crate::fleet::{FieldSort, Kind, KindField, KindVerb, ResourceView, Unrecorded};

fn field(name: &str, sort: FieldSort) -> KindField {
    KindField {
        name: name.into(),
        title: name.replace('_', " "),
        help: format!("What its {name} is."),
        default: Some(String::new()),
        sort,
        choices: Vec::new(),
        column: false,
        fixed: false,
        asked: true,
    }
}

fn kind() -> Kind {
    let domain =
        KindField { default: None, fixed: true, column: true, ..field("domain", FieldSort::Text) };
    let sort = KindField {
        choices: vec!["round".into(), "square".into()],
        default: Some("round".into()),
        column: true,
        ..field("sort", FieldSort::Choice)
    };
    Kind {
        kind: "sample".into(),
        word: "sample".into(),
        title: "sample".into(),
        about: "A thing with a value of every sort.".into(),
        named_by: Some("domain".into()),
        keeps_data: false,
        fields: vec![
            domain,
            sort,
            KindField { default: Some("no".into()), ..field("loud", FieldSort::Flag) },
            field("extra_tags", FieldSort::List),
            field("note", FieldSort::Lines),
            field("password", FieldSort::Secret),
            KindField { asked: false, ..field("found_at", FieldSort::Text) },
        ],
        verbs: vec![KindVerb {
            word: "shout".into(),
            about: "Make it heard.".into(),
            sets: vec![("loud".into(), "yes".into())],
            answers: vec![("volume".into(), "high".into())],
        }],
    }
}

fn asked(line: &str) -> Result<Ask, String> {
    let words = line.split_whitespace();
    let root = clap::Command::new("brokeforge").subcommand(grammar(&kind()));
    let matches = root.try_get_matches_from(std::iter::once("brokeforge").chain(words));
    let matches = matches.map_err(|error| error.to_string())?;
    let (_, matches) = matches.subcommand().unwrap();
    read(kind(), matches).map(|command| command.ask).ok_or_else(|| "not read".to_owned())
}

fn of(name: &str) -> Of {
    Of { server: "web".into(), name: name.into() }
}

fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn values_come_from_their_flags_and_the_name_from_its_place() {
    let all = "sample add web a.example --sort square --loud --extra-tags x,y --extra-tags z \
               --note one --note two --password-file /f --answer port-80=leave --dry-run";
    let texts = pairs(&[
        ("domain", "a.example"),
        ("sort", "square"),
        ("loud", "yes"),
        ("extra_tags", "x,y,z"),
        ("note", "one\ntwo"),
    ]);
    let values = Values {
        texts,
        secrets: [("password".to_owned(), PathBuf::from("/f"))].into(),
        answers: pairs(&[("port-80", "leave")]),
        dry_run: true,
    };
    assert_eq!(asked(all), Ok(Ask::Add(of(""), values)));
    let only = Values { texts: pairs(&[("loud", "no")]), ..Values::default() };
    assert_eq!(asked("sample edit web a --loud=no"), Ok(Ask::Edit(of("a"), only)));
    let (texts, answers) = (pairs(&[("loud", "yes")]), pairs(&[("volume", "high")]));
    let verb = Values { texts, answers, ..Values::default() };
    assert_eq!(asked("sample shout web a"), Ok(Ask::Edit(of("a"), verb)));
    assert_eq!(asked("sample list"), Ok(Ask::List(None)));
    assert_eq!(asked("sample list web"), Ok(Ask::List(Some("web".into()))));
    let reveal = Some("password".to_owned());
    assert_eq!(asked("sample show web a --reveal password"), Ok(Ask::Show { of: of("a"), reveal }));
    assert_eq!(asked("sample remove web a"), Ok(Ask::Remove(of("a"), Values::default())));
    let answered = Values { answers: pairs(&[("k", "w")]), ..Values::default() };
    assert_eq!(asked("sample retry web a --answer k=w"), Ok(Ask::Retry(of("a"), answered)));
}

#[test]
fn what_is_not_declared_is_refused() {
    for line in [
        "sample add web",
        "sample add web a --sort flat",
        "sample add web a --loud=maybe",
        "sample add web a --found-at x",
        "sample add web a --password x",
        "sample edit web a --domain b",
        "sample add web a --answer leave",
        "sample show web a --reveal note",
        "sample whisper web a",
        "sample",
    ] {
        assert!(asked(line).is_err(), "{line}");
    }
}

#[test]
fn a_kind_of_which_a_server_has_one_takes_no_name() {
    let kind = Kind { named_by: None, fields: vec![field("size", FieldSort::Text)], ..kind() };
    let matches = |line: &str| {
        grammar(&kind)
            .try_get_matches_from(line.split_whitespace())
            .map(|matches| read(kind.clone(), &matches).unwrap().ask)
    };
    assert_eq!(matches("sample remove web").unwrap(), Ask::Remove(of(""), Values::default()));
    assert!(matches("sample remove web a").is_err());
    assert!(matches("sample add web").is_ok());
}

#[test]
fn help_is_drawn_from_the_declaration() {
    let mut command = grammar(&kind()).term_width(100);
    command.build();
    let mut text = String::new();
    for word in ["add", "show", "edit", "shout"] {
        let sub = command.find_subcommand_mut(word).unwrap();
        text.push_str(&format!("{}\n\n", sub.render_help()));
    }
    insta::assert_snapshot!(text);
}

#[test]
fn every_kind_that_there_is_has_a_grammar_without_clashes() {
    use clap::CommandFactory;
    Args::command().debug_assert();
}

fn view() -> ResourceView {
    let now: Time = "2026-02-03T04:05:06.789Z".parse().unwrap();
    let fields: Fields = json!({
        "domain": "a.example", "sort": "round", "loud": false, "extra_tags": ["x", "y"],
        "note": "one\ntwo", "found_at": "80",
    })
    .as_object()
    .unwrap()
    .clone();
    ResourceView {
        resource: Resource {
            id: ResourceId::new(now, 1),
            kind: "sample".into(),
            server: ServerId::new(now, 1),
            site: None,
            fields,
            status: Status::Active,
            error: None,
            created_at: now,
            updated_at: now,
        },
        server: "web".into(),
        name: "a.example".into(),
        called: "sample “a.example”".into(),
        texts: pairs(&[
            ("domain", "a.example"),
            ("sort", "round"),
            ("loud", "no"),
            ("extra_tags", "x,y"),
            ("note", "one\ntwo"),
            ("found_at", "80"),
        ]),
        sealed: vec!["password".into()],
        details: vec![("end of life".into(), "2027".into())],
        needs: vec!["firm ground".into()],
        dependants: Vec::new(),
        last: None,
    }
}

#[test]
fn tables_pairs_and_json_are_drawn_from_the_declaration() {
    let (kind, view) = (kind(), view());
    let (heads, rows) = print::cells(&kind, std::slice::from_ref(&view), &[], true);
    assert_eq!(heads, ["domain", "sort", "status", "id", "error"]);
    assert_eq!(rows[0][..3], ["a.example", "round", "active"]);
    let besides = Unrecorded {
        kind: "sample".into(),
        server: view.resource.server,
        server_name: "db".into(),
        name: "b.example".into(),
        called: "sample “b.example”".into(),
        fields: [("domain".to_owned(), "b.example".into())].into_iter().collect(),
        texts: pairs(&[("domain", "b.example")]),
    };
    let besides = [besides];
    let (heads, rows) = print::cells(&kind, std::slice::from_ref(&view), &besides, false);
    assert_eq!((heads[0].as_str(), rows[0][0].as_str()), ("server", "web"));
    assert_eq!(rows[1], ["db", "b.example", "", "not ours", "", ""]);
    let text = serde_json::to_string(&print::not_ours(&besides[0])).unwrap();
    let mark = r#""name":"b.example","ours":false,"fields":{"domain":"b.example"}}"#;
    assert!(text.ends_with(mark), "{text}");
    let lines: Vec<String> = print::pairs(&kind, &view)
        .into_iter()
        .filter(|(title, _)| *title != "id")
        .map(|(title, text)| format!("{title}: {text}"))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    sample: a.example
    server: web
    status: active
    sort: round
    loud: no
    extra tags: x, y
    note: one; two
    password: sealed; --reveal password prints it
    found at: 80
    end of life: 2027
    needs: firm ground
    ");
    let text = serde_json::to_string(&print::object(&kind, &view)).unwrap();
    let fields = r#""name":"a.example","ours":true,"fields":{"domain":"a.example","sort":"round","loud":false,"extra_tags":["x","y"],"note":"one\ntwo","found_at":"80"},"sealed":["password"],"details":{"end of life":"2027"},"needs":["firm ground"],"dependants":[],"status":"active","error":null"#;
    assert!(text.contains(fields), "{text}");
}
