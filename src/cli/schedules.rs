//! `cutover schedules`: the list. Enabling and disabling stand in `switch.rs`.

use super::print::{Format, List};
use super::switch;
use crate::app::{Failure, ScheduleFacts, Setup, headless};
use crate::model::change::Switch;
use crate::model::listing::schedules;
use clap::{Args, Subcommand};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    /// How the list is printed
    #[arg(long, value_enum, default_value_t = Format::Table, value_name = "FORMAT")]
    output: Format,
    #[command(subcommand)]
    switch: Option<Switching>,
}

#[derive(Debug, Subcommand)]
enum Switching {
    /// Enable one rule or schedule, after a preview and a confirmation
    Enable(switch::Arguments),
    /// Disable one rule or schedule, after a preview and a confirmation
    Disable(switch::Arguments),
}

pub fn run(setup: &Setup, arguments: &Arguments) -> Result<u8, Failure> {
    match &arguments.switch {
        Some(Switching::Enable(arguments)) => return switch::run(setup, Switch::Enable, arguments),
        Some(Switching::Disable(arguments)) => return switch::run(setup, Switch::Disable, arguments),
        None => {}
    }
    let facts = headless::schedules(setup)?;
    list(&facts).print(arguments.output)?;
    facts.complete().map(|()| 0)
}

fn list(facts: &ScheduleFacts) -> List {
    let cells = |schedule| schedules::cells(schedule, &|arn| facts.name(arn), facts.now);
    let rows = facts.schedules.iter().map(cells).collect();
    List { columns: schedules::COLUMNS, rows }
}
