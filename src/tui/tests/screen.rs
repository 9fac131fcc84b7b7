//! The screen without its outside: effects are kept for the test, which answers them as it likes.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use crate::domain::Failure;
use crate::fleet::VaultState;
use crate::tui::effect::{Act, Data, Done, Effect, Ticket};
use crate::tui::emulator::Depth;
use crate::tui::event::Event;
use crate::tui::keymap::Keymap;
use crate::tui::moment::Moment;
use crate::tui::shared::Start;
use crate::tui::state::State;
use crate::tui::style::{Hues, Theme};
use crate::tui::view;

pub struct Screen {
    pub state: State,
    pub effects: Vec<Effect>,
    pub theme: Theme,
    pub since: Duration,
    size: (u16, u16),
}

pub fn start(vault: VaultState, size: (u16, u16)) -> Start {
    Start {
        vault,
        wants_passphrase: true,
        agent: true,
        editor: Some("vi".into()),
        home: Some("/home/ada".into()),
        data: "/home/ada/.local/share/brokeforge".into(),
        zone: TimeZone::UTC,
        size,
        depth: Depth::Palette,
        views: None,
        read_only: false,
        keymap: Keymap::default(),
        recent: Vec::new(),
        kinds: crate::fleet::kinds(),
    }
}

impl Screen {
    pub fn new(vault: VaultState, size: (u16, u16)) -> Self {
        Self::with(start(vault, size))
    }

    pub fn with(start: Start) -> Self {
        let size = start.size;
        let now = Moment { since: Duration::ZERO, time: super::fixtures::now() };
        let (state, effects) = State::new(start, now);
        let theme = Theme { hues: Hues::Sixteen, ascii: false };
        Self { state, effects, theme, since: Duration::ZERO, size }
    }

    /// 80×24, with an open vault.
    pub fn small() -> Self {
        Self::new(VaultState::Open, (80, 24))
    }

    /// 160×50, with an open vault.
    pub fn large() -> Self {
        Self::new(VaultState::Open, (160, 50))
    }

    /// 200×60, with an open vault.
    pub fn wide() -> Self {
        Self::new(VaultState::Open, (200, 60))
    }

    /// Where a text stands on the screen.
    pub fn place(&self, text: &str) -> (u16, u16) {
        let picture = self.picture();
        let found = picture.lines().enumerate().find_map(|(row, line)| {
            let (before, _) = line.split_once(text)?;
            Some((crate::tui::text::width(before) as u16, row as u16))
        });
        found.unwrap_or_else(|| panic!("no “{text}” on:\n{picture}"))
    }

    pub fn mouse(&mut self, kind: MouseEventKind, at: (u16, u16)) -> &mut Self {
        // What a person clicks was drawn.
        self.picture();
        let modifiers = KeyModifiers::NONE;
        self.event(Event::Mouse(MouseEvent { kind, column: at.0, row: at.1, modifiers }))
    }

    pub fn click(&mut self, text: &str) -> &mut Self {
        let place = self.place(text);
        self.mouse(MouseEventKind::Down(MouseButton::Left), place)
    }

    pub fn wheel_down(&mut self, text: &str) -> &mut Self {
        let place = self.place(text);
        self.mouse(MouseEventKind::ScrollDown, place)
    }

    pub fn event(&mut self, event: Event) -> &mut Self {
        // A person is slower than the guard of a question.
        self.since += Duration::from_millis(400);
        self.at_once(event)
    }

    pub fn at_once(&mut self, event: Event) -> &mut Self {
        let now = Moment { since: self.since, time: super::fixtures::now() };
        self.effects.extend(self.state.update(event, now));
        self
    }

    pub fn resize(&mut self, columns: u16, rows: u16) -> &mut Self {
        self.size = (columns, rows);
        self.event(Event::Resize(columns, rows))
    }

    pub fn data(&mut self, data: Data) -> &mut Self {
        self.event(Event::Loaded(Ok(data)))
    }

    /// Types a script: characters, and names of keys in `<…>`.
    pub fn keys(&mut self, script: &str) -> &mut Self {
        for key in parse(script) {
            self.event(Event::Key(key));
        }
        self
    }

    /// The last act that was asked for.
    pub fn act(&self) -> Option<(Ticket, &Act)> {
        self.effects.iter().rev().find_map(|effect| match effect {
            Effect::Act(ticket, act) => Some((*ticket, act)),
            _ => None,
        })
    }

    /// Answers the last act.
    pub fn answer(&mut self, answer: Result<Done, Failure>) -> &mut Self {
        let ticket = self.act().expect("an act").0;
        self.event(Event::Answer(ticket, answer))
    }

    /// The screen's text, line by line, and a digest of its styles.
    pub fn picture(&self) -> String {
        let mut terminal = Terminal::new(TestBackend::new(self.size.0, self.size.1)).unwrap();
        terminal.draw(|frame| view::draw(&self.state, self.theme, frame)).unwrap();
        let buffer = terminal.backend().buffer();
        let mut hash = DefaultHasher::new();
        let mut text = String::new();
        for y in 0..self.size.1 {
            let mut skip = 0;
            let mut line = String::new();
            for x in 0..self.size.0 {
                let cell = &buffer[(x, y)];
                format!("{:?}", cell.style()).hash(&mut hash);
                if skip == 0 {
                    line.push_str(cell.symbol());
                    skip = crate::tui::text::width(cell.symbol());
                }
                skip = skip.saturating_sub(1);
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        format!("{text}styles {:016x}", hash.finish())
    }
}

pub fn parse(script: &str) -> Vec<KeyEvent> {
    let mut keys = Vec::new();
    let mut rest = script;
    while let Some(c) = rest.chars().next() {
        if let Some((name, tail)) = rest.strip_prefix('<').and_then(|r| r.split_once('>')) {
            keys.push(named(name));
            rest = tail;
        } else {
            keys.push(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
            rest = rest.split_at(c.len_utf8()).1;
        }
    }
    keys
}

fn named(name: &str) -> KeyEvent {
    let (modifiers, name) = match name.strip_prefix("ctrl-") {
        Some(name) => (KeyModifiers::CONTROL, name),
        None => (KeyModifiers::NONE, name),
    };
    let code = match name {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "backspace" => KeyCode::Backspace,
        name => KeyCode::Char(name.chars().next().unwrap()),
    };
    KeyEvent::new(code, modifiers)
}
