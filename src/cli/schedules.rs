//! `cutover schedules`.

use super::print::{Format, List};
use crate::app::{Failure, ScheduleFacts, Setup, headless};
use crate::model::listing::schedules;
use clap::Args;

#[derive(Debug, Args)]
pub struct Arguments {
    /// How the list is printed
    #[arg(long, value_enum, default_value_t = Format::Table, value_name = "FORMAT")]
    output: Format,
}

pub fn run(setup: &Setup, arguments: &Arguments) -> Result<u8, Failure> {
    let facts = headless::schedules(setup)?;
    list(&facts).print(arguments.output)?;
    facts.complete().map(|()| 0)
}

fn list(facts: &ScheduleFacts) -> List {
    let cells = |schedule| schedules::cells(schedule, &|arn| facts.name(arn), facts.now);
    let rows = facts.schedules.iter().map(cells).collect();
    List { columns: schedules::COLUMNS, rows }
}
