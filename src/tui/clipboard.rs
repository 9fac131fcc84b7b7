//! Onto the clipboard of the person's terminal, with a word about how much went there.

use super::effect::Effect;
use super::shared::Context;

/// The most that goes there: terminals take about this much in one sequence.
const MOST: usize = 75_000;

impl Context<'_> {
    /// Copies a text and says how much; refuses too large a one, and says what to do `otherwise`.
    pub fn copy(&mut self, text: &str, otherwise: &str) {
        let (lines, bytes) = (text.lines().count(), text.len());
        if bytes > MOST {
            let gap = if otherwise.is_empty() { "" } else { " " };
            return self.refuse(format!(
                "{bytes} bytes are too many for the terminal's clipboard; it takes {MOST}. \
                 Nothing is copied.{gap}{otherwise}"
            ));
        }
        let lines = if lines == 1 { "one line".to_owned() } else { format!("{lines} lines") };
        self.out.effects.push(Effect::Copy(text.to_owned()));
        self.say(format!("Copied {lines}, {bytes} bytes, to the terminal's clipboard."));
    }
}
