//! `cutover refresh`: loads of a target with everything around them, as the configuration names them. One file a verb.

mod plan;

use crate::app::{Failure, Setup};
use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show everything that a refresh would do, in order, in words and in SQL, and what forbids it. Changes nothing
    Plan(plan::Arguments),
}

pub fn run(setup: &Setup, arguments: &Arguments) -> Result<u8, Failure> {
    match &arguments.what {
        What::Plan(arguments) => plan::run(setup, arguments),
    }
}
