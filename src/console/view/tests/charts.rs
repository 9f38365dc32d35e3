//! The charts of a task: whole screens, and what a frame of them costs.

use super::*;
use crate::console::fixtures::charts::*;
use crate::model::metric::MetricName;

#[test]
fn charts_at_80x24() {
    assert_snapshot!(text(&charted("billing-cdc", 80, 24)));
}

#[test]
fn charts_at_120x40_with_the_cursor_in_a_gap() {
    let mut state = charted("billing-cdc", 120, 40);
    keys(&mut state, &[KeyCode::Left; 22]);
    let screen = text(&state);
    assert!(screen.contains("13:41 UTC") && screen.contains("no point"), "{screen}");
    assert_snapshot!(screen);
}

#[test]
fn charts_at_200x50_over_three_hours() {
    let mut state = charted("billing-cdc", 200, 50);
    press(&mut state, "+");
    assert_snapshot!(text(&state));
}

#[test]
fn charts_at_60x15() {
    assert_snapshot!(text(&charted("billing-cdc", 60, 15)));
}

#[test]
fn charts_in_ascii() {
    let mut state = charted_with(Setup { ascii: true, ..setup() }, "billing-cdc", 120, 40);
    keys(&mut state, &[KeyCode::Down, KeyCode::Left]);
    let screen = text(&state);
    assert!(screen.is_ascii());
    assert_snapshot!(screen);
}

#[test]
fn charts_without_points() {
    let mut state = charted("crm-cdc", 120, 40);
    update(&mut state, observed(Subject::Charts(arn("CRMXCDC")), Value::Charts(nothing()), 82, 60), now());
    assert_snapshot!(text(&state));
}

#[test]
fn charts_that_may_not_be_read() {
    let mut state = charted("crm-cdc", 80, 24);
    let summary = "cloudwatch:GetMetricData in eu-west-1: access denied";
    update(&mut state, failed(Subject::Charts(arn("CRMXCDC")), ProblemKind::AccessDenied, summary, 60), now());
    assert_snapshot!(text(&state));
}

#[test]
fn points_that_ended_are_told_and_dated() {
    let mut state = charted("billing-cdc", 80, 24);
    update(&mut state, Message::Tick, after(20 * 60));
    let screen = text(&state);
    assert!(screen.contains("✗ no point since 14:02"), "{screen}");
    assert!(screen.contains("✗ 21m"), "{screen}");
    press(&mut state, "-");
    assert!(text(&state).matches("no point since 14:02").count() >= 2, "an empty picture says so too");
}

#[test]
fn a_cap_on_cost_that_is_reached_is_told_and_no_alarm() {
    let mut state = charted("billing-cdc", 120, 40);
    let charts = Value::Charts(crate::console::fixtures::charts::charts());
    update(&mut state, observed(Subject::Charts(arn("BILLINGXCDC")), charts, 82, 18 * 60), now());
    update(&mut state, Message::Tick, after(10 * 60));
    let screen = text(&state);
    assert!(screen.contains("asked every 18 min: cap on cost"), "{screen}");
    assert!(screen.contains("no point since 14:02: asked every 18 min, cap on cost"), "{screen}");
    assert!(!screen.contains("✗ no point") && screen.contains("○ 11m"), "{screen}");
}

#[test]
fn a_cost_that_was_not_measured_is_not_a_zero() {
    let mut state = charted("billing-cdc", 80, 24);
    let traffic = Message::Traffic { requests_last_minute: 3, dollars_per_day: None, dollars_cap: 20.0 };
    update(&mut state, traffic, now());
    assert!(text(&state).contains("cost not known yet, at most $20.00"), "{}", text(&state));
    press(&mut state, "!");
    assert!(text(&state).contains("3 requests in the last minute, cost not known yet"), "{}", text(&state));
}

#[test]
fn charts_change_exactly_at_their_deadlines() {
    let mut state = charted_with(Setup { clock: false, ..setup() }, "billing-cdc", 120, 40);
    let mut frames = 0;
    while state.now < after(300) {
        let next = state.next_deadline(state.now).unwrap();
        let before_it = text(&state);
        let mut just_before = state.clone();
        let almost = next.checked_sub(jiff::SignedDuration::from_millis(1)).unwrap();
        if almost > state.now {
            update(&mut just_before, Message::Tick, almost);
            assert_eq!(text(&just_before), before_it, "nothing may change before {next}");
        }
        update(&mut state, Message::Tick, next);
        frames += 1;
    }
    assert!(frames < 60, "{frames} frames in five minutes");
}

#[test]
fn a_small_chart_shortens_its_name_before_it_loses_its_value() {
    let mut state = charted("billing-cdc", 120, 40);
    let mut charts = crate::console::fixtures::charts::charts();
    for series in charts.of_instance.iter_mut().filter(|series| series.name == MetricName::FreeableMemory) {
        series.points.iter_mut().for_each(|point| point.value = 123.4 * 1024.0 * 1024.0 * 1024.0);
    }
    update(&mut state, observed(Subject::Charts(arn("BILLINGXCDC")), Value::Charts(charts), 82, 60), now());
    update(&mut state, Message::Tick, after(20 * 60));
    let screen = text(&state);
    assert!(screen.contains("Inst. RAM  freeable 123 GiB"), "{screen}");
}
