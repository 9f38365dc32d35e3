//! `cutover refresh attach NAME`: follows a run by its journal until it ends.

use super::{EXIT, Output, tell};
use crate::app::refresh::{follow, found};
use crate::app::{Failure, Setup};
use clap::Args;

#[derive(Debug, Args)]
#[command(after_help = EXIT)]
pub struct Arguments {
    /// Name of a refresh: its newest run; or the id of a run
    #[arg(value_name = "NAME|RUN")]
    named: String,
    /// How it is printed
    #[arg(long, value_enum, default_value_t = Output::Table, value_name = "FORMAT")]
    output: Output,
}

pub fn run(setup: &Setup, arguments: &Arguments) -> Result<u8, Failure> {
    let head = found(setup, &arguments.named)?;
    let mut telling = tell::Telling::new(arguments.output);
    let followed = follow::attached(setup, false, || Ok(head.id), &mut |told| telling.tell(told));
    telling.end(followed)
}
