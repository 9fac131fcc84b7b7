//! What an operation would do: its exact steps, asked of the host and never run.

use crossterm::event::KeyEvent;

use super::reader::Reader;
use super::{Layer, Turn};
use crate::fleet::Preview;
use crate::tui::command::Motion;
use crate::tui::effect::{Act, Answer, Done, Ticket};
use crate::tui::shared::Context;
use crate::tui::style::Tone;

/// A preview, once it is there.
#[derive(Debug)]
pub struct PreviewLayer {
    /// The text.
    pub reader: Reader,
    waiting: Ticket,
}

impl PreviewLayer {
    /// Asks for a preview by this act.
    pub fn new(act: Act, cx: &mut Context<'_>) -> Self {
        let lines = vec![(Tone::Dim, "The host is asked what there is to do …".to_owned())];
        let waiting = cx.act(act);
        Self { reader: Reader::new("What would be done", lines), waiting }
    }
}

/// A preview as text: the steps of operations inside another one stand further in.
pub fn lines(preview: &Preview) -> Vec<(Tone, String)> {
    let mut lines =
        vec![(Tone::Dim, format!("On {}. Nothing of this has been done.", preview.server))];
    lines.extend(preview.notes.iter().map(|note| (Tone::Warn, note.clone())));
    let mut milestone = (0, "");
    for (number, step) in preview.steps.iter().enumerate() {
        let room = "    ".repeat(usize::from(step.depth));
        lines.push((Tone::Plain, String::new()));
        if (step.depth, step.milestone.as_str()) != milestone {
            milestone = (step.depth, &step.milestone);
            lines.push((Tone::Strong, format!("{room}{}", step.milestone)));
        }
        let place = if step.remote { "on the host" } else { "here" };
        lines.push((Tone::Accent, format!("{room}{}. {} ({place})", number + 1, step.name)));
        lines.extend(step.text.lines().map(|line| (Tone::Plain, format!("{room}   {line}"))));
    }
    if preview.steps.is_empty() {
        lines.push((Tone::Good, "There is nothing to do.".to_owned()));
    }
    lines
}

impl Layer for PreviewLayer {
    fn key(&mut self, key: KeyEvent, cx: &mut Context<'_>) -> Turn {
        self.reader.key(key, cx)
    }

    fn motion(&mut self, motion: Motion, cx: &mut Context<'_>) {
        self.reader.motion(motion, cx);
    }

    fn answer(&mut self, ticket: Ticket, answer: &Answer, _: &mut Context<'_>) -> Option<Turn> {
        if ticket != self.waiting {
            return None;
        }
        self.reader.lines = match answer {
            Ok(Done::Preview(preview)) => {
                self.reader.wrap = false;
                lines(preview)
            }
            Ok(_) => Vec::new(),
            Err(failure) => {
                let remedy = failure.remedy.iter().map(|remedy| (Tone::Plain, remedy.clone()));
                std::iter::once((Tone::Bad, failure.message.clone())).chain(remedy).collect()
            }
        };
        Some(Turn::Stay)
    }
}
