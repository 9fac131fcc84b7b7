//! What recipes and commands on many hosts cost beside the plainest way to do the same:
//! `cargo bench --bench recipe`, with hosts of the lab, both sides in one run, medians.
//!
//! - A recipe of 40 files on 10 hosts beside one `ssh HOST sh -s` for each of them, all at once,
//!   that is sent the same commands (at most 2 times); a second time, where nothing is to change,
//!   it is not slower than the first.
//! - The same recipe with 40 and with 400 steps on one host behind a relay that holds back
//!   everything for 50 ms each way, beside one cold `ssh HOST sh -s` through it: at most 4 round
//!   trips more.
//! - `exec` of `true` on 40 hosts, cold, beside python's asyncssh (at most 1.2 times).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a program for people"
)]

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

#[path = "support/figures.rs"]
mod figures;
#[path = "../tests/lab/lab.rs"]
mod lab;

/// Hosts of the lab.
const HOSTS: usize = 10;
/// The same for single commands.
const MANY: usize = 40;
/// Times that each side is run.
const RUNS: usize = 5;
/// What the relay holds back, each way.
const AWAY: Duration = Duration::from_millis(50);

fn main() {
    let Some(hosts) = lab::hosts("recipe", HOSTS) else { return };
    let folder = TempDir::new().unwrap();
    let bench = Bench { folder: folder.path().to_owned(), key: hosts[0].key.clone() };
    bench.many_hosts(&hosts);
    bench.far_away(&hosts[0]);
    drop(hosts);
    let Some(hosts) = lab::hosts("commands", MANY) else { return };
    bench.commands(&hosts);
}

/// A folder for all of it, and the key that lets root in.
struct Bench {
    folder: PathBuf,
    key: PathBuf,
}

impl Bench {
    /// A command of ours with a home of that name.
    fn ours(&self, home: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_brokeforge"));
        command.arg("--home").arg(self.folder.join(home)).stdin(Stdio::null());
        command
    }

    fn home(&self, home: &str, servers: &[(String, Ipv4Addr, u16)]) {
        done(self.ours(home).args(["vault", "init", "--key-file"]));
        for (name, address, port) in servers {
            done(
                self.ours(home)
                    .args(["server", "add", name, "--host", &address.to_string()])
                    .args(["--port", &port.to_string(), "--accept-new-host-key"])
                    .arg("--identity")
                    .arg(&self.key),
            );
        }
    }

    fn plain(&self, address: Ipv4Addr, port: u16) -> Command {
        let mut command = Command::new("ssh");
        command
            .args(["-F", "none", "-o", "IdentitiesOnly=yes", "-o", "LogLevel=ERROR"])
            .args(["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"])
            .args(["-o", "BatchMode=yes", "-p", &port.to_string(), "-i"])
            .arg(&self.key)
            .arg(format!("root@{address}"))
            .args(["sh", "-s"]);
        command
    }

    /// A recipe that puts so many files into a folder, and the same commands as plain script.
    fn recipe(&self, name: &str, steps: usize, folder: &str) -> (PathBuf, String) {
        let mut recipe = format!("name = \"{name}\"\n[[milestone]]\nlabel = \"Files\"\n");
        let mut plain = "set -eu\n".to_owned();
        for number in 0..steps {
            let path = format!("{folder}/file-{number}");
            let content = format!("this is file {number}\nof {steps}\n");
            writeln!(
                recipe,
                "[[milestone.step]]\nname = \"file {number}\"\n\
                 file = {{ path = \"{path}\", content = {content:?} }}"
            )
            .unwrap();
            // what our step does, by what a person would write into one script
            writeln!(
                plain,
                "if [ -f {path} ] && printf %s '{content}' | cmp -s - {path} &&\n\
                 [ \"$(stat -c '%U:%G 0%a' {path})\" = 'root:root 0644' ]; then :; else\n\
                 [ -d {folder} ] || mkdir -p {folder}\n\
                 printf %s '{content}' | install -T -o root -g root -m 0644 /dev/stdin {path}.new\n\
                 sync {path}.new\nmv -fT {path}.new {path}\nsync {folder}\nfi"
            )
            .unwrap();
        }
        let file = self.folder.join(format!("{name}.toml"));
        std::fs::write(&file, recipe).unwrap();
        (file, plain)
    }

    fn many_hosts(&self, hosts: &[lab::Host]) {
        let servers: Vec<_> =
            hosts.iter().enumerate().map(|(n, host)| (format!("h{n}"), host.v4, 22)).collect();
        self.home("many", &servers);
        let sides = ["ours", "ours, unchanged", "plain ssh", "plain ssh, unchanged"];
        let mut times: [Vec<Duration>; 4] = Default::default();
        for run in 0..RUNS {
            let (file, _) = self.recipe("ours", 40, &format!("/srv/ours-{run}"));
            let (_, script) = self.recipe("plain", 40, &format!("/srv/plain-{run}"));
            for again in 0..2 {
                let names = servers.iter().map(|(name, ..)| name);
                let mut recipe = self.ours("many");
                recipe.args(["recipe", "run"]).arg(&file).args(names);
                times[again].push(timed(|| done(&mut recipe)));
                times[2 + again].push(timed(|| {
                    let running: Vec<Child> = servers
                        .iter()
                        .map(|(_, address, port)| feed(self.plain(*address, *port), &script))
                        .collect();
                    running.into_iter().for_each(ended);
                }));
            }
        }
        for (side, times) in sides.iter().zip(&mut times) {
            println!("{}", figures::line(&format!("40 files on {HOSTS} hosts, {side}"), times));
        }
        let middle = |times: &mut Vec<Duration>| figures::percentile(times, 50).as_secs_f64();
        let [ours, again, plain, _] = &mut times;
        let (ours, again, plain) = (middle(ours), middle(again), middle(plain));
        println!(
            "ours / plain: {:.2} (at most 2); unchanged / first: {:.2}",
            ours / plain,
            again / ours
        );
    }

    fn far_away(&self, host: &lab::Host) {
        let port = relay(host.v4, 22);
        self.home("far", &[("far".to_owned(), Ipv4Addr::LOCALHOST, port)]);
        for steps in [40, 400] {
            // near is what it does there, without the way
            let [mut mine, mut theirs, mut mine_near, mut theirs_near] =
                std::array::from_fn(|_| Vec::new());
            for run in 0..RUNS {
                let both = |way: &str, server: (&str, &str), place: (Ipv4Addr, u16)| {
                    let ours = format!("/srv/ours-{way}-{steps}-{run}");
                    let (file, _) = self.recipe(way, steps, &ours);
                    let (_, script) = self.recipe("plain", steps, &ours.replace("ours", "plain"));
                    let mut recipe = self.ours(server.0);
                    recipe.args(["recipe", "run"]).arg(file).arg(server.1);
                    let ours = timed(|| done(&mut recipe));
                    (ours, timed(|| ended(feed(self.plain(place.0, place.1), &script))))
                };
                let far = both("far", ("far", "far"), (Ipv4Addr::LOCALHOST, port));
                let near = both("near", ("many", "h0"), (host.v4, 22));
                mine.push(far.0);
                theirs.push(far.1);
                mine_near.push(near.0);
                theirs_near.push(near.1);
            }
            println!("{}", figures::line(&format!("{steps} files 100 ms away, ours"), &mut mine));
            println!(
                "{}",
                figures::line(&format!("{steps} files 100 ms away, plain"), &mut theirs)
            );
            let middle = |times: &mut Vec<Duration>| figures::percentile(times, 50).as_secs_f64();
            let (mine, theirs) = (middle(&mut mine), middle(&mut theirs));
            let ours = (mine - middle(&mut mine_near)) / 0.1;
            let plain = (theirs - middle(&mut theirs_near)) / 0.1;
            let all = mine - theirs;
            println!(
                "round trips: ours {ours:.1}, plain {plain:.1}, more {:.1} (at most 4); \
                 in all {all:.2} s more",
                ours - plain
            );
        }
    }

    fn commands(&self, hosts: &[lab::Host]) {
        let servers: Vec<_> =
            hosts.iter().enumerate().map(|(n, host)| (format!("c{n}"), host.v4, 22)).collect();
        self.home("commands", &servers);
        let python = python(&self.folder);
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        let script = self.folder.join("forty.py");
        std::fs::write(&script, FORTY).unwrap();
        let known = self.folder.join("known_hosts");
        for _ in 0..RUNS {
            let names = servers.iter().map(|(name, ..)| name);
            let mut exec = self.ours("commands");
            exec.arg("exec").args(names).args(["--", "true"]);
            ours.push(timed(|| done(&mut exec)));
            let Some(python) = &python else { continue };
            if !known.exists() {
                let mut lines = String::new();
                for (_, address, port) in &servers {
                    let mut scan = Command::new("ssh-keyscan");
                    scan.args(["-t", "ed25519", "-p", &port.to_string(), &address.to_string()]);
                    let said = scan.output().unwrap().stdout;
                    lines.push_str(&String::from_utf8_lossy(&said));
                }
                std::fs::write(&known, lines).unwrap();
            }
            let mut other = Command::new(python);
            other.arg(&script).arg(&self.key).arg(&known);
            other.args(servers.iter().map(|(_, address, port)| format!("{address}:{port}")));
            theirs.push(timed(|| done(&mut other)));
        }
        println!("{}", figures::line("true on 40 hosts, ours", &mut ours));
        if python.is_none() {
            println!("python's asyncssh cannot be had here, so there is nothing to compare with");
            return;
        }
        println!("{}", figures::line("true on 40 hosts, asyncssh", &mut theirs));
        let middle = |times: &mut Vec<Duration>| figures::percentile(times, 50).as_secs_f64();
        println!("ours / asyncssh: {:.2} (at most 1.2)", middle(&mut ours) / middle(&mut theirs));
    }
}

const FORTY: &str = "
import asyncio, sys, asyncssh
key, known, places = sys.argv[1], sys.argv[2], sys.argv[3:]
async def one(place):
    host, port = place.split(':')
    async with asyncssh.connect(host, int(port), username='root', client_keys=[key],
                                known_hosts=known, config=None, agent_path=None) as connection:
        await connection.run('true', check=True)
async def main():
    await asyncio.gather(*map(one, places))
asyncio.run(main())
";

/// A python that has asyncssh: the machine's, else one in an environment of its own; none where it
/// cannot be had.
fn python(folder: &Path) -> Option<PathBuf> {
    let has = |python: &Path| {
        let mut asked = Command::new(python);
        let asked = asked.args(["-c", "import asyncssh"]).stderr(Stdio::null()).status();
        asked.is_ok_and(|status| status.success())
    };
    let there = PathBuf::from("python3");
    if has(&there) {
        return Some(there);
    }
    let made = folder.join("python");
    let _ = Command::new("python3").args(["-m", "venv"]).arg(&made).output();
    let _ = Command::new(made.join("bin/pip")).args(["install", "-q", "asyncssh"]).output();
    let made = made.join("bin/python");
    has(&made).then_some(made)
}

fn timed(work: impl FnOnce()) -> Duration {
    let began = Instant::now();
    work();
    began.elapsed()
}

fn done(command: &mut Command) {
    let done = command.output().unwrap();
    let said = [done.stdout, done.stderr].concat();
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&said));
}

fn feed(mut command: Command, script: &str) -> Child {
    command.stdin(Stdio::piped()).stdout(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let script = script.to_owned();
    thread::spawn(move || stdin.write_all(script.as_bytes()));
    child
}

fn ended(mut child: Child) {
    assert!(child.wait().unwrap().success());
}

/// Listens on a port of this machine, and passes on what comes after [`AWAY`], both ways. What is
/// on its way is not bounded: it is as with a link that is long and wide.
fn relay(address: Ipv4Addr, port: u16) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let at = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for near in listener.incoming() {
            let near = near.unwrap();
            thread::spawn(move || {
                // the way of a connection's first and second packet
                thread::sleep(2 * AWAY);
                let far = TcpStream::connect((address, port)).unwrap();
                for stream in [&near, &far] {
                    stream.set_nodelay(true).unwrap();
                }
                delayed(near.try_clone().unwrap(), far.try_clone().unwrap());
                delayed(far, near);
            });
        }
    });
    at
}

/// What came, and when; an empty one is the end.
type Way = (Mutex<VecDeque<(Instant, Vec<u8>)>>, Condvar);

fn delayed(mut from: TcpStream, mut to: TcpStream) {
    let way: Arc<Way> = Arc::default();
    let entry = Arc::clone(&way);
    thread::spawn(move || {
        let mut bytes = vec![0; 64 * 1024];
        loop {
            let count = from.read(&mut bytes).unwrap_or(0);
            let piece = bytes.get(..count).unwrap_or_default().to_vec();
            entry.0.lock().unwrap().push_back((Instant::now(), piece));
            entry.1.notify_one();
            if count == 0 {
                return;
            }
        }
    });
    thread::spawn(move || {
        loop {
            let mut waiting = way.0.lock().unwrap();
            let (came, piece) = loop {
                match waiting.pop_front() {
                    Some(first) => break first,
                    None => waiting = way.1.wait(waiting).unwrap(),
                }
            };
            drop(waiting);
            thread::sleep((came + AWAY).saturating_duration_since(Instant::now()));
            if piece.is_empty() || to.write_all(&piece).is_err() {
                let _ = to.shutdown(Shutdown::Write);
                return;
            }
        }
    });
}
