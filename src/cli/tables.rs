//! `cutover tables TASK`.

use super::print::{Format, List};
use crate::app::{Failure, Setup, TableFacts, headless};
use crate::model::listing::tables;
use clap::Args;

#[derive(Debug, Args)]
pub struct Arguments {
    /// ARN of the task, or its exact name
    task: String,
    /// How the list is printed
    #[arg(long, value_enum, default_value_t = Format::Table, value_name = "FORMAT")]
    output: Format,
}

pub fn run(setup: &Setup, arguments: &Arguments) -> Result<u8, Failure> {
    let facts = headless::tables(setup, &arguments.task)?;
    list(&facts).print(arguments.output)?;
    facts.complete().map(|()| 0)
}

fn list(facts: &TableFacts) -> List {
    let rows = facts.rows.iter().map(|row| tables::cells(row, facts.stated)).collect();
    List { columns: tables::COLUMNS, rows }
}
