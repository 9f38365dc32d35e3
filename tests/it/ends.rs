//! What was begun and ends later, when whoever began it has gone: nobody loses the end of a stop.

use crate::change::{Desk, PATIENCE};
use crate::pty::{Pty, Start};
use crate::task_commands::{RUNNING, desk};
use serde_json::{Value, json};
use std::time::Instant;

fn console(desk: &Desk, args: &[&str]) -> Pty {
    let config = desk.config();
    let start = Start::cutover(&Desk::args(&config, args)).size(140, 40);
    let pty = desk.env().iter().fold(start, |start, (name, value)| start.env(name, value)).start();
    pty.wait(RUNNING);
    pty
}

fn kinds(desk: &Desk) -> Vec<Value> {
    desk.activity().iter().map(|row| row["kind"].clone()).collect()
}

fn until_it_has_its_end(desk: &Desk) {
    let end = Instant::now() + PATIENCE;
    while kinds(desk) != ["stopped-task", "stop-task"] {
        assert!(Instant::now() < end, "{:?}", desk.activity());
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let activity = desk.activity();
    let (stopped, stop) = (&activity[0], &activity[1]);
    assert_eq!((&stopped["result"], &stop["advice"]), (&json!("done"), &Value::Null));
    assert_eq!((&stopped["name"], &stopped["arn"]), (&stop["name"], &stop["arn"]));
    let preview = stopped["preview"].as_str().unwrap();
    assert!(preview.ends_with(&format!("begun with {}", stop["id"].as_str().unwrap())), "{preview}");
    let outcome = stopped["outcome"].as_str().unwrap();
    assert!(
        outcome.contains(" has stopped at ") && outcome.contains("RecoveryCheckpoint: checkpoint:V1#"),
        "{outcome}"
    );
}

#[test]
fn a_stop_that_nobody_waited_for_is_ended_by_the_next_console_that_may_change_something() {
    let desk = desk(&[]);
    let (status, _, err) = desk.told(&["stop", RUNNING, "--no-wait", "--yes"]);
    assert!(status == 0 && err.contains("its end is not waited for: look with `cutover tasks`"), "{status} {err}");
    let stop = &desk.activity()[0];
    assert_eq!((&stop["result"], &stop["open"]), (&json!("done"), &json!(false)));
    assert_eq!(stop["advice"], "how it ended was not waited for: look with `cutover tasks`");
    // Whoever only looks writes nothing.
    let mut pty = console(&desk, &["--read-only"]);
    pty.keys("q");
    assert_eq!((pty.end().0, kinds(&desk)), (0, vec![json!("stop-task")]));
    drop(pty);
    let mut pty = console(&desk, &[]);
    until_it_has_its_end(&desk);
    pty.keys("q");
    assert_eq!((pty.end().0, desk.writes()), (0, 1));
    drop(pty);
    // Once.
    let mut pty = console(&desk, &[]);
    pty.wait("OPERATE");
    pty.keys("q");
    assert_eq!((pty.end().0, kinds(&desk).len()), (0, 2));
}

#[test]
fn who_leaves_the_console_before_a_task_has_stopped_is_told_where_to_look() {
    let desk = desk(&[]);
    let mut pty = console(&desk, &[]);
    pty.keys("/fleet-000\r");
    pty.wait_gone("fleet-001");
    pty.keys("Os");
    let open = format!("type {RUNNING} and Enter to do it");
    pty.wait(&open);
    pty.until("keys to count", |screen| screen.contains(&open) && !screen.contains("one moment…"));
    pty.keys(RUNNING);
    pty.wait(&format!("> {RUNNING}"));
    pty.keys("\r");
    pty.wait("was told to stop");
    pty.keys("\x03");
    pty.wait(&format!("how this ends is not written down yet: {RUNNING}."));
    assert_eq!((pty.end().0, kinds(&desk)), (0, vec![json!("stop-task")]));
    drop(pty);
    let mut pty = console(&desk, &[]);
    until_it_has_its_end(&desk);
    pty.keys("q");
    assert_eq!((pty.end().0, desk.writes()), (0, 1));
}
