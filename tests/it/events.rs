//! Events end to end: the embedded AWS as boto3 and the AWS CLI read it, and `cutover events` as scripts read it.

use crate::cli::Aws;
use crate::embedded::{aws, client, frozen, python, started};
use cutover::aws::{Connected, Limiters, Settings, connect};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::Stdio;
use std::sync::mpsc;
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread")]
async fn boto3_and_the_cli_read_the_same_events() {
    let running = started(frozen()).await;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/embedded_events.py");
    let text = client(&python(), &[script], &running.endpoint_url()).await.unwrap_or_else(|error| panic!("{error}"));
    let seen: Value = serde_json::from_str(&text).unwrap();
    let task = |name: &str| json!(["replication-task", name]);
    let sources = json!([["replication-instance", "dms-prod-1"], task("billing-cdc"), task("catalog-load")]);
    assert_eq!(seen["sources"], sources);
    assert_eq!(seen["twice"], true, "nothing promises that an event is listed once");
    assert!(seen["uncategorised"].as_u64().unwrap() > 0);
    assert_eq!(seen["failures"], json!(["Replication task has failed."]));
    assert_eq!(seen["billing"], json!(["Reading paused, swap files limit reached.", "Reading resumed."]));
    assert_eq!(seen["subscriptions"], json!({"dms-failures": "active", "dms-oncall": "topic-not-exist"}));
    assert_eq!(seen["codes"], json!(vec!["InvalidParameterValueException"; 5]));
    let some = aws(&running, &["dms", "describe-events", "--duration", "180", "--max-items", "3"]).await.unwrap();
    assert_eq!(some["Events"].as_array().unwrap().len(), 3);
    assert!(some["NextToken"].is_string());
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reader_pages_events_and_finds_dead_subscriptions() {
    let running = started(cutover::demo::Options { fleet: Some("200x5".parse().unwrap()), ..frozen() }).await;
    let settings = Settings::embedded(running.endpoint_url());
    let Connected { reader, .. } = connect(&settings, &Limiters::default()).await.unwrap();
    let now = "2026-01-15T14:03:22Z".parse::<jiff::Timestamp>().unwrap();
    let answer = reader.events(now - jiff::SignedDuration::from_hours(3), now).await.unwrap();
    assert!(answer.pages > 1 && answer.missing.is_empty());
    assert!(answer.value.iter().all(|event| event.meaning().is_some()), "every message is understood");
    let subscriptions = reader.event_subscriptions().await.unwrap().value;
    let dead: Vec<_> = subscriptions.iter().map(|one| (one.name.raw(), one.is_dead())).collect();
    assert_eq!(dead, [("dms-failures", false), ("dms-oncall", true)]);
    running.stop().await;
}

#[test]
fn events_are_listed_once_dated_and_explained() {
    let aws = Aws::start(&[]);
    let rows = aws.json(&["events", "--output=json"]);
    let key = |row: &serde_json::Map<String, Value>| {
        ["time", "source_type", "source", "message"].map(|name| row[name].as_str().unwrap().to_owned())
    };
    let keys: Vec<_> = rows.iter().map(key).collect();
    let mut once = keys.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), keys.len(), "one of them twice");
    let times: Vec<jiff::Timestamp> = keys.iter().map(|key| key[0].parse().unwrap()).collect();
    assert!(times.is_sorted());
    let failed = rows.iter().find(|row| row["category"] == "failure").unwrap();
    assert_eq!((failed["source"].as_str(), failed["severity"].as_str()), (Some("catalog-load"), Some("critical")));
    let patched = rows.iter().find(|row| row["categories"] == json!([])).unwrap();
    assert_eq!(patched["category"], "maintenance", "said by the message alone");

    let arn = |name: &str| {
        let tasks = aws.json(&["tasks", "--output=json"]);
        tasks.iter().find(|task| task["name"] == name).unwrap()["arn"].as_str().unwrap().to_owned()
    };
    for named in ["catalog-load".to_owned(), arn("catalog-load")] {
        let rows = aws.json(&["events", &named, "--output=json"]);
        assert_eq!(rows.len(), 2, "{named}: {rows:?}");
        assert!(rows.iter().all(|row| row["source"] == "catalog-load"));
    }
    assert!(aws.json(&["events", "catalog-load", "--since=30m", "--output=json"]).is_empty());
    for (args, said) in [
        (&["events", "catalog"][..], "no task"),
        (&["events", "--since=0m"], "between 1s and 366d"),
        (&["events", "-f", "--output=csv"], "a line each"),
    ] {
        let output = aws.run(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(said), "{args:?}");
    }
}

/// Over the demo's own switchboard.
fn switch_off(aws: &Aws, fault: &str) {
    let body = json!({"name": fault, "on": false}).to_string();
    let host = aws.endpoint().trim_start_matches("http://").trim_end_matches('/').to_owned();
    let mut stream = std::net::TcpStream::connect(&host).unwrap();
    let head =
        format!("POST /_demo/fault HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {}", body.len());
    stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[test]
fn following_tells_what_happens_once_and_outlives_an_outage() {
    let aws = Aws::start(&[]);
    let mut command = crate::cli::command(&["events", "-f", "--since=3h"], &aws.env());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (send, lines) = mpsc::channel();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    std::thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
    let mut seen: Vec<Value> = Vec::new();
    let mut wait_for = |message: &str| {
        let began = Instant::now();
        while !seen.iter().any(|row| row["message"].as_str().unwrap().contains(message)) {
            let left = Duration::from_mins(1).checked_sub(began.elapsed()).expect(message);
            seen.push(serde_json::from_str(&lines.recv_timeout(left).expect(message)).unwrap());
        }
        seen.clone()
    };
    wait_for("Replication task has failed");
    aws.switch_on("error@DescribeEvents");
    aws.switch_on("fail-task=orders-cdc");
    let mut told = String::new();
    stderr.read_line(&mut told).unwrap();
    assert!(told.contains("dms:DescribeEvents in eu-west-1"), "{told}");
    switch_off(&aws, "error");
    let seen = wait_for("Endpoint is disconnected");
    child.kill().unwrap();
    child.wait().unwrap();
    let mut once: Vec<String> = seen.iter().map(Value::to_string).collect();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), seen.len(), "one of them twice");
}
