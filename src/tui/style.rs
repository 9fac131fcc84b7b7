//! All styles and signs: a status is always a word with a sign, never a colour alone.
//!
//! A theme for dark and one for light backgrounds, the terminal's own sixteen colours, and none at
//! all: then weight and reverse remain. Without a UTF-8 locale every drawn sign is translated to
//! ASCII, here and nowhere else.

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};

use crate::domain::rule::Actual;
use crate::domain::{Outcome, Status, StepOutcome};

/// What a piece of text wants to say by its look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Ordinary text.
    Plain,
    /// What may be overlooked.
    Dim,
    /// Headings.
    Strong,
    /// As wanted.
    Good,
    /// Under way.
    Busy,
    /// Needs a look.
    Warn,
    /// Went wrong.
    Bad,
    /// Keys and names to act on.
    Accent,
}

/// The hues that a terminal has for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hues {
    /// Light ones, for a dark background.
    Dark,
    /// Dark ones, for a light background.
    Light,
    /// The sixteen of the terminal's own palette, whatever its background.
    Sixteen,
    /// None: weight, reverse and underline remain.
    Mono,
}

/// How the screen looks on this terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// Its hues.
    pub hues: Hues,
    /// Whether only ASCII may be drawn.
    pub ascii: bool,
}

impl Theme {
    /// The look of a tone.
    pub fn tone(self, tone: Tone) -> Style {
        let weight = match tone {
            Tone::Strong | Tone::Bad | Tone::Accent => Modifier::BOLD,
            // Where there is a grey for it, faintness is not left to the terminal.
            Tone::Dim if matches!(self.hues, Hues::Sixteen | Hues::Mono) => Modifier::DIM,
            _ => Modifier::empty(),
        };
        let style = Style::new().add_modifier(weight);
        match self.hue(tone) {
            Some(color) => style.fg(color),
            None => style,
        }
    }

    /// Greys and hues of the 256 colours: every terminal with true colour has those as well.
    fn hue(self, tone: Tone) -> Option<Color> {
        let [dark, light, own] = match tone {
            Tone::Plain | Tone::Strong => return None,
            Tone::Dim => [Color::Indexed(245), Color::Indexed(242), Color::Reset],
            Tone::Good => [Color::Indexed(114), Color::Indexed(28), Color::Green],
            Tone::Busy => [Color::Indexed(80), Color::Indexed(30), Color::Cyan],
            Tone::Warn => [Color::Indexed(221), Color::Indexed(130), Color::Yellow],
            Tone::Bad => [Color::Indexed(203), Color::Indexed(160), Color::Red],
            Tone::Accent => [Color::Indexed(75), Color::Indexed(26), Color::Blue],
        };
        let color = match self.hues {
            Hues::Dark => dark,
            Hues::Light => light,
            Hues::Sixteen => own,
            Hues::Mono => return None,
        };
        (color != Color::Reset).then_some(color)
    }

    /// The look of the selected row, in a pane that has the keys or in one that has not.
    pub fn selected(self, focused: bool) -> Style {
        Style::new().add_modifier(if focused { Modifier::REVERSED } else { Modifier::UNDERLINED })
    }

    /// The look of what a filter matched.
    pub fn found(self, style: Style) -> Style {
        style.add_modifier(Modifier::BOLD | Modifier::UNDERLINED)
    }

    /// The look of a pane's border.
    pub fn border(self, focused: bool) -> Style {
        self.tone(if focused { Tone::Accent } else { Tone::Dim })
    }
}

/// A record's status: sign, word, tone.
pub fn status(status: Status) -> (&'static str, &'static str, Tone) {
    let (sign, tone) = match status {
        Status::Pending => ("·", Tone::Busy),
        Status::Installing | Status::Updating | Status::Removing => ("▸", Tone::Busy),
        Status::Active => ("●", Tone::Good),
        Status::Paused => ("‖", Tone::Warn),
        Status::Failed => ("✗", Tone::Bad),
    };
    (sign, status.as_str(), tone)
}

/// An operation's outcome: sign, word, tone.
pub fn outcome(outcome: Outcome) -> (&'static str, &'static str, Tone) {
    let (sign, tone) = match outcome {
        Outcome::Waiting => ("·", Tone::Busy),
        Outcome::Running => ("▸", Tone::Busy),
        Outcome::Done => ("✓", Tone::Good),
        Outcome::Failed => ("✗", Tone::Bad),
        Outcome::Cancelled => ("-", Tone::Warn),
        Outcome::Interrupted => ("?", Tone::Bad),
        Outcome::RolledBack => ("↶", Tone::Warn),
    };
    (sign, outcome.as_str(), tone)
}

/// How a step went: sign, word, tone.
pub fn step(outcome: StepOutcome) -> (&'static str, &'static str, Tone) {
    match outcome {
        StepOutcome::Waiting => ("·", "waiting", Tone::Dim),
        StepOutcome::Running => ("▸", "running", Tone::Busy),
        StepOutcome::Already => ("=", "already so", Tone::Good),
        StepOutcome::Done => ("✓", "done", Tone::Good),
        StepOutcome::Failed => ("✗", "failed", Tone::Bad),
        StepOutcome::Unknown => ("?", "not known", Tone::Bad),
    }
}

/// Where a rule stands on the host: sign, word, tone.
pub fn actual(actual: Actual) -> (&'static str, &'static str, Tone) {
    match actual {
        Actual::Active => ("●", "in force", Tone::Good),
        Actual::Missing => ("○", "missing", Tone::Warn),
        Actual::Differs => ("≠", "differs", Tone::Warn),
        Actual::Off => ("○", "off", Tone::Dim),
        Actual::Unknown => ("?", "not known", Tone::Dim),
    }
}

/// Translates every cell to ASCII.
pub fn to_ascii(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if cell.symbol().is_ascii() {
            continue;
        }
        let sign = match cell.symbol() {
            "─" | "━" | "–" => "-",
            "│" => "|",
            "┌" | "┐" | "└" | "┘" | "├" | "┤" => "+",
            "…" => "~",
            "·" => ".",
            "▸" => ">",
            "●" | "✓" => "*",
            "○" => "o",
            "✗" => "!",
            "‖" => "=",
            "↶" => "<",
            "≠" => "/",
            "▲" => "^",
            "▼" => "v",
            "█" => "#",
            "░" => ".",
            "•" => "*",
            "“" | "”" => "\"",
            "’" => "'",
            _ => "?",
        };
        cell.set_symbol(sign);
    }
}
