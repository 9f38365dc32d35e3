//! `cutover tasks`.

use super::print::{Format, List};
use crate::app::{Failure, Setup, TaskFacts, headless};
use crate::model::alert::{self, Alert};
use crate::model::health::{self, Latency};
use crate::model::listing::tasks::{self, Judged};
use crate::model::metric::{self, MetricName};
use crate::model::task::Task;
use clap::Args;
use serde_json::Value;

#[derive(Debug, Args)]
pub struct Arguments {
    /// How the list is printed
    #[arg(long, value_enum, default_value_t = Format::Table, value_name = "FORMAT")]
    output: Format,
}

pub fn run(setup: &Setup, arguments: &Arguments) -> Result<u8, Failure> {
    let facts = headless::tasks(setup)?;
    list(&facts, setup.alerts()).print(arguments.output)?;
    facts.complete().map(|()| 0)
}

fn list(facts: &TaskFacts, limits: &alert::Settings) -> List {
    let alerts = alert::judged_once(facts, limits.clone(), facts.now);
    let of = |task: &Task| alerts.get(&task.arn).map_or(&[][..], Vec::as_slice);
    let rows = facts.tasks.iter().map(|task| row(task, facts, of(task))).collect();
    List { columns: tasks::COLUMNS, rows }
}

fn row(task: &Task, facts: &TaskFacts, alerts: &[Alert]) -> Vec<Value> {
    let now = facts.now;
    let target = facts.points(&task.arn, MetricName::CDCLatencyTarget);
    let source = facts.points(&task.arn, MetricName::CDCLatencySource);
    let latency = health::latency(task, target, facts.metrics_answered.then_some(now), now);
    // The source's share says something only beside a fresh whole.
    let (source_seconds, target_seconds) = match latency {
        Latency::Fresh(point) => (metric::fresh(source, now).map(|point| point.value), Some(point.value)),
        _ => (None, None),
    };
    tasks::cells(
        task,
        &Judged { source_seconds, target_seconds, alerts, newest: facts.newest_point(&task.arn), stated: facts.stated },
    )
}
