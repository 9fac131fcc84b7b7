//! What goes to the remote: keys and pastes, to one session or to all marked ones; and a new shell
//! where one was lost.

use crossterm::event::{KeyCode, KeyEvent};

use super::Sessions;
use super::session::Life;
use crate::tui::effect::{Effect, SessionAct, SessionKey};
use crate::tui::emulator::{Emulator, Handle, keys};
use crate::tui::layer::confirm::Confirm;
use crate::tui::shared::{Context, SessionDeed};

/// The most that is pasted at once.
const MOST_PASTED: usize = 1 << 20;
/// Lines of a paste that are shown before it is sent.
const SHOWN: usize = 6;

impl Sessions {
    pub(super) fn send_key(&mut self, key: KeyEvent, cx: &mut Context<'_>) {
        let live = |life: &Life| matches!(life, Life::Live);
        if !self.broadcast && !self.current().is_some_and(|session| live(&session.life)) {
            match key.code {
                KeyCode::Enter => self.enter_on_gone(cx),
                _ => cx.out.quiet = true,
            }
            return;
        }
        let moved = self.send(cx, |terminal| keys::encode(key, terminal.modes()));
        // The key itself changes nothing here; its echo will.
        cx.out.quiet = !moved;
    }

    /// Sends to all that are typed into; answers whether one of them had been scrolled back.
    fn send(&self, cx: &mut Context<'_>, bytes: impl Fn(&Emulator) -> Vec<u8>) -> bool {
        let mut moved = false;
        for session in self.targets() {
            if !matches!(session.life, Life::Live) {
                continue;
            }
            let bytes = session.terminal.with(|terminal| {
                if terminal.scrolled().0 > 0 || terminal.selects() {
                    moved = true;
                    terminal.leave_copy();
                }
                bytes(terminal)
            });
            if !bytes.is_empty() {
                let act = SessionAct::Input(bytes);
                cx.out.effects.push(Effect::Session(session.key, act));
            }
        }
        moved
    }

    pub(super) fn pasted(&mut self, text: &str, cx: &mut Context<'_>) {
        if let Some(line) = &mut self.searching {
            line.paste(text);
            return;
        }
        if text.len() > MOST_PASTED {
            return cx.refuse("That is more than 1 MiB; nothing is pasted. Send it as a file.");
        }
        let lines: Vec<&str> = text.split(['\n', '\r']).filter(|line| !line.is_empty()).collect();
        if !text.contains(['\n', '\r']) {
            return self.send_paste(text, cx);
        }
        let count = match lines.len() {
            1 => "one line and its end".to_owned(),
            count => format!("{count} lines"),
        };
        let into = match self.targets().as_slice() {
            [one] => one.host.clone(),
            all => format!("{} sessions", all.len()),
        };
        let mut shown: Vec<String> =
            lines.iter().take(SHOWN).map(|line| line.chars().take(200).collect()).collect();
        if lines.len() > SHOWN {
            shown.push(format!("… and {} more", lines.len() - SHOWN));
        }
        let title = format!("Paste {count} into {into}?");
        cx.open(Confirm::deed(title, vec![shown.join("\n")], SessionDeed::Paste(text.to_owned())));
    }

    pub(super) fn send_paste(&mut self, text: &str, cx: &mut Context<'_>) {
        self.send(cx, |terminal| terminal.modes().paste(text));
    }

    /// A new shell in the place of a lost one. Nothing that was typed is sent again.
    pub(super) fn reconnect(&mut self, key: SessionKey, cx: &mut Context<'_>) {
        let clock = cx.shared.clock(cx.shared.now.time);
        let lost = self.get(key).and_then(|session| match &session.life {
            Life::Lost { at, .. } => Some(cx.shared.clock(*at)),
            _ => None,
        });
        let Some(session) = self.get_mut(key) else { return };
        let size = session.terminal.with(|terminal| terminal.size());
        if session.terminal.with(|terminal| terminal.is_broken()) {
            session.terminal = Handle::new(size.0, size.1);
        }
        let lost = lost.map(|at| format!("link lost {at}, ")).unwrap_or_default();
        session
            .terminal
            .with(|terminal| terminal.divide(&format!("── {lost}new shell {clock} ──")));
        session.life = Life::Opening;
        session.title = None;
        let act = SessionAct::Open(session.server, session.terminal.clone());
        cx.out.effects.push(Effect::Session(key, act));
    }
}
