//! Provisioning: what a profile would bring, to one server or to several.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::draw_list;
use crate::fleet::Preview;
use crate::tui::layer::provision::plan::{Plan, Planned, ProvisionPlan};
use crate::tui::style::Tone;
use crate::tui::text;
use crate::tui::view::paper::{self, Piece, facts};
use crate::tui::view::{Draw, Look, failure};

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
