//! The loop: wait for whatever happens first, drain everything, update, render at most once.
//!
//! It never awaits a send and never waits for the terminal. Effects that concern the terminal are done here; all others
//! go to `app`, which answers with messages through the inbox.

use crate::app::{Clock, Inbox};
use crate::console::message::{Effect, Message};
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
        let mut run = Run { program, terminal, signals, inbox, clock, perform, dirty: true, told_slow: None };
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
}

impl Run<'_> {
    async fn until_ended(&mut self) -> Ended {
        loop {
            if self.terminal.lost() {
                return Ended::with(LOST);
            }
            if self.terminal.ready() {
                self.terminal.send_aside();
            }
            if self.dirty && self.terminal.ready() {
                self.dirty = false;
                let program = &self.program;
                if self.terminal.paint(|frame| program.view(frame)).is_err() {
                    return Ended::with(LOST);
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
        let written = self.terminal.written();
        tokio::select! {
            biased;
            signal = self.signals.next() => Woke::Signal(signal),
            input = self.terminal.next_input() => Woke::Input(input),
            () = written.notified() => Woke::Written,
            () = self.inbox.changed() => Woke::Inbox,
            () = until(deadline) => Woke::Deadline,
            () = until(slow) => Woke::Slow,
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
        let mut messages = Vec::new();
        match woke {
            Woke::Signal(Signal::End(status)) => return Some(Ended::with(status)),
            Woke::Signal(Signal::Continued) => {
                if self.terminal.resume().is_err() {
                    return Some(Ended::with(LOST));
                }
                messages.push(Message::Resize(self.terminal.area()));
                self.dirty = true;
            }
            Woke::Signal(Signal::Resized) => messages.extend(self.terminal.resized().map(Message::Resize)),
            Woke::Input(Input::Lost) => return Some(Ended::with(LOST)),
            Woke::Input(input) => messages.extend(message(input)),
            // The inbox is drained below in any case; a frame that went out makes room for the next.
            Woke::Inbox | Woke::Written => {}
            Woke::Deadline => messages.push(Message::Tick),
            Woke::Slow => {
                self.told_slow = self.terminal.busy_since();
                messages.push(Message::TerminalSlow);
            }
        }
        while let Some(input) = self.terminal.more_input() {
            if input == Input::Lost {
                return Some(Ended::with(LOST));
            }
            messages.extend(message(input));
        }
        messages.extend(self.inbox.drain());
        self.update(messages).await
    }

    async fn update(&mut self, messages: Vec<Message>) -> Option<Ended> {
        for message in messages {
            self.dirty = true;
            for effect in self.program.update(message, self.clock.now()) {
                match effect {
                    Effect::Leave { status, problem } => return Some(Ended { status, problem }),
                    Effect::Repaint => self.terminal.repaint(),
                    Effect::Bell => self.terminal.ring(),
                    Effect::Copy(text) => self.terminal.copy(&text),
                    Effect::Suspend => {
                        if self.terminal.suspend(&mut self.signals).await.is_err() {
                            return Some(Ended::with(LOST));
                        }
                        let area = self.terminal.area();
                        // Boxed: a resize can itself have effects, and this is rare.
                        if let Some(ended) = Box::pin(self.update(vec![Message::Resize(area)])).await {
                            return Some(ended);
                        }
                    }
                    other => (self.perform)(other),
                }
            }
        }
        None
    }
}

fn message(input: Input) -> Option<Message> {
    match input {
        Input::Key(key, _) => Some(Message::Key(key)),
        Input::Paste(text) => Some(Message::Paste(text)),
        Input::Focus(gained) => Some(Message::Focus(gained)),
        Input::Lost => None,
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
