//! The demo on real databases: what the embedded AWS says has happened has happened there.

use crate::demo_databases_wire::{Served, refused};
use crate::servers;
use cutover::db::{Database, Session, Write, catalogue};
use cutover::demo::shop::{self, TABLES};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Both ends of a demo, opened from outside.
struct Ends {
    source: Session<Write>,
    target: Session<Write>,
    /// Schema of the shop on the source and on the target.
    from: String,
    to: String,
}

impl Ends {
    async fn open(source: &str, target: &str) -> Self {
        let (source, target) = (Database::parse(source).unwrap(), Database::parse(target).unwrap());
        let schema = |database: &Database| shop::schema_of(database).to_owned();
        let (from, to) = (schema(&source), schema(&target));
        let (source, target) =
            (source.write_owned_by_demo().await.unwrap(), target.write_owned_by_demo().await.unwrap());
        Self { source, target, from, to }
    }

    async fn staged(&mut self) -> BTreeMap<&'static str, i64> {
        let tables = catalogue::read(&mut self.target).await.unwrap();
        let mut out = BTreeMap::new();
        for table in TABLES {
            let name = format!("stg_{table}");
            if tables.contains_key(&(self.to.clone(), name.clone())) {
                out.insert(table, shop::count(&mut self.target, &self.to, &name).await.unwrap());
            }
        }
        out
    }

    /// Waits for the staging tables the demo opens with.
    async fn opened(&mut self) {
        let (end, mut before) = (Instant::now() + Duration::from_secs(90), BTreeMap::new());
        loop {
            let now = self.staged().await;
            if now.len() == TABLES.len() && now.values().all(|rows| *rows > 0) && now == before {
                return;
            }
            before = now;
            assert!(Instant::now() < end, "the opening set never arrived: {before:?}");
            tokio::time::sleep(Duration::from_millis(700)).await;
        }
    }
}

fn states(rows: &[Value]) -> BTreeMap<&str, &str> {
    rows.iter().map(|row| (row["TableName"].as_str().unwrap(), row["TableState"].as_str().unwrap())).collect()
}

fn sum(rows: &[Value], names: [&str; 3]) -> i64 {
    rows.iter().flat_map(|row| names.map(|name| row[name].as_i64().unwrap())).sum()
}

const CAPTURED: [&str; 3] = ["Inserts", "Updates", "Deletes"];
const APPLIED: [&str; 3] = ["AppliedInserts", "AppliedUpdates", "AppliedDeletes"];

/// Changes of business really reach the target, and the table that fails there fails for a reason.
async fn changes_arrive(demo: &Served, ends: &mut Ends) {
    let applied = |rows: &[Value]| sum(rows, APPLIED);
    let before = applied(&demo.tables("orders-cdc").await);
    let end = Instant::now() + Duration::from_mins(1);
    while applied(&demo.tables("orders-cdc").await) <= before {
        assert!(Instant::now() < end, "nothing is applied: {}", demo.task("orders-cdc").await);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(demo.task("orders-cdc").await["Status"], "running");
    assert!(shop::count(&mut ends.target, &ends.to, "orders").await.unwrap() > 0);
    let billing = demo.tables("billing-cdc").await;
    assert!(billing.iter().all(|row| row["SchemaName"] == ends.from.as_str()), "{billing:?}");
    let want = [("invoice", "Table completed"), ("invoice_line", "Table error"), ("payment", "Table completed")];
    assert_eq!(states(&billing), want.into());
    let there = catalogue::read(&mut ends.target).await.unwrap();
    assert!(there[&(ends.to.clone(), "invoice_line".to_owned())].column("amount").is_none());
    assert_eq!(shop::count(&mut ends.target, &ends.to, "invoice_line").await.unwrap(), 0);
    assert!(shop::count(&mut ends.target, &ends.to, "invoice").await.unwrap() > 0);
    // The source is as it was: nothing was loaded into itself.
    let there = catalogue::read(&mut ends.source).await.unwrap();
    assert!(there[&(ends.from.clone(), "invoice_line".to_owned())].column("amount").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql_a_reload_brings_rows_and_a_foreign_key_keeps_one_table_out() {
    let server = servers::postgres().await;
    let (source, target) = (server.database().await, server.database().await);
    let demo = Served::start(&["--source", &source, "--target", &target]).await;
    let mut ends = Ends::open(&source, &target).await;
    ends.opened().await;
    changes_arrive(&demo, &mut ends).await;

    let customers = ends.staged().await["customer"];
    ends.target
        .script(
            "DELETE FROM shop.stg_product; \
             INSERT INTO shop.stg_category (id, name) SELECT max(id) + 1000, 'staging only' FROM shop.stg_category; \
             ALTER TABLE shop.stg_address ADD FOREIGN KEY (customer_id) REFERENCES shop.stg_customer (id) NOT VALID",
        )
        .await
        .unwrap();
    let kept = ends.staged().await["category"];
    assert_eq!(demo.start_task("staging-refresh", "reload-target").await.0, 200);
    demo.until("staging-refresh", |task| task["ReplicationTaskStats"]["TablesLoading"].as_i64() > Some(0)).await;
    let task = demo.until_status("staging-refresh", "stopped").await;
    assert_eq!(task["StopReason"], "Stop Reason FULL_LOAD_ONLY_FINISHED");

    let rows = demo.tables("staging-refresh").await;
    let (states, counts) = (states(&rows), ends.staged().await);
    for row in &rows {
        let name = row["TableName"].as_str().unwrap();
        match name {
            // TRUNCATE of a table that another refers to is refused, whatever it holds.
            "customer" => {
                assert_eq!((&row["TableState"], &row["FullLoadRows"]), (&json!("Table error"), &json!(0)));
                assert_eq!(counts[name], customers, "refused, so nothing is gone");
            }
            // Rows that refer to customers who came since are refused too, if there are any.
            "address" => {}
            _ => {
                assert_eq!(row["TableState"], "Table completed", "{row}");
                assert_eq!(row["FullLoadRows"].as_i64(), counts.get(name).copied(), "{row}");
                assert!(counts[name] > 0);
            }
        }
    }
    assert_eq!(counts["category"], kept - 1, "what only staging had is gone");
    let errored = states.values().filter(|state| **state == "Table error").count();
    assert_eq!(task["ReplicationTaskStats"]["TablesErrored"], errored);
    assert_eq!(task["ReplicationTaskStats"]["FullLoadProgressPercent"], 100);
    let told = demo.cutover(&["tasks"]);
    let told = told.iter().find(|task| task["name"] == "staging-refresh").unwrap();
    assert_eq!((&told["health"], &told["alerts"][0]["id"]), (&json!("critical"), &json!("table-error")));
}

#[tokio::test(flavor = "multi_thread")]
async fn on_mariadb_every_table_arrives_in_the_database_of_the_target() {
    let server = servers::mariadb().await;
    let (source, target) = (server.database().await, server.database().await);
    let demo = Served::start(&["--source", &source, "--target", &target]).await;
    let mut ends = Ends::open(&source, &target).await;
    ends.opened().await;
    changes_arrive(&demo, &mut ends).await;
    ends.target.script(&format!("DELETE FROM {}.stg_document", ends.to)).await.unwrap();
    assert_eq!(demo.start_task("staging-refresh", "reload-target").await.0, 200);
    demo.until("staging-refresh", |task| task["Status"] != "starting").await;
    let task = demo.until_status("staging-refresh", "stopped").await;
    assert_eq!(task["ReplicationTaskStats"]["TablesLoaded"], 12, "{task}");
    let counts = ends.staged().await;
    for row in demo.tables("staging-refresh").await {
        assert_eq!(row["FullLoadRows"].as_i64(), counts.get(row["TableName"].as_str().unwrap()).copied(), "{row}");
    }
}

#[tokio::test]
async fn a_target_that_is_the_source_is_refused() {
    let url = servers::postgres().await.database().await;
    let (status, said) = refused(&["--source", &url, "--target", &url]);
    assert_eq!(status, 3);
    assert!(said.contains("the same database"), "{said}");
}

/// Numbers that cannot be.
async fn check(demo: &Served, names: &[&str]) {
    for name in names {
        for row in demo.tables(name).await {
            for (captured, applied) in CAPTURED.iter().zip(APPLIED) {
                let (captured, applied) = (row[*captured].as_i64().unwrap(), row[applied].as_i64().unwrap());
                assert!(applied <= captured && applied >= 0, "{name}: {row}");
            }
            let ahead = row["LastUpdateTime"].as_f64().unwrap() - now();
            assert!(ahead <= 0.0, "{name}: updated {ahead} s ahead: {row}");
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "milliseconds fit")]
fn now() -> f64 {
    jiff::Timestamp::now().as_millisecond() as f64 / 1000.0 + 0.001
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_and_resumed_and_reloaded_no_number_becomes_impossible() {
    const BOTH: [&str; 2] = ["orders-cdc", "billing-cdc"];
    let demo = Served::start(&[]).await;
    let pass = async |seconds: u32| {
        for _ in 0..seconds * 4 {
            check(&demo, &BOTH).await;
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    };
    let behind = async |name: &str| {
        let rows: Vec<Value> =
            demo.tables(name).await.into_iter().filter(|row| row["TableState"] != "Table error").collect();
        sum(&rows, CAPTURED) - sum(&rows, APPLIED)
    };
    pass(8).await;
    let waiting = behind("billing-cdc").await;
    assert!(waiting > 0, "billing is late from the start");
    for name in BOTH {
        assert_eq!(demo.stop_task(name).await.0, 200);
        assert_eq!(demo.stop_task(name).await.0, 400, "stopping twice is refused");
    }
    for name in BOTH {
        let task = demo.until_status(name, "stopped").await;
        assert_eq!(task["StopReason"], "Stop Reason NORMAL");
        assert_eq!(
            demo.start_task(name, "start-replication").await.1["__type"],
            "InvalidParameterCombinationException"
        );
        assert_eq!(demo.start_task(name, "resume-processing").await.0, 200);
        assert_eq!(demo.stop_task(name).await.0, 400, "no stop while it starts");
    }
    for name in BOTH {
        let task = demo.until_status(name, "running").await;
        let stats = &task["ReplicationTaskStats"];
        assert!(stats["StartDate"].as_f64() > stats["FreshStartDate"].as_f64(), "{stats}");
    }
    // The invented past of the opening does not come back: what waits now is what the source did since.
    pass(6).await;
    let resumed = behind("billing-cdc").await;
    assert!(resumed > 0 && resumed < waiting, "{waiting} then {resumed}");

    let arn = demo.task("orders-cdc").await["ReplicationTaskArn"].clone();
    let table = json!([{"SchemaName": "shop", "TableName": "orders"}]);
    demo.done("ReloadTables", json!({"ReplicationTaskArn": arn, "TablesToReload": table})).await;
    let reloaded = async || {
        let rows = demo.tables("orders-cdc").await;
        let row = rows.into_iter().find(|row| row["TableName"] == "orders").unwrap();
        (row["TableState"] == "Table completed" && row["FullLoadReloaded"] == true).then_some(row)
    };
    let end = Instant::now() + Duration::from_mins(1);
    while reloaded().await.is_none() {
        assert!(Instant::now() < end, "the table never came back");
        pass(1).await;
    }
    assert!(reloaded().await.unwrap()["FullLoadRows"].as_i64() > Some(0));
    pass(4).await;
    // Caught up, give or take what came in the last moment.
    assert!(behind("orders-cdc").await < 400, "{}", behind("orders-cdc").await);
}
