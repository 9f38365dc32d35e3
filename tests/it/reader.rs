//! The reader against a server that says exactly what the test wants, and breaks as the test wants.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use crate::reader_script::{ACCOUNT, Play, Server};
use aws_smithy_cbor::Encoder;
use aws_smithy_types::DateTime;
use cutover::aws::{Connected, Limiters, MetricQuery, Reader, Serverless, Settings, TaskDetail, WhichTables, connect};
use cutover::model::metric::MetricName;
use cutover::model::operation::Operation;
use cutover::model::{ProblemKind, ReplicationArn};
use jiff::Timestamp;

async fn reader(server: &Server) -> Reader {
    let settings = Settings { requests_per_second: 4.0, burst: 50, ..Settings::embedded(&server.url) };
    let Connected { reader, scope, identity } = connect(&settings, &Limiters::default()).await.unwrap();
    assert_eq!((scope.account.0.as_str(), scope.profile.as_str(), identity.role().raw()), (ACCOUNT, "demo", "watcher"));
    reader
}

fn task(id: &str, name: &str) -> String {
    format!(
        r#"{{"ReplicationTaskArn":"arn:aws:dms:eu-west-1:{ACCOUNT}:task:{id}","ReplicationTaskIdentifier":"{name}",
        "Status":"running","MigrationType":"cdc","ReplicationTaskStats":{{"TablesErrored":2,"StartDate":1700000000.5}}}}"#
    )
}

fn tasks(list: &[String], marker: Option<&str>) -> Play {
    let marker = marker.map(|marker| format!(r#","Marker":"{marker}""#)).unwrap_or_default();
    Play::json(200, format!(r#"{{"ReplicationTasks":[{}]{marker}}}"#, list.join(",")))
}

#[tokio::test]
async fn pages_are_read_to_the_end_and_the_server_says_how_old_the_answer_is() {
    let server = Server::start().await;
    server.script(
        "DescribeReplicationTasks",
        vec![tasks(&[task("A", "orders")], Some("m1")), tasks(&[task("B", "billing")], None)],
    );
    let answer = reader(&server).await.tasks(TaskDetail::Brief, Serverless::Skip).await.unwrap();
    let names: Vec<_> = answer.value.iter().map(|task| task.name.raw()).collect();
    assert_eq!((names, answer.pages), (vec!["orders", "billing"], 2));
    assert_eq!(answer.stated, "2026-11-22T14:03:22Z".parse::<Timestamp>().ok());
    let bodies = server.bodies("DescribeReplicationTasks");
    assert!(bodies[0].contains(r#""WithoutSettings":true"#) && bodies[1].contains(r#""Marker":"m1""#), "{bodies:?}");
}

#[tokio::test]
async fn what_passes_by_itself_is_tried_again_and_every_attempt_is_counted() {
    for (broken, attempts) in [
        (vec![Play::error(400, "ThrottlingException", "Rate exceeded")], 2),
        (vec![Play::error(500, "InternalFailure", "oops"), Play::Answer(503, "text/html", "<html>".into())], 3),
        (vec![Play::Slam], 2),
        (vec![Play::Cut], 2),
    ] {
        let server = Server::start().await;
        let plays = broken.clone().into_iter().chain([tasks(&[task("A", "orders")], None)]).collect();
        server.script("DescribeReplicationTasks", plays);
        let reader = reader(&server).await;
        let answer = reader.tasks(TaskDetail::Brief, Serverless::Skip).await;
        assert_eq!(answer.as_ref().map(|answer| answer.value.len()), Ok(1), "{broken:?}");
        // hyper itself repeats a request on a pooled connection that was closed under it, so the server may see one more.
        let counted = reader.traffic().by_operation[&Operation::DescribeReplicationTasks];
        assert!(counted == attempts || matches!(broken[0], Play::Slam) && counted < attempts, "{broken:?}: {counted}");
    }
}

#[tokio::test]
async fn what_does_not_pass_is_one_clear_problem_after_few_attempts() {
    for (play, kind, attempts, words) in [
        (
            Play::error(400, "AccessDeniedException", "not authorized"),
            ProblemKind::AccessDenied,
            1,
            "dms:DescribeReplicationTasks in eu-west-1: access denied",
        ),
        (
            Play::error(400, "InvalidParameterCombinationException", "Start Type"),
            ProblemKind::InvalidState,
            1,
            "InvalidParameterCombinationException: Start Type",
        ),
        (Play::error(500, "InternalFailure", "x"), ProblemKind::Service, 3, "InternalFailure"),
        (Play::Answer(200, "text/html", "<html>login</html>".into()), ProblemKind::Service, 1, "could not be read"),
        (
            Play::json(200, r#"{"ReplicationTasks":[{"ReplicationTaskCreationDate":"2026-01-01T00:00:00Z"}]}"#),
            ProblemKind::Service,
            1,
            "could not be read",
        ),
    ] {
        let server = Server::start().await;
        server.script("DescribeReplicationTasks", vec![play.clone()]);
        let problem = reader(&server).await.tasks(TaskDetail::Brief, Serverless::Skip).await.unwrap_err();
        let text = problem.lines().join("\n");
        assert_eq!(problem.kind, kind, "{play:?}: {text}");
        assert!(text.contains(words), "{play:?}: {text}");
        assert_eq!(problem.request_id.as_deref(), Some("req-1"), "{play:?}");
        assert_eq!(server.count("DescribeReplicationTasks"), attempts, "{play:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_gone_is_unreachable() {
    let server = Server::start().await;
    server.script("DescribeReplicationTasks", vec![Play::Slam]);
    let problem = reader(&server).await.tasks(TaskDetail::Brief, Serverless::Skip).await.unwrap_err();
    assert_eq!(problem.kind, ProblemKind::Unreachable, "{problem:?}");
}

#[tokio::test]
async fn a_describe_that_matches_nothing_is_an_empty_list_and_a_missing_task_is_not() {
    let server = Server::start().await;
    let none = || vec![Play::error(400, "ResourceNotFoundFault", "No tasks found")];
    for operation in ["DescribeReplicationTasks", "DescribeReplicationInstances", "DescribeTableStatistics"] {
        server.script(operation, none());
    }
    let reader = reader(&server).await;
    assert!(reader.tasks(TaskDetail::Brief, Serverless::Skip).await.unwrap().value.is_empty());
    assert!(reader.instances().await.unwrap().value.is_empty());
    let arn = ReplicationArn::parse(&format!("arn:aws:dms:eu-west-1:{ACCOUNT}:task:A")).unwrap();
    assert!(reader.tables(&arn, WhichTables::ErrorsOnly).await.unwrap().value.is_empty());
    assert_eq!(reader.tables(&arn, WhichTables::All).await.unwrap_err().kind, ProblemKind::NotFound);
}

#[tokio::test]
async fn without_the_permission_for_serverless_the_rest_is_still_there() {
    let server = Server::start().await;
    server.script("DescribeReplicationTasks", vec![tasks(&[task("A", "orders")], None)]);
    server.script("DescribeReplications", vec![Play::error(400, "AccessDeniedException", "no")]);
    let answer = reader(&server).await.tasks(TaskDetail::Brief, Serverless::Include).await.unwrap();
    assert_eq!((answer.value.len(), answer.missing.len()), (1, 1));
    assert!(answer.missing[0].hint.contains("dms:DescribeReplications"), "{:?}", answer.missing);
}

#[tokio::test]
async fn serverless_replications_stand_beside_classic_tasks_under_their_own_arn() {
    let server = Server::start().await;
    let arn = format!("arn:aws:dms:eu-west-1:{ACCOUNT}:replication-config:S");
    server.script("DescribeReplicationTasks", vec![tasks(&[task("A", "orders")], None)]);
    let running =
        format!(r#"{{"Replications":[{{"ReplicationConfigArn":"{arn}","Status":"provisioning_capacity"}}]}}"#);
    server.script("DescribeReplications", vec![Play::json(200, running)]);
    server.script("DescribeReplicationConfigs", vec![Play::json(200, r#"{"ReplicationConfigs":[]}"#)]);
    let rows = r#"{"ReplicationTableStatistics":[{"SchemaName":"s","TableName":"t","TableState":"Table error"}]}"#;
    server.script("DescribeReplicationTableStatistics", vec![Play::json(200, rows)]);
    let reader = reader(&server).await;
    let answer = reader.tasks(TaskDetail::Brief, Serverless::Include).await.unwrap();
    assert_eq!((answer.value.len(), answer.pages), (2, 3));
    assert_eq!(answer.value[1].status.raw(), "provisioning_capacity");
    assert_eq!(reader.tables(&answer.value[1].arn, WhichTables::All).await.unwrap().value.len(), 1);
}

#[tokio::test]
async fn pages_that_never_end_are_noticed() {
    let server = Server::start().await;
    server.script("DescribeReplicationTasks", vec![tasks(&[], Some("again"))]);
    let problem = reader(&server).await.tasks(TaskDetail::Brief, Serverless::Skip).await.unwrap_err();
    assert!(problem.detail.contains("does not end"), "{problem:?}");
    assert_eq!(server.count("DescribeReplicationTasks"), 2);
}

#[tokio::test]
async fn keys_that_are_no_longer_accepted_are_told_as_that() {
    for code in ["ExpiredTokenException", "UnrecognizedClientException"] {
        let server = Server::start().await;
        server.script("DescribeReplicationTasks", vec![Play::error(400, code, "The security token is expired")]);
        let problem = reader(&server).await.tasks(TaskDetail::Brief, Serverless::Skip).await.unwrap_err();
        assert_eq!(problem.kind, ProblemKind::ExpiredCredentials, "{code}");
        assert_eq!(server.count("DescribeReplicationTasks"), 1, "the same keys are not tried twice");
    }
}

#[tokio::test]
async fn tags_are_read() {
    let server = Server::start().await;
    server.script("ListTagsForResource", vec![Play::json(200, r#"{"TagList":[{"Key":"env","Value":"prod"}]}"#)]);
    let arn = ReplicationArn::parse(&format!("arn:aws:dms:eu-west-1:{ACCOUNT}:task:A")).unwrap();
    let answer = reader(&server).await.tags(&arn).await.unwrap();
    assert_eq!(answer.value.get("env").map(String::as_str), Some("prod"));
}

#[tokio::test]
async fn the_embedded_settings_refuse_any_other_host() {
    let settings = Settings::embedded("https://dms.eu-west-1.amazonaws.com");
    let problem = connect(&settings, &Limiters::default()).await.unwrap_err();
    assert_eq!(problem.kind, ProblemKind::Configuration);
}

/// One `GetMetricData` page: the points of query `m0`, newest first as CloudWatch gives them.
fn metric_page(points: &[(i64, f64)], status: &str, token: Option<&str>) -> Play {
    let mut out = Encoder::new(Vec::new());
    out.begin_map();
    out.str("MetricDataResults").array(1).begin_map();
    out.str("Id").str("m0");
    out.str("StatusCode").str(status);
    out.str("Timestamps").array(points.len());
    for (at, _) in points {
        out.timestamp(&DateTime::from_secs(*at));
    }
    out.str("Values").array(points.len());
    for (_, value) in points {
        out.double(*value);
    }
    out.end();
    if let Some(token) = token {
        out.str("NextToken").str(token);
    }
    out.end();
    Play::Cbor(out.into_writer())
}

#[tokio::test]
async fn metrics_are_read_to_the_end_sorted_and_priced_by_metric() {
    let server = Server::start().await;
    server.script(
        "GetMetricData",
        vec![
            metric_page(&[(180, 3.0), (120, 2.0)], "PartialData", Some("more")),
            metric_page(&[(60, 1.0)], "Complete", None),
        ],
    );
    let reader = reader(&server).await;
    let query = MetricQuery {
        arn: ReplicationArn::parse(&format!("arn:aws:dms:eu-west-1:{ACCOUNT}:task:RESOURCEID")).unwrap(),
        instance: Some("inst-1".into()),
        names: vec![MetricName::CDCLatencyTarget, MetricName::CDCIncomingChanges],
    };
    let unnamed = MetricQuery { instance: None, ..query.clone() };
    let at = |second| Timestamp::from_second(second).unwrap();
    let answer = reader.metrics(&[query, unnamed], at(0), at(240)).await.unwrap();
    let points: Vec<_> = answer.value[0].series.points.iter().map(|p| (p.at.as_second(), p.value)).collect();
    assert_eq!(points, [(60, 1.0), (120, 2.0), (180, 3.0)]);
    assert_eq!((answer.value.len(), answer.value[1].series.points.len(), answer.pages), (2, 0, 2));
    assert_eq!(answer.missing.len(), 1, "a task whose instance has no name is not asked for");
    let body = &server.bodies("GetMetricData")[0];
    for word in ["AWS/DMS", "ReplicationInstanceIdentifier", "inst-1", "ReplicationTaskIdentifier", "RESOURCEID"] {
        assert!(body.contains(word), "{word}");
    }
    assert!(!body.contains("Unit"), "a unit that does not match finds nothing");
    assert_eq!(reader.traffic().by_operation[&Operation::GetMetricData], 2);
    // Two metrics, twice, in the first minute: 4 x 1,440 a day at $0.01 per 1,000.
    assert!((reader.traffic().dollars_per_day.unwrap() - 0.0576).abs() < 1e-6);
}
