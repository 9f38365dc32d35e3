//! `cutover metrics TASK`.

use super::print::{Format, List};
use crate::app::{Failure, MetricFacts, Setup, headless};
use crate::model::listing::metrics;
use clap::Args;
use jiff::SignedDuration;

#[derive(Debug, Args)]
pub struct Arguments {
    /// ARN of the task, or its exact name
    task: String,
    /// How far back, in minutes; an hour when left out
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1440))]
    minutes: Option<u16>,
    /// How far back: 90m, 24h, 7d; CloudWatch keeps points of a minute for 15 days
    #[arg(long, value_name = "DURATION", value_parser = since, conflicts_with = "minutes")]
    since: Option<SignedDuration>,
    /// Also the metrics of the replication instance the task runs on
    #[arg(long)]
    instance: bool,
    /// How the list is printed
    #[arg(long, value_enum, default_value_t = Format::Table, value_name = "FORMAT")]
    output: Format,
}

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// CloudWatch user guide, "Metrics retention": points of a minute are there for 15 days.
const KEPT: SignedDuration = SignedDuration::from_hours(15 * 24);

fn since(text: &str) -> Result<SignedDuration, String> {
    let since = super::events::since(text)?;
    if since <= KEPT { Ok(since) } else { Err("CloudWatch keeps points of a minute for 15d".to_owned()) }
}

pub fn run(setup: &Setup, arguments: &Arguments) -> Result<u8, Failure> {
    let minutes = arguments.minutes.map(|minutes| SignedDuration::from_mins(minutes.into()));
    let back = arguments.since.or(minutes).unwrap_or(HOUR);
    let facts = headless::metrics(setup, &arguments.task, back, arguments.instance)?;
    list(&facts).print(arguments.output)?;
    facts.complete().map(|()| 0)
}

fn list(facts: &MetricFacts) -> List {
    List { columns: metrics::COLUMNS, rows: metrics::rows(&facts.series, &facts.of_instance, facts.now) }
}
