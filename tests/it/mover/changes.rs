//! Loads that go on with changes, through stops, interruptions and reloads.

use super::{Pair, Running, failures, rows, schema, script};
use cutover::db::{Database, Value};
use cutover::demo::mover::order::{Begin, Checkpoint, Happened, Order};
use cutover::demo::shop::TABLES;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

async fn load_and_follow(pair: Pair) {
    let mut workload = pair.workload().await;
    let mut running = Running::start(pair.order(Begin::LoadAll, true));
    // Changes while the load runs, and after it.
    for _ in 0..60 {
        workload.step(Timestamp::now()).await.unwrap();
    }
    running.until(|said| matches!(said, Happened::Applied { .. } | Happened::Idle(_))).await;
    for _ in 0..120 {
        workload.step(Timestamp::now()).await.unwrap();
    }
    running.until_at(pair.position().await).await;
    let (_, said) = running.stop().await;
    assert_eq!(failures(&said), BTreeMap::new());
    pair.assert_equal().await;

    let loaded: u64 = said.iter().map(|s| if let Happened::Loaded { rows, .. } = s { *rows } else { 0 }).sum();
    assert!(loaded > 1_000, "{loaded} rows");
    let count = |applied: bool| -> u64 {
        let one = |said: &Happened| match said {
            Happened::Captured { inserts, updates, deletes, .. } if !applied => inserts + updates + deletes,
            Happened::Applied { inserts, updates, deletes, .. } if applied => inserts + updates + deletes,
            _ => 0,
        };
        said.iter().map(one).sum()
    };
    assert!(count(false) > 100);
    assert_eq!(count(false), count(true), "captured is applied");
}

#[tokio::test]
async fn sqlite_to_sqlite_is_equal_after_load_and_changes() {
    load_and_follow(Pair::sqlite().await).await;
}

#[tokio::test]
async fn postgresql_to_postgresql_is_equal_after_load_and_changes() {
    load_and_follow(Pair::postgres().await).await;
}

#[tokio::test]
async fn mariadb_to_mariadb_is_equal_after_load_and_changes() {
    load_and_follow(Pair::mariadb().await).await;
}

#[tokio::test]
async fn postgresql_to_mariadb_is_equal_after_load_and_changes() {
    load_and_follow(Pair::crossed().await).await;
}

#[tokio::test]
async fn a_stopped_task_resumes_from_its_checkpoint_and_loses_and_doubles_nothing() {
    for pair in [Pair::sqlite().await, Pair::postgres().await] {
        let mut workload = pair.workload().await;
        let mut running = Running::start(pair.order(Begin::LoadAll, true));
        running.until(|said| matches!(said, Happened::Idle(_))).await;
        let mut seen = 0;
        let mut at = Checkpoint(0);
        let sum = |said: &[Happened]| -> u64 {
            let one = |said: &Happened| match said {
                Happened::Applied { inserts, updates, deletes, .. } => inserts + updates + deletes,
                _ => 0,
            };
            said.iter().map(one).sum()
        };
        for round in 0..3 {
            for _ in 0..40 {
                workload.step(Timestamp::now()).await.unwrap();
            }
            let (stopped, said) = running.stop().await;
            assert!(stopped >= at);
            (at, seen) = (stopped, seen + sum(&said));
            // While nobody listens.
            for _ in 0..20 {
                workload.step(Timestamp::now()).await.unwrap();
            }
            running = Running::start(pair.order(Begin::Changes { from: Some(at) }, true));
            if round == 2 {
                running.until_at(pair.position().await).await;
            }
        }
        let (at, said) = running.stop().await;
        assert_eq!(at, pair.position().await);
        assert_eq!(seen + sum(&said), u64::try_from(at.0).unwrap(), "each change was applied once");
        pair.assert_equal().await;
    }
}

#[tokio::test]
async fn an_interrupted_load_goes_on_without_losing_what_changed_in_between() {
    let pair = Pair::sqlite().await;
    let mut workload = pair.workload().await;
    let order = Order { pace: Some(3_000), sub_tasks: 1, ..pair.order(Begin::LoadAll, true) };
    let mut running = Running::start(order);
    running.until(|said| matches!(said, Happened::LoadEnded { table, .. } if table == "customer")).await;
    let (_, said) = running.stop().await;
    let from = said.iter().find_map(|s| if let Happened::At(at) = s { Some(*at) } else { None }).unwrap();
    let ended = |name: &str| said.iter().any(|s| matches!(s, Happened::LoadEnded { table, .. } if table == name));
    let rest: Vec<(String, String)> =
        TABLES.iter().filter(|name| !ended(name)).map(|name| ("shop".to_owned(), (*name).to_owned())).collect();
    assert!(rest.len() > 3 && rest.len() < TABLES.len(), "{rest:?}");
    for _ in 0..100 {
        workload.step(Timestamp::now()).await.unwrap();
    }
    let mut running = Running::start(pair.order(Begin::LoadRest { tables: rest.clone(), from }, true));
    running.until_at(pair.position().await).await;
    let (_, said) = running.stop().await;
    let started = said.iter().filter(|s| matches!(s, Happened::LoadStarted { .. })).count();
    assert_eq!(started, rest.len(), "only the rest is loaded");
    pair.assert_equal().await;
}

#[tokio::test]
async fn one_table_is_reloaded_while_the_others_go_on() {
    for pair in [Pair::sqlite().await, Pair::postgres().await] {
        let mut workload = pair.workload().await;
        let schema = schema(&pair.source);
        let order = Order { pace: Some(2_000), ..pair.order(Begin::LoadAll, true) };
        let mut running = Running::start(order);
        running.until(|said| matches!(said, Happened::Idle(_))).await;
        script(&pair.target, "DELETE FROM {schema}.order_item").await;
        let reload = (1, schema.clone(), "order_item".to_owned());
        running.control.send_modify(|control| control.reload.push(reload));
        running.until(|said| matches!(said, Happened::LoadStarted { table, .. } if table == "order_item")).await;
        for _ in 0..80 {
            workload.step(Timestamp::now()).await.unwrap();
        }
        running.until(|said| matches!(said, Happened::LoadEnded { table, .. } if table == "order_item")).await;
        running.until_at(pair.position().await).await;
        let (_, said) = running.stop().await;
        let loads = said.iter().filter(|s| matches!(s, Happened::LoadStarted { table, .. } if table == "order_item"));
        assert_eq!(loads.count(), 2, "asked once, reloaded once");
        assert_eq!(failures(&said), BTreeMap::new());
        pair.assert_equal().await;
    }
}

#[tokio::test]
async fn a_table_that_cannot_be_applied_is_out_and_the_others_go_on() {
    let pair = Pair::sqlite().await;
    let mut workload = pair.workload().await;
    let mut running = Running::start(pair.order(Begin::LoadAll, true));
    running.until(|said| matches!(said, Happened::Idle(_))).await;
    script(&pair.target, "DROP TABLE {schema}.order_item").await;
    for _ in 0..60 {
        workload.step(Timestamp::now()).await.unwrap();
    }
    running.until_at(pair.position().await).await;
    let (_, said) = running.stop().await;
    let failed = failures(&said);
    assert_eq!(failed.keys().collect::<Vec<_>>(), ["order_item"]);
    assert!(failed["order_item"].contains("no such table"), "{failed:?}");
    for table in TABLES.iter().filter(|name| **name != "order_item") {
        assert_eq!(rows(&pair.source, table).await, rows(&pair.target, table).await, "{table}");
    }
}

#[tokio::test]
async fn a_change_waits_for_the_delay_and_the_checkpoint_with_it() {
    let pair = Pair::sqlite().await;
    let mut workload = pair.workload().await;
    let mut running = Running::start(pair.order(Begin::LoadAll, true));
    running.until(|said| matches!(said, Happened::Idle(_))).await;
    running.control.send_modify(|control| control.apply_delay_ms = 3_600_000);
    let before = pair.position().await;
    for _ in 0..20 {
        workload.step(Timestamp::now()).await.unwrap();
    }
    running.until(|said| matches!(said, Happened::Captured { .. })).await;
    running.control.send_modify(|control| control.stop = true);
    running.until(|said| matches!(said, Happened::Stopped)).await;
    assert!(!running.said.iter().any(|said| matches!(said, Happened::Applied { .. })));
    let at = running.said.iter().rev().find_map(|s| if let Happened::At(at) = s { Some(*at) } else { None });
    assert_eq!(at, Some(before));
}

#[tokio::test]
async fn a_lost_connection_and_a_purged_log_end_the_run_with_the_reason() {
    let pair = Pair::postgres().await;
    let mut running = Running::start(pair.order(Begin::LoadAll, true));
    running.until(|said| matches!(said, Happened::Idle(_))).await;
    let target = Database::parse(&pair.target).unwrap();
    let name = target.name().unwrap();
    let kill = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND pid <> pg_backend_pid()"
    );
    let mut workload = pair.workload().await;
    script(&pair.target, &kill).await;
    for _ in 0..10 {
        workload.step(Timestamp::now()).await.unwrap();
    }
    let said = running.until(|said| matches!(said, Happened::Failed { .. })).await;
    let Happened::Failed { why } = said else { unreachable!() };
    assert!(why.contains("lost") && why.contains("terminating connection"), "{why}");

    let from = Some(Checkpoint(pair.position().await.0 + 1_000));
    let mut running = Running::start(pair.order(Begin::Changes { from }, true));
    let said = running.until(|said| matches!(said, Happened::Failed { .. })).await;
    assert!(format!("{said:?}").contains("Could not find the position"), "{said:?}");
}

#[tokio::test]
async fn a_change_that_commits_late_is_not_lost() {
    for pair in [Pair::postgres().await, Pair::mariadb().await] {
        let schema = schema(&pair.source);
        let mut running = Running::start(pair.order(Begin::LoadAll, true));
        running.until(|said| matches!(said, Happened::Idle(_))).await;
        let source = Database::parse(&pair.source).unwrap();
        let (mut early, mut late) =
            (source.write_owned_by_demo().await.unwrap(), source.write_owned_by_demo().await.unwrap());
        early.begin().await.unwrap();
        early.script(&format!("UPDATE {schema}.customer SET name = 'early' WHERE id = 1")).await.unwrap();
        let second = tokio::spawn(async move {
            late.script(&format!("UPDATE {schema}.customer SET name = 'late' WHERE id = 2")).await.unwrap();
        });
        // Long enough for the mover to read the second one, were it there.
        tokio::time::sleep(Duration::from_millis(600)).await;
        early.commit().await.unwrap();
        second.await.unwrap();
        running.until_at(pair.position().await).await;
        running.stop().await;
        pair.assert_equal().await;
        let names: Vec<Value> = rows(&pair.target, "customer").await.iter().map(|row| row[1].clone()).collect();
        assert!(names.contains(&"early".into()) && names.contains(&"late".into()));
    }
}
