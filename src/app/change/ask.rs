//! One question on the terminal.

use rustix::termios::{QueueSelector, tcflush};
use std::io::{Write as _, stdin};
use std::sync::mpsc;
use std::time::Duration;

/// Asks, and waits so long for one line. `None`: no answer came, or the line was closed.
pub fn answer(question: &str, within: Duration) -> Option<String> {
    // What was typed or pasted before there was a question is no answer to it.
    let _ = tcflush(stdin(), QueueSelector::IFlush);
    let mut to = std::io::stderr().lock();
    to.write_all(question.as_bytes()).and_then(|()| to.flush()).ok()?;
    let (sender, answers) = mpsc::channel();
    // A read of a terminal cannot be given up; the thread ends with the program, which ends soon after.
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = stdin().read_line(&mut line).unwrap_or(0);
        let _ = sender.send((read > 0).then_some(line));
    });
    let line = answers.recv_timeout(within).ok().flatten()?;
    Some(line.trim_end_matches(['\n', '\r']).to_owned())
}
