//! How the console treats its terminal: every way out leaves it as it was.

use crate::pty::{Pty, Start};
use std::time::Duration;

fn console() -> Start {
    Start::cutover(&["demo"])
}

fn on_screen(start: Start) -> Pty {
    let pty = start.start();
    pty.wait("? help");
    pty.look(|screen| assert!(screen.alternate_screen() && screen.hide_cursor() && screen.bracketed_paste()));
    pty
}

#[test]
fn every_way_out_gives_the_terminal_back() {
    type Act = fn(&Pty);
    let cases: [(&str, Act, i32); 6] = [
        ("q", |pty| pty.keys("q"), 0),
        ("Ctrl-C", |pty| pty.keys("\x03"), 0),
        ("SIGTERM", |pty| pty.signal("TERM"), 143),
        ("SIGHUP", |pty| pty.signal("HUP"), 129),
        ("SIGINT", |pty| pty.signal("INT"), 130),
        ("SIGQUIT", |pty| pty.signal("QUIT"), 131),
    ];
    for (name, act, want) in cases {
        let mut pty = on_screen(console());
        act(&pty);
        let (status, took) = pty.end();
        assert_eq!(status, want, "{name}");
        assert!(took < Duration::from_secs(2), "{name} took {took:?}");
        pty.assert_given_back();
    }
}

#[test]
fn a_panic_anywhere_ends_the_program_with_the_terminal_given_back() {
    for place in ["render", "task", "feed"] {
        let mut pty = console().env("CUTOVER_TEST_PANIC", place).start();
        let (status, _) = pty.end();
        assert_eq!(status, 101, "{place}");
        pty.assert_given_back();
        let screen = pty.wait(&format!("asked to panic in {place}"));
        assert!(!screen.contains('\u{1b}') && !String::from_utf8_lossy(&pty.raw()).contains("\x1b[31m (thread"));
    }
}

#[test]
fn a_demo_whose_server_is_gone_says_so_and_the_server_never_outlives_the_console() {
    let mut pty = on_screen(console());
    pty.wait("billing-cdc");
    crate::pty::signal(children(pty.pid()).pop().unwrap(), "KILL");
    pty.keys("!");
    let screen = pty.wait("the embedded AWS has ended");
    assert!(screen.contains("signal: 9"), "{screen}");
    pty.keys("q");
    pty.wait("billing-cdc");
    pty.keys("q");
    assert_eq!(pty.end().0, 0);
    drop(pty);

    let mut pty = on_screen(console());
    pty.wait("billing-cdc");
    let server = children(pty.pid()).pop().unwrap();
    pty.signal("KILL");
    pty.end();
    let began = std::time::Instant::now();
    while is_running(server) {
        assert!(began.elapsed() < Duration::from_secs(5), "the server is still there");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_lost_terminal_ends_it_within_two_seconds() {
    let mut pty = on_screen(console());
    pty.hang_up();
    let (status, took) = pty.end_within(Duration::from_secs(2));
    assert_eq!(status, 129);
    assert!(took < Duration::from_secs(2));
}

/// In a session of its own the process gets no SIGHUP: only the terminal itself tells.
#[test]
fn a_lost_terminal_is_noticed_without_a_signal() {
    let mut pty = on_screen(Start::program("/usr/bin/setsid", &["--wait", env!("CARGO_BIN_EXE_cutover"), "demo"]));
    let inner = children(pty.pid()).pop().unwrap();
    pty.signal("STOP");
    pty.hang_up();
    let began = std::time::Instant::now();
    while is_running(inner) {
        assert!(began.elapsed() < Duration::from_secs(2), "still there");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// How often the alternate screen was entered.
fn entries(pty: &Pty) -> usize {
    String::from_utf8_lossy(&pty.raw()).matches("\x1b[?1049h").count()
}

/// Of any of its threads.
fn children(pid: u32) -> Vec<u32> {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let texts = threads.filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("children")).ok());
    texts.flat_map(|text| text.split_whitespace().map(|pid| pid.parse().unwrap()).collect::<Vec<_>>()).collect()
}

/// Not gone, and not only waiting for its parent to notice.
fn is_running(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit(')').next().unwrap().trim_start().starts_with('Z'))
}

#[test]
fn ctrl_z_gives_the_shell_its_terminal_and_fg_brings_the_console_back() {
    let mut pty = Start::program("/bin/bash", &["--norc", "--noprofile", "-i"])
        .env("PS1", "ready> ")
        .env("CUTOVER", env!("CARGO_BIN_EXE_cutover"))
        .start();
    pty.wait("ready>");
    for way in ["key", "signal"] {
        pty.keys("clear; $CUTOVER demo\r");
        pty.wait("? help");
        let inner = children(pty.pid()).pop().unwrap();
        if way == "key" {
            pty.keys("\x1a");
            pty.wait("Stopped");
            pty.look(|screen| assert!(!screen.alternate_screen() && !screen.hide_cursor()));
            pty.keys("echo one$((1+1))\r");
            pty.wait("one2");
        } else {
            crate::pty::signal(inner, "STOP");
            pty.wait("Stopped");
        }
        let entered = entries(&pty);
        pty.keys("fg\r");
        pty.until("the console again", |screen| screen.contains("? help") && entries(&pty) > entered);
        pty.look(|screen| assert!(screen.alternate_screen() && screen.hide_cursor() && screen.bracketed_paste()));
        // Keys arrive one by one again: the line is raw.
        pty.keys("q");
        pty.until("the prompt", |screen| screen.trim_end().ends_with("ready>"));
        pty.look(|screen| assert!(!screen.alternate_screen() && !screen.hide_cursor()));
    }
    pty.keys("exit\r");
    pty.end();
}

#[test]
fn without_a_shell_ctrl_z_does_not_freeze_it() {
    let mut pty = on_screen(console());
    let entered = entries(&pty);
    pty.keys("\x1a");
    // What is typed before the terminal is ours again is thrown away, and is meant to be.
    pty.until("the console again", |screen| screen.contains("? help") && entries(&pty) > entered);
    pty.keys("q");
    assert_eq!(pty.end().0, 0);
    pty.assert_given_back();
}

#[test]
fn a_resize_storm_ends_in_one_right_screen() {
    let mut pty = on_screen(console());
    let quiet = pty.raw().len();
    for step in 0..300u16 {
        pty.resize(60 + step % 100, 20 + step % 30);
    }
    pty.resize(100, 30);
    pty.wait("? help");
    let cost = pty.raw().len() - quiet;
    assert!(cost < 300 * 9_000 / 2, "{cost} bytes: resizes were not taken together");
    pty.keys("q");
    assert_eq!(pty.end().0, 0);
    pty.assert_given_back();
}

#[test]
fn a_terminal_that_stops_reading_delays_neither_keys_nor_signals() {
    for (name, status) in [("TERM", 143), ("", 0)] {
        let mut pty = on_screen(console());
        pty.reading(false);
        // Enough frames to fill every buffer on the way.
        for step in 0..200u16 {
            pty.resize(100 + step % 20, 40);
            std::thread::sleep(Duration::from_millis(5));
        }
        let before = pty.cpu();
        std::thread::sleep(Duration::from_millis(500));
        assert!(
            pty.cpu().saturating_sub(before) < Duration::from_millis(100),
            "a stuck terminal keeps the processor busy"
        );
        if name.is_empty() {
            pty.keys("q");
        } else {
            pty.signal(name);
        }
        let (got, took) = pty.end_within(Duration::from_secs(2));
        assert_eq!(got, status);
        assert!(took < Duration::from_secs(2), "{took:?}");
        pty.reading(true);
        pty.assert_given_back();
    }
}

#[test]
fn where_nothing_changes_nothing_is_sent() {
    // The demo's clock stands still: its feeds go on asking, and every answer says the same.
    let pty = Start::cutover(&["demo", "--frozen"]).size(200, 70).start();
    let all = ["billing-cdc", "metrics", "tested", "waiting", "instance", "invoice_line"];
    pty.until("everything there is to know", |screen| all.iter().all(|text| screen.contains(text)));
    // First answers go on coming for some seconds; once the last is there, nothing is sent any more.
    let mut rest = Vec::new();
    for _ in 0..5 {
        let (bytes, cpu) = (pty.raw().len(), pty.cpu());
        std::thread::sleep(Duration::from_secs(3));
        rest.push((pty.raw().len() - bytes, pty.cpu().saturating_sub(cpu)));
        if rest.last().is_some_and(|(bytes, _)| *bytes == 0) {
            break;
        }
    }
    let (bytes, cpu) = rest.last().copied().unwrap();
    assert_eq!(bytes, 0, "{rest:?}\n{}", pty.screen());
    assert!(cpu <= Duration::from_millis(100), "{cpu:?} of processor time in three seconds");
}
