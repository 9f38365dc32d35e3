//! Acknowledging, problems only, the way to the evidence, and the bell.

use super::*;
use crate::console::fixtures::alerts::{alerted, all_kinds};
use crate::console::state::alerts::{Key, Row};
use crate::model::task::Task;

fn failed_now(state: &mut State, name: &str, seconds: i64) -> Vec<Effect> {
    let all: Vec<Task> = tasks()
        .into_iter()
        .map(|task| if task.name.raw() == name { Task { status: TaskStatus::Failed, ..task } } else { task })
        .collect();
    update(state, observed(Subject::Tasks, Value::Tasks(all), -seconds, 15), after(seconds))
}

fn on(state: &State) -> (String, &'static str) {
    let row = state.alerts.row().unwrap();
    (row.place.clone(), row.alert().unwrap().id())
}

/// Puts the cursor on an alert.
fn find(state: &mut State, filter: &str) {
    press(state, &format!("/{filter}"));
    keys(state, &[ENTER]);
}

#[test]
fn the_bell_rings_once_for_what_is_new_and_critical_and_not_for_what_was_there() {
    let mut state = populated(120, 40);
    assert!(!failed_now(&mut state, "orders-cdc", 10).contains(&Effect::Bell), "still arriving");
    assert!(failed_now(&mut state, "audit-cdc", 40).contains(&Effect::Bell));
    assert!(!failed_now(&mut state, "audit-cdc", 60).contains(&Effect::Bell), "it stood already");
    assert!(failed_now(&mut state, "pricing-next", 70).contains(&Effect::Bell));
    assert!(!failed_now(&mut state, "telemetry-cdc", 75).contains(&Effect::Bell), "too soon after the last");
    let mut quiet = populated_with(crate::console::state::Setup { bell: false, ..setup() }, 120, 40);
    assert!(!failed_now(&mut quiet, "audit-cdc", 40).contains(&Effect::Bell));
}

#[test]
fn an_alert_is_acknowledged_with_a_reason_and_comes_back() {
    let mut state = alerted(120, 40);
    find(&mut state, "where:orders what:log");
    assert_eq!(on(&state), ("orders-cdc".to_owned(), "log-errors"));
    let counting = state.alerts.counting().0;
    press(&mut state, "a");
    assert_eq!(state.context(), crate::console::actions::Context::Acknowledge);
    keys(&mut state, &[ENTER]);
    assert!(state.alerts.field.is_some(), "without a reason nothing is acknowledged");
    press(&mut state, "q/! the DBA knows @20m");
    keys(&mut state, &[ENTER]);
    let ack = state.alerts.row().and_then(Row::alert).and_then(|alert| alert.ack.clone()).unwrap();
    assert_eq!((ack.reason.as_str(), ack.until), ("q/! the DBA knows", after(1200)));
    assert_eq!((state.alerts.counting().0, state.screen()), (counting - 1, Screen::Alerts));
    assert_eq!(state.next_deadline(after(1199)).map(|at| at <= after(1200)), Some(true));
    update(&mut state, Message::Tick, after(1200));
    assert!(state.alerts.rows.iter().filter_map(Row::alert).all(|alert| alert.ack.is_none()), "over");
    let counting = state.alerts.counting().0;
    press(&mut state, "aseen");
    keys(&mut state, &[ESC]);
    assert!(state.alerts.field.is_none() && state.alerts.counting().0 == counting, "Esc acknowledges nothing");
    press(&mut state, "aseen");
    keys(&mut state, &[ENTER]);
    press(&mut state, "a");
    assert!(state.alerts.field.is_none() && state.alerts.counting().0 == counting, "the same key takes it back");
}

#[test]
fn enter_leads_to_the_evidence() {
    for (filter, want) in [
        ("where:billing what:table", Screen::Task(Tab::Tables)),
        ("where:billing what:latency", Screen::Task(Tab::Metrics)),
        ("where:ledger what:failed", Screen::Task(Tab::Logs)),
        ("where:crm", Screen::Task(Tab::Events)),
        ("where:dms-prod what:disk", Screen::Task(Tab::Metrics)),
        ("where:dms-prod what:maintenance", Screen::Task(Tab::Definition)),
        ("where:orders-refresh", Screen::Schedules),
        ("where:oncall", Screen::Schedules),
    ] {
        let mut state = alerted(120, 40);
        find(&mut state, filter);
        assert!(state.alerts.row().is_some(), "{filter}");
        keys(&mut state, &[ENTER]);
        assert_eq!(state.screen(), want, "{filter}");
        if let (Screen::Task(_), Some(arn)) = (want, &state.opened) {
            assert!(state.world.task(arn).is_some());
        }
        keys(&mut state, &[ESC]);
        assert_eq!(state.screen(), Screen::Alerts, "{filter}");
    }
    let mut state = alerted(120, 40);
    find(&mut state, "state:not");
    keys(&mut state, &[ENTER]);
    assert_eq!(state.screen(), Screen::Alerts, "behind a check that is not made lies nothing");
    press(&mut state, "a");
    assert!(state.alerts.field.is_none());
}

#[test]
fn one_key_leaves_only_tasks_with_alerts_and_esc_brings_all_back() {
    let mut state = populated(120, 40);
    let wanting = state.tasks.unwell;
    press(&mut state, "p");
    assert_eq!((state.tasks.list.len(), state.tasks.unwell), (wanting, wanting));
    update(&mut state, observed(Subject::Tasks, Value::Tasks(tasks()), 0, 15), after(1));
    assert_eq!(state.tasks.list.len(), wanting, "it survives a refresh");
    press(&mut state, "p");
    assert_eq!(state.tasks.list.len(), 14);
    press(&mut state, "p/billing");
    keys(&mut state, &[ENTER]);
    assert_eq!(state.tasks.list.len(), 1);
    keys(&mut state, &[ESC]);
    assert_eq!(state.tasks.list.len(), wanting, "Esc drops the filter first");
    keys(&mut state, &[ESC]);
    assert_eq!((state.tasks.list.len(), state.screen()), (14, Screen::Tasks));
}

#[test]
fn the_cursor_stays_on_its_alert_when_others_come_and_go() {
    let mut state = alerted(120, 40);
    press(&mut state, "jjjj");
    let (key, here) = (state.alerts.list.key().cloned(), on(&state));
    failed_now(&mut state, "orders-cdc", 30);
    assert_eq!((state.alerts.list.key().cloned(), on(&state)), (key, here));
    for message in all_kinds() {
        update(&mut state, message, after(31));
    }
    assert!(state.alerts.rows.iter().any(|row| matches!(&row.what, crate::console::state::alerts::What::Unchecked(_))));
    press(&mut state, "G");
    assert!(matches!(state.alerts.list.key(), Some(Key::Unchecked(_))), "what is not checked stands at the end");
}
