//! The palette, the help, and the keys of a person: by key scripts.

use insta::assert_snapshot;

use super::fixtures::{operation_id, rule_id, server_id};
use super::pictures::{filled, firewall};
use super::screen::{Screen, start};
use crate::domain::{Failure, ResourceId};
use crate::fleet::{Started, VaultState};
use crate::tui::command::TABLE;
use crate::tui::effect::{Act, Done, Effect};
use crate::tui::keymap::Keymap;
use crate::tui::shared::Start;

const KEYMAP: &str = "\
[everywhere]
first = [\"g g\", \"home\"]
pane = [\"g p\"]
palette = [\"ctrl-k\"]
[servers]
server-add = [\"+\"]
server-log = [\"g l\"]
server-edit = []
";

fn with_keys(text: &str) -> Screen {
    let keymap = Keymap::from_text(text, "keymap.toml");
    filled(Screen::with(Start { keymap, ..start(VaultState::Open, (80, 24)) }))
}

#[test]
fn it_lists_all_commands_those_of_the_pane_first() {
    let mut screen = firewall(Screen::large());
    screen.keys(":");
    assert_snapshot!("palette_large", screen.picture());
    screen.resize(40, 10);
    assert_snapshot!("palette_tiny", screen.picture());
}

#[test]
fn it_finds_by_title_and_name_and_says_so_when_nothing_fits() {
    let mut screen = filled(Screen::small());
    screen.keys("j:rule rem");
    assert_snapshot!("palette_found", screen.picture());
    screen.keys("<ctrl-u>qqqq");
    assert_snapshot!("palette_nothing", screen.picture());
    screen.keys("<ctrl-u>server-retry<enter>");
    let picture = screen.picture();
    assert!(picture.contains("✗ web-1 has not failed; there is nothing to retry."), "{picture}");
    screen.keys("<esc>");
    assert!(screen.state.layers.is_empty());
}

#[test]
fn arguments_are_asked_one_by_one_and_completed() {
    let mut screen = filled(Screen::small());
    screen.keys(":server<tab>");
    screen.keys("<ctrl-u>server wx");
    assert!(screen.picture().contains("No server fits “wx”."));
    screen.keys("<enter>");
    assert!(screen.picture().contains("✗ There is no server “wx”."));
    screen.keys("<backspace>eb-1<enter>");
    assert_eq!(screen.state.shared.selected, Some(server_id(1)));
    assert!(screen.state.layers.is_empty());
    screen.keys(":pane oper<enter>");
    assert_eq!(screen.state.active, 2);
    screen.keys(":pane <esc>");
    assert!(screen.picture().contains("Commands"), "one step back");
}

#[test]
fn a_rule_is_typed_in_one_go() {
    let mut screen = firewall(Screen::small());
    screen.keys("1:rule-add allow 443/tcp");
    assert_snapshot!("palette_rule", screen.picture());
    let asked = screen
        .effects
        .iter()
        .any(|e| matches!(e, Effect::ReviewRule { line, .. } if line == "allow 443/tcp"));
    assert!(asked, "the line is reviewed as it is typed");
    screen.keys("<enter>");
    assert_eq!(screen.state.active, 1, "it goes to the pane first");
    let Some((_, Act::AddRule(server, line, None, _))) = screen.act() else { panic!("no rule") };
    assert_eq!((*server, line.as_str()), (server_id(1), "allow 443/tcp"));
    screen.answer(Err(Failure::input("That is refused.")));
    assert!(screen.picture().contains("That is refused."), "the editor stays open with the line");
    assert!(screen.picture().contains("allow 443/tcp"));
}

#[test]
fn things_are_named_instead_of_selected() {
    let mut screen = firewall(Screen::small());
    screen.keys(":rule-remove SSH<enter>");
    assert!(screen.picture().contains("Remove this rule from web-1?"));
    screen.keys("y");
    let Some((_, Act::RemoveRule(_, rule))) = screen.act() else { panic!("no removal") };
    assert_eq!(*rule, rule_id(1));
    screen.keys(&format!(":operation-retry {}<enter>", operation_id(1)));
    let Some((_, Act::Retry(operation))) = screen.act() else { panic!("no retry") };
    assert_eq!(*operation, operation_id(1));
    screen.keys(&format!(":operation-retry {}<enter>", operation_id(2)));
    assert!(screen.picture().contains("It is not over yet."));
}

#[test]
fn a_command_runs_on_the_selected_server_and_its_operation_is_shown() {
    let mut screen = filled(Screen::small());
    screen.keys("j!<enter>df -h; uptime<enter>");
    let Some((_, Act::Exec(server, argv))) = screen.act() else { panic!("no command") };
    assert_eq!((*server, argv.join("|")), (server_id(1), "sh|-c|df -h; uptime".to_owned()));
    let started =
        Started { operation: operation_id(2), server: server_id(1), resource: None::<ResourceId> };
    screen.answer(Ok(Done::Started(started)));
    assert_eq!(screen.state.active, 2);
}

#[test]
fn what_was_used_last_comes_first() {
    let mut screen = filled(Screen::small());
    screen.keys(":messages<enter><esc>:unlock<enter>");
    let kept = screen.effects.iter().rev().find_map(|effect| match effect {
        Effect::Keep(_, names) => Some(names.clone()),
        _ => None,
    });
    assert_eq!(kept.unwrap(), "unlock\nmessages");
    screen.keys(":");
    let picture = screen.picture();
    let at = |text: &str| picture.find(text).unwrap_or_else(|| panic!("{text}: {picture}"));
    assert!(at("make or open the vault") < at("all messages"));
    assert!(at("all messages") < at("add a server"));
}

#[test]
fn the_help_is_searched_and_runs_what_is_selected() {
    let mut screen = filled(Screen::small());
    screen.keys("2?");
    assert_snapshot!("help_firewall", screen.picture());
    screen.keys("/half<enter>");
    assert!(!screen.picture().contains("to the last"));
    screen.keys("<esc>");
    assert!(screen.picture().contains("to the last"), "all of it again");
    screen.keys("/messages<enter><enter>");
    assert!(screen.picture().contains("Nothing was said yet."));
}

#[test]
fn the_persons_keys_are_heard_and_shown() {
    let mut screen = with_keys(KEYMAP);
    assert_snapshot!("keys_servers", screen.picture());
    screen.keys("G");
    assert_eq!(screen.state.shared.selected, Some(server_id(2)));
    screen.keys("g");
    assert_snapshot!("chord", screen.picture());
    screen.keys("g");
    assert_eq!(screen.state.shared.selected, Some(server_id(3)), "to the first");
    screen.keys("g<esc>G");
    assert_eq!(screen.state.shared.selected, Some(server_id(2)), "the chord was left");
    screen.keys("gxa");
    assert!(screen.state.layers.is_empty(), "neither a chord of theirs nor a default");
    screen.keys("+<esc>gp");
    assert!(screen.picture().contains("go to a pane by its name"));
    screen.keys("<esc><ctrl-k>server-edit<enter>");
    assert!(screen.picture().contains("address"), "unbound, yet to be had");
}

#[test]
fn chords_are_heard_in_texts_too() {
    let mut screen = with_keys(KEYMAP);
    screen.keys("?Gg");
    assert!(screen.picture().contains("to the first"), "what can follow");
    screen.keys("g<enter>");
    assert!(
        screen.state.layers.iter().any(|o| o.layer.is_vault()) || !screen.state.layers.is_empty()
    );
}

#[test]
fn what_is_wrong_with_the_keys_stays_on_screen() {
    let screen = with_keys("[servers]\nserver-ad = [\"x\"]\nserver-log = [\"hyper-x\"]\n");
    assert_snapshot!("keys_faulty", screen.picture());
}

#[test]
fn what_does_not_fit_of_a_chords_keys_is_counted() {
    let of_servers = TABLE.iter().filter(|command| command.name.starts_with("server-"));
    let lines: Vec<String> = of_servers
        .zip('a'..)
        .map(|(command, key)| format!("{} = [\"z {key}\"]", command.name))
        .collect();
    let mut screen = with_keys(&format!("[servers]\n{}\n", lines.join("\n")));
    screen.keys("z");
    assert!(!screen.picture().contains("more · esc"), "{}", screen.picture());
    screen.resize(40, 10);
    let picture = screen.picture();
    let hidden = lines.len() - 6;
    assert!(picture.contains(&format!("+{hidden} more · esc ends it")), "{picture}");
}
