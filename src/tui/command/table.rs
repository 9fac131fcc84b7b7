//! The rows: data alone.

use super::{
    Arg, Command, CopyId, Danger,
    Id::{self, *},
    Kind, Motion, Place, SessionId,
};
use crate::tui::emulator::{Kind as Span, Step};

const SERVERS: Place = Place::Pane("servers");
const FIREWALL: Place = Place::Pane("firewall");
const SESSIONS: Place = Place::Pane("sessions");
const SESSION: Place = Place::Inside("session");
const COPY: Place = Place::Inside("copy mode");
const OPERATIONS: Place = Place::Pane("operations");
const SITES: Place = Place::Pane("sites");
const SERVICES: Place = Place::Pane("services");
const LOG: Place = Place::Inside("log");

const fn row(
    place: Place,
    id: Id,
    name: &'static str,
    keys: &'static [&'static str],
    title: &'static str,
    hint: &'static str,
) -> Command {
    Command { id, place, name, title, hint, keys, danger: Danger::None, args: &[] }
}

/// The command with what it is given in the palette.
const fn with(args: &'static [Arg], mut command: Command) -> Command {
    command.args = args;
    command
}

const fn arg(name: &'static str, kind: Kind, needed: bool, help: &'static str) -> Arg {
    Arg { name, kind, needed, help }
}

/// For commands that are about what is selected, or about what is named.
const SERVER: &[Arg] = &[arg("server", Kind::Server, false, "")];
const RULE: &[Arg] = &[arg("rule", Kind::Rule, false, "")];
const SITE: &[Arg] = &[arg("site", Kind::Site, false, "")];
const SERVICE: &[Arg] = &[arg("service", Kind::Service, false, "")];
const OPERATION: &[Arg] = &[arg("operation", Kind::Operation, false, "")];

const fn asks(mut command: Command) -> Command {
    command.danger = Danger::Asks;
    command
}

const fn typed(mut command: Command) -> Command {
    command.danger = Danger::Typed;
    command
}

const fn session(
    id: SessionId,
    name: &'static str,
    keys: &'static [&'static str],
    title: &'static str,
    hint: &'static str,
) -> Command {
    row(SESSION, Session(id), name, keys, title, hint)
}

const fn copy(
    id: CopyId,
    name: &'static str,
    keys: &'static [&'static str],
    title: &'static str,
) -> Command {
    row(COPY, Copy(id), name, keys, title, "")
}

const fn step(
    step: Step,
    name: &'static str,
    keys: &'static [&'static str],
    title: &'static str,
) -> Command {
    copy(CopyId::Step(step), name, keys, title)
}

const fn all(
    id: Id,
    name: &'static str,
    keys: &'static [&'static str],
    title: &'static str,
) -> Command {
    row(Place::Everywhere, id, name, keys, title, "")
}

const DIGITS: &[&[&str]] =
    &[&["1"], &["2"], &["3"], &["4"], &["5"], &["6"], &["7"], &["8"], &["9"]];

/// The row that goes to a pane.
pub fn pane(number: usize, name: &'static str, title: &str) -> Command {
    let keys = DIGITS.get(number).copied().unwrap_or_default();
    all(Pane(number), name, keys, format!("go to the {title} pane").leak())
}

/// The commands; those that go to a pane are added after `previous-pane`.
pub const ROWS: &[Command] = &[
    row(SERVERS, Add, "server-add", &["a"], "add a server", "add"),
    with(SERVER, row(SERVERS, Open, "server-open", &["enter"], "open the server", "open")),
    with(
        SERVER,
        row(SERVERS, Edit, "server-edit", &["e"], "change its name, address, port or login", ""),
    ),
    with(
        SERVER,
        typed(row(SERVERS, Delete, "server-remove", &["d"], "remove the server", "remove")),
    ),
    with(SERVER, row(SERVERS, Retry, "server-retry", &["r"], "repeat what failed on it", "retry")),
    with(
        SERVER,
        row(SERVERS, Check, "server-check", &["c"], "ask the host for its facts again", ""),
    ),
    with(
        SERVER,
        row(SERVERS, Trust, "server-trust", &["t"], "trust the host key it shows now", ""),
    ),
    with(SERVER, row(SERVERS, Log, "server-log", &["l"], "show its latest operation", "log")),
    with(
        &[arg("tags", Kind::Tags, false, "Words, with a dash to take one away, like: web -old.")],
        row(SERVERS, Tag, "server-tag", &["T"], "add tags, take tags away", ""),
    ),
    with(
        &[arg("server", Kind::Server, false, ""), arg("profile", Kind::Profile, false, "")],
        asks(row(
            SERVERS,
            Provision,
            "server-provision",
            &["p"],
            "bring a profile to it: web, app, database, or your own",
            "provision",
        )),
    ),
    asks(row(SERVERS, TurnOn, "server-firewall-on", &["E"], "turn its firewall on", "")),
    asks(row(SERVERS, TurnOff, "server-firewall-off", &["D"], "turn its firewall off", "")),
    with(
        SERVER,
        row(SERVERS, Keys, "server-keys", &["A"], "list every key that may log in to it", ""),
    ),
    with(
        SERVER,
        asks(row(
            SERVERS,
            Rotate,
            "server-rotate-keys",
            &["K"],
            "replace our login keys on it by new ones",
            "",
        )),
    ),
    row(SERVERS, Undo, "server-undo", &["u"], "undo the last change of the server", ""),
    with(
        &[arg("line", Kind::RuleLine, false, "A rule like: allow 443/tcp from 10.0.0.0/8.")],
        row(FIREWALL, Add, "rule-add", &["a"], "add a rule where it belongs", "add"),
    ),
    row(FIREWALL, AddBelow, "rule-add-below", &["o"], "add a rule below the selected one", ""),
    row(FIREWALL, AddAbove, "rule-add-above", &["O"], "add a rule above the selected one", ""),
    with(RULE, row(FIREWALL, Open, "rule-open", &["enter"], "open the rule", "open")),
    with(RULE, row(FIREWALL, Edit, "rule-edit", &["e"], "edit the rule", "edit")),
    with(RULE, row(FIREWALL, Delete, "rule-remove", &["d"], "remove the rule", "remove")),
    with(
        RULE,
        row(
            FIREWALL,
            Undo,
            "rule-undo",
            &["u"],
            "undo the last change of the rule, or of the firewall",
            "undo",
        ),
    ),
    row(
        FIREWALL,
        Retry,
        "rule-retry",
        &["r"],
        "repeat what failed on the rule or firewall",
        "retry",
    ),
    asks(row(FIREWALL, Toggle, "firewall-toggle", &["E"], "turn the firewall on or off", "on/off")),
    row(
        FIREWALL,
        Check,
        "firewall-check",
        &["c"],
        "read the firewall from the host again",
        "check",
    ),
    row(
        FIREWALL,
        Preview,
        "firewall-preview",
        &["p"],
        "show the steps of turning it on or off",
        "",
    ),
    row(
        FIREWALL,
        Log,
        "rule-log",
        &["l"],
        "show the latest operation of the rule or firewall",
        "log",
    ),
    row(
        OPERATIONS,
        Open,
        "operation-open",
        &["enter"],
        "open the operation; in it: the step's text",
        "open",
    ),
    with(OPERATION, row(OPERATIONS, Log, "operation-log", &["l"], "show the output", "log")),
    with(
        OPERATION,
        row(
            OPERATIONS,
            Explain,
            "operation-explain",
            &["i"],
            "explain the step: what ran, how it ended, how to try it by hand",
            "explain",
        ),
    ),
    with(
        OPERATION,
        row(OPERATIONS, Retry, "operation-retry", &["r"], "repeat it as a new operation", "retry"),
    ),
    with(
        OPERATION,
        asks(row(OPERATIONS, Cancel, "operation-cancel", &["x"], "cancel it", "cancel")),
    ),
    with(OPERATION, row(OPERATIONS, Undo, "operation-undo", &["u"], "undo what it changed", "")),
    with(
        OPERATION,
        row(OPERATIONS, Shell, "operation-shell", &["s"], "open a shell on its server", ""),
    ),
    with(
        OPERATION,
        row(
            OPERATIONS,
            ShellFull,
            "operation-shell-full",
            &["S"],
            "open a shell on its server, on the whole screen",
            "",
        ),
    ),
    row(LOG, Follow, "log-follow", &["f"], "follow what comes, or stop following", ""),
    row(LOG, Search, "log-search", &["/"], "look for a text", ""),
    row(LOG, Next, "log-next", &["n"], "to the next match", ""),
    row(LOG, Previous, "log-previous", &["N"], "to the match before", ""),
    row(LOG, Wrap, "log-wrap", &["z"], "break long lines, or leave them long", ""),
    row(LOG, Save, "log-save", &["w"], "save the output to a file", ""),
    row(LOG, CopyOut, "log-copy", &["y"], "copy the whole output", ""),
    row(LOG, CopySight, "log-copy-shown", &["Y"], "copy the lines in sight", ""),
    row(SESSIONS, Open, "session-enter", &["enter"], "type into the session", "type"),
    asks(row(SESSIONS, Delete, "session-close", &["x"], "close the session", "close")),
    row(
        SESSIONS,
        Broadcast,
        "session-broadcast",
        &["b"],
        "type into all marked sessions at once",
        "broadcast",
    ),
    session(SessionId::Through, "in-through", &["ctrl-g ctrl-g"], "send this key itself", ""),
    session(SessionId::New, "in-new", &["ctrl-g c"], "another shell on the same server", "new"),
    session(SessionId::Next, "in-next", &["ctrl-g n"], "the next tab", "next"),
    session(SessionId::Previous, "in-previous", &["ctrl-g p"], "the tab before", ""),
    session(
        SessionId::Tab,
        "in-tab",
        &[
            "ctrl-g 1", "ctrl-g 2", "ctrl-g 3", "ctrl-g 4", "ctrl-g 5", "ctrl-g 6", "ctrl-g 7",
            "ctrl-g 8", "ctrl-g 9",
        ],
        "the tab of this number",
        "",
    ),
    session(
        SessionId::Split,
        "in-split",
        &["ctrl-g v", "ctrl-g |"],
        "two at once, or one again",
        "split",
    ),
    session(SessionId::Other, "in-other", &["ctrl-g o"], "the other half", ""),
    session(SessionId::Full, "in-full", &["ctrl-g z"], "the whole screen, or the pane again", ""),
    session(
        SessionId::Scroll,
        "in-scroll",
        &["ctrl-g ["],
        "scroll back, select and copy",
        "scroll",
    ),
    session(SessionId::Search, "in-search", &["ctrl-g /"], "search in the scroll-back", "search"),
    session(
        SessionId::Broadcast,
        "in-broadcast",
        &["ctrl-g b"],
        "type into all marked sessions, or into one again",
        "",
    ),
    session(SessionId::List, "in-list", &["ctrl-g l"], "the list of all sessions", "list"),
    asks(session(SessionId::Close, "in-close", &["ctrl-g x"], "close the session", "close")),
    session(
        SessionId::Leave,
        "in-leave",
        &["ctrl-g d"],
        "leave for the pane before; it goes on",
        "leave",
    ),
    row(SITES, Add, "site-add", &["a"], "add a site to the selected server", "add"),
    with(SITE, row(SITES, Open, "site-open", &["enter"], "open the site", "open")),
    with(SITE, row(SITES, Edit, "site-edit", &["e"], "change its values", "edit")),
    with(SITE, asks(row(SITES, Delete, "site-remove", &["d"], "remove the site", "remove"))),
    with(SITE, row(SITES, Retry, "site-retry", &["r"], "repeat what failed, or answer", "retry")),
    with(SITE, row(SITES, Verb, "site-do", &["v"], "make it the default, and the like", "more")),
    with(
        SITE,
        asks(row(SITES, Cancel, "site-cancel", &["x"], "cancel what is done with it", "cancel")),
    ),
    with(SITE, row(SITES, Log, "site-log", &["l"], "show its latest operation", "log")),
    with(SITE, row(SITES, Undo, "site-undo", &["u"], "undo its last change", "")),
    with(
        SITE,
        row(SITES, Preview, "site-preview", &["p"], "show the steps of bringing it again", ""),
    ),
    with(
        &[arg("kind", Kind::Sort, true, "")],
        row(SERVICES, Add, "service-add", &["a"], "add a service to the selected server", "add"),
    ),
    with(SERVICE, row(SERVICES, Open, "service-open", &["enter"], "open the service", "open")),
    with(SERVICE, row(SERVICES, Edit, "service-edit", &["e"], "change its values", "edit")),
    with(
        SERVICE,
        asks(row(SERVICES, Delete, "service-remove", &["d"], "remove the service", "remove")),
    ),
    with(
        SERVICE,
        row(SERVICES, Retry, "service-retry", &["r"], "repeat what failed, or answer", "retry"),
    ),
    with(
        SERVICE,
        row(SERVICES, Verb, "service-do", &["v"], "make it the default, and the like", ""),
    ),
    with(
        SERVICE,
        row(SERVICES, Reveal, "service-reveal", &["R"], "show its password or connection", ""),
    ),
    with(
        SERVICE,
        asks(row(
            SERVICES,
            Cancel,
            "service-cancel",
            &["x"],
            "cancel what is done with it",
            "cancel",
        )),
    ),
    row(SERVICES, Adopt, "service-adopt", &["A"], "put on record what is not ours yet", "adopt"),
    with(SERVICE, row(SERVICES, Log, "service-log", &["l"], "show its latest operation", "log")),
    with(SERVICE, row(SERVICES, Undo, "service-undo", &["u"], "undo its last change", "")),
    with(
        SERVICE,
        row(
            SERVICES,
            Preview,
            "service-preview",
            &["p"],
            "show the steps of bringing it again",
            "",
        ),
    ),
    step(Step::Up, "copy-up", &["k", "up"], "up"),
    step(Step::Down, "copy-down", &["j", "down"], "down"),
    step(Step::Left, "copy-left", &["h", "left"], "left"),
    step(Step::Right, "copy-right", &["l", "right"], "right"),
    step(Step::Word, "copy-word", &["w"], "to the next word"),
    step(Step::WordBack, "copy-word-back", &["b"], "to the word before"),
    step(Step::WordEnd, "copy-word-end", &["e"], "to the end of the word"),
    step(Step::LineStart, "copy-line-start", &["0", "home"], "to the start of the line"),
    step(Step::TextStart, "copy-text-start", &["^"], "to the first character of the line"),
    step(Step::LineEnd, "copy-line-end", &["$", "end"], "to the end of the line"),
    step(Step::Top, "copy-top", &["H"], "to the first line in sight"),
    step(Step::Middle, "copy-middle", &["M"], "to the middle line"),
    step(Step::Bottom, "copy-bottom", &["L"], "to the last line in sight"),
    step(Step::First, "copy-first", &["g"], "to the oldest line"),
    step(Step::Last, "copy-last", &["G"], "to the latest line"),
    step(Step::HalfUp, "copy-half-up", &["ctrl-u"], "half a screen up"),
    step(Step::HalfDown, "copy-half-down", &["ctrl-d"], "half a screen down"),
    step(Step::PageUp, "copy-page-up", &["pgup", "ctrl-b"], "a screen up"),
    step(Step::PageDown, "copy-page-down", &["pgdn", "ctrl-f"], "a screen down"),
    copy(CopyId::Select(Span::Cells), "copy-select", &["v", "space"], "select from here, or not"),
    copy(CopyId::Select(Span::Lines), "copy-select-lines", &["V"], "select whole lines"),
    copy(CopyId::Select(Span::Words), "copy-select-words", &["W"], "select whole words"),
    copy(CopyId::Take, "copy-take", &["y", "enter"], "copy what is selected, and go back"),
    copy(CopyId::Search, "copy-search", &["/", "?"], "search towards older lines"),
    copy(CopyId::Older, "copy-older", &["n"], "the next place found, older"),
    copy(CopyId::Newer, "copy-newer", &["N"], "the next place found, newer"),
    copy(CopyId::Leave, "copy-leave", &["q", "esc"], "back to the session"),
    all(Move(Motion::Down), "down", &["j", "down"], "down"),
    all(Move(Motion::Up), "up", &["k", "up"], "up"),
    all(Move(Motion::First), "first", &["g", "home"], "to the first"),
    all(Move(Motion::Last), "last", &["G", "end"], "to the last"),
    all(Move(Motion::HalfDown), "half-down", &["ctrl-d"], "half a page down"),
    all(Move(Motion::HalfUp), "half-up", &["ctrl-u"], "half a page up"),
    all(Move(Motion::PageDown), "page-down", &["pgdn"], "a page down"),
    all(Move(Motion::PageUp), "page-up", &["pgup"], "a page up"),
    row(Place::Everywhere, Filter, "filter", &["/"], "filter the list", "filter"),
    all(Mark, "mark", &["space"], "mark the row, or take its mark away"),
    all(MarkAll, "mark-all", &["*"], "mark all rows shown, or take their marks away"),
    all(CopyOut, "copy", &["y"], "copy the marked rows or the selected one; a step as an ssh line"),
    all(SortBefore, "sort-before", &["<"], "order by the column before"),
    all(SortAfter, "sort-after", &[">"], "order by the column behind"),
    all(SortReverse, "sort-reverse", &["="], "turn the order round"),
    all(NextPane, "next-pane", &["tab"], "next pane"),
    all(PreviousPane, "previous-pane", &["shift-tab"], "pane before"),
    with(
        SERVER,
        row(
            Place::Everywhere,
            Shell,
            "shell",
            &["s"],
            "open a shell on the selected server",
            "shell",
        ),
    ),
    with(SERVER, all(ShellFull, "shell-full", &["S"], "open a shell on it, on the whole screen")),
    with(
        &[arg("pane", Kind::Pane, true, "")],
        all(GoPane, "pane", &[], "go to a pane by its name"),
    ),
    with(
        &[arg("server", Kind::Server, true, "")],
        all(GoServer, "server", &[], "go to a server by its name"),
    ),
    with(
        &[arg("operation", Kind::Operation, true, "")],
        all(GoOperation, "operation", &[], "go to an operation by its id"),
    ),
    with(
        &[arg("command", Kind::CommandLine, true, "A line for the server's shell, like: df -h.")],
        all(Exec, "exec", &["!"], "run a command on the selected server"),
    ),
    all(Operations, "operations-key", &["w"], "the list of all operations"),
    row(
        Place::Everywhere,
        Back,
        "back",
        &["esc"],
        "step back: an error, what is open, the filter, the marks",
        "back",
    ),
    all(Palette, "palette", &[":", "ctrl-p"], "find a command and run it"),
    row(Place::Everywhere, Help, "help", &["?"], "all commands and their keys", "help"),
    all(Messages, "messages", &["M"], "all messages of this session"),
    all(Unlock, "unlock", &["U"], "make or open the vault"),
    all(Mouse, "mouse", &["m"], "leave the mouse to the terminal, to mark text there; or take it"),
    all(
        Suspend,
        "suspend",
        &["ctrl-z"],
        "stop brokeforge; fg in the shell goes on. Operations go on on their hosts",
    ),
    all(Redraw, "redraw", &["ctrl-l"], "draw everything again"),
    row(
        Place::Everywhere,
        BackOrQuit,
        "back-or-quit",
        &["q", "ctrl-c"],
        "step back, at the root quit",
        "quit",
    ),
    all(Quit, "quit", &["Q"], "quit at once; operations go on on their hosts"),
];
