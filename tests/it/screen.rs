//! The screen of the real binary, in a pseudo terminal.

use tempfile::TempDir;

use crate::support::pty::Pty;

#[test]
fn the_first_start_leads_to_a_vault_and_a_welcome() {
    let home = TempDir::new().unwrap();
    let mut pty = Pty::start(home.path(), &[]);
    pty.sees("first a vault");
    pty.sees("This is brokeforge.");
    pty.resize(12, 44);
    pty.until("the smaller size", |screen| screen.contents().contains("Welcome"));
    pty.resize(5, 20);
    pty.sees("needs 40×10");
    pty.resize(40, 140);
    pty.sees("Left empty, a key file");
    pty.types("\r");
    pty.sees("No passphrase?");
    pty.types("y");
    pty.sees("The vault is made and open.");
    assert!(home.path().join("data").is_dir());
    pty.types("?");
    pty.sees("add a server");
    pty.types("\x1b");
    // what is typed next must not come as one key with it
    pty.until("the help gone", |screen| !screen.contents().contains("add a server"));
    pty.sees("Press a to add your first server.");
    pty.types("q");
    assert_eq!(pty.ends(), 0);
}

#[test]
fn a_passphrase_is_asked_for_at_the_next_start() {
    let home = TempDir::new().unwrap();
    let mut pty = Pty::start(home.path(), &[]);
    pty.sees("first a vault");
    pty.types("open sesame\r");
    pty.sees("once more");
    pty.types("open sesame\r");
    pty.sees("The vault is made and open.");
    pty.types("Q");
    assert_eq!(pty.ends(), 0);

    let mut pty = Pty::start(home.path(), &[]);
    pty.sees("The vault is locked");
    pty.types("open says me\r");
    pty.sees("✗");
    pty.types("open sesame\r");
    pty.sees("The vault is open.");
    pty.types("Q");
    assert_eq!(pty.ends(), 0);
}

#[test]
fn signals_and_a_closed_terminal_end_it() {
    for signal in ["-TERM", "-HUP", "-INT"] {
        let home = TempDir::new().unwrap();
        let pty = Pty::start(home.path(), &[]);
        pty.sees("first a vault");
        pty.signal(signal);
        assert_eq!(pty.ends(), 0);
    }
    let home = TempDir::new().unwrap();
    let mut pty = Pty::start(home.path(), &[]);
    pty.sees("first a vault");
    // Neither end of the terminal stays open here but the reader's, which ends with it.
    pty.hang_up();
    pty.signal("-HUP");
    assert_eq!(pty.wait(), 0);
}

#[test]
fn without_colour_the_selection_is_still_seen() {
    let home = TempDir::new().unwrap();
    let pty = Pty::start(home.path(), &[("NO_COLOR", "1")]);
    pty.sees("first a vault");
    pty.until("a reversed cell without a hue", |screen| {
        let (rows, columns) = screen.size();
        let cells = (0..rows.get()).flat_map(|y| (0..columns.get()).map(move |x| (y, x)));
        let all: Vec<_> = cells.filter_map(|(y, x)| screen.cell(y, x)).collect();
        all.iter().any(|cell| cell.inverse())
            && all.iter().all(|cell| cell.fgcolor() == vt100::Color::Default)
    });
    pty.signal("-TERM");
    pty.ends();
}
