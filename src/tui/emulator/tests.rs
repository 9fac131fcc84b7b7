//! The terminal as a whole: what it answers, keeps, draws, and survives.

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Modifier};

use super::*;

mod bare;

fn fed(bytes: &[u8]) -> Emulator {
    let mut emulator = Emulator::new(20, 5);
    emulator.feed(bytes);
    emulator
}

fn painted(emulator: &mut Emulator, depth: Depth) -> (Buffer, Option<Cursor>) {
    let (columns, rows) = emulator.size();
    let area = Rect::new(0, 0, columns, rows);
    let mut buffer = Buffer::empty(area);
    let cursor = emulator.paint(&mut buffer, area, depth);
    (buffer, cursor)
}

#[test]
fn what_the_host_asks_is_answered_in_order() {
    let mut emulator = Emulator::new(80, 24);
    for (asked, answer) in [
        ("\x1b[5n", "\x1b[0n"),
        ("\x1b[3;4H\x1b[6n", "\x1b[3;4R"),
        ("\x1b[c", "\x1b[?6c"),
        ("\x1b[18t", "\x1b[8;24;80t"),
        ("\x1b[14t", "\x1b[4;384;640t"),
        ("\x1b[?2004$p", "\x1b[?2004;2$y"),
        ("\x1b]4;196;?\x07", "\x1b]4;196;rgb:ffff/0000/0000\x07"),
        ("\x1b]4;1;rgb:01/02/03\x07\x1b]4;1;?\x07", "\x1b]4;1;rgb:0101/0202/0303\x07"),
        ("\x1b]11;?\x07\x1b[5n", "\x1b[0n"),
        ("\x1b[?u", ""),
    ] {
        let fed = emulator.feed(asked.as_bytes());
        assert_eq!(String::from_utf8_lossy(&fed.replies), answer, "{asked:?}");
    }
}

#[test]
fn the_clipboard_is_neither_read_nor_written() {
    let fed = Emulator::new(80, 24).feed(b"\x1b]52;c;aGVsbG8=\x07\x1b]52;c;?\x07x");
    assert_eq!(fed, Fed::default());
}

#[test]
fn a_title_is_cleaned_and_bounded_and_a_bell_rings() {
    let mut emulator = Emulator::new(80, 24);
    let told = emulator.feed("\x1b]0;root@web\u{202e}-1: ~\x07\x07".as_bytes());
    assert!(told.title && told.bell && told.replies.is_empty());
    assert_eq!(emulator.title(), Some("root@web-1: ~"));
    emulator.feed(format!("\x1b]2;{}\x07", "x".repeat(100_000)).as_bytes());
    assert_eq!(emulator.title().unwrap().len(), 256);
    assert!(emulator.feed(b"\x1bc\x1b]2;\x07").title);
    assert_eq!(emulator.title(), None);
}

#[test]
fn strings_without_end_and_heaps_of_marks_are_let_go() {
    let mut emulator = Emulator::new(80, 24);
    emulator.feed(b"before \x1b]2;");
    for _ in 0..64 {
        emulator.feed(&[b'x'; 1 << 16]);
    }
    emulator.feed(b"\x1b\\after");
    assert_eq!(emulator.text(), "before after");
    let mut emulator = Emulator::new(80, 24);
    emulator.feed(format!("e{}f", "\u{301}".repeat(10_000)).as_bytes());
    assert_eq!(emulator.text(), "ef");
    let point = alacritty_terminal::index::Line(0);
    let cell = &emulator.term.grid()[point][alacritty_terminal::index::Column(0)];
    assert_eq!(cell.zerowidth().unwrap().len(), 8);
}

#[test]
fn links_are_the_text_they_stand_on() {
    let emulator = fed(b"\x1b]8;;https://example.org\x1b\\here\x1b]8;;\x1b\\");
    assert_eq!(emulator.text(), "here");
    let point = alacritty_terminal::index::Line(0);
    assert!(
        emulator.term.grid()[point][alacritty_terminal::index::Column(0)].hyperlink().is_none()
    );
}

#[test]
fn an_update_that_never_ends_is_shown_all_the_same() {
    let mut emulator = fed(b"\x1b[?2026hdrawn");
    assert_eq!(emulator.text(), "");
    assert!(emulator.deadline().is_some());
    emulator.stop_sync();
    assert_eq!((emulator.text().as_str(), emulator.deadline()), ("drawn", None));
}

#[test]
fn cells_are_drawn_with_colours_weights_and_widths() {
    let mut emulator = fed(
        "\x1b[1;31mR\x1b[0;38;5;196mP\x1b[38:2::1:2:3mT\x1b[0;7mI\x1b[0;4mU\x1b[0;8mH\x1b[m\t語e\u{301}\r\n\
         \u{2764}\u{fe0f}|a\u{200d}b\x1b[6 q"
            .as_bytes(),
    );
    let (buffer, cursor) = painted(&mut emulator, Depth::True);
    let cell = |x, y| buffer.cell(Position { x, y }).unwrap();
    assert_eq!((cell(0, 0).fg, cell(0, 0).modifier), (Color::Indexed(1), Modifier::BOLD));
    assert_eq!(cell(1, 0).fg, Color::Indexed(196));
    assert_eq!(cell(2, 0).fg, Color::Rgb(1, 2, 3));
    assert_eq!((cell(3, 0).symbol(), cell(3, 0).modifier), ("I", Modifier::REVERSED));
    assert_eq!(cell(4, 0).modifier, Modifier::UNDERLINED);
    assert_eq!((cell(5, 0).symbol(), cell(6, 0).symbol()), (" ", " "));
    assert_eq!((cell(8, 0).symbol(), cell(9, 0).symbol()), ("語", " "));
    assert_eq!(cell(10, 0).symbol(), "e\u{301}");
    // An emoji by variation has one cell here, so it is drawn without its variation.
    assert_eq!((cell(0, 1).symbol(), cell(1, 1).symbol()), ("\u{2764}", "|"));
    assert_eq!((cell(2, 1).symbol(), cell(3, 1).symbol()), ("a", "b"));
    let at = Position { x: 4, y: 1 };
    assert_eq!(cursor, Some(Cursor { at, shape: Shape::Bar, blinks: false }));
    emulator.feed(b"\x1b[?25l");
    assert_eq!(painted(&mut emulator, Depth::True).1, None);
}

#[test]
fn without_hues_what_was_marked_by_its_background_is_reversed() {
    let mut emulator = fed(b"\x1b[30;46ms\x1b[37;44mn\x1b[0mp\x1b[7mi");
    let (buffer, _) = painted(&mut emulator, Depth::Mono);
    let reversed = |x| buffer.cell(Position { x, y: 0 }).unwrap().modifier == Modifier::REVERSED;
    assert_eq!([reversed(0), reversed(1), reversed(2), reversed(3)], [true, false, false, true]);
    assert!(buffer.content.iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset));
}

#[test]
fn selecting_by_keys_and_by_the_mouse() {
    let mut emulator = fed(b"one two\r\nthree 3\r\n");
    emulator.enter_copy();
    assert!(emulator.copies());
    emulator.step(Step::Up);
    emulator.step(Step::LineStart);
    emulator.select(Kind::Cells);
    emulator.step(Step::WordEnd);
    assert_eq!(emulator.selected().as_deref(), Some("three"));
    emulator.select(Kind::Lines);
    emulator.step(Step::Up);
    assert_eq!(emulator.selected().as_deref(), Some("one two\nthree 3\n"));
    emulator.select(Kind::Lines);
    assert_eq!(emulator.selected(), None);
    emulator.leave_copy();
    emulator.select_from(Kind::Cells, 4, 0);
    assert_eq!(emulator.selected(), None, "a click selects nothing");
    emulator.select_to(0, 1);
    assert_eq!(emulator.selected().as_deref(), Some("two\nt"));
    emulator.select_from(Kind::Words, 5, 0);
    assert_eq!(emulator.selected().as_deref(), Some("two"));
    emulator.select_from(Kind::Lines, 5, 1);
    assert_eq!(emulator.selected().as_deref(), Some("three 3\n"));
    emulator.unselect();
    assert_eq!(emulator.selected(), None);
}

#[test]
fn what_was_scrolled_away_is_found_again() {
    let mut emulator = Emulator::new(20, 5);
    for n in 0..6000 {
        emulator.feed(format!("line {n}\r\n").as_bytes());
    }
    assert_eq!(emulator.scrolled(), (0, HISTORY));
    emulator.enter_copy();
    emulator.search("LINE 5500");
    assert!(!emulator.find(true), "upper case is meant when it is typed");
    emulator.search("line 55");
    assert!(emulator.find(true));
    emulator.select(Kind::Lines);
    assert_eq!(emulator.selected().as_deref(), Some("line 5599\n"));
    assert!(emulator.find(true) && emulator.find(false));
    let (buffer, _) = painted(&mut emulator, Depth::True);
    let marked = buffer.content.iter().filter(|cell| cell.bg == Color::Yellow).count();
    assert!(marked >= "line 55".len() * 2, "{marked}");
    emulator.search(".*");
    assert!(!emulator.find(true), "what is typed is no pattern");
    emulator.step(Step::First);
    assert_eq!(emulator.scrolled(), (HISTORY, HISTORY));
    emulator.step(Step::PageDown);
    emulator.step(Step::HalfUp);
    assert_eq!(emulator.scrolled().0, HISTORY - 3);
    emulator.leave_copy();
    assert_eq!(emulator.scrolled().0, 0);
}

#[test]
fn a_new_shell_begins_below_with_plain_modes() {
    let mut emulator =
        fed(b"old\r\n$ \x1b[?1049h\x1b[?1002;1006;2004;1004h\x1b[2;3rfull\x1b[?2026h");
    emulator.divide("-- 14:02 --");
    emulator.feed(b"$ new");
    assert_eq!(emulator.text(), "old\n$\n-- 14:02 --\n$ new");
    let modes = emulator.modes();
    assert!(!modes.mouse() && !modes.alternate() && modes.focus(true).is_none());
    assert_eq!(modes.paste("x"), b"x");
}

#[test]
fn a_panic_breaks_this_terminal_alone() {
    let mut emulator = fed(b"text");
    std::panic::set_hook(Box::new(|_| assert!(is_guarded())));
    let result = emulator.guard(|_| -> () { panic!("as alacritty might") });
    let _own = std::panic::take_hook();
    assert!(result.is_none() && emulator.is_broken() && !is_guarded());
    assert_eq!(emulator.feed(b"\x1b[5n"), Fed::default());
    let (buffer, cursor) = painted(&mut emulator, Depth::True);
    assert!(cursor.is_none() && buffer.content.iter().all(|cell| cell.symbol() == " "));
}

#[derive(Debug, Clone)]
enum Deed {
    Feed(Vec<u8>),
    Size(u16, u16),
    Sync,
    Copy(u8),
    Mouse(u16, u16),
    Find(String),
    Divide,
}

fn piece() -> impl Strategy<Value = Vec<u8>> {
    let sequences = prop::sample::select(vec![
        "\x1b[",
        "\x1b]",
        "\x1bP",
        "\x1b[?1049h",
        "\x1b[?1049l",
        "\x1b[?2026h",
        "\x1b[?2026l",
        "\x1b[?6h",
        "\x1b[?3h",
        "\x1b[4h",
        "\x1b[2;3r",
        "\x1b[r",
        "\x1bM",
        "\x1bD",
        "\x1bE",
        "\x1bc",
        "\x1b#8",
        "\x1bH",
        "\x1b[3g",
        "\x1b[99L",
        "\x1b[99M",
        "\x1b[99P",
        "\x1b[99@",
        "\x1b[99X",
        "\x1b[99S",
        "\x1b[99T",
        "\x1b[J",
        "\x1b[3J",
        "\x1b[K",
        "\x1b[H",
        "\x1b[99;99H",
        "\x1b[65535b",
        "\x1b[?7l",
        "\x1b7",
        "\x1b8",
        "\t",
        "\r\n",
        "\n",
        "\x08",
        "語",
        "e\u{301}",
        "\u{2764}\u{fe0f}",
        "\u{202e}",
        "\x1b[38;2;1;2;3m",
        "\x1b[48:5:99m",
        "\x1b[4:3m",
        "\x0e",
        "\x1b(0",
        "\x1b[22t",
        "\x1b[23t",
        "\x1b]2;t\x07",
        "\x1b]8;;u\x07",
        "\x1b]4;999;?\x07",
    ]);
    prop_oneof![
        4 => prop::collection::vec(sequences, 1..12).prop_map(|all| all.concat().into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..200),
        1 => "[ -~]{0,60}".prop_map(String::into_bytes),
    ]
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        10 => piece().prop_map(Deed::Feed),
        3 => (0u16..90, 0u16..30).prop_map(|(columns, rows)| Deed::Size(columns, rows)),
        1 => Just(Deed::Sync),
        4 => (0u8..24).prop_map(Deed::Copy),
        1 => (0u16..99, 0u16..40).prop_map(|(x, y)| Deed::Mouse(x, y)),
        1 => "\\PC{0,3}".prop_map(Deed::Find),
        1 => Just(Deed::Divide),
    ]
}

fn act(emulator: &mut Emulator, deed: Deed) {
    const STEPS: [Step; 19] = [
        Step::Up,
        Step::Down,
        Step::Left,
        Step::Right,
        Step::Word,
        Step::WordBack,
        Step::WordEnd,
        Step::LineStart,
        Step::TextStart,
        Step::LineEnd,
        Step::Top,
        Step::Middle,
        Step::Bottom,
        Step::First,
        Step::Last,
        Step::HalfUp,
        Step::HalfDown,
        Step::PageUp,
        Step::PageDown,
    ];
    match deed {
        Deed::Feed(bytes) => {
            emulator.feed(&bytes);
        }
        Deed::Size(columns, rows) => {
            emulator.resize(columns, rows);
        }
        Deed::Sync => {
            emulator.stop_sync();
        }
        Deed::Copy(0) => emulator.enter_copy(),
        Deed::Copy(1) => emulator.leave_copy(),
        Deed::Copy(2) => emulator.select(Kind::Cells),
        Deed::Copy(3) => emulator.select(Kind::Words),
        Deed::Copy(4) => emulator.select(Kind::Lines),
        Deed::Copy(n) => {
            emulator.enter_copy();
            emulator.step(STEPS[usize::from(n) - 5]);
        }
        Deed::Mouse(x, y) => {
            emulator.select_from(Kind::Words, x, y);
            emulator.select_to(y, x);
        }
        Deed::Find(text) => {
            emulator.search(&text);
            emulator.find(text.len() % 2 == 0);
        }
        Deed::Divide => emulator.divide("again"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn nothing_a_host_sends_gets_out(deeds in prop::collection::vec(deed(), 1..80)) {
        let mut emulator = Emulator::new(40, 12);
        for deed in deeds {
            act(&mut emulator, deed);
            painted(&mut emulator, Depth::Sixteen);
            emulator.selected();
            prop_assert!(!emulator.is_broken());
        }
    }
}
