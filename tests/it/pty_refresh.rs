//! The refresh that the demo has ready, as a stranger meets it: found, started by what has to be typed, watched until it has
//! verified itself; and left alone half way.

use crate::cli::text;
use crate::pty::{Pty, Start};
use cutover::db::{Database, Value};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

/// It takes about a minute on a machine with nothing else to do.
const PATIENCE: Duration = Duration::from_mins(4);
const TYPED: &str = "shop-staging.c1x2y3z4.eu-west-1.rds.amazonaws.com/shop";

/// Starts the prepared refresh; its steps are on screen.
fn started() -> Pty {
    let pty = Start::cutover(&["demo"]).size(160, 48).start();
    pty.wait("billing-cdc");
    pty.keys("R");
    pty.wait("not run yet");
    // The plan counts what the opening load of the demo has brought: until that is there, something may forbid it.
    let end = Instant::now() + PATIENCE;
    loop {
        pty.keys("n");
        let looks = Instant::now() + Duration::from_secs(8);
        while Instant::now() < looks && !pty.screen().contains("it may run") {
            std::thread::sleep(Duration::from_millis(50));
        }
        let screen = pty.screen();
        if screen.contains("it may run") {
            break;
        }
        assert!(Instant::now() < end, "{screen}");
        pty.keys("\x1b");
        pty.wait("not run yet");
    }
    pty.keys("s");
    pty.until("keys to count", |screen| screen.contains("to start the refresh") && !screen.contains("read it first…"));
    pty.keys(TYPED);
    pty.wait(&format!("> {TYPED}"));
    pty.keys("\r");
    pty
}

/// Waits longer than for a screen.
fn within(pty: &Pty, text: &str) -> String {
    let end = Instant::now() + PATIENCE;
    loop {
        let screen = pty.screen();
        if screen.contains(text) {
            return screen;
        }
        assert!(Instant::now() < end, "waited in vain for {text:?}; the screen is\n{screen}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// One number of the database behind the screen.
fn number(path: &str, sql: &str) -> i64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut session = Database::parse(&format!("sqlite:{path}?schema=shop")).unwrap().read().await.unwrap();
        session.query(sql, &[]).await.unwrap()[0].first().and_then(Value::as_int).unwrap()
    })
}

#[test]
fn a_stranger_starts_the_prepared_refresh_and_watches_it_verify_itself() {
    let mut pty = started();
    within(&pty, "schedule-back");
    let began = Instant::now();
    let screen = within(&pty, "13/13 steps");
    eprintln!("the prepared refresh took {:.0} s", began.elapsed().as_secs_f64());
    let screen = if screen.contains("✓ done") { screen } else { within(&pty, "✓ done") };
    assert!(screen.contains("all of it is back"), "{screen}");
    // What is there is what was promised: rows of the source, and nobody's address.
    let line = screen.lines().find(|line| line.contains("staging.db")).unwrap();
    let path = line.split_whitespace().find(|word| word.ends_with("staging.db")).unwrap().to_owned();
    assert!(number(&path, "SELECT count(*) FROM customer") > 1_000);
    assert_eq!(number(&path, "SELECT count(*) FROM customer WHERE email NOT LIKE '%@example.invalid'"), 0);
    assert_eq!(number(&path, "SELECT count(*) FROM document WHERE content IS NOT NULL"), 0);
    let source = path.replace("staging.db", "source.db");
    assert!(number(&source, "SELECT count(*) FROM customer WHERE email LIKE '%@example.com'") > 1_000);
    pty.keys("\x1b");
    pty.wait_gone("schedule-back");
    pty.keys("S");
    for name in ["staging-refresh-nightly", "staging-refresh-weekly"] {
        let row = |screen: &str| screen.lines().any(|line| line.contains(name) && line.contains("enabled"));
        pty.until("the schedules as they were", row);
    }
    pty.keys("\x03");
    assert_eq!(pty.end().0, 0);
}

#[test]
fn whoever_leaves_the_console_leaves_the_run_and_its_demo_alone() {
    let mut pty = started();
    within(&pty, "schedule-off");
    within(&pty, "✓ drain");
    pty.keys("\x03");
    assert_eq!(pty.end().0, 0);
    let screen = pty.wait("goes on without the console");
    // A line of the terminal ends where it must.
    let said: String = screen.lines().map(|line| line.trim_end_matches('\n')).collect();
    let command = said.split('`').find(|part| part.starts_with("XDG_STATE_HOME=")).unwrap();
    let (state, rest) = command.split_once(' ').unwrap();
    let (_, state) = state.split_once('=').unwrap();
    let folder = PathBuf::from(state);
    assert!(folder.join("cutover").is_dir(), "{command}");
    let args: Vec<&str> = rest.split_whitespace().skip(1).collect();
    let output = Command::new(env!("CARGO_BIN_EXE_cutover"))
        .args(&args)
        .env_clear()
        .env("XDG_STATE_HOME", &folder)
        .env("HOME", "/nonexistent")
        .output()
        .unwrap();
    assert!(output.status.success(), "{} {}", text(&output.stdout), text(&output.stderr));
    let lines = text(&output.stdout);
    assert!(lines.contains("staging: done after") && lines.contains("verify"), "{lines}");
    // With the last of them the demo goes, and all that it kept.
    let end = Instant::now() + PATIENCE;
    while folder.exists() {
        assert!(Instant::now() < end, "{} is still there", folder.display());
        std::thread::sleep(Duration::from_millis(100));
    }
}
