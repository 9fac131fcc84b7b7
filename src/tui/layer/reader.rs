//! A text to read: messages, a step as it was sent.

use crossterm::event::{KeyCode, KeyEvent};

use super::{Layer, Turn};
use crate::fleet::{Explanation, KeyState, KeyView};
use crate::tui::command::Motion;
use crate::tui::scroll::Scroll;
use crate::tui::shared::{Context, Shared};
use crate::tui::style::Tone;

/// A text that scrolls.
#[derive(Debug)]
pub struct Reader {
    /// What it is.
    pub title: String,
    /// Its lines.
    pub lines: Vec<(Tone, String)>,
    /// Whether lines are broken to the width (else moved sideways).
    pub wrap: bool,
    /// How far it is scrolled.
    pub scroll: Scroll,
    /// The first column in sight, when lines are not broken.
    pub aside: usize,
}

impl Reader {
    /// A text.
    pub fn new(title: impl Into<String>, lines: Vec<(Tone, String)>) -> Self {
        Self { title: title.into(), lines, wrap: true, scroll: Scroll::default(), aside: 0 }
    }

    /// Leaves long lines long, as scripts want it.
    #[must_use]
    pub fn unwrapped(mut self) -> Self {
        self.wrap = false;
        self
    }

    /// The keys that may log in to a server, those first that nobody has named.
    pub fn keys(server: &str, keys: &[KeyView], shared: &Shared) -> Self {
        let mut lines = Vec::new();
        for key in keys {
            let tone = match key.state {
                KeyState::Unknown => Tone::Warn,
                KeyState::Known | KeyState::Ours => Tone::Plain,
            };
            let bits = key.bits.map(|bits| format!(" {bits}")).unwrap_or_default();
            let (state, user) = (key.state.as_str(), &key.user);
            let what = format!("{state:<8} {user:<12} {}{bits} {}", key.algorithm, key.fingerprint);
            lines.push((tone, what));
            let mut more = Vec::new();
            more.extend(key.name.iter().map(|name| format!("“{name}”")));
            more.extend(Some(&key.comment).filter(|text| !text.is_empty()).cloned());
            more.extend(Some(&key.options).filter(|text| !text.is_empty()).cloned());
            more.push(format!("first seen {}", shared.clock(key.first_seen)));
            lines.push((Tone::Dim, format!("{:<8} {}", "", more.join(", "))));
        }
        if keys.is_empty() {
            lines.push((Tone::Plain, "No key may log in there.".to_owned()));
        }
        let unknown = keys.iter().filter(|key| key.state == KeyState::Unknown).count();
        Self::new(format!("Keys of {server}: {}, {unknown} unknown", keys.len()), lines)
    }

    /// A step, explained.
    pub fn explanation(explanation: &Explanation, shared: &Shared) -> Self {
        let line = |(label, text): (&str, String)| match (label, text.as_str()) {
            ("", text) => (Tone::Plain, text.to_owned()),
            (label, "") => (Tone::Strong, label.to_owned()),
            ("why", text) => (Tone::Bad, format!("{:<12}{text}", "why")),
            (label, text) => (Tone::Plain, format!("{label:<12}{text}")),
        };
        let lines = explanation.lines(|time| shared.clock(time)).into_iter().map(line).collect();
        let title = explanation.step.as_ref().map_or(&explanation.what, |step| step);
        Self::new(format!("Explained: {title}"), lines)
    }
}

impl Layer for Reader {
    fn key(&mut self, key: KeyEvent, cx: &mut Context<'_>) -> Turn {
        match key.code {
            KeyCode::Esc | KeyCode::Enter => return Turn::Close,
            _ if cx.shared.start.keymap.is(&key, "back-or-quit") => return Turn::Close,
            KeyCode::Right if !self.wrap => self.aside = (self.aside + 8).min(4096),
            KeyCode::Left => self.aside = self.aside.saturating_sub(8),
            _ => {
                if let Some(motion) = cx.motion(&key) {
                    self.motion(motion, cx);
                }
            }
        }
        Turn::Stay
    }

    fn motion(&mut self, motion: Motion, cx: &mut Context<'_>) {
        self.scroll.motion(motion, cx.shared.page());
    }
}
