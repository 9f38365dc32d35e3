//! `cutover refresh watch` with the real binary, the demo's own databases and its own mover.

use super::TOPIC;
use crate::change::STAGING;
use crate::demo_databases_wire::Served;
use crate::embedded::http_at;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

const TASK: &str = "staging-refresh";

fn config(more: &str) -> String {
    format!(
        "expect_account = \"123456789012\"\noperate = true\n[refresh.staging]\ntask = {TASK:?}\npurpose = \"data-refresh\"\n\
         load = \"full-load\"\ncadence = \"schedule\"\nto = [{STAGING:?}]\n\
         schedules = [\"rule:default/staging-refresh-nightly\", \"schedule:migrations/staging-refresh-weekly\"]\n{more}\n"
    )
}

fn watch(demo: &Served, folder: &Path, config: &str, arguments: &[&str]) -> Command {
    command(demo, (folder, "state"), config, &[&["watch", "staging"], arguments].concat())
}

fn command(demo: &Served, (folder, state): (&Path, &str), config: &str, arguments: &[&str]) -> Command {
    let path = folder.join("config.toml");
    std::fs::write(&path, config).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_cutover"));
    command
        .arg("--config")
        .arg(path)
        .arg("refresh")
        .args(arguments)
        .env_clear()
        .envs([("HOME", "/nonexistent"), ("AWS_ENDPOINT_URL", demo.endpoint()), ("AWS_REGION", "eu-west-1")])
        .envs([("AWS_ACCESS_KEY_ID", "demo"), ("AWS_SECRET_ACCESS_KEY", "demo")])
        .env("XDG_STATE_HOME", folder.join(state))
        .env("CUTOVER_TEST_LOOKS_EVERY", "300")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Status and what it said.
async fn refused(demo: &Served, folder: &Path, config: &str, arguments: &[&str]) -> (i32, String) {
    let output = watch(demo, folder, config, arguments).output().await.unwrap();
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Every line until its end; `seen` hears each.
async fn lines(mut child: Child, mut seen: impl AsyncFnMut(&Value)) -> (i32, Vec<Value>) {
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut all = Vec::new();
    while let Some(line) = out.next_line().await.unwrap() {
        let line: Value = serde_json::from_str(&line).unwrap();
        seen(&line).await;
        all.push(line);
    }
    let output = child.wait_with_output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.contains("panicked"), "{said}");
    (output.status.code().unwrap(), all)
}

fn text(line: &Value) -> &str {
    line["text"].as_str().unwrap_or_default()
}

/// The set that the demo opens with has to have arrived: else what it brings is no table of the plan.
async fn opened(demo: &Served) {
    let end = std::time::Instant::now() + Duration::from_secs(90);
    while demo.tables(TASK).await.len() != 12 {
        assert!(std::time::Instant::now() < end);
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

/// What the demo's own switchboard answers.
async fn switchboard(demo: &Served, head: &str, body: &Value) -> Value {
    let addr = demo.endpoint().strip_prefix("http://").unwrap().parse().unwrap();
    let (status, _, answer) = http_at(addr, &format!("{head} HTTP/1.1"), &body.to_string()).await.unwrap();
    assert_eq!(status, 200, "{answer}");
    serde_json::from_str(&answer).unwrap()
}

/// Subjects and texts of what the topic was told.
async fn told(demo: &Served) -> Vec<(String, String)> {
    let all = switchboard(demo, "GET /_demo/messages", &json!(null)).await;
    let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
    all.as_array().unwrap().iter().map(|one| (text(one, "subject"), text(one, "message"))).collect()
}

async fn ends(child: &mut Child) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_eq!(child.wait().await.unwrap().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_load_that_somebody_starts_is_gone_on_from_once_also_where_nobody_watched_it_end() {
    let demo = Served::start(&[]).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let replaces = config("replaces_lambda = true");
    let (status, said) = refused(&demo, folder, &config(""), &["--yes"]).await;
    assert!(status == 1 && said.contains("somebody else hears that the task has stopped"), "{status}: {said}");
    let (status, said) = refused(&demo, folder, &replaces, &[]).await;
    assert!(status == 2 && said.contains("--yes"), "{status}: {said}");
    let read_only = replaces.replace("operate = true", "");
    let (status, said) = refused(&demo, folder, &read_only, &["--yes"]).await;
    assert!(status == 2 && said.contains("--operate"), "{status}: {said}");

    opened(&demo).await;
    let arguments = ["--yes", "--once", "--output", "json"];
    let child = watch(&demo, folder, &replaces, &arguments).spawn().unwrap();
    let (status, all) = lines(child, async |line| {
        if text(line).starts_with("watching for") {
            let (status, answer) = demo.start_task(TASK, "reload-target").await;
            assert_eq!(status, 200, "{answer}");
        }
    })
    .await;
    let last = all.last().unwrap();
    assert_eq!((status, &last["kind"], &last["state"]), (0, &json!("summary"), &json!("done")), "{all:?}");
    let done: Vec<&str> = all
        .iter()
        .filter(|line| line["kind"] == "step" && line["state"] == "done")
        .map(|line| line["name"].as_str().unwrap())
        .collect();
    assert!(done.contains(&"load") && done.contains(&"verify") && !done.contains(&"schedule-off"), "{done:?}");

    // While nobody watches.
    let (status, answer) = demo.start_task(TASK, "reload-target").await;
    assert_eq!(status, 200, "{answer}");
    demo.until_status(TASK, "running").await;
    demo.until_status(TASK, "stopped").await;
    let child = watch(&demo, folder, &replaces, &arguments).spawn().unwrap();
    let (status, all) = lines(child, async |_| {}).await;
    assert_eq!((status, &all.last().unwrap()["state"]), (0, &json!("done")), "{all:?}");

    // And now there is nothing: it waits until it is told to end.
    let mut child = watch(&demo, folder, &replaces, &["--yes", "--output", "json"]).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
    let first: Value = serde_json::from_str(&out.next_line().await.unwrap().unwrap()).unwrap();
    assert!(text(&first).starts_with("watching for"), "{first}");
    let more = tokio::time::timeout(Duration::from_secs(3), out.next_line()).await;
    assert!(more.is_err(), "{more:?}");
    ends(&mut child).await;
}

/// With its rules of masking.
const DEMO: &str = include_str!("../../../src/demo/refresh.toml");
const WAITS: &str = "refresh staging: a load waits for somebody";

#[tokio::test(flavor = "multi_thread")]
async fn of_a_load_that_is_not_gone_on_from_the_topic_is_told_once() {
    let demo = Served::start(&[]).await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    opened(&demo).await;
    let masking = DEMO.find("[refresh.staging.masking]").unwrap();
    let good = config(&format!("replaces_lambda = true\ntopic = {TOPIC:?}\n{}", &DEMO[masking..]));
    let (wrong, drops) = (good.replace(STAGING, "other.example/shop"), good.replace(TASK, "catalog-load"));
    for (config, part) in [(&wrong, "may load only other.example/shop"), (&drops, "is DROP_AND_CREATE")] {
        let (status, said) = refused(&demo, folder, config, &["--yes"]).await;
        assert!(status == 1 && said.contains(part), "{status}: {said}");
    }
    // On a machine that has no journal.
    let is_first = async || {
        let arguments = ["plan", "staging", "--output", "json"];
        let output = command(&demo, (folder, "elsewhere"), &good, &arguments).output().await.unwrap();
        let lines = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(lines.contains("rows of the target that are not masked yet"), "{lines}");
        lines.contains("no earlier run that masked is known")
    };
    assert!(is_first().await);
    let start = async || {
        let (status, answer) = demo.start_task(TASK, "reload-target").await;
        assert_eq!(status, 200, "{answer}");
        demo.until_status(TASK, "running").await;
    };
    let denied = async |on: bool| {
        let fault = json!({"name": "access-denied", "value": "DescribeEndpoints", "on": on});
        switchboard(&demo, "POST /_demo/fault", &fault).await;
    };
    let arguments = ["--yes", "--once", "--output", "json"];
    let child = watch(&demo, folder, &good, &arguments).spawn().unwrap();
    let mut is_told = 0;
    let (status, all) = lines(child, async |line| {
        let text = text(line);
        if text.starts_with("watching for") {
            start().await;
            assert_eq!(demo.stop_task(TASK).await.0, 200);
        } else if text.contains("came to no good end") {
            is_told += 1;
            assert!(told(&demo).await.len() == is_told && text.contains("told dms-failures"), "{text}");
            denied(true).await;
            start().await;
        } else if text.contains("told dms-failures") && is_told == 1 {
            is_told += 1;
            assert!(told(&demo).await.len() == is_told, "{text}");
            denied(false).await;
        }
    })
    .await;
    assert_eq!((status, &all.last().unwrap()["state"], is_told), (0, &json!("done"), 2), "{all:?}");
    let messages = told(&demo).await;
    let subjects: Vec<&str> = messages.iter().map(|(subject, _)| subject.as_str()).collect();
    assert_eq!(subjects, [WAITS, WAITS, "refresh staging: done"]);
    assert!(messages[0].1.contains("came to no good end"), "{messages:?}");
    assert!(messages[1].1.contains("is still not gone on from: "), "{messages:?}");

    assert!(!is_first().await, "the ledger knows one");

    // One that ended while nobody watched, and is forbidden now.
    start().await;
    demo.until_status(TASK, "stopped").await;
    let mut child = watch(&demo, folder, &wrong, &["--yes", "--output", "json"]).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
    let said = loop {
        let line: Value = serde_json::from_str(&out.next_line().await.unwrap().unwrap()).unwrap();
        if text(&line).contains("is left alone") {
            break line;
        }
    };
    assert!(text(&said).contains("may load only other.example/shop; told dms-failures"), "{said}");
    let more = tokio::time::timeout(Duration::from_secs(3), out.next_line()).await;
    assert!(more.is_err(), "{more:?}");
    ends(&mut child).await;
    let messages = told(&demo).await;
    let (subject, message) = &messages[3];
    assert!(messages.len() == 4 && subject == WAITS && message.contains("nothing of it is masked"), "{messages:?}");
    // Once the configuration is right it is gone on from.
    let child = watch(&demo, folder, &good, &arguments).spawn().unwrap();
    let (status, all) = lines(child, async |_| {}).await;
    assert_eq!((status, &all.last().unwrap()["state"]), (0, &json!("done")), "{all:?}");
}
