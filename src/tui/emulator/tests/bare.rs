//! Against the bare terminal: what the gate lets through is the same as without it, and what it adds
//! is as xterm does it.

use alacritty_terminal::index::Line;

use super::*;

const SIZE: (u16, u16) = (20, 6);

/// `alacritty_terminal` with nothing before it.
struct Bare {
    term: Term,
    processor: Processor,
    events: Receiver<Event>,
}

impl Bare {
    fn new() -> Self {
        let (sender, events) = mpsc::channel();
        let config = Config { scrolling_history: HISTORY, ..Config::default() };
        let term = Term::new(config, &Cells::new(SIZE.0, SIZE.1), Listener(sender));
        Self { term, processor: Processor::new(), events }
    }

    fn feed(&mut self, bytes: &[u8]) -> String {
        self.processor.advance(&mut self.term, bytes);
        let reply = |event| match event {
            Event::PtyWrite(reply) => Some(reply),
            _ => None,
        };
        self.events.try_iter().filter_map(reply).collect()
    }
}

/// The first line in which two terminals differ.
fn differing(one: &Term, other: &Term) -> Option<Line> {
    let history = i32::try_from(one.history_size()).unwrap();
    let mut lines = (-history..i32::from(SIZE.1)).map(Line);
    lines.find(|line| one.grid()[*line] != other.grid()[*line])
}

/// Fails when the bare terminal and ours part at one of these pieces.
fn same(pieces: &[impl AsRef<[u8]> + std::fmt::Debug]) {
    let (mut bare, mut ours) = (Bare::new(), Emulator::new(SIZE.0, SIZE.1));
    for piece in pieces {
        let wanted = bare.feed(piece.as_ref());
        let replies = String::from_utf8(ours.feed(piece.as_ref()).replies).unwrap();
        assert_eq!(replies, wanted, "replies after {piece:?} of {pieces:?}");
    }
    assert!(!ours.is_broken());
    let (bare, ours) = (&bare.term, &ours.term);
    assert_eq!(ours.grid().cursor, bare.grid().cursor, "{pieces:?}");
    assert_eq!(ours.grid().saved_cursor, bare.grid().saved_cursor, "{pieces:?}");
    assert_eq!(
        (ours.mode(), ours.cursor_style()),
        (bare.mode(), bare.cursor_style()),
        "{pieces:?}"
    );
    assert_eq!(ours.history_size(), bare.history_size(), "{pieces:?}");
    if let Some(line) = differing(ours, bare) {
        assert_eq!(ours.grid()[line], bare.grid()[line], "{line:?} after {pieces:?}");
    }
}

/// A screen in use: full, scrolled, with margins, tab stops, colours, a wide letter and a wrap.
const USED: &str = "\x1b[44mone\r\ntwo\tx\r\n語 three\x1b[m\r\n\x1b[1;31mfour and something wrapped\
                    \x1b[m\r\n\x1b[3g\x1b[5G\x1bH\x1b[11G\x1bHfive\r\nsix\r\nseven\x1b[2;5r\x1b[3;4H";

/// What shows the margins, the tab stops, the modes and the saved cursor that something left.
const SHOWN: &str =
    "a\tb\tc\r\nd\x1b8e\x1b[6n\n\n\n\n\nf\x1bM\x1bM\x1b[?6$pg\x1b[?7$p\x1b[4$p\x1b[?25$p";

#[test]
fn every_control_sequence_does_what_it_does_without_the_gate() {
    let ours = |sequence: &str| {
        let set = |digits: &str| ["h", "l"].map(|end| format!("\x1b[{digits}{end}"));
        let known = [set("?47"), set("?1047"), set("?1048"), set("20")].concat();
        known.iter().any(|known| known == sequence) || sequence.starts_with("\x1b[!p")
    };
    let numbers =
        ["", "0", "1", "2", "3", "4", "6", "7", "25", "99", "2;4", "0;0", "3;2;1", "1049"];
    let mut sequences = Vec::new();
    for before in ["", "?", ">"] {
        for between in ["", " ", "'", "*"] {
            for last in '@'..='~' {
                let number = numbers.iter().map(|n| format!("\x1b[{before}{n}{between}{last}"));
                sequences.extend(number);
            }
        }
    }
    for between in ["", "(", ")", "#", " ", "%"] {
        for last in ('0'..='~').filter(|last| !"[]PX^_".contains(*last)) {
            sequences.push(format!("\x1b{between}{last}"));
        }
    }
    // A screen full of E puts the cursor home; the rest of a row of strings is in the proptest.
    sequences.retain(|sequence| !ours(sequence) && sequence != "\x1b#8");
    for sequence in sequences {
        same(&[USED, sequence.as_str(), SHOWN]);
    }
}

fn numbered(last: char) -> impl Strategy<Value = String> {
    let numbers = prop::collection::vec(prop_oneof![0u16..9, Just(99), Just(999)], 0..3);
    numbers.prop_map(move |numbers| {
        let numbers: Vec<_> = numbers.iter().map(ToString::to_string).collect();
        format!("\x1b[{}{last}", numbers.join(";"))
    })
}

fn sequence() -> impl Strategy<Value = String> {
    let last: Vec<char> = "ABCDEFGHIJKLMPSTXZ@`abdefgnrsu".chars().collect();
    let modes = vec!["4", "?1", "?6", "?7", "?12", "?25", "?1049", "?2004", "?3"];
    let whole = vec![
        "\x1bM",
        "\x1bD",
        "\x1bE",
        "\x1bH",
        "\x1b7",
        "\x1b8",
        "\x1bc",
        "\x1b=",
        "\x1b>",
        "\x1b(0",
        "\x1b(B",
        "\x0e",
        "\x0f",
        "\x08",
        "\t",
        "\r",
        "\n",
        "\x0b",
        "\x0c",
        "\r\n",
        "\x1b[m",
        "\x1b[7;1m",
        "\x1b[42m",
        "\x1b[?5W",
        "\x1b[c",
        "\x1b[>c",
        "語",
        "e\u{301}",
        "\x1b[18t",
        "\x1b]4;1;#102030\x07",
        "\x1b]104\x07",
        "\x1b]12;red\x1b\\",
        "\x1bPq#0\x1b\\",
        "\x1b_x\x1b\\",
    ];
    prop_oneof![
        6 => prop::sample::select(last).prop_flat_map(numbered),
        2 => (prop::sample::select(modes), prop::sample::select(vec!["h", "l", "$p"]))
            .prop_map(|(mode, end)| format!("\x1b[{mode}{end}")),
        4 => prop::sample::select(whole).prop_map(str::to_owned),
        4 => "[ -~]{1,25}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]
    #[test]
    fn long_runs_of_them_do_too_however_they_are_cut(
        sequences in prop::collection::vec(sequence(), 1..60),
        piece in 1usize..40,
    ) {
        // What the bare one answers about its size and tints is up to who stands around it.
        let bytes = sequences.concat().replace("\x1b[18t", "").into_bytes();
        let pieces: Vec<&[u8]> = bytes.chunks(piece).collect();
        same(&pieces);
    }
}

/// What is answered, what is on the screen, and where the cursor is, from 1.
fn after(bytes: &str) -> (String, String, (i32, usize)) {
    let mut ours = Emulator::new(SIZE.0, SIZE.1);
    let replies = String::from_utf8(ours.feed(bytes.as_bytes()).replies).unwrap();
    let at = ours.term.grid().cursor.point;
    (replies, ours.text(), (at.line.0 + 1, at.column.0 + 1))
}

#[test]
fn a_soft_reset_takes_back_modes_and_leaves_the_screen() {
    let modes = "\x1b[?1h\x1b=\x1b[?6h\x1b[4h\x1b[?7l\x1b[?25l\x1b(0\x1b[7m";
    let ask = "\x1b[?1$p\x1b[?6$p\x1b[4$p\x1b[?7$p\x1b[?25$p";
    let text = format!("old\x1b[2;3r{modes}\x1b[2;5H\x1b7\x1b[!p{ask}");
    let (replies, screen, at) = after(&text);
    assert_eq!(replies, "\x1b[?1;2$y\x1b[?6;2$y\x1b[4;2$y\x1b[?7;1$y\x1b[?25;1$y");
    assert_eq!((screen.as_str(), at), ("old", (3, 5)), "neither the text nor the cursor moves");
    // The saved cursor is home, the margins are gone, letters are letters, nothing is reversed.
    let (_, screen, at) = after(&format!("{text}\x1b8q\x1b[3;1Hx\r\ny"));
    assert_eq!((screen.as_str(), at), ("qld\n\nx\ny", (4, 2)));
}

#[test]
fn a_soft_reset_is_heard_in_pieces_in_its_place_and_nowhere_else() {
    let mut whole = Emulator::new(SIZE.0, SIZE.1);
    let text = b"\x1b[4h\x1b\x1b[!\x1b[!p\x1b[4$p\x1b[4h\x1b[!q[!p\x1b[4$p\x1b]0;\x1b[!p\x1b[4$p";
    let wanted = b"\x1b[4;2$y\x1b[4;1$y\x1b[4;2$y";
    assert_eq!(whole.feed(text).replies, wanted);
    let mut pieces = Emulator::new(SIZE.0, SIZE.1);
    let replies: Vec<u8> = text.iter().flat_map(|byte| pieces.feed(&[*byte]).replies).collect();
    assert_eq!(replies, wanted);
    // Within an update that is shown at its end it comes in its turn too.
    let update = after("\x1b[?2026h\x1b[4$p\x1b[4h\x1b[4$p\x1b[!p\x1b[4$p\x1b[?2026l");
    assert_eq!(update.0, "\x1b[4;2$y\x1b[4;1$y\x1b[4;2$y");
}

#[test]
fn modes_that_are_never_set_are_said_to_be_so() {
    for mode in [1, 5, 7, 10, 11, 13, 14, 15, 16, 17, 18, 19] {
        assert_eq!(after(&format!("\x1b[{mode}h\x1b[{mode}$p")).0, format!("\x1b[{mode};4$y"));
    }
    assert_eq!(after("\x1b[?60$p\x1b[?61$p\x1b[2$p").0, "\x1b[?60;4$y\x1b[?61;0$y\x1b[2;0$y");
}

#[test]
fn the_other_screen_and_the_kept_cursor_under_their_older_names() {
    for mode in [47, 1047] {
        let there = format!("main\x1b[3;4H\x1b[?{mode}h\x1b[?{mode}$pother");
        assert_eq!(after(&there), (format!("\x1b[?{mode};1$y"), "\n\n   other".into(), (3, 9)));
        let back = after(&format!("{there}\x1b[?{mode}h\x1b[?{mode}l\x1b[?{mode}l"));
        assert_eq!((back.1.as_str(), back.2), ("main", (3, 9)), "the cursor stays where it is");
    }
    assert_eq!(after("\x1b[3;4H\x1b[?1048h\x1b[H\x1b[?1048l").2, (3, 4));
}

#[test]
fn a_line_feed_begins_a_line_where_that_is_asked_for() {
    assert_eq!(after("a\nb\x1b[20hc\nd").2, (3, 2));
    assert_eq!(after("a\nb\x1b[20hc\x1b[20l\nd").2, (3, 5));
}

#[test]
fn the_test_screen_has_no_margins_and_the_cursor_at_home() {
    let (_, screen, at) = after("\x1b[2;4r\x1b[?6h\x1b[2;2H\x1b#8\x1b[6;1Hx");
    assert_eq!(at, (6, 2));
    assert!(screen.ends_with(&format!("\nx{}", "E".repeat(19))), "{screen}");
    assert_eq!(after("\x1b[3;3H\x1b#8").2, (1, 1));
}
