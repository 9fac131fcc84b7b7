//! What is kept and told of output, by itself and by several who follow.

use super::*;
use crate::operations::Output;

fn id() -> OperationId {
    OperationId::new("2026-01-01T00:00:00Z".parse().unwrap(), 1)
}

#[tokio::test]
async fn a_follower_reads_what_is_kept_and_then_what_comes() {
    let home = tempfile::tempdir().unwrap();
    let secret = Secret::from_text("hunter2".into());
    let log = Log::new(home.path(), id()).masking(&[secret]);
    log.prepare().unwrap();
    log.push(0, Stream::Out, b"pw hunt").unwrap();
    let mut follow = log.follow().unwrap();
    log.push(0, Stream::Out, b"er2\n").unwrap();
    log.push(0, Stream::Err, b"\x1b[31moh no\n").unwrap();
    let kept = log.finish(0).unwrap().unwrap();
    assert_eq!((kept.dropped, kept.digest.len()), (0, 64));
    assert_eq!(log.last_lines(0), ["pw ••••••", "oh no"]);
    drop(log);
    let mut text = Vec::new();
    while let Some(Output::Piece { step: 0, bytes, .. }) = follow.next().await {
        text.extend(bytes);
    }
    assert_eq!(text, "pw ••••••\n\x1b[31moh no\n".as_bytes());
    let mut kept = Follow::kept(&folder(home.path(), id())).unwrap();
    let mut again = Vec::new();
    while let Some(Output::Piece { bytes, .. }) = kept.next().await {
        again.extend(bytes);
    }
    assert_eq!(again, text);
}

#[test]
fn the_last_line_tells_what_is_waited_for_until_the_next_one() {
    let home = tempfile::tempdir().unwrap();
    let log = Log::new(home.path(), id());
    log.prepare().unwrap();
    let say = |text: &str| {
        log.push(2, Stream::Out, text.as_bytes()).unwrap();
        log.waits_anew((2, Phase::Apply))
    };
    assert_eq!(say("Reading …\n"), None);
    assert_eq!(say("waits for dpkg: apt (pid\x1b[31m 7)"), Some(Some("dpkg: apt (pid 7)".into())));
    assert_eq!(say("\n"), None, "it is told once");
    log.push(2, Stream::Out, b"waits for dpkg: dpkg (pid 8)\n").unwrap();
    assert_eq!(log.waits_anew((2, Phase::Apply)), Some(Some("dpkg: dpkg (pid 8)".into())));
    log.push(2, Stream::Err, b"free\n").unwrap();
    assert_eq!(log.waits_anew((2, Phase::Apply)), Some(None));
    log.push(2, Stream::Out, b"waits for cloud-init\n").unwrap();
    assert_eq!(log.waits_anew((2, Phase::Apply)), Some(Some("cloud-init".into())));
    assert_eq!(log.waiting().as_deref(), Some("cloud-init"));
    for (step, phase) in [(1, Phase::Verify), (2, Phase::Check)] {
        assert!(!log.waits_no_more(step, phase), "one before it is over");
    }
    assert!(log.waits_no_more(2, Phase::Apply) && log.waiting().is_none());
    assert!(!log.waits_no_more(2, Phase::Apply), "it is told once");
    log.push(2, Stream::Out, format!("waits for {}\n", "x".repeat(400)).as_bytes()).unwrap();
    assert_eq!(log.waits_anew((2, Phase::Apply)), None);
}

#[tokio::test]
async fn what_an_earlier_process_kept_is_told_once_though_the_host_tells_it_again() {
    let home = tempfile::tempdir().unwrap();
    let log = Log::new(home.path(), id());
    log.prepare().unwrap();
    log.push(0, Stream::Out, b"over\n").unwrap();
    log.push(1, Stream::Out, b"one\ntw").unwrap();
    log.push(1, Stream::Err, b"oh\n").unwrap();
    let log = Log::new(home.path(), id());
    // one comes before the host's first word, and one reads nothing until its last
    let (mut follow, mut late) = (log.follow().unwrap(), log.follow().unwrap());
    let mut told = vec![follow.next().await, follow.next().await];
    log.push(1, Stream::Err, b"oh\n").unwrap();
    log.push(1, Stream::Out, b"one\ntwo\nthree\n").unwrap();
    log.finish(1).unwrap();
    drop(log);
    let out = |told: Vec<Output>| -> String {
        let out = told.into_iter().filter_map(|output| match output {
            Output::Piece { stream: Stream::Out, bytes, .. } => String::from_utf8(bytes).ok(),
            _ => None,
        });
        out.collect()
    };
    while let Some(output) = follow.next().await {
        told.push(Some(output));
    }
    assert_eq!(out(told.into_iter().flatten().collect()), "over\none\ntwo\nthree\n");
    let mut told = Vec::new();
    while let Some(output) = late.next().await {
        told.push(output);
    }
    assert_eq!(out(told), "over\none\ntwo\nthree\n");
}

#[tokio::test]
async fn too_much_is_counted_not_kept_and_a_slow_follower_is_told() {
    let home = tempfile::tempdir().unwrap();
    let log = Log::new(home.path(), id());
    log.prepare().unwrap();
    let mut follow = log.follow().unwrap();
    let piece = vec![b'x'; 64 * 1024];
    for _ in 0..300 {
        log.push(3, Stream::Out, &piece).unwrap();
    }
    let kept = log.finish(3).unwrap().unwrap();
    assert_eq!((kept.length, kept.dropped), (MOST_KEPT, 44 * 64 * 1024));
    assert_eq!(follow.next().await, Some(Output::Lost(44 * 64 * 1024)));
    assert!(matches!(follow.next().await, Some(Output::Piece { .. })));
}

#[tokio::test]
async fn what_a_host_has_freed_is_told_as_lost_and_zeros_that_were_said_stay() {
    let home = tempfile::tempdir().unwrap();
    let log = Log::new(home.path(), id());
    log.prepare().unwrap();
    log.push(3, Stream::Out, &vec![b'x'; usize::try_from(MOST_KEPT).unwrap()]).unwrap();
    let mut follow = log.follow().unwrap();
    log.push(3, Stream::Out, b"a\0").unwrap();
    log.push(3, Stream::Out, b"\0b\n").unwrap();
    for _ in 0..40 {
        log.push(3, Stream::Out, &[0; 32 * 1024]).unwrap();
    }
    log.push(3, Stream::Out, b"the end\n\0").unwrap();
    let kept = log.finish(3).unwrap().unwrap();
    assert_eq!((kept.length, kept.dropped), (MOST_KEPT, 5 + 40 * 32 * 1024 + 9));
    assert!(log.last_lines(3).iter().any(|line| line == "the end"));
    drop(log);
    let (mut said, mut lost) = (Vec::new(), Vec::new());
    while let Some(output) = follow.next().await {
        match output {
            Output::Piece { bytes, .. } => said.extend(bytes),
            Output::Lost(count) => lost.push(count),
        }
    }
    assert!(said.ends_with(b"xa\0\0b\nthe end\n\0"), "{:?}", said.get(said.len() - 20..));
    assert_eq!(lost, [40 * 32 * 1024]);
}

#[test]
fn a_host_frees_nothing_that_would_be_kept() {
    let run = include_str!("../../../assets/remote/run.sh");
    assert!(run.contains(&format!("first=$(($2 + {MOST_KEPT}))")));
    assert!(run.contains(&format!("[ \"$length\" -lt {LEAST_HOLE} ]")));
}
