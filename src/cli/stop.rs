//! `cutover stop TASK`: waits until it has stopped, and tells why and up to where.

use super::operate;
use crate::app::{Failure, Setup};
use crate::model::change::Verb;
use clap::Args;
use jiff::SignedDuration;

#[derive(Debug, Args)]
pub struct Arguments {
    /// How long to wait until it has stopped: 90s, 30m, 2h
    #[arg(long, default_value = "30m", value_name = "DURATION", value_parser = operate::wait)]
    wait: SignedDuration,
    /// Do not wait: return when AWS has taken it
    #[arg(long, conflicts_with = "wait")]
    no_wait: bool,
    #[command(flatten)]
    one: operate::One,
}

pub fn run(setup: &Setup, arguments: &Arguments) -> Result<u8, Failure> {
    operate::run(setup, &arguments.one, Verb::Stop, (!arguments.no_wait).then_some(arguments.wait))
}
