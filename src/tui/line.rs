//! Input of one line: a text to edit, or a secret that is never shown.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_textarea::{CursorMove, TextArea};
use zeroize::Zeroizing;

use crate::domain::Secret;

const LONGEST: usize = 4096;
const LONGEST_TEXT: usize = 1 << 16;

/// An editable line.
#[derive(Debug, Clone)]
pub struct Line(TextArea<'static>);

impl Line {
    /// With a text to begin with; the cursor stands behind it.
    pub fn new(text: &str) -> Self {
        let mut area = TextArea::new(vec![one_line(text)]);
        area.move_cursor(CursorMove::End);
        Self(area)
    }

    /// The text.
    pub fn text(&self) -> &str {
        self.0.lines().first().map_or("", String::as_str)
    }

    /// The part before the cursor.
    pub fn head(&self) -> &str {
        let chars = self.0.cursor().1;
        let text = self.text();
        let at = text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at);
        text.split_at_checked(at).map_or(text, |(head, _)| head)
    }

    /// Takes a key; answers whether the text changed.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Enter | KeyCode::Tab | KeyCode::BackTab | KeyCode::Esc => false,
            KeyCode::Up | KeyCode::Down | KeyCode::PageUp | KeyCode::PageDown => false,
            // A line end must not get in.
            KeyCode::Char('m' | 'j') if control => false,
            // As in a shell: everything before the cursor.
            KeyCode::Char('u') if control => self.0.delete_line_by_head(),
            KeyCode::Char(_) if !control && self.text().len() >= LONGEST => false,
            _ => self.0.input(key),
        }
    }

    /// Takes a pasted text; line ends and control characters become spaces.
    pub fn paste(&mut self, text: &str) -> bool {
        let room = LONGEST.saturating_sub(self.text().len());
        self.0.insert_str(one_line(text).chars().take(room).collect::<String>())
    }

    /// Replaces the text.
    pub fn set(&mut self, text: &str) {
        *self = Self::new(text);
    }
}

/// A text of several lines.
#[derive(Debug, Clone)]
pub struct Lines(TextArea<'static>);

impl Lines {
    /// With a text to begin with; the cursor stands at its beginning.
    pub fn new(text: &str) -> Self {
        let text: String = text.chars().take(LONGEST_TEXT).collect();
        // A line end at the end ends the last line; it does not begin another.
        let text = text.strip_suffix('\n').unwrap_or(&text);
        Self(TextArea::new(text.split('\n').map(super::text::clean).collect()))
    }

    /// The lines.
    pub fn lines(&self) -> &[String] {
        self.0.lines()
    }

    /// The text; all of its lines end, unless there is nothing.
    pub fn text(&self) -> String {
        match self.lines() {
            [line] if line.is_empty() => String::new(),
            lines => lines.join("\n") + "\n",
        }
    }

    /// The row of the cursor.
    pub fn row(&self) -> usize {
        self.0.cursor().0
    }

    /// The part of the cursor's line before it.
    pub fn head(&self) -> &str {
        let (row, chars) = (self.0.cursor().0, self.0.cursor().1);
        let text = self.lines().get(row).map_or("", String::as_str);
        let at = text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at);
        text.split_at_checked(at).map_or(text, |(head, _)| head)
    }

    /// Takes a key; answers whether the text changed.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        match key.code {
            KeyCode::Tab | KeyCode::BackTab | KeyCode::Esc => false,
            KeyCode::Char(_) | KeyCode::Enter if self.len() >= LONGEST_TEXT => false,
            _ => self.0.input(key),
        }
    }

    /// Takes a pasted text.
    pub fn paste(&mut self, text: &str) {
        let room = LONGEST_TEXT.saturating_sub(self.len());
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let text: String = text.chars().take(room).collect();
        let clean: Vec<String> = text.split('\n').map(super::text::clean).collect();
        self.0.insert_str(clean.join("\n"));
    }

    /// Replaces the text.
    pub fn set(&mut self, text: &str) {
        *self = Self::new(text);
    }

    fn len(&self) -> usize {
        self.lines().iter().map(|line| line.len() + 1).sum()
    }
}

fn one_line(text: &str) -> String {
    // Cut first: a paste may be of any size.
    let text: String = text.chars().take(LONGEST).collect();
    super::text::clean(text.trim_matches(['\r', '\n']))
}

/// A secret that is being typed: it can be added to, shortened and cleared, never read on screen.
#[derive(Clone, Default)]
pub struct Masked(Zeroizing<String>);

impl std::fmt::Debug for Masked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Masked(…)")
    }
}

impl Masked {
    /// Takes a key; answers whether it changed.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        let control = key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        match key.code {
            KeyCode::Char('u') if control => self.clear(),
            KeyCode::Backspace => {
                self.0.pop();
            }
            KeyCode::Char(c) if !control => self.push(c),
            _ => return false,
        }
        true
    }

    /// Takes a pasted secret, without the line end that often comes along.
    pub fn paste(&mut self, text: &str) {
        text.trim_end_matches(['\r', '\n']).chars().for_each(|c| self.push(c));
    }

    fn push(&mut self, c: char) {
        if self.0.capacity() == 0 {
            // All of it at once: a buffer that grows leaves copies behind.
            self.0.reserve_exact(LONGEST + 4);
        }
        if self.0.len() < LONGEST {
            self.0.push(c);
        }
    }

    /// Empties it.
    pub fn clear(&mut self) {
        self.0 = Zeroizing::default();
    }

    /// How many characters it has.
    pub fn len(&self) -> usize {
        self.0.chars().count()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether two are the same.
    pub fn same(&self, other: &Self) -> bool {
        self.0 == other.0
    }

    /// The secret, when there is one.
    pub fn secret(&self) -> Option<Secret> {
        (!self.is_empty()).then(|| Secret::new(self.0.as_bytes().to_vec()))
    }
}
