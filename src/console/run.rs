//! The loop: wait for whatever happens first, drain everything, update, render at most once.
//!
//! It never awaits a send and never waits for the terminal. Effects that concern the terminal are done here; all others
//! go to `app`, which answers with messages through the inbox.

use crate::app::{Clock, Inbox};
use crate::console::guard::{Guard, Verdict};
use crate::console::message::{Effect, Key, Message};
use crate::console::terminal::{Input, SLOW_AFTER, Signal, Signals, Terminal};
use crate::model::Problem;
use jiff::Timestamp;
use ratatui::Frame;
use std::io;
use std::time::{Duration, Instant};

/// The pure half: state, update, view.
pub trait Program {
    fn update(&mut self, message: Message, now: Timestamp) -> Vec<Effect>;
    fn view(&self, frame: &mut Frame);
    fn next_deadline(&self, now: Timestamp) -> Option<Timestamp>;
    /// The question on screen whose answer changes something: its keys are guarded.
    fn question(&self) -> Option<u64>;
    /// Whether this key says yes to a question.
    fn confirms(&self, key: Key) -> bool;
}

/// How it ended. The terminal is given back by then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    pub status: u8,
    pub problem: Option<Problem>,
}

impl Ended {
    fn with(status: u8) -> Self {
        Self { status, problem: None }
    }
}

/// Status when the terminal is gone: as if SIGHUP had come, which it often does as well.
const LOST: u8 = 129;

/// A deadline that has already passed is served this late, so that no mistake of a state can make us spin.
const SOONEST: Duration = Duration::from_millis(20);

const JOINED: &str = "that key came together with the one before it, as in pasted text: press it again";
const UNENDED: &str = "a paste has begun and does not end: until it does no key is read but Ctrl-C, which leaves";

/// Runs until the program leaves, a signal ends it, or the terminal is lost.
///
/// # Errors
/// When the terminal cannot be entered at all.
pub fn run(
    program: impl FnOnce(crate::console::message::Area, Timestamp) -> Box<dyn Program>,
    inbox: &Inbox,
    clock: Clock,
    perform: &mut dyn FnMut(Effect),
) -> io::Result<Ended> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let signals = Signals::listen()?;
        let terminal = Terminal::enter()?;
        let program = program(terminal.area(), clock.now());
        let mut run = Run {
            program,
            terminal,
            signals,
            inbox,
            clock,
            perform,
            guard: Guard::default(),
            dirty: true,
            told_slow: None,
        };
        Ok(run.until_ended().await)
    })
}

struct Run<'a> {
    program: Box<dyn Program>,
    terminal: Terminal,
    signals: Signals,
    inbox: &'a Inbox,
    clock: Clock,
    perform: &'a mut dyn FnMut(Effect),
    guard: Guard,
    dirty: bool,
    /// The stuck frame the operator has been told of, by the time it was handed over.
    told_slow: Option<Instant>,
}

/// What woke the loop.
enum Woke {
    Input(Input),
    Signal(Signal),
    Inbox,
    Written,
    Deadline,
    Slow,
    /// Keys begin to count.
    Admitted,
}

/// What the state is told, a key with the time it was read.
enum Told {
    Key(Key, Instant),
    Message(Message),
}

impl From<Message> for Told {
    fn from(message: Message) -> Self {
        Self::Message(message)
    }
}

impl Run<'_> {
    async fn until_ended(&mut self) -> Ended {
        loop {
            if self.terminal.lost() {
                return Ended::with(LOST);
            }
            if self.terminal.ready() {
                self.guard.written(Instant::now());
                self.terminal.send_aside();
            }
            if self.dirty && self.terminal.ready() {
                self.dirty = false;
                let program = &self.program;
                if self.terminal.paint(|frame| program.view(frame)).is_err() {
                    return Ended::with(LOST);
                }
                self.guard.painted();
                // Nothing had to be written.
                if self.terminal.ready() {
                    self.guard.written(Instant::now());
                }
            }
            let woke = self.wait().await;
            if let Some(ended) = self.serve(woke).await {
                return ended;
            }
        }
    }

    async fn wait(&mut self) -> Woke {
        let deadline = self.deadline();
        let slow = self.terminal.busy_since().filter(|since| self.told_slow != Some(*since)).map(|at| at + SLOW_AFTER);
        let (written, admitted) = (self.terminal.written(), self.guard.due());
        tokio::select! {
            biased;
            signal = self.signals.next() => Woke::Signal(signal),
            input = self.terminal.next_input() => Woke::Input(input),
            () = written.notified() => Woke::Written,
            () = self.inbox.changed() => Woke::Inbox,
            () = until(deadline) => Woke::Deadline,
            () = until(slow) => Woke::Slow,
            () = until(admitted) => Woke::Admitted,
        }
    }

    /// When the state wants to be painted again; a frozen clock never gets there.
    fn deadline(&self) -> Option<Instant> {
        let now = match self.clock {
            Clock::System => self.clock.now(),
            Clock::Frozen(_) => return None,
        };
        let due = self.program.next_deadline(now)?;
        let wait = Duration::try_from(due.duration_since(now)).unwrap_or(Duration::ZERO);
        Some(Instant::now() + wait.max(SOONEST))
    }

    /// Handles what woke us and everything else that waits by now.
    async fn serve(&mut self, woke: Woke) -> Option<Ended> {
        let mut messages: Vec<Told> = Vec::new();
        match woke {
            Woke::Signal(Signal::End(status)) => return Some(Ended::with(status)),
            Woke::Signal(Signal::Continued) => {
                if self.terminal.resume().is_err() {
                    return Some(Ended::with(LOST));
                }
                messages.extend([Message::Resumed, Message::Resize(self.terminal.area())].map(Told::from));
                self.guard.forget();
                self.dirty = true;
            }
            Woke::Signal(Signal::Resized) => {
                messages.extend(self.terminal.resized().map(|area| Message::Resize(area).into()));
            }
            Woke::Input(Input::Lost) => return Some(Ended::with(LOST)),
            Woke::Input(input) => messages.extend(told(input)),
            // The inbox is drained below in any case; a frame that went out makes room for the next.
            Woke::Inbox | Woke::Written | Woke::Admitted => {}
            Woke::Deadline => messages.push(Message::Tick.into()),
            Woke::Slow => {
                self.told_slow = self.terminal.busy_since();
                messages.push(Message::TerminalSlow.into());
            }
        }
        while let Some(input) = self.terminal.more_input() {
            if input == Input::Lost {
                return Some(Ended::with(LOST));
            }
            messages.extend(told(input));
        }
        messages.extend(self.inbox.drain().into_iter().map(Told::from));
        self.update(messages).await
    }

    async fn update(&mut self, told: Vec<Told>) -> Option<Ended> {
        for one in told {
            if let Some(ended) = self.admit().await {
                return Some(ended);
            }
            let message = match one {
                Told::Key(key, read_at) => match self.guard.judge(key, read_at, self.program.confirms(key)) {
                    Verdict::Counts => Message::Key(key),
                    Verdict::Early => continue,
                    Verdict::Joined => Message::NotTaken(JOINED),
                },
                Told::Message(message) => message,
            };
            if let Some(ended) = self.one(message).await {
                return Some(ended);
            }
        }
        self.admit().await
    }

    /// Tells the state when keys begin to count.
    async fn admit(&mut self) -> Option<Ended> {
        let id = self.guard.tell(Instant::now())?;
        self.one(Message::Admitted { id }).await
    }

    async fn one(&mut self, message: Message) -> Option<Ended> {
        self.dirty = true;
        let effects = self.program.update(message, self.clock.now());
        self.guard.opened(self.program.question());
        for effect in effects {
            match effect {
                Effect::Leave { status, problem } => return Some(Ended { status, problem }),
                Effect::Repaint => self.terminal.repaint(),
                Effect::Bell => self.terminal.ring(),
                Effect::Copy(text) => self.terminal.copy(&text),
                Effect::Suspend => {
                    if self.terminal.suspend(&mut self.signals).await.is_err() {
                        return Some(Ended::with(LOST));
                    }
                    self.guard.forget();
                    let told = vec![Message::Resumed.into(), Message::Resize(self.terminal.area()).into()];
                    // Boxed: these can themselves have effects, and this is rare.
                    if let Some(ended) = Box::pin(self.update(told)).await {
                        return Some(ended);
                    }
                }
                other => (self.perform)(other),
            }
        }
        None
    }
}

fn told(input: Input) -> Option<Told> {
    match input {
        Input::Key(key, read_at) => Some(Told::Key(key, read_at)),
        Input::Paste(text) => Some(Message::Paste(text).into()),
        Input::Unended => Some(Message::NotTaken(UNENDED).into()),
        Input::Focus(gained) => Some(Message::Focus(gained).into()),
        Input::Lost => None,
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
