//! The traps at the top of the DMS facts, each sprung: the embedded AWS does what AWS does, and what we say of it is right.
//!
//! Those of logs, events and schedules (5, 13, 14, 15) stand in `traps_spoken.rs`.

use crate::cli::Aws;
use crate::demo_databases_wire::Served;
use crate::embedded::{dms, frozen, started};
use crate::pty::{Pty, Start};
use serde_json::{Map, Value, json};
use std::time::Duration;

type Row = Map<String, Value>;

pub fn task(aws: &Aws, name: &str) -> Row {
    let tasks = aws.json(&["tasks", "--output=json"]);
    tasks.into_iter().find(|task| task["name"] == name).unwrap()
}

fn alerts(task: &Row) -> Vec<&str> {
    task["alerts"].as_array().unwrap().iter().map(|alert| alert["id"].as_str().unwrap()).collect()
}

fn screen(aws: &Aws) -> Pty {
    aws.env().iter().fold(Start::cutover(&[]), |start, (name, value)| start.env(name, value)).start()
}

/// The line of a task once it holds what is wanted.
fn line(pty: &Pty, task: &str, holds: impl Fn(&str) -> bool) -> String {
    let find = |screen: &str| screen.lines().find(|line| line.contains(task)).map(ToOwned::to_owned);
    let screen = pty.until(task, |screen| find(screen).is_some_and(|line| holds(&line)));
    find(&screen).unwrap()
}

#[test]
fn trap_1_one_task_has_a_name_an_arn_and_a_resource_id_and_each_is_used_where_it_belongs() {
    let aws = Aws::start(&[]);
    let task = task(&aws, "billing-cdc");
    let (arn, id) = (task["arn"].as_str().unwrap(), task["resource_id"].as_str().unwrap());
    assert_eq!(arn.rsplit(':').next(), Some(id));
    assert_ne!(id, "billing-cdc");
    // Metrics are found by the resource id, which the program looks up; a person gives the name or the ARN.
    for named in ["billing-cdc", arn] {
        let metrics = aws.json(&["metrics", named, "--output=json"]);
        assert!(metrics.iter().any(|row| !row["points"].as_array().unwrap().is_empty()), "{named}");
    }
    let output = aws.run(&["tables", id]);
    assert_eq!(output.status.code(), Some(2), "the resource id is no name");
}

#[test]
fn trap_2_a_hundred_percent_is_not_loaded() {
    let aws = Aws::start(&[]);
    let task = task(&aws, "catalog-load");
    assert_eq!((&task["load_percent"], &task["tables_loaded"]), (&json!(100), &json!(0)));
    assert_eq!((&task["health"], &task["tables_errored"]), (&json!("critical"), &json!(4)));
    assert!(alerts(&task).contains(&"table-error"));
    let rows = aws.json(&["tables", "catalog-load", "--output=json"]);
    assert!(rows.iter().all(|row| row["full_load_rows"].as_i64() > Some(0) && row["state"] == "Table error"));
    let pty = screen(&aws);
    let line = line(&pty, "catalog-load", |line| line.contains("failed"));
    assert!(!line.contains("100%") && line.contains("4 err"), "{line}");
    pty.keys("q");
}

#[test]
fn trap_3_stopped_is_success_for_a_load_and_an_outage_for_changes() {
    let aws = Aws::start(&["changed-by-someone=orders-cdc"]);
    let load = task(&aws, "staging-refresh");
    assert_eq!((&load["status"], &load["health"]), (&json!("stopped"), &json!("ok")));
    assert_eq!(load["stop_reason"], "Stop Reason FULL_LOAD_ONLY_FINISHED");
    let mut changes = task(&aws, "orders-cdc");
    for _ in 0..50 {
        if changes["status"] == "stopped" {
            break;
        }
        std::thread::sleep(Duration::from_millis(200));
        changes = task(&aws, "orders-cdc");
    }
    assert_eq!((&changes["status"], &changes["health"]), (&json!("stopped"), &json!("critical")));
    assert_eq!(alerts(&changes), ["cdc-stopped"]);
    let pty = screen(&aws);
    line(&pty, "staging-refresh", |line| line.contains("finished"));
    line(&pty, "orders-cdc", |line| line.contains("stopped"));
    pty.keys("q");
}

#[test]
fn trap_4_running_is_not_health() {
    let aws = Aws::start(&["table-error=orders-cdc:shop.orders"]);
    let task = task(&aws, "orders-cdc");
    assert_eq!((&task["status"], &task["health"]), (&json!("running"), &json!("critical")));
    assert_eq!(alerts(&task), ["table-error"]);
    let rows = aws.json(&["tables", "orders-cdc", "--output=json"]);
    let out: Vec<&Value> = rows.iter().filter(|row| row["state"] == "Table error").map(|row| &row["table"]).collect();
    assert_eq!(out, ["orders"]);
    let pty = screen(&aws);
    line(&pty, "orders-cdc", |line| line.contains("running") && line.contains("1 err"));
    pty.keys("q");
}

#[test]
fn trap_6_target_latency_holds_the_source_latency_already() {
    let aws = Aws::start(&[]);
    let task = task(&aws, "billing-cdc");
    let metrics = aws.json(&["metrics", "billing-cdc", "--output=json"]);
    let newest = |name: &str| metrics.iter().find(|row| row["metric"] == name).unwrap()["value"].as_f64().unwrap();
    let (source, target) = (newest("CDCLatencySource"), newest("CDCLatencyTarget"));
    assert!(source > 0.0 && target >= source, "{source} {target}");
    // Between the two questions a minute may have ended.
    let shown = task["latency_target_seconds"].as_f64().unwrap();
    assert!((shown - target).abs() < 1e-9 || task["as_of"] != metrics[0]["as_of"], "{shown}, not {source} + {target}");
}

#[test]
fn trap_7_no_data_is_critical_where_it_is_due_and_never_zero() {
    let aws = Aws::start(&["missing-metrics=orders-cdc"]);
    let silent = task(&aws, "orders-cdc");
    assert_eq!((&silent["status"], &silent["health"]), (&json!("running"), &json!("critical")));
    assert_eq!(alerts(&silent), ["no-data"]);
    assert_eq!((&silent["latency_source_seconds"], &silent["latency_target_seconds"]), (&Value::Null, &Value::Null));
    // Where none is due its absence says nothing.
    let load = task(&aws, "staging-refresh");
    assert_eq!((&load["latency_target_seconds"], &load["health"]), (&Value::Null, &json!("ok")));
    let metrics = aws.json(&["metrics", "orders-cdc", "--output=json"]);
    let latency = metrics.iter().find(|row| row["metric"] == "CDCLatencyTarget").unwrap();
    assert_eq!(latency["fresh"], false, "the old points are there, and not taken for news");
    let pty = screen(&aws);
    let line = line(&pty, "orders-cdc", |line| line.contains("no data") || line.contains("no point"));
    assert!(!line.contains("0 s"), "{line}");
    pty.keys("q");
}

#[tokio::test(flavor = "multi_thread")]
async fn trap_8_a_first_start_of_a_task_that_ran_is_refused_by_a_code_outside_the_model() {
    let running = started(frozen()).await;
    let tasks = dms(&running, "DescribeReplicationTasks", json!({})).await.unwrap().1["ReplicationTasks"].clone();
    for task in tasks.as_array().unwrap().iter().filter(|task| task["Status"] != "running") {
        let start =
            json!({"ReplicationTaskArn": task["ReplicationTaskArn"], "StartReplicationTaskType": "start-replication"});
        let (status, answer) = dms(&running, "StartReplicationTask", start).await.unwrap();
        assert_eq!((status, &answer["__type"]), (400, &json!("InvalidParameterCombinationException")));
        assert!(
            answer["message"]
                .as_str()
                .unwrap()
                .contains("START_REPLICATION, valid only for tasks running for the first time")
        );
    }
    let after = dms(&running, "DescribeReplicationTasks", json!({})).await.unwrap().1["ReplicationTasks"].clone();
    assert_eq!(tasks, after, "nothing was started");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn trap_9_a_resume_after_a_broken_load_loads_nothing_and_we_say_so() {
    let demo = Served::start(&[]).await;
    demo.stop_task("orders-cdc").await;
    demo.until_status("orders-cdc", "stopped").await;
    assert_eq!(demo.start_task("orders-cdc", "reload-target").await.0, 200);
    demo.until("orders-cdc", |task| task["ReplicationTaskStats"]["TablesLoading"].as_i64() > Some(0)).await;
    assert_eq!(demo.stop_task("orders-cdc").await.0, 200);
    demo.until_status("orders-cdc", "stopped").await;
    let unloaded = |rows: Vec<Value>| rows.into_iter().filter(|row| row["TableState"] != "Table completed").count();
    let broken = unloaded(demo.tables("orders-cdc").await);
    assert!(broken > 0, "stopped in the middle of its load");
    assert_eq!(demo.start_task("orders-cdc", "resume-processing").await.0, 200);
    demo.until_status("orders-cdc", "running").await;
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(unloaded(demo.tables("orders-cdc").await), broken, "the load was skipped");
    let told = demo.cutover(&["tasks"]);
    let told = told.iter().find(|task| task["name"] == "orders-cdc").unwrap();
    assert_eq!((&told["status"], &told["health"]), (&json!("running"), &json!("critical")), "{told}");
    assert!(told["alerts"].as_array().unwrap().iter().any(|alert| alert["id"] == "load-incomplete"), "{told}");
}

// Trap 10, what reload-target does to a target, is sprung on PostgreSQL in `demo_databases`: what only the target had is
// gone, and TRUNCATE of a table that a foreign key refers to fails.

#[tokio::test(flavor = "multi_thread")]
async fn traps_11_and_12_no_start_while_a_connection_is_tested_and_no_stop_while_a_task_starts() {
    let demo = Served::start(&[]).await;
    let task = demo.task("staging-refresh").await;
    let pair =
        json!({"ReplicationInstanceArn": task["ReplicationInstanceArn"], "EndpointArn": task["TargetEndpointArn"]});
    demo.done("TestConnection", pair).await;
    let (status, answer) = demo.start_task("staging-refresh", "reload-target").await;
    assert_eq!((status, &answer["__type"]), (400, &json!("InvalidResourceStateFault")));
    assert!(answer["message"].as_str().unwrap().starts_with("Test connection for replication instance and endpoint"));
    for _ in 0..100 {
        let found = demo.done("DescribeConnections", json!({})).await;
        if found["Connections"].as_array().unwrap().iter().all(|connection| connection["Status"] == "successful") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(demo.start_task("staging-refresh", "reload-target").await.0, 200);
    let (status, answer) = demo.stop_task("staging-refresh").await;
    assert_eq!((status, &answer["__type"]), (400, &json!("InvalidResourceStateFault")));
    assert!(answer["message"].as_str().unwrap().contains("task not running"));
    // A restart waits for `running`, then stops, then waits for `stopped`.
    demo.until("staging-refresh", |task| task["Status"] != "starting").await;
    demo.stop_task("staging-refresh").await;
    demo.until_status("staging-refresh", "stopped").await;
}
