//! The way out to the terminal: writing that never waits longer than it was told to.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often a stuck write looks whether it shall give up. Only a stuck one: a terminal that reads never waits for this.
const LOOK_UP_EVERY: Duration = Duration::from_millis(50);

/// The terminal, opened once more for ourselves where possible, so that it can be non-blocking without changing the file
/// description we share with the shell.
pub struct Output {
    own: Option<OwnedFd>,
}

/// How a write ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrote {
    All,
    /// Told to stop, or out of time.
    Part,
    /// Nobody is at the other end.
    Lost,
}

impl Output {
    pub fn open() -> Self {
        // The first works whatever the terminal is called here, the second also where it belongs to another user (sudo).
        let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let own = ["/proc/self/fd/1", "/dev/tty"].into_iter().find_map(|path| open(path, flags, Mode::empty()).ok());
        Self { own }
    }

    /// Writes until done, until `stop`, or until `until`; usually with one `write`.
    pub fn write(&self, mut bytes: &[u8], stop: &AtomicBool, until: Option<Instant>) -> Wrote {
        while !bytes.is_empty() {
            match self.write_some(bytes) {
                Ok(count) => {
                    bytes = &bytes[count..];
                    continue;
                }
                Err(Errno::INTR) => continue,
                Err(Errno::AGAIN) => {}
                Err(_) => return Wrote::Lost,
            }
            if stop.load(Ordering::Acquire) || until.is_some_and(|until| Instant::now() >= until) {
                return Wrote::Part;
            }
            if self.wait(LOOK_UP_EVERY).contains(PollFlags::HUP) {
                return Wrote::Lost;
            }
        }
        Wrote::All
    }

    /// On our own descriptor the kernel says "again" by itself; the shared one is asked first and given little at a time.
    fn write_some(&self, bytes: &[u8]) -> rustix::io::Result<usize> {
        if self.own.is_none() && !self.wait(Duration::ZERO).intersects(PollFlags::OUT | PollFlags::HUP) {
            return Err(Errno::AGAIN);
        }
        let most = if self.own.is_some() { bytes.len() } else { bytes.len().min(256) };
        match rustix::io::write(self.as_fd(), &bytes[..most]) {
            Ok(0) => Err(Errno::AGAIN),
            other => other,
        }
    }

    fn wait(&self, limit: Duration) -> PollFlags {
        let fd = self.as_fd();
        let mut fds = [PollFd::new(&fd, PollFlags::OUT)];
        let limit = Timespec::try_from(limit).ok();
        match poll(&mut fds, limit.as_ref()) {
            Ok(n) if n > 0 => fds[0].revents(),
            _ => PollFlags::empty(),
        }
    }
}

impl AsFd for Output {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.own.as_ref().map_or_else(|| rustix::stdio::stdout(), AsFd::as_fd)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixDatagram;

    #[test]
    fn a_frame_is_one_write() {
        // A datagram keeps the borders of each write.
        let (ours, terminal) = UnixDatagram::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        terminal.set_nonblocking(true).unwrap();
        let output = Output { own: Some(ours.into()) };
        let frame = vec![b'x'; 16 * 1024];
        assert_eq!(output.write(&frame, &AtomicBool::new(false), None), Wrote::All);
        let mut heard = vec![0; 64 * 1024];
        assert_eq!(terminal.recv(&mut heard).unwrap(), frame.len());
        assert!(terminal.recv(&mut heard).is_err(), "the frame came in more than one write");
    }
}
