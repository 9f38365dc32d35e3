//! The frame writer: a thread of depth one. While a frame is being written no other is rendered; input and signals are
//! served all the same, because nothing here makes the loop wait.

use super::output::{Output, Wrote};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Handle to the writer thread; clones speak to the same one.
#[derive(Clone)]
pub struct Writer {
    shared: Arc<Shared>,
}

struct Shared {
    output: Arc<Output>,
    slot: Mutex<Slot>,
    changed: Condvar,
    /// Tells a stuck write to give up.
    abandon: AtomicBool,
    lost: AtomicBool,
    written: Arc<Notify>,
}

#[derive(Debug)]
enum Slot {
    Idle,
    Full(Vec<u8>, Instant),
    Writing(Instant),
    /// The terminal is not ours at the moment: frames are dropped.
    Closed,
}

impl Writer {
    /// Starts the thread. It accepts frames only between [`Writer::open`] and [`Writer::close`].
    pub fn start(output: Arc<Output>, written: Arc<Notify>) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            output,
            slot: Mutex::new(Slot::Closed),
            changed: Condvar::new(),
            abandon: AtomicBool::new(false),
            lost: AtomicBool::new(false),
            written,
        });
        let thread = Arc::clone(&shared);
        std::thread::Builder::new().name("writer".into()).spawn(move || thread.work())?;
        Ok(Self { shared })
    }

    pub fn output(&self) -> &Arc<Output> {
        &self.shared.output
    }

    /// Hands a frame over. Call only when [`Writer::busy_since`] is `None`.
    pub fn send(&self, frame: Vec<u8>) {
        let mut slot = self.shared.lock();
        if matches!(*slot, Slot::Idle) {
            *slot = Slot::Full(frame, Instant::now());
            self.shared.changed.notify_all();
        }
    }

    /// When the frame that is still waiting or being written was handed over.
    pub fn busy_since(&self) -> Option<Instant> {
        match *self.shared.lock() {
            Slot::Full(_, since) | Slot::Writing(since) => Some(since),
            Slot::Idle | Slot::Closed => None,
        }
    }

    pub fn lost(&self) -> bool {
        self.shared.lost.load(Ordering::Acquire)
    }

    pub fn open(&self) {
        *self.shared.lock() = Slot::Idle;
    }

    /// Takes no more frames, gives the one under way `grace` to finish and abandons it then. Returns whether every frame
    /// went out whole.
    pub fn close(&self, grace: Duration) -> bool {
        let busy = |slot: &mut Slot| matches!(slot, Slot::Full(..) | Slot::Writing(_));
        let wait = |slot, limit| {
            let (slot, _) =
                self.shared.changed.wait_timeout_while(slot, limit, busy).unwrap_or_else(PoisonError::into_inner);
            slot
        };
        let mut slot = wait(self.shared.lock(), grace);
        let whole = matches!(*slot, Slot::Idle);
        if !whole {
            self.shared.abandon.store(true, Ordering::Release);
            slot = wait(slot, grace);
            self.shared.abandon.store(false, Ordering::Release);
        }
        *slot = Slot::Closed;
        whole
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        loop {
            let frame = self.next();
            let wrote = self.output.write(&frame, &self.abandon, None);
            if wrote == Wrote::Lost {
                self.lost.store(true, Ordering::Release);
            }
            let mut slot = self.lock();
            if matches!(*slot, Slot::Writing(_)) {
                *slot = Slot::Idle;
            }
            drop(slot);
            self.changed.notify_all();
            self.written.notify_one();
        }
    }

    fn next(&self) -> Vec<u8> {
        let mut slot = self.lock();
        loop {
            if let Slot::Full(frame, since) = &mut *slot {
                let (frame, since) = (std::mem::take(frame), *since);
                *slot = Slot::Writing(since);
                return frame;
            }
            slot = self.changed.wait(slot).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
