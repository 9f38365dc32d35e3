//! Where a run can be killed: before and after everything that is durable. Counted only in builds for tests.
//!
//! `CUTOVER_KILL_AT=N` kills this process at the N-th point as `kill -9` does, `CUTOVER_KILL_AT="N after commit"` at the N-th of
//! that name, which does not depend on how often something was waited for; `CUTOVER_KILL_LIST=FILE` appends the name of
//! each point; `CUTOVER_MUTANT=NAME` switches one deliberate mistake on, which the tests must then find. Without the feature
//! `test-switches` all of it is nothing. It stands in this room because everybody who writes something durable may call it.

#[cfg(feature = "test-switches")]
mod switched {
    use std::io::Write as _;
    use std::sync::atomic::{AtomicU64, Ordering};

    static COUNT: AtomicU64 = AtomicU64::new(0);
    static NAMED: AtomicU64 = AtomicU64::new(0);

    pub fn at(name: &str) {
        let number = COUNT.fetch_add(1, Ordering::SeqCst) + 1;
        if let Some(path) = std::env::var_os("CUTOVER_KILL_LIST")
            && let Ok(mut file) = std::fs::OpenOptions::new().create(true).append(true).open(path)
        {
            // The list is for the test that reads it; a run does not fail over it.
            let _ = writeln!(file, "{number} {name}");
        }
        let wanted = std::env::var("CUTOVER_KILL_AT").unwrap_or_default();
        let (wanted, of) = wanted.split_once(' ').map_or((wanted.as_str(), None), |(wanted, of)| (wanted, Some(of)));
        let number = match of {
            Some(of) if of == name => NAMED.fetch_add(1, Ordering::SeqCst) + 1,
            Some(_) => return,
            None => number,
        };
        if wanted.parse() == Ok(number) {
            let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
        }
    }

    pub fn mutant(name: &str) -> bool {
        std::env::var("CUTOVER_MUTANT").is_ok_and(|wanted| wanted == name)
    }
}

#[cfg(not(feature = "test-switches"))]
mod switched {
    pub fn at(_name: &str) {}

    pub fn mutant(_name: &str) -> bool {
        false
    }
}

/// One point: `before target execute`, `after journal outcome`.
pub fn at(name: &str) {
    switched::at(name);
}

/// Whether this deliberate mistake is to be made. Never outside tests.
pub fn mutant(name: &str) -> bool {
    switched::mutant(name)
}
