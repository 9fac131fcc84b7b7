//! Panes and layers at work at 80×24, and the main ones at 160×50; all of them are in `gallery`.

use insta::assert_snapshot;

use super::fixtures::{self, fleet, operation_id, operations, server_id};
use super::screen::Screen;
use crate::domain::{Failure, FailureKind, OperationId, ResourceId, input::Verdict};
use crate::fleet::{
    Consent, Notice, Output, Preview, PreviewStep, Review, RuleReview, Started, Stream, VaultState,
};
use crate::tui::effect::{Act, Data, Done, Effect, Load};
use crate::tui::event::Event;
use crate::tui::style::Hues;

pub(super) fn filled(mut screen: Screen) -> Screen {
    screen.data(Data::Servers(fleet())).data(Data::Operations(operations()));
    screen.effects.clear();
    screen
}

pub(super) fn firewall(screen: Screen) -> Screen {
    let mut screen = filled(screen);
    screen.keys("j2");
    screen.data(Data::Firewall(server_id(1), Some(Box::new(fixtures::firewall()))));
    screen
}

/// The firewall of a server that never had one.
pub(super) fn firewall_off(screen: Screen) -> Screen {
    let mut screen = filled(screen);
    screen.keys("j2");
    assert!(screen.effects.iter().any(|e| matches!(e, Effect::Load(Load::Firewall(_)))));
    let mut view = fixtures::firewall();
    (view.status, view.enabled, view.rules, view.taken_at) = (None, Some(false), Vec::new(), None);
    (view.admits, view.foreign, view.notes) = (None, Vec::new(), Vec::new());
    screen.data(Data::Firewall(server_id(1), Some(Box::new(view))));
    screen
}

pub(super) fn output(id: OperationId, step: usize, stream: Stream, text: &str) -> Event {
    Event::Output(id, Output::Piece { step, stream, bytes: text.as_bytes().to_vec() })
}

pub(super) fn opened(screen: Screen) -> Screen {
    let mut screen = filled(screen);
    screen.keys("3<enter>");
    let milestones =
        vec![fixtures::milestone(1, "connected"), fixtures::milestone(2, "install-ufw")];
    screen.data(Data::Milestones(operation_id(2), milestones));
    screen.event(output(operation_id(2), 1, Stream::Out, "saved 2 files\n"));
    screen.event(output(operation_id(2), 2, Stream::Out, "\x1b[1mapplying\x1b[0m\r\n10%\r60%"));
    screen.event(output(operation_id(2), 2, Stream::Err, "WARN: 警告\x07\n"));
    screen
}

fn failure() -> Failure {
    fixtures::failure()
}

#[test]
fn first_start() {
    let mut screen = Screen::new(VaultState::Absent, (80, 24));
    screen.data(Data::Servers(Vec::new()));
    screen.keys("<enter>");
    screen.keys("nabc<enter>abd<enter>");
    screen.keys("abc<enter>abc<enter>");
    assert!(matches!(screen.act(), Some((_, Act::VaultInit(Some(_))))));
    screen.answer(Ok(Done::Unlocked));
    assert!(matches!(screen.act(), Some((_, Act::Recover))));
    screen.answer(Ok(Done::Recovered(2)));
    assert_snapshot!("welcome", screen.picture());
}

#[test]
fn a_locked_vault_asks_once_and_says_when_it_is_wrong() {
    let mut screen = Screen::new(VaultState::Locked, (80, 24));
    screen.keys("wrong<enter>");
    let wrong = Failure::new(FailureKind::VaultLocked, "The passphrase does not open the vault.");
    screen.answer(Err(wrong));
    assert_snapshot!("vault_wrong", screen.picture());
    assert_eq!(screen.state.layers.len(), 1);
    screen.keys("right<enter>").answer(Ok(Done::Unlocked));
    assert!(screen.state.layers.is_empty());
}

#[test]
fn what_needs_the_vault_opens_the_way_to_it() {
    let mut screen = Screen::new(VaultState::Locked, (80, 24));
    screen.keys("<esc>").data(Data::Servers(fleet())).keys("r");
    assert!(matches!(screen.act(), Some((_, Act::RetryLast(..)))));
    screen.answer(Err(Failure::new(FailureKind::VaultLocked, "The vault is locked.")));
    assert_eq!(screen.state.layers.len(), 1);
}

#[test]
fn servers_and_one_of_them_beside() {
    let mut screen = filled(Screen::large());
    screen.keys("j");
    assert_snapshot!("servers_large", screen.picture());
}

#[test]
fn the_selection_follows_the_server() {
    let mut screen = filled(Screen::small());
    screen.keys("j");
    screen.data(Data::Server(
        server_id(9),
        Some(Box::new(fixtures::server(9, "aaa", crate::domain::Status::Pending))),
    ));
    assert_eq!(screen.state.shared.selected, Some(server_id(1)));
    screen.data(Data::Server(server_id(1), None));
    assert_eq!(screen.state.shared.selected, Some(server_id(2)));
}

#[test]
fn adding_a_server() {
    let mut screen = filled(Screen::small());
    screen.keys("a");
    screen.keys("web 3<tab>192.0.2.300<tab>");
    let refused = |field: &str, why: &str| (field.to_owned(), why.to_owned());
    screen.event(Event::ServerReview(Review {
        refusals: vec![refused("host", "“192.0.2.300” is not an address: 300 is over 255.")],
        fixes: vec![refused("name", "The space became a dash: web-3.")],
        ..Review::default()
    }));
    assert_snapshot!("form_refused", screen.picture());
    screen.effects.clear();
    screen.keys("<ctrl-s>");
    assert!(screen.act().is_none());
    screen.event(Event::ServerReview(Review::default()));
    screen.keys("<ctrl-s>");
    assert!(matches!(screen.act(), Some((_, Act::OfferedHostKey { .. }))));
    screen.answer(Err(failure()));
    assert_snapshot!("form_unreachable", screen.picture());
    screen.keys("<ctrl-s>").answer(Ok(Done::HostKey(fixtures::host_key())));
    assert_snapshot!("host_key", screen.picture());
    // The safe answer has the focus.
    screen.effects.clear();
    screen.keys("<enter>");
    assert!(screen.act().is_none());
    screen.keys("<ctrl-s>").answer(Ok(Done::HostKey(fixtures::host_key()))).keys("y");
    let Some((_, Act::AddServer(draft, Consent::None))) = screen.act() else { panic!("no act") };
    let fingerprint = fixtures::host_key().fingerprint;
    assert_eq!(draft.trust, crate::domain::HostTrust::Expect { fingerprint });
    let started = Started { operation: operation_id(9), server: server_id(9), resource: None };
    screen.answer(Ok(Done::Started(started)));
    assert!(screen.state.layers.is_empty());
    assert_eq!(screen.state.shared.selected, Some(server_id(9)));
}

#[test]
fn changing_a_server_is_reviewed_while_typing() {
    let mut screen = filled(Screen::small());
    screen.keys("je").effects.clear();
    screen.keys("x");
    let Some(Effect::ReviewEdit(id, edit)) = screen.effects.last() else { panic!("no review") };
    assert_eq!((*id, edit.name.as_deref()), (server_id(1), Some("web-1x")));
    assert!(edit.login.is_none(), "a login that is as it was is not looked at again");
    let why = "The name “web-1x” is taken.".to_owned();
    screen.event(Event::ServerReview(Review {
        refusals: vec![("name".to_owned(), why)],
        ..Review::default()
    }));
    screen.effects.clear();
    screen.keys("<ctrl-s>");
    assert!(screen.act().is_none());
    assert_snapshot!("form_edit_refused", screen.picture());
}

#[test]
fn a_sealed_key_file_asks_for_its_passphrase_before_the_host_is_asked() {
    let mut screen = filled(Screen::small());
    screen.keys("a<tab><tab><tab><tab> ");
    screen.event(Event::ServerReview(Review { needs_passphrase: true, ..Review::default() }));
    screen.effects.clear();
    screen.keys("<ctrl-s>");
    assert!(screen.act().is_none());
    assert!(screen.picture().contains("✗ The key file asks for its passphrase."));
}

#[test]
fn warnings_ask_and_typing_takes_the_yes_back() {
    let mut screen = filled(Screen::small());
    screen.keys("aweb-3");
    let warned = Review {
        warnings: vec![("host".into(), "This is the address of web-1 already.".into())],
        ..Review::default()
    };
    screen.event(Event::ServerReview(warned)).keys("<ctrl-s>");
    assert_snapshot!("warnings", screen.picture());
    screen.keys("y");
    assert!(matches!(screen.act(), Some((_, Act::OfferedHostKey { .. }))));
}

#[test]
fn keys_typed_ahead_of_a_question_are_ignored() {
    let mut screen = firewall(Screen::small());
    screen.effects.clear();
    screen.keys("d");
    for key in super::screen::parse("y<enter>") {
        screen.at_once(Event::Key(key));
    }
    assert!(screen.act().is_none());
    assert_eq!(screen.state.layers.len(), 1);
    screen.keys("y");
    assert!(matches!(screen.act(), Some((_, Act::RemoveRule(..)))));
}

#[test]
fn removing_a_server_needs_its_name() {
    let mut screen = filled(Screen::small());
    screen.keys("jd");
    screen.answer(Ok(Done::Names(vec!["rule SSH".into(), "the firewall".into()])));
    screen.effects.clear();
    screen.keys("web-<enter>");
    assert_snapshot!("remove", screen.picture());
    assert!(screen.act().is_none());
    screen.keys("1<enter>");
    assert!(matches!(screen.act(), Some((_, Act::RemoveServer { clean_up: true, .. }))));
}

#[test]
fn trusting_a_new_host_key_shows_both() {
    let mut screen = filled(Screen::small());
    screen.keys("t");
    let mut key = fixtures::host_key();
    key.fingerprint = "SHA256:AAAAjSRbMvSsIRYHkm9vF0BXYqN7wnNJo0aW8uyAAAA".into();
    screen.answer(Ok(Done::HostKey(key)));
    screen.keys("y");
    assert!(matches!(screen.act(), Some((_, Act::Trust(..)))));
}

#[test]
fn the_firewall() {
    let mut screen = firewall(Screen::small());
    screen.keys("jjjd");
    assert_snapshot!("foreign_is_left_alone", screen.picture());
    assert_snapshot!("firewall_large", firewall(Screen::large()).picture());
}

#[test]
fn a_firewall_that_was_never_on() {
    let mut screen = firewall_off(Screen::small());
    screen.keys("E");
    screen.keys("p");
    let step = |name: &str, remote| PreviewStep {
        milestone: "Install ufw".into(),
        name: name.into(),
        text: "apt-get install -y ufw\nufw --version".into(),
        remote,
        depth: 0,
    };
    screen.answer(Ok(Done::Preview(Preview {
        server: "web-1".into(),
        steps: vec![step("install ufw", true), step("prove a login", false)],
        notes: vec!["docker's rules are left alone.".into()],
    })));
    screen.keys("<esc>y");
    assert!(matches!(screen.act(), Some((_, Act::EnableFirewall(_)))));
}

pub(super) fn review(verdict: Verdict<crate::domain::rule::RuleSpec>) -> RuleReview {
    RuleReview {
        verdict,
        line: None,
        position: None,
        shadowed_by: None,
        shadows: Vec::new(),
        lock_out: None,
        service: None,
        span: None,
        completions: Vec::new(),
    }
}

#[test]
fn the_rule_editor() {
    let mut screen = firewall(Screen::small());
    screen.keys("a");
    screen.keys("allow 5432/tcp fr");
    let mut said = review(Verdict::No("After the port comes “from” or “to”, not “fr”.".into()));
    said.span = Some(15..17);
    screen.event(Event::RuleReview(said.clone()));
    assert_snapshot!("editor_refused", screen.picture());
    said.completions = vec!["from".into(), "to".into()];
    screen.event(Event::RuleReview(said));
    assert_snapshot!("editor_unfinished", screen.picture());
    screen.effects.clear();
    screen.keys("<enter>");
    assert!(screen.act().is_none());
    screen.keys("<tab>");
    let Some(Effect::ReviewRule { line, .. }) = screen.effects.last() else { panic!("no review") };
    assert_eq!(line, "allow 5432/tcp from ");

    let spec = match crate::domain::rule::parse("deny 22/tcp") {
        Verdict::Ok(spec) | Verdict::Fix(spec, _) | Verdict::Warn(spec, _) => spec,
        Verdict::No(why) => panic!("{why}"),
    };
    let mut said = review(Verdict::Ok(spec.clone()));
    (said.line, said.position) = (Some("deny 22/tcp".into()), Some(1));
    said.lock_out = Some(
        "You would lock yourself out: a new connection from 198.51.100.7 to port 22 would be \
         refused."
            .into(),
    );
    said.shadows = vec!["allow 22/tcp # SSH".into()];
    said.service = Some("22 is SSH.".into());
    screen.event(Event::RuleReview(said.clone()));
    assert_snapshot!("editor_lock_out", screen.picture());
    screen.keys("<enter>");
    assert!(screen.act().is_none());

    said.lock_out = None;
    said.verdict = Verdict::Warn(spec, "Port 22 is a well-known service.".into());
    screen.event(Event::RuleReview(said)).keys("<enter>");
    assert_eq!(screen.state.layers.len(), 2);
    screen.keys("y");
    assert!(matches!(screen.act(), Some((_, Act::AddRule(_, _, None, Consent::Yes)))));
    screen.answer(Err(failure()));
    assert_snapshot!("editor_failed", screen.picture());
    screen.keys("<enter>y");
    let resource = Some(ResourceId::new(fixtures::now(), 1));
    let started = Started { operation: operation_id(9), server: server_id(1), resource };
    screen.answer(Ok(Done::Started(started)));
    assert!(screen.state.layers.is_empty());
}

#[test]
fn a_rule_can_be_put_below_or_above_another() {
    for (key, place) in [("o", 2), ("O", 1)] {
        let mut screen = firewall(Screen::small());
        screen.keys(key);
        let wanted =
            |e: &Effect| matches!(e, Effect::ReviewRule { at: Some(at), .. } if *at == place);
        assert!(screen.effects.iter().any(wanted), "{key}");
        let spec = crate::domain::rule::parse("allow 80/tcp").value().unwrap();
        screen.event(Event::RuleReview(review(Verdict::Ok(spec)))).keys("x<enter>");
        assert!(matches!(screen.act(), Some((_, Act::AddRule(_, _, Some(at), _))) if *at == place));
    }
}

#[test]
fn words_are_completed_in_place() {
    use crate::tui::layer::rule_editor::completed;
    assert_eq!(completed("al", "allow"), "allow ");
    assert_eq!(completed("allow ", "ssh"), "allow ssh ");
    assert_eq!(completed("allow 53/u", "udp"), "allow 53/udp ");
    assert_eq!(completed("allow 53", "/udp"), "allow 53/udp ");
    assert_eq!(completed("allow 53/udp", "from"), "allow 53/udp from ");
}

#[test]
fn the_operations() {
    let mut screen = filled(Screen::small());
    screen.keys("3");
    screen.keys("G<enter>");
    assert!(screen.effects.iter().any(|e| matches!(e, Effect::Follow(Some(_)))));
    screen.keys("r");
    assert!(matches!(screen.act(), Some((_, Act::Retry(_)))));
    let mut screen = opened(Screen::small());
    screen.keys("xn");
    assert!(!screen.effects.iter().any(|e| matches!(e, Effect::Act(_, Act::Cancel(_)))));
    assert_snapshot!("operation_large", opened(Screen::large()).picture());
}

#[test]
fn the_log_follows_until_one_scrolls() {
    let mut screen = opened(Screen::small());
    screen.keys("l");
    for n in 0..100 {
        screen.at_once(output(operation_id(2), 2, Stream::Out, &format!("\nline {n}")));
    }
    assert_snapshot!("log_follows", screen.picture());
    screen.keys("kk");
    screen.at_once(Event::Output(operation_id(2), Output::Lost(512)));
    screen.at_once(output(operation_id(2), 2, Stream::Out, "\nmore\nand more"));
    assert_snapshot!("log_scrolled", screen.picture());
    screen.keys("G").event(Event::OutputEnd(operation_id(2)));
    assert_snapshot!("log_end", screen.picture());
    screen.keys("<esc><esc>");
    assert!(matches!(screen.effects.last(), Some(Effect::Follow(None))));
}

#[test]
fn help_messages_and_errors_that_stay() {
    let mut screen = filled(Screen::small());
    screen.keys("?<esc>").event(Event::Loaded(Err(failure())));
    assert_snapshot!("error_stays", screen.picture());
    let later = std::time::Duration::from_secs(60);
    screen.since += later;
    screen.event(Event::Deadline);
    assert_eq!(screen.state.shared.messages.toasts().len(), 1);
    screen.keys("<esc>");
    assert!(screen.state.shared.messages.toasts().is_empty());
    screen.keys("M");
    assert_snapshot!("messages", screen.picture());
}

#[test]
fn toasts_fade_and_then_nothing_is_waited_for() {
    let mut screen = filled(Screen::small());
    screen.keys("c").answer(Ok(Done::Yes));
    let due = screen.state.deadline().expect("a toast");
    screen.since = due;
    screen.event(Event::Deadline);
    assert!(screen.state.shared.messages.toasts().is_empty());
    assert_eq!(screen.state.deadline(), None);
}

#[test]
fn quitting_asks_only_while_something_runs() {
    let mut screen = filled(Screen::small());
    screen.keys("q");
    screen.keys("y");
    assert!(matches!(screen.effects.last(), Some(Effect::Quit)));
    let mut idle = Screen::small();
    idle.keys("q");
    assert!(matches!(idle.effects.last(), Some(Effect::Quit)));
}

#[test]
fn lost_changes_reload_what_is_shown_and_are_counted() {
    let mut screen = firewall(Screen::small());
    screen.effects.clear();
    screen.event(Event::Change(Notice::Lost(12)));
    let loads: Vec<_> = screen
        .effects
        .iter()
        .filter_map(|e| if let Effect::Load(l) = e { Some(*l) } else { None })
        .collect();
    let (firewall, services) = (Load::Firewall(server_id(1)), Load::Resources(server_id(1)));
    let found = Load::Found(server_id(1));
    let wanted = [Load::Servers, Load::Operations, firewall, Load::Kind("site"), services, found];
    assert_eq!(loads, wanted);
    assert!(screen.picture().contains("12 lost"), "{}", screen.picture());
}

#[test]
fn without_colour_weight_and_reverse_remain_and_ascii_is_ascii() {
    let mut screen = firewall(Screen::small());
    for (name, hues) in [("theme_dark", Hues::Dark), ("theme_light", Hues::Light)] {
        screen.theme.hues = hues;
        assert_snapshot!(name, screen.picture());
    }
    screen.theme.hues = Hues::Mono;
    assert_snapshot!("no_colour", screen.picture());
    screen.theme.ascii = true;
    let picture = screen.picture();
    assert!(picture.is_ascii(), "{picture}");
    assert_snapshot!("ascii", picture);
}
