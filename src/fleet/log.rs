//! An operation's kept output as a file of a person's own.

use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::domain::{Failure, FailureKind, OperationId, clean::clean_lines, reason};

use super::{Local, Output, Result, Stream};

/// A line that does not end is written in pieces of this size.
const LONGEST: usize = 64 * 1024;

impl Local {
    pub(super) fn save_log(&self, id: OperationId, path: &Path, replace: bool) -> Result<u64> {
        let operation = self.operation(id)?;
        if !path.is_absolute() || path.file_name().is_none() {
            return Err(Failure::input(format!("“{}” is no path of a file.", path.display()))
                .remedy("Give the whole path, or one that begins with ~/."));
        }
        let kept = path.symlink_metadata().map(|found| found.is_dir());
        if matches!(kept, Ok(true)) {
            return Err(Failure::input(format!("{} is a folder.", path.display()))
                .remedy("Put the file's name behind it."));
        }
        let taken = || {
            let text = format!("There is a file {} already.", path.display());
            Failure::new(FailureKind::Conflict, text).remedy("Choose another name.")
        };
        if kept.is_ok() && !replace {
            return Err(taken());
        }
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = Path::new(&part);
        let names: Vec<&str> = operation.steps.iter().map(|step| step.name.as_str()).collect();
        let mut follow = self.follow(id)?;
        let written = write(part, &names, || follow.next_kept()).and_then(|bytes| {
            // Linked, it does not replace what somebody else put there meanwhile.
            match replace {
                true => fs::rename(part, path)?,
                false => fs::hard_link(part, path).and_then(|()| fs::remove_file(part))?,
            }
            Ok(bytes)
        });
        written.map_err(|error| {
            // The half of a file is of no use.
            let _ = fs::remove_file(part);
            if error.kind() == io::ErrorKind::AlreadyExists {
                return taken();
            }
            Failure::input(format!("{} cannot be written: {}.", path.display(), reason(&error)))
                .remedy("Choose a folder that is there and that you may write to.")
        })
    }
}

fn write(path: &Path, steps: &[&str], mut next: impl FnMut() -> Option<Output>) -> io::Result<u64> {
    // Of an earlier try that was cut off.
    let _ = fs::remove_file(path);
    let file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(path)?;
    let mut text = Text { to: BufWriter::new(file), bytes: 0, begun: [Vec::new(), Vec::new()] };
    let mut at = None;
    while let Some(output) = next() {
        let Output::Piece { step, stream, bytes } = output else { continue };
        if at != Some(step) {
            text.flush()?;
            at = Some(step);
            let name = steps.get(step).copied().unwrap_or_default();
            text.line(format!("== {}. {name}", step + 1).as_bytes())?;
        }
        text.take(stream, &bytes)?;
    }
    text.flush()?;
    text.to.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    Ok(text.bytes)
}

struct Text<W: Write> {
    to: BufWriter<W>,
    bytes: u64,
    /// The begun line of each stream.
    begun: [Vec<u8>; 2],
}

impl<W: Write> Text<W> {
    fn line(&mut self, line: &[u8]) -> io::Result<()> {
        let mut line = clean_lines(line);
        line.push('\n');
        self.bytes += line.len() as u64;
        self.to.write_all(line.as_bytes())
    }

    fn marked(&mut self, stream: Stream, line: &[u8]) -> io::Result<()> {
        let sign: &[u8] = if stream == Stream::Err { b"! " } else { b"  " };
        self.line(&[sign, line].concat())
    }

    fn take(&mut self, stream: Stream, bytes: &[u8]) -> io::Result<()> {
        let [out, err] = &mut self.begun;
        let begun = if stream == Stream::Err { err } else { out };
        begun.extend_from_slice(bytes);
        let mut lines = Vec::new();
        while let Some(end) = begun
            .iter()
            .position(|b| *b == b'\n')
            .map(|end| end + 1)
            .or_else(|| (begun.len() > LONGEST).then_some(begun.len()))
        {
            let line: Vec<u8> = begun.drain(..end).collect();
            lines.push(line.strip_suffix(b"\n").unwrap_or(&line).to_vec());
        }
        lines.iter().try_for_each(|line| self.marked(stream, line))
    }

    fn flush(&mut self) -> io::Result<()> {
        let [out, err] = std::mem::take(&mut self.begun);
        for (stream, line) in [(Stream::Out, out), (Stream::Err, err)] {
            if !line.is_empty() {
                self.marked(stream, &line)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn steps_have_headings_errors_a_sign_and_nothing_steers() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        let piece = |step, stream, text: &str| Output::Piece {
            step,
            stream,
            bytes: text.as_bytes().to_vec(),
        };
        let mut pieces = vec![
            piece(0, Stream::Out, "one  two\nbeg"),
            piece(0, Stream::Err, "\u{1b}[31moh no\u{1b}[0m\n"),
            Output::Lost(3),
            piece(0, Stream::Out, "un\nopen"),
            piece(2, Stream::Out, "next\n"),
        ]
        .into_iter();
        let bytes = write(&path, &["first", "second"], || pieces.next()).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text, "== 1. first\n  one  two\n! oh no\n  begun\n  open\n== 3. \n  next\n");
        assert_eq!(bytes, text.len() as u64);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
