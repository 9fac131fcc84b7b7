//! Secrets that plans make, and pages that they ask for.

use std::io::{Read, Write};
use std::net::TcpListener;

use brokeforge::domain::*;
use brokeforge::packages::{self, *};
use brokeforge::store::{Batch, Expected};

use super::whole::World;

fn plan(steps: Vec<Step>) -> Plan {
    let milestones = vec![
        packages::plan::milestone("first", "First", steps),
        packages::plan::milestone("complete", "Complete", Vec::new()),
    ];
    Plan { milestones, undo: None, notes: Vec::new() }
}

async fn runs(world: &World, operation: &Operation) -> Operation {
    world.operations().start(operation);
    world.until(operation.id, |o| o.outcome.is_end()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_made_once_masked_and_goes_with_its_resource() {
    let world = World::new(|b| b).await;
    let install = |world: &World, name: &str| {
        let make = LocalStep::MakeSecret { name: "make".into(), secret: name.into(), length: 24 };
        let apply = format!("cat \"$BF_IN/pw\" >>{}/trace; cat \"$BF_IN/pw\"", world.host.root());
        let step = RemoteStep { apply: Some(apply), ..RemoteStep::new("use") };
        plan(vec![Step::Local(make), Step::Remote(step.with_secret("pw", name))])
    };
    let id = ResourceId::new(Time::now(), 3);
    let name = secret_name(id, "password");
    for _ in 0..2 {
        let operation = world.record(install(&world, &name), Action::Install, true).await;
        let ended = runs(&world, &operation).await;
        assert_eq!((ended.outcome, &ended.error), (Outcome::Done, &None));
        let kept = world.operations().output(operation.id, 1).unwrap();
        assert_eq!(String::from_utf8(kept[0].1.clone()).unwrap(), "••••••");
    }
    let made = world.host.trace();
    assert_eq!(made.len(), 48, "{made}");
    let (first, second) = made.split_at(24);
    assert_eq!(first, second, "made once");
    assert!(first.chars().all(|c| c.is_ascii_alphanumeric()));

    let mut resource = Resource {
        id,
        kind: "tried".into(),
        server: world.server,
        site: None,
        fields: Fields::new(),
        status: Status::Pending,
        error: None,
        created_at: Time::now(),
        updated_at: Time::now(),
    };
    let mut batch = Batch::new();
    use Status::{Active, Installing, Pending, Removing};
    for status in [Pending, Installing, Active, Removing] {
        resource.status = status;
        batch.put(&resource, Expected::Anything);
    }
    world.store.commit(batch).await.unwrap();
    let mut removal = world.record(plan(Vec::new()), Action::Remove, false).await;
    removal.resource = Some(id);
    let mut batch = Batch::new();
    batch.put(&removal, Expected::Anything);
    world.store.commit(batch).await.unwrap();
    assert_eq!(world.store.scan::<Document>(b"secret/").unwrap().len(), 1);
    assert_eq!(runs(&world, &removal).await.outcome, Outcome::Done);
    assert!(world.store.scan::<Document>(b"secret/").unwrap().is_empty());

    let other = secret_name(ResourceId::new(Time::now(), 4), "password");
    let mut plan = install(&world, &other);
    let delete = LocalStep::DeleteSecret { name: "delete".into(), secret: other };
    plan.milestones[1].steps.push(Step::Local(delete));
    let operation = world.record(plan, Action::Install, true).await;
    assert_eq!(runs(&world, &operation).await.outcome, Outcome::Done);
    assert!(world.store.scan::<Document>(b"secret/").unwrap().is_empty());
}

/// A web server that gives these answers, one a connection, and tells what it was asked.
fn web(answers: &'static [&'static str]) -> (u16, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = std::thread::spawn(move || {
        let mut asked = Vec::new();
        for answer in answers {
            let (mut tcp, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut some = [0; 1024];
            while !request.ends_with(b"\r\n\r\n") {
                let n = tcp.read(&mut some).unwrap();
                request.extend_from_slice(&some[..n]);
            }
            asked.push(String::from_utf8(request).unwrap());
            tcp.write_all(answer.as_bytes()).unwrap();
        }
        asked
    });
    (port, serving)
}

fn fetch(port: u16, holds: &str) -> Plan {
    plan(vec![Step::Local(LocalStep::FetchPage {
        name: "ask for the page".into(),
        domain: "example.com".into(),
        port,
        path: "/it?a=b".into(),
        holds: holds.into(),
    })])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_asked_for_until_it_is_there() {
    let world = World::new(|b| b).await;
    let (port, serving) = web(&[
        "",
        "not http at all\r\n\r\n",
        "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\noh\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n3\r\nlo!\r\n0\r\n\r\n",
    ]);
    let operation = world.record(fetch(port, "hello"), Action::Install, true).await;
    let ended = runs(&world, &operation).await;
    assert_eq!((ended.outcome, &ended.error), (Outcome::Done, &None));
    let asked = serving.join().unwrap();
    let request = asked.last().unwrap().to_lowercase();
    assert!(request.starts_with("get /it?a=b http/1.1\r\n"), "{request}");
    assert!(request.contains(&format!("host: example.com:{port}\r\n")), "{request}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_does_not_come_can_be_cancelled() {
    let world = World::new(|b| b).await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let operations = world.operations();
    let operation = world.record(fetch(port, ""), Action::Install, true).await;
    operations.start(&operation);
    world.until(operation.id, |o| o.steps.iter().any(|s| s.started_at.is_some())).await;
    operations.cancel(operation.id).await.unwrap();
    let ended = world.until(operation.id, |o| o.outcome.is_end()).await;
    assert_eq!(ended.outcome, Outcome::Cancelled);
}
