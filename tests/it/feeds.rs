//! Running feeds against a scripted server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests are tests")]

use crate::reader_script::{ACCOUNT, DATE, Play, Server};
use cutover::aws::{Limiters, Settings, connect};
use cutover::feeds::{self, Handle, Looking, Said};
use cutover::model::observation::Value;
use cutover::model::{ProblemKind, ReplicationArn, Report, Subject};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

struct Running {
    handle: Handle,
    said: mpsc::UnboundedReceiver<Said>,
}

fn arn(id: &str) -> ReplicationArn {
    ReplicationArn::parse(&format!("arn:aws:dms:eu-west-1:{ACCOUNT}:task:{id}")).unwrap()
}

async fn server() -> Server {
    let server = Server::start().await;
    let task = |id: &str, name: &str| {
        format!(
            r#"{{"ReplicationTaskArn":"{}","ReplicationTaskIdentifier":"{name}","Status":"running","MigrationType":"cdc",
            "ReplicationInstanceArn":"i","ReplicationTaskStats":{{"StartDate":1700000000}}}}"#,
            arn(id).as_str()
        )
    };
    let tasks = format!(r#"{{"ReplicationTasks":[{},{}]}}"#, task("A", "orders-a"), task("B", "billing"));
    let rows = r#"{"TableStatistics":[{"SchemaName":"s","TableName":"t","TableState":"Table completed","LastUpdateTime":1700000100}]}"#;
    let instances =
        r#"{"ReplicationInstances":[{"ReplicationInstanceArn":"i","ReplicationInstanceIdentifier":"inst"}]}"#;
    for (operation, body) in [
        ("DescribeReplicationTasks", tasks.as_str()),
        ("DescribeTableStatistics", rows),
        ("DescribeReplicationInstances", instances),
        ("DescribeEndpoints", r#"{"Endpoints":[]}"#),
        ("DescribeConnections", r#"{"Connections":[]}"#),
        ("DescribeReplications", r#"{"Replications":[]}"#),
        ("DescribeReplicationConfigs", r#"{"ReplicationConfigs":[]}"#),
    ] {
        server.script(operation, vec![Play::json(200, body)]);
    }
    server
}

async fn start(server: &Server, settings: feeds::Settings) -> Running {
    let connected = connect(&Settings::embedded(&server.url), &Limiters::default()).await.unwrap();
    let (sender, said) = mpsc::unbounded_channel();
    let sink = Arc::new(move |said| drop(sender.send(said)));
    Running { handle: feeds::spawn(connected.reader, connected.scope, settings, sink), said }
}

impl Running {
    /// The next report that fits.
    async fn until(&mut self, fits: impl Fn(&Report) -> bool) -> Report {
        let found = tokio::time::timeout(Duration::from_secs(20), async {
            loop {
                match self.said.recv().await.expect("the feeds run") {
                    Said::Report(report) if fits(&report) => return report,
                    _ => {}
                }
            }
        });
        found.await.expect("a report within 20 s")
    }
}

fn about(report: &Report, subject: &Subject) -> bool {
    report.key().1 == subject
}

#[tokio::test]
async fn watched_tasks_are_reported_first_with_the_time_the_server_stated_and_their_interval() {
    let server = server().await;
    let settings = feeds::Settings { tasks: vec!["orders-*".into()], ..feeds::Settings::default() };
    let mut running = start(&server, settings).await;
    let report = running.until(|report| about(report, &Subject::Tasks)).await;
    let Report::Observed { observation, every } = report else { panic!("{report:?}") };
    let Value::Tasks(tasks) = &observation.value else { panic!("{observation:?}") };
    assert_eq!(tasks.iter().map(|task| task.name.raw()).collect::<Vec<_>>(), ["orders-a"]);
    assert_eq!(observation.as_of, "2026-11-22T14:03:22Z".parse().ok());
    assert_eq!(every, Some(jiff::SignedDuration::from_secs(10)));
}

#[tokio::test]
async fn an_opened_task_brings_its_tables_as_old_as_their_rows() {
    let server = server().await;
    let mut running = start(&server, feeds::Settings::default()).await;
    running.handle.look(Looking {
        tables_of: Some(arn("A")),
        visible: vec![arn("A")],
        looking: true,
        ..Looking::default()
    });
    let report = running.until(|report| about(report, &Subject::Tables(arn("A")))).await;
    let Report::Observed { observation, .. } = report else { panic!("{report:?}") };
    assert_eq!(observation.as_of.map(jiff::Timestamp::as_second), Some(1_700_000_100));
}

#[tokio::test]
async fn a_failing_subject_says_so_and_when_it_is_tried_again() {
    let server = server().await;
    server.script("DescribeConnections", vec![Play::error(400, "AccessDeniedException", "no")]);
    let mut running = start(&server, feeds::Settings::default()).await;
    let report = running.until(|report| about(report, &Subject::Connections)).await;
    let Report::Failed { problem, retry_at, .. } = report else { panic!("{report:?}") };
    assert_eq!(problem.kind, ProblemKind::AccessDenied);
    // By the clock of the service, whatever ours says.
    let service = jiff::fmt::rfc2822::parse(DATE).unwrap().timestamp();
    assert!(retry_at.is_some_and(|at| at > service), "{retry_at:?} {problem:?}");
}

#[tokio::test]
async fn asking_now_asks_and_stopping_stops() {
    let server = server().await;
    let mut running = start(&server, feeds::Settings::default()).await;
    running.until(|report| about(report, &Subject::Endpoints)).await;
    let before = server.count("DescribeEndpoints");
    running.handle.ask_now(vec![Subject::Endpoints]);
    running.until(|report| about(report, &Subject::Endpoints)).await;
    assert_eq!(server.count("DescribeEndpoints"), before + 1);
    running.handle.stop();
    running.handle.ended().await.unwrap();
}

#[tokio::test]
async fn a_panic_is_seen_by_whoever_started_the_feeds() {
    let server = server().await;
    let connected = connect(&Settings::embedded(&server.url), &Limiters::default()).await.unwrap();
    let sink = Arc::new(|said| assert!(matches!(said, Said::Traffic { .. }), "a report that nobody expected"));
    let mut handle = feeds::spawn(connected.reader, connected.scope, feeds::Settings::default(), sink);
    let ended = tokio::time::timeout(Duration::from_secs(20), handle.ended()).await.unwrap();
    assert!(ended.unwrap_err().is_panic());
}
