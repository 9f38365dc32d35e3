//! One question on the terminal. What was typed before it could be read is no answer to it, and neither is pasted text.
//!
//! The terminal edits the line itself; it is only told to mark what is pasted, and that is undone on every way out.

use crate::console::PAUSE;
use crate::console::terminal::{Signal, Signals};
use rustix::termios::{QueueSelector, tcflush};
use std::fs::File;
use std::io::{self, Write as _, stderr, stdin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::time::Duration;

/// Before pasted text, from a terminal that marks it.
const PASTED: &str = "\x1b[200~";

const MARK_PASTES: &[u8] = b"\x1b[?2004h";
const AS_BEFORE: &[u8] = b"\x1b[?2004l";

/// What came while it stood there.
enum Said {
    /// `None`: the line was closed.
    Line(Option<String>),
    /// The program was stopped, and goes on.
    Continued,
}

/// Asks, and waits so long for one line. `None`: no answer came, or the line was closed. An answer that nobody can have typed
/// there is empty.
///
/// From here on a signal ends the program, see [`answer_and_go_on`].
pub fn answer(question: &str, within: Duration) -> Option<String> {
    answered(question, within, &Arc::default())
}

/// The same where something follows that has its own way to end: once it is answered, signals are left to that.
pub fn answer_and_go_on(question: &str, within: Duration) -> Option<String> {
    let over = Arc::default();
    let answer = answered(question, within, &over);
    over.store(true, Ordering::Relaxed);
    answer
}

fn answered(question: &str, within: Duration, over: &Arc<AtomicBool>) -> Option<String> {
    let (sender, said) = mpsc::channel();
    heed(sender.clone(), Arc::clone(over)).ok()?;
    tell(MARK_PASTES);
    let answer = asked(question, within, sender, &said);
    tell(AS_BEFORE);
    match answer? {
        Said::Line(line) if line.as_ref()?.contains(PASTED) => {
            note("pasted text answers nothing here: type it");
            // What follows its first line must not become commands of the shell.
            let _ = said.recv_timeout(PAUSE);
            forget_typed();
            Some(String::new())
        }
        Said::Line(line) => line.map(|line| line.trim_end_matches(['\n', '\r']).to_owned()),
        Said::Continued => {
            note("the program was suspended, so the question is closed");
            Some(String::new())
        }
    }
}

fn asked(question: &str, within: Duration, sender: Sender<Said>, said: &mpsc::Receiver<Said>) -> Option<Said> {
    forget_typed();
    write(&format!("{}\n", question.trim_end()))?;
    // As on the console: what was typed ahead and reflexes are over by then, and the sign says that keys count.
    if let Ok(said) = said.recv_timeout(PAUSE) {
        return Some(said);
    }
    forget_typed();
    write("> ")?;
    // A read of a terminal cannot be given up; the thread ends with the program, which ends soon after.
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = stdin().read_line(&mut line).unwrap_or(0);
        let _ = sender.send(Said::Line((read > 0).then_some(line)));
    });
    said.recv_timeout(within).ok()
}

/// Takes the signals that would end or have stopped us, from here on: they end the program as they always do, after the
/// terminal is as it was. Once it is `over` they are left to others.
fn heed(sender: Sender<Said>, over: Arc<AtomicBool>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut signals = {
        let _inside = runtime.enter();
        Signals::listen()?
    };
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        loop {
            match runtime.block_on(signals.next()) {
                Signal::End(_) if over.load(Ordering::Relaxed) => {}
                Signal::End(status) => {
                    tell(AS_BEFORE);
                    std::process::exit(i32::from(status));
                }
                Signal::Continued => {
                    // Nobody may be listening any more.
                    let _ = sender.send(Said::Continued);
                }
                Signal::Resized => {}
            }
        }
    })?;
    Ok(())
}

fn forget_typed() {
    let _ = tcflush(stdin(), QueueSelector::IFlush);
}

/// To the terminal itself, wherever our output goes.
fn tell(bytes: &[u8]) {
    if let Ok(mut terminal) = File::options().write(true).open("/dev/tty") {
        let _ = terminal.write_all(bytes);
    }
}

fn write(words: &str) -> Option<()> {
    let mut to = stderr();
    to.write_all(words.as_bytes()).and_then(|()| to.flush()).ok()
}

fn note(words: &str) {
    let _ = write(&format!("{words}\n"));
}
