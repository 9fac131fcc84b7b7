//! The terminal's answer about its background. crossterm hands it on as the keys it looks like:
//! alt-], the text, and an end. Here it is taken out again, and no key a person typed is lost or
//! waits: so the question costs the first frame nothing, however far away the terminal is.

use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// The question: what colour is the background (OSC 11)?
pub const QUESTION: &str = "\x1b]11;?\x1b\\";
/// After that long no answer comes. It may be far away, or busy: what came later would be typed into
/// the first field there is.
const PATIENCE: Duration = Duration::from_secs(20);
/// The longest answer there is.
const LONGEST: usize = 40;

/// Listens for the answer among the keys.
#[derive(Debug, Default)]
pub struct Background {
    until: Option<Instant>,
    held: Vec<KeyEvent>,
}

/// What a key was.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// Perhaps a part of the answer.
    Held,
    /// These keys, typed by a person.
    Keys(Vec<KeyEvent>),
    /// The end of the answer: whether the background is dark, unless it cannot be read.
    Answer(Option<bool>),
}

impl Background {
    /// The question was asked.
    pub fn asked(&mut self, now: Instant) {
        self.until = Some(now + PATIENCE);
    }

    /// Takes a key.
    pub fn key(&mut self, key: KeyEvent, now: Instant) -> Heard {
        let awaited = self.until.is_some_and(|until| now < until);
        let alt = |c| key.code == KeyCode::Char(c) && key.modifiers == KeyModifiers::ALT;
        let bell = key.code == KeyCode::Char('g') && key.modifiers == KeyModifiers::CONTROL;
        if self.held.is_empty() && !(awaited && alt(']')) {
            return Heard::Keys(vec![key]);
        }
        self.held.push(key);
        if alt('\\') || bell {
            self.until = None;
            return Heard::Answer(dark(&text(&std::mem::take(&mut self.held))));
        }
        let text = text(&self.held);
        let begins = text.starts_with("11;") || "11;".starts_with(&text);
        if begins && self.held.len() < LONGEST && now < self.until.unwrap_or(now) {
            return Heard::Held;
        }
        Heard::Keys(std::mem::take(&mut self.held))
    }
}

/// The text between the signs of begin and end.
fn text(keys: &[KeyEvent]) -> String {
    let plain = keys
        .iter()
        .filter(|key| !key.modifiers.intersects(KeyModifiers::ALT | KeyModifiers::CONTROL));
    plain.filter_map(|key| key.code.as_char()).collect()
}

/// Whether `11;rgb:1e1e/1e1e/2e2e` is dark.
fn dark(answer: &str) -> Option<bool> {
    let (_, colour) = answer.strip_prefix("11;")?.split_once(':')?;
    let mut parts = colour.split('/').map(|part| {
        let most = 16u32.checked_pow(u32::try_from(part.len()).ok()?)?.checked_sub(1)?;
        let part = u32::from_str_radix(part, 16).ok()?;
        (most > 0).then(|| f64::from(part) / f64::from(most))
    });
    let mut next = || parts.next().flatten();
    let (red, green, blue) = (next()?, next()?, next()?);
    Some(0.299 * red + 0.587 * green + 0.114 * blue < 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str, end: KeyEvent) -> Vec<KeyEvent> {
        let key = |c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE);
        let begin = KeyEvent::new(KeyCode::Char(']'), KeyModifiers::ALT);
        std::iter::once(begin).chain(text.chars().map(key)).chain([end]).collect()
    }

    #[test]
    fn the_answer_is_taken_out_of_the_keys() {
        let ends = [('\\', KeyModifiers::ALT), ('g', KeyModifiers::CONTROL)]
            .map(|(c, modifier)| KeyEvent::new(KeyCode::Char(c), modifier));
        for (text, expected) in [
            ("11;rgb:1e1e/1e1e/2e2e", Some(true)),
            ("11;rgb:ffff/ffff/ffff", Some(false)),
            ("11;rgba:f/f/e/f", Some(false)),
            ("11;rgb:00/00/00", Some(true)),
            ("11;what", None),
            ("11;rgb:", None),
        ] {
            for end in ends {
                let now = Instant::now();
                let mut background = Background::default();
                background.asked(now);
                let mut last = Heard::Held;
                for key in said(text, end) {
                    assert_eq!(last, Heard::Held);
                    last = background.key(key, now);
                }
                assert_eq!(last, Heard::Answer(expected), "{text}");
            }
        }
    }

    #[test]
    fn what_a_person_types_is_never_kept() {
        let now = Instant::now();
        let mut background = Background::default();
        let x = KeyEvent::new(KeyCode::Char('x'), KeyModifiers::NONE);
        let alt = KeyEvent::new(KeyCode::Char(']'), KeyModifiers::ALT);
        assert_eq!(background.key(alt, now), Heard::Keys(vec![alt]), "nothing was asked");
        background.asked(now);
        assert_eq!(background.key(alt, now), Heard::Held);
        assert_eq!(background.key(x, now), Heard::Keys(vec![alt, x]));
        let late = now + PATIENCE;
        assert_eq!(background.key(alt, late), Heard::Keys(vec![alt]), "no answer comes any more");
    }
}
