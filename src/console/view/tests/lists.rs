//! The Events and Schedules screens, read by a person.

use super::*;
use crate::console::fixtures::lists;

fn on(width: u16, height: u16, keys_pressed: &str) -> State {
    let mut state = populated(width, height);
    press(&mut state, keys_pressed);
    // The pane about the row follows a moment after the cursor.
    update(&mut state, Message::Tick, after(1));
    state
}

#[test]
fn events_at_120x40() {
    assert_snapshot!(text(&on(120, 40, "E")));
}

#[test]
fn events_at_80x24() {
    assert_snapshot!(text(&on(80, 24, "Ejjj")));
}

#[test]
fn an_event_in_full() {
    assert_snapshot!(text(&on(80, 24, "Ejjjv")));
}

#[test]
fn events_at_200x50() {
    assert_snapshot!(text(&on(200, 50, "Ejjjj")));
}

#[test]
fn events_of_a_task_and_its_instance() {
    let mut state = populated(120, 40);
    press(&mut state, "/billing");
    keys(&mut state, &[KeyCode::Enter, KeyCode::Enter]);
    press(&mut state, "ejj");
    update(&mut state, Message::Tick, after(1));
    assert_snapshot!(text(&state));
}

#[test]
fn events_none() {
    let observed = observed(Subject::Events, Value::Events(vec![]), 20, 20);
    let mut state = told(vec![connected(), observed]);
    press(&mut state, "E");
    assert_snapshot!(text(&state));
}

#[test]
fn events_that_may_not_be_read() {
    let summary = "dms:DescribeEvents in eu-west-1: access denied";
    let mut state = told(vec![connected(), failed(Subject::Events, ProblemKind::AccessDenied, summary, 60)]);
    press(&mut state, "E");
    assert_snapshot!(text(&state));
}

#[test]
fn schedules_at_120x40() {
    assert_snapshot!(text(&on(120, 40, "Sjjj")));
}

#[test]
fn schedules_at_80x24() {
    assert_snapshot!(text(&on(80, 24, "S")));
}

#[test]
fn schedules_at_200x50() {
    assert_snapshot!(text(&on(200, 50, "Sjjjj")));
}

#[test]
fn a_schedule_in_full_with_what_the_clocks_skip() {
    let mut state = on(80, 24, "S/yearly");
    keys(&mut state, &[KeyCode::Enter, KeyCode::Tab]);
    update(&mut state, Message::Tick, after(2));
    assert_snapshot!(text(&state));
}

#[test]
fn a_time_without_a_zone_of_its_own_is_also_told_where_the_operator_is() {
    let mut state = on(120, 40, "S/refresh-nightly");
    keys(&mut state, &[KeyCode::Enter]);
    assert!(!text(&state).contains(" CET)"), "nobody said where that is");
    state.setup.time_zone = jiff::tz::TimeZone::get("Europe/Berlin").ok();
    update(&mut state, Message::Tick, after(2));
    let screen = text(&state);
    assert!(screen.contains("01:30 UTC (Mon 02:30 CET)"), "{screen}");
}

#[test]
fn subscriptions_in_full() {
    let mut state = on(80, 24, "S");
    keys(&mut state, &[KeyCode::Tab, KeyCode::Tab]);
    assert_snapshot!(text(&state));
}

#[test]
fn schedules_of_which_a_part_may_not_be_read() {
    let mut some = lists::schedules();
    some.retain(|one| one.kind == crate::model::schedule::ScheduleKind::Rule);
    for one in &mut some {
        one.targets = None;
    }
    let summary = "events:ListTargetsByRule in eu-west-1: access denied";
    let mut state = told(vec![
        connected(),
        observed(Subject::Schedules, Value::Schedules(some), 20, 60),
        failed(Subject::Schedules, ProblemKind::AccessDenied, summary, 60),
        failed(Subject::Subscriptions, ProblemKind::AccessDenied, "dms:DescribeEventSubscriptions: access denied", 60),
    ]);
    press(&mut state, "S");
    assert_snapshot!(text(&state));
}

#[test]
fn in_ascii_both_screens_are_ascii() {
    for (keys_pressed, width, height) in [("E", 80, 24), ("E", 200, 50), ("S", 80, 24), ("S", 200, 50)] {
        let mut state = populated_with(Setup { ascii: true, ..setup() }, width, height);
        press(&mut state, keys_pressed);
        for _ in 0..20 {
            assert!(text(&state).is_ascii(), "{}", text(&state));
            press(&mut state, "j");
            let later = state.now.checked_add(jiff::SignedDuration::from_secs(1)).unwrap();
            update(&mut state, Message::Tick, later);
        }
        keys(&mut state, &[KeyCode::Tab]);
        assert!(text(&state).is_ascii());
    }
}

#[test]
fn nothing_on_either_screen_changes_before_its_deadline() {
    for screen in ["E", "S", "SG"] {
        let mut state = populated_with(Setup { clock: false, ..setup() }, 200, 50);
        press(&mut state, screen);
        let mut frames = 0;
        while state.now < after(3_000) {
            let next = state.next_deadline(state.now).unwrap();
            assert!(next > state.now);
            let shown = text(&state);
            let almost = next.checked_sub(jiff::SignedDuration::from_millis(1)).unwrap();
            if almost > state.now {
                let mut just_before = state.clone();
                update(&mut just_before, Message::Tick, almost);
                assert_eq!(text(&just_before), shown, "{screen}: nothing may change before {next}");
            }
            update(&mut state, Message::Tick, next);
            frames += 1;
        }
        assert!(frames < 260, "{screen}: {frames} frames in fifty minutes");
    }
}

#[test]
fn what_fires_within_the_hour_says_so_from_that_minute_on() {
    let mut state = populated_with(Setup { clock: false, ..setup() }, 120, 40);
    press(&mut state, "S/nightly");
    keys(&mut state, &[KeyCode::Enter]);
    let at: jiff::Timestamp = "2026-11-23T00:30:00Z".parse().unwrap();
    update(&mut state, Message::Tick, at.checked_sub(jiff::SignedDuration::from_secs(1)).unwrap());
    assert!(text(&state).contains("Mon Nov 23 01:30 UTC"), "{}", text(&state));
    update(&mut state, Message::Tick, at);
    assert!(text(&state).contains("→ in 60m, 01:30 UTC"), "{}", text(&state));
    update(&mut state, Message::Tick, "2026-11-23T01:30:00Z".parse().unwrap());
    assert!(text(&state).contains("Tue Nov 24 01:30 UTC"), "{}", text(&state));
}
