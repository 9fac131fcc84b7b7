//! Provisioning: the choice of a profile, and what it would bring.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::paper::{self, Piece, facts, plain, wrapped};
use super::{Draw, Look, failure};
use crate::fleet::{Preview, ProfileView};
use crate::tui::layer::provision::Provision;
use crate::tui::layer::provision::plan::{Plan, Planned, ProvisionPlan};
use crate::tui::list::names;
use crate::tui::pane::cursor;
use crate::tui::spots::Target;
use crate::tui::style::Tone;
use crate::tui::text;

/// Rows that are listed at once, at most.
const LISTED: usize = 10;

impl Draw for Provision {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
        let width = paper::dialog_width(area);
        let title = match self.servers.as_slice() {
            [(_, name)] => format!("Provision {name}"),
            several => format!("Provision {} servers", several.len()),
        };
        let mut above = Vec::new();
        if self.servers.len() > 1 {
            let all = names(self.servers.iter().map(|(_, name)| name.as_str()));
            above.extend(wrapped(Tone::Plain, "", &all, width).into_iter().take(3));
            above.push(Vec::new());
        }
        let Some(all) = &look.shared.profiles else {
            let lines = [plain(Tone::Dim, "Reading the profiles …")];
            draw_list(frame, area, &title, "esc leave", &above, &[], None, &lines, look);
            return;
        };
        let widest =
            all.iter().map(|profile| text::width(&profile.name)).max().unwrap_or(0).min(24);
        let row = |profile: &ProfileView| {
            let from = if profile.own { "yours" } else { "built in" };
            let (tone, about) = match &profile.fault {
                Some(fault) => (Tone::Bad, format!("✗ {fault}")),
                None => (Tone::Plain, profile.about.clone()),
            };
            let now = if self.before.as_ref() == Some(&profile.name) { "●" } else { " " };
            vec![
                (Tone::Good, format!("{now} ")),
                (Tone::Strong, format!("{}  ", text::fit(&profile.name, widest))),
                (Tone::Dim, text::fit(from, 10)),
                (tone, about),
            ]
        };
        let rows: Vec<Vec<Piece>> = all.iter().map(row).collect();
        let mut below = self.selected(look.shared).map(|p| about(p, width)).unwrap_or_default();
        if let Some(fault) = &self.fault {
            below = wrapped(Tone::Bad, "✗ ", fault, width);
        }
        let note = "enter go on · esc leave";
        draw_list(frame, area, &title, note, &above, &rows, self.at, &below, look);
    }
}

/// What is said about the selected profile.
fn about(profile: &ProfileView, width: u16) -> Vec<Vec<Piece>> {
    if let Some(fault) = &profile.fault {
        return wrapped(Tone::Bad, "✗ ", fault, width);
    }
    let mut lines = wrapped(Tone::Plain, "", &profile.about, width);
    lines.extend(facts("brings", &profile.items.join(", "), width));
    for (number, set) in profile.sets.iter().enumerate() {
        let on = set.on.iter().map(|(os, value)| format!("; {value} on {os}")).collect::<String>();
        let label = if number == 0 { "settings" } else { "" };
        lines.extend(facts(label, &format!("{} = {}{on}", set.name, set.default), width));
    }
    lines
}

impl Draw for ProvisionPlan {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
        let (begin, asked) = self.counts();
        if self.is_single() {
            return draw_single(self, frame, area, look);
        }
        let width = paper::dialog_width(area);
        let widest = self.rows.iter().map(|row| text::width(&row.name)).max().unwrap_or(0).min(28);
        let rows: Vec<Vec<Piece>> = self.rows.iter().map(|row| planned(row, widest)).collect();
        let mut below = Vec::new();
        if let Some(Planned { plan: Plan::Failed(why), .. }) = self.rows.get(self.at) {
            below.extend(failure::lines(why, width).into_iter().take(6));
        }
        if !self.sets.is_empty() {
            let sets = self.sets.iter().map(|(name, value)| format!("{name} = {value}"));
            below.extend(facts("settings", &sets.collect::<Vec<_>>().join(", "), width));
        }
        let begins = match (begin, asked) {
            (_, 1..) => format!("{asked} are asked …"),
            (0, _) => "nothing can be begun".to_owned(),
            (1, _) => "enter begins on one".to_owned(),
            (all, _) => format!("enter begins on {all}"),
        };
        let note = format!("{begins} · p the steps · esc back");
        let title = &self.reader.title;
        draw_list(frame, area, title, &note, &[], &rows, Some(self.at), &below, look);
    }
}

fn draw_single(layer: &ProvisionPlan, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
    layer.reader.draw(frame, area, look);
    let asks = layer.rows.iter().any(|row| matches!(&row.plan, Plan::Failed(_)) && row.can_begin());
    let note = match (layer.counts(), layer.is_sent()) {
        (_, true) => "being written down …".to_owned(),
        ((_, 1..), _) => "the host is asked · esc back".to_owned(),
        ((0, _), _) => "it cannot be begun · esc back".to_owned(),
        _ if asks => "enter begins it and asks you then · esc back".to_owned(),
        _ => "enter begins · left right move · esc back".to_owned(),
    };
    let note = text::cut(&note, usize::from(area.width.saturating_sub(4)));
    let bottom = Rect { y: area.bottom().saturating_sub(1), height: 1.min(area.height), ..area };
    let border = look.theme.border(look.focused);
    let rest = usize::from(area.width).saturating_sub(text::width(&note) + 5);
    let line = format!("└ {note} {}┘", "─".repeat(rest + 1));
    paper::styled_line(frame, bottom, [(border, line.as_str())].into_iter());
    if let Some(error) = &layer.failure {
        let width = paper::dialog_width(area);
        let lines = failure::lines(error, width);
        let tall = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
        let place = paper::dialog(frame, area, width + 4, tall);
        let inside = paper::frame(frame, place, "It was not begun", "", look);
        let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
        paper::lines(frame, inside, &lines, 0, look);
    }
}

fn planned(row: &Planned, widest: usize) -> Vec<Piece> {
    let (tone, sign, says) = match &row.plan {
        Plan::Asked(_) => (Tone::Dim, "·", "is asked …".to_owned()),
        Plan::There(preview) => (Tone::Good, "✓", sum(preview)),
        Plan::Failed(why) if row.can_begin() => {
            let first = why.questions.first().map(|question| question.text.clone());
            (Tone::Warn, "?", first.unwrap_or_default())
        }
        Plan::Failed(why) => (Tone::Bad, "✗", why.message.clone()),
    };
    let tone_of_text = if sign == "✓" { Tone::Plain } else { tone };
    vec![
        (tone, format!("{sign} ")),
        (Tone::Strong, format!("{}  ", text::fit(&row.name, widest))),
        (tone_of_text, says),
    ]
}

/// A plan in a few words.
fn sum(preview: &Preview) -> String {
    let of = |count: usize, one: &str| match count {
        1 => format!("one {one}"),
        count => format!("{count} {one}s"),
    };
    let own = preview.steps.iter().filter(|step| step.depth == 0);
    let mut milestones: Vec<&str> = own.map(|step| step.milestone.as_str()).collect();
    milestones.dedup();
    let notes = match preview.notes.as_slice() {
        [] => String::new(),
        [note] => format!(" · {note}"),
        [note, more @ ..] => format!(" · {note} (and {} more)", more.len()),
    };
    format!("{}, {}{notes}", of(milestones.len(), "milestone"), of(preview.steps.len(), "step"))
}

/// Draws a dialog with a list in it: what stands above, the rows, and what is said below.
#[expect(clippy::too_many_arguments, reason = "the parts of one dialog, each drawn once")]
fn draw_list(
    frame: &mut Frame<'_>,
    area: Rect,
    title: &str,
    note: &str,
    above: &[Vec<Piece>],
    rows: &[Vec<Piece>],
    at: Option<usize>,
    below: &[Vec<Piece>],
    look: &Look<'_>,
) {
    let width = paper::dialog_width(area);
    let gap = usize::from(!rows.is_empty() && !below.is_empty());
    let fixed = above.len() + gap + below.len() + 2;
    let room = usize::from(area.height).saturating_sub(fixed).clamp(1, LISTED);
    let shown = rows.len().min(room);
    let tall = u16::try_from(fixed + shown).unwrap_or(u16::MAX);
    let place = paper::dialog(frame, area, width + 4, tall);
    let inside = paper::frame(frame, place, title, note, look);
    let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let mut places = paper::rows(inside);
    for (line, row) in above.iter().zip(places.by_ref()) {
        paper::line(frame, row, line, look);
    }
    let first = cursor::window(at.unwrap_or(0), rows.len(), shown);
    let numbered = rows.iter().enumerate().skip(first).take(shown);
    for ((number, line), row) in numbered.zip(places.by_ref()) {
        look.shared.spots.put(row, Target::Row(number));
        paper::line(frame, row, line, look);
        if Some(number) == at {
            frame.buffer_mut().set_style(row, look.theme.selected(look.focused));
        }
    }
    for (line, row) in below.iter().zip(places.skip(gap)) {
        paper::line(frame, row, line, look);
    }
}
