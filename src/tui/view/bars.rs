//! The bar above (panes, what is going on) and the bar below (what one can press now).

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{Look, paper};
use crate::fleet::VaultState;
use crate::tui::command::{Id, Place};
use crate::tui::keymap::Binding;
use crate::tui::spots::Target;
use crate::tui::state::State;
use crate::tui::style::Tone;
use crate::tui::text;

/// Draws the bar above.
pub fn top(state: &State, look: &Look<'_>, frame: &mut Frame<'_>, area: Rect) {
    let mut right = going_on(state, false);
    let cells = |parts: &[(Tone, String)]| -> usize {
        parts.iter().map(|(_, text)| text::width(text) + 2).sum()
    };
    let mut pieces = panes(state, look, [" brokeforge ", " "], true);
    let used = |pieces: &[(Style, String)]| -> usize {
        pieces.iter().map(|(_, text)| text::width(text)).sum::<usize>() + 1
    };
    let room = usize::from(area.width);
    let fits = |pieces: &[(Style, String)], right: &[_]| used(pieces) + cells(right) <= room;
    if !fits(&pieces, &right) {
        pieces = panes(state, look, [" brokeforge ", ""], true);
    }
    if !fits(&pieces, &right) {
        pieces = panes(state, look, ["", ""], true);
    }
    if !fits(&pieces, &right) {
        right = going_on(state, true);
    }
    if !fits(&pieces, &right) {
        pieces = panes(state, look, [" brokeforge ", ""], false);
    }
    for number in 0..state.panes.len() {
        if let Some((before, [(_, title), ..])) = pieces.split_at_checked(2 + 2 * number) {
            look.shared.spots.put(after(area, before, title), Target::Pane(number));
        }
    }
    paper::styled_line(frame, area, pieces.iter().map(|(style, text)| (*style, text.as_str())));
    let room = usize::from(area.width).saturating_sub(used(&pieces));
    // The least important stands last, and goes first.
    while cells(&right) > room {
        right.pop();
    }
    let x = area.right().saturating_sub(u16::try_from(cells(&right)).unwrap_or(0));
    for part in &mut right {
        part.1.push_str("  ");
    }
    paper::line(frame, Rect { x, width: area.right() - x, ..area }, &right, look);
}

/// The panes with their numbers; where there is no room, only the one that is open with its name.
fn panes(
    state: &State,
    look: &Look<'_>,
    [own, gap]: [&str; 2],
    names: bool,
) -> Vec<(Style, String)> {
    let mut pieces = vec![(look.theme.tone(Tone::Strong), own.to_owned())];
    for (number, pane) in state.panes.iter().enumerate() {
        let style = if number == state.active {
            look.theme.selected(true)
        } else {
            look.theme.tone(Tone::Plain)
        };
        pieces.push((look.theme.tone(Tone::Plain), gap.to_owned()));
        pieces.push((
            style,
            match names || number == state.active {
                true => format!(" {} {} ", number + 1, pane.title()),
                false => format!(" {} ", number + 1),
            },
        ));
    }
    pieces
}

/// What goes on, in a word or a sign each.
fn going_on(state: &State, short: bool) -> Vec<(Tone, String)> {
    let mut parts = Vec::new();
    let mut part = |tone, long: String, sign: String| {
        parts.push((tone, if short { sign } else { long }));
    };
    if state.shared.start.read_only {
        part(Tone::Warn, "READ-ONLY".to_owned(), "READ-ONLY".to_owned());
    }
    match state.shared.start.vault {
        VaultState::Open => {}
        VaultState::Absent => part(Tone::Warn, "no vault".to_owned(), "no vault".to_owned()),
        VaultState::Locked => part(Tone::Warn, "vault locked".to_owned(), "locked".to_owned()),
    }
    let lost = state.shared.lost;
    if lost > 0 {
        part(Tone::Warn, format!("{lost} changes lost"), format!("{lost} lost"));
    }
    let (running, waiting) = state.shared.busy();
    if running > 0 {
        part(Tone::Busy, format!("▸ {running} running"), format!("▸{running}"));
    }
    if waiting > 0 {
        part(Tone::Busy, format!("· {waiting} waiting"), format!("·{waiting}"));
    }
    parts
}

/// Draws the bar below: commands of the pane that apply now, then those of the screen.
pub fn bottom(state: &State, look: &Look<'_>, frame: &mut Frame<'_>, area: Rect) {
    // A layer says on its own border what its keys are.
    if !state.layers.is_empty() {
        return;
    }
    let Some(pane) = state.panes.get(state.active) else { return };
    if pane.captures() {
        return escapes(state, look, frame, area);
    }
    if state.typing() {
        let keys = [("enter", "keep"), ("esc", "clear"), ("up/down", "move")];
        let pieces: Vec<(Tone, String)> = keys
            .iter()
            .flat_map(|(key, word)| {
                [(Tone::Accent, format!(" {key}")), (Tone::Plain, format!(" {word} "))]
            })
            .collect();
        paper::line(frame, area, &pieces, look);
        return;
    }
    let keymap = &state.shared.start.keymap;
    let all = keymap.of(Place::Pane(pane.name())).chain(keymap.of(Place::Everywhere));
    let mut pieces = vec![(Tone::Plain, " ".to_owned())];
    let open = pane.is_open();
    // What is open is left instead of opened.
    let fits = |id: Id| match id {
        Id::Back => open,
        Id::Open => !open,
        _ => true,
    };
    let shown =
        |b: &&Binding| !b.command.hint.is_empty() && !b.keys.is_empty() && fits(b.command.id);
    let mut hints: Vec<&Binding> =
        all.filter(shown).filter(|b| state.when(b.command).is_ok()).collect();
    let width = |hints: &[&Binding]| {
        let cells = |b: &Binding| 3 + text::width(b.command.hint) + text::width(key(b));
        1 + hints.iter().map(|b| cells(b)).sum::<usize>()
    };
    // The way back, help and quit stay; what does not fit before them is left to the help.
    let stay = if open { 3 } else { 2 };
    while width(&hints) > usize::from(area.width) && hints.len() > stay {
        hints.remove(hints.len() - stay - 1);
    }
    for binding in hints {
        let hint = format!("{} {}", key(binding), binding.command.hint);
        look.shared.spots.put(after(area, &pieces, &hint), Target::Command(binding.command));
        pieces.push((Tone::Accent, key(binding).to_owned()));
        pieces.push((Tone::Plain, format!(" {}  ", binding.command.hint)));
    }
    paper::line(frame, area, &pieces, look);
}

/// What the escape of a session leads to: every other key is the remote's.
fn escapes(state: &State, look: &Look<'_>, frame: &mut Frame<'_>, area: Rect) {
    let inside = state.shared.start.keymap.of(Place::Inside("session"));
    let mut chords: Vec<(&str, &str, &str)> = inside
        .filter(|binding| !binding.command.hint.is_empty())
        .filter_map(|binding| {
            let (first, second) = key(binding).split_once(' ')?;
            Some((first, second, binding.command.hint))
        })
        .collect();
    let Some(&(first, _, _)) = chords.first() else { return };
    let mut pieces = vec![
        (Tone::Plain, " ".to_owned()),
        (Tone::Accent, first.to_owned()),
        (Tone::Plain, ", then  ".to_owned()),
    ];
    chords.retain(|(one, _, _)| *one == first);
    let width = |chords: &[(&str, &str, &str)]| {
        let cells =
            |(_, second, hint): &(&str, &str, &str)| 3 + text::width(second) + text::width(hint);
        let before: usize = pieces.iter().map(|(_, text)| text::width(text)).sum();
        before + chords.iter().map(cells).sum::<usize>()
    };
    // The way out stays; what does not fit before it is in the box that the first key opens.
    while width(&chords) > usize::from(area.width) && chords.len() > 1 {
        chords.remove(chords.len() - 2);
    }
    for (_, second, hint) in chords {
        pieces.push((Tone::Accent, second.to_owned()));
        pieces.push((Tone::Plain, format!(" {hint}  ")));
    }
    paper::line(frame, area, &pieces, look);
}

/// The cells of a text that stands behind what a bar has so far.
fn after<S>(bar: Rect, before: &[(S, String)], text: &str) -> Rect {
    let cells = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
    let from = cells(before.iter().map(|(_, text)| text::width(text)).sum());
    let place = Rect { x: bar.x.saturating_add(from), width: cells(text::width(text)), ..bar };
    place.intersection(bar)
}

fn key(binding: &Binding) -> &str {
    binding.keys.first().map(String::as_str).unwrap_or_default()
}
