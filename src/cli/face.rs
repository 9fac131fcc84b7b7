//! The two streams that commands print on, and the questions they ask on a terminal.

use std::io::{self, BufRead, IsTerminal, Write};

use serde::Serialize;

use super::{json, output, table};
use crate::domain::Failure;

/// Where commands print, and how.
pub struct Face {
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    /// JSON instead of text.
    pub json: bool,
    /// A yes to every warning.
    pub yes: bool,
    /// Servers tagged `production` whose names were given beforehand.
    pub confirmed: Vec<String>,
    /// Whether standard output is a terminal: what hosts sent is cleaned then.
    pub out_is_terminal: bool,
    /// Whether progress is shown.
    pub err_is_terminal: bool,
    /// Whether questions can be asked.
    pub can_ask: bool,
}

impl Face {
    /// The process's own streams.
    pub fn standard(json: bool, yes: bool) -> Self {
        Self {
            out: Box::new(io::stdout()),
            err: Box::new(io::stderr()),
            json,
            yes,
            confirmed: Vec::new(),
            out_is_terminal: io::stdout().is_terminal(),
            err_is_terminal: io::stderr().is_terminal(),
            can_ask: io::stdin().is_terminal() && io::stderr().is_terminal(),
        }
    }

    /// Prints text lines on standard output.
    pub fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{text}")
    }

    /// Prints one JSON object on a line of its own.
    pub fn object(&mut self, value: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, value)?;
        writeln!(self.out)
    }

    /// Prints rows under headings; without rows, the sentence.
    pub fn table(&mut self, heads: &[&str], rows: &[Vec<String>], none: &str) -> io::Result<()> {
        if rows.is_empty() {
            return self.line(none);
        }
        let text = table::table(heads, rows);
        self.out.write_all(text.as_bytes())
    }

    /// The same as wide as the terminal, or in 80 cells where there is none.
    pub fn fitted(&mut self, heads: &[&str], rows: &[Vec<String>]) -> io::Result<()> {
        let columns = match self.out_is_terminal {
            true => rustix::termios::tcgetwinsize(io::stdout()).map_or(0, |size| size.ws_col),
            false => 0,
        };
        let room = if columns == 0 { 80 } else { usize::from(columns) };
        self.out.write_all(table::fitted(heads, rows, room).as_bytes())
    }

    /// Prints names and values, one a line.
    pub fn pairs(&mut self, pairs: &[(&str, String)]) -> io::Result<()> {
        let text = table::pairs(pairs);
        self.out.write_all(text.as_bytes())
    }

    /// Passes a piece of a host's output on.
    pub fn piece(&mut self, to_err: bool, bytes: &[u8]) -> io::Result<()> {
        let (stream, terminal) = match to_err {
            true => (&mut self.err, self.err_is_terminal),
            false => (&mut self.out, self.out_is_terminal),
        };
        if terminal {
            stream.write_all(output::cleaned(bytes).as_bytes())?;
        } else {
            stream.write_all(bytes)?;
        }
        stream.flush()
    }

    /// Says something on standard error that is no part of the answer; with JSON as `{"note": …}`,
    /// so that a script can read every line.
    pub fn note(&mut self, text: &str) {
        match self.json {
            true => self.tell(&json::text(&json::Note { note: text })),
            false => self.tell(text),
        }
    }

    /// A closed standard error is no reason to stop.
    fn tell(&mut self, text: &str) {
        let _ = writeln!(self.err, "{text}");
    }

    /// Tells a failure on standard error, as text or as JSON.
    pub fn tell_failure(&mut self, failure: &Failure) {
        let text = match self.json {
            true => json::text(&json::ErrorView::from(failure)),
            false => table::failure(failure),
        };
        self.tell(text.trim_end());
    }

    /// Asks a question whose default is no.
    pub fn ask(&mut self, question: &str) -> io::Result<bool> {
        let answer = self.ask_typed(&format!("{question} [y/N] "))?;
        Ok(matches!(answer.to_ascii_lowercase().as_str(), "y" | "yes"))
    }

    /// Asks for a word.
    pub fn ask_typed(&mut self, question: &str) -> io::Result<String> {
        write!(self.err, "{question}")?;
        self.err.flush()?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        Ok(answer.trim().to_owned())
    }

    /// Pushes everything out.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
