//! Where a run can be killed: before and after everything that is durable. Counted only in builds for tests.
//!
//! `CUTOVER_KILL_AT=N` kills this process at the N-th point as `kill -9` does, `CUTOVER_KILL_AT="N after commit"` at the N-th of
//! that name, which does not depend on how often something was waited for, and `"N @mask"` at the N-th of the step `mask`;
//! `CUTOVER_STOP_AT` stops it there until it is continued; `CUTOVER_KILL_LIST=FILE` appends the name of each point;
//! `CUTOVER_MUTANT=NAME` switches one deliberate mistake on, which the tests must then find; `CUTOVER_DISK=elsewhere` takes every
//! folder for one on a disk of another machine, `CUTOVER_DISK=no-locks` for one on a disk that has no locks. Without the feature `test-switches`
//! all of it is nothing. It stands in this room because everybody who writes something durable may call it.

#[cfg(feature = "test-switches")]
mod switched {
    use rustix::process::Signal;
    use std::io::Write as _;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU64, Ordering};

    static COUNT: AtomicU64 = AtomicU64::new(0);
    static NAMED: AtomicU64 = AtomicU64::new(0);
    static STEP: Mutex<String> = Mutex::new(String::new());

    pub fn in_step(name: &str) {
        name.clone_into(&mut STEP.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }

    pub fn at(name: &str) {
        let number = COUNT.fetch_add(1, Ordering::SeqCst) + 1;
        if let Some(path) = std::env::var_os("CUTOVER_KILL_LIST")
            && let Ok(mut file) = std::fs::OpenOptions::new().create(true).append(true).open(path)
        {
            // The list is for the test that reads it; a run does not fail over it.
            let _ = writeln!(file, "{number} {name}");
        }
        for (variable, signal) in [("CUTOVER_KILL_AT", Signal::KILL), ("CUTOVER_STOP_AT", Signal::STOP)] {
            if std::env::var(variable).is_ok_and(|wanted| is_it(&wanted, number, name)) {
                let _ = rustix::process::kill_process(rustix::process::getpid(), signal);
                while signal == Signal::STOP && is_to_stop() {
                    std::thread::yield_now();
                }
            }
        }
    }

    /// Another thread is to take the stop, and has not yet: until then this one would run on, past its point.
    fn is_to_stop() -> bool {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let pending = status.lines().find_map(|line| line.strip_prefix("ShdPnd:"));
        let pending = pending.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
        pending & (1 << (Signal::STOP.as_raw() - 1)) != 0
    }

    fn is_it(wanted: &str, number: u64, name: &str) -> bool {
        let Some((wanted, of)) = wanted.split_once(' ') else { return wanted.parse() == Ok(number) };
        let is_there = match of.strip_prefix('@') {
            Some(step) => *STEP.lock().unwrap_or_else(std::sync::PoisonError::into_inner) == step,
            None => of == name,
        };
        is_there && wanted.parse() == Ok(NAMED.fetch_add(1, Ordering::SeqCst) + 1)
    }

    pub fn mutant(name: &str) -> bool {
        std::env::var("CUTOVER_MUTANT").is_ok_and(|wanted| wanted == name)
    }

    pub fn disk(name: &str) -> bool {
        std::env::var("CUTOVER_DISK").is_ok_and(|wanted| wanted == name)
    }
}

#[cfg(not(feature = "test-switches"))]
mod switched {
    pub fn at(_name: &str) {}

    pub fn in_step(_name: &str) {}

    pub fn mutant(_name: &str) -> bool {
        false
    }

    pub fn disk(_name: &str) -> bool {
        false
    }
}

/// One point: `before target execute`, `after journal outcome`.
pub fn at(name: &str) {
    switched::at(name);
}

/// The points from here on are of this step.
pub fn in_step(name: &str) {
    switched::in_step(name);
}

/// Whether this deliberate mistake is to be made. Never outside tests.
pub fn mutant(name: &str) -> bool {
    switched::mutant(name)
}

/// Whether folders are to be taken for ones on such a disk. Never outside tests.
pub(super) fn disk(name: &str) -> bool {
    switched::disk(name)
}
