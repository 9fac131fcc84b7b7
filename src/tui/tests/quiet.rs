//! When the screen waits for a time, and when for nothing at all: what `benches/idle.rs` measures
//! rests on this.

use super::fixtures::{fleet, operation_id, operations};
use super::screen::Screen;
use crate::domain::Outcome;
use crate::fleet::{Handed, Notice, VaultState};
use crate::tui::effect::{Data, Done};
use crate::tui::event::Event;

#[test]
fn an_idle_screen_has_no_deadline() {
    let mut screen = Screen::small();
    assert_eq!(screen.state.deadline(), None, "as it opens");
    screen.data(Data::Servers(fleet())).data(Data::Operations(operations()));
    for pane in ["1", "2", "3"] {
        screen.keys(pane);
        assert_eq!(screen.state.deadline(), None, "pane {pane}");
    }
    screen.answer(Ok(Done::Recovered(1)));
    assert!(screen.state.deadline().is_some(), "a toast that fades");
}

#[test]
fn the_running_clock_ticks_only_while_it_is_on_screen() {
    let mut screen = Screen::small();
    screen.data(Data::Servers(fleet())).data(Data::Operations(operations()));
    let running = operations().into_iter().find(|o| o.outcome == Outcome::Running).unwrap();
    screen.keys("3");
    assert_eq!(screen.state.deadline(), None, "a list shows times, not clocks");
    while screen.state.shared.operation(running.id).is_some() && screen.state.deadline().is_none() {
        screen.keys("<enter>");
        if screen.state.deadline().is_none() {
            screen.keys("<esc>j");
        }
    }
    assert!(screen.state.deadline().is_some(), "the open one runs");
    screen.keys("1");
    assert_eq!(screen.state.deadline(), None, "another pane is on screen");
    screen.keys("3");
    assert!(screen.state.deadline().is_some());
    let mut over = operations().into_iter().find(|o| o.id == operation_id(2)).unwrap();
    over.outcome = Outcome::Done;
    screen.data(Data::Operation(over.id, Some(Box::new(over))));
    screen.since += std::time::Duration::from_secs(10);
    screen.event(Event::Deadline);
    assert_eq!(screen.state.deadline(), None, "it is over, and the toast has faded");
}

#[test]
fn another_holder_is_told_and_everything_is_loaded_again() {
    for (vault, wants_passphrase) in
        [(VaultState::Open, true), (VaultState::Locked, false), (VaultState::Locked, true)]
    {
        let mut screen = Screen::small();
        screen.answer(Ok(Done::Unlocked));
        screen.data(Data::Servers(fleet())).data(Data::Operations(operations()));
        screen.state.layers.clear();
        let handed = Handed { here: true, vault, wants_passphrase };
        let now = screen.state.shared.now;
        let effects = screen.state.update(Event::Change(Notice::Handed(handed)), now);
        let shown = format!("{effects:?}");
        assert!(shown.contains("Load(Servers)") && shown.contains("Load(Operations)"), "{shown}");
        assert_eq!(shown.contains("Recover"), vault == VaultState::Open, "{shown}");
        let by_itself = vault == VaultState::Locked && !wants_passphrase;
        assert_eq!(shown.contains("Unlock(None)"), by_itself, "{shown}");
        let asked = screen.state.layers.iter().any(|opened| opened.layer.is_vault());
        assert_eq!(asked, vault == VaultState::Locked && wants_passphrase);
        let toasts = screen.state.shared.messages.toasts();
        assert!(toasts.iter().any(|toast| toast.text.contains("this one took over")));
    }
}
