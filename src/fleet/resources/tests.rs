//! What is said of a draft, what is written when it is taken, and what stands in the way.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;

use super::{LastOperation, ResourceDraft, ResourceView};
use crate::clock::SystemClock;
use crate::domain::{
    Document, Facts, Failure, FailureKind, HostTrust, Login, Operation, OperationId, Outcome,
    Resource, ResourceId, Secret, Server, ServerFacts, ServerId, Status, Time,
};
use crate::fleet::{
    Consent, Inverse, Paths, Target,
    kinds::{FieldSort, kinds_of},
    local::{Local, Opening},
    undo::Undo,
};
use crate::packages::{sample, secret_name};
use crate::ssh::Limits;
use crate::store::{Batch, Expected};
use crate::vault::Cost;

struct Fixture {
    fleet: Local,
    server: ServerId,
    _home: TempDir,
}

fn at(second: i64) -> Time {
    Time::from_second(1_800_000_000 + second).unwrap()
}

/// A fleet with one server, which nothing answers for.
async fn fixture() -> Fixture {
    let home = tempfile::tempdir().unwrap();
    let paths = Paths::under(home.path());
    paths.prepare().unwrap();
    let second = Duration::from_secs(1);
    let limits = Limits { tcp: second, tries: 1, ..Limits::default() };
    let fleet = Local::open(&Opening {
        paths,
        clock: Arc::new(SystemClock),
        cost: Cost::STRONG,
        limits,
        packages: sample::packages(),
    })
    .unwrap();
    fleet.vault_init(None).await.unwrap();
    let server = ServerId::new(at(0), 1);
    let mut record = Server {
        id: server,
        name: "web".into(),
        // a port that nobody listens on
        host: "127.0.0.1".into(),
        port: 1,
        user: "root".into(),
        login: Login::Agent,
        trust: HostTrust::AcceptNew,
        host_keys: Vec::new(),
        tags: Default::default(),
        replaced: None,
        status: Status::Pending,
        error: None,
        created_at: at(0),
        updated_at: at(0),
    };
    let mut batch = Batch::new();
    for status in [Status::Pending, Status::Installing, Status::Active] {
        record.status = status;
        batch.put(&record, Expected::Anything);
    }
    fleet.store().commit(batch).await.unwrap();
    Fixture { fleet, server, _home: home }
}

impl Fixture {
    /// Puts a resource there as if it had been installed.
    async fn there(&self, kind: &str, values: &[(&str, &str)], status: Status) -> ResourceId {
        let fields = values.iter().map(|(name, text)| ((*name).to_owned(), (*text).into()));
        let mut resource = self.fleet.fresh(self.server, kind, fields.collect());
        let way: &[Status] = match status {
            Status::Active => &[Status::Pending, Status::Installing, Status::Active],
            Status::Failed => &[Status::Pending, Status::Installing, Status::Failed],
            other => panic!("no way to {other}"),
        };
        let mut batch = Batch::new();
        for status in way {
            resource.status = *status;
            batch.put(&resource, Expected::Anything);
        }
        self.fleet.store().commit(batch).await.unwrap();
        resource.id
    }

    /// Waits until an operation is over; nothing answers, so it fails.
    async fn over(&self, id: OperationId) -> Operation {
        let mut changes = self.fleet.store().subscribe(crate::store::Scope::All);
        loop {
            let operation = self.fleet.operation(id).unwrap();
            if operation.outcome.is_end() {
                return operation;
            }
            changes.next().await.unwrap();
        }
    }

    fn find(&self, name: &str) -> ResourceView {
        self.fleet.find_resource(self.server, "sample", name).unwrap()
    }

    fn documents(&self) -> Vec<String> {
        let all = self.fleet.store().scan::<Document>(&[]).unwrap();
        let mut keys: Vec<String> = all.into_iter().map(|stored| stored.record.key).collect();
        keys.retain(|key| key.contains("/resource/"));
        keys
    }

    /// Ends what operations said of a resource as if its host had done it.
    async fn succeed(&self, id: ResourceId) {
        let stored = self.fleet.stored_resource(self.server, id).unwrap();
        let mut resource = stored.record;
        let mut batch = Batch::new();
        for status in [Status::Pending, Status::Installing, Status::Active] {
            resource.status = status;
            resource.error = None;
            batch.put(&resource, Expected::Anything);
        }
        self.fleet.store().commit(batch).await.unwrap();
    }
}

fn draft(texts: &[(&str, &str)]) -> ResourceDraft {
    let texts = texts.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    ResourceDraft { texts: texts.collect(), ..ResourceDraft::default() }
}

fn with_password(texts: &[(&str, &str)], password: &str) -> ResourceDraft {
    let secret = Secret::from_text(password.to_owned());
    ResourceDraft { secrets: [("password".to_owned(), secret)].into(), ..draft(texts) }
}

#[test]
fn a_kind_tells_all_that_its_package_declares() {
    let kinds = kinds_of(sample::packages());
    let words: Vec<&str> = kinds.iter().map(|kind| kind.word.as_str()).collect();
    assert_eq!(words, ["ground", "sample"]);
    let sample = &kinds[1];
    let sort = sample.field("sort").unwrap();
    assert_eq!((sort.sort, sort.choices.join(" ")), (FieldSort::Choice, "round square".into()));
    assert_eq!(sort.default.as_deref(), Some("round"));
    let domain = sample.field("domain").unwrap();
    assert!(domain.fixed && domain.column && domain.default.is_none());
    assert!(!sample.asked().any(|field| field.name == "port"));
    assert_eq!(sample.verbs[0].sets, [("loud".to_owned(), "yes".to_owned())]);
    assert!(kinds[0].keeps_data && !sample.keeps_data);
    assert_eq!(
        (sample.called("a"), kinds[0].called("ground")),
        ("sample “a”".into(), "firm ground".into())
    );
    let json = serde_json::to_string(&kinds).unwrap();
    assert_eq!(serde_json::from_str::<Vec<super::super::Kind>>(&json).unwrap(), kinds);
}

#[tokio::test]
async fn every_value_has_its_verdict() {
    let f = fixture().await;
    let said = |draft: &ResourceDraft| {
        let review = f.fleet.review_resource(f.server, "sample", None, draft).unwrap();
        let lines = |sign: char, list: &[(String, String)]| {
            list.iter().map(|(field, why)| format!("{sign} {field}: {why}")).collect::<Vec<_>>()
        };
        [lines('=', &review.fixes), lines('?', &review.warnings), lines('!', &review.refusals)]
            .concat()
    };
    assert_eq!(said(&draft(&[])), ["! domain: The domain must be given."]);
    assert_eq!(said(&draft(&[("domain", " ")])), ["! domain: The domain must be given."]);
    assert_eq!(
        said(&draft(&[("domain", "a"), ("sort", "flat"), ("port", "1"), ("no", "x")])),
        [
            "! no: “no” is the name of no value here.",
            "! sort: “flat” is none of round, square.",
            "! port: The port is found out, not given.",
        ]
    );
    assert_eq!(
        said(&draft(&[("domain", "a"), ("password", "x")])),
        ["! password: The password is sealed; it is not given as plain text."]
    );
    assert_eq!(
        said(&draft(&[("domain", "a"), ("sort", "square"), ("loud", "yes")])),
        ["! loud: What is square is never heard."]
    );
    // only what is right in itself is asked what it needs
    assert_eq!(
        said(&with_password(&[("domain", "A")], "short")),
        [
            "= domain: It is in lower case.",
            "? password: The password is shorter than 12 characters.",
            "! : Sample needs firm ground, and “web” has none. Add it first: brokeforge ground \
             add web",
        ]
    );
    f.there("ground", &[], Status::Failed).await;
    assert_eq!(
        said(&draft(&[("domain", "a")])),
        ["! : Sample needs firm ground, which is failed on “web”."]
    );
    f.there("ground", &[], Status::Active).await;
    assert!(said(&draft(&[("domain", "a")])).is_empty());
    // a name is one thing's, whatever its case
    f.there("sample", &[("domain", "taken")], Status::Failed).await;
    assert_eq!(
        said(&draft(&[("domain", "taken")])),
        [
            "! domain: “web” has sample “taken” already (failed). To try it again: brokeforge sample \
          retry web taken"
        ]
    );
    assert!(f.fleet.review_resource(f.server, "nothing", None, &draft(&[])).is_err());
}

#[tokio::test]
async fn the_record_comes_first_and_its_secret_with_it_but_not_in_it() {
    let f = fixture().await;
    f.there("ground", &[], Status::Active).await;
    let values = with_password(&[("domain", "A"), ("extra_tags", "x,y")], "short");
    let refused = f.fleet.add_resource(f.server, "sample", values.clone(), Consent::None).await;
    assert!(refused.unwrap_err().message.contains("shorter than 12"));
    assert!(f.documents().is_empty(), "what is refused leaves nothing");

    let started = f.fleet.add_resource(f.server, "sample", values, Consent::Yes).await.unwrap();
    let id = started.resource.unwrap();
    let view = f.find("a");
    assert_eq!(view.resource.id, id);
    assert_eq!(view.called, "sample “a”");
    let texts: Vec<String> =
        view.texts.iter().map(|(name, text)| format!("{name}={text}")).collect();
    assert_eq!(texts, ["domain=a", "extra_tags=x,y", "loud=no", "note=", "port=80", "sort=round"]);
    assert_eq!(
        (view.sealed.as_slice(), view.needs.as_slice()),
        (["password".to_owned()].as_slice(), ["firm ground".to_owned()].as_slice(),)
    );
    assert_eq!(view.details, [("length".to_owned(), "1".to_owned())]);
    let stored = format!("{:?}", f.fleet.everything_on(f.server).unwrap());
    assert!(!stored.contains("short"), "{stored}");
    assert_eq!(f.fleet.reveal(f.server, id, "password").unwrap().0.reveal_text(), Some("short"));
    assert!(f.fleet.reveal(f.server, id, "domain").is_err());

    let operation = f.over(started.operation).await;
    assert_eq!((operation.what().as_str(), operation.outcome), ("add sample “a”", Outcome::Failed));
    let last = f.find(&id.to_string()).last.unwrap();
    let LastOperation { id: last, what, .. } = last;
    assert_eq!((last, what.as_str()), (operation.id, "add sample “a”"));
    let twice = f.fleet.add_resource(f.server, "sample", draft(&[("domain", "a")]), Consent::Yes);
    assert_eq!(twice.await.unwrap_err().kind, FailureKind::Input);
}

#[tokio::test]
async fn an_edit_keeps_what_it_does_not_name_and_puts_all_back_when_nothing_came_of_it() {
    let f = fixture().await;
    f.there("ground", &[], Status::Active).await;
    let first = with_password(&[("domain", "a"), ("note", "n")], "the first of them");
    let started = f.fleet.add_resource(f.server, "sample", first, Consent::None).await.unwrap();
    let id = started.resource.unwrap();
    f.over(started.operation).await;
    f.succeed(id).await;

    let other = f.fleet.review_resource(f.server, "sample", Some(id), &draft(&[("domain", "b")]));
    let why = "The domain stays as it was; remove this one and add another.";
    assert_eq!(other.unwrap().refusals, [("domain".to_owned(), why.to_owned())]);
    // the same in other letters is the same
    let values = with_password(&[("domain", "A"), ("loud", "yes")], "the second of them");
    let started = f.fleet.edit_resource(f.server, id, values, Consent::None).await.unwrap();
    let operation = f.over(started.operation).await;
    assert_eq!(operation.fields_before.as_ref().unwrap()["loud"], false);
    let wanted = operation.choices["fields"].as_object().unwrap();
    assert_eq!((&wanted["loud"], &wanted["note"]), (&true.into(), &"n".into()));
    // nothing reached the host: the record and what was sealed are as before
    let view = f.find("a");
    assert_eq!((view.resource.status, view.texts["loud"].as_str()), (Status::Active, "no"));
    let secret = f.fleet.reveal(f.server, id, "password").unwrap().0;
    assert_eq!(secret.reveal_text(), Some("the first of them"));
    assert_eq!(f.documents(), [format!("secret/{}/{}", f.server, secret_name(id, "password"))]);
    let undo = f.fleet.undo_of(Target::Operation(operation.id));
    assert!(undo.is_err(), "what changed nothing is not undone");
}

#[tokio::test]
async fn what_is_needed_stays_and_says_by_whom() {
    let f = fixture().await;
    let ground = f.there("ground", &[], Status::Active).await;
    let one = f.there("sample", &[("domain", "one")], Status::Active).await;
    f.there("sample", &[("domain", "two")], Status::Failed).await;
    let view = f.fleet.find_resource(f.server, "ground", "").unwrap();
    assert_eq!(view.dependants, ["sample “one”", "sample “two”"]);
    let none = BTreeMap::new();
    let refused = f.fleet.remove_resource(f.server, ground, none.clone()).await.unwrap_err();
    assert_eq!(
        refused.message,
        "Firm ground of “web” stays: it is needed by sample “one”, sample “two”."
    );
    assert_eq!(
        refused.remedy.unwrap(),
        "Remove what needs it first: brokeforge sample remove web one; brokeforge sample remove \
         web two"
    );
    let started = f.fleet.remove_resource(f.server, one, none).await.unwrap();
    let operation = f.over(started.operation).await;
    assert_eq!(operation.what(), "remove sample “one”");
    assert!(operation.fields_before.is_some());
    let all = f.fleet.resources_of(None, Some(f.server)).unwrap();
    let names: Vec<&str> = all.iter().map(|view| view.name.as_str()).collect();
    assert_eq!(names, ["ground", "one", "two"]);
    assert_eq!(f.fleet.resources_of(Some("sample"), None).unwrap().len(), 2);
    let missing = f.fleet.find_resource(f.server, "sample", "three").unwrap_err();
    assert_eq!(missing.remedy.unwrap(), "`brokeforge sample list web` shows those there are.");
}

#[tokio::test]
async fn what_a_host_has_besides_is_told_and_can_be_added() {
    let f = fixture().await;
    assert!(f.fleet.unrecorded(None, None).unwrap().is_empty());
    let mut facts = Facts::default();
    facts.sections.insert("sample".into(), "two one".into());
    let mut batch = Batch::new();
    batch.put(&ServerFacts { server: f.server, facts }, Expected::Anything);
    f.fleet.store().commit(batch).await.unwrap();
    f.there("ground", &[], Status::Active).await;
    f.there("sample", &[("domain", "one")], Status::Failed).await;
    let found = f.fleet.unrecorded(Some("sample"), Some(f.server)).unwrap();
    assert_eq!(found.iter().map(|one| one.called.as_str()).collect::<Vec<_>>(), ["sample “two”"]);
    assert_eq!(f.fleet.unrecorded(None, None).unwrap(), found);
    assert!(f.fleet.unrecorded(Some("ground"), None).unwrap().is_empty());
    let draft = ResourceDraft { texts: found[0].texts.clone(), ..ResourceDraft::default() };
    let review = f.fleet.review_resource(f.server, "sample", None, &draft).unwrap();
    assert!(review.refusals.is_empty(), "{:?}", review.refusals);
    f.there("sample", &[("domain", "two")], Status::Active).await;
    assert!(f.fleet.unrecorded(None, None).unwrap().is_empty());
}

/// An operation that ended well, or with this failure.
async fn ended(f: &Fixture, operation: Operation, failure: Option<Failure>) -> OperationId {
    let mut batch = Batch::new();
    let end = if failure.is_some() { Outcome::Failed } else { Outcome::Done };
    for outcome in [Outcome::Waiting, Outcome::Running, end] {
        let error = failure.clone().filter(|_| outcome == end);
        batch.put(&Operation { outcome, error, ..operation.clone() }, Expected::Anything);
    }
    f.fleet.store().commit(batch).await.unwrap();
    operation.id
}

#[tokio::test]
async fn a_change_is_taken_back_by_what_the_package_declares() {
    use crate::domain::Action;
    use crate::fleet::request::Request;
    let f = fixture().await;
    let ground = f.there("ground", &[], Status::Active).await;
    let id = f.there("sample", &[("domain", "a"), ("note", "new")], Status::Active).await;
    let undo_of = |id: OperationId| f.fleet.undo_of(Target::Operation(id));
    let of = |kind: &str, action, id| f.fleet.draft(Request::new(kind, action), f.server, Some(id));
    let will = |undo: Result<Undo, Failure>| undo.unwrap().will;

    let added = ended(&f, of("sample", Action::Install, id), None).await;
    assert_eq!(will(undo_of(added)), "The sample “a” is removed.");
    let mut edit = of("sample", Action::Update, id);
    let before: Resource = f.fleet.resource(f.server, id).unwrap();
    let mut fields = before.fields.clone();
    fields.insert("note".into(), "old".into());
    edit.fields_before = Some(fields.clone());
    edit.choices.insert(super::SEALED.into(), vec!["password"].into());
    let sealed = ended(&f, edit.clone(), None).await;
    assert!(undo_of(sealed).unwrap_err().message.contains("sealed value"));
    edit.choices.clear();
    edit.id = OperationId::new(f.fleet.now(), u32::MAX);
    let edited = ended(&f, edit, None).await;
    let undo = undo_of(edited).unwrap();
    assert_eq!(undo.will, "The sample “a” has note “old” again.");
    assert_eq!(undo.inverse, Inverse::EditResource(id, fields.clone()));
    let started = f.fleet.undo(&undo).await.unwrap().unwrap();
    let operation = f.over(started.operation).await;
    assert_eq!(operation.choices["fields"], serde_json::Value::Object(fields));

    // what keeps data is neither taken away nor brought back by the way
    let data = ended(&f, of("ground", Action::Install, ground), None).await;
    assert!(undo_of(data).unwrap_err().message.contains("keeps data"));
}

#[tokio::test]
async fn answers_are_taken_for_what_was_asked_alone() {
    use crate::domain::{Action, Question};
    use crate::fleet::request::Request;
    let f = fixture().await;
    let id = f.there("sample", &[("domain", "a")], Status::Failed).await;
    let asked = Question::new("port-80", "Apache is there.").or("leave", "It stays.");
    let operation = f.fleet.draft(Request::new("sample", Action::Install), f.server, Some(id));
    let operation = ended(&f, operation, Some(Failure::questions(vec![asked]))).await;
    let answer = |key: &str, word: &str| {
        f.fleet.answer(operation, [(key.to_owned(), word.to_owned())].into())
    };
    let refused = answer("port-81", "leave").await.unwrap_err();
    assert_eq!(refused.message, "“port-81” was not asked; port-80 was.");
    let refused = answer("port-80", "purge").await.unwrap_err();
    assert_eq!(refused.message, "“purge” is no answer to port-80: stop, leave.");
    let started = answer("port-80", "leave").await.unwrap();
    let again = f.over(started.operation).await;
    assert_eq!((again.retry_of, &again.choices["port-80"]), (Some(operation), &"leave".into()));
    let odd = ResourceDraft {
        answers: [("skip_admission".to_owned(), "yes".to_owned())].into(),
        ..draft(&[("domain", "b")])
    };
    f.there("ground", &[], Status::Active).await;
    let refused = f.fleet.add_resource(f.server, "sample", odd, Consent::None).await.unwrap_err();
    assert_eq!(refused.message, "“skip_admission” is the name of no question.");
}
