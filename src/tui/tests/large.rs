//! Every layer once more on a large screen; the panes are in `pictures`.

use insta::assert_snapshot;

use super::fixtures::{self, server_id};
use super::pictures::{filled, firewall, opened};
use super::screen::Screen;
use crate::domain::Failure;
use crate::fleet::VaultState;
use crate::tui::effect::{Data, Done};
use crate::tui::event::Event;

#[test]
fn the_first_start() {
    let mut screen = Screen::new(VaultState::Absent, (160, 50));
    screen.data(Data::Servers(Vec::new()));
    assert_snapshot!("vault_choose", screen.picture());
    screen.keys("<esc>");
    assert_snapshot!("welcome", screen.picture());
    let screen = Screen::new(VaultState::Locked, (160, 50));
    assert_snapshot!("vault_locked", screen.picture());
}

#[test]
fn layers_over_the_servers() {
    let mut screen = filled(Screen::large());
    screen.keys("ja");
    assert_snapshot!("form", screen.picture());
    screen.keys("<ctrl-s>").answer(Ok(Done::HostKey(fixtures::host_key())));
    assert_snapshot!("host_key", screen.picture());
    screen.keys("n<esc>d").answer(Ok(Done::Names(vec!["rule SSH".into()])));
    assert_snapshot!("remove", screen.picture());
    screen.keys("<esc>?");
    assert_snapshot!("help", screen.picture());
    screen.keys("<esc>").event(Event::Loaded(Err(fixtures::failure()))).keys("M");
    assert_snapshot!("messages", screen.picture());
    screen.keys("<esc><esc>q");
    assert_snapshot!("quit", screen.picture());
}

#[test]
fn layers_over_the_firewall() {
    let mut screen = firewall(Screen::large());
    screen.keys("o");
    assert_snapshot!("editor", screen.picture());
    screen.keys("<esc>d");
    assert_snapshot!("confirm", screen.picture());
    screen.keys("p").answer(Err(Failure::internal("The host is not there.")));
    assert_snapshot!("preview_failed", screen.picture());
    screen.keys("<esc><esc>j<enter>");
    assert_snapshot!("rule_open", screen.picture());
    assert_eq!(screen.state.shared.selected, Some(server_id(1)));
}

#[test]
fn layers_over_an_operation() {
    let mut screen = opened(Screen::large());
    screen.keys("l");
    assert_snapshot!("log", screen.picture());
    screen.keys("<esc><enter>");
    assert_snapshot!("step_text", screen.picture());
}
