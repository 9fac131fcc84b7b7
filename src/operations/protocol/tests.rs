use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::operations::Stream;

const S: &str = "5e5510n";
const R: &str = "70a4";

fn news(chunks: &[(Stream, &[u8])]) -> (Vec<News>, (u64, u64)) {
    let mut frames = Frames::new(R);
    frames.resume(S);
    for (stream, bytes) in chunks {
        frames.push(*stream, bytes);
    }
    (std::iter::from_fn(|| frames.pop()).collect(), frames.offsets())
}

/// Pieces of the same step and stream put together; they may come cut in any way.
fn joined(news: Vec<News>) -> Vec<News> {
    let mut pieces: BTreeMap<_, Vec<u8>> = BTreeMap::new();
    let mut rest = Vec::new();
    for one in news {
        match one {
            News::Piece { at, stream, bytes } => {
                pieces.entry((at, stream == Stream::Err)).or_default().extend(bytes);
            }
            other => rest.push(other),
        }
    }
    rest.extend(pieces.into_iter().map(|((at, is_err), bytes)| {
        let stream = if is_err { Stream::Err } else { Stream::Out };
        News::Piece { at, stream, bytes }
    }));
    rest
}

fn out_stream() -> Vec<u8> {
    let boot = "a".repeat(36);
    [
        "Welcome!\nno newline".to_owned(),
        format!("\n{S} hello {boot}\n"),
        format!("\n{S} held owner o-1 1700000000\n"),
        format!("\n{S} follow\n"),
        format!("\n{R} begin 0 check\n\n{R} end 0 check 1 10\n"),
        format!("\n{R} begin 0 apply\nline 1\n\n{R}not a mark\nlast\n\n{R} end 0 apply 0 20\n"),
        format!("\n{R} begin 1 apply\n\u{1b}[31m\0\n{R} end 1 apply 3 5\n"),
        format!("\n{R} over failed\n"),
        format!("\n{S} report\n"),
        format!("\n{S} result end 1 apply 3 5 {boot}\n"),
        format!("\n{S} result end 1 apply 3 5 cut-off\n"),
        format!("\n{S} gone {boot} {boot} success\n"),
    ]
    .concat()
    .into_bytes()
}

fn err_stream() -> Vec<u8> {
    [
        "noise of a login file\n".to_owned(),
        format!("\n{S} follow\n"),
        "sh: something before the first step\n".to_owned(),
        format!("\n{R} begin 0 check\n\n{R} end 0 check 1 10\n"),
        format!("\n{R} begin 0 apply\n\n{R} end 0 apply 0 20\n"),
        format!("\n{R} begin 1 apply\nE: no\n\n{R} end 1 apply 3 5\n"),
        format!("\n{R} over failed\n\n{S} report\n"),
    ]
    .concat()
    .into_bytes()
}

fn expected() -> Vec<News> {
    let begin = |step, phase| News::Mark(Mark::Begin { step, phase });
    let end = |step, phase, exit, millis| News::Mark(Mark::End { step, phase, exit, millis });
    let piece = |step: Option<usize>, stream, text: &str| {
        let at = step.map(|step| (step, Phase::Apply));
        News::Piece { at, stream, bytes: text.into() }
    };
    vec![
        News::Hello { boot: "a".repeat(36) },
        News::Held { owner: "owner".into(), operation: "o-1".into(), since: "1700000000".into() },
        News::Following,
        begin(0, Phase::Check),
        end(0, Phase::Check, 1, 10),
        begin(0, Phase::Apply),
        end(0, Phase::Apply, 0, 20),
        begin(1, Phase::Apply),
        end(1, Phase::Apply, 3, 5),
        News::Mark(Mark::Over(Verdict::Failed)),
        end(1, Phase::Apply, 3, 5),
        News::Gone { result: format!("{0} {0} success", "a".repeat(36)) },
        piece(None, Stream::Err, "sh: something before the first step\n"),
        piece(Some(0), Stream::Out, &format!("line 1\n\n{R}not a mark\nlast\n")),
        piece(Some(1), Stream::Out, "\u{1b}[31m\0"),
        piece(Some(1), Stream::Err, "E: no\n"),
    ]
}

#[test]
fn both_streams_are_read_whichever_comes_first() {
    let (out, err) = (out_stream(), err_stream());
    let (told, _) = news(&[(Stream::Out, &out), (Stream::Err, &err)]);
    assert_eq!(joined(told), expected());
    let (told, _) = news(&[(Stream::Err, &err), (Stream::Out, &out)]);
    assert_eq!(joined(told), expected());
}

#[test]
fn a_piece_may_come_before_the_end_of_the_phase_before_it_counts() {
    let check = format!("\n{R} begin 0 check\n\n{R} end 0 check 1 10\n\n{R} begin 0 apply\n");
    let both = format!("\n{S} follow\n{check}");
    let out = format!("{both}waits for dpkg\n more");
    let (told, _) = news(&[(Stream::Out, out.as_bytes()), (Stream::Err, both.as_bytes())]);
    let piece = told.iter().position(|one| {
        matches!(one, News::Piece { at: Some((0, Phase::Apply)), bytes, .. } if !bytes.is_empty())
    });
    let ended = told
        .iter()
        .position(|one| matches!(one, News::Mark(Mark::End { step: 0, phase: Phase::Check, .. })));
    assert!(piece.is_some() && piece < ended, "{told:?}");
}

#[test]
fn a_line_without_end_and_a_mark_without_end_are_output() {
    let long = [format!("\n{S} follow\n\n{R} begin 0 ").into_bytes(), vec![b'x'; 5000]].concat();
    let (told, (at, _)) = news(&[(Stream::Out, &long)]);
    assert!(matches!(&told[1], News::Piece { bytes, .. } if bytes.len() > 5000), "{told:?}");
    assert_eq!(at as usize, long.len() - format!("\n{S} follow\n").len());
}

#[test]
fn a_mark_out_of_its_form_is_none() {
    for line in ["begin x apply", "begin 0 never", "end 0 apply 0", "over maybe", "begin 0 apply 1"]
    {
        let text = format!("\n{S} follow\n\n{R} {line}\n");
        let (told, _) = news(&[(Stream::Out, text.as_bytes()), (Stream::Err, text.as_bytes())]);
        assert_eq!(told, [News::Following], "{line}");
    }
}

#[test]
fn what_a_text_sends_is_one_compound_and_shows_no_data() {
    let mut step = RemoteStep::new("write");
    step.apply = Some("cat \"$BF_IN/a\"; echo '}'\nexit 3\n".into());
    let input = Content { name: "a".into(), bytes: b"it's $(secret)".into(), secret: true };
    let steps = [(2, step, vec![input])];
    let run = Run {
        lock: "o-1",
        who: Who::Root,
        operation: "o-1",
        key: RunKey::Steps(2),
        nonce: R,
        controller: "me; rm -rf /",
        steps: &steps,
        last: true,
        root: "",
        now: 1_700_000_000,
    };
    let text = String::from_utf8(start(&run, S, (5, 0), true)).unwrap();
    assert!(text.starts_with("{\n") && text.ends_with("\nexit\n}\n"));
    // data stands in it as one quoted word
    assert!(text.contains("='it'\\''s $(secret)'\n"), "{text}");
    assert!(text.contains("='cat \"$BF_IN/a\"; echo '\\''}'\\''\nexit 3\n'\n"), "{text}");
    assert!(
        text.contains("OWNER='me; rm -rf /'") && text.contains("OUT_AT=6")
            || text.contains("OUT_AT='6'")
    );
    let attach = String::from_utf8(start(&run, S, (0, 0), false)).unwrap();
    assert!(!attach.contains("put run.sh"), "an attach carries no payload");
}

#[test]
fn what_is_the_same_in_many_files_is_sent_once_and_only_plain_text_without_base64() {
    let step = |number| {
        let mut step = RemoteStep::new("write");
        step.apply = Some("the same for all of them\n".into());
        let input = |name: &str, bytes: &[u8]| Content {
            name: name.into(),
            bytes: bytes.to_vec(),
            secret: false,
        };
        (number, step, vec![input("umlaut", "ä".as_bytes()), input("plain", b"a\tb\n")])
    };
    let steps: Vec<_> = (0..40).map(step).collect();
    let run = Run {
        lock: "o-1",
        who: Who::Root,
        operation: "o-1",
        key: RunKey::Steps(0),
        nonce: R,
        controller: "me",
        steps: &steps,
        last: true,
        root: "",
        now: 1_700_000_000,
    };
    let text = String::from_utf8(start(&run, S, (0, 0), true)).unwrap();
    assert_eq!(text.matches("the same for all of them").count(), 1);
    assert_eq!(text.matches("='a\tb\n'\n").count(), 1);
    assert_eq!(text.matches("\nput in/").count(), 40, "{text}");
    assert_eq!(text.matches("\nput_bytes in/").count(), 40);
    assert!(text.contains("=w6Q=\n") && !text.contains('ä'), "{text}");
}

proptest! {
    #[test]
    fn chunks_may_be_cut_anywhere(cuts in prop::collection::vec((any::<bool>(), 1usize..40), 1..200)) {
        let (out, err) = (out_stream(), err_stream());
        let (mut o, mut e) = (out.as_slice(), err.as_slice());
        let mut chunks: Vec<(Stream, &[u8])> = Vec::new();
        for (first, size) in cuts.iter().cycle() {
            if o.is_empty() && e.is_empty() { break; }
            let (rest, stream) =
                if *first && !o.is_empty() || e.is_empty() { (&mut o, Stream::Out) } else { (&mut e, Stream::Err) };
            let (a, b) = rest.split_at((*size).min(rest.len()));
            chunks.push((stream, a));
            *rest = b;
        }
        let (told, _) = news(&chunks);
        prop_assert_eq!(joined(told), expected());
    }

    /// A session that ends anywhere is gone on with from the offsets, and nothing is told twice.
    #[test]
    fn a_lost_session_is_followed_on(cut_out in 0usize..300, cut_err in 0usize..300) {
        let file = |stream: Vec<u8>| {
            let text = String::from_utf8(stream).unwrap();
            let from = text.find(&format!("{S} follow\n")).unwrap() + S.len() + 8;
            let to = text.find(&format!("\n{S} report")).unwrap();
            (text[from..to].to_owned(), text[to..].to_owned())
        };
        let ((out, out_end), (err, err_end)) = (file(out_stream()), file(err_stream()));
        let mut frames = Frames::new(R);
        let follow = format!("\n{S} follow\n");
        frames.resume(S);
        frames.push(Stream::Out, format!("{follow}{}", &out[..cut_out.min(out.len())]).as_bytes());
        frames.push(Stream::Err, format!("{follow}{}", &err[..cut_err.min(err.len())]).as_bytes());
        let (o, e) = frames.offsets();
        frames.resume(S);
        frames.push(Stream::Out, format!("{follow}{}{out_end}", &out[o as usize..]).as_bytes());
        frames.push(Stream::Err, format!("{follow}{}{err_end}", &err[e as usize..]).as_bytes());
        let mut told = joined(std::iter::from_fn(|| frames.pop()).collect());
        told.retain(|n| *n != News::Following);
        let mut wanted = expected();
        wanted.drain(..3);
        prop_assert_eq!(told, wanted);
    }

    #[test]
    fn no_bytes_make_it_panic_or_hoard(chunks in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..300)), 0..30)) {
        let mut frames = Frames::new(R);
        frames.resume(S);
        frames.push(Stream::Out, format!("\n{S} follow\n").as_bytes());
        for (out, bytes) in &chunks {
            frames.push(if *out { Stream::Out } else { Stream::Err }, bytes);
        }
    }
}
