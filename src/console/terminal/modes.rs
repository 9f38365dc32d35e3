//! Every mode we switch on, owned in one place, so that whoever must undo them can: leaving, Ctrl-Z, a signal, a panic in
//! any thread. That last one is why the owner is a static: the panic hook gets no arguments.

use super::output::{Output, Wrote};
use super::writer::Writer;
use rustix::termios::{OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcsetattr};
use std::io;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, TryLockError};
use std::time::{Duration, Instant};

/// Alternate screen, cursor hidden, bracketed paste, focus reporting; then a clean sheet.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l\x1b[?2004h\x1b[?1004h\x1b[0m\x1b[2J\x1b[H";

/// The same, undone in reverse order. It begins with the end of a control string and of all styles, because it may follow
/// half a frame.
const LEAVE: &[u8] = b"\x1b\\\x1b[0m\x1b[?1004l\x1b[?2004l\x1b[?25h\x1b[?1049l";

/// How long a frame under way may take before it is abandoned, and then how long the way back may take. Together with the
/// second try below a stuck terminal holds us up for less than a second.
const GRACE: Duration = Duration::from_millis(250);

struct Active {
    /// The settings before us.
    before: Termios,
    output: Arc<Output>,
    writer: Writer,
}

static ACTIVE: Mutex<Option<Active>> = Mutex::new(None);

/// Switches every mode on. Remembers the settings found, so that they come back.
pub fn enter(output: &Arc<Output>, writer: &Writer) -> io::Result<()> {
    let before = tcgetattr(rustix::stdio::stdin())?;
    if let Some(mut active) = lock() {
        *active = Some(Active { before, output: Arc::clone(output), writer: writer.clone() });
    }
    enter_again()
}

/// Switches every mode on once more, whatever the shell has done to them; what was remembered stays.
pub fn enter_again() -> io::Result<()> {
    let Some(active) = lock() else { return Ok(()) };
    let Some(active) = active.as_ref() else { return Ok(()) };
    let mut raw = active.before.clone();
    raw.make_raw();
    tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, &raw)?;
    active.writer.close(GRACE);
    active.output.write(ENTER, &AtomicBool::new(false), Some(Instant::now() + GRACE));
    active.writer.open();
    Ok(())
}

/// Gives the terminal back as it was. Does nothing when it is not ours, and never takes as long as a second.
pub fn restore() {
    let Some(mut owner) = lock() else { return };
    let Some(active) = owner.take() else { return };
    let never = AtomicBool::new(false);
    active.writer.close(GRACE);
    let mut wrote = active.output.write(LEAVE, &never, Some(Instant::now() + GRACE));
    if wrote == Wrote::Part {
        // The terminal does not read. What it has not read yet is a frame nobody will look at: dropping it makes room for
        // the way back, which it then finds when it reads again.
        let _ = tcflush(&active.output, QueueSelector::OFlush);
        wrote = active.output.write(LEAVE, &never, Some(Instant::now() + GRACE));
    }
    if wrote != Wrote::Lost {
        // Keys typed for us must not become commands of the shell.
        let _ = tcflush(rustix::stdio::stdin(), QueueSelector::IFlush);
    }
    let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, &active.before);
}

/// Bounded, because a panic inside this file would otherwise wait for itself.
fn lock() -> Option<MutexGuard<'static, Option<Active>>> {
    for _ in 0..100 {
        match ACTIVE.try_lock() {
            Ok(guard) => return Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
        }
    }
    None
}
