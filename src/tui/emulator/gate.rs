//! What stands between the parser and the terminal: passes everything on unchanged, except for what
//! a host could make us keep without end.

use alacritty_terminal::event::EventListener;
use alacritty_terminal::index::Column;
use alacritty_terminal::term::cell::Flags;
use alacritty_terminal::vte::ansi::{
    Attr, CharsetIndex, ClearMode, CursorShape, CursorStyle, Handler, KeyboardModes,
    KeyboardModesApplyBehavior, LineClearMode, Mode, PrivateMode, Rgb, StandardCharset,
    TabulationClearMode,
};
use unicode_width::UnicodeWidthChar;

/// Marks without width that one cell keeps.
const MOST_MARKS: usize = 8;
/// Characters of a title that are kept.
const LONGEST_TITLE: usize = 256;

/// The gate.
pub(super) struct Gate<'a, L> {
    term: &'a mut alacritty_terminal::Term<L>,
    acted: bool,
}

impl<'a, L> Gate<'a, L> {
    /// Before a terminal.
    pub(super) fn new(term: &'a mut alacritty_terminal::Term<L>) -> Self {
        Self { term, acted: false }
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
        linefeed();
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
        report_mode(mode: Mode);
        set_private_mode(mode: PrivateMode);
        unset_private_mode(mode: PrivateMode);
        report_private_mode(mode: PrivateMode);
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
        decaln();
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
