//! What people run on servers, in a session of the screen on a real host: each is drawn, used and
//! left.

use std::time::Duration;

use crate::lab;
use crate::lab_journey::add;
use crate::support::binary::Home;
use crate::support::pty::Pty;

/// Packages may have to be downloaded.
const WORK: Duration = Duration::from_secs(600);
const PROGRAMS: &str = "vim-tiny htop less tmux mc nano";

/// Whether one row of the screen has all of these.
fn row(screen: &vt100::Screen, parts: &[&str]) -> bool {
    screen.contents().lines().any(|line| parts.iter().all(|part| line.contains(part)))
}

#[test]
fn what_people_run_works_in_a_session() {
    let Some(host) = lab::host("programs") else { return };
    let home = Home::new();
    add(&home, &host).expect(0);
    let (code, said) = host.exec(&format!(
        "apt-get update -q && DEBIAN_FRONTEND=noninteractive \
         apt-get install -y --no-install-recommends {PROGRAMS}"
    ));
    assert_eq!(code, 0, "{said}");
    let mut screen = Pty::start(&home.path().join("fleet"), &[("COLORTERM", "truecolor")]);
    screen.sees("servers · 1");

    // bash: a prompt, its title in the tab, the size, colours
    screen.types("s");
    screen.until_within(WORK, "the prompt", |s| s.contents().contains(":~# "));
    screen
        .types("PS1='ready> '; stty size; printf '\\e]2;my title\\a\\e[38;2;1;2;3mdeep\\e[m\\n'\r");
    screen.sees("19 78");
    screen.sees("my title");
    screen.until("true colour", |s| {
        let deep = vt100::Color::Rgb(1, 2, 3);
        (0..24).any(|y| (0..80).any(|x| s.cell(y, x).is_some_and(|c| c.fgcolor() == deep)))
    });
    screen.types("clear\r");
    screen.until("a clear screen", |s| row(s, &["│ready> "]) && !s.contents().contains("deep"));

    // vim: an edit is saved
    screen.types("vi -u NONE -N note\r");
    screen.until("vim", |s| row(s, &["note", "[New]"]));
    screen.types("ihello from here\x1b");
    screen.sees("hello from here");
    screen.types(":wq\r");
    screen
        .until("vim is left", |s| s.contents().contains("ready> ") && !s.contents().contains("│~"));
    assert_eq!(host.exec("cat note").1.trim(), "hello from here");

    // nano: another line
    screen.types("clear; nano note\r");
    screen.until("nano", |s| row(s, &["GNU nano"]) && row(s, &["hello from here"]));
    screen.types("and nano \x0f\r");
    screen.until("it is written", |s| row(s, &["Wrote 1 line"]));
    screen.types("\x18");
    screen.until("nano is left", |s| !s.contents().contains("GNU nano"));
    assert_eq!(host.exec("cat note").1.trim(), "and nano hello from here");

    // less: found and left; its screen goes with it
    screen.types("seq 1000 | sed 's/$/ sheep/' | less\r");
    screen.until("less", |s| row(s, &["│1 sheep"]) && row(s, &["│18 sheep"]));
    screen.types("/^777\r");
    screen.until("it is found", |s| row(s, &["│777 sheep"]));
    screen.types("q");
    screen.until("less is left", |s| !row(s, &["│777 sheep"]) && row(s, &["ready> "]));

    // htop: its meters and its keys, in the alternate screen, with the mouse
    screen.types("clear; htop\r");
    screen.until("htop", |s| row(s, &["Load average"]) && row(s, &["F1Help", "F10"]));
    screen.types("\x1b[21~");
    screen.until("htop is left", |s| !s.contents().contains("Load average"));

    // mc: by its function key
    screen.types("mc -u\r");
    screen.until("mc", |s| row(s, &["Left", "Options", "Right"]) && row(s, &["1Help", "10"]));
    screen.types("\x1b[21~");
    screen.until("mc is left", |s| !row(s, &["Left", "Options", "Right"]));

    // tmux: two panes side by side, each alive
    screen.types("clear; tmux -f /dev/null\r");
    screen.until("tmux", |s| row(s, &["[0] 0:"]));
    screen.types("\x02%");
    screen.until("two panes", |s| {
        s.contents().lines().filter(|l| l.matches('│').count() >= 3).count() > 9
    });
    screen.types("echo se''cond\r");
    screen.sees("second");
    screen.types("tmux kill-server\r");
    screen.until("tmux is left", |s| row(s, &["[server exited]"]) || row(s, &["[exited]"]));

    // a larger terminal is told to the host
    screen.resize(60, 200);
    screen.until("the larger terminal", |s| {
        s.contents().lines().any(|line| line.trim_end().chars().count() > 190)
    });
    screen.types("clear; stty size\r");
    screen.sees("55 198");

    // the shell ends, and its place is closed
    screen.types("exit 3\r");
    screen.sees("The shell ended with status 3");
    screen.types("\r");
    screen.sees("servers · 1");
    screen.types("q");
    assert_eq!(screen.ends(), 0);
}
