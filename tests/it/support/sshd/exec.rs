//! Commands: run for real by `/bin/sh`, or played by a script of acts.
#![allow(clippy::unwrap_used, reason = "support of tests")]

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};

use russh::server::{Handle, Msg};
use russh::{Channel, ChannelId, ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Sig};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::Shared;
use super::session::{OpenChannel, hang_up};

/// What happens to commands.
#[derive(Clone)]
pub enum Exec {
    /// `/bin/sh -c COMMAND`, as sshd does it. It goes on when the connection is gone.
    Shell,
    /// These acts, whatever the command.
    Acts(Vec<Act>),
    /// The acts that fit the command and its whole input.
    Answer(Script),
}

/// Command and input → acts.
pub type Script = Arc<dyn Fn(&str, &[u8]) -> Vec<Act> + Send + Sync>;

/// One thing a played command does. A script that does not close the channel leaves it open.
#[derive(Clone)]
pub enum Act {
    /// Refuses the command; must be the first.
    Refuse,
    /// Does not even answer the request; must be the first.
    Ignore,
    Out(Vec<u8>),
    Err(Vec<u8>),
    /// So many bytes of output.
    Flood(u64),
    Eof,
    Status(u32),
    Signal(Sig),
    Close,
    /// Waits until it is told to go on.
    Wait(Arc<Notify>),
    /// Cuts the connection.
    Cut,
    /// Ends the connection with a word.
    HangUp(&'static str),
}

/// The process groups that still run.
#[derive(Default)]
pub struct Children(Mutex<HashSet<i32>>);

impl Children {
    fn add(&self, child: &Child) -> i32 {
        let group = i32::try_from(child.id()).unwrap();
        self.0.lock().unwrap().insert(group);
        group
    }

    pub fn kill(&self) {
        for group in self.0.lock().unwrap().drain() {
            // it may have just ended
            let _ = kill_process_group(Pid::from_raw(group).unwrap(), Signal::KILL);
        }
    }
}

pub struct Job {
    pub shared: Arc<Shared>,
    pub handle: Handle,
    pub cut: CancellationToken,
    pub peer: SocketAddr,
    pub channel: Channel<Msg>,
    pub open: OpenChannel,
    pub command: String,
}

pub async fn serve(job: Job) {
    let exec = job.shared.behaviour().exec;
    let Job { shared, handle, cut, peer, channel, open, command } = job;
    let id = channel.id();
    let (read, write) = channel.split();
    let stage = Stage { handle, write, id, cut };
    match exec {
        Exec::Shell => {
            let _ = stage.handle.channel_success(id).await;
            run(&shared, &stage, read, peer, &command, open).await;
        }
        Exec::Acts(acts) => {
            let _open = open;
            stage.play(acts, read, false).await;
        }
        Exec::Answer(answer) => {
            let _open = open;
            let _ = stage.handle.channel_success(id).await;
            let mut read = read;
            let mut input = Vec::new();
            while let Some(message) = read.wait().await {
                match message {
                    ChannelMsg::Data { data } => input.extend_from_slice(&data),
                    ChannelMsg::Eof => break,
                    _ => {}
                }
            }
            stage.play(answer(&command, &input), read, true).await;
        }
    }
}

struct Stage {
    handle: Handle,
    write: ChannelWriteHalf<Msg>,
    id: ChannelId,
    cut: CancellationToken,
}

impl Stage {
    /// Plays the acts, and then drains the channel until the client closes it.
    async fn play(self, acts: Vec<Act>, mut read: ChannelReadHalf, answered: bool) {
        let told = matches!(acts.first(), Some(Act::Refuse | Act::Ignore)) || answered;
        let played = async {
            if !told {
                let _ = self.handle.channel_success(self.id).await;
            }
            for act in acts {
                if matches!(act, Act::Close) {
                    let _ = self.write.close().await;
                    return;
                }
                self.act(act).await;
            }
            std::future::pending().await
        };
        let drained = async {
            while let Some(message) = read.wait().await {
                if matches!(message, ChannelMsg::Close) {
                    return;
                }
            }
        };
        tokio::select! {
            () = played => {}
            () = drained => {}
        }
    }

    async fn act(&self, act: Act) {
        // a client that has gone is no failure of the server
        match act {
            Act::Refuse => {
                let _ = self.handle.channel_failure(self.id).await;
            }
            Act::Ignore | Act::Close => {}
            Act::Out(bytes) => {
                let _ = self.write.data_bytes(bytes).await;
            }
            Act::Err(bytes) => {
                let _ = self.write.extended_data_bytes(1, bytes).await;
            }
            Act::Flood(mut left) => {
                let chunk = vec![b'x'; 32 * 1024];
                while left > 0 {
                    let size = chunk.len().min(usize::try_from(left).unwrap());
                    if self.write.data_bytes(chunk.get(..size).unwrap().to_vec()).await.is_err() {
                        return;
                    }
                    left -= size as u64;
                }
            }
            Act::Eof => {
                let _ = self.write.eof().await;
            }
            Act::Status(status) => {
                let _ = self.write.exit_status(status).await;
            }
            Act::Signal(signal) => {
                let request = self.handle.exit_signal_request(
                    self.id,
                    signal,
                    false,
                    String::new(),
                    String::new(),
                );
                let _ = request.await;
            }
            Act::Wait(notify) => notify.notified().await,
            Act::Cut => self.cut.cancel(),
            Act::HangUp(why) => hang_up(&self.handle, why).await,
        }
    }
}

async fn run(
    shared: &Arc<Shared>,
    stage: &Stage,
    mut read: ChannelReadHalf,
    peer: SocketAddr,
    command: &str,
    open: OpenChannel,
) {
    let here = shared.address;
    let connection = format!("{} {} {} {}", peer.ip(), peer.port(), here.ip(), here.port());
    let mut child = Command::new("/bin/sh")
        .args(["-c", command])
        .env_clear()
        .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        .env("HOME", "/")
        .env("USER", "root")
        .env("SSH_CONNECTION", connection)
        .envs(shared.behaviour().env)
        .current_dir("/")
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let group = shared.children.add(&child);

    let (input, mut typed) = mpsc::channel::<Vec<u8>>(64);
    let mut stdin = child.stdin.take().unwrap();
    std::thread::spawn(move || {
        while let Some(bytes) = typed.blocking_recv() {
            if stdin.write_all(&bytes).is_err() {
                return;
            }
        }
    });
    let (output, mut printed) = mpsc::channel(16);
    pump(child.stdout.take().unwrap(), output.clone(), false);
    pump(child.stderr.take().unwrap(), output, true);
    let (ended, end) = oneshot::channel();
    let children = Arc::clone(shared);
    std::thread::spawn(move || {
        let status = child.wait().unwrap();
        children.children.0.lock().unwrap().remove(&group);
        // as in sshd, the session is taken until its process has ended
        drop(open);
        let _ = ended.send(status);
    });

    let fed = async {
        let mut input = Some(input);
        while let Some(message) = read.wait().await {
            match message {
                ChannelMsg::Data { data } => {
                    if let Some(input) = &input {
                        // a command that does not read its input loses it
                        let _ = input.send(data.to_vec()).await;
                    }
                }
                ChannelMsg::Eof => input = None,
                ChannelMsg::Close => return,
                _ => {}
            }
        }
    };
    let shown = async {
        while let Some((is_error, bytes)) = printed.recv().await {
            let marked = is_marked(shared, &bytes);
            if is_error {
                let _ = stage.write.extended_data_bytes(1, bytes).await;
            } else {
                let _ = stage.write.data_bytes(bytes).await;
            }
            if marked {
                stage.cut.cancel();
                return;
            }
        }
        if let Ok(status) = end.await {
            say_end(stage, status).await;
        }
    };
    tokio::select! {
        () = fed => {}
        () = shown => {}
    }
}

/// Whether this output is what the connection is to be cut on; only once.
fn is_marked(shared: &Shared, bytes: &[u8]) -> bool {
    let mut behaviour = shared.behaviour.lock().unwrap();
    let marked = behaviour
        .cut_on
        .as_ref()
        .is_some_and(|mark| String::from_utf8_lossy(bytes).contains(mark.as_str()));
    if marked {
        behaviour.cut_on = None;
    }
    marked
}

async fn say_end(stage: &Stage, status: ExitStatus) {
    match (status.code(), status.signal()) {
        (Some(code), _) => stage.act(Act::Status(u32::try_from(code).unwrap())).await,
        (None, signal) => stage.act(Act::Signal(signal_name(signal.unwrap_or_default()))).await,
    }
    stage.act(Act::Eof).await;
    let _ = stage.write.close().await;
}

fn signal_name(number: i32) -> Sig {
    match number {
        1 => Sig::HUP,
        2 => Sig::INT,
        6 => Sig::ABRT,
        9 => Sig::KILL,
        11 => Sig::SEGV,
        13 => Sig::PIPE,
        15 => Sig::TERM,
        other => Sig::Custom(format!("{other}@brokeforge.test")),
    }
}

fn pump(
    mut from: impl Read + Send + 'static,
    output: mpsc::Sender<(bool, Vec<u8>)>,
    is_error: bool,
) {
    std::thread::spawn(move || {
        let mut buffer = vec![0; 32 * 1024];
        while let Ok(size) = from.read(&mut buffer) {
            let bytes = buffer.get(..size).unwrap().to_vec();
            if size == 0 || output.blocking_send((is_error, bytes)).is_err() {
                return;
            }
        }
    });
}
