//! `cutover demo --serve` as a process of its own, and DMS spoken to it without any SDK.

use crate::embedded::http_at;
use serde_json::{Value, json};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt as _, BufReader};

/// Longest anything in the demo may take to come true: whole loads, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// The process; it ends when this is dropped, since its standard input does.
pub struct Served {
    endpoint: String,
    _child: tokio::process::Child,
}

impl Served {
    pub async fn start(arguments: &[&str]) -> Self {
        let mut child = tokio::process::Command::new(env!("CARGO_BIN_EXE_cutover"))
            .args(["demo", "--serve", "--until-stdin-closes"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        while let Some(line) = lines.next_line().await.unwrap() {
            if let Some(endpoint) = line.strip_prefix("export AWS_ENDPOINT_URL=") {
                return Self { endpoint: endpoint.to_owned(), _child: child };
            }
        }
        panic!("the demo ended before it served");
    }

    /// What `AWS_ENDPOINT_URL` is to be.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub async fn ask(&self, operation: &str, input: Value) -> (u16, Value) {
        let addr = self.endpoint.strip_prefix("http://").unwrap().parse().unwrap();
        let head = format!("POST / HTTP/1.1\r\nx-amz-target: AmazonDMSv20160101.{operation}\r\nauthorization: x");
        let (status, _, body) = http_at(addr, &head, &input.to_string()).await.unwrap();
        (status, serde_json::from_str(&body).unwrap())
    }

    /// An operation that must be carried out.
    pub async fn done(&self, operation: &str, input: Value) -> Value {
        let (status, answer) = self.ask(operation, input).await;
        assert_eq!(status, 200, "{operation}: {answer}");
        answer
    }

    pub async fn task(&self, name: &str) -> Value {
        let filter = json!({"Filters": [{"Name": "replication-task-id", "Values": [name]}]});
        self.done("DescribeReplicationTasks", filter).await["ReplicationTasks"][0].clone()
    }

    pub async fn tables(&self, name: &str) -> Vec<Value> {
        let arn = self.task(name).await["ReplicationTaskArn"].clone();
        let answer = self.done("DescribeTableStatistics", json!({"ReplicationTaskArn": arn})).await;
        answer["TableStatistics"].as_array().unwrap().clone()
    }

    pub async fn start_task(&self, name: &str, kind: &str) -> (u16, Value) {
        let arn = self.task(name).await["ReplicationTaskArn"].clone();
        let input = json!({"ReplicationTaskArn": arn, "StartReplicationTaskType": kind});
        self.ask("StartReplicationTask", input).await
    }

    pub async fn stop_task(&self, name: &str) -> (u16, Value) {
        let arn = self.task(name).await["ReplicationTaskArn"].clone();
        self.ask("StopReplicationTask", json!({"ReplicationTaskArn": arn})).await
    }

    /// Waits until a task is as wanted, and gives it.
    pub async fn until(&self, name: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + PATIENCE;
        loop {
            let task = self.task(name).await;
            if holds(&task) {
                return task;
            }
            assert!(Instant::now() < end, "waited in vain: {task}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    pub async fn until_status(&self, name: &str, status: &str) -> Value {
        self.until(name, |task| task["Status"] == status).await
    }

    /// Our own command against it; what it prints as JSON.
    pub fn cutover(&self, arguments: &[&str]) -> Vec<Value> {
        let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_cutover"))
            .args(arguments)
            .args(["--output", "json"])
            .env_clear()
            .envs([("HOME", "/nonexistent"), ("AWS_ENDPOINT_URL", &self.endpoint), ("AWS_REGION", "eu-west-1")])
            .envs([("AWS_ACCESS_KEY_ID", "demo"), ("AWS_SECRET_ACCESS_KEY", "demo")])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert_eq!(status.code(), Some(0), "{}", String::from_utf8_lossy(&stderr));
        serde_json::from_slice(&stdout).unwrap()
    }
}

/// A demo that must not come up; what it says.
pub fn refused(arguments: &[&str]) -> (i32, String) {
    let child: Child = Command::new(env!("CARGO_BIN_EXE_cutover"))
        .args(["demo", "--serve", "--until-stdin-closes"])
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
}
