//! The embedded AWS over its real wire, with the clients people use: boto3, the AWS CLI, the Rust SDK, and bare HTTP.

use cutover::demo::{Options, Running, serve};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;

/// Longest any client program may take; Python alone needs a second or two on a busy machine.
const CLIENT_WITHIN: Duration = Duration::from_mins(2);

pub async fn started(options: Options) -> Running {
    serve(options).await.expect("the embedded AWS starts on a free port")
}

pub fn frozen() -> Options {
    Options { frozen: true, ..Options::default() }
}

/// Python with boto3 and the AWS CLI: `$CUTOVER_PYTHON`, else the repository's own environment.
pub fn python() -> PathBuf {
    let default = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(".venv/bin/python");
    std::env::var_os("CUTOVER_PYTHON").map_or(default, PathBuf::from)
}

/// Runs a client program against the endpoint, with nothing of the user's own AWS configuration.
pub async fn client(program: &PathBuf, arguments: &[&str], endpoint: &str) -> Result<String, String> {
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(program)
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home.path())
        .env("AWS_ENDPOINT_URL", endpoint)
        .env("AWS_ACCESS_KEY_ID", "demo")
        .env("AWS_SECRET_ACCESS_KEY", "demo")
        .env("AWS_DEFAULT_REGION", "eu-west-1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_MAX_ATTEMPTS", "1")
        .env("AWS_PAGER", "")
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(CLIENT_WITHIN, output).await.expect("the client ends in time");
    let output = output.unwrap_or_else(|error| {
        panic!(
            "cannot run {}: {error}\nThis test needs Python with boto3 and awscli: run `tests/run`, or \
             `python3 -m venv .venv && .venv/bin/pip install boto3 awscli`, or set CUTOVER_PYTHON",
            program.display()
        )
    });
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

/// The AWS CLI; its answer as JSON, or its error text.
pub async fn aws(running: &Running, arguments: &[&str]) -> Result<Value, String> {
    let program = python().with_file_name("aws");
    let text = client(&program, &[&["--output", "json"], arguments].concat(), &running.endpoint_url()).await?;
    Ok(if text.trim().is_empty() { Value::Null } else { serde_json::from_str(&text).expect("the CLI prints JSON") })
}

/// One bare HTTP request; status and body, or the error of a connection that ended without an answer.
pub async fn http(running: &Running, head: &str, body: &str) -> std::io::Result<(u16, String, String)> {
    http_at(running.addr, head, body).await
}

pub async fn http_at(addr: std::net::SocketAddr, head: &str, body: &str) -> std::io::Result<(u16, String, String)> {
    let mut stream = TcpStream::connect(addr).await?;
    let request = format!("{head}\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").ok_or(std::io::ErrorKind::UnexpectedEof)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status line");
    Ok((status, head.to_ascii_lowercase(), body.to_owned()))
}

/// One DMS operation without any SDK.
pub async fn dms(running: &Running, operation: &str, input: Value) -> std::io::Result<(u16, Value)> {
    let head = format!("POST / HTTP/1.1\r\nx-amz-target: AmazonDMSv20160101.{operation}\r\nauthorization: x");
    let (status, _, body) = http(running, &head, &input.to_string()).await?;
    Ok((status, serde_json::from_str(&body).expect("JSON")))
}

#[tokio::test(flavor = "multi_thread")]
async fn boto3_reads_every_operation_and_is_refused_as_aws_refuses() {
    let running = started(frozen()).await;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/boto3_reads.py");
    let text = client(&python(), &[script], &running.endpoint_url()).await.unwrap_or_else(|error| panic!("{error}"));
    let seen: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(seen["account"], "123456789012");
    assert_eq!(seen["arn"], "arn:aws:sts::123456789012:assumed-role/migration-operator/demo");
    assert_eq!(
        seen["tasks"],
        json!({
            "orders-cdc": ["full-load-and-cdc", "running", null, 100],
            "billing-cdc": ["cdc", "running", null, 0],
            "staging-refresh": ["full-load", "stopped", "Stop Reason FULL_LOAD_ONLY_FINISHED", 100],
            "catalog-load": ["full-load", "failed", "Stop Reason FATAL_ERROR Error Level FATAL", 100],
        })
    );
    assert_eq!(seen["statistics"]["staging-refresh"].as_object().unwrap().len(), 12);
    assert_eq!(seen["statistics"]["catalog-load"]["product"], "Table error");
    assert_eq!(seen["errors"], json!(["invoice_line"]));
    assert_eq!(seen["instances"], json!(["dms-prod-1", "dms-rehearsal"]));
    let endpoints = json!([["shop-prod", "SOURCE"], ["shop-aurora", "TARGET"], ["shop-staging", "TARGET"]]);
    assert_eq!(seen["endpoints"], endpoints);
    assert_eq!(seen["connections"], json!(["successful", "successful", "successful"]));
    assert_eq!(seen["tags"]["team"], "billing");
    assert_eq!((&seen["points"], &seen["wrong dimensions"]), (&json!(179), &json!(0)));
    assert_eq!(seen["newest"], "2026-01-15T14:02:00+00:00");
    assert!(seen["latency"].as_f64().unwrap() > 60.0, "{}", seen["latency"]);
    assert_eq!(seen["listed"], 2);
    assert_eq!(
        seen["codes"],
        json!({
            "no such filter": "InvalidParameterValueException",
            "nothing matches": "ResourceNotFoundFault",
            "too small a page": "InvalidParameterValueException",
            "too large a page": "InvalidParameterValueException",
            "bad marker": "InvalidParameterValueException",
            "not this operation": "UnknownOperationException",
            "no such metric operation": "InvalidAction",
            "no such token operation": "InvalidAction",
            "first start of a task that ran": "InvalidParameterCombinationException",
            "stop of a task that stands": "InvalidResourceStateFault",
            "reload of a cdc task": "InvalidParameterCombinationException",
        })
    );
    assert_eq!(seen["after"], json!(["starting", "stopping", "arn:aws:dms:", "testing"]));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_aws_cli_reads_pages_and_changes() {
    let running = started(Options { fleet: Some("2x90".parse().unwrap()), ..frozen() }).await;
    let tasks = aws(&running, &["dms", "describe-replication-tasks"]).await.unwrap();
    let arn = tasks["ReplicationTasks"][0]["ReplicationTaskArn"].as_str().unwrap().to_owned();
    let statistics = ["dms", "describe-table-statistics", "--replication-task-arn", &arn, "--page-size", "20"];
    let all = aws(&running, &statistics).await.unwrap();
    assert_eq!(all["TableStatistics"].as_array().unwrap().len(), 90);
    let some = aws(&running, &[&statistics[..], &["--max-items", "30"]].concat()).await.unwrap();
    assert_eq!(some["TableStatistics"].as_array().unwrap().len(), 30);
    let token = some["NextToken"].as_str().unwrap();
    let rest = aws(&running, &[&statistics[..], &["--starting-token", token]].concat()).await.unwrap();
    assert_eq!(rest["TableStatistics"].as_array().unwrap().len(), 60);
    running.stop().await;

    let running = started(frozen()).await;
    let identity = aws(&running, &["sts", "get-caller-identity"]).await.unwrap();
    assert_eq!(identity["Account"], "123456789012");
    let tasks = aws(&running, &["dms", "describe-replication-tasks", "--without-settings"]).await.unwrap();
    let arn = |name: &str| {
        let tasks = tasks["ReplicationTasks"].as_array().unwrap();
        let task = tasks.iter().find(|task| task["ReplicationTaskIdentifier"] == name).unwrap();
        task["ReplicationTaskArn"].as_str().unwrap().to_owned()
    };
    let (orders, catalog) = (arn("orders-cdc"), arn("catalog-load"));
    let id = orders.rsplit(':').next().unwrap();
    let queries = json!([{"Id": "q1", "MetricStat": {"Period": 60, "Stat": "Average", "Metric": {
        "Namespace": "AWS/DMS", "MetricName": "CDCLatencySource", "Dimensions": [
            {"Name": "ReplicationInstanceIdentifier", "Value": "dms-prod-1"},
            {"Name": "ReplicationTaskIdentifier", "Value": id}]}}}])
    .to_string();
    let range = ["--start-time", "2026-01-15T13:00:00Z", "--end-time", "2026-01-15T14:00:00Z"];
    let ask = [&["cloudwatch", "get-metric-data", "--metric-data-queries", queries.as_str()][..], &range].concat();
    let metrics = aws(&running, &ask).await.unwrap();
    assert_eq!(metrics["MetricDataResults"][0]["Values"].as_array().unwrap().len(), 60);
    let start = |kind| {
        ["dms", "start-replication-task", "--replication-task-arn", &catalog, "--start-replication-task-type", kind]
    };
    let refused = aws(&running, &start("start-replication")).await.unwrap_err();
    let wanted = "(InvalidParameterCombinationException) when calling the StartReplicationTask operation: Start Type : \
                  START_REPLICATION, valid only for tasks running for the first time";
    assert!(refused.contains(wanted), "{refused}");
    let answer = aws(&running, &start("reload-target")).await.unwrap();
    assert_eq!(answer["ReplicationTask"]["Status"], "starting");
    let stop = aws(&running, &["dms", "stop-replication-task", "--replication-task-arn", &catalog]).await.unwrap_err();
    assert!(stop.contains("(InvalidResourceStateFault)") && stop.contains("task not running"), "{stop}");
    let tables = "SchemaName=shop,TableName=orders";
    let reload = ["dms", "reload-tables", "--replication-task-arn", &orders, "--tables-to-reload", tables];
    assert_eq!(aws(&running, &reload).await.unwrap()["ReplicationTaskArn"], orders.as_str());
    let stop = aws(&running, &["dms", "stop-replication-task", "--replication-task-arn", &orders]).await.unwrap();
    assert_eq!(stop["ReplicationTask"]["Status"], "stopping");
    let connections = aws(&running, &["dms", "describe-connections"]).await.unwrap();
    let connection = &connections["Connections"][0];
    let (instance, endpoint) =
        (connection["ReplicationInstanceArn"].as_str().unwrap(), connection["EndpointArn"].as_str().unwrap());
    let test = ["dms", "test-connection", "--replication-instance-arn", instance, "--endpoint-arn", endpoint];
    assert_eq!(aws(&running, &test).await.unwrap()["Connection"]["Status"], "testing");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_protocol_carries_answers_and_refusals() {
    let running = started(frozen()).await;
    let json = "POST / HTTP/1.1\r\nx-amz-target: GraniteServiceVersion20100801.GetMetricData\r\nauthorization: x";
    let list = "POST / HTTP/1.1\r\nx-amz-target: GraniteServiceVersion20100801.ListMetrics\r\nauthorization: x";
    let cbor = "POST /service/GraniteServiceVersion20100801/operation/GetMetricData HTTP/1.1\r\nauthorization: x";
    let form = "POST / HTTP/1.1\r\ncontent-type: application/x-www-form-urlencoded\r\nauthorization: x";
    let who = "Action=GetCallerIdentity&Version=2011-06-15";
    let old = "Action=ListMetrics&Version=2010-08-01&Namespace=AWS%2FDMS";
    for (head, body, status, carries) in [
        (json, "{}", 400, r#"{"__type":"com.amazonaws.cloudwatch#ValidationError""#),
        (list, "{}", 200, r#""MetricName":"CDCLatencyTarget""#),
        (cbor, "", 400, "com.amazonaws.cloudwatch#ValidationError"),
        (form, who, 200, "<GetCallerIdentityResult>"),
        (form, old, 200, "<MetricName>CDCLatencyTarget</MetricName>"),
        (form, "Action=Nothing&Version=2011-06-15", 400, "<Code>InvalidAction</Code>"),
        ("POST / HTTP/1.1", who, 403, "<Code>MissingAuthenticationToken</Code>"),
    ] {
        let (got, head, text) = http(&running, head, body).await.unwrap();
        assert_eq!(got, status, "{text}");
        assert!(text.contains(carries), "{text}");
        assert!(head.contains("x-amzn-requestid: "), "{head}");
        assert!(head.contains("date: thu, 15 jan 2026 14:03:22 gmt"), "{head}");
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rust_sdk_reads_tasks_statistics_metrics_and_itself() {
    use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat};
    use aws_sdk_databasemigration::operation::{
        describe_replication_tasks::DescribeReplicationTasksOutput, describe_replications::DescribeReplicationsOutput,
        describe_table_statistics::DescribeTableStatisticsOutput,
    };
    use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
    let running = started(Options { fleet: Some("150x40".parse().unwrap()), ..frozen() }).await;
    let http =
        aws_smithy_http_client::Builder::new().tls_provider(tls::Provider::Rustls(CryptoMode::Ring)).build_https();
    let config = aws_config::SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .endpoint_url(running.endpoint_url())
        .region(aws_config::Region::new("eu-west-1"))
        .http_client(http)
        .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(
            aws_credential_types::Credentials::new("demo", "demo", None, None, "test"),
        ))
        .build();
    let dms = aws_sdk_databasemigration::Client::new(&config);
    let pages = dms.describe_replication_tasks().into_paginator().send().collect::<Result<Vec<_>, _>>().await.unwrap();
    let tasks: Vec<_> = pages.iter().flat_map(DescribeReplicationTasksOutput::replication_tasks).collect();
    let pages = dms.describe_replications().into_paginator().send().collect::<Result<Vec<_>, _>>().await.unwrap();
    let replications = pages.iter().flat_map(DescribeReplicationsOutput::replications).count();
    assert_eq!((pages.len(), tasks.len(), replications), (1, 135, 15));
    let arn = tasks[0].replication_task_arn().unwrap();
    let statistics = dms.describe_table_statistics().replication_task_arn(arn).max_records(20).into_paginator().send();
    let pages = statistics.collect::<Result<Vec<_>, _>>().await.unwrap();
    let rows: Vec<_> = pages.iter().flat_map(DescribeTableStatisticsOutput::table_statistics).collect();
    assert_eq!(rows.len(), 40);
    assert!(rows.iter().all(|row| row.last_update_time().is_some()));
    let refused = dms.stop_replication_task().replication_task_arn("arn:aws:dms:eu-west-1:1:task:X").send().await;
    assert!(refused.unwrap_err().into_service_error().is_resource_not_found_fault());

    let dimension = |name: &str, value: &str| Dimension::builder().name(name).value(value).build();
    let metric = Metric::builder()
        .namespace("AWS/DMS")
        .metric_name("CDCLatencyTarget")
        .dimensions(dimension("ReplicationInstanceIdentifier", "dms-fleet-1"))
        .dimensions(dimension("ReplicationTaskIdentifier", arn.rsplit(':').next().unwrap()))
        .build();
    let stat = MetricStat::builder().metric(metric).period(60).stat("Average").build();
    let at =
        |text: &str| aws_smithy_types::DateTime::from_str(text, aws_smithy_types::date_time::Format::DateTime).unwrap();
    let answer = aws_sdk_cloudwatch::Client::new(&config)
        .get_metric_data()
        .metric_data_queries(MetricDataQuery::builder().id("q").metric_stat(stat).build())
        .start_time(at("2026-01-15T13:53:00Z"))
        .end_time(at("2026-01-15T14:03:22Z"))
        .send()
        .await
        .unwrap();
    let result = &answer.metric_data_results()[0];
    assert_eq!(result.values().len(), 10);
    assert_eq!(result.timestamps()[0], at("2026-01-15T14:02:00Z"));
    let who = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await.unwrap();
    assert_eq!(who.account(), Some("123456789012"));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_reach_a_mover_and_its_reports_reach_the_wire() {
    use cutover::demo::mover::order::{Begin, Happened};
    let launcher: cutover::demo::Launcher = std::sync::Arc::new(|order, mut control, out| {
        Box::pin(async move {
            let table = ("shop".to_owned(), "product".to_owned());
            if order.begin == Begin::LoadAll && !order.changes_after_load {
                let (schema, table) = table;
                let report = |happened| out.send(happened).is_ok();
                report(Happened::Tables(vec![(schema.clone(), table.clone())]));
                report(Happened::LoadStarted { schema: schema.clone(), table: table.clone() });
                report(Happened::Loaded { schema: schema.clone(), table: table.clone(), rows: 7 });
                report(Happened::LoadEnded { schema, table });
                report(Happened::LoadFinished);
                return;
            }
            if control.wait_for(|control| control.stop).await.is_ok() {
                let _ = out.send(Happened::Stopped);
            }
        })
    });
    let running = started(Options { launcher: Some(launcher), ..Options::default() }).await;
    let find = |name: &'static str| {
        let running = &running;
        async move {
            let filter = json!({"Filters": [{"Name": "replication-task-id", "Values": [name]}]});
            dms(running, "DescribeReplicationTasks", filter).await.unwrap().1["ReplicationTasks"][0].clone()
        }
    };
    let until = |name: &'static str, status: &'static str| async move {
        for _ in 0..100 {
            let task = find(name).await;
            if task["Status"] == status {
                return task;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{name} did not become {status}");
    };
    let catalog = find("catalog-load").await["ReplicationTaskArn"].clone();
    let orders = find("orders-cdc").await["ReplicationTaskArn"].clone();
    let start = json!({"ReplicationTaskArn": catalog, "StartReplicationTaskType": "reload-target"});
    assert_eq!(dms(&running, "StartReplicationTask", start).await.unwrap().0, 200);
    assert_eq!(dms(&running, "StopReplicationTask", json!({"ReplicationTaskArn": orders})).await.unwrap().0, 200);
    let task = until("catalog-load", "stopped").await;
    assert_eq!(task["StopReason"], "Stop Reason FULL_LOAD_ONLY_FINISHED");
    assert_eq!(task["ReplicationTaskStats"]["TablesLoaded"], 1);
    let rows = dms(&running, "DescribeTableStatistics", json!({"ReplicationTaskArn": catalog})).await.unwrap().1;
    assert_eq!(rows["TableStatistics"][0]["FullLoadRows"], 7);
    assert_eq!(until("orders-cdc", "stopped").await["StopReason"], "Stop Reason NORMAL");
    let data = running.data.clone();
    assert!(data.is_dir());
    running.stop().await;
    assert!(!data.exists(), "a temporary folder goes with the demo");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mover_that_breaks_down_fails_its_task() {
    let launcher: cutover::demo::Launcher = std::sync::Arc::new(|_, _, out| Box::pin(async move { drop(out) }));
    let running = started(Options { launcher: Some(launcher), ..Options::default() }).await;
    for _ in 0..50 {
        let tasks = dms(&running, "DescribeReplicationTasks", json!({})).await.unwrap().1;
        if tasks["ReplicationTasks"][0]["Status"] == "failed" {
            running.stop().await;
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("a mover that ended without a word went unnoticed");
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_thousand_tables_are_read_to_the_end() {
    let running = started(Options { fleet: Some("1x60000".parse().unwrap()), ..frozen() }).await;
    let tasks = dms(&running, "DescribeReplicationTasks", json!({})).await.unwrap().1;
    let arn = tasks["ReplicationTasks"][0]["ReplicationTaskArn"].clone();
    let (mut marker, mut rows, mut names) = (Value::Null, 0, std::collections::HashSet::new());
    loop {
        let input = json!({"ReplicationTaskArn": arn, "MaxRecords": 500, "Marker": marker});
        let answer = dms(&running, "DescribeTableStatistics", input).await.unwrap().1;
        let page = answer["TableStatistics"].as_array().unwrap();
        rows += page.len();
        names.extend(page.iter().map(|row| (row["SchemaName"].to_string(), row["TableName"].to_string())));
        marker = answer["Marker"].clone();
        if marker.is_null() {
            break;
        }
    }
    assert_eq!((rows, names.len()), (60_000, 60_000));
    running.stop().await;
}
