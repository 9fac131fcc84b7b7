//! Every pane and every layer, in the states a person meets, at the smallest usual size and at a large
//! one. A new pane or layer without a picture here fails the test.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use insta::assert_snapshot;

use super::fixtures::{self, host_key};
use super::operations::{explanation, long};
use super::pictures::{filled, firewall, firewall_off, opened, review};
use super::resources;
use super::screen::Screen;
use super::sessions::{lost, news, shell, three, with_fleet};
use super::{provision, tree};
use crate::domain::input::Verdict;
use crate::domain::{Failure, FailureKind, Outcome, rule};
use crate::fleet::{Preview, PreviewStep, Review, VaultState};
use crate::tui::effect::{Data, Done, Load};
use crate::tui::event::{Event, SessionNews};
use crate::tui::pane;

/// What leads to a picture, from a screen of a size.
type Way = fn((u16, u16)) -> Screen;

const SIZES: [((u16, u16), &str); 2] = [((80, 24), "small"), ((200, 60), "wide")];

fn plain(size: (u16, u16)) -> Screen {
    Screen::new(VaultState::Open, size)
}

fn then(mut screen: Screen, keys: &str) -> Screen {
    screen.keys(keys);
    screen
}

fn answered(mut screen: Screen, keys: &str, answer: Result<Done, Failure>) -> Screen {
    screen.keys(keys).answer(answer);
    screen
}

fn told(mut screen: Screen, event: Event) -> Screen {
    screen.event(event);
    screen
}

fn of(vault: VaultState, size: (u16, u16)) -> Screen {
    let mut screen = Screen::new(vault, size);
    screen.data(Data::Servers(Vec::new())).data(Data::Operations(Vec::new()));
    screen
}

fn preview() -> Preview {
    let step = |name: &str, remote| PreviewStep {
        milestone: "Install ufw".into(),
        name: name.into(),
        text: "apt-get install -y ufw\nufw --version".into(),
        remote,
        depth: 0,
    };
    Preview {
        server: "web-1".into(),
        steps: vec![step("install ufw", true), step("prove a login", false)],
        notes: vec!["docker's rules are left alone.".into()],
    }
}

/// A line in the rule editor with what was said about it.
fn editor(size: (u16, u16), line: &str, lock_out: bool) -> Screen {
    let mut screen = then(firewall(plain(size)), &format!("a{line}"));
    let mut said = review(rule::parse(line));
    if lock_out {
        said.position = Some(1);
        said.shadows = vec!["allow 22/tcp # SSH".into()];
        said.lock_out = Some(
            "You would lock yourself out: a new connection from 198.51.100.7 to port 22 would be \
             refused."
                .into(),
        );
    }
    if let Verdict::No(_) = said.verdict {
        said.completions = vec!["from".into(), "to".into()];
    }
    screen.event(Event::RuleReview(said));
    screen
}

fn changed_key() -> Done {
    let mut key = host_key();
    key.fingerprint = "SHA256:AAAAjSRbMvSsIRYHkm9vF0BXYqN7wnNJo0aW8uyAAAA".into();
    Done::HostKey(key)
}

fn refused() -> Event {
    Event::ServerReview(Review {
        refusals: vec![("host".into(), "“192.0.2.300” is not an address: 300 is over 255.".into())],
        ..Review::default()
    })
}

const PANES: [(&str, Way); 48] = [
    ("loading", plain),
    ("welcome", |size| then(of(VaultState::Open, size), "")),
    ("servers", |size| filled(plain(size))),
    ("servers_filter", |size| then(filled(plain(size)), "/web")),
    ("servers_filter_refused", |size| then(filled(plain(size)), "/stat:x")),
    ("servers_filter_nothing", |size| then(filled(plain(size)), "/zzz<enter>")),
    ("servers_marked", |size| then(filled(plain(size)), " j >")),
    ("server_open", |size| then(filled(plain(size)), "j<enter>")),
    ("server_failed", |size| then(filled(plain(size)), "<enter>")),
    ("firewall_no_server", |size| then(of(VaultState::Open, size), "2")),
    ("firewall_unread", |size| then(filled(plain(size)), "j2")),
    ("firewall_off", |size| firewall_off(plain(size))),
    ("firewall", |size| firewall(plain(size))),
    ("rule_open", |size| then(firewall(plain(size)), "j<enter>")),
    ("rule_failed", |size| then(firewall(plain(size)), "jj<enter>")),
    ("operations_none", |size| then(of(VaultState::Open, size), "3")),
    ("operations", |size| then(filled(plain(size)), "3")),
    ("operation_running", |size| opened(plain(size))),
    ("operation_failed", |size| then(filled(plain(size)), "3G<enter>")),
    ("operation_waiting", |size| then(filled(plain(size)), "3g<enter>")),
    ("operations_inside", |size| then(tree::opened(plain(size), Outcome::Running), "<esc>/p")),
    ("tree_running", |size| tree::opened(plain(size), Outcome::Running)),
    ("tree_waiting", |size| tree::waiting(plain(size))),
    ("tree_failed", |size| tree::opened(plain(size), Outcome::Failed)),
    ("tree_done", |size| tree::opened(plain(size), Outcome::Done)),
    ("sessions_none", |size| then(with_fleet(plain(size)), "4")),
    ("sessions", |size| three(plain(size)).0),
    ("sessions_chord", |size| then(three(plain(size)).0, "<ctrl-g>")),
    ("sessions_list", |size| then(three(plain(size)).0, "<ctrl-g>l")),
    ("sessions_beside", |size| then(three(plain(size)).0, "<ctrl-g>v")),
    ("session_full", |size| then(three(plain(size)).0, "<ctrl-g>z")),
    ("session_broadcast", |size| then(three(plain(size)).0, "<ctrl-g>lg jj b")),
    ("session_search", |size| then(three(plain(size)).0, "<ctrl-g>/blue")),
    ("session_copy", |size| then(three(plain(size)).0, "<ctrl-g>[kV")),
    ("session_opening", |size| then(with_fleet(plain(size)), "js")),
    ("sites_unread", |size| then(filled(plain(size)), "5")),
    ("sites", |size| resources::sites(plain(size))),
    ("sites_no_server", |size| then(of(VaultState::Open, size), "5")),
    ("site_open", |size| then(resources::sites(plain(size)), "<enter>")),
    ("site_failed", |size| then(resources::sites(plain(size)), "G<enter>")),
    ("services", |size| resources::services(plain(size))),
    ("services_none", |size| {
        let mut screen = resources::services(plain(size));
        let load = Load::Resources(fixtures::server_id(1));
        screen.data(Data::Resources(load, Vec::new()));
        screen
    }),
    ("services_besides", |size| then(resources::besides(plain(size)), "G")),
    ("service_not_ours", |size| then(resources::besides(plain(size)), "G<enter>")),
    ("service_open", |size| then(resources::services(plain(size)), "j<enter>")),
    ("service_sealed", |size| then(resources::services(plain(size)), "<enter>")),
    ("session_lost", |size| ended(size, SessionNews::Lost(lost()))),
    ("session_ended", |size| {
        ended(size, SessionNews::Ended("The shell ended with status 1".into()))
    }),
];

fn ended(size: (u16, u16), how: SessionNews) -> Screen {
    let mut screen = with_fleet(plain(size));
    let session = shell(&mut screen, "js");
    news(&mut screen, session.0, how);
    screen
}

fn said(size: (u16, u16)) -> Screen {
    let mut screen = filled(plain(size));
    screen.keys("jr").event(Event::Loaded(Err(fixtures::failure())));
    screen
}

const LAYERS: [(&str, Way); 62] = [
    ("vault_choose", |size| of(VaultState::Absent, size)),
    ("vault_new", |size| then(of(VaultState::Absent, size), "<enter>nabc<enter>ab")),
    ("vault_without", |size| then(of(VaultState::Absent, size), "<enter>")),
    ("vault_not_the_same", |size| {
        then(of(VaultState::Absent, size), "<enter>nabc<enter>abd<enter>")
    }),
    ("vault_locked", |size| of(VaultState::Locked, size)),
    ("vault_wrong", |size| {
        let wrong = "The passphrase does not open the vault.";
        let failure = Failure::new(FailureKind::VaultLocked, wrong);
        answered(of(VaultState::Locked, size), "wrong<enter>", Err(failure))
    }),
    ("form_server", |size| then(filled(plain(size)), "a")),
    ("form_refused", |size| {
        told(then(filled(plain(size)), "aweb-3<tab>192.0.2.300<tab>"), refused())
    }),
    ("form_unreachable", |size| {
        answered(
            then(filled(plain(size)), "aweb-3<tab>192.0.2.9"),
            "<ctrl-s>",
            Err(fixtures::failure()),
        )
    }),
    ("form_edit", |size| then(filled(plain(size)), "je")),
    ("form_lines", |size| then(super::forms::note(filled(plain(size))), "<tab>zero<enter>")),
    ("form_site", |size| then(resources::sites(plain(size)), "a")),
    ("form_site_refused", |size| {
        resources::reviewed(then(resources::sites(plain(size)), "a-x<tab>"))
    }),
    ("form_service", |size| then(resources::services(plain(size)), "/redis<enter>e")),
    ("ask", |size| resources::asking(then(resources::sites(plain(size)), "Gdweb-1<enter>"))),
    ("form_adopt", |size| then(resources::besides(plain(size)), "GA")),
    ("ask_which", |size| then(resources::services(plain(size)), "/8.2<enter>v")),
    ("reveal", |size| {
        let told = Done::Secret(crate::domain::Secret::from_text("correct horse".into()));
        answered(resources::services(plain(size)), "/shop<enter>R", Ok(told))
    }),
    ("host_key", |size| {
        answered(
            then(filled(plain(size)), "aweb-3<tab>192.0.2.9"),
            "<ctrl-s>",
            Ok(Done::HostKey(host_key())),
        )
    }),
    ("host_key_changed", |size| answered(filled(plain(size)), "t", Ok(changed_key()))),
    ("remove", |size| {
        let names = vec!["rule SSH".into(), "the firewall".into()];
        answered(filled(plain(size)), "jd", Ok(Done::Names(names)))
    }),
    ("remove_looking", |size| then(filled(plain(size)), "jd")),
    ("confirm", |size| then(firewall(plain(size)), "E")),
    ("confirm_rule", |size| then(firewall(plain(size)), "d")),
    ("confirm_by_number", |size| then(filled(plain(size)), "*E")),
    ("confirm_enable", |size| then(firewall_off(plain(size)), "E")),
    ("confirm_cancel", |size| then(opened(plain(size)), "x")),
    ("confirm_quit", |size| then(filled(plain(size)), "q")),
    ("confirm_close", |size| then(three(plain(size)).0, "<ctrl-g>x")),
    ("confirm_sessions", |size| then(three(plain(size)).0, "<ctrl-g>dQ")),
    ("confirm_paste", |size| {
        let text = (1..10).map(|n| format!("line {n}\n")).collect();
        told(three(plain(size)).0, Event::Paste(text))
    }),
    ("preview", |size| answered(firewall_off(plain(size)), "Ep", Ok(Done::Preview(preview())))),
    ("preview_failed", |size| {
        let failure = Failure::internal("The host is not there.");
        answered(firewall_off(plain(size)), "Ep", Err(failure))
    }),
    ("editor_blank", |size| then(firewall(plain(size)), "a")),
    ("editor_below", |size| then(firewall(plain(size)), "o")),
    ("editor_change", |size| then(firewall(plain(size)), "je")),
    ("editor_unfinished", |size| editor(size, "allow 5432/tcp fr", false)),
    ("editor_lock_out", |size| editor(size, "deny 22/tcp", true)),
    ("palette", |size| then(filled(plain(size)), "j:")),
    ("palette_found", |size| then(firewall(plain(size)), ":rule rem")),
    ("palette_asks", |size| then(filled(plain(size)), ":server w")),
    ("palette_nothing", |size| then(filled(plain(size)), ":qqqq")),
    ("palette_command", |size| then(filled(plain(size)), "j!<enter>")),
    ("help", |size| then(filled(plain(size)), "?")),
    ("help_found", |size| then(firewall(plain(size)), "?/half<enter>")),
    ("history", |size| then(said(size), "M")),
    ("history_none", |size| then(filled(plain(size)), "M")),
    ("log", |size| then(opened(plain(size)), "l")),
    ("log_search", |size| then(long(plain(size)), "/lock<enter>")),
    ("log_wrapped", |size| then(long(plain(size)), "z")),
    ("save", |size| then(long(plain(size)), "w")),
    ("step_text", |size| then(opened(plain(size)), "<enter>")),
    ("explain", |size| {
        let explained = Done::Explained(Box::new(explanation()));
        answered(opened(plain(size)), "ji", Ok(explained))
    }),
    ("profiles", |size| then(provision::known(filled(plain(size))), "jpj")),
    ("profiles_fault", |size| then(provision::known(filled(plain(size))), "*pG")),
    ("profiles_reading", |size| then(filled(plain(size)), "jp")),
    ("profile_settings", |size| then(provision::known(filled(plain(size))), "jpj<enter>")),
    ("provision_plan", |size| provision::plan(plain(size))),
    ("provision_asked", |size| {
        let failure = Failure::input("The profile brings nothing.");
        provision::single(plain(size), Err(failure))
    }),
    ("provision_several", |size| provision::several(plain(size))),
    ("palette_profile", |size| {
        then(provision::known(filled(plain(size))), ":server-provision web-1 ")
    }),
    ("tags", |size| then(filled(plain(size)), "jTweb -old")),
];

/// What lies over everything, and the smallest screen of all.
const OVER: [(&str, Way); 2] = [
    ("error", said),
    ("read_only", |size| {
        let mut screen = firewall(plain(size));
        screen.state.shared.start.read_only = true;
        then(screen, "a")
    }),
];

/// The name of the type that is on top: of the layer, or else of the pane.
fn on_top(screen: &Screen) -> String {
    let shown = match screen.state.layers.last() {
        Some(opened) => format!("{:?}", opened.layer),
        None => format!("{:?}", screen.state.panes[screen.state.active]),
    };
    shown.split([' ', '(']).next().unwrap_or_default().to_owned()
}

fn show(ways: &[(&str, Way)]) -> BTreeSet<String> {
    let mut shown = BTreeSet::new();
    for (name, way) in ways {
        for (size, suffix) in SIZES {
            let screen = way(size);
            assert_snapshot!(format!("{name}_{suffix}"), screen.picture());
            shown.insert(on_top(&screen));
        }
    }
    shown
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// The types that are layers, from the source.
fn layers() -> BTreeSet<String> {
    let mut files = Vec::new();
    let tui = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tui");
    for folder in ["layer", "pane", "state"] {
        sources(&tui.join(folder), &mut files);
    }
    let text: String = files.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let names =
        text.lines().filter_map(|line| line.split_once("impl Layer for ")?.1.split(' ').next());
    names.map(str::to_owned).collect()
}

#[test]
fn every_pane() {
    let shown = show(&PANES);
    let panes = pane::all();
    let wanted = panes.iter().map(|pane| format!("{pane:?}"));
    let wanted: BTreeSet<_> =
        wanted.filter_map(|name| name.split([' ', '(']).next().map(str::to_owned)).collect();
    assert_eq!(shown, wanted);
}

#[test]
fn every_layer() {
    let (shown, wanted) = (show(&LAYERS), layers());
    assert!(wanted.len() > 10, "{wanted:?}");
    assert_eq!(shown, wanted, "a picture for each layer, and of nothing else");
}

#[test]
fn what_lies_over_everything() {
    show(&OVER);
    for size in [(39, 10), (40, 9), (12, 3)] {
        let name = format!("too_small_{}x{}", size.0, size.1);
        assert_snapshot!(name, filled(plain(size)).picture());
    }
    assert_snapshot!("smallest", filled(plain((40, 10))).picture());
}
