//! `cutover refresh watch` with the real binary, the demo's own databases and its own mover.

use crate::change::STAGING;
use crate::demo_databases_wire::Served;
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
    let path = folder.join("config.toml");
    std::fs::write(&path, config).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_cutover"));
    command
        .arg("--config")
        .arg(path)
        .args(["refresh", "watch", "staging"])
        .args(arguments)
        .env_clear()
        .envs([("HOME", "/nonexistent"), ("AWS_ENDPOINT_URL", demo.endpoint()), ("AWS_REGION", "eu-west-1")])
        .envs([("AWS_ACCESS_KEY_ID", "demo"), ("AWS_SECRET_ACCESS_KEY", "demo")])
        .env("XDG_STATE_HOME", folder.join("state"))
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

    // The set that the demo opens with has to have arrived: else what it brings is no table of the plan.
    let end = std::time::Instant::now() + Duration::from_secs(90);
    while demo.tables(TASK).await.len() != 12 {
        assert!(std::time::Instant::now() < end);
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
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
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_eq!(child.wait().await.unwrap().code(), Some(0));
}
