//! The smaller layers: questions, the host key, removal, the vault, texts.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::widgets::Clear;

use super::paper::{self, Piece, fact, plain, wrapped};
use super::{Draw, Look, failure, form};
use crate::domain::caution::{Deed, PRODUCTION};
use crate::tui::layer::confirm::Confirm;
use crate::tui::layer::host_key::{HostKeyLayer, Stage};
use crate::tui::layer::preview::PreviewLayer;
use crate::tui::layer::reader::Reader;
use crate::tui::layer::remove::Remove;
use crate::tui::layer::save::Save;
use crate::tui::layer::vault::{Stage as VaultStage, VaultLayer};
use crate::tui::list::names;
use crate::tui::spots::Target;
use crate::tui::style::Tone;
use crate::tui::text;

/// Draws a dialog of lines, with rows left free at its end; answers those.
pub(super) fn dialog(
    frame: &mut Frame<'_>,
    area: Rect,
    title: &str,
    note: &str,
    lines: &[Vec<Piece>],
    free: u16,
    look: &Look<'_>,
) -> Rect {
    let width = paper::dialog_width(area);
    let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX).saturating_add(free);
    let area = paper::dialog(frame, area, width + 4, height);
    let inside = paper::frame(frame, area, title, note, look);
    let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let free = free.min(inside.height);
    let text = Rect { height: inside.height - free, ..inside };
    paper::lines(frame, text, lines, 0, look);
    Rect { y: text.bottom(), height: free, ..inside }
}

/// Draws the two answers in a row.
fn answers(frame: &mut Frame<'_>, row: Rect, words: [&str; 2], yes: bool, look: &Look<'_>) {
    let [no_word, yes_word] = words.map(|word| format!(" {word} "));
    let style =
        |on: bool| if on { look.theme.selected(true) } else { look.theme.tone(Tone::Plain) };
    let gap = look.theme.tone(Tone::Plain);
    let pieces = [(style(!yes), no_word.as_str()), (gap, "   "), (style(yes), yes_word.as_str())];
    paper::styled_line(frame, row, pieces.into_iter());
    let [no_cells, yes_cells] =
        [&no_word, &yes_word].map(|word| u16::try_from(text::width(word)).unwrap_or(0));
    let place = |from: u16, width: u16| Rect { x: row.x.saturating_add(from), width, ..row };
    look.shared.spots.put(place(0, no_cells).intersection(row), Target::Row(0));
    look.shared.spots.put(place(no_cells + 3, yes_cells).intersection(row), Target::Row(1));
}

/// Says which of the servers are tagged `production`.
fn tagged(production: &[&str], width: u16) -> Vec<Vec<Piece>> {
    if production.is_empty() {
        return Vec::new();
    }
    let verb = if production.len() == 1 { "is" } else { "are" };
    let text = format!("{} {verb} tagged {PRODUCTION}.", names(production.iter().copied()));
    wrapped(Tone::Warn, "! ", &text, width).into_iter().take(4).collect()
}

fn last_row(area: Rect) -> Rect {
    Rect { y: area.bottom().saturating_sub(1), height: area.height.min(1), ..area }
}

impl Draw for Confirm {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
        let width = paper::dialog_width(area);
        let mut lines = Vec::new();
        for (number, text) in self.lines.iter().enumerate() {
            if number > 0 {
                lines.push(Vec::new());
            }
            lines.extend(wrapped(Tone::Plain, "", text, width));
        }
        let asked = self.asked(look.shared);
        if let Some(asked) = &asked {
            lines.push(Vec::new());
            let production: Vec<&str> = asked.production.iter().map(String::as_str).collect();
            lines.extend(tagged(&production, width));
            let back = match asked.deed.can_be_undone() {
                true => format!("{} undoes it afterwards.", look.shared.key("rule-undo")),
                false => asked.deed.way_back().to_owned(),
            };
            lines.extend(wrapped(Tone::Dim, "", &back, width));
        }
        let Some(word) = self.word(look.shared) else {
            let note = match self.preview {
                Some(_) => "p what would be done · esc no",
                None => "esc no",
            };
            let free = dialog(frame, area, &self.title, note, &lines, 2, look);
            answers(frame, last_row(free), ["no (n)", "yes (y)"], self.yes, look);
            return;
        };
        let note = match self.preview {
            Some(_) => "enter go on · ctrl-p what would be done · esc no",
            None => "enter go on · esc no",
        };
        let free = dialog(frame, area, &self.title, note, &lines, 3, look);
        if let Some(row) = paper::rows(free).nth(1) {
            form::draw_line(&self.typed, look.focused, frame, row, look);
        }
        let (tone, text) = match self.typed.text().trim() {
            typed if typed == word => (Tone::Bad, "enter does it".to_owned()),
            "" => (Tone::Dim, format!("type: {word}")),
            _ => (Tone::Warn, format!("that is not yet: {word}")),
        };
        paper::line(frame, last_row(free), &[(tone, text)], look);
    }
}

impl Draw for HostKeyLayer {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
        let width = paper::dialog_width(area);
        let mut lines = vec![plain(Tone::Strong, self.place.clone()), Vec::new()];
        lines.extend(self.known.iter().map(|key| fact("known by", key.fingerprint.clone())));
        let (words, free) = match &self.stage {
            Stage::Reaching(_) => {
                lines.push(plain(Tone::Busy, "Asking the host for its key …"));
                (None, 0)
            }
            Stage::Failed(error) => {
                lines.extend(failure::lines(error, width));
                (None, 0)
            }
            Stage::Shown(key) | Stage::Trusting(key, _) => {
                let mut shown = fact("shows", "");
                shown.push((Tone::Strong, key.fingerprint.clone()));
                lines.push(shown);
                lines.push(fact("algorithm", key.algorithm.clone()));
                lines.push(Vec::new());
                let (tone, text) = if self.is_known(key) {
                    (Tone::Good, "This is a key it is known by; there is nothing to change.")
                } else if self.known.is_empty() {
                    (
                        Tone::Plain,
                        "You see this key for the first time. Compare it with what the host's \
                         console or your provider says: “ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub” \
                         prints it there. Nothing secret has been sent.",
                    )
                } else {
                    (
                        Tone::Bad,
                        "The key is NOT the one it was known by. If the host was not set up anew, \
                         somebody may stand in between. Trusting it refuses the older keys from \
                         then on.",
                    )
                };
                lines.extend(wrapped(tone, "", text, width));
                let working = matches!(self.stage, Stage::Trusting(..));
                if working {
                    lines.push(plain(Tone::Busy, "Asking the host once more …"));
                }
                ((!working).then_some(["decline (n)", "accept (y)"]), 2)
            }
        };
        let free = dialog(frame, area, "Host key", "esc decline", &lines, free, look);
        if let Some(words) = words {
            answers(frame, last_row(free), words, self.accept, look);
        }
    }
}

impl Draw for Remove {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
        let width = paper::dialog_width(area);
        let mut lines = Vec::new();
        let several = self.servers.len() > 1;
        if several {
            let all = names(self.servers.iter().map(|server| server.name.as_str()));
            lines.extend(wrapped(Tone::Strong, "", &all, width));
            lines.push(Vec::new());
        }
        let them = if several { "them" } else { "it" };
        match &self.dependants {
            None => lines.push(plain(Tone::Dim, format!("Looking what hangs on {them} …"))),
            Some(names) if names.is_empty() => {
                lines.push(plain(Tone::Plain, format!("Nothing else hangs on {them}.")));
            }
            Some(names) => {
                lines.push(plain(Tone::Plain, "With it go:"));
                let text = names.join(", ");
                lines.extend(wrapped(Tone::Warn, "  ", &text, width).into_iter().take(5));
            }
        }
        let production: Vec<&str> = self
            .servers
            .iter()
            .filter(|server| server.tags.iter().any(|tag| tag.as_str() == PRODUCTION))
            .map(|server| server.name.as_str())
            .collect();
        lines.extend(tagged(&production, width));
        lines.extend(wrapped(Tone::Dim, "", Deed::RemoveServer.way_back(), width));
        lines.push(Vec::new());
        if let Some(error) = &self.failure {
            lines.extend(failure::lines(error, width));
            lines.push(Vec::new());
        }
        let help = self.fields.all.get(self.fields.focus).map_or("", |field| field.help.as_ref());
        lines.extend(wrapped(Tone::Dim, "", help, width));
        let title = match self.servers.as_slice() {
            [server] => format!("Remove {}?", server.name),
            several => format!("Remove {} servers?", several.len()),
        };
        let free = dialog(frame, area, &title, "enter go on · esc leave", &lines, 4, look);
        let rows = paper::rows(free).skip(1);
        for (row, (number, field)) in rows.zip(self.fields.all.iter().enumerate()) {
            look.shared.spots.put(row, Target::Row(number));
            form::draw_field(field, number == self.fields.focus, frame, row, look);
        }
        let (tone, text) = match (self.is_typed(), self.fields.text("name").is_empty()) {
            (true, _) => (Tone::Bad, format!("enter removes {them}")),
            (false, true) => (Tone::Dim, format!("type: {}", self.word())),
            (false, false) if several => (Tone::Warn, "that is not how many".to_owned()),
            (false, false) => (Tone::Warn, "that is not its name yet".to_owned()),
        };
        paper::line(frame, last_row(free), &[(tone, text)], look);
    }
}

impl Draw for Save {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
        let width = paper::dialog_width(area);
        let lines = match (&self.failure, self.waits()) {
            (Some(error), _) => failure::lines(error, width),
            (None, true) => vec![plain(Tone::Busy, "Writing …")],
            (None, false) => wrapped(
                Tone::Dim,
                "",
                "All that is kept of the output, with secrets masked. Only you will be able to \
                 read the file.",
                width,
            ),
        };
        let note = "enter save · esc leave";
        let free = dialog(frame, area, "Save the output to a file", note, &lines, 2, look);
        form::draw_line(&self.path, look.focused && !self.waits(), frame, last_row(free), look);
    }
}

impl Draw for VaultLayer {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
        let width = paper::dialog_width(area);
        let (title, text, label) = match self.stage {
            VaultStage::Choose | VaultStage::Again => (
                "Welcome: first a vault",
                "This is brokeforge. It sets up and runs Debian and Ubuntu servers over plain SSH, \
                 from this terminal.\n\nIt makes a login key of its own for each server and keeps \
                 it sealed in a vault on this machine. Choose a passphrase for that vault; it \
                 cannot be recovered. Left empty, a key file is used instead.",
                if self.stage == VaultStage::Choose { "passphrase" } else { "once more" },
            ),
            VaultStage::Without => (
                "No passphrase?",
                "Then the vault's key lies unprotected in a file that only your user may read \
                 (0600). Whoever gets at that file, or at a backup of it, can log in to your \
                 servers. Go on without a passphrase?",
                "",
            ),
            VaultStage::Unlock => (
                "The vault is locked",
                "Its passphrase opens the keys of your servers.",
                "passphrase",
            ),
            VaultStage::Working(..) => {
                ("The vault", "Working: this takes about a second on purpose …", "")
            }
        };
        let mut lines = wrapped(Tone::Plain, "", text, width);
        if let Some(complaint) = &self.complaint {
            lines.push(Vec::new());
            lines.extend(wrapped(Tone::Bad, "✗ ", complaint, width));
        }
        let note = match self.stage {
            VaultStage::Without => "y go on without · n back",
            VaultStage::Working(..) => "",
            _ => "enter go on · esc look around without it",
        };
        let free =
            dialog(frame, area, title, note, &lines, if label.is_empty() { 0 } else { 2 }, look);
        if !label.is_empty() {
            let row = last_row(free);
            paper::line(frame, row, &[(Tone::Strong, text::fit(label, 12))], look);
            let place =
                Rect { x: row.x + 12.min(row.width), width: row.width.saturating_sub(12), ..row };
            form::draw_masked(self.typed.len(), look.focused, frame, place, look);
        }
    }
}

impl Draw for Reader {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
        frame.render_widget(Clear, area);
        let note = if self.wrap { "esc back" } else { "left right move · esc back" };
        let inside = paper::frame(frame, area, &self.title, note, look);
        let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(1), ..inside };
        let lines: Vec<Vec<Piece>> = if self.wrap {
            let wrap = |(tone, line): &(Tone, String)| match line.is_empty() {
                true => vec![Vec::new()],
                false => wrapped(*tone, "", line, inside.width),
            };
            self.lines.iter().flat_map(wrap).collect()
        } else {
            self.lines.iter().map(|(tone, line)| plain(*tone, aside(line, self.aside))).collect()
        };
        paper::scrolled(frame, inside, &lines, &self.scroll, look);
    }
}

/// A line without its first cells.
fn aside(line: &str, cells: usize) -> String {
    let line = text::clean(line);
    let hidden = text::take(&line, cells).len();
    line.split_at_checked(hidden).map_or_else(String::new, |(_, rest)| rest.to_owned())
}

impl Draw for PreviewLayer {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
        self.reader.draw(frame, area, look);
    }
}
