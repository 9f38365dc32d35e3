//! `cutover doctor` from end to end: what it says of an account, of a clock, of logs, of tmux and of no network at all.

use crate::change::Desk;
use crate::cli::{Aws, command, cutover, fits, promised, text};
use crate::pty::Start;
use crate::reader_script::{Play, Server};
use serde_json::{Map, Value};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

type Row = Map<String, Value>;
type Env = Vec<(&'static str, String)>;

/// The rows, and that the exit status is the one they ask for.
fn rows(output: &Output) -> Vec<Row> {
    let rows: Vec<Row> = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {} {}", text(&output.stdout), text(&output.stderr)));
    let any = |result: &str| rows.iter().any(|row| row["result"] == result);
    let status = if any("failed") { 1 } else { i32::from(any("unknown")) * 3 };
    assert_eq!(output.status.code(), Some(status), "{rows:#?}");
    rows
}

fn of<'a>(rows: &'a [Row], check: &str) -> &'a Row {
    rows.iter().find(|row| row["check"] == check).unwrap_or_else(|| panic!("no check {check} in {rows:#?}"))
}

fn in_area<'a>(rows: &'a [Row], area: &'a str) -> impl Iterator<Item = &'a Row> {
    rows.iter().filter(move |row| row["area"] == area)
}

fn doctor(aws: &Aws) -> Vec<Row> {
    rows(&aws.run(&["doctor", "--output=json"]))
}

/// A configuration as it should be.
fn configured(folder: &Path) -> String {
    let path = folder.join("config.toml");
    std::fs::write(&path, "environment = \"PROD\"\n").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path.display().to_string()
}

#[test]
fn where_all_is_well_everything_passes_and_the_status_is_0() {
    let aws = Aws::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let config = configured(folder.path());
    let mut start = Start::cutover(&["doctor", "--config", &config]).size(200, 100).env("TERM", "xterm-kitty");
    for (name, value) in aws.env() {
        start = start.env(name, &value);
    }
    let mut pty = start.start();
    let screen = pty.wait(" failed, ");
    // What this machine does at a logout is its own affair.
    let (rest, host) = screen.split_once("This machine").unwrap();
    assert!(!rest.contains("FAILED") && !rest.contains("unknown  "), "{screen}");
    for said in ["the band says PROD", "mode 0600", "migration-operator", "dms:DescribeEvents", "not inside tmux"] {
        assert!(rest.contains(said), "{said}: {screen}");
    }
    let status = if host.contains("FAILED") { 1 } else { i32::from(host.contains("unknown  ")) * 3 };
    assert_eq!(pty.end().0, status, "{screen}");
}

#[test]
fn json_has_exactly_the_names_and_types_of_its_documentation() {
    let promised = promised("doctor");
    for row in doctor(&Aws::start(&["access-denied=DescribeEvents", "logging-off=orders-cdc"])) {
        assert_eq!(row.keys().collect::<Vec<_>>(), promised.keys().collect::<Vec<_>>());
        for (name, value) in &row {
            assert!(fits(value, &promised[name]), "{name} is {value}, not {}", promised[name]);
        }
        assert_eq!(row["action"].is_null(), row["result"] == "passed", "{row:?}");
    }
}

#[test]
fn what_cannot_be_told_is_unknown_with_its_reason() {
    for (fault, said) in [("throttle@events=1", "throttled"), ("cut@events", "no connection")] {
        let rows = doctor(&Aws::start(&[fault]));
        for row in in_area(&rows, "permissions") {
            let events = row["check"].as_str().unwrap().starts_with("events:");
            assert_eq!(row["result"], if events { "unknown" } else { "passed" }, "{fault}: {row:?}");
            assert_eq!(row["message"].as_str().unwrap().contains(said), events, "{fault}: {row:?}");
        }
    }
}

#[test]
fn a_log_is_found_or_the_reason_why_there_is_none() {
    let aws = Aws::start(&["logging-off=orders-cdc"]);
    let rows_off = doctor(&aws);
    assert_eq!(of(&rows_off, "billing-cdc")["result"], "passed");
    assert!(of(&rows_off, "billing-cdc")["message"].as_str().unwrap().ends_with(" of dms-tasks-dms-prod-1"));
    let off = of(&rows_off, "orders-cdc");
    assert_eq!(off["result"], "failed");
    assert!(off["message"].as_str().unwrap().contains("logging is switched off"), "{off:?}");
    let rows_gone = doctor(&Aws::start(&["log-role-missing"]));
    let gone = of(&rows_gone, "billing-cdc");
    assert_eq!(gone["result"], "failed");
    assert!(gone["message"].as_str().unwrap().contains("there is no log group dms-tasks-dms-prod-1"), "{gone:?}");
    // The question was allowed, although nothing was there.
    assert_eq!(of(&rows_gone, "logs:FilterLogEvents")["result"], "passed");
    let denied = doctor(&Aws::start(&["access-denied=ListTagsForResource"]));
    assert_eq!(of(&denied, "billing-cdc")["result"], "passed");
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("c.toml");
    std::fs::write(&config, "[scope]\ntasks = [\"nothing-*\"]\n").unwrap();
    let output = aws.run(&["--config", config.to_str().unwrap(), "doctor", "--output=json"]);
    let none = rows(&output);
    assert_eq!(in_area(&none, "logs").count(), 1);
    assert!(of(&none, "tasks in scope")["message"].as_str().unwrap().contains("no task in scope"));
}

#[test]
fn logs_of_many_tasks_are_found_by_lists_of_streams() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let options = cutover::demo::Options { fleet: Some("150x2".parse().unwrap()), ..cutover::demo::Options::default() };
    let running = runtime.block_on(cutover::demo::serve(options)).unwrap();
    let env = environment(&running.endpoint_url());
    let output = cutover(&["doctor", "--output=json"], &env);
    let rows = rows(&output);
    let logs: Vec<&Row> = in_area(&rows, "logs").collect();
    assert_eq!(logs.len(), 150);
    let written = logs.iter().filter(|row| row["result"] == "passed").count();
    assert!(written > 120, "{written}");
    for row in logs.iter().filter(|row| row["result"] != "passed") {
        let said = row["message"].as_str().unwrap();
        assert!(
            said.contains("has not run yet") || said.contains("has no stream") || said.contains("no log group"),
            "{row:?}"
        );
    }
    runtime.block_on(running.stop());
}

fn environment(endpoint: &str) -> Env {
    vec![
        ("AWS_ENDPOINT_URL", endpoint.to_owned()),
        ("AWS_ACCESS_KEY_ID", "demo".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "demo".to_owned()),
        ("AWS_REGION", "eu-west-1".to_owned()),
    ]
}

#[test]
fn a_clock_that_is_off_is_measured_by_the_services_own() {
    let aws = Aws::start(&[]);
    assert_eq!(of(&doctor(&aws), "clock")["result"], "passed");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let options = cutover::demo::Options { frozen: true, ..cutover::demo::Options::default() };
    let running = runtime.block_on(cutover::demo::serve(options)).unwrap();
    let rows = rows(&cutover(&["doctor", "--output=json"], &environment(&running.endpoint_url())));
    let clock = of(&rows, "clock");
    assert_eq!(clock["result"], "failed", "{clock:?}");
    assert!(clock["message"].as_str().unwrap().contains("ahead of"), "{clock:?}");
    assert!(clock["action"].as_str().unwrap().contains("refuses"), "{clock:?}");
    runtime.block_on(running.stop());
}

/// A clock far off makes every request a refused one; the refusal itself tells the time.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_signature_still_tells_the_time() {
    let server = Server::start().await;
    server.script("GetCallerIdentity", vec![Play::sts_error("SignatureDoesNotMatch")]);
    let rows = rows(&cutover(&["doctor", "--output=json"], &environment(&server.url)));
    let identity = of(&rows, "identity");
    assert_eq!(identity["result"], "failed");
    assert!(identity["message"].as_str().unwrap().contains("signature"), "{identity:?}");
    assert_ne!(of(&rows, "clock")["result"], "unknown");
    // Nobody said that the question is not allowed.
    assert!(in_area(&rows, "permissions").all(|row| row["result"] == "unknown"));
    assert_eq!(server.count("GetCallerIdentity"), 1);
}

/// A tmux that says what the script prints; it leaves a mark when it is called.
fn tmux(folder: &Path, script: &str) -> Env {
    let path = folder.join("tmux");
    std::fs::write(&path, format!("#!/bin/sh\n: > {}/called\n{script}\n", folder.display())).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    vec![("PATH", format!("{}:/usr/bin:/bin", folder.display())), ("TMUX", "/tmp/tmux-0/default,1,0".to_owned())]
}

#[test]
fn tmux_is_asked_only_inside_of_it_and_never_waited_for() {
    let said = |escape: &str| {
        format!(
            "case \"$*\" in 'show -sv escape-time') echo {escape};; 'show -sv set-clipboard') echo on;; *) exit 1;; esac"
        )
    };
    for (script, result, words) in [
        (said("500"), "failed", "500 ms"),
        (said("10"), "passed", "10 ms"),
        ("echo 'no server running' >&2; exit 1".to_owned(), "unknown", "no server running"),
        ("exec sleep 60".to_owned(), "unknown", "did not answer within 2 s"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let env = tmux(folder.path(), &script);
        let began = Instant::now();
        // Without credentials or a network: only this machine is of interest.
        let rows_inside = rows(&cutover(&["doctor", "--output=json"], &env));
        assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
        let escape = of(&rows_inside, "tmux escape-time");
        assert_eq!(escape["result"], result, "{escape:?}");
        assert!(escape["message"].as_str().unwrap().contains(words), "{escape:?}");
        if result == "failed" {
            assert!(escape["action"].as_str().unwrap().contains("escape-time 10"), "{escape:?}");
            assert_eq!(of(&rows_inside, "clipboard")["result"], "passed");
        }
        assert!(folder.path().join("called").exists());
    }
    let folder = tempfile::tempdir().unwrap();
    let outside: Env = tmux(folder.path(), "echo 500").into_iter().filter(|(name, _)| *name != "TMUX").collect();
    assert_eq!(of(&rows(&cutover(&["doctor", "--output=json"], &outside)), "tmux escape-time")["result"], "passed");
    assert!(!folder.path().join("called").exists(), "tmux was asked although nobody is inside of it");
}

#[test]
fn without_a_network_it_ends_soon_and_says_so() {
    // One that nobody listens on, and one that never says a word.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = (format!("http://{}", silent.local_addr().unwrap()), silent);
    for (endpoint, said) in [("http://127.0.0.1:1", "no connection"), (silent.0.as_str(), "within 12 s")] {
        let began = Instant::now();
        let rows = rows(&cutover(&["doctor", "--output=json"], &environment(endpoint)));
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
        let identity = of(&rows, "identity");
        assert_eq!(identity["result"], "unknown", "{identity:?}");
        assert!(identity["message"].as_str().unwrap().contains(said), "{identity:?}");
        assert!(identity["action"].as_str().unwrap().contains("network"), "{identity:?}");
        for area in ["permissions", "logs"] {
            assert!(in_area(&rows, area).count() > 0);
            assert!(in_area(&rows, area).all(|row| row["result"] == "unknown"), "{area}: {rows:#?}");
        }
        assert_eq!(of(&rows, "clock")["result"], "unknown");
    }
}

#[test]
fn nobody_signed_in_is_a_failure_and_no_region_too() {
    let nowhere = rows(&cutover(&["doctor", "--output=json"], &[]));
    assert_eq!(of(&nowhere, "region")["result"], "failed");
    assert_eq!(of(&nowhere, "identity")["result"], "failed");
    let there = rows(&cutover(&["doctor", "--output=json", "--region=eu-west-1"], &[]));
    assert_eq!(of(&there, "region")["message"], "eu-west-1, named by --region");
    let identity = of(&there, "identity");
    assert!(identity["message"].as_str().unwrap().contains("no AWS credentials found"), "{identity:?}");
    assert!(identity["action"].as_str().unwrap().contains("aws sso login"), "{identity:?}");
}

#[test]
fn a_configuration_with_a_mistake_is_a_failure_and_nobody_is_asked_by_it() {
    let aws = Aws::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("c.toml");
    std::fs::write(&config, "regoin = \"eu-west-1\"\n").unwrap();
    std::fs::set_permissions(&config, std::fs::Permissions::from_mode(0o666)).unwrap();
    let rows = rows(&aws.run(&["--config", config.to_str().unwrap(), "doctor", "--output=json"]));
    let file = of(&rows, "file");
    assert_eq!(file["result"], "failed");
    assert!(file["detail"].as_str().unwrap().contains("c.toml:1:1: `regoin` is no key"), "{file:?}");
    assert_eq!(of(&rows, "file permissions")["result"], "failed");
    for area in ["account", "permissions", "logs"] {
        assert!(in_area(&rows, area).all(|row| row["result"] == "unknown"), "{area}");
    }
}

#[test]
fn a_reader_that_leaves_early_and_other_formats_are_what_they_are_elsewhere() {
    let aws = Aws::start(&[]);
    let wrong = aws.run(&["doctor", "--output=csv"]);
    assert_eq!(wrong.status.code(), Some(2));
    let mut child = command(&["doctor"], &aws.env());
    let mut child = child.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
}

/// Rows of `operating` with a configuration of one's own.
fn operating(desk: &Desk, config: &str, args: &[&str]) -> Vec<Row> {
    desk.configure(config);
    std::fs::set_permissions(desk.config(), std::fs::Permissions::from_mode(0o600)).unwrap();
    let all = rows(&desk.run(&[&["doctor", "--output=json"], args].concat()));
    in_area(&all, "operating").cloned().collect()
}

#[test]
fn what_operating_needs_is_said_in_read_only_and_checked_where_it_is_meant() {
    let desk = Desk::new(&[]);
    let account = "environment = \"REHEARSAL\"\nexpect_account = \"123456789012\"\n";
    for (config, args) in [(account, &[][..]), (account, &["--operate", "--read-only"])] {
        let rows = operating(&desk, config, args);
        let [row] = rows.as_slice() else { panic!("{rows:#?}") };
        let message = row["message"].as_str().unwrap();
        for said in ["read-only", "--operate", "expect_account is 123456789012", "events:DisableRule"] {
            assert!(row["result"] == "passed" && message.contains(said), "{said}: {row:?}");
        }
    }
    assert!(!desk.state().exists(), "looking makes no audit");
    let rows = operating(&desk, account, &["--operate"]);
    assert_eq!(of(&rows, "expect_account")["result"], "passed");
    assert!(of(&rows, "audit")["message"].as_str().unwrap().contains("MB left"), "{rows:#?}");
    for action in ["events:EnableRule", "events:DisableRule", "scheduler:UpdateSchedule"] {
        let row = of(&rows, action);
        assert_eq!(row["result"], "not-tried");
        assert!(row["message"].as_str().unwrap().starts_with("not tried: it would change something"), "{row:?}");
    }
    assert_eq!(desk.writes(), 0);
    let wrong = "environment = \"REHEARSAL\"\nexpect_account = \"999999999999\"\naudit_dir = \"/nonexistent/team\"\n";
    let rows = operating(&desk, wrong, &["--operate"]);
    assert_eq!(of(&rows, "expect_account")["result"], "failed");
    assert!(of(&rows, "expect_account")["message"].as_str().unwrap().contains("this is 123456789012"));
    assert_eq!(of(&rows, "audit")["result"], "failed");
    assert!(of(&rows, "audit")["detail"].as_str().unwrap().contains("/nonexistent/team"), "{rows:#?}");
}
