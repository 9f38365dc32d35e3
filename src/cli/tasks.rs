//! `cutover tasks`.

use super::print::{Column, Format, List, column, hidden};
use crate::app::{Failure, Setup, TaskFacts, headless};
use crate::model::alert::{self, Alert};
use crate::model::health::{self, Latency};
use crate::model::metric::{self, MetricName};
use crate::model::task::Task;
use clap::Args;
use jiff::Timestamp;
use serde_json::{Value, json};

#[derive(Debug, Args)]
pub struct Arguments {
    /// How the list is printed
    #[arg(long, value_enum, default_value_t = Format::Table, value_name = "FORMAT")]
    output: Format,
}

/// Promised to scripts: add to them, never rename. Documented in docs/json.md.
const COLUMNS: &[Column] = &[
    column("name", "NAME"),
    hidden("arn"),
    hidden("resource_id"),
    column("type", "TYPE"),
    column("status", "STATUS"),
    column("health", "HEALTH"),
    column("load_percent", "LOAD %"),
    column("tables_loaded", "LOADED"),
    column("tables_errored", "ERRORED"),
    column("latency_source_seconds", "SOURCE s"),
    column("latency_target_seconds", "TARGET s"),
    hidden("stop_reason"),
    column("as_of", "AS OF"),
    hidden("stated_at"),
    column("alerts", "ALERTS"),
];

pub fn run(setup: &Setup, arguments: &Arguments) -> Result<u8, Failure> {
    let facts = headless::tasks(setup)?;
    list(&facts, setup.alerts()).print(arguments.output)?;
    facts.complete().map(|()| 0)
}

fn list(facts: &TaskFacts, limits: &alert::Settings) -> List {
    let alerts = alert::judged_once(facts, limits.clone(), facts.now);
    let of = |task: &Task| alerts.get(&task.arn).map_or(&[][..], Vec::as_slice);
    let rows = facts.tasks.iter().map(|task| row(task, facts, of(task))).collect();
    List { columns: COLUMNS, rows }
}

fn row(task: &Task, facts: &TaskFacts, alerts: &[Alert]) -> Vec<Value> {
    let now = facts.now;
    let target = facts.points(&task.arn, MetricName::CDCLatencyTarget);
    let source = facts.points(&task.arn, MetricName::CDCLatencySource);
    let latency = health::latency(task, target, facts.metrics_answered, now);
    // The source's share says something only beside a fresh whole.
    let (source_seconds, target_seconds) = match latency {
        Latency::Fresh(point) => (metric::fresh(source, now).map(|point| point.value), Some(point.value)),
        _ => (None, None),
    };
    let percent = task.migration_type.has_full_load().then_some(task.stats.full_load_progress_percent).flatten();
    vec![
        json!(task.name.raw()),
        json!(task.arn.as_str()),
        json!(task.arn.resource_id().0),
        json!(task.migration_type.raw()),
        json!(task.status.raw()),
        json!(alert::verdict(alerts).word()),
        json!(percent),
        json!(task.stats.tables_loaded),
        json!(task.stats.tables_errored),
        json!(source_seconds),
        json!(target_seconds),
        json!(task.stop_reason.as_ref().map(crate::model::Untrusted::raw)),
        time(facts.newest_point(&task.arn).max(task.newest_stated())),
        time(facts.stated),
        Value::Array(alerts.iter().map(alert).collect()),
    ]
}

fn alert(alert: &Alert) -> Value {
    json!({ "id": alert.id(), "severity": alert::severity_word(alert.severity), "message": alert.message })
}

/// RFC 3339 in UTC.
pub fn time(at: Option<Timestamp>) -> Value {
    at.map_or(Value::Null, |at| json!(at.to_string()))
}
