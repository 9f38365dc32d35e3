//! Changing tasks on the real console: several at once, one by one to their ends, and what is refused there.

use crate::change::Desk;
use crate::pty::{Pty, Start};
use serde_json::{Map, Value, json};

/// A console in which the filter leaves so many of the tasks.
fn console(desk: &Desk, filter: &str, left: usize) -> Pty {
    let config = desk.config();
    let start = Start::cutover(&Desk::args(&config, &[])).size(120, 40);
    let pty = desk.env().iter().fold(start, |start, (name, value)| start.env(name, value)).start();
    pty.wait("staging-refresh");
    pty.wait("OPERATE");
    pty.keys(&format!("/{filter}\r"));
    pty.wait(&format!("{left} of 4"));
    pty
}

fn of<'a>(activity: &'a [Map<String, Value>], kind: &str) -> Vec<&'a Map<String, Value>> {
    activity.iter().filter(|row| row["kind"] == kind).collect()
}

#[test]
fn two_marked_tasks_are_stopped_one_by_one_and_followed_to_their_ends() {
    let desk = Desk::new(&[]);
    let mut pty = console(&desk, "cdc", 2);
    pty.keys("xx");
    pty.wait("2 marked");
    pty.keys("O");
    pty.wait("all 2 marked can be stopped");
    pty.keys("s");
    pty.until("keys to count", |screen| screen.contains("type stop 2 and Enter") && !screen.contains("one moment…"));
    // Not the name of one of them.
    pty.keys("orders-cdc");
    pty.wait("> orders-cdc");
    pty.keys("\r");
    pty.wait("that is something else, so nothing was sent");
    assert_eq!(desk.writes(), 0);
    pty.keys("\x15stop 2");
    pty.wait("> stop 2");
    pty.keys("\r");
    for name in ["billing-cdc", "orders-cdc"] {
        pty.wait(&format!("{name} was told to stop"));
        pty.wait(&format!("{name} has stopped at"));
    }
    pty.keys("\x1b");
    pty.keys("\x03");
    assert_eq!(pty.end().0, 0);
    assert_eq!(desk.writes(), 2);
    let activity = desk.activity();
    let (stops, ends) = (of(&activity, "stop-task"), of(&activity, "stopped-task"));
    assert_eq!((stops.len(), ends.len()), (2, 2), "{activity:?}");
    for row in stops {
        assert_eq!((&row["result"], &row["confirmed_by"]), (&json!("done"), &json!("typed")));
    }
    for row in ends {
        let outcome = row["outcome"].as_str().unwrap();
        assert!(outcome.contains("StopReason: ") && outcome.contains("RecoveryCheckpoint: "), "{outcome}");
    }
}

#[test]
fn what_would_destroy_rows_of_a_database_that_nobody_named_is_refused_and_stands_in_the_audit() {
    let desk = Desk::new(&[]);
    let mut pty = console(&desk, "staging", 1);
    pty.keys("O");
    pty.wait("R  reload target");
    pty.keys("R");
    let screen = pty.wait("If that is meant, set reload_allowed");
    // The way by hand stands there, for whoever may; no answer does anything.
    assert!(!screen.contains("and Enter to do it") && screen.contains("reload-target --region"), "{screen}");
    pty.keys("\x1b");
    pty.keys("\x03");
    assert_eq!(pty.end().0, 0);
    assert_eq!(desk.writes(), 0);
    let activity = desk.activity();
    assert_eq!(
        (activity.len(), &activity[0]["result"], &activity[0]["kind"]),
        (1, &json!("refused"), &json!("reload-task"))
    );
}
