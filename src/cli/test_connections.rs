//! `cutover test-connections TASK`: source and target, from the instance of the task; waits for both answers.

use super::operate;
use crate::app::{Failure, Setup};
use crate::model::change::Verb;
use clap::Args;
use jiff::SignedDuration;

#[derive(Debug, Args)]
pub struct Arguments {
    /// How long to wait for the answers: 90s, 5m
    #[arg(long, default_value = "5m", value_name = "DURATION", value_parser = operate::wait)]
    wait: SignedDuration,
    /// Do not wait: return when AWS has taken it
    #[arg(long, conflicts_with = "wait")]
    no_wait: bool,
    #[command(flatten)]
    one: operate::One,
}

pub fn run(setup: &Setup, arguments: &Arguments) -> Result<u8, Failure> {
    operate::run(setup, &arguments.one, Verb::TestConnections, (!arguments.no_wait).then_some(arguments.wait))
}
