//! The very loop of the product, on a test terminal, with time that stands still.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use crossterm::event::Event as Input;
use futures::stream::{self, BoxStream, StreamExt};
use ratatui::Terminal;
use ratatui::backend::{Backend, ClearType, TestBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::fixtures;
use super::screen::{parse, start};
use crate::domain::{Change, ChangeKind};
use crate::fleet::{Notice, VaultState};
use crate::tui::background::Background;
use crate::tui::console::Console;
use crate::tui::effect::{Data, Effect, Load, SessionAct};
use crate::tui::emulator::Handle;
use crate::tui::event::{Event, SessionNews};
use crate::tui::moment::Moment;
use crate::tui::run::{Loop, Outside, Report, Signal, Wires};
use crate::tui::state::State;
use crate::tui::style::{Hues, Theme};

/// Counts the frames.
struct Counting(TestBackend, Arc<AtomicUsize>);

impl Backend for Counting {
    type Error = <TestBackend as Backend>::Error;
    fn draw<'a, I>(&mut self, content: I) -> Result<(), Self::Error>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        self.0.draw(content)
    }
    fn hide_cursor(&mut self) -> Result<(), Self::Error> {
        self.0.hide_cursor()
    }
    fn show_cursor(&mut self) -> Result<(), Self::Error> {
        self.0.show_cursor()
    }
    fn get_cursor_position(&mut self) -> Result<Position, Self::Error> {
        self.0.get_cursor_position()
    }
    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), Self::Error> {
        self.0.set_cursor_position(position)
    }
    fn clear(&mut self) -> Result<(), Self::Error> {
        self.0.clear()
    }
    fn clear_region(&mut self, region: ClearType) -> Result<(), Self::Error> {
        self.0.clear_region(region)
    }
    fn size(&self) -> Result<Size, Self::Error> {
        self.0.size()
    }
    fn window_size(&mut self) -> Result<WindowSize, Self::Error> {
        self.0.window_size()
    }
    fn flush(&mut self) -> Result<(), Self::Error> {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.flush()
    }
}

/// Answers nothing; keeps the loads.
struct Quiet(Vec<Load>, Sent);

impl Outside for Quiet {
    fn perform(&mut self, effect: Effect) -> Option<Event> {
        match effect {
            Effect::Load(load) => self.0.push(load),
            Effect::Session(_, act) => self.1.0.lock().unwrap().push(act),
            _ => {}
        }
        None
    }
    fn over(&mut self, _: Load) {}
}

/// A terminal that only notes what is asked of it.
struct Noted(BoxStream<'static, io::Result<Input>>, Arc<Mutex<Vec<&'static str>>>);

impl Console for Noted {
    fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Input>>> {
        self.0.poll_next_unpin(cx)
    }
    fn asks(&self) -> bool {
        true
    }
    fn mouse(&mut self, on: bool) -> io::Result<()> {
        self.1.lock().unwrap().push(if on { "mouse" } else { "no mouse" });
        Ok(())
    }
    fn give_back(&mut self) {
        self.1.lock().unwrap().push("give back");
    }
    fn take_again(&mut self, mouse: bool) -> io::Result<()> {
        self.1.lock().unwrap().push(if mouse { "take with mouse" } else { "take" });
        Ok(())
    }
    fn stop(&mut self) {
        self.1.lock().unwrap().push("stop");
    }
}

/// Keeps what goes into sessions; knows the terminals.
#[derive(Clone, Default)]
struct Sent(Arc<Mutex<Vec<SessionAct>>>);

impl Sent {
    fn terminal(&self) -> Handle {
        let sent = self.0.lock().unwrap();
        let open = |act: &SessionAct| match act {
            SessionAct::Open(_, terminal) => Some(terminal.clone()),
            _ => None,
        };
        sent.iter().find_map(open).unwrap()
    }
}

struct Bench {
    sent: Sent,
    noted: Arc<Mutex<Vec<&'static str>>>,
    frames: Arc<AtomicUsize>,
    input: mpsc::Sender<io::Result<Input>>,
    changes: mpsc::Sender<Notice>,
    results: mpsc::Sender<Report>,
    signals: mpsc::Sender<Signal>,
    task: tokio::task::JoinHandle<String>,
}

fn wire<T: Send + 'static>() -> (mpsc::Sender<T>, BoxStream<'static, T>) {
    let (sender, receiver) = mpsc::channel(4096);
    let stream = stream::unfold(receiver, async |mut r| r.recv().await.map(|item| (item, r)));
    (sender, stream.boxed())
}

fn bench() -> Bench {
    let frames = Arc::new(AtomicUsize::new(0));
    let (input, inputs) = wire();
    let (changes, change) = wire();
    let (signals, signal) = wire();
    let (results, result) = mpsc::channel(4096);
    let counted = frames.clone();
    let sent = Sent::default();
    let kept = sent.clone();
    let noted = Arc::default();
    let console = Noted(inputs, Arc::clone(&noted));
    let task = tokio::spawn(async move {
        let mut terminal = Terminal::new(Counting(TestBackend::new(80, 24), counted)).unwrap();
        let now = Moment { since: Duration::ZERO, time: fixtures::now() };
        let (state, first) = State::new(start(VaultState::Open, (80, 24)), now);
        let mut looping = Loop {
            terminal: &mut terminal,
            console,
            theme: Theme { hues: Hues::Sixteen, ascii: false },
            state,
            outside: Quiet(Vec::new(), kept),
            clock: fixtures::now,
            began: Instant::now(),
            shape: None,
            background: Background::default(),
            lent: false,
        };
        let wires = Wires { signals: signal, changes: change, results: result };
        looping.run(wires, first).await.unwrap();
        terminal.backend().0.to_string()
    });
    Bench { sent, noted, frames, input, changes, results, signals, task }
}

impl Bench {
    /// Lets the loop work until it waits; the paused clock moves on only when all do.
    async fn idle(&self, time: Duration) -> usize {
        let before = self.frames.load(Ordering::SeqCst);
        tokio::time::sleep(time).await;
        self.frames.load(Ordering::SeqCst) - before
    }

    fn keys(&self, script: &str) {
        for key in parse(script) {
            self.input.try_send(Ok(Input::Key(key))).unwrap();
        }
    }
}

fn notice(n: u64) -> Notice {
    Notice::Change(Change {
        seq: n,
        time: fixtures::now(),
        kind: ChangeKind::Server,
        id: fixtures::server_id(1).to_string(),
        server: Some(fixtures::server_id(1)),
        site: None,
    })
}

#[tokio::test(start_paused = true)]
async fn idle_draws_nothing() {
    let bench = bench();
    assert_eq!(bench.idle(Duration::from_millis(1)).await, 1);
    assert_eq!(bench.idle(Duration::from_secs(3600)).await, 0);
    bench.keys("?");
    assert_eq!(bench.idle(Duration::from_secs(3600)).await, 1);
}

#[tokio::test(start_paused = true)]
async fn what_waits_together_is_drawn_once_and_changes_keep_their_distance() {
    let bench = bench();
    bench.idle(Duration::from_millis(100)).await;
    for n in 0..500 {
        bench.changes.try_send(notice(n)).unwrap();
    }
    assert_eq!(bench.idle(Duration::from_millis(1)).await, 1);
    // One change each millisecond: frames come at most every 16 ms.
    let mut frames = 0;
    for n in 0..160 {
        bench.changes.try_send(notice(n)).unwrap();
        frames += bench.idle(Duration::from_millis(1)).await;
    }
    assert!((8..=11).contains(&frames), "{frames}");
    // A key does not wait for that.
    bench.changes.try_send(notice(1)).unwrap();
    bench.keys("?");
    assert_eq!(bench.idle(Duration::from_micros(1)).await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_toast_fades_by_itself_and_then_it_is_quiet() {
    let bench = bench();
    let data = Data::Servers(fixtures::fleet());
    bench.results.send(Report { load: None, event: Event::Loaded(Ok(data)) }).await.unwrap();
    bench.keys("c");
    assert!(bench.idle(Duration::from_secs(1)).await >= 1);
    assert_eq!(bench.idle(Duration::from_secs(4)).await, 1);
    assert_eq!(bench.idle(Duration::from_secs(3600)).await, 0);
}

#[tokio::test(start_paused = true)]
async fn an_echo_is_drawn_at_once_and_a_flood_at_most_every_frame() {
    let bench = bench();
    let data = Data::Servers(fixtures::fleet());
    bench.results.send(Report { load: None, event: Event::Loaded(Ok(data)) }).await.unwrap();
    bench.idle(Duration::from_secs(1)).await;
    bench.keys("js");
    bench.idle(Duration::from_secs(1)).await;
    let news = |news| Report { load: None, event: Event::Session(1, news) };
    bench.results.send(news(SessionNews::Opened)).await.unwrap();
    let terminal = bench.sent.terminal();
    let says = |text: &[u8]| {
        terminal.with(|terminal| terminal.feed(text));
        if terminal.fed(fixtures::now()) {
            bench.results.try_send(news(SessionNews::Fed)).unwrap();
        }
    };
    bench.idle(Duration::from_secs(1)).await;
    // The key goes out and draws nothing; its echo does, at once, even right behind a frame.
    says(b"prompt");
    assert_eq!(bench.idle(Duration::from_micros(1)).await, 1);
    bench.keys("x");
    assert_eq!(bench.idle(Duration::from_micros(1)).await, 0);
    assert!(matches!(
        bench.sent.0.lock().unwrap().last(),
        Some(SessionAct::Input(bytes)) if bytes == b"x"
    ));
    says(b"x");
    assert_eq!(bench.idle(Duration::from_micros(1)).await, 1);
    // A piece each millisecond, and nobody types.
    let mut frames = 0;
    for _ in 0..160 {
        says(b"flood\r\n");
        frames += bench.idle(Duration::from_millis(1)).await;
    }
    assert!((8..=11).contains(&frames), "{frames}");
    // The end of it is drawn as well; then it is quiet.
    assert!(bench.idle(Duration::from_secs(3600)).await <= 1);
    assert_eq!(bench.idle(Duration::from_secs(3600)).await, 0);
}

#[tokio::test(start_paused = true)]
async fn it_ends_with_its_input_with_a_signal_and_with_a_key() {
    let ended = bench();
    drop(ended.input);
    ended.task.await.unwrap();
    let broken = bench();
    broken.input.send(Err(io::Error::other("gone"))).await.unwrap();
    broken.task.await.unwrap();
    let told = bench();
    told.signals.send(Signal::End).await.unwrap();
    told.task.await.unwrap();
    let quit = bench();
    quit.keys("Q");
    assert!(quit.task.await.unwrap().contains("servers"));
}

#[tokio::test(start_paused = true)]
async fn the_mouse_is_released_and_taken_back_by_a_key() {
    let bench = bench();
    bench.keys("mm");
    bench.idle(Duration::from_millis(1)).await;
    assert_eq!(*bench.noted.lock().unwrap(), ["no mouse", "mouse"]);
}

#[tokio::test(start_paused = true)]
async fn a_stopped_screen_comes_back_whole() {
    let bench = bench();
    bench.keys("m<ctrl-z>");
    assert!(bench.idle(Duration::from_secs(5)).await >= 1);
    assert_eq!(
        *bench.noted.lock().unwrap(),
        ["no mouse", "give back", "stop", "take"],
        "the mouse stays released"
    );
    // Stopped and let go by somebody else: the same, without our doing.
    bench.signals.send(Signal::Continue).await.unwrap();
    assert_eq!(bench.idle(Duration::from_millis(1)).await, 1);
    assert_eq!(bench.noted.lock().unwrap().last(), Some(&"take"));
}

#[tokio::test(start_paused = true)]
async fn the_editor_has_the_terminal_until_it_ends() {
    let bench = bench();
    let data = Data::Servers(fixtures::fleet());
    bench.results.send(Report { load: None, event: Event::Loaded(Ok(data)) }).await.unwrap();
    bench.keys("a<ctrl-o>");
    bench.idle(Duration::from_secs(10)).await;
    assert_eq!(*bench.noted.lock().unwrap(), ["give back"]);
    // Meanwhile nothing is drawn, and what the editor is told is not for us.
    bench.changes.send(notice(1)).await.unwrap();
    bench.signals.send(Signal::Interrupt).await.unwrap();
    bench.signals.send(Signal::Continue).await.unwrap();
    assert_eq!(bench.idle(Duration::from_secs(10)).await, 0);
    let event = Event::Edited(Ok("db-9\n".into()));
    bench.results.send(Report { load: None, event }).await.unwrap();
    assert_eq!(bench.idle(Duration::from_secs(10)).await, 1);
    assert_eq!(*bench.noted.lock().unwrap(), ["give back", "take with mouse"]);
    // What was typed is asked about; the first answer that comes too soon would not count.
    bench.keys("<esc>");
    bench.idle(Duration::from_secs(1)).await;
    bench.keys("y");
    bench.idle(Duration::from_secs(1)).await;
    bench.keys("Q");
    bench.task.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_answer_about_the_background_is_no_key() {
    let bench = bench();
    bench.idle(Duration::from_secs(5)).await;
    let alt = |c| {
        crossterm::event::KeyEvent::new(
            crossterm::event::KeyCode::Char(c),
            crossterm::event::KeyModifiers::ALT,
        )
    };
    bench.input.send(Ok(Input::Key(alt(']')))).await.unwrap();
    bench.keys("11;rgb:ffff/ffff/ffff");
    bench.input.send(Ok(Input::Key(alt('\\')))).await.unwrap();
    assert_eq!(bench.idle(Duration::from_millis(1)).await, 1, "drawn once, in its new look");
    bench.keys("Q");
    assert!(bench.task.await.unwrap().contains("1 servers"), "no key went through");
}
