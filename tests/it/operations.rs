//! The scripts that are sent to hosts, run here by the real shell under a folder of the test's
//! own, with stand-ins for systemd.

mod children;
mod edges;
mod in_session;
mod logins;
mod rotation;
mod secrets;
mod whole;

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use brokeforge::operations::Stream;
use brokeforge::operations::protocol::{
    self, Content, Frames, Mark, News, Phase, Run, RunKey, Verdict, Who,
};
use brokeforge::packages::RemoteStep;
use tempfile::TempDir;

use crate::lab;

const STAND_INS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/operations");
const MAKE: &str = "for name in systemd-run systemctl; do \
                    sed \"s|@UNITS@|$1/units|\" \"$2/$name\" >\"$1/bin/$name\"; \
                    chmod 755 \"$1/bin/$name\"; done";
/// Far longer than anything takes here, also on a machine that is slow and busy.
const SOON: Duration = Duration::from_secs(120);

struct Host(TempDir);

impl Host {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        for folder in ["bin", "proc/self", "run/systemd/system", "units", "var/lib"] {
            fs::create_dir_all(home.path().join(folder)).unwrap();
        }
        // a connection as it is on most hosts
        fs::write(home.path().join("proc/self/cgroup"), "0::/system.slice/ssh.service\n").unwrap();
        // by a process of its own: what this one has open for writing, a child that another test
        // starts at that moment has open as well, and then nobody can execute it
        let made = Command::new("sh")
            .args(["-e", "-c", MAKE, "sh", home.path().to_str().unwrap(), STAND_INS])
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        Self(home)
    }
    fn path(&self) -> &Path {
        self.0.path()
    }
    fn root(&self) -> &str {
        self.path().to_str().unwrap()
    }
    fn send(&self, text: &[u8]) -> Child {
        let mut child = Command::new("/bin/sh")
            .arg("-s")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(text).unwrap();
        child
    }
    fn news(&self, child: Child, frames: &mut Frames) -> Vec<News> {
        let output = child.wait_with_output().unwrap();
        frames.push(Stream::Out, &output.stdout);
        frames.push(Stream::Err, &output.stderr);
        std::iter::from_fn(|| frames.pop()).collect()
    }
    fn start(&self, job: &Job) -> Vec<News> {
        let mut frames = Frames::new("4e0c");
        frames.resume("5e55");
        let text = job.text(self, "5e55", (0, 0), true);
        self.news(self.send(&text), &mut frames)
    }
    /// What the steps left behind.
    fn trace(&self) -> String {
        fs::read_to_string(self.path().join("trace")).unwrap_or_default()
    }
    fn folder(&self, job: &Job) -> std::path::PathBuf {
        let base = match job.who {
            Who::Root | Who::Login => "var/lib/brokeforge/op",
            Who::User => "home/.local/state/brokeforge/op",
        };
        self.path().join(base).join(job.operation).join(job.key.to_string())
    }
    fn secrets(&self, job: &Job) -> std::path::PathBuf {
        match job.who {
            Who::Root | Who::Login => {
                self.path().join(format!("run/brokeforge/{}-{}", job.operation, job.key))
            }
            Who::User => self.folder(job).with_extension("secrets"),
        }
    }
}

struct Job {
    operation: &'static str,
    controller: &'static str,
    who: Who,
    key: RunKey,
    steps: Vec<(usize, RemoteStep, Vec<Content>)>,
}

impl Job {
    fn new(host: &Host, scripts: &[&str]) -> Self {
        let steps = scripts.iter().enumerate().map(|(number, script)| {
            let mut step = RemoteStep::new(format!("step {number}"));
            step.apply = Some(script.replace("TRACE", &format!("{}/trace", host.root())));
            step.limit = 300;
            (number, step, Vec::new())
        });
        let (key, steps) = (RunKey::Steps(0), steps.collect());
        Self { operation: "o-1", controller: "me", who: Who::Root, key, steps }
    }
    fn text(&self, host: &Host, session: &str, at: (u64, u64), may_start: bool) -> Vec<u8> {
        let run = Run {
            operation: self.operation,
            lock: self.operation,
            who: self.who,
            key: self.key,
            nonce: "4e0c",
            controller: self.controller,
            steps: &self.steps,
            last: true,
            root: host.root(),
            now: 1_700_000_000,
        };
        protocol::start(&run, session, at, may_start)
    }
}

fn marks(news: &[News]) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    for one in news {
        if let News::Mark(Mark::End { step, phase, exit, .. }) = one {
            marks.push(Mark::End { step: *step, phase: *phase, exit: *exit, millis: 0 });
        } else if let News::Mark(mark @ Mark::Over(_)) = one {
            marks.push(*mark);
        }
    }
    marks.dedup();
    marks
}

fn end(step: usize, phase: Phase, exit: i32) -> Mark {
    Mark::End { step, phase, exit, millis: 0 }
}

fn said(news: &[News], wanted: Stream) -> String {
    let mut text = Vec::new();
    for one in news {
        if let News::Piece { at: Some(_), stream, bytes } = one
            && *stream == wanted
        {
            text.extend_from_slice(bytes);
        }
    }
    String::from_utf8(text).unwrap()
}

#[test]
fn a_run_goes_through_its_phases_and_a_second_start_changes_nothing() {
    [Who::Root, Who::Login, Who::User].into_iter().for_each(goes_through_its_phases);
}

fn goes_through_its_phases(who: Who) {
    let host = Host::new();
    let mut job = Job::new(
        &host,
        &[
            "echo one >>TRACE; echo out; echo err >&2; env | sort; pwd; cat \"$BF_IN/a\"",
            "exit 3",
            "echo no >>TRACE",
        ],
    );
    job.who = who;
    job.steps[0].1.check = Some("exit 1".into());
    job.steps[0].1.verify = Some("test -e \"$BF_IN/a\"".into());
    job.steps[0].2 =
        vec![Content { name: "a".into(), bytes: b"it's $HOME\n".to_vec(), secret: true }];
    let news = host.start(&job);
    let wanted = [
        end(0, Phase::Check, 1),
        end(0, Phase::Apply, 0),
        end(0, Phase::Verify, 0),
        end(1, Phase::Apply, 3),
        Mark::Over(Verdict::Failed),
    ];
    assert_eq!(marks(&news)[..5], wanted, "{news:?}");
    assert!(matches!(&news[0], News::Hello { boot } if boot.len() == 36));
    assert!(matches!(news.last(), Some(News::Gone { .. })));
    let out = said(&news, Stream::Out);
    assert!(out.starts_with("out\nBF_IN=") && out.ends_with("/\nit's $HOME\n"), "{out}");
    let home = match who {
        Who::Root | Who::Login => "HOME=/root\n".to_owned(),
        Who::User => format!("HOME={}/home\n", host.root()),
    };
    for variable in ["LC_ALL=C.UTF-8\n", &home, "DEBIAN_FRONTEND=noninteractive\n"] {
        assert!(out.contains(variable), "{out}");
    }
    assert_eq!(said(&news, Stream::Err), "err\n");
    assert_eq!(host.trace(), "one\n");
    let folder = host.folder(&job);
    let mode = fs::metadata(&folder).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    assert!(!host.secrets(&job).exists(), "secrets go with the run");
    let lock = host.path().join("run/brokeforge");
    assert_eq!(lock.exists(), who != Who::User, "the lock is root's");
    let again = host.start(&job);
    assert_eq!(marks(&again), marks(&news));
    assert_eq!(host.trace(), "one\n");
}

#[test]
fn a_run_that_is_done_gives_the_lock_back() {
    let host = Host::new();
    let job = Job::new(&host, &["true"]);
    let news = host.start(&job);
    assert!(marks(&news).contains(&Mark::Over(Verdict::Done)), "{news:?}");
    assert!(!host.path().join("run/brokeforge/lock").exists());
}

#[test]
fn it_is_followed_from_an_offset() {
    let host = Host::new();
    let job = Job::new(&host, &["echo a long line of output"]);
    host.start(&job);
    let mut frames = Frames::new("4e0c");
    frames.resume("5e55");
    frames.push(Stream::Out, b"\n5e55 follow\n");
    let file = fs::read(host.folder(&job).join("out")).unwrap();
    frames.push(Stream::Out, &file[..40]);
    let first: Vec<News> = std::iter::from_fn(|| frames.pop()).collect();
    let at = frames.offsets();
    frames.resume("5e56");
    let text = job.text(&host, "5e56", at, false);
    let rest = host.news(host.send(&text), &mut frames);
    let whole: Vec<News> = first.into_iter().chain(rest).collect();
    assert_eq!(said(&whole, Stream::Out), "a long line of output\n");
    assert_eq!(marks(&whole)[..2], [end(0, Phase::Apply, 0), Mark::Over(Verdict::Done)]);
}

#[test]
fn two_that_start_the_same_run_at_once_run_it_once() {
    let host = Host::new();
    let job = Job::new(&host, &["echo once >>TRACE; sleep 0.2"]);
    let children: Vec<Child> =
        (0..4).map(|n| host.send(&job.text(&host, &format!("5e5{n}"), (0, 0), true))).collect();
    for (n, child) in children.into_iter().enumerate() {
        let mut frames = Frames::new("4e0c");
        frames.resume(&format!("5e5{n}"));
        let news = host.news(child, &mut frames);
        assert!(marks(&news).contains(&Mark::Over(Verdict::Done)), "{news:?}");
    }
    assert_eq!(host.trace(), "once\n");
}

#[test]
fn what_the_host_forgot_is_not_begun_again_and_a_cut_script_runs_nothing() {
    let host = Host::new();
    let job = Job::new(&host, &["echo ran >>TRACE"]);
    let mut frames = Frames::new("4e0c");
    frames.resume("5e55");
    let news = host.news(host.send(&job.text(&host, "5e55", (0, 0), false)), &mut frames);
    assert_eq!(news.last(), Some(&News::Absent));
    let text = job.text(&host, "5e55", (0, 0), true);
    for cut in [text.len() / 3, text.len() / 2, text.len() - 3] {
        let mut frames = Frames::new("4e0c");
        frames.resume("5e55");
        assert_eq!(host.news(host.send(&text[..cut]), &mut frames), []);
    }
    assert!(!host.path().join("var/lib/brokeforge").exists());
}

#[test]
fn a_bootstrap_that_died_before_the_start_is_started_again() {
    let host = Host::new();
    let job = Job::new(&host, &["echo ran >>TRACE"]);
    host.start(&job);
    let unit = host.path().join("units/brokeforge-o-1-0.lock");
    lab::until("the end of the unit", SOON, || !unit.exists());
    // As if it had died after the folder was there and before systemd-run.
    for file in ["started", "result", "out", "err"] {
        fs::remove_file(host.folder(&job).join(file)).unwrap();
    }
    fs::write(host.folder(&job).join("out"), "").unwrap();
    fs::write(host.folder(&job).join("err"), "").unwrap();
    fs::remove_file(host.path().join("trace")).unwrap();
    let news = host.start(&job);
    assert!(marks(&news).contains(&Mark::Over(Verdict::Done)), "{news:?}");
    assert_eq!(host.trace(), "ran\n");
}

#[test]
fn a_killed_run_is_told_with_what_it_had_begun() {
    let host = Host::new();
    let mut job = Job::new(&host, &["true", "kill -9 $(cat UNITS/brokeforge-o-1-0)"]);
    let script = job.steps[1].1.apply.as_mut().unwrap();
    *script = script.replace("UNITS", host.path().join("units").to_str().unwrap());
    let news = host.start(&job);
    assert_eq!(marks(&news), [end(0, Phase::Apply, 0)], "{news:?}");
    assert!(news.contains(&News::Mark(Mark::Begin { step: 1, phase: Phase::Apply })));
    assert!(matches!(news.last(), Some(News::Gone { .. })));
}

#[test]
fn a_lock_left_behind_by_us_is_taken_over_and_a_strange_one_is_waited_for() {
    let host = Host::new();
    fs::create_dir_all(host.path().join("run/brokeforge")).unwrap();
    let lock = host.path().join("run/brokeforge/lock");
    fs::write(&lock, "me o-0 1700000000\n").unwrap();
    let job = Job::new(&host, &["echo ran >>TRACE"]);
    assert!(marks(&host.start(&job)).contains(&Mark::Over(Verdict::Done)));

    fs::write(&lock, "other o-9 1700000000\n").unwrap();
    let job = Job { operation: "o-2", ..Job::new(&host, &["echo ran >>TRACE"]) };
    let mut child = host.send(&job.text(&host, "5e55", (0, 0), true));
    let mut out = child.stdout.take().unwrap();
    let mut text = Vec::new();
    while !String::from_utf8_lossy(&text).contains("held other o-9 1700000000") {
        let mut some = [0; 256];
        let n = out.read(&mut some).unwrap();
        assert!(n > 0, "{}", String::from_utf8_lossy(&text));
        text.extend_from_slice(&some[..n]);
    }
    assert_eq!(host.trace(), "ran\n");
    fs::remove_file(&lock).unwrap();
    out.read_to_end(&mut text).unwrap();
    child.wait().unwrap();
    assert_eq!(host.trace(), "ran\nran\n");

    // Not touched for long, and none of its units runs: it is stale.
    fs::write(&lock, "other o-9 1700000000\n").unwrap();
    Command::new("touch").args(["-d", "2 minutes ago"]).arg(&lock).status().unwrap();
    let job = Job { operation: "o-3", ..Job::new(&host, &["echo ran >>TRACE"]) };
    assert!(marks(&host.start(&job)).contains(&Mark::Over(Verdict::Done)));
}

#[test]
fn a_cancel_ends_the_run_and_what_comes_later_does_not_begin() {
    let host = Host::new();
    let job = Job::new(&host, &["echo begun >>TRACE; sleep 300", "echo no >>TRACE"]);
    let child = host.send(&job.text(&host, "5e55", (0, 0), true));
    let trace = host.path().join("trace");
    lab::until("its begin", SOON, || trace.exists());
    let script = protocol::cancel("o-1", RunKey::Steps(0), Who::Root, host.root());
    let answer = host.send(&protocol::direct(&script, "a115")).wait_with_output().unwrap();
    let text = String::from_utf8(answer.stdout).unwrap();
    assert!(text.ends_with("\na115 end 0\n"), "{text}");
    let mut frames = Frames::new("4e0c");
    frames.resume("5e55");
    let news = host.news(child, &mut frames);
    // coreutils' timeout says 124 or 143 when it is told to end
    let ended = marks(&news);
    assert!(matches!(ended[0], Mark::End { step: 0, exit: 124 | 143, .. }), "{news:?}");
    assert_eq!(ended[1], Mark::Over(Verdict::Failed));
    assert_eq!(host.trace(), "begun\n");
    // A later run of the same operation does not even start; the way back does.
    let later = Job { key: RunKey::Steps(5), ..Job::new(&host, &["echo no >>TRACE"]) };
    assert_eq!(host.start(&later).last(), Some(&News::NotStarted));
    let undo = Job { key: RunKey::Undo, ..Job::new(&host, &["echo undone >>TRACE"]) };
    assert!(marks(&host.start(&undo)).contains(&Mark::Over(Verdict::Done)));
    assert_eq!(host.trace(), "begun\nundone\n");
}
