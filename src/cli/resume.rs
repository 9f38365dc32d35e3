//! `cutover resume TASK`: it goes on where it stopped.

use super::operate::{self, Waiting};
use super::start::End;
use crate::app::{Failure, Setup};
use crate::model::change::Verb;
use clap::Args;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    end: End,
    #[command(flatten)]
    waiting: Waiting,
    #[command(flatten)]
    one: operate::One,
}

pub fn run(setup: &Setup, arguments: &Arguments) -> Result<u8, Failure> {
    let verb = Verb::Resume { until: arguments.end.cdc_stop.clone() };
    operate::run(setup, &arguments.one, verb, arguments.waiting.wait)
}
