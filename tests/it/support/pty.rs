//! The real binary in a pseudo terminal, as a person sees it. Waits for what is on the screen.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// Far longer than anything takes that does come, also on a machine that is slow and busy.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long keys are given to have their effect before they are typed again.
const AGAIN: Duration = Duration::from_secs(2);

/// The terminal's screen, and a bell that rings when it changes.
type Shown = Arc<(Mutex<(vt100::Parser, bool)>, Condvar)>;

/// A running brokeforge and the terminal it believes in.
pub struct Pty {
    child: Box<dyn Child + Send + Sync>,
    master: Option<Box<dyn MasterPty + Send>>,
    keys: Option<Box<dyn Write + Send>>,
    shown: Shown,
}

fn size(rows: u16, cols: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).unwrap()
}

fn brokeforge(home: &Path, arguments: &[&str]) -> CommandBuilder {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_brokeforge"));
    command.args(["--home", home.to_str().unwrap()]);
    command.args(arguments);
    command
}

impl Pty {
    /// Starts it at 80×24 in a bare environment.
    pub fn start(home: &Path, environment: &[(&str, &str)]) -> Self {
        Self::launch(brokeforge(home, &[]), home, environment, (24, 80))
    }

    /// The same with so many rows and columns.
    #[allow(dead_code, reason = "the benches use it")]
    pub fn start_sized(
        home: &Path,
        environment: &[(&str, &str)],
        rows_columns: (u16, u16),
    ) -> Self {
        Self::launch(brokeforge(home, &[]), home, environment, rows_columns)
    }

    /// The same with arguments: a command in a terminal.
    pub fn run(home: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::launch(brokeforge(home, arguments), home, environment, (24, 80))
    }

    /// Starts an interactive shell instead, which minds its jobs.
    #[allow(dead_code, reason = "the benches do not use it")]
    pub fn shell(home: &Path, environment: &[(&str, &str)]) -> Self {
        let mut command = CommandBuilder::new("bash");
        command.args(["--norc", "--noprofile", "-i"]);
        Self::launch(command, home, environment, (24, 80))
    }

    /// Starts any command.
    pub fn launch(
        mut command: CommandBuilder,
        home: &Path,
        environment: &[(&str, &str)],
        (rows, columns): (u16, u16),
    ) -> Self {
        let pair = native_pty_system().openpty(size(rows, columns)).unwrap();
        command.env_clear();
        command.env("PATH", std::env::var("PATH").unwrap());
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        command.env("HOME", home);
        for (name, value) in environment {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let parser = vt100::Parser::new(cells(rows), cells(columns), 0);
        let shown: Shown = Arc::new((Mutex::new((parser, false)), Condvar::new()));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let keys = pair.master.take_writer().unwrap();
        let fill = shown.clone();
        std::thread::spawn(move || {
            let mut bytes = [0; 8192];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                fill.0.lock().unwrap().0.process(bytes.get(..count).unwrap_or_default());
                fill.1.notify_all();
            }
            fill.0.lock().unwrap().1 = true;
            fill.1.notify_all();
        });
        Self { child, master: Some(pair.master), keys: Some(keys), shown }
    }

    /// Waits until the screen is as wanted; shows it when that does not come.
    #[track_caller]
    pub fn until(&self, what: &str, wanted: impl Fn(&vt100::Screen) -> bool) {
        self.until_within(PATIENCE, what, wanted);
    }

    /// The same with a patience of its own, for what hosts do.
    #[track_caller]
    pub fn until_within(
        &self,
        patience: Duration,
        what: &str,
        wanted: impl Fn(&vt100::Screen) -> bool,
    ) {
        assert!(self.waits(patience, &wanted), "waited in vain: {what}; {}", self.state());
    }

    /// Whether the screen is as wanted now.
    #[allow(dead_code, reason = "the benches use it")]
    pub fn is(&self, wanted: impl Fn(&vt100::Screen) -> bool) -> bool {
        wanted(self.shown.0.lock().unwrap().0.screen())
    }

    /// All that can be said of a wait in vain.
    fn state(&self) -> String {
        let shown = self.shown.0.lock().unwrap();
        let screen = shown.0.screen();
        let over = if shown.1 { "nothing holds the terminal any more" } else { "it goes on" };
        let alternate = screen.alternate_screen();
        format!("{over}, alternate screen: {alternate}, on it:\n{}", screen.contents())
    }

    /// What is on the screen.
    pub fn text(&self) -> String {
        self.shown.0.lock().unwrap().0.screen().contents()
    }

    /// Types the keys until the screen is as wanted: a question that has just opened takes no
    /// answer yet.
    #[track_caller]
    pub fn insists(&mut self, keys: &str, what: &str, wanted: impl Fn(&vt100::Screen) -> bool) {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            self.types(keys);
            if self.waits(AGAIN, &wanted) {
                return;
            }
        }
        panic!("typed {keys:?} in vain: {what}; {}", self.state());
    }

    fn waits(&self, patience: Duration, wanted: &impl Fn(&vt100::Screen) -> bool) -> bool {
        let (mutex, bell) = &*self.shown;
        let guard = mutex.lock().unwrap();
        let (guard, _) = bell
            .wait_timeout_while(guard, patience, |(p, over)| !*over && !wanted(p.screen()))
            .unwrap();
        wanted(guard.0.screen())
    }

    #[track_caller]
    pub fn sees(&self, text: &str) {
        self.until(text, |screen| screen.contents().contains(text));
    }

    pub fn types(&mut self, keys: &str) {
        let writer = self.keys.as_mut().unwrap();
        writer.write_all(keys.as_bytes()).unwrap();
        writer.flush().unwrap();
    }

    pub fn resize(&self, rows: u16, cols: u16) {
        self.shown.0.lock().unwrap().0.screen_mut().set_size(cells(rows), cells(cols));
        self.master.as_ref().unwrap().resize(size(rows, cols)).unwrap();
    }

    /// Waits for the end, and checks that the terminal was given back.
    #[track_caller]
    pub fn ends(mut self) -> u32 {
        let code = self.wait();
        let (mutex, bell) = &*self.shown;
        let guard = mutex.lock().unwrap();
        let (guard, _) = bell.wait_timeout_while(guard, PATIENCE, |(_, over)| !*over).unwrap();
        let screen = guard.0.screen();
        let left = (screen.alternate_screen(), screen.hide_cursor(), screen.bracketed_paste());
        let mouse = screen.mouse_protocol_mode();
        assert!(
            left == (false, false, false) && mouse == vt100::MouseProtocolMode::None,
            "it ended with {code} and left the terminal so: alternate screen, hidden cursor, \
             bracketed paste: {left:?}, mouse: {mouse:?}; on it:\n{}",
            screen.contents()
        );
        code
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Another program's writing, straight onto the terminal: it leaves all modes.
    pub fn garble(&self) {
        let mut shown = self.shown.0.lock().unwrap();
        shown.0.process(b"\x1b[?1049l\x1b[?2004l\x1b[?1000l\x1b[?1002l\x1b[2Jgarbage");
        self.shown.1.notify_all();
    }

    /// Whether the terminal reads lines and shows what is typed.
    pub fn is_cooked(&self) -> bool {
        const ICANON: u32 = 0o2;
        let modes = self.master.as_ref().and_then(|master| master.get_termios());
        modes.is_some_and(|modes| modes.local_flags.bits() & ICANON != 0)
    }

    /// Closes our end of the terminal.
    pub fn hang_up(&mut self) {
        (self.keys, self.master) = (None, None);
    }

    /// Waits for the end, whatever becomes of the terminal.
    #[track_caller]
    pub fn wait(&mut self) -> u32 {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.exit_code();
            }
            let left = PATIENCE.checked_sub(begun.elapsed());
            assert!(left.is_some(), "it does not end in {PATIENCE:?}; {}", self.state());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Sends a signal.
    pub fn signal(&self, name: &str) {
        let pid = self.id().to_string();
        let sent = std::process::Command::new("kill").args([name, &pid]).status().unwrap();
        assert!(sent.success());
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        // Over already in most tests; a failed one must leave nothing behind.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
