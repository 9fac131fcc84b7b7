//! A command in a pseudo terminal: what it prints, and a person who types.

use std::io::{Read, Write};
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

const PATIENCE: Duration = Duration::from_secs(120);

/// What was printed so far, and whether that is all.
type Printed = Arc<(Mutex<(String, bool)>, Condvar)>;

/// A running command and the terminal it believes in.
pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    printed: Printed,
    master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    /// Starts a command with exactly its environment; all three of its streams are the terminal.
    pub fn start(command: &Command) -> Self {
        let pair =
            native_pty_system().openpty(PtySize { rows: 50, cols: 500, ..Default::default() });
        let pair = pair.unwrap();
        let mut builder = CommandBuilder::new(command.get_program());
        builder.args(command.get_args());
        builder.env_clear();
        for (name, value) in command.get_envs() {
            builder.env(name, value.unwrap());
        }
        let child = pair.slave.spawn_command(builder).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let keys = pair.master.take_writer().unwrap();
        let printed = Printed::default();
        let fill = printed.clone();
        std::thread::spawn(move || {
            let mut bytes = [0; 8192];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                fill.0.lock().unwrap().0.push_str(&String::from_utf8_lossy(&bytes[..count]));
                fill.1.notify_all();
            }
            fill.0.lock().unwrap().1 = true;
            fill.1.notify_all();
        });
        Self { child, keys, printed, master: pair.master }
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Waits until this is printed.
    #[track_caller]
    pub fn sees(&self, text: &str) {
        let (mutex, bell) = &*self.printed;
        let guard = mutex.lock().unwrap();
        let (guard, _) = bell
            .wait_timeout_while(guard, PATIENCE, |(t, over)| !*over && !t.contains(text))
            .unwrap();
        let printed = guard.0.clone();
        drop(guard);
        assert!(printed.contains(text), "waited in vain for “{text}”; printed:\n{printed}");
    }

    /// Types; a line end is `\r`, ctrl-C is `\x03`.
    pub fn types(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Types what must not be seen: once the terminal no longer shows what is typed.
    pub fn types_hidden(&mut self, secret: &str) {
        const ECHO: u32 = 0o10;
        let hidden = || self.master.get_termios().unwrap().local_flags.bits() & ECHO == 0;
        crate::lab::until("the terminal hides what is typed", PATIENCE, hidden);
        self.types(secret);
    }

    /// Waits for the end; answers with all that was printed.
    #[track_caller]
    pub fn ends(mut self, code: u32) -> String {
        let (mutex, bell) = &*self.printed;
        let guard = mutex.lock().unwrap();
        let (guard, late) = bell.wait_timeout_while(guard, PATIENCE, |(_, over)| !*over).unwrap();
        let printed = guard.0.clone();
        drop(guard);
        if late.timed_out() {
            self.child.kill().unwrap();
        }
        assert!(!late.timed_out(), "it does not end; printed:\n{printed}");
        assert_eq!(self.child.wait().unwrap().exit_code(), code, "{printed}");
        printed
    }
}
