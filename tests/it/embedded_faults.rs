//! The faults of the embedded AWS, seen from outside.

use crate::embedded::{dms, frozen, http, started};
use cutover::demo::{Options, Running};
use serde_json::{Value, json};
use std::time::Duration;

async fn fault(running: &Running, switch: Value) -> (u16, Value) {
    let (status, _, body) = http(running, "POST /_demo/fault HTTP/1.1", &switch.to_string()).await.unwrap();
    (status, serde_json::from_str(&body).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_are_switched_while_it_runs() {
    let running = started(frozen()).await;
    let ask = || dms(&running, "DescribeReplicationTasks", json!({}));
    let kind = |answer: &(u16, Value)| (answer.0, answer.1["__type"].as_str().map(ToOwned::to_owned));
    assert_eq!(ask().await.unwrap().0, 200);
    for (name, value, status, code) in [
        ("throttle", json!(1), 400, "ThrottlingException"),
        ("error", json!(null), 500, "InternalFailure"),
        ("expired-credentials", json!(null), 400, "ExpiredTokenException"),
        ("access-denied", json!("DescribeReplicationTasks"), 400, "AccessDeniedException"),
        ("access-denied", json!("dms:DescribeReplicationTasks:fault"), 400, "AccessDeniedFault"),
    ] {
        assert_eq!(fault(&running, json!({"name": name, "value": value})).await.0, 200);
        assert_eq!(kind(&ask().await.unwrap()), (status, Some(code.to_owned())));
        let (status, _, _) =
            http(&running, "POST / HTTP/1.1\r\nauthorization: x", "Action=GetCallerIdentity&Version=2011-06-15")
                .await
                .unwrap();
        assert_eq!(status == 200, name == "access-denied", "{name} covers every service unless it names an operation");
        fault(&running, json!({"name": name, "on": false})).await;
        assert_eq!(ask().await.unwrap().0, 200, "{name} is off again");
    }
    let (status, answer) = fault(&running, json!({"name": "trottle"})).await;
    assert_eq!((status, &answer["error"]), (400, &json!("no fault named \"trottle\"; did you mean throttle?")));

    fault(&running, json!({"name": "cut", "op": "dms"})).await;
    let cut = ask().await.unwrap_err();
    assert_eq!(cut.kind(), std::io::ErrorKind::ConnectionReset);
    fault(&running, json!({"name": "cut", "on": false})).await;

    fault(&running, json!({"name": "latency", "value": 150, "op": "DescribeReplicationTasks"})).await;
    let begun = std::time::Instant::now();
    ask().await.unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(150));
    fault(&running, json!({"name": "latency", "on": false})).await;

    let (_, _, body) = http(&running, "GET /_demo/faults HTTP/1.1", "").await.unwrap();
    let listed: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), cutover::demo::faults::TABLE.len());
    assert!(
        listed.as_array().unwrap().iter().all(|row| row["on"] == json!([]) && !row["doc"].as_str().unwrap().is_empty())
    );
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_response_leaves_the_change_made() {
    let faults = vec!["lost-response".parse().unwrap()];
    let running = started(Options { faults, ..frozen() }).await;
    let tasks = dms(&running, "DescribeReplicationTasks", json!({})).await.unwrap().1;
    let arn = &tasks["ReplicationTasks"][0]["ReplicationTaskArn"];
    assert!(dms(&running, "StopReplicationTask", json!({"ReplicationTaskArn": arn})).await.is_err());
    let tasks = dms(&running, "DescribeReplicationTasks", json!({})).await.unwrap().1;
    assert_eq!(tasks["ReplicationTasks"][0]["Status"], "stopping");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_the_start_change_what_is_answered() {
    let faults = [
        "hostile-text",
        "no-last-update",
        "wrong-account=210987654321",
        "fail-task=orders-cdc",
        "changed-by-someone=billing-cdc",
    ];
    let faults = faults.iter().map(|text| text.parse().unwrap()).collect();
    let running = started(Options { faults, ..frozen() }).await;
    let tasks = dms(&running, "DescribeReplicationTasks", json!({})).await.unwrap().1;
    let status = |index: usize| tasks["ReplicationTasks"][index]["Status"].as_str().unwrap().to_owned();
    assert!(status(0).contains("failed") && status(0).contains("\u{1b}[2J"), "{:?}", status(0));
    assert!(status(1).contains("stopping"));
    let arn = tasks["ReplicationTasks"][0]["ReplicationTaskArn"].as_str().unwrap();
    assert!(arn.starts_with("arn:aws:dms:") && !arn.contains('\u{1b}'));
    let rows = dms(&running, "DescribeTableStatistics", json!({"ReplicationTaskArn": arn})).await.unwrap().1;
    let row = &rows["TableStatistics"][0];
    assert!(row["TableName"].as_str().unwrap().contains('\u{202e}') && row.get("LastUpdateTime").is_none());
    // A name that came out hostile still finds its task.
    let name = &tasks["ReplicationTasks"][0]["ReplicationTaskIdentifier"];
    let filter = json!({"Filters": [{"Name": "replication-task-id", "Values": [name]}]});
    assert_eq!(dms(&running, "DescribeReplicationTasks", filter).await.unwrap().0, 200);
    let form = "POST / HTTP/1.1\r\nauthorization: x";
    let (_, _, who) = http(&running, form, "Action=GetCallerIdentity&Version=2011-06-15").await.unwrap();
    assert!(who.contains("<Account>210987654321</Account>"), "{who}");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stale_describes_answer_as_of_before() {
    let faults = vec!["stale-describes=60".parse().unwrap()];
    let running = started(Options { faults, ..Options::default() }).await;
    let tasks = || async {
        dms(&running, "DescribeReplicationTasks", json!({})).await.unwrap().1["ReplicationTasks"][0].clone()
    };
    let arn = tasks().await["ReplicationTaskArn"].clone();
    let stop = dms(&running, "StopReplicationTask", json!({"ReplicationTaskArn": arn})).await.unwrap().1;
    assert_eq!(stop["ReplicationTask"]["Status"], "stopping", "only describes are stale");
    assert_eq!(tasks().await["Status"], "running");
    fault(&running, json!({"name": "stale-describes", "on": false})).await;
    assert_ne!(tasks().await["Status"], "running");
    running.stop().await;
}
