//! Questions with their answers, and sealed values that somebody asked to see.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::dialogs::dialog;
use super::paper::{self, plain, wrapped};
use super::{Draw, Look};
use crate::tui::layer::ask::Ask;
use crate::tui::layer::reveal::Reveal;
use crate::tui::spots::Target;
use crate::tui::style::Tone;
use crate::tui::text;

impl Draw for Ask {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
        let Some(question) = self.questions.get(self.at) else { return };
        let width = paper::dialog_width(area);
        let lines = wrapped(Tone::Plain, "", &question.text, width);
        let word = |word: &str| text::width(word);
        let widest = question.answers.iter().map(|a| word(&a.word)).max().unwrap_or_default() + 4;
        let mut rows = vec![(None, Vec::new())];
        for (number, answer) in question.answers.iter().enumerate() {
            let (sign, tone) = match number == self.answer {
                true => ("▸ ", Tone::Strong),
                false => ("  ", Tone::Plain),
            };
            let margin = text::fit(&format!("{sign}{}", answer.word), widest);
            let of = wrapped(tone, &margin, &answer.meaning, width);
            rows.extend(of.into_iter().map(|line| (Some(number), line)));
        }
        let title = match self.questions.len() {
            1 => self.title.clone(),
            count => format!("{} · {} of {count}", self.title, self.at + 1),
        };
        let note = "up down choose · enter take · esc decide later";
        let free = u16::try_from(rows.len()).unwrap_or(u16::MAX);
        let free = dialog(frame, area, &title, note, &lines, free, look);
        for (place, (number, line)) in paper::rows(free).zip(&rows) {
            paper::line(frame, place, line, look);
            if let Some(number) = number {
                look.shared.spots.put(place, Target::Row(*number));
            }
        }
    }
}

impl Draw for Reveal {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, look: &Look<'_>) {
        let width = paper::dialog_width(area);
        let widest = self.values.iter().map(|v| text::width(&v.name)).max().unwrap_or_default() + 4;
        let mut rows = Vec::new();
        for (number, value) in self.values.iter().enumerate() {
            let here = number == self.at;
            let margin =
                text::fit(&format!("{}{}", if here { "▸ " } else { "  " }, value.name), widest);
            let lines = match &value.told {
                None => vec![plain(Tone::Busy, format!("{margin}…"))],
                Some(Ok(secret)) => {
                    let text = secret.reveal_text().unwrap_or("It is no text.");
                    wrapped(if here { Tone::Strong } else { Tone::Plain }, &margin, text, width)
                }
                Some(Err(failure)) => wrapped(Tone::Dim, &margin, &failure.message, width),
            };
            rows.extend(lines.into_iter().map(|line| (number, line)));
        }
        let free = u16::try_from(rows.len()).unwrap_or(u16::MAX);
        let note = "y copy · esc close";
        let free = dialog(frame, area, &self.title, note, &[], free, look);
        for (place, (number, line)) in paper::rows(free).zip(&rows) {
            paper::line(frame, place, line, look);
            look.shared.spots.put(place, Target::Row(*number));
        }
    }
}
