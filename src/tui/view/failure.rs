//! A failure in full: what, where, at which step, what is known, what to try, the last lines.

use super::Look;
use super::paper::{Piece, fact, facts, plain, wrapped};
use crate::domain::{Failure, Status, Time};
use crate::tui::style::{self, Tone};

/// The last lines that are told where there is little room.
const FEW: usize = 4;

/// A record's status behind its label, and since when.
pub fn status(label: &str, status: Status, since: Time, look: &Look<'_>) -> Vec<Piece> {
    let (sign, word, tone) = style::status(status);
    let mut line = fact(label, "");
    line.push((tone, format!("{sign} {word}")));
    line.push((Tone::Dim, format!("  since {}", look.shared.clock(since))));
    line
}

/// Why the last operation on a record of that status did not succeed, and the key of the command that
/// does something about it; nothing where it did.
pub fn of_record(
    status: Status,
    failure: Option<&Failure>,
    retry: &str,
    width: u16,
    look: &Look<'_>,
) -> Vec<Vec<Piece>> {
    let Some(failure) = failure else { return Vec::new() };
    let mut all = vec![Vec::new()];
    if status == Status::Active {
        all.push(plain(Tone::Bad, "Its last change failed:"));
    }
    all.extend(lines(failure, width));
    if status == Status::Failed {
        let what = match failure.questions.is_empty() {
            true => " tries again",
            false => " answers what is asked, and goes on",
        };
        all.push(vec![(Tone::Accent, look.shared.key(retry)), (Tone::Plain, what.to_owned())]);
    }
    all
}

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
