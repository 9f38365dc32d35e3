//! What is said when something changes, and how it is listed.

use super::*;

fn listed(world: &World, input: &Value, now: Timestamp) -> Vec<Value> {
    let mut events = world.read(Service::Dms, "DescribeEvents", input, now).unwrap().items_of("Events").to_vec();
    events.dedup();
    events
}

/// Messages of the task since `from`.
fn said(world: &World, name: &str, from: Timestamp, now: Timestamp) -> Vec<String> {
    let input = Value::map([("SourceIdentifier", name.into()), ("StartTime", from.into()), ("EndTime", now.into())]);
    listed(world, &input, now).iter().map(|event| event.text_of("Message").unwrap().to_owned()).collect()
}

#[test]
fn every_change_of_status_is_said_with_why_and_how() {
    let mut world = opened();
    let began = FROZEN_AT + seconds(1);
    launched(&mut world, "staging-refresh", "reload-target", began);
    tell(&mut world, "staging-refresh", Happened::LoadFinished, began + seconds(10));
    stop(&mut world, "orders-cdc", began).unwrap();
    tell(&mut world, "orders-cdc", Happened::Stopped, began);
    let stopped = began + seconds(10) + time::STOPPING;
    world.advance(stopped);
    let (_, running) = launched(&mut world, "orders-cdc", "resume-processing", stopped);
    world.apply(Event::TaskFails { task: "orders-cdc".into() }, running + seconds(1));
    let now = running + seconds(60);
    world.advance(now);
    assert_eq!(
        said(&world, "staging-refresh", began, now),
        [
            "The replication task has started with taskType: full-load, startType: reload-target",
            "Replication task has stopped. Stop Reason FULL_LOAD_ONLY_FINISHED."
        ]
    );
    let orders = said(&world, "orders-cdc", began, now);
    assert_eq!(orders.len(), 3, "{orders:?}");
    assert_eq!(orders[0], "Replication task has stopped. Stop Reason NORMAL.");
    assert!(orders[1].ends_with("taskType: full-load-and-cdc, startType: resume-processing"), "{orders:?}");
    assert!(orders[2].starts_with("Replication task has failed. Reason: Last Error  Endpoint is"), "{orders:?}");
}

#[test]
fn a_task_that_falls_behind_pauses_and_resumes_reading_in_turns() {
    let mut world = opened();
    let hours = FROZEN_AT + seconds(3 * 3600);
    world.advance(hours);
    let texts = said(&world, "billing-cdc", FROZEN_AT - seconds(3 * 3600), hours);
    assert!(texts.len() >= 28, "{texts:?}");
    assert!(texts.windows(2).all(|two| two[0] != two[1]), "{texts:?}");
    assert!(said(&world, "orders-cdc", FROZEN_AT, hours).is_empty());
}

#[test]
fn a_range_is_two_ends_or_minutes_back_from_one() {
    let world = opened();
    let count = |members: &[(&'static str, Value)]| {
        let members = members.iter().map(|(name, value)| ((*name).into(), value.clone())).collect();
        listed(&world, &Value::Map(members), FROZEN_AT).len()
    };
    let ago = |n: i64| Value::from(FROZEN_AT - seconds(n));
    let all = count(&[("Duration", 180.into())]);
    let hour = count(&[]);
    assert!(hour < all && hour > 0);
    assert_eq!(count(&[("Duration", 60.into())]), hour, "minutes");
    assert_eq!(count(&[("StartTime", ago(3 * 3600)), ("EndTime", ago(0))]), all);
    assert_eq!(count(&[("StartTime", ago(3 * 3600))]), all);
    assert_eq!(count(&[("StartTime", ago(3 * 3600)), ("Duration", 120.into())]) + hour, all);
}
