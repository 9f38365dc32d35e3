//! Task logs from end to end: the command, the reader, boto3, the AWS CLI and moto.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use crate::cli::{Aws, command, is_invisible, text};
use crate::embedded::{aws, client, dms, frozen, python, started};
use crate::reader_script::{Play, Server};
use cutover::aws::{Connected, Limiters, LogQuery, LogShelf, Reader, Settings, connect};
use cutover::model::ProblemKind;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

async fn reader(url: &str) -> Reader {
    let settings = Settings { requests_per_second: 50.0, burst: 50, ..Settings::embedded(url) };
    let Connected { reader, .. } = connect(&settings, &Limiters::default()).await.unwrap();
    reader
}

fn query(group: &str, stream: Option<&str>) -> LogQuery {
    let stream = stream.map(ToOwned::to_owned);
    LogQuery { group: group.to_owned(), stream, from: Timestamp::UNIX_EPOCH, to: None, pattern: None }
}

fn page(events: &[(&str, i64, &str)], token: Option<&str>) -> Play {
    let events: Vec<Value> = events
        .iter()
        .map(|(id, at, message)| json!({"eventId": id, "timestamp": at, "message": message, "logStreamName": "s"}))
        .collect();
    Play::json(200, json!({"events": events, "nextToken": token}).to_string())
}

#[tokio::test]
async fn empty_pages_with_a_token_are_followed_to_the_end() {
    let server = Server::start().await;
    let pages = vec![
        page(&[], Some("1")),
        page(&[("b", 2, "x")], Some("2")),
        page(&[], Some("3")),
        page(&[("a", 1, "y")], None),
    ];
    server.script("FilterLogEvents", pages);
    let answer = reader(&server.url).await.log_events(&query("g", Some("s"))).await.unwrap();
    let ids: Vec<&str> = answer.value.iter().map(|event| event.id.as_str()).collect();
    assert_eq!((ids, answer.pages, answer.missing.len()), (vec!["a", "b"], 4, 0));
    assert!(server.bodies("FilterLogEvents")[3].contains(r#""nextToken":"3""#));
}

#[tokio::test]
async fn what_came_before_a_page_that_failed_is_kept_and_the_rest_is_missing() {
    let server = Server::start().await;
    server.script(
        "FilterLogEvents",
        vec![page(&[("a", 1, "x")], Some("1")), Play::error(400, "AccessDeniedException", "no")],
    );
    let answer = reader(&server.url).await.log_events(&query("g", None)).await.unwrap();
    assert_eq!((answer.value.len(), answer.missing.len()), (1, 1));
    assert!(answer.missing[0].hint.contains("logs:FilterLogEvents"));
    server.script("FilterLogEvents", vec![Play::error(400, "ResourceNotFoundException", "no group")]);
    let problem = reader(&server.url).await.log_events(&query("g", None)).await.unwrap_err();
    assert_eq!(problem.kind, ProblemKind::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn boto3_the_cli_and_our_reader_see_the_same_log() {
    let running = started(frozen()).await;
    let tasks = dms(&running, "DescribeReplicationTasks", json!({})).await.unwrap().1;
    let billing = tasks["ReplicationTasks"].as_array().unwrap();
    let billing = billing.iter().find(|task| task["ReplicationTaskIdentifier"] == "billing-cdc").unwrap();
    let settings: Value = serde_json::from_str(billing["ReplicationTaskSettings"].as_str().unwrap()).unwrap();
    let group = settings["Logging"]["CloudWatchLogGroup"].as_str().unwrap();
    let stream = settings["Logging"]["CloudWatchLogStream"].as_str().unwrap();

    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/boto3_logs.py");
    let seen = client(&python(), &[script, group, stream], &running.endpoint_url()).await;
    let seen: Value = serde_json::from_str(&seen.unwrap_or_else(|error| panic!("{error}"))).unwrap();
    let texts = |part: &str| -> Vec<String> { serde_json::from_value(seen[part]["texts"].clone()).unwrap() };
    let everything = texts("everything");
    assert!(everything.len() > 200 && seen["everything"]["pages"].as_u64().unwrap() > 1, "{}", everything.len());
    assert!(seen["phrase"]["empty"].as_u64().unwrap() > 0, "a page with nothing in it and a token");
    let bad: Vec<String> =
        everything.iter().filter(|text| text.contains("]E:") || text.contains("]W:")).cloned().collect();
    assert!(!bad.is_empty());
    assert_eq!(texts("bad"), bad);
    assert!(texts("phrase").iter().all(|text| text.contains("is suspended")) && !texts("phrase").is_empty());
    assert!(seen["from"][1].as_array().unwrap().iter().all(|at| at.as_i64() >= seen["from"][0].as_i64()));
    assert_eq!(seen["groups"], json!([group]));
    assert!(seen["streams"].as_array().unwrap().contains(&json!(stream)));
    let (missing, parameter) = ("ResourceNotFoundException", "InvalidParameterException");
    assert_eq!(
        seen["codes"],
        json!([missing, missing, parameter, parameter, parameter, missing, "UnknownOperationException"])
    );

    let reader = reader(&running.endpoint_url()).await;
    let ours = reader.log_events(&query(group, Some(stream))).await.unwrap();
    let ours: Vec<&str> = ours.value.iter().map(|event| event.text.raw()).collect();
    assert_eq!(ours, everything);
    let pattern = Some("?\"]E:\" ?\"]W:\"".to_owned());
    let ours = reader.log_events(&LogQuery { pattern, ..query(group, None) }).await.unwrap();
    assert!(ours.value.len() >= bad.len() && ours.pages > 1);
    for (group, stream, want) in [
        (group, Some(stream), LogShelf::There),
        (group, Some("dms-task-none"), LogShelf::NoStream),
        (&group[..4], None, LogShelf::NoGroup),
    ] {
        assert_eq!(reader.log_shelf(group, stream).await.unwrap().value, want);
    }

    let arguments = ["logs", "filter-log-events", "--log-group-name", group, "--log-stream-names", stream];
    let listed = aws(&running, &arguments).await.unwrap();
    assert_eq!(listed["events"].as_array().unwrap().len(), everything.len());
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn our_reader_reads_the_same_lines_from_moto() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut moto = Command::new(python())
        .args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let url = format!("http://127.0.0.1:{port}");
    let put = r#"
import boto3, sys, time, json
logs = boto3.client("logs")
for _ in range(200):
    try:
        logs.create_log_group(logGroupName="dms-tasks-x")
        break
    except Exception:
        time.sleep(0.1)
logs.create_log_stream(logGroupName="dms-tasks-x", logStreamName="dms-task-A")
now = int(time.time() * 1000)
lines = ["00000001: 2026-01-15T14:03:22 [SORTER          ]I:  one  (sorter.c:712)", "two\n  lines", "3: ]E: bad"]
logs.put_log_events(logGroupName="dms-tasks-x", logStreamName="dms-task-A",
    logEvents=[{"timestamp": now - 5000 + n, "message": text} for n, text in enumerate(lines)])
"#;
    let done = client(&python(), &["-c", put], &url).await;
    let read = async move {
        done.unwrap_or_else(|error| panic!("{error}"));
        let reader = reader(&url).await;
        let answer = reader.log_events(&query("dms-tasks-x", Some("dms-task-A"))).await.unwrap();
        let texts: Vec<&str> = answer.value.iter().map(|event| event.text.raw()).collect();
        let line = "00000001: 2026-01-15T14:03:22 [SORTER          ]I:  one  (sorter.c:712)";
        assert_eq!(texts, [line, "two\n  lines", "3: ]E: bad"]);
        let unique: std::collections::BTreeSet<&str> = answer.value.iter().map(|event| event.id.as_str()).collect();
        assert_eq!(unique.len(), 3);
        // Alternatives (`?`) are beyond moto 5.2.5: it gives every event for them.
        let pattern = Some("\"]E:\"".to_owned());
        let bad = reader.log_events(&LogQuery { pattern, ..query("dms-tasks-x", None) }).await.unwrap();
        assert_eq!(bad.value.len(), 1);
        assert_eq!(reader.log_events(&query("none", None)).await.unwrap_err().kind, ProblemKind::NotFound);
        for (group, stream, want) in [
            ("dms-tasks-x", Some("dms-task-A"), LogShelf::There),
            ("dms-tasks-x", Some("dms-task-B"), LogShelf::NoStream),
            ("dms-tasks", None, LogShelf::NoGroup),
        ] {
            assert_eq!(reader.log_shelf(group, stream).await.unwrap().value, want);
        }
    };
    let result = tokio::spawn(read).await;
    moto.kill().unwrap();
    moto.wait().unwrap();
    result.unwrap();
}

#[test]
fn levels_components_and_signs_are_found_in_the_log_of_the_demo() {
    let demo = Aws::start(&[]);
    let lines = |args: &[&str]| demo.json(&[&["logs", "--output=json"], args].concat());
    let billing = lines(&["billing-cdc", "--since=3h", "--level=warning"]);
    let of = |sign: &str| billing.iter().filter(|line| line["sign"] == sign).count();
    assert!(of("foreign-key") == 1 && of("table-suspended") == 1 && of("no-impact") > 0 && of("reading-paused") > 0);
    assert!(billing.iter().all(|line| line["severity"] != "info"), "nothing milder: {billing:?}");
    assert!(billing.iter().any(|line| line["severity"].is_null()), "the rest of a message stays with it");
    let foreign = billing.iter().find(|line| line["sign"] == "foreign-key").unwrap();
    assert!(foreign["message"].as_str().unwrap().contains('\n') && foreign["code"] == "1022502");

    let cut = lines(&["catalog-load", "--since=2h", "--component=METADATA_MANAGER"]);
    assert!(cut.iter().all(|line| line["component"] == "METADATA_MANAGE") && !cut.is_empty());
    assert!(cut.iter().any(|line| line["sign"] == "column-dropped" && line["severity"] == "info"));
    let all = lines(&["orders-cdc", "--all"]);
    assert!(all.len() > lines(&["orders-cdc"]).len(), "chatter is left out unless asked for");
    let times: Vec<&str> = all.iter().map(|line| line["at"].as_str().unwrap()).collect();
    assert!(times.is_sorted());
}

#[test]
fn a_log_group_is_read_by_its_name_with_every_stream_of_it() {
    let demo = Aws::start(&[]);
    let group = "/aws/lambda/dms-lag-probe";
    let all = demo.json(&["logs", "--group", group, "--since=2h", "--output=json"]);
    let streams: std::collections::BTreeSet<&str> = all.iter().filter_map(|line| line["stream"].as_str()).collect();
    assert!(streams.len() >= 2 && all.len() > 60, "{} lines in {streams:?}", all.len());
    assert!(all.iter().any(|line| line["severity"] == "warning") && all.iter().all(|line| line["component"].is_null()));
    let bad = demo.json(&["logs", "--group", group, "--since=2h", "--level=warning", "--output=json"]);
    assert!(!bad.is_empty() && bad.len() < all.len());
    assert!(bad.iter().all(|line| line["severity"] != "info"));
    let table = demo.run(&["logs", "--group", group, "--since=2h"]);
    assert!(table.status.success() && text(&table.stdout).contains(" W "), "{}", text(&table.stdout));

    let none = demo.run(&["logs", "--group", "/aws/lambda/nothing"]);
    assert_eq!(none.status.code(), Some(3));
    let said = text(&none.stderr);
    assert!(said.contains("there is no log group /aws/lambda/nothing") && said.contains("Check the name"), "{said}");
    for usage in [&["logs"][..], &["logs", "orders-cdc", "--group", group]] {
        assert_eq!(demo.run(usage).status.code(), Some(2), "{usage:?}");
    }
}

#[test]
fn without_a_log_the_reason_is_told_with_status_3() {
    for (fault, words) in [
        ("logging-off=orders-cdc", "logging is switched off"),
        ("log-role-missing", "dms-cloudwatch-logs-role"),
        ("access-denied=FilterLogEvents", "logs:FilterLogEvents"),
        ("error@FilterLogEvents=1", "the service failed"),
    ] {
        let demo = Aws::start(&[fault]);
        let output = demo.run(&["logs", "orders-cdc", "--output=json"]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{fault}: {said}");
        assert!(said.contains(words) && output.stdout.is_empty(), "{fault}: {said}");
    }
    let demo = Aws::start(&[]);
    let quiet = demo.run(&["logs", "catalog-load", "--since=5m"]);
    assert_eq!((quiet.status.code(), quiet.stdout.len()), (Some(0), 0));
    assert!(text(&quiet.stderr).contains("no lines since"), "never silent");
    assert_eq!(demo.run(&["logs", "nobody"]).status.code(), Some(2));
}

#[test]
fn hostile_lines_do_not_reach_the_terminal() {
    let demo = Aws::start(&["hostile-text@logs"]);
    for format in ["--output=table", "--output=json"] {
        let output = demo.run(&["logs", "orders-cdc", format]);
        let printed = text(&output.stdout) + &text(&output.stderr);
        assert!(printed.lines().count() > 20, "{printed}");
        let bad: Vec<char> = printed.chars().filter(|c| *c != '\n' && (c.is_control() || is_invisible(*c))).collect();
        assert!(bad.is_empty(), "{format} printed {bad:?}");
    }
}

#[test]
fn a_followed_log_shows_what_happens_once_marks_a_gap_and_fills_it() {
    let demo = Aws::start(&["late-logs=6"]);
    let mut child = command(&["logs", "orders-cdc", "-f", "--since=3h", "--output=json"], &demo.env())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (sender, lines) = std::sync::mpsc::channel::<Value>();
    let stdout = child.stdout.take().unwrap();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let _ = sender.send(serde_json::from_str(&line).unwrap());
        }
    });
    let mut ids = std::collections::BTreeSet::new();
    let mut until = |what: &str, found: &dyn Fn(&Value) -> bool| {
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            let line = lines.recv_timeout(deadline - Instant::now()).unwrap_or_else(|_| panic!("no {what}"));
            if let Some(id) = line["event_id"].as_str() {
                assert!(ids.insert(id.to_owned()), "twice: {line}");
            }
            if found(&line) {
                return line;
            }
        }
    };
    until("old line", &|line| line["kind"] == "line");
    demo.switch_on("cut@logs");
    demo.switch_on("table-error=orders-cdc:shop.orders");
    let gap = until("gap", &|line| line["kind"] == "gap");
    assert!(gap["message"].as_str().unwrap().contains("logs:FilterLogEvents") && gap["until"].is_string());
    demo.switch_off("cut");
    until("end of the gap", &|line| line["kind"] == "filled");
    let failed = until("error", &|line| line["severity"] == "error");
    assert!(failed["message"].as_str().unwrap().contains("'shop'.'orders'"), "{failed}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_serverless_replication_has_a_group_of_its_own_and_lines_that_are_none_of_the_engines() {
    let fleet = Some(cutover::demo::Fleet { tasks: 20, tables: 10 });
    let running = started(cutover::demo::Options { fleet, ..frozen() }).await;
    let configs = dms(&running, "DescribeReplicationConfigs", json!({})).await.unwrap().1;
    let arn = configs["ReplicationConfigs"][0]["ReplicationConfigArn"].as_str().unwrap().to_owned();
    let group = format!("dms-serverless-replication-{}", arn.rsplit(':').next().unwrap());
    let answer = reader(&running.endpoint_url()).await.log_events(&query(&group, None)).await.unwrap();
    let streams: std::collections::BTreeSet<&str> = answer.value.iter().map(|event| event.stream.raw()).collect();
    assert_eq!(streams.len(), 2, "{streams:?}");
    let dict = answer.value.iter().find(|event| event.stream.raw().contains("orchestrator")).unwrap();
    assert!(dict.text.raw().starts_with("{'replication_state':'"), "{dict:?}");
    assert_eq!(cutover::model::log_line::parse(dict.text.raw()), None);
    running.stop().await;
}
