//! Sessions on the screen: tabs, halves, the list, typing into several, loss, copying.

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::fixtures;
use super::screen::Screen;
use crate::domain::{Failure, FailureKind};
use crate::tui::effect::{Data, Effect, SessionAct, SessionKey};
use crate::tui::emulator::Handle;
use crate::tui::event::{Event, SessionNews};

pub(super) fn with_fleet(mut screen: Screen) -> Screen {
    screen.data(Data::Servers(fixtures::fleet()));
    screen.data(Data::Operations(Vec::new()));
    screen
}

/// The last session that was asked for.
fn opened(screen: &Screen) -> (SessionKey, Handle) {
    let open = |effect: &Effect| match effect {
        Effect::Session(key, SessionAct::Open(_, terminal)) => Some((*key, terminal.clone())),
        _ => None,
    };
    screen.effects.iter().rev().find_map(open).expect("a session")
}

/// What was typed into a session since this was last asked.
fn sent(screen: &mut Screen) -> Vec<(SessionKey, String)> {
    let effects = std::mem::take(&mut screen.effects).into_iter();
    effects
        .filter_map(|effect| match effect {
            Effect::Session(key, SessionAct::Input(bytes)) => {
                Some((key, String::from_utf8_lossy(&bytes).into_owned()))
            }
            _ => None,
        })
        .collect()
}

pub(super) fn news(screen: &mut Screen, key: SessionKey, news: SessionNews) {
    screen.event(Event::Session(key, news));
}

/// The host sends something.
fn says(screen: &mut Screen, session: &(SessionKey, Handle), text: &str) {
    session.1.with(|terminal| terminal.feed(text.as_bytes()));
    if session.1.fed(fixtures::at("14:59:58")) {
        news(screen, session.0, SessionNews::Fed);
    }
}

/// Opens a shell on the selected server.
pub(super) fn shell(screen: &mut Screen, keys: &str) -> (SessionKey, Handle) {
    screen.keys(keys);
    let session = opened(screen);
    news(screen, session.0, SessionNews::Opened);
    says(screen, &session, &format!("root@host-{}:~# ", session.0));
    session
}

pub(super) fn lost() -> Failure {
    Failure::new(FailureKind::Unreachable, "192.0.2.1 has not answered for 45 s.")
        .remedy("Check the link.")
}

/// Three sessions; the second is on screen.
pub(super) fn three(screen: Screen) -> (Screen, Vec<(SessionKey, Handle)>) {
    let mut screen = with_fleet(screen);
    let one = shell(&mut screen, "js");
    let two = shell(&mut screen, "<ctrl-g>c");
    let three = shell(&mut screen, "<ctrl-g>djs");
    screen.keys("<ctrl-g>2");
    says(&mut screen, &two, "\x1b[1;32mls\x1b[m\r\n日本  \x1b[44mblue\x1b[m\r\n$ ");
    says(&mut screen, &three, "news\r\n");
    news(&mut screen, two.0, SessionNews::Title(Some("root@web-1: /srv".into())));
    (screen, vec![one, two, three])
}

macro_rules! snapshot {
    ($name:literal, $screen:expr) => {
        insta::assert_snapshot!($name, $screen.picture());
    };
}

#[test]
fn no_session_yet() {
    let mut bare = Screen::small();
    assert!(bare.keys("s").picture().contains("There is no server yet; a adds one."));
}

#[test]
fn tabs_where_there_is_room() {
    snapshot!("tabs_large", three(Screen::large()).0);
}

#[test]
fn two_halves() {
    let (mut screen, all) = three(Screen::small());
    screen.keys("<ctrl-g>vx<ctrl-g>oy");
    let typed: Vec<_> = sent(&mut screen).into_iter().filter(|(_, t)| t.len() == 1).collect();
    assert_eq!(typed, [(all[2].0, "x".into()), (all[1].0, "y".into())]);
    let (mut large, _) = three(Screen::large());
    snapshot!("halves_large", large.keys("<ctrl-g>|"));
}

#[test]
fn the_list_and_going_on_while_hidden() {
    let (mut screen, all) = three(Screen::small());
    screen.keys("<ctrl-g>d1");
    says(&mut screen, &all[0], "done\r\n");
    news(&mut screen, all[2].0, SessionNews::Lost(lost()));
    snapshot!("list", screen.keys("4j "));
    let (mut large, _) = three(Screen::large());
    snapshot!("list_large", large.keys("<ctrl-g>l"));
    assert!(screen.keys("<enter>").picture().contains("root@host-3"));
}

#[test]
fn keys_are_the_remotes_but_for_the_escape() {
    let mut screen = with_fleet(Screen::small());
    let (key, terminal) = shell(&mut screen, "js");
    sent(&mut screen);
    screen.keys("q?<tab><esc><up><ctrl-z><ctrl-g><ctrl-g>:");
    let typed: String = sent(&mut screen).into_iter().map(|(_, text)| text).collect();
    assert_eq!(typed, "q?\t\x1b\x1b[A\x1a\x07:");
    terminal.with(|terminal| terminal.feed(b"\x1b[?1h"));
    screen.keys("<up><ctrl-g><esc>a");
    let sent = sent(&mut screen);
    assert_eq!(sent, [(key, "\x1bOA".into()), (key, "a".into())]);
}

#[test]
fn a_key_draws_nothing_by_itself() {
    let mut screen = with_fleet(Screen::small());
    let session = shell(&mut screen, "js");
    screen.picture();
    screen.state.take_changed();
    screen.keys("a");
    assert!(!screen.state.take_changed());
    says(&mut screen, &session, "a");
    assert!(screen.state.take_changed());
    // Until that is drawn nothing more is told.
    assert!(!session.1.fed(fixtures::now()));
    screen.picture();
    assert!(session.1.fed(fixtures::now()));
    // What nobody sees is marked once.
    screen.keys("<ctrl-g>d");
    news(&mut screen, session.0, SessionNews::Fed);
    assert!(screen.state.take_changed());
    news(&mut screen, session.0, SessionNews::Fed);
    assert!(!screen.state.take_changed());
}

#[test]
fn the_host_is_told_every_size() {
    let mut screen = with_fleet(Screen::small());
    let (key, terminal) = shell(&mut screen, "js");
    assert_eq!(terminal.with(|terminal| terminal.size()), (78, 19));
    screen.effects.clear();
    screen.resize(160, 50);
    screen.keys("<ctrl-g>z<ctrl-g>z<ctrl-g>v");
    let sizes: Vec<_> = screen
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Session(k, SessionAct::Resize(columns, rows)) if *k == key => {
                Some((*columns, *rows))
            }
            _ => None,
        })
        .collect();
    assert_eq!(sizes, [(158, 45), (160, 49), (158, 45), (78, 45)]);
    let mut full = with_fleet(Screen::small());
    let (_, terminal) = shell(&mut full, "jS");
    assert_eq!(terminal.with(|terminal| terminal.size()), (80, 23));
}

#[test]
fn focus_is_told_to_who_wants_to_know() {
    let mut screen = with_fleet(Screen::small());
    let (key, terminal) = shell(&mut screen, "js");
    terminal.with(|terminal| terminal.feed(b"\x1b[?1004h"));
    sent(&mut screen);
    screen.event(Event::Focus(false)).event(Event::Focus(true)).keys("<ctrl-g>d");
    let told: Vec<_> = sent(&mut screen).into_iter().map(|(k, text)| (k == key, text)).collect();
    let (lost, gained) = ((true, "\x1b[O".to_owned()), (true, "\x1b[I".to_owned()));
    assert_eq!(told, [lost.clone(), gained, lost]);
}

#[test]
fn closing_asks_unless_the_shell_has_exited() {
    let (mut screen, all) = three(Screen::small());
    screen.keys("<ctrl-g>xn");
    assert!(!screen.effects.iter().any(|e| matches!(e, Effect::Session(_, SessionAct::Close))));
    screen.keys("<ctrl-g>xy");
    let closed = |screen: &Screen, session: &(SessionKey, Handle)| {
        let key = session.0;
        let close = |e: &Effect| matches!(e, Effect::Session(k, SessionAct::Close) if *k == key);
        screen.effects.iter().any(close)
    };
    assert!(closed(&screen, &all[1]));
    news(&mut screen, all[2].0, SessionNews::Ended("The shell ended with status 1".into()));
    snapshot!("ended", screen.keys("<ctrl-g>2"));
    screen.keys("<enter>");
    assert!(closed(&screen, &all[2]));
    news(&mut screen, all[0].0, SessionNews::Ended("The shell ended".into()));
    screen.keys("<ctrl-g>x");
    assert!(screen.picture().contains("web-1"), "the last one closed leads back");
    assert!(!screen.picture().contains("commands"));
}

#[test]
fn a_lost_link_is_shown_in_place_and_enter_opens_a_new_shell() {
    let mut screen = with_fleet(Screen::small());
    let session = shell(&mut screen, "js");
    news(&mut screen, session.0, SessionNews::Lost(lost()));
    sent(&mut screen);
    screen.keys("rm -rf<enter>");
    assert!(matches!(
        screen.effects.as_slice(),
        [Effect::Session(key, SessionAct::Open(..))] if *key == session.0
    ));
    news(&mut screen, session.0, SessionNews::Opened);
    says(&mut screen, &session, "$ ");
    snapshot!("again", screen);
    screen.effects.clear();
    assert_eq!(sent(&mut screen), [], "nothing that was typed is sent again");
}

#[test]
fn broadcast_goes_to_the_marked_ones_and_ends_when_one_leaves() {
    let (mut screen, all) = three(Screen::small());
    assert!(screen.keys("<ctrl-g>b").picture().contains("Mark at least two sessions"));
    screen.since += std::time::Duration::from_secs(9);
    screen.keys("<ctrl-g>lg jj b");
    all[2].1.with(|terminal| terminal.feed(b"\x1b[?1h"));
    sent(&mut screen);
    screen.keys("<up>");
    let typed = sent(&mut screen);
    assert_eq!(typed, [(all[0].0, "\x1b[A".into()), (all[2].0, "\x1bOA".into())]);
    // To one that is not marked: nobody else gets what is typed there.
    assert!(screen.keys("<ctrl-g>2").picture().contains("Broadcast is off"));
    screen.keys("<ctrl-g>b");
    snapshot!("broadcast_full", screen.keys("<ctrl-g>z"));
    screen.keys("<ctrl-g>d4<enter>");
    sent(&mut screen);
    screen.keys("x");
    assert_eq!(sent(&mut screen).len(), 1);
    let (mut large, _) = three(Screen::large());
    snapshot!("broadcast_large", large.keys("<ctrl-g>v<ctrl-g>lgj  b"));
}

#[test]
fn broadcast_ends_when_the_session_on_screen_is_lost_and_leaves_out_others_that_are() {
    let (mut screen, all) = three(Screen::small());
    screen.keys("<ctrl-g>lg   gb");
    news(&mut screen, all[0].0, SessionNews::Lost(lost()));
    assert!(screen.picture().contains("BROADCAST to 2: "));
    news(&mut screen, all[1].0, SessionNews::Lost(lost()));
    assert!(screen.picture().contains("Broadcast is off"));
    sent(&mut screen);
    // What the place of the lost one says is true: nobody else gets this.
    screen.keys("x");
    assert_eq!(sent(&mut screen), []);
}

#[test]
fn a_paste_of_several_lines_asks_first() {
    let mut screen = with_fleet(Screen::small());
    let (key, terminal) = shell(&mut screen, "js");
    sent(&mut screen);
    screen.event(Event::Paste("one line".into()));
    assert_eq!(sent(&mut screen), [(key, "one line".into())]);
    let text = (1..10).map(|n| format!("line {n}\n")).collect::<String>();
    screen.event(Event::Paste(text));
    snapshot!("paste", screen);
    screen.keys("n");
    assert_eq!(sent(&mut screen), []);
    terminal.with(|terminal| terminal.feed(b"\x1b[?2004h"));
    screen.event(Event::Paste("a\nb\n".into())).keys("y");
    assert_eq!(sent(&mut screen), [(key, "\x1b[200~a\rb\r\x1b[201~".into())]);
    screen.event(Event::Paste("x".repeat(2 << 20)));
    assert_eq!(sent(&mut screen), []);
}

#[test]
fn scroll_back_search_and_copy() {
    let mut screen = with_fleet(Screen::small());
    let session = shell(&mut screen, "js");
    for n in 0..100 {
        says(&mut screen, &session, &format!("line {n}\r\n"));
    }
    screen.keys("<ctrl-g>/line 4<enter>");
    snapshot!("found", screen.keys("n"));
    screen.keys("Vjy");
    let copied = screen.effects.iter().find_map(|effect| match effect {
        Effect::Copy(text) => Some(text.as_str()),
        _ => None,
    });
    assert_eq!(copied, Some("line 48\nline 49\n"));
    assert!(screen.picture().contains("Copied 2 lines, 16 bytes"));
    assert!(screen.keys("<ctrl-g>/nowhere<enter>").picture().contains("“nowhere” is not found."));
    assert!(screen.keys("q<ctrl-g>[y").picture().contains("Nothing is selected; v begins."));
}

fn mouse(screen: &mut Screen, kind: MouseEventKind, column: u16, row: u16) {
    let event = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
    screen.at_once(Event::Mouse(event));
}

#[test]
fn the_mouse_selects_and_scrolls_unless_the_remote_wants_it() {
    use MouseEventKind::{Down, Drag, ScrollUp, Up};
    let left = MouseButton::Left;
    let mut screen = with_fleet(Screen::small());
    let session = shell(&mut screen, "js");
    for n in 0..100 {
        says(&mut screen, &session, &format!("line {n}\r\n"));
    }
    mouse(&mut screen, ScrollUp, 10, 10);
    assert_eq!(session.1.with(|terminal| terminal.scrolled().0), 3);
    mouse(&mut screen, Down(left), 1, 5);
    mouse(&mut screen, Drag(left), 4, 6);
    mouse(&mut screen, Up(left), 4, 6);
    let copied = |screen: &Screen| {
        screen.effects.iter().rev().find_map(|effect| match effect {
            Effect::Copy(text) => Some(text.clone()),
            _ => None,
        })
    };
    assert_eq!(copied(&screen).as_deref(), Some("line 81\nline"));
    for _ in 0..2 {
        mouse(&mut screen, Down(left), 7, 5);
        mouse(&mut screen, Up(left), 7, 5);
    }
    assert_eq!(copied(&screen).as_deref(), Some("81"));
    says(&mut screen, &session, "\x1b[?1002;1006h");
    sent(&mut screen);
    mouse(&mut screen, Down(left), 1, 3);
    mouse(&mut screen, ScrollUp, 1, 3);
    let told: String = sent(&mut screen).into_iter().map(|(_, text)| text).collect();
    assert_eq!(told, "\x1b[<0;1;1M\x1b[<64;1;1M");
}

#[test]
fn quitting_says_how_many_would_end() {
    let (mut screen, _) = three(Screen::small());
    screen.keys("<ctrl-g>dQ");
    assert!(!screen.effects.iter().any(|effect| matches!(effect, Effect::Quit)));
    screen.keys("y");
    assert!(screen.effects.iter().any(|effect| matches!(effect, Effect::Quit)));
}
