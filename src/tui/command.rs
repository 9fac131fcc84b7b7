//! The one table of commands. Keymap, hint bar, help and palette are drawn from it.
//!
//! A pane's rows lie in `table`; what they do lies in the pane, and whether they apply now is asked
//! of it. Keys are written as people read them; which are in force the keymap says.

use std::sync::LazyLock;

use super::emulator::{Kind as Span, Step};
use super::pane;

mod table;

/// All commands, in the order of the help; within the hint bar a pane's own come first. Each pane
/// has a row that goes there, with its number as the key.
pub static TABLE: LazyLock<Vec<Command>> = LazyLock::new(|| {
    let mut all = table::ROWS.to_vec();
    let after = all.iter().position(|command| command.id == Id::PreviousPane);
    let at = after.map_or(all.len(), |at| at + 1);
    let panes = pane::all().into_iter().enumerate();
    all.splice(at..at, panes.map(|(number, pane)| table::pane(number, pane.name(), pane.title())));
    all
});

/// What a command does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Id {
    /// Move the selection.
    Move(Motion),
    /// Find a command and run it.
    Palette,
    /// Go to the pane of this number, from 0.
    Pane(usize),
    /// Go to the pane that is named.
    GoPane,
    /// Go to the server that is named.
    GoServer,
    /// Go to the operation that is named.
    GoOperation,
    /// Run a command on the selected server.
    Exec,
    /// Go to the next pane.
    NextPane,
    /// Go to the pane before.
    PreviousPane,
    /// Open what is selected.
    Open,
    /// Step back.
    Back,
    /// Step back, and quit at the root.
    BackOrQuit,
    /// Quit.
    Quit,
    /// Show all keys.
    Help,
    /// Show all messages.
    Messages,
    /// Take the mouse or release it.
    Mouse,
    /// Stop until the shell lets us go on.
    Suspend,
    /// Draw every cell again.
    Redraw,
    /// Open the vault.
    Unlock,
    /// Go to the operations.
    Operations,
    /// Add.
    Add,
    /// Add below what is selected.
    AddBelow,
    /// Add above what is selected.
    AddAbove,
    /// Edit.
    Edit,
    /// Delete.
    Delete,
    /// Show the log.
    Log,
    /// Retry.
    Retry,
    /// Cancel.
    Cancel,
    /// Turn on or off.
    Toggle,
    /// Read again from the host.
    Check,
    /// Do one of what else can be done with it.
    Verb,
    /// Show a sealed value.
    Reveal,
    /// Trust a new host key.
    Trust,
    /// Show what would be done.
    Preview,
    /// Take on record what is there.
    Adopt,
    /// Take the last change back.
    Undo,
    /// Open a shell.
    Shell,
    /// Open a shell on the whole screen.
    ShellFull,
    /// Type into all marked sessions at once, or into one again.
    Broadcast,
    /// In a session, after its escape.
    Session(SessionId),
    /// In the copy mode.
    Copy(CopyId),
    /// Turn on.
    TurnOn,
    /// Turn off.
    TurnOff,
    /// Replace our login keys.
    Rotate,
    /// List the keys that may log in.
    Keys,
    /// Change tags.
    Tag,
    /// Bring a profile.
    Provision,
    /// Type a filter.
    Filter,
    /// Mark what is selected.
    Mark,
    /// Mark all.
    MarkAll,
    /// Order by the column before.
    SortBefore,
    /// Order by the column behind.
    SortAfter,
    /// Turn the order round.
    SortReverse,
    /// Explain.
    Explain,
    /// Follow what comes, or stop following.
    Follow,
    /// Look for a text.
    Search,
    /// Go to the next match.
    Next,
    /// Go to the match before.
    Previous,
    /// Break long lines, or leave them long.
    Wrap,
    /// Save to a file.
    Save,
    /// Copy what is selected, or all.
    CopyOut,
    /// Copy what is in sight.
    CopySight,
}

impl Id {
    /// Whether it changes records or hosts, and so is not to be had while nothing may be changed.
    /// What a host answers is written down, so asking it belongs here.
    pub fn changes(self) -> bool {
        let of_records = matches!(
            self,
            Self::Add | Self::AddBelow | Self::AddAbove | Self::Edit | Self::Delete | Self::Tag
        );
        let of_hosts = matches!(
            self,
            Self::Retry
                | Self::Exec
                | Self::Cancel
                | Self::Undo
                | Self::Adopt
                | Self::Trust
                | Self::Verb
                | Self::Toggle
                | Self::TurnOn
                | Self::TurnOff
                | Self::Provision
                | Self::Rotate
                | Self::Keys
                | Self::Check
                | Self::Shell
                | Self::ShellFull
        );
        of_records || of_hosts
    }
}

/// What the escape of a session leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionId {
    /// Send the escape itself.
    Through,
    /// Open another shell on the same server.
    New,
    /// The next tab.
    Next,
    /// The tab before.
    Previous,
    /// The tab of the typed number.
    Tab,
    /// Show two, or one again.
    Split,
    /// Turn to the other half.
    Other,
    /// Close it.
    Close,
    /// Scroll back and copy.
    Scroll,
    /// Search in what can be scrolled back to.
    Search,
    /// The whole screen, or the pane again.
    Full,
    /// Type into all marked ones at once.
    Broadcast,
    /// The list of all sessions.
    List,
    /// Leave for the pane before.
    Leave,
}

/// What the copy mode knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyId {
    /// Move its cursor.
    Step(Step),
    /// Begin to select, or end it.
    Select(Span),
    /// Copy what is selected.
    Take,
    /// Search.
    Search,
    /// To the next place found, towards older lines.
    Older,
    /// To the next place found, towards newer lines.
    Newer,
    /// Back to the session.
    Leave,
}

/// A movement of the selection or of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Motion {
    /// One up.
    Up,
    /// One down.
    Down,
    /// To the first.
    First,
    /// To the last.
    Last,
    /// Half a page up.
    HalfUp,
    /// Half a page down.
    HalfDown,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// To the row of this number, from 0.
    Row(usize),
}

/// Where a command's keys are heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In every pane.
    Everywhere,
    /// In the pane of this name.
    Pane(&'static str),
    /// In a layer or a session of this name, which asks the keymap for its own keys.
    Inside(&'static str),
}

impl Place {
    /// How a keymap calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Everywhere => "everywhere",
            Self::Pane(name) | Self::Inside(name) => name,
        }
    }
}

/// How much a command can spoil.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Danger {
    /// Nothing.
    None,
    /// It asks before it does anything.
    Asks,
    /// It destroys, and wants the name typed.
    Typed,
}

impl Danger {
    /// What is said behind the title.
    pub fn words(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Asks => " (asks)",
            Self::Typed => " (asks for its name)",
        }
    }
}

/// Something that a command is given in the palette.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arg {
    /// What it is called.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Whether the command cannot do without; otherwise it asks in its own way.
    pub needed: bool,
    /// A sentence about what to type, where nothing can be listed.
    pub help: &'static str,
}

/// What can be given to a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A server's name.
    Server,
    /// A pane's name.
    Pane,
    /// A rule of the selected server.
    Rule,
    /// A site, of any server.
    Site,
    /// A resource of the selected server that is no site.
    Service,
    /// A kind of resource that is no site.
    Sort,
    /// An operation's id.
    Operation,
    /// A rule's line; the last argument.
    RuleLine,
    /// A line of a shell; the last argument.
    CommandLine,
    /// The name of a profile.
    Profile,
    /// Tags to add, and with a dash before them to take away; the last argument.
    Tags,
}

impl Kind {
    /// Whether it is taken as it is typed.
    pub fn is_free(self) -> bool {
        matches!(self, Self::RuleLine | Self::CommandLine | Self::Tags)
    }
}

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Command {
    /// What it does.
    pub id: Id,
    /// Where.
    pub place: Place,
    /// Its name for keymaps and scripts.
    pub name: &'static str,
    /// What it is called on screen.
    pub title: &'static str,
    /// One word for the hint bar; empty when it is not shown there.
    pub hint: &'static str,
    /// Its default keys.
    pub keys: &'static [&'static str],
    /// What it can spoil.
    pub danger: Danger,
    /// What it is given in the palette.
    pub args: &'static [Arg],
}

impl Command {
    /// Whether it can be told what it is about, instead of what is selected.
    pub fn aims(&self) -> bool {
        let named = |kind| {
            matches!(kind, Kind::Server | Kind::Rule | Kind::Site | Kind::Service | Kind::Operation)
        };
        self.args.iter().any(|arg| named(arg.kind))
    }
}

/// The table as the documentation has it.
#[cfg(test)]
fn documented() -> String {
    let mut text = String::from(
        "# Keys\n\nThe defaults, written from the command table in `src/tui/command/table.rs`; a \
         test compares it.\n`brokeforge keys` prints those in force, with `keymap.toml` laid over \
         them. Layers (forms,\nquestions, texts) say on their own border what their keys are.\n",
    );
    let mut place = None;
    for command in TABLE.iter() {
        if place != Some(command.place) {
            place = Some(command.place);
            let title = match command.place {
                Place::Pane(name) => format!("In the {name} pane"),
                Place::Inside(name) => format!("In the {name}"),
                Place::Everywhere => "Everywhere".to_owned(),
            };
            text.push_str(&format!(
                "\n## {title}\n\n| keys | what they do | command |\n| --- | --- | --- |\n"
            ));
        }
        let keys: Vec<String> = command.keys.iter().map(|key| format!("`{key}`")).collect();
        let danger = command.danger.words();
        text.push_str(&format!(
            "| {} | {}{danger} | {} |\n",
            keys.join(" "),
            command.title,
            command.name
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::keymap;

    #[test]
    fn no_key_means_two_things_in_one_place() {
        let mut seen: Vec<(Place, &str, &str)> = Vec::new();
        for command in TABLE.iter() {
            assert!(!command.title.is_empty());
            for key in command.keys {
                assert_eq!(keymap::key::chord(key).as_deref(), Ok(*key), "{}", command.name);
                let rival = seen.iter().find(|(place, other, _)| {
                    *place == command.place && keymap::file::clash(other, key)
                });
                assert_eq!(rival, None, "{key} of {}", command.name);
                seen.push((command.place, key, command.name));
            }
        }
    }

    #[test]
    fn the_documented_keys_are_those_of_the_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/keys.md");
        if std::env::var_os("BROKEFORGE_WRITE_DOCS").is_some() {
            std::fs::write(path, documented()).unwrap();
        }
        assert!(
            std::fs::read_to_string(path).unwrap_or_default() == documented(),
            "docs/keys.md is not what the command table says; write it anew with: \
             BROKEFORGE_WRITE_DOCS=1 cargo test --lib documented_keys"
        );
    }

    #[test]
    fn names_are_unique() {
        for (i, command) in TABLE.iter().enumerate() {
            assert!(!TABLE[..i].iter().any(|c| c.name == command.name), "{}", command.name);
        }
    }
}
