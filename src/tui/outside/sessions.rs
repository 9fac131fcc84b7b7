//! Sessions outside: one task each carries bytes between the host and the terminal in memory.
//!
//! A task parses by itself, in pieces, so that neither the loop nor another session waits for a
//! flood; what the host asks of its terminal is answered to that host and to nobody else.

use std::collections::{HashMap, VecDeque};
use std::future::pending;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use crate::domain::{Failure, Time};
use crate::fleet::{Fleet, Session, SessionInput, SessionOutput, SessionRequest, Size, Terminal};
use crate::tui::effect::{SessionAct, SessionKey};
use crate::tui::emulator::{Fed, Handle};
use crate::tui::event::{Event, SessionNews};
use crate::tui::run::Report;

/// What `TERM` says on the hosts.
const TERM: &str = "xterm-256color";
/// Acts that wait for a session's task.
const ACTS: usize = 256;
/// Bytes that are parsed before anybody else gets the terminal.
const PIECE: usize = 8 << 10;
/// Bytes on their way to a host that takes none: what more is typed is refused, and what the host
/// asked of its terminal stays unanswered.
const MOST_WAITING: usize = 2 << 20;

/// The tasks of all sessions.
#[derive(Debug, Default)]
pub struct Sessions {
    tasks: HashMap<SessionKey, mpsc::Sender<SessionAct>>,
}

impl Sessions {
    /// Does something with a session; answers news when it could not be done.
    pub fn perform(
        &mut self,
        key: SessionKey,
        act: SessionAct,
        fleet: &Fleet,
        results: &mpsc::Sender<Report>,
    ) -> Option<Event> {
        match act {
            SessionAct::Open(server, terminal) => {
                let (sender, acts) = mpsc::channel(ACTS);
                self.tasks.insert(key, sender);
                let (columns, rows) = terminal.with(|terminal| terminal.size());
                let size = Size { columns, rows };
                let request = SessionRequest {
                    server,
                    command: None,
                    terminal: Some(Terminal { name: TERM.to_owned(), size }),
                    // It is always read.
                    apart: false,
                };
                let fleet = fleet.clone();
                let task = Task { key, terminal, acts, results: results.clone(), told: None };
                tokio::spawn(async move { task.open(fleet, request, size).await });
                None
            }
            SessionAct::Close => {
                // Its task ends with the last sender.
                self.tasks.remove(&key);
                None
            }
            act => {
                let typed = matches!(act, SessionAct::Input(_));
                let lost = self.tasks.get(&key)?.try_send(act).is_err();
                (lost && typed).then_some(Event::Session(key, SessionNews::Full))
            }
        }
    }

    /// Ends all of them.
    pub fn end(&mut self) {
        self.tasks.clear();
    }
}

struct Task {
    key: SessionKey,
    terminal: Handle,
    acts: mpsc::Receiver<SessionAct>,
    results: mpsc::Sender<Report>,
    /// The title that was told last.
    told: Option<String>,
}

impl Task {
    async fn open(mut self, fleet: Fleet, request: SessionRequest, mut size: Size) {
        let opening = fleet.open_session(request);
        tokio::pin!(opening);
        let asked = size;
        let opened = loop {
            tokio::select! {
                act = self.acts.recv() => match act {
                    None | Some(SessionAct::Close) => return,
                    Some(SessionAct::Resize(columns, rows)) => size = Size { columns, rows },
                    // Nobody is there yet to type to.
                    Some(_) => {}
                },
                opened = &mut opening => break opened,
            }
        };
        match opened {
            Ok(session) => {
                self.tell(SessionNews::Opened).await;
                let mut waiting = VecDeque::new();
                if size != asked {
                    waiting.push_back(SessionInput::Resize(size));
                }
                self.carry(session, waiting).await;
            }
            Err(failure) => self.tell(SessionNews::Lost(failure)).await,
        }
    }

    async fn carry(mut self, mut session: Session, mut waiting: VecDeque<SessionInput>) {
        let mut bytes = 0;
        loop {
            let deadline = self.terminal.with(|terminal| terminal.deadline());
            let input = session.input.clone();
            tokio::select! {
                biased;
                act = self.acts.recv(), if bytes < MOST_WAITING => match act {
                    None | Some(SessionAct::Close) => return,
                    Some(SessionAct::Input(typed)) => {
                        bytes += typed.len();
                        waiting.push_back(SessionInput::Data(typed));
                    }
                    Some(SessionAct::Resize(columns, rows)) => {
                        waiting.push_back(SessionInput::Resize(Size { columns, rows }));
                    }
                    Some(SessionAct::Open(..)) => {}
                },
                permit = input.reserve(), if !waiting.is_empty() => {
                    let (Ok(permit), Some(next)) = (permit, waiting.pop_front()) else {
                        waiting.clear();
                        continue;
                    };
                    if let SessionInput::Data(sent) = &next {
                        bytes = bytes.saturating_sub(sent.len());
                    }
                    permit.send(next);
                }
                output = session.output.recv() => {
                    let ended = match output {
                        Some(SessionOutput::Out(output) | SessionOutput::Err(output)) => {
                            for piece in output.chunks(PIECE) {
                                let fed = self.terminal.with(|terminal| terminal.feed(piece));
                                bytes += self.answer(fed, bytes, &mut waiting).await;
                                tokio::task::yield_now().await;
                            }
                            None
                        }
                        Some(SessionOutput::End { status, signal }) => {
                            Some(SessionNews::Ended(how(status, signal)))
                        }
                        Some(SessionOutput::Lost(failure)) => Some(SessionNews::Lost(failure)),
                        None => Some(SessionNews::Lost(Failure::internal("The session went away."))),
                    };
                    if let Some(news) = ended.or_else(|| self.broken()) {
                        return self.tell(news).await;
                    }
                }
                () = until(deadline) => {
                    let fed = self.terminal.with(|terminal| terminal.stop_sync());
                    bytes += self.answer(fed, bytes, &mut waiting).await;
                }
            }
        }
    }

    /// Sends back what the host asked for, and tells the screen; answers how many bytes wait more.
    async fn answer(
        &mut self,
        fed: Fed,
        bytes: usize,
        waiting: &mut VecDeque<SessionInput>,
    ) -> usize {
        let mut more = 0;
        if !fed.replies.is_empty() && bytes < MOST_WAITING {
            more = fed.replies.len();
            waiting.push_back(SessionInput::Data(fed.replies));
        }
        if fed.title {
            let title = self.terminal.with(|terminal| terminal.title().map(str::to_owned));
            if title != self.told {
                self.told.clone_from(&title);
                self.tell(SessionNews::Title(title)).await;
            }
        }
        if self.terminal.fed(Time::now()) {
            self.tell(SessionNews::Fed).await;
        }
        more
    }

    fn broken(&self) -> Option<SessionNews> {
        self.terminal.with(|terminal| terminal.is_broken()).then(|| {
            SessionNews::Lost(Failure::internal(
                "What the host sent broke the terminal of this session, and of no other.",
            ))
        })
    }

    async fn tell(&self, news: SessionNews) {
        let event = Event::Session(self.key, news);
        // The loop may be over; then nobody wants it.
        let _over = self.results.send(Report { load: None, event }).await;
    }
}

async fn until(deadline: Option<std::time::Instant>) {
    match deadline {
        Some(deadline) => sleep_until(Instant::from_std(deadline)).await,
        None => pending().await,
    }
}

fn how(status: Option<i32>, signal: Option<String>) -> String {
    match (status, signal) {
        (_, Some(signal)) => format!("The shell was ended by the signal {signal}"),
        (Some(status), None) => format!("The shell ended with status {status}"),
        (None, None) => "The shell ended".to_owned(),
    }
}
