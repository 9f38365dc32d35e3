//! The commands without a screen, run as the real binary against the embedded AWS.

use cutover::demo;
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// An embedded AWS in this process, and the binary pointed at it.
pub struct Aws {
    running: demo::Running,
    /// Where the binary keeps its audit.
    state: tempfile::TempDir,
    _runtime: tokio::runtime::Runtime,
}

impl Aws {
    pub fn start(faults: &[&str]) -> Self {
        let faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
        Self::with(demo::Options { seed: 7, faults, ..demo::Options::default() })
    }

    pub fn with(options: demo::Options) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let running = runtime.block_on(demo::serve(options)).unwrap();
        Self { running, state: tempfile::tempdir().unwrap(), _runtime: runtime }
    }

    pub fn endpoint(&self) -> String {
        self.running.endpoint_url()
    }

    pub fn switch_on(&self, fault: &str) {
        self.running.switch_on(fault.parse().unwrap());
    }

    /// Over the wire, as an operator of the demo would.
    pub fn switch_off(&self, fault: &str) {
        let mut stream = std::net::TcpStream::connect(self.endpoint().strip_prefix("http://").unwrap()).unwrap();
        let body = format!("{{\"name\":\"{fault}\",\"on\":false}}");
        let head = format!(
            "POST /_demo/fault HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        stream.write_all((head + &body).as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    /// Requests to change something since the start, by `service:Operation` and the ARN or name in them.
    pub fn changes(&self) -> BTreeMap<(String, String), u64> {
        self.running.changes()
    }

    /// Requests since the start, by `service:Operation`.
    pub fn asked(&self) -> BTreeMap<String, u64> {
        self.get("requests")
    }

    /// What topics were told since the start.
    pub fn messages(&self) -> Vec<BTreeMap<String, serde_json::Value>> {
        self.get("messages")
    }

    fn get<T: serde::de::DeserializeOwned>(&self, what: &str) -> T {
        let mut stream = std::net::TcpStream::connect(self.endpoint().strip_prefix("http://").unwrap()).unwrap();
        let head = format!("GET /_demo/{what} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    pub fn env(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL", self.endpoint()),
            ("AWS_ACCESS_KEY_ID", "demo".into()),
            ("AWS_SECRET_ACCESS_KEY", "demo".into()),
            ("AWS_REGION", "eu-west-1".into()),
        ]
    }

    pub fn run(&self, args: &[&str]) -> Output {
        let state = ("XDG_STATE_HOME", self.state.path().display().to_string());
        cutover(args, &[&[state], &self.env()[..]].concat())
    }

    pub fn json(&self, args: &[&str]) -> Vec<serde_json::Map<String, serde_json::Value>> {
        let output = self.run(args);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

pub fn command(args: &[&str], env: &[(&'static str, String)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cutover"));
    command.args(args).env_clear().env("HOME", "/nonexistent").env("AWS_EC2_METADATA_DISABLED", "true");
    command.envs(env.iter().map(|(name, value)| (*name, value))).stdin(Stdio::null());
    command
}

pub fn cutover(args: &[&str], env: &[(&'static str, String)]) -> Output {
    command(args, env).output().unwrap()
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Name to type of one list of docs/json.md.
pub fn promised(list: &str) -> BTreeMap<String, String> {
    let doc = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/json.md")).unwrap();
    let section = doc.split("\n## ").find(|section| section.starts_with(list)).unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').collect();
        (cells[0].trim().trim_end_matches('`').to_owned(), cells[1].trim().to_owned())
    })
    .collect()
}

/// Whether the value is of one of these types, as docs/json.md spells them.
pub fn fits(value: &serde_json::Value, kinds: &str) -> bool {
    kinds.split(" or ").any(|kind| match kind {
        "string" => value.is_string(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        other => panic!("docs/json.md: no such type: {other}"),
    })
}

#[test]
fn json_has_exactly_the_names_and_types_of_its_documentation() {
    let aws = Aws::start(&[]);
    for (list, args) in [
        ("tasks", &["tasks"][..]),
        ("tables", &["tables", "orders-cdc"]),
        ("metrics", &["metrics", "billing-cdc", "--minutes=30"]),
        ("events", &["events"]),
        ("schedules", &["schedules"]),
        ("logs", &["logs", "billing-cdc", "--since=3h"]),
    ] {
        let promised = promised(list);
        let rows = aws.json(&[args, &["--output", "json"]].concat());
        assert!(!rows.is_empty(), "{list}");
        for row in rows {
            let names: Vec<&String> = row.keys().collect();
            assert_eq!(names, promised.keys().collect::<Vec<_>>(), "{list}");
            for (name, value) in &row {
                assert!(fits(value, &promised[name]), "{list}: {name} is {value}, not {}", promised[name]);
            }
        }
    }
}

#[test]
fn tasks_are_judged_and_dated() {
    let aws = Aws::start(&[]);
    let tasks = aws.json(&["tasks", "--output=json"]);
    let of = |name: &str| tasks.iter().find(|task| task["name"] == name).unwrap();
    let health: Vec<(&str, &str)> =
        tasks.iter().map(|task| (task["name"].as_str().unwrap(), task["health"].as_str().unwrap())).collect();
    assert_eq!(
        health,
        [("orders-cdc", "ok"), ("billing-cdc", "critical"), ("staging-refresh", "ok"), ("catalog-load", "critical")]
    );
    assert!(of("orders-cdc")["latency_target_seconds"].is_number());
    assert!(of("staging-refresh")["latency_target_seconds"].is_null());
    assert!(of("billing-cdc")["alerts"].as_array().unwrap().iter().any(|alert| alert["id"] == "table-error"));
    for task in &tasks {
        let as_of: jiff::Timestamp = task["as_of"].as_str().unwrap().parse().unwrap();
        assert!(as_of <= jiff::Timestamp::now());
    }
}

#[test]
fn a_missing_metric_is_no_latency_and_no_health() {
    let aws = Aws::start(&["missing-metrics"]);
    let tasks = aws.json(&["tasks", "--output=json"]);
    let orders = tasks.iter().find(|task| task["name"] == "orders-cdc").unwrap();
    assert!(orders["latency_target_seconds"].is_null());
    assert_ne!(orders["health"], "ok");
}

#[test]
fn metrics_that_may_not_be_read_leave_the_list_and_say_so() {
    let aws = Aws::start(&["access-denied=GetMetricData"]);
    let output = aws.run(&["tasks", "--output=json"]);
    assert_eq!(output.status.code(), Some(3));
    let tasks: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(tasks.len(), 4);
    let orders = tasks.iter().find(|task| task["name"] == "orders-cdc").unwrap();
    assert_eq!(orders["health"], "unknown");
    assert!(text(&output.stderr).contains("cloudwatch:GetMetricData"), "{}", text(&output.stderr));
}

#[test]
fn a_task_is_named_by_its_arn_or_its_whole_name() {
    let aws = Aws::start(&[]);
    let arn = aws.json(&["tasks", "--output=json"])[0]["arn"].as_str().unwrap().to_owned();
    let by_arn = aws.run(&["tables", &arn]);
    assert_eq!(by_arn.status.code(), Some(0));
    assert!(text(&by_arn.stdout).contains("order_item"));
    for nothing in ["orders", "orders-cd", "ORDERS-CDC", "arn:aws:dms:eu-west-1:123456789012:task:NONE", "x\u{1b}[2J"] {
        let output = aws.run(&["tables", nothing]);
        assert_eq!(output.status.code(), Some(2), "{nothing}");
        let said = text(&output.stderr);
        assert!(said.contains("no task") && said.contains("eu-west-1") && output.stdout.is_empty(), "{said}");
        assert!(!said.contains('\u{1b}'));
    }
}

#[test]
fn the_scope_of_the_configuration_limits_what_is_listed() {
    let aws = Aws::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("c.toml");
    std::fs::write(&config, "[scope]\ntasks = [\"*-cdc\"]\n").unwrap();
    let rows = aws.json(&["--config", config.to_str().unwrap(), "tasks", "--output=json"]);
    let names: Vec<&str> = rows.iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["orders-cdc", "billing-cdc"]);
}

/// What lacks the tag is not listed, and so rings nowhere; where tags cannot be read nothing is listed at all.
#[test]
fn tags_limit_what_is_listed() {
    let aws = Aws::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("c.toml");
    std::fs::write(&config, "[scope]\ntasks = [\"*-cdc\"]\ntags = { team = \"orders\" }\n").unwrap();
    let args = ["--config", config.to_str().unwrap(), "tasks", "--output=json"];
    let rows = aws.json(&args);
    let names: Vec<&str> = rows.iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["orders-cdc"]);
    aws.switch_on("access-denied=ListTagsForResource");
    let output = aws.run(&args);
    assert_eq!(output.status.code(), Some(3));
    assert!(output.stdout.is_empty());
    assert!(text(&output.stderr).contains("dms:ListTagsForResource"), "{}", text(&output.stderr));
}

#[test]
fn nothing_hostile_is_printed_whatever_aws_answers() {
    let aws = Aws::start(&["hostile-text"]);
    for args in [
        &["tasks"][..],
        &["tasks", "--output=csv"],
        &["tasks", "--output=json"],
        &["events"],
        &["schedules"],
        &["doctor"],
        &["doctor", "--output=json"],
    ] {
        let output = aws.run(args);
        let printed = text(&output.stdout) + &text(&output.stderr);
        assert!(printed.lines().count() > 4, "{printed}");
        let bad: Vec<char> = printed.chars().filter(|c| *c != '\n' && (c.is_control() || is_invisible(*c))).collect();
        assert!(bad.is_empty(), "{args:?} printed {bad:?}");
    }
    let names = serde_json::from_slice::<Vec<serde_json::Value>>(&aws.run(&["tasks", "--output=json"]).stdout).unwrap();
    let hostile = |row: &serde_json::Value| row["name"].as_str().unwrap().contains('\u{1b}');
    assert!(names.iter().all(hostile), "JSON gives the raw text back: {names:?}");
}

/// Bidirectional controls and zero-width characters.
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[test]
fn exit_statuses_tell_what_kind_of_problem_it_was() {
    type Case<'a> = (&'a [&'a str], Vec<(&'static str, String)>, i32, &'a str);
    let nowhere = || vec![("AWS_REGION", "eu-west-1".to_owned())];
    let at = |name: &'static str, url: &str| {
        let keys =
            [("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b"), ("AWS_REGION", "eu-west-1"), (name, url)];
        keys.map(|(name, value)| (name, value.to_owned())).to_vec()
    };
    let cases: [Case; 12] = [
        (&["tasks"], nowhere(), 3, "no AWS credentials found"),
        (&["tables"], nowhere(), 2, "<TASK>"),
        (&["tasks", "--output=xml"], nowhere(), 2, "possible values: table, json, csv"),
        (&["tasks", "--config=/nonexistent.toml"], nowhere(), 2, "/nonexistent.toml: cannot be read"),
        (&["frobnicate"], nowhere(), 2, "unrecognized subcommand"),
        (&["demo", "--region=eu-west-1"], nowhere(), 2, "the demo has an account of its own"),
        (&["demo", "--serve", "--fault=throtle"], nowhere(), 2, "did you mean throttle?"),
        (&["--profile=absent", "tasks"], nowhere(), 2, "absent"),
        (&["tasks"], at("AWS_ENDPOINT_URL", ""), 2, "\"\" is no http or https URL"),
        (&["tasks"], at("AWS_ENDPOINT_URL", "nonsense"), 2, "it stands in AWS_ENDPOINT_URL"),
        (&["tasks"], at("AWS_ENDPOINT_URL_CLOUDWATCH", "x"), 2, "it stands in AWS_ENDPOINT_URL_CLOUDWATCH"),
        (&["tasks"], at("AWS_ENDPOINT_URL", "http://127.0.0.1:1"), 3, "no connection"),
    ];
    for (args, env, status, said) in cases {
        let output = cutover(args, &env);
        let stderr = text(&output.stderr);
        assert!(stderr.contains(said), "{args:?}: {stderr}");
        assert_eq!(output.status.code(), Some(status), "{args:?}: {stderr}");
        assert!(output.stdout.is_empty(), "{args:?}");
    }
}

#[test]
fn without_a_terminal_the_console_says_what_to_do() {
    for args in [&[][..], &["demo"], &["--read-only"]] {
        let output = cutover(args, &[("TERM", "xterm".into())]);
        assert_eq!(output.status.code(), Some(2));
        let said = text(&output.stderr);
        assert!(said.contains("ssh -t") && said.contains("--output json") && said.lines().count() == 1, "{said}");
    }
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let aws = Aws::start(&[]);
    let mut child = command(&["tasks", "--output=json"], &aws.env());
    let mut child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(output.stderr.is_empty());
}

#[test]
fn the_configuration_is_found_and_checked() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".config/cutover");
    let path = folder.join("config.toml");
    let run = |args: &[&str]| cutover(args, &[("HOME", home.path().display().to_string())]);
    assert_eq!(text(&run(&["config", "path"]).stdout), format!("{}\n", path.display()));
    assert_eq!(run(&["config", "check"]).status.code(), Some(0));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(&path, "regoin = \"eu-west-1\"\n").unwrap();
    assert_eq!(text(&run(&["config", "path"]).stdout), format!("{}\n", path.display()));
    for args in [&["config", "check"][..], &["tasks"]] {
        let wrong = run(args);
        assert_eq!(wrong.status.code(), Some(2));
        assert!(text(&wrong.stderr).contains("config.toml:1:1: `regoin` is no key"), "{}", text(&wrong.stderr));
    }
    std::fs::write(&path, "region = \"eu-west-1\"\n").unwrap();
    assert_eq!(text(&run(&["config", "check"]).stdout), format!("{}: ok\n", path.display()));
}

#[test]
fn completions_name_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let output = cutover(&["completions", shell], &[]);
        let said = text(&output.stdout);
        assert!(output.status.success() && said.contains("metrics") && said.contains("doctor"), "{shell}");
    }
}

#[test]
fn the_demo_server_prints_an_environment_and_ends_with_its_parent() {
    let mut command = command(&["demo", "--serve", "--until-stdin-closes"], &[]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut printed = String::new();
    let mut stdout = std::io::BufReader::new(child.stdout.take().unwrap());
    while !printed.contains("unset AWS_PROFILE") {
        assert!(std::io::BufRead::read_line(&mut stdout, &mut printed).unwrap() > 0, "{printed}");
    }
    let exports = printed.lines().filter_map(|line| line.strip_prefix("export ")?.split_once('='));
    let env: Vec<(&'static str, String)> =
        exports.map(|(name, value)| (&*name.to_owned().leak(), value.to_owned())).collect();
    let output = cutover(&["tasks", "--output=csv"], &env);
    assert_eq!(text(&output.stdout).lines().count(), 5, "{}", text(&output.stderr));
    drop(child.stdin.take());
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(began.elapsed() < Duration::from_secs(5), "still serving");
        std::thread::sleep(Duration::from_millis(10));
    }
}
