//! What stands between the parser and the terminal: passes everything on unchanged, except for what
//! a host could make us keep without end, and for what the terminal does not know and xterm does.

use alacritty_terminal::event::{Event, EventListener};
use alacritty_terminal::index::Column;
use alacritty_terminal::term::TermMode;
use alacritty_terminal::term::cell::Flags;
use alacritty_terminal::vte::ansi::{
    Attr, CharsetIndex, ClearMode, CursorShape, CursorStyle, Handler, KeyboardModes,
    KeyboardModesApplyBehavior, LineClearMode, Mode, NamedMode, NamedPrivateMode, PrivateMode, Rgb,
    StandardCharset, TabulationClearMode,
};
use unicode_width::UnicodeWidthChar;

/// Marks without width that one cell keeps.
const MOST_MARKS: usize = 8;
/// Characters of a title that are kept.
const LONGEST_TITLE: usize = 256;
/// Modes of ECMA-48 that no terminal sets: asked for them, it says so.
const NEVER: [u16; 12] = [1, 5, 7, 10, 11, 13, 14, 15, 16, 17, 18, 19];
/// The same of DEC's: the cursor does not scroll pages.
const NEVER_PRIVATE: u16 = 60;
/// The other screen, as older programs ask for it; the second of them clears it as well.
const OTHER_SCREEN: [u16; 2] = [47, 1047];
/// The cursor's place, kept and taken back.
const KEPT_CURSOR: u16 = 1048;

/// The gate.
pub(super) struct Gate<'a, L> {
    term: &'a mut alacritty_terminal::Term<L>,
    events: &'a L,
    acted: bool,
}

impl<'a, L> Gate<'a, L> {
    /// Before a terminal; what the gate itself answers goes to the listener.
    pub(super) fn new(term: &'a mut alacritty_terminal::Term<L>, events: &'a L) -> Self {
        Self { term, events, acted: false }
    }

    /// Whether anything came through.
    pub(super) fn acted(&self) -> bool {
        self.acted
    }

    /// Whether the cell that a mark without width would join has enough of them.
    fn is_full(&self) -> bool {
        let cursor = &self.term.grid().cursor;
        let back = usize::from(!cursor.input_needs_wrap);
        let mut column = cursor.point.column.0.saturating_sub(back);
        let row = &self.term.grid()[cursor.point.line];
        if row[Column(column)].flags.contains(Flags::WIDE_CHAR_SPACER) {
            column = column.saturating_sub(1);
        }
        row[Column(column)].zerowidth().is_some_and(|marks| marks.len() >= MOST_MARKS)
    }
}

impl<L: EventListener> Gate<'_, L> {
    /// Says how a mode stands: set, reset, or reset for good.
    fn say(&self, asked: &str, mode: u16, stands: u8) {
        self.events.send_event(Event::PtyWrite(format!("\x1b[{asked}{mode};{stands}$y")));
    }

    fn is_other(&self) -> bool {
        self.term.mode().contains(TermMode::ALT_SCREEN)
    }

    /// To the other screen, or back: the cursor stays where it is.
    fn swap(&mut self, to_other: bool) {
        if self.is_other() != to_other {
            let at = self.term.grid().cursor.point;
            self.term.swap_alt();
            self.term.grid_mut().cursor.point = at;
            self.term.grid_mut().cursor.input_needs_wrap = false;
        }
    }

    /// No margins, and places are counted from the corner again.
    fn free(&mut self) {
        self.term.unset_private_mode(NamedPrivateMode::Origin.into());
        self.term.set_scrolling_region(1, None);
    }

    /// What is typed and how it is drawn is as at first; what is on the screen stays.
    fn reset_softly(&mut self) {
        let (at, wraps) = {
            let cursor = &self.term.grid().cursor;
            (cursor.point, cursor.input_needs_wrap)
        };
        self.free();
        self.term.unset_mode(NamedMode::Insert.into());
        self.term.unset_private_mode(NamedPrivateMode::CursorKeys.into());
        self.term.unset_keypad_application_mode();
        self.term.set_private_mode(NamedPrivateMode::ShowCursor.into());
        self.term.set_private_mode(NamedPrivateMode::LineWrap.into());
        self.term.terminal_attribute(Attr::Reset);
        self.term.set_active_charset(CharsetIndex::G0);
        for index in [CharsetIndex::G0, CharsetIndex::G1, CharsetIndex::G2, CharsetIndex::G3] {
            self.term.configure_charset(index, StandardCharset::Ascii);
        }
        self.term.goto(0, 0);
        self.term.save_cursor_position();
        let cursor = &mut self.term.grid_mut().cursor;
        (cursor.point, cursor.input_needs_wrap) = (at, wraps);
    }
}

macro_rules! pass {
    ($($name:ident($($arg:ident: $type:ty),*);)*) => {
        $(fn $name(&mut self $(, $arg: $type)*) {
            self.acted = true;
            Handler::$name(self.term $(, $arg)*);
        })*
    };
}

impl<L: EventListener> Handler for Gate<'_, L> {
    fn input(&mut self, c: char) {
        self.acted = true;
        if c.is_ascii() || c.width() != Some(0) || !self.is_full() {
            self.term.input(c);
        }
    }

    fn set_title(&mut self, title: Option<String>) {
        self.acted = true;
        self.term.set_title(title.map(|title| title.chars().take(LONGEST_TITLE).collect()));
    }

    fn linefeed(&mut self) {
        self.acted = true;
        // The terminal keeps the mode in which a line feed begins a line, and does not heed it.
        self.term.newline();
    }

    fn decaln(&mut self) {
        self.acted = true;
        self.term.decaln();
        self.free();
    }

    fn report_mode(&mut self, mode: Mode) {
        self.acted = true;
        match mode {
            Mode::Unknown(mode) if NEVER.contains(&mode) => self.say("", mode, 4),
            mode => self.term.report_mode(mode),
        }
    }

    fn report_private_mode(&mut self, mode: PrivateMode) {
        self.acted = true;
        match mode {
            PrivateMode::Unknown(mode) if OTHER_SCREEN.contains(&mode) => {
                self.say("?", mode, if self.is_other() { 1 } else { 2 });
            }
            PrivateMode::Unknown(NEVER_PRIVATE) => self.say("?", NEVER_PRIVATE, 4),
            mode => self.term.report_private_mode(mode),
        }
    }

    fn set_private_mode(&mut self, mode: PrivateMode) {
        self.acted = true;
        match mode {
            PrivateMode::Unknown(mode) if OTHER_SCREEN.contains(&mode) => self.swap(true),
            PrivateMode::Unknown(KEPT_CURSOR) => self.term.save_cursor_position(),
            mode => self.term.set_private_mode(mode),
        }
    }

    fn unset_private_mode(&mut self, mode: PrivateMode) {
        self.acted = true;
        match mode {
            PrivateMode::Unknown(mode) if OTHER_SCREEN.contains(&mode) => self.swap(false),
            PrivateMode::Unknown(KEPT_CURSOR) => self.term.restore_cursor_position(),
            PrivateMode::Unknown(super::soft::MODE) => self.reset_softly(),
            mode => self.term.unset_private_mode(mode),
        }
    }

    // A link is drawn as the text it stands on; its address would be kept with each cell.

    pass! {
        set_cursor_style(style: Option<CursorStyle>);
        set_cursor_shape(shape: CursorShape);
        goto(line: i32, column: usize);
        goto_line(line: i32);
        goto_col(column: usize);
        insert_blank(count: usize);
        move_up(rows: usize);
        move_down(rows: usize);
        identify_terminal(intermediate: Option<char>);
        device_status(which: usize);
        move_forward(columns: usize);
        move_backward(columns: usize);
        move_down_and_cr(rows: usize);
        move_up_and_cr(rows: usize);
        put_tab(count: u16);
        backspace();
        carriage_return();
        bell();
        substitute();
        newline();
        set_horizontal_tabstop();
        scroll_up(rows: usize);
        scroll_down(rows: usize);
        insert_blank_lines(count: usize);
        delete_lines(count: usize);
        erase_chars(count: usize);
        delete_chars(count: usize);
        move_backward_tabs(count: u16);
        move_forward_tabs(count: u16);
        save_cursor_position();
        restore_cursor_position();
        clear_line(mode: LineClearMode);
        clear_screen(mode: ClearMode);
        clear_tabs(mode: TabulationClearMode);
        set_tabs(interval: u16);
        reset_state();
        reverse_index();
        terminal_attribute(attribute: Attr);
        set_mode(mode: Mode);
        unset_mode(mode: Mode);
        set_scrolling_region(top: usize, bottom: Option<usize>);
        set_keypad_application_mode();
        unset_keypad_application_mode();
        set_active_charset(index: CharsetIndex);
        configure_charset(index: CharsetIndex, charset: StandardCharset);
        set_color(index: usize, color: Rgb);
        dynamic_color_sequence(prefix: String, index: usize, terminator: &str);
        reset_color(index: usize);
        clipboard_store(clipboard: u8, base64: &[u8]);
        clipboard_load(clipboard: u8, terminator: &str);
        push_title();
        pop_title();
        text_area_size_pixels();
        text_area_size_chars();
        report_keyboard_mode();
        push_keyboard_mode(mode: KeyboardModes);
        pop_keyboard_modes(count: u16);
        set_keyboard_mode(mode: KeyboardModes, behaviour: KeyboardModesApplyBehavior);
    }
}
