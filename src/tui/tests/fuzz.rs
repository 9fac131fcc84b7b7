//! Random events at random sizes: nothing panics.

use proptest::prelude::*;

use super::fixtures;
use super::screen::{Screen, parse, start};
use super::{provision, tree};
use crate::domain::{Outcome, Status};
use crate::fleet::{Output, Stream, VaultState};
use crate::tui::effect::{Data, Done, Effect, Load};
use crate::tui::event::{Event, SessionNews};
use crate::tui::keymap::Keymap;
use crate::tui::shared::Start;

#[derive(Debug, Clone)]
enum Deed {
    Keys(String),
    Size(u16, u16),
    Servers(u32),
    Operations(u32),
    Firewall(u32),
    Output(Vec<u8>),
    Answers(bool),
    Paste(String),
    Session(u64, u8),
    Mouse(u16, u16, u8),
}

fn deed() -> impl Strategy<Value = Deed> {
    let named = prop::sample::select(vec![
        "<enter>",
        "4",
        "s",
        "S",
        "<ctrl-g>",
        "v",
        "[",
        "b",
        "z",
        "V",
        "<esc>",
        "<tab>",
        "<up>",
        "<down>",
        "<left>",
        "<right>",
        "<backspace>",
        "<ctrl-d>",
        "<ctrl-s>",
        "<ctrl-p>",
        "<ctrl-w>",
        "1",
        "2",
        "3",
        "j",
        "k",
        "g",
        "G",
        "a",
        "e",
        "d",
        "r",
        "x",
        "E",
        "c",
        "t",
        "l",
        "y",
        "p",
        "?",
        "M",
        "U",
        "q",
        "f",
        "/",
        "n",
        "N",
        "z",
        "i",
        "日",
        "/",
        " ",
        "*",
        ">",
        "=",
        "T",
        "D",
        "!web",
        "tag:",
        "w",
        ":",
        "!",
        "/",
        "<ctrl-n>",
        ":rule-add ",
        ":server ",
        ":server-provision ",
        ":operation-cancel ",
        "g",
        " ",
        "m",
        "<ctrl-o>",
    ]);
    let sizes = prop_oneof![(0u16..6, 0u16..6), (0u16..240, 0u16..60)];
    prop_oneof![
        10 => named.prop_map(|key| Deed::Keys(key.to_owned())),
        2 => "\\PC{0,8}".prop_map(|text| Deed::Keys(text.replace('<', ""))),
        3 => sizes.prop_map(|(columns, rows)| Deed::Size(columns, rows)),
        1 => (0u32..6).prop_map(Deed::Servers),
        1 => (0u32..6).prop_map(Deed::Operations),
        1 => (0u32..6).prop_map(Deed::Firewall),
        1 => prop::collection::vec(any::<u8>(), 0..300).prop_map(Deed::Output),
        2 => any::<bool>().prop_map(Deed::Answers),
        1 => "(.|\n){0,20}".prop_map(Deed::Paste),
        2 => (1u64..4, any::<u8>()).prop_map(|(key, kind)| Deed::Session(key, kind)),
        1 => (0u16..200, 0u16..60, 0u8..6).prop_map(|(x, y, kind)| Deed::Mouse(x, y, kind)),
    ]
}

fn answer(screen: &mut Screen, well: bool) {
    let effects = std::mem::take(&mut screen.effects);
    for effect in effects {
        let Effect::Act(ticket, act) = effect else { continue };
        use crate::tui::effect::Act;
        let done = match act {
            Act::OfferedHostKey { .. } => Done::HostKey(fixtures::host_key()),
            Act::PreviewProvision(_) => Done::Preview(provision::planned()),
            Act::Dependants(_) => Done::Names(vec!["rule SSH".into()]),
            Act::CheckFirewall(_) => Done::Firewall(Box::new(fixtures::firewall())),
            Act::VaultInit(_) | Act::Unlock(_) => Done::Unlocked,
            _ => Done::Yes,
        };
        let result = if well { Ok(done) } else { Err(fixtures::failure()) };
        screen.event(Event::Answer(ticket, result));
    }
}

fn act(screen: &mut Screen, deed: Deed) {
    let statuses = [Status::Pending, Status::Active, Status::Failed];
    match deed {
        Deed::Keys(keys) => {
            for key in parse(&keys) {
                screen.event(Event::Key(key));
            }
        }
        Deed::Size(columns, rows) => {
            screen.resize(columns, rows);
        }
        Deed::Servers(count) => {
            let rows = (0..count)
                .map(|n| fixtures::server(n, &format!("s{n}\u{301}語"), statuses[n as usize % 3]));
            screen.data(Data::Servers(rows.collect()));
        }
        Deed::Operations(count) => {
            let outcomes = [Outcome::Waiting, Outcome::Running, Outcome::Failed, Outcome::Done];
            let all = (0..count).rev().map(|n| fixtures::operation(n, n, outcomes[n as usize % 4]));
            let mut all: Vec<_> = all.collect();
            // with one that has others inside
            if count > 3 {
                all.splice(0..0, tree::tree(outcomes[1 + count as usize % 3]));
                screen.data(Data::Profiles(provision::profiles()));
            }
            screen.data(Data::Operations(all));
        }
        Deed::Firewall(count) => {
            let mut view = fixtures::firewall();
            view.rules.truncate(count as usize);
            if let Some(server) = screen.state.shared.selected {
                view.server = server;
                screen.data(Data::Firewall(server, Some(Box::new(view))));
            }
        }
        Deed::Output(bytes) => {
            if let Some(id) = screen.state.shared.transcript.operation {
                let step = bytes.len() % 4;
                screen.event(Event::Output(id, Output::Piece { step, stream: Stream::Out, bytes }));
            }
        }
        Deed::Answers(well) => answer(screen, well),
        Deed::Session(key, kind) => {
            let news = match kind % 5 {
                0 | 1 => SessionNews::Opened,
                2 => SessionNews::Fed,
                3 => SessionNews::Ended("The shell ended".to_owned()),
                _ => SessionNews::Lost(fixtures::failure()),
            };
            screen.event(Event::Session(key, news));
        }
        Deed::Mouse(column, row, kind) => {
            use crossterm::event::{KeyModifiers, MouseButton::Left, MouseEvent, MouseEventKind};
            let kind = match kind {
                0 => MouseEventKind::ScrollUp,
                1 => MouseEventKind::ScrollDown,
                2 => MouseEventKind::Up(Left),
                3 => MouseEventKind::Drag(Left),
                _ => MouseEventKind::Down(Left),
            };
            let modifiers = KeyModifiers::NONE;
            screen.event(Event::Mouse(MouseEvent { kind, column, row, modifiers }));
        }
        Deed::Paste(text) => {
            screen.event(Event::Paste(text));
        }
    }
}

fn chords() -> Keymap {
    let text =
        "[everywhere]\nfirst = [\"g g\"]\nexec = [\"g e\"]\n[servers]\nserver-log = [\"g l\"]";
    Keymap::from_text(text, "keymap.toml")
}

proptest! {
    #[test]
    fn no_keymap_panics(text in "(\\[(everywhere|servers|x)\\]\n(first|server-add|y) = \\[?\"\\PC{0,6}\"\\]?\n|\\PC{0,9}\n){0,4}") {
        let _ = Keymap::from_text(&text, "keymap.toml");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn nothing_panics(deeds in prop::collection::vec(deed(), 1..60)) {
        let keymap = if deeds.len() % 2 == 0 { Keymap::default() } else { chords() };
        let start = Start { keymap, ..start(VaultState::Open, (80, 24)) };
        let mut screen = Screen::with(start);
        screen.data(Data::Servers(fixtures::fleet()));
        screen.data(Data::Operations(fixtures::operations()));
        for deed in deeds {
            act(&mut screen, deed);
            screen.picture();
        }
    }
}

#[test]
fn every_small_size_is_drawn() {
    for columns in (0..50).chain([79, 80, 119, 120, 179, 180]) {
        for rows in 0..14 {
            let mut screen = Screen::new(VaultState::Open, (columns, rows));
            screen.data(Data::Servers(fixtures::fleet()));
            screen.data(Data::Operations(fixtures::operations()));
            screen.picture();
            screen.keys("a").picture();
            screen.keys("<esc>3<enter>").picture();
        }
    }
}

#[test]
fn a_thousand_times_ten_rows_move_at_once() {
    let mut screen = Screen::new(VaultState::Open, (200, 60));
    let rows = (0..10_000).map(|n| fixtures::server(n, &format!("server-{n:05}"), Status::Active));
    screen.data(Data::Servers(rows.collect()));
    screen.keys("G");
    assert!(screen.picture().contains("server-09999"));
    screen.keys("kg<ctrl-d>j");
    assert!(screen.picture().contains("server-00028"));
    assert!(!screen.effects.iter().any(|e| matches!(e, Effect::Load(Load::Firewall(_)))));
}
