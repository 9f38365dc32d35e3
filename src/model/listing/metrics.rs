//! Metrics of a task as rows.

use super::{Column, column, hidden, time};
use crate::model::metric::{self, Point, Series};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Promised to scripts: add to them, never rename. Documented in docs/json.md.
pub const COLUMNS: &[Column] = &[
    column("metric", "METRIC"),
    column("unit", "UNIT"),
    column("value", "VALUE"),
    column("fresh", "FRESH"),
    column("as_of", "AS OF"),
    column("of", "OF"),
    hidden("points"),
];

/// Those of the task, then those of the instance it runs on.
pub fn rows(task: &[Series], instance: &[Series], now: Timestamp) -> Vec<Vec<Value>> {
    let task = task.iter().map(|series| cells("task", series, now));
    task.chain(instance.iter().map(|series| cells("instance", series, now))).collect()
}

/// The newest value even when it is old, and beside it whether it says anything about now.
fn cells(of: &str, series: &Series, now: Timestamp) -> Vec<Value> {
    let newest = series.newest();
    vec![
        json!(series.name.raw()),
        json!(series.name.unit()),
        json!(newest.map(|point| point.value)),
        json!(metric::fresh(&series.points, now).is_some()),
        time(newest.map(|point| point.at)),
        json!(of),
        Value::Array(series.points.iter().map(point).collect()),
    ]
}

fn point(point: &Point) -> Value {
    json!({ "at": point.at.to_string(), "value": point.value })
}
