//! A failure in full: what, where, at which step, what is known, what to try, the last lines.

use super::paper::{Piece, facts, plain, wrapped};
use crate::domain::Failure;
use crate::tui::style::Tone;

/// The last lines that are told where there is little room.
const FEW: usize = 4;

/// Its lines, so wide, where it stands at its step: the rest is told by explaining that.
pub fn short(failure: &Failure, width: u16) -> Vec<Vec<Piece>> {
    let last = failure.lines.len().saturating_sub(FEW);
    let own = Failure {
        host: None,
        step: None,
        lines: failure.lines.get(last..).unwrap_or_default().to_vec(),
        ..failure.clone()
    };
    lines(&own, width)
}

/// Its lines, so wide.
pub fn lines(failure: &Failure, width: u16) -> Vec<Vec<Piece>> {
    let mut lines = wrapped(Tone::Bad, "", &failure.message, width);
    let mut add = |label: &str, text: &str| lines.extend(facts(label, text, width));
    if let Some(host) = &failure.host {
        add("host", host);
    }
    if let Some(step) = &failure.step {
        add("step", step);
    }
    if let Some(effect) = failure.effect {
        add("effect", effect.sentence());
    }
    if let Some(remedy) = &failure.remedy {
        add("try", remedy);
    }
    if !failure.lines.is_empty() {
        lines.push(plain(Tone::Dim, "last lines"));
        lines.extend(failure.lines.iter().map(|line| plain(Tone::Plain, format!("  {line}"))));
    }
    lines
}
