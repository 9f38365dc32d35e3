//! `cutover refresh pause NAME`: the run stops at the end of its transaction, and is followed until it has.

use super::super::print;
use super::{Output, tell};
use crate::app::refresh::{Wished, found, is_elsewhere, wish, wish_elsewhere};
use crate::app::{Failure, Setup};
use crate::model::refresh::{RefreshName, RunState, WishFor};
use clap::Args;

#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 it is paused (on another machine: that was told), 1 it is not: it had ended before, or has failed, 2 usage or configuration, 3 it could not be told."
)]
pub struct Arguments {
    /// Name of a refresh: its newest run; or the id of a run
    #[arg(value_name = "NAME|RUN")]
    named: String,
    /// How it is printed
    #[arg(long, value_enum, default_value_t = Output::Table, value_name = "FORMAT")]
    output: Output,
}

pub fn run(setup: &Setup, arguments: &Arguments) -> Result<u8, Failure> {
    if is_elsewhere(setup, &arguments.named)? {
        return elsewhere(setup, &arguments.named, WishFor::Pause);
    }
    let head = found(setup, &arguments.named)?;
    let wished = wish(setup, &head.id, WishFor::Pause, false)?;
    tell::until(setup, head.id, &wished, arguments.output, |state| state == RunState::Paused)
}

/// The same of a run of another machine, which nobody can follow from here.
pub fn elsewhere(setup: &Setup, named: &str, wished: WishFor) -> Result<u8, Failure> {
    let run = wish_elsewhere(setup, &RefreshName(named.to_owned()), wished)?;
    print::note(&format!("run {} has its journal on another machine; {}", run.0, words(&Wished::ToldLedger)));
    Ok(0)
}

/// What was asked of whom, in words.
pub fn words(wished: &Wished) -> String {
    match wished {
        Wished::Told => "it was told: it stops within a second, or at the end of its transaction or command".to_owned(),
        Wished::ToldLedger => {
            "the ledger on its target was told: the machine that has it looks there between steps and twice a minute"
                .to_owned()
        }
        Wished::Begun => "no process had it: one was begun for this".to_owned(),
        Wished::Nothing(why) => why.clone(),
    }
}
