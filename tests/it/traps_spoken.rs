//! The traps of what DMS and its neighbours say: logs (5, 14), events (13) and schedules (15).

use crate::cli::{Aws, text};
use crate::embedded::{client, dms, frozen, python, started};
use cutover::demo::Options;
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[test]
fn trap_5_what_is_dropped_row_by_row_stands_in_the_log_only() {
    let aws = Aws::start(&[]);
    let rows = aws.json(&["tables", "billing-cdc", "--output=json"]);
    let said = aws.run(&["logs", "billing-cdc", "--since=3h", "--output=json"]);
    let lines: Vec<Value> = serde_json::from_slice(&said.stdout).unwrap();
    // Which table it is depends on the time of day; the statistics of none of them know of it.
    let whole = rows.iter().filter(|row| row["state"] == "Table completed").map(|row| row["table"].as_str().unwrap());
    let whole: Vec<String> = whole.map(|table| format!("'{table}'")).collect();
    assert!(!whole.is_empty(), "{rows:?}");
    let names_one = |line: &Value| whole.iter().any(|table| line["message"].as_str().unwrap().contains(table));
    let marked: Vec<&Value> = lines.iter().filter(|line| !line["sign"].is_null() && names_one(line)).collect();
    assert!(!marked.is_empty(), "the log does, and its lines are marked");
    assert!(marked.iter().all(|line| line["severity"] == "warning" && line["meaning"].is_string()), "{marked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn trap_13_events_have_no_id_come_twice_and_are_told_once() {
    let running = started(frozen()).await;
    let events = dms(&running, "DescribeEvents", json!({"Duration": 180})).await.unwrap().1["Events"].clone();
    let events = events.as_array().unwrap();
    let key = |event: &Value| {
        ["SourceType", "SourceIdentifier", "Date", "Message"].map(|member| event[member].to_string()).join(" ")
    };
    let keys: Vec<String> = events.iter().map(key).collect();
    let once: BTreeSet<&String> = keys.iter().collect();
    assert!(once.len() < keys.len(), "one event is listed twice");
    assert!(events.iter().any(|event| event["SourceType"] == "replication-task"), "a source type outside the model");
    let members = ["SourceIdentifier", "SourceType", "Message", "EventCategories", "Date"];
    assert!(events.iter().all(|event| event.as_object().unwrap().keys().all(|key| members.contains(&key.as_str()))));
    let endpoint = running.endpoint_url();
    let told = tokio::task::spawn_blocking(move || {
        let env = [
            ("AWS_ENDPOINT_URL", endpoint),
            ("AWS_ACCESS_KEY_ID", "demo".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "demo".to_owned()),
            ("AWS_REGION", "eu-west-1".to_owned()),
        ];
        crate::cli::cutover(&["events", "--since=3h", "--output=json"], &env)
    });
    let told: Vec<Value> = serde_json::from_slice(&told.await.unwrap().stdout).unwrap();
    assert_eq!(told.len(), once.len());
    running.stop().await;
}

#[test]
fn trap_14_a_component_is_found_by_its_whole_name_though_the_log_cuts_it() {
    let aws = Aws::start(&[]);
    let lines = |component: &str| -> Vec<Value> {
        let component = format!("--component={component}");
        let said = aws.run(&["logs", "catalog-load", "--since=3h", "--all", "--output=json", &component]);
        assert_eq!(said.status.code(), Some(0), "{}", text(&said.stderr));
        serde_json::from_slice(&said.stdout).unwrap()
    };
    let found = lines("METADATA_MANAGER");
    assert!(!found.is_empty());
    assert!(found.iter().all(|line| line["component"] == "METADATA_MANAGE"), "{found:?}");
    assert_eq!(lines("NO_SUCH_COMPONENT").len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn trap_15_a_schedule_is_replaced_whole_and_a_rule_has_calls_of_its_own() {
    let running = started(frozen()).await;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/boto3_switch.py");
    let seen = client(&python(), &[script], &running.endpoint_url()).await.unwrap_or_else(|error| panic!("{error}"));
    let seen: Value = serde_json::from_str(&seen).unwrap();
    let (before, after) = (&seen["schedule"]["before"], &seen["schedule"]["after"]);
    assert_eq!((&before["State"], &after["State"]), (&json!("ENABLED"), &json!("DISABLED")));
    for (member, lost) in [
        ("Description", Value::Null),
        ("ScheduleExpressionTimezone", json!("UTC")),
        ("FlexibleTimeWindow", json!({"Mode": "OFF"})),
    ] {
        assert_ne!(before[member], lost, "{member} was there");
        assert_eq!(after[member], lost, "{member} is lost by an update that does not say it");
    }
    assert_eq!(seen["schedule"]["whole"], json!("DISABLED"), "an update that says everything keeps everything");
    assert_eq!(seen["rule"]["before"]["State"], "ENABLED");
    let (mut before, after) = (seen["rule"]["before"].clone(), &seen["rule"]["after"]);
    before["State"] = json!("DISABLED");
    assert_eq!(&before, after, "nothing but the state of a rule changes");
    // Enabled again it is not what it was: the variant that sees all management events is lost.
    assert_eq!(seen["variant"], json!(["ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", "DISABLED", "ENABLED"]));
    assert_eq!(seen["managed"], "ManagedRuleException");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn boto3_starts_reloads_and_stops_serverless_replications_by_their_own_rules() {
    let running = started(Options { fleet: Some("600x20".parse().unwrap()), ..Options::default() }).await;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/boto3_serverless.py");
    let seen = client(&python(), &[script], &running.endpoint_url()).await.unwrap_or_else(|error| panic!("{error}"));
    let seen: Value = serde_json::from_str(&seen).unwrap();
    for (what, code, words) in [
        ("stop of one that stands", "InvalidResourceStateFault", "Replication cannot be stopped"),
        (
            "start of one that ran",
            "InvalidParameterCombinationException",
            "valid only for replications running for the first",
        ),
        ("resume of a full load", "InvalidParameterCombinationException", "not applicable for replications"),
        (
            "resume before the first run",
            "InvalidParameterCombinationException",
            "not valid for replications running for the",
        ),
        ("reload of one that stands", "InvalidResourceStateFault", "only while the replication is running"),
        ("nobody", "ResourceNotFoundFault", "not found"),
    ] {
        let told = &seen["codes"][what];
        assert!(told[0] == code && told[1].as_str().unwrap().contains(words), "{what}: {told}");
    }
    assert_eq!((&seen["started"], &seen["reloaded"]), (&json!("initializing"), &json!(true)));
    let way = seen["way"].as_array().unwrap();
    assert!(
        way.len() > 4 && way.contains(&json!("provisioning_capacity")) && way.last() == Some(&json!("running")),
        "{way:?}"
    );
    assert_eq!(seen["table"], json!(["Table is being reloaded"]));
    assert_eq!(seen["stopping"], "stopping");
    assert_eq!(seen["stopped"], json!(["Stop Reason NORMAL", "checkpoint:V1"]));
    assert_eq!(seen["resumed"], "initializing");
    running.stop().await;
}
