//! The Alerts screen, and what of it stands elsewhere.

use super::*;
use crate::console::fixtures::alerts::{alerted, alerted_with};

#[test]
fn alerts_at_120x40() {
    assert_snapshot!(text(&alerted(120, 40)));
}

#[test]
fn alerts_at_80x24() {
    assert_snapshot!(text(&alerted(80, 24)));
}

#[test]
fn alerts_at_200x50() {
    assert_snapshot!(text(&alerted(200, 50)));
}

#[test]
fn alerts_in_ascii_while_a_reason_is_typed() {
    let mut state = alerted_with(Setup { ascii: true, ..setup() }, 120, 30);
    press(&mut state, "a");
    press(&mut state, "lock on invoice, the DBA knows @8h");
    let screen = text(&state);
    assert!(screen.is_ascii());
    assert_snapshot!(screen);
}

#[test]
fn an_acknowledged_alert_stands_at_the_end_and_its_task_says_so() {
    let mut state = alerted(120, 40);
    press(&mut state, "/where:billing");
    keys(&mut state, &[KeyCode::Enter]);
    for _ in 0..4 {
        press(&mut state, "ga");
        press(&mut state, "the DBA knows");
        keys(&mut state, &[KeyCode::Enter]);
    }
    press(&mut state, "g");
    // The pane below follows.
    update(&mut state, Message::Tick, after(1));
    let screen = text(&state);
    assert!(screen.contains("4 acknowledged"), "{screen}");
    keys(&mut state, &[KeyCode::Esc, KeyCode::Esc]);
    press(&mut state, "/billing");
    update(&mut state, Message::Tick, after(2));
    let tasks = text(&state);
    assert!(tasks.contains("ack 4") && tasks.contains("(ack)"), "{tasks}");
    assert_snapshot!(screen + &tasks);
}

#[test]
fn only_tasks_with_alerts() {
    let mut state = populated(80, 24);
    press(&mut state, "p");
    assert_snapshot!(text(&state));
}

#[test]
fn no_alert_at_all() {
    let mut state = told(vec![connected(), observed(Subject::Tasks, Value::Tasks(vec![]), 3, 15)]);
    press(&mut state, "A");
    assert!(text(&state).contains("Nothing is wrong"), "{}", text(&state));
    press(&mut state, "qp");
    assert!(text(&state).contains("No replication tasks"), "{}", text(&state));
    let mut well = told(vec![connected(), observed(Subject::Tasks, Value::Tasks(vec![tasks()[4].clone()]), 3, 15)]);
    press(&mut well, "p");
    assert!(text(&well).contains("No task has an alert"), "{}", text(&well));
}
