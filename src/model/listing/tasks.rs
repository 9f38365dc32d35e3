//! Tasks as rows.

use super::{Column, column, hidden, time};
use crate::model::Untrusted;
use crate::model::alert::{self, Alert};
use crate::model::task::Task;
use jiff::Timestamp;
use serde_json::{Value, json};

/// Promised to scripts: add to them, never rename. Documented in docs/json.md.
pub const COLUMNS: &[Column] = &[
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

/// What a task alone does not tell.
#[derive(Debug, Clone, Copy)]
pub struct Judged<'a> {
    /// `None` when there is no fresh point.
    pub source_seconds: Option<f64>,
    pub target_seconds: Option<f64>,
    pub alerts: &'a [Alert],
    /// Time of its newest data point.
    pub newest: Option<Timestamp>,
    /// When the service stated the list of tasks.
    pub stated: Option<Timestamp>,
}

pub fn cells(task: &Task, judged: &Judged<'_>) -> Vec<Value> {
    let percent = task.migration_type.has_full_load().then_some(task.stats.full_load_progress_percent).flatten();
    vec![
        json!(task.name.raw()),
        json!(task.arn.as_str()),
        json!(task.arn.resource_id().0),
        json!(task.migration_type.raw()),
        json!(task.status.raw()),
        json!(alert::verdict(judged.alerts).word()),
        json!(percent),
        json!(task.stats.tables_loaded),
        json!(task.stats.tables_errored),
        json!(judged.source_seconds),
        json!(judged.target_seconds),
        json!(task.stop_reason.as_ref().map(Untrusted::raw)),
        time(judged.newest.max(task.newest_stated())),
        time(judged.stated),
        Value::Array(judged.alerts.iter().map(alert).collect()),
    ]
}

fn alert(alert: &Alert) -> Value {
    json!({ "id": alert.id(), "severity": alert::severity_word(alert.severity), "message": alert.message })
}
