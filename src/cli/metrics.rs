//! `cutover metrics TASK`.

use super::print::{Column, Format, List, column, hidden};
use super::tasks::time;
use crate::app::{Failure, MetricFacts, Setup, headless};
use crate::model::metric::{self, Point, Series};
use clap::Args;
use serde_json::{Value, json};

#[derive(Debug, Args)]
pub struct Arguments {
    /// ARN of the task, or its exact name
    task: String,
    /// How far back, in minutes
    #[arg(long, default_value_t = 60, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1440))]
    minutes: u16,
    /// How the list is printed
    #[arg(long, value_enum, default_value_t = Format::Table, value_name = "FORMAT")]
    output: Format,
}

/// Promised to scripts: add to them, never rename. Documented in docs/json.md.
const COLUMNS: &[Column] = &[
    column("metric", "METRIC"),
    column("unit", "UNIT"),
    column("value", "VALUE"),
    column("fresh", "FRESH"),
    column("as_of", "AS OF"),
    hidden("points"),
];

pub fn run(setup: &Setup, arguments: &Arguments) -> Result<u8, Failure> {
    let facts = headless::metrics(setup, &arguments.task, arguments.minutes)?;
    list(&facts).print(arguments.output)?;
    facts.complete().map(|()| 0)
}

fn list(facts: &MetricFacts) -> List {
    let rows = facts.series.iter().map(|series| row(series, facts)).collect();
    List { columns: COLUMNS, rows }
}

/// The newest value even when it is old, and beside it whether it says anything about now.
fn row(series: &Series, facts: &MetricFacts) -> Vec<Value> {
    let newest = series.newest();
    vec![
        json!(series.name.raw()),
        json!(series.name.unit()),
        json!(newest.map(|point| point.value)),
        json!(metric::fresh(&series.points, facts.now).is_some()),
        time(newest.map(|point| point.at)),
        Value::Array(series.points.iter().map(point).collect()),
    ]
}

fn point(point: &Point) -> Value {
    json!({ "at": point.at.to_string(), "value": point.value })
}
