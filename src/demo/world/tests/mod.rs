//! The state machine as tables of cases: here how it opens and what comes from outside, `runs.rs` what a start, a stop and
//! a reload become.

mod events;
mod fleet;
mod points;
mod runs;

use super::*;
use crate::demo::clock::FROZEN_AT;
use crate::demo::mover::order::{Begin, Checkpoint};
use crate::model::task::TaskStatus;
use jiff::SignedDuration;

fn seconds(n: i64) -> SignedDuration {
    SignedDuration::from_secs(n)
}

fn opened() -> World {
    let file = |name: &str| Place { url: format!("sqlite:/nowhere/{name}.db"), schema: "shop".into() };
    let databases =
        Databases { source: file("source"), target: file("target"), staging: file("staging"), shared: false };
    World::new(Setting { databases: Some(databases), ..Setting::default() }, FROZEN_AT)
}

fn arn_of(world: &World, name: &str) -> String {
    world.tasks[world.by_name(name).unwrap()].def.arn.as_str().to_owned()
}

fn start(world: &mut World, name: &str, kind: &str, now: Timestamp) -> Result<Value, Refusal> {
    let input =
        Value::map([("ReplicationTaskArn", arn_of(world, name).into()), ("StartReplicationTaskType", kind.into())]);
    world.change("StartReplicationTask", &input, now)
}

fn stop(world: &mut World, name: &str, now: Timestamp) -> Result<Value, Refusal> {
    let input = Value::map([("ReplicationTaskArn", arn_of(world, name).into())]);
    world.change("StopReplicationTask", &input, now)
}

fn tell(world: &mut World, name: &str, happened: Happened, now: Timestamp) {
    let task = &world.tasks[world.by_name(name).unwrap()];
    let (id, run) = (task.resource_id(), task.runs);
    world.apply(Event::Mover { task: id, run, happened }, now);
}

fn described(world: &World, name: &str, now: Timestamp) -> Value {
    let filter = Value::map([("Name", "replication-task-id".into()), ("Values", Value::list([name.into()]))]);
    let input = Value::map([("Filters", Value::list([filter]))]);
    let answer = world.read(Service::Dms, "DescribeReplicationTasks", &input, now).unwrap();
    answer.items_of("ReplicationTasks")[0].clone()
}

fn rows(world: &World, name: &str, now: Timestamp) -> Vec<Value> {
    let input = Value::map([("ReplicationTaskArn", arn_of(world, name).into()), ("MaxRecords", 500.into())]);
    world.read(Service::Dms, "DescribeTableStatistics", &input, now).unwrap().items_of("TableStatistics").to_vec()
}

fn number(value: &Value, name: &str) -> i64 {
    value.get(name).and_then(Value::int).unwrap()
}

/// Starts a task, waits out `starting`, and gives the order that went to the mover.
fn launched(world: &mut World, name: &str, kind: &str, now: Timestamp) -> (Order, Timestamp) {
    world.commands();
    start(world, name, kind, now).unwrap();
    let running = now + time::STARTING;
    world.advance(running);
    let order = world.commands().into_iter().find_map(|command| match command {
        Command::Launch { order, .. } => Some(*order),
        Command::Steer { .. } => None,
    });
    (order.unwrap(), running)
}

fn pair(table: &str) -> (String, String) {
    ("shop".to_owned(), table.to_owned())
}

#[test]
fn the_opening_set_shows_a_healthy_a_late_a_finished_and_a_failed_task() {
    let world = opened();
    for (name, kind, status, reason, errored) in [
        ("orders-cdc", "full-load-and-cdc", "running", None, 0),
        ("billing-cdc", "cdc", "running", None, 1),
        ("staging-refresh", "full-load", "stopped", Some("Stop Reason FULL_LOAD_ONLY_FINISHED"), 0),
        ("catalog-load", "full-load", "failed", Some("Stop Reason FATAL_ERROR Error Level FATAL"), 4),
    ] {
        let task = described(&world, name, FROZEN_AT);
        assert_eq!(task.text_of("MigrationType"), Some(kind));
        assert_eq!(task.text_of("Status"), Some(status));
        assert_eq!(task.text_of("StopReason"), reason);
        assert_eq!(number(task.get("ReplicationTaskStats").unwrap(), "TablesErrored"), errored, "{name}");
    }
}

#[test]
fn the_failed_load_says_a_hundred_percent_and_counts_rows_that_are_not_there() {
    let world = opened();
    let task = described(&world, "catalog-load", FROZEN_AT);
    let stats = task.get("ReplicationTaskStats").unwrap();
    assert_eq!((number(stats, "FullLoadProgressPercent"), number(stats, "TablesLoaded")), (100, 0));
    let rows = rows(&world, "catalog-load", FROZEN_AT);
    assert!(rows.iter().all(|row| row.text_of("TableState") == Some("Table error") && number(row, "FullLoadRows") > 0));
    assert!(task.text_of("LastFailureMessage").unwrap().ends_with("Stop Reason FATAL_ERROR Error Level FATAL"));
}

#[test]
fn nothing_starts_while_a_connection_is_tested() {
    let mut world = opened();
    let endpoint = world.endpoints[1].arn.0.clone();
    let instance = world.instances[0].arn.0.clone();
    let input = Value::map([("ReplicationInstanceArn", instance.into()), ("EndpointArn", endpoint.into())]);
    let answer = world.change("TestConnection", &input, FROZEN_AT).unwrap();
    assert_eq!(answer.get("Connection").unwrap().text_of("Status"), Some("testing"));
    let refused = start(&mut world, "catalog-load", "resume-processing", FROZEN_AT).unwrap_err();
    assert!(refused.code == "InvalidResourceStateFault" && refused.message.starts_with("Test connection"));
    let later = FROZEN_AT + time::TESTING;
    world.advance(later);
    assert!(start(&mut world, "catalog-load", "resume-processing", later).is_ok());
}

#[test]
fn what_happens_from_outside_is_seen() {
    let mut world = opened();
    let event = Event::TableError { task: "orders-cdc".into(), schema: "shop".into(), table: "address".into() };
    world.apply(event, FROZEN_AT);
    let filter = Value::map([("Name", "table-state".into()), ("Values", Value::list(["Table error".into()]))]);
    let input =
        Value::map([("ReplicationTaskArn", arn_of(&world, "orders-cdc").into()), ("Filters", Value::list([filter]))]);
    let answer = world.read(Service::Dms, "DescribeTableStatistics", &input, FROZEN_AT).unwrap();
    assert_eq!(answer.items_of("TableStatistics")[0].text_of("TableName"), Some("address"));
    world.apply(Event::SomebodyElse { task: Some("billing-cdc".into()) }, FROZEN_AT);
    assert_eq!(described(&world, "billing-cdc", FROZEN_AT).text_of("Status"), Some("stopping"));
    world.apply(Event::SomebodyElse { task: Some("staging-refresh".into()) }, FROZEN_AT);
    assert_eq!(described(&world, "staging-refresh", FROZEN_AT).text_of("Status"), Some("starting"));
    let range = (Timestamp::MIN, FROZEN_AT);
    let newest = |world: &World| {
        let points = world.points(&world.tasks[0], MetricName::CDCLatencyTarget, range, FROZEN_AT);
        FROZEN_AT.duration_since(points.last().unwrap().at).as_secs()
    };
    assert!(newest(&world) < 120);
    world.apply(Event::Silence(Some(Silence::One("billing-cdc".into()))), FROZEN_AT);
    assert!(newest(&world) < 120);
    world.apply(Event::Silence(Some(Silence::All)), FROZEN_AT);
    assert!(newest(&world) > 900);
}

#[test]
fn the_same_seed_gives_the_same_world_and_another_seed_another() {
    let answer = |seed, fleet: Option<&str>| {
        let fleet = fleet.map(|text| text.parse().unwrap());
        let world = World::new(Setting { seed, fleet, ..Setting::default() }, FROZEN_AT);
        world.read(Service::Dms, "DescribeReplicationTasks", &Value::Map(Vec::new()), FROZEN_AT).unwrap()
    };
    for fleet in [None, Some("30x10")] {
        assert_eq!(answer(1, fleet), answer(1, fleet));
        assert_ne!(answer(1, fleet), answer(2, fleet));
    }
}

#[test]
fn an_unknown_operation_is_refused_as_aws_refuses_it() {
    let world = opened();
    let refusal = world.read(Service::Dms, "DescribeCertificates", &Value::Map(Vec::new()), FROZEN_AT).unwrap_err();
    assert_eq!(refusal.code, "UnknownOperationException");
}
