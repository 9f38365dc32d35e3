//! boto3, the AWS CLI and our own reader ask one frozen world the same questions and hear the same. `fields.rs` says which
//! field of ours is which member of AWS's.

mod fields;

use self::fields::{CONNECTION, ENDPOINT, Fields, INSTANCE, MAINTENANCE, REPLICATION, STATS, TABLE, TASK, TASK_LOG};
use crate::embedded::{aws, client, frozen, python, started};
use cutover::aws::{
    InstanceMetricQuery, Limiters, MetricQuery, Reader, Serverless, Settings, TaskDetail, WhichTables, connect,
};
use cutover::demo::{Options, Running};
use cutover::model::metric::MetricName;
use cutover::model::parts::Instance;
use cutover::model::task::Task;
use cutover::model::{ReplicationKind, Untrusted};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

const FROM: &str = "2026-01-15T13:00:00+00:00";
const TO: &str = "2026-01-15T14:03:00+00:00";

/// Times as seconds, numbers as one kind of number, and nothing for what is absent: clients differ in these only.
fn plain(value: &Value) -> Value {
    match value {
        Value::String(text) => text.parse::<Timestamp>().map_or_else(|_| value.clone(), seconds),
        Value::Number(number) => json!((number.as_f64().unwrap() * 1e3).round() / 1e3),
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Object(map) => {
            let there = map.iter().filter(|(_, value)| !value.is_null());
            Value::Object(there.map(|(key, value)| (key.clone(), plain(value))).collect())
        }
        other => other.clone(),
    }
}

#[allow(clippy::cast_precision_loss, reason = "milliseconds fit")]
fn seconds(at: Timestamp) -> Value {
    json!(at.as_millisecond() as f64 / 1e3)
}

/// Each of ours against each of AWS's, in order and field by field. Every field of ours has a row in the table.
fn agree(what: &str, ours: &[impl Serialize], theirs: &Value, fields: &[(&str, &str)]) {
    let theirs = theirs.as_array().unwrap_or_else(|| panic!("{what}: {theirs}"));
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (ours, theirs) in ours.iter().zip(theirs) {
        let ours = plain(&serde_json::to_value(ours).unwrap());
        let mut left = leaves(&ours, "");
        for (field, member) in fields {
            let at = |value: &Value, path: &str| value.pointer(&format!("/{path}")).cloned().unwrap_or(Value::Null);
            let (mut mine, mut its) = (at(&ours, field), at(theirs, member));
            if *field == "direction" {
                (mine, its) = (json!(mine.as_str().map(str::to_uppercase)), its);
            }
            assert_eq!(mine, its, "{what}: {field} and {member} of {theirs}");
            left.retain(|name| name != field);
        }
        assert!(left.is_empty(), "{what}: nobody compares {left:?}");
    }
}

fn leaves(value: &Value, path: &str) -> Vec<String> {
    let name = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}/{key}") };
    match value {
        Value::Object(map) => map.iter().flat_map(|(key, value)| leaves(value, &name(key))).collect(),
        Value::Array(items) if items.iter().any(Value::is_object) && !path.ends_with("settings") => {
            items.iter().enumerate().flat_map(|(at, value)| leaves(value, &name(&at.to_string()))).collect()
        }
        _ => vec![path.to_owned()],
    }
}

/// The settings of an endpoint in our shape: those of its engine by name, then the extra connection attributes.
fn with_settings(endpoints: &Value) -> Value {
    let whole = |endpoint: &Value| {
        let pair = |name: &str, value: &str| json!({"name": name, "value": value});
        let own = endpoint["MySQLSettings"].as_object().unwrap();
        let told = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
        // Numbers have become floating-point on the way through `plain`.
        let told = |value: &Value| value.as_f64().map_or_else(|| told(value), |number| number.to_string());
        // In the order our reader lists them.
        let names = ["AfterConnectScript", "EventsPollInterval", "ParallelLoadThreads"];
        let mut settings: Vec<Value> =
            names.iter().filter_map(|name| own.get(*name).map(|value| pair(name, &told(value)))).collect();
        let others = |name: &str| !names.contains(&name) && !name.starts_with("SecretsManager");
        assert!(!own.keys().any(|name| others(name)), "nobody compares {own:?}");
        let extra = endpoint["ExtraConnectionAttributes"].as_str().unwrap_or_default();
        for (name, value) in extra.split(';').filter_map(|one| one.split_once('=')) {
            // An attribute that says what a setting says already is the same thing told twice.
            let known = if name == "initstmt" { "AfterConnectScript" } else { name };
            let same = |one: &Value| one["name"].as_str().unwrap().eq_ignore_ascii_case(known) && one["value"] == value;
            if !settings.iter().any(same) {
                settings.push(pair(name, value));
            }
        }
        let mut endpoint = endpoint.clone();
        endpoint["settings"] = json!(settings);
        endpoint
    };
    endpoints.as_array().unwrap().iter().map(whole).collect()
}

const TASK_LOGS: [&str; 3] = ["dms", "describe-replication-instance-task-logs", "--replication-instance-arn"];

/// Every action with the resource it waits for.
fn actions(resources: &Value) -> Value {
    let of = |resource: &Value| {
        let actions = resource["PendingMaintenanceActionDetails"].as_array().unwrap().clone();
        let with = |mut action: Value| {
            action["ResourceIdentifier"] = resource["ResourceIdentifier"].clone();
            action
        };
        actions.into_iter().map(with).collect::<Vec<_>>()
    };
    resources.as_array().unwrap().iter().flat_map(of).collect()
}

/// The fields of a task, and those of its statistics under the member this kind of task has them in.
fn with_stats(fields: Fields, member: &str) -> Vec<(String, String)> {
    let own = fields.iter().map(|(ours, theirs)| ((*ours).to_owned(), (*theirs).to_owned()));
    own.chain(STATS.iter().map(|(ours, theirs)| (format!("stats/{ours}"), format!("{member}/{theirs}")))).collect()
}

fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(ours, theirs)| (ours.as_str(), theirs.as_str())).collect()
}

/// A task that never ran has no statistics on the wire, and zeros with us.
fn stats_or_zero(theirs: &Value, member: &str) -> Value {
    let counts = ["TablesLoaded", "TablesLoading", "TablesQueued", "TablesErrored"];
    let zeros: Map<String, Value> = counts.iter().map(|name| ((*name).to_owned(), json!(0.0))).collect();
    let whole = |task: &Value| {
        let mut task = task.clone();
        let stats = task.as_object_mut().unwrap().entry(member.to_owned()).or_insert_with(|| json!({}));
        for (name, zero) in &zeros {
            stats.as_object_mut().unwrap().entry(name.clone()).or_insert_with(|| zero.clone());
        }
        task
    };
    theirs.as_array().unwrap().iter().map(whole).collect()
}

/// A question to the AWS CLI, to the last page.
async fn cli(running: &Running, arguments: &[&str]) -> Value {
    let mut whole: Option<Value> = None;
    let mut marker = None;
    loop {
        let more = marker.as_deref().map_or(vec![], |marker| vec!["--marker", marker]);
        let mut page = aws(running, &[arguments, &more].concat()).await.unwrap();
        let next = page.as_object_mut().unwrap().remove("Marker").and_then(|next| next.as_str().map(ToOwned::to_owned));
        match &mut whole {
            None => whole = Some(page),
            Some(whole) => {
                for (name, items) in whole.as_object_mut().unwrap() {
                    if let (Value::Array(items), Value::Array(more)) = (items, &mut page[name]) {
                        items.append(more);
                    }
                }
            }
        }
        marker = next;
        if marker.is_none() {
            return whole.unwrap();
        }
    }
}

async fn connected(running: &Running) -> Reader {
    let settings = Settings { burst: 500, requests_per_second: 100.0, ..Settings::embedded(running.endpoint_url()) };
    let connected = connect(&settings, &Limiters::default()).await.unwrap();
    connected.reader
}

fn of_kind(tasks: &[Task], kind: ReplicationKind) -> Vec<Task> {
    tasks.iter().filter(|task| task.arn.kind() == kind).cloned().collect()
}

/// The queries a script would write for this task and its instance, in the order our series come in.
fn queries(task: &Task, instance: &Untrusted) -> Value {
    let dimension = |name: &str, value: &str| json!({"Name": name, "Value": value});
    let instance = dimension("ReplicationInstanceIdentifier", instance.raw());
    let both = json!([instance, dimension("ReplicationTaskIdentifier", &task.arn.resource_id().0)]);
    let alone = json!([instance]);
    let of_task = MetricName::TASK.iter().map(|name| (name, &both));
    let of_instance = MetricName::INSTANCE.iter().map(|name| (name, &alone));
    let one = |(at, (name, dimensions)): (usize, (&MetricName, &Value))| {
        json!({"Id": format!("m{at}"), "MetricStat": {
            "Metric": {"Namespace": "AWS/DMS", "MetricName": name.raw(), "Dimensions": dimensions},
            "Period": 60, "Stat": name.statistic().raw()}})
    };
    of_task.chain(of_instance).enumerate().map(one).collect()
}

async fn all_agree(options: Options) {
    let fleet = options.fleet.is_some();
    let running = started(Options { seed: 7, ..options }).await;
    let reader = connected(&running).await;
    let tasks = reader.tasks(TaskDetail::Full, Serverless::Include).await.unwrap();
    assert!(tasks.missing.is_empty(), "{:?}", tasks.missing);
    let tasks = tasks.value;
    let (classic, serverless) =
        (of_kind(&tasks, ReplicationKind::Classic), of_kind(&tasks, ReplicationKind::Serverless));
    // Tasks with tables and metrics; only a fleet has serverless ones.
    let lively = |tasks: &[Task]| tasks.iter().find(|task| task.status.raw() == "running").cloned();
    let (one, other) = (lively(&classic).unwrap(), serverless.iter().find(|task| task.stats.start.is_some()).cloned());
    let instances = reader.instances().await.unwrap().value;
    let here = instances.iter().find(|instance| one.instance.as_ref() == Some(&instance.arn)).unwrap();
    let queries = queries(&one, &here.name).to_string();
    let other_arn =
        other.as_ref().map_or("arn:aws:dms:eu-west-1:123456789012:replication-config:NONE", |o| o.arn.as_str());

    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/agreement/reads.py");
    let arguments = [script, one.arn.as_str(), other_arn, &here.arn.0, FROM, TO, &queries];
    let boto = client(&python(), &arguments, &running.endpoint_url()).await.unwrap_or_else(|error| panic!("{error}"));
    let boto = plain(&serde_json::from_str(&boto).unwrap());

    let mut cli_says = Map::new();
    let mut asked: Vec<(&str, Vec<&str>)> = vec![
        ("tasks", vec!["dms", "describe-replication-tasks"]),
        ("replications", vec!["dms", "describe-replications"]),
        ("configs", vec!["dms", "describe-replication-configs"]),
        ("tables", vec!["dms", "describe-table-statistics", "--replication-task-arn", one.arn.as_str()]),
        ("instances", vec!["dms", "describe-replication-instances"]),
        ("maintenance", vec!["dms", "describe-pending-maintenance-actions"]),
        ("task logs", [&TASK_LOGS[..], &[here.arn.0.as_str()]].concat()),
        ("endpoints", vec!["dms", "describe-endpoints"]),
        ("connections", vec!["dms", "describe-connections"]),
        ("tags", vec!["dms", "list-tags-for-resource", "--resource-arn", one.arn.as_str()]),
        ("identity", vec!["sts", "get-caller-identity"]),
    ];
    let window = ["--start-time", FROM, "--end-time", TO, "--scan-by", "TimestampAscending"];
    let metrics = [&["cloudwatch", "get-metric-data", "--metric-data-queries", &queries][..], &window].concat();
    asked.push(("metrics", metrics));
    let rows = ["dms", "describe-replication-table-statistics", "--max-records", "500", "--replication-config-arn"];
    if other.is_some() {
        asked.push(("serverless tables", [&rows[..], &[other_arn]].concat()));
    }
    for (name, arguments) in &asked {
        cli_says.insert((*name).to_owned(), cli(&running, arguments).await);
    }
    let cli_says = plain(&Value::Object(cli_says));
    for (name, _) in &asked {
        assert_eq!(of_both(&boto[*name]), of_both(&cli_says[*name]), "boto3 and the CLI about {name}");
    }

    let task_fields = with_stats(TASK, "ReplicationTaskStats");
    let theirs = stats_or_zero(&boto["tasks"]["ReplicationTasks"], "ReplicationTaskStats");
    agree("tasks", &classic, &theirs, &borrowed(&task_fields));
    let mut theirs = stats_or_zero(&boto["replications"]["Replications"], "ReplicationStats");
    // The definition of a serverless replication is another operation; our task is both.
    for (running, config) in
        theirs.as_array_mut().unwrap().iter_mut().zip(boto["configs"]["ReplicationConfigs"].as_array().unwrap())
    {
        assert_eq!(running["ReplicationConfigArn"], config["ReplicationConfigArn"]);
        for member in ["TableMappings", "ReplicationSettings"] {
            running[member] = config[member].clone();
        }
    }
    agree("replications", &serverless, &theirs, &borrowed(&with_stats(REPLICATION, "ReplicationStats")));
    assert_eq!(other.is_some(), fleet, "a fleet has serverless replications that ran");
    let rows = reader.tables(&one.arn, WhichTables::All).await.unwrap();
    assert_eq!(rows.pages > 1, fleet, "a fleet has more than one page of tables");
    agree("tables", &rows.value, &boto["tables"]["TableStatistics"], TABLE);
    if let Some(other) = &other {
        let rows = reader.tables(&other.arn, WhichTables::All).await.unwrap();
        assert!(rows.pages > 1, "more than one page");
        agree("serverless tables", &rows.value, &boto["serverless tables"]["ReplicationTableStatistics"], TABLE);
    }
    agree("instances", &instances, &boto["instances"]["ReplicationInstances"], INSTANCE);
    let theirs = actions(&boto["maintenance"]["PendingMaintenanceActions"]);
    agree("maintenance", &reader.pending_maintenance().await.unwrap().value, &theirs, MAINTENANCE);
    let logs = reader.task_logs(&here.arn).await.unwrap().value;
    assert!(logs.iter().all(|log| log.bytes > 0) && !logs.is_empty());
    agree("task logs", &logs, &boto["task logs"]["ReplicationInstanceTaskLogs"], TASK_LOG);
    let theirs = with_settings(&boto["endpoints"]["Endpoints"]);
    agree("endpoints", &reader.endpoints().await.unwrap().value, &theirs, ENDPOINT);
    agree("connections", &reader.connections().await.unwrap().value, &boto["connections"]["Connections"], CONNECTION);
    tags_metrics_and_identity(&reader, &one, here, &boto).await;
    running.stop().await;
}

/// boto3 gives an empty list where the CLI leaves it out; and where the CLI puts pages together it leaves out the ARN that
/// was asked about.
fn of_both(value: &Value) -> Value {
    let Value::Object(map) = value else { return value.clone() };
    let told = |name: &str, value: &Value| match value {
        Value::Array(items) => !items.is_empty(),
        _ => !["ReplicationTaskArn", "ReplicationConfigArn", "ReplicationInstanceArn"].contains(&name),
    };
    let full = map.iter().filter(|(name, value)| told(name, value));
    Value::Object(full.map(|(name, value)| (name.clone(), value.clone())).collect())
}

async fn tags_metrics_and_identity(reader: &Reader, task: &Task, instance: &Instance, boto: &Value) {
    let tags = reader.tags(&task.arn).await.unwrap().value;
    let theirs = boto["tags"]["TagList"].as_array().unwrap();
    let theirs = theirs.iter().map(|tag| (tag["Key"].as_str().unwrap().into(), tag["Value"].as_str().unwrap().into()));
    assert_eq!(tags, theirs.collect());
    assert!(!tags.is_empty());

    let (name, arn) = (instance.name.clone(), instance.arn.clone());
    let query = MetricQuery { arn: task.arn.clone(), instance: Some(name.clone()), names: MetricName::TASK.to_vec() };
    let (from, to) = (FROM.parse().unwrap(), TO.parse().unwrap());
    let of_task = reader.metrics(&[query], from, to).await.unwrap().value;
    let query = InstanceMetricQuery { arn, name, names: MetricName::INSTANCE.to_vec() };
    let of_instance = reader.instance_metrics(&[query], from, to).await.unwrap().value;
    assert!(of_instance.iter().all(|series| series.arn == instance.arn && series.series.points.len() == 63));
    let series = of_task.into_iter().map(|one| one.series).chain(of_instance.into_iter().map(|one| one.series));
    let series: Vec<_> = series.collect();
    let theirs = boto["metrics"]["MetricDataResults"].as_array().unwrap();
    assert_eq!(series.len(), theirs.len());
    let mut points = 0;
    for (ours, theirs) in series.iter().zip(theirs) {
        let column = |name: &str| theirs[name].as_array().cloned().unwrap_or_default();
        let ours: Vec<Value> = ours.points.iter().map(|point| json!([seconds(point.at), point.value])).collect();
        let theirs: Vec<Value> =
            column("Timestamps").into_iter().zip(column("Values")).map(|(at, value)| json!([at, value])).collect();
        assert_eq!(plain(&json!(ours)), json!(theirs));
        points += ours.len();
    }
    assert!(points > 1_000, "{points} points");

    let who = reader.identity().await.unwrap().value;
    assert_eq!(who.account.0, boto["identity"]["Account"]);
    assert_eq!(who.arn.raw(), boto["identity"]["Arn"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn three_clients_agree_about_the_opening_set() {
    Box::pin(all_agree(frozen())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_clients_agree_about_a_fleet_over_several_pages() {
    Box::pin(all_agree(Options { fleet: Some("21x620".parse().unwrap()), ..frozen() })).await;
}
