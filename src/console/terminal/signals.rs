//! Signals as things that happen. SIGTSTP keeps its default: it stops us, and SIGCONT finds us here.

use std::io;
use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

/// What a signal means to the loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// End, with this exit status: 128 + the number of the signal, as shells report it.
    End(u8),
    Resized,
    Continued,
}

/// All signals the console listens to. Make it before the terminal is entered: a signal in between must not kill us there.
pub struct Signals {
    hangup: Stream,
    interrupt: Stream,
    quit: Stream,
    terminate: Stream,
    resized: Stream,
    continued: Stream,
}

impl Signals {
    /// # Errors
    /// When a handler cannot be installed. Needs a tokio runtime.
    pub fn listen() -> io::Result<Self> {
        let of = |raw: rustix::process::Signal| signal(SignalKind::from_raw(raw.as_raw()));
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            terminate: signal(SignalKind::terminate())?,
            resized: signal(SignalKind::window_change())?,
            continued: of(rustix::process::Signal::CONT)?,
        })
    }

    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            biased;
            _ = self.hangup.recv() => Signal::End(129),
            _ = self.interrupt.recv() => Signal::End(130),
            _ = self.quit.recv() => Signal::End(131),
            _ = self.terminate.recv() => Signal::End(143),
            _ = self.continued.recv() => Signal::Continued,
            _ = self.resized.recv() => Signal::Resized,
        }
    }

    pub async fn continued(&mut self) {
        self.continued.recv().await;
    }
}
