//! The reading thread: waits for the terminal to speak, or to go away.

use super::keys::{Parser, Typed};
use crate::console::message::Key;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::stdio::{stdin, stdout};
use std::io;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// What the terminal said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// With the time it was read, which is not the time it is handled.
    Key(Key, Instant),
    Paste(String),
    Focus(bool),
    /// A paste has begun and does not end; until it does, nothing is a key but Ctrl-C.
    Unended,
    /// Nobody is there any more: hangup, end of file, or an error on either side.
    Lost,
}

/// Starts the thread. It ends when the terminal is lost or nobody listens; otherwise with the process.
pub fn start() -> io::Result<Receiver<Input>> {
    let (say, heard) = channel(1024);
    std::thread::Builder::new().name("input".into()).spawn(move || {
        listen(&say);
        // The loop may have gone before us.
        let _ = say.blocking_send(Input::Lost);
    })?;
    Ok(heard)
}

/// Returns when the terminal is lost.
fn listen(say: &Sender<Input>) {
    let mut parser = Parser::default();
    let mut bytes = [0u8; 4096];
    loop {
        let typed = match wait(parser.waits()) {
            Waited::Silent => parser.give_up(),
            Waited::Interrupted => continue,
            Waited::Lost => return,
            Waited::Readable => match rustix::io::read(stdin(), &mut bytes) {
                Ok(0) => return,
                Ok(count) => parser.feed(&bytes[..count]),
                Err(Errno::INTR | Errno::AGAIN) => continue,
                Err(_) => return,
            },
        };
        let at = Instant::now();
        for one in typed {
            let input = match one {
                Typed::Key(key) => Input::Key(key, at),
                Typed::Paste(text) => Input::Paste(text),
                Typed::Focus(gained) => Input::Focus(gained),
                Typed::Unended => Input::Unended,
            };
            if say.blocking_send(input).is_err() {
                return;
            }
        }
    }
}

enum Waited {
    Readable,
    Silent,
    Interrupted,
    Lost,
}

fn wait(limit: Option<Duration>) -> Waited {
    let (input, output) = (stdin(), stdout());
    // Asked for nothing, the output still tells of a hangup.
    let mut fds = [PollFd::new(&input, PollFlags::IN), PollFd::new(&output, PollFlags::empty())];
    let limit = limit.and_then(|limit| Timespec::try_from(limit).ok());
    let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
    match poll(&mut fds, limit.as_ref()) {
        Ok(0) => Waited::Silent,
        Ok(_) if fds.iter().any(|fd| fd.revents().intersects(gone)) => Waited::Lost,
        Ok(_) if fds[0].revents().contains(PollFlags::IN) => Waited::Readable,
        Ok(_) | Err(Errno::INTR) => Waited::Interrupted,
        Err(_) => Waited::Lost,
    }
}
