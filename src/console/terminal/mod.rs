//! The tty: modes, keys, frames, signals, suspend and resume, and noticing that it is gone.
//!
//! Every mode that is switched on is owned by [`modes`] and undone on every way out: leaving, an error, a panic in any
//! thread, a signal, Ctrl-Z. Reading ([`input`]) and writing ([`writer`]) have a thread each, so that neither a silent nor
//! a stuck terminal holds up the loop. May touch `console::message` and the `ratatui` and `rustix` crates. Start at
//! [`Terminal`].

mod capability;
mod clipboard;
mod input;
mod keys;
mod modes;
mod output;
mod paint;
mod signals;
mod writer;

use crate::console::message::Area;
use ratatui::Frame;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;

pub use capability::{Capability, Refusal};
pub use input::Input;
pub use modes::restore;
pub use paint::Painter;
pub use signals::{Signal, Signals};

/// A frame that has not been taken for this long is worth a word to the operator.
pub const SLOW_AFTER: Duration = Duration::from_secs(2);

/// After this long without a SIGCONT the kernel has ignored our SIGTSTP: nobody is there who could resume us (an orphaned
/// process group, as under `ssh -t host cutover`). Stopping takes effect within microseconds.
const STOPS_WITHIN: Duration = Duration::from_millis(100);

/// BEL: sound, flash, or the mark on a tmux window, as the user has set it.
const BELL: u8 = 7;

/// The terminal while it is ours. Dropping it gives it back.
pub struct Terminal {
    painter: paint::Painter,
    writer: writer::Writer,
    input: tokio::sync::mpsc::Receiver<Input>,
    written: Arc<Notify>,
    /// The next frame rings the bell.
    ringing: bool,
    between: clipboard::Between,
    /// For the clipboard, to be sent when no frame is under way.
    aside: Option<Vec<u8>>,
}

impl Terminal {
    /// Takes the terminal: modes on, threads started, nothing drawn yet.
    ///
    /// # Errors
    /// When the terminal refuses its modes or a thread cannot start; everything is undone by then.
    pub fn enter() -> io::Result<Self> {
        // The theme alone decides on colours; crossterm would otherwise answer NO_COLOR by resetting bold and reverse too.
        crossterm::style::force_color_output(true);
        let written = Arc::new(Notify::new());
        let output = Arc::new(output::Output::open());
        let writer = writer::Writer::start(Arc::clone(&output), Arc::clone(&written))?;
        let input = input::start()?;
        modes::enter(&output, &writer)?;
        let between = clipboard::Between::here();
        let painter = paint::Painter::new(size());
        Ok(Self { painter, writer, input, written, ringing: false, between, aside: None })
    }

    /// The size the next frame is painted for.
    pub fn area(&self) -> Area {
        self.painter.area()
    }

    /// Asks the terminal for its size. Returns it if it has changed; the next frame is then painted whole.
    pub fn resized(&mut self) -> Option<Area> {
        let now = size();
        (now != self.painter.area()).then(|| {
            self.painter.resize(now);
            now
        })
    }

    /// True when a frame can be handed over: none is being written.
    pub fn ready(&self) -> bool {
        self.writer.busy_since().is_none()
    }

    /// Since when the frame being written has been waiting.
    pub fn busy_since(&self) -> Option<Instant> {
        self.writer.busy_since()
    }

    /// Paints one frame and hands its bytes, if there are any, to the writer thread.
    pub fn paint(&mut self, view: impl FnOnce(&mut Frame)) -> io::Result<()> {
        let mut bytes = self.painter.paint(view)?;
        if std::mem::take(&mut self.ringing) {
            bytes.push(BELL);
        }
        if !bytes.is_empty() {
            self.writer.send(bytes);
        }
        Ok(())
    }

    /// Rings the bell with the next frame: a byte of its own could land in the middle of one.
    pub fn ring(&mut self) {
        self.ringing = true;
    }

    /// Puts a text into the clipboard of whoever looks, as soon as no frame is under way; a newer one takes its place.
    pub fn copy(&mut self, text: &str) {
        self.aside = Some(self.between.copy(text));
    }

    /// Hands over what goes to the terminal beside the frames. Call only when [`Terminal::ready`].
    pub fn send_aside(&mut self) {
        if let Some(bytes) = self.aside.take() {
            self.writer.send(bytes);
        }
    }

    /// Makes the next frame paint every cell.
    pub fn repaint(&mut self) {
        self.painter.forget();
    }

    /// The next thing the terminal said. `None` when its thread has ended, which is a loss too.
    pub async fn next_input(&mut self) -> Input {
        self.input.recv().await.unwrap_or(Input::Lost)
    }

    /// What the terminal has said meanwhile, without waiting.
    pub fn more_input(&mut self) -> Option<Input> {
        self.input.try_recv().ok()
    }

    /// Notified when the writer thread has taken or lost a frame.
    pub fn written(&self) -> Arc<Notify> {
        Arc::clone(&self.written)
    }

    /// True when a write told us that nobody is at the other end.
    pub fn lost(&self) -> bool {
        self.writer.lost()
    }

    /// Gives the terminal back, stops this process group as Ctrl-Z does, and takes the terminal again on SIGCONT.
    pub async fn suspend(&mut self, signals: &mut Signals) -> io::Result<()> {
        restore();
        // The whole group: whoever started us and waits (cargo, a script) must stop too, or the shell never gets control.
        rustix::process::kill_current_process_group(rustix::process::Signal::TSTP)?;
        // The stop is asynchronous; taking the terminal again before it would leave the shell a raw terminal.
        let _ = tokio::time::timeout(STOPS_WITHIN, signals.continued()).await;
        modes::enter(self.writer.output(), &self.writer)?;
        self.after_absence();
        Ok(())
    }

    /// After a SIGCONT that we did not ask for (`kill -STOP`, `-CONT`): the shell may have changed every mode.
    pub fn resume(&mut self) -> io::Result<()> {
        modes::enter_again()?;
        self.after_absence();
        Ok(())
    }

    fn after_absence(&mut self) {
        self.painter.resize(size());
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        restore();
    }
}

/// Size in cells. Some terminals say 0 by 0 (serial lines, some `docker exec`): then the environment, then 80 by 24.
pub fn size() -> Area {
    let said = rustix::termios::tcgetwinsize(rustix::stdio::stdout()).map(|size| (size.ws_col, size.ws_row));
    let env = |name| std::env::var(name).ok().and_then(|text| text.parse::<u16>().ok()).filter(|n| *n > 0);
    let (width, height) = said.unwrap_or((0, 0));
    Area {
        width: if width > 0 { width } else { env("COLUMNS").unwrap_or(80) },
        height: if height > 0 { height } else { env("LINES").unwrap_or(24) },
    }
}
