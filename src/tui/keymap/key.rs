//! Keys as people write and read them: `a`, `G`, `ctrl-d`, `shift-tab`, `f5`, `g d`.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::tui::text;

/// Keys with a name of their own.
const NAMED: &[(&str, KeyCode)] = &[
    ("space", KeyCode::Char(' ')),
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pgup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
    ("del", KeyCode::Delete),
    ("backspace", KeyCode::Backspace),
    ("ins", KeyCode::Insert),
];

/// What terminals send something else for.
const SENT_AS: &[(&str, &str)] =
    &[("ctrl-i", "tab"), ("ctrl-m", "enter"), ("ctrl-[", "esc"), ("ctrl-tab", "tab")];

/// A pressed key; none for keys without a name.
pub fn name(key: &KeyEvent) -> Option<String> {
    let (ctrl, alt) = (KeyModifiers::CONTROL, KeyModifiers::ALT);
    let mut shift = key.modifiers.contains(KeyModifiers::SHIFT);
    let base = match key.code {
        KeyCode::BackTab => {
            shift = true;
            "tab".to_owned()
        }
        KeyCode::F(number) => format!("f{number}"),
        code => match NAMED.iter().find(|(_, named)| *named == code) {
            Some((name, _)) => (*name).to_owned(),
            None => {
                // Which character it is says already whether shift was held.
                shift = false;
                match code {
                    KeyCode::Char(c) if key.modifiers.contains(ctrl) => c.to_lowercase().collect(),
                    KeyCode::Char(c) => c.to_string(),
                    _ => return None,
                }
            }
        },
    };
    let held = |modifier, word| if key.modifiers.contains(modifier) { word } else { "" };
    let shift = if shift { "shift-" } else { "" };
    Some(format!("{}{}{shift}{base}", held(ctrl, "ctrl-"), held(alt, "alt-")))
}

/// A key or a chord of two, as it was written, in the form in which keys are compared.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn chord(written: &str) -> Result<String, String> {
    let keys: Vec<&str> = written.split_whitespace().collect();
    match keys.as_slice() {
        [] => Err("A key is empty.".to_owned()),
        [one] => key(one),
        [one, two] => Ok(format!("{} {}", key(one)?, key(two)?)),
        _ => Err(format!("“{}” has more than two keys.", text::clean(written))),
    }
}

fn key(written: &str) -> Result<String, String> {
    let (mut ctrl, mut alt, mut shift) = (false, false, false);
    let mut base = written;
    while let Some((modifier, rest)) = base.split_once('-').filter(|(_, rest)| !rest.is_empty()) {
        match modifier {
            "ctrl" => ctrl = true,
            "alt" => alt = true,
            "shift" => shift = true,
            _ => break,
        }
        base = rest;
    }
    let unknown = || format!("“{}” is no key that brokeforge knows.", text::clean(written));
    let mut letters = base.chars();
    let base = match (letters.next(), letters.next()) {
        (Some(c), None) if !c.is_control() => {
            if shift && c.is_lowercase() {
                let upper: String = c.to_uppercase().collect();
                return Err(format!("Terminals send “{upper}” for “{}”.", text::clean(written)));
            }
            shift = false;
            if ctrl { c.to_lowercase().collect() } else { c.to_string() }
        }
        _ => {
            let number = base.strip_prefix('f').and_then(|n| n.parse::<u8>().ok());
            let named = NAMED.iter().any(|(name, _)| *name == base);
            let function =
                number.filter(|n| (1..=24).contains(n)).is_some_and(|n| base == format!("f{n}"));
            if !named && !function {
                return Err(unknown());
            }
            base.to_owned()
        }
    };
    let held = |held, word| if held { word } else { "" };
    let name =
        format!("{}{}{}{base}", held(ctrl, "ctrl-"), held(alt, "alt-"), held(shift, "shift-"));
    match SENT_AS.iter().find(|(written, _)| *written == name) {
        Some((_, sent)) => Err(format!("Terminals send “{sent}” for “{name}”.")),
        None => Ok(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_they_are_written() {
        for key in [
            "a",
            "G",
            "ctrl-d",
            "shift-tab",
            "space",
            "f5",
            "?",
            "-",
            "ctrl--",
            "alt-x",
            "ctrl-alt-up",
            "shift-up",
            "ü",
            ":",
            "g d",
            "ctrl-x ctrl-c",
        ] {
            assert_eq!(chord(key).as_deref(), Ok(key));
        }
        assert_eq!(chord("alt-ctrl-x").as_deref(), Ok("ctrl-alt-x"));
        assert_eq!(chord("ctrl-D").as_deref(), Ok("ctrl-d"));
        assert_eq!(chord(" g   g ").as_deref(), Ok("g g"));
    }

    #[test]
    fn what_no_terminal_sends_is_refused() {
        for wrong in [
            "",
            "  ",
            "hyper-x",
            "f0",
            "f25",
            "f05",
            "ctrl-",
            "shift-g",
            "ctrl-i",
            "enterr",
            "g g g",
            "\u{1b}",
            "ctrl-\u{1b}[2J",
        ] {
            let said = chord(wrong).unwrap_err();
            assert!(said.ends_with('.') && !said.contains('\u{1b}'), "{said:?}");
        }
    }

    #[test]
    fn pressed_keys_have_the_names_that_are_written() {
        let pressed = [
            (KeyCode::Char('d'), KeyModifiers::CONTROL, "ctrl-d"),
            (KeyCode::Char('G'), KeyModifiers::SHIFT, "G"),
            (KeyCode::Char(' '), KeyModifiers::NONE, "space"),
            (KeyCode::BackTab, KeyModifiers::SHIFT, "shift-tab"),
            (KeyCode::BackTab, KeyModifiers::NONE, "shift-tab"),
            (KeyCode::F(5), KeyModifiers::NONE, "f5"),
            (KeyCode::Up, KeyModifiers::SHIFT, "shift-up"),
            (KeyCode::Char('x'), KeyModifiers::ALT, "alt-x"),
        ];
        for (code, modifiers, expected) in pressed {
            let named = name(&KeyEvent::new(code, modifiers)).unwrap();
            assert_eq!(named, expected);
            assert_eq!(chord(&named).unwrap(), named);
        }
        assert_eq!(name(&KeyEvent::new(KeyCode::CapsLock, KeyModifiers::NONE)), None);
    }
}
