//! What the mouse sends to the host, when the host asked for it.

use alacritty_terminal::term::TermMode;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::{Modes, keys};

/// Lines that one step of the wheel moves.
pub const WHEEL: i32 = 3;

/// The bytes of an event at a cell of the terminal, counted from 0; none when the host did not ask
/// for it.
pub fn encode(event: MouseEvent, column: u16, row: u16, modes: Modes) -> Option<Vec<u8>> {
    use MouseEventKind::{Down, Drag, Moved, ScrollDown, ScrollLeft, ScrollRight, ScrollUp, Up};
    let (mode, code) = match event.kind {
        Down(button) => (TermMode::MOUSE_MODE, number(button)),
        Up(button) => (TermMode::MOUSE_MODE, number(button)),
        ScrollUp => (TermMode::MOUSE_MODE, 64),
        ScrollDown => (TermMode::MOUSE_MODE, 65),
        ScrollLeft => (TermMode::MOUSE_MODE, 66),
        ScrollRight => (TermMode::MOUSE_MODE, 67),
        Drag(button) => (TermMode::MOUSE_DRAG | TermMode::MOUSE_MOTION, 32 + number(button)),
        Moved => (TermMode::MOUSE_MOTION, 35),
    };
    if !modes.0.intersects(mode) {
        return None;
    }
    let held = |key: KeyModifiers, bit: u8| if event.modifiers.contains(key) { bit } else { 0 };
    let mods =
        held(KeyModifiers::SHIFT, 4) + held(KeyModifiers::ALT, 8) + held(KeyModifiers::CONTROL, 16);
    let (x, y) = (u32::from(column) + 1, u32::from(row) + 1);
    let up = matches!(event.kind, Up(_));
    if modes.has(TermMode::SGR_MOUSE) {
        let last = if up { 'm' } else { 'M' };
        return Some(format!("\x1b[<{};{x};{y}{last}", code + mods).into_bytes());
    }
    // The older forms do not say which button was let go.
    let code = u32::from(if up { 3 } else { code } + mods);
    let utf8 = modes.has(TermMode::UTF8_MOUSE);
    let most = if utf8 { 2015 } else { 223 };
    if x > most || y > most {
        return None;
    }
    let mut sent = b"\x1b[M".to_vec();
    for value in [code, x, y] {
        let value = value + 32;
        match (utf8, char::from_u32(value)) {
            (true, Some(c)) => sent.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            _ => sent.push(u8::try_from(value).unwrap_or(0)),
        }
    }
    Some(sent)
}

fn number(button: MouseButton) -> u8 {
    match button {
        MouseButton::Left => 0,
        MouseButton::Middle => 1,
        MouseButton::Right => 2,
    }
}

/// The cursor keys that the wheel stands for where there is no scroll-back: in full-screen
/// programs that did not ask for the mouse.
pub fn wheel_keys(up: bool, modes: Modes) -> Option<Vec<u8>> {
    let wanted = modes.alternate() && modes.has(TermMode::ALTERNATE_SCROLL) && !modes.mouse();
    let code = if up { KeyCode::Up } else { KeyCode::Down };
    let once = keys::encode(KeyEvent::new(code, KeyModifiers::NONE), modes);
    wanted.then(|| once.repeat(usize::try_from(WHEEL).unwrap_or(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use MouseEventKind::{Down, Drag, Moved, ScrollUp, Up};

    const CLICK: TermMode = TermMode::MOUSE_REPORT_CLICK;
    const LEFT: MouseButton = MouseButton::Left;

    fn sent(kind: MouseEventKind, x: u16, y: u16, modes: TermMode) -> Option<Vec<u8>> {
        let event = MouseEvent { kind, column: 0, row: 0, modifiers: KeyModifiers::NONE };
        encode(event, x, y, Modes(modes))
    }

    #[test]
    fn only_what_was_asked_for_is_sent() {
        let sgr = TermMode::SGR_MOUSE;
        assert_eq!(sent(Down(LEFT), 1, 1, sgr), None);
        for (kind, mode, bytes) in [
            (Down(LEFT), CLICK, Some("\x1b[<0;3;5M")),
            (Up(LEFT), CLICK, Some("\x1b[<0;3;5m")),
            (Down(MouseButton::Right), CLICK, Some("\x1b[<2;3;5M")),
            (ScrollUp, CLICK, Some("\x1b[<64;3;5M")),
            (Drag(LEFT), CLICK, None),
            (Drag(LEFT), TermMode::MOUSE_DRAG, Some("\x1b[<32;3;5M")),
            (Moved, TermMode::MOUSE_DRAG, None),
            (Moved, TermMode::MOUSE_MOTION, Some("\x1b[<35;3;5M")),
        ] {
            let bytes = bytes.map(|bytes| bytes.as_bytes().to_vec());
            assert_eq!(sent(kind, 2, 4, mode | sgr), bytes, "{kind:?} {mode:?}");
        }
        let event = MouseEvent {
            kind: Down(LEFT),
            column: 0,
            row: 0,
            modifiers: KeyModifiers::CONTROL | KeyModifiers::ALT,
        };
        assert_eq!(encode(event, 0, 0, Modes(CLICK | sgr)).unwrap(), b"\x1b[<24;1;1M");
    }

    #[test]
    fn the_older_forms_know_no_large_screens() {
        assert_eq!(sent(Down(LEFT), 0, 0, CLICK).unwrap(), b"\x1b[M !!");
        assert_eq!(sent(Up(LEFT), 0, 0, CLICK).unwrap(), b"\x1b[M#!!");
        assert_eq!(sent(Down(LEFT), 222, 0, CLICK).unwrap(), b"\x1b[M \xff!");
        assert_eq!(sent(Down(LEFT), 223, 0, CLICK), None);
        let wide = sent(Down(LEFT), 222, 0, CLICK | TermMode::UTF8_MOUSE).unwrap();
        assert_eq!(wide, "\x1b[M \u{ff}!".as_bytes());
        assert_eq!(sent(Down(LEFT), 2015, 0, CLICK | TermMode::UTF8_MOUSE), None);
    }

    #[test]
    fn the_wheel_is_cursor_keys_where_nothing_scrolls() {
        let alternate = TermMode::ALT_SCREEN | TermMode::ALTERNATE_SCROLL;
        assert_eq!(wheel_keys(true, Modes(alternate)).unwrap(), b"\x1b[A\x1b[A\x1b[A");
        let app = Modes(alternate | TermMode::APP_CURSOR);
        assert_eq!(wheel_keys(false, app).unwrap(), b"\x1bOB\x1bOB\x1bOB");
        assert_eq!(wheel_keys(true, Modes(alternate | CLICK)), None);
        assert_eq!(wheel_keys(true, Modes(TermMode::ALTERNATE_SCROLL)), None);
    }
}
