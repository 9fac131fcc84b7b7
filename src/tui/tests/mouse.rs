//! The mouse: what is clicked gets it, what is under the pointer scrolls.

use crossterm::event::{MouseButton, MouseEventKind};
use insta::assert_snapshot;

use super::fixtures::{operation_id, server_id};
use super::pictures::{filled, firewall, opened};
use super::screen::Screen;
use crate::tui::effect::{Done, Effect};

const PRESS: MouseEventKind = MouseEventKind::Down(MouseButton::Left);

#[test]
fn a_click_selects_a_row_and_gives_a_column_the_keys() {
    let mut screen = filled(Screen::large());
    screen.keys("G").click("db-1");
    assert_eq!(screen.state.shared.selected, Some(server_id(3)));
    screen.click("login  ");
    assert!(screen.state.panes[0].is_open(), "the detail has the keys");
    screen.click("web-1");
    assert!(!screen.state.panes[0].is_open());
    assert_eq!(screen.state.shared.selected, Some(server_id(1)));
    // In a list that has no row there nothing moves.
    screen.mouse(PRESS, (3, 45));
    assert_eq!(screen.state.shared.selected, Some(server_id(1)));
}

#[test]
fn names_of_panes_and_hints_are_clicked() {
    let mut screen = filled(Screen::small());
    screen.click("3 operations");
    assert_eq!(screen.state.active, 2);
    screen.click("1 servers").click("enter open");
    assert!(screen.state.panes[0].is_open());
    screen.click("? help");
    assert!(screen.picture().contains("Commands and their keys"));
    let before = screen.picture();
    screen.mouse(PRESS, (1, 0));
    assert_eq!(screen.picture(), before, "beside a layer a click does nothing");
}

#[test]
fn the_wheel_moves_what_is_under_the_pointer() {
    let mut screen = filled(Screen::large());
    screen.keys("g").wheel_down("db-1");
    assert_ne!(screen.state.shared.selected, Some(server_id(1)));
    let mut screen = firewall(Screen::small());
    screen.keys("?");
    let first = screen.picture();
    screen.mouse(MouseEventKind::ScrollDown, (0, 23));
    assert_ne!(screen.picture(), first);
    screen.mouse(MouseEventKind::ScrollUp, (0, 0));
    assert_eq!(screen.picture(), first);
}

#[test]
fn answers_and_fields_are_clicked() {
    let mut screen = filled(Screen::small());
    screen.keys("a").click("address  ").keys("192.0.2.9");
    assert!(screen.picture().contains("192.0.2.9"));
    screen.keys("<esc>").since += std::time::Duration::from_secs(1);
    screen.click("yes (y)").click("3 operations").keys("x");
    screen.since += std::time::Duration::from_secs(1);
    screen.click("yes (y)");
    assert!(matches!(screen.act(), Some((_, crate::tui::effect::Act::Cancel(_)))));
    assert!(screen.state.layers.is_empty());
    screen.answer(Ok(Done::Yes)).keys("m");
    assert!(matches!(screen.effects.last(), Some(Effect::Mouse(false))));
}

#[test]
fn three_columns_where_it_is_wide() {
    let mut screen = filled(Screen::wide());
    screen.click("operations on ");
    assert_eq!(screen.state.active, 0, "the third column has no keys");
    let (column, row) = screen.place("operations on ");
    screen.mouse(PRESS, (column, row + 1));
    assert_eq!(screen.state.active, 2);
    let opened = opened(Screen::wide());
    assert_snapshot!("operation_wide", opened.picture());
    assert_snapshot!("firewall_wide", firewall(Screen::wide()).picture());
    let _ = operation_id(1);
}

#[test]
fn selection_and_scroll_outlive_every_size() {
    let mut screen = filled(Screen::small());
    screen.keys("j<enter>jj");
    let selected = screen.state.shared.selected;
    let before = screen.picture();
    for size in [(0, 0), (1, 1), (39, 9), (40, 10), (200, 60), (120, 24), (80, 24)] {
        screen.resize(size.0, size.1).picture();
    }
    assert_eq!((screen.state.shared.selected, screen.picture()), (selected, before));
}
