//! What a start, a stop and a reload become, and what of a run is shown.

use super::*;

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
