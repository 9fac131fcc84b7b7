//! Forms drawn from declared fields: one with several lines, and what is completed and edited.

use insta::assert_snapshot;

use super::pictures::filled;
use super::screen::{Screen, start};
use crate::fleet::{Consent, Notice, VaultState};
use crate::tui::effect::{Act, Data, Done, Effect};
use crate::tui::event::Event;
use crate::tui::layer::fields::{Field, Fields, Value};
use crate::tui::layer::form::{Form, Next, Subject};
use crate::tui::line::Lines;
use crate::tui::shared::{Context, Out, Start};
use crate::tui::state::Opened;

/// A resource whose form has no code of its own but this.
#[derive(Debug)]
struct Note;

impl Subject for Note {
    fn title(&self) -> &str {
        "A note"
    }
    fn send(&self, fields: &Fields, _: Consent) -> Act {
        let Some(Value::Lines(lines)) = fields.get("text").map(|field| &field.value) else {
            panic!("a text");
        };
        Act::OfferedHostKey { host: fields.text("name").into(), port: lines.text() }
    }
    fn done(&mut self, _: &Done, _: &Fields, cx: &mut Context<'_>) -> Next {
        cx.say("Noted.");
        Next::Close
    }
}

pub(super) fn note(mut screen: Screen) -> Screen {
    let name = Field::text("name", "name", "What it is called.", "")
        .checked(|text| text.contains(' ').then(|| ("A name has no space in it.".to_owned(), true)))
        .completed(|shared| {
            shared.servers.iter().flatten().map(|row| row.server.name.clone()).collect()
        });
    let text = Value::Lines(Box::new(Lines::new("one\ntwo\nthree\nfour\nfive\nsix\n")));
    let text = Field::new("text", "text", "What there is to know.", text);
    let mut out = Out::default();
    let mut cx = Context { shared: &mut screen.state.shared, out: &mut out };
    let layer = Box::new(Form::new(vec![name, text], Note, &mut cx));
    screen.state.layers.push(Opened { layer, since: screen.since });
    screen
}

#[test]
fn several_lines_are_edited_in_place_and_elsewhere() {
    let mut screen = note(filled(Screen::small()));
    screen.keys("a b");
    assert_snapshot!("form_checked", screen.picture());
    screen.keys("<ctrl-s>");
    assert!(screen.act().is_none_or(|(_, act)| !matches!(act, Act::OfferedHostKey { .. })));
    screen.keys("<ctrl-u>db<right><tab>");
    screen.keys("zero<enter><down><down><down><down><down>");
    assert_snapshot!("form_lines", screen.picture());
    screen.keys("<ctrl-o>");
    let Some(Effect::Edit(text)) = screen.effects.last() else { panic!("{:?}", screen.effects) };
    assert_eq!(text, "zero\none\ntwo\nthree\nfour\nfive\nsix\n");
    screen.event(Event::Edited(Ok("new\u{1b}\nlines\n".into()))).keys("<ctrl-s>");
    let Some((_, Act::OfferedHostKey { host, port })) = screen.act() else { panic!("not sent") };
    assert_eq!((host.as_str(), port.lines().count()), ("db-1", 2));
    assert!(!port.contains('\u{1b}'), "control characters stay out");
    screen.answer(Ok(Done::Yes));
    assert!(screen.state.layers.is_empty() && screen.picture().contains("Noted."));
}

#[test]
fn a_small_screen_keeps_the_field_with_the_focus_in_sight() {
    let mut screen = filled(Screen::small());
    screen.keys("a").resize(40, 10);
    for name in ["name", "address", "port", "user", "log in with", "host key"] {
        assert!(screen.picture().contains(&format!("▸ {name}")), "{}", screen.picture());
        screen.keys("<tab>");
    }
}

#[test]
fn key_files_are_completed_and_secrets_have_no_editor() {
    let mut screen = filled(Screen::small());
    screen.state.shared.start.agent = false;
    screen.keys("a");
    screen.data(Data::KeyFiles(vec!["~/.ssh/id_ed25519".into(), "~/.ssh/work".into()]));
    screen.keys("<tab><tab><tab><tab><tab><ctrl-u>~/.ssh/w");
    assert_snapshot!("form_completes", screen.picture());
    screen.keys("<right>");
    assert!(screen.picture().contains("~/.ssh/work"));
    screen.keys("<tab>secret<ctrl-o>");
    assert!(!screen.effects.iter().any(|effect| matches!(effect, Effect::Edit(_))));
    assert!(screen.picture().contains("This field is not for an editor."));
    screen.state.shared.start.editor = None;
    screen.keys("<up><ctrl-o>");
    assert!(screen.picture().contains("There is no editor: set VISUAL or EDITOR"));
}

#[test]
fn a_form_with_something_typed_in_it_asks_before_it_is_left() {
    let mut screen = filled(Screen::small());
    screen.keys("a<tab><tab><esc>");
    assert!(screen.state.layers.is_empty(), "nothing was typed");
    screen.keys("aweb<esc>");
    assert_snapshot!("form_left", screen.picture());
    screen.since += std::time::Duration::from_secs(1);
    screen.keys("<enter>");
    assert!(screen.picture().contains("Add a server"), "the focus is on no");
    screen.keys("<backspace><backspace><backspace><esc>");
    assert!(screen.state.layers.is_empty(), "as it was in the beginning");
    screen.keys("aweb<esc>");
    screen.since += std::time::Duration::from_secs(1);
    screen.keys("y");
    assert!(screen.state.layers.is_empty());
}

#[test]
fn the_passphrase_is_not_asked_for_once_the_vault_is_open() {
    let locked = Start { wants_passphrase: true, ..start(VaultState::Locked, (80, 24)) };
    let mut screen = Screen::with(locked);
    assert!(screen.picture().contains("The vault is locked"));
    screen.event(Event::Change(Notice::Unlocked));
    assert!(screen.state.layers.is_empty());
    assert_eq!(screen.state.shared.start.vault, VaultState::Open);
    assert!(screen.picture().contains("opened by another brokeforge"));
}
