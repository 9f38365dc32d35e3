//! The state machine as tables of cases.

mod events;
mod fleet;

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
fn a_start_becomes_the_order_its_type_asks_for() {
    let now = FROZEN_AT;
    let mut world = opened();
    let (order, running) = launched(&mut world, "staging-refresh", "reload-target", now);
    assert_eq!((order.begin, order.changes_after_load), (Begin::LoadAll, false));
    assert!(order.target_url.contains("staging"));
    let task = described(&world, "staging-refresh", running);
    let stats = task.get("ReplicationTaskStats").unwrap();
    assert_eq!(stats.get("FreshStartDate").and_then(Value::time), Some(running));
    assert_eq!((number(stats, "TablesQueued"), number(stats, "FullLoadProgressPercent")), (12, 0));

    // A resumed full load takes what was not loaded.
    let (order, _) = launched(&mut world, "catalog-load", "resume-processing", now);
    let all = ["category", "product", "stock", "document"].map(pair).to_vec();
    assert_eq!(order.begin, Begin::LoadSome(all));

    // A resumed full-load-and-cdc goes on from its checkpoint, even where its load broke off.
    tell(&mut world, "orders-cdc", Happened::At(Checkpoint(77)), now);
    stop(&mut world, "orders-cdc", now).unwrap();
    tell(&mut world, "orders-cdc", Happened::Stopped, now);
    world.advance(now + time::STOPPING);
    let (order, _) = launched(&mut world, "orders-cdc", "resume-processing", now + time::STOPPING);
    assert_eq!(order.begin, Begin::Changes { from: Some(Checkpoint(77)) });

    // A table in error stays out of a resumed run.
    stop(&mut world, "billing-cdc", now).unwrap();
    tell(&mut world, "billing-cdc", Happened::Stopped, now);
    world.advance(now + time::STOPPING);
    let (order, _) = launched(&mut world, "billing-cdc", "resume-processing", now + time::STOPPING);
    assert!(order.mappings.selects("shop", "invoice") && !order.mappings.selects("shop", "invoice_line"));
}

#[test]
fn what_a_resume_reads_again_is_counted_once_and_what_is_out_stays_as_it_was() {
    let now = FROZEN_AT;
    let mut world = opened();
    let counts = |world: &World| -> Vec<[i64; 2]> {
        let rows = rows(world, "billing-cdc", now + seconds(20));
        rows.iter().map(|row| [number(row, "Inserts"), number(row, "AppliedInserts")]).collect()
    };
    let before = counts(&world);
    assert!(before.iter().all(|[captured, applied]| applied < captured));
    stop(&mut world, "billing-cdc", now).unwrap();
    tell(&mut world, "billing-cdc", Happened::Stopped, now);
    world.advance(now + time::STOPPING);
    launched(&mut world, "billing-cdc", "resume-processing", now + time::STOPPING);
    let after = counts(&world);
    assert_eq!([after[0], after[2]], [[before[0][1]; 2], [before[2][1]; 2]]);
    assert_eq!(after[1], before[1], "a table in error");
}

#[test]
fn a_full_load_is_seen_table_by_table_and_finishes_even_with_a_table_in_error() {
    let mut world = opened();
    let (_, mut now) = launched(&mut world, "catalog-load", "reload-target", FROZEN_AT);
    let mut say = |world: &mut World, happened: Happened| {
        now += seconds(1);
        world.advance(now);
        tell(world, "catalog-load", happened, now);
        let task = described(world, "catalog-load", now);
        let stats = task.get("ReplicationTaskStats").unwrap().clone();
        let counts = ["TablesLoaded", "TablesLoading", "TablesQueued", "TablesErrored", "FullLoadProgressPercent"];
        (counts.map(|name| number(&stats, name)), task.text_of("Status").unwrap().to_owned())
    };
    let (schema, table) = pair("product");
    let tables = ["category", "product"].map(pair).to_vec();
    let running = "running".to_owned();
    assert_eq!(say(&mut world, Happened::Tables(tables)), ([0, 0, 2, 0, 0], running.clone()));
    let started = Happened::LoadStarted { schema: schema.clone(), table: table.clone() };
    assert_eq!(say(&mut world, started), ([0, 1, 1, 0, 0], running.clone()));
    for _ in 0..2 {
        say(&mut world, Happened::Loaded { schema: schema.clone(), table: table.clone(), rows: 600 });
    }
    let ended = Happened::LoadEnded { schema: schema.clone(), table };
    assert_eq!(say(&mut world, ended), ([1, 0, 1, 0, 50], running.clone()));
    let failed = Happened::TableFailed { schema, table: "category".into(), why: "no such column".into() };
    assert_eq!(say(&mut world, failed), ([1, 0, 0, 1, 100], running));
    assert_eq!(say(&mut world, Happened::LoadFinished).1, "stopped");
    let task = described(&world, "catalog-load", now);
    assert_eq!(task.text_of("StopReason"), Some("Stop Reason FULL_LOAD_ONLY_FINISHED"));
    let product = &rows(&world, "catalog-load", now)[1];
    assert_eq!((product.text_of("TableName"), number(product, "FullLoadRows")), (Some("product"), 1200));
}

#[test]
fn a_stop_takes_a_visible_time_and_cancels_what_was_loading() {
    let mut world = opened();
    start(&mut world, "catalog-load", "reload-target", FROZEN_AT).unwrap();
    assert!(stop(&mut world, "catalog-load", FROZEN_AT).is_err(), "not while starting");
    let now = FROZEN_AT + time::STARTING;
    world.advance(now);
    let (schema, table) = pair("product");
    tell(&mut world, "catalog-load", Happened::LoadStarted { schema, table }, now);
    world.commands();
    stop(&mut world, "catalog-load", now).unwrap();
    assert!(matches!(world.commands().as_slice(), [Command::Steer { control, .. }] if control.stop));
    assert!(start(&mut world, "catalog-load", "resume-processing", now).is_err(), "not while stopping");
    tell(&mut world, "catalog-load", Happened::Stopped, now);
    assert_eq!(described(&world, "catalog-load", now).text_of("Status"), Some("stopping"));
    let later = now + time::STOPPING;
    world.advance(later);
    let task = described(&world, "catalog-load", later);
    assert_eq!((task.text_of("Status"), task.text_of("StopReason")), (Some("stopped"), Some("Stop Reason NORMAL")));
    let state = |table: &str| {
        let rows = rows(&world, "catalog-load", later);
        rows.iter()
            .find(|row| row.text_of("TableName") == Some(table))
            .unwrap()
            .text_of("TableState")
            .unwrap()
            .to_owned()
    };
    assert_eq!((state("product").as_str(), state("stock").as_str()), ("Table cancelled", "Before load"));
}

#[test]
fn what_an_earlier_run_still_says_is_not_listened_to() {
    let mut world = opened();
    let index = world.by_name("staging-refresh").unwrap();
    let old = world.tasks[index].runs;
    launched(&mut world, "staging-refresh", "reload-target", FROZEN_AT);
    let id = world.tasks[index].resource_id();
    world.apply(Event::Mover { task: id, run: old, happened: Happened::Failed { why: "x".into() } }, FROZEN_AT);
    assert_eq!(world.tasks[index].status, TaskStatus::Running);
}

#[test]
fn the_load_that_seeds_the_databases_is_not_shown_and_no_finished_table_changes_its_count() {
    let mut world = opened();
    let (schema, table) = pair("orders");
    let now = FROZEN_AT + seconds(1);
    tell(&mut world, "orders-cdc", Happened::LoadStarted { schema: schema.clone(), table: table.clone() }, now);
    tell(&mut world, "orders-cdc", Happened::Loaded { schema: schema.clone(), table: table.clone(), rows: 321 }, now);
    tell(&mut world, "orders-cdc", Happened::LoadEnded { schema, table }, now);
    let later = FROZEN_AT + seconds(60);
    world.advance(later);
    let rows = rows(&world, "orders-cdc", later);
    let row = rows.iter().find(|row| row.text_of("TableName") == Some("orders")).unwrap();
    assert_eq!((row.text_of("TableState"), number(row, "FullLoadRows")), (Some("Table completed"), 3_000));
    assert!(row.get("FullLoadEndTime").and_then(Value::time).unwrap() < FROZEN_AT);
}

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
fn tables_are_reloaded_within_the_rules_and_the_mover_is_told() {
    let mut world = opened();
    let reload = |world: &mut World, name: &str, tables: &[&str], option: Option<&str>| {
        let tables = tables.iter().map(|t| Value::map([("SchemaName", "shop".into()), ("TableName", (*t).into())]));
        let input = Value::map([
            ("ReplicationTaskArn", arn_of(world, name).into()),
            ("TablesToReload", Value::list(tables)),
            ("ReloadOption", option.into()),
        ]);
        world.change("ReloadTables", &input, FROZEN_AT).map_err(|refusal| refusal.code)
    };
    let eleven = ["orders"; 11];
    for (name, tables, option, want) in [
        ("orders-cdc", &eleven[..], None, Err("InvalidParameterValueException")),
        ("orders-cdc", &[][..], None, Err("InvalidParameterValueException")),
        ("orders-cdc", &["orders", "orders"][..], None, Err("InvalidParameterValueException")),
        ("orders-cdc", &["nonsense"][..], None, Err("InvalidParameterValueException")),
        ("orders-cdc", &["orders"][..], Some("sometimes"), Err("InvalidParameterValueException")),
        ("billing-cdc", &["invoice"][..], None, Err("InvalidParameterCombinationException")),
        ("staging-refresh", &["orders"][..], None, Err("InvalidResourceStateFault")),
        ("orders-cdc", &["orders"][..], Some("validate-only"), Ok(())),
        ("orders-cdc", &["orders", "customer"][..], None, Ok(())),
    ] {
        world.commands();
        assert_eq!(reload(&mut world, name, tables, option).map(|_| ()), want, "{name} {tables:?} {option:?}");
    }
    let commands = world.commands();
    let [Command::Steer { control, .. }] = commands.as_slice() else { panic!("{commands:?}") };
    assert_eq!(control.reload, [(1, "shop".into(), "orders".into()), (2, "shop".into(), "customer".into())]);
    assert_eq!(
        described(&world, "orders-cdc", FROZEN_AT).get("ReplicationTaskStats").map(|s| number(s, "TablesLoading")),
        Some(2)
    );
    let (schema, table) = pair("orders");
    tell(&mut world, "orders-cdc", Happened::LoadStarted { schema: schema.clone(), table: table.clone() }, FROZEN_AT);
    tell(&mut world, "orders-cdc", Happened::LoadEnded { schema, table }, FROZEN_AT);
    let rows = rows(&world, "orders-cdc", FROZEN_AT);
    let orders = rows.iter().find(|row| row.text_of("TableName") == Some("orders")).unwrap();
    assert_eq!(orders.text_of("TableState"), Some("Table completed"));
    assert_eq!(orders.get("FullLoadReloaded"), Some(&Value::Bool(true)));
}

#[test]
fn a_stop_position_stops_the_task_and_says_so() {
    for (position, reason) in [
        ("server_time:2026-01-15T14:10:00", "Stop Reason STOPPED_AT_SERVER_TIME"),
        ("commit_time:2026-01-15T14:10:00", "Stop Reason STOPPED_AT_COMMIT_TIME"),
    ] {
        let mut world = opened();
        stop(&mut world, "orders-cdc", FROZEN_AT).unwrap();
        tell(&mut world, "orders-cdc", Happened::Stopped, FROZEN_AT);
        let now = FROZEN_AT + time::STOPPING;
        world.advance(now);
        let input = Value::map([
            ("ReplicationTaskArn", arn_of(&world, "orders-cdc").into()),
            ("StartReplicationTaskType", "resume-processing".into()),
            ("CdcStopPosition", position.into()),
        ]);
        world.change("StartReplicationTask", &input, now).unwrap();
        world.advance(now + time::STARTING);
        let until: Timestamp = "2026-01-15T14:10:00Z".parse().unwrap();
        let (schema, table) = pair("orders");
        for (at, want) in [(until - seconds(1), "running"), (until, "stopped")] {
            let (schema, table) = (schema.clone(), table.clone());
            tell(
                &mut world,
                "orders-cdc",
                Happened::Applied { schema, table, inserts: 1, updates: 0, deletes: 0, committed: at },
                at,
            );
            world.advance(at);
            assert_eq!(described(&world, "orders-cdc", at).text_of("Status"), Some(want));
        }
        assert_eq!(described(&world, "orders-cdc", until).text_of("StopReason"), Some(reason));
    }
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
