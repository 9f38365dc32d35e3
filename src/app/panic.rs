//! A panic anywhere ends the program, with the terminal given back first. A console that goes on drawing with half of its
//! tasks dead would show old data as if it were new.

use crate::console::terminal;
use crate::model::untrusted::shown;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::Write as _;
use std::panic::PanicHookInfo;

/// What `rustc` programs end with when they panic.
const STATUS: i32 = 101;

/// Installs the hook. It runs in whatever thread or task panicked, and does not return.
pub fn install() {
    std::panic::set_hook(Box::new(|info| {
        terminal::restore();
        // Standard error may be as broken as everything else; there is nobody left to tell.
        let _ = std::io::stderr().lock().write_all(message(info).as_bytes());
        std::process::exit(STATUS);
    }));
}

fn message(info: &PanicHookInfo<'_>) -> String {
    let what = info.payload_as_str().unwrap_or("no message");
    let place = info.location().map(|at| format!(" at {}:{}", at.file(), at.line())).unwrap_or_default();
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("unnamed").to_owned();
    let mut text = format!(
        "cutover: this is a mistake in cutover itself: {} (thread {thread}{place})\n\
         nothing was changed by this console. RUST_BACKTRACE=1 shows the way there; please report it.\n",
        shown(what)
    );
    let trace = Backtrace::capture();
    if trace.status() == BacktraceStatus::Captured {
        text.push_str(&trace.to_string());
    }
    text
}

/// Panics on request, so that tests can see what a panic does. Nothing of it is in a release build.
///
/// # Panics
/// When `CUTOVER_TEST_PANIC` names this place.
#[cfg(debug_assertions)]
#[allow(clippy::manual_assert, clippy::panic, reason = "panicking is what it is for")]
pub fn on_request(place: &str) {
    if std::env::var("CUTOVER_TEST_PANIC").is_ok_and(|asked| asked == place) {
        panic!("asked to panic in {place} \u{1b}[31m");
    }
}

#[cfg(not(debug_assertions))]
pub fn on_request(_place: &str) {}
