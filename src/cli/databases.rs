//! `cutover databases TASK`.

use super::print::{Format, List};
use crate::app::{Failure, Setup, around};
use crate::model::drain::{Standing, of_databases};
use crate::model::listing::databases;
use clap::Args;
use jiff::Timestamp;

#[derive(Debug, Args)]
pub struct Arguments {
    /// ARN of the task, or its exact name
    task: String,
    /// Rows told of each of DMS's own tables, the newest first
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    rows: u32,
    /// Also what stands in rows: statements, errors and details quote them; the audit says who asked
    #[arg(long)]
    with_values: bool,
    /// How the list is printed
    #[arg(long, value_enum, default_value_t = Format::Table, value_name = "FORMAT")]
    output: Format,
}

pub fn run(setup: &Setup, arguments: &Arguments) -> Result<u8, Failure> {
    let (task, slot, around) = around::once(setup, &arguments.task, arguments.rows, arguments.with_values)?;
    // The two are told apart from AWS by their own clocks, so no other can say how old they are.
    let now = around.as_of().unwrap_or_else(Timestamp::now);
    let checks = of_databases(&task, &around, slot.as_deref(), now);
    let worst = checks.iter().map(|check| check.standing).max().unwrap_or(Standing::Unknown);
    List { columns: databases::COLUMNS, rows: databases::rows(&around, &checks) }.print(arguments.output)?;
    Ok(match worst {
        Standing::NotDue | Standing::Pass => 0,
        Standing::Waiting | Standing::Fail => 1,
        Standing::Unknown => 3,
    })
}
