//! Rules and schedules: the command against the embedded AWS and against moto, boto3 and the AWS CLI against the first.

use crate::cli::{Aws, cutover, text};
use crate::embedded::{aws, client, frozen, python, started};
use crate::moto::Moto;
use serde_json::{Map, Value, json};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/schedules_boto3.py");

fn named<'a>(rows: &'a [Map<String, Value>], name: &str) -> &'a Map<String, Value> {
    rows.iter().find(|row| row["name"] == name).unwrap()
}

/// What boto3 saw, of our own rows.
fn as_boto3(rows: &[Map<String, Value>]) -> Value {
    let mut rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            let arns: Vec<&Value> = row["targets"].as_array().unwrap().iter().map(|target| &target["arn"]).collect();
            json!([row["kind"], row["group"], row["name"], row["state"], row["expression"], arns])
        })
        .collect();
    rows.sort_by_key(|row| (0..3).map(|at| row[at].as_str().unwrap().to_owned()).collect::<Vec<_>>());
    Value::Array(rows)
}

#[test]
fn each_says_when_it_fires_next_and_which_task_it_starts() {
    let aws = Aws::start(&[]);
    let rows = aws.json(&["schedules", "--output=json"]);
    assert_eq!(rows.len(), 10);
    let task = |name: &str| {
        let tasks = aws.json(&["tasks", "--output=json"]);
        named(&tasks, name)["arn"].clone()
    };
    let weekly = named(&rows, "staging-refresh-weekly");
    assert_eq!(weekly["starts"], json!([task("staging-refresh")]));
    assert_eq!(weekly["targets"][0]["task_name"], "staging-refresh");
    assert_eq!((&weekly["time_zone"], &weekly["flexible_minutes"]), (&json!("Europe/Berlin"), &json!(15)));
    let (next, local) = (weekly["next"].as_array().unwrap(), weekly["next_local"].as_array().unwrap());
    assert_eq!((next.len(), local.len()), (5, 5));
    for (utc, local) in next.iter().zip(local) {
        let (utc, local) = (utc.as_str().unwrap(), local.as_str().unwrap());
        assert!(utc.ends_with('Z') && local.contains("T02:30:00+0"), "{utc} {local}");
        assert_eq!(utc.parse::<jiff::Timestamp>().unwrap(), local.parse::<jiff::Timestamp>().unwrap());
        assert!(utc.parse::<jiff::Timestamp>().unwrap() > jiff::Timestamp::now());
    }
    let nightly = named(&rows, "staging-refresh-nightly");
    assert_eq!((nightly["next"].as_array().unwrap().len(), &nightly["starts"]), (5, &json!([])));
    assert_eq!(nightly["targets"].as_array().unwrap().len(), 2);
    assert_eq!(named(&rows, "orders-count-check")["targets"][0]["does"], "names");
    for (name, why) in [
        ("billing-cutover-stop", "it is disabled"),
        ("migration-report-weekly", "it is disabled"),
        ("dms-failures", "it answers to events, not to the clock"),
        ("dms-lag-probe", "AWS does not say when it began to count"),
    ] {
        assert_eq!((&named(&rows, name)["next"], &named(&rows, name)["no_next"]), (&json!([]), &json!(why)), "{name}");
    }
    // Neither kind of being enabled is taken for the other, and what a service keeps says so.
    assert_eq!(named(&rows, "dms-api-calls")["state"], "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS");
    assert_eq!(named(&rows, "AutoScalingManagedRule")["managed_by"], "autoscaling.amazonaws.com");
    assert_eq!(named(&rows, "order-shipped")["group"], "shop-events");
    let printed = text(&aws.run(&["schedules"]).stdout);
    assert!(printed.contains("DMS startReplicationTask: reloads staging-refresh"), "{printed}");
    assert!(printed.contains(" 02:30 Europe/Berlin (S"), "{printed}");
}

#[test]
fn what_may_not_be_read_leaves_the_rest_and_says_so() {
    for (fault, rules, schedules, said) in [
        ("access-denied=ListRules", 0, 3, "events:ListRules"),
        ("access-denied=ListEventBuses", 6, 3, "events:ListEventBuses"),
        ("access-denied=ListTargetsByRule", 7, 3, "events:ListTargetsByRule"),
        ("access-denied=ListSchedules", 7, 0, "scheduler:ListSchedules"),
        ("access-denied=GetSchedule", 7, 3, "scheduler:GetSchedule"),
        ("access-denied=DescribeReplicationTasks", 7, 3, "dms:DescribeReplicationTasks"),
    ] {
        let aws = Aws::start(&[fault]);
        let output = aws.run(&["schedules", "--output=json"]);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{fault}: {stderr}");
        assert!(stderr.contains(said) && stderr.contains("access denied"), "{fault}: {stderr}");
        assert_eq!(stderr.matches("access denied").count(), 1, "{fault}: asked again and again: {stderr}");
        let rows: Vec<Map<String, Value>> = serde_json::from_slice(&output.stdout).unwrap();
        let count = |kind: &str| rows.iter().filter(|row| row["kind"] == kind).count();
        assert_eq!((count("rule"), count("schedule")), (rules, schedules), "{fault}");
        if fault.ends_with("GetSchedule") {
            let weekly = named(&rows, "staging-refresh-weekly");
            assert_eq!((&weekly["expression"], &weekly["state"]), (&Value::Null, &json!("ENABLED")));
            assert_eq!(weekly["no_next"], "its expression could not be read");
        }
        if fault.ends_with("ListTargetsByRule") {
            assert!(rows.iter().filter(|row| row["kind"] == "rule").all(|row| row["targets"].is_null()));
        }
    }
}

#[test]
fn what_is_throttled_leaves_what_was_listed_before() {
    for (fault, rules, schedules, said) in [
        ("throttle@ListTargetsByRule=1", 7, 3, "events:ListTargetsByRule"),
        ("throttle@GetSchedule=1", 7, 3, "scheduler:GetSchedule"),
    ] {
        let aws = Aws::start(&[fault]);
        let output = aws.run(&["schedules", "--output=json"]);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{fault}: {stderr}");
        assert_eq!(stderr.matches(said).count(), 1, "{fault}: asked again and again: {stderr}");
        let rows: Vec<Map<String, Value>> = serde_json::from_slice(&output.stdout).unwrap();
        let count = |kind: &str| rows.iter().filter(|row| row["kind"] == kind).count();
        assert_eq!((count("rule"), count("schedule")), (rules, schedules), "{fault}");
        let kind = if said.starts_with("events") { "rule" } else { "schedule" };
        let unread = |row: &&Map<String, Value>| row["targets"].is_null() || row["expression"].is_null();
        assert!(rows.iter().filter(|row| row["kind"] == kind).all(|row| unread(&row)), "{fault}: {rows:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn boto3_and_the_aws_cli_read_the_same() {
    let running = started(frozen()).await;
    let said = client(&python(), &[SCRIPT], &running.endpoint_url()).await.unwrap_or_else(|error| panic!("{error}"));
    let seen: Value = serde_json::from_str(&said).unwrap();
    let env = environment(&running.endpoint_url());
    let ours = tokio::task::spawn_blocking(move || cutover(&["schedules", "--output=json"], &env)).await.unwrap();
    let ours: Vec<Map<String, Value>> = serde_json::from_slice(&ours.stdout).unwrap();
    assert_eq!(seen["found"], as_boto3(&ours));
    assert_eq!(seen["groups"], json!(["default", "migrations"]));
    let absent = |status: u16| json!(["ResourceNotFoundException", status]);
    assert_eq!(seen["codes"], json!([absent(400), absent(400), absent(404), absent(404)]));
    let one = ["scheduler", "get-schedule", "--name", "staging-refresh-weekly", "--group-name", "migrations"];
    let one = aws(&running, &one).await.unwrap();
    assert_eq!(one["ScheduleExpressionTimezone"], "Europe/Berlin");
    assert_eq!(one["FlexibleTimeWindow"], json!({"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}));
    let rules = aws(&running, &["events", "list-rules", "--name-prefix", "dms-"]).await.unwrap();
    assert_eq!(rules["Rules"].as_array().unwrap().len(), 3);
    let refused = aws(&running, &["scheduler", "delete-schedule", "--name", "x"]).await.unwrap_err();
    assert!(refused.contains("UnknownOperationException"), "{refused}");
    running.stop().await;
}

#[test]
fn a_long_list_is_read_to_its_end() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let options = cutover::demo::Options { fleet: Some("120x2".parse().unwrap()), ..frozen() };
    let running = runtime.block_on(started(options));
    let output = cutover(&["schedules", "--output=json"], &environment(&running.endpoint_url()));
    let rows: Vec<Map<String, Value>> = serde_json::from_slice(&output.stdout).unwrap();
    let fleet: Vec<_> = rows.iter().filter(|row| row["time_zone"] == "America/New_York").collect();
    assert_eq!(fleet.len(), 108, "every tenth of the 120 tasks is serverless");
    assert!(fleet.iter().all(|row| row["targets"][0]["task_name"].is_string()));
    runtime.block_on(running.stop());
}

fn environment(endpoint: &str) -> Vec<(&'static str, String)> {
    vec![
        ("AWS_ENDPOINT_URL", endpoint.to_owned()),
        ("AWS_ACCESS_KEY_ID", "demo".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "demo".to_owned()),
        ("AWS_REGION", "eu-west-1".to_owned()),
    ]
}

#[test]
fn what_boto3_makes_in_moto_we_read_alike() {
    let moto = Moto::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let said =
        runtime.block_on(client(&python(), &[SCRIPT, "fill"], moto.url())).unwrap_or_else(|error| panic!("{error}"));
    let seen: Value = serde_json::from_str(&said).unwrap();
    let output = cutover(&["schedules", "--output=json"], &environment(moto.url()));
    let rows: Vec<Map<String, Value>> = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}", text(&output.stderr));
    });
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(rows.len(), 226);
    assert_eq!(seen["found"], as_boto3(&rows));
    assert_eq!(named(&rows, "rule-007")["no_next"], "it is disabled");
    assert_eq!(named(&rows, "rule-001")["targets"][0]["does"], "names");
    let refresh = named(&rows, "refresh-004");
    assert_eq!(refresh["starts"], json!(["arn:aws:dms:eu-west-1:123456789012:task:2YT32VX7CHRM"]));
    assert_eq!((&refresh["start"], &refresh["flexible_minutes"]), (&json!("2030-01-01T00:00:00Z"), &json!(15)));
    assert_eq!(refresh["next"][0], "2030-01-06T01:30:00Z");
}
