//! What keys do to the charts, and what is said where there is nothing to draw.

use super::known;
use super::table::{Of, TABLE};
use super::*;
use crate::console::fixtures::charts::*;
use crate::console::fixtures::*;
use crate::console::message::KeyCode;
use crate::console::state::Screen;
use crate::console::update::update;
use crate::model::metric::MetricName;
use crate::model::{ProblemKind, Value};

fn cursor(state: &State) -> Option<String> {
    state.charts.cursor(state.now).map(|(at, _)| axis::clock(at))
}

#[test]
fn opening_the_charts_tells_the_feeds_and_leaving_them_too() {
    let mut state = charted("billing-cdc", 120, 40);
    assert_eq!(state.focus().charts_of, Some(arn("BILLINGXCDC")));
    assert_eq!(state.subjects_on_screen(), [Subject::Charts(arn("BILLINGXCDC"))]);
    press(&mut state, "t");
    assert_eq!(state.focus().charts_of, None);
}

#[test]
fn plus_and_minus_change_the_time_and_stop_at_both_ends() {
    let mut state = charted("billing-cdc", 120, 40);
    for (keys, want) in [("-", 15), ("--", 15), ("+", 60), ("+", 180), ("++", 180)] {
        press(&mut state, keys);
        assert_eq!(state.charts.range().as_mins(), want, "{keys}");
    }
}

#[test]
fn the_cursor_starts_at_the_newest_point_stops_at_the_edge_and_goes_away_beyond_the_newest() {
    let mut state = charted("billing-cdc", 120, 40);
    assert_eq!(cursor(&state), None);
    keys(&mut state, &[KeyCode::Right]);
    assert_eq!(cursor(&state), None);
    keys(&mut state, &[KeyCode::Left]);
    assert_eq!(cursor(&state).as_deref(), Some("14:02"));
    keys(&mut state, &[KeyCode::Left, KeyCode::Left]);
    assert_eq!(cursor(&state).as_deref(), Some("14:00"));
    keys(&mut state, &[KeyCode::Left; 100]);
    assert_eq!(cursor(&state).as_deref(), Some("13:04"));
    keys(&mut state, &[KeyCode::Right; 58]);
    assert_eq!(cursor(&state).as_deref(), Some("14:02"));
    keys(&mut state, &[KeyCode::Right]);
    assert_eq!(cursor(&state), None);
    // Three hours in eighty columns: a step is several minutes.
    let mut state = charted("billing-cdc", 80, 24);
    press(&mut state, "+");
    keys(&mut state, &[KeyCode::Left, KeyCode::Left]);
    assert_eq!(cursor(&state).as_deref(), Some("13:59"));
}

#[test]
fn every_chart_can_be_the_large_one_and_the_others_scroll_with_it() {
    for (width, height) in [(80, 24), (120, 40), (200, 50), (60, 15)] {
        let mut state = charted("billing-cdc", width, height);
        for nth in 1..TABLE.len() + 3 {
            let chosen = state.charts.chosen();
            assert!(state.charts.others().contains(&chosen), "{width}x{height}: {nth}");
            keys(&mut state, &[KeyCode::Down]);
            assert_eq!(state.charts.chosen(), nth.min(TABLE.len() - 1));
        }
        keys(&mut state, &[KeyCode::Home]);
        assert_eq!((state.charts.chosen(), state.charts.others().start), (0, 0));
    }
}

#[test]
fn until_the_charts_are_there_they_show_what_is_watched_anyway() {
    let mut state = populated(120, 40);
    press(&mut state, "/billing");
    keys(&mut state, &[KeyCode::Enter]);
    press(&mut state, "m");
    assert_eq!(state.filling(), Filling::Rows);
    assert_eq!(known::points(&state, Of::Task, MetricName::CDCLatencyTarget).len(), 10);
    let why = known::why(&state, Of::Task, MetricName::MemoryUsage);
    assert_eq!(why.map(|why| why.words).as_deref(), Some("asking…"));
}

#[test]
fn where_there_are_no_points_it_is_said_why() {
    let answered = |name: &str| {
        let mut state = charted(name, 120, 40);
        let id = state.opened.clone().unwrap();
        update(&mut state, observed(Subject::Charts(id), Value::Charts(nothing()), 60, 60), now());
        state
    };
    for (task, name, want) in [
        ("billing-cdc", MetricName::FullLoadThroughputRowsTarget, "not due: no full load"),
        ("warehouse-initial", MetricName::CDCLatencyTarget, "not due: full load only"),
        ("pricing-next", MetricName::CDCLatencyTarget, "not due: never started"),
        ("crm-cdc", MetricName::CDCLatencyTarget, "not due: stopped"),
        ("telemetry-cdc", MetricName::MemoryUsage, "none in three hours"),
        ("inventory-cdc", MetricName::CDCIncomingChanges, "not due: starting"),
        ("orders-cdc", MetricName::FullLoadThroughputRowsTarget, "not due: the full load is over"),
        ("audit-cdc", MetricName::CDCLatencyTarget, "none yet: just started"),
    ] {
        let state = answered(task);
        let why = known::why(&state, Of::Task, name);
        let why = why.map(|why| (why.bad, why.words));
        assert_eq!(why, Some((false, want.to_owned())), "{task} {name:?}");
    }
    let state = answered("telemetry-cdc");
    let why = known::why(&state, Of::Task, MetricName::CDCChangesDiskTarget).unwrap();
    assert_eq!((why.bad, why.words.as_str()), (true, "due, and none in three hours"));
    // Somebody may not look.
    let mut state = populated(120, 40);
    press(&mut state, "/billing");
    keys(&mut state, &[KeyCode::Enter]);
    press(&mut state, "m");
    let id = Subject::Charts(arn("BILLINGXCDC"));
    update(&mut state, failed(id, ProblemKind::AccessDenied, "cloudwatch:GetMetricData", 60), now());
    let why = known::why(&state, Of::Instance, MetricName::SwapUsage).unwrap();
    assert_eq!((why.bad, why.words.as_str()), (true, "not allowed: cloudwatch:GetMetricData"));
}

#[test]
fn without_the_name_of_its_instance_that_is_what_is_asked() {
    let mut state = charted("billing-cdc", 120, 40);
    state.world.instances.clear();
    assert_eq!(state.subjects_on_screen(), [Subject::Instances]);
    assert_eq!(state.screen(), Screen::Task(crate::console::state::Tab::Metrics));
}
