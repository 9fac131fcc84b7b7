//! What a key sends to the host: the sequences of xterm, as terminfo's `xterm-256color` has them.

use alacritty_terminal::term::TermMode;
use crossterm::event::{KeyCode, KeyEvent, KeyEventState, KeyModifiers};

use super::Modes;

/// The bytes of a key; none when there is no sequence for it.
pub fn encode(key: KeyEvent, modes: Modes) -> Vec<u8> {
    let mods = key.modifiers;
    if key.state.contains(KeyEventState::KEYPAD)
        && modes.has(TermMode::APP_KEYPAD)
        && let Some(last) = keypad(key.code)
    {
        return escaped(mods, &[0x1b, b'O', last]);
    }
    match key.code {
        KeyCode::Char(c) => char(c, mods),
        KeyCode::Enter if modes.has(TermMode::LINE_FEED_NEW_LINE) => escaped(mods, b"\r\n"),
        KeyCode::Enter => escaped(mods, b"\r"),
        KeyCode::Tab => escaped(mods, b"\t"),
        KeyCode::BackTab => escaped(mods, b"\x1b[Z"),
        KeyCode::Backspace if mods.contains(KeyModifiers::CONTROL) => escaped(mods, b"\x08"),
        KeyCode::Backspace => escaped(mods, b"\x7f"),
        KeyCode::Esc => escaped(mods, b"\x1b"),
        KeyCode::Null => escaped(mods, b"\0"),
        KeyCode::Up => letter(b'A', mods, modes),
        KeyCode::Down => letter(b'B', mods, modes),
        KeyCode::Right => letter(b'C', mods, modes),
        KeyCode::Left => letter(b'D', mods, modes),
        KeyCode::KeypadBegin => letter(b'E', mods, modes),
        KeyCode::End => letter(b'F', mods, modes),
        KeyCode::Home => letter(b'H', mods, modes),
        KeyCode::Insert => tilde(2, mods),
        KeyCode::Delete => tilde(3, mods),
        KeyCode::PageUp => tilde(5, mods),
        KeyCode::PageDown => tilde(6, mods),
        KeyCode::Menu => tilde(29, mods),
        KeyCode::F(n) => function(n, mods),
        _ => Vec::new(),
    }
}

/// With alt, an escape goes before.
fn escaped(mods: KeyModifiers, bytes: &[u8]) -> Vec<u8> {
    let alt = mods.intersects(KeyModifiers::ALT | KeyModifiers::META);
    let mut sent = Vec::with_capacity(bytes.len() + 1);
    if alt {
        sent.push(0x1b);
    }
    sent.extend_from_slice(bytes);
    sent
}

fn char(c: char, mods: KeyModifiers) -> Vec<u8> {
    if mods.contains(KeyModifiers::CONTROL)
        && let Some(control) = control(c)
    {
        return escaped(mods, &[control]);
    }
    escaped(mods, c.encode_utf8(&mut [0; 4]).as_bytes())
}

/// The control character of a key with ctrl.
fn control(c: char) -> Option<u8> {
    match c.to_ascii_lowercase() {
        c @ 'a'..='z' => Some((u32::from(c) as u8) & 0x1f),
        ' ' | '@' | '2' | '`' => Some(0x00),
        '[' | '3' => Some(0x1b),
        '\\' | '4' => Some(0x1c),
        ']' | '5' => Some(0x1d),
        '^' | '6' | '~' => Some(0x1e),
        '_' | '/' | '7' => Some(0x1f),
        '?' | '8' => Some(0x7f),
        _ => None,
    }
}

/// xterm's number for modifiers; none without any.
fn modifier(mods: KeyModifiers) -> Option<u8> {
    let bit = |held: KeyModifiers, bit: u8| if mods.intersects(held) { bit } else { 0 };
    let sum = bit(KeyModifiers::SHIFT, 1)
        + bit(KeyModifiers::ALT | KeyModifiers::META, 2)
        + bit(KeyModifiers::CONTROL, 4);
    (sum > 0).then_some(sum + 1)
}

/// Cursor keys and their like: by a letter.
fn letter(last: u8, mods: KeyModifiers, modes: Modes) -> Vec<u8> {
    let last = char::from(last);
    match modifier(mods) {
        Some(m) => format!("\x1b[1;{m}{last}").into_bytes(),
        None if modes.has(TermMode::APP_CURSOR) => format!("\x1bO{last}").into_bytes(),
        None => format!("\x1b[{last}").into_bytes(),
    }
}

/// Editing and function keys: by a number.
fn tilde(number: u8, mods: KeyModifiers) -> Vec<u8> {
    match modifier(mods) {
        Some(m) => format!("\x1b[{number};{m}~").into_bytes(),
        None => format!("\x1b[{number}~").into_bytes(),
    }
}

fn function(n: u8, mods: KeyModifiers) -> Vec<u8> {
    // As terminfo has it, from the thirteenth on they are the first twelve with a modifier.
    let (n, mods) = match n {
        13..=24 => (n - 12, mods | KeyModifiers::SHIFT),
        25..=36 => (n - 24, mods | KeyModifiers::CONTROL),
        n => (n, mods),
    };
    match n {
        1..=4 => {
            let last = char::from(b'P' + n - 1);
            match modifier(mods) {
                Some(m) => format!("\x1b[1;{m}{last}").into_bytes(),
                None => format!("\x1bO{last}").into_bytes(),
            }
        }
        5 => tilde(15, mods),
        6..=10 => tilde(n + 11, mods),
        11..=12 => tilde(n + 12, mods),
        _ => Vec::new(),
    }
}

/// The letter of a key on the keypad in application mode.
fn keypad(code: KeyCode) -> Option<u8> {
    Some(match code {
        KeyCode::Char(c @ '0'..='9') => b'p' + (u32::from(c) as u8 - b'0'),
        KeyCode::Char('*') => b'j',
        KeyCode::Char('+') => b'k',
        KeyCode::Char(',') => b'l',
        KeyCode::Char('-') => b'm',
        KeyCode::Char('.') => b'n',
        KeyCode::Char('/') => b'o',
        KeyCode::Char('=') => b'X',
        KeyCode::Enter => b'M',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: KeyModifiers = KeyModifiers::NONE;
    const SHIFT: KeyModifiers = KeyModifiers::SHIFT;
    const CTRL: KeyModifiers = KeyModifiers::CONTROL;
    const ALT: KeyModifiers = KeyModifiers::ALT;

    fn sent(code: KeyCode, mods: KeyModifiers, modes: TermMode) -> String {
        String::from_utf8(encode(KeyEvent::new(code, mods), Modes(modes))).unwrap()
    }

    #[test]
    fn characters_with_and_without_modifiers() {
        for (c, mods, bytes) in [
            ('a', NONE, "a"),
            ('A', SHIFT, "A"),
            ('語', NONE, "語"),
            ('a', CTRL, "\x01"),
            ('Z', CTRL | SHIFT, "\x1a"),
            ('a', ALT, "\x1ba"),
            ('a', ALT | CTRL, "\x1b\x01"),
            ('é', ALT, "\x1bé"),
            (' ', CTRL, "\0"),
            ('@', CTRL, "\0"),
            ('[', CTRL, "\x1b"),
            ('4', CTRL, "\x1c"),
            ('\\', CTRL, "\x1c"),
            ('5', CTRL, "\x1d"),
            ('6', CTRL, "\x1e"),
            ('7', CTRL, "\x1f"),
            ('/', CTRL, "\x1f"),
            ('_', CTRL, "\x1f"),
            ('8', CTRL, "\x7f"),
            ('1', CTRL, "1"),
            ('é', CTRL, "é"),
        ] {
            assert_eq!(sent(KeyCode::Char(c), mods, TermMode::NONE), bytes, "{c} {mods:?}");
        }
    }

    #[test]
    fn named_keys() {
        use KeyCode::*;
        for (code, mods, bytes) in [
            (Enter, NONE, "\r"),
            (Enter, ALT, "\x1b\r"),
            (Tab, NONE, "\t"),
            (BackTab, SHIFT, "\x1b[Z"),
            (Backspace, NONE, "\x7f"),
            (Backspace, CTRL, "\x08"),
            (Backspace, ALT, "\x1b\x7f"),
            (Esc, NONE, "\x1b"),
            (Esc, ALT, "\x1b\x1b"),
            (Null, NONE, "\0"),
            (Up, NONE, "\x1b[A"),
            (Up, SHIFT, "\x1b[1;2A"),
            (Down, ALT, "\x1b[1;3B"),
            (Right, CTRL, "\x1b[1;5C"),
            (Left, CTRL | SHIFT, "\x1b[1;6D"),
            (Left, CTRL | ALT | SHIFT, "\x1b[1;8D"),
            (Home, NONE, "\x1b[H"),
            (End, CTRL, "\x1b[1;5F"),
            (KeypadBegin, NONE, "\x1b[E"),
            (Insert, NONE, "\x1b[2~"),
            (Delete, NONE, "\x1b[3~"),
            (Delete, CTRL, "\x1b[3;5~"),
            (PageUp, NONE, "\x1b[5~"),
            (PageDown, SHIFT, "\x1b[6;2~"),
            (Menu, NONE, "\x1b[29~"),
            (CapsLock, NONE, ""),
        ] {
            assert_eq!(sent(code, mods, TermMode::NONE), bytes, "{code:?} {mods:?}");
        }
    }

    #[test]
    fn the_application_modes() {
        let app = TermMode::APP_CURSOR;
        assert_eq!(sent(KeyCode::Up, NONE, app), "\x1bOA");
        assert_eq!(sent(KeyCode::End, NONE, app), "\x1bOF");
        assert_eq!(sent(KeyCode::Up, CTRL, app), "\x1b[1;5A");
        assert_eq!(sent(KeyCode::Enter, NONE, TermMode::LINE_FEED_NEW_LINE), "\r\n");
        for (code, bytes) in [
            (KeyCode::Char('0'), "\x1bOp"),
            (KeyCode::Char('9'), "\x1bOy"),
            (KeyCode::Char('+'), "\x1bOk"),
            (KeyCode::Enter, "\x1bOM"),
            (KeyCode::Char('x'), "x"),
        ] {
            let key = KeyEvent { state: KeyEventState::KEYPAD, ..KeyEvent::new(code, NONE) };
            assert_eq!(encode(key, Modes(TermMode::APP_KEYPAD)), bytes.as_bytes());
            let plain = encode(key, Modes(TermMode::NONE));
            assert_eq!(plain, encode(KeyEvent::new(code, NONE), Modes(TermMode::NONE)));
        }
    }

    #[test]
    fn function_keys_are_those_of_terminfo() {
        let wanted = [
            "\x1bOP",
            "\x1bOQ",
            "\x1bOR",
            "\x1bOS",
            "\x1b[15~",
            "\x1b[17~",
            "\x1b[18~",
            "\x1b[19~",
            "\x1b[20~",
            "\x1b[21~",
            "\x1b[23~",
            "\x1b[24~",
            "\x1b[1;2P",
            "\x1b[1;2Q",
            "\x1b[1;2R",
            "\x1b[1;2S",
            "\x1b[15;2~",
            "\x1b[17;2~",
            "\x1b[18;2~",
            "\x1b[19;2~",
            "\x1b[20;2~",
            "\x1b[21;2~",
            "\x1b[23;2~",
            "\x1b[24;2~",
        ];
        for (n, wanted) in (1u8..).zip(wanted) {
            assert_eq!(sent(KeyCode::F(n), NONE, TermMode::NONE), wanted, "F{n}");
        }
        assert_eq!(sent(KeyCode::F(5), CTRL, TermMode::NONE), "\x1b[15;5~");
        assert_eq!(sent(KeyCode::F(25), NONE, TermMode::NONE), "\x1b[1;5P");
        assert_eq!(sent(KeyCode::F(99), NONE, TermMode::NONE), "");
    }
}
