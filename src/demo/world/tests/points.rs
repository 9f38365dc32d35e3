//! What moves becomes points; what does not move has none.

use super::*;

#[test]
fn changes_are_counted_and_become_the_points_of_their_minute() {
    let mut world = opened();
    let (schema, table) = pair("orders");
    let index = world.by_name("orders-cdc").unwrap();
    let minute = metrics::minute_of(FROZEN_AT) + seconds(60);
    let before = world.tasks[index].backlog();
    for (second, captured) in [(5, 120), (10, 180)] {
        let now = minute + seconds(second);
        let committed = now - seconds(2);
        let (schema, table) = (schema.clone(), table.clone());
        world.advance(now);
        tell(
            &mut world,
            "orders-cdc",
            Happened::Captured { schema, table, inserts: captured, updates: 0, deletes: 0, committed },
            now,
        );
    }
    let now = minute + seconds(12);
    let committed = minute + seconds(8);
    tell(
        &mut world,
        "orders-cdc",
        Happened::Applied { schema, table, inserts: 240, updates: 0, deletes: 0, committed },
        now,
    );
    let later = minute + seconds(61);
    world.advance(later);
    assert_eq!(world.tasks[index].backlog() - before, 60);
    let value = |name| {
        let points = world.points(&world.tasks[index], name, (minute, later), later);
        points.last().map(|point| point.value)
    };
    assert_eq!(value(MetricName::CDCThroughputRowsSource), Some(5.0));
    assert_eq!(value(MetricName::CDCThroughputRowsTarget), Some(4.0));
    assert_eq!(value(MetricName::CDCLatencySource), Some(2.0));
    assert_eq!(value(MetricName::CDCLatencyTarget), Some(52.0), "60 changes wait since second 8 of the minute");
    assert_eq!(value(MetricName::FullLoadThroughputRowsTarget), None);
}

#[test]
fn metrics_end_when_replication_ends() {
    let mut world = opened();
    let index = world.by_name("orders-cdc").unwrap();
    world.apply(Event::TaskFails { task: "orders-cdc".into() }, FROZEN_AT);
    let later = FROZEN_AT + seconds(600);
    world.advance(later);
    let points = world.points(&world.tasks[index], MetricName::CDCLatencyTarget, (Timestamp::MIN, later), later);
    assert!(points.last().unwrap().at < FROZEN_AT);
    let task = described(&world, "orders-cdc", later);
    assert_eq!(task.text_of("Status"), Some("failed"));
    assert!(task.text_of("LastFailureMessage").unwrap().contains("Endpoint is disconnected"));
}

#[test]
fn the_climbing_task_has_its_mover_hold_back_more_and_more() {
    let mut world = opened();
    let delay = |world: &World| world.tasks[1].run.as_ref().unwrap().control.apply_delay_ms;
    let first = delay(&world);
    world.commands();
    world.advance(FROZEN_AT + seconds(120));
    assert!(first > 80_000 && delay(&world) > first + 3_000, "{first} {}", delay(&world));
    assert!(matches!(world.commands().as_slice(), [Command::Steer { .. }]), "only the climbing task is told");
}
